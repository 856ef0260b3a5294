"""What one life leaves to the next, where the keeper or its disk is slow, damaged or away meanwhile."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

from fakes import answer
from harness import Agent, linger, load_rule, news, quick, wait_for, wait_for_news, webhook

FIRING, RESOLVED = ("firing", "load-10"), ("resolved", "load-10")


@pytest.fixture
def agent(folder, host, receiver):
    """An agent with one rule, load >= 10, and one webhook; not started."""
    agent = Agent(folder, quick(folder, load_rule(10), webhook(receiver.url), fake=host))
    yield agent
    print(f"log of the agent:\n{agent.text()[-20000:]}")
    agent.stop()


def fire(agent, host, receiver):
    host.load(20)
    wait_for_news(receiver, "firing")
    agent.wait_till_delivered()


def kept(folder):
    """[(kind, key), ...] of a copy of the database."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder / "data", copy, ignore=shutil.ignore_patterns("control.sock"))
    with sqlite3.connect(copy / "state.db") as db:
        return db.execute("SELECT kind, key FROM kept").fetchall()


def kill(agent, role):
    (pid,) = agent.pids(role)
    os.kill(pid, signal.SIGKILL)
    wait_for("a new one", lambda: agent.pids(role) not in ([], [pid]))


def test_a_reboot_is_counted(folder, host, receiver):
    """kernel.reboots: each start that finds another boot_id counts one, one that does not, none."""
    rules = [
        f'[[rules]]\nname = "boots-{n}"\nmetric = "kernel.reboots"\nop = "=="\nwarn = {n}\nfor_secs = 0\n'
        for n in (1, 2)
    ]
    config = quick(folder, *rules, webhook(receiver.url), collectors=("kernel",), fake=host)
    boot_id = host.proc / "sys/kernel/random/boot_id"
    boot_id.parent.mkdir(parents=True)
    (host.proc / "uptime").write_text("100.00 100.00\n")
    agent = Agent(folder, config)
    told = []
    for boot, more in ((1, []), (2, [("firing", "boots-1")]), (2, []), (3, [("firing", "boots-2")])):
        boot_id.write_text(f"0000000{boot}-0000-0000-0000-000000000000\n")
        told += more
        with agent:
            wait_for("the alert", lambda: set(told) <= set(news(receiver)))
            linger(agent, 2)
    assert [n for n in news(receiver) if n[0] == "firing"] == told


def test_a_slow_keeper_costs_no_memory(agent, folder, host, receiver):
    """The keeper stands still while the agent starts: what it remembers late is merged, and stays."""
    agent.start()
    fire(agent, host, receiver)
    (keeper,) = agent.pids("keeper")
    os.kill(keeper, signal.SIGSTOP)
    kill(agent, "agent")
    agent.wait_for_line("not loaded yet")
    linger(agent, 4)  # it has told again by now: nothing else could be done
    os.kill(keeper, signal.SIGCONT)
    wait_for("the state to be kept", lambda: agent.lines("kept again"))
    assert not agent.lines("is damaged")
    assert len(kept(folder)) >= 1
    known = len(receiver.requests)
    assert news(receiver) == [FIRING] * known
    kill(agent, "agent")
    linger(agent, 2)
    host.load(1)
    wait_for_news(receiver, "resolved")
    linger(agent, 1)
    assert news(receiver)[known:] == [RESOLVED]


def test_what_ended_before_the_memory_came(agent, host, receiver):
    """The same, but the alert is over by the time the agent judges: its end is told, once."""
    agent.start()
    fire(agent, host, receiver)
    (keeper,) = agent.pids("keeper")
    os.kill(keeper, signal.SIGSTOP)
    host.load(1)
    kill(agent, "agent")
    agent.wait_for_line("not loaded yet")
    linger(agent, 1)
    os.kill(keeper, signal.SIGCONT)
    end = wait_for_news(receiver, "resolved")
    assert not end["gone"]
    linger(agent)
    assert news(receiver) == [FIRING, RESOLVED]


def test_a_damaged_page_is_found_while_running(agent, folder, host, receiver):
    """The file goes aside, a new one is filled with what the agent knows, and is used."""
    receiver.default = answer(200)
    agent.start()
    fire(agent, host, receiver)
    agent.stop()
    with (folder / "data/state.db").open("r+b") as f:
        size = f.seek(0, os.SEEK_END)
        f.seek(4096)
        f.write(os.urandom(size - 4096))
    (folder / "data/state.db-wal").unlink()
    agent.start()
    agent.wait_for_line("state.db.damaged")
    receiver.wait_for(2)
    agent.wait_till_delivered()
    assert (folder / "data/state.db.damaged").exists()
    kill(agent, "agent")
    linger(agent)
    host.load(1)
    wait_for_news(receiver, "resolved")
    assert news(receiver) == [FIRING, FIRING, RESOLVED]


def test_an_emptied_database_is_said(agent, folder, host, receiver):
    """Nothing is left of it: one line tells why the alert is told again."""
    with agent:
        fire(agent, host, receiver)
    os.truncate(folder / "data" / "state.db", 0)
    for _ in range(2):
        with agent:
            wait_for("the alert again", lambda: news(receiver) == [FIRING, FIRING])
            linger(agent, 2)
    assert agent.count("state.db is empty") == 1


def test_a_database_taken_away_is_made_anew(agent, folder, host, receiver):
    """rm state.db*: the next change finds it, and all that is known is written again."""
    agent.start()
    fire(agent, host, receiver)
    for file in (folder / "data").glob("state.db*"):
        file.unlink()
    host.load(1)
    receiver.wait_for(2)
    agent.wait_for_line("removed or replaced")
    host.load(20)
    receiver.wait_for(3)
    agent.wait_till_delivered()
    wait_for("a new one", lambda: (folder / "data/state.db").exists() and kept(folder))
    kill(agent, "agent")
    linger(agent)
    assert news(receiver) == [FIRING, RESOLVED, FIRING]


def test_a_data_dir_taken_away_is_said(agent, folder, host, receiver):
    """Nothing is called kept that is not; alerts leave all the same; back in place, it is used."""
    agent.start()
    fire(agent, host, receiver)
    (folder / "data").rename(folder / "away")
    host.load(1)
    receiver.wait_for(2)
    agent.wait_for_line("cannot be kept on disk", "data_dir was removed or replaced")
    (folder / "away").rename(folder / "data")
    agent.wait_for_line("kept again")
    kill(agent, "agent")
    linger(agent)
    shutil.rmtree(folder / "data")
    host.load(20)
    receiver.wait_for(3)
    wait_for("the line", lambda: agent.count("cannot be kept on disk", "data_dir was removed") == 2)
    assert news(receiver) == [FIRING, RESOLVED, FIRING]


def test_a_disk_that_became_read_only_is_read(folder, loops, host, receiver):
    """A restart on a disk that was remounted read-only: no alert is repeated, its end is told."""
    disk = loops("disk")
    config = quick(folder, load_rule(10), webhook(receiver.url), fake=host, agent=f'data_dir = "{disk.path}/data"')
    with Agent(folder, config) as agent:
        fire(agent, host, receiver)
        agent.process.kill()  # what was written last is in the log alone
        agent.process.wait()
        wait_for("the mount to be free", lambda: remount(disk, "ro"))
        agent.start()
        linger(agent)
        host.load(1)
        wait_for_news(receiver, "resolved")
        agent.wait_for_line("cannot be kept on disk")
        assert news(receiver) == [FIRING, RESOLVED]
        assert remount(disk, "rw")
        agent.wait_for_line("kept again")


def remount(disk, mode):
    time.sleep(0.1)
    done = subprocess.run(["mount", "-o", f"remount,{mode}", str(disk.path)], check=False, capture_output=True)
    return done.returncode == 0


def test_a_folder_behind_a_closed_one(folder, host, receiver):
    """In a home of mode 0700, which its user may not walk, the state is kept all the same."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    config = quick(folder, load_rule(10), webhook(receiver.url), fake=host, agent=f'data_dir = "{closed}/data"')
    agent = Agent(folder, config)
    agent.start()
    fire(agent, host, receiver)
    agent.stop()
    agent.start()
    linger(agent)
    agent.stop()
    assert news(receiver) == [FIRING]
    assert agent.count(" error ") == agent.count("unable to open") == 0, agent.text()
