"""One delivery (build/tools/deliver) against services that behave, misbehave or cheat."""

import os
import re
import subprocess
import time

import pytest

from fakes import (
    Discord, answer, discord, drip, flood, flood_headers, hang, proxy, rate_limit, receiver,
    redirect, reset, slow_body, start_nginx, ca, free_port,
)
from harness import BUILD, TOP

DELIVER = BUILD / "tools" / "deliver"
BODY = b'{"content": "hello"}'


class Result:
    def __init__(self, text):
        self.outcome, status, wait, self.text = text.rstrip("\n").split(" ", 3)
        self.status, self.wait_ms = int(status), int(wait)


def deliver(url, *options, channel="webhook", body=BODY, env=None):
    assert DELIVER.exists(), "%s is missing: make tools" % DELIVER
    env = dict(os.environ, **(env or {}))
    done = subprocess.run(
        [DELIVER, channel, url, *options], input=body, capture_output=True, timeout=60, env=env
    )
    assert done.stderr == b""
    return Result(done.stdout.decode())


@pytest.fixture
def tls(tmp_path, receiver):
    """tls(pair): the URL of the receiver behind nginx with that certificate."""
    running = []

    def start(pair):
        running.append(start_nginx(tmp_path, receiver.port, pair))
        return running[-1].url

    yield start
    for nginx in running:
        nginx.stop()


def test_the_request_is_as_it_should_be(receiver):
    result = deliver(receiver.url, "--header", "X-Key", "some-secret", "--timeout", "5")
    assert (result.outcome, result.status) == ("delivered", 200)
    (request,) = receiver.requests
    assert request.method == "POST" and request.path == "/hook" and request.body == BODY
    assert request.header("Content-Type") == "application/json"
    assert request.header("X-Key") == "some-secret"
    assert re.fullmatch(r"sysops-agent/[0-9.]+\S*", request.header("User-Agent"))
    assert request.header("Expect") is None
    assert request.header("Content-Length") == str(len(BODY))


def test_method_and_own_content_type(receiver):
    deliver(receiver.url, "--method", "PUT", "--header", "Content-Type", "text/x")
    (request,) = receiver.requests
    assert request.method == "PUT" and request.header("Content-Type") == "text/x"


def test_a_large_body_needs_no_continue(receiver):
    assert deliver(receiver.url, body=b"x" * 49152).outcome == "delivered"
    assert len(receiver.requests[0].body) == 49152


def test_tls_with_our_ca(tls, ca, receiver):
    url = tls(ca.good)
    assert deliver(url + "/hook", "--ca-file", ca.ca).outcome == "delivered"
    assert receiver.requests[0].body == BODY


@pytest.mark.parametrize("trust", ["stranger", "system"])
def test_an_unknown_ca_is_refused(tls, ca, receiver, trust):
    options = ["--ca-file", ca.stranger] if trust == "stranger" else []
    result = deliver(tls(ca.good) + "/hook", *options)
    assert result.outcome == "temporary" and "certificate" in result.text
    assert receiver.requests == []


@pytest.mark.parametrize("pair,word", [("expired", "expired"), ("wrong_host", "match")])
def test_a_bad_certificate_is_refused(tls, ca, receiver, pair, word):
    result = deliver(tls(getattr(ca, pair)) + "/hook", "--ca-file", ca.ca)
    assert result.outcome == "temporary" and word in result.text
    assert receiver.requests == []


def test_a_ca_file_that_is_not_there(tls, ca, receiver):
    result = deliver(tls(ca.good) + "/hook", "--ca-file", "/nonexistent.pem")
    assert result.outcome == "temporary" and "ca_file" in result.text
    assert receiver.requests == []


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1:1/x", "file:///etc/passwd", "gopher://127.0.0.1:1/x", "smtp://[::1]"]
)
def test_other_protocols_are_refused(url):
    result = deliver(url)
    assert result.outcome == "denied" and "rotocol" in result.text


@pytest.mark.parametrize("behaviour", [hang, drip])
def test_a_service_that_hangs(receiver, behaviour):
    receiver.script(behaviour())
    start = time.monotonic()
    result = deliver(receiver.url, "--timeout", "1")
    assert result.outcome == "temporary" and "no answer within 1s" in result.text
    assert 0.9 < time.monotonic() - start < 3


def test_a_confirmed_message_stays_confirmed(receiver):
    receiver.script(slow_body(200))
    start = time.monotonic()
    result = deliver(receiver.url, "--timeout", "1")
    assert (result.outcome, result.status) == ("delivered", 200)
    assert time.monotonic() - start < 3


def test_a_reset(receiver):
    receiver.script(reset())
    assert deliver(receiver.url).outcome == "temporary"


def test_nobody_listens():
    result = deliver("http://127.0.0.1:%d/secret-path-of-mine" % free_port())
    assert result.outcome == "temporary" and "connect" in result.text
    assert "secret-path" not in result.text


@pytest.mark.parametrize(
    "status,outcome",
    [(200, "delivered"), (201, "delivered"), (400, "rejected"), (401, "denied"), (403, "denied"),
     (404, "denied"), (405, "denied"), (408, "temporary"), (410, "denied"), (413, "rejected"),
     (422, "rejected"), (425, "temporary"), (500, "temporary"), (502, "temporary")],
)
def test_outcomes(receiver, status, outcome):
    receiver.script(answer(status, b"because of " + b"z" * 300))
    result = deliver(receiver.url)
    assert (result.outcome, result.status) == (outcome, status)
    assert status < 300 or result.text.startswith(f"HTTP {status} ")
    assert status < 300 or result.text.endswith(": because of " + "z" * 189)  # 200 bytes of the service's


@pytest.mark.parametrize(
    "status,size,outcome", [(200, 10 << 20, "delivered"), (500, 10 << 20, "temporary")]
)
def test_an_answer_without_end(receiver, status, size, outcome):
    receiver.script(flood(status, size))
    start = time.monotonic()
    assert deliver(receiver.url).outcome == outcome
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("line", [1000, 90000, 200000, 10 << 20])
def test_headers_without_end_are_told_with_the_limit_that_was_hit(receiver, line):
    """Whether there are too many lines or one is too long, which the library calls a lack of memory."""
    receiver.script(flood_headers(line=line))
    start = time.monotonic()
    result = deliver(receiver.url)
    assert result.outcome == "temporary"
    assert result.text == "the headers of the answer are longer than 64 KiB"
    assert time.monotonic() - start < 2


def peak_rss_kb(url):
    """Of the deliver program alone, by /usr/bin/time's means: rusage of a waited-for child."""
    read, write = os.pipe()
    process = subprocess.Popen([DELIVER, "webhook", url], stdin=read, stdout=subprocess.DEVNULL)
    os.close(read)
    os.write(write, BODY)
    os.close(write)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_maxrss


def test_memory_is_flat(receiver):
    small = peak_rss_kb(receiver.url)
    receiver.script(flood(200, 10 << 20))
    assert peak_rss_kb(receiver.url) < small + 1024


def test_rate_limits_in_all_forms(receiver):
    cases = [
        (rate_limit(1.5), 2000),
        (rate_limit(1.5, header=False), 1500),
        (rate_limit(0.25, header=False, reset_after=False), 250),
        (answer(429, b"", {"Retry-After": "7"}), 7000),
        (answer(429, b"<html>slow down</html>"), 5000),
        (answer(503, b"", {"Retry-After": "120"}), 120000),
    ]
    for number, (behaviour, wait_ms) in enumerate(cases):
        receiver.script(behaviour)
        result = deliver(receiver.url + "/%d" % number)
        assert result.wait_ms == wait_ms
        assert result.outcome == ("rate_limited" if result.status == 429 else "temporary")


def test_a_date_to_retry_after(receiver):
    when = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
    receiver.script(answer(429, b"", {"Retry-After": when}))
    assert 57000 < deliver(receiver.url).wait_ms <= 60000


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(receiver, proxy, status):
    receiver.script(redirect(proxy.url + "/elsewhere", status))
    result = deliver(receiver.url)
    assert (result.outcome, result.status) == ("denied", status)
    assert result.text.startswith(f"HTTP {status} ")
    assert ": redirects to %s/elsewhere, where nothing is sent" % proxy.url in result.text
    assert proxy.requests == []


def test_the_configured_proxy_is_used(receiver, proxy):
    assert deliver(receiver.url, "--proxy", proxy.url).outcome == "delivered"
    assert proxy.targets == [receiver.url]
    assert receiver.requests[0].body == BODY


def test_tls_through_a_proxy(tls, ca, receiver, proxy):
    url = tls(ca.good)
    result = deliver(url + "/hook", "--ca-file", ca.ca, "--proxy", proxy.url)
    assert result.outcome == "delivered"
    assert proxy.targets == [url[len("https://"):]]
    result = deliver(url + "/hook", "--ca-file", ca.stranger, "--proxy", proxy.url)
    assert result.outcome == "temporary" and len(receiver.requests) == 1


def test_a_proxy_of_the_environment_is_not_used(receiver):
    nobody = "http://127.0.0.1:%d" % free_port()
    env = {"http_proxy": nobody, "https_proxy": nobody, "all_proxy": nobody, "ALL_PROXY": nobody}
    assert deliver(receiver.url, env=env).outcome == "delivered"


def test_a_services_words_turn_no_text_around(receiver):
    """Log, status and messages all say this text."""
    receiver.script(answer(500, '{"message": "\u202egnp.exe \u2066x\u2069"}'.encode()))
    result = deliver(receiver.url)
    assert "\\u202egnp.exe \\u2066x\\u2069" in result.text and result.text.isprintable()


def test_secrets_do_not_come_back(receiver):
    token = "t0ken-of-the-webhook"
    url = "http://127.0.0.1:%d/api/hooks/%s?key=another-secret" % (receiver.port, token)
    text = "no %s at %s with another-secret or Bearer hunter2hunter2" % (token, url)
    receiver.script(answer(500, text.encode()))
    result = deliver(url, "--header", "Authorization", "Bearer hunter2hunter2")
    assert result.text == "HTTP 500 Internal Server Error: a fault of the service: no *** at *** with *** or ***"


def test_discord_takes_it(discord):
    result = deliver(discord.url, channel="discord")
    assert (result.outcome, result.status) == ("delivered", 204)
    assert discord.messages == [{"content": "hello"}] and discord.violations == []
    assert deliver(discord.url + "?wait=true", channel="discord").status == 200


def test_a_thread_of_discord(discord):
    discord.thread = "4711"
    result = deliver(discord.url, channel="discord")
    assert (result.outcome, result.status) == ("denied", 400) and "thread_id" in result.text
    result = deliver(discord.url, "--thread", "12", channel="discord")
    assert result.outcome == "denied" and result.text.endswith("Unknown Channel")
    assert deliver(discord.url, "--thread", "4711", channel="discord").status == 204
    assert deliver(discord.url + "?wait=true", "--thread", "4711", channel="discord").status == 200


def test_discords_words(discord):
    result = deliver(discord.url[:-1], channel="discord")
    assert result.outcome == "denied" and result.text.endswith(": Invalid Webhook Token")
    result = deliver(discord.url.replace(Discord.ID, "1"), channel="discord")
    assert result.outcome == "denied" and result.text.endswith(": Unknown Webhook")
    result = deliver(discord.url, channel="discord", body=b'{"content": ""}')
    assert result.outcome == "rejected" and result.text.endswith(": Cannot send an empty message")


def test_discords_rate_limit(discord):
    discord.rate = (2, 1.0)
    outcomes = [deliver(discord.url, channel="discord") for _ in range(3)]
    assert [r.outcome for r in outcomes] == ["delivered", "delivered", "rate_limited"]
    assert 0 < outcomes[2].wait_ms <= 1000
    assert deliver(discord.url, channel="discord").outcome == "rate_limited"
    assert "before the time" in discord.violations[0]


@pytest.mark.parametrize(
    "path", sorted((TOP / "tests/golden/payload").glob("discord-*.txt")), ids=lambda p: p.stem
)
def test_discord_takes_every_golden_payload(discord, path):
    result = deliver(discord.url, channel="discord", body=path.read_bytes())
    assert (result.outcome, discord.violations) == ("delivered", [])
