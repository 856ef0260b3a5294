"""What each process may and knows, as the kernel tells it."""

import os
import re
import signal
import stat
from pathlib import Path

import pytest

from fakes import answer
from harness import FAST, ROLES, Agent, linger, load_rule, news, quick, run, wait_for, webhook

CAP_DAC_READ_SEARCH, CAP_SYSLOG = 1 << 2, 1 << 34
SECRET = "planted-5ecret-of-the-webhook"
SECRET_ENV = "planted-5ecret-of-the-environment"


@pytest.fixture
def as_root():
    if os.geteuid() != 0:
        print("skip: only root can start it as root and look into other processes")
        pytest.skip("skip: needs root")


def config_with_secrets(folder, host, receiver):
    return quick(
        folder,
        load_rule(10),
        webhook(f"{receiver.url}/{SECRET}")
        + 'headers = { Authorization = "Bearer ${PLANTED_TOKEN}" }\ntimeout_secs = 5\n',
        fake=host,
        agent='log_level = "trace"',
    )


@pytest.fixture
def agent(folder, host, receiver):
    """An agent with two secrets, one in its file and one in its environment, that has delivered an alert."""
    config = config_with_secrets(folder, host, receiver)
    with Agent(folder, config, env={"PLANTED_TOKEN": SECRET_ENV}) as agent:
        host.load(15)
        receiver.wait_for(1)
        agent.wait_till_delivered()
        yield agent
        print(f"log of the agent:\n{agent.text()[-20000:]}")


def status(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def memory(pid):
    """All that the process has in memory and of its own."""
    found = b""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            begin, end = (int(n, 16) for n in line.split()[0].split("-"))
            if "w" not in line.split()[1] or "[v" in line:
                continue
            try:
                mem.seek(begin)
                found += mem.read(end - begin)
            except OSError:
                pass
    return found


def test_started_as_root_nobody_stays_root(as_root, agent):
    """No process is root, in root's groups, dumpable or able to gain rights; each has just its capabilities."""
    needed = {"agent": CAP_DAC_READ_SEARCH | CAP_SYSLOG, "keeper": 0, "courier": 0}
    for pid in agent.family():
        now = status(pid)
        assert "0" not in now["Uid"].split() + now["Gid"].split() + now["Groups"].split(), now["Name"]
        assert now["NoNewPrivs"] == "1"
        assert re.search(r"^Max core file size +0 +0 ", Path(f"/proc/{pid}/limits").read_text(), re.M)
        # the kernel gives the files of a process that is not dumpable to root
        assert os.stat(f"/proc/{pid}/maps").st_uid == 0
    for role, caps in needed.items():
        (pid,) = agent.pids(role)
        now = status(pid)
        for kind in ("CapEff", "CapPrm"):
            assert int(now[kind], 16) == caps, (role, kind)
    for pid in agent.family():
        now = status(pid)
        assert int(now["CapInh"], 16) == 0 and int(now["CapAmb"], 16) == 0
        for kind in ("CapEff", "CapPrm", "CapBnd"):
            assert int(now[kind], 16) & ~needed["agent"] == 0, (now["Name"], kind)


def test_the_user_of_the_configuration(as_root, folder, host, receiver):
    """agent.user is who it runs as, and who owns the state."""
    config = quick(folder, load_rule(10), webhook(receiver.url), fake=host, agent='user = "daemon"')
    with Agent(folder, config) as agent:
        for pid in agent.family():
            assert status(pid)["Uid"].split() == ["1"] * 4
        state = folder / "data" / "state.db"
        assert state.stat().st_uid == 1 and stat.S_IMODE(state.parent.stat().st_mode) == 0o700
        assert state.stat().st_mode & 0o077 == 0


def test_secrets_are_where_they_are_needed(as_root, agent):
    """The agent and the keeper have none in memory or environment; the courier, of course, has."""
    for role in ("agent", "keeper", "courier"):
        (pid,) = agent.pids(role)
        everything = memory(pid) + Path(f"/proc/{pid}/environ").read_bytes()
        assert len(everything) > 50000
        for secret in (SECRET, SECRET_ENV):
            assert (secret.encode() in everything) == (role == "courier"), (role, secret)


def test_secrets_are_not_said(folder, host, receiver):
    """Neither by the log at its most talkative, nor by --check, whatever the service says back."""
    path = f"{receiver.url}/{SECRET}"
    receiver.default = answer(500, f"cannot POST {path}, Bearer {SECRET_ENV}".encode())
    config = config_with_secrets(folder, host, receiver)
    with Agent(folder, config, env={"PLANTED_TOKEN": SECRET_ENV}) as agent:
        host.load(15)
        receiver.wait_for(2)
        agent.channel("webhook")
        receiver.script(answer(401, SECRET.encode()))
        receiver.wait_for(3, 30)
        agent.wait_for_line("refuses us access")
        done = run("--check", "-c", str(agent.config), env=agent.env)
        assert done[0] == 0
        for text in (agent.text(), *done[1:]):
            assert SECRET not in text and SECRET_ENV not in text
    state = b"".join(p.read_bytes() for p in (folder / "data").iterdir() if p.is_file())
    assert b"load-10" in state and SECRET.encode() not in state and SECRET_ENV.encode() not in state


def sockets_that_listen():
    """Inodes of all sockets that accept connections or take datagrams from anywhere."""
    found = set()
    for name, state in (("tcp", "0A"), ("tcp6", "0A"), ("udp", None), ("udp6", None), ("raw", None)):
        table = Path(f"/proc/net/{name}")
        for line in table.read_text().splitlines()[1:] if table.exists() else []:
            fields = line.split()
            if state in (None, fields[3]):
                found.add(fields[9])
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        control = len(fields) > 7 and fields[7].endswith("/control.sock")  # for status and silence, on this host
        if int(fields[3], 16) & 0x10000 and not control:  # SO_ACCEPTCON
            found.add(fields[6])
    return found


def open_files(pid):
    return {n: os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")}


def test_nothing_listens_and_nobody_has_the_others_files(as_root, agent, folder):
    """No process has a listening socket but the control socket; only the keeper has the data directory open."""
    listening = sockets_that_listen()
    for pid in agent.family():
        for target in open_files(pid).values():
            inode = re.match(r"socket:\[(\d+)\]", target)
            assert inode is None or inode[1] not in listening
    data = str(folder / "data")
    for role in ("agent", "courier"):
        (pid,) = agent.pids(role)
        assert not [t for t in open_files(pid).values() if t.startswith((data, str(agent.config)))]
    (keeper,) = agent.pids("keeper")
    assert [t for t in open_files(keeper).values() if t.startswith(data)]


def oom_score_adj(pid):
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


@pytest.mark.parametrize("user", [None, 4711])
def test_where_memory_is_short_a_worker_is_ended_before_the_launcher(folder, host, user):
    """A worker is replaced, also the one that comes after; with the launcher all end."""
    if user is not None and os.geteuid() != 0:
        pytest.skip("skip: only root can start it as another user")
    if user is not None:
        os.chown(folder, user, user)
    agent = Agent(folder, quick(folder, fake=host, restarts=True), binary=FAST, user=user)
    with agent:
        agent.wait_for_line("watching")
        for _ in range(2):
            launcher = oom_score_adj(agent.process.pid)
            for role in ROLES:
                (pid,) = agent.pids(role)
                assert oom_score_adj(pid) > launcher, role
            if os.geteuid() == 0:
                os.kill(agent.pids("courier")[0], signal.SIGKILL)
                agent.wait_for_line("courier ended")
                wait_for("another courier", agent.has_one_of_each)


def test_an_ordinary_user_has_less_and_is_content(folder, receiver):
    """Without any right it watches, keeps its state and alerts; what it cannot read is said once at most."""
    user = 23456 if os.geteuid() == 0 else None
    rule = '[[rules]]\nname = "any"\nmetric = "proc.count"\ncritical = 1\nfor_secs = 0\n'
    collectors = ("cpu", "memory", "process", "fd", "kernel")
    if user is not None:
        os.chown(folder, user, user)
    agent = Agent(folder, quick(folder, rule, webhook(receiver.url), collectors=collectors), binary=FAST, user=user)
    with agent:
        receiver.wait_for(1)
        agent.wait_till_delivered()
        linger(agent)
        for pid in agent.family():
            now = status(pid)
            assert now["Uid"].split() == [str(user or os.geteuid())] * 4
            assert int(now["CapEff"], 16) == 0 and now["NoNewPrivs"] == "1"
        said = [line.split(": ", 1)[1] for line in agent.text().splitlines() if " warn " in line or " error " in line]
        assert len(said) == len(set(said)) <= 3, said
        agent.stop()
        agent.start()
        linger(agent)
    assert len(news(receiver)) == 1
