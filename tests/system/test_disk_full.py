"""A file system fills up and is freed: told once, where it happened, in both services' form."""

import re

from harness import Agent, discord_channel, linger, quick, wait_for, webhook


def other_mounts(folder):
    """Mount points of this machine that are not the test's."""
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        points = {line.split()[4] for line in table}
    return sorted(p for p in points if not p.startswith(str(folder)))


def field(message, name):
    (embed,) = message["embeds"]
    return next(f["value"] for f in embed["fields"] if f["name"] == name)


def device_of(path):
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        line = next(line for line in table if line.split()[4] == str(path))
    return line.split(" - ")[1].split()[1]


def check_fire(alert, mount):
    assert alert["status"] == "firing" and alert["severity"] == "critical"
    assert alert["metric"] == "disk.usage_percent" and alert["threshold"] == 90
    assert 93 < alert["value"] <= 100
    labels = {"mountpoint": str(mount.path), "device": device_of(mount.path), "fstype": "ext4"}
    assert alert["labels"] == labels and alert["hostname"] == "test-host"
    assert str(mount.path) in alert["message"] and "90" in alert["message"]


def check_recovery(alert, fire):
    assert alert["status"] == "resolved" and alert["fingerprint"] == fire["fingerprint"]
    assert alert["labels"] == fire["labels"]
    assert alert["value"] < 20 and 93 < alert["worst"] <= 100
    said = re.search(r"normalized: ([0-9.]+)% \(was ([0-9.]+)%, for [0-9]+s\)", alert["message"])
    assert said, alert["message"]
    assert float(said[1]) < 20 and float(said[2]) > 93


def check_discord(messages, mount):
    fire, recovery = messages
    title = fire["embeds"][0]["title"]
    assert title.startswith("[CRITICAL] test-host") and mount.path.name in title
    assert float(re.search(r"is ([0-9.]+)% \(limit 90.0%\)", title)[1]) > 93
    assert re.match(r"[0-9.]+ [KM]iB", field(fire, "Free"))
    assert "ext4" in field(fire, "Labels") and str(mount.path) not in field(fire, "Labels")
    title = recovery["embeds"][0]["title"]
    assert title.startswith("[RESOLVED] test-host") and "normalized" in title and "was 9" in title
    assert recovery["embeds"][0]["color"] != fire["embeds"][0]["color"]


def test_what_is_full_at_the_start_is_told_at_once(folder, loops, receiver):
    """The first look counts, also of what is looked at once a minute; so does the first after a restart."""
    disk = loops("full")
    disk.fill(96)
    config = quick(
        folder, "[thresholds]\ndisk_percent = 90", webhook(receiver.url), collectors=("disk",), disk_interval=60
    ).replace("[collector.disk]", f"[collector.disk]\nexclude_mountpoints = {other_mounts(folder)}")
    with Agent(folder, config) as agent:
        check_fire(receiver.wait_for(1, 5)[0].json(), disk)
        agent.wait_till_delivered()
        agent.stop()
        disk.empty()
        agent.start()
        check_recovery(receiver.wait_for(2, 5)[1].json(), receiver.requests[0].json())


def test_a_full_disk_is_told_once_and_so_is_its_end(folder, loops, receiver, discord, tls, ca_file):
    """One alert for the mount that fills up, one recovery, over TLS, to a webhook and to Discord."""
    full, other = loops("full"), loops("other")
    config = quick(
        folder,
        "[thresholds]\ndisk_percent = 90",
        webhook(tls(receiver), ca_file=str(ca_file)),
        discord_channel(tls(discord), ca_file),
        collectors=("disk",),
    ).replace("[collector.disk]", f"[collector.disk]\nexclude_mountpoints = {other_mounts(folder)}")
    other.fill(50)
    with Agent(folder, config) as agent:
        linger(agent, 2)
        assert receiver.requests == [] and discord.messages == []
        full.fill(96)
        fire = receiver.wait_for(1)[0].json()
        wait_for("the alert at Discord", lambda: discord.messages)
        check_fire(fire, full)
        linger(agent)
        full.empty()
        recovery = receiver.wait_for(2)[1].json()
        wait_for("the recovery at Discord", lambda: len(discord.messages) > 1)
        check_recovery(recovery, fire)
        linger(agent)
        assert len(receiver.requests) == 2 and len(discord.messages) == 2
        check_discord(discord.messages, full)
        assert discord.violations == [] and discord.refused == []
