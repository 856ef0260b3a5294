"""--test-alert: one message through each channel, one line on each, the truth in the exit status."""

import json
import socket
import tempfile
from pathlib import Path

import pytest

from fakes import answer, discord, receiver
from harness import Agent, FakeProc, load_rule, quick, run, wait_for

TOKEN = "t0ken-of-the-webhook"


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="sysops-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def try_channels(folder, text, *args):
    config = folder / "config.toml"
    config.write_text('[agent]\nhostname = "web-1"\n' + text)
    config.chmod(0o600)
    return run("--test-alert", *args, "-c", str(config), timeout=40)


def webhook(receiver):
    return f'[alerting.webhook]\nenabled = true\nurl = "http://127.0.0.1:{receiver.port}/{TOKEN}"\n'


def test_it_arrives_and_is_clearly_a_test(folder, receiver):
    code, out, err = try_channels(folder, webhook(receiver))
    assert code == 0, out + err
    assert out.splitlines() == ["webhook    ok: accepted with status 200"]
    (request,) = receiver.requests
    body = json.loads(request.body)
    assert body["hostname"] == "web-1" and "test" in body["message"].lower()
    assert request.header("Content-Type") == "application/json"


def test_the_services_own_words_without_secrets(folder, receiver):
    receiver.script(answer(404, f"no hook {TOKEN} here".encode()))
    code, out, err = try_channels(folder, webhook(receiver))
    assert code == 1
    assert out.startswith("webhook    FAILED: ") and "no hook *** here" in out
    assert TOKEN not in out + err


NOTHING_HERE = "HTTP 404 Not Found: there is nothing at this address that takes messages: check the URL"


@pytest.mark.parametrize(
    "status,body,text",
    [
        (404, b"", NOTHING_HERE),
        (404, b'{"message": "Unknown Webhook"}', NOTHING_HERE + ": Unknown Webhook"),
        (501, b"<!DOCTYPE html>\n<html><h1>Error response</h1></html>",
         "HTTP 501 Not Implemented: the service does not know such a request: check the URL"),
        (401, b"401 Unauthorized", "HTTP 401 Unauthorized: the token, key or password is not accepted: check it"),
        (503, b"\x1f\x8b\x00\xff",
         "HTTP 503 Service Unavailable: the service, or what stands in front of it, is down or overloaded"),
    ],
)
def test_what_was_wrong_is_said_alike_everywhere(folder, receiver, status, body, text):
    """By --test-alert, in the log and by status: the number, what it means, and words if there are any."""
    receiver.default = answer(status, body)
    code, out, _ = try_channels(folder, webhook(receiver))
    assert (code, out) == (1, f"webhook    FAILED: {text}\n")
    fake = FakeProc(folder)
    fake.load(9)
    config = quick(folder, webhook(receiver), load_rule(5), fake=fake)
    with Agent(folder, config) as agent:
        line = agent.wait_for_line("channel webhook", f"({text})")
        assert line.count(str(status)) == 1

        def last_error():
            _, seen, _ = run("status", "--format", "json", "-c", str(agent.config))
            return [c["last_error"] for c in json.loads(seen)["channels"] if c["name"] == "webhook"][0]

        assert wait_for("status", last_error) == text


def test_one_line_each_and_all_are_tried(folder, receiver):
    path = folder / "log.sock"
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(str(path))
    path.chmod(0o666)
    log.settimeout(10)
    receiver.script(answer(500, b"out of order"))
    text = webhook(receiver) + f'[alerting.syslog]\nenabled = true\nsocket = "{path}"\n[alerting.console]\nenabled = true\n'
    code, out, err = try_channels(folder, text)
    assert code == 1
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert set(lines) == {"console", "webhook", "syslog"}
    assert "FAILED" in lines["webhook"] and "out of order" in lines["webhook"]
    assert " ok: " in lines["syslog"] and " ok: " in lines["console"]
    assert b"web-1" in log.recv(65536)
    assert "web-1" in err
    log.close()


def test_an_answer_that_is_no_http_is_tried_again(folder, receiver):
    """A proxy that stumbles once must not close the channel for 15 minutes."""
    host = FakeProc(folder)
    garbage = lambda handler, request: (handler.wfile.write(b"what?\r\n"), setattr(handler, "close_connection", True))
    receiver.script(garbage)
    with Agent(folder, quick(folder, webhook(receiver), load_rule(5), fake=host)):
        host.load(9)
        requests = receiver.wait_for(2, timeout=20)
    assert json.loads(requests[1].body)["status"] == "firing"


def test_only_the_one_named(folder, receiver):
    text = webhook(receiver) + "[alerting.console]\nenabled = true\n"
    code, out, err = try_channels(folder, text, "webhook")
    assert code == 0 and len(out.splitlines()) == 1 and len(receiver.requests) == 1
    code, _, err = try_channels(folder, text, "pigeon")
    assert code == 2 and "no such channel" in err
    code, _, err = try_channels(folder, text, "discord")
    assert code == 2 and "enabled" in err


def test_nobody_listens(folder, receiver):
    receiver.stop()
    code, out, _ = try_channels(folder, webhook(receiver))
    assert code == 1 and "onnect" in out and TOKEN not in out
