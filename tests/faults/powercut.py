"""A small ext4 file system on a loop device, whose power can be cut: needs root, a loop device and ext4."""
import fcntl
import os
import pathlib
import struct

import process
from report import Skip

# EXT4_IOC_SHUTDOWN with "no log flush": nothing more reaches the disk, not even the file system's own journal.
SHUTDOWN, NO_FLUSH = 0x8004587D, 2


class LoopDisk:
    def __init__(self, folder, size_mib):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.image, self.mountpoint, self.size_mib = self.folder / "disk.img", self.folder / "disk", size_mib
        self.mounted = False

    def __enter__(self):
        if os.geteuid() != 0:
            raise Skip("needs root, to mount a file system")
        self.mountpoint.mkdir(exist_ok=True)
        for command in (["truncate", "-s", f"{self.size_mib}M", self.image], ["mkfs.ext4", "-q", "-F", self.image]):
            done = process.run(list(map(str, command)), 60)
            if done.returncode:
                raise Skip(f"{command[0]}: {done.stderr.decode().strip()}")
        self.mount()
        return self

    def __exit__(self, *_):
        self.unmount()
        self.image.unlink(missing_ok=True)

    def mount(self):
        done = process.run(["mount", "-o", "loop", str(self.image), str(self.mountpoint)], 60)
        if done.returncode:
            raise Skip(f"this machine mounts no loop device: {done.stderr.decode().strip()}")
        self.mounted = True

    def unmount(self):
        if self.mounted:
            process.wait_until(lambda: process.run(["umount", str(self.mountpoint)], 30).returncode == 0, 20, "umount", 0.02)
            self.mounted = False

    def cut(self):
        """From here on every write and sync fails with EIO, and what was not synced is gone after remount()."""
        handle = os.open(self.mountpoint, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", NO_FLUSH))
        finally:
            os.close(handle)

    def remount(self):
        """Once no process uses it any more."""
        self.unmount()
        self.mount()

    def self_test(self):
        """Raises unless a cut keeps what was synced and drops what was not."""
        path = self.mountpoint / "self-test"
        handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.write(handle, b"synced")
        os.fsync(handle)
        os.write(handle, b"not synced")
        self.cut()
        try:
            os.fsync(handle)
            raise AssertionError("a sync succeeded after the power cut")
        except OSError:
            pass
        finally:
            os.close(handle)
        self.remount()
        kept = path.read_bytes()
        if kept != b"synced":
            raise AssertionError(f"a power cut left {kept!r} instead of what was synced")
        path.unlink()
