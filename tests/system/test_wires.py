"""A worker gone bad spoils the sockets between the workers and dies: its successor and its peers go on."""

import array
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
    for number in os.listdir(f"/proc/{pid}/fd"):
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


def count_sockets(agent):
    return {role: len(sockets(agent.pids(role)[0])) for role in WORKERS} | {"launcher": len(sockets(agent.process.pid))}


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("role", WORKERS)
def test_what_a_dead_worker_did_to_its_wires_dies_with_it(agent, folder, host, receiver, role, spoil):
    """An alert and its end arrive, and are kept. Who did nothing is not replaced, unless it cannot be told."""
    before = count_sockets(agent)
    (pid,) = agent.pids(role)
    others = {other: agent.pids(other) for other in WORKERS if other != role}
    spoilt = wires(pid)
    assert len(spoilt) == (2 if role == "agent" else 1)
    os.kill(pid, signal.SIGSTOP)  # it looks at none of it any more
    for wire in spoilt:
        spoil(wire)
        wire.close()
    os.kill(pid, signal.SIGKILL)
    wait_for("a new one", lambda: agent.pids(role) not in ([], [pid]))
    host.load(20)
    assert "label44" in str(wait_for_news(receiver, "firing"))
    host.load(1)
    wait_for_news(receiver, "resolved")
    agent.wait_till_delivered()
    if spoil is not shut_down:
        assert {other: agent.pids(other) for other in others} == others
    assert agent.pids(role) != [pid] and agent.count(f"{role} ended") == 1
    assert count_sockets(agent) == before
    agent.stop()
    assert (folder / "data" / "snapshot.bin").exists()
    assert not agent.lines("cannot be kept") and not agent.lines("accuses")
