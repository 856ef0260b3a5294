"""CONTRIBUTING.md's recipes, applied to a copy of the sources exactly as they are written there: it
builds, and what was added works. Each recipe has one test here that uses what it adds."""

import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from harness import TOP, Agent, FakeProc, linger, load_rule, quick, wait_for, webhook

DOCUMENT = TOP / "CONTRIBUTING.md"
FENCE = re.compile(r"^```(\w+) (.+)\n((?:.*\n)*?)^```$", re.M)
pytestmark = pytest.mark.timeout(600)  # the first of them builds everything; each command has its own deadline
NOT_COPIED = ("build", "build-*", ".git", "fixtures", "corpus", "__pycache__")


def blocks():
    """(language, {"file": ..., "after": ...} or {"run": ""}, text) of each block, in their order."""
    for language, info, text in FENCE.findall(DOCUMENT.read_text()):
        yield language, dict(word.partition("=")[::2] for word in shlex.split(info)), text


def apply(top, where, text):
    path = top / where["file"]
    anchor = where.get("after", where.get("before"))
    if anchor is None:
        assert not path.exists(), f"{path} is no new file"
        path.write_text(text)
        return
    lines = path.read_text().split("\n")
    found = [i for i, line in enumerate(lines) if anchor in line]
    assert len(found) == 1, f"{where['file']}: {len(found)} lines with {anchor}"
    at = found[0] + ("after" in where)
    path.write_text("\n".join(lines[:at] + text.rstrip("\n").split("\n") + lines[at:]))


def call(top, *command):
    done = subprocess.run(command, cwd=top, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}:\n{done.stdout}"


def run(top, *arguments):
    """The built copy as a command: (status, stdout, stderr)."""
    done = subprocess.run([top / "build/sysops-agent", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def top():
    """A copy of the sources with every recipe applied, built, where other users may look."""
    folder = Path(tempfile.mkdtemp(prefix="sysops-recipes-"))
    folder.chmod(0o755)
    copy = folder / "copy"
    shutil.copytree(TOP, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
    everything = list(blocks())
    for _, where, text in everything:
        if "file" in where:
            apply(copy, where, text)
    call(copy, "make", "-s", "-j2", "TESTDEFS=-DMEMORY_SNAPSHOT_SECS=2")
    for _, where, text in everything:
        if "run" in where:
            call(copy, "sh", "-euc", text)
    yield copy
    shutil.rmtree(folder, ignore_errors=True)


def test_each_recipe_is_whole():
    """No block is overlooked: each says what it is for, and each recipe has one for a file."""
    recipes = DOCUMENT.read_text().split("\n## Recipes\n")[1]
    fences = re.findall(r"^```\w.*$", recipes, re.M)
    assert len(fences) == len(list(blocks())) > 0
    for _, where, _ in blocks():
        assert set(where) in ({"run"}, {"file"}, {"file", "after"}, {"file", "before"})
    for recipe in recipes.split("\n### ")[1:]:
        assert "file=" in recipe, recipe.split("\n")[0]


def test_the_files_have_the_form_of_the_others(top):
    if shutil.which("clang-format") is None:
        print("skip: clang-format is not installed")
        pytest.skip("clang-format is not installed")
    files = sorted({where["file"] for _, where, _ in blocks() if where.get("file", "").endswith((".c", ".h"))})
    call(top, "clang-format", "--dry-run", "-Werror", *files)


def test_a_channel(top, folder, receiver):
    """An alert and its end reach the service, at its address, with its token, and nothing shows it."""
    token = "t0ken-of-the-application"
    host = FakeProc(folder)
    channel = f'[alerting.gotify]\nenabled = true\nurl = "http://127.0.0.1:{receiver.port}"\ntoken = "{token}"\n'
    config = quick(folder, channel, load_rule(4), fake=host)
    with Agent(folder, config, binary=top / "build/sysops-agent"):
        host.load(8)
        fire = receiver.wait_for(1)[0]
        host.load(0.5)
        end = receiver.wait_for(2)[1]
    assert (fire.method, fire.path) == ("POST", "/message")
    assert fire.header("Authorization") == f"Bearer {token}"
    assert fire.json() == {
        "title": "[CRITICAL] test-host", "message": "CPU load 1m is 8 (limit 4)", "priority": 8}
    assert end.json()["title"] == "[RESOLVED] test-host" and end.json()["priority"] == 3


def test_a_channel_has_golden_files_and_is_documented(top):
    golden = json.loads((top / "tests/golden/payload/gotify-fire.txt").read_text())
    assert golden["title"] == "[CRITICAL] web-01"
    assert len(list(top.glob("tests/golden/payload/gotify-*.txt"))) == \
        len(list(top.glob("tests/golden/payload/slack-*.txt")))
    assert "\n[alerting.gotify]\n" in (top / "docs/sysops-agent.toml").read_text().replace("#", "")
    assert "gotify" in (top / "docs/CONFIGURATION.md").read_text()


def test_a_command(top, folder):
    config = folder / "config.toml"
    config.write_text('[alerting.webhook]\nenabled = true\nurl = "https://example.org/"\n')
    config.chmod(0o600)
    code, out, err = run(top, "channels", "-c", str(config))
    rows = dict(line.split() for line in out.splitlines())
    assert (code, err) == (0, "")
    assert rows["webhook"] == "enabled" and rows["discord"] == "-" and rows["gotify"] == "-"
    assert "channels" in run(top, "--help")[1]
    assert run(top, "channels", "--format", "json")[0] == 2


def test_a_collector(top, folder):
    """What it reads is a sample and can be alerted on; without the file there is no sample."""
    host = FakeProc(folder)
    (host.proc / "sys/kernel/pty").mkdir(parents=True)
    count = host.proc / "sys/kernel/pty/nr"
    count.write_text("3\n")
    config = folder / "config.toml"
    config.write_text(quick(folder, collectors=("kernel",), fake=host))
    config.chmod(0o600)

    def samples():
        code, out, err = run(top, "--once", "--format", "json", "-c", str(config))
        assert code == 0, err
        return {s["metric"]: s["value"] for s in map(json.loads, out.splitlines())}

    assert samples()["kernel.ptys"] == 3
    count.unlink()
    assert "kernel.ptys" not in samples()


def test_a_detector(top, folder, receiver):
    """It alerts; a reload in place and a kill -9 cost nothing of what it counted; its end is told."""
    host = FakeProc(folder)
    host.load(3)
    config = quick(folder, webhook(receiver.url), fake=host)
    with Agent(folder, config, binary=top / "build/sysops-agent") as agent:
        wait_for("a snapshot", (folder / "data/snapshot.bin").exists)
        agent.write_config(agent.config.read_text() + load_rule(90))
        agent.signal(signal.SIGHUP)
        agent.wait_for_line("the new configuration is followed")
        os.kill(agent.pids("agent")[0], signal.SIGKILL)
        agent.wait_for_line("history and what was learnt of")
        killed = datetime.now(timezone.utc)
        fire = receiver.wait_for(1)[0].json()
        assert (fire["rule"], fire["status"], fire["severity"]) == ("unchanged", "firing", "warn")
        assert datetime.fromisoformat(fire["since"].replace("Z", "+00:00")) < killed - timedelta(seconds=2)
        host.load(4)
        end = receiver.wait_for(2)[1].json()
        assert (end["rule"], end["status"]) == ("unchanged", "resolved")
        receiver.wait_for(3, timeout=20)
        (host.proc / "loadavg").unlink()
        lost = receiver.wait_for(4, timeout=20)[3].json()
        assert (lost["rule"], lost["status"], lost["gone"]) == ("unchanged", "resolved", True)
        assert "unwatched" not in lost


def test_a_kept_kind(top, folder, host):
    """Three starts are counted in the state database; a row that makes no sense begins anew."""
    agent = Agent(folder, quick(folder, fake=host), binary=top / "build/sysops-agent")

    def count():
        with sqlite3.connect(f"file:{folder}/data/state.db?mode=ro", uri=True) as db:
            rows = db.execute("SELECT blob FROM kept WHERE key = 'starts'").fetchall()
        db.close()
        return [json.loads(blob)["count"] for (blob,) in rows]

    for n in (1, 2, 3):
        agent.start()
        linger(agent, 1)
        assert agent.stop()[0] == 0
        assert count() == [n]
