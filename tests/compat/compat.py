"""librdkafka's own test suite against a node; rewrites the table in docs/compatibility.md. See run.sh.

  compat.py [--versions 2.0.2,2.15.0] [--tests 0012,0017] [--jobs 2]

Sources: 2.0.2 is Debian's source package; 2.15.0 comes with an npm package that carries it. Both are built once, in
build/compat. Each test number is a process of its own with a deadline. What Apache Kafka itself gets is in rows.tsv;
TROUPE_PEER=kafka repeats that.
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
import node  # noqa: E402
import process  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
CACHE = node.ROOT / "build/compat"
NPM = {"2.15.0": "@confluentinc/kafka-javascript@1.10.0"}
PAGE = node.ROOT / "docs/compatibility.md"
BEGIN, END = "<!-- suite: written by `make compat` -->", "<!-- end of suite -->"
CLAIMED = "4.3.1"  # the suite leaves tests out for brokers that it takes to be older
SLOW = {"0038": 2, "0041": 2, "0075": 2, "0088": 2, "0114": 2}
Row = collections.namedtuple("Row", "number name kafka needs")
Result = collections.namedtuple("Result", "state seconds note")


def rows():
    found = []
    for line in (HERE / "rows.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            number, name, older, newer, needs = line.split("\t")
            found.append(Row(number, name, {"2.0.2": older, "2.15.0": newer}, needs))
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
    deadline_s = 120 * SLOW.get(row.number, 1)
    work = out / row.number
    work.mkdir(parents=True, exist_ok=True)
    env = {"TESTS": row.number, "RDKAFKA_TEST_CONF": str(conf), "TEST_KAFKA_VERSION": CLAIMED,
           "LD_LIBRARY_PATH": f"{source}/src:{source}/src-cpp", "BROKERS": broker.address,
           "KAFKA_PATH": str(HERE)}
    log = work / "log"
    log.unlink(missing_ok=True)
    began = time.monotonic()
    running = process.launch([source / "tests/test-runner", "-p1", "-L"], log, env=env, cwd=work)
    try:
        code = running.wait(deadline_s)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
        return Result("TIMEOUT", deadline_s, f"killed after {deadline_s} s")
    result = state_of(log.read_text(errors="replace"), row.name, code)
    return result._replace(seconds=result.seconds or time.monotonic() - began)


def run_suite(version, chosen, jobs):
    source = built(version)
    folder = pathlib.Path(process.workdir(f"compat-{version}"))
    out = CACHE / f"results-{version}"
    out.mkdir(parents=True, exist_ok=True)
    results = {}
    settings = {"num_partitions": 4, "auto_create_topics_enable": "true"}
    with node.broker(folder, settings=settings) as broker:
        conf = out / "test.conf"
        conf.write_text(f"metadata.broker.list={broker.address}\nbroker.address.family=v4\n"
                        f"test.timeout.multiplier=2\ntest.topic.prefix=rdk{os.getpid():x}\n")
        wanted = [r for r in chosen if r.kafka[version] != "-"]
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            waiting = {pool.submit(run_one, source, out, conf, broker, r): r for r in wanted}
            for done in concurrent.futures.as_completed(waiting):
                row = waiting[done]
                results[row.name] = done.result()
                print(f"  {version} {row.name:32} {results[row.name].state:8} {results[row.name].seconds:6.1f} s  "
                      f"{results[row.name].note[:120]}", flush=True)
        for row in wanted:  # what fails beside others may pass alone: the suite has tight time limits
            if results[row.name].state != "PASS" and row.kafka[version] == "PASS" and not row.needs:
                again = run_one(source, out / "again", conf, broker, row)
                print(f"  {version} {row.name:32} again: {again.state}", flush=True)
                if again.state == "PASS":
                    results[row.name] = again._replace(note="at the second try, alone; first: " + results[row.name].note[:80])
        if not broker.alive():
            raise SystemExit(f"compat: the node ended: {broker.log_text()[-1500:]}")
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


def write_page(all_rows, results):
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
    text = PAGE.read_text() if PAGE.exists() else f"{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    day = f"Measured {datetime.date.today()} on one node with num_partitions=4."
    PAGE.write_text(before + BEGIN + f"\n{day}\n\n" + "\n".join(lines) + "\n" + END + rest.split(END, 1)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", default=os.environ.get("VERSIONS") or "2.0.2,2.15.0")
    parser.add_argument("--tests", default=os.environ.get("TESTS", ""), help="numbers, separated by commas")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    chosen = [r for r in rows() if not options.tests or r.number in options.tests.split(",")]
    os.environ.pop("TESTS", None)
    kept = CACHE / f"results-{node.PEER}.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}
    counts = collections.Counter()
    for version in options.versions.split(","):
        found = run_suite(version, chosen, options.jobs)
        results.setdefault(version, {}).update(found)
        for row in chosen:
            verdict = judge(row, version, found.get(row.name))
            counts["passed" if verdict == "ok" else "failed" if verdict == "FAILED" else "skipped"] += bool(verdict)
            if verdict == "FAILED":
                print(f"  FAILED: {version} {row.name}: {found[row.name].note}")
    kept.write_text(json.dumps(results, indent=1))
    if node.PEER == "troupe":
        write_page(rows(), results)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 0 if counts["passed"] and not counts["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
