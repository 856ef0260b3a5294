"""What the documents show is true of the program: every example of a configuration loads."""

import re

import pytest

from harness import TOP, run

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
