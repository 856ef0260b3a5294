"""Services that hang, fail, flood, refuse or limit: each costs its own channel time, no alert is lost."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from fakes import answer, flood, hang, rate_limit, reset
from harness import Agent, discord_channel, linger, load_rule, news, quick, run, wait_for, webhook

RULES = [load_rule(limit) for limit in range(10, 90, 10)]


def start(folder, host, *sections):
    """An agent with rules at a load of 10, 20, ... 80."""
    host.load(1)
    return Agent(folder, quick(folder, *RULES, *sections, fake=host))


def fires(*limits):
    return [("firing", f"load-{limit}") for limit in limits]


def titles(discord):
    return [m["embeds"][0]["title"] for m in discord.messages]


def test_a_service_that_hangs_delays_no_other(folder, host, receiver, discord, tls, ca_file):
    """The webhook hangs until its deadline, twice; Discord hears of everything at once."""
    receiver.script(hang(), hang())
    chat = discord_channel(tls(discord), ca_file)
    with start(folder, host, webhook(receiver.url, timeout_secs=1), chat) as agent:
        for count, load in ((1, 15), (2, 25)):
            host.load(load)
            wait_for("Discord to be told", lambda n=count: len(discord.messages) == n, 5)
        # both while the first attempt, its back-off or the second one was under way
        receiver.wait_for(4)
        agent.wait_till_delivered()
    assert news(receiver) == fires(10, 10, 10, 20)
    first, second = (r.time for r in receiver.requests[:2])
    assert 0.5 < second - first < 4
    assert discord.violations == []


def test_the_whole_time_out_counts(folder, host, receiver):
    """An answer just within timeout_secs is in time."""

    def late(handler, request):
        time.sleep(2.6)
        answer(200)(handler, request)

    receiver.script(late)
    with start(folder, host, webhook(receiver.url, timeout_secs=3)) as agent:
        host.load(15)
        receiver.wait_for(1)
        wait_for("its receipt", lambda: agent.channel("webhook")["sent"] == 1, every=0.2)
    assert len(receiver.requests) == 1


def test_a_service_that_fails_is_tried_again_ever_later(folder, host, receiver):
    """Resets and errors: the same alert leaves again, after up to 1, 2, 4, ... s, and arrives."""
    failures = [reset(), answer(500, b"oops"), answer(503), reset()]
    receiver.script(*failures)
    with start(folder, host, webhook(receiver.url)) as agent:
        host.load(15)
        receiver.wait_for(len(failures) + 1, 30)
        agent.wait_till_delivered()
        assert agent.channel("webhook") == {"sent": 1, "failed": len(failures), "queued": 0}
        linger(agent, 1)
    assert news(receiver) == fires(*[10] * (len(failures) + 1))
    times = [r.time for r in receiver.requests]
    for n in range(len(failures)):
        assert 0.09 < times[n + 1] - times[n] < 2**n + 1.5, times


def memory_kb(pid, what):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1])
    raise AssertionError(f"no {what} of {pid}")


def test_an_answer_without_end_costs_nothing(folder, host, receiver):
    """Answers of 10 MB, with an error and with success: delivered, and the courier does not grow."""
    with start(folder, host, webhook(receiver.url)) as agent:
        host.load(15)
        receiver.wait_for(1)
        agent.wait_till_delivered()
        (courier,) = agent.pids("courier")
        before = memory_kb(courier, "VmHWM")
        receiver.script(flood(500), flood(200), flood(200))
        host.load(35)
        receiver.wait_for(4, 30)
        agent.wait_till_delivered()
        assert agent.pids("courier") == [courier]
        assert memory_kb(courier, "VmHWM") < before + 512
    assert news(receiver)[:1] == fires(10) and set(news(receiver)) == set(fires(10, 20, 30))


@pytest.mark.parametrize("status", [401, 404, 410])
def test_a_service_that_denies_us_is_left_in_peace(folder, host, receiver, status):
    """One request, one clear line, and then the notices wait; a reload tries again."""
    receiver.default = answer(status, b'{"message": "Unknown Webhook"}')
    with start(folder, host, webhook(receiver.url)) as agent:
        for load in (15, 25, 35):
            host.load(load)
            linger(agent, 1)
        (line,) = agent.lines("channel webhook")
        assert " error " in line and str(status) in line and "Unknown Webhook" in line
        assert "15 min" in line and receiver.url not in agent.text()
        assert len(receiver.requests) == 1
        assert agent.channel("webhook")["queued"] == 3
        receiver.default = answer(200)
        agent.signal(1)
        receiver.wait_for(4)
    assert news(receiver) == fires(10, 10, 20, 30)


def test_retry_after_in_seconds_is_obeyed(folder, host, receiver):
    """429 with Retry-After: 3: nothing for 3 s, then everything."""

    def busy(handler, request):
        handler.server.fake.forbid(request.path, 3)
        handler.reply(429, b"busy", {"Retry-After": "3"})

    receiver.script(busy)
    with start(folder, host, webhook(receiver.url)):
        host.load(25)
        receiver.wait_for(3)
    first, again, other = news(receiver)  # of alerts raised at once, any may be the first
    assert first == again and {first, other} == set(fires(10, 20))
    assert receiver.violations == []
    assert receiver.requests[1].time - receiver.requests[0].time < 6


def test_discords_own_wait_is_obeyed(folder, host, discord, tls, ca_file):
    """429 with a float in JSON alone, and a limit of 2 messages in 2 s: no request comes early."""
    discord.script(rate_limit(1.25, header=False, reset_after=False))
    discord.rate = (2, 2.0)
    with start(folder, host, discord_channel(tls(discord), ca_file)):
        host.load(55)
        wait_for("all five alerts", lambda: len(discord.messages) == 5, 30)
    assert discord.violations == []
    assert len({title.split("limit ")[1] for title in titles(discord)}) == 5


def test_a_refused_payload_leaves_once_more_as_plain_text(folder, host, discord, tls, ca_file):
    """400: short text instead; refused again: set aside, said, and the next alert goes through."""
    no = answer(400, json.dumps({"message": "Invalid Form Body", "code": 50035}).encode())
    discord.script(no, no, no)
    with start(folder, host, discord_channel(tls(discord), ca_file)) as agent:
        host.load(35)
        wait_for("the third alert", lambda: len(discord.messages) == 2, 30)
        agent.wait_till_delivered("discord")
        (line,) = agent.lines("channel discord", "set aside")
        assert " error " in line and "Invalid Form Body" in line
    full, plain, second, second_plain, third = [r.json() for r in discord.requests]
    limit = [r["embeds"][0]["title"].split("limit ")[1][:2] for r in (full, second, third)]
    assert sorted(limit) == ["10", "20", "30"] and f"limit {limit[0]}" in line
    assert "content" not in full and "embeds" not in plain and f"limit {limit[0]}" in plain["content"]
    assert f"limit {limit[1]}" in second_plain["content"]
    assert discord.violations == []


LIMITED = """[alerting]
rate_limit_per_minute = {minute}
rate_limit_per_hour = {hour}
dedup_window_secs = 0
group_window_secs = 0
"""


def test_the_same_alert_again_within_its_window(folder, host, receiver):
    """min_interval_secs: a re-fire is held; what has cleared again by its end was no news."""
    config = quick(folder, load_rule(10), webhook(receiver.url), fake=host)
    config = config.replace("dedup_window_secs = 0\n", "") + "\n[alerting.rate_limit]\nmin_interval_secs = 6\n"
    host.load(1)
    with Agent(folder, config) as agent:
        host.load(15)
        begin = receiver.wait_for(1)[0].time
        host.load(1)
        receiver.wait_for(2)
        host.load(15)
        again = receiver.wait_for(3)[2]
        assert 5.5 < again.time - begin < 9
    assert [status for status, _ in news(receiver)] == ["firing", "resolved", "firing"]
    assert again.json()["count"] == 2 and time.monotonic() - begin < 20


@pytest.mark.long
def test_what_is_over_the_limit_is_summed_up(folder, host, receiver):
    """Two leave at once; the two that wait for the minute to pass leave as one digest, and nothing is dropped."""
    with start(folder, host, LIMITED.format(minute=2, hour=3), webhook(receiver.url)) as agent:
        host.load(45)
        requests = receiver.wait_for(3, 90)
        assert 59 < requests[2].time - requests[0].time < 63
        assert requests[1].time - requests[0].time < 5
        linger(agent, 2)
        told = [r.json()["threshold"] for r in requests[:2]] + [a["threshold"] for a in requests[2].json()["alerts"]]
        assert sorted(told) == [10, 20, 30, 40]
        assert agent.channel("webhook") == {"sent": 3, "failed": 0, "queued": 0}


def limit_processes(pid, soft):
    """Sets the soft limit of processes of its user, as that user, who alone may without further rights."""
    status = Path(f"/proc/{pid}/status").read_text()
    uid, gid = (int(status.split(f"\n{key}:")[1].split()[0]) for key in ("Uid", "Gid"))
    become = {"user": uid, "group": gid} if os.geteuid() == 0 else {}
    subprocess.run(["prlimit", f"--pid={pid}", f"--nproc={soft}:"], check=True, timeout=10, **become)


def test_a_host_without_room_for_a_process_is_not_the_services_fault(folder, host, receiver):
    """As long as no process can be started nothing leaves; a second after one can, all of it does."""
    with start(folder, host, webhook(receiver.url)) as agent:
        (courier,) = agent.pids("courier")
        limit_processes(courier, 1)
        host.load(85)
        agent.wait_for_line("no process can be started")
        time.sleep(4)
        assert receiver.requests == [] and agent.channel("webhook")["failed"] == 0
        limit_processes(courier, 10000)
        receiver.wait_for(1, timeout=3)
        receiver.wait_for(8)
        agent.wait_till_delivered()
        assert agent.count("no process can be started to deliver") == 1 and agent.count("delivered again") == 1
    assert sorted(news(receiver)) == fires(*range(10, 90, 10))


def test_a_clock_that_differs_from_the_services_is_said(folder, host, receiver):
    """Ten minutes apart: a warning, the status and the next message say so, until it is mended."""
    receiver.clock_secs = -600
    with start(folder, host, webhook(receiver.url)) as agent:
        host.load(15)
        agent.wait_for_line("this host's clock is 10 min ahead of that of channel webhook's service")
        status, out, _ = run("status", "-c", str(agent.config))
        assert status == 0 and "this host's clock is 10 min ahead of the service's" in out
        host.load(25)
        first, second = (request.json() for request in receiver.wait_for(2))
        assert "clock_ahead_secs" not in first and 595 <= second["clock_ahead_secs"] <= 605
        receiver.clock_secs = 0
        host.load(35)
        agent.wait_for_line("this host's clock agrees with channel webhook's service again")
        assert agent.count("this host's clock is") == 1
