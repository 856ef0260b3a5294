"""A terminal that goes away, and an agent that was started on it."""

import fcntl
import os
import shlex
import signal
import subprocess
import tempfile
import termios
from pathlib import Path

import pytest

from harness import BINARY, FakeProc, alive, descendants, quick, run, wait_for

AGENT = "{binary} -c {config}"


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="sysops-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


class Terminal:
    """A window with a shell in it that runs a command, and the log that the agent writes to a file."""

    def __init__(self, folder, command):
        self.log = folder / "log"
        self.log.touch()
        self.log.chmod(0o666)
        self.config = folder / "config.toml"
        self.config.write_text(quick(folder, fake=FakeProc(folder), agent=f'log_file = "{self.log}"'))
        self.config.chmod(0o600)
        self.window, inside = os.openpty()
        words = command.format(binary=shlex.quote(str(BINARY)), config=self.config)
        self.shell = subprocess.Popen(
            ["sh", "-c", words],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            cwd=folder,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(inside)
        wait_for("the agent to be up", lambda: "watching" in self.text())
        self.agent = wait_for("its pid", lambda: self.holder())

    def text(self):
        return self.log.read_text(errors="replace")

    def holder(self):
        """The pid that a second one is told."""
        _, _, err = run("-c", str(self.config), timeout=10)
        words = (err + self.text()).split("process ")
        return int(words[1].split(",")[0]) if "is in use" in words[0] else None

    def close(self):
        os.close(self.window)
        self.window = None

    def done(self):
        family = [self.agent] + descendants(self.agent)
        if self.window is not None:
            self.close()
        if alive(self.agent):
            os.kill(self.agent, signal.SIGTERM)
        wait_for("all its processes to end", lambda: not any(alive(p) for p in family), 5.0)
        self.shell.wait(5)


@pytest.fixture
def start(folder):
    terminals = []

    def start_one(command):
        terminals.append(Terminal(folder, command))
        return terminals[-1]

    yield start_one
    for terminal in terminals:
        terminal.done()


@pytest.mark.parametrize(
    "command",
    ["exec " + AGENT, AGENT + "; true", AGENT + " </dev/null >/dev/null 2>&1; true"],
    ids=["instead of the shell", "from a shell", "that it writes nothing to"],
)
def test_an_agent_ends_with_its_terminal(start, command):
    terminal = start(command)
    os.kill(terminal.agent, signal.SIGHUP)  # as long as it is there, a wish to reload
    wait_for("the reload", lambda: "configuration reloaded" in terminal.text())
    family = [terminal.agent] + descendants(terminal.agent)
    assert len(family) >= 4
    terminal.close()
    wait_for("all its processes to end", lambda: not any(alive(p) for p in family), 4.0)
    assert "the terminal is gone: stopping" in terminal.text()
    assert "starts again" not in terminal.text() and "killing" not in terminal.text()


@pytest.mark.parametrize(
    "command",
    ["nohup " + AGENT + "; true", "setsid -f " + AGENT + "; sleep 60", AGENT + " & wait"],
    ids=["nohup", "setsid", "in the background"],
)
def test_one_that_does_not_want_to_stays(start, command):
    terminal = start(command if "& wait" not in command else "set -m; " + command)
    terminal.close()
    terminal.shell.wait(5)
    reloads = terminal.text().count("configuration reloaded")
    os.kill(terminal.agent, signal.SIGHUP)
    wait_for("the reload", lambda: terminal.text().count("configuration reloaded") > reloads)
    assert alive(terminal.agent) and "the terminal is gone" not in terminal.text()
