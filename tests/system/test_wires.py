"""A worker gone bad spoils the sockets between the workers and dies: its successor and its peers go on."""

import array
import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct

import pytest

from harness import FAST, Agent, load_rule, quick, wait_for, wait_for_news, webhook

WORKERS = ["agent", "keeper", "courier"]
SYS_PIDFD_GETFD = 438
SO_ATTACH_FILTER, SO_LOCK_FILTER = 26, 44
BPF_RET = 0x06
# An alert with them is longer than the smallest buffer that a socket may have, 4.5 KiB.
LABELS = ", ".join(f'label{n} = "{"x" * 120}"' for n in range(45))

libc = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def agent(folder, host, receiver):
    """An agent with one rule, load >= 10, and one webhook."""
    if os.geteuid() != 0:
        print("skip: only root can take a worker's socket")
        pytest.skip("skip: needs root")
    config = quick(folder, load_rule(10), webhook(receiver.url), fake=host, agent=f"labels = {{ {LABELS} }}")
    with Agent(folder, config, binary=FAST) as agent:
        wait_for("all wires", lambda: count_sockets(agent) == SOCKETS)
        yield agent


def borrow(pid, number):
    """A copy of a process's descriptor: the same open file as its own."""
    pidfd = os.pidfd_open(pid)
    fd = libc.syscall(SYS_PIDFD_GETFD, pidfd, number, 0)
    os.close(pidfd)
    if fd < 0:
        err = os.strerror(ctypes.get_errno())
        print(f"skip: pidfd_getfd: {err}")
        pytest.skip(f"pidfd_getfd: {err}")
    return socket.socket(fileno=fd)


def wires(pid):
    """Copies of a worker's packet sockets that its launcher has too: its wires, not its lifeline."""
    launcher = parent_of(pid)
    shared = set(sockets(launcher).values())
    borrowed = [borrow(pid, number) for number, name in sockets(pid).items() if name in shared]
    return [s for s in borrowed if s.type & 0xF == socket.SOCK_SEQPACKET]


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return int(stat.read().rsplit(")", 1)[1].split()[1])


def sockets(pid):
    found = {}
    try:
        numbers = os.listdir(f"/proc/{pid}/fd")
    except FileNotFoundError:
        return found
    for number in numbers:
        try:
            name = os.readlink(f"/proc/{pid}/fd/{number}")
        except FileNotFoundError:
            continue
        if name.startswith("socket:"):
            found[int(number)] = name
    return found


def shrink(wire):
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)


def drop_all(wire):
    program = array.array("B", struct.pack("HBBI", BPF_RET, 0, 0, 0))
    wire.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", 1, program.buffer_info()[0]))
    wire.setsockopt(socket.SOL_SOCKET, SO_LOCK_FILTER, 1)


def make_it_block(wire):
    fcntl.fcntl(wire, fcntl.F_SETFL, fcntl.fcntl(wire, fcntl.F_GETFL) & ~os.O_NONBLOCK)


def want_credentials(wire):
    """Then each packet has more with it than its reader makes room for."""
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)


def shut_down(wire):
    wire.shutdown(socket.SHUT_RDWR)


SPOILS = [shrink, drop_all, make_it_block, want_credentials, shut_down]


# The agent: its lifeline, the control socket, two wires. The launcher has the other ends, and a wire's both.
SOCKETS = {"agent": [4], "keeper": [2], "courier": [2], "launcher": [8]}


def count_sockets(agent):
    """Of each process, by role; while a worker has not taken its name yet, it may count as an agent."""
    counts = {role: [len(sockets(pid)) for pid in agent.pids(role)] for role in WORKERS}
    return counts | {"launcher": [len(sockets(agent.process.pid))]}


def the_one(agent, role, but=None):
    """The process of that role, another than that one."""

    def find():
        found = agent.pids(role)
        return found[0] if len(found) == 1 and found[0] != but else None

    return wait_for(f"one {role}", find)


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("role", WORKERS)
def test_what_a_dead_worker_did_to_its_wires_dies_with_it(agent, folder, host, receiver, role, spoil):
    """An alert and its end arrive, and are kept. Who did nothing is not replaced, unless it cannot be told."""
    pid = the_one(agent, role)
    others = {other: the_one(agent, other) for other in WORKERS if other != role}
    spoilt = wires(pid)
    assert len(spoilt) == (2 if role == "agent" else 1)
    os.kill(pid, signal.SIGSTOP)  # it looks at none of it any more
    for wire in spoilt:
        spoil(wire)
        wire.close()
    with contextlib.suppress(ProcessLookupError):  # its launcher looked, and saw that it has shut a wire
        os.kill(pid, signal.SIGKILL)
    the_one(agent, role, but=pid)
    host.load(20)
    assert "label44" in str(wait_for_news(receiver, "firing"))
    host.load(1)
    wait_for_news(receiver, "resolved")
    agent.wait_till_delivered()
    if spoil is not shut_down:
        assert {other: the_one(agent, other) for other in others} == others
    assert agent.count(f"{role} ended") == 1
    wait_for("no socket more than before", lambda: count_sockets(agent) == SOCKETS)
    agent.stop()
    assert (folder / "data" / "snapshot.bin").exists()
    assert not agent.lines("cannot be kept") and not agent.lines("accuses")


@pytest.mark.parametrize(
    "sleeper, other", [("keeper", "agent"), ("courier", "agent"), ("agent", "keeper"), ("agent", "courier")]
)
def test_who_slept_through_several_starts_of_its_peer_goes_on_with_the_last(agent, host, receiver, sleeper, other):
    """Stopped and continued: it is handed a wire by each of them, and is not replaced itself."""
    pid, old = the_one(agent, sleeper), the_one(agent, other)
    os.kill(pid, signal.SIGSTOP)
    for _ in range(3):
        os.kill(old, signal.SIGKILL)
        old = the_one(agent, other, but=old)
    os.kill(pid, signal.SIGCONT)
    host.load(20)
    wait_for_news(receiver, "firing")
    host.load(1)
    wait_for_news(receiver, "resolved")
    agent.wait_till_delivered()
    assert the_one(agent, sleeper) == pid
    wait_for("no socket more than before", lambda: count_sockets(agent) == SOCKETS)
    assert not agent.lines("cannot be kept") and not agent.lines("accuses")
