"""Speed of Troupe beside Apache Kafka and a broker that keeps nothing, under the same load on the same machine.

  compare.py [--rows part-of-name,...] [--systems kafka,null,troupe] [--runs 5] [--seconds 8] [--table-only]

One system at a time, row by row: a warm-up, then the runs. Results go to build/compare/results.json, and from there
(all rows ever measured, each with its date) into docs/performance.md. Kafka keeps its default of not syncing before it
acknowledges; Troupe syncs. Every run has a deadline, and after it the broker must still be the same process.
"""
import argparse
import datetime
import json
import os
import pathlib
import shutil
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support_py"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import clusters  # noqa: E402
import node  # noqa: E402
import process  # noqa: E402
import table  # noqa: E402

PROGRAMS = pathlib.Path(os.environ.get("TROUPE_COMPARE_PROGRAMS", node.ROOT / "build/release/tests/compare"))
RESULTS = node.ROOT / "build/compare/results.json"


class NullBroker(node.Broker):
    """librdkafka's mock cluster as a process; topics are named when it starts."""
    name = "null"

    def __init__(self, folder, topics, **_):
        super().__init__(folder, port=1)
        self.topics = topics

    def start(self):
        self.log.unlink(missing_ok=True)
        read_end, self.write_end = os.pipe()
        self.process = process.launch([str(PROGRAMS / "compare-null-broker"), *(f"{t}:{n}" for t, n in self.topics.items())],
                                      self.log, stdin=read_end)
        os.close(read_end)
        said = process.wait_until(lambda: self.log.read_text().endswith("\n") and self.log.read_text(), 20, "null broker")
        self.port = int(said.strip().rsplit(":", 1)[1])
        return self

    def create_topic(self, name, partitions=1, configs=None):
        return name


class Row:
    """What is measured: how a run is done, and which figures of it are shown (the first decides the ratio)."""

    def __init__(self, name, title, shown, runs, systems=("kafka", "null", "troupe"), warm_up=True, settings=None):
        self.name, self.title, self.shown, self.once = name, title, shown, runs
        self.systems, self.warm_up, self.settings = systems, warm_up, settings or {}


def load(broker, mode, topic, partitions, deadline_s=180, **given):
    """One run of the load program; its figures. The broker must live on."""
    args = [str(PROGRAMS / "compare-load"), mode, "--broker", broker.address, "--topic", topic, "--partitions", str(partitions),
            "--pid", str(broker.pid)]
    for key, value in given.items():
        args += [f"--{key.replace('_', '-')}"] + ([] if value is True else [str(value)])
    done = process.run(args, deadline_s)
    if not broker.alive():
        raise AssertionError(f"the broker ended with {broker.process.returncode}: {broker.log_text()[-800:]}")
    if done.returncode:
        raise AssertionError(f"{mode} failed: {done.stdout.decode()[-500:]} {done.stderr.decode()[-500:]}")
    return json.loads(done.stdout)


def flood(partitions, **given):
    def once(broker, topic, options):
        broker.create_topic(topic, partitions)
        return load(broker, "produce", topic, partitions, seconds=options.seconds, **given)
    once.partitions = partitions
    return once


def paced(rate):
    def once(broker, topic, options):
        broker.create_topic(topic, 1)
        return load(broker, "produce", topic, 1, seconds=options.seconds, rate=rate, linger_ms=0)
    once.partitions = 1
    return once


def fetch_cached(broker, topic, options):
    count = options.fetch_mb * 1000
    broker.create_topic(topic, 1)
    load(broker, "produce", topic, 1, messages=count, size=1000)
    return load(broker, "consume", topic, 1, messages=count, passes=3)


def fetch_cold_while_producing(broker, topic, options):
    """p99 of a steady producer alone, then with a consumer beside it that reads what is only on disk."""
    count = options.fetch_mb * 1000
    old, hot = topic + "-old", topic + "-hot"
    broker.create_topic(old, 1)
    broker.create_topic(hot, 1)
    load(broker, "produce", old, 1, messages=count, size=1000)
    broker.stop()
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
    broker.start()
    load(broker, "produce", hot, 1, seconds=2, rate=10000, linger_ms=0)
    alone = load(broker, "produce", hot, 1, seconds=options.seconds, rate=10000, linger_ms=0)
    reader = process.launch([str(PROGRAMS / "compare-load"), "consume", "--broker", broker.address, "--topic", old, "--partitions",
                             "1", "--messages", str(count), "--passes", "1000", "--deadline-s", str(options.seconds + 1)],
                            broker.folder / "reader.log")
    beside = load(broker, "produce", hot, 1, seconds=options.seconds, rate=10000, linger_ms=0)
    reader.wait(60)
    read = json.loads((broker.folder / "reader.log").read_text().splitlines()[-1])
    return {"alone_p99_ms": alone["p99_ms"], "p99_ms": beside["p99_ms"], "rise": beside["p99_ms"] / alone["p99_ms"],
            "read_mb_s": read["mb_s"]}


def start_empty(broker, topic, options):
    broker.kill()
    shutil.rmtree(broker.data, ignore_errors=True)
    broker.argv()  # Kafka formats its folder here: not counted
    return {"start_ms": node.started_in_ms(broker)}


def restart_after_kill(broker, topic, options):
    """Restart of a broker that was killed with 9,000 partitions in use, until each of them answers."""
    partitions = 9000
    broker.create_topic(topic, partitions)
    load(broker, "produce", topic, partitions, seconds=options.seconds)
    broker.kill()
    broker.start_deadline_s = 300
    began = time.monotonic()
    broker.start()
    with broker.connect(120) as c:
        for p in range(partitions):
            process.wait_until(lambda: c.list_offset(topic, p, -1)[0] == 0, 300, f"partition {p}")
    return {"restart_ms": (time.monotonic() - began) * 1000}


def idle(broker, topic, options):
    broker.kill()
    shutil.rmtree(broker.data, ignore_errors=True)
    broker.start()
    time.sleep(5)
    before = process.cpu_seconds(broker.pid)
    time.sleep(20)
    return {"rss_mb": process.rss_bytes(broker.pid) / 1e6, "cpu_percent": (process.cpu_seconds(broker.pid) - before) / 20 * 100}


def of_three(partitions, **given):
    """The same load on a cluster of three nodes; the processor time is that of all of them."""
    def once(broker, topic, options):
        broker.create_topic(topic, partitions)
        before = broker.cpu_seconds()
        found = load(broker, "produce", topic, partitions, seconds=options.seconds, **given)
        found["broker_cpu_s_per_gb"] = (broker.cpu_seconds() - before) / (found["mb_s"] * found["seconds"] / 1000)
        return found
    once.nodes = clusters.NODES
    return once


def start_three(broker, topic, options):
    """From nothing until each node knows all, and what the largest then takes."""
    broker.kill()
    for member in broker.members:
        shutil.rmtree(member.data, ignore_errors=True)
        member.argv()  # Kafka formats its folder here: not counted
    return {"start_ms": node.started_in_ms(broker), "rss_mb": broker.largest_rss_mb()}


start_three.nodes = clusters.NODES


def native(mode, **given):
    """A run of the native clients with a node in their own process; the broker beside them only waits."""
    def once(broker, topic, options):
        args = [str(PROGRAMS / "compare-native-load"), mode, "--folder", str(broker.folder)]
        for key, value in {"seconds": options.seconds, **given}.items():
            args += [f"--{key}", str(value)]
        done = process.run(args, 180)
        if done.returncode:
            raise AssertionError(f"native {mode} failed: {done.stderr.decode()[-500:]}")
        return json.loads(done.stdout)
    return once


RATE, DELAY = ("mb_s", "broker_cpu_s_per_gb"), ("p50_ms", "p99_ms")
REAL = ("kafka", "troupe")
OWN = ("troupe",)
ROWS = [
    Row("produce-1k", "produce 1 KiB, 1 partition", RATE, flood(1)),
    Row("produce-1k-8", "produce 1 KiB, 8 partitions, 2 producers", RATE, flood(8, producers=2)),
    Row("produce-100b", "produce 100 B, 1 partition", RATE, flood(1, size=100)),
    Row("produce-1000-partitions", "produce 1 KiB, 1,000 partitions", RATE, flood(1000)),
    Row("produce-9000-partitions", "produce 1 KiB, 9,000 partitions", RATE, flood(9000)),
    Row("latency-1k", "1,000 messages/s of 1 KiB, linger 0", DELAY, paced(1000)),
    Row("latency-20k", "20,000 messages/s of 1 KiB, linger 0", DELAY, paced(20000)),
    Row("latency-100k", "100,000 messages/s of 1 KiB, linger 0", DELAY, paced(100000)),
    Row("fetch-cached", "fetch of cached data, 1 consumer", RATE, fetch_cached, REAL),
    Row("fetch-cold", "10,000 messages/s while old data is fetched from disk", ("p99_ms", "alone_p99_ms", "rise", "read_mb_s"),
        fetch_cold_while_producing, REAL, warm_up=False),
    Row("native-produce", "native producer, node in its process, 1 KiB, 1 partition", RATE, native("produce"), OWN),
    Row("native-consume", "native consumer, node in its process, cached data", RATE, native("consume", megabytes=400), OWN),
    Row("native-latency", "native producer, node in its process, 1,000 messages/s of 1 KiB", ("p50_ms", "p99_ms", "bare_p50_ms"),
        native("latency"), OWN),
    Row("three-produce", "three nodes, 3 replicas: produce 1 KiB, 6 partitions", RATE, of_three(6), REAL),
    Row("three-latency-100", "three nodes, 3 replicas: 100 messages/s of 1 KiB, linger 0", DELAY, of_three(6, rate=100, linger_ms=0), REAL),
    Row("three-latency-1k", "three nodes, 3 replicas: 1,000 messages/s of 1 KiB, linger 0", DELAY,
        of_three(6, rate=1000, linger_ms=0), REAL),
    Row("three-start", "three nodes: start, empty, until each knows all", ("start_ms", "rss_mb"), start_three, REAL, warm_up=False),
    Row("start", "start, empty, to the first answer", ("start_ms",), start_empty, REAL, warm_up=False),
    Row("restart-9000", "restart after kill -9, 9,000 partitions", ("restart_ms",), restart_after_kill, REAL, warm_up=False),
    Row("idle", "idle", ("rss_mb", "cpu_percent"), idle, REAL, warm_up=False),
]


def make_broker(system, folder, row, topics):
    if system == "null":
        return NullBroker(folder, {t: row.once.partitions for t in topics})
    if hasattr(row.once, "nodes"):
        return clusters.make(system, pathlib.Path(folder))
    return (node.Kafka if system == "kafka" else node.Node)(folder, settings=row.settings.get(system))


def measure(system, row, options):
    """Every run of one row against one system, each on a topic of its own."""
    folder = pathlib.Path(process.workdir(f"compare-{system}"))
    topics = [f"{row.name}-{i}" for i in range(options.runs + 1)]
    broker = make_broker(system, folder, row, topics)
    runs = []
    try:
        broker.start()
        if row.warm_up:
            row.once(broker, topics.pop(), options)
        for i in range(options.runs):
            runs.append(row.once(broker, topics[i], options))
            print(f"  {system:6} {row.name} run {i + 1}/{options.runs}: "
                  + ", ".join(f"{k} {runs[-1][k]:.3g}" for k in row.shown), flush=True)
    finally:
        broker.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return {key: [run[key] for run in runs] for key in row.shown}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default=os.environ.get("ROWS", ""), help="parts of row names, separated by commas")
    parser.add_argument("--systems", default=os.environ.get("SYSTEMS", "kafka,null,troupe"))
    parser.add_argument("--runs", type=int, default=int(os.environ.get("RUNS") or 5))
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("RUN_SECONDS") or 8), help="of load in each run")
    parser.add_argument("--fetch-mb", type=int, default=800)
    parser.add_argument("--table-only", action="store_true", help="only write the table again")
    return parser.parse_args()


def main():
    options = arguments()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    failed = done = 0
    words = [w for w in options.rows.split(",") if w]
    for row in ([] if options.table_only else ROWS):
        if words and not any(w == row.name or (w in row.name and w not in {r.name for r in ROWS}) for w in words):
            continue
        print(f"{row.title}", flush=True)
        for system in (s for s in options.systems.split(",") if s in row.systems):
            try:
                figures = measure(system, row, options)
                results.setdefault(row.name, {})[system] = {"figures": figures, "date": str(datetime.date.today())}
                done += 1
            except Exception as error:  # the other rows are still worth having
                traceback.print_exc()
                print(f"  {system} {row.name} FAILED: {error}", flush=True)
                failed += 1
            RESULTS.parent.mkdir(parents=True, exist_ok=True)
            RESULTS.write_text(json.dumps(results, indent=1))
    table.write(node.ROOT / "docs/performance.md", ROWS, results, options)
    print(f"{done} passed, {failed} failed, 0 skipped")
    return 1 if failed or not (done or options.table_only) else 0


if __name__ == "__main__":
    sys.exit(main())
