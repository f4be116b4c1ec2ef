"""A disk that fails, fills up or hangs under a running node."""
import contextlib
import errno
import os
import pathlib
import subprocess
import time

import load
import node
import process
from powercut import LoopDisk
from report import Cases, Skip, check, check_equal

cases = Cases("failing-disk")
SHIM = load.PROGRAMS / "faults-shim.so"
# Small journal files, so that a small disk holds them and they are recycled during the test.
SMALL = {"journal_file_bytes": "32MiB", "journal_files": 3, "log_segment_bytes": "8MiB"}


class Orders:
    """What the preloaded library shall do to the node's disk."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.path = self.folder / "order"
        self.env = {"LD_PRELOAD": str(SHIM), "SHIM_FOLDER": str(self.folder / "data"), "SHIM_ORDER": str(self.path)}

    def give(self, words):
        draft = self.folder / "order.new"
        draft.write_text(words)
        draft.rename(self.path)

    def withdraw(self):
        self.path.unlink(missing_ok=True)


def ends_by_itself(broker, deadline_s=20):
    """The node must end, say why, and not claim success."""
    code = broker.process.wait(deadline_s)
    said = broker.log_text()
    check(code != 0, f"it ended with 0: {said[-800:]}")
    loud = [line for line in said.splitlines() if "rror" in line or "fail" in line or "cannot" in line or "critical" in line]
    check(loud, f"it ended with {code} without a word: {said[-800:]}")
    return f"exit {code}: {loud[-1][-160:]}"


def _disk_error(order):
    """From the order on nothing may be acknowledged; the node ends, and comes back with all that was."""
    folder = pathlib.Path(process.workdir("eio"))
    orders = Orders(folder)
    broker = node.broker(folder, data=folder / "data", env=orders.env, settings={"log_segment_bytes": "1MiB"})
    try:
        broker.start()
        broker.create_topic(load.TOPIC, 8)
        writers = load.Writers(broker, folder / "journals")
        writers.wait_for(2000)
        orders.give(order)
        time.sleep(0.1)  # what was on its way is answered
        before = writers.acknowledged()
        told = ends_by_itself(broker)
        time.sleep(0.3)
        after = writers.acknowledged()
        check(after - before <= 100, f"{after - before} records were acknowledged after the disk failed")
        orders.withdraw()
        broker.start()
        writers.wait_for(500)
        writers.end()
        return f"{told}; {writers.verify()}"
    finally:
        broker.kill()


@cases.case
def error_on_write():
    return _disk_error("write-eio")


@cases.case
def error_on_sync():
    return _disk_error("sync-eio")


@cases.case
def disk_goes_away():
    """The file system shuts down under the running node: every write, sync and open fails, unsynced data is lost."""
    folder = pathlib.Path(process.workdir("gone"))
    with LoopDisk(folder, 2048) as disk:
        broker = node.broker(folder / "node", data=disk.mountpoint / "data")
        try:
            broker.start()
            broker.create_topic(load.TOPIC, 8)
            writers = load.Writers(broker, folder / "journals")
            writers.wait_for(2000)
            disk.cut()
            told = ends_by_itself(broker)
            disk.remount()
            broker.start()
            writers.wait_for(500)
            writers.end()
            return f"{told}; {writers.verify()}"
        finally:
            broker.kill()


def readable(broker, wanted):
    """The oldest records can be fetched."""
    with broker.connect() as c:
        for partition in range(8):
            error, _, got = c.fetch(load.TOPIC, partition, 0)
            check(error == 0 and got and got[0].raw == wanted[partition], f"fetch from {partition}: error {error}")


def _full(broker, folder, fill, make_room):
    broker.start()
    broker.create_topic(load.TOPIC, 8)
    writers = load.Writers(broker, folder / "journals", rate=3000)
    writers.wait_for(1000)
    with broker.connect() as c:
        first = [c.fetch(load.TOPIC, p, 0)[2][0].raw for p in range(8)]
    fill()
    # The journal's own files were there before: what is full is found out when segments grow, or files are needed.
    end = time.monotonic() + 60
    still = -1
    while writers.acknowledged() != still:
        check(time.monotonic() < end, "records are still acknowledged a minute after the disk was filled")
        still = writers.acknowledged()
        time.sleep(2)
        writers.check_alive()
    check(broker.alive(), f"a full disk ended the node: {broker.log_text()[-1000:]}")
    readable(broker, first)
    said = process.run(["kcat", "-b", broker.address, "-P", "-t", load.TOPIC, "-p", "0", "-X", "message.timeout.ms=4000", "-X",
                        "retry.backoff.ms=100"], 30, input=b"x\n")
    check(said.returncode != 0, "kcat's message was acknowledged on a full disk")
    readable(broker, first)
    make_room()
    began = time.monotonic()
    writers.wait_for(1000, deadline_s=30)
    took = time.monotonic() - began
    told = writers.end()  # not one record failed: every error was retriable
    return f"stood still at {still} records, went on {took:.1f} s after there was room; {writers.verify()}; {told.count(' 0 failed')} " \
           "writers without an error"


@cases.case
def full_disk():
    """A small ext4: the producers wait, the readers read on, and writing resumes by itself."""
    folder = pathlib.Path(process.workdir("full"))
    with LoopDisk(folder, 400) as disk:
        broker = node.broker(folder / "node", data=disk.mountpoint / "data", settings=SMALL)
        ballast = disk.mountpoint / "ballast"
        try:
            return _full(broker, folder, lambda: _fill(ballast, disk.mountpoint), ballast.unlink)
        finally:
            broker.kill()


@cases.case
def full_tmpfs():
    """The same in memory."""
    if os.geteuid() != 0:
        raise Skip("needs root, to mount a file system")
    folder = pathlib.Path(process.workdir("tmpfs"))
    mountpoint = folder / "disk"
    mountpoint.mkdir()
    done = process.run(["mount", "-t", "tmpfs", "-o", "size=400m", "troupe-test", str(mountpoint)], 30)
    if done.returncode:
        raise Skip(f"no tmpfs: {done.stderr.decode().strip()}")
    broker = node.broker(folder / "node", data=mountpoint / "data", settings=SMALL)
    try:
        return _full(broker, folder, lambda: _fill(mountpoint / "ballast", mountpoint), (mountpoint / "ballast").unlink)
    finally:
        broker.kill()
        process.wait_until(lambda: process.run(["umount", str(mountpoint)], 30).returncode == 0, 20, "umount")


def _fill(ballast, mountpoint, left_bytes=4 << 20):
    """Takes all but some megabytes, a megabyte at a time: the node writes meanwhile."""
    handle = os.open(ballast, os.O_CREAT | os.O_WRONLY)
    try:
        taken = 0
        while (state := os.statvfs(mountpoint)).f_bavail * state.f_frsize > left_bytes:
            os.posix_fallocate(handle, taken, 1 << 20)
            taken += 1 << 20
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
    finally:
        os.close(handle)


@cases.case
def no_space_at_any_write():
    """Every write and preallocation fails for some seconds, journal included: nothing ends, nothing is lost."""
    folder = pathlib.Path(process.workdir("nospace"))
    orders = Orders(folder)
    broker = node.broker(folder, data=folder / "data", env=orders.env, settings={"log_segment_bytes": "1MiB"})
    try:
        broker.start()
        broker.create_topic(load.TOPIC, 8)
        writers = load.Writers(broker, folder / "journals")
        for _ in range(3):
            writers.wait_for(1000)
            orders.give("no-space")
            time.sleep(2)
            check(broker.alive(), f"no space ended the node: {broker.log_text()[-1000:]}")
            orders.withdraw()
        writers.wait_for(1000)
        writers.end()
        check_equal(broker.stop(), 0, "exit code")
        broker.start()
        return writers.verify()
    finally:
        broker.kill()


@cases.case
def a_disk_that_hangs():
    """Writes wait for three seconds: nothing is acknowledged meanwhile, nothing is lost, readers of old data go on."""
    folder = pathlib.Path(process.workdir("hang"))
    orders = Orders(folder)
    broker = node.broker(folder, data=folder / "data", env=orders.env)
    with contextlib.ExitStack() as at_end:
        at_end.callback(broker.kill)
        broker.start()
        broker.create_topic(load.TOPIC, 8)
        writers = load.Writers(broker, folder / "journals")
        writers.wait_for(1000)
        with broker.connect() as c:
            first = [c.fetch(load.TOPIC, p, 0)[2][0].raw for p in range(8)]
        orders.give("stall")
        time.sleep(0.2)
        before = writers.acknowledged()
        readable(broker, first)
        time.sleep(2.5)
        during = writers.acknowledged() - before
        orders.withdraw()
        check(during <= 100, f"{during} records were acknowledged while the disk hung")
        writers.wait_for(1000)
        writers.end()
        return writers.verify()


@cases.case
def a_second_signal_ends_at_once():
    """SIGTERM cannot finish while the disk hangs; the second one does not wait for it."""
    folder = pathlib.Path(process.workdir("signals"))
    orders = Orders(folder)
    broker = node.broker(folder, data=folder / "data", env=orders.env)
    try:
        broker.start()
        broker.create_topic(load.TOPIC, 8)
        writers = load.Writers(broker, folder / "journals")
        writers.wait_for(500)
        orders.give("stall")
        time.sleep(0.2)
        broker.process.terminate()
        try:
            code = broker.process.wait(1.0)
            check(False, f"it ended with {code} while its disk hung")
        except subprocess.TimeoutExpired:
            pass
        began = time.monotonic()
        broker.process.terminate()
        code = broker.process.wait(2)
        took = time.monotonic() - began
        check(code != 0, "a forced end claims success")
        orders.withdraw()
        broker.start()
        writers.wait_for(100)
        writers.end()
        return f"exit {code} after {took * 1000:.0f} ms; {writers.verify()}"
    finally:
        broker.kill()
