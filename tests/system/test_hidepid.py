"""A proc that hides processes: what cannot be known of them is absent, and said once."""

import json
import os
import shutil
import subprocess

import pytest

from harness import BINARY

NOBODY = 65534
SUMS = ["proc.count", "proc.zombies", "proc.threads"]


def why_not():
    if os.geteuid() != 0:
        return "mounting proc needs root"
    done = subprocess.run(
        ["unshare", "--pid", "--mount", "--fork", "mount", "-t", "proc", "proc", "/proc"],
        capture_output=True, text=True, check=False, timeout=20,
    )
    return done.stderr


def look(folder, options, user):
    """The sums over all processes, and the lines that say that some are absent."""
    why = why_not()
    if why:
        print(f"skip: {why}")
        pytest.skip(why)
    binary = shutil.copy(BINARY, folder / "sysops-agent")  # a place that nobody can reach
    script = f'sleep 1000 & mount -t proc -o {options} proc /proc && "$@"'
    as_user = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups"] if user else []
    done = subprocess.run(
        ["unshare", "--pid", "--mount", "--fork", "--kill-child", "sh", "-c", script, "sh"]
        + as_user + [str(binary), "--once", "--format", "json"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True,
    )
    samples = {s["metric"]: s["value"] for s in map(json.loads, done.stdout.splitlines())}
    said = [line for line in done.stderr.splitlines() if "absent" in line and "hidepid" in line]
    return {name: samples[name] for name in SUMS if name in samples}, said


def test_what_is_not_listed_is_absent_and_said(folder):
    sums, said = look(folder, "hidepid=2", NOBODY)
    assert sums == {}
    assert len(said) == 1 and all(name in said[0] for name in SUMS) and "gid=" in said[0]


def test_what_is_listed_and_may_not_be_read_is_counted(folder):
    sums, said = look(folder, "hidepid=1", NOBODY)
    assert list(sums) == ["proc.count"] and sums["proc.count"] >= 3
    assert len(said) == 1 and "proc.zombies and proc.threads are absent" in said[0]


@pytest.mark.parametrize("options, user", [(f"hidepid=2,gid={NOBODY}", NOBODY), ("hidepid=2", 0), ("hidepid=0", NOBODY)])
def test_who_is_let_off_sees_all(folder, options, user):
    sums, said = look(folder, options, user)
    assert sorted(sums) == sorted(SUMS) and sums["proc.count"] >= 3
    assert said == []
