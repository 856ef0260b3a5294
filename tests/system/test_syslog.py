"""Syslog messages: held against RFC 5424 by code, to sockets of our own and to a real rsyslog."""

import os
import re
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness import BUILD, TOP, Agent, FakeProc, wait_for
from mail_fakes import SyslogSocket, find_program

DELIVER = BUILD / "tools" / "deliver"
GOLDEN = sorted((TOP / "tests/golden/payload").glob("syslog-*.txt"))

# RFC 5424, 6: the grammar as it stands there.
SD_NAME = r'[!#-<>-\\^-~]{1,32}'
PARAM = r'%s="(?:[^"\\\]]|\\["\\\]])*"' % SD_NAME
ELEMENT = r"\[%s(?: %s)*\]" % (SD_NAME, PARAM)
LINE = re.compile(
    r"<(?P<pri>\d{1,3})>1 "
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) "
    r"(?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) (?P<proc>[!-~]{1,128}) (?P<id>[!-~]{1,32}) "
    r"(?P<data>-|(?:%s)+)(?: (?P<msg>.*))?" % ELEMENT
)


def parse(message):
    """The parts of a message; its parameters are unescaped and by element."""
    text = message.decode("utf-8")
    match = LINE.fullmatch(text)
    assert match, "no message of RFC 5424: " + text
    parts = match.groupdict()
    parts["elements"] = {}
    for element in re.findall(ELEMENT, parts["data"]):
        name = element[1:].split(" ")[0].rstrip("]")
        assert name not in parts["elements"], "an element twice"
        pairs = re.findall(r'(%s)="((?:[^"\\\]]|\\["\\\]])*)"' % SD_NAME, element)
        assert len(pairs) == len(dict(pairs)), "a parameter twice"
        parts["elements"][name] = {k: re.sub(r'\\(["\\\]])', r"\1", v) for k, v in pairs}
    return parts


def send(path, body=b"<26>1 - - - - - - x", *options):
    done = subprocess.run(
        [DELIVER, "syslog", str(path), *options], input=body, capture_output=True, timeout=60, check=False
    )
    outcome, _, _, text = done.stdout.decode().rstrip("\n").split(" ", 3)
    return outcome, text


@pytest.fixture
def folder():
    """A folder that every user can enter, with a name short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="syslog-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_every_golden_message_is_right(path):
    message = path.read_bytes()
    parts = parse(message)
    assert len(message) <= 8192
    assert 0 <= int(parts["pri"]) <= 191 and int(parts["pri"]) % 8 >= 2, "never above critical"
    assert parts["app"] == "sysops-agent"
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", message.decode())
    text = parts["msg"].encode()
    assert text.startswith(b"\xef\xbb\xbf") == (not text.isascii())


def test_the_hostile_label_is_data():
    parts = parse((TOP / "tests/golden/payload/syslog-hostile.txt").read_bytes())
    label = parts["elements"]["labels@32473"]["mountpoint"]
    assert label.startswith("@everyone <script> \\x0d\\x0aBcc: *_~|> ${x} \\x1b[31m")


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_message_arrives(folder, kind):
    daemon = SyslogSocket(folder / "log", kind)
    assert send(folder / "log", b"<26>1 - - - - - - one") == ("delivered", "")
    assert send(folder / "log", b"<26>1 - - - - - - two") == ("delivered", "")
    wait_for("both", lambda: len(daemon.messages) == 2, 5)
    assert daemon.messages == [b"<26>1 - - - - - - one", b"<26>1 - - - - - - two"]
    daemon.stop()


def test_no_daemon(folder):
    outcome, text = send(folder / "log")
    assert outcome == "temporary" and "No such file" in text
    SyslogSocket(folder / "log").stop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(folder / "log"))
    outcome, text = send(folder / "log")
    assert outcome == "temporary" and "refused" in text
    (folder / "file").write_text("")
    assert send(folder / "file")[0] != "delivered"


def test_a_message_too_long_for_the_socket(folder):
    daemon = SyslogSocket(folder / "log")
    outcome, text = send(folder / "log", b"x" * 900000)
    assert outcome == "rejected" and "too long" in text
    daemon.stop()


def test_a_daemon_that_does_not_read(folder):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(folder / "log"))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.setblocking(False)
            other.connect(str(folder / "log"))
            with pytest.raises(BlockingIOError):
                while True:
                    other.send(b"x")
        outcome, text = send(folder / "log", b"x", "--timeout", "1")
        assert outcome == "temporary" and "nobody reads" in text


CONFIG = """
[agent]
hostname = "web-01"
collect_interval_secs = 1
data_dir = "{dir}/data"
proc_root = "{proc}"
sys_root = "{sys}"
labels = {{ env = "prod" }}

[[rules]]
name = "load of the test"
metric = "cpu.load_1m"
critical = 100
for_secs = 0
message = "call \\"ops\\""

[alerting.grouping]
enabled = false

[alerting.syslog]
enabled = true
facility = "local3"
socket = "{socket}"
"""


def test_the_agent_logs_an_alert_and_its_end(tmp_path, folder):
    fake = FakeProc(tmp_path)
    text = CONFIG.format(dir=tmp_path, proc=fake.proc, sys=fake.sys, socket=folder / "log")
    with Agent(tmp_path, text):
        fake.load(100000.0)
        daemon = SyslogSocket(folder / "log")  # late: the first attempts find none
        wait_for("the alert", lambda: daemon.messages, 40)
        fake.load(0.0)
        wait_for("its end", lambda: len(daemon.messages) == 2, 40)
    fire, resolve = [parse(m) for m in daemon.messages]
    daemon.stop()
    assert (fire["pri"], resolve["pri"]) == (str(19 * 8 + 2), str(19 * 8 + 5))
    assert (fire["id"], resolve["id"]) == ("fire", "resolve")
    assert fire["host"] == "web-01" and 'call "ops"' in fire["msg"]
    data = fire["elements"]["sysops@32473"]
    assert data["metric"] == "cpu.load_1m" and data["value"] == "100000"
    assert data["fingerprint"] == resolve["elements"]["sysops@32473"]["fingerprint"]
    assert fire["elements"]["labels@32473"] == {"env": "prod"}


RSYSLOG_CONF = """
global(workDirectory="{dir}")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{dir}/plain")
input(type="imuxsock" Socket="{dir}/parsed" UseSpecialParser="off")
template(name="t" type="string" string="%hostname%|%app-name%|%msgid%|%syslogseverity-text%|%syslogfacility-text%|%structured-data%|%msg%\\n")
action(type="omfile" file="{dir}/out" template="t")
"""


@pytest.fixture
def rsyslog(folder):
    program = find_program("rsyslogd")
    if program is None:
        pytest.skip("rsyslogd is not installed")
    (folder / "conf").write_text(RSYSLOG_CONF.format(dir=folder))
    daemon = subprocess.Popen(
        [program, "-n", "-f", str(folder / "conf"), "-i", str(folder / "pid")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    wait_for("rsyslogd", lambda: daemon.poll() is not None or (folder / "parsed").exists(), 10)
    if daemon.poll() is not None:
        pytest.skip("rsyslogd does not start here")
    yield folder
    daemon.terminate()
    daemon.wait(10)


@pytest.mark.parametrize("name", ["fire", "hostile", "resolve", "digest"])
def test_rsyslog(rsyslog, name):
    body = (TOP / ("tests/golden/payload/syslog-%s.txt" % name)).read_bytes()
    parts = parse(body)
    out = rsyslog / "out"
    assert send(rsyslog / "parsed", body) == ("delivered", "")
    lines = wait_for("the message", lambda: out.exists() and out.read_text().splitlines(), 10)
    severity = {2: "crit", 4: "warning", 5: "notice", 6: "info"}[int(parts["pri"]) % 8]
    assert lines == ["|".join([parts["host"], "sysops-agent", parts["id"], severity, "daemon",
                               parts["data"], parts["msg"]])]
    # The parser that rsyslog has for /dev/log unless told otherwise knows no RFC 5424: it takes
    # the version for the program's name, and keeps all of the rest.
    assert send(rsyslog / "plain", body) == ("delivered", "")
    lines = wait_for("the other", lambda: out.read_text().splitlines()[1:], 10)
    assert lines[0].split("|")[1] == "1" and lines[0].endswith(parts["data"] + " " + parts["msg"])
