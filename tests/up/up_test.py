"""troupe up and troupe cluster status with real processes: started, killed, stopped, refused.

Run alone: TROUPE_BIN=build/release/troupe tests/up/up_test.py [part of a case's name ...]
"""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import socket
import struct
import sys
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support_py"))
import cluster  # noqa: E402
import node  # noqa: E402
import process  # noqa: E402
import wire  # noqa: E402
from report import Cases, check, check_equal, main  # noqa: E402

cases = Cases("up")


class Up:
    """`troupe up` of a file, with its output in a file of its own; killed at the end of the block."""

    def __init__(self, folder, name, text, *args, data=None):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir(parents=True)
        self.file, self.out, self.data = self.folder / "cluster.toml", self.folder / "out", data or self.folder / "data"
        self.file.write_text(text)
        self.process = process.launch([node.BINARY, "up", self.file, "--data", self.data, *args], self.out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def text(self):
        return self.out.read_text(errors="replace")

    def wait_for(self, what, deadline_s=10, count=1):
        """The last match of a regular expression among its lines, once there are so many."""
        def found():
            all_of_them = re.findall(what, self.text(), re.M)
            if len(all_of_them) < count and self.process.poll() is not None:
                raise AssertionError(f"up ended with {self.process.returncode} before {what!r}: {self.text()[-1500:]}")
            return all_of_them[-1] if len(all_of_them) >= count else None
        return process.wait_until(found, deadline_s, f"{what!r} of troupe up: {self.text()[-1500:]}")

    def pid_of(self, name, start=1):
        return int(self.wait_for(rf"{name}: started, process (\d+)", count=start))

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def code(self, deadline_s=15):
        process.wait_until(lambda: self.process.poll() is not None, deadline_s, f"end of troupe up: {self.text()[-1500:]}")
        return self.process.returncode

    def log(self, name):
        return (self.data / name / "log").read_text(errors="replace")


def alone(port, more=""):
    return f'admin_listener = "off"\n{more}\n[[listeners]]\nport = {port}\n'


def is_gone(pid):
    return not os.path.exists(f"/proc/{pid}")


def troupe(*args, code=0, input=None):
    done = process.run([node.BINARY, *map(str, args)], 30, input)
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    check_equal(done.returncode, code, f"exit code of troupe {' '.join(map(str, args))}; it said {out}{err}")
    return out, err


@cases.case
def a_cluster_comes_up_with_its_topics_and_stops_in_order(folder):
    port = process.free_port()
    topic = '[[topic]]\nname = "orders"\npartitions = 3\nretention.ms = "1h"\n'
    with Up(folder, "comes-up", alone(port) + topic, "--plain") as up:
        pid = up.pid_of("n1")
        up.wait_for("n1: ready after")
        up.wait_for("all nodes are ready")
        up.wait_for("topic orders: made")
        server = f"127.0.0.1:{port}"
        described = json.loads(troupe("topic", "describe", "orders", "--json", "--server", server)[0])
        check_equal(len(described["partitions"]), 3, "partitions")
        troupe("produce", "orders", "--server", server, input=b"hello\n")
        check_equal(troupe("consume", "orders", "--from", "beginning", "--until-end", "--server", server)[0], "hello\n", "read")
        up.signal()
        check_equal(up.code(), 0, "exit code")
        check(is_gone(pid), "the node outlived up")
        check("n1: stopped" in up.text() and "node: stopped" in up.log("n1"), up.text())
        check("\x1b" not in up.text(), "control characters where there is no terminal")
    # The topic is there already, and so is its data.
    with Up(folder, "again", alone(port) + topic, "--plain", data=up.data) as up:
        up.wait_for("topic orders: is there already")
        check_equal(troupe("consume", "orders", "--from", "beginning", "--until-end", "--server", server)[0], "hello\n", "read")
        up.signal(signal.SIGINT)
        check_equal(up.code(), 0, "exit code after SIGINT")


@cases.case
def a_node_that_is_killed_is_started_again(folder):
    with Up(folder, "killed", alone(process.free_port()), "--plain") as up:
        up.wait_for("all nodes are ready")
        first = up.pid_of("n1")
        os.kill(first, signal.SIGKILL)
        up.wait_for("n1: killed by SIGKILL; starts again in 250 ms")
        up.wait_for("n1: ready after", count=2)
        second = up.pid_of("n1", 2)
        check(second != first, "the same process")
        # As for a rolling restart.
        os.kill(second, signal.SIGTERM)
        up.wait_for("n1: ended in order; starts again in 500 ms")
        up.wait_for("n1: ready after", count=3)
        up.signal()
        check_equal(up.code(), 0, "exit code")


@cases.case
def nodes_die_with_up(folder):
    with Up(folder, "dies", alone(process.free_port()), "--plain") as up:
        pid = up.pid_of("n1")
        up.wait_for("all nodes are ready")
        up.process.kill()
        up.process.wait()
        process.wait_until(lambda: is_gone(pid), 5, "the end of the node")


@cases.case
def a_second_signal_kills(folder):
    with Up(folder, "second", alone(process.free_port()), "--plain") as up:
        up.wait_for("all nodes are ready")
        pid = up.pid_of("n1")
        os.kill(pid, signal.SIGSTOP)
        up.signal()
        up.wait_for("stopping")
        up.signal()  # the same one again, as timeout(1) sends it
        time.sleep(0.4)
        check(up.process.poll() is None, "two signals at once are one")
        up.signal()
        check_equal(up.code(5), 130, "exit code")
        check(is_gone(pid), "the node is still there")


@cases.case
def a_node_that_hangs_is_killed_at_the_deadline(folder):
    with Up(folder, "hangs", alone(process.free_port(), "shutdown_timeout_ms = 1"), "--plain") as up:
        up.wait_for("all nodes are ready")
        os.kill(up.pid_of("n1"), signal.SIGSTOP)
        up.signal()
        check_equal(up.code(6), 1, "exit code")
        check("n1: still there after 2001 ms: killed" in up.text(), up.text())


@cases.case
def once_is_once(folder):
    with Up(folder, "once", alone(process.free_port()), "--plain", "--once") as up:
        up.wait_for("all nodes are ready")
        os.kill(up.pid_of("n1"), signal.SIGKILL)
        check_equal(up.code(), 1, "exit code")
    with Up(folder, "once-in-order", alone(process.free_port()), "--plain", "--once") as up:
        up.wait_for("all nodes are ready")
        os.kill(up.pid_of("n1"), signal.SIGTERM)
        check_equal(up.code(), 0, "exit code")


@cases.case
def what_cannot_start_is_given_up_with_its_last_words(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with Up(folder, "taken", alone(taken.getsockname()[1]), "--plain") as up:
            check_equal(up.code(20), 1, "exit code")
            said = up.text()
            check_equal(len(re.findall("n1: started", said)), 5, "attempts")
            check(re.search(r"n1: ended with code 1: .*that was attempt 5. It is not started again", said), said)
            check("all stop" in said, said)
            check(str(taken.getsockname()[1]) in said, f"the last words name the address: {said}")


@cases.case
def a_node_that_refuses_its_file_is_not_started_again(folder):
    with Up(folder, "refuses", alone(process.free_port()), "--plain") as up:
        up.wait_for("all nodes are ready")
        up.file.write_text("nonsense = 1\n")
        os.kill(up.pid_of("n1"), signal.SIGKILL)
        check_equal(up.code(), 1, "exit code")
        check(re.search("n1: ended with code 2: troupe: unknown key 'nonsense'.* It is not started again", up.text()), up.text())


@cases.case
def mistakes_start_nothing(folder):
    file = pathlib.Path(folder) / "wrong.toml"
    file.write_text("[[node]]\n[[node]]\nid = 1\nname = 'x'\nrak = 'a'\n")
    out, err = troupe("up", file, code=2)
    check(out == "" and "two nodes have the id 1 at line 3" in err and "did you mean 'rack'?" in err, err)
    three = node.ROOT / "config/topologies/three-nodes.toml"
    err = troupe("up", three, "--nodes", "n7", code=2)[1]
    check("there is no node 'n7' in the file: there are n1, n2 and n3" in err, err)


@cases.case
def a_terminal_gets_a_table(folder):
    port = process.free_port()
    file = pathlib.Path(folder) / "table.toml"
    file.write_text(alone(port))
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(node.BINARY, [node.BINARY, "up", str(file), "--data", str(pathlib.Path(folder) / "table")])
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
        os.set_blocking(terminal, False)
        seen = [""]

        def shows(what):
            try:
                seen[0] += os.read(terminal, 65536).decode(errors="replace")
            except (BlockingIOError, OSError):
                pass
            return re.search(what, seen[0])

        def ended():
            shows("")
            done, status = os.waitpid(pid, os.WNOHANG)
            return (os.waitstatus_to_exitcode(status),) if done else None
        process.wait_until(lambda: shows(r"1 of 1 nodes ready, controller 1, \d+ partitions"), 10, "the table", 0.05)
        check(re.search(rf"n1 +1 +both +\d+ +ready, controller +\d+s +0 +0 of 0 +127.0.0.1:{port}", seen[0]), seen[0][-800:])
        os.write(terminal, b"\x03")  # Ctrl-C
        process.wait_until(lambda: shows("n1: stopped"), 15, f"the stop: {seen[0][-500:]}", 0.05)
        code = process.wait_until(ended, 15, "the end of up", 0.05)[0]
        check_equal(code, 0, "exit code after Ctrl-C")
        pid = None
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(terminal)


@cases.case
def status_of_a_cluster(folder):
    port = process.free_port()
    with Up(folder, "status", alone(port, 'rack = "r1"'), "--plain") as up:
        up.wait_for("all nodes are ready")
        server = f"127.0.0.1:{port}"
        view = json.loads(troupe("cluster", "status", "--json", "--server", server)[0])
        check(view["led"] and view["controller"] == 1 and view["leaderless"]["count"] == 0, view)
        check_equal([(b["node"], b["port"], b["fenced"]) for b in view["brokers"]], [(1, port, False)], "brokers")
        text = troupe("cluster", "status", "--bootstrap", server)[0]
        check(f"127.0.0.1:{port}" in text and "leaderless" in text and "quorum" in text, text)
    err = troupe("cluster", "status", "--server", server, code=1)[1]
    check("no node answers" in err, err)


def free_ports(count):
    """The first of so many ports in a row that nobody listens on."""
    while True:
        first = process.free_port()
        try:
            with contextlib.ExitStack() as sockets:
                for port in range(first, first + count):
                    sockets.enter_context(socket.socket()).bind(("127.0.0.1", port))
                return first
        except OSError:
            continue


def three(more=""):
    """A cluster on ports that nobody has, each kind from a place of its own."""
    first = free_ports(9)
    ports = f"kafka_port = {first}\npeer_port = {first + 3}\nadmin_port = {first + 6}\n"
    return f"127.0.0.1:{first}", ports + "[[node]]\n" * 3 + more


def view_of(server, code=0):
    return json.loads(troupe("cluster", "status", "--json", "--server", server, code=code)[0])


@cases.case
def three_nodes_lose_one_and_get_it_back(folder):
    server, text = three('[[topic]]\nname = "orders"\npartitions = 6\n')
    with Up(folder, "three", text, "--plain") as up:
        up.wait_for("all nodes are ready")
        up.wait_for("topic orders: made")
        process.wait_until(lambda: all(b["leads"] == 2 and b["replicas"] == 6 and not b["lagging"] for b in view_of(server)["brokers"]),
                           10, "leaders everywhere")
        view = view_of(server)
        check_equal((view["partitions"], len(view["brokers"]), len(view["quorum"]["voters"])), (6, 3, 3), "what there is")
        os.kill(up.pid_of("n2"), signal.SIGKILL)
        up.wait_for("n2: ready after", count=2)
        up.signal()
        check_equal(up.code(40), 0, "exit code")


@contextlib.contextmanager
def joining(folder, seeds, name="n4", number=4):
    """A node, started, with a file of its own that names only those seeds."""
    own = cluster.Cluster(pathlib.Path(folder) / name, nodes=0)
    member = cluster.Member(own, name, number)
    member.lines = [f'join = "{",".join(seeds)}"']
    own.members = [member]
    own.write()
    try:
        yield member.launch()
    finally:
        member.kill()


def peer_address(member):
    return f"127.0.0.1:{member.peer_port}"


def ready(member, times=1, deadline_s=30):
    def said():
        check(member.alive(), f"{member.name} ended: {member.log_text()[-1500:]}")
        return member.log_text().count("node: ready") >= times
    process.wait_until(said, deadline_s, f"{member.name} to be ready")


@cases.case
def a_node_joins_by_a_seed_and_outlives_it(folder):
    """Three nodes by file, and a fourth that knows the address of one: it takes part in everything, also without that one."""
    with cluster.Cluster(pathlib.Path(folder) / "three") as made:
        made.create_topic("moved", 1)
        seed, others = made.members[0], made.members[1:]
        nobody = f"127.0.0.1:{process.free_port()}"

        def partition():
            leader, in_sync = made.ask(lambda c: c.in_sync("moved"), of=others)[0]
            return leader, sorted(in_sync)
        with joining(f"{folder}/outlives", [nobody, peer_address(seed)]) as fourth:
            ready(fourth)
            check(f"no connection with the seed {nobody}" in fourth.log_text(), "the seed that is not there is not named")
            shown = view_of(seed.address)["brokers"]
            check_equal([(b["node"], b["fenced"]) for b in shown], [(n, False) for n in (1, 2, 3, 4)], "brokers")
            check_equal(made.ask(lambda c: c.reassign("moved", 0, [4, 2, 3])), 0, "error of the reassignment")
            process.wait_until(lambda: partition() == (4, [2, 3, 4]), 30, "the node that joined to be in sync and to lead")
            seed.kill()
            process.wait_until(lambda: made.ask(lambda c: len(c.metadata([])[0]), of=others) == 3, 20, "the seed to be fenced")
            with fourth.connect() as c:
                process.wait_until(lambda: c.produce("moved", 0, wire.batch([b"after"]))[0] == 0, 20, "a write that all have")
            for other in others:
                check(f"connected with node {other.node_id} " in fourth.log_text(), fourth.log_text()[-1500:])
            # It finds the others by what it has stored: the seed is still gone.
            check_equal(fourth.stop(), 0, "exit code")
            fourth.launch()
            ready(fourth, 2)
            process.wait_until(lambda: partition() == (4, [2, 3, 4]), 30, "all in sync, and the node to lead again")
            with fourth.connect() as c:
                process.wait_until(lambda: sum(b.count for b in c.fetch_all("moved", 0)) >= 1, 10, "what was written")


@cases.case
def a_node_joins_where_controllers_are_apart_and_moves(folder):
    """The seed is no controller: the node learns from it where these are. It comes back at another address, and is found there."""
    with cluster.Cluster(pathlib.Path(folder) / "apart", nodes=2, controllers=1) as made:
        with joining(f"{folder}/moves", [peer_address(made.members[0])]) as fourth:
            ready(fourth)
            process.wait_until(lambda: made.brokers() == 3, 10, "three brokers")
            check_equal(made.ask(lambda c: c.create_topic("t", 1, None, 3)), 0, "error of a topic on all three")
            check_equal(fourth.stop(), 0, "exit code")
            fourth.peer_port = fourth.cluster.fresh_port()
            fourth.cluster.write()
            fourth.launch()
            ready(fourth, 2)
            process.wait_until(lambda: len(made.ask(lambda c: c.in_sync("t"))[0][1]) == 3, 30, "all in sync")
            # Whoever starts anew dials it at its new address, of which no file says a word.
            other = made.members[1]
            check_equal(other.stop(), 0, "exit code")
            os.kill(fourth.pid, signal.SIGSTOP)
            other.launch()
            process.wait_until(lambda: f"no connection with node 4 at {peer_address(fourth)}" in other.log_text(), 20, "the new address")
            os.kill(fourth.pid, signal.SIGCONT)
            process.wait_until(lambda: len(made.ask(lambda c: c.in_sync("t"))[0][1]) == 3, 30, "all in sync again")


@cases.case
def who_may_not_join_is_told_why(folder):
    with cluster.Cluster(pathlib.Path(folder) / "one", nodes=1) as made, \
            cluster.Cluster(pathlib.Path(folder) / "two", nodes=1) as other:
        first = made.members[0]
        with joining(f"{folder}/refused", [peer_address(first)], "twin", 1) as twin:
            check_equal(twin.process.wait(20), 1, "exit code of a second node 1")
            check("two processes run as node 1" in twin.log_text(), twin.log_text()[-1500:])
        with joining(f"{folder}/refused", [peer_address(first)]) as fourth:
            ready(fourth)
            check_equal(fourth.stop(), 0, "exit code")
            fourth.lines = [f'join = "{peer_address(other.members[0])}"']
            fourth.cluster.write()
            first.kill()
            check_equal(fourth.launch().process.wait(20), 1, "exit code with a seed of another cluster")
            check("belongs to the cluster" in fourth.log_text(), fourth.log_text()[-1500:])
        nobody = f"127.0.0.1:{process.free_port()}"
        with joining(f"{folder}/refused", [nobody], "lonely", 5) as lonely:
            process.wait_until(lambda: f"Tried: {nobody}: Connection refused" in lonely.log_text(), 20, "a word about the seed")
            check(lonely.alive(), "it gave up")


if __name__ == "__main__":
    os.environ.pop("TROUPE_SERVER", None)
    main(cases, process.workdir("up"))
