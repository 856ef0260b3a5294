"""A file of /proc that somebody else serves, as lxcfs does in a container, and that hangs."""

import json

import pytest

from harness import Agent, load_rule, news, quick, run, wait_for, wait_for_news, webhook

MEMINFO = "/proc/meminfo"
# Fires on any host: what it does while its file hangs is the question.
MEMORY_RULE = '[[rules]]\nname = "some-memory"\nmetric = "mem.available_bytes"\ncritical = 1\nfor_secs = 0\n'
COLLECTORS = ("cpu", "memory", "kernel")


def alerts(receiver, rule):
    return [what for what, name in news(receiver) if name == rule]


def test_one_that_hangs_costs_its_own_metrics_and_is_told(covered, folder, receiver):
    """The agent goes on, an alert names the file, and alerts made of the file are held; then all is well."""
    server = covered(MEMINFO)
    config = quick(folder, MEMORY_RULE, load_rule(0), webhook(receiver.url), collectors=COLLECTORS)
    with Agent(folder, config) as agent:
        wait_for_news(receiver, "firing")
        wait_for("both rules", lambda: alerts(receiver, "some-memory") and alerts(receiver, "load-0"))
        pid = agent.pids("agent")
        server.hang()
        told = wait_for("the alert", lambda: [r.json() for r in receiver.requests if r.json()["rule"] == "stale_file"])
        assert told[0]["status"] == "firing" and MEMINFO in json.dumps(told[0]), told[0]
        agent.wait_for_line(f"file {MEMINFO} does not answer")
        assert agent.pids("agent") == pid
        assert alerts(receiver, "some-memory") == ["firing"]
        server.answer()
        wait_for("its end", lambda: alerts(receiver, "stale_file") == ["firing", "resolved"])
        assert alerts(receiver, "some-memory") == ["firing"]
        assert agent.pids("agent") == pid
    assert agent.count("agent ended") == 0


def test_one_that_hangs_from_the_start(covered, folder, receiver):
    """What the kernel itself says is there and judged, though the file never answered."""
    server = covered(MEMINFO)
    server.hang()
    config = quick(folder, MEMORY_RULE, load_rule(0), webhook(receiver.url), collectors=COLLECTORS)
    with Agent(folder, config):
        wait_for("both alerts", lambda: alerts(receiver, "stale_file") and alerts(receiver, "load-0"))
        assert alerts(receiver, "some-memory") == []
        server.die()  # the kernel holds who waits until then, killed or not


def test_one_whose_server_has_crashed(covered, folder, receiver):
    """It answers at once, with an error, which is not health."""
    server = covered(MEMINFO)
    config = quick(folder, MEMORY_RULE, webhook(receiver.url), collectors=COLLECTORS)
    with Agent(folder, config) as agent:
        wait_for_news(receiver, "firing")
        server.die()
        wait_for("the alert", lambda: alerts(receiver, "stale_file") == ["firing"])
        agent.wait_for_line(f"file {MEMINFO} cannot be read: Transport endpoint is not connected")
        assert alerts(receiver, "some-memory") == ["firing"]


def test_one_that_comes_to_hang_over_an_open_file(covered, folder, receiver):
    """The descriptor of the kernel's own file gives way to what was mounted over it."""
    config = quick(folder, MEMORY_RULE, webhook(receiver.url), collectors=COLLECTORS)
    with Agent(folder, config):
        wait_for_news(receiver, "firing")
        server = covered(MEMINFO)
        server.hang()
        wait_for("the alert", lambda: alerts(receiver, "stale_file") == ["firing"])
        server.unmount()
        wait_for("its end", lambda: alerts(receiver, "stale_file") == ["firing", "resolved"])


@pytest.mark.parametrize("hangs", [False, True])
def test_once(covered, folder, hangs):
    """It ends, and says what is missing."""
    server = covered(MEMINFO)
    if hangs:
        server.hang()
    config = folder / "config.toml"
    config.write_text(quick(folder, collectors=COLLECTORS))
    config.chmod(0o600)
    code, out, err = run("--once", "-c", str(config), "--format", "json", timeout=60)
    metrics = {json.loads(line)["metric"] for line in out.splitlines()}
    assert code == 0 and {"cpu.load_1m", "kernel.uptime_secs"} <= metrics
    assert ("mem.usage_percent" in metrics) != hangs
    assert (f"{MEMINFO} does not answer: its metrics are missing" in err) == hangs
