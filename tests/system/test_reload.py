"""SIGHUP: all of the new configuration, or nothing of it."""

import os
import shutil
import signal
import time

import pytest

from fakes import answer
from harness import Agent, linger, load_rule, news, quick, wait_for, webhook


@pytest.fixture
def agent(folder, host, receiver):
    """An agent in which load >= 10 fires already and load >= 20 does not."""
    config = quick(folder, load_rule(10), load_rule(20), webhook(receiver.url), fake=host)
    with Agent(folder, config) as agent:
        host.load(15)
        receiver.wait_for(1)
        agent.wait_till_delivered()
        yield agent
        print(f"log of the agent:\n{agent.text()[-20000:]}")


def reload(agent, text, *words):
    """Replaces the configuration, sends SIGHUP and waits for a line with these words."""
    known = agent.count(*words)
    if text is None:
        agent.config.unlink()
    else:
        agent.write_config(text)
    agent.signal(signal.SIGHUP)
    return agent.wait_for_line(*words, more_than=known)


# What is added to the file, the line in it that is wrong, the column, and a word of the message.
BAD = [
    ("[agent\n", 1, 7, "']'"),
    ("[thresholds]\ncpu_warm_percent = 3\n", 2, 1, "cpu_warn_percent"),
    ("[thresholds]\ncpu_percent = 'high'\n", 2, 15, "expected a number"),
    ("[thresholds]\ndisk_percent = 190\n", 2, 16, "0 to 100"),
    ("[prometheus]\nenabled = true\n", 2, 1, "not supported yet"),
    ("[alerting.discord]\nenabled = true\nwebhook_url = '${NOT_SET}'\n", 3, 15, "NOT_SET"),
]


def test_a_bad_file_changes_nothing(agent, host, receiver):
    """Each kind of mistake is refused with file, line and column, and the old file stays in force."""
    good = agent.config.read_text()
    before = agent.family()
    for text, line, column, word in BAD:
        reload(agent, good + text, "old one stays")
        place = f"{agent.config}:{good.count(chr(10)) + line}:{column}: error"
        assert agent.count(place, word) == 1, (place, word)
    reload(agent, None, "old one stays")
    assert agent.lines(str(agent.config), "does not exist")
    assert agent.family() == before
    host.load(25)
    receiver.wait_for(2)
    assert news(receiver) == [("firing", "load-10"), ("firing", "load-20")]


def test_a_good_file_comes_into_force(agent, host, receiver):
    """The new limit counts, and what fired already is not told again."""
    text = agent.config.read_text().replace("critical = 20", "critical = 12")
    reload(agent, text, "configuration reloaded")
    receiver.wait_for(2)
    linger(agent)
    assert news(receiver) == [("firing", "load-10"), ("firing", "load-20")]
    host.load(1)
    receiver.wait_for(4)
    assert sorted(news(receiver)[2:]) == [("resolved", "load-10"), ("resolved", "load-20")]


def test_reloads_in_a_row(agent, host, receiver):
    """Ten SIGHUPs at once neither lose nor repeat anything."""
    known = agent.count("configuration reloaded")
    for _ in range(10):
        agent.signal(signal.SIGHUP)
    agent.wait_for_line("configuration reloaded", more_than=known)
    linger(agent)
    host.load(25)
    receiver.wait_for(2)
    assert news(receiver) == [("firing", "load-10"), ("firing", "load-20")]
    assert len(agent.pids("agent")) == len(agent.pids("keeper")) == len(agent.pids("courier")) == 1


def test_an_alert_whose_rule_is_gone_is_over(agent, host, receiver):
    """A rule taken out of the file ends its alert, saying that nobody looks any more, not that all is well."""
    text = agent.config.read_text().replace(load_rule(10), "")
    reload(agent, text, "configuration reloaded")
    last = receiver.wait_for(2)[1].json()
    assert last["status"] == "resolved" and last["rule"] == "load-10"
    assert last["gone"] and last["unwatched"]
    assert "[NOT WATCHED]" in last["message"] and "no longer watched" in last["message"]


def test_a_rule_that_is_renamed_takes_its_alert_along(agent, host, receiver):
    """Nobody is told of an end and of another beginning; the end comes under the new name."""
    text = agent.config.read_text().replace(load_rule(10), load_rule(10, "busy"))
    reload(agent, text, "configuration reloaded")
    linger(agent, 6)
    assert len(receiver.requests) == 1
    host.load(1)
    receiver.wait_for(2)
    assert news(receiver)[1] == ("resolved", "busy")


def test_a_channel_that_is_enabled_is_told_what_fires(agent, host, receiver):
    """In one message, with a reload or a restart between; what waited for it when it was disabled is dropped."""
    on = agent.config.read_text()
    off = on.replace(webhook(receiver.url), webhook(receiver.url).replace("enabled = true", "enabled = false"))

    def wait_for_both(known):
        wait_for("a message", lambda: len(receiver.requests) > known)
        linger(agent)
        (both,) = (request.json() for request in receiver.requests[known:])
        assert sorted((alert["status"], alert["rule"]) for alert in both["alerts"]) == [("firing", "load-10"), ("firing", "load-20")]
        agent.wait_till_delivered()

    receiver.default = answer(503)
    host.load(25)  # its news waits, for the receiver is down
    receiver.wait_for(2)
    reload(agent, off, "configuration reloaded")
    receiver.default = answer(200)
    known = len(receiver.requests)
    reload(agent, on, "configuration reloaded")
    wait_for_both(known)
    reload(agent, off, "configuration reloaded")
    agent.stop()
    agent.start()
    linger(agent)
    agent.stop()
    agent.write_config(on)
    agent.start()
    wait_for_both(known + 1)
    host.load(1)
    wait_for("both ends", lambda: len(receiver.requests) == known + 4)
    assert sorted(news(receiver)[known + 2 :]) == [("resolved", "load-10"), ("resolved", "load-20")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of others")
@pytest.mark.parametrize("who,mode", [("nobody", 0o600), (4711, 0o644), ("root", 0o666)])
def test_a_reload_follows_nothing_that_the_next_start_would_refuse(agent, who, mode):
    """Started by root, the agent is another user by then, whose files root does not follow."""
    shutil.chown(agent.config, who)
    agent.config.chmod(mode)
    agent.signal(signal.SIGHUP)
    agent.wait_for_line("configuration not reloaded")
    assert agent.lines("error: root must not follow it")
    shutil.chown(agent.config, "root")
    reload(agent, agent.config.read_text(), "configuration reloaded")


def test_every_rule_on_one_series_counts(folder, host, receiver):
    """Many rules on one metric are all watched, not the first few."""
    config = quick(folder, *map(load_rule, range(1, 41)), webhook(receiver.url), fake=host)
    with Agent(folder, config):
        host.load(50)
        receiver.wait_for(40)
        assert {rule for _, rule in news(receiver)} == {f"load-{n}" for n in range(1, 41)}


def test_a_reload_restarts_only_whom_it_concerns(agent, host, receiver):
    """Nothing new: nobody. A limit: the agent follows it where it stands. The service's address: the courier."""
    text = agent.config.read_text()
    steps = [
        (text, set()),
        (text.replace("critical = 20", "critical = 12"), set()),
        (text.replace("critical = 20", "critical = 12").replace(receiver.url, receiver.url + "?new"), {"courier"}),
    ]
    for new, concerned in steps:
        before = {role: agent.pids(role) for role in ("agent", "keeper", "courier")}
        reload(agent, new, "configuration reloaded")
        wait_for("all to be there", lambda: all(agent.pids(role) for role in before))
        assert {role for role in before if agent.pids(role) != before[role]} == concerned
        if "critical = 12" in new:  # a courier that is replaced amid a delivery may repeat it
            receiver.wait_for(2)
            agent.wait_till_delivered()
    host.load(25)
    linger(agent)
    host.load(1)
    receiver.wait_for(4)
    linger(agent, 1)
    told = news(receiver)
    assert told[:2] == [("firing", "load-10"), ("firing", "load-20")]
    assert sorted(told[2:]) == [("resolved", "load-10"), ("resolved", "load-20")]


def test_a_service_that_is_back_is_told_at_once_after_a_reload(agent, host, receiver):
    """Its back-off has grown meanwhile; whoever mended the service does not want to wait for that."""
    receiver.default = answer(503)
    known = len(receiver.requests)
    host.load(25)
    receiver.wait_for(known + 5, 60)
    receiver.default = answer(200)
    begin = time.monotonic()
    reload(agent, agent.config.read_text(), "configuration reloaded")
    agent.wait_till_delivered()
    assert time.monotonic() - begin < 1.5
    assert news(receiver)[-1] == ("firing", "load-20")
