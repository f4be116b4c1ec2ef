"""One broker as a real process: Troupe's node, or Apache Kafka to find out whether a test itself is right.

TROUPE_BIN names the program (default build/release/troupe); TROUPE_PEER=kafka runs the same tests against Kafka.
"""
import os
import pathlib
import signal
import subprocess
import time

import process
import wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("TROUPE_BIN", str(ROOT / "build/release/troupe"))
PEER = os.environ.get("TROUPE_PEER", "troupe")


class Broker:
    """Started and stopped by hand or by `with`; `data` outlives the process and is used again at the next start."""
    start_deadline_s = 10
    stop_deadline_s = 10
    brokers_known = (1,)

    def __init__(self, folder, port=None, data=None, settings=None, env=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = port or process.free_port()
        self.data = pathlib.Path(data) if data else self.folder / "data"
        self.settings, self.env = dict(settings or {}), dict(env or {})
        self.log = self.folder / "broker.log"
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def launch(self):
        """Starts the process without waiting for it."""
        self.process = process.launch(self.argv(), self.log, env=self.env)
        return self

    def answers(self):
        """True if the broker answers a request: not merely that its port is open."""
        if not self.alive():
            raise AssertionError(f"the broker ended with {self.process.returncode}: {self.log_text()[-1500:]}")
        try:
            with wire.Connection(self.port, deadline_s=5) as c:
                return c.api_versions()[0] == 0 and len(c.metadata([])[0]) in self.brokers_known
        except (OSError, ValueError, ConnectionError):
            return False

    def start(self):
        self.launch()
        process.wait_until(self.answers, self.start_deadline_s, f"first answer on {self.address}", step_s=0.005)
        return self

    def stop(self):
        """Asks it to end, as `kill` does; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        """The exit code of one that was asked to end."""
        try:
            return self.process.wait(self.stop_deadline_s)
        except subprocess.TimeoutExpired:
            raise process.DeadlineExceeded(f"still there {self.stop_deadline_s} s after SIGTERM: "
                                           f"{self.log_text()[-1500:]}") from None

    def kill(self):
        """kill -9, if it still runs."""
        if self.alive():
            self.process.kill()
            self.process.wait()

    def connect(self, deadline_s=10):
        return wire.Connection(self.port, deadline_s)

    def connect_leader(self, topic, partition=0):
        """To the broker that leads the partition: the only one there is."""
        return self.connect()

    def create_topic(self, name, partitions=1, configs=None):
        deadline_s = 30 + partitions / 50
        with self.connect(deadline_s) as c:
            error = c.create_topic(name, partitions, configs)
            if error:
                raise AssertionError(f"creating {name}: error {error}")
            process.wait_until(lambda: self._led(c, name, partitions), deadline_s, f"leaders of {name}")
        return name

    @staticmethod
    def _led(connection, name, partitions):
        error, found = connection.metadata([name])[1].get(name, (3, {}))
        if error or len(found) != partitions or any(p or n < 0 for p, n in found.values()):
            return False
        return all(connection.list_offset(name, p, -1)[0] == 0 for p in (0, partitions - 1))


class Node(Broker):
    """Troupe."""

    def argv(self):
        return [BINARY, "node", "--data", str(self.data), "--listen", self.address,
                *(x for k, v in self.settings.items() for x in ("--set", f"{k}={v}"))]

    def tool(self, *args, deadline_s=30, input=None):
        return process.run([BINARY, *map(str, args)], deadline_s, input)


class Kafka(Broker):
    """Apache Kafka, one node with its own controller; the jars come from Maven into KAFKA_HOME (see fetch)."""
    start_deadline_s = 90
    stop_deadline_s = 60
    home = pathlib.Path(os.environ.get("KAFKA_HOME", ROOT / "build/kafka"))
    jvm = ["-Xms1g", "-Xmx1g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
           "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-Dlog4j2.disable.jmx=true"]

    @classmethod
    def fetch(cls):
        """Downloads the jars once."""
        if not (cls.home / "libs").is_dir():
            cls.home.mkdir(parents=True, exist_ok=True)
            done = process.run(["mvn", "-q", "-B", "-f", str(ROOT / "tests/compare/pom.xml"), "dependency:copy-dependencies",
                                f"-DoutputDirectory={cls.home / 'part'}"], 900)
            if done.returncode:
                raise RuntimeError(f"Maven could not fetch Kafka: {done.stdout[-2000:].decode()}")
            (cls.home / "part").rename(cls.home / "libs")
        return next((cls.home / "libs").glob("kafka_2*.jar")).stem.split("-")[-1]

    def _java(self, *args):
        return ["java", *self.jvm, "-cp", f"{self.home}/libs/*", *map(str, args)]

    def properties(self):
        return {
            "process.roles": "broker,controller", "node.id": 1, "log.dirs": self.data,
            "controller.quorum.voters": f"1@127.0.0.1:{self.port + 1}", "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self.port + 1}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "advertised.listeners": f"PLAINTEXT://{self.address}", "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1, "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.replication.factor": 1, "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0, **{k.replace("_", "."): v for k, v in self.settings.items()}}

    def argv(self):
        self.fetch()
        config = self.folder / "server.properties"
        config.write_text("".join(f"{k}={v}\n" for k, v in self.properties().items()))
        if not (self.data / "meta.properties").exists():
            done = process.run(self._java("kafka.tools.StorageTool", "format", "-t", "dHJvdXBlLXRyb3VwZS1wZQ", "-c", config), 60)
            if done.returncode:
                raise RuntimeError(f"formatting Kafka's data: {done.stdout[-1000:].decode()} {done.stderr[-1000:].decode()}")
        return self._java("kafka.Kafka", config)


def broker(folder, **kwargs):
    return (Kafka if PEER == "kafka" else Node)(folder, **kwargs)


def started_in_ms(one):
    """Starts the broker; milliseconds to its first answer."""
    began = time.monotonic()
    one.start()
    return (time.monotonic() - began) * 1000
