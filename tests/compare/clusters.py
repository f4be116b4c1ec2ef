"""Three nodes of Troupe or of Apache Kafka as one broker: what `make compare` needs to put the same load on both."""
import cluster
import node
import process

NODES = 3


class Several:
    """`members` look like brokers; the first one's process id stands for all, the processor time is that of all."""

    def __init__(self, folder, members):
        self.folder, self.members = folder, members

    @property
    def address(self):
        return ",".join(m.address for m in self.members)

    @property
    def pid(self):
        return self.members[0].pid

    @property
    def process(self):
        return next((m.process for m in self.members if not m.alive()), self.members[0].process)

    def alive(self):
        return all(m.alive() for m in self.members)

    def log_text(self):
        return "".join(m.log_text() for m in self.members if not m.alive())

    def cpu_seconds(self):
        return sum(process.cpu_seconds(m.pid) for m in self.members)

    def largest_rss_mb(self):
        return max(process.rss_bytes(m.pid) for m in self.members) / 1e6

    def kill(self):
        for member in self.members:
            member.kill()

    def knows_all(self):
        """Each of them says that all are there."""
        if not self.alive():
            raise AssertionError(f"a node ended: {self.log_text()[-1500:]}")
        for member in self.members:
            try:
                with member.connect(5) as connection:
                    if len(connection.metadata([])[0]) != NODES:
                        return False
            except (OSError, ValueError, ConnectionError):
                return False
        return True

    def start(self):
        for member in self.members:
            member.launch()
        process.wait_until(self.knows_all, 120, "all nodes to know each other", step_s=0.005)
        return self

    def create_topic(self, name, partitions=1, configs=None):
        """With a replica on each node."""
        with self.members[0].connect(60) as connection:
            error = connection.create_topic(name, partitions, configs, NODES)
            if error:
                raise AssertionError(f"creating {name}: error {error}")

            def led():
                error, found = connection.metadata([name])[1].get(name, (3, {}))
                return not error and len(found) == partitions and all(not p and leader > 0 for p, leader in found.values())
            process.wait_until(led, 60, f"leaders of {name}")
        return name


class KafkaMember(node.Kafka):
    brokers_known = range(1, NODES + 1)

    def __init__(self, folder, number, ports):
        super().__init__(folder / f"n{number}", port=ports[number - 1])
        self.number, self.ports = number, ports

    def properties(self):
        """Its own controller votes with the others'; each broker's controller port is the next one above its own."""
        voters = ",".join(f"{i}@127.0.0.1:{port + 1}" for i, port in enumerate(self.ports, 1))
        return {**super().properties(), "node.id": self.number, "controller.quorum.voters": voters,
                "default.replication.factor": NODES, "min.insync.replicas": 2, "offsets.topic.replication.factor": NODES}


def make(system, folder):
    if system == "troupe":
        return Several(folder, cluster.Cluster(folder, nodes=NODES).members)
    ports = set()
    while len(ports) < NODES:
        port = process.free_port()
        if not ports & {port - 1, port + 1}:
            ports.add(port)
    ports = sorted(ports)
    return Several(folder, [KafkaMember(folder, number, ports) for number in range(1, NODES + 1)])
