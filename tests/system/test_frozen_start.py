"""A data directory on a disk that does not answer at start: the launcher does not wait with it."""

import signal
import time

import pytest

from harness import Agent, give_to_service, linger, load_rule, news, quick, run, wait_for, webhook


@pytest.mark.parametrize("known", [True, False])
def test_a_disk_that_is_frozen_at_start(loops, folder, host, receiver, known):
    """Whether the directory is there already or has to be made: alerts leave, one line says what is missing."""
    disk = loops("disk")
    config = quick(
        folder, load_rule(10), webhook(receiver.url), fake=host, agent=f'data_dir = "{disk.path}/data"'
    )
    agent = Agent(folder, config)
    if known:
        with agent:
            pass
    host.load(20)
    disk.freeze()
    try:
        agent.start(ready=None)
        receiver.wait_for(1, 10)
        assert news(receiver) == [("firing", "load-10")]
        assert agent.count("does not answer") == agent.count("data_dir") == 1, agent.text()
        begin = time.monotonic()
        agent.process.terminate()
        assert agent.process.wait(10) == 0
        assert time.monotonic() - begin < 2.5
    finally:
        disk.thaw()
        agent.stop()


@pytest.mark.parametrize("known", [True, False])
def test_a_disk_that_was_frozen_only_at_start_is_used_from_then_on(loops, folder, host, receiver, known):
    """There is a status then, and a restart forgets nothing; only an alert that the agent of then could not know of
    was told twice."""
    disk = loops("disk")
    config = quick(
        folder, load_rule(10), load_rule(30), webhook(receiver.url), fake=host, agent=f'data_dir = "{disk.path}/data"'
    )
    agent = Agent(folder, config)
    told = []
    if known:
        with agent:
            host.load(20)
            receiver.wait_for(1)
            told = news(receiver)
            agent.wait_till_delivered()
    host.load(40)
    disk.freeze()
    try:
        agent.start(ready=None)
        agent.wait_for_line("data_dir", "does not answer")
        receiver.wait_for(len(told) + 1)
    finally:
        disk.thaw()
    agent.wait_for_line(f"data_dir {disk.path}/data can be used now", secs=5)
    agent.wait_for_line("the state is being kept again", secs=15)
    wait_for("a status", lambda: run("status", "-c", str(agent.config))[1].count("load-") >= 2, 5)
    linger(agent)
    agent.stop()
    agent.start()
    linger(agent)
    agent.stop()
    both = [("firing", "load-10"), ("firing", "load-30")]
    assert sorted(news(receiver)) == sorted(told + both), agent.text()


def test_a_data_directory_that_is_missing_at_start_is_used_when_it_is_there(folder, host, receiver):
    """Its disk is mounted late: a reload looks for it at once, and why it is not there is said once."""
    data = folder / "not-yet" / "data"
    config = quick(folder, load_rule(10), webhook(receiver.url), fake=host, agent=f'data_dir = "{data}"')
    agent = Agent(folder, config)
    host.load(20)
    with agent:
        receiver.wait_for(1)
        assert agent.count("cannot use data_dir", "No such file or directory (ENOENT)") == 1
        data.mkdir(parents=True, mode=0o700)
        give_to_service(data)
        agent.signal(signal.SIGHUP)
        agent.wait_for_line("can be used now")
        agent.wait_for_line("the state is being kept again", secs=15)
        agent.wait_for_line("control socket in", str(data), "now")
        status, text, _ = run("status", "-c", str(agent.config))
        assert "load-10" in text, text
        assert agent.count("cannot use data_dir") == 1
        agent.stop()
        agent.start()
        linger(agent)
    assert news(receiver) == [("firing", "load-10")]
