"""Many alerts at once: a program hears of each by name, of its beginning and of its end."""

from fakes import Receiver
from harness import Agent, load_rule, quick, wait_for, webhook

ALERTS = 250


def named(receiver, status):
    """The alerts of that status that messages speak of, by name, with how often."""
    told = {}
    for request in list(receiver.requests):
        body = request.json()
        assert body.get("alerts_omitted", 0) == 0
        for alert in body.get("alerts", [body]):
            if alert["status"] == status:
                told[alert["rule"]] = told.get(alert["rule"], 0) + 1
    return told


def test_each_of_many_is_named(folder, host):
    receiver = Receiver()
    host.load(0)
    config = quick(
        folder, *map(load_rule, range(1, ALERTS + 1)), webhook(receiver.url), fake=host
    ).replace("group_window_secs = 0", "group_window_secs = 1")
    with Agent(folder, config) as agent:
        agent.has_one_of_each()
        for status, load in (("firing", ALERTS + 1), ("resolved", 0)):
            host.load(load)
            wait_for(f"all {status}", lambda: len(named(receiver, status)) == ALERTS)
            assert set(named(receiver, status).values()) == {1}
        assert len(receiver.requests) < ALERTS
    receiver.stop()
