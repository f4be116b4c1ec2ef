"""kcat 1.7.1 against one node, or three with a replica of every topic on each: every case judges what comes out, not only
the exit code.

Run alone: TROUPE_BIN=build/release/troupe [NODES=3] tests/clients/kcat_test.py [part of a case's name ...]
"""
import hashlib
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
import wire  # noqa: E402
from report import Cases, check, check_equal, main  # noqa: E402

NODES = int(os.environ.get("NODES", 1))
cases = Cases("kcat" if NODES == 1 else f"kcat-{NODES}")
STOP = ("-e", "-q", "-u")  # end at the end of the partition, quietly, unbuffered


def kcat(broker, *args, input=None, deadline_s=30, fails=False):
    done = process.run(["kcat", "-b", broker.address, *map(str, args)], deadline_s, input)
    said = done.stderr.decode(errors="replace")
    check(fails == bool(done.returncode), f"kcat {' '.join(map(str, args))}: exit {done.returncode}: {said[-600:]}")
    return said if fails else done.stdout


def lines(count, seed="line"):
    return [f"{seed} {i} {hashlib.sha256(f'{seed}{i}'.encode()).hexdigest()}" for i in range(count)]


def text(rows):
    return "".join(r + "\n" for r in rows).encode()


def check_codec(broker, topic, codec, records):
    """The stored batches are really compressed (librdkafka leaves one alone that would only grow, such as a single line)."""
    with broker.connect_leader(topic) as c:
        stored = c.fetch_all(topic, 0)
    check(all(b.crc_ok and b.magic == 2 for b in stored), f"{topic}: bad checksum or version")
    counts = {}
    for b in stored:
        counts[wire.CODECS[b.attributes & 7]] = counts.get(wire.CODECS[b.attributes & 7], 0) + b.count
    check_equal(sum(counts.values()), records, f"records stored in {topic}")
    check(counts.pop(codec, 0) > records * 0.9 and set(counts) <= {"none"}, f"{topic}: {counts} records not in {codec}")


@cases.case
def lines_come_back_in_order(broker):
    topic = broker.create_topic("plain")
    sent = lines(5000)
    kcat(broker, "-P", "-t", topic, "-p", 0, input=text(sent))
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, *STOP), text(sent), "consumed")


@cases.case
def keys_and_headers(broker):
    topic = broker.create_topic("keys")
    kcat(broker, "-P", "-t", topic, "-p", 0, "-K:", "-H", "trace=abc=1", "-H", "empty=", input=b"k1:v1\nk2:v2\n:v3\n")
    got = kcat(broker, "-C", "-t", topic, "-p", 0, *STOP, "-f", "%o|%k|%K|%s|%S|%h\n").decode().splitlines()
    check_equal(got, ["0|k1|2|v1|2|trace=abc=1,empty=", "1|k2|2|v2|2|trace=abc=1,empty=", "2||0|v3|2|trace=abc=1,empty="],
                "keys and headers")


@cases.case
def empty_and_null_values(broker):
    topic = broker.create_topic("nulls")
    kcat(broker, "-P", "-t", topic, "-p", 0, "-K:", "-Z", input=b"a:1\nb:\nc:3\n")
    kcat(broker, "-P", "-t", topic, "-p", 0, "-K:", input=b"d:\n")
    got = [json.loads(row) for row in kcat(broker, "-C", "-t", topic, "-p", 0, *STOP, "-J").splitlines()]
    check_equal([(r["key"], r["payload"]) for r in got], [("a", "1"), ("b", None), ("c", "3"), ("d", "")], "null and empty")
    sizes = kcat(broker, "-C", "-t", topic, "-p", 0, *STOP, "-f", "%S ").decode().split()
    check_equal(sizes, ["1", "-1", "1", "0"], "value lengths")


def _compressed(broker, codec):
    topic = broker.create_topic(f"codec-{codec}")
    sent = lines(20000, codec)
    kcat(broker, "-P", "-t", topic, "-p", 0, "-z", codec, input=text(sent))
    check_codec(broker, topic, codec, len(sent))
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, *STOP), text(sent), "consumed")


@cases.case
def gzip(broker):
    _compressed(broker, "gzip")


@cases.case
def snappy(broker):
    _compressed(broker, "snappy")


@cases.case
def lz4(broker):
    _compressed(broker, "lz4")


@cases.case
def zstd(broker):
    _compressed(broker, "zstd")


@cases.case
def listing(broker):
    topic = broker.create_topic("listed", 7)
    said = kcat(broker, "-L", "-t", topic).decode()
    addresses = broker.address.split(",")
    check(all(f" at {address}" in said for address in addresses), f"a broker's address is not in: {said}")
    check(f'topic "{topic}" with 7 partitions:' in said, f"the topic is not in: {said}")
    found = json.loads(kcat(broker, "-L", "-J"))
    check_equal(sorted(b["name"] for b in found["brokers"]), sorted(addresses), "brokers")
    ids = sorted(b["id"] for b in found["brokers"])
    check(found["controllerid"] in ids, f"the controller {found['controllerid']} is none of the brokers {ids}")
    parts = {t["topic"]: t["partitions"] for t in found["topics"]}[topic]
    check_equal([p["partition"] for p in parts], list(range(7)), "partitions")
    check_equal({p["leader"] for p in parts}, set(ids), "leaders")
    for kind in ("replicas", "isrs"):
        check_equal([sorted(r["id"] for r in p[kind]) for p in parts], [ids] * 7, kind)


@cases.case
def offsets_by_time(broker):
    topic = broker.create_topic("times")
    sent = lines(30, "time")
    for third in range(3):
        kcat(broker, "-P", "-t", topic, "-p", 0, input=text(sent[third * 10:third * 10 + 10]))
        time.sleep(0.05)
    stamps = [int(t) for t in kcat(broker, "-C", "-t", topic, "-p", 0, *STOP, "-f", "%T\n").split()]
    check_equal(len(stamps), 30, "time stamps")
    for stamp in {stamps[0], stamps[0] - 1000, stamps[10], stamps[10] + 1, stamps[25], stamps[29]}:
        want = next((i for i, t in enumerate(stamps) if t >= stamp), None)
        said = kcat(broker, "-Q", "-t", f"{topic}:0:{stamp}").decode()
        # After a time that nothing follows, librdkafka puts the end.
        expected = want if want is not None else 30
        check_equal(re.findall(r"offset (-?\d+)", said), [str(expected)], f"first offset at or after {stamp}")
    said = kcat(broker, "-Q", "-t", f"{topic}:0:{stamps[29] + 1000}").decode()
    check(re.search(r"offset (-1|30)\b", said), f"offset after everything: {said}")
    got = kcat(broker, "-C", "-t", topic, "-p", 0, "-o", f"s@{stamps[10]}", *STOP)
    check_equal(got, text(sent[stamps.index(stamps[10]):]), "from a time on")
    got = kcat(broker, "-C", "-t", topic, "-p", 0, "-o", f"s@{stamps[10]}", "-o", f"e@{stamps[20]}", "-q", "-u")
    check_equal(got, text(sent[stamps.index(stamps[10]):stamps.index(stamps[20])]), "between two times")


@cases.case
def from_an_offset_and_the_last_few(broker):
    topic = broker.create_topic("tail")
    sent = lines(1000, "tail")
    kcat(broker, "-P", "-t", topic, "-p", 0, input=text(sent))
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, "-o", 990, *STOP), text(sent[990:]), "from 990")
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, "-o", -5, *STOP), text(sent[-5:]), "the last five")
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, "-o", 501, "-c", 3, "-q"), text(sent[501:504]), "middle of a batch")
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, "-o", "end", *STOP), b"", "from the end")


@cases.case
def a_waiting_consumer_sees_what_comes(broker):
    topic = broker.create_topic("live")
    kcat(broker, "-P", "-t", topic, "-p", 0, input=b"before\n")
    log = broker.folder / "live.out"
    waiting = process.launch(["kcat", "-b", broker.address, "-C", "-t", topic, "-p", "0", "-o", "end", "-c", "2", "-q", "-u",
                              "-d", "fetch"], log)
    process.wait_until(lambda: b"Fetch topic live" in log.read_bytes(), 10, "the consumer's first fetch")
    kcat(broker, "-P", "-t", topic, "-p", 0, input=b"first\nsecond\nthird\n")
    waiting.wait(15)
    out = [row for row in log.read_text().splitlines() if not row.startswith("%")]
    check_equal(out, ["first", "second"], "seen live")


@cases.case
def big_messages(broker):
    topic = broker.create_topic("big")
    big = "".join(hashlib.sha512(str(i).encode()).hexdigest() for i in range(7500)).encode()[:950_000]
    kcat(broker, "-P", "-t", topic, "-p", 0, input=big + b"\n" + b"small\n" + big[::-1] + b"\n")
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, *STOP), big + b"\nsmall\n" + big[::-1] + b"\n", "950 kB each")
    said = kcat(broker, "-P", "-t", topic, "-p", 0, "-X", "message.max.bytes=8000000", "-X", "message.timeout.ms=8000",
                input=big + big + b"\n", fails=True)
    check("Message size too large" in said, f"2 MB against a limit of 1 MiB: {said}")
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, "-o", 1, "-c", 1, "-q"), b"small\n", "afterwards")


@cases.case
def many_partitions_by_key(broker):
    topic = broker.create_topic("spread", 12)
    sent = [f"key{i % 100}:{i}" for i in range(12000)]
    kcat(broker, "-P", "-t", topic, "-K:", input=text(sent))
    got = [row.split("|") for row in kcat(broker, "-C", "-t", topic, *STOP, "-f", "%p|%o|%k|%s\n").decode().splitlines()]
    check_equal(sorted(f"{k}:{v}" for _, _, k, v in got), sorted(sent), "every message")
    check_equal(len({p for p, _, _, _ in got}), 12, "partitions used")
    check(len({(p, k) for p, _, k, _ in got}) == 100, "a key was found in two partitions")
    for key in (f"key{i}" for i in range(100)):
        order = [int(v) for _, _, k, v in sorted(got, key=lambda r: int(r[1])) if k == key]
        check(order == sorted(order), f"{key} is out of order")


@cases.case
def acknowledgement_levels(broker):
    topic = broker.create_topic("acks")
    for acks in (0, 1, -1):
        kcat(broker, "-P", "-t", topic, "-p", 0, "-X", f"acks={acks}", input=f"acks {acks}\n".encode())
        process.wait_until(lambda: f"acks {acks}\n".encode() in kcat(broker, "-C", "-t", topic, "-p", 0, *STOP), 5,
                           f"the message sent with acks={acks}")
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, *STOP), b"acks 0\nacks 1\nacks -1\n", "all three")


@cases.case
def a_topic_that_is_made_by_use(broker):
    kcat(broker, "-P", "-t", "made-by-use", input=b"hello\n")
    check_equal(kcat(broker, "-C", "-t", "made-by-use", *STOP), b"hello\n", "consumed")


@cases.case
def an_unknown_partition_is_refused(broker):
    topic = broker.create_topic("one")
    said = kcat(broker, "-P", "-t", topic, "-p", 5, "-X", "message.timeout.ms=3000", input=b"x\n", fails=True)
    check("Unknown partition" in said, said)


@cases.case
def an_idempotent_producer(broker):
    topic = broker.create_topic("idempotent")
    sent = lines(5000, "idem")
    kcat(broker, "-P", "-t", topic, "-p", 0, "-X", "enable.idempotence=true", "-X", "batch.num.messages=50", input=text(sent))
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, *STOP), text(sent), "consumed")
    with broker.connect_leader(topic) as c:
        stored = c.fetch_all(topic, 0)
    check({b.producer_id for b in stored} != {-1}, "stored without a producer id")
    check_equal([b.base_sequence for b in stored], [b.base_offset for b in stored], "sequence numbers")


@cases.case
def all_of_it_after_a_restart(broker):
    sent = lines(5000)
    check_equal(broker.stop(), 143 if node.PEER == "kafka" else 0, "exit code after SIGTERM")
    broker.start()
    check_equal(kcat(broker, "-C", "-t", "plain", "-p", 0, *STOP), text(sent), "consumed after the restart")
    check_codec(broker, "codec-zstd", "zstd", 20000)
    kcat(broker, "-P", "-t", "plain", "-p", 0, input=b"one more\n")
    check_equal(kcat(broker, "-C", "-t", "plain", "-p", 0, "-o", 5000, *STOP), b"one more\n", "appended after the restart")


def a_leader_is_killed_while_kcat_sends(broker):
    """Every line once and in order: from the nodes that are left, and from all when it is back."""
    topic = broker.create_topic("failover", configs={"min.insync.replicas": 2})
    sent = lines(40000, "failover")
    victim = broker.member(broker.leaders(topic)[0])
    sending = process.launch(["kcat", "-b", broker.address, "-P", "-t", topic, "-p", "0", "-X", "enable.idempotence=true"],
                             broker.folder / "failover.log", stdin=subprocess.PIPE)
    sending.stdin.write(text(sent[:20000]))
    sending.stdin.flush()
    with victim.connect() as c:
        process.wait_until(lambda: c.list_offset(topic, 0, -1)[2] > 1000, 10, "the first lines")
    victim.kill()
    sending.stdin.write(text(sent[20000:]))
    sending.stdin.close()
    check_equal(sending.wait(30), 0, "exit code of the kcat that sends")
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, *STOP), text(sent), "consumed without the old leader")
    victim.start()
    process.wait_until(lambda: len(broker.ask(lambda c: c.in_sync(topic))[0][1]) == NODES, 20, "all replicas in sync")
    check_equal(kcat(broker, "-C", "-t", topic, "-p", 0, *STOP), text(sent), "consumed with the old leader back")


if NODES > 1:
    cases.case(a_leader_is_killed_while_kcat_sends)

if __name__ == "__main__":
    folder = process.workdir("kcat")
    with node.broker(folder) if NODES == 1 else cluster.Cluster(folder, NODES) as started:
        main(cases, started)
