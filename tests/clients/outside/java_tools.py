"""Apache Kafka's own console tools, each judged by what it prints: java_tools.py FOLDER_WITH_JARS BROKER"""
import json
import pathlib
import re
import tempfile

from checks import Checks, same
from java_tool import BROKER, holds, refused, tool

checks = Checks()


def topics():
    holds(tool("topics", "--create", "--topic", "tools", "--partitions", 3, "--replication-factor", 1, "--config", "retention.ms=3600000",
               "--config", "segment.bytes=1048576"), "Created topic tools")
    refused(["exists"], "topics", "--create", "--topic", "tools")
    refused(["error", "retention.ms", "-5", "-1"], "topics", "--create", "--topic", "x", "--config", "retention.ms=-5")
    refused(["error", "ASCII"], "topics", "--create", "--topic", "no/slash")
    same(tool("topics", "--list").split(), ["tools"], "the list of topics")
    about = tool("topics", "--describe", "--topic", "tools")
    holds(about, r"Topic: tools\s+TopicId: \S{22}\s+PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=3600000",
          r"segment\.bytes=1048576", r"Partition: 2\s+Leader: 1\s+Replicas: 1\s+Isr: 1")
    holds(tool("topics", "--describe", "--topics-with-overrides"), "Topic: tools")
    same(tool("topics", "--describe", "--under-replicated-partitions").strip(), "", "partitions that lack replicas")


def partitions():
    tool("topics", "--alter", "--topic", "tools", "--partitions", 5)
    about = tool("topics", "--describe", "--topic", "tools")
    holds(about, "PartitionCount: 5", r"Partition: 4\s+Leader: 1")
    refused(["error", "5 partition"], "topics", "--alter", "--topic", "tools", "--partitions", 5)
    refused(["error", "5 partition"], "topics", "--alter", "--topic", "tools", "--partitions", 2)
    refused(["does not exist"], "topics", "--alter", "--topic", "nothing", "--partitions", 2)


def topic_configs():
    entity = ("--entity-type", "topics", "--entity-name", "tools")
    holds(tool("configs", "--alter", *entity, "--add-config", "retention.ms=7200000,cleanup.policy=[compact,delete],max.message.bytes=2000000"),
          "Completed updating config for topic tools")
    about = tool("configs", "--describe", *entity)
    holds(about, r"retention\.ms=7200000 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:retention\.ms=7200000", r"cleanup\.policy=compact,delete",
          r"DEFAULT_CONFIG:message\.max\.bytes=1048588")
    everything = tool("configs", "--describe", "--all", *entity)
    holds(everything, r"unclean\.leader\.election\.enable=false", r"min\.insync\.replicas=1", r"flush\.ms=9223372036854775807",
          r"compression\.type=producer")
    tool("configs", "--alter", *entity, "--delete-config", "retention.ms,cleanup.policy")
    after = tool("configs", "--describe", *entity)
    if "retention.ms" in after or "cleanup.policy" in after:
        raise AssertionError(f"still there: {after}")
    refused(["InvalidConfiguration", "topic", "retension.ms"], "configs", "--alter", *entity, "--add-config", "retension.ms=1")
    refused(["InvalidConfiguration"], "configs", "--alter", *entity, "--add-config", "max.message.bytes=many")
    refused(["nothing"], "configs", "--alter", "--entity-type", "topics", "--entity-name", "nothing", "--add-config", "retention.ms=1")


def broker_configs():
    one, all_of_them = ("--entity-type", "brokers", "--entity-name", "1"), ("--entity-type", "brokers", "--entity-default")
    tool("configs", "--alter", *one, "--add-config", "log.retention.ms=5000000")
    tool("configs", "--alter", *all_of_them, "--add-config", "log.retention.ms=6000000")
    holds(tool("configs", "--describe", *one), r"log\.retention\.ms=5000000 .*DYNAMIC_BROKER_CONFIG:log\.retention\.ms=5000000, "
          r"DYNAMIC_DEFAULT_BROKER_CONFIG:log\.retention\.ms=6000000")
    holds(tool("configs", "--describe", *all_of_them), r"log\.retention\.ms=6000000")
    tool("configs", "--alter", *one, "--delete-config", "log.retention.ms")
    holds(tool("configs", "--describe", "--all", "--entity-type", "topics", "--entity-name", "tools"),
          r"retention\.ms=6000000 .*DYNAMIC_DEFAULT_BROKER_CONFIG")
    tool("configs", "--alter", *all_of_them, "--delete-config", "log.retention.ms")
    holds(tool("configs", "--describe", "--all", *one), r"node\.id=1 ", r"num\.partitions=", r"log\.dirs=")
    refused(["node.id"], "configs", "--alter", *one, "--add-config", "node.id=7")


def producer_performance():
    said = tool("producer-perf", "--topic", "tools", "--num-records", 20000, "--record-size", 100, "--throughput", -1, "--producer-props",
                f"bootstrap.servers={BROKER}", "acks=all", "compression.type=lz4")
    holds(said, r"20000 records sent, [\d.]+ records/sec \([\d.]+ MB/sec\), [\d.]+ ms avg latency")


def offsets():
    def by_partition(*args):
        found = dict(line.split(":")[1:] for line in tool("get-offsets", "--topic", "tools", *args).split())
        return {int(p): int(o) for p, o in found.items()}
    latest = by_partition()
    same(sorted(latest), [0, 1, 2, 3, 4], "the partitions")
    same(sum(latest.values()), 20000, "the records")
    same(set(by_partition("--time", "earliest").values()), {0}, "the earliest offsets")
    same(by_partition("--partitions", "1", "--time", "-1"), {1: latest[1]}, "one partition")
    same(sum(by_partition("--time", "1").values()), 0, "offsets by time")


def console():
    tool("topics", "--create", "--topic", "console", "--partitions", 2)
    tool("console-producer", "--topic", "console", "--reader-property", "parse.key=true", "--reader-property", "key.separator=:",
         input="a:one\nb:two\nc:three\n".encode())
    lines = []
    for partition in (0, 1):
        lines += tool("console-consumer", "--topic", "console", "--partition", partition, "--offset", "earliest", "--timeout-ms", 4000,
                      "--formatter-property", "print.key=true", "--formatter-property", "key.separator=:").split()
    same(sorted(lines), ["a:one", "b:two", "c:three"], "what was read")


def consumed_by_partition():
    said = tool("console-consumer", "--topic", "tools", "--partition", 0, "--offset", 0, "--max-messages", 1000, "--timeout-ms", 15000)
    same(len(said.splitlines()), 1000, "the records read")
    same({len(line) for line in said.splitlines()}, {100}, "their sizes")


def delete_records():
    wanted = {"partitions": [{"topic": "console", "partition": 0, "offset": -1}, {"topic": "console", "partition": 1, "offset": -1}], "version": 1}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "delete.json"
        file.write_text(json.dumps(wanted), encoding="utf-8")
        said = tool("delete-records", "--offset-json-file", file)
    marks = {int(p): int(o) for p, o in re.findall(r"partition: console-(\d+)\s+low_watermark: (\d+)", said)}
    same(sum(marks.values()), 3, f"the low watermarks in {said!r}")
    same(tool("get-offsets", "--topic", "console", "--time", "earliest").split(), [f"console:{p}:{marks[p]}" for p in (0, 1)], "the earliest offsets")


def log_dirs():
    said = tool("log-dirs", "--describe", "--topic-list", "tools")
    about = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    same([b["broker"] for b in about["brokers"]], [1], "the brokers")
    directories = about["brokers"][0]["logDirs"]
    same([d["error"] for d in directories], [None], "errors of directories")
    sizes = {p["partition"]: p["size"] for p in directories[0]["partitions"]}
    same(sorted(sizes), [f"tools-{n}" for n in range(5)], "the partitions")
    if sum(sizes.values()) < 100_000:
        raise AssertionError(f"too small for what is in there: {sizes}")


def quorum():
    holds(tool("metadata-quorum", "describe", "--status"), r"LeaderId:\s+1\b", r"CurrentVoters:\s+\[\{\"id\": 1", r"MaxFollowerLag:\s+0\b")
    holds(tool("metadata-quorum", "describe", "--replication"), r"\n1\s.*Leader")


def elections():
    holds(tool("leader-election", "--election-type", "preferred", "--topic", "tools", "--partition", 0), "already elected .*tools-0")
    refused(["tools-77"], "leader-election", "--election-type", "unclean", "--topic", "tools", "--partition", 77)
    tool("leader-election", "--election-type", "preferred", "--all-topic-partitions")


def throttled(*wanted):
    """What is set of it, or that nothing is."""
    said = "".join(tool("configs", "--describe", "--entity-type", kind, "--entity-name", name) for kind, name in (("brokers", "1"), ("topics", "tools")))
    holds(said, *wanted)
    if not wanted and "throttled" in said:
        raise AssertionError(f"still throttled: {said}")


def reassignments():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as plan:
        def write(replicas):
            plan.seek(0)
            plan.truncate()
            json.dump({"version": 1, "partitions": [{"topic": "tools", "partition": 0, "replicas": replicas}]}, plan)
            plan.flush()
        write([1])
        holds(tool("reassign-partitions", "--reassignment-json-file", plan.name, "--execute"), "Successfully started .*tools-0")
        holds(tool("reassign-partitions", "--reassignment-json-file", plan.name, "--verify"), "tools-0 is complete")
        throttled()
        holds(tool("reassign-partitions", "--reassignment-json-file", plan.name, "--execute", "--throttle", 5000000),
              r"The inter-broker throttle limit was set to 5000000 B/s", "Successfully started .*tools-0")
        throttled(r"leader\.replication\.throttled\.rate=5000000 ", r"follower\.replication\.throttled\.rate=5000000 ",
                  r"leader\.replication\.throttled\.replicas=0:1 ")
        holds(tool("reassign-partitions", "--reassignment-json-file", plan.name, "--verify"), "tools-0 is complete",
              "Clearing broker-level throttles", "Clearing topic-level throttles")
        throttled()
        write([9])
        refused(["9"], "reassign-partitions", "--reassignment-json-file", plan.name, "--execute")
    holds(tool("reassign-partitions", "--list"), "No partition reassignments found")
    refused(["77", "no broker"], "cluster", "unregister", "--id", 77)
    refused(["alive"], "cluster", "unregister", "--id", 1)


def versions():
    said = tool("broker-api-versions")
    holds(said, r"Produce\(0\): 0 to 13", r"DescribeConfigs\(32\): 1 to 4", r"CreatePartitions\(37\): 0 to 3",
          r"IncrementalAlterConfigs\(44\): 0 to 1", r"ListConfigResources\(74\): 0 to 1", r"DescribeTopicPartitions\(75\): 0 ")


def deleted():
    tool("topics", "--delete", "--topic", "tools")
    tool("topics", "--delete", "--topic", "console")
    same(tool("topics", "--list").strip(), "", "the list of topics")
    refused(["does not exist"], "topics", "--delete", "--topic", "tools")


print("Apache Kafka's console tools 4.3.1")
for check in (versions, topics, partitions, topic_configs, broker_configs, producer_performance, offsets, console, consumed_by_partition,
              delete_records, log_dirs, quorum, elections, reassignments, deleted):
    checks.run(check.__name__, check)
checks.end()
