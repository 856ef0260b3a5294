"""One clock for people, and one for programs."""

import json
import re
import signal
from pathlib import Path

import pytest

from harness import Agent, load_rule, quick, run, wait_for, webhook

ZONES = Path("/usr/share/zoneinfo")
TEXT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d) \w+ +(\w+)\[\d+\]: ")
UTC = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

needs_zones = pytest.mark.skipif(not (ZONES / "Asia/Seoul").exists(), reason="no tz database (tzdata)")


def offsets(agent, since=0):
    """Of each process that wrote a line of text: the offsets of its times."""
    said = {}
    for line in agent.text().splitlines()[since:]:
        match = TEXT.match(line)
        if match:
            said.setdefault(match[2], set()).add(match[1])
    return said


@needs_zones
def test_all_that_people_read_is_in_the_zone_of_the_configuration(folder, host, receiver):
    """The log of each process, the console, status and silences; the webhook's times are UTC."""
    text = quick(folder, load_rule(10), webhook(receiver.url), "[alerting.console]\nenabled = true\n", fake=host,
                 agent='timezone = "Asia/Seoul"\nlog_level = "debug"')
    with Agent(folder, text) as agent:
        host.load(15)
        receiver.wait_for(1)
        agent.wait_till_delivered()
        agent.wait_for_line("[CRITICAL]")
        said = offsets(agent)
        assert {"launcher", "agent", "keeper"} <= set(said)
        assert set().union(*said.values()) == {"+09:00"}
        assert re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+09:00", agent.lines("[CRITICAL]")[0])
        body = json.loads(receiver.requests[0].body)
        assert UTC.match(body["timestamp"])
        status, out, err = run("silence", "add", "mem.*", "--for", "2h", "-c", str(agent.config))
        assert status == 0 and "+09:00" in out, (out, err)
        # A reload brings another one, to all of them.
        agent.write_config(text.replace("Asia/Seoul", "America/New_York"))
        agent.signal(signal.SIGHUP)
        agent.wait_for_line("configuration reloaded")
        since = len(agent.text().splitlines())
        host.load(5)
        receiver.wait_for(2)
        agent.wait_till_delivered()
        wait_for("a line of each", lambda: {"agent", "courier"} <= set(offsets(agent, since)))
        assert set().union(*offsets(agent, since).values()) <= {"-05:00", "-04:00"}
        agent.signal(signal.SIGHUP)
        agent.wait_for_line("configuration reloaded: nobody")
        assert set().union(*offsets(agent, since).values()) <= {"-05:00", "-04:00"}


def test_a_refused_reload_is_told_in_json_where_the_log_is_json(folder, host):
    text = quick(folder, load_rule(10), "[alerting.console]\nenabled = true\n", fake=host, agent='log_format = "json"')
    with Agent(folder, text) as agent:
        host.load(15)
        agent.wait_for_line("[CRITICAL]")
        agent.write_config(text + "[thresholds]\ncpu_warm_percent = 3\n")
        agent.signal(signal.SIGHUP)
        agent.wait_for_line("old one stays")
        agent.write_config(text + "[thresholds]\ncpu_percent = 0\n")
        agent.signal(signal.SIGHUP)
        agent.wait_for_line("configuration reloaded")
        lines = [json.loads(line) for line in agent.text().splitlines()]
        assert all(UTC.match(line["time"]) for line in lines)
        refused = [line for line in lines if "cpu_warm_percent" in line["message"]]
        assert [line["level"] for line in refused] == ["error"]
        assert f"{agent.config}:" in refused[0]["message"]
        assert any(line["level"] == "warn" and "is 0, which every value reaches" in line["message"] for line in lines)


@needs_zones
def test_a_zone_that_is_none_is_an_error_with_its_place(folder):
    config = Path(folder) / "config.toml"
    config.write_text('[agent]\ntimezone = "Asia/Soul"\n')
    config.chmod(0o600)
    status, out, err = run("-c", str(config), "--check")
    assert status == 2
    assert f'{config}:2:1: error: agent.timezone: there is no time zone "Asia/Soul": did you mean "Asia/Seoul"?' in err
