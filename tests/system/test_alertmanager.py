"""A real Alertmanager: an alert appears, stays while it fires, changes its severity, and is over."""

import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest

from fakes import Receiver, answer, free_port
from harness import Agent, FakeProc, wait_for

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")

# Longer than the time between renewals; group_wait 0: nothing waits.
MANAGER = """
global:
  resolve_timeout: 2m
route:
  receiver: hook
  group_by: ['...']
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: hook
    webhook_configs:
      - url: {hook}
        send_resolved: true
"""

CONFIG = """
[agent]
hostname = "web-01"
collect_interval_secs = 1
data_dir = "{dir}/data"
proc_root = "{proc}"
sys_root = "{sys}"
labels = {{ env = "prod" }}

[alerting]
group_window_secs = 0
dedup_window_secs = 0

[[rules]]
name = "busy"
metric = "cpu.load_1m"
warn = 5
critical = 8
for_secs = 0

[alerting.alertmanager]
enabled = true
url = "{url}"
"""


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="sysops-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


class Manager:
    """A running Alertmanager, and what it tells its own receiver."""

    def __init__(self, folder):
        self.port = free_port()
        self.hook = Receiver()
        conf = folder / "alertmanager.yml"
        conf.write_text(MANAGER.format(hook=self.hook.url))
        self._log = (folder / "alertmanager.log").open("wb")
        self._process = subprocess.Popen(
            [PROGRAM, "--config.file=%s" % conf, "--storage.path=%s" % (folder / "am"),
             "--web.listen-address=127.0.0.1:%d" % self.port, "--cluster.listen-address="],
            stdout=self._log, stderr=self._log,
        )
        wait_for("the Alertmanager", self.is_ready)

    @property
    def url(self):
        return "http://127.0.0.1:%d/" % self.port

    def is_ready(self):
        assert self._process.poll() is None
        try:
            return urllib.request.urlopen(self.url + "-/ready", timeout=2).status == 200
        except OSError:
            return False

    def alerts(self):
        """Those that fire, by their severity."""
        with urllib.request.urlopen(self.url + "api/v2/alerts", timeout=5) as reply:
            return {a["labels"]["severity"]: a for a in json.load(reply)}

    def told(self):
        """(status, severity) in the order in which its receiver was told."""
        return [(r.json()["alerts"][0]["status"], r.json()["alerts"][0]["labels"]["severity"])
                for r in list(self.hook.requests)]

    def stop(self):
        self._process.terminate()
        self._process.wait(10)
        self.hook.stop()
        self._log.close()


@pytest.fixture
def manager(folder):
    if PROGRAM is None:
        print("skip: prometheus-alertmanager is not installed")
        pytest.skip("prometheus-alertmanager is not installed")
    running = Manager(folder)
    yield running
    running.stop()


def start(folder, url):
    fake = FakeProc(folder)
    text = CONFIG.format(dir=folder, proc=fake.proc, sys=fake.sys, url=url)
    return fake, Agent(folder, text)


def test_an_alert_from_its_start_to_its_end(folder, manager):
    fake, agent = start(folder, manager.url)
    with agent:
        fake.load(9)
        alert = wait_for("the alert", manager.alerts)["critical"]
        assert alert["labels"] == {
            "alertname": "busy", "instance": "web-01", "job": "sysops-agent", "env": "prod",
            "severity": "critical", "metric": "cpu.load_1m",
        }
        assert alert["annotations"]["summary"] == "CPU load 1m is 9 (limit 8)"
        assert alert["status"]["state"] == "active"
        fake.load(1)
        wait_for("the end", lambda: not manager.alerts())
        wait_for("its receiver", lambda: len(manager.told()) == 2)
    assert manager.told() == [("firing", "critical"), ("resolved", "critical")]


def test_another_severity_is_the_same_alert(folder, manager):
    fake, agent = start(folder, manager.url)
    with agent:
        fake.load(6)
        wait_for("the warning", lambda: list(manager.alerts()) == ["warning"])
        fake.load(9)
        wait_for("critical instead", lambda: list(manager.alerts()) == ["critical"])
        fake.load(1)
        wait_for("the end", lambda: not manager.alerts())
        wait_for("its receiver", lambda: len(manager.told()) == 4)
    told = manager.told()
    assert sorted(told) == sorted([("firing", "warning"), ("firing", "critical"),
                                   ("resolved", "warning"), ("resolved", "critical")])
    assert told[-1] == ("resolved", "critical")


@pytest.fixture
def receiver():
    fake = Receiver(default=answer(200))
    yield fake
    fake.stop()


def firing(request):
    return [a for a in request.json() if "endsAt" not in a]


def test_after_a_restart_what_fires_is_renewed_at_once(folder, receiver):
    fake, agent = start(folder, "http://127.0.0.1:%d" % receiver.port)
    with agent:
        fake.load(9)
        first = receiver.wait_for(1)[0]
        assert first.path == "/api/v2/alerts" and len(first.json()) == 1
        time.sleep(2)
        agent.stop()
        before = len(receiver.requests)
        agent.start()
        renewed = receiver.wait_for(before + 1)[before]
    (alert,), (old,) = firing(renewed), firing(first)
    assert alert["labels"] == old["labels"] and alert["startsAt"] == old["startsAt"]


def test_a_renewal_that_fails_is_no_debt(folder, receiver):
    """Renewals are neither kept nor tried again; the next round makes another."""
    fake, agent = start(folder, "http://127.0.0.1:%d" % receiver.port)
    with agent:
        fake.load(9)
        receiver.wait_for(1)
        time.sleep(1.5)
        agent.stop()
        before = len(receiver.requests)
        receiver.script(answer(500))
        agent.start()
        receiver.wait_for(before + 1)
        time.sleep(4)
        assert len(receiver.requests) == before + 1
        fake.load(1)
        receiver.wait_for(before + 2)
    ended = receiver.requests[-1].json()
    assert len(ended) == 1 and all(a["endsAt"] <= time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1)) for a in ended)
