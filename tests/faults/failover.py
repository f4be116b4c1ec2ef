"""A cluster of three that loses its members under load: nothing that was acknowledged is missing, and nobody waits long."""
import os
import pathlib
import random
import signal
import statistics
import time

import cluster
import load
import process
from report import Cases, check

cases = Cases("failover")
SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))
PARTITIONS = 6
# A stock client's longest wait for an acknowledgement in a partition whose leader was killed.
GAP_MAX_MS = 500


class GapMeter:
    """A stock producer that says how long each partition went without an acknowledgement."""

    def __init__(self, made, topic, folder):
        self.log = pathlib.Path(folder) / "gaps.log"
        self.process = process.launch([str(load.PROGRAMS / "faults-gap"), "run", "--broker", made.address, "--topic", topic,
                                       "--partitions", str(PARTITIONS)], self.log)
        self.read = 0

    def new_gaps(self):
        """[(partition, milliseconds)] since the last call."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        new, self.read = lines[self.read:], len(lines)
        return [(int(words[1]), int(words[2])) for words in (line.split() for line in new) if words[0] == "gap"]

    def wait_until_steady(self):
        """A client that has met refusals waits before it tries again: what it waits for then is not this round's doing."""
        begun = len(self.log.read_text().splitlines()) if self.log.exists() else 0
        process.wait_until(lambda: "steady" in self.log.read_text().splitlines()[begun:], 40, "a steady stock producer")
        self.new_gaps()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        last = self.log.read_text().splitlines()[-1]
        check(last.startswith("done ") and last.split()[2] == "0", f"a stock producer met errors: {last}")
        return int(last.split()[1])


def whole(made, topics):
    """Every node answers and every partition has its three replicas in sync."""
    def is_whole():
        if any(not m.alive() for m in made.members):
            raise AssertionError("a node ended by itself: " + "".join(m.log_text()[-800:] for m in made.members if not m.alive()))
        states = [made.ask(lambda c: c.in_sync(t)) for t in topics]
        return all(s and all(leader > 0 and len(isr) == 3 for leader, isr in s.values()) for s in states)
    process.wait_until(is_whole, 30, "three replicas in sync everywhere", step_s=0.02)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0


@cases.case
def kill_leaders(cycles):
    """CYCLES times kill -9 of the leader of a random partition, of the active controller, or of both."""
    dice, rounds = random.Random(SEED), cycles["failover"]
    folder = pathlib.Path(process.workdir("failover"))
    gaps = []
    with cluster.Cluster(folder / "cluster") as made:
        for topic in (load.TOPIC, "gap"):
            made.create_topic(topic, PARTITIONS)
        writers = load.Writers(made, folder / "journals", partitions=PARTITIONS, rate=500)
        meter = GapMeter(made, "gap", folder)
        writers.wait_for(500)
        whole(made, (load.TOPIC, "gap"))
        told = time.monotonic()
        for number in range(rounds):
            meter.wait_until_steady()
            victims = {dice.choice(list(made.leaders("gap").values()))} if number % 3 != 1 else set()
            victims |= {made.controller()} if number % 3 else set()
            led = [p for p, leader in made.leaders("gap").items() if leader in victims]
            for victim in victims:
                made.member(victim).kill()
            before = writers.acknowledged()
            time.sleep(dice.uniform(0.2, 0.6))
            if len(victims) < 2:
                writers.wait_for(1)
            for victim in victims:
                made.member(victim).launch()
            whole(made, (load.TOPIC, "gap"))
            if writers.acknowledged() <= before:
                writers.wait_for(1)
            new = meter.new_gaps()
            if len(victims) == 1:
                gaps += [ms for partition, ms in new if partition in led]
            if time.monotonic() - told > 10:
                told = time.monotonic()
                print(f"  round {number + 1}/{rounds}, {writers.acknowledged()} acknowledged, gaps p50 {percentile(gaps, 0.5)} "
                      f"max {max(gaps, default=0)} ms", flush=True)
        sent = meter.end()
        writers.end()
        verdict = writers.verify()
    check(max(gaps, default=0) <= GAP_MAX_MS, f"a stock producer waited {max(gaps)} ms (p50 {statistics.median(gaps)})")
    return (f"{rounds} rounds; stock producer: {sent} records, no error, gaps p50 {percentile(gaps, 0.5)} p99 {percentile(gaps, 0.99)} "
            f"max {max(gaps, default=0)} ms; {verdict} (seed {SEED})")


@cases.case
def rolling_restart(cycles):
    """SIGTERM and start again, one after the other, under load: no client sees an error."""
    folder = pathlib.Path(process.workdir("rolling"))
    with cluster.Cluster(folder / "cluster") as made:
        for topic in (load.TOPIC, "gap"):
            made.create_topic(topic, PARTITIONS)
        writers = load.Writers(made, folder / "journals", partitions=PARTITIONS, rate=500)
        meter = GapMeter(made, "gap", folder)
        writers.wait_for(500)
        for _ in range(3):
            for member in made.members:
                whole(made, (load.TOPIC, "gap"))
                check(member.stop() == 0, f"{member.name} did not stop in order: {member.log_text()[-800:]}")
                member.launch()
        whole(made, (load.TOPIC, "gap"))
        gaps = [ms for _, ms in meter.new_gaps()]
        sent = meter.end()
        writers.end()
        verdict = writers.verify()
    return f"9 restarts; stock producer: {sent} records, no error, longest gap {max(gaps, default=0)} ms; {verdict}"


@cases.case
def kill_all(cycles):
    """All nodes are killed at once, again and again."""
    folder = pathlib.Path(process.workdir("killall"))
    with cluster.Cluster(folder / "cluster") as made:
        made.create_topic(load.TOPIC, PARTITIONS)
        writers = load.Writers(made, folder / "journals", partitions=PARTITIONS, rate=500)
        for _ in range(10):
            writers.wait_for(200)
            for member in made.members:
                member.kill()
            for member in made.members:
                member.launch()
        whole(made, (load.TOPIC,))
        writers.wait_for(200)
        writers.end()
        return f"10 times; {writers.verify()}"


@cases.case
def paused_leader(cycles):
    """SIGSTOP of a leader: others lead within the session timeout, and what it does when it wakes up changes nothing. Where
    it is the active controller, too, the next one gives every broker a whole session timeout anew."""
    folder = pathlib.Path(process.workdir("paused"))
    with cluster.Cluster(folder / "cluster") as made:
        for topic in (load.TOPIC, "gap"):
            made.create_topic(topic, PARTITIONS)
        writers = load.Writers(made, folder / "journals", partitions=PARTITIONS, rate=500)
        meter = GapMeter(made, "gap", folder)
        waits = {True: [], False: []}
        for number in range(4):
            writers.wait_for(300)
            whole(made, (load.TOPIC, "gap"))
            controller = made.controller()
            victim = made.member(controller) if number == 3 else next(
                m for m in made.members if m.node_id != controller and m.node_id in made.leaders("gap").values())
            os.kill(victim.pid, signal.SIGSTOP)
            began = time.monotonic()
            others = [m for m in made.members if m is not victim]
            process.wait_until(lambda: all(leader not in (-1, victim.node_id) for leader in
                                           made.leaders("gap", of=others).values()), 10, "other leaders")
            waits[number == 3].append(time.monotonic() - began)
            time.sleep(0.5)
            os.kill(victim.pid, signal.SIGCONT)
        whole(made, (load.TOPIC, "gap"))
        gaps = [ms for _, ms in meter.new_gaps()]
        meter.end()
        writers.end()
        verdict = writers.verify()
    check(max(waits[False]) <= 1.8, f"others led after {max(waits[False]):.2f} s")
    check(max(waits[True]) <= 3, f"after the active controller, others led after {max(waits[True]):.2f} s")
    return (f"others led after {max(waits[False]):.2f} s at the most, after the active controller {waits[True][0]:.2f} s; longest gap "
            f"{max(gaps, default=0)} ms; {verdict}")
