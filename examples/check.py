#!/usr/bin/env python3
"""Runs an example and judges what it prints.

    check.py EXAMPLE FOLDER_OF_PROGRAMS PROGRAM_TROUPE
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

EXAMPLE, PROGRAMS, TROUPE = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]


def run(name, *arguments):
    done = subprocess.run([PROGRAMS / name, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=100)
    print(f"$ {name} {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}", end="")
    must(done.returncode == 0, f"{name} ended with {done.returncode}")
    must(done.stderr == "", f"{name} has nothing to complain about")
    return done.stdout


def must(what, why):
    if not what:
        sys.exit(f"FAILED: {why}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def hello(folder):
    address = f"127.0.0.1:{free_port()}"
    with open(folder / "node.log", "w", encoding="utf-8") as log:
        node = subprocess.Popen([TROUPE, "node", "--data", folder / "data", "--listen", address], stdout=log, stderr=log)
    try:
        names = [f"name-{i}" for i in range(100)]
        first = run("hello_producer", address, *names)  # waits until the node is there
        places = dict(re.findall(r"^(\S+): partition 0, offset (\d+)$", first, re.M))
        must(places == {name: str(i) for i, name in enumerate(names)}, "each name has its offset")
        run("hello_producer", address, "one-more")
        lines = run("hello_consumer", address).splitlines()
        wanted = [f"{i}  {name}: Hello, {name}!" for i, name in enumerate(names + ["one-more"])]
        must(lines == wanted + ["that was all: 101 greetings"], "every greeting comes out once, in order")
    finally:
        node.send_signal(signal.SIGTERM)
        must(node.wait(60) == 0, "the node ends in order")


def embedded_node(folder):
    for starts in (1, 2, 3):
        lines = run("embedded_node", folder / "data").splitlines()
        must([line.split(":")[0] for line in lines[:-1]] == [f"start {i + 1}" for i in range(starts)], "each start is there")
        must(lines[-1] == ("started 1 time" if starts == 1 else f"started {starts} times"), "they are counted")


def log_aggregation(folder):
    rotations, lines = 5, 2_000
    files = [folder / "one.log", folder / "two.log"]
    for file in files:
        file.touch()
    follower = subprocess.Popen([PROGRAMS / "log_aggregation", folder / "data", str(2 * rotations * lines), *files],
                                stdout=subprocess.PIPE, text=True)
    for rotation in range(rotations):
        for file in files:
            with open(file, "a", encoding="utf-8") as out:
                for i in range(lines):
                    out.write(f"rotation {rotation}, line {i}, ")
                    if i % 500 == 0:
                        out.flush()  # a line that comes in two pieces
                        time.sleep(0.01)
                    out.write("which ends here\n")
        if rotation + 1 < rotations:
            # As logrotate does it; a follower that looks less often than files are rotated would miss one.
            time.sleep(0.3)
            for file in files:
                os.rename(file, f"{file}.{rotation}")
                file.touch()
    try:
        out, _ = follower.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        follower.kill()
        sys.exit("FAILED: log_aggregation does not end")
    print(out, end="")
    must(follower.returncode == 0, "log_aggregation ends in order")
    must(out.splitlines() == [f"{file}: {rotations * lines} lines" for file in files], "each line is counted once")


def realtime_analytics(folder):
    for _ in range(2):  # the second run does not count what the first one left
        lines = run("realtime_analytics", folder / "data", 2).splitlines()
        must(lines[-1] == "counted 5000 views", "all views are counted")
        windows = [dict(re.findall(r"(/\w+) +(\d+)", line)) for line in lines[:-1]]
        must(2 <= len(windows) <= 20, "there is a line for each second")
        must(sum(int(n) for window in windows for n in window.values()) == 5000, "each view is in one window")
        must(sum(int(w.get("/home", 0)) for w in windows) > sum(int(w.get("/pay", 0)) for w in windows), "few pay")


def test_your_actor(_):
    must(run("test_your_actor") == "20 runs of 1000 orders: the books are right\n", "the books are right")


def main():
    with tempfile.TemporaryDirectory(prefix="troupe-example-") as folder:
        globals()[EXAMPLE](pathlib.Path(folder))
    print("ok")


main()
