"""Three nodes with a network each, whose packets vanish now and then: the inside of the case black_holes, which runs it in a
network of its own. black_holes.py ROUNDS; the last line printed is the verdict."""
import os
import pathlib
import random
import subprocess
import sys
import time

import load
import cluster
import node
import process
import wire
from failover import PARTITIONS, SEED, percentile, whole
from report import check

NOWHERE = "02:00:00:00:00:99"


def ip(*args, of=None):
    command = ["nsenter", "-t", str(of), "-n"] if of else []
    done = process.run([*command, "ip", *map(str, args)], 20)
    check(done.returncode == 0, f"ip {args}: {done.stderr.decode()}")


class Network:
    """A bridge, where this process is, too, and one cable for each node."""

    def __init__(self, nodes):
        ip("link", "set", "lo", "up")
        ip("link", "add", "middle", "type", "bridge")
        ip("addr", "add", "10.77.0.254/24", "dev", "middle")
        ip("link", "set", "middle", "up")
        self.holders = {number: self._join(number) for number in range(1, nodes + 1)}

    def _join(self, number):
        # Keeps the network there while its node is dead.
        holder = process.launch(["unshare", "-n", "sleep", "infinity"], "/dev/null")
        own = os.readlink("/proc/self/ns/net")
        process.wait_until(lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != own, 10, "a network", step_s=0.01)
        ip("link", "add", f"cable{number}", "type", "veth", "peer", "name", "eth0", "netns", holder.pid)
        ip("link", "set", f"cable{number}", "master", "middle")
        ip("link", "set", f"cable{number}", "up")
        for args in (("addr", "add", f"{host(number)}/24", "dev", "eth0"), ("link", "set", "eth0", "up"), ("link", "set", "lo", "up")):
            ip(*args, of=holder.pid)
        return holder.pid

    def isolate(self, number):
        ip("link", "set", f"cable{number}", "nomaster")

    def connect(self, number):
        ip("link", "set", f"cable{number}", "master", "middle")

    def lose(self, sender, receiver):
        """What the one sends the other vanishes; nobody is told."""
        ip("neigh", "replace", host(receiver), "lladdr", NOWHERE, "dev", "eth0", "nud", "permanent", of=self.holders[sender])

    def find(self, sender, receiver):
        ip("neigh", "del", host(receiver), "dev", "eth0", of=self.holders[sender])


def host(number):
    return f"10.77.0.{number}"


class Apart(cluster.Member):
    network = None

    @property
    def address(self):
        return f"{host(self.node_id)}:{self.port}"

    def argv(self):
        return ["nsenter", "-t", str(self.network.holders[self.node_id]), "-n", *super().argv()]

    def entry(self):
        return super().entry().replace(f'listen = "{self.address}"', f'listen = "{self.address},insecure"').replace(
            f'peer_listener = "127.0.0.1', f'peer_listener = "{host(self.node_id)}')

    def connect(self, deadline_s=10):
        return wire.Connection(self.port, deadline_s, host(self.node_id))

    def answers(self):
        check(self.alive(), f"{self.name} ended: {self.log_text()[-1500:]}")
        try:
            with self.connect(2) as c:
                return c.api_versions()[0] == 0
        except (OSError, ValueError, ConnectionError):
            return False


def made_cluster(folder, network):
    certificates = folder / "certificates"
    for args in (("authority", certificates), *(("node", certificates, "--node", n) for n in (1, 2, 3))):
        done = process.run([node.BINARY, "cert", *map(str, args)], 60)
        check(done.returncode == 0, f"troupe cert {args}: {done.stderr}")
    Apart.network = network
    cluster.Member = Apart
    return cluster.Cluster(folder / "cluster", settings={"tls_directory": f'"{certificates}"', "replica_lag_time_max_ms": '"3s"'})


def isolated(made, network, victim, dice):
    """Seconds until others lead what the victim led."""
    network.isolate(victim.node_id)
    began = time.monotonic()
    others = [m for m in made.members if m is not victim]
    try:
        process.wait_until(lambda: all(leader not in (-1, victim.node_id) for leader in
                                       made.leaders(load.TOPIC, of=others).values()), 30, "other leaders")
        waited = time.monotonic() - began
        time.sleep(dice.uniform(0, 3))
    finally:
        network.connect(victim.node_id)
    return waited


def torn(network, one, other, both, dice):
    """The link between two nodes loses what goes one way, or both ways, for a while."""
    network.lose(one, other)
    if both:
        network.lose(other, one)
    time.sleep(dice.uniform(1, 5))
    network.find(one, other)
    if both:
        network.find(other, one)


def main(rounds):
    dice, folder = random.Random(SEED), pathlib.Path(process.workdir("black-holes"))
    network = Network(3)
    waits = {"a leader": [], "the controller": []}
    with made_cluster(folder, network) as made:
        made.create_topic(load.TOPIC, PARTITIONS)
        writers = load.Writers(made, folder / "journals", partitions=PARTITIONS, rate=500)
        for number in range(rounds):
            writers.wait_for(200, 90)
            whole(made, (load.TOPIC,))
            controller = made.controller()
            if number % 3 < 2:
                what = "the controller" if number % 3 else "a leader"
                victim = made.member(controller) if number % 3 else dice.choice([m for m in made.members if m.node_id != controller])
                waits[what].append(isolated(made, network, victim, dice))
            else:
                one, other = dice.sample([1, 2, 3], 2)
                torn(network, one, other, dice.random() < 0.5, dice)
        writers.wait_for(200, 90)
        whole(made, (load.TOPIC,))
        writers.end()
        verdict = writers.verify()
    led = "; ".join(f"{what} cut off: others led within {percentile(w, 0.5):.2f} s (p50), {max(w, default=0):.2f} s (max)"
                    for what, w in waits.items())
    print(f"{rounds} rounds; {led}; {verdict}; load average {os.getloadavg()[0]:.1f} (seed {SEED})")


if __name__ == "__main__":
    main(int(sys.argv[1]))
