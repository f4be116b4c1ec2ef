"""kafka-python, old (2.0.2, with its fixed protocol versions) and new: kafka_python_client.py BROKER"""
import os
import sys
import time

import kafka
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.errors import KafkaError

from checks import Checks, eventually, raises, same

BROKER = sys.argv[1]
REPLICAS = int(os.environ.get("REPLICAS", "1"))
checks = Checks()
OLD = kafka.__version__.startswith("2.0")
NOW_MS = int(time.time() * 1000) - 60_000
admin = KafkaAdminClient(bootstrap_servers=BROKER)


def consumer(**settings):
    return KafkaConsumer(bootstrap_servers=BROKER, auto_offset_reset="earliest", enable_auto_commit=False,
                         consumer_timeout_ms=3000, **settings)


def create(name, partitions=3):
    admin.create_topics([NewTopic(name, partitions, REPLICAS)])
    reader = consumer()
    eventually(lambda: len(reader.partitions_for_topic(name) or ()) == partitions)
    reader.close()
    return name


def made(count, partitions=3):
    return [(i % partitions, None if i % 5 == 0 else b"key %d" % i, None if i % 7 == 3 and i % 5 else b"value %d " % i * (i % 40),
             [("n", str(i).encode())] if i % 3 else [], NOW_MS + i * 10) for i in range(count)]


def send(topic, records, **settings):
    producer = KafkaProducer(bootstrap_servers=BROKER, acks="all", linger_ms=5, **settings)
    futures = [producer.send(topic, value, key, headers, partition, stamp) for partition, key, value, headers, stamp in records]
    producer.flush(30)
    done = [(f.get(10).partition, f.get(10).offset) for f in futures]
    producer.close()
    return done


def receive(topic, partitions, count):
    reader = consumer()
    reader.assign([TopicPartition(topic, p) for p in range(partitions)])
    got = []
    while len(got) < count:
        batch = reader.poll(5000)
        if not batch:
            break
        for records in batch.values():
            got += [(r.partition, r.key, r.value, list(r.headers), r.timestamp) for r in records]
    reader.close()
    return got


def round_trip(suffix, **settings):
    name = create(f"kp-{suffix}")
    records = made(1500)
    offsets = send(name, records, **settings)
    for p in range(3):
        mine = [r for r in records if r[0] == p]
        same([o for q, o in offsets if q == p], list(range(len(mine))), f"offsets of partition {p}")
    got = receive(name, 3, len(records))
    for p in range(3):
        same([r for r in got if r[0] == p], [r for r in records if r[0] == p], f"records of partition {p}")


def offsets():
    name = create("kp-offsets", 1)
    send(name, made(100, 1))
    reader, where = consumer(), TopicPartition(name, 0)
    same(reader.beginning_offsets([where]), {where: 0}, "first offset")
    same(reader.end_offsets([where]), {where: 100}, "end offset")
    for stamp, want in ((NOW_MS, 0), (NOW_MS + 1, 1), (NOW_MS + 555, 56), (NOW_MS + 990, 99)):
        same(reader.offsets_for_times({where: stamp})[where].offset, want, f"offset at {stamp}")
    same(reader.offsets_for_times({where: NOW_MS + 100_000})[where], None, "offset after everything")
    reader.assign([where])
    reader.seek(where, 42)
    same(next(reader).offset, 42, "record after a seek into a batch")
    same(reader.position(where), 43, "position")
    reader.close()


def names():
    found = admin.list_topics()
    same("kp-offsets" in (t if isinstance(t, str) else t["name"] for t in found), True, f"topics {found}")
    described = admin.describe_topics(["kp-offsets"])[0]
    same(len(described["partitions"]), 1, "partitions")


def admin_errors():
    raises(KafkaError, lambda: admin.create_topics([NewTopic("kp-offsets", 1, 1)]), "TopicAlreadyExists", "36")
    raises(KafkaError, lambda: admin.create_topics([NewTopic("no/slash", 1, 1)]), "InvalidTopic", "17")
    raises(KafkaError, lambda: admin.delete_topics(["kp-nowhere"]), "UnknownTopicOrPartition", "error_code=3")


def configs():
    name = create("kp-configs")
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, {"retention.ms": "5000000"})])
    eventually(lambda: "5000000" in str(admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])))


def more_partitions():
    name = create("kp-more")
    before = len(admin.describe_topics([name])[0]["partitions"])
    admin.create_partitions({name: NewPartitions(before + 2)})
    eventually(lambda: len(admin.describe_topics([name])[0]["partitions"]) == before + 2)
    raises(KafkaError, lambda: admin.create_partitions({name: NewPartitions(1)}), "InvalidPartitions", "37")


def deleted():
    name = create("kp-short-lived")
    send(name, made(10))
    admin.delete_topics([name])
    eventually(lambda: name not in {t if isinstance(t, str) else t["name"] for t in admin.list_topics()})


def too_large():
    producer = KafkaProducer(bootstrap_servers=BROKER, max_request_size=8_000_000)
    future = producer.send("kp-offsets", b"x" * 3_000_000)
    raises(KafkaError, lambda: future.get(20), "MessageSizeTooLarge", "RecordTooLarge", "10]")
    producer.close()


print("kafka-python", kafka.__version__)
for codec in (None, "gzip", "snappy", "lz4", "zstd"):
    checks.run(f"round trip, {codec}", lambda: round_trip(codec, compression_type=codec))
if not OLD:
    checks.run("round trip, idempotent", lambda: round_trip("idempotent", enable_idempotence=True))
checks.run("offsets", offsets)
checks.run("names", names)
checks.run("admin errors", admin_errors)
checks.run("configs", configs)
checks.run("more partitions", more_partitions)
checks.run("delete", deleted)
checks.run("too large", too_large)
checks.end()
