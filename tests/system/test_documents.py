"""What the documents show is true of the program: every example loads, every command works."""

import json
import os
import re
import shlex
import shutil
import subprocess
import time

import pytest

import documents
from document_scenes import SCENES, Stage
from harness import BINARY, TOP, Agent, quick, run, wait_for, webhook

BLOCKS = documents.blocks()
ENV = {
    "TELEGRAM_BOT_TOKEN": "123456789:AAF-abcdefghijklmnopqrstuvwxyz01234",
    "PAGERDUTY_ROUTING_KEY": "0123456789abcdef0123456789abcdef",
    "SMTP_PASSWORD": "secret-of-the-example",
    "HOOK_TOKEN": "secret-of-the-example",
    "PROXY_PASSWORD": "secret-of-the-example",
    "NTFY_TOPIC_URL": "https://ntfy.example.org/web-01-k3Xw9aQp",
}


PLAIN = {"SITE": "berlin", "SMTP_USER": "AKIAEXAMPLE"}  # no secrets: --check may show them


def having(kind, *marks):
    return pytest.mark.parametrize(
        "block", [b for b in BLOCKS if b.kind == kind and (not marks or set(marks) & set(b.marks))], ids=str
    )


def check(block, folder):
    """--check of the configuration that a block belongs to: (status, stdout, stderr)."""
    path = documents.write_configuration(block, folder)
    env = dict(ENV)
    for part in documents.configuration(block):
        for variable in re.findall(r"\$\{(\w+)\}", part.text):
            if variable not in PLAIN:
                env.setdefault(variable, "https://service.example.org/" + variable.lower())
    status, out, err = run("-c", str(path), "--check", env=env | PLAIN)
    for value in env.values():
        assert value not in out + err
    return status, out, err.replace(f"{folder}/", "")


@having("toml")
def test_an_example_loads_or_is_refused_as_it_says(tmp_path, block):
    status, _, err = check(block, tmp_path)
    assert status == (2 if "refused" in block.marks else 0), err
    assert (err == "") != bool({"refused", "warned"} & set(block.marks)), err


@having("text", "said", "checked")
def test_what_check_says_of_an_example_is_what_stands_below_it(tmp_path, block):
    _, out, err = check(block, tmp_path)
    if "said" in block.marks:
        block.must_be(err, documents.same_text)
    elif not documents.same_lines(block.text, out):
        block.must_be(documents.newest_lines(block.text, out), documents.same_lines)


def test_each_word_that_check_says_stands_below_its_example():
    """A configuration that is marked as wrong shows what is said of it."""
    said = {documents.configuration(b)[0].line for b in BLOCKS if "said" in b.marks}
    for block in BLOCKS:
        if {"refused", "warned"} & set(block.marks):
            assert block.line in said, str(block)


@having("text", "excerpt")
def test_an_excerpt_is_of_what_a_test_replays(block):
    real = (TOP / block.marks["excerpt"]).read_text()
    if not documents.same_lines(block.text, real):
        block.must_be(documents.newest_lines(block.text, real, len("00:00:00  webhook")), documents.same_lines)


@having("json")
def test_a_sample_payload_is_one_that_the_program_made(folder, host, receiver, block):
    with Stage(folder, host, receiver) as stage:
        SCENES[block.marks["scene"]](stage)
        sent = json.dumps(receiver.requests[0].json(), indent=2, ensure_ascii=False) + "\n"
    block.must_be(sent, documents.same_masked)


@having("text", "scene")
def test_a_sample_message_is_one_that_the_program_made(folder, host, receiver, block):
    with Stage(folder, host, receiver) as stage:
        SCENES[block.marks["scene"]](stage)
        sent = wait_for("a datagram", lambda: stage.syslog.messages)[0].decode() + "\n"
    block.must_be(sent, documents.same_masked)


def test_messages_that_documents_quote_are_words_of_the_program():
    """"[RESOLVED] web-01: ..." in running text stands like that in a golden file, numbers aside."""
    known = documents.masked("\n".join(path.read_text() for path in sorted((TOP / "tests/golden").rglob("*.txt"))))
    quoted = [m for p in documents.documents() for m in re.findall(r"`(\[[A-Z ]+\] web-01: [^`]+)`", p.read_text())]
    assert quoted and [text for text in quoted if documents.masked(text) not in known] == []


@having("console")
def test_a_session_prints_what_stands_there(folder, host, receiver, block):
    """Every command of it is run by a shell in the scene that it names."""
    with Stage(folder, host, receiver) as stage:
        SCENES[block.marks["scene"]](stage)
        place = documents.write_wrapper(folder, BINARY, stage.config)
        env = dict(os.environ, PATH=f"{place}:{os.environ['PATH']}", NO_COLOR="1")
        real = ""
        for command, shown in documents.steps(block):
            end = time.monotonic() + (2 if documents.UPDATE else 30)  # what it asks for may be about to happen
            while True:
                done = subprocess.run(
                    ["sh", "-c", command], capture_output=True, text=True, env=env, check=False, timeout=60, cwd=folder
                )
                out = stage.public(done.stdout + done.stderr)
                if documents.same_masked(shown, out) or time.monotonic() > end:
                    break
                time.sleep(0.2)
            real += f"$ {command}\n" + (shown if documents.same_masked(shown, out) else out)
        block.must_be(real, documents.same_text)


def test_the_placeholders_are_those_of_the_document():
    header = (TOP / "src/conf/placeholder.h").read_text()
    names = set(re.findall(r'^\s+X\(\w+, "(\w+)",', header, re.M))
    document = (TOP / "docs/ALERTING.md").read_text()
    table = document.split("| placeholder |")[1].split("\n\n")[0]
    assert names == set(re.findall(r"`\{\{(\w+)\}\}`", table))


def commands():
    """Every command line of the agent that a document or its own help shows."""
    found = {"--version", "--help", "--once --format json", "status --format json"}
    for path in documents.documents():
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
            words = re.sub(r"(--test-alert) \w+", r"\1 webhook", command).replace("-c FILE", f"-c {agent.config}")
            words = shlex.split(words)
            assert [word for word in words if word.startswith("--") and word not in told] == []
            status, _, err = run(*words, "-c", str(agent.config))
            absent = "remove" in words and "no silence" in err  # with the number of the example
            assert status == (1 if absent else 0), (command, err)


def add_user(words, folder):
    """Into the files of another root, which has what useradd asks for."""
    (folder / "etc").mkdir()
    for name in ("passwd", "group", "shadow", "login.defs"):
        (folder / "etc" / name).write_text("")
    words = [shutil.which(words[0], path="/usr/sbin:/usr/bin:/sbin:/bin"), "--prefix", str(folder), *words[1:]]
    subprocess.run(words, check=True, timeout=20)
    assert "sysops-agent:" in (folder / "etc/passwd").read_text()


OTHERS = {  # commands of other programs, and how each is tried
    "date": lambda words, folder: subprocess.run(words, check=True, timeout=20, stdout=subprocess.DEVNULL),
    "useradd": add_user,
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root adds users")
def test_the_commands_of_other_programs_work(tmp_path):
    for name in ("COOKBOOK.md", "TROUBLESHOOTING.md"):
        for line in re.findall(r"^ {4}(\w.*)$", (TOP / "docs" / name).read_text(), re.M):
            words = shlex.split(line, comments=True)
            if words[0] != "sysops-agent":
                OTHERS[words[0]](words, tmp_path)


def anchors(path):
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", documents.FENCE.sub("", path.read_text()), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_links_of_the_documents_lead_somewhere():
    for path in documents.documents() + [TOP / "CONTRIBUTING.md"]:
        for target, anchor in re.findall(r"\]\(([^)#\s:]*)(?:#([^)\s]+))?\)", documents.FENCE.sub("", path.read_text())):
            file = path.parent / target if target else path
            assert file.exists(), (path.name, target)
            assert anchor == "" or anchor in anchors(file), (path.name, target, anchor)


def dev_verbs(text):
    return set(re.findall(r"\./dev ([a-z]+)", text))


def test_the_verbs_of_the_documents_are_known():
    """What a document or the CI calls ./dev for is a verb of it, and ./dev help lists them all."""
    listed = dev_verbs(subprocess.run([TOP / "dev", "help"], capture_output=True, text=True, check=True).stdout)
    known = set(re.findall(r"^([a-z]+)(?: \|[^)]*)?\)$", (TOP / "dev").read_text(), re.M))
    assert listed == known
    for path in [TOP / "README.md", TOP / "CONTRIBUTING.md", TOP / ".ci/run", *TOP.glob("docs/*.md"), *TOP.glob("man/*")]:
        assert dev_verbs(path.read_text()) <= known, path


MANUAL = (TOP / "man" / "sysops-agent.8").read_text()
ARGUMENTS = {
    "file": "config.toml", "match": "disk.*", "time": "30m", "text": "why", "id": "1", "channel": "console",
    "table": "table", "json": "json", "nagios": "nagios",
}


def section(name):
    return re.search(rf"^\.Sh {name}\n(.*?)^\.Sh ", MANUAL, re.M | re.S)[1]


def forms():
    """Each form of the synopsis with everything that it may have: lists of words."""
    for text in section("SYNOPSIS").split(".Nm\n")[1:]:
        words, several = [], []
        for line in text.replace(" | ", "|").splitlines():
            macros = line.lstrip(".").split()
            name = "Fl"
            for word in macros:
                if word in ("Op", "Fl", "Cm", "Ar"):
                    name = word
                    continue
                choices = word.split("|")
                if name == "Fl":
                    choices = ["-" + choice for choice in choices]
                elif name == "Ar":
                    choices = [ARGUMENTS[choice] for choice in choices]
                words.append(choices[0])
                several += [(len(words) - 1, choice) for choice in choices[1:]]
        yield words
        for at, choice in several:
            yield words[:at] + [choice] + words[at + 1 :]


@pytest.mark.xdist_group("host")
def test_each_form_of_the_manual_page_is_taken(folder, host):
    """Beside a running agent, so that nothing is refused but what is a mistake of the page."""
    seen = list(forms())
    assert ["status", "-c", "config.toml", "--exit-code", "--format", "nagios"] in seen and len(seen) >= 12
    with Agent(folder, quick(folder, fake=host)) as agent:
        for words in seen:
            if words[0] == "-c":
                continue  # the agent itself, which runs
            real = [str(agent.config) if word == "config.toml" else word for word in words]
            status, _, err = run(*real)
            assert status in (0, 1), (words, err)


def test_the_manual_page_and_the_help_have_the_same_options():
    of_help = set(re.findall(r"--[a-z-]+", run("--help")[1]))
    assert of_help == {"--" + word for word in re.findall(r"Fl (?:\w , )?-([a-z-]+)", MANUAL)} | {
        "--" + word for word in re.findall(r"\| -([a-z-]+)", MANUAL)
    }


def test_the_manual_page_names_each_file_of_the_agent(folder, host, receiver):
    """What it makes in its data directory, while it runs and when it has stopped."""
    named = set(re.findall(r"Pa (?:/var/lib/sysops-agent/)?([a-z.-]+)", section("FILES")))
    with Stage(folder, host, receiver) as stage:
        SCENES["quiet"](stage)
        made = set(os.listdir(folder / "data"))
        stage.agent.stop()
        made |= set(os.listdir(folder / "data"))
    assert {"control.sock", "snapshot.bin", "state.db"} <= made <= named
