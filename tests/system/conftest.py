"""Fixtures for all: a folder that other users may search, loop mounts, a fake host."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from fakes import ca, discord, proxy, receiver, start_nginx  # noqa: F401 (fixtures)
from harness import FakeProc, LoopMount, why_no_loop_mounts


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
