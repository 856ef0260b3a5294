"""The live table, on a terminal whose window is pulled: what one sees of it, and of the log below."""

import fcntl
import os
import signal
import struct
import subprocess
import tempfile
import termios
import threading
from pathlib import Path

import pytest

from harness import BINARY, NO_LIMITS, FakeProc, alive, comm, descendants, load_rule, quick, wait_for
from terminal_screen import Screen

RULE = "── log ─"
BEFORE = "what stood there before"


class Window:
    """A terminal with some lines on it, and then an agent that watches the load of a made-up host."""

    def __init__(self, folder, pulls, columns=120, rows=40):
        self.host = FakeProc(folder)
        self.screen = Screen(columns, rows, pulls)
        self.lock = threading.Lock()
        config = folder / "config.toml"
        config.write_text(quick(folder, load_rule(5, "busy"), NO_LIMITS + "[alerting.console]\nenabled = true", fake=self.host))
        config.chmod(0o600)
        self.fd, inside = os.openpty()
        self._set_size()
        self.process = subprocess.Popen(
            ["sh", "-c", f"echo '{BEFORE}'; exec {BINARY} -c {config}"],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            cwd=folder,
            env=dict(os.environ, TERM="xterm"),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(inside)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return
            if not data:
                return
            with self.lock:
                self.screen.feed(data)

    def _set_size(self):
        size = struct.pack("HHHH", self.screen.rows, self.screen.columns, 0, 0)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, size)

    def resize(self, columns, rows):
        with self.lock:
            self.screen.resize(columns, rows)
            self._set_size()

    def fill(self):
        """Lines below the table, to the last row."""

        def is_full(screen):
            full = screen.lines[-2] != ""
            if not full:
                self.process.send_signal(signal.SIGUSR1)
            return full

        self.see("a log to the last row", is_full)

    def see(self, what, condition, secs=20.0):
        def look():
            with self.lock:
                return condition(self.screen)

        try:
            return wait_for(what, look, secs)
        except AssertionError:
            print(self.screen.text())
            raise

    def is_whole(self, screen):
        """One table, on top, and below it the log to the end."""
        rule = screen.find(RULE)
        return (
            screen.find(" test-host") == [0]
            and len(rule) == 1
            and len(screen.lines[rule[0]]) == screen.columns
            and len(screen.find("CPU ")) == 1
            and rule[0] < screen.rows - 4
        )

    def agent(self):
        return next(p for p in descendants(self.process.pid) if comm(p) == "sysops-agent")

    def close(self):
        family = [self.process.pid] + descendants(self.process.pid)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        wait_for("all its processes to end", lambda: not any(alive(p) for p in family), 5.0)
        os.close(self.fd)


@pytest.fixture(params=[True, False], ids=["takes lines back", "does not"])
def window(request):
    with tempfile.TemporaryDirectory(prefix="sysops-") as name:
        Path(name).chmod(0o755)
        shown = Window(Path(name), request.param)
        yield shown
        shown.close()


def test_lines_of_the_start_stay_below_the_table(window):
    """The first frame wiped them: a warning that the data cannot be kept was gone in a second."""
    window.see("the table", window.is_whole)

    def order(screen):
        rows = [screen.find(RULE), screen.find(BEFORE), [i for i, line in enumerate(screen.lines) if "watching test-host" in line]]
        return all(len(r) == 1 for r in rows) and rows[0][0] + 1 == rows[1][0] < rows[2][0]

    window.see("the log as it was", order)


def test_a_window_that_is_pulled_has_one_table(window):
    window.see("the table", window.is_whole)
    window.fill()
    for size in ((80, 24), (60, 20), (120, 40), (80, 20), (120, 24), (60, 40)):
        window.resize(*size)
        window.see(f"one table in {size}", window.is_whole)


def test_an_alert_is_on_top_and_the_log_goes_on_below(window):
    window.see("the table", window.is_whole)
    window.host.load(9.0)
    window.see("the alert on top", lambda s: s.lines[1].startswith("! CRIT") and "told console" in s.lines[1])
    window.see("it in the log", lambda s: any("[CRITICAL] test-host" in line for line in s.lines[s.find(RULE)[0] :]))
    window.see("the lines of the start", lambda s: window.is_whole(s) and len(s.find(BEFORE)) == 1)
    assert "1 ALERT" in window.screen.lines[0]


def test_an_agent_that_is_replaced_leaves_no_copy(window):
    window.host.load(9.0)
    window.see("the alert on top", lambda s: s.lines[1].startswith("! CRIT"))
    window.host.load(0.0)  # over when the next one looks: its table is lower
    os.kill(window.agent(), signal.SIGKILL)
    window.see("another one", lambda s: sum("watching test-host" in line for line in s.lines + s.history) == 2)
    window.see("one table without an alert", lambda s: window.is_whole(s) and s.lines[1].startswith("CPU "))


def test_when_it_ends_the_table_goes_and_the_log_stays(window):
    window.see("the table", window.is_whole)
    window.process.send_signal(signal.SIGTERM)
    window.process.wait(10)
    window.see("no table", lambda s: not s.find(RULE) and not s.find("CPU "))
    assert window.screen.find(BEFORE) == [0]
    assert (window.screen.top, window.screen.bottom) == (0, window.screen.rows)
