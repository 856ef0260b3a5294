"""Tables of the kernel that are longer than any buffer, and what of them is not watched."""

import json
import os
import subprocess
import sys

import pytest

from harness import Agent, quick, run, wait_for

CONTAINERS = 3660
DISKS = 400


def mountinfo():
    """4,062 mounts: a root, 400 disks, thousands of containers, and the disk that was mounted last."""
    lines = ["1 0 8:1 / / rw - ext4 /dev/sda1 rw"]
    lines += [f"{n} 1 9:{n} / /disks/{n} rw - xfs /dev/disk{n} rw" for n in range(2, DISKS + 2)]
    for n in range(CONTAINERS):
        layers = ":".join(f"/var/lib/containers/l/{n:026d}{layer}" for layer in range(4))
        lines.append(
            f"{n + 1000} 1 0:{n + 50} / /var/lib/containers/{n:060d}/merged rw,relatime shared:{n} - overlay "
            f"overlay rw,lowerdir={layers}"
        )
    lines.append("9000 1 8:17 / /backup rw - ext4 /dev/sdb1 rw")
    return "\n".join(lines) + "\n"


@pytest.fixture
def crowded(folder, host):
    """A host with such a table."""
    (host.proc / "1").mkdir()
    (host.proc / "1" / "mountinfo").write_text(mountinfo())
    (host.proc / "stat").write_text("cpu  1 2 3 4 5 6 7 8 9 10\n")
    return host


def test_the_disk_that_was_mounted_last_is_watched(folder, crowded):
    config = folder / "config.toml"
    config.write_text(
        quick(folder, collectors=("disk",), fake=crowded).replace(
            "[collector.disk]", '[collector.disk]\nexclude_mountpoints = ["/disks/*"]\nexclude_fstypes = ["overlay"]'
        )
    )
    code, out, err = run("--once", "--format", "json", "-c", str(config))
    assert code == 0, err
    seen = {s["labels"]["mountpoint"] for s in map(json.loads, out.splitlines()) if s["metric"] == "disk.read_only"}
    assert seen == {"/", "/backup"}


def test_status_tells_what_is_not_watched(folder, crowded):
    """Of too many disks how many, and of files that this host does not have which, and why."""
    config = quick(folder, collectors=("disk", "cpu"), fake=crowded)
    with Agent(folder, config) as agent:

        def watched():
            code, out, err = run("status", "--format", "json", "-c", str(agent.config))
            assert code == 0, err
            found = json.loads(out)["not_watched"]
            return found if found["gaps"] and found["without_value"] else None

        found = wait_for("what is not watched", watched)
        gaps = {gap["what"]: gap for gap in found["gaps"]}
        # 400 disks, two more, and no container: they are all of one type that is left out
        assert (gaps["file systems"]["taken"], gaps["file systems"]["all"]) == (256, DISKS + 2)
        assert "disk.usage_percent" in gaps["file systems"]["metrics"]
        assert "ENOENT" in gaps["proc/pressure/cpu"]["why"]
        assert gaps["proc/diskstats"]["metrics"][0] == "disk.read_bytes_rate"
        assert "cpu.context_switches_rate" in found["without_value"]
        assert "cpu.pressure_some_percent" not in found["without_value"]
        assert found["switched_off"] == ["memory", "network", "process", "fd", "kernel"]
        code, out, err = run("status", "-c", str(agent.config))
        assert f"file systems: 256 of {DISKS + 2} are watched" in out
        assert "proc/pressure/cpu: No such file or directory (ENOENT)" in " ".join(out.split())
        assert agent.count("file systems are mounted: only 256") == 1
        # The table shrinks: the gap has closed.
        (crowded.proc / "1" / "mountinfo").write_text("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n")
        wait_for("no gap", lambda: "file systems" not in {gap["what"] for gap in watched()["gaps"]})


def test_a_process_of_many_groups_has_its_context_switches(folder):
    if os.geteuid() != 0:
        print("skip: setgroups needs root")
        pytest.skip("setgroups needs root")
    script = (
        "import os, time\n"
        "os.setgroups(range(2000000000, 2000000500))\n"
        "open('/proc/self/comm', 'w').write('manygroups')\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.05)\n"
    )
    config = folder / "config.toml"
    config.write_text(quick(folder, collectors=("process",)) + '\n[collector.process]\ntrack_patterns = ["manygroups"]\n')
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout.readline() == b"ready\n"
            with open(f"/proc/{child.pid}/status", encoding="ascii") as status:
                assert len(status.read()) > 5500
            code, out, err = run("--once", "--format", "json", "-c", str(config))
            assert code == 0, err
            rates = [
                s["value"]
                for s in map(json.loads, out.splitlines())
                if s["metric"] == "proc.voluntary_ctxt_switches_rate" and s["labels"]["name"] == "manygroups"
            ]
            assert len(rates) == 1 and 5 < rates[0] < 100
        finally:
            child.kill()
