"""A worker gone bad says more than can be true: it fills neither the disk, nor another's memory, nor the log."""

import contextlib
import os
import signal
import socket
import sqlite3
import struct
import time

import pytest

from harness import FAST, Agent, linger, load_rule, quick, wait_for, wait_for_news, webhook
from test_wires import the_one, wires

# The first of priv/wire.def.
TXN_BEGIN, PUT, DEL, TXN_COMMIT, LOAD, COMMITTED, FAILED, ROW = range(1, 9)
MIB = 1 << 20


@pytest.fixture
def agent(folder, host, receiver):
    """An agent with one rule, load >= 10, and one webhook; not started."""
    if os.geteuid() != 0:
        print("skip: only root can take a worker's socket")
        pytest.skip("skip: needs root")
    agent = Agent(folder, quick(folder, load_rule(10), webhook(receiver.url), fake=host), binary=FAST)
    yield agent
    agent.stop()


def number(message, value):
    return struct.pack("<BQ", message, value)


def row(message, kind, key, blob):
    text = key.encode()
    return struct.pack("<BBH", message, kind, len(text)) + text + struct.pack("<BI", 0, len(blob)) + blob


def bytes_below(folder):
    found = 0
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += path.stat().st_size
    return found


def say(wire, packet):
    """Waits for room, and drops what comes back."""
    while True:
        try:
            return wire.send(packet, socket.MSG_DONTWAIT)
        except BlockingIOError:
            with contextlib.suppress(BlockingIOError):
                while True:
                    wire.recv(1 << 16, socket.MSG_DONTWAIT)
            time.sleep(0.001)


def is_to_keeper(wire):
    """The keeper answers a transaction that was not begun; who stands still does not."""
    wire.send(number(TXN_COMMIT, 9), socket.MSG_DONTWAIT)
    wire.settimeout(2)
    try:
        while wire.recv(1 << 16)[0] != FAILED:
            pass  # what it said before
        return True
    except TimeoutError:
        return False
    finally:
        wire.settimeout(None)


def test_an_agent_that_was_taken_over_does_not_fill_the_disk(agent, folder, host, receiver):
    with agent:
        pid, courier = the_one(agent, "agent"), the_one(agent, "courier")
        os.kill(courier, signal.SIGSTOP)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.5)
        (wire,) = [w for w in wires(pid) if is_to_keeper(w)]
        data, largest, blob, n = folder / "data", 0, os.urandom(60000), 0
        end = time.monotonic() + 6
        while time.monotonic() < end:
            with contextlib.suppress(ConnectionError):
                say(wire, number(TXN_BEGIN, n + 10))
                for i in range(50):
                    say(wire, row(PUT, 77, f"filler-{n + i}", blob))
                say(wire, number(TXN_COMMIT, n + 10))
            n += 50
            largest = max(largest, bytes_below(data))
        assert n * 60000 > 200 * MIB
        assert largest < 100 * MIB
        wire.close()
        # Its successor tells of alerts all the same.
        for worker in (pid, courier):
            os.kill(worker, signal.SIGKILL)
        the_one(agent, "agent", but=pid)
        host.load(20)
        wait_for_news(receiver, "firing")


def test_a_keeper_that_sends_rows_without_end_is_replaced(agent, folder, host, receiver):
    with agent:
        linger(agent, 1)
        pid, reader = the_one(agent, "keeper"), the_one(agent, "agent")
        os.kill(pid, signal.SIGSTOP)
        (wire,) = wires(pid)
        with contextlib.suppress(ConnectionError):
            end, n = time.monotonic() + 10, 0
            while time.monotonic() < end and not agent.lines("accuses the keeper"):
                n += 1
                with contextlib.suppress(BlockingIOError):
                    wire.send(row(ROW, 1, f"row-{n}", b"x" * 60000), socket.MSG_DONTWAIT)
        wire.close()
        agent.wait_for_line("agent accuses the keeper")
        the_one(agent, "keeper", but=pid)
        assert the_one(agent, "agent") == reader
        assert len(agent.text().splitlines()) < 30
        host.load(20)
        wait_for_news(receiver, "firing")
        agent.wait_till_delivered()
        assert not agent.lines("cannot be kept")


def test_many_damaged_rows_are_one_line(agent, folder, host, receiver):
    """Five thousand; and they are gone the next time."""
    with agent:
        linger(agent, 1)
    with contextlib.closing(sqlite3.connect(folder / "data" / "state.db")) as db, db:
        db.executemany("INSERT INTO kept VALUES (1, ?, ?)", ((f"{n:016x}", b"{damaged") for n in range(5000)))
    before = len(agent.text().splitlines())
    with agent:
        line = agent.wait_for_line("records of the state are damaged")
        assert " 5000 records" in line
        host.load(20)
        wait_for_news(receiver, "firing")
        agent.wait_till_delivered()
        assert len(agent.text().splitlines()) - before < 20
        linger(agent, 1)
    with agent:
        linger(agent, 2)
        assert agent.count("are damaged") == 1
