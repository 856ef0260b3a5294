"""The command line: what an operator types, reads and scripts against."""

import json
import os
import shutil
import subprocess

import pytest

from harness import BINARY, json_lines, run

SPEC_FILE = """
[agent]
hostname = "web-server-01"
collect_interval_secs = 10
log_level = "info"

[thresholds]
cpu_percent = 90.0
memory_percent = 85.0
disk_percent = 90.0
fd_percent = 80.0

[alerting.discord]
enabled = true
webhook_url = "https://discord.com/api/webhooks/..."

[alerting.rate_limit]
min_interval_secs = 300
max_alerts_per_hour = 20
"""


def write(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_version_and_help():
    status, out, err = run("--version")
    assert status == 0 and out.startswith("sysops-agent ") and err == ""
    status, out, err = run("--help")
    assert status == 0 and err == ""
    for word in ("--config", "--check", "--once", "--test-alert", "--format"):
        assert word in out


@pytest.mark.parametrize("args", [["status"], ["silence"], ["silence", "add"], ["--check"], ["--format", "json"]])
def test_help_is_given_whatever_it_is_asked_beside(args):
    assert run(*args, "--help") == run("--help")


@pytest.mark.parametrize("args", [["--nonsense"], ["stray"], ["--check", "--once"], ["--format", "json"], ["-c"]])
def test_usage_errors_say_so_and_exit_2(args):
    status, out, err = run(*args)
    assert status == 2 and out == "" and "sysops-agent" in err


@pytest.mark.parametrize(
    "word,meant", [("statsu", "status"), ("silense", "silence"), ("chekc", "--check"), ("help", "--help")]
)
def test_what_was_meant(word, meant):
    status, out, err = run(word)
    assert (status, out) == (2, "") and err == f"sysops-agent: no such command: {word}; did you mean {meant}?\n"


@pytest.mark.parametrize("args", [
    ["--version"], ["--help"], ["--check"], ["--once"], ["--once", "--format", "json"]])
def test_an_answer_that_finds_no_room_is_a_failure(args):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, *args], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=20)
    assert done.returncode == 1
    assert "the answer cannot be written: No space left on device" in done.stderr


def test_format_must_be_known():
    status, _, err = run("--once", "--format", "yaml")
    assert status == 2 and "table or json" in err
    status, _, err = run("--once", "--format", "prometheus")
    assert status == 2 and "not supported yet" in err


def test_check_says_what_the_first_page_file_means(tmp_path):
    status, out, err = run("--check", "-c", write(tmp_path / "config.toml", SPEC_FILE))
    assert status == 0, err
    assert "discord" in out.lower() and "90" in out and "85" in out
    assert "api/webhooks/" not in out + err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of others")
@pytest.mark.parametrize("what,uid,mode,words", [
    ("config.toml", 4711, 0o600, "belongs to user 4711: chown it to user 0"),
    ("config.toml", 0, 0o666, "can be written by everyone (mode 0666): chmod o-w it"),
    ("config.toml", 0, 0o660, "can be written by group 4712 (mode 0660): chmod g-w it"),
    ("config.d", 4711, 0o755, "belongs to user 4711: chown it to user 0"),
    ("config.d", 0, 0o777, "can be written by everyone (mode 0777): chmod o-w it"),
    ("config.d/a.toml", 4711, 0o600, "belongs to user 4711: chown it to user 0"),
])
def test_root_follows_no_file_that_others_can_write(tmp_path, what, uid, mode, words):
    """It is refused with its name and what mends it; nobody's own file is refused to him."""
    (tmp_path / "config.d").mkdir()
    write(tmp_path / "config.d" / "a.toml", "[agent]\nlog_level = 'debug'\n")
    path = write(tmp_path / "config.toml", "")
    assert run("--check", "-c", path)[0] == 0
    os.chown(tmp_path / what, uid, 4712)
    (tmp_path / what).chmod(mode)
    for args in (["--check"], []):
        status, _, err = run(*args, "-c", path)
        assert status == 2, err
        assert f"{tmp_path / what}: error: root must not follow it, for it {words}" in err


def test_every_error_of_a_file_in_one_run(tmp_path):
    path = write(
        tmp_path / "config.toml",
        '[agent]\ncollect_interval_secs = "ten"\n[thresholds]\ncpu_warm_percent = 3\ndisk_percent = 190\n',
    )
    status, _, err = run("--check", "-c", path)
    assert status == 2
    lines = [line for line in err.splitlines() if path in line]
    assert len(lines) == 3, err
    assert ":2:" in lines[0] and ":4:" in lines[1] and ":5:" in lines[2]
    assert "cpu_warn_percent" in lines[1]


def test_unusable_files_get_one_clear_line(tmp_path):
    directory = tmp_path / "dir.toml"
    directory.mkdir()
    big = tmp_path / "big.toml"
    big.write_text("# " + "x" * (10 << 20))
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"[agent]\nhostname = \"\xff\xfe\"\n")
    fifo = tmp_path / "fifo.toml"
    os.mkfifo(fifo)
    for path in (directory, big, binary, fifo, tmp_path / "absent.toml"):
        for args in (["--check"], []):
            status, out, err = run(*args, "-c", str(path), timeout=5)
            assert status == 2, (path, err)
            lines = [line for line in err.splitlines() if str(path) in line]
            assert len(lines) == 1, err


def test_an_unreadable_file_gets_one_clear_line(folder):
    path = write(folder / "config.toml", SPEC_FILE, 0o000)
    binary, user = BINARY, {}
    if os.geteuid() == 0:
        # Root reads everything: nobody asks, with a copy of the binary that it can reach.
        binary = shutil.copy(BINARY, folder / "sysops-agent")
        user = {"user": 65534, "group": 65534}
    done = subprocess.run([str(binary), "--check", "-c", path], capture_output=True, text=True, check=False, **user)
    assert done.returncode == 2 and path in done.stderr and "ermission" in done.stderr


def test_secrets_readable_by_others_are_warned_of_and_never_printed(tmp_path):
    text = SPEC_FILE.replace("/api/webhooks/...", "/api/webhooks/1/planted-secret")
    status, out, err = run("--check", "-c", write(tmp_path / "config.toml", text, 0o644))
    assert status == 0 and "warning" in err
    assert "planted-secret" not in out + err


def test_features_not_built_are_refused_not_ignored(tmp_path):
    path = write(tmp_path / "config.toml", "[prometheus]\nenabled = true\n")
    status, _, err = run("--check", "-c", path)
    assert status == 2 and "not supported yet" in err and ":2:" in err


@pytest.mark.xdist_group("host")
def test_once_json_is_one_object_a_line(tmp_path):
    path = write(tmp_path / "config.toml", '[agent]\nlabels = { site = "a" }\n')
    status, out, err = run("--once", "--format", "json", "-c", path)
    assert status == 0, err
    samples = json_lines(out)
    names = {s["metric"] for s in samples}
    assert {"cpu.usage_percent", "mem.usage_percent", "proc.count", "kernel.uptime_secs"} <= names
    assert all(set(s) == {"metric", "labels", "value", "unit"} for s in samples)
    assert all(s["labels"]["site"] == "a" for s in samples)
    memory = next(s for s in samples if s["metric"] == "mem.usage_percent")
    assert memory["labels"] == {"site": "a"} and memory["unit"] == "percent" and 0 < memory["value"] <= 100
    assert len({json.dumps([s["metric"], s["labels"]], sort_keys=True) for s in samples}) == len(samples)


@pytest.mark.xdist_group("host")
def test_once_table_is_plain_when_it_is_not_a_terminal():
    status, out, err = run("--once", "--format", "table")
    assert status == 0, err
    assert "\033" not in out
    assert "CPU" in out and "MEM" in out and "%" in out


@pytest.mark.xdist_group("host")
def test_once_agrees_with_the_kernel():
    _, out, _ = run("--once", "--format", "json")
    got = {s["metric"]: s["value"] for s in json_lines(out) if not s["labels"]}
    info = dict(line.split(":") for line in open("/proc/meminfo", encoding="ascii"))
    total = (int(info["MemTotal"].split()[0]) - int(info.get("Hugetlb", "0").split()[0])) * 1024
    assert abs(got["mem.used_bytes"] + got["mem.available_bytes"] - total) < total * 0.001
    uptime = float(open("/proc/uptime", encoding="ascii").read().split()[0])
    assert abs(got["kernel.uptime_secs"] - uptime) < 10
