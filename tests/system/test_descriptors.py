"""What it was started with as descriptors 0, 1 and 2: a full pipe, nothing at all, a secret file."""

import os
import resource
import signal
import socket
import stat
import subprocess
import time

import pytest

from harness import FAST, Agent, alive, descendants, load_rule, news, quick, wait_for, webhook

WORKERS = ["agent", "keeper", "courier"]
NAMES = ["stdin", "stdout", "stderr"]


@pytest.fixture
def logged():
    """What [agent] says of the log; FOLDER is the test's."""
    return 'log_level = "debug"\n'


@pytest.fixture
def config(folder, host, receiver, logged):
    console = "[alerting.console]\nenabled = true\n"
    return quick(folder, load_rule(10), webhook(receiver.url), console, fake=host, agent=logged.replace("FOLDER", str(folder)))


@pytest.fixture
def start(folder, config):
    """start(**how): the daemon as a process that subprocess.Popen starts that way."""
    started = []
    agent = Agent(folder, config, binary=FAST)

    def popen(prefix=(), **how):
        agent.process = subprocess.Popen([*prefix, str(FAST), "-c", str(agent.config)], cwd="/", **how)
        started.append(agent.process)
        wait_for("its workers", agent.has_one_of_each)
        return agent

    yield popen
    for process in started:
        family = descendants(process.pid)
        process.kill()
        process.wait()
        wait_for("all to end", lambda: not any(alive(p) for p in family))


def stream(kind):
    """(reader, writer) of a pipe or a pair of sockets."""
    if kind == "pipe":
        return os.pipe()
    return tuple(end.detach() for end in socket.socketpair())


def fill(fd):
    """Fills a pipe or a socket to the brim; other writers go on blocking, if that is what they do."""
    if stat.S_ISSOCK(os.fstat(fd).st_mode):
        own = socket.socket(fileno=os.dup(fd))
        write = lambda data: own.send(data, socket.MSG_DONTWAIT)  # noqa: E731
    else:
        own = open(f"/proc/self/fd/{fd}", "wb", buffering=0, opener=lambda p, f: os.open(p, f | os.O_NONBLOCK))
        write = lambda data: os.write(own.fileno(), data)  # noqa: E731
    for size in (4096, 1):
        try:
            while True:
                write(b"x" * size)
        except BlockingIOError:
            pass
    own.close()


def open_files(pid):
    found = {}
    for n in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(n)] = os.readlink(f"/proc/{pid}/fd/{n}")
        except FileNotFoundError:
            pass  # closed meanwhile
    return found


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_a_log_that_nobody_reads_holds_up_nothing(start, host, receiver, kind):
    """stderr takes nothing more: alerts leave, SIGUSR1 and SIGHUP are survived, SIGTERM stops it."""
    reader, writer = stream(kind)
    agent = start(stdin=subprocess.DEVNULL, stdout=writer, stderr=writer)
    fill(writer)
    host.load(20)
    receiver.wait_for(1)
    for sig in (signal.SIGUSR1, signal.SIGHUP):
        agent.signal(sig)
    host.load(1)
    receiver.wait_for(2)
    assert news(receiver) == [("firing", "load-10"), ("resolved", "load-10")]
    os.kill(agent.pids("keeper")[0], signal.SIGKILL)
    (frozen,) = agent.pids("courier")
    os.kill(frozen, signal.SIGSTOP)
    begin = time.monotonic()
    agent.signal(signal.SIGTERM)
    assert agent.process.wait(5) == 0
    assert time.monotonic() - begin < 2.5
    os.close(reader)
    os.close(writer)


def test_a_shared_pipe_stays_as_it_was(start):
    """Nobody else's end of the pipe becomes non-blocking."""
    reader, writer = os.pipe()
    agent = start(stdin=subprocess.DEVNULL, stdout=writer, stderr=writer)
    assert os.get_blocking(writer)
    os.set_blocking(reader, False)
    log = b""

    def watches():
        nonlocal log
        try:
            log += os.read(reader, 65536)
        except BlockingIOError:
            pass
        return b"watching test-host" in log

    wait_for("the agent to watch", watches)
    agent.signal(signal.SIGTERM)
    assert agent.process.wait(5) == 0
    os.close(writer)
    os.close(reader)


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_started_without_standard_descriptors(start, folder, host, receiver, closed):
    """Nothing of its own lands on 0, 1 or 2, so that no log line goes into a wire or a database."""
    agent = start(["sh", "-c", f'exec "$@" {closed}', "sh"], **{name: subprocess.DEVNULL for name in NAMES})
    host.load(20)
    receiver.wait_for(1)
    host.load(1)
    receiver.wait_for(2)
    assert news(receiver) == [("firing", "load-10"), ("resolved", "load-10")]
    if os.geteuid() == 0:
        for pid in [agent.process.pid] + [agent.pids(role)[0] for role in WORKERS]:
            files = open_files(pid)
            assert [files[n].startswith("/dev/") for n in range(3)] == [True] * 3, files
    assert (folder / "data" / "lock").stat().st_size == 0


def test_workers_do_not_inherit_stdin_and_stdout(start, folder):
    """What the starter had open as stdin is no worker's; stdout is the agent's alone."""
    if os.geteuid() != 0:
        pytest.skip("skip: needs root to look into other processes")
    secret = folder / "secret"
    secret.write_text("x")
    with secret.open() as stdin, (folder / "out").open("w") as stdout, (folder / "err").open("w") as stderr:
        agent = start(stdin=stdin, stdout=stdout, stderr=stderr)
    for role in WORKERS:
        (pid,) = agent.pids(role)
        want = {0: "/dev/null", 1: str(folder / "out") if role == "agent" else "/dev/null", 2: str(folder / "err")}
        # it may have its name and not be done with them yet
        wait_for(f"the descriptors of the {role}", lambda: want.items() <= open_files(pid).items())  # noqa: B023
        assert str(secret) not in open_files(pid).values()


@pytest.mark.parametrize("logged", ['log_file = "/nowhere/at/all/log"\n'])
def test_a_log_file_that_cannot_be_opened_stops_nothing(start, folder, host, receiver, config):
    """It is said once, on stderr, where the log goes on; a reload tries again, and says where it succeeds."""
    with (folder / "err").open("w") as stderr:
        agent = start(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
    host.load(20)
    receiver.wait_for(1)
    text = lambda name: (folder / name).read_text() if (folder / name).exists() else ""  # noqa: E731
    assert text("err").count("agent.log_file: cannot open /nowhere/at/all/log: the log stays on stderr") == 1
    assert "watching test-host" in text("err")
    agent.write_config(config.replace("/nowhere/at/all/log", f"{folder}/data/later"))
    agent.signal(signal.SIGHUP)
    wait_for("the log file", lambda: "configuration reloaded" in text("data/later"))


@pytest.mark.parametrize("size", [0, 8192])
@pytest.mark.parametrize("logged", ['log_file = "FOLDER/log"\n'])
def test_a_limit_of_the_size_of_files_ends_nobody(start, host, receiver, size):
    """It counts for the log and the database alike: their writers live on, and alerts leave."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))  # noqa: E731
    agent = start(preexec_fn=limit, **{name: subprocess.DEVNULL for name in NAMES})
    known = {role: agent.pids(role) for role in WORKERS}
    for load in (20, 1, 20, 1):
        host.load(load)
        told = len(receiver.requests)
        wait_for("the next message", lambda n=told: len(receiver.requests) > n)
    assert {role: agent.pids(role) for role in WORKERS} == known
    assert agent.process.poll() is None
