"""Death under load, at random moments: kill -9, and power cuts on a file system that loses what was not synced."""
import os
import pathlib
import random
import time

import load
import node
import process
from powercut import LoopDisk
from report import Cases, check

cases = Cases("crash")
SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))
# Small files and frequent rolls: every cycle meets segment rolls and recycled journal files.
SETTINGS = {} if node.PEER == "kafka" else {"log_segment_bytes": "1MiB"}


def progress(cycle, cycles, writers, began, told):
    """A line at most every ten seconds."""
    now = time.monotonic()
    if now - told[0] > 10:
        told[0] = now
        print(f"  cycle {cycle}/{cycles}, {writers.acknowledged()} records acknowledged, {now - began:.0f} s", flush=True)


def cycles_under_load(broker, folder, cycles, die, dice):
    """Lets the broker die again and again. Half of the deaths come soon after the start, some in the middle of it."""
    writers = load.Writers(broker, folder)
    writers.wait_for(100)
    began, told, productive, slowest = time.monotonic(), [time.monotonic()], 0, 0.0
    for cycle in range(cycles):
        before = writers.acknowledged()
        time.sleep(dice.choice((dice.uniform(0, 0.1), dice.uniform(0.1, 0.6))))
        die()
        while dice.random() < 0.2:  # again, while it comes up
            broker.launch()
            time.sleep(dice.uniform(0, 0.1))
            die()
        slowest = max(slowest, node.started_in_ms(broker))
        if dice.random() < 0.9:
            writers.wait_for(1)
        productive += writers.acknowledged() > before
        writers.check_alive()
        progress(cycle, cycles, writers, began, told)
    writers.wait_for(100)
    check(productive > cycles * 0.8, f"records were acknowledged in only {productive} of {cycles} cycles")
    return writers, f"{cycles} cycles, slowest start {slowest:.0f} ms"


def judged(broker, writers, note):
    """What the writers know against what the broker has: as it runs, and after a clean stop."""
    writers.end()
    first = writers.verify()
    broker.stop()
    if node.PEER != "kafka":
        done = broker.tool("log", "verify", broker.data, deadline_s=120)
        check(done.returncode == 0, f"troupe log verify: exit {done.returncode}: {done.stdout[-1500:]} {done.stderr[-500:]}")
    broker.start()
    check(writers.verify() == first, "another result after a clean stop")
    return f"{note}; {first} (seed {SEED})"


@cases.case
def kill_minus_nine(cycles):
    """CYCLES (200) times kill -9."""
    folder = pathlib.Path(process.workdir("kill"))
    with node.broker(folder / "node", settings=SETTINGS) as broker:
        broker.create_topic(load.TOPIC, 8)
        writers, note = cycles_under_load(broker, folder / "journals", cycles["kill"], broker.kill, random.Random(SEED))
        return judged(broker, writers, note)


@cases.case
def power_cuts(cycles):
    """CUTS (50) times: the file system shuts down without writing anything more, and is mounted again."""
    folder = pathlib.Path(process.workdir("cut"))
    with LoopDisk(folder, 2048) as disk:
        disk.self_test()
        broker = node.broker(folder / "node", data=disk.mountpoint / "data", settings=SETTINGS)

        def die():
            disk.cut()
            broker.kill()
            disk.remount()
        try:
            broker.start()
            broker.create_topic(load.TOPIC, 8)
            os.sync()
            writers, note = cycles_under_load(broker, folder / "journals", cycles["cut"], die, random.Random(SEED + 1))
            return judged(broker, writers, note)
        finally:
            broker.kill()
