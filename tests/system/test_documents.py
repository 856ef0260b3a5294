"""What the documents show is true of the program: every example loads, every command works."""

import re
import shlex
import subprocess

import pytest

from harness import TOP, Agent, quick, run, webhook

EXAMPLES = [
    (path.name, number, text)
    for path in sorted(TOP.glob("docs/*.md")) + [TOP / "README.md"]
    for number, text in enumerate(re.findall(r"^```toml\n(.*?)^```", path.read_text(), re.M | re.S))
]
ENV = {
    "TELEGRAM_BOT_TOKEN": "123456789:AAF-abcdefghijklmnopqrstuvwxyz01234",
    "PAGERDUTY_ROUTING_KEY": "0123456789abcdef0123456789abcdef",
    "SMTP_PASSWORD": "secret-of-the-example",
    "HOOK_TOKEN": "secret-of-the-example",
    "NTFY_TOPIC_URL": "https://ntfy.example.org/web-01-k3Xw9aQp",
}


@pytest.mark.parametrize("name,number,text", EXAMPLES, ids=lambda v: str(v)[:20])
def test_an_example_loads(tmp_path, name, number, text):
    env = dict(ENV)
    for variable in re.findall(r"\$\{(\w+)\}", text):
        env.setdefault(variable, "https://service.example.org/" + variable.lower())
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    status, out, err = run("-c", str(path), "--check", env=env)
    assert (status, err) == (0, "")
    for value in env.values():
        assert value not in out


def test_the_placeholders_are_those_of_the_document():
    header = (TOP / "src/conf/placeholder.h").read_text()
    names = set(re.findall(r'^\s+X\(\w+, "(\w+)",', header, re.M))
    document = (TOP / "docs/ALERTING.md").read_text()
    table = document.split("| placeholder |")[1].split("\n\n")[0]
    assert names == set(re.findall(r"`\{\{(\w+)\}\}`", table))


def commands():
    """Every command line of the agent that a document or its own help shows."""
    found = {"--version", "--help", "--once --format json", "status --format json"}
    for path in sorted(TOP.glob("docs/*.md")) + [TOP / "README.md"]:
        text = path.read_text()
        found |= {m.split("#")[0].strip() for m in re.findall(r"^ {4}sysops-agent +(.*)$", text, re.M)}
        found |= set(re.findall(r"`sysops-agent +([^`]+)`", text))
    return sorted(found - {"", "silence"})  # bare, it is the name of a command


@pytest.mark.xdist_group("host")
def test_the_commands_of_the_documents_work(folder, host, receiver):
    """Each is run beside a running agent: none is refused as a mistake, and the help knows all their options."""
    told = run("--help")[1]
    config = quick(folder, webhook(receiver.url), fake=host)
    seen = commands()
    assert len(seen) >= 10
    with Agent(folder, config) as agent:
        for command in seen:
            words = ["webhook" if word == "email" else word for word in shlex.split(command)]
            assert [word for word in words if word.startswith("--") and word not in told] == []
            status, _, err = run(*words, "-c", str(agent.config))
            absent = "remove" in words and "no silence" in err  # with the number of the example
            assert status == (1 if absent else 0), (command, err)


def dev_verbs(text):
    return set(re.findall(r"\./dev ([a-z]+)", text))


def test_the_verbs_of_the_documents_are_known():
    """What a document or the CI calls ./dev for is a verb of it, and ./dev help lists them all."""
    listed = dev_verbs(subprocess.run([TOP / "dev", "help"], capture_output=True, text=True, check=True).stdout)
    known = set(re.findall(r"^([a-z]+)(?: \|[^)]*)?\)$", (TOP / "dev").read_text(), re.M))
    assert listed == known
    for path in [TOP / "README.md", TOP / "CONTRIBUTING.md", TOP / ".ci/run", *TOP.glob("docs/*.md"), *TOP.glob("man/*")]:
        assert dev_verbs(path.read_text()) <= known, path
