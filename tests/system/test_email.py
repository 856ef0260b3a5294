"""Mail to real servers: aiosmtpd with STARTTLS, TLS from the start or neither; exim where it is."""

import base64
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from fakes import ca, free_port  # noqa: F401
from harness import BUILD, FAST, TOP, Agent, FakeProc, run, wait_for
from mail_fakes import PASSWORD, USER, MailServer, find_program

DELIVER = BUILD / "tools" / "deliver"
MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\n.\r\n..two\r\nend\r\n"
LOGIN = ["--login", USER, "--password", PASSWORD]


class Result:
    def __init__(self, text):
        self.outcome, status, _, self.text = text.rstrip("\n").split(" ", 3)
        self.status = int(status)


def send(server_port, *options, to=("b@example.org",), body=MESSAGE, host="127.0.0.1", prefix=()):
    recipients = [word for address in to for word in ("--to", address)]
    done = subprocess.run(
        [*prefix, DELIVER, "email", host, "--port", str(server_port), "--from", "a@example.org", "--timeout",
         "10", *recipients, *options],
        input=body, capture_output=True, timeout=60, check=False,
    )
    assert done.stderr == b""
    return Result(done.stdout.decode())


class Slow:
    """In front of a server on this host: its first byte comes so late."""

    def __init__(self, port, secs):
        self._far, self._secs, self._ended = port, secs, threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._listener.close()

    def _serve(self):
        near, _ = self._listener.accept()
        if self._ended.wait(self._secs):
            return
        far = socket.create_connection(("127.0.0.1", self._far))
        for pair in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=pair, daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def servers():
    """start(...): a MailServer that is stopped afterwards."""
    running = []

    def start(*args, **kwargs):
        running.append(MailServer(*args, **kwargs))
        return running[-1]

    yield start
    for server in running:
        server.stop()


def test_starttls_and_login(servers, ca):
    server = servers(ca.good)
    result = send(server.port, "--ca-file", ca.ca, *LOGIN)
    assert (result.outcome, result.status, result.text) == ("delivered", 250, "")
    (mail,) = server.mails
    assert mail.raw == MESSAGE
    assert (mail.sender, mail.recipients) == ("a@example.org", ["b@example.org"])
    assert server.said_in_clear() == ["EHLO", "STARTTLS"]
    assert server.said("AUTH") != []


def named(host):
    """A prefix of commands that run on a host of that name."""
    if os.geteuid() != 0 or find_program("unshare") is None:
        pytest.skip("a host name of its own needs root and unshare")
    return ["unshare", "--uts", "/usr/bin/python3", "-c", CALL_IT, host.hex()]


CALL_IT = """
import os, socket, sys
socket.sethostname(bytes.fromhex(sys.argv[1]))
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.mark.parametrize(
    "host,said",
    [(b"web_01", "web-01.example.org"), (b"", "sysops-agent.example.org"),
     (b"....", "sysops-agent.example.org"), ("서버".encode(), "sysops-agent.example.org"),
     (b"db_1.prod.example.net", "db-1.prod.example.net"), (b"x" * 64, "x" * 63 + ".example.org")],
)
def test_whatever_this_host_is_called_it_greets_with_a_domain_name(servers, ca, host, said):
    server = servers(ca.good)
    result = send(server.port, "--ca-file", ca.ca, *LOGIN, prefix=named(host))
    assert (result.outcome, result.text) == ("delivered", "")
    assert set(server.said("EHLO")) == {said}


def test_what_this_host_calls_itself_has_a_domain(servers, ca):
    server = servers(ca.good)
    send(server.port, "--ca-file", ca.ca, *LOGIN)
    name = server.said("EHLO")[0]
    assert name.startswith(socket.gethostname()) and "." in name


def test_tls_from_the_start(servers, ca, monkeypatch):
    """On port 465: redirected there, as a test has no right to the port itself."""
    server = servers(ca.good, tls="implicit")
    if os.geteuid() != 0:
        pytest.skip("port 465 needs root")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 465)) == 0:
            pytest.skip("something listens on port 465")
    relay = subprocess.Popen(
        ["/usr/bin/python3", "-c", RELAY, "465", str(server.port)], stdout=subprocess.PIPE
    )
    try:
        relay.stdout.readline()
        result = send(465, "--ca-file", ca.ca, *LOGIN)
        assert (result.outcome, result.text) == ("delivered", "")
        assert server.mails[0].raw == MESSAGE and server.said("STARTTLS") == []
        result = send(465, "--ca-file", ca.stranger, *LOGIN)
        assert result.outcome == "temporary" and "certificate" in result.text
        assert len(server.mails) == 1
    finally:
        relay.kill()
        relay.wait()


def test_tls_from_the_start_on_another_port(servers, ca):
    server = servers(ca.good, tls="implicit")
    result = send(server.port, "--ca-file", ca.ca, *LOGIN, "--implicit")
    assert (result.outcome, result.text) == ("delivered", "")
    assert server.mails[0].raw == MESSAGE and server.said_in_clear() == []
    assert send(server.port, "--ca-file", ca.stranger, *LOGIN, "--implicit").outcome == "temporary"
    assert len(server.mails) == 1


RELAY = """
import socket, sys, threading
here = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("up", flush=True)
def pump(a, b):
    while data := a.recv(65536):
        b.sendall(data)
    b.shutdown(socket.SHUT_WR)
while True:
    near, _ = here.accept()
    far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    for pair in ((near, far), (far, near)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
"""


@pytest.mark.parametrize("pair,word", [("expired", "expired"), ("wrong_host", "match")])
def test_a_bad_certificate_is_refused(servers, ca, pair, word):
    server = servers(getattr(ca, pair))
    result = send(server.port, "--ca-file", ca.ca, *LOGIN)
    assert result.outcome == "temporary" and word in result.text
    assert server.mails == [] and server.said("AUTH") == []
    assert server.said_in_clear() == ["EHLO", "STARTTLS"]


def test_an_unknown_ca_is_refused(servers, ca):
    server = servers(ca.good)
    for options in ([], ["--ca-file", ca.stranger]):
        assert send(server.port, *options, *LOGIN).outcome == "temporary"
    assert server.said("AUTH") == [] and server.said("MAIL") == []


def test_without_starttls_nothing_is_said(servers):
    """A server without it, or someone between who takes it out."""
    server = servers(tls=None, login=False)
    result = send(server.port, *LOGIN)
    assert result.outcome == "denied" and "STARTTLS" in result.text
    assert [command for command, _, _ in server.commands if command != "QUIT"] == ["EHLO"]


def test_starttls_that_is_refused(servers, ca):
    server = servers(ca.good, script={"STARTTLS": ["454 4.7.0 TLS not available"]})
    result = send(server.port, "--ca-file", ca.ca, *LOGIN)
    assert result.outcome in ("temporary", "denied") and server.said("MAIL") == []


def test_plain_text_to_this_host_only(servers):
    server = servers(tls=None)
    assert send(server.port, "--plain", *LOGIN).outcome == "delivered"
    assert server.said("AUTH") != []


def test_a_wrong_password(servers, ca):
    server = servers(ca.good)
    result = send(server.port, "--ca-file", ca.ca, "--login", USER, "--password", "wr0ng-pass")
    assert (result.outcome, result.status) == ("denied", 535)
    assert "Authentication credentials invalid" in result.text


EXCHANGE, CYRUS = ["GSSAPI", "NTLM", "LOGIN"], ["DIGEST-MD5", "CRAM-MD5", "PLAIN", "LOGIN"]


@pytest.mark.parametrize(
    "mechanisms,auth,said",
    [
        (EXCHANGE, "auto", "LOGIN"),
        (CYRUS, "auto", "PLAIN"),
        (CYRUS, "login", "LOGIN"),
        (EXCHANGE, "login", "LOGIN"),
        (["PLAIN"], "plain", "PLAIN"),
    ],
)
def test_of_many_ways_to_log_in_one_that_works_is_taken(servers, ca, mechanisms, auth, said):
    """What a server offers first, and the library prefers, may need more than a password."""
    server = servers(ca.good, mechanisms=mechanisms)
    result = send(server.port, "--ca-file", ca.ca, *LOGIN, "--auth", auth)
    assert (result.outcome, result.text) == ("delivered", "")
    assert [arg.split()[0] for arg in server.said("AUTH")] == [said]


def test_another_way_to_log_in_is_a_key(servers, ca):
    server = servers(ca.good, mechanisms=CYRUS)
    result = send(server.port, "--ca-file", ca.ca, *LOGIN, "--auth", "cram-md5")
    assert server.said("AUTH") == ["CRAM-MD5"] and result.outcome == "denied"


def test_no_way_to_log_in_is_told_with_what_there_is(servers, ca):
    server = servers(ca.good, mechanisms=["GSSAPI", "NTLM"])
    result = send(server.port, "--ca-file", ca.ca, *LOGIN)
    assert (result.outcome, result.text) == (
        "denied", "login: none by PLAIN or LOGIN, the server has only: GSSAPI NTLM")
    assert server.said("AUTH") == [] and server.said("MAIL") == []


def test_no_password_where_one_is_needed(servers, ca):
    server = servers(ca.good)
    result = send(server.port, "--ca-file", ca.ca)
    assert (result.outcome, result.status) == ("denied", 530)


def test_the_password_does_not_come_back(servers, ca):
    both = base64.b64encode(("\0%s\0%s" % (USER, PASSWORD)).encode()).decode()
    alone = base64.b64encode(PASSWORD.encode()).decode()
    line = "535 5.7.8 no %s and no %s and no %s" % (PASSWORD, both, alone)
    server = servers(ca.good, script={"AUTH": [line]})
    result = send(server.port, "--ca-file", ca.ca, *LOGIN)
    assert (result.outcome, result.text) == ("denied", "login: 535 5.7.8 no *** and no *** and no ***")


@pytest.mark.parametrize(
    "script,outcome,status",
    [
        ({"MAIL": ["451 4.3.0 try again"]}, "temporary", 451),
        ({"MAIL": ["550 5.7.1 you may not"]}, "denied", 550),
        ({"MAIL": ["552 5.3.4 too big"]}, "rejected", 552),
        ({"RCPT": ["450 4.2.0 greylisted"]}, "temporary", 450),
        ({"RCPT": ["550 5.1.1 no such user"]}, "denied", 550),
        ({"DATA": ["451 4.3.0 no room"]}, "temporary", 451),
        ({"BODY": ["452 4.3.1 no room"]}, "temporary", 452),
        ({"BODY": ["554 5.7.1 looks like spam"]}, "rejected", 554),
        ({"AUTH": ["454 4.7.0 not now"]}, "temporary", 454),
        ({"AUTH": ["534 5.7.9 too weak"]}, "denied", 534),
    ],
)
def test_refusals(servers, ca, script, outcome, status):
    words = list(script.values())[0][0][10:]
    server = servers(ca.good, script=script)
    result = send(server.port, "--ca-file", ca.ca, *LOGIN)
    assert (result.outcome, result.status) == (outcome, status)
    assert words in result.text and server.mails == []


def test_several_recipients(servers, ca):
    server = servers(ca.good)
    to = ["b@example.org", "Boss <c@example.com>", "d@example.net"]
    assert send(server.port, "--ca-file", ca.ca, *LOGIN, to=to).outcome == "delivered"
    assert server.mails[0].recipients == ["b@example.org", "c@example.com", "d@example.net"]


def test_one_recipient_of_three_is_refused(servers, ca):
    server = servers(ca.good, script={"RCPT": [None, "550 5.1.1 no such user", None]})
    to = ["b@example.org", "c@example.com", "d@example.net"]
    result = send(server.port, "--ca-file", ca.ca, *LOGIN, to=to)
    assert result.outcome == "delivered"
    assert result.text == "1 of 3 recipients refused: c@example.com: 550 5.1.1 no such user"
    assert server.mails[0].recipients == ["b@example.org", "d@example.net"]


def not_all(agent):
    """Who did not get the last mail, as the status says it."""
    code, out, err = run("status", "--format", "json", "-c", str(agent.config),
                         env={"MAIL_PASSWORD": PASSWORD})
    assert code == 0, err
    (channel,) = [c for c in json.loads(out)["channels"] if c["name"] == "email"]
    return channel["not_all"]


def test_who_is_put_off_is_told_alone(tmp_path, servers, ca, open_ca):
    """Greylisting of one of two: the other has it once, and hears the next before that is over."""
    server = servers(ca.good)
    waits = {"boss@example.com": True}

    def greylist(arg):
        return "451 4.7.1 greylisted" if waits["boss@example.com"] and "boss@" in arg else None

    server.script["RCPT"] = [greylist] * 200
    fake, text = configuration(tmp_path, server, open_ca)
    with Agent(tmp_path, text, binary=FAST, env={"MAIL_PASSWORD": PASSWORD}) as agent:
        fake.load(100000.0)
        wait_for("the first has it", lambda: len(server.mails) == 1)
        wait_for("another try", lambda: len(server.said("RCPT")) >= 3)
        assert "boss@example.com: " in not_all(agent)
        assert agent.channel("email")["queued"] == 1 and agent.channel("email")["sent"] == 1
        agent.stop()
        agent.start()
        waits["boss@example.com"] = False
        wait_for("the other has it", lambda: len(server.mails) == 2)
        wait_for("nothing waits", lambda: agent.channel("email")["queued"] == 0)
        assert not_all(agent) == ""
    first, second = server.mails
    assert (first.recipients, second.recipients) == (["ops@example.org"], ["boss@example.com"])
    assert first.parsed()["Message-ID"] == second.parsed()["Message-ID"]


def test_who_is_refused_for_good_is_in_status(tmp_path, servers, ca, open_ca):
    server = servers(ca.good, script={"RCPT": [None, "550 5.1.1 no such user"]})
    fake, text = configuration(tmp_path, server, open_ca)
    with Agent(tmp_path, text, env={"MAIL_PASSWORD": PASSWORD}) as agent:
        fake.load(100000.0)
        wait_for("a mail", lambda: agent.channel("email")["sent"] == 1)
        assert not_all(agent) == (
            "1 of 2 recipients refused: boss@example.com: 550 5.1.1 no such user")
        status, out, _ = run("status", "-c", str(agent.config), env={"MAIL_PASSWORD": PASSWORD})
        assert status == 0 and "boss@example.com: 550 5.1.1 no such user" in " ".join(out.split())
        assert agent.channel("email")["queued"] == 0


def test_all_recipients_are_refused(servers, ca):
    script = {"RCPT": ["550 5.1.1 no such user", "450 4.2.0 greylisted"]}
    server = servers(ca.good, script=script)
    result = send(server.port, "--ca-file", ca.ca, *LOGIN, to=["b@example.org", "c@example.org"])
    assert result.outcome == "temporary" and server.mails == []


def test_nobody_listens():
    result = send(free_port(), *LOGIN)
    assert result.outcome == "temporary" and result.text.startswith("connect: ")


@pytest.mark.long
def test_a_server_that_greets_late(servers, ca):
    """As one that looks callers up first: after the time that a connection may take."""
    server = servers(ca.good)
    with Slow(server.port, 32) as slow:
        result = send(slow.port, "--ca-file", ca.ca, *LOGIN, "--timeout", "60")
    assert (result.outcome, result.text) == ("delivered", "")


@pytest.mark.parametrize(
    "name,step",
    [("EHLO", "EHLO"), ("STARTTLS", "STARTTLS"), ("AUTH", "login"), ("MAIL", "MAIL"), ("RCPT", "RCPT"),
     ("DATA", "DATA"), ("BODY", "message")],
)
def test_the_step_that_hangs_is_named(servers, ca, name, step):
    server = servers(ca.good, script={name: [""] * 9})
    result = send(server.port, "--ca-file", ca.ca, *LOGIN, "--timeout", "2")
    assert result.outcome == "temporary"
    assert result.text.startswith(step + ": no answer within 2s: "), result.text


def test_tls_that_hangs_is_named():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = send(silent.getsockname()[1], "--timeout", "1", "--implicit")
        assert result.text.startswith("TLS: no answer within 1s: ")


@pytest.mark.parametrize("line", [b"x" * 1000, b"x" * 70 + b"\r\n220-"], ids=["a_line", "lines"])
def test_answers_without_end_are_told_with_the_limit_that_was_hit(line):
    def speak(server):
        client, _ = server.accept()
        try:
            client.sendall(b"220-" + line * ((10 << 20) // len(line)))
        except OSError:
            pass
        client.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=speak, args=[server], daemon=True).start()
        result = send(server.getsockname()[1])
    assert result.outcome == "temporary"
    # the second is what libcurl says of a line that has no end
    assert re.fullmatch("greeting: (the server's answers are longer than 256 KiB|.*too large.* > 307200)",
                        result.text, re.I), result.text


def test_a_server_that_hangs():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        result = send(silent.getsockname()[1], "--timeout", "1")
        assert result.outcome == "temporary"
        assert result.text.startswith("greeting: no answer within 1s: ")
        assert 'smtp_tls = "implicit"' in result.text
        assert time.monotonic() - start < 3


GOLDEN = sorted((TOP / "tests/golden/payload").glob("email-*.txt"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_every_golden_mail_is_right(servers, ca, path):
    """Taken as it is; no defect by a strict parser; no header that is not ours; both forms there."""
    server = servers(ca.good)
    body = path.read_bytes().replace(b"\n", b"\r\n")
    assert send(server.port, "--ca-file", ca.ca, *LOGIN, body=body).outcome == "delivered"
    (mail,) = server.mails
    assert mail.raw == body
    assert max(len(line) for line in body.split(b"\r\n")) <= 76
    message = mail.parsed()
    assert set(message.keys()) <= {
        "Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "List-Id",
        "Auto-Submitted", "X-Auto-Response-Suppress", "X-Sysops-Status", "X-Sysops-Host",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    }
    assert len(message.keys()) == len(set(message.keys())), "a header twice"
    assert [a.addr_spec for a in message["To"].addresses] == ["ops@example.org", "boss@example.com"]
    assert message["To"].addresses[1].display_name == "Ü. Boss"
    headline = message["Subject"].rstrip("…")
    text = message.get_body(("plain",)).get_content()
    assert headline in text.replace("\n", " ") and "\x1b" not in text
    if "minimal" not in path.name:
        html = message.get_body(("html",)).get_content()
        assert html.count("<script") == 0 and "http-equiv" not in html


def parse_golden(name):
    from mail_fakes import Mail

    class Envelope:
        mail_from, rcpt_tos = "", []
        original_content = (TOP / ("tests/golden/payload/email-%s.txt" % name)).read_bytes()

    return Mail(Envelope).parsed()


def test_an_alert_and_its_end_are_a_thread():
    fire, resolve = parse_golden("fire"), parse_golden("resolve")
    assert resolve["In-Reply-To"] == fire["Message-ID"]
    assert fire["Message-ID"] in resolve["References"].split()
    assert resolve["Message-ID"] != fire["Message-ID"]


CONFIG = """
[agent]
hostname = "web-01"
collect_interval_secs = 1
data_dir = "{dir}/data"
proc_root = "{proc}"
sys_root = "{sys}"

[[rules]]
name = "load of the test"
metric = "cpu.load_1m"
critical = 100
for_secs = 0

[alerting.grouping]
enabled = false

[alerting.email]
enabled = true
smtp_host = "127.0.0.1"
smtp_port = {port}
username = "{user}"
password = "${{MAIL_PASSWORD}}"
from = "Alerts <alerts@example.org>"
to = ["ops@example.org", "boss@example.com"]
ca_file = "{ca}"
"""


@pytest.fixture
def open_ca(ca):
    """The CA's certificate where any user can read it."""
    with tempfile.NamedTemporaryFile(suffix=".pem") as f:
        f.write(Path(ca.ca).read_bytes())
        f.flush()
        os.chmod(f.name, 0o644)
        yield f.name


def configuration(tmp_path, server, ca_file):
    fake = FakeProc(tmp_path)
    text = CONFIG.format(
        dir=tmp_path, proc=fake.proc, sys=fake.sys, port=server.port, ca=ca_file, user=USER
    )
    return fake, text


def test_the_agent_mails_an_alert_and_its_end(tmp_path, servers, ca, open_ca):
    server = servers(ca.good, script={"RCPT": ["450 4.2.0 greylisted", "450 4.2.0 greylisted"]})
    fake, text = configuration(tmp_path, server, open_ca)
    with Agent(tmp_path, text, env={"MAIL_PASSWORD": PASSWORD}) as agent:
        fake.load(100000.0)
        wait_for("a mail, after it was greylisted", lambda: server.mails, 40)
        fake.load(0.0)
        wait_for("its end", lambda: len(server.mails) == 2, 40)
        assert PASSWORD not in agent.text()
    fire, resolve = [mail.parsed() for mail in server.mails]
    assert fire["Subject"].startswith("[CRITICAL] web-01: CPU load 1m is")
    assert resolve["Subject"].startswith("[RESOLVED] web-01: CPU load 1m normalized")
    assert resolve["In-Reply-To"] == fire["Message-ID"]
    assert server.mails[0].recipients == ["ops@example.org", "boss@example.com"]
    assert len(server.said("RCPT")) == 6


def test_a_mail_that_was_taken_is_not_sent_again(tmp_path, servers, ca, open_ca):
    """The server takes it and then says nothing more: that is its affair."""
    server = servers(ca.good, script={"QUIT": [""] * 20})
    fake, text = configuration(tmp_path, server, open_ca)
    with Agent(tmp_path, text + "timeout_secs = 3\n", env={"MAIL_PASSWORD": PASSWORD}) as agent:
        fake.load(100000.0)
        wait_for("a mail", lambda: server.mails)
        wait_for("its receipt", lambda: agent.channel("email")["sent"] == 1, 4)
        fake.load(0.0)
        wait_for("its end", lambda: agent.channel("email")["sent"] == 2, 10)
    assert len(server.mails) == 2
    began = time.monotonic()
    status, out, err = run("-c", str(agent.config), "--test-alert", "email", env={"MAIL_PASSWORD": PASSWORD})
    assert status == 0, out + err
    assert time.monotonic() - began < 4 and len(server.mails) == 3


def test_a_wrong_password_is_told_with_the_servers_words(tmp_path, servers, ca, open_ca):
    server = servers(ca.good)
    fake, text = configuration(tmp_path, server, open_ca)
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    status, out, err = run("-c", str(path), "--test-alert", env={"MAIL_PASSWORD": "wr0ng-secret"})
    assert status == 1
    assert "email" in out and "FAILED" in out and "Authentication credentials invalid" in out
    assert "wr0ng-secret" not in out + err
    status, out, err = run("-c", str(path), "--test-alert", env={"MAIL_PASSWORD": PASSWORD})
    assert status == 0, out + err
    assert server.mails[0].parsed()["Subject"].startswith("[TEST] web-01")


@pytest.mark.parametrize(
    "line,words",
    [
        ('from = "nobody"', "must be a mail address"),
        ('to = []', "needs alerting.email.to"),
        ('to = ["a@example.org\\r\\nBcc: x@example.org"]', "control characters"),
        ('to = ["a@example.org>, <x@example.org"]', "must be a mail address"),
        ('smtp_host = "smtp://mx.example.org"', "must be the name or address of a host"),
        ('smtp_tls = false', "would be sent in plain text to mx.example.org"),
        ('smtp_port = 0', "must be from 1 to 65535"),
        ('password = ""', "needs alerting.email.password too"),
    ],
)
def test_configurations_that_cannot_work(tmp_path, line, words):
    keys = {
        "enabled": "enabled = true", "smtp_host": 'smtp_host = "mx.example.org"',
        "from": 'from = "a@example.org"', "to": 'to = ["b@example.org"]',
        "username": 'username = "u"', "password": 'password = "p"',
    }
    keys[line.split(" ")[0]] = line
    path = tmp_path / "config.toml"
    path.write_text("[alerting.email]\n" + "\n".join(keys.values()) + "\n")
    path.chmod(0o600)
    status, _, err = run("-c", str(path), "--check")
    assert status == 2 and words in err
    assert "config.toml:" in err


EXIM_CONF = """
primary_hostname = mx.example.org
spool_directory = {dir}
log_file_path = {dir}/%slog
pid_file_path = {dir}/pid
exim_user = root
exim_group = root
never_users =
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
tls_advertise_hosts = *
tls_certificate = {cert}
tls_privatekey = {key}
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
queue_only
acl_smtp_rcpt = check_rcpt
acl_smtp_data = accept
disable_ipv6
begin acl
check_rcpt:
  deny ! authenticated = *
       message = authentication required
  deny local_parts = nobody
       message = no such user here
  accept
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


@pytest.fixture
def exim(tmp_path, ca):
    program = find_program("exim4")
    if program is None:
        pytest.skip("exim4 is not installed")
    if os.geteuid() != 0:
        pytest.skip("exim4 needs root to be started by hand")
    folder, port = tmp_path / "exim", free_port()
    folder.mkdir()
    conf = folder / "exim.conf"
    conf.write_text(EXIM_CONF.format(dir=folder, port=port, cert=ca.good[0], key=ca.good[1],
                                     user=USER, password=PASSWORD))
    daemon = subprocess.Popen([program, "-C", str(conf), "-bdf", "-q10m"], stderr=subprocess.PIPE)

    def up():
        with socket.socket() as s:
            return daemon.poll() is not None or s.connect_ex(("127.0.0.1", port)) == 0

    wait_for("exim4 to be up", up, 10)
    if daemon.poll() is not None:
        pytest.skip("exim4 does not start here: " + daemon.stderr.read().decode()[:200])
    yield port, folder / "input"
    daemon.terminate()
    daemon.wait(10)


def test_exim_takes_it(exim, ca):
    port, queue = exim
    body = (TOP / "tests/golden/payload/email-hostile.txt").read_bytes().replace(b"\n", b"\r\n")
    result = send(port, "--ca-file", ca.ca, *LOGIN, body=body)
    assert (result.outcome, result.status) == ("delivered", 250), result.text
    (headers,), (content,) = queue.glob("*-H"), queue.glob("*-D")
    assert b"Bcc" not in headers.read_bytes().replace(b"x0aBcc", b"")
    assert b"multipart/alternative" in headers.read_bytes()
    assert b"--=_sysops-agent_part" in content.read_bytes()
    result = send(port, "--ca-file", ca.ca, *LOGIN, prefix=named(b"web_01"))
    assert result.outcome == "delivered", result.text
    result = send(port, "--ca-file", ca.ca, "--login", USER, "--password", "wrong")
    assert (result.outcome, result.status) == ("denied", 535), result.text
    result = send(port, "--ca-file", ca.ca)
    assert result.outcome == "denied" and "authentication required" in result.text
    result = send(port, "--ca-file", ca.ca, *LOGIN, to=["nobody@example.org", "b@example.org"])
    assert result.outcome == "delivered" and "1 of 2 recipients refused" in result.text
