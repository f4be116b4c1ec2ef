"""Troupe's own commands against one node: what they print, what they change, how they end.

Run alone: TROUPE_BIN=build/release/troupe tests/command/cli_test.py [part of a case's name ...]
"""
import json
import os
import pathlib
import shutil
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support_py"))
import cluster  # noqa: E402
import node  # noqa: E402
import process  # noqa: E402
from report import Cases, Skip, check, check_equal, main  # noqa: E402

cases = Cases("cli")
LEGAL = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def troupe(broker, *args, code=0, input=None, env=None):
    """Standard output of a command that talks to the node; its exit code is judged."""
    return run(*args, "--server", broker.address, code=code, input=input, env=env)[0]


def run(*args, code=0, input=None, env=None):
    done = process.run([node.BINARY, *map(str, args)], 30, input, env=env)
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    check_equal(done.returncode, code, f"exit code of troupe {' '.join(map(repr, map(str, args)))[:300]}; it said {out}{err}")
    return out, err


def refused(broker, *args, code=1):
    return run(*args, "--server", broker.address, code=code)[1]


def rows(text):
    return [json.loads(line) for line in text.split("\n") if line]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def options_of(broker, topic):
    described = json.loads(troupe(broker, "topic", "describe", topic, "--options", "--json"))
    return {o["name"]: o for o in described["options"]}


@cases.case
def options_are_set_shown_and_reset(broker):
    troupe(broker, "topic", "create", "options", "--option", "retention.ms=36h", "-o", "segment.bytes=64MiB")
    options = options_of(broker, "options")
    check_equal(options["retention.ms"]["value"], "129600000", "retention.ms")
    check_equal(options["retention.ms"]["source"], "topic", "source of retention.ms")
    check_equal(options["retention.ms"]["default"], "604800000", "default of retention.ms")
    check_equal(options["max.message.bytes"]["source"], "default", "source of max.message.bytes")
    check(all(o["documentation"] for o in options.values()), "an option without documentation")
    listed = {o["name"] for o in rows(run("config", "list", "--json")[0]) if o["of"] == "topic"}
    check_equal(set(options), listed, "options that the node tells and that the program lists")

    troupe(broker, "topic", "alter", "options", "-o", "retention.ms=1h", "-o", "cleanup.policy=delete", "--reset", "segment.bytes")
    options = options_of(broker, "options")
    check_equal((options["retention.ms"]["value"], options["segment.bytes"]["source"]), ("3600000", "default"), "after alter")
    text = troupe(broker, "topic", "describe", "options")
    check("option retention.ms" in text and "3600000 (1h)" in text and "otherwise 604800000 (7d)" in text, text)
    check("segment.bytes" not in text, f"an option that was reset is shown as set: {text}")
    check("option segment.bytes" in troupe(broker, "topic", "describe", "options", "--options"), "--options shows all")


@cases.case
def wrong_options_are_refused_and_change_nothing(broker):
    before = options_of(broker, "options")
    said = refused(broker, "topic", "alter", "options", "-o", "retention.mss=1h")
    check("retention.ms" in said and "INVALID_CONFIG" in said, said)
    for option in before.values():
        if option["name"].endswith((".ms", ".bytes", ".replicas")) and option["value"].lstrip("-").isdigit():
            for value in ("x", "1.5", "-99", "99999999999999999999", ""):
                said = refused(broker, "topic", "alter", "options", "-o", f"{option['name']}={value}")
                check(option["name"] in said, said)
    for setting in ("cleanup.policy=shred", "message.timestamp.type=Now", "compression.type=rar", "preallocate=perhaps"):
        check(setting.split("=")[0] in refused(broker, "topic", "alter", "options", "-o", setting), setting)
        check(setting.split("=")[0] in refused(broker, "topic", "create", "never", "-o", setting), setting)
    said = refused(broker, "topic", "alter", "no-such-topic", "-o", "retention.ms=1h")
    check("no-such-topic" in said, said)
    check_equal(options_of(broker, "options"), before, "options after refusals")
    check("never" not in troupe(broker, "topic", "list").split(), "a topic with a wrong option was made")


@cases.case
def a_dry_run_changes_nothing(broker):
    before = options_of(broker, "options")
    check("would alter" in troupe(broker, "topic", "alter", "options", "-o", "retention.ms=2h", "--dry-run"), "said")
    check("would create" in troupe(broker, "topic", "create", "dry", "--dry-run"), "said")
    refused(broker, "topic", "alter", "options", "-o", "retention.ms=soon", "--dry-run")
    check_equal(options_of(broker, "options"), before, "options after a dry run")
    check("dry" not in troupe(broker, "topic", "list").split(), "a dry run made a topic")


@cases.case
def partitions_are_added(broker):
    troupe(broker, "topic", "create", "growing", "--partitions", 2)
    troupe(broker, "topic", "alter", "growing", "--partitions", 5)
    described = json.loads(troupe(broker, "topic", "describe", "growing", "--json"))
    check_equal([p["partition"] for p in described["partitions"]], [0, 1, 2, 3, 4], "partitions")
    troupe(broker, "produce", "growing", "--partition", 4, input=b"in a new one\n")
    check_equal(troupe(broker, "consume", "growing", "--partition", 4, "--from", "beginning", "--until-end"), "in a new one\n", "read")
    for fewer in (5, 3):
        check("growing" in refused(broker, "topic", "alter", "growing", "--partitions", fewer), "fewer or as many")
    broken = troupe(broker, "topic", "alter", "growing", "options", "--partitions", 4, "--json", code=1)
    check_equal({r["topic"]: r["ok"] for r in rows(broken)}, {"growing": False, "options": True}, "each topic has its own answer")


@cases.case
def offsets_and_deleted_records(broker):
    troupe(broker, "topic", "create", "numbers", "--partitions", 2)
    troupe(broker, "produce", "numbers", "--partition", 0, input=b"".join(b"%d\n" % i for i in range(100)))

    def offsets(*more):
        return [(r["partition"], r["first_offset"], r["end_offset"], *([r["at_offset"]] if more else []))
                for r in rows(troupe(broker, "topic", "offsets", "numbers", "--json", *more))]
    check_equal(offsets(), [(0, 0, 100), (1, 0, 0)], "offsets")
    check_equal(offsets("--at=-7"), [(0, 0, 100, 93), (1, 0, 0, 0)], "the last seven")
    check_equal(offsets("--at=@0"), [(0, 0, 100, 0), (1, 0, 0, 0)], "not older than 1970")
    check_equal(offsets("--at=@2199-01-01"), [(0, 0, 100, 100), (1, 0, 0, 0)], "in the future")

    troupe(broker, "topic", "delete-records", "numbers", "--partition", 0, "--before", 40)
    check_equal(offsets(), [(0, 40, 100), (1, 0, 0)], "after deleting before 40")
    read = troupe(broker, "consume", "numbers", "--from", "beginning", "--until-end").split()
    check_equal(read, [str(i) for i in range(40, 100)], "what is left")
    troupe(broker, "topic", "delete-records", "numbers", "--before=-10")
    check_equal(offsets()[0], (0, 90, 100), "but for the last ten")
    said = refused(broker, "topic", "delete-records", "numbers", "--partition", 0, "--before", 101)
    check("OFFSET_OUT_OF_RANGE" in said, said)
    said = refused(broker, "topic", "delete-records", "numbers", "--partition", 9, "--before", 1)
    check("no partition 9" in said, said)
    troupe(broker, "topic", "delete-records", "numbers", "--before", "end")
    check_equal(offsets()[0], (0, 100, 100), "all")


@cases.case
def refused_records_are_named_by_their_line(broker):
    troupe(broker, "topic", "create", "compacted", "-o", "cleanup.policy=compact")
    out, err = run("produce", "compacted", "--key-separator", ":", "--json", "--server", broker.address, code=1,
                   input=b"a:1\nno key\nb:2\nnor here\n")
    check_equal((json.loads(out)["records"], json.loads(out)["failed"]), (0, 4), "delivered and failed")
    said = err.splitlines()
    check_equal(len(said), 4, f"a line for each record: {err}")
    for number, line in enumerate(said, 1):
        start = f"troupe: line {number}: " + ("another record of its batch was refused" if number % 2 else "INVALID_RECORD: ")
        check(line.startswith(start), f"{line!r} does not start with {start!r}")
    check_equal(json.loads(troupe(broker, "produce", "compacted", "--key-separator", ":", "--json", input=b"a:1\nb:2\n"))["records"], 2,
                "good records afterwards")


@cases.case
def batches_beyond_a_segment_go_in_parts(broker):
    troupe(broker, "topic", "create", "small", "-o", "segment.bytes=1MiB", "-o", "max.message.bytes=8MiB", code=1)
    troupe(broker, "topic", "create", "small", "-o", "segment.bytes=1MiB", "-o", "max.message.bytes=7MiB")
    lines = [(str(i) * 10_000)[:10_000].encode() for i in range(400)]
    sent = json.loads(troupe(broker, "produce", "small", "--batch-size", "4MiB", "--linger", "10s", "--json", input=b"\n".join(lines) + b"\n"))
    check_equal((sent["records"], sent["failed"]), (400, 0), "delivered and failed")
    read = troupe(broker, "consume", "small", "--from", "beginning", "--until-end").encode().splitlines()
    check(read == lines, f"{len(read)} records came back, or not as they were")


@cases.case
def forbidden_names_of_topics(broker):
    before = troupe(broker, "topic", "list")
    # An argument of a process has no zero byte; the dash at the front would make it an option.
    bad = [f"a{chr(c)}b" for c in range(1, 256) if chr(c) not in LEGAL]
    bad += [".", "..", "a" * 250, "/", "a b", "\u00fcmlaut", "\u4e2d", "a\u0301"]
    answers = rows(troupe(broker, "topic", "create", "--json", *bad, code=1))
    check_equal(sorted(a["topic"] for a in answers), sorted(bad), "an answer for each")
    wrong = [a for a in answers if a["ok"] or a["error"] != "INVALID_TOPIC_EXCEPTION"]
    check_equal(wrong, [], "names that were not refused")
    for name in ("a b", "..", "a" * 250):
        for command in (("produce",), ("consume",), ("topic", "describe")):
            said = refused(broker, *command, name)
            check(said.startswith("troupe: ") and said.count("\n") == 1, f"{command} {name}: {said}")
    refused(broker, "topic", "create", "", code=1)
    check_equal(troupe(broker, "topic", "list"), before, "topics")
    good = ["a" * 249, "A.b_c-9", "...", "_"]
    troupe(broker, "topic", "create", *good)
    troupe(broker, "topic", "delete", *good)


@cases.case
def status_says_what_there_is(broker):
    status = json.loads(troupe(broker, "status", "--json", "--admin", "none"))
    check(status["healthy"] and status["problems"] == [], status)
    topics = rows(troupe(broker, "topic", "list", "--internal", "--json"))
    check_equal((status["topics"], status["partitions"]), (len(topics), sum(t["partitions"] for t in topics)), "counts")
    check_equal([(n["node"], n["port"]) for n in status["nodes"]], [(1, broker.port)], "nodes")
    disk = status["nodes"][0]["disks"]
    if disk:
        check(disk[0]["total_bytes"] >= disk[0]["usable_bytes"] > 0, disk)
    check("health" in troupe(broker, "status"), "text")
    check("no node answers" in run("status", "--server", "127.0.0.1:1", code=1)[1], "nobody there")


@cases.case
def status_asks_the_admin_listener(broker):
    port = process.free_port()
    with node.Node(broker.folder / "admin", settings={"admin_listener": f"127.0.0.1:{port}"}) as other:
        process.wait_until(lambda: listens(port), 10, "the admin listener")
        with_admin = json.loads(troupe(other, "status", "--json", "--admin", f"127.0.0.1:{port}"))
        check(with_admin["healthy"] and with_admin["admin"]["live"] and with_admin["admin"]["ready"], with_admin)
        version = run("--version")[0].split()[1]
        check_equal(with_admin["admin"]["version"], version, "version")
        check(0 <= with_admin["admin"]["uptime_ms"] < 60_000, with_admin)
        # That one belongs to another cluster.
        check("admin" not in json.loads(troupe(broker, "status", "--json", "--admin", f"127.0.0.1:{port}")), "another cluster's")
        # A Kafka listener is no admin listener.
        check("admin" not in json.loads(troupe(broker, "status", "--json", "--admin", other.address)), "no HTTP there")


@cases.case
def bash_completes(broker):
    bash = shutil.which("bash")
    if not bash:
        raise Skip("no bash")
    script = run("completion", "bash")[0]

    def completed(line):
        words = line.split(" ")
        words[0] = node.BINARY
        # As readline does: it splits at '=' and ':' too.
        split = []
        for word in words:
            piece = ""
            for c in word if split else "":
                if c in "=:":
                    split += ([piece] if piece else []) + [c]
                    piece = ""
                else:
                    piece += c
            split.append(piece if split else word)
        program = script + f"""
compopt() {{ echo "compopt $*"; }}
COMP_LINE={shell(' '.join(words))}; COMP_POINT=${{#COMP_LINE}}
COMP_WORDS=({' '.join(map(shell, split))}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_troupe; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        done = process.run([bash, "--norc", "-u", "-c", program], 20, env={"TROUPE_SERVER": broker.address})
        check_equal(done.returncode, 0, f"bash for {line}: {done.stderr.decode()}")
        return done.stdout.decode().split("\n")[:-1]

    check_equal(completed("troupe topic al"), ["alter"], "a command")
    check_equal(completed("troupe consume num"), ["numbers"], "a topic of the running node")
    check_equal(completed("troupe consume --until"), ["--until-end"], "an option")
    check_equal(completed("troupe produce x --acks=a"), ["all"], "behind '='")
    check_equal(completed("troupe topic alter x -o retention.m"), ["compopt -o nospace", "retention.ms="], "an option of topics")
    check_equal(completed("troupe consume --server 127.0.0.1:1 num"), [""], "nobody there")
    check_equal(completed("troupe node --data /t")[0], "compopt -o default", "files")


def shell(text):
    return "'" + text.replace("'", "'\\''") + "'"


@cases.case
def the_manual_is_good_roff(broker):
    groff = shutil.which("groff")
    page = run("man")[0]
    check(".SH EXIT STATUS" in page and "troupe topic alter" in page, "the page")
    if not groff:
        raise Skip("no groff")
    done = process.run([groff, "-man", "-ww", "-Tutf8", "-P-cbou"], 30, page.encode())
    check_equal((done.returncode, done.stderr), (0, b""), "warnings of groff")
    text = " ".join(done.stdout.decode().split())
    for part in ("-p, --partitions N", "troupe config check FILE", "Wrong usage", "log_retention_ms = 7d"):
        check(part in text, f"{part} is not on the page")


@cases.case
def a_service_manager_hears_of_start_and_stop(broker):
    """The protocol of sd_notify, over a path and over a name in the abstract namespace."""
    for number, address in enumerate((str(broker.folder / "notify"), f"@troupe-test-{os.getpid()}")):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind("\0" + address[1:] if address[0] == "@" else address)
            manager.settimeout(10)
            with node.Node(broker.folder / f"notifying-{number}", settings={"admin_listener": "off"},
                           env={"NOTIFY_SOCKET": address}) as other:
                check_equal(manager.recv(100), b"READY=1", f"heard at {address}")
                check_equal(other.stop(), 0, "exit code")
                check_equal(manager.recv(100), b"STOPPING=1", f"heard at {address}")
    # Nobody there, or no address at all: the node does not care.
    for number, address in enumerate((str(broker.folder / "nobody"), "nonsense", "/" + "x" * 200)):
        with node.Node(broker.folder / f"alone-{number}", settings={"admin_listener": "off"}, env={"NOTIFY_SOCKET": address}) as other:
            check_equal(other.stop(), 0, "exit code")


@cases.case
def controllers_are_removed_and_added_back(broker):
    """Also by a node that was restarted in between, and the one that leads."""
    check("only voter" in refused(broker, "cluster", "remove-controller", 1), "the last one was removed, or something else is said")
    check("DUPLICATE_VOTER" in refused(broker, "cluster", "add-controller", 1), "it votes already")
    check("VOTER_NOT_FOUND" in refused(broker, "cluster", "remove-controller", 7), "nobody votes by that number")
    check("does not follow" in refused(broker, "cluster", "add-controller", 7), "nobody follows by that number")

    def quorum():
        found = json.loads(troupe(three, "cluster", "status", "--json"))["quorum"]
        return found["leader"], [sorted(one["node"] for one in found[kind]) for kind in ("voters", "observers")]

    with cluster.Cluster(broker.folder / "three") as three:
        leader, members = quorum()
        check_equal(members, [[1, 2, 3], []], "voters and observers")
        for gone in (leader % 3 + 1, leader):
            left = sorted({1, 2, 3} - {gone})
            troupe(three, "cluster", "remove-controller", gone)
            process.wait_until(lambda: quorum()[0] in left, 10, "a leader that votes", step_s=0.1)
            process.wait_until(lambda: quorum()[1] == [left, [gone]], 10, "the node to observe", step_s=0.1)
            three.member(gone).kill()
            three.member(gone).start()
            process.wait_until(lambda: quorum()[1] == [left, [gone]], 10, "the observer to be back", step_s=0.1)
            troupe(three, "cluster", "add-controller", gone)
            check_equal(quorum()[1], [[1, 2, 3], []], "voters and observers")


@cases.case
def a_closed_pipe_is_no_crash(broker):
    done = process.run(["bash", "-c", f"{node.BINARY} config list | head -n 1; echo ${{PIPESTATUS[0]}}"], 20)
    code = int(done.stdout.split()[-1])
    check(code in (0, 1, 141), f"exit code {code}")


if __name__ == "__main__":
    os.environ.pop("TROUPE_SERVER", None)
    with node.Node(process.workdir("cli"), settings={"admin_listener": "off"}) as started:
        main(cases, started)
