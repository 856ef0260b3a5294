"""A file system of FUSE whose server is ours: it answers what it is told to, hangs, and can be killed.

FuseMount starts this file as a program: fuse_server.py PATH SUBTYPE. It reads orders from its input,
a word and a number a line. The protocol (7.31) is spoken by hand, so that nothing needs
to be installed; only what mounting and statfs() ask for is answered.
"""

import ctypes
import errno
import os
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path

NO_ANSWER = (2, 36, 42)  # FORGET, INTERRUPT, BATCH_FORGET want none
GETATTR, STATFS, INIT = 3, 17, 26


def why_no_fuse():
    """Why this machine cannot mount it, or ''."""
    if os.geteuid() != 0:
        return "mounting needs root"
    if not Path("/dev/fuse").exists():
        return "there is no /dev/fuse"
    return ""


class FuseMount:
    """Mounted at path until unmount(), whether its server lives or not. It has 100 blocks, 50 used."""

    def __init__(self, path, subtype="test"):
        self.path = Path(path)
        self.subtype = subtype
        self.path.mkdir()
        self.server = None
        self.mount()

    def mount(self):
        command = [sys.executable, __file__, str(self.path), self.subtype]
        self.server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.server.stdout.readline() == "ready\n"

    def tell(self, word, number):
        """error N: what statfs() fails with, 0 nothing; used N: of 100 blocks."""
        self.server.stdin.write(f"{word} {number}\n")
        self.server.stdin.flush()
        assert self.server.stdout.readline() == "done\n"

    def kill(self):
        """The mount stays, and nobody is there to answer."""
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()

    def unmount(self):
        subprocess.run(["umount", "-l", str(self.path)], check=False)
        self.kill()


class Server:
    """Serves the kernel in a thread until the mount is gone."""

    def __init__(self, path, subtype):
        self.orders = {"error": 0, "used": 50}
        self.device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"server", path.encode(), f"fuse.{subtype}".encode(), ctypes.c_ulong(0), options) != 0:
            raise OSError(ctypes.get_errno(), "no FUSE mount")
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                request = os.read(self.device, 1 << 18)
            except OSError as err:
                if err.errno in (errno.EINTR, errno.ENOENT):
                    continue
                return
            _, opcode, unique = struct.unpack_from("<IIQ", request)
            if opcode in NO_ANSWER:
                continue
            error, body = self._answer(opcode)
            os.write(self.device, struct.pack("<IiQ", 16 + len(body), -error, unique) + body)

    def _answer(self, opcode):
        if opcode == INIT:
            return 0, struct.pack("<IIIIHHIIHHI28x", 7, 31, 65536, 0, 12, 9, 4096, 1, 0, 0, 0)
        if opcode == GETATTR:
            attr = struct.pack("<6Q10I", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, 0, 0, 0, 4096, 0)
            return 0, struct.pack("<QII", 3600, 0, 0) + attr
        if opcode == STATFS and self.orders["error"] == 0:
            left = 100 - self.orders["used"]
            return 0, struct.pack("<5Q4I24x", 100, left, left, 0, 0, 4096, 255, 4096, 0)
        return (self.orders["error"] if opcode == STATFS else errno.ENOSYS), b""


def main():
    server = Server(sys.argv[1], sys.argv[2])
    print("ready", flush=True)
    for line in sys.stdin:
        word, number = line.split()
        server.orders[word] = int(number)
        print("done", flush=True)


if __name__ == "__main__":
    main()
