"""The dead man's switch: pinged while everything works, and not a moment longer."""

import json
import os
import signal
import tempfile
import time
from pathlib import Path

import pytest

from fakes import answer, receiver
from harness import Agent, FakeProc, run, wait_for

SECRET = "hc-5f2a-secret-path"
CONFIG = """
[agent]
hostname = "web-1"
collect_interval_secs = 1
data_dir = "{data}"
proc_root = "{proc}"
sys_root = "{sys}"

[collector.process]
interval_secs = 1

[alerting.heartbeat]
url = "{url}"
interval_secs = 1
"""


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="sysops-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def agent(folder, receiver):
    host = FakeProc(folder)
    url = f"http://127.0.0.1:{receiver.port}/{SECRET}?key=hidden-too"
    text = CONFIG.format(data=folder / "data", proc=host.proc, sys=host.sys, url=url)
    running = Agent(folder, text)
    running.host = host
    yield running
    running.stop()


def heartbeat(agent):
    code, out, err = run("status", "-c", str(agent.config), "--format", "json")
    assert code == 0, err
    return json.loads(out)["heartbeat"]


def silence(receiver, secs=3):
    """How many pings came in so many seconds."""
    before = len(receiver.requests)
    time.sleep(secs)
    return len(receiver.requests) - before


def test_it_beats(agent, receiver):
    agent.start()
    receiver.wait_for(3)
    for request in receiver.requests:
        assert request.method == "GET" and request.path == f"/{SECRET}?key=hidden-too"
        assert request.body == b"" and request.header("Content-Type") is None
    assert 2 <= silence(receiver, 3) <= 4
    seen = heartbeat(agent)
    assert seen["answered"] >= 3 and seen["last_ok"] and seen["held_back"] == ""


def test_it_stops_with_the_agent(agent, receiver):
    agent.start()
    receiver.wait_for(2)
    agent.stop()
    assert silence(receiver) == 0


def test_it_stops_when_the_agent_hangs(agent, receiver):
    agent.start()
    receiver.wait_for(2)
    pid = agent.pids("agent")[0]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(1)
    assert silence(receiver) == 0
    os.kill(pid, signal.SIGCONT)
    wait_for("the next one", lambda: silence(receiver, 1) > 0)


def test_it_stops_when_nothing_is_collected(agent, receiver):
    agent.start()
    receiver.wait_for(2)
    (agent.host.proc / "loadavg").unlink()
    wait_for("the last one", lambda: heartbeat(agent)["held_back"] == "nothing is collected")
    assert silence(receiver) == 0
    assert "no heartbeat from here on: nothing is collected" in agent.text()
    agent.host.load(0.5)
    wait_for("the next one", lambda: silence(receiver, 1) > 0)
    assert "the heartbeat goes on" in agent.text()


def test_a_service_that_fails(agent, receiver):
    receiver.script(*[answer(500, f"no {SECRET} here".encode())] * 2)
    agent.start()
    receiver.wait_for(4)
    wait_for("a good one", lambda: heartbeat(agent)["answered"] >= 1)
    seen = heartbeat(agent)
    assert seen["failed"] == 2 and seen["last_error"] == ""
    assert "heartbeat: HTTP 500" in agent.text()


def test_its_url_is_a_secret(agent, receiver):
    receiver.script(*[answer(500, f"no {SECRET} or hidden-too here".encode())] * 100)
    agent.start()
    receiver.wait_for(2)
    wait_for("the failure", lambda: heartbeat(agent)["failed"] > 0)
    told = agent.text() + json.dumps(heartbeat(agent))
    code, out, err = run("--check", "-c", str(agent.config))
    assert code == 0 and "heartbeat: every 1s" in out
    for text in (told, out, err):
        assert SECRET not in text and "hidden-too" not in text
