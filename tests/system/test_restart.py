"""Stops, crashes and hangs of every process: nothing repeated, nothing lost, nothing left over."""

import os
import signal
import socket
import time

import pytest

from fakes import answer, hang
from harness import FAST, Agent, alive, linger, load_rule, news, quick, run, wait_for, wait_for_news, webhook

WORKERS = ["agent", "keeper", "courier"]


@pytest.fixture
def agent(folder, host, receiver):
    """An agent with one rule, load >= 10, and one webhook; not started."""
    config = quick(folder, load_rule(10), webhook(receiver.url), fake=host)
    agent = Agent(folder, config, binary=FAST)
    yield agent
    print(f"log of the agent:\n{agent.text()[-20000:]}")
    agent.stop()


def fire(host, receiver):
    """Raises the load past the limit and waits for the alert."""
    known = len(receiver.requests)
    host.load(20)
    return wait_for_news(receiver, "firing", known)


def resolve(host, receiver):
    """Lets the load fall and waits for the recovery."""
    known = len(receiver.requests)
    host.load(1)
    return wait_for_news(receiver, "resolved", known)


def test_a_restart_repeats_nothing(agent, host, receiver):
    """A firing alert is not told again; within the hysteresis band it stays, past it it resolves."""
    agent.start()
    first = fire(host, receiver)
    agent.wait_till_delivered()
    assert agent.stop()[0] == 0
    agent.start()
    linger(agent)
    assert agent.stop()[0] == 0
    host.load(9.8)  # under the limit, not past the band
    agent.start()
    linger(agent)
    assert news(receiver) == [("firing", "load-10")]
    assert resolve(host, receiver)["fingerprint"] == first["fingerprint"]
    linger(agent, 2)
    assert len(receiver.requests) == 2


def test_what_cleared_while_it_was_down_is_resolved(agent, host, receiver):
    """The recovery comes after the restart, once, with the worst value of before."""
    agent.start()
    first = fire(host, receiver)
    agent.wait_till_delivered()
    agent.stop()
    host.load(1)
    agent.start()
    last = receiver.wait_for(2)[1].json()
    assert last["status"] == "resolved" and last["fingerprint"] == first["fingerprint"]
    assert last["worst"] == 20 and last["value"] == 1 and not last["gone"]
    linger(agent, 2)
    assert len(receiver.requests) == 2


def test_an_undelivered_alert_waits_for_the_next_life(agent, host, receiver):
    """The service is down, the agent is stopped: the next start delivers."""
    receiver.default = answer(500)
    agent.start()
    host.load(20)
    receiver.wait_for(1)
    agent.stop()
    receiver.default = answer(200)
    known = len(receiver.requests)
    agent.start()
    receiver.wait_for(known + 1)
    linger(agent, 2)
    assert news(receiver)[known:] == [("firing", "load-10")]


@pytest.mark.parametrize("delivering", [False, True])
def test_sigterm_stops_within_two_seconds(agent, host, receiver, delivering):
    """Also with a delivery that hangs; what was being delivered leaves again after the restart."""
    agent.start()
    if delivering:
        receiver.script(hang())
        host.load(20)
        receiver.wait_for(1)
        assert agent.runners()
    status, took = agent.stop(secs=10)
    assert status == 0 and took < 2.2
    if delivering:
        agent.start()
        receiver.wait_for(2)
        linger(agent, 2)
        assert news(receiver) == [("firing", "load-10")] * 2


def slowly(handler, request):
    time.sleep(0.4)
    answer(200)(handler, request)


def test_a_stop_waits_for_what_is_being_delivered(agent, host, receiver):
    """A reload or a restart amid a delivery does not repeat it, if the service answers soon."""
    receiver.script(slowly, slowly)
    agent.start()
    host.load(20)
    receiver.wait_for(1)
    agent.signal(signal.SIGHUP)
    agent.wait_for_line("configuration reloaded")
    host.load(1)
    receiver.wait_for(2)
    assert agent.stop()[0] == 0
    agent.start()
    linger(agent, 2)
    assert news(receiver) == [("firing", "load-10"), ("resolved", "load-10")]


def test_sigint_stops_too(agent):
    """Ctrl-C goes to all processes of the terminal; the launcher alone obeys."""
    agent.start()
    for pid in agent.family()[1:]:
        os.kill(pid, signal.SIGINT)
    linger(agent, 1)
    assert not agent.lines("starts again")
    status, took = agent.stop(signal.SIGINT)
    assert status == 0 and took < 2.2


def test_a_killed_launcher_takes_all_along(agent, host, receiver):
    """kill -9 of the launcher: every process is gone within a second, the next start delivers."""
    agent.start()
    receiver.script(hang())
    host.load(20)
    receiver.wait_for(1)
    family = agent.family()
    assert len(family) >= 5
    agent.process.kill()
    agent.process.wait()
    wait_for("the family to end", lambda: not any(alive(p) for p in family), 1.0)
    agent.start()
    receiver.wait_for(2)
    assert resolve(host, receiver)
    assert news(receiver) == [("firing", "load-10")] * 2 + [("resolved", "load-10")]


def test_a_second_one_on_the_same_data_is_refused(agent, folder):
    """Two agents with one data_dir: the second says so and ends, the first is not disturbed."""
    agent.start()
    second = Agent(folder, agent.config.read_text(), binary=FAST)
    second.log = folder / "second"
    second.start(ready=None)
    assert second.process.wait(10) == 1
    assert f"in use: another sysops-agent, process {agent.process.pid}, runs" in second.text()
    linger(agent, 1)


def test_who_does_not_answer_is_named_while_it_lives(agent, folder):
    """status without a socket: the kernel knows who has the data directory, and never one that ended."""
    agent.start()
    (folder / "data" / "control.sock").unlink()
    ask = ("status", "-c", str(agent.config))
    code, out, err = run(*ask)
    assert code != 0 and out == "" and f"an agent runs, process {agent.process.pid}, but does not answer" in err
    agent.process.kill()
    agent.process.wait()
    wait_for("its workers to end", lambda: "no agent is running" in run(*ask)[2])
    assert "process" not in run(*ask)[2]


@pytest.mark.parametrize("role", WORKERS)
def test_a_killed_worker_is_replaced(agent, host, receiver, role):
    """kill -9 of a worker before, between and after alerts: they arrive, and nothing is orphaned."""
    agent.start()
    for _ in range(2):
        for step in (fire, resolve):
            (pid,) = agent.pids(role)
            runners = agent.runners()
            os.kill(pid, signal.SIGKILL)
            step(host, receiver)
            wait_for("a new one", lambda: agent.pids(role) not in ([], [pid]))
            wait_for("its runners to end", lambda: not any(alive(p) for p in runners))
    assert {role_ for role_ in WORKERS if len(agent.pids(role_)) == 1} == set(WORKERS)
    # a kill between the service's answer and its receipt may repeat one; nothing else may
    told = [n for i, n in enumerate(news(receiver)) if i == 0 or n != news(receiver)[i - 1]]
    assert told == [("firing", "load-10"), ("resolved", "load-10")] * 2


def test_a_killed_runner_costs_one_attempt(agent, host, receiver):
    """kill -9 of the process that delivers: the alert leaves again."""
    agent.start()
    receiver.script(hang())
    host.load(20)
    receiver.wait_for(1)
    (runner,) = agent.runners()
    os.kill(runner, signal.SIGKILL)
    receiver.wait_for(2)
    assert resolve(host, receiver)
    assert news(receiver) == [("firing", "load-10")] * 2 + [("resolved", "load-10")]


class Manager:
    """The service manager's end of sd_notify, and a short watchdog, which sets the pace of pings."""

    def __init__(self, folder):
        path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.chmod(path, 0o777)
        self.socket.setblocking(False)
        self.env = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1800000"}
        self.said = []

    def heard(self, word):
        try:
            while True:
                self.said += self.socket.recv(4096).decode().splitlines()
        except BlockingIOError:
            pass
        return [s for s in self.said if s.startswith(word)]


@pytest.mark.parametrize("role", WORKERS)
def test_a_stopped_worker_is_replaced(agent, folder, host, receiver, role):
    """SIGSTOP of a worker: it does not answer its pings, is replaced, and alerts go on."""
    manager = Manager(folder)
    agent.env.update(manager.env)
    agent.start()
    fire(host, receiver)
    agent.wait_till_delivered()
    (pid,) = agent.pids(role)
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for("a new one", lambda: agent.pids(role) not in ([], [pid]), 10)
    finally:
        if alive(pid):
            os.kill(pid, signal.SIGCONT)
    agent.wait_for_line(role, "does not answer")
    resolve(host, receiver)


def test_the_service_manager_is_told(agent, folder):
    """READY=1 once up, WATCHDOG=1 all along, RELOADING=1 and READY=1 on SIGHUP, STOPPING=1 last."""
    manager = Manager(folder)
    agent.env.update(manager.env)
    agent.start()
    wait_for("READY", lambda: manager.heard("READY=1"))
    wait_for("three beats", lambda: len(manager.heard("WATCHDOG=1")) >= 3)
    agent.signal(signal.SIGHUP)
    wait_for("READY again", lambda: len(manager.heard("READY=1")) == 2)
    assert manager.heard("RELOADING=1") and manager.heard("MONOTONIC_USEC=")
    agent.stop()
    assert manager.heard("STOPPING=1")
    assert manager.said[-1] == "STOPPING=1"


def test_supervision_is_not_fooled_by_idleness(agent, folder):
    """Nothing is replaced while all is well."""
    manager = Manager(folder)
    agent.env.update(manager.env)
    agent.start()
    before = {role: agent.pids(role) for role in WORKERS}
    end = time.monotonic() + 3
    wait_for("time to pass", lambda: time.monotonic() > end)
    assert {role: agent.pids(role) for role in WORKERS} == before


def test_a_stop_amid_the_start_is_quick(folder, host, receiver):
    """However little of it runs yet: nobody has to be killed."""
    agent = Agent(folder, quick(folder, load_rule(10), webhook(receiver.url), fake=host))
    for turn in range(30):
        agent.start(ready=None)
        time.sleep(turn * 0.001)
        agent.process.send_signal(signal.SIGTERM)
        agent.process.wait(5)
    assert agent.count("does not stop") == 0, agent.text()[-3000:]
