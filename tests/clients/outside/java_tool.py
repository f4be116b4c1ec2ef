"""Apache Kafka's console tools as a test calls them: the folder with their jars and the broker are the program's arguments."""
import re
import subprocess
import sys

LIBS, BROKER = sys.argv[1], sys.argv[2]
CLASSES = {
    "topics": "org.apache.kafka.tools.TopicCommand", "configs": "kafka.admin.ConfigCommand",
    "get-offsets": "org.apache.kafka.tools.GetOffsetShell", "delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
    "log-dirs": "org.apache.kafka.tools.LogDirsCommand", "producer-perf": "org.apache.kafka.tools.ProducerPerformance",
    "console-producer": "org.apache.kafka.tools.ConsoleProducer", "console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "broker-api-versions": "org.apache.kafka.tools.BrokerApiVersionsCommand",
    "metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand", "cluster": "org.apache.kafka.tools.ClusterTool",
    "leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
    "reassign-partitions": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"}


class Refused(Exception):
    pass


def tool(name, *args, input=None):
    """Standard output; Refused with all that it said if it fails."""
    server = [] if name == "producer-perf" else ["--bootstrap-server", BROKER]
    if name in ("metadata-quorum", "cluster"):  # where it stands matters to these
        args, server = [*server, *args] if name == "metadata-quorum" else [args[0], *server, *args[1:]], []
    done = subprocess.run(["java", "-Xmx192m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dlog4j2.disable.jmx=true", "-cp",
                           f"{LIBS}/*", CLASSES[name], *server, *map(str, args)], capture_output=True, timeout=100, input=input, check=False)
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    if done.returncode:
        raise Refused(f"exit {done.returncode}: {out} {err}")
    return out


def refused(words, name, *args):
    try:
        out = tool(name, *args)
    except Refused as error:
        out = str(error)
    missing = [w for w in words if w.lower() not in out.lower()]
    if missing:
        raise AssertionError(f"lacks {missing}: {out[-600:]}")


def holds(text, *parts):
    for part in parts:
        if not re.search(part, text):
            raise AssertionError(f"no {part!r} in {text[:1500]!r}")
