"""What the sessions in the documents begin with: an agent, or none, and what has happened to it."""

import json
import re

from fakes import answer
from harness import Agent, load_rule, quick, run, wait_for, webhook
from mail_fakes import SyslogSocket


class Stage:
    """An agent on a fake host that tells a webhook, not started yet."""

    def __init__(self, folder, host, receiver):
        self.folder, self.host, self.receiver = folder, host, receiver
        self.config = folder / "config.toml"
        self.agent = self.syslog = None

    def __enter__(self):
        return self

    def __exit__(self, *how):
        if self.agent is not None:
            self.agent.__exit__(*how)
        if self.syslog is not None:
            self.syslog.stop()

    def start(self, *sections, collectors=("cpu",), agent=""):
        text = quick(
            self.folder, *sections, webhook(self.receiver.url), fake=self.host, collectors=collectors,
            agent=f'timezone = "UTC"\n{agent}',
        )
        self.agent = Agent(self.folder, text.replace("test-host", "web-01"))
        self.agent.start()
        wait_for("the first look", lambda: self.status() and self.status()["samples"]["kept"] > 0)

    def status(self):
        status, out, _ = run("status", "--format", "json", "-c", str(self.config))
        return status == 0 and json.loads(out)

    def alert(self):
        """The first that is shown, or {}."""
        items = (self.status() or {"alerts": {"items": []}})["alerts"]["items"]
        return items[0] if items else {}

    def ask(self, *args):
        assert run(*args, "-c", str(self.config))[0] == 0

    def public(self, text):
        """Paths and addresses as they are on a host of the reader's, which has the agent's user."""
        text = re.sub(r"(?m)^.*: running as nobody\n| +$", "", text)
        text = text.replace(f"{self.folder}/data", "/var/lib/sysops-agent")
        text = text.replace(str(self.config), "/etc/sysops-agent/config.toml")
        return text.replace(self.receiver.url, "https://alerts.example.org/hook")


def nobody(stage):
    """No agent runs."""
    stage.config.write_text(quick(stage.folder, webhook(stage.receiver.url), fake=stage.host))
    stage.config.chmod(0o600)


def quiet(stage):
    """All is well."""
    stage.start(load_rule(5, "busy"))


def told(stage):
    """An alert has been told."""
    stage.start(load_rule(5, "busy"))
    stage.host.load(9)
    wait_for("the alert to be told", lambda: stage.alert().get("told") == ["webhook"])


def pending(stage):
    """A value is past its limit, and not for long enough yet."""
    stage.start(load_rule(5, "busy").replace("for_secs = 0", "for_secs = 600"))
    stage.host.load(9)
    wait_for("the alert", lambda: stage.alert().get("state") == "pending")


def silenced(stage):
    """An alert fires that somebody has silenced."""
    stage.start(load_rule(5, "busy"))
    stage.ask("silence", "add", "cpu.*", "--for", "8h", "--comment", "load test")
    stage.host.load(9)
    wait_for("the alert", lambda: stage.alert().get("held_by"))


def filtered(stage):
    """No channel takes the alert."""
    stage.start(load_rule(5, "busy").replace("critical =", "warn ="))
    stage.agent.write_config(stage.config.read_text() + 'severity_filter = ["critical", "emergency"]\n')
    stage.agent.signal(1)
    stage.agent.wait_for_line("configuration reloaded")
    stage.host.load(9)
    wait_for("the alert", lambda: stage.alert().get("state") not in (None, "pending"))


def closed(stage):
    """The service of the channel refuses everything."""
    stage.receiver.default = answer(404, json.dumps({"message": "Unknown Webhook", "code": 10015}).encode())
    stage.start(load_rule(5, "busy"))
    stage.host.load(9)
    wait_for("the refusal", lambda: (stage.status() or {"channels": [{}]})["channels"][0].get("paused"))


def write_memory(proc, free_mib):
    """A host of 16 GiB with one process that has all that is used."""
    pages = (16384 - free_mib) * 256
    (proc / "812").mkdir(exist_ok=True)
    for name, text in {
        "meminfo": f"MemTotal: {16 << 20} kB\nMemFree: {free_mib << 10} kB\nMemAvailable: {free_mib << 10} kB\n"
        "Buffers: 0 kB\nCached: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
        "812/stat": f"812 (postgres) S 1 812 812 0 -1 4194304 {'0 ' * 12}100 1000000000 {pages} {'0 ' * 28}\n",
        "812/cgroup": "0::/system.slice/postgresql.service\n",
    }.items():
        new = proc / "new"
        new.write_text(text)
        new.rename(proc / name)


def memory(stage):
    """A service has filled the memory; a webhook and syslog were told."""
    stage.syslog = SyslogSocket(stage.folder / "log.sock")
    write_memory(stage.host.proc, 9000)
    stage.start(
        "[collector.process]\ninterval_secs = 1\n[thresholds]\nfor_secs = 0\n"
        f'[alerting.syslog]\nenabled = true\nsocket = "{stage.syslog.path}"\n',
        agent='labels = { env = "prod" }',
        collectors=("memory", "process"),
    )
    write_memory(stage.host.proc, 620)
    wait_for("the alert to be told", lambda: stage.receiver.requests)


SCENES = {scene.__name__: scene for scene in (nobody, quiet, told, pending, silenced, filtered, closed, memory)}
