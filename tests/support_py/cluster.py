"""A cluster of real processes on this machine, each a `troupe node FILE --name nX` of one file."""
import json
import pathlib
import signal

import node
import process
import wire


class Member(node.Node):
    """One of them; started, killed and stopped like a node that is alone."""
    brokers_known = range(1, 100)

    def __init__(self, cluster, name, node_id):
        super().__init__(cluster.folder / name)
        self.cluster, self.name, self.node_id = cluster, name, node_id
        self.port, self.peer_port = cluster.fresh_port(), cluster.fresh_port()
        self.lines = []  # of its own in the file
        self.admin = "off"  # or HOST:PORT

    def argv(self):
        return [node.BINARY, "node", str(self.cluster.file), "--name", self.name]

    def entry(self):
        serves = [] if 'roles = "controller"' in self.lines else [f'listen = "{self.address}"']
        return "\n".join(["[[node]]", *self.lines, *serves, f'name = "{self.name}"', f"id = {self.node_id}",
                          f'peer_listener = "127.0.0.1:{self.peer_port}"', f'admin_listener = "{self.admin}"',
                          f'data_directory = "{self.data}"', ""])


class Cluster:
    """Started and stopped by hand or by `with`. Like a broker to whoever only wants an address and topics."""

    def __init__(self, folder, nodes=3, settings=None, data=None, members=None, controllers=0):
        """`data`: a folder for each; `members`: those of another one, which is told nothing; `controllers`: so many are nothing
        else, and the others are no controllers."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = dict(settings or {})
        self.ports = set()
        self.file = self.folder / "cluster.toml"
        self.members = list(members) if members else [Member(self, f"n{i}", i) for i in range(1, nodes + 1)]
        for member, folder in zip(self.members, data or []):
            member.data = pathlib.Path(folder)
        self.controllers = [Member(self, f"c{i}", 100 + i) for i in range(1, controllers + 1)]
        for member in [*self.controllers, *(self.members if controllers else [])]:
            member.lines = ['roles = "controller"' if member in self.controllers else 'roles = "broker"']
        self.write()

    def write(self, members=None):
        """The file, as things are now."""
        top = [f"{key} = {value}" for key, value in self.settings.items()]
        self.file.write_text("\n".join(top + [""] + [m.entry() for m in [*self.controllers, *(members or self.members)]]))

    def fresh_port(self):
        """One that no other member was given."""
        port = process.free_port()
        while port in self.ports:
            port = process.free_port()
        self.ports.add(port)
        return port

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        for member in [*self.members, *self.controllers]:
            member.kill()

    @property
    def address(self):
        return ",".join(m.address for m in self.members)

    def start(self):
        for member in [*self.controllers, *self.members]:
            member.launch()
        process.wait_until(lambda: all(m.answers() for m in self.members), 20, "first answers of all nodes", step_s=0.01)
        process.wait_until(lambda: self.brokers() == len(self.members), 20, "all nodes to be known as brokers", step_s=0.01)
        return self

    def stop(self):
        """Asks all of them to end; the first exit code that is not 0, or 0."""
        for member in self.members:
            member.process.send_signal(signal.SIGTERM)
        return next(filter(None, [member.ended() for member in self.members]), 0)

    def connect_leader(self, topic, partition=0):
        return self.member(self.leaders(topic)[partition]).connect()

    def member(self, node_id):
        return next(m for m in [*self.members, *self.controllers] if m.node_id == node_id)

    def alive(self):
        return [m for m in self.members if m.alive()]

    def ask(self, question, deadline_s=10, of=None):
        """What the first living node that can be reached answers."""
        for member in of or self.alive():
            try:
                with member.connect(deadline_s) as connection:
                    return question(connection)
            except (OSError, ValueError, ConnectionError):
                continue
        return None

    def brokers(self):
        answer = self.ask(lambda c: c.metadata([]))
        return len(answer[0]) if answer else 0

    def leaders(self, topic, of=None):
        """Partition -> node id of its leader; -1: none."""
        answer = self.ask(lambda c: c.metadata([topic]), of=of)
        error, found = answer[1].get(topic, (3, {})) if answer else (3, {})
        return {} if error else {number: leader for number, (_, leader) in found.items()}

    def controller(self):
        """The node that leads the metadata quorum."""
        def leads():
            done = self.alive()[0].tool("cluster", "status", "--json", "--bootstrap", self.alive()[0].address)
            quorum = json.loads(done.stdout or b"{}").get("quorum") or {}
            return max(quorum.get("leader", -1), 0)
        return process.wait_until(leads, 10, "a leader of the metadata quorum", step_s=0.05)

    def create_topic(self, name, partitions=1, replicas=3, configs=None):
        error = self.ask(lambda c: c.create_topic(name, partitions, configs, replicas), deadline_s=30)
        if error:
            raise AssertionError(f"creating {name}: error {error}")
        process.wait_until(lambda: self.led_by_somebody(name, partitions), 30, f"leaders of {name}")
        return name

    def led_by_somebody(self, topic, partitions):
        leaders = self.leaders(topic)
        return len(leaders) == partitions and all(leader > 0 and self.member(leader).alive() for leader in leaders.values())
