"""Slack, Telegram, ntfy and PagerDuty: the stand-ins are strict, every golden payload passes them,
and an agent tells them of an alert and its end, waits as long as each asks, and drops no alert over
a message that is refused or a chat that is wrong."""

import json
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from fakes import answer
from harness import BUILD, TOP, Agent, FakeProc, run, wait_for
from service_fakes import (  # noqa: F401
    Ntfy, PagerDuty, Slack, Telegram, TelegramHtml, Refusal, ntfy, pagerduty, slack, telegram,
)

DELIVER = BUILD / "tools" / "deliver"
GOLDEN = TOP / "tests" / "golden" / "payload"
SLOT_SHOWN, SLOT = b"(filled in by the courier)", b"\x1a"
SERVICES = ["slack", "telegram", "ntfy", "pagerduty"]


@pytest.fixture
def service(request):
    """The stand-in named by the parameter."""
    return request.getfixturevalue(request.param)


def name_of(service):
    return type(service).__name__.lower()


def address(service):
    return service.base if isinstance(service, Telegram) else service.url


def token(service):
    return {"telegram": Telegram.TOKEN, "pagerduty": PagerDuty.KEY}.get(name_of(service), "")


def deliver(service, body, *options):
    name = name_of(service)
    secret = ["--token", token(service)] if token(service) else []
    done = subprocess.run(
        [DELIVER, name, address(service), *secret, *options], input=body, capture_output=True,
        timeout=60, check=False,
    )
    assert done.stderr == b""
    outcome, status, wait_ms, text = done.stdout.decode().rstrip("\n").split(" ", 3)
    return outcome, int(status), int(wait_ms), text


def post(url, body, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


# The stand-ins are strict.


def section(text, kind="plain_text"):
    return {"type": "section", "text": {"type": kind, "text": text}}


SLACK_BAD = [
    {},
    {"text": ""},
    {"text": "a <!here> b"},
    {"text": "a <@U123> b"},
    {"text": "@everyone", "link_names": True},
    {"text": "a < b"},
    {"text": "a & b"},
    {"text": "x" * 4001},
    {"text": "x", "unheard": 1},
    {"text": "x", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "h" * 151}}]},
    {"text": "x", "blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "h"}}]},
    {"text": "x", "blocks": [section("x" * 3001)]},
    {"text": "x", "blocks": [section("<!channel>", "mrkdwn")]},
    {"text": "x", "blocks": [section("x")] * 51},
    {"text": "x", "blocks": [section("x")] * 30, "attachments": [{"blocks": [section("x")] * 21}]},
    {"text": "x", "blocks": [{"type": "section", "fields": [section("x")["text"]] * 11}]},
    {"text": "x", "blocks": [{"type": "section", "fields": [section("x" * 2001)["text"]]}]},
    {"text": "x", "blocks": [{"type": "context", "elements": []}]},
    {"text": "x", "attachments": [{"color": "red"}]},
    b"no json",
]


@pytest.mark.parametrize("number", range(len(SLACK_BAD)))
def test_slack_refuses(slack, number):
    status, text = post(slack.url, SLACK_BAD[number])
    assert status == 400 and text in ("invalid_blocks", "invalid_payload", "no_text")
    assert len(slack.violations) == 1 and slack.messages == []


def test_slack_takes(slack):
    date = {"type": "mrkdwn", "text": "<!date^1^{date}|then>"}
    message = {
        "text": "&lt;!here&gt;",
        "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "h" * 150}}],
        "attachments": [
            {"color": "#ff0000", "blocks": [section("x" * 3000), {"type": "context", "elements": [date]}]}
        ],
    }
    assert post(slack.url, message) == (200, "ok") and slack.violations == []
    assert post(slack.url + "x", message) == (404, "no_service")


HTML_BAD = [
    ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
    ("x</b>", "Unexpected end tag at byte offset 1"),
    ("<b><i>x</b></i>", "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\""),
    ("<script>x</script>", "Unsupported start tag \"script\" at byte offset 0"),
    ("a <b", "Unclosed start tag at byte offset 2"),
    ("a & b", "bare & at byte offset 2"),
    ("a &nbsp; b", "bare &nbsp; at byte offset 2"),
    ("\u00fc<x>", "Unsupported start tag \"x\" at byte offset 2"),
]


@pytest.mark.parametrize("text,error", HTML_BAD)
def test_telegram_refuses_html(telegram, text, error):
    url = "%s/bot%s/sendMessage" % (telegram.base, Telegram.TOKEN)
    status, reply = post(url, {"chat_id": Telegram.CHAT, "text": text, "parse_mode": "HTML"})
    assert status == 400
    assert json.loads(reply)["description"].startswith("Bad Request: can't parse entities: " + error)
    assert post(url, {"chat_id": Telegram.CHAT, "text": text})[0] == 200


def test_telegram_counts_what_is_left(telegram):
    url = "%s/bot%s/sendMessage" % (telegram.base, Telegram.TOKEN)

    def send(text, **more):
        return post(url, {"chat_id": Telegram.CHAT, "text": text, "parse_mode": "HTML", **more})[0]

    assert send("<b>%s</b>" % ("&amp;" * 4096)) == 200
    assert send("x" * 4097) == 400
    assert send("\U0001f600" * 2049) == 400
    assert send("") == 400
    assert send("x", chat_id="1") == 400
    assert post(url.replace("AAF", "BBF"), {})[0] == 401
    assert post(telegram.base + "/botx/sendMessage", {})[0] == 404
    before = len(telegram.violations)
    assert send("look at /var") == 200 and send("hey @someone") == 200
    assert len(telegram.violations) == before + 2
    assert send("look at <code>/var</code>, <b>hey <code>@someone</code></b>") == 200
    entity = {"type": "code", "offset": 11, "length": 4}
    url_of = {"chat_id": Telegram.CHAT, "text": "\U0001f600 look at /var"}
    assert post(url, {**url_of, "entities": [entity]})[0] == 200
    assert telegram.read(telegram.messages[-1]).code == ["/var"]
    assert send("it is 12 MiB/s at a@b") == 200 and len(telegram.violations) == before + 2
    assert post(url, {**url_of, "entities": [{**entity, "length": 5}]})[0] == 400


def test_ntfy_refuses(ntfy):
    good = {"topic": Ntfy.TOPIC, "message": "x" * 4096, "title": "t", "priority": 5}
    assert post(ntfy.base, good)[0] == 200 and ntfy.violations == []
    for change, status in [
        ({"topic": "other"}, 403), ({"topic": "a/b"}, 400), ({"message": "\u00fc" * 2049}, 413),
        ({"message": ""}, 413), ({"priority": 6}, 400), ({"extra": 1}, 400), ({"title": "a\nb"}, 400),
    ]:
        assert post(ntfy.base, {**good, **change})[0] == status
    assert post(ntfy.base, {**good, "message": "\"" * 4096})[0] == 413
    assert len(ntfy.messages) == 1
    ntfy.token = "tk_x"
    assert post(ntfy.base, good)[0] == 401
    assert post(ntfy.base, good, Authorization="Bearer tk_x")[0] == 200


def test_pagerduty_refuses(pagerduty):
    payload = {"summary": "x" * 1024, "source": "h", "severity": "critical"}
    good = {"routing_key": PagerDuty.KEY, "event_action": "trigger", "dedup_key": "k", "payload": payload}
    assert post(pagerduty.url, good)[0] == 202 and pagerduty.incidents == {"k": "triggered"}
    for change, word in [
        ({"routing_key": "x"}, "routing_key"), ({"event_action": "x"}, "event_action"),
        ({"dedup_key": "k" * 256}, "dedup_key"), ({"payload": {**payload, "severity": "warn"}}, "severity"),
        ({"payload": {**payload, "summary": "x" * 1025}}, "summary"), ({"x": 1}, "unknown"),
    ]:
        status, text = post(pagerduty.url, {**good, **change})
        assert status == 400 and word in json.loads(text)["errors"][0]


# Payloads


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_every_golden_payload_is_taken(service):
    paths = sorted(GOLDEN.glob(name_of(service) + "-*.txt"))
    assert len(paths) > 10
    for path in paths:
        body = path.read_bytes().replace(SLOT_SHOWN, SLOT)
        if isinstance(service, Telegram):
            body = body.replace(b"-1001234567890", Telegram.CHAT.encode())
        assert deliver(service, body)[0] == "delivered", path
    assert service.violations == [] and len(service.messages) == len(paths)


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_the_secret_goes_where_it_belongs(service):
    body = next(GOLDEN.glob(name_of(service) + "-fire.txt")).read_bytes().replace(SLOT_SHOWN, SLOT)
    assert deliver(service, body)[0] == "delivered"
    (request,) = service.requests
    message = request.json()
    assert SLOT not in request.body
    assert message.get("routing_key", PagerDuty.KEY) == PagerDuty.KEY
    assert message.get("topic", Ntfy.TOPIC) == Ntfy.TOPIC


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_a_429_in_its_own_form(service):
    service.script(service.limit(7))
    outcome, status, wait_ms, _ = deliver(service, b"{}")
    assert (outcome, status, wait_ms) == ("rate_limited", 429, 7000)


def test_a_bearer_token(ntfy):
    ntfy.token = "tk_0123456789"
    body = (GOLDEN / "ntfy-fire.txt").read_bytes().replace(SLOT_SHOWN, SLOT)
    outcome, status, _, text = deliver(ntfy, body)
    assert (outcome, status) == ("denied", 401) and text.startswith("HTTP 401 Unauthorized: ")
    assert deliver(ntfy, body, "--token", ntfy.token)[0] == "delivered"


# The agent


CONFIG = """
[agent]
hostname = "web-01"
collect_interval_secs = 1
data_dir = "{dir}/data"
proc_root = "{proc}"
sys_root = "{sys}"

[alerting]
group_window_secs = 0
dedup_window_secs = 0

[[rules]]
name = "busy"
metric = "cpu.load_1m"
critical = 5
for_secs = 0
message = "look at <it> & @me"

[alerting.{name}]
enabled = true
timeout_secs = 5
"""

KEYS = {
    "slack": "webhook_url = '{url}'\n",
    "telegram": "api_url = '{url}'\nbot_token = '${{SECRET}}'\nchat_id = '" + Telegram.CHAT + "'\n",
    "ntfy": "url = '{url}'\n",
    "pagerduty": "url = '{url}'\nrouting_key = '${{SECRET}}'\n",
    "alertmanager": "url = '{url}'\n",
}


@pytest.fixture
def folder():
    """One that the user whom a root agent becomes can reach: pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="sysops-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


class Host:
    """An agent over a proc of its own that tells one service."""

    def __init__(self, folder, name, url, secret="", keys=None):
        self.proc = FakeProc(folder)
        text = CONFIG.format(dir=folder, proc=self.proc.proc, sys=self.proc.sys, name=name)
        text += (keys or KEYS[name]).format(url=url)
        self.agent = Agent(folder, text, env={"SECRET": secret or "none"})

    def __enter__(self):
        self.agent.start()
        return self

    def __exit__(self, *_):
        self.agent.stop()


def host_for(folder, service):
    return Host(folder, name_of(service), address(service), token(service))


def headline(service, message):
    if isinstance(service, Telegram):
        return Telegram.shown(message).split("\n")[0]
    if isinstance(service, Ntfy):
        return message["title"] + ": " + message["message"].split("\n")[0]
    return message["text"] if isinstance(service, Slack) else message["payload"]["summary"]


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_an_alert_and_its_end(folder, service):
    with host_for(folder, service) as host:
        host.proc.load(9)
        service.wait_for(1)
        host.proc.load(1)
        service.wait_for(2)
        text = host.agent.text()
    assert service.violations == []
    heads = [headline(service, m) for m in service.messages]
    assert heads[0] == "[CRITICAL] web-01: CPU load 1m is 9 (limit 5)"
    assert heads[1].startswith("[RESOLVED] web-01: CPU load 1m normalized: 1 (was 9, for ")
    secret = token(service) or service.url
    assert secret not in text


def test_pagerduty_closes_what_it_opened(folder, pagerduty):
    with host_for(folder, pagerduty) as host:
        host.proc.load(9)
        pagerduty.wait_for(1)
        (state,) = pagerduty.incidents.values()
        assert state == "triggered"
        host.proc.load(1)
        pagerduty.wait_for(2)
        wait_for("the end", lambda: list(pagerduty.incidents.values()) == ["resolved"])


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_no_request_before_the_time_asked_for(folder, service):
    service.script(service.limit(2), service.limit(3))
    with host_for(folder, service) as host:
        host.proc.load(9)
        requests = service.wait_for(3, timeout=20)
        wait_for("the message", lambda: service.messages)
    assert service.violations == []
    assert requests[1].time - requests[0].time >= 2
    assert requests[2].time - requests[1].time >= 3
    assert requests[2].time - requests[0].time < 8


def test_telegram_gets_plain_text_where_it_refuses_markup(folder, telegram):
    refusal = {"ok": False, "error_code": 400, "description": "Bad Request: can't parse entities: x"}
    telegram.script(answer(400, json.dumps(refusal).encode()))
    with host_for(folder, telegram) as host:
        host.proc.load(9)
        first, second = telegram.wait_for(2)[:2]
        wait_for("the message", lambda: telegram.messages)
    assert first.json()["parse_mode"] == "HTML" and "parse_mode" not in second.json()
    assert second.json()["text"] == "[CRITICAL] web-01: CPU load 1m is 9 (limit 5)"


def test_a_chat_that_moved_costs_no_alert(folder, telegram):
    refusal = {
        "ok": False, "error_code": 400, "parameters": {"migrate_to_chat_id": -100777},
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
    }
    telegram.script(answer(400, json.dumps(refusal).encode()))
    with host_for(folder, telegram) as host:
        host.proc.load(9)
        telegram.wait_for(1)
        wait_for("the log", lambda: "its chat_id is -100777 now" in host.agent.text())
        time.sleep(1.5)
        assert len(telegram.requests) == 1
        host.agent.stop()
        host.agent.start()
        telegram.wait_for(2)
        wait_for("the message", lambda: telegram.messages)
    assert telegram.messages[0]["parse_mode"] == "HTML"


def test_test_alert(folder, slack):
    host = host_for(folder, slack)
    code, out, _ = run("-c", str(host.agent.config), "--test-alert", env={"SECRET": "x"})
    assert code == 0 and "slack" in out
    assert slack.messages[0]["text"].startswith("[TEST] web-01: ") and slack.violations == []
    slack.script(answer(404, b"no_service"))
    code, out, _ = run("-c", str(host.agent.config), "--test-alert", env={"SECRET": "x"})
    assert code == 1 and "no_service" in out and Slack.PATH not in out
