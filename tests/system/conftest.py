"""For all tests: their deadlines and order; a folder that other users may search, loop mounts, a fake host."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import fuse_fake
from fakes import ca, discord, proxy, receiver, start_nginx  # noqa: F401 (fixtures)
from harness import FakeProc, LoopMount, why_no_loop_mounts


TEST_SECS = 180  # one that takes longer hangs; @pytest.mark.timeout says otherwise


CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18


def take_own_mounts():
    """What this process mounts is seen by what it starts alone; without root, mounts stay shared."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) == 0:
        private = libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None) == 0
        fuse_fake.own_mounts = private


def pytest_configure(config):
    take_own_mounts()
    for line in (
        "long: takes most of a minute, so it starts first",
        "timeout(secs): when it counts as hanging",
        'xdist_group(name): runs on one worker with those of the same name; "host" is what changes the '
        "mounts of this machine, or looks at all that runs on it",
    ):
        config.addinivalue_line("markers", line)


def pytest_itemcollected(item):
    if {"loops", "covered"} & set(item.fixturenames):
        item.add_marker(pytest.mark.xdist_group("host"))
    if item.get_closest_marker("timeout") is None:
        item.add_marker(pytest.mark.timeout(TEST_SECS))


def pytest_collection_modifyitems(items):
    """What takes longest starts first: long tests, then the group that has to take turns."""
    items.sort(key=lambda i: (i.get_closest_marker("long") is None, i.get_closest_marker("xdist_group") is None))


@pytest.fixture
def folder():
    """A folder as a service's would be: an agent that gave up root can still reach what is in it."""
    path = Path(tempfile.mkdtemp(prefix="sysops-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def host(folder):
    """A host whose load the test decides."""
    fake = FakeProc(folder)
    fake.load(0.5)
    return fake


@pytest.fixture
def loops(folder):
    """loops(name, mib): a file system of its own, unmounted after the test."""
    why = why_no_loop_mounts()
    if why:
        print(f"skip: {why}")
        pytest.skip(why)
    mounted = []

    def mount(name, mib=24):
        try:
            mounted.append(LoopMount(folder, name, mib))
        except (OSError, subprocess.CalledProcessError) as err:
            print(f"skip: no loop mount: {err}")
            pytest.skip(f"no loop mount: {err}")
        return mounted[-1]

    yield mount
    for m in mounted:
        m.unmount()


@pytest.fixture
def covered():
    """covered(path): a server of our own over that file, unmounted after the test."""
    why = fuse_fake.why_no_fuse()
    if why:
        print(f"skip: {why}")
        pytest.skip(why)
    servers = []

    def serve(path):
        try:
            servers.append(fuse_fake.Covered(str(path)))
        except OSError as err:
            print(f"skip: {err}")
            pytest.skip(str(err))
        return servers[-1]

    yield serve
    for server in servers:
        server.unmount()


@pytest.fixture
def ca_file(folder, ca):
    """The CA's certificate where the agent's user can read it."""
    path = folder / "ca.pem"
    shutil.copyfile(ca.ca, path)
    path.chmod(0o644)
    return path


@pytest.fixture
def tls(tmp_path, ca):
    """tls(fake): an https URL of the fake, by a real nginx with a certificate of our CA."""
    running = []

    def start(fake):
        running.append(start_nginx(tmp_path, fake.port, ca.good))
        return running[-1].url + getattr(fake, "path", "/hook")

    yield start
    for nginx in running:
        try:
            nginx.stop()
        except subprocess.TimeoutExpired:
            nginx._process.kill()
