"""confluent-kafka (a newer librdkafka in a Python wheel): confluent_client.py BROKER"""
import os
import sys
import time

import confluent_kafka
from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ConfigSource, NewPartitions, NewTopic,
                                   OffsetSpec)

from checks import Checks, eventually, raises, same

BROKER = sys.argv[1]
REPLICAS = int(os.environ.get("REPLICAS", "1"))
NODES = BROKER.count(",") + 1
checks = Checks()
admin = AdminClient({"bootstrap.servers": BROKER})
NOW_MS = int(time.time() * 1000) - 60_000


def create(name, partitions=3):
    admin.create_topics([NewTopic(name, partitions, REPLICAS)])[name].result(20)
    eventually(lambda: len(admin.list_topics(name, 10).topics[name].partitions) == partitions)
    return name


def send(topic, records, **settings):
    """records: (partition, key, value, headers, timestamp). Returns the offsets reported, in order."""
    reports = []

    def report(error, message):
        reports.append((error, message.partition(), message.offset()))
    producer = Producer({"bootstrap.servers": BROKER, "acks": "all", "linger.ms": 5, **settings})
    for partition, key, value, headers, stamp in records:
        producer.produce(topic, value, key, partition, on_delivery=report, timestamp=stamp, headers=headers)
        producer.poll(0)
    same(producer.flush(30), 0, "messages left after the flush")
    same([e for e, _, _ in reports if e], [], "delivery errors")
    same(len(reports), len(records), "delivery reports")
    return [(p, o) for _, p, o in reports]


def receive(topic, partitions, count):
    consumer = Consumer({"bootstrap.servers": BROKER, "group.id": "unused", "enable.auto.commit": False,
                         "auto.offset.reset": "earliest", "check.crcs": True})
    consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
    got, end = [], time.monotonic() + 30
    while len(got) < count and time.monotonic() < end:
        for m in consumer.consume(500, 0.5):
            if m.error():
                raise AssertionError(m.error())
            got.append((m.partition(), m.key(), m.value(), m.headers(), m.timestamp()[1]))
    got += [None for _ in consumer.consume(1, 0.3)]  # one too many
    consumer.close()
    return got


def by_partition(rows, partition):
    return [r for r in rows if r[0] == partition]


def made(count, partitions=3):
    return [(i % partitions, None if i % 5 == 0 else b"key %d" % i, None if i % 7 == 0 else b"value %d " % i * (i % 40),
             [("n", str(i).encode()), ("none", None)] if i % 3 else None, NOW_MS + i * 10) for i in range(count)]


def round_trip(**settings):
    name = create("ck-" + "-".join(map(str, settings.values())).lower())
    records = made(2000)
    offsets = send(name, records, **settings)
    for p in range(3):
        same([o for q, o in offsets if q == p], list(range(len(by_partition(records, p)))), f"offsets of partition {p}")
    got = receive(name, 3, len(records))
    for p in range(3):
        same(by_partition(got, p), by_partition(records, p), f"records of partition {p}")


def offsets():
    name = create("ck-offsets", 1)
    send(name, made(100, 1))
    consumer = Consumer({"bootstrap.servers": BROKER, "group.id": "unused"})
    same(consumer.get_watermark_offsets(TopicPartition(name, 0), 10), (0, 100), "first and end offset")
    for stamp, want in ((NOW_MS, 0), (NOW_MS + 1, 1), (NOW_MS + 555, 56), (NOW_MS + 990, 99)):
        same(consumer.offsets_for_times([TopicPartition(name, 0, stamp)], 10)[0].offset, want, f"offset at {stamp}")
    consumer.close()
    where = TopicPartition(name, 0)
    for spec, want in ((OffsetSpec.earliest(), 0), (OffsetSpec.latest(), 100), (OffsetSpec.max_timestamp(), 99),
                       (OffsetSpec.for_timestamp(NOW_MS + 555), 56)):
        same(admin.list_offsets({where: spec})[where].result(10).offset, want, str(spec))


def out_of_range():
    consumer = Consumer({"bootstrap.servers": BROKER, "group.id": "unused", "auto.offset.reset": "error"})
    consumer.assign([TopicPartition("ck-offsets", 0, 5000)])
    message = consumer.poll(15)
    same(message.error().code(), KafkaError._AUTO_OFFSET_RESET, "error beyond the end")
    consumer.close()


def admin_errors():
    create("ck-there")
    kind = lambda code: (lambda e: e.args[0].code() == code)
    for topic, code in ((NewTopic("ck-there", 1, 1), KafkaError.TOPIC_ALREADY_EXISTS),
                        (NewTopic("no/slash", 1, 1), KafkaError.TOPIC_EXCEPTION),
                        (NewTopic("ck-rf", 1, 9), KafkaError.INVALID_REPLICATION_FACTOR)):
        error = raises(KafkaException, lambda: admin.create_topics([topic])[topic.topic].result(20))
        same(kind(code)(error), True, f"error of {topic.topic}: {error}")
    error = raises(KafkaException, lambda: admin.delete_topics(["ck-nowhere"])["ck-nowhere"].result(20))
    same(kind(KafkaError.UNKNOWN_TOPIC_OR_PART)(error), True, str(error))


def deleted():
    name = create("ck-short-lived")
    send(name, made(10))
    admin.delete_topics([name])[name].result(20)
    eventually(lambda: name not in admin.list_topics(timeout=10).topics)
    create(name)
    same(receive(name, 3, 0), [], "records of the topic made anew")


def too_large():
    reports = []
    producer = Producer({"bootstrap.servers": BROKER, "message.max.bytes": 8_000_000})
    producer.produce("ck-there", b"x" * 3_000_000, partition=0, on_delivery=lambda e, m: reports.append(e))
    producer.flush(20)
    same([e.code() for e in reports], [KafkaError.MSG_SIZE_TOO_LARGE], "error of a message of 3 MB")


def altered(kind, name, **changes):
    """changes: NAME=(operation, value), with __ for each dot."""
    entries = [ConfigEntry(key.replace("__", "."), value, incremental_operation=operation) for key, (operation, value) in changes.items()]
    resource = ConfigResource(kind, name, incremental_configs=entries)
    return admin.incremental_alter_configs([resource])[resource].result(20)


def described(kind, name):
    resource = ConfigResource(kind, name)
    return admin.describe_configs([resource])[resource].result(20)


def delivery_error(topic, size):
    reports = []
    producer = Producer({"bootstrap.servers": BROKER, "message.max.bytes": 8_000_000})
    producer.produce(topic, b"x" * size, partition=0, on_delivery=lambda e, m: reports.append(e and e.code()))
    producer.flush(20)
    return reports[0]


def configs():
    name, topic, broker = create("ck-configs", 1), ConfigResource.Type.TOPIC, ConfigResource.Type.BROKER
    node = str(admin.list_topics(name, 10).topics[name].partitions[0].leader)
    put, take_back, append = AlterConfigOpType.SET, AlterConfigOpType.DELETE, AlterConfigOpType.APPEND
    same(described(topic, name)["max.message.bytes"].value, "1048588", "the default")
    same(delivery_error(name, 5000), None, "error with the default")
    altered(topic, name, max__message__bytes=(put, "2000"), cleanup__policy=(append, "compact"))
    same(delivery_error(name, 5000), KafkaError.MSG_SIZE_TOO_LARGE, "error at once after the limit was set")
    found = described(topic, name)
    same((found["max.message.bytes"].value, found["max.message.bytes"].source), ("2000", ConfigSource.DYNAMIC_TOPIC_CONFIG.value), "the limit")
    same(found["cleanup.policy"].value, "delete,compact", "the policy")
    altered(topic, name, max__message__bytes=(take_back, None), cleanup__policy=(take_back, None))
    same(delivery_error(name, 5000), None, "error after the limit was taken back")
    altered(broker, node, message__max__bytes=(put, "3000"))
    same(delivery_error(name, 5000), KafkaError.MSG_SIZE_TOO_LARGE, "error with a limit of this broker")
    if NODES == 1:  # else whoever is asked says what it has itself
        same(described(topic, name)["max.message.bytes"].source, ConfigSource.DYNAMIC_BROKER_CONFIG.value, "where it comes from")
    same(described(broker, node)["message.max.bytes"].value, "3000", "the limit of this broker")
    altered(broker, node, message__max__bytes=(take_back, None))
    same(delivery_error(name, 5000), None, "error after this limit was taken back")
    for wrong in ({"max__message__bytes": (put, "many")}, {"max__mesage__bytes": (put, "5")}, {"retention__ms": (append, "5")}):
        error = raises(KafkaException, lambda: altered(topic, name, **wrong))
        same(error.args[0].code(), KafkaError.INVALID_CONFIG, f"the error of {wrong}")
    error = raises(KafkaException, lambda: altered(topic, "ck-nowhere", retention__ms=(put, "5")))
    same(error.args[0].code(), KafkaError.UNKNOWN_TOPIC_OR_PART, "the error of a topic that is not there")
    error = raises(KafkaException, lambda: altered(broker, node, node__id=(put, "5")))
    same(error.args[0].code(), KafkaError.INVALID_REQUEST, "the error of an option that is not dynamic")


def deleted_records():
    name = create("ck-records", 2)
    records = made(100, 2)
    send(name, records)
    first, second = TopicPartition(name, 0, 20), TopicPartition(name, 1, OFFSET_END)
    done = admin.delete_records([first, second])
    same([done[one].result(20).low_watermark for one in (first, second)], [20, 50], "the low watermarks")
    first, second = TopicPartition(name, 0), TopicPartition(name, 1)
    same([admin.list_offsets({one: OffsetSpec.earliest()})[one].result(10).offset for one in (first, second)], [20, 50], "earliest offsets")
    same([admin.list_offsets({one: OffsetSpec.max_timestamp()})[one].result(10).offset for one in (first, second)], [49, -1],
         "offsets of the largest timestamp")
    same(admin.list_offsets({first: OffsetSpec.for_timestamp(NOW_MS)})[first].result(10).offset, 20, "the first offset by time")
    same(receive(name, 2, 30), by_partition(records, 0)[20:], "the records that are left")
    error = raises(KafkaException, lambda: admin.delete_records([TopicPartition(name, 0, 51)])[TopicPartition(name, 0, 51)].result(20))
    same(error.args[0].code(), KafkaError.OFFSET_OUT_OF_RANGE, "the error beyond the end")


def stamped_by_the_broker():
    name = "ck-append-time"
    admin.create_topics([NewTopic(name, 1, REPLICAS, config={"message.timestamp.type": "LogAppendTime"})])[name].result(20)
    send(name, [(0, b"k", b"v", None, NOW_MS - 1_000_000) for _ in range(5)])
    stamps = [row[4] for row in receive(name, 1, 5)]
    same(all(abs(stamp - time.time() * 1000) < 50_000 for stamp in stamps), True, f"times of the append: {stamps}")


def compressed_by_the_broker():
    for wanted in ("uncompressed", "gzip", "snappy", "lz4", "zstd"):
        name = "ck-kept-" + wanted
        admin.create_topics([NewTopic(name, 1, REPLICAS, config={"compression.type": wanted})])[name].result(20)
        records = made(50, 1)
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            send(name, records, **{"compression.type": codec})
        same(receive(name, 1, 250), records * 5, f"records of {name}")


def more_partitions():
    name = create("ck-more", 1)
    admin.create_partitions([NewPartitions(name, 4)])[name].result(20)
    same(len(send(name, made(40, 4))), 40, "records sent to new partitions at once")
    same(len(receive(name, 4, 40)), 40, "records read from them")
    for count in (4, 1):
        error = raises(KafkaException, lambda: admin.create_partitions([NewPartitions(name, count)])[name].result(20))
        same(error.args[0].code(), KafkaError.INVALID_PARTITIONS, f"the error of {count} partitions")
    admin.create_partitions([NewPartitions(name, 9)], validate_only=True)[name].result(20)
    same(len(admin.list_topics(name, 10).topics[name].partitions), 4, "partitions after a validation")


def cluster():
    found = admin.describe_cluster().result(10)
    same((len(found.nodes), bool(found.cluster_id), found.controller.id in [n.id for n in found.nodes]), (NODES, True, True), "cluster")


print("librdkafka", confluent_kafka.libversion()[0])
checks.run("cluster", cluster)
for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
    checks.run(f"round trip, {codec}", lambda: round_trip(**{"compression.type": codec}))
checks.run("round trip, idempotent", lambda: round_trip(**{"enable.idempotence": True}))
checks.run("offsets", offsets)
checks.run("offset out of range", out_of_range)
checks.run("admin errors", admin_errors)
checks.run("configs", configs)
checks.run("more partitions", more_partitions)
checks.run("deleted records", deleted_records)
checks.run("timestamps of the broker", stamped_by_the_broker)
checks.run("compression of the topic", compressed_by_the_broker)
checks.run("delete", deleted)
checks.run("too large", too_large)
checks.end()
