"""An agent that hangs in each of its lives, and is replaced each time: what it had raised leaves, and that is told."""

import json

import pytest

from harness import FAST, Agent, load_rule, news, quick, run, wait_for, webhook

GROUPED = """[alerting]
rate_limit_per_minute = 0
rate_limit_per_hour = 0
dedup_window_secs = 0
group_window_secs = 6
"""
# The launcher asks its workers six times in this, and replaces one that hangs after four.
WATCHDOG = {"WATCHDOG_USEC": "6000000"}


def alerts(receiver):
    return {rule for what, rule in news(receiver) if what == "firing"}


def held(agent):
    code, out, _ = run("status", "-c", str(agent.config), "--format", "json")
    return [a for a in json.loads(out)["alerts"]["items"] if a["state"] == "held"] if code == 0 else []


@pytest.mark.long
def test_an_agent_that_hangs_in_each_life(covered, folder, host, receiver):
    """The alert waited in its group when the agent hung; its second is that it hangs. The files of a recorded host
    are read by the agent itself."""
    load_file = covered(host.proc / "loadavg")
    config = quick(folder, GROUPED, load_rule(0.1), webhook(receiver.url), fake=host, restarts=True)
    agent = Agent(folder, config, binary=FAST, env=WATCHDOG)
    with agent:
        wait_for("an alert that waits", lambda: held(agent))
        load_file.pause()
        assert not alerts(receiver)
        agent.wait_for_line("agent does not answer: replacing it", secs=30)
        wait_for("the alert of before", lambda: "load-0.1" in alerts(receiver), 60)
        wait_for("the alert of that", lambda: "agent_restarts" in alerts(receiver), 90)
        load_file.resume()
