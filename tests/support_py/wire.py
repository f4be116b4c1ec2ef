"""Just enough of the Kafka protocol, spoken over a bare socket, to look at a broker's bytes without any client in between.

Requests: ApiVersions v0, Metadata v1, CreateTopics v2, DeleteTopics v1, InitProducerId v0, Produce v7, Fetch v4,
ListOffsets v1, AlterPartitionReassignments v0. Nothing here is tolerant: an answer that does not parse to its last byte is an error.
"""
import collections
import socket
import struct

PRODUCE, FETCH, LIST_OFFSETS, METADATA, API_VERSIONS, CREATE_TOPICS, DELETE_TOPICS = 0, 1, 2, 3, 18, 19, 20
INIT_PRODUCER_ID, ALTER_PARTITION_REASSIGNMENTS = 22, 45
CODECS = {0: "none", 1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}
HEADER_BYTES = 61  # of a record batch

_CRC_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ (0x82F63B78 if _byte & 1 else 0)
    _CRC_TABLE.append(_byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def string(text):
    if text is None:
        return struct.pack(">h", -1)
    raw = text.encode()
    return struct.pack(">h", len(raw)) + raw


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count < 0 or self.at + count > len(self.data):
            raise ValueError(f"{count} bytes asked at {self.at} of {len(self.data)}")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, code):
        return struct.unpack(">" + code, self.take(struct.calcsize(">" + code)))[0]

    def string(self):
        length = self.number("h")
        return None if length < 0 else self.take(length).decode()

    def bytes(self):
        length = self.number("i")
        return None if length < 0 else self.take(length)

    def array(self, element):
        return [element() for _ in range(self.number("i"))]

    def end(self):
        if self.at != len(self.data):
            raise ValueError(f"{len(self.data) - self.at} bytes too many in the answer")


def fetch_body(topic, partition, offset, max_wait_ms=100, min_bytes=1, max_bytes=1 << 20):
    """Fetch v4 of one partition."""
    body = struct.pack(">iiiib", -1, max_wait_ms, min_bytes, max_bytes, 0) + struct.pack(">i", 1) + string(topic)
    return body + struct.pack(">iiqi", 1, partition, offset, max_bytes)


def header(api, version, correlation=1, client="outside"):
    return struct.pack(">hhi", api, version, correlation) + string(client)


class Connection:
    def __init__(self, port, deadline_s=10, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout=deadline_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.correlation = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, api, version, body=b""):
        self.correlation += 1
        frame = header(api, version, self.correlation) + body
        self.socket.sendall(struct.pack(">i", len(frame)) + frame)
        return self.correlation

    def _exactly(self, count):
        parts = []
        while count:
            part = self.socket.recv(min(count, 1 << 20))
            if not part:
                raise ConnectionError("closed by the broker")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def receive(self):
        """The next answer: (correlation id, Reader behind it)."""
        reader = Reader(self._exactly(struct.unpack(">i", self._exactly(4))[0]))
        return reader.number("i"), reader

    def call(self, api, version, body=b""):
        return self.answer_to(self.send(api, version, body))

    def answer_to(self, want):
        got, reader = self.receive()
        if got != want:
            raise ValueError(f"answer to request {got} where {want} was due")
        return reader

    def closed(self):
        """True once the broker has closed; drops whatever it still sends."""
        try:
            while self.socket.recv(1 << 16):
                pass
            return True
        except TimeoutError:
            return False
        except OSError:
            return True

    def api_versions(self):
        r = self.call(API_VERSIONS, 0)
        error = r.number("h")
        ranges = {k: (low, high) for k, low, high in r.array(lambda: (r.number("h"), r.number("h"), r.number("h")))}
        r.end()
        return error, ranges

    def metadata(self, topics=None):
        """({node: (host, port)}, {topic: (error, {partition: (error, leader)})})"""
        body = struct.pack(">i", -1) if topics is None else struct.pack(">i", len(topics)) + b"".join(map(string, topics))
        r = self.call(METADATA, 1, body)
        brokers = {n: (h, p) for n, h, p, _ in r.array(lambda: (r.number("i"), r.string(), r.number("i"), r.string()))}
        r.number("i")

        def partition():
            error, index, leader = r.number("h"), r.number("i"), r.number("i")
            r.array(lambda: r.number("i"))
            r.array(lambda: r.number("i"))
            return index, (error, leader)

        def topic():
            error, name, _ = r.number("h"), r.string(), r.number("b")
            return name, (error, dict(r.array(partition)))
        topics = dict(r.array(topic))
        r.end()
        return brokers, topics

    def in_sync(self, topic):
        """{partition: (leader, [replicas in sync])}; None: the topic is not known."""
        found = self.replicas(topic)
        return found and {number: (leader, isr) for number, (leader, _, isr) in found.items()}

    def replicas(self, topic):
        """{partition: (leader, [replicas, the preferred leader first], [those in sync])}; None: the topic is not known."""
        r = self.call(METADATA, 1, struct.pack(">i", 1) + string(topic))
        r.array(lambda: (r.number("i"), r.string(), r.number("i"), r.string()))
        r.number("i")

        def partition():
            _, index, leader = r.number("h"), r.number("i"), r.number("i")
            return index, (leader, r.array(lambda: r.number("i")), r.array(lambda: r.number("i")))

        (error, found), = r.array(lambda: (r.number("h"), (r.string(), r.number("b"), dict(r.array(partition)))))
        return None if error else found[2]

    def create_topic(self, name, partitions=1, configs=None, replicas=1, timeout_ms=30000):
        """The error code; 0 is done."""
        configs = configs or {}
        body = struct.pack(">i", 1) + string(name) + struct.pack(">ihi", partitions, replicas, 0)
        body += struct.pack(">i", len(configs)) + b"".join(string(k) + string(str(v)) for k, v in configs.items())
        r = self.call(CREATE_TOPICS, 2, body + struct.pack(">ib", timeout_ms, 0))
        r.number("i")
        return r.array(lambda: (r.string(), r.number("h"), r.string()))[0][1]

    def delete_topic(self, name, timeout_ms=30000):
        r = self.call(DELETE_TOPICS, 1, struct.pack(">i", 1) + string(name) + struct.pack(">i", timeout_ms))
        r.number("i")
        return r.array(lambda: (r.string(), r.number("h")))[0][1]

    def reassign(self, topic, partition, replicas, timeout_ms=30000):
        """The error code; 0 is begun."""
        compact = lambda count: bytes([count + 1])
        replicas = compact(len(replicas)) + b"".join(struct.pack(">i", node) for node in replicas)
        one = compact(len(topic)) + topic.encode() + compact(1) + struct.pack(">i", partition) + replicas + b"\0\0"
        # The header of a flexible version ends with its tags.
        r = self.call(ALTER_PARTITION_REASSIGNMENTS, 0, b"\0" + struct.pack(">i", timeout_ms) + compact(1) + one + b"\0")
        compact_string = lambda: r.take(max(r.number("B") - 1, 0)).decode()
        r.number("b"), r.number("i")
        error, _ = r.number("h"), compact_string()
        for _ in range(r.number("B") - 1):
            compact_string()
            for _ in range(r.number("B") - 1):
                r.number("i")
                error = error or r.number("h")
                compact_string(), r.number("b")
            r.number("b")
        r.number("b")
        r.end()
        return error

    def init_producer_id(self):
        r = self.call(INIT_PRODUCER_ID, 0, string(None) + struct.pack(">i", 60000))
        _, error, producer, epoch = r.number("i"), r.number("h"), r.number("q"), r.number("h")
        r.end()
        return error, producer, epoch

    def produce(self, topic, partition, batch, acks=-1, timeout_ms=10000):
        """(error, base offset); with acks=0 there is no answer, and None."""
        self.send_produce(topic, partition, batch, acks, timeout_ms)
        return None if acks == 0 else self.produced()

    def send_produce(self, topic, partition, batch, acks=-1, timeout_ms=10000):
        body = string(None) + struct.pack(">hii", acks, timeout_ms, 1) + string(topic)
        self.send(PRODUCE, 7, body + struct.pack(">iii", 1, partition, len(batch)) + batch)

    def produced(self):
        """The answer to `send_produce`."""
        r = self.answer_to(self.correlation)
        one = lambda: (r.number("i"), r.number("h"), r.number("q"), r.number("q"), r.number("q"))
        answers = r.array(lambda: (r.string(), r.array(one)))
        r.number("i")
        r.end()
        return answers[0][1][0][1:3]

    def list_offset(self, topic, partition, timestamp):
        """(error, timestamp, offset); timestamp -1 asks for the end, -2 for the beginning."""
        body = struct.pack(">ii", -1, 1) + string(topic) + struct.pack(">iiq", 1, partition, timestamp)
        r = self.call(LIST_OFFSETS, 1, body)
        one = lambda: (r.number("i"), r.number("h"), r.number("q"), r.number("q"))
        answers = r.array(lambda: (r.string(), r.array(one)))
        r.end()
        return answers[0][1][0][1:]

    def fetch(self, topic, partition, offset, max_wait_ms=100, min_bytes=1, max_bytes=1 << 20):
        """(error, high watermark, [Batch])"""
        r = self.call(FETCH, 4, fetch_body(topic, partition, offset, max_wait_ms, min_bytes, max_bytes))
        r.number("i")

        def one():
            _, error, high, _ = r.number("i"), r.number("h"), r.number("q"), r.number("q")
            r.array(lambda: (r.number("q"), r.number("q")))
            return error, high, r.bytes()
        error, high, records = r.array(lambda: (r.string(), r.array(one)))[0][1][0]
        r.end()
        return error, high, batches(records or b"")

    def fetch_all(self, topic, partition, offset=0):
        """Every batch from `offset` to the high watermark."""
        found = []
        while True:
            error, high, got = self.fetch(topic, partition, offset)
            if error:
                raise ValueError(f"fetch of {topic}/{partition} at {offset}: error {error}")
            found += got
            if got:
                offset = got[-1].next_offset
            if offset >= high:
                return found


class Batch(collections.namedtuple("Batch", "base_offset leader_epoch magic crc attributes last_delta first_time max_time "
                                            "producer_id producer_epoch base_sequence count raw")):
    """A record batch v2 as it came over the wire; `raw` is all of it."""

    @property
    def next_offset(self):
        return self.base_offset + self.last_delta + 1

    @property
    def crc_ok(self):
        return crc32c(self.raw[21:]) == self.crc


def batches(data):
    found = []
    at = 0
    while len(data) - at >= HEADER_BYTES:
        base, length = struct.unpack_from(">qi", data, at)
        raw = data[at:at + 12 + length]
        if len(raw) < 12 + length:
            break  # a cut-off last batch is legal in old versions
        found.append(Batch(base, *struct.unpack_from(">ibIhiqqqhii", raw, 12), raw))
        at += 12 + length
    return found


def record(delta, key, value, headers=(), time_delta=0):
    def blob(x):
        return varint(-1) if x is None else varint(len(x)) + x
    body = b"\0" + varint(time_delta) + varint(delta) + blob(key) + blob(value) + varint(len(headers))
    for name, content in headers:
        body += blob(name) + blob(content)
    return varint(len(body)) + body


def batch(values, attributes=0, first_time=1_700_000_000_000, producer=(-1, -1, -1), body=None, count=None, crc=None):
    """A record batch of plain values (or a given body); every field can be made wrong on purpose."""
    if body is None:
        body = b"".join(record(i, None, v) for i, v in enumerate(values))
    count = len(values) if count is None else count
    checked = struct.pack(">hiqqqhii", attributes, count - 1, first_time, first_time, *producer, count) + body
    crc = crc32c(checked) if crc is None else crc
    return struct.pack(">qiibI", 0, len(checked) + 9, -1, 2, crc) + checked
