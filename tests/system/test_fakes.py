"""The Discord stand-in refuses what the service refuses: a fake that takes all proves nothing."""

import json
import time
import urllib.error
import urllib.request

import pytest

from fakes import discord


def post(url, body, kind="application/json"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def embed(**members):
    return {"embeds": [members]}


FIELD = {"name": "n", "value": "v"}

GOOD = [
    {"content": "x" * 2000},
    {"content": "\U0001f600" * 1000},
    embed(title="t" * 256, description="d" * 4096),
    embed(fields=[FIELD] * 25, footer={"text": "f"}, color=0xFFFFFF),
    embed(title="t", timestamp="2026-11-22T20:55:01.123Z"),
    {"content": "@everyone", "allowed_mentions": {"parse": []}},
    {"content": "x", "username": "u" * 80},
]

BAD = [
    {},
    {"content": ""},
    {"content": "x" * 2001},
    {"content": "\U0001f600" * 1001},
    {"content": 1},
    {"content": "x", "unheard": 1},
    {"embeds": [{"title": "t"}] * 11},
    embed(title="t" * 257),
    embed(title=""),
    embed(description="d" * 4097),
    embed(title="t" * 256, description="d" * 4096, footer={"text": "f" * 1649}),
    {"embeds": [{"description": "d" * 3001}] * 2},
    embed(fields=[FIELD] * 26),
    embed(fields=[{"name": "n" * 257, "value": "v"}]),
    embed(fields=[{"name": "n", "value": "v" * 1025}]),
    embed(fields=[{"name": "n", "value": ""}]),
    embed(fields=[{"name": "n", "value": "v", "inline": "yes"}]),
    embed(title="t", footer={"text": "f" * 2049}),
    embed(title="t", author={"name": "a" * 257}),
    embed(title="t", color=0x1000000),
    embed(title="t", color="#fff"),
    embed(title="t", timestamp="yesterday"),
    embed(title="t", timestamp="2026-13-22T20:55:01Z"),
    {"content": "x", "allowed_mentions": {"parse": ["all"]}},
    {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
    {"content": "x", "username": ""},
    {"content": "x", "username": "u" * 81},
    {"content": "x", "username": "Discord bot"},
    {"content": "x", "username": "Clyde"},
    b"not json",
    b'{"content": "\xff"}',
    b'{"content": "a", "content": "b"}',
]


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_within_the_limits(discord, number):
    assert post(discord.url, GOOD[number])[0] == 204
    assert discord.violations == [] and len(discord.messages) == 1


@pytest.mark.parametrize("number", range(len(BAD)))
def test_over_the_limits(discord, number):
    status, body = post(discord.url, BAD[number])
    assert status == 400 and json.loads(body)["code"] in (50035, 50006, 50109)
    assert len(discord.violations) == 1 and discord.messages == []


def test_form_errors_name_the_member(discord):
    error = json.loads(post(discord.url, embed(title="t" * 257))[1])
    assert "256" in error["errors"]["embeds"]["0"]["title"]["_errors"][0]["message"]


def test_other_content_types_and_addresses(discord):
    assert post(discord.url, {"content": "x"}, "text/plain")[0] == 400
    assert post(discord.url + "x", {"content": "x"})[0] == 401
    assert post("http://127.0.0.1:%d/api/webhooks/1/2" % discord.port, {"content": "x"})[0] == 404


def test_pings_are_noticed(discord):
    post(discord.url, {"content": "hey @everyone"})
    post(discord.url, {"content": "hey <@123>"})
    assert discord.violations == ["pings everyone", "pings someone"]


def test_coming_early_is_noticed(discord):
    discord.rate = (1, 0.3)
    assert post(discord.url, {"content": "1"})[0] == 204
    status, body = post(discord.url, {"content": "2"})
    wait = json.loads(body)["retry_after"]
    assert status == 429 and 0 < wait <= 0.3
    time.sleep(wait)
    assert post(discord.url, {"content": "2"})[0] == 204
    assert discord.violations == []
    post(discord.url, {"content": "3"})
    post(discord.url, {"content": "3"})
    assert len(discord.violations) == 1
