"""confluent-kafka reads from the replica in its rack (KIP-392): rack_client.py BROKERS

The brokers stand in the racks r1, r2 and r3, by their node ids; the topic "racks" has one partition with a replica on each.
"""
import json
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from checks import Checks, eventually, same

BROKERS = sys.argv[1]
checks = Checks()
leader = AdminClient({"bootstrap.servers": BROKERS}).list_topics("racks", 20).topics["racks"].partitions[0].leader


def produce(first, count):
    failed = []
    producer = Producer({"bootstrap.servers": BROKERS, "acks": "all", "linger.ms": 5})
    for i in range(first, first + count):
        producer.produce("racks", b"%d" % i, on_delivery=lambda error, _: failed.append(error) if error else None)
        producer.poll(0)
    same(producer.flush(30), 0, "messages left")
    same(failed, [], "failed deliveries")


class Reader:
    """Says in its statistics whom it asks."""
    def __init__(self, rack):
        self.asked, self.got = -1, []
        self.consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": "unused", "enable.auto.commit": False, "client.rack": rack,
                                  "auto.offset.reset": "error", "check.crcs": True, "statistics.interval.ms": 100,
                                  "stats_cb": self.take_statistics})
        self.consumer.assign([TopicPartition("racks", 0, 0)])

    def take_statistics(self, text):
        partitions = json.loads(text)["topics"].get("racks", {}).get("partitions", {})
        self.asked = partitions.get("0", {}).get("broker", -1)

    def read(self, count, deadline_s=30):
        end = time.monotonic() + deadline_s
        while len(self.got) < count and time.monotonic() < end:
            for m in self.consumer.consume(200, 0.1):
                if m.error():
                    raise AssertionError(m.error())
                self.got.append(int(m.value()))
        same(self.got, list(range(count)), "what was read")

    def settles_at(self, node):
        def asks():
            self.consumer.poll(0.05)
            return self.asked == node
        eventually(asks)


def from_rack(node):
    def check():
        global written
        reader = Reader(f"r{node}")
        reader.read(written)
        reader.settles_at(node)
        # What comes later comes from there, too.
        produce(written, 100)
        written += 100
        reader.read(written)
        same(reader.asked, node, "the broker that is asked")
        reader.consumer.close()
    return check


def from_nowhere():
    reader = Reader("nowhere")
    reader.read(written)
    reader.settles_at(leader)
    reader.consumer.close()


written = 500
produce(0, written)
print(f"confluent-kafka, leader {leader}")
for each in (1, 2, 3):
    checks.run("from the leader, which stands there" if each == leader else f"from the follower {each}", from_rack(each))
checks.run("from the leader if nobody stands there", from_nowhere)
checks.end()
