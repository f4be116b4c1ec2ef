"""A well-behaved client beside whatever else happens to the broker: it must notice nothing."""
import threading
import time

import process
import wire


class Bystander:
    """Writes and reads back records, one after the other, on a connection of its own; keeps the slowest round trip."""

    def __init__(self, broker, slowest_s=3.0, rss_growth_mib=200):
        self.broker, self.limit_s, self.growth_mib = broker, slowest_s, rss_growth_mib
        self.rounds, self.slowest_s, self.error = 0, 0.0, None
        self.stopping = threading.Event()

    def __enter__(self):
        self.topic = self.broker.create_topic("bystander")
        with self.broker.connect() as c:
            self._round(c, 0)
        self.rss_before, self.files_before = process.rss_bytes(self.broker.pid), process.open_files(self.broker.pid)
        self.pid = self.broker.pid
        self.rss_highest = self.rss_before
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def _round(self, connection, number):
        value = b"bystander %d" % number
        error, offset = connection.produce(self.topic, 0, wire.batch([value]))
        if error:
            raise AssertionError(f"produce: error {error}")
        error, _, got = connection.fetch(self.topic, 0, offset)
        if error or not got or not got[0].raw.endswith(value + b"\0"):
            raise AssertionError(f"fetch at {offset}: error {error}, {len(got)} batches")

    def _run(self):
        try:
            with self.broker.connect() as c:
                while not self.stopping.is_set():
                    began = time.monotonic()
                    self.rounds += 1
                    self._round(c, self.rounds)
                    self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                    self.rss_highest = max(self.rss_highest, process.rss_bytes(self.pid))
                    time.sleep(0.01)
        except Exception as error:  # told by __exit__, on the main thread
            self.error = error

    def __exit__(self, kind, *_):
        if not kind:  # ten more rounds: it goes on afterwards as well
            goal = self.rounds + 10
            end = time.monotonic() + 15
            while self.rounds < goal and not self.error and time.monotonic() < end:
                time.sleep(0.01)
        self.stopping.set()
        self.thread.join(15)
        if kind:
            return
        if not self.broker.alive():
            raise AssertionError(f"the broker ended with {self.broker.process.returncode}: {self.broker.log_text()[-1500:]}")
        if self.error or self.thread.is_alive() or self.rounds < 10:
            raise AssertionError(f"the bystander was disturbed after {self.rounds} rounds: {self.error!r}")
        if self.slowest_s > self.limit_s:
            raise AssertionError(f"the bystander waited {self.slowest_s:.2f} s, at most {self.limit_s} s is right")
        if self.growth() > self.growth_mib:
            raise AssertionError(f"resident memory grew by {self.growth():.0f} MiB, at most {self.growth_mib} MiB is right")

    def growth(self):
        return (self.rss_highest - self.rss_before) / 2**20

    def told(self):
        return f"bystander: {self.rounds} rounds, slowest {self.slowest_s * 1000:.0f} ms; memory +{self.growth():.0f} MiB"

    def files_back(self, deadline_s=20):
        """The broker has closed what was opened meanwhile."""
        process.wait_until(lambda: process.open_files(self.pid) <= self.files_before + 5, deadline_s,
                           f"open files back to {self.files_before}")
