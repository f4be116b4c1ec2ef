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
import node  # noqa: E402
import process  # noqa: E402
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


if __name__ == "__main__":
    os.environ.pop("TROUPE_SERVER", None)
    main(cases, process.workdir("up"))
