"""200 alerts while everything is killed at random and the service goes away again and again."""

import collections
import os
import random
import signal
import time

import pytest

from fakes import Receiver, answer, free_port, reset
from harness import FAST, Agent, load_rule, quick, seed, wait_for, webhook

ALERTS = 200
KILLS = 50
KILL_EVERY_SECS = (0.2, 1.0)
SLOW_SECS = 0.08


class Service:
    """A webhook that is up, fails, resets, or is not there at all; what it was told outlives that."""

    def __init__(self):
        self.port = free_port()  # nobody else takes it while the service is gone
        self.receiver = Receiver(port=self.port)
        self.receivers = [self.receiver]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    def accepted(self):
        """(status, rule, fingerprint) of every notice that was answered with 200, oldest first."""
        # one that is gone may still be answering what came before
        requests = [r for receiver in self.receivers for r in list(receiver.requests)]
        told = [r.json() for r in requests if getattr(r, "ok", False)]
        return [(n["status"], n["rule"], n["fingerprint"]) for n in told]

    def be(self, state):
        if state == "gone":
            if self.receiver:
                self.receiver.stop()
                self.receiver = None
            return
        if self.receiver is None:
            self.receiver = Receiver(port=self.port)
            self.receivers.append(self.receiver)
        self.receiver.default = {"up": take, "500": answer(500, b"no"), "reset": reset()}[state]

    def stop(self):
        self.be("gone")


def take(handler, request):
    """Takes its time, so that kills meet deliveries on their way; what it took, it was told."""
    request.ok = True
    time.sleep(random.random() * SLOW_SECS)
    answer(200)(handler, request)


class Storm:
    """Kills a random process now and then; changes the service's state now and then."""

    def __init__(self, agent, service, rng):
        self.agent, self.service, self.rng = agent, service, rng
        self.killed = collections.Counter()
        self.next_kill = self.next_state = time.monotonic()
        self.up = True
        service.be("up")

    def blow(self, kills):
        """One look at the clock; at most so many kills in all."""
        now = time.monotonic()
        if now >= self.next_kill and self.killed.total() < kills and self.kill():
            self.next_kill = now + self.rng.uniform(*KILL_EVERY_SECS)
        if now >= self.next_state:
            self.up = not self.up
            self.service.be("up" if self.up else self.rng.choice(["500", "reset", "gone"]))
            self.next_state = now + (self.rng.uniform(3, 7) if self.up else self.rng.uniform(1, 3))

    def kill(self):
        """False: there was none of the kind to kill."""
        runners = self.agent.runners()
        roles = ["agent", "keeper", "courier"] * 2 + ["launcher"] + ["runner"] * 4 * len(runners)
        role = self.rng.choice(roles)
        if role == "launcher":
            self.killed[role] += 1
            self.agent.process.kill()
            self.agent.process.wait()
            self.agent.start()
            return True
        pids = runners if role == "runner" else self.agent.pids(role)
        for pid in pids[:1]:
            try:
                os.kill(pid, signal.SIGKILL)
                self.killed[role] += 1
                return True
            except ProcessLookupError:
                pass
        return False

    def until(self, what, condition, kills, secs=120):
        def look():
            self.blow(kills)
            return condition()

        wait_for(what, look, secs, every=0.03)

    def calm(self):
        self.service.be("up")
        self.next_state = float("inf")


def first_of(told, status):
    """Fingerprint to the place of its first notice with that status."""
    places = {}
    for place, (what, _, fingerprint) in enumerate(told):
        if what == status:
            places.setdefault(fingerprint, place)
    return places


def raise_load(storm, host, rng):
    """From 0 to past the last limit, in steps."""
    level = 0

    def climb():
        nonlocal level, due
        if time.monotonic() >= due:
            level += rng.randrange(1, 16)
            host.load(min(level, ALERTS + 1))
            due = time.monotonic() + 0.8
        return level > ALERTS

    due = time.monotonic()
    storm.until("the load to be high", climb, KILLS)


@pytest.mark.long
@pytest.mark.timeout(400)
def test_nothing_is_lost_in_a_storm(folder, host):
    """Each alert is told at least once, and before its end, whatever is killed or down meanwhile."""
    rng = random.Random(seed())
    service = Service()
    host.load(0)
    config = quick(folder, *map(load_rule, range(1, ALERTS + 1)), webhook(service.url), fake=host)
    with Agent(folder, config, binary=FAST) as agent:
        storm = Storm(agent, service, rng)
        raise_load(storm, host, rng)
        firing = lambda: len(first_of(service.accepted(), "firing"))  # noqa: E731
        storm.until("all alerts", lambda: firing() == ALERTS, KILLS * 3 // 4)
        host.load(0)
        storm.until("the last kill", lambda: storm.killed.total() >= KILLS, KILLS)
        storm.calm()
        resolved = lambda: len(first_of(service.accepted(), "resolved"))  # noqa: E731
        storm.until("all recoveries", lambda: resolved() == ALERTS, KILLS)
    told = service.accepted()
    service.stop()
    print(f"killed {dict(storm.killed)}; told {len(told)} times of {2 * ALERTS} changes")
    fires, resolves = first_of(told, "firing"), first_of(told, "resolved")
    assert {rule for _, rule, _ in told} == {f"load-{n}" for n in range(1, ALERTS + 1)}
    assert fires.keys() == resolves.keys()
    assert [f for f in fires if fires[f] > resolves[f]] == []
    assert storm.killed.total() == KILLS
