"""Whom an alert blames, with real processes that burn, eat, hold and write.

They run in a room of their own: a pid namespace whose proc the agent is given. Nobody else is in
there, so it does not matter what else this machine does. And the rule comes by a reload once the
culprit has done it, so it does not matter how long that took.
"""

import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness import Agent, quick, run, wait_for, webhook

CULPRIT = "culprit"
BURN = "sh", "-c", "while :; do :; done"
EATEN_MIB = 100
EAT = "python3", "-c", f"import time; x = bytearray({EATEN_MIB} << 20); time.sleep(600)"
HELD = min(5000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 50)
HOLD = "python3", "-c", "; ".join([
    "import os, resource, time",
    "resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)",
    f"x = [os.dup(1) for _ in range({HELD})]",
    "time.sleep(600)",
])
PATIENCE = 90  # seconds for what takes two when the machine has nothing else to do
TICK = os.sysconf("SC_CLK_TCK")


class Room:
    """Processes that are alone in their proc: a shell, and what it is told to start."""

    sys = "/sys"

    def __init__(self, folder):
        self.folder = folder
        mounted = folder / "proc"
        mounted.mkdir()
        # Who is not root mounts in a mount namespace of the room, and looks at it from outside.
        own = [] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
        script = f"mount -t proc proc {mounted} && echo ready && while read -r line; do eval \"$line\"; done"
        self.shell = subprocess.Popen(
            ["unshare", *own, "--pid", "--fork", "--kill-child", "sh", "-c", script],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.can = self.shell.stdout.readline() == "ready\n"
        if self.can and own:
            first = Path(f"/proc/{self.shell.pid}/task/{self.shell.pid}/children").read_text().split()[0]
            self.proc = Path(f"/proc/{first}/root{mounted}")
        else:
            self.proc = mounted

    def start(self, command):
        """Runs it under the name CULPRIT; returns its folder in the proc of the room."""
        program = self.folder / CULPRIT
        if not program.exists():
            program.symlink_to(os.path.realpath(shutil.which(command[0], path="/usr/bin:/bin")))
        line = shlex.join([str(program), *command[1:]])
        self.shell.stdin.write(f"{line} >/dev/null </dev/null &\n")
        self.shell.stdin.flush()
        return wait_for("the culprit", self.find, PATIENCE)[0]

    def find(self):
        """The folders of all that have that name."""
        found = []
        for comm in self.proc.glob("[0-9]*/comm"):
            try:
                found += [comm.parent] if comm.read_text() == CULPRIT + "\n" else []
            except OSError:
                continue  # it has ended meanwhile
        return found

    def close(self):
        self.shell.stdin.close()  # the shell ends, and with it all that is in the room
        self.shell.stdout.close()
        self.shell.wait(PATIENCE)
        if os.geteuid() == 0:
            subprocess.run(["umount", str(self.folder / "proc")], check=False, stderr=subprocess.DEVNULL)


@pytest.fixture
def room(folder):
    made = Room(folder)
    if not made.can:
        made.close()
        print("skip: there is no pid namespace with a proc of its own")
        pytest.skip("there is no pid namespace with a proc of its own")
    yield made
    made.close()


def cpu_secs(process):
    """What it has burnt so far."""
    fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Watch:
    """An agent that looks at a room; fire() gives it the rule and returns the alert it sends."""

    def __init__(self, folder, room, receiver, metric, collector):
        self.metric, self.receiver = metric, receiver
        self.config = quick(
            folder, webhook(receiver.url), "[collector.process]\ninterval_secs = 1", fake=room,
            collectors=(collector, "process"),
        )
        self.agent = Agent(folder, self.config)

    def __enter__(self):
        self.agent.start()
        # It has looked once, so that what comes now is growth.
        wait_for("a first look", self.has_looked, PATIENCE)
        return self

    def __exit__(self, *how):
        self.agent.__exit__(*how)

    def has_looked(self):
        status, out, _ = run("status", "--format", "json", "-c", str(self.agent.config))
        return status == 0 and json.loads(out)["samples"]["kept"] > 0

    def fire(self, meanwhile=lambda: None):
        rule = f'\n[[rules]]\nname = "test"\nmetric = "{self.metric}"\nwarn = 0\nfor_secs = 2\n'
        self.agent.write_config(self.config + rule)
        self.agent.signal(signal.SIGHUP)

        def told():
            meanwhile()
            return [n for n in (r.json() for r in list(self.receiver.requests)) if n["rule"] == "test"]

        return wait_for("the alert", told, PATIENCE)[0]


def rates(looks):
    """Percent of a core between any two looks that are a second apart or more."""
    return [
        100 * (b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(looks) for b in looks[i:] if b[0] - a[0] >= 1
    ]


def test_a_burnt_core(folder, room, receiver):
    looks = []
    with Watch(folder, room, receiver, "cpu.usage_percent", "cpu") as watch:
        burner = room.start(BURN)
        wait_for("some of it", lambda: cpu_secs(burner) > 0.5, PATIENCE)
        cause = watch.fire(lambda: looks.append((time.monotonic(), cpu_secs(burner))))["cause"]
    found = re.fullmatch(CULPRIT + r"(?: \(\S+\))? (\d+)% CPU", cause)
    assert found, cause
    # Beside others it gets less than a core, now more and now less.
    assert min(rates(looks)) - 10 <= int(found[1]) <= max(rates(looks)) + 10, rates(looks)


def test_eaten_memory(folder, room, receiver):
    with Watch(folder, room, receiver, "mem.used_bytes", "memory") as watch:
        eater = room.start(EAT)
        pages = (EATEN_MIB << 20) // resource.getpagesize()
        wait_for("its memory", lambda: int((eater / "statm").read_text().split()[1]) >= pages, PATIENCE)
        cause = watch.fire()["cause"]
    found = re.fullmatch(CULPRIT + r"(?: \(\S+\))? \+(\d+)\.\d MiB", cause)
    assert found and EATEN_MIB <= int(found[1]) <= EATEN_MIB + 25, cause


def test_open_files(folder, room, receiver):
    with Watch(folder, room, receiver, "fd.system_used", "fd") as watch:
        holder = room.start(HOLD)
        wait_for("its files", lambda: len(os.listdir(holder / "fd")) >= HELD, PATIENCE)
        cause = watch.fire()["cause"]
    found = re.fullmatch(CULPRIT + r"(?: \(\S+\))? \+(\d+) open files", cause)
    assert found and HELD <= int(found[1]) < HELD + 50, cause


def test_many_processes(folder, room, receiver):
    with Watch(folder, room, receiver, "proc.count", "process") as watch:
        for _ in range(60):
            room.start(("sleep", "600"))
        wait_for("all of them", lambda: len(room.find()) == 60, PATIENCE)
        cause = watch.fire()["cause"]
    assert re.search(CULPRIT + r" x60\b", cause), cause


def test_a_disk_that_fills(folder, loops):
    """What is left, how fast that goes, and when it is gone."""
    disk = loops("filling", 256)
    rule = '[[rules]]\nname = "test"\nmetric = "disk.usage_percent"\nwarn = 60\nfor_secs = 0\n'
    write = f"import time\nf = open({str(disk.path / 'x')!r}, 'wb', 0)\nwhile True: f.write(bytes(1 << 20)); time.sleep(0.1)"
    with Agent(folder, quick(folder, rule, collectors=("disk",))) as agent:
        looked = "status", "--format", "json", "-c", str(agent.config)
        wait_for("a few looks", lambda: json.loads(run(*looked)[1] or "{}").get("samples", {}).get("kept", 0) > 30, PATIENCE)
        writer = subprocess.Popen(["/usr/bin/python3", "-c", write])
        try:
            line = wait_for("an alert", lambda: [s for s in agent.lines("[WARN]") if "filling" in s], PATIENCE)[0]
        finally:
            writer.kill()
            writer.wait()
    assert re.search(r"free: \d+\.\d MiB, filling at \d+\.\d [KM]iB/s, full in about \d+ ?(s|min)", line), line


def test_nobody_is_blamed_without_reason(folder, room, receiver):
    with Watch(folder, room, receiver, "cpu.usage_percent", "cpu") as watch:
        assert watch.fire()["cause"] == ""


def test_alerts_of_other_kinds_have_no_cause(folder, room, receiver):
    with Watch(folder, room, receiver, "kernel.uptime_secs", "kernel") as watch:
        burner = room.start(BURN)
        wait_for("some of it", lambda: cpu_secs(burner) > 0.5, PATIENCE)
        assert watch.fire()["cause"] == ""
