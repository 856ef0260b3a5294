"""A process that dies of a fatal signal leaves a line in the log that names the place."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from harness import BUILD, ROLES, TOP, Agent, json_lines, quick, wait_for

CRASHED = re.compile(r"(\w+) \(process (\d+)\) crashed: (\w+)(?: [^,]*)?, build ([0-9a-f]{40}), frames (.+)")


def crash(agent, role, sig):
    """Kills the process of that role, waits for its successor, and returns the pid it had."""
    wait_for("one process a role", lambda: all(len(agent.pids(r)) == 1 for r in ROLES))
    pid = agent.pids(role)[0]
    os.kill(pid, sig)
    wait_for(f"another {role}", lambda: agent.pids(role) not in ([], [pid]))
    return pid


def symbolize(line):
    if shutil.which("addr2line") is None or shutil.which("readelf") is None:
        pytest.skip("addr2line and readelf are not installed (binutils)")
    env = dict(os.environ, BUILD=str(BUILD))
    return subprocess.run(["./dev", "symbolize", line], cwd=TOP, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("sig", [signal.SIGSEGV, signal.SIGABRT])
def test_the_line_names_role_signal_and_functions(folder, host, sig):
    with Agent(folder, quick(folder, fake=host)) as agent:
        pid = crash(agent, "agent", sig)
        line = agent.wait_for_line("crashed: ")
        agent.wait_for_line(f"agent ended (signal {int(sig)})")
        assert agent.count("crashed: ") == 1
        role, process, name, _, frames = CRASHED.search(line).groups()
        assert (role, int(process), name) == ("agent", pid, sig.name)
        assert any(re.fullmatch(r"\??0x[0-9a-f]+", frame) for frame in frames.split())
        out = symbolize(line)
        assert (out.returncode, out.stderr) == (0, "")
        assert re.search(r"\bloop_run at .*loop\.c:\d+", out.stdout), out.stdout
        assert re.search(r"\bagent_main at .*agent_main\.c:\d+", out.stdout), out.stdout


def test_another_build_is_said(folder, host):
    line = f"keeper (process 1) crashed: SIGSEGV, build {'0' * 40}, frames 0x1"
    out = symbolize(line)
    assert out.returncode == 1 and "is of build 0000" in out.stderr


def test_a_log_of_several_crashes(folder, host):
    """The whole log may be given: each crash in it by itself."""
    with Agent(folder, quick(folder, fake=host)) as agent:
        for role in ("agent", "keeper"):
            crash(agent, role, signal.SIGSEGV)
        wait_for("two lines", lambda: agent.count("crashed: ") == 2)
        out = symbolize(agent.text())
    assert (out.returncode, out.stderr) == (0, "")
    heads = [line for line in out.stdout.splitlines() if "crashed: SIGSEGV" in line]
    assert ["agent (" in heads[0], "keeper (" in heads[1]] == [True, True], out.stdout
    parts = out.stdout.split("keeper (")
    assert "agent_main at" in parts[0] and "keeper_main at" in parts[1], out.stdout


def test_every_worker_in_json(folder, host):
    with Agent(folder, quick(folder, fake=host, agent='log_format = "json"')) as agent:
        for role in ("keeper", "courier", "agent"):
            crash(agent, role, signal.SIGBUS)
        wait_for("three lines", lambda: agent.count("crashed: SIGBUS") == 3)
        rows = [row for row in json_lines(agent.text()) if " crashed: " in row["message"]]
        assert [CRASHED.search(row["message"])[1] for row in rows] == ["keeper", "courier", "agent"]
        assert {row["role"] for row in rows} == {"launcher"} and {row["level"] for row in rows} == {"error"}
        assert symbolize(json.dumps(rows[0])).returncode == 0
