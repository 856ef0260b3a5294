"""The disk that keeps the state is full, frozen or closed: alerts leave all the same."""

import os
import subprocess
import time

import pytest

from harness import Agent, give_to_service, linger, load_rule, news, quick, wait_for, wait_for_news, webhook

LATEST = 6.5  # one interval, the 2 s that a commit may take, and a slow machine
SOON = 2.8  # the same without the commit: it is known that there will be none


def config_on(mount, host, receiver, *sections, **keys):
    """Rules on the load of a fake host, with the state on that mount."""
    rules = [load_rule(limit) for limit in (10, 20, 30)]
    agent = f'data_dir = "{mount}/data"'
    return quick(mount, *rules, webhook(receiver.url), *sections, fake=host, agent=agent, **keys)


def told_in_time(receiver, status, known, secs=LATEST):
    begin = time.monotonic()
    alert = wait_for_news(receiver, status, known)
    assert time.monotonic() - begin < secs
    return alert


def loud(agent):
    """Lines that say that the state cannot be kept."""
    return agent.lines("cannot be kept on disk")


def test_the_disk_that_keeps_the_state_fills_up(folder, loops, receiver):
    """Its own alert and its end arrive, in time, and neither is told again after a restart."""
    disk = loops("disk")
    config = quick(
        folder,
        f'[[rules]]\nname = "own-disk"\nmetric = "disk.usage_percent"\ncritical = 90\n'
        f'labels = {{ mountpoint = "{disk.path}" }}\nfor_secs = 0',
        "[thresholds]\ndisk_percent = 100",
        webhook(receiver.url),
        collectors=("disk",),
        agent=f'data_dir = "{disk.path}/data"',
    )
    with Agent(folder, config) as agent:
        linger(agent, 1)
        disk.fill(100)
        assert os.statvfs(disk.path).f_bavail < 16
        fire = told_in_time(receiver, "firing", 0)
        assert fire["value"] > 99 and fire["labels"]["mountpoint"] == str(disk.path)
        agent.wait_till_delivered()
        agent.stop()
        agent.start()
        linger(agent)
        assert len(receiver.requests) == 1
        disk.empty()
        told_in_time(receiver, "resolved", 1)
        agent.wait_till_delivered()
        agent.stop()
        agent.start()
        linger(agent)
        assert len(loud(agent)) <= 1
    assert news(receiver) == [("firing", "own-disk"), ("resolved", "own-disk")]


def test_a_disk_that_was_full_from_the_start(folder, loops, host, receiver):
    """No database can be made: alerts leave from memory, one loud line; with room again, it is made."""
    disk = loops("disk")
    (disk.path / "data").mkdir()
    give_to_service(disk.path / "data")
    disk.fill(100)
    with Agent(folder, config_on(disk.path, host, receiver)) as agent:
        for load, known, secs in ((15, 0, LATEST), (25, 1, SOON), (35, 2, SOON)):
            host.load(load)
            told_in_time(receiver, "firing", known, secs)
        assert len(loud(agent)) == 1
        disk.empty()
        agent.wait_for_line("kept again")
        agent.stop()
        agent.start()
        linger(agent)
        assert len(receiver.requests) == 3
        host.load(1)
        receiver.wait_for(6)


def test_a_frozen_disk(folder, loops, host, receiver):
    """Nothing waits for it; after the thaw the state is kept again, and a restart repeats nothing."""
    disk = loops("disk")
    with Agent(folder, config_on(disk.path, host, receiver)) as agent:
        linger(agent, 1)
        disk.freeze()
        try:
            host.load(15)
            told_in_time(receiver, "firing", 0)
            host.load(25)
            told_in_time(receiver, "firing", 1)
            host.load(15)
            told_in_time(receiver, "resolved", 2)
            linger(agent)
            assert len(loud(agent)) == 1, agent.text()
        finally:
            disk.thaw()
        agent.wait_for_line("kept again")
        assert agent.stop()[0] == 0
        agent.start()
        linger(agent)
        assert news(receiver) == [("firing", "load-10"), ("firing", "load-20"), ("resolved", "load-20")]
        host.load(1)
        told_in_time(receiver, "resolved", 3)


def test_sigterm_while_the_disk_is_frozen(folder, loops, host, receiver):
    """The launcher ends within 2 s; a process that the kernel holds is not waited for."""
    disk = loops("disk")
    agent = Agent(folder, config_on(disk.path, host, receiver)).start()
    linger(agent, 1)
    disk.freeze()
    try:
        host.load(15)
        told_in_time(receiver, "firing", 0)
        begin = time.monotonic()
        agent.process.terminate()
        assert agent.process.wait(10) == 0
        assert time.monotonic() - begin < 2.5
    finally:
        disk.thaw()


def closed_folder(folder):
    """A folder in which the agent's user can make nothing."""
    path = folder / "closed"
    path.mkdir()
    (path / "data").mkdir()
    (path / "data").chmod(0o500)
    return path


def read_only_mount(folder, loops):
    disk = loops("readonly")
    subprocess.run(["mount", "-o", "remount,ro", str(disk.path)], check=True)
    return disk.path


@pytest.mark.xdist_group("host")
@pytest.mark.parametrize("kind", ["closed", "read-only"])
def test_a_data_dir_that_cannot_be_written(folder, request, host, receiver, kind):
    """Said once and loudly; alerts and recoveries leave, as often as they come."""
    if kind == "closed":
        path = closed_folder(folder)
    else:
        path = read_only_mount(folder, request.getfixturevalue("loops"))
    with Agent(folder, config_on(path, host, receiver)) as agent:
        for known, load in enumerate((15, 1, 15, 1)):
            host.load(load)
            told_in_time(receiver, "firing" if load > 10 else "resolved", known, SOON if known else LATEST)
        linger(agent)
        assert agent.lines("cannot use data_dir", str(path))
        assert len(loud(agent)) == 1
        complaints = [line for line in agent.text().splitlines() if " warn " in line or " error " in line]
        assert len(complaints) == len({line.split(": ", 1)[1] for line in complaints}) <= 7
    assert len(receiver.requests) == 4


def test_the_keeper_is_away(folder, host, receiver):
    """A keeper that is stopped for good holds nothing up: alerts leave after 2 s, from memory."""
    config = quick(folder, load_rule(10), webhook(receiver.url), fake=host)
    with Agent(folder, config) as agent:
        linger(agent, 1)
        (keeper,) = agent.pids("keeper")
        os.kill(keeper, 19)
        try:
            host.load(15)
            told_in_time(receiver, "firing", 0)
            host.load(1)
            told_in_time(receiver, "resolved", 1)
            assert len(loud(agent)) == 1
        finally:
            os.kill(keeper, 18)
        wait_for("the state to be kept", lambda: agent.lines("kept again"))
