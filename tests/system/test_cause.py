"""Whom an alert blames, with real processes that burn, eat, hold and write for a few seconds."""

import os
import re
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from harness import Agent, LoopMount, wait_for, why_no_loop_mounts

pytestmark = pytest.mark.xdist_group("host")

CONFIG = """
[agent]
hostname = "web-1"
collect_interval_secs = 1
data_dir = "{data}"

[collector.process]
interval_secs = 1

[collector.disk]
interval_secs = 1

[alerting]
group_window_secs = 0

[[rules]]
name = "{name}"
metric = "{metric}"
warn = {limit}
for_secs = {secs}
"""

CULPRIT = f"culprit{os.getpid()}"  # no other is called so, should these tests run twice at once
BURN = "sh", "-c", "while :; do :; done"
# More than anything else is likely to do meanwhile: three are named, and other tests run beside these.
EATEN_MIB = 500
HELD = min(5000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 50)
EAT = "/usr/bin/python3", "-c", f"import time; x = bytearray({EATEN_MIB} << 20); time.sleep(60)"
SEEN = 0.3  # what it took before it was first looked at is no growth; of the rest, no less than this
HOLD = "/usr/bin/python3", "-c", f"""
import os, resource, time
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
x = [os.dup(1) for _ in range({HELD})]
time.sleep(60)
"""


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="sysops-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def culprit(folder):
    """culprit(command): runs it under the name CULPRIT until the test is over."""
    running = []

    def start(command):
        program = folder / CULPRIT
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


def cpu_secs(pid):
    """What the process has burnt so far: a machine with other work may leave it less than a core."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_burnt_core(folder, culprit):
    limit = 100 / os.cpu_count() * 0.5
    with agent_with(folder, "cpu.usage_percent", limit, 4) as agent:
        begin = time.monotonic()
        burner = culprit(BURN)
        cause = cause_of(agent)
        had = 100 * cpu_secs(burner.pid) / (time.monotonic() - begin)
    found = re.search(CULPRIT + r"(?: \(\S+\))? (\d+)% CPU", cause)
    assert found, cause
    assert abs(int(found[1]) - had) < 30, f"it got {had:.0f} % of a core"


def test_eaten_memory(folder, culprit):
    with agent_with(folder, "mem.used_bytes", 1, 6) as agent:
        culprit(EAT)
        cause = cause_of(agent)
    found = re.search(CULPRIT + r"(?: \(\S+\))? \+(\d+)\.\d MiB", cause)
    assert found and EATEN_MIB * SEEN <= int(found[1]) <= EATEN_MIB * 1.05, cause


def test_open_files(folder, culprit):
    with agent_with(folder, "fd.system_used", 1, 6) as agent:
        culprit(HOLD)
        cause = cause_of(agent)
    found = re.search(CULPRIT + r"(?: \(\S+\))? \+?(\d+) open files", cause)
    assert found and HELD * SEEN <= int(found[1]) < HELD + 50, cause


def test_many_processes(folder, culprit):
    with agent_with(folder, "proc.count", 1, 4) as agent:
        for _ in range(60):
            culprit(("sleep", "60"))
        cause = cause_of(agent)
    found = re.search(CULPRIT + r" x(\d+)", cause)
    assert found and 30 <= int(found[1]) <= 60, cause


@pytest.mark.skipif(why_no_loop_mounts() != "", reason=why_no_loop_mounts())
def test_a_disk_that_fills(folder, culprit):
    """What is left, how fast that goes, and when it is gone."""
    disk = LoopMount(folder, "filling", mib=256)
    try:
        with agent_with(folder, "disk.usage_percent", 60, 0) as agent:
            write = f"import time\nf = open({str(disk.path / 'x')!r}, 'wb', 0)\nwhile True: f.write(bytes(1 << 20)); time.sleep(0.1)"
            wait_for("a first look", lambda: "watching" in agent.text())
            time.sleep(3)
            culprit(("/usr/bin/python3", "-c", write))
            line = wait_for("an alert", lambda: [s for s in agent.lines("[WARN]") if "filling" in s], 40)[0]
        assert re.search(r"free: \d+\.\d MiB, filling at \d+\.\d MiB/s, full in about \d+s", line), line
    finally:
        disk.unmount()


def test_nobody_is_blamed_without_reason(folder):
    with agent_with(folder, "cpu.usage_percent", 0, 3) as agent:
        wait_for("an alert", lambda: "[WARN]" in agent.text())
        line = next(line for line in agent.text().splitlines() if "[WARN]" in line)
    assert CULPRIT not in line


def test_alerts_of_other_kinds_have_no_cause(folder):
    with agent_with(folder, "kernel.uptime_secs", 1, 2) as agent:
        wait_for("an alert", lambda: "[WARN]" in agent.text())
        assert "likely cause" not in agent.text()
