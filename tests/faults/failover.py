"""A cluster of three that loses its members under load: nothing that was acknowledged is missing, no client sees an error.
How long somebody waits is printed, with the load of the machine, and judged by whoever reads it."""
import os
import pathlib
import random
import signal
import time

import cluster
import load
import process
from report import Cases, check

cases = Cases("failover")
SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))
PARTITIONS = 6


class GapMeter:
    """A producer that says how long each partition went without an acknowledgement."""

    def __init__(self, made, topic, folder, program="faults-gap", partitions=PARTITIONS):
        self.log = pathlib.Path(folder) / f"{program}.log"
        self.name = program
        self.process = process.launch([str(load.PROGRAMS / program), "run", "--broker", made.address, "--topic", topic,
                                       "--partitions", str(partitions)], self.log)
        self.read = 0

    def lines(self):
        return self.log.read_text().splitlines() if self.log.exists() else []

    def new_gaps(self):
        """[(partition, milliseconds)] since the last call."""
        lines = self.lines()
        new, self.read = lines[self.read:], len(lines)
        return [(int(words[1]), int(words[2])) for words in (line.split() for line in new) if words[0] == "gap"]

    def wait_until_steady(self):
        """A client that has met refusals waits before it tries again: what it waits for then is not this round's doing."""
        begun = len(self.lines())
        process.wait_until(lambda: "steady" in self.lines()[begun:] or self.check_alive(), 60, f"{self.name} to be steady")
        self.new_gaps()

    def check_alive(self):
        check(self.process.poll() is None, f"{self.name} ended with {self.process.returncode}: {self.lines()[-3:]}")

    def end(self):
        self.check_alive()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(150)
        last = self.lines()[-1]
        check(last.startswith("done ") and last.split()[2] == "0", f"{self.name} met errors: {last}")
        return int(last.split()[1])


class Meters:
    """A stock producer and a native one, and what they waited, by what had happened."""
    names = {"stock librdkafka": ("faults-gap", "gap"), "native": ("faults-native-gap", "native")}
    topics = ("gap", "native")

    def __init__(self, made, folder):
        self.all = {name: GapMeter(made, topic, folder, program) for name, (program, topic) in self.names.items()}
        self.waits = {}

    def wait_until_steady(self):
        for meter in self.all.values():
            meter.wait_until_steady()

    def note(self, what, affected=None):
        """The longest wait of each partition. `affected`: topic -> its partitions that what happened struck; none: all."""
        for name, meter in self.all.items():
            struck = affected[self.names[name][1]] if affected else range(PARTITIONS)
            longest = dict.fromkeys(struck, 0)
            for partition, ms in meter.new_gaps():
                if partition in longest:
                    longest[partition] = max(longest[partition], ms)
            self.waits.setdefault((what, name), []).extend(longest.values())

    def forget(self):
        for meter in self.all.values():
            meter.new_gaps()

    def end(self):
        return ", ".join(f"{name} producer: {meter.end()} records, no error" for name, meter in self.all.items())

    def table(self):
        """What each client waited, by partition; less than 50 ms counts as nothing."""
        rows = [f"    {what:24} {name:18} {len(w):5} partitions  p50 {percentile(w, 0.5):5}  p99 {percentile(w, 0.99):5}  "
                f"max {max(w, default=0):5} ms" for (what, name), w in sorted(self.waits.items())]
        return "\n".join(rows + [f"    load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"])


def start_load(made, folder, timeout_ms=120_000):
    for topic in (load.TOPIC, *Meters.topics):
        made.create_topic(topic, PARTITIONS)
    writers = load.Writers(made, folder / "journals", partitions=PARTITIONS, rate=500, timeout_ms=timeout_ms)
    meters = Meters(made, folder)
    writers.wait_for(500, 60)
    whole(made, (load.TOPIC, *Meters.topics))
    return writers, meters


def whole(made, topics, deadline_s=60):
    """Every node answers and every partition has its three replicas in sync."""
    def is_whole():
        if any(not m.alive() for m in made.members):
            raise AssertionError("a node ended by itself: " + "".join(m.log_text()[-800:] for m in made.members if not m.alive()))
        states = [made.ask(lambda c: c.in_sync(t)) for t in topics]
        return all(s and all(leader > 0 and len(isr) == 3 for leader, isr in s.values()) for s in states)
    process.wait_until(is_whole, deadline_s, "three replicas in sync everywhere", step_s=0.02)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0


@cases.case
def kill_leaders(cycles):
    """CYCLES times kill -9 of the leader of a random partition, of the active controller, or of both."""
    dice, rounds = random.Random(SEED), cycles["failover"]
    folder = pathlib.Path(process.workdir("failover"))
    with cluster.Cluster(folder / "cluster") as made:
        writers, meters = start_load(made, folder)
        told = time.monotonic()
        for number in range(rounds):
            meters.wait_until_steady()
            led = {topic: made.leaders(topic) for topic in Meters.topics}
            controller = made.controller()
            victims = {dice.choice(list(led["gap"].values()))} if number % 3 != 1 else set()
            victims |= {controller} if number % 3 else set()
            for victim in victims:
                made.member(victim).kill()
            before = writers.acknowledged()
            time.sleep(dice.uniform(0.2, 0.6))
            if len(victims) < 2:
                writers.wait_for(1)
            for victim in victims:
                made.member(victim).launch()
            whole(made, (load.TOPIC, *Meters.topics))
            if writers.acknowledged() <= before:
                writers.wait_for(1)
            what = "two nodes killed" if len(victims) == 2 else "controller killed" if victims == {controller} else "leader killed"
            meters.note(what, {topic: [p for p, l in of.items() if l in victims] for topic, of in led.items()})
            if time.monotonic() - told > 10:
                told = time.monotonic()
                print(f"  round {number + 1}/{rounds}, {writers.acknowledged()} acknowledged\n{meters.table()}", flush=True)
        said = meters.end()
        writers.end()
        verdict = writers.verify()
    print(meters.table(), flush=True)
    return f"{rounds} rounds; {said}; {verdict} (seed {SEED})"


@cases.case
def rolling_restart(cycles):
    """SIGTERM and start again, one after the other, under load: no client sees an error."""
    folder = pathlib.Path(process.workdir("rolling"))
    with cluster.Cluster(folder / "cluster") as made:
        writers, meters = start_load(made, folder)
        for _ in range(3 if cycles["failover"] >= 50 else 1):
            for member in made.members:
                whole(made, (load.TOPIC, *Meters.topics))
                check(member.stop() == 0, f"{member.name} did not stop in order: {member.log_text()[-800:]}")
                member.launch()
        whole(made, (load.TOPIC, *Meters.topics))
        meters.note("restarted")
        said = meters.end()
        writers.end()
        verdict = writers.verify()
    print(meters.table(), flush=True)
    return f"{said}; {verdict}"


@cases.case
def kill_all(cycles):
    """All nodes are killed at once, again and again."""
    folder = pathlib.Path(process.workdir("killall"))
    with cluster.Cluster(folder / "cluster") as made:
        made.create_topic(load.TOPIC, PARTITIONS)
        writers = load.Writers(made, folder / "journals", partitions=PARTITIONS, rate=500)
        times = 10 if cycles["failover"] >= 50 else 3
        for _ in range(times):
            writers.wait_for(200, 60)
            for member in made.members:
                member.kill()
            for member in made.members:
                member.launch()
        whole(made, (load.TOPIC,))
        writers.wait_for(200, 60)
        writers.end()
        return f"{times} times; {writers.verify()}"


@cases.case
def paused_leader(cycles):
    """SIGSTOP of a leader, or of the active controller that leads, too: others lead within the session timeout, and what it
    does when it wakes up changes nothing."""
    dice = random.Random(SEED)
    rounds = 20 if cycles["failover"] >= 50 else 4
    folder = pathlib.Path(process.workdir("paused"))
    waits = {"a leader": [], "the controller": []}
    with cluster.Cluster(folder / "cluster") as made:
        writers, meters = start_load(made, folder)
        for number in range(rounds):
            writers.wait_for(300, 60)
            whole(made, (load.TOPIC, *Meters.topics))
            controller = made.controller()
            what = "the controller" if number % 2 else "a leader"
            victim = made.member(controller) if number % 2 else next(
                m for m in made.members if m.node_id != controller and m.node_id in made.leaders("gap").values())
            os.kill(victim.pid, signal.SIGSTOP)
            began = time.monotonic()
            try:
                others = [m for m in made.members if m is not victim]
                process.wait_until(lambda: all(leader not in (-1, victim.node_id) for leader in
                                               made.leaders("gap", of=others).values()), 30, "other leaders")
                waits[what].append(time.monotonic() - began)
                time.sleep(dice.uniform(0, 1.5))
            finally:
                os.kill(victim.pid, signal.SIGCONT)
        whole(made, (load.TOPIC, *Meters.topics))
        meters.note("paused")
        said = meters.end()
        writers.end()
        verdict = writers.verify()
    print(meters.table(), flush=True)
    led = "; ".join(f"after {what} stood, others led within {percentile(w, 0.5):.2f} s (p50), {max(w):.2f} s (max)"
                    for what, w in waits.items())
    return f"{rounds} rounds; {led}; {said}; {verdict} (seed {SEED})"
