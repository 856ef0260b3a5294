"""The real binary under test: configuration, start, stop, its processes by role, waiting."""

import json
import os
import pwd
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("SYSOPS_BUILD", "build")
BINARY = TOP / os.environ.get("SYSOPS_AGENT", str(BUILD / "sysops-agent"))
# The same program with short restart delays, for tests that kill processes many times.
FAST = TOP / os.environ.get("SYSOPS_AGENT_FAST", str(BUILD / "fast" / "sysops-agent"))

# What people are shown is in the zone of this machine, wherever the tests run.
ZONE = {"TZ": "UTC"}

ROLES = {"agent": "sysops-agent", "keeper": "sysops-keeper", "courier": "sysops-courier"}


def wait_for(what, condition, secs=20.0, every=0.05):
    """The value of condition() once it is true; fails after secs."""
    end = time.monotonic() + secs
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {secs} s for {what}"
        time.sleep(every)


def children(pid):
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(p) for p in text.split()]


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


def comm(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] not in "ZX"


# Keys whose values must not be said. Short ones would be found in other words.
SECRETS = re.compile(r'^\s*(url|webhook_url|bot_token|password|routing_key|token|proxy)\s*=\s*"([^"]{8,})"', re.M)


def give_to_service(path):
    """Makes the folder that of the user whom an agent becomes that root starts."""
    if os.geteuid() != 0:
        return
    try:
        user = pwd.getpwnam("sysops-agent")
    except KeyError:
        user = pwd.getpwnam("nobody")
    os.chown(path, user.pw_uid, user.pw_gid)


class Agent:
    """One running agent with a configuration of its own in a folder of its own."""

    def __init__(self, folder, config, binary=BINARY, env=None, user=None):
        self.folder = Path(folder)
        self.config = self.folder / "config.toml"
        self.log = self.folder / "log"
        self.binary = binary
        self.env = dict(os.environ, **(ZONE | (env or {})))
        self.user = user  # a number: started as that user, in no other group
        self.process = None
        self.write_config(config)

    def write_config(self, text):
        self.config.write_text(text)
        self.config.chmod(0o600)
        if self.user is not None:
            os.chown(self.config, self.user, self.user)

    def start(self, ready="watching"):
        other = {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}
        already = self.count(ready) if ready else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.binary), "-c", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd="/",
                env=self.env,
                **other,
            )
        if ready:
            wait_for("the agent to be up", lambda: self.process.poll() is not None or self.count(ready) > already)
            assert self.process.poll() is None, self.text()
            wait_for("its processes", lambda: self.process.poll() is not None or self.has_one_of_each())
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is not None:
            print(f"log of the agent:\n{self.text()[-20000:]}")
        self.stop()

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def lines(self, *words):
        """The lines of the log that have all these words in them."""
        return [line for line in self.text().splitlines() if all(word in line for word in words)]

    def count(self, *words):
        return len(self.lines(*words))

    def wait_for_line(self, *words, secs=20.0, more_than=0):
        return wait_for(f"a line with {words} in the log", lambda: self.lines(*words)[more_than:], secs)[0]

    def stop(self, sig=signal.SIGTERM, secs=5.0):
        """Stops it and returns (exit status, seconds it took); nothing may be left over."""
        if self.process is None or self.process.poll() is not None:
            return (self.process and self.process.returncode, 0.0)
        family = descendants(self.process.pid)
        begin = time.monotonic()
        self.process.send_signal(sig)
        try:
            self.process.wait(secs)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not stop within {secs} s:\n{self.text()}")
        took = time.monotonic() - begin
        self.check_secrets()
        wait_for("all its processes to end", lambda: not [p for p in family if alive(p)], 3.0)
        return self.process.returncode, took

    def check_secrets(self):
        """What the configuration keeps secret stands nowhere in the log, whatever happened."""
        for key, value in SECRETS.findall(self.config.read_text() if self.config.is_file() else ""):
            assert value not in self.text(), f"the log shows {key}"

    def pids(self, role):
        return [p for p in children(self.process.pid) if comm(p) == ROLES[role]]

    def has_one_of_each(self):
        """The first may be at work before the others have taken their names, and while the child that
        opened the data directory has not ended, which nobody waits for and which has the agent's name."""
        return all(len(self.pids(role)) == 1 for role in ROLES)

    def channel(self, name):
        """Its numbers, from the report that SIGUSR1 makes the agent log: sent, failed, queued."""
        known = self.count(f"channel {name}: sent")
        self.signal(signal.SIGUSR1)
        line = self.wait_for_line(f"channel {name}: sent", more_than=known)
        return {key: int(re.search(rf"{key} (\d+)", line)[1]) for key in ("sent", "failed", "queued")}

    def wait_till_delivered(self, name="webhook"):
        wait_for(f"the queue of {name} to be empty", lambda: self.channel(name)["queued"] == 0, every=0.1)

    def family(self):
        return [self.process.pid] + descendants(self.process.pid)

    def runners(self):
        return [p for c in self.pids("courier") for p in children(c)]

    def signal(self, sig):
        self.process.send_signal(sig)


class FakeProc:
    """A proc and a sys root whose files a test writes; just what it gives exists."""

    def __init__(self, folder):
        self.proc = Path(folder) / "proc"
        self.sys = Path(folder) / "sys"
        (self.proc / "self").mkdir(parents=True)
        self.sys.mkdir()
        self.load(0.0)

    def load(self, one_minute):
        # rename() so that a reader sees the old or the new text, never a part
        new = self.proc / "loadavg.new"
        new.write_text(f"{one_minute:.2f} 0.00 0.00 1/100 1000\n")
        new.rename(self.proc / "loadavg")


def quick(folder, *sections, collectors=("cpu",), fake=None, agent="", disk_interval=1, restarts=False):
    """A configuration that looks every second, delays nothing and keeps its state in folder/data."""
    roots = "" if fake is None else f'proc_root = "{fake.proc}"\nsys_root = "{fake.sys}"\n'
    if "data_dir" not in agent:
        agent += f'\ndata_dir = "{folder}/data"'
    return "\n".join(
        [
            f'[agent]\nhostname = "test-host"\ncollect_interval_secs = 1\n{roots}{agent}',
            f"[collector]\nenabled_collectors = {json.dumps(list(collectors))}",
            f"[collector.disk]\ninterval_secs = {disk_interval}" if "disk" in collectors else "",
            "" if restarts else NO_RESTARTS,
            NO_LIMITS if not any("[alerting]" in s for s in sections) else "",
            *sections,
        ]
    )


# Tests that kill the agent many times do not ask whether it says so.
NO_RESTARTS = '[[rules]]\nname = "no-restarts"\nmetric = "agent.restarts"\ncritical = 1000\n'

NO_LIMITS = """[alerting]
rate_limit_per_minute = 0
rate_limit_per_hour = 0
dedup_window_secs = 0
group_window_secs = 0
"""


def webhook(url, **keys):
    """[alerting.webhook] to that URL."""
    return _channel("webhook", url=url, **keys)


def discord_channel(url, ca_file, **keys):
    """[alerting.discord] to that URL, which has to be https."""
    return _channel("discord", webhook_url=url, ca_file=str(ca_file), **keys)


def _channel(name, **keys):
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f"[alerting.{name}]\nenabled = true\n{lines}"


def load_rule(limit, name=None):
    """A [[rules]] entry: critical when the load over one minute is at the limit or past it."""
    return f'[[rules]]\nname = "{name or f"load-{limit}"}"\nmetric = "cpu.load_1m"\ncritical = {limit}\nfor_secs = 0\n'


def wait_for_news(receiver, status, known=0, secs=20.0):
    """The first alert with that status after the known requests."""

    def find():
        return [n for n in (r.json() for r in receiver.requests[known:]) if n["status"] == status]

    return wait_for(f"a {status} alert", find, secs)[0]


def news(receiver):
    """What a webhook's receiver was told: [(status, rule), ...], oldest first."""
    return [(n["status"], n["rule"]) for n in (r.json() for r in list(receiver.requests))]


def linger(agent, cycles=3):
    """Gives an agent that looks every second the time to do what it must not do."""
    time.sleep(cycles + 0.5)
    assert agent.process.poll() is None, agent.text()


class LoopMount:
    """A small file system of its own on a loop device."""

    def __init__(self, folder, name, mib=16, fstype="ext4"):
        self.image = Path(folder) / f"{name}.img"
        self.path = Path(folder) / name
        with self.image.open("wb") as f:
            f.truncate(mib << 20)
        subprocess.run(["mke2fs", "-q", "-F", "-t", fstype, "-m", "0", str(self.image)], check=True)
        self.path.mkdir()
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.path)], check=True)

    def fill(self, percent):
        """Fills to about this many percent of what can be filled."""
        st = os.statvfs(self.path)
        used = st.f_blocks - st.f_bfree
        want = int((used + st.f_bavail) * percent / 100) - used
        left = max(0, want * st.f_frsize)
        with (self.path / "ballast").open("wb", buffering=0) as f:
            for piece in (65536, 512):
                try:
                    while left >= piece:
                        left -= f.write(b"x" * piece)
                except OSError:
                    pass  # no room for such a piece: full to the brim takes smaller ones

    def empty(self):
        (self.path / "ballast").unlink(missing_ok=True)

    def freeze(self):
        subprocess.run(["fsfreeze", "-f", str(self.path)], check=True)

    def thaw(self):
        subprocess.run(["fsfreeze", "-u", str(self.path)], check=False)

    def unmount(self):
        self.thaw_quietly()
        subprocess.run(["umount", "-l", str(self.path)], check=False)

    def thaw_quietly(self):
        subprocess.run(["fsfreeze", "-u", str(self.path)], check=False, stderr=subprocess.DEVNULL)


def why_no_loop_mounts():
    """Why this machine cannot mount loop devices, or ''."""
    if os.geteuid() != 0:
        return "loop mounts need root"
    if not Path("/dev/loop-control").exists():
        return "there is no /dev/loop-control"
    if shutil.which("mke2fs", path="/sbin:/usr/sbin:/bin:/usr/bin") is None:
        return "mke2fs is not installed"
    return ""


def seed():
    """A seed for a random test, printed so that a failure can be repeated with SYSOPS_SEED."""
    value = int(os.environ.get("SYSOPS_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed: SYSOPS_SEED={value}")
    return value


def run(*args, env=None, timeout=20):
    """The binary as a command: (status, stdout, stderr)."""
    done = subprocess.run(
        [str(BINARY), *args], capture_output=True, env=dict(os.environ, **(ZONE | (env or {}))), timeout=timeout, check=False
    )
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]
