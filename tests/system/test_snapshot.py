"""What was learnt (history, timers of pending alerts) goes on after a reload, a stop, a crash."""

import json
import os
import random
import shutil
import signal
import time
from datetime import datetime

import pytest

from harness import FAST, Agent, descendants, linger, load_rule, news, quick, run, seed, wait_for, webhook

SLOW_RULE = '[[rules]]\nname = "slow"\nmetric = "cpu.load_1m"\ncritical = 10\nfor_secs = {secs}\n'


def status(agent):
    code, out, err = run("status", "--format", "json", "-c", str(agent.config))
    assert code == 0, err
    return json.loads(out)


def kept(agent):
    return status(agent)["samples"]["kept"]


def snapshot(folder):
    return folder / "data" / "snapshot.bin"


@pytest.fixture
def agent(folder, host, receiver):
    """An agent with an alert that takes 6 s to fire; the load is past its limit from the start."""
    host.load(20)
    config = quick(folder, SLOW_RULE.format(secs=6), load_rule(50), webhook(receiver.url), fake=host)
    with Agent(folder, config) as agent:
        wait_for("some history", lambda: kept(agent) >= 12)
        yield agent


def millis(stamp):
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp() * 1000


def since_pending(agent):
    items = [a for a in status(agent)["alerts"]["items"] if a["rule"] == "slow"]
    assert [a["state"] for a in items] in (["pending"], ["told"], ["firing"])
    return items[0]["since"]


def test_a_reload_goes_on_where_it_was(agent, receiver):
    """Another limit: the same process, all samples, and the pending alert's time runs on."""
    before, pid, since = kept(agent), agent.pids("agent"), since_pending(agent)
    agent.write_config(agent.config.read_text().replace("critical = 50", "critical = 51"))
    agent.signal(signal.SIGHUP)
    agent.wait_for_line("the new configuration is followed")
    assert agent.pids("agent") == pid and kept(agent) >= before
    assert abs(millis(since_pending(agent)) - millis(since)) <= 2  # by two clocks
    assert abs(millis(receiver.wait_for(1)[0].json()["since"]) - millis(since)) <= 2


def test_new_intervals_begin_the_collectors_anew(agent):
    before, pid = kept(agent), agent.pids("agent")
    agent.write_config(agent.config.read_text().replace("[collector]\n", "[collector]\ndefault_interval_secs = 2\n"))
    agent.signal(signal.SIGHUP)
    agent.wait_for_line("followed; the collectors begin anew")
    linger(agent)
    assert agent.pids("agent") == pid and kept(agent) > before


def test_a_signal_to_all_processes_at_once_loses_nothing(agent, folder, host, receiver):
    """So service managers stop a service: the keeper outlives it until the agent has handed over."""
    before, since = kept(agent), since_pending(agent)
    for turn in range(5):
        family = [agent.process.pid, *descendants(agent.process.pid)]
        random.shuffle(family)
        for pid in family:
            os.kill(pid, signal.SIGTERM)
        assert agent.process.wait(5) == 0
        assert agent.count("did not take the last changes") == agent.count("ended (") == 0, agent.text()
        written = snapshot(folder).stat().st_mtime_ns
        agent.start()
        wait_for("its memory", lambda n=before: kept(agent) >= n)
        assert abs(millis(since_pending(agent)) - millis(since)) <= 2 + turn
        assert snapshot(folder).stat().st_mtime_ns == written


@pytest.mark.parametrize("how", ["stop", "ring", "root"])
def test_the_next_process_is_handed_the_memory(agent, folder, host, receiver, how):
    """By a stop and a start, and by keys that another process must follow."""
    before, pid, since = kept(agent), agent.pids("agent"), since_pending(agent)
    known = agent.count("go on")
    if how == "stop":
        code, took = agent.stop()
        assert code == 0 and took < 2
        agent.start()
    else:
        text = agent.config.read_text()
        if how == "ring":
            text += "[storage]\nring_buffer_size = 500\n"
        else:
            shutil.copytree(host.proc, folder / "proc2")
            text = text.replace(str(host.proc), str(folder / "proc2"))
        agent.write_config(text)
        agent.signal(signal.SIGHUP)
        agent.wait_for_line("begins anew, as its configuration asks")
        wait_for("another process", lambda: agent.pids("agent") not in ([], pid))
    agent.wait_for_line("history and what was learnt of", "go on", more_than=known)
    assert kept(agent) >= before
    assert abs(millis(since_pending(agent)) - millis(since)) <= 50  # by two clocks
    assert abs(millis(receiver.wait_for(1)[0].json()["since"]) - millis(since)) <= 50
    assert not agent.lines("ended (status")


def test_a_crash_costs_what_came_after_the_last_snapshot(folder, host, receiver):
    """kill -9 of the agent, and of all."""
    config = quick(folder, load_rule(10), webhook(receiver.url), fake=host)
    with Agent(folder, config, binary=FAST) as agent:
        wait_for("a snapshot", snapshot(folder).exists)
        before = kept(agent)
        os.kill(agent.pids("agent")[0], signal.SIGKILL)
        agent.wait_for_line("history and what was learnt of")
        assert kept(agent) >= before / 3
        for pid in agent.family():
            os.kill(pid, signal.SIGKILL)
        agent.process.wait()
        agent.start()
        agent.wait_for_line("history and what was learnt of", more_than=1)


def test_a_damaged_snapshot_costs_no_more_than_itself(agent, folder, host, receiver):
    """Random bytes anywhere, a cut, nothing, another file: it starts at once and alerts."""
    assert agent.stop()[0] == 0
    whole = snapshot(folder).read_bytes()
    dice = random.Random(seed())
    damaged = [b"", whole[: len(whole) // 2], b"\0" * len(whole), b"SQLite format 3" * 100]
    for _ in range(6):
        piece = bytearray(whole)
        at = dice.randrange(len(piece))
        piece[at : at + 64] = dice.randbytes(min(64, len(piece) - at))
        damaged.append(bytes(piece))
    for content in damaged:
        snapshot(folder).write_bytes(content)
        begin = time.monotonic()
        agent.start()
        wait_for("an answer", lambda: "samples" in status(agent), 2.0)
        assert time.monotonic() - begin < 2
        agent.process.kill()
        agent.process.wait()
    snapshot(folder).write_bytes(whole)
    agent.start()
    receiver.wait_for(1)
    assert news(receiver)[0] == ("firing", "slow")


def test_only_a_plain_file_of_ours_is_read(agent, folder):
    """A link, a folder, a pipe in its place: passed over, not followed, not waited for."""
    assert agent.stop()[0] == 0
    for make in (lambda p: p.symlink_to("/etc/shadow"), lambda p: p.mkdir(), os.mkfifo):
        snapshot(folder).unlink(missing_ok=True)
        make(snapshot(folder))
        agent.start()
        wait_for("an answer", lambda: "samples" in status(agent), 3.0)
        assert agent.stop()[0] == 0
        if snapshot(folder).is_dir():
            snapshot(folder).rmdir()
