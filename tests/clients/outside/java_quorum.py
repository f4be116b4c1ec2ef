"""kafka-metadata-quorum of Apache Kafka changes who votes while records are written: java_quorum.py FOLDER_WITH_JARS BROKERS"""
import pathlib
import re
import sys
import tempfile
import threading

from checks import Checks, same
from java_tool import BROKER, holds, refused, tool

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support_py"))
import process  # noqa: E402
import wire  # noqa: E402

checks = Checks()
PORTS = [int(address.rsplit(":", 1)[1]) for address in BROKER.split(",")]


class Writer(threading.Thread):
    """Writes numbers to a topic, one at a time, until it is told to stop; no answer may be an error."""

    def __init__(self):
        super().__init__(daemon=True)
        self.acknowledged, self.failure, self.ends = 0, None, threading.Event()
        with wire.Connection(PORTS[0]) as c:
            same(c.create_topic("under-load", 1, {"min.insync.replicas": 2}, 3), 0, "error of the new topic")
            leader = process.wait_until(lambda: c.in_sync("under-load") and c.in_sync("under-load")[0][0] > 0 and c.in_sync("under-load")[0][0],
                                        10, "a leader")
            self.port = c.metadata(["under-load"])[0][leader][1]

    def run(self):
        try:
            with wire.Connection(self.port) as c:
                while not self.ends.is_set():
                    error, offset = c.produce("under-load", 0, wire.batch([str(self.acknowledged).encode()]))
                    same((error, offset), (0, self.acknowledged), "error and offset")
                    self.acknowledged += 1
        except Exception as error:  # told by the check that looks
            self.failure = error


def voters():
    """Node -> its directory, of all that follow the log; who votes; who leads."""
    def followed():
        rows = re.findall(r"^(\d+)\s+(\S{22})\s.*\b(Leader|Follower|Observer)\s*$", tool("metadata-quorum", "describe", "--replication"), re.M)
        return len(rows) == 3 and rows

    rows = process.wait_until(followed, 20, "all three to follow the log")
    return ({int(n): d for n, d, _ in rows}, sorted(int(n) for n, _, role in rows if role != "Observer"),
            next(int(n) for n, _, role in rows if role == "Leader"))


def as_controller(node, directory, command):
    """What that tool reads on the new controller itself: its options, and the name of its directory."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "meta.properties").write_text(f"version=1\ncluster.id=any\nnode.id={node}\ndirectory.id={directory}\n")
        options = pathlib.Path(folder) / "controller.properties"
        options.write_text(f"process.roles=controller\nnode.id={node}\nlog.dirs={folder}\ncontroller.listener.names=CONTROLLER\n"
                           "listeners=CONTROLLER://127.0.0.1:9093\n")
        return command("--command-config", options, "add-controller")


def remove(node, directory):
    return tool("metadata-quorum", "remove-controller", "--controller-id", node, "--controller-directory-id", directory)


def add(node, directory):
    return as_controller(node, directory, lambda *args: tool("metadata-quorum", *args))


def a_follower_is_removed_and_added_back():
    directories, all_vote, leader = voters()
    same(all_vote, [1, 2, 3], "who votes")
    gone = next(n for n in directories if n != leader)
    others = [n for n in all_vote if n != gone]
    refused(["voter"], "metadata-quorum", "remove-controller", "--controller-id", gone, "--controller-directory-id", directories[leader])
    holds(remove(gone, directories[gone]), f"Removed .*{gone}")
    same(voters()[1], others, "who votes without it")
    status = tool("metadata-quorum", "describe", "--status")
    holds(status, rf'CurrentObservers:\s+\[\{{"id": {gone}\b')
    refused(["voter"], "metadata-quorum", "remove-controller", "--controller-id", gone, "--controller-directory-id", directories[gone])
    holds(add(gone, directories[gone]), f"Added .*{gone}")
    same(voters()[:2], (directories, all_vote), "who votes with it again")
    as_controller(gone, directories[gone], lambda *args: refused(["DuplicateVoter"], "metadata-quorum", *args))


def the_leader_is_removed_and_added_back():
    directories, all_vote, leader = voters()
    holds(remove(leader, directories[leader]), f"Removed .*{leader}")
    _, left, next_leader = voters()
    same(left, [n for n in all_vote if n != leader], "who votes without the leader")
    if next_leader == leader:
        raise AssertionError("who does not vote leads")
    holds(add(leader, directories[leader]), f"Added .*{leader}")
    same(voters()[1], all_vote, "who votes with it again")


def strangers_are_refused():
    as_controller(9, "AAAAAAAAAAAAAAAAAAABAg", lambda *args: refused(["does not follow"], "metadata-quorum", *args))
    refused(["voter"], "metadata-quorum", "remove-controller", "--controller-id", 9, "--controller-directory-id", "AAAAAAAAAAAAAAAAAAABAg")


def nothing_of_it_was_noticed_by_the_writer():
    WRITER.ends.set()
    WRITER.join(20)
    if WRITER.failure or WRITER.acknowledged < 100:
        raise AssertionError(f"{WRITER.acknowledged} acknowledged; {WRITER.failure}")
    with wire.Connection(WRITER.port) as c:
        same(sum(b.count for b in c.fetch_all("under-load", 0)), WRITER.acknowledged, "records there")


print("kafka-metadata-quorum 4.3.1")
WRITER = Writer()
WRITER.start()
for check in (a_follower_is_removed_and_added_back, the_leader_is_removed_and_added_back, strangers_are_refused,
              nothing_of_it_was_noticed_by_the_writer):
    checks.run(check.__name__, check)
checks.end()
