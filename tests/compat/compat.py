"""librdkafka's own test suite against one node and against three; rewrites the tables in docs/compatibility.md. See run.sh.

  compat.py [--nodes 1,3] [--versions 2.0.2,2.15.0] [--tests 0012,0017] [--jobs 2]

Sources: 2.0.2 is Debian's source package; 2.15.0 comes with an npm package that carries it. Both are built once, in
build/compat. Each test number is a process of its own with a deadline. What Apache Kafka itself gets is in rows.tsv;
TROUPE_PEER=kafka repeats that for one node.
"""
import argparse
import collections
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support_py"))
import cluster  # noqa: E402
import node  # noqa: E402
import process  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
CACHE = node.ROOT / "build/compat"
NPM = {"2.15.0": "@confluentinc/kafka-javascript@1.10.0"}
PAGE = node.ROOT / "docs/compatibility.md"
BEGIN = {1: "<!-- suite: written by `make compat` -->", 3: "<!-- suite on three nodes: written by `make compat` -->"}
END = "<!-- end of suite -->"
CLAIMED = "4.3.1"  # the suite leaves tests out for brokers that it takes to be older
SLOW = {"0038": 2, "0041": 2, "0075": 2, "0088": 2, "0114": 2}
LEAST_S = 0.01  # what passes sooner may have done nothing: it has to show the brokers' answers
ANSWERED = r"Received (?!ApiVersion)\w+Response"  # as librdkafka logs it
Row = collections.namedtuple("Row", "number name kafka nodes scenario needs")
Result = collections.namedtuple("Result", "state seconds note")


def rows():
    found = []
    for line in (HERE / "rows.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            number, name, older, newer, nodes, scenario, needs = line.split("\t")
            found.append(Row(number, name, {"2.0.2": older, "2.15.0": newer}, int(nodes), scenario, needs))
    return found


def must(argv, deadline_s, cwd=None, log=None):
    done = process.run(argv, deadline_s, cwd=cwd)
    if log:
        log.write_bytes(done.stdout + done.stderr)
    if done.returncode:
        raise SystemExit(f"compat: {' '.join(map(str, argv))}: {(done.stdout + done.stderr)[-1500:].decode(errors='replace')}")
    return done.stdout.decode()


def debian_source(folder):
    """Debian's source package, by lists of our own: the system's stay as they are."""
    lists = folder / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    text = ""
    for path in (pathlib.Path("/etc/apt/sources.list"), *pathlib.Path("/etc/apt/sources.list.d").glob("*")):
        if path.suffix == ".sources" and "debian" in path.name:
            (folder / "debian.sources").write_text(re.sub(r"^Types:.*$", "Types: deb-src", path.read_text(), flags=re.M))
        elif path.suffix == ".list" and path.exists():
            text += "".join(re.sub(r"^deb ", "deb-src ", line) + "\n" for line in path.read_text().splitlines() if "debian" in line)
    (folder / "sources.list").write_text(text)
    options = ["-o", f"Dir::Etc::SourceList={folder / 'sources.list'}", "-o", f"Dir::State::Lists={lists}", "-o",
               f"Dir::Etc::SourceParts={folder}", "-o", "APT::Sandbox::User=root"]
    must(["apt-get", *options, "-qq", "update"], 300)
    must(["apt-get", *options, "-qq", "source", "--download-only", "librdkafka=2.0.2-1"], 300, cwd=folder)
    return next(folder.glob("librdkafka_*.orig.tar.*")), 1


def npm_source(folder, version):
    must(["npm", "pack", "--silent", NPM[version]], 300, cwd=folder)
    return next(folder.glob("*.tgz")), 3


def built(version):
    """The folder of the built suite."""
    folder = CACHE / version
    source = folder / "source"
    if (folder / "built").exists():
        return source
    print(f"building librdkafka {version} and its tests, once", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    archive, strip = debian_source(folder) if version == "2.0.2" else npm_source(folder, version)
    source.mkdir(exist_ok=True)
    inside = [] if strip == 1 else ["package/deps/librdkafka"]
    must(["tar", "-xf", archive, "-C", source, f"--strip-components={strip}", *inside], 120)
    jobs = f"-j{os.cpu_count()}"
    must(["bash", "./configure", "--disable-gssapi"], 300, cwd=source, log=folder / "step-1.log")
    must(["make", jobs, "libs"], 900, cwd=source, log=folder / "step-2.log")
    must(["make", jobs, "-C", "tests", "build"], 900, cwd=source, log=folder / "step-3.log")
    (folder / "built").touch()
    return source


def state_of(text, name, code):
    """From what the runner printed: its table at the end, or what it said at once if it died."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    row = re.search(rf"^\| *{name} *\| *(\w+) *\| *([0-9.]+)", text, re.M)
    said = re.search(rf"Test {name} (PASSED|FAILED|SKIPPED)", text)
    word = row.group(1) if row else said.group(1) if said else "FAILED"
    seconds = float(row.group(2)) if row else 0.0
    why = re.search(r"### Test \"" + name + r"\".*? failed at (.*?)(?: at [A-Z][a-z]{2} .*)?\n(.*)", text)
    note = " ".join(why.groups()) if why else "" if word == "PASSED" else f"exit {code}: {text[-200:]}"
    state = {"PASSED": "PASS", "SKIPPED": "SKIP"}.get(word, "FAIL")
    if "timed out (timeout set to" in text and state == "FAIL":
        state = "TIMEOUT"
    return Result(state, seconds, " ".join(note.split())[:160])


def run_one(source, out, conf, broker, row):
    result, _ = watched(source, out, conf, broker, row)
    if result.state == "PASS" and result.seconds < LEAST_S:
        again, said = watched(source, out / "protocol", conf, broker, row, TEST_DEBUG="protocol")
        if again.state != "PASS" or not re.search(ANSWERED, said):
            return Result("SKIP", result.seconds, "passed at once, and no broker answered anything: did nothing")
        print(f"  {row.name}: {result.seconds:.3f} s, with answers from the brokers", flush=True)
    return result


def watched(source, out, conf, broker, row, **more):
    """Result and log of one process, under its deadline."""
    deadline_s = 120 * SLOW.get(row.number, 1)
    work = out / row.number
    work.mkdir(parents=True, exist_ok=True)
    env = {"TESTS": row.number, "RDKAFKA_TEST_CONF": str(conf), "TEST_KAFKA_VERSION": CLAIMED,
           "LD_LIBRARY_PATH": f"{source}/src:{source}/src-cpp", "BROKERS": broker.address,
           "KAFKA_PATH": str(HERE), "TEST_SCENARIO": row.scenario, **more}
    log = work / "log"
    log.unlink(missing_ok=True)
    began = time.monotonic()
    running = process.launch([source / "tests/test-runner", "-p1", "-L", "-s", row.scenario], log, env=env, cwd=work)
    try:
        code = running.wait(deadline_s)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
        return Result("TIMEOUT", deadline_s, f"killed after {deadline_s} s"), ""
    said = log.read_text(errors="replace")
    result = state_of(said, row.name, code)
    return result._replace(seconds=result.seconds or time.monotonic() - began), said


def fresh(folder, nodes, scenario):
    """One node, or a cluster in which whatever does not say it otherwise is on all nodes, and each is a rack of its own."""
    settings = {"num_partitions": 4, "auto_create_topics_enable": "false" if scenario == "noautocreate" else "true"}
    if nodes == 1:
        return node.broker(folder, settings=settings)
    made = cluster.Cluster(folder, nodes, settings={**settings, "default_replication_factor": nodes})
    for member in made.members:
        member.lines = [f'rack = "RACK{member.node_id}"']
    made.write()
    return made


def run_rows(version, wanted, nodes, jobs):
    """Those of one scenario, on a fresh node or cluster."""
    source = built(version)
    scenario = wanted[0].scenario
    out = CACHE / f"results-{version}-{nodes}-{scenario}"
    out.mkdir(parents=True, exist_ok=True)
    results = {}
    title = f"  {version} on {nodes}"
    with fresh(pathlib.Path(process.workdir(f"compat-{version}")), nodes, scenario) as broker:
        conf = out / "test.conf"
        conf.write_text(f"metadata.broker.list={broker.address}\nbroker.address.family=v4\n"
                        f"test.timeout.multiplier=2\ntest.topic.prefix=rdk{os.getpid():x}\n")
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            waiting = {pool.submit(run_one, source, out, conf, broker, r): r for r in wanted}
            for done in concurrent.futures.as_completed(waiting):
                row = waiting[done]
                results[row.name] = done.result()
                print(f"{title} {row.name:32} {results[row.name].state:8} {results[row.name].seconds:6.1f} s  "
                      f"{results[row.name].note[:120]}", flush=True)
        for row in wanted:  # what fails beside others may pass alone: the suite has tight time limits
            if results[row.name].state != "PASS" and row.kafka[version] == "PASS" and not row.needs:
                again = run_one(source, out / "again", conf, broker, row)
                print(f"{title} {row.name:32} again: {again.state}", flush=True)
                if again.state == "PASS":
                    results[row.name] = again._replace(note="at the second try, alone; first: " + results[row.name].note[:80])
        for one in broker.members if nodes > 1 else [broker]:
            if not one.alive():
                raise SystemExit(f"compat: a node ended: {one.log_text()[-1500:]}")
    return results


def run_suite(version, chosen, nodes, jobs):
    results = {}
    for scenario in dict.fromkeys(r.scenario for r in chosen):
        wanted = [r for r in chosen if r.scenario == scenario and r.kafka[version] != "-"]
        results.update(run_rows(version, wanted, nodes, jobs) if wanted else {})
    return results


def judge(row, version, result):
    """What counts: ok, FAILED (Kafka passes and nothing else is needed), or why it does not count."""
    if result is None or row.kafka[version] == "-":
        return ""
    if result.state == "PASS":
        return "ok"
    if row.needs:
        return f"needs {row.needs}"
    return "FAILED" if row.kafka[version] == "PASS" else "as Kafka"


def write_table(all_rows, results, nodes):
    lines = ["| test | Kafka, 2.0.2 | Troupe, 2.0.2 | Kafka, 2.15.0 | Troupe, 2.15.0 | remark |", "|---|---|---|---|---|---|"]
    for row in all_rows:
        cells, remark = [], []
        for version in ("2.0.2", "2.15.0"):
            found = results.get(version, {}).get(row.name)
            cells += [row.kafka[version], Result(*found).state if found else ""]
            verdict = judge(row, version, Result(*found) if found else None)
            if verdict not in ("ok", ""):
                remark.append(verdict if verdict != "FAILED" else f"{version}: {Result(*found).note}".replace("|", "/"))
        lines.append(f"| {row.name} | " + " | ".join(cells) + f" | {'; '.join(dict.fromkeys(remark))} |")
    before, rest = PAGE.read_text().split(BEGIN[nodes], 1)
    where = "one node with num_partitions=4" if nodes == 1 else \
        f"{nodes} nodes with num_partitions=4, default.replication.factor={nodes} and a rack each"
    day = f"Measured {datetime.date.today()} on {where}."
    PAGE.write_text(before + BEGIN[nodes] + f"\n{day}\n\n" + "\n".join(lines) + "\n" + END + rest.split(END, 1)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", default=os.environ.get("VERSIONS") or "2.0.2,2.15.0")
    parser.add_argument("--tests", default=os.environ.get("TESTS", ""), help="numbers, separated by commas")
    parser.add_argument("--nodes", default=os.environ.get("NODES") or ("1,3" if node.PEER == "troupe" else "1"))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    wanted = [r for r in rows() if not options.tests or r.number in options.tests.split(",")]
    os.environ.pop("TESTS", None)
    counts = collections.Counter()
    for nodes in map(int, options.nodes.split(",")):
        count_run(nodes, wanted, options, counts)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 0 if counts["passed"] and not counts["failed"] else 1


def count_run(nodes, wanted, options, counts):
    """All the versions on so many nodes: keeps the results and writes the table."""
    chosen = [r for r in wanted if r.nodes <= nodes]
    kept = CACHE / f"results-{node.PEER}-{nodes}.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}
    for version in options.versions.split(","):
        found = run_suite(version, chosen, nodes, options.jobs)
        results.setdefault(version, {}).update(found)
        for row in chosen:
            verdict = judge(row, version, found.get(row.name))
            counts["passed" if verdict == "ok" else "failed" if verdict == "FAILED" else "skipped"] += bool(verdict)
            if verdict == "FAILED":
                print(f"  FAILED: {version} on {nodes} {row.name}: {found[row.name].note}")
    kept.write_text(json.dumps(results, indent=1))
    if node.PEER == "troupe":
        write_table([r for r in rows() if r.nodes <= nodes], results, nodes)


if __name__ == "__main__":
    sys.exit(main())
