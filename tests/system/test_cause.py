"""Whom an alert blames, with real processes that burn, eat, hold and write for a few seconds."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness import Agent, wait_for

CONFIG = """
[agent]
hostname = "web-1"
collect_interval_secs = 1
data_dir = "{data}"

[collector.process]
interval_secs = 1

[alerting]
group_window_secs = 0

[[rules]]
name = "{name}"
metric = "{metric}"
warn = {limit}
for_secs = {secs}
"""

BURN = "sh", "-c", "while :; do :; done"
EAT = "/usr/bin/python3", "-c", "import time; x = bytearray(300 << 20); print(flush=True); time.sleep(60)"
HOLD = "/usr/bin/python3", "-c", "import time; x = [open('/dev/null') for _ in range(900)]; print(flush=True); time.sleep(60)"


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="sysops-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def culprit(folder):
    """culprit(command): runs it under the name culprit until the test is over."""
    running = []

    def start(command):
        program = folder / "culprit"
        if not program.exists():
            program.symlink_to(os.path.realpath(f"/bin/{command[0]}") if "/" not in command[0] else os.path.realpath(command[0]))
        running.append(subprocess.Popen([str(program), *command[1:]], stdout=subprocess.DEVNULL))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def agent_with(folder, metric, limit, secs, name="test"):
    text = CONFIG.format(data=folder / "data", name=name, metric=metric, limit=limit, secs=secs)
    return Agent(folder, text)


def cause_of(agent, secs=20):
    line = wait_for("an alert with a cause", lambda: re.search(r"\[WARN\].*likely cause: (.*)", agent.text()), secs)
    return line[1]


def test_a_burnt_core(folder, culprit):
    limit = 100 / os.cpu_count() * 0.5
    with agent_with(folder, "cpu.usage_percent", limit, 4) as agent:
        culprit(BURN)
        cause = cause_of(agent)
    found = re.search(r"culprit(?: \(\S+\))? (\d+)% CPU", cause)
    assert found, cause
    assert 40 <= int(found[1]) <= 110


def test_eaten_memory(folder, culprit):
    with agent_with(folder, "mem.used_bytes", 1, 6) as agent:
        culprit(EAT)
        cause = cause_of(agent)
    assert re.match(r"culprit(?: \(\S+\))? \+3\d\d\.\d MiB", cause), cause


def test_open_files(folder, culprit):
    with agent_with(folder, "fd.system_used", 1, 6) as agent:
        culprit(HOLD)
        cause = cause_of(agent)
    assert re.match(r"(largest: )?culprit(?: \(\S+\))? \+?9\d\d open files", cause), cause


def test_nobody_is_blamed_without_reason(folder):
    with agent_with(folder, "cpu.usage_percent", 0, 3) as agent:
        wait_for("an alert", lambda: "[WARN]" in agent.text())
        line = next(line for line in agent.text().splitlines() if "[WARN]" in line)
    assert "culprit" not in line


def test_alerts_of_other_kinds_have_no_cause(folder):
    with agent_with(folder, "kernel.uptime_secs", 1, 2) as agent:
        wait_for("an alert", lambda: "[WARN]" in agent.text())
        assert "likely cause" not in agent.text()
