"""status and silence: the command line, the control socket, and an agent in between."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from fakes import answer, receiver  # noqa: F401
from harness import BINARY, Agent, FakeProc, comm, descendants, give_to_service, run, wait_for, webhook

CONFIG = """
[agent]
hostname = "web-1"
collect_interval_secs = 1
data_dir = "{data}"
proc_root = "{proc}"
sys_root = "{sys}"

[alerting]
group_window_secs = 0

[[rules]]
name = "busy"
metric = "cpu.load_1m"
critical = 5
for_secs = 0
"""


@pytest.fixture
def folder():
    """One that the user whom a root agent becomes can reach: pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="sysops-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def host(folder):
    return FakeProc(folder)


@pytest.fixture
def agent(folder, host):
    text = CONFIG.format(data=folder / "data", proc=host.proc, sys=host.sys)
    with Agent(folder, text) as running:
        wait_for("the control socket", (folder / "data" / "control.sock").exists)
        yield running


def ask(agent, *args, **kwargs):
    return run(*args, "-c", str(agent.config), **kwargs)


def status(agent):
    code, out, err = ask(agent, "status", "--format", "json")
    assert code == 0, err
    return json.loads(out)


def firing(agent):
    return [a for a in status(agent)["alerts"]["items"] if a["state"] != "pending"]


def test_nobody_there(folder, host):
    config = folder / "config.toml"
    config.write_text(CONFIG.format(data=folder / "data", proc=host.proc, sys=host.sys))
    code, out, err = run("status", "-c", str(config))
    assert code == 1 and out == ""
    assert "no agent is running" in err and str(folder) in err and len(err.splitlines()) == 1
    assert run("status", "--exit-code", "-c", str(config)) == (3, "", err)
    code, out, err = run("status", "--format", "nagios", "-c", str(config))
    assert code == 3 and err == ""
    assert out.startswith("SYSOPS UNKNOWN - no agent is running") and len(out.splitlines()) == 1
    config.write_text("[agent]\nhost = 1\n")
    code, out, err = run("status", "--format", "nagios", "-c", str(config))
    assert code == 3 and out == "SYSOPS UNKNOWN - the configuration has errors\n" and "host" in err


def test_what_the_asker_lacks_of_the_configuration_is_no_matter(agent):
    text = agent.config.read_text()
    agent.config.write_text(text + '\n[alerting.slack]\nenabled = true\nwebhook_url = "${NOT_SET_HERE}"\n')
    for args in (["status"], ["status", "--format", "nagios"], ["silence", "list"]):
        code, out, err = ask(agent, *args)
        assert code == 0 and err == "", err
    # Another agent, at the default place perhaps, must not be asked for the one that was meant.
    for wrong in ("[agent", text.replace("[agent]", "[agemt]", 1), text.replace("[agent]", "[[agent]]", 1),
                  text.replace("data_dir", "data_dirr"), text.replace(f'data_dir = "', 'data_dir = "${NOT_SET_HERE}')):
        agent.config.write_text(wrong)
        code, out, err = ask(agent, "status")
        assert code == 2 and out == "" and "error" in err, (code, err)
    agent.config.write_text(text)
    code, out, err = run("status", "-c", str(agent.config) + ".typo")
    assert code == 2 and out == "" and ".typo" in err


def test_what_it_tells(agent, host):
    wait_for("samples", lambda: status(agent)["samples"]["kept"] > 0)
    seen = status(agent)
    assert seen["hostname"] == "web-1" and seen["state_kept"] is True
    assert seen["configuration"]["path"] == str(agent.config)
    assert seen["alerts"]["items"] == [] and seen["silences"] == []
    assert [c["name"] for c in seen["channels"]] == ["console"]
    assert comm(seen["cost"]["pid"]) == "sysops-agent"
    host.load(9)
    alert = wait_for("the alert", lambda: firing(agent))[0]
    assert alert["rule"] == "busy" and alert["severity"] == "critical"
    assert alert["value"] == 9 and alert["limit"] == 5
    wait_for("the console", lambda: status(agent)["channels"][0]["sent"] == 1)
    assert firing(agent)[0]["told"] == ["console"]


def test_the_table(agent, host):
    host.load(9)
    wait_for("the alert", lambda: firing(agent))
    code, out, err = ask(agent, "status")
    assert code == 0 and err == ""
    assert out.splitlines()[0] in ("1 critical; delivery works", "1 critical; nothing had to be delivered yet")
    assert f"process {agent.process.pid}," in out and "4 processes" in out
    assert "web-1" in out and "1 firing" in out and "busy" in out and "console" in out
    assert "\x1b" not in out
    assert max(len(line) for line in out.splitlines() if "configuration" not in line) <= 80


PLUGIN_LINE = re.compile(r"SYSOPS (OK|WARNING|CRITICAL) - [^|\n]+ \|( [a-z_]+=[0-9.e+]+[%Bc]?;[^; ]*;[^; ]*;0)+\n")


def test_a_monitoring_systems_view(agent, host):
    """Exit statuses and the line of plugins, from all is well to a channel that takes nothing, and back."""

    def check(code, word, text):
        line = ask(agent, "status", "--format", "nagios")
        assert line[0] == code and line[2] == "" and PLUGIN_LINE.fullmatch(line[1]), line
        assert line[1].startswith(f"SYSOPS {word} - {text}"), line
        assert [ask(agent, "status", "--exit-code", *args)[0] for args in ((), ("--format", "json"))] == [code] * 2
        assert ask(agent, "status")[0] == 0
        verdict = status(agent)["verdict"]
        assert verdict["level"] == word and text.startswith(verdict["text"])

    wait_for("samples", lambda: status(agent)["samples"]["kept"] > 0)
    check(0, "OK", "all is well; nothing had to be delivered yet")
    host.load(9)
    wait_for("the console", lambda: status(agent)["channels"][0]["sent"] == 1)
    check(2, "CRITICAL", "1 critical; delivery works; worst: CPU load 1m is 9 (limit 5) |")
    host.load(0)
    wait_for("the end of it", lambda: status(agent)["channels"][0]["sent"] == 2)
    check(0, "OK", "all is well; delivery works")


def test_who_has_heard_of_it(agent, host, receiver):
    """What waits for a service that refuses us is not told; its words are there to the last."""
    words = "this hook was removed by its owner last week, ask them for another one, or make one: THE END"
    receiver.default = answer(401, json.dumps({"message": words}).encode())
    agent.write_config(agent.config.read_text() + webhook(receiver.url) + "[alerting.console]\nenabled = true\n")
    agent.signal(1)
    wait_for("the reload", lambda: "configuration reloaded" in agent.text())
    host.load(9)
    alert = wait_for("the console", lambda: [a for a in firing(agent) if a["told"]])[0]
    wait_for("the refusal", lambda: status(agent)["channels"][1]["paused"])
    alert = firing(agent)[0]
    assert alert["told"] == ["console"] and alert["waiting"] == ["webhook"]
    assert alert["on_its_way"] == [] and alert["refused"] == []
    code, out, _ = ask(agent, "status", "--exit-code")
    assert code == 2 and out.startswith("1 critical; NO delivery to webhook\n")
    assert "told console; waiting for webhook" in out
    assert max(len(line) for line in out.splitlines() if "configuration" not in line) <= 80
    assert words in " ".join(out.split())
    seen = status(agent)["channels"][1]["last_error"]
    assert words in seen and seen.count("401") == 1


def test_colour_on_a_terminal_only(agent):
    def on_terminal(**env):
        inside, outside = os.openpty()
        done = subprocess.run([str(BINARY), "status", "-c", str(agent.config)], stdout=outside,
                              env=dict(os.environ, TERM="xterm", **env), timeout=20, check=True)
        text = os.read(inside, 65536).decode()
        os.close(inside)
        os.close(outside)
        assert done.returncode == 0
        return text

    assert "\x1b[" in on_terminal()
    assert "\x1b" not in on_terminal(NO_COLOR="1")


def test_silence(agent, host):
    code, out, err = ask(agent, "silence", "add", "cpu.*", "--for", "90m", "--comment", "moving house")
    assert code == 0 and "cpu.*" in out and "1 h 30 min" in out or "1 h 29 min" in out, err
    code, out, _ = ask(agent, "silence", "list")
    assert code == 0 and "cpu.*" in out and "moving house" in out
    number = out.split()[0]
    host.load(9)
    alert = wait_for("the alert", lambda: firing(agent))[0]
    assert alert["held_by"] == "silence" and alert["told"] == []
    time.sleep(2)
    assert "[CRITICAL]" not in agent.text()
    assert ask(agent, "silence", "remove", number)[0] == 0
    wait_for("the alert to be told", lambda: agent.text().count("[CRITICAL]") == 1)
    assert ask(agent, "silence", "list")[1] == ""
    code, _, err = ask(agent, "silence", "remove", number)
    assert code == 1 and "no silence of that number" in err


def test_a_silence_of_nothing_known_takes_force(agent):
    code, out, _ = ask(agent, "silence", "add", "dsk.*", "--force")
    assert code == 0 and "dsk.*" in out
    assert [(s["match"], s["origin"]) for s in agent_silences(agent)] == [("dsk.*", "command")]


def test_a_silence_of_the_configuration(agent, host):
    agent.config.write_text(agent.config.read_text() + """
[[alerting.silences]]
match = "busy"
days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
comment = "it is known"
""")
    agent.signal(signal.SIGHUP)
    shown = wait_for("the silence", lambda: agent_silences(agent))[0]
    assert (shown["match"], shown["origin"], shown["comment"]) == ("busy", "configuration", "it is known")
    host.load(9)
    wait_for("the alert to be held", lambda: agent_silences(agent)[0]["held"] == 1)
    for words in (("silence", "list"), ("status",)):
        text = " ".join(ask(agent, *words)[1].split())
        assert "conf busy without end, silences 1 of 1 that fire: it is known" in text


def test_a_silence_survives(agent):
    assert ask(agent, "silence", "add", "disk.*{mountpoint=/b*}")[0] == 0
    agent.stop()
    agent.start()
    kept = wait_for("the state to be loaded", lambda: agent_silences(agent))
    assert [s["match"] for s in kept] == ["disk.*{mountpoint=/b*}"]


def agent_silences(agent):
    code, out, _ = ask(agent, "status", "--format", "json")
    return code == 0 and json.loads(out)["silences"]


@pytest.mark.parametrize(
    "args,code,word",
    [
        (("silence",), 2, "add MATCH"),
        (("silence", "add"), 2, "add what"),
        (("silence", "shout"), 2, "add MATCH"),
        (("silence", "add", "cpu", "--for", "soon"), 2, "--for"),
        (("silence", "add", "cpu", "--for", "0h"), 2, "--for"),
        (("silence", "add", "cpu", "--for", "5"), 2, "5m are minutes"),
        (("silence", "add", "cpu", "--for", "1h30"), 2, "30m"),
        (("silence", "add", "dsk.*"), 1, "did you mean disk.*?"),
        (("silence", "add", "disk{mountpiont=/}"), 1, "did you mean mountpoint?"),
        (("silence", "list", "--force"), 2, "silence add"),
        (("silence", "add", "cpu{"), 1, "match"),
        (("silence", "add", "cpu\tx"), 2, "control characters"),
        (("silence", "list", "--for", "2h"), 2, "silence add"),
        (("silence", "remove", "x"), 1, "number"),
        (("status", "now"), 2, "unexpected"),
        (("status", "--for", "2h"), 2, "--for"),
        (("status", "--format", "yaml"), 2, "table, json or nagios"),
        (("silence", "list", "--exit-code"), 2, "--exit-code"),
        (("--once", "--format", "nagios"), 2, "table or json"),
        (("--check", "status"), 2, "unexpected"),
    ],
)
def test_words_that_make_no_sense(agent, args, code, word):
    done = ask(agent, *args)
    assert done[0] == code and word in done[2] and done[1] == ""


def test_the_socket_is_for_its_own(agent, folder):
    path = folder / "data" / "control.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    if os.geteuid() == 0:
        # world-open on purpose: the agent looks at who it is, not at the file
        (folder / "data").chmod(0o755)
        path.chmod(0o666)
        code = "import socket; s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(%r); print(s.recv(9))"
        owner = path.stat().st_uid  # nobody, where there is no user of its own: shared with other services
        for number, (user, group) in enumerate([(54321, 54321), (65534, 65534)][: 2 if owner == 65534 else 1], 1):
            done = subprocess.run(["/usr/bin/python3", "-c", code % str(path)], capture_output=True,
                                  user=user, group=group, extra_groups=[], check=False, text=True)
            assert done.stdout == "b''\n", done.stderr
            wait_for("a line about it", lambda n=number: agent.count("turned away") == n)


def test_clients_that_misbehave(agent, folder):
    path = str(folder / "data" / "control.sock")
    crowd = []
    for _ in range(8):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(path)
        crowd.append(s)
    begin = time.monotonic()
    assert status(agent)["hostname"] == "web-1"  # after the silent ones lost patience with
    assert time.monotonic() - begin < 6
    for s in crowd:
        s.close()
    for bad in (b"\n", b"status\n", b"\xff" * 3000, b"status\tjson\n" * 100, b"x" * 1024):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(path)
            try:
                s.sendall(bad)
                s.recv(64)
            except OSError:
                pass
    assert status(agent)["hostname"] == "web-1"
    assert "ended" not in agent.text()


def test_a_stopped_agent_does_not_answer(agent, folder):
    agent.stop()
    status_code, out, err = run("status", "-c", str(agent.config))
    assert status_code == 1 and out == "" and err != ""


@pytest.mark.parametrize("critical", [6, 5], ids=["another", "the same"])
def test_reload_is_seen(agent, critical):
    """Also when the agent's own part has not changed: a channel's address is the courier's."""
    before = status(agent)["configuration"]["loaded"]
    time.sleep(1.1)
    agent.write_config(agent.config.read_text().replace("critical = 5", f"critical = {critical}"))
    agent.signal(1)
    wait_for("the reload", lambda: "configuration reloaded" in agent.text())
    wait_for("another time", lambda: status(agent)["configuration"]["loaded"] > before)


def test_the_run_directory(folder, host):
    run_dir = folder / "run"
    run_dir.mkdir()
    give_to_service(run_dir)
    env = {"RUNTIME_DIRECTORY": str(run_dir)}
    text = CONFIG.format(data=folder / "data", proc=host.proc, sys=host.sys)
    agent = Agent(folder, text, env=env)
    with agent:
        wait_for("the control socket", (run_dir / "control.sock").exists)
        assert run("status", env=env)[0] == 0
    assert not (run_dir / "control.sock").exists()
    run_dir.chmod(0o777)  # anybody could put another socket there
    with agent:
        agent.wait_for_line(f"no control socket in {run_dir}: it can be written by everyone")
        assert not (run_dir / "control.sock").exists()
