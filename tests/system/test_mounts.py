"""File systems that are broken, hidden, or full by nature: what is told of them, and what is not."""

import errno
import json
import shutil
import subprocess
import time

import pytest

from fuse_server import FuseMount, why_no_fuse
from harness import BINARY, Agent, children, linger, quick, wait_for, webhook

pytestmark = pytest.mark.xdist_group("host")

LIMITS = "[thresholds]\ndisk_percent = 90"
# The kernel's own, and no images.
FEW_TYPES = ["proc", "sysfs", "dev*", "cgroup*", "overlay", "bpf", "*fs_ctl", "tmpfs", "fusectl", "debugfs", "tracefs"]


def other_mounts(folder):
    """Mount points of this machine that are not the test's."""
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        points = {line.split()[4] for line in table}
    return sorted(p for p in points if not p.startswith(str(folder)))


def config(folder, receiver, also_left_out=(), agent="", fstypes=None):
    left_out = other_mounts(folder) + [str(p) for p in also_left_out]
    section = f"[collector.disk]\nexclude_mountpoints = {left_out}"
    if fstypes is not None:
        section += f"\nexclude_fstypes = {fstypes}"
    text = quick(folder, LIMITS, webhook(receiver.url), collectors=("disk",), agent=agent)
    return text.replace("[collector.disk]", section)


@pytest.fixture
def fuse(folder):
    """fuse(name, subtype): a mount whose server the test tells what to answer."""
    why = why_no_fuse()
    if why:
        print(f"skip: {why}")
        pytest.skip(why)
    mounted = []

    def mount(name, subtype="test"):
        mounted.append(FuseMount(folder / name, subtype))
        return mounted[-1]

    yield mount
    for m in mounted:
        m.unmount()


def told(receiver):
    """(status, metric, message) of each alert so far."""
    alerts = [r.json() for r in receiver.requests]
    return [(a["status"], a["metric"], a["message"]) for a in alerts]


def check_broken(alert, path, text):
    assert alert["status"] == "firing" and alert["severity"] == "critical"
    assert alert["metric"] == "disk.stale" and alert["labels"]["mountpoint"] == str(path)
    assert f"file system of {path} is broken: {text}" in alert["message"]


def test_a_server_that_was_killed(folder, fuse, receiver):
    """The mount is broken, with the error's name; that it was full still stands, and ends when it answers."""
    far = fuse("far")
    far.tell("used", 96)
    with Agent(folder, config(folder, receiver)) as agent:
        full = receiver.wait_for(1)[0].json()
        assert full["metric"] == "disk.usage_percent" and full["value"] == 96
        far.kill()
        broken = receiver.wait_for(2)[1].json()
        check_broken(broken, far.path, "Transport endpoint is not connected (ENOTCONN)")
        assert broken["value"] == errno.ENOTCONN
        linger(agent, 6)
        assert len(receiver.requests) == 2, told(receiver)
        subprocess.run(["umount", str(far.path)], check=True)
        far.mount()
        ends = [r.json() for r in receiver.wait_for(4)[2:]]
        assert {a["metric"] for a in ends} == {"disk.stale", "disk.usage_percent"}
        for end in ends:
            assert end["status"] == "resolved" and "normalized" in end["message"]
        assert any("answering (was broken: Transport endpoint" in a["message"] for a in ends), told(receiver)


@pytest.mark.parametrize(
    "error, text",
    [(errno.ESTALE, "Stale file handle (ESTALE)"), (errno.EIO, "Input/output error (EIO)")],
)
def test_an_error_is_named(folder, fuse, receiver, error, text):
    """Each error has its name; who may not look says nothing and ends nothing of the kind."""
    far, shy = fuse("far"), fuse("shy")
    shy.tell("error", errno.EACCES)
    with Agent(folder, config(folder, receiver)) as agent:
        linger(agent, 2)
        assert receiver.requests == []
        far.tell("error", error)
        check_broken(receiver.wait_for(1)[0].json(), far.path, text)
        assert agent.count(f"file system {far.path} is broken: {text}") == 1
        far.tell("error", 0)
        assert receiver.wait_for(2)[1].json()["status"] == "resolved"
        linger(agent, 2)
        assert len(receiver.requests) == 2, told(receiver)


def make_image(folder, name, tool):
    if shutil.which(tool) is None:
        print(f"skip: {tool} is not installed")
        pytest.skip(f"{tool} is not installed")
    source = folder / f"{name}.d"
    source.mkdir()
    (source / "file").write_bytes(b"x" * 300000)
    image = folder / f"{name}.img"
    order = [image, source] if tool == "mkfs.erofs" else [source, image]
    subprocess.run([tool] + [str(p) for p in order], check=True, stdout=subprocess.DEVNULL)
    return image


@pytest.mark.parametrize("fstype, tool", [("erofs", "mkfs.erofs"), ("squashfs", "mksquashfs")])
def test_an_image_is_no_news_and_a_full_disk_is(folder, loops, receiver, fstype, tool):
    """An image is full by nature, whatever is left out; a disk that is full and read-only is told, also at a start."""
    disk = loops("disk")
    image, point = make_image(folder, "image", tool), folder / "image"
    point.mkdir()
    mounted = subprocess.run(["mount", "-o", "loop", "-t", fstype, str(image), str(point)], check=False)
    if mounted.returncode != 0:
        print(f"skip: no {fstype} here")
        pytest.skip(f"no {fstype} here")
    try:
        disk.fill(100)
        subprocess.run(["mount", "-o", "remount,ro", str(disk.path)], check=True)
        with Agent(folder, config(folder, receiver, fstypes=FEW_TYPES)) as agent:
            alert = receiver.wait_for(1)[0].json()
            assert alert["metric"] == "disk.usage_percent"
            assert alert["labels"]["mountpoint"] == str(disk.path)
            linger(agent)
            assert len(receiver.requests) == 1, told(receiver)
    finally:
        subprocess.run(["umount", "-l", str(point)], check=False)


@pytest.mark.parametrize("fstype", ["squashfuse", "Editor-1.2.AppImage"])
def test_images_of_fuse_are_left_out(folder, fuse, receiver, fstype):
    far, real = fuse("far", fstype), fuse("real")
    far.tell("used", 100)
    real.tell("used", 100)
    with Agent(folder, config(folder, receiver)) as agent:
        assert receiver.wait_for(1)[0].json()["labels"]["mountpoint"] == str(real.path)
        linger(agent, 2)
        assert len(receiver.requests) == 1, told(receiver)


class Container:
    """The agent in a container of a host that is a process 1 of its own; path is the container's own there,
    a tmpfs that is 88 % full. bound: what of the host is seen below `view`, all of it or its proc alone."""

    def __init__(self, folder, path, text, bound="/"):
        self.folder = folder
        view = folder / "view"
        view.mkdir()
        proc = view / "proc" if bound == "/" else view
        self.config = folder / "inside.toml"
        self.config.write_text(text.replace("[agent]", f'[agent]\nproc_root = "{proc}"'))
        self.config.chmod(0o600)
        self.log = folder / "inside.log"
        setup = " && ".join(
            [
                f"mount --rbind {bound} {view}",
                "mount -t proc proc /proc",
                f"mount -t tmpfs -o size=1000k own {path}",
                f"head -c 900000 /dev/zero >{path}/ballast",
                'exec "$@"',
            ]
        )
        self.host = subprocess.Popen(
            UNSHARE + ["sh", "-c", 'mount -t proc proc /proc && echo ready && exec sleep 1000'],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.host.stdout.readline() == "ready\n"
        (init,) = children(self.host.pid)
        self.enter = ["nsenter", "-t", str(init), "-p", "-m"] + UNSHARE + ["sh", "-c", setup, "sh"]
        self.enter += [str(BINARY), "-c", str(self.config)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.host.kill()  # and with its process 1 all that is in there
        self.host.wait()

    def look(self):
        """Usage by mount point, as root sees it once."""
        done = subprocess.run(
            self.enter + ["--once", "--format", "json"], capture_output=True, text=True, timeout=60, check=True
        )
        samples = [json.loads(line) for line in done.stdout.splitlines()]
        return {s["labels"]["mountpoint"]: s["value"] for s in samples if s["metric"] == "disk.usage_percent"}

    def start(self):
        """As a service, which has given up root's rights."""
        with self.log.open("wb") as log:
            subprocess.Popen(self.enter, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for("the agent to be up", lambda: "watching" in self.log.read_text())


UNSHARE = ["unshare", "--pid", "--mount", "--fork", "--kill-child"]


def inside(folder, receiver):
    text = config(folder, receiver, [folder / "view", folder / "view/*"])
    return text.replace("disk_percent = 90", "disk_percent = 80")


def test_a_container_that_has_the_hosts_root(folder, loops, receiver):
    """What is told of a host's file system is what the host's path leads to, not the container's."""
    disk = loops("disk")
    disk.fill(30)
    with Container(folder, disk.path, inside(folder, receiver)) as container:
        assert 25 < container.look()[str(disk.path)] < 35
        disk.empty()
        disk.fill(96)
        container.start()
        alert = receiver.wait_for(1)[0].json()
        assert alert["labels"]["mountpoint"] == str(disk.path) and alert["labels"]["fstype"] == "ext4"
        assert alert["value"] > 90


def test_a_container_that_has_the_hosts_proc_alone(folder, loops, receiver):
    """Root goes through the host's process 1; who may not says nothing of what cannot be seen."""
    disk = loops("disk")
    disk.fill(30)
    with Container(folder, disk.path, inside(folder, receiver), bound="/proc") as container:
        assert 25 < container.look()[str(disk.path)] < 35
        container.start()
        time.sleep(3.5)
        assert receiver.requests == [], told(receiver)
        assert "the root of process 1 may not be entered" in container.log.read_text()
