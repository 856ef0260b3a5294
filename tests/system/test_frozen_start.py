"""A data directory on a disk that does not answer at start: the launcher does not wait with it."""

import time

import pytest

from harness import Agent, load_rule, news, quick, webhook


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
