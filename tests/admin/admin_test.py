"""The admin pages of a real node: health, metrics, JSON, records, and clients that mean no good.

Run alone: TROUPE_BIN=build/release/troupe tests/admin/admin_test.py [part of a case's name ...]
"""
import http.client
import json
import pathlib
import re
import socket
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support_py"))
import node  # noqa: E402
import process  # noqa: E402
import wire  # noqa: E402
from report import Cases, check, check_equal, main  # noqa: E402

cases = Cases("admin")
SAMPLE = re.compile(r'[a-z_:]+(\{([a-z_]+="([^"\\]|\\.)*",?)+\})? (NaN|[+-]Inf|[-+.e0-9]+)')


class Admin:
    """A node whose admin pages are at `port`."""

    def __init__(self, folder, **settings):
        self.port = process.free_port()
        self.node = node.Node(folder, settings={"admin_listener": f"127.0.0.1:{self.port}", **settings})

    def __enter__(self):
        self.node.start()
        return self

    def __exit__(self, *_):
        self.node.kill()

    def get(self, path, method="GET", headers=None, deadline_s=20):
        """(status, headers, body)"""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=deadline_s)
        try:
            c.request(method, path, headers=headers or {})
            answer = c.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            c.close()

    def json(self, path, status=200):
        got, headers, body = self.get(path)
        check_equal(got, status, f"status of {path}")
        check_equal(headers["Content-Type"], "application/json", f"type of {path}")
        return json.loads(body)

    def metrics(self, path="/metrics"):
        """{"name{labels}": value}; every line is judged."""
        status, headers, body = self.get(path)
        check_equal(status, 200, path)
        check(headers["Content-Type"].startswith("text/plain; version=0.0.4"), headers["Content-Type"])
        values = {}
        for line in body.decode().splitlines():
            if not line.startswith("#"):
                check(SAMPLE.fullmatch(line), f"no sample: {line}")
                name, value = line.rsplit(" ", 1)
                check(name not in values, f"twice: {name}")
                values[name] = float(value)
        return values

    def raw(self, data=b"", deadline_s=30):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=deadline_s)
        if data:
            s.sendall(data)
        return s


def everything(s):
    """What comes until the other side closes."""
    found = b""
    try:
        while part := s.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    s.close()
    return found


def status_of(answer):
    check(answer.startswith(b"HTTP/1.1 "), f"no answer: {answer[:80]!r}")
    return int(answer[9:12])


@cases.case
def health_says_live_and_ready(admin):
    check_equal(admin.json("/health")["status"], "ready", "status")
    check_equal(admin.json("/health/live"), {"live": True}, "live")
    check_equal(admin.json("/health/ready"), {"live": True, "ready": True}, "ready")
    status, headers, body = admin.get("/health", method="HEAD")
    check(status == 200 and body == b"" and int(headers["Content-Length"]) > 10, "HEAD")


@cases.case
def metrics_count_what_clients_do(admin):
    topic = admin.node.create_topic("counted", partitions=2)
    before = admin.metrics()
    with admin.node.connect() as c:
        for i in range(10):
            check_equal(c.produce(topic, i % 2, wire.batch([b"x" * 100] * 5))[0], 0, "produce")
        fetched = c.fetch_all(topic, 0)
    after = admin.metrics()
    grown = lambda name: after[name] - before.get(name, 0)
    check_equal(grown('troupe_kafka_requests_total{api="Produce"}'), 10, "produce requests")
    check_equal(grown('troupe_kafka_request_duration_seconds_count{api="Produce"}'), 10, "durations")
    check_equal(grown('troupe_topic_appended_records_total{topic="counted"}'), 50, "records")
    check_equal(grown('troupe_topic_appended_batches_total{topic="counted"}'), 10, "batches")
    check_equal(grown('troupe_topic_fetched_bytes_total{topic="counted"}'), sum(len(b.raw) for b in fetched), "fetched")
    check(grown("troupe_journal_writes_total") >= 1, "journal writes")
    check(grown('troupe_kafka_received_bytes_total{api="Produce"}') > 5000, "received bytes")
    check(0 < grown('troupe_kafka_request_duration_seconds_sum{api="Produce"}') < 60, "sum of durations")
    check_equal(after["troupe_ready"], 1, "ready")
    check(after["process_resident_memory_bytes"] > 1e6, "memory")
    one = 'troupe_partition_high_watermark_offset{topic="counted",partition="1"}'
    check(one not in after, "partitions are listed only if that is asked for")
    check_equal(admin.metrics("/metrics?detail=partitions")[one], 25, "high watermark")


@cases.case
def refused_batches_are_counted(admin):
    topic = admin.node.create_topic("refused")
    with admin.node.connect() as c:
        check(c.produce(topic, 0, wire.batch([b"x"], crc=1))[0] != 0, "a wrong checksum was taken")
    check_equal(admin.metrics()['troupe_topic_refused_batches_total{topic="refused"}'], 1, "refused")


@cases.case
def json_pages(admin):
    topic = admin.node.create_topic("pages", partitions=3)
    with admin.node.connect() as c:
        c.produce(topic, 1, wire.batch([b"one", b"two"]))
        listed = admin.json("/v1/connections")
        check(any(x["client"] == "outside" and x["requests"] >= 1 for x in listed["connections"]), f"no client in {listed}")
    one = admin.json("/v1/topics/pages")
    check_equal((one["partitions"], one["records"], len(one["list"])), (3, 2, 3), "topic")
    check_equal([p["high_watermark"] for p in one["list"]], [0, 2, 0], "watermarks")
    check_equal([p["partition"] for p in admin.json("/v1/topics/pages?after=0&limit=1")["list"]], [1], "page of partitions")
    check("pages" in [t["name"] for t in admin.json("/v1/topics")["topics"]], "list of topics")
    check(admin.json("/v1/topics?limit=1")["more"] in (True, False), "more")
    check_equal(len(admin.json("/v1/partitions?limit=2")["partitions"]), 2, "limit")
    cluster = admin.json("/v1/cluster")
    held = sum(len(t["list"]) for t in [admin.json("/v1/topics/" + t["name"]) for t in admin.json("/v1/topics")["topics"]])
    check_equal([(b["node"], b["fenced"], b["rack"], b["leads"], b["replicas"], b["out_of_sync"]) for b in cluster["brokers"]],
                [(1, False, None, held, held, 0)], "who leads what")
    check_equal((cluster["leaderless"], cluster["under_replicated"], cluster["self"]), (0, 0, 1), "what is missing")
    check_equal(admin.json("/v1/overview")["cluster"]["partitions"], held, "the cluster in the overview")
    alone = {"node": 1, "in_sync": True, "alive": True, "lag": 0}
    check_equal([(p["partition"], p["leader"], p["replicas"]) for p in admin.json("/v1/replicas?topic=pages&limit=2")["partitions"]],
                [(0, 1, [alone]), (1, 1, [alone])], "replicas")
    check_equal([p["partition"] for p in admin.json("/v1/replicas?topic=pages&after=2")["partitions"]], [2], "page of replicas")
    check_equal(admin.json("/v1/replicas?lacking=1")["count"], 0, "what lacks replicas")
    check_equal(admin.json("/v1/replicas")["count"], held, "all replicas")
    check_equal(admin.json("/v1/cluster")["brokers"][0]["endpoints"][0]["port"], admin.node.port, "endpoint")
    check(0 < admin.json("/v1/disk")["available_bytes"] <= admin.json("/v1/disk")["total_bytes"], "disk")
    names = [a["actor"] for a in admin.json("/v1/supervision")["actors"]]
    check({"disk", "flusher", "partition_manager", "kafka_listener", "admin_listener"} <= set(names), f"actors: {names}")
    check_equal(admin.json("/v1/events")["events"], [], "events")
    check_equal(admin.json("/v1/overview")["node"]["phase"], "ready", "phase")
    for path in ("/v1", "/v1/", "/v1/nothing", "/v1/topics/nothing", "/v1/topics/nothing/records", "/v1/topics//records",
                 "/nothing", "/../etc/passwd", "/metrics/x"):
        check_equal(admin.get(path)[0], 404, path)
    for path in ("/v1/topics?limit=x", "/v1/topics?limit=-1", "/v1/topics?limit=99999999999999999999999"):
        check_equal(admin.get(path)[0], 200, path)


@cases.case
def records_of_a_topic(admin):
    topic = admin.node.create_topic("shown", partitions=2)
    with admin.node.connect() as c:
        for i in range(40):
            c.produce(topic, i % 2, wire.batch([f"value {i}".encode()], first_time=1_700_000_000_000 + i))
        found = admin.json("/v1/topics/shown/records?limit=5")["records"]
        check_equal([r["value"]["text"] for r in found], [f"value {i}" for i in (39, 38, 37, 36, 35)], "the newest")
        check_equal((found[0]["partition"], found[0]["offset"]), (1, 19), "place")
        even = admin.json("/v1/topics/shown/records?partition=0&limit=2")["records"]
        check_equal([r["value"]["text"] for r in even], ["value 38", "value 36"], "of one partition")
        large = admin.node.create_topic("large")
        for i in range(8):
            c.produce(large, 0, wire.batch([bytes([48 + i]) * 200_000]))
        found = admin.json("/v1/topics/large/records?limit=8")["records"]
        check_equal(found[0]["value"]["size_bytes"], 200_000, "size")
        check_equal(found[0]["value"]["text"], "7" * 1024, "the newest of large ones")
        c.produce(topic, 0, wire.batch([b"\xff\x00<script>"], first_time=int(time.time() * 1000)))
        check_equal(admin.json("/v1/topics/shown/records?limit=1")["records"][0]["value"]["hex"], "ff003c7363726970743e", "hex")
    check_equal(admin.json("/v1/topics/" + admin.node.create_topic("empty") + "/records")["records"], [], "empty")


@cases.case
def the_dashboard_needs_nothing_from_outside(admin):
    status, headers, body = admin.get("/")
    check_equal((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"), "page")
    check("default-src 'none'" in headers["Content-Security-Policy"], "policy")
    text = body.decode()
    links = re.findall(r"(?:src|href)=[\"']([^\"']*)", text)
    check(links and all(link.startswith(("/", "#", "data:")) for link in links), f"links: {links}")
    check("import(" not in text and "url(" not in text and "@import" not in text, "something is loaded")


@cases.case
def other_hosts_methods_and_garbage(admin):
    for host in ("evil.example", "evil.example:80", "localhost.evil.example", ""):
        got = status_of(everything(admin.raw(f"GET /v1/overview HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())))
        check_equal(got, 403, f"Host: {host}")
    for host in ("localhost", f"127.0.0.1:{admin.port}", "[::1]"):
        check_equal(admin.get("/health", headers={"Host": host})[0], 200, f"Host: {host}")
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        check_equal(admin.get("/health", method=method)[0], 405, method)
    check_equal(status_of(everything(admin.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n"))), 400, "TLS")
    check_equal(status_of(everything(admin.raw(b"GET / HTTP/1.1\r\n\r\n"))), 400, "no host")
    check_equal(status_of(everything(admin.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"))), 413, "body")
    check_equal(admin.get("/health")[0], 200, "afterwards")


@cases.case
def ten_megabytes_of_headers(admin):
    rss = process.rss_bytes(admin.node.pid)
    s = admin.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    answer = b""
    try:
        for i in range(10_000):
            s.sendall(b"X-Filler-%d: " % i + b"x" * 1000 + b"\r\n")
    except OSError:
        pass  # it need not take all of it
    try:
        answer = everything(s)
    except OSError:
        pass
    check(answer == b"" or status_of(answer) == 431, f"answer {answer[:40]!r}")
    s = admin.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 8200)
    check_equal(status_of(everything(s)), 431, "just too much")
    check(process.rss_bytes(admin.node.pid) - rss < 20e6, "memory")
    check_equal(admin.get("/health")[0], 200, "afterwards")


@cases.case
def a_byte_a_second(admin):
    began = time.monotonic()
    s = admin.raw()
    try:
        for byte in b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n":
            s.sendall(bytes([byte]))
            s.settimeout(1)
            try:
                if answer := s.recv(4096):
                    break
            except socket.timeout:
                continue
    finally:
        s.close()
    check_equal(status_of(answer), 408, "status")
    check(8 < time.monotonic() - began < 20, "when it lost patience")


@cases.case
def many_connections_leave_room_again(admin):
    crowd = [admin.raw() for _ in range(64)]
    process.wait_until(lambda: everything_soon(admin) == b"", 10, "the 65th is closed")
    for s in crowd:
        s.close()
    process.wait_until(lambda: everything_soon(admin).startswith(b"HTTP/1.1 200"), 10, "room again")


def everything_soon(admin):
    try:
        return everything(admin.raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", deadline_s=5))
    except OSError:
        return b""


@cases.case
def ten_thousand_partitions(admin):
    """/metrics in 100 ms as a rule, and what lists each partition if nothing else runs; who reads a byte a second is closed."""
    for i in range(5):
        admin.node.create_topic(f"wide-{i}", partitions=2000)

    def milliseconds(path):
        took = []
        for _ in range(11):
            began = time.monotonic()
            status, _, body = admin.get(path)
            took.append(1000 * (time.monotonic() - began))
            check_equal(status, 200, path)
        return statistics.median(took), min(took), len(body)
    plain, _, size = milliseconds("/metrics")
    listed, listed_best, listed_size = milliseconds("/metrics?detail=partitions")
    overview, overview_best, _ = milliseconds("/v1/overview")
    check(listed_size > 10_000 * 5 * 50, f"{listed_size} bytes are too few")
    medians = (f"medians: /metrics {plain:.1f} ms, by partition {listed:.1f} ms (at best {listed_best:.1f}), "
               f"overview {overview:.1f} ms (at best {overview_best:.1f})")
    check(plain <= 100 and max(listed_best, overview_best) <= 100, medians)
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("127.0.0.1", admin.port))
    s.sendall(b"GET /metrics?detail=partitions HTTP/1.1\r\nHost: localhost\r\n\r\n" * 10)
    s.settimeout(5)
    began = time.monotonic()
    slow = lambda: admin.node.alive() and socket_count(admin.node.pid, admin.port)
    check(slow() >= 1, "the slow reader is connected")
    while slow() and time.monotonic() - began < 40:
        s.recv(1)
        time.sleep(1)
    check(time.monotonic() - began < 40, "a reader of a byte a second was never closed")
    s.close()
    check_equal(admin.get("/health")[0], 200, "afterwards")
    return f"{medians}; {size} and {listed_size} bytes"


def socket_count(pid, port):
    """Established connections at the port, on the side of the one who listens."""
    rows = [line.split() for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return sum(r[3] == "01" and int(r[1].split(":")[1], 16) == port for r in rows)


@cases.case
def it_stops_at_once(admin):
    admin.json("/v1/topics/shown/records?limit=1")
    kept = admin.raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    began = time.monotonic()
    check_equal(admin.node.stop(), 0, "exit code")
    kept.close()
    return f"{time.monotonic() - began:.1f} s"


@cases.case
def a_port_that_is_taken(admin):
    """The usual one: without. One that was asked for: not at all. Port 0: any, and it is logged."""
    folder = pathlib.Path(process.workdir("admin-ports"))
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", 9644))
            other.listen()
        except OSError:
            pass  # it is taken already
        with node.Node(folder / "usual") as one:
            process.wait_until(lambda: "127.0.0.1:9644 is in use: no health, metrics and dashboard" in one.log_text(), 5, "log line")
            check(one.answers(), "it serves Kafka clients")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        one = node.Node(folder / "asked", settings={"admin_listener": "127.0.0.1:%d" % other.getsockname()[1]}).launch()
        check_equal(one.process.wait(15), 1, "exit code")
        check("cannot listen at 127.0.0.1:" in one.log_text(), one.log_text()[-300:])
    with node.Node(folder / "any", settings={"admin_listener": "127.0.0.1:0"}) as one:
        found = process.wait_until(lambda: re.search(r"are at http://127\.0\.0\.1:(\d+)/", one.log_text()), 5, "log line")
        c = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=5)
        c.request("GET", "/health")
        check_equal(c.getresponse().status, 200, "health")
    with node.Node(folder / "off", settings={"admin_listener": "off"}) as one:
        check("admin_listener" not in one.log_text(), one.log_text())


if __name__ == "__main__":
    with Admin(pathlib.Path(process.workdir("admin"))) as running:
        main(cases, running)
