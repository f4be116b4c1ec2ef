"""Starting and ending: mistakes are told in one sentence with a non-zero exit, and a stop is clean and quick."""
import pathlib
import signal
import socket
import time

import load
import node
import process
import wire
from report import Cases, Skip, check, check_equal

cases = Cases("startup")


def refused(broker, *words, deadline_s=10):
    """The node must end by itself, non-zero, and its last line must hold the words."""
    broker.launch()
    code = broker.process.wait(deadline_s)
    said = broker.log_text()
    check(code not in (0, None) and code > 0, f"exit {code}: {said[-800:]}")
    lines = [line for line in said.splitlines() if line.strip()]
    check(lines and len(lines) <= 6, f"{len(lines)} lines where a sentence was due: {said[-1200:]}")
    found = [line for line in lines if all(w.lower() in line.lower() for w in map(str, words))]
    check(found, f"no line says {words}: {said[-1200:]}")
    return found[-1].strip()


@cases.case
def second_node_on_the_same_directory():
    folder = pathlib.Path(process.workdir("twice"))
    with node.Node(folder / "first") as first:
        said = refused(node.Node(folder / "second", data=first.data), first.data)
        check(first.answers(), "the first node was disturbed")
        return said


@cases.case
def port_in_use():
    folder = pathlib.Path(process.workdir("port"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        return refused(node.Node(folder, port=port), port, "in use")


@cases.case
def directory_that_cannot_be_written():
    folder = pathlib.Path(process.workdir("readonly"))
    mountpoint = folder / "disk"
    mountpoint.mkdir()
    if process.run(["mount", "-t", "tmpfs", "-o", "ro,size=1m", "troupe-test", str(mountpoint)], 30).returncode:
        raise Skip("mounts no read-only tmpfs here: needs root")
    try:
        return refused(node.Node(folder / "node", data=mountpoint / "data"), mountpoint / "data")
    finally:
        process.run(["umount", str(mountpoint)], 30)


@cases.case
def a_file_where_the_directory_should_be():
    folder = pathlib.Path(process.workdir("file"))
    (folder / "data").write_text("not a directory\n")
    return refused(node.Node(folder, data=folder / "data"), folder / "data")


@cases.case
def a_directory_with_other_things_in_it():
    """Whatever it does, what was there stays."""
    folder = pathlib.Path(process.workdir("foreign"))
    (folder / "data").mkdir()
    (folder / "data" / "thesis.txt").write_text("mine\n")
    broker = node.Node(folder, data=folder / "data").launch()
    time.sleep(1)
    broker.kill()
    check_equal((folder / "data" / "thesis.txt").read_text(), "mine\n", "the file that was there")


@cases.case
def another_versions_data():
    """The file that names the format says a version that this program does not know."""
    folder = pathlib.Path(process.workdir("version"))
    with node.Node(folder) as broker:
        broker.create_topic("kept")
        broker.stop()
        identity = broker.data / "meta"
        check(identity.exists(), f"no file named meta among {sorted(p.name for p in broker.data.iterdir())}")
        changed = with_another_version(identity.read_bytes())
        identity.write_bytes(changed)
        said = refused(node.Node(folder / "again", data=broker.data), "format 9")
        check_equal(identity.read_bytes(), changed, "the file afterwards")
        return said


def with_another_version(content):
    """The line "format 1" of the file that names the data directory."""
    check(b"format 1\n" in content, f"the file that names the format holds no version: {content[:200]!r}")
    body = content.replace(b"format 1\n", b"format 9\n", 1).split(b"checksum ")[0]
    return body + b"checksum %08x\n" % wire.crc32c(body)


@cases.case
def options_that_are_wrong():
    folder = pathlib.Path(process.workdir("options"))
    return "; ".join([
        refused(node.Node(folder / "a", settings={"log_segment_byte": "1MiB"}), "log_segment_byte", "log_segment_bytes"),
        refused(node.Node(folder / "b", settings={"log_segment_bytes": "12 parsecs"}), "log_segment_bytes"),
        refused(node.Node(folder / "c", settings={"num_partitions": "-3"}), "num_partitions"),
    ])


@cases.case
def a_listener_beyond_loopback():
    folder = pathlib.Path(process.workdir("open"))
    broker = node.Node(folder)
    broker.argv = lambda: [node.BINARY, "node", "--data", str(broker.data), "--listen", f"0.0.0.0:{broker.port}"]
    return refused(broker, "insecure")


@cases.case
def clean_stop_under_load():
    """SIGTERM and SIGINT: exit 0 within ten seconds, and all that was acknowledged is there."""
    folder = pathlib.Path(process.workdir("stop"))
    with node.Node(folder) as broker:
        broker.create_topic(load.TOPIC, 8)
        writers = load.Writers(broker, folder / "journals")
        slowest = 0.0
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            writers.wait_for(500)
            began = time.monotonic()
            broker.process.send_signal(number)
            check_equal(broker.process.wait(10), 0, f"exit code after {number.name}")
            slowest = max(slowest, time.monotonic() - began)
            broker.start()
        writers.wait_for(100)
        writers.end()
        return f"slowest stop {slowest * 1000:.0f} ms; {writers.verify()}"


@cases.case
def clean_stop_with_waiting_consumers():
    """Long polls and idle connections do not hold a stop up."""
    with node.Node(process.workdir("waiting")) as broker:
        topic = broker.create_topic("quiet")
        waiting = [broker.connect(30) for _ in range(50)]
        for c in waiting[:25]:
            c.send(wire.FETCH, 4, wire.fetch_body(topic, 0, 0, max_wait_ms=60_000))
        time.sleep(0.2)
        began = time.monotonic()
        check_equal(broker.stop(), 0, "exit code")
        return f"{(time.monotonic() - began) * 1000:.0f} ms"


@cases.case
def restarted_on_the_same_port():
    """The port is free again at once, clients or not."""
    with node.Node(process.workdir("again")) as broker:
        for end in (broker.stop, broker.kill) * 3:
            keep = [broker.connect() for _ in range(20)]
            end()
            took = node.started_in_ms(broker)
            check(took < 5000, f"{took:.0f} ms until it answered again")
            for c in keep:
                c.socket.close()
        return f"last start {took:.0f} ms"
