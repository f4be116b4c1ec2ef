"""What happens to a cluster as a whole: all power goes, links swallow what is sent, strangers come to its doors, its quorum is
lost. See run.sh."""
import contextlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time

import cluster
import load
import node
import process
import wire
from damage import flip
from failover import PARTITIONS, SEED, whole
from powercut import LoopDisk
from report import Cases, Skip, check

cases = Cases("cluster")
HERE = pathlib.Path(__file__).resolve().parent
INVALID_REPLICATION_FACTOR = 38


@cases.case
def power_cuts_of_all(cycles):
    """CUTS (50) times all nodes lose their power in one moment: nothing that was not synced stays."""
    folder, cuts = pathlib.Path(process.workdir("cuts")), cycles["cut"]
    with contextlib.ExitStack() as stack:
        disks = [stack.enter_context(LoopDisk(folder / f"disk{i}", 1536)) for i in (1, 2, 3)]
        for disk in disks:
            disk.self_test()
        made = stack.enter_context(cluster.Cluster(folder / "cluster", data=[d.mountpoint / "data" for d in disks]))
        made.create_topic(load.TOPIC, PARTITIONS)
        os.sync()
        writers = load.Writers(made, folder / "journals", partitions=PARTITIONS, rate=500)
        dice, told = random.Random(SEED), time.monotonic()
        for number in range(cuts):
            writers.wait_for(dice.choice((1, 100, 300)), 60)
            for disk in disks:
                disk.cut()
            for member in made.members:
                member.kill()
            for disk, member in zip(disks, made.members):
                disk.remount()
                member.launch()
            if time.monotonic() - told > 10:
                told = time.monotonic()
                print(f"  cut {number + 1}/{cuts}, {writers.acknowledged()} acknowledged", flush=True)
        writers.wait_for(200, 60)
        whole(made, (load.TOPIC,))
        writers.end()
        verdict = writers.verify()
        for member in made.members:
            check(member.stop() == 0, f"{member.name} did not stop in order: {member.log_text()[-800:]}")
            done = member.tool("log", "verify", member.data, deadline_s=120)
            check(done.returncode == 0, f"troupe log verify: {done.stdout[-800:]} {done.stderr[-400:]}")
    return f"{cuts} cuts; {verdict} (seed {SEED})"


@cases.case
def black_holes(cycles):
    """The network of a node swallows all packets, in both directions, without a word."""
    if process.run(["unshare", "-n", "ip", "link", "add", "left", "type", "veth", "peer", "name", "right"]).returncode:
        raise Skip("needs root, unshare and ip, to make networks of its own")
    rounds = 12 if cycles["failover"] >= 50 else 3
    done = subprocess.run(["unshare", "-n", sys.executable, str(HERE / "black_holes.py"), str(rounds)], capture_output=True,
                          timeout=120 + 60 * rounds)
    check(done.returncode == 0, (done.stdout + done.stderr).decode()[-3000:])
    return done.stdout.decode().strip().splitlines()[-1]


@contextlib.contextmanager
def loaded(name):
    folder = pathlib.Path(process.workdir(name))
    with cluster.Cluster(folder / "cluster") as made:
        made.create_topic(load.TOPIC, PARTITIONS)
        writers = load.Writers(made, folder / "journals", partitions=PARTITIONS, rate=300)
        writers.wait_for(100, 60)
        yield made, writers, folder
        writers.wait_for(100, 60)
        writers.end()
        writers.verify()


def outcome(member, seconds=20):
    """Exit code and log of a member that should give up; None: it runs on."""
    member.launch()
    try:
        return member.process.wait(seconds), member.log_text()
    except subprocess.TimeoutExpired:
        member.kill()
        return None, member.log_text()


@cases.case
def a_node_of_another_cluster(_):
    """A node whose data belong to another cluster is given the addresses of this one: it is refused, and told why."""
    with loaded("stranger") as (made, writers, folder):
        other = cluster.Cluster(folder / "other", nodes=1)
        stranger = other.members[0]
        stranger.node_id, stranger.name = 4, "n4"
        other.write()
        with other:
            pass
        stranger.kill()
        joined = cluster.Cluster(folder / "joined", members=made.members)
        stranger.cluster = joined
        joined.write([*made.members, stranger])
        code, said = outcome(stranger)
        check(code not in (None, 0) and "belongs to the cluster" in said, f"exit {code}, and nobody is told why: {said[-800:]}")
        check(made.brokers() == 3, "the cluster has another number of brokers")
    return said.strip().splitlines()[-1][-200:]


@cases.case
def rot_at_a_leader(_):
    """Bits flip in the segments of a stopped node. When it leads again, clients read everything, and the file is as it was."""
    folder, dice, flips = pathlib.Path(process.workdir("rot")), random.Random(SEED), 12
    lines = "".join(f"{number} {'x' * 200}\n" for number in range(30_000)).encode()
    with cluster.Cluster(folder / "cluster") as made:
        made.create_topic("rot", 1)
        kcat = ["kcat", "-q", "-b", made.address, "-t", "rot", "-X", "batch.size=60000"]
        done = process.run([*kcat, "-P", "-p", "0"], input=lines, deadline_s=60)
        check(done.returncode == 0, f"kcat writes: exit {done.returncode}: {done.stderr[-500:]}")
        victim = made.member(made.leaders("rot")[0])
        check(victim.stop() == 0, f"the node did not end in order: {victim.log_text()[-500:]}")
        segment = max(victim.data.glob("topics/*/0/*.log"), key=lambda path: path.stat().st_size)
        sound = segment.read_bytes()
        check(len(sound) > 1 << 20, f"only {len(sound)} bytes are in segments")
        for _ in range(flips):
            flip(segment, dice.randrange(len(sound)), dice.randrange(8))
        check(segment.read_bytes() != sound, "nothing was flipped")
        victim.launch()
        process.wait_until(lambda: made.leaders("rot").get(0) == victim.node_id, 60, "the node to lead again")
        done = process.run([*kcat, "-C", "-o", "beginning", "-e", "-f", "%s\\n"], deadline_s=60)
        check(done.stdout == lines, f"{len(done.stdout)} of {len(lines)} bytes are read: {done.stderr[-500:]}")
        process.wait_until(lambda: segment.read_bytes()[:len(sound)] == sound, 20, "the segment to be as it was")
        mended = victim.log_text().count("is back in its place")
    return f"{flips} bits flipped in {len(sound) >> 20} MiB, {mended} places mended, {len(lines) >> 20} MiB read"


@cases.case
def twin_of_a_node(_):
    """Another process under the id of a living node is told so, and serves nobody; the living one goes on."""
    with loaded("twin") as (made, writers, folder):
        original = made.members[1]
        twins = cluster.Cluster(folder / "twins", members=made.members)
        twin = cluster.Member(twins, original.name, original.node_id)
        twins.write([twin if m is original else m for m in made.members])
        code, said = outcome(twin)
        check(code not in (None, 0) and "needs an id of its own" in said, f"exit {code}: {said[-1500:]}")
        check("ready" not in said, f"it serves: {said[-1500:]}")
        check(original.alive(), "the living node has ended")
        whole(made, (load.TOPIC,))
    return said.strip().splitlines()[-1][-200:]


@cases.case
def strangers_at_the_peer_port(_):
    """Noise, half a greeting, a Kafka request, and thousands of connections at the port for other nodes."""
    with loaded("noise") as (made, writers, folder):
        dice = random.Random(SEED)
        before = {m: m.process.pid for m in made.members}
        for number in range(600):
            member = dice.choice(made.members)
            with contextlib.suppress(OSError):
                with socket.create_connection(("127.0.0.1", member.peer_port), timeout=5) as stranger:
                    kind = number % 4
                    if kind == 0:
                        stranger.sendall(dice.randbytes(dice.choice((1, 3, 50, 5000))))
                    elif kind == 1:
                        stranger.sendall((1 << 30).to_bytes(4, "big") + b"x" * 100)
                    elif kind == 2:
                        stranger.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    if dice.random() < 0.5:
                        stranger.shutdown(socket.SHUT_WR)
        held = []
        for member in made.members:
            for _ in range(200):
                with contextlib.suppress(OSError):
                    held.append(socket.create_connection(("127.0.0.1", member.peer_port), timeout=5))
        writers.wait_for(300, 60)
        for one in held:
            one.close()
        check(all(m.alive() and m.process.pid == before[m] for m in made.members), "a node has ended")
        whole(made, (load.TOPIC,))
        # Whoever died by it would not come back among the others.
        made.members[2].kill()
        made.members[2].launch()
        whole(made, (load.TOPIC,))
    return "600 connections with noise, 600 silent ones; the cluster goes on"


@cases.case
def certificates(_):
    """Mutual TLS: without the authority's certificate, or with that of another node, or an expired one, nobody comes in."""
    folder = pathlib.Path(process.workdir("certificates"))
    run = lambda *args: check_run(node.BINARY, "cert", *args)
    right, wrong = folder / "right", folder / "wrong"
    for where in (right, wrong):
        run("authority", where)
        for number in (1, 2, 3):
            run("node", where, "--node", number)
    with cluster.Cluster(folder / "cluster", settings={"tls_directory": f'"{right}"'}) as made:
        made.create_topic("t", 3)
        whole(made, ("t",))
        victim, said = made.members[2], {}
        for what, files in {"another authority's": (wrong, 3), "another node's": (right, 2)}.items():
            victim.stop()
            where, number = files
            victim.lines = [f'tls_ca_file = "{where}/ca.pem"', f'tls_certificate_file = "{where}/node-{number}.pem"',
                            f'tls_key_file = "{where}/node-{number}.key"']
            made.write()
            victim.launch()
            time.sleep(4)
            others = made.members[:2]
            states = made.ask(lambda c: c.in_sync("t"), of=others)
            check(all(len(isr) == 2 and leader in (1, 2) for leader, isr in states.values()),
                  f"with {what} certificate the node is back in sync: {states}")
            said[what] = [line for m in others for line in m.log_text().splitlines() if "refused" in line or "certificate" in line]
            check(said[what], f"nobody is told of {what} certificate")
            victim.kill()
        victim.lines = []
        made.write()
        victim.launch()
        whole(made, ("t",))
    return f"refused, and back with the right one: {said['another authority' + chr(39) + 's'][-1][-160:]}"


def check_run(*argv):
    done = process.run(list(map(str, argv)), 60)
    check(done.returncode == 0, f"{argv}: {done.stdout} {done.stderr}")


@cases.case
def mistakes_in_the_file(_):
    """A cluster's file with mistakes: each is refused before anything starts, with its line."""
    folder = pathlib.Path(process.workdir("mistakes"))
    made = cluster.Cluster(folder / "cluster")
    good = made.file.read_text()
    broken = {"an unknown option": good.replace("[[node]]", "no_such_option = 1\n[[node]]", 1),
              "no TOML": good.replace("[[node]]", "[[node", 1),
              "an id twice": good.replace("id = 2", "id = 1"),
              "a name twice": good.replace('name = "n2"', 'name = "n1"'),
              "a port that is none": good.replace(f":{made.members[0].port}", ":99999"),
              "a peer port beyond loopback without TLS": good.replace('peer_listener = "127.0.0.1', 'peer_listener = "10.1.2.3', 1)}
    for what, text in broken.items():
        check(text != good, f"{what}: the file is as it was")
        made.file.write_text(text)
        code, said = outcome(made.members[0], 10)
        check(code == 2, f"{what}: exit {code}: {said[-600:]}")
        check("line" in said.splitlines()[-1] or "line" in said, f"{what}: no line is named: {said[-600:]}")
        made.members[0].log.unlink()
    return f"{len(broken)} kinds"


@cases.case
def more_replicas_than_brokers(_):
    """A topic with more replicas than there are brokers is refused, and nothing of it stays."""
    with loaded("replicas") as (made, writers, folder):
        error = made.ask(lambda c: c.create_topic("wide", 1, None, 4))
        check(error == INVALID_REPLICATION_FACTOR, f"error {error}")
        listed = made.members[0].tool("topic", "list", "--bootstrap", made.members[0].address).stdout.decode()
        check(load.TOPIC in listed and "wide" not in listed, f"the topics: {listed}")
        made.create_topic("fits", 1)
    return f"error {error}"


@cases.case
def quorum_lost(_):
    """Two of three controllers are gone: reads and writes of what there is go on, changes of the metadata get an error."""
    folder = pathlib.Path(process.workdir("quorum"))
    with cluster.Cluster(folder / "cluster", controllers=3) as made:
        made.create_topic(load.TOPIC, PARTITIONS)
        writers = load.Writers(made, folder / "journals", partitions=PARTITIONS, rate=300)
        writers.wait_for(100, 60)
        gone = made.controllers[:2]
        for controller in gone:
            controller.kill()
        before, began = writers.acknowledged(), time.monotonic()
        time.sleep(3)
        check(writers.acknowledged() - before > 300, f"only {writers.acknowledged() - before} acknowledged without a quorum")
        with made.members[0].connect(40) as c:
            began = time.monotonic()
            error = c.create_topic("new", 1, None, 1)
            waited = time.monotonic() - began
        check(error != 0, "a topic was created without a quorum")
        # Whatever there is can be read while nobody decides.
        with made.member(made.leaders(load.TOPIC)[0]).connect(10) as c:
            check(c.list_offset(load.TOPIC, 0, -1)[0] == 0, "the end of a partition is not told")
        for controller in gone:
            controller.launch()
        made.create_topic("after", 1)
        writers.wait_for(100, 60)
        writers.end()
        verdict = writers.verify()
    return f"creating a topic: error {error} after {waited:.1f} s; {verdict}"


@cases.case
def many_partitions(cycles):
    """A third of 1,000, and of 9,000, partitions lose their leader at once: how long until all have another one."""
    said = []
    for count in (1000, 9000) if cycles["failover"] >= 50 else (1000,):
        folder = pathlib.Path(process.workdir("many"))
        with cluster.Cluster(folder / "cluster") as made:
            began = time.monotonic()
            made.create_topic("many", count)
            created = time.monotonic() - began
            process.wait_until(lambda: len(set(made.leaders("many").values())) == 3, 120, "three leaders")
            controller = made.controller()
            waits = []
            for victim in (next(m for m in made.members if m.node_id != controller), made.member(controller)):
                whole(made, ("many",), deadline_s=180)
                victim.kill()
                began = time.monotonic()
                others = [m for m in made.members if m is not victim]
                process.wait_until(lambda: all(leader not in (-1, victim.node_id) for leader in
                                               made.leaders("many", of=others).values()), 120, "other leaders", step_s=0.01)
                waits.append(time.monotonic() - began)
                victim.launch()
                began = time.monotonic()
                whole(made, ("many",), deadline_s=180)
                waits.append(time.monotonic() - began)
        said.append(f"{count} partitions made in {created:.1f} s; a broker killed: others lead in {waits[0]:.2f} s, in sync again after "
                    f"{waits[1]:.1f} s; the controller killed: {waits[2]:.2f} s and {waits[3]:.1f} s")
        print(f"  {said[-1]}", flush=True)
    return "; ".join(said) + f"; load average {os.getloadavg()[0]:.1f}"
