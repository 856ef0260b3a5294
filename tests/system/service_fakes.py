"""Slack, Telegram, ntfy and PagerDuty as strict stand-ins on 127.0.0.1.

Each refuses what its service documents as refused, in the service's own words, and notes as a
violation whatever breaks a limit, pings somebody or comes before the time that a 429 asked for.
limit(secs) is a behaviour for script(): that 429, in the form of the service.
messages: what was accepted. Fixtures for pytest: slack, telegram, ntfy, pagerduty.
"""

import json
import re
from datetime import datetime

import pytest

from fakes import Receiver, _no_twins, _running, _units


class Refusal(Exception):
    """status and text of the answer; what: what was broken, for the violations."""

    def __init__(self, status, text, what=None):
        super().__init__(text)
        self.status, self.text, self.what = status, text, what


class Service(Receiver):
    """A Receiver of JSON by POST. Subclasses check a message and say how they answer."""

    PATH = "/"

    def __init__(self, port=0):
        self.messages = []
        super().__init__(port=port)

    @property
    def base(self):
        return "http://127.0.0.1:%d" % self.port

    def normal(self, handler, request):
        try:
            self.check_address(request)
            if request.method != "POST":
                raise Refusal(405, "method_not_allowed", "method " + request.method)
            if request.header("Content-Type") != "application/json":
                raise Refusal(400, self.BAD_JSON, "content type")
            try:
                message = json.loads(request.body.decode("utf-8"), object_pairs_hook=_no_twins)
            except ValueError as error:
                raise Refusal(400, self.BAD_JSON, "JSON: %s" % error)
            self.check(message)
        except Refusal as refusal:
            self.violate(refusal.what or refusal.text)
            self.refuse(handler, request, refusal)
            return
        with self._lock:
            self.messages.append(message)
        self.accept(handler, request, message)

    def send_json(self, handler, status, data, headers=None):
        headers = {"Content-Type": "application/json", **(headers or {})}
        handler.reply(status, json.dumps(data).encode(), headers)


def _keys(value, allowed, what):
    if not isinstance(value, dict):
        raise Refusal(400, what, "%s: no object" % what)
    unknown = set(value) - set(allowed)
    if unknown:
        raise Refusal(400, what, "%s: unknown %s" % (what, sorted(unknown)))


# Slack: https://docs.slack.dev/reference/block-kit and .../messaging/sending-messages-using-incoming-webhooks


class Slack(Service):
    """An incoming webhook."""

    PATH = "/services/T00000000/B00000000/fAkEsLaCkToKeN0123456789"
    BAD_JSON = "invalid_payload"

    @property
    def url(self):
        return self.base + self.PATH

    def limit(self, secs):
        def behave(handler, request):
            self.forbid(request.path, secs)
            handler.reply(429, b"rate_limited", {"Retry-After": str(secs)})

        return behave

    def check_address(self, request):
        if request.path != self.PATH:
            raise Refusal(404, "no_service")

    def refuse(self, handler, request, refusal):
        handler.reply(refusal.status, refusal.text.encode(), {"Content-Type": "text/html"})

    def accept(self, handler, request, message):
        handler.reply(200, b"ok", {"Content-Type": "text/html"})

    MENTION = re.compile(r"<[!@#]")  # "@here" is text, where no link_names is asked for

    def text(self, value, most, markup=False):
        """Escaped text without mentions. markup: our own, which may hold a date."""
        if not isinstance(value, str) or not 1 <= _units(value) <= most:
            raise Refusal(400, "invalid_blocks", "a text of %s characters" % len(value or ""))
        if markup:
            value = re.sub(r"<!date\^\d+\^[^|<>]*\|[^<>]*>", "", value)
        if self.MENTION.search(value):
            raise Refusal(400, "invalid_blocks", "mentions somebody: %r" % value)
        if re.search(r"[<>]|&(?!amp;|lt;|gt;)", value):
            raise Refusal(400, "invalid_blocks", "not escaped: %r" % value)

    def object(self, value, most, types=("plain_text", "mrkdwn")):
        _keys(value, {"type", "text", "emoji", "verbatim"}, "invalid_blocks")
        if value.get("type") not in types or ("emoji" in value and value["type"] != "plain_text"):
            raise Refusal(400, "invalid_blocks", "text object %r" % value.get("type"))
        self.text(value.get("text"), most, markup=value["type"] == "mrkdwn")

    def block(self, block):
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "header":
            _keys(block, {"type", "text"}, "invalid_blocks")
            self.object(block.get("text"), 150, ("plain_text",))
        elif kind == "section":
            _keys(block, {"type", "text", "fields"}, "invalid_blocks")
            if "text" not in block and not block.get("fields"):
                raise Refusal(400, "invalid_blocks", "a section of nothing")
            if "text" in block:
                self.object(block["text"], 3000)
            if len(block.get("fields", [])) > 10:
                raise Refusal(400, "invalid_blocks", "more than 10 fields")
            for field in block.get("fields", []):
                self.object(field, 2000)
        elif kind == "context":
            _keys(block, {"type", "elements"}, "invalid_blocks")
            if not 1 <= len(block.get("elements", [])) <= 10:
                raise Refusal(400, "invalid_blocks", "elements of a context")
            for element in block["elements"]:
                self.object(element, 3000)
        else:
            raise Refusal(400, "invalid_blocks", "block %r" % kind)

    def blocks(self, blocks):
        if not isinstance(blocks, list) or len(blocks) > 50:
            raise Refusal(400, "invalid_blocks", "more than 50 blocks")
        for block in blocks:
            self.block(block)
        return len(blocks)

    def check(self, message):
        _keys(message, {"text", "mrkdwn", "channel", "blocks", "attachments"}, "invalid_payload")
        total = self.blocks(message.get("blocks", []))
        if "text" in message:
            self.text(message["text"], 4000)
        if not isinstance(message.get("mrkdwn", True), bool):
            raise Refusal(400, "invalid_payload")
        if len(message.get("attachments", [])) > 20:
            raise Refusal(400, "too_many_attachments")
        for attachment in message.get("attachments", []):
            _keys(attachment, {"color", "blocks", "fallback"}, "invalid_payload")
            if not re.fullmatch(r"#[0-9a-f]{6}|good|warning|danger", attachment.get("color", "good")):
                raise Refusal(400, "invalid_payload", "color")
            total += self.blocks(attachment.get("blocks", []))
        if total > 50:
            raise Refusal(400, "invalid_blocks", "more than 50 blocks")
        if "text" not in message and not total:
            raise Refusal(400, "no_text")


# Telegram: https://core.telegram.org/bots/api


class TelegramHtml:
    """Telegram's HTML to text, with the errors of the real server. looked: what of it is looked into for
    names and commands; code: the text of each code span."""

    TAGS = {
        "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "tg-spoiler", "a", "code",
        "pre", "blockquote",
    }
    TOKEN = re.compile(r"<[^>]*>?|&[^;&<\s]*;?|[^<&]+")

    def __init__(self, text):
        self.open, self.out, self.looked, self.code, offset = [], [], [], [], 0
        for token in self.TOKEN.findall(text):
            if token[0] == "<":
                self.tag(token, offset)
            elif token[0] == "&":
                self.show(self.entity(token, offset))
            else:
                self.show(token)
            offset += len(token.encode())
        if self.open:
            self.fail('Can\'t find end tag corresponding to start tag "%s"' % self.open[-1])
        self.text, self.looked = "".join(self.out), "".join(self.looked)

    def show(self, text):
        self.out.append(text)
        if "code" in self.open:
            self.code[-1] += text
        self.looked.append("\0" if "code" in self.open else text)

    @staticmethod
    def fail(text):
        raise Refusal(400, "Bad Request: can't parse entities: " + text)

    def tag(self, token, offset):
        if not token.endswith(">"):
            self.fail("Unclosed start tag at byte offset %d" % offset)
        if token.startswith("</"):
            if not self.open:
                self.fail("Unexpected end tag at byte offset %d" % offset)
            if token[2:-1].strip() not in ("", self.open[-1]):
                self.fail('Unmatched end tag at byte offset %d, expected "</%s>", found "%s"'
                          % (offset, self.open[-1], token))
            self.open.pop()
            return
        match = re.fullmatch(r'<([a-z-]+)((?: [a-z-]+(?:="[^"]*")?)*)>', token)
        if match is None or match.group(1) not in self.TAGS:
            self.fail('Unsupported start tag "%s" at byte offset %d' % (token[1:-1], offset))
        if "code" in self.open:
            self.fail("a tag in a code span at byte offset %d (the fake is strict)" % offset)
        if match.group(1) == "code":
            self.code.append("")
        self.open.append(match.group(1))

    def entity(self, token, offset):
        known = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"'}
        if token not in known:  # the server shows it as it is; we want none
            self.fail("bare %s at byte offset %d (the fake is strict)" % (token, offset))
        return known[token]


class TelegramText:
    """The same for text without markup, whose code spans are named beside it."""

    def __init__(self, text, entities):
        units, end, self.text, self.code = text.encode("utf-16-le"), 0, text, []
        looked = bytearray(units)
        for entity in entities:
            _keys(entity, {"type", "offset", "length"}, "Bad Request")
            first, length = entity["offset"], entity["length"]
            if entity["type"] != "code" or first < end or length < 1 or 2 * (first + length) > len(units):
                raise Refusal(400, "Bad Request: can't parse entities: %r" % entity)
            end = first + length
            self.code.append(units[2 * first:2 * end].decode("utf-16-le"))
            looked[2 * first:2 * end] = b"\0\0" * length
        self.looked = looked.decode("utf-16-le")


class Telegram(Service):
    """A bot and one chat."""

    TOKEN = "123456789:AAFakeFakeFakeFakeFakeFakeFakeFake_-"
    CHAT = "-1001234567890"
    topic = None  # its number: the only one that there is
    BAD_JSON = "Bad Request: can't parse JSON"

    def limit(self, secs):
        def behave(handler, request):
            self.forbid(request.path, secs)
            data = {
                "ok": False, "error_code": 429, "parameters": {"retry_after": secs},
                "description": "Too Many Requests: retry after %d" % secs,
            }
            self.send_json(handler, 429, data)

        return behave

    def check_address(self, request):
        match = re.fullmatch(r"/bot(\d+:[A-Za-z0-9_-]+)/sendMessage", request.path)
        if match is None:
            raise Refusal(404, "Not Found")
        if match.group(1) != self.TOKEN:
            raise Refusal(401, "Unauthorized")

    def refuse(self, handler, request, refusal):
        data = {"ok": False, "error_code": refusal.status, "description": refusal.text}
        data.update(getattr(refusal, "more", {}))
        self.send_json(handler, refusal.status, data)

    def accept(self, handler, request, message):
        result = {"message_id": len(self.messages), "text": self.shown(message)}
        self.send_json(handler, 200, {"ok": True, "result": result})

    @staticmethod
    def shown(message):
        """What the chat shows."""
        return Telegram.read(message).text

    @staticmethod
    def read(message):
        if "parse_mode" in message:
            return TelegramHtml(message["text"])
        return TelegramText(message["text"], message.get("entities", []))

    def check(self, message):
        _keys(message, {"chat_id", "message_thread_id", "text", "parse_mode", "entities",
                        "disable_notification", "link_preview_options"}, "Bad Request")
        if str(message.get("chat_id")) != self.CHAT:
            raise Refusal(400, "Bad Request: chat not found")
        if message.get("message_thread_id", self.topic) != self.topic:
            raise Refusal(400, "Bad Request: message thread not found")
        if message.get("parse_mode", "HTML") != "HTML":
            raise Refusal(400, "Bad Request: unsupported parse_mode")
        if not isinstance(message.get("text"), str) or not message["text"].strip():
            raise Refusal(400, "Bad Request: message text is empty")
        read = self.read(message)
        if _units(read.text) > 4096:
            raise Refusal(400, "Bad Request: message is too long")
        found = re.search(r"(?<![\w/])@\w{3,}|(?<![\w/<])/[A-Za-z0-9_]+", read.looked)
        if found:
            self.violate("a mention or a command: %r" % found.group())


# ntfy: https://docs.ntfy.sh/publish/


class Ntfy(Service):
    """A server with one topic. token: it wants that one, or None."""

    TOPIC = "web-01-k3Xw9aFaKe"
    BAD_JSON = "invalid request: request body must be message JSON"

    def __init__(self, token=None, port=0):
        self.token = token
        super().__init__(port=port)

    @property
    def url(self):
        return "%s/%s" % (self.base, self.TOPIC)

    def limit(self, secs, code=42901, text="limit reached: too many requests, please be nice"):
        def behave(handler, request):
            self.forbid(request.path, secs)
            data = {"code": code, "http": 429, "error": text}
            self.send_json(handler, 429, data, {"Retry-After": str(secs)})

        return behave

    def check_address(self, request):
        if request.path != "/":
            raise Refusal(404, "page not found")
        if self.token is not None and request.header("Authorization") != "Bearer " + self.token:
            raise Refusal(401, "unauthorized")
        if len(request.body) > 8192:
            raise Refusal(413, "JSON body too large")

    def refuse(self, handler, request, refusal):
        data = {"code": refusal.status * 100 + 1, "http": refusal.status, "error": refusal.text}
        self.send_json(handler, refusal.status, data)

    def accept(self, handler, request, message):
        self.send_json(handler, 200, {"id": "x%d" % len(self.messages), "event": "message", **message})

    def check(self, message):
        _keys(message, {"topic", "message", "title", "tags", "priority"}, self.BAD_JSON)
        if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", message.get("topic", "")):
            raise Refusal(400, "invalid request: topic invalid")
        if message["topic"] != self.TOPIC:
            raise Refusal(403, "forbidden")
        if not 1 <= len(message.get("message", "").encode()) <= 4096:
            raise Refusal(413, "attachment too large, or bandwidth limit reached")
        if not 1 <= len(message.get("title", "x").encode()) <= 256 or "\n" in message.get("title", ""):
            raise Refusal(400, "invalid title (the fake is strict)")
        if message.get("priority", 3) not in (1, 2, 3, 4, 5):
            raise Refusal(400, "invalid priority parameter")
        if not all(isinstance(tag, str) for tag in message.get("tags", [])):
            raise Refusal(400, self.BAD_JSON)


# PagerDuty: https://developer.pagerduty.com/docs/events-api-v2


class PagerDuty(Service):
    """A service with one integration. incidents: dedup_key to "triggered" or "resolved"."""

    PATH = "/v2/enqueue"
    KEY = "fakefakefakefakefakefakefakefake"
    BAD_JSON = "Event object is invalid"

    def __init__(self, port=0):
        self.incidents = {}
        super().__init__(port=port)

    @property
    def url(self):
        return self.base + self.PATH

    def limit(self, secs):
        def behave(handler, request):
            self.forbid(request.path, secs)
            data = {"status": "throttle exceeded", "message": "Requests for this service are arriving too quickly."}
            self.send_json(handler, 429, data, {"Retry-After": str(secs)})

        return behave

    def check_address(self, request):
        if request.path != self.PATH:
            raise Refusal(404, "Not Found")
        if len(request.body) > 512 * 1024:
            raise Refusal(413, "Payload Too Large")

    def refuse(self, handler, request, refusal):
        data = {"status": "invalid event", "message": "Event object is invalid", "errors": [refusal.text]}
        self.send_json(handler, refusal.status, data)

    def accept(self, handler, request, message):
        key = message["dedup_key"]
        if message["event_action"] == "trigger":
            self.incidents[key] = "triggered"
        elif key in self.incidents:
            self.incidents[key] = "resolved"
        self.send_json(handler, 202, {"status": "success", "message": "Event processed", "dedup_key": key})

    def check(self, message):
        _keys(message, {"routing_key", "event_action", "dedup_key", "payload", "client"}, "unknown members")
        if len(message.get("routing_key", "")) != 32:
            raise Refusal(400, "Length of 'routing_key' is incorrect (should be 32 characters)")
        if message["routing_key"] != self.KEY:
            raise Refusal(400, "'routing_key' is invalid")
        if message.get("event_action") not in ("trigger", "acknowledge", "resolve"):
            raise Refusal(400, "'event_action' is invalid")
        if not 1 <= len(message.get("dedup_key", "")) <= 255:
            raise Refusal(400, "'dedup_key' is missing or too long")
        payload = message.get("payload", {})
        _keys(payload, {"summary", "source", "severity", "timestamp", "component", "group", "class",
                        "custom_details"}, "unknown members of the payload")
        for member, most in (("summary", 1024), ("source", 255)):
            if not 1 <= _units(payload.get(member, "")) <= most:
                raise Refusal(400, "'payload.%s' is missing or too long" % member)
        if payload.get("severity") not in ("critical", "error", "warning", "info"):
            raise Refusal(400, "'payload.severity' is invalid (must be one of the following: "
                               "'critical', 'warning', 'error' or 'info')")
        if "timestamp" in payload:
            datetime.fromisoformat(payload["timestamp"].replace("Z", "+00:00"))


@pytest.fixture
def slack():
    yield from _running(Slack())


@pytest.fixture
def telegram():
    yield from _running(Telegram())


@pytest.fixture
def ntfy():
    yield from _running(Ntfy())


@pytest.fixture
def pagerduty():
    yield from _running(PagerDuty())
