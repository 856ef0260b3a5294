"""A file system in user space over one file, as lxcfs lays one over /proc/meminfo, and hangs when told to.

As a program, given the path: mounts, says "mounted" and serves what the file held, until it is killed.
SIGUSR1 makes it take requests and answer none; SIGUSR2 makes it answer again, what waits as well.
Speaks the kernel's protocol itself, as fuse(4) and the kernel's headers have it, so that no library is needed.
"""

import ctypes
import errno
import os
import signal
import stat
import struct
import subprocess
import sys
from pathlib import Path

MS_NOSUID, MS_NODEV, MNT_DETACH = 2, 4, 2
LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT = 1, 2, 3, 14, 15, 18, 25, 26
INTERRUPT, BATCH_FORGET = 36, 42
FOPEN_DIRECT_IO = 1
HEADER = struct.Struct("=IIQQIIII")  # length, opcode, unique, node, uid, gid, pid, padding
MESSAGE_MAX = 1 << 20

own_mounts = False  # what this process mounts is seen by what it starts alone


def why_no_fuse():
    """Why this machine cannot mount one, or ''."""
    if os.geteuid() != 0:
        return "a mount over a file of /proc needs root"
    if not Path("/dev/fuse").exists():
        return "there is no /dev/fuse"
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as err:
        return f"/dev/fuse cannot be opened: {err}"
    return "" if own_mounts else "the mounts of this process are everybody's"


class Covered:
    """A server over that path, in a process of its own."""

    def __init__(self, path):
        self.path = path
        self.process = subprocess.Popen(
            [sys.executable, __file__, path], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        said = self.process.stdout.readline()
        if said != "mounted\n":
            self.process.kill()
            raise OSError(f"no mount over {path}")

    def hang(self):
        self.process.send_signal(signal.SIGUSR1)

    def answer(self):
        self.process.send_signal(signal.SIGUSR2)

    def pause(self):
        """As hang(), but who waits can be killed: nobody has taken its request."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def die(self):
        """Who waits, and who comes, is told that the connection is gone."""
        self.process.kill()
        self.process.wait()

    def unmount(self):
        self.die()
        ctypes.CDLL(None).umount2(self.path.encode(), MNT_DETACH)


class Server:
    def __init__(self, path):
        self.under = os.open(path, os.O_RDONLY)
        self.device = os.open("/dev/fuse", os.O_RDWR)
        self.hangs = False
        self.waiting = []
        signal.signal(signal.SIGUSR1, self.on_hang)
        signal.signal(signal.SIGUSR2, self.on_answer)
        self.mount(path)

    def mount(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        options = f"fd={self.device},rootmode={stat.S_IFREG | 0o444:o},user_id=0,group_id=0,allow_other"
        if libc.mount(b"lxcfs", path.encode(), b"fuse.lxcfs", MS_NOSUID | MS_NODEV, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)

    def on_hang(self, *_):
        self.hangs = True

    def on_answer(self, *_):
        self.hangs = False
        waiting, self.waiting = self.waiting, []
        for message in waiting:
            self.take(message)

    def reply(self, unique, body=b"", error=0):
        try:
            os.write(self.device, struct.pack("=IiQ", 16 + len(body), -error, unique) + body)
        except OSError as err:
            if err.errno != errno.ENOENT:  # who asked has gone
                raise

    @staticmethod
    def init(body):
        major, _, readahead, _ = struct.unpack_from("=IIII", body)
        return struct.pack("=IIIIHHIIHHI28x", major, 31, readahead, 0, 12, 9, 65536, 1, 0, 0, 0)

    @staticmethod
    def attributes():
        return struct.pack("=QII", 0, 0, 0) + struct.pack(
            "=6Q10I", 1, 0, 0, 0, 0, 0, 0, 0, 0, stat.S_IFREG | 0o444, 1, 0, 0, 0, 4096, 0
        )

    def take(self, message):
        _, opcode, unique, *_ = HEADER.unpack_from(message)
        body = message[HEADER.size :]
        if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
            return
        if self.hangs:
            self.waiting.append(message)
        elif opcode == INIT:
            self.reply(unique, self.init(body))
        elif opcode == GETATTR:
            self.reply(unique, self.attributes())
        elif opcode == OPEN:
            self.reply(unique, struct.pack("=QII", 0, FOPEN_DIRECT_IO, 0))
        elif opcode == READ:
            _, offset, size = struct.unpack_from("=QQI", body)
            self.reply(unique, os.pread(self.under, size, offset))
        elif opcode in (RELEASE, FLUSH):
            self.reply(unique)
        else:
            self.reply(unique, error=errno.ENOSYS)

    def serve(self):
        while True:
            self.take(os.read(self.device, MESSAGE_MAX))


if __name__ == "__main__":
    server = Server(sys.argv[1])
    print("mounted", flush=True)
    server.serve()
