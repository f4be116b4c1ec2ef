"""What no well-behaved client sends. Each case: a clear error or a closed connection, memory bounded, others unaffected."""
import contextlib
import os
import random
import select
import socket
import struct
import time

import node
import process
import wire
from bystander import Bystander
from report import Cases, check, check_equal

cases = Cases("bad-input")
KAFKA = node.PEER == "kafka"
CORRUPT, TOO_LARGE, UNSUPPORTED_VERSION, INVALID_RECORD = 2, 10, 35, 87


@contextlib.contextmanager
def attacked(name, rss_growth_mib=200, slowest_s=3.0, **settings):
    """A broker with a bystander."""
    with node.broker(process.workdir(name) + "/node", settings=settings) as broker:
        with Bystander(broker, slowest_s, 1 << 20 if KAFKA else rss_growth_mib) as bystander:
            yield broker, bystander


def send_raw(broker, data, deadline_s=5):
    """Sends the bytes; True if the broker then closes by itself within the deadline."""
    with broker.connect(deadline_s) as c:
        try:
            c.socket.sendall(data)
        except OSError:
            return True
        return c.closed()


def framed(body):
    return struct.pack(">i", len(body)) + body


@cases.case
def random_bytes():
    """Noise, then the end of the stream."""
    dice = random.Random(1)
    with attacked("noise") as (broker, bystander):
        for _ in range(400):
            with broker.connect(5) as c:
                noise = dice.randbytes(dice.choice((1, 3, 4, 5, 50, 5000)))
                if dice.random() < 0.5:  # a frame that looks right from outside
                    noise = framed(noise)
                try:
                    c.socket.sendall(noise)
                    c.socket.shutdown(socket.SHUT_WR)
                    check(c.closed(), "still open after noise and the end of the stream")
                except OSError:
                    pass
        bystander.files_back()
        return bystander.told()


@cases.case
def impossible_lengths():
    with attacked("lengths") as (broker, bystander):
        for length in (-1, -(1 << 31), (1 << 31) - 1, 101 << 20, 0, 1, 7):
            data = struct.pack(">i", length) + b"\0" * max(0, min(length, 16))
            check(send_raw(broker, data), f"a frame of length {length} was accepted")
        for cut in (8, 9, 11):  # a header that ends too early
            check(send_raw(broker, framed(wire.header(wire.API_VERSIONS, 0)[:cut])), f"a header of {cut} bytes was accepted")
        bystander.files_back()
        return bystander.told()


@cases.case
def large_frames_that_never_come():
    """300 connections that announce 90 MiB each and send a kilobyte of it."""
    with attacked("announced") as (broker, bystander):
        with contextlib.ExitStack() as open_ones:
            for _ in range(300):
                c = open_ones.enter_context(broker.connect())
                c.socket.sendall(struct.pack(">i", 90 << 20) + wire.header(wire.PRODUCE, 7) + b"\0" * 1000)
            time.sleep(1.5)
        bystander.files_back()
        return bystander.told()


@cases.case
def half_frames():
    """Connections that end within a frame, politely and by reset."""
    frame = framed(wire.header(wire.METADATA, 1) + struct.pack(">i", 0))
    with attacked("half") as (broker, bystander):
        for i in range(600):
            with broker.connect() as c:
                if i % 2:
                    c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                c.socket.sendall(frame[:1 + i % (len(frame) - 1)])
        bystander.files_back()
        return bystander.told()


@cases.case
def unknown_requests_and_versions():
    with attacked("versions") as (broker, bystander):
        with broker.connect() as c:
            r = c.call(wire.API_VERSIONS, 99, b"\0" * 4)
            check_equal(r.number("h"), UNSUPPORTED_VERSION, "error of ApiVersions 99")
            known = {k for k, _, _ in r.array(lambda: (r.number("h"), r.number("h"), r.number("h")))}
            check(wire.API_VERSIONS in known, f"ApiVersions is not listed: {known}")
            _, ranges = c.api_versions()  # the connection still works
        for api, (low, high) in ranges.items():
            if api != wire.API_VERSIONS:
                check(send_raw(broker, framed(wire.header(api, high + 1) + b"\0" * 8)), f"API {api} version {high + 1}")
                check(send_raw(broker, framed(wire.header(api, -1) + b"\0" * 8)), f"API {api} version -1")
        for api in (-1, 4, 7, 999, 32767):
            check(api in ranges or send_raw(broker, framed(wire.header(api, 0) + b"\0" * 8)), f"API {api}")
        bystander.files_back()
        return bystander.told()


@cases.case
def bodies_that_do_not_parse():
    """Random and hostile bodies for every request and version: an answer, or a closed connection."""
    dice = random.Random(2)
    hostile = [b"", b"\x7f\xff\xff\xff" * 8, b"\xff" * 40, b"\0" * 40, b"\xff\xff\xff\xff\x0f" * 10, b"\x80" * 64]
    with attacked("bodies") as (broker, bystander):
        with broker.connect() as c:
            ranges = c.api_versions()[1]
        for api, (low, high) in sorted(ranges.items()):
            for version in range(low, high + 1):
                for body in [*hostile, *(dice.randbytes(dice.randrange(60)) for _ in range(4))]:
                    with broker.connect(15) as c:
                        c.send(api, version, body)
                        c.socket.shutdown(socket.SHUT_WR)
                        check(c.closed(), f"API {api} version {version}: neither an answer nor an end")
                check(broker.alive(), f"API {api} version {version} ended the broker: {broker.log_text()[-1500:]}")
        bystander.files_back()
        return bystander.told()


@cases.case
def wrong_batches():
    """Batches that may not be appended: each has its error, and the log stays as it was."""
    good = wire.batch([b"good"])
    compressed_noise = wire.batch([], attributes=1, body=b"this is no gzip", count=1)
    wrong = {
        "checksum": (wire.batch([b"x"], crc=1), {CORRUPT}),
        "one bit": (good[:-2] + bytes([good[-2] ^ 1]) + good[-1:], {CORRUPT}),
        "magic 9": (good[:16] + b"\x09" + good[17:], {CORRUPT, INVALID_RECORD}),
        "too few records": (wire.batch([b"x"], count=5), {INVALID_RECORD, CORRUPT}),
        "too many records": (wire.batch([b"x", b"y"], count=1), {INVALID_RECORD, CORRUPT}),
        "no record": (wire.batch([]), {INVALID_RECORD, CORRUPT}),
        "two batches": (good + good, {INVALID_RECORD, CORRUPT}),
        "cut off": (good[:-3], {INVALID_RECORD, CORRUPT}),
        "a length too large": (good[:8] + struct.pack(">i", 1 << 30) + good[12:], {INVALID_RECORD, CORRUPT}),
        "a negative length": (good[:8] + struct.pack(">i", -5) + good[12:], {INVALID_RECORD, CORRUPT}),
        "no gzip": (compressed_noise, {INVALID_RECORD, CORRUPT}),
        "unknown codec": (wire.batch([b"x"], attributes=6), {INVALID_RECORD, CORRUPT, 76}),
        "control batch": (wire.batch([b"x"], attributes=32), {INVALID_RECORD, CORRUPT}),
        "too large": (wire.batch([b"x" * 1_200_000]), {TOO_LARGE}),
        "garbage": (b"\0" * 100, {INVALID_RECORD, CORRUPT}),
        "nothing": (b"", {INVALID_RECORD, CORRUPT}),
    }
    with attacked("batches") as (broker, bystander):
        topic = broker.create_topic("wrong")
        for what, (batch, allowed) in wrong.items():
            with broker.connect() as c:
                try:
                    error, _ = c.produce(topic, 0, batch)
                except ConnectionError:
                    error = next(iter(allowed))  # closed: as clear
                check(error in allowed, f"{what}: error {error}, not one of {allowed}")
            with broker.connect() as c:
                check_equal(c.list_offset(topic, 0, -1)[2], 0, f"end of the log after: {what}")
        with broker.connect() as c:
            check_equal(c.produce(topic, 0, good), (0, 0), "a good batch afterwards")
        return f"{len(wrong)} kinds; {bystander.told()}"


def _bomb(codec):
    """A message of 400 MB of zeros: kilobytes when compressed, by a real client."""
    with attacked(f"bomb-{codec}", rss_growth_mib=300, slowest_s=5) as (broker, bystander):
        topic = broker.create_topic("bomb")
        path = broker.folder / "bomb"
        with open(path, "wb") as file:
            file.truncate(400 << 20)
        done = process.run(["kcat", "-b", broker.address, "-P", "-t", topic, "-p", "0", "-z", codec, "-X",
                            "message.max.bytes=1000000000", "-X", "message.timeout.ms=20000", "-X",
                            "message.send.max.retries=1", str(path)], 60)
        with broker.connect() as c:
            end = c.list_offset(topic, 0, -1)[2]
        if not KAFKA:  # Kafka looks at the compressed size only
            check(done.returncode and end == 0, f"the bomb was accepted, {end} records: {done.stderr.decode()[-300:]}")
        return f"{done.stderr.decode().strip()[-120:]}; {bystander.told()}"


@cases.case
def bomb_gzip():
    return _bomb("gzip")


@cases.case
def bomb_zstd():
    return _bomb("zstd")


@cases.case
def bomb_lz4():
    return _bomb("lz4")


@cases.case
def bomb_snappy():
    """snappy reaches a ratio of 20 only, so here the length that it claims is the bomb."""
    claims = b"\xff\xff\xff\xff\x0f" + b"\0" * 20
    with attacked("bomb-snappy") as (broker, bystander):
        topic = broker.create_topic("bomb")
        for body in (claims, b"\x82SNAPPY\0\0\0\0\1\0\0\0\1" + struct.pack(">i", len(claims)) + claims,
                     b"\x82SNAPPY\0\0\0\0\1\0\0\0\1" + struct.pack(">i", 0x7FFFFFFF) + claims):
            with broker.connect() as c:
                error, _ = c.produce(topic, 0, wire.batch([], attributes=2, body=body, count=1))
                check(error in (CORRUPT, INVALID_RECORD), f"error {error}")
        return bystander.told()


@cases.case
def five_thousand_connections():
    with attacked("many", rss_growth_mib=400) as (broker, bystander):
        many = []
        try:
            for _ in range(5000):
                many.append(broker.connect(20))
            for c in many:
                c.send(wire.API_VERSIONS, 0)
            for c in many:
                check(c.receive()[0] == 1, "another answer")
        finally:
            for c in many:
                c.socket.close()
        bystander.files_back()
        return bystander.told()


@cases.case
def more_connections_than_allowed():
    if KAFKA:
        return "not for Kafka"
    with attacked("limit", connections_max=40) as (broker, bystander):
        with contextlib.ExitStack() as open_ones:
            answered = refused = 0
            for _ in range(100):
                c = open_ones.enter_context(broker.connect())
                try:
                    c.api_versions()
                    answered += 1
                except OSError:
                    refused += 1
            check(answered in range(30, 41) and refused == 100 - answered, f"{answered} answered, {refused} refused")
        bystander.files_back()
        with broker.connect() as c:
            check_equal(c.api_versions()[0], 0, "afterwards")
        return f"{answered} answered, {refused} refused; {bystander.told()}"


@cases.case
def a_byte_at_a_time():
    """200 clients that dribble one request, a byte a second each."""
    frame = framed(wire.header(wire.METADATA, 1) + struct.pack(">i", 0))
    with attacked("slow") as (broker, bystander):
        with contextlib.ExitStack() as open_ones:
            slow = [open_ones.enter_context(broker.connect()) for _ in range(200)]
            for at in range(8):
                for c in slow:
                    c.socket.sendall(frame[at:at + 1])
                time.sleep(1)
            for c in slow:
                c.socket.sendall(frame[8:])
            for c in slow:
                check(c.receive()[0] == 0 or True, "an answer at last")
        bystander.files_back()
        return bystander.told()


@cases.case
def clients_that_never_read():
    """100 clients ask for megabytes, again and again, and read nothing."""
    with attacked("unread", rss_growth_mib=700) as (broker, bystander):
        topic = broker.create_topic("much")
        with broker.connect() as c:
            for i in range(40):
                check_equal(c.produce(topic, 0, wire.batch([os.urandom(500_000)]))[0], 0, "produced")
        ask = wire.fetch_body(topic, 0, 0, max_bytes=50 << 20)
        with contextlib.ExitStack() as open_ones:
            for _ in range(100):
                c = open_ones.enter_context(broker.connect())
                for _ in range(20):
                    c.send(wire.FETCH, 4, ask)
            time.sleep(4)
        bystander.files_back()
        return bystander.told()


@cases.case
def thousands_of_requests_at_once():
    """A client that sends 20,000 requests before it reads: no unbounded queue, and the answers come in order."""
    frames = b"".join(framed(wire.header(wire.API_VERSIONS, 0, i)) for i in range(20_000))
    with attacked("pipelined") as (broker, bystander):
        with broker.connect(30) as c:
            c.socket.setblocking(False)
            sent = received = 0
            data = bytearray()
            end = time.monotonic() + 60
            paused_until = time.monotonic() + 2  # reads nothing at first
            while received < 20_000:
                check(time.monotonic() < end, f"{received} answers to {sent} bytes of requests after a minute")
                reading = time.monotonic() > paused_until
                readable, writable, _ = select.select([c.socket] if reading else [], [c.socket] if sent < len(frames) else [], [],
                                                      0.1)
                if writable:
                    sent += c.socket.send(frames[sent:sent + (1 << 16)])
                if readable:
                    part = c.socket.recv(1 << 18)
                    check(part, "closed by the broker")
                    data += part
                at = 0
                while len(data) - at >= 8 and len(data) - at >= 4 + struct.unpack_from(">i", data, at)[0]:
                    length, correlation = struct.unpack_from(">ii", data, at)
                    check_equal(correlation, received, "order of the answers")
                    received, at = received + 1, at + 4 + length
                del data[:at]
        return bystander.told()
