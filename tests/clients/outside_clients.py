"""Clients from PyPI, npm and Maven, each against a fresh node: what `make clients` runs. See run.sh.

  outside_clients.py [part of a client's name ...]
"""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support_py"))
import cluster  # noqa: E402
import node  # noqa: E402
import process  # noqa: E402
from report import Cases, Skip, check, main  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent / "outside"
CACHE = pathlib.Path(os.environ.get("TROUPE_CLIENTS_CACHE", node.ROOT / "build/clients"))
cases = Cases("clients")


def judged(argv, deadline_s=240, **env):
    """Runs a client's script against a node of its own; every line of its must be an ok."""
    with node.broker(process.workdir("outside")) as broker:
        said = judged_at(broker.address, argv, deadline_s, **env)
        check(broker.alive(), f"the broker ended: {broker.log_text()[-1000:]}")
        return said


def judged_in_cluster(argv, deadline_s=240, **env):
    """The same against three nodes; its topics have a replica on each."""
    with cluster.Cluster(process.workdir("outside-cluster")) as brokers:
        said = judged_at(brokers.address, argv, deadline_s, REPLICAS="3", **env)
        check(len(brokers.alive()) == 3, "a node has ended")
        return f"{said} by three nodes"


def judged_at(address, argv, deadline_s, **env):
    done = process.run([*map(str, argv), address], deadline_s, env=env)
    said = done.stdout.decode()
    good = [line for line in said.splitlines() if line.startswith("ok ")]
    bad = [line for line in said.splitlines() if line.startswith("FAILED ")]
    for line in bad:
        print(f"  {line}")
    if done.returncode:
        print(done.stderr.decode(errors="replace")[-3000:], file=sys.stderr)
    check(not bad and good and done.returncode == 0, f"exit {done.returncode}, {len(good)} ok, failed: {bad}")
    return f"{said.splitlines()[0]}: {len(good)} ok"


def environment(name, packages):
    """A virtual environment of its own for each version: its Python."""
    folder = CACHE / name
    if not (folder / "installed").exists():
        process.run([sys.executable, "-m", "venv", "--clear", folder], 120)
        done = process.run([folder / "bin/pip", "-q", "install", *packages], 300)
        if done.returncode:
            raise AssertionError(f"pip install {packages}: {done.stderr.decode()[-600:]}")
        (folder / "installed").touch()
    return folder / "bin/python"


CODECS = ["lz4", "zstandard", "python-snappy"]


def confluent():
    return [environment("confluent", ["confluent-kafka"]), HERE / "confluent_client.py"]


def kafka_python(version=None):
    name = f"kafka-python-{version}" if version else "kafka-python"
    return [environment(name, [f"kafka-python=={version}" if version else "kafka-python", *CODECS]), HERE / "kafka_python_client.py"]


@cases.case
def confluent_kafka(*_):
    return judged(confluent())


@cases.case
def confluent_kafka_cluster(*_):
    return judged_in_cluster(confluent())


@cases.case
def confluent_kafka_racks(*_):
    """Consumers that say their rack read from the replica there."""
    made = cluster.Cluster(process.workdir("racks"))
    for member in made.members:
        member.lines = [f'rack = "r{member.node_id}"']
    made.write()
    with made:
        made.create_topic("racks", 1, 3)
        done = process.run([environment("confluent", ["confluent-kafka"]), HERE / "rack_client.py", made.address], 120)
        said = done.stdout.decode()
        print(said, done.stderr.decode()[-3000:] if done.returncode else "")
        check(done.returncode == 0 and said.count("\nok ") == 4, f"exit {done.returncode}: {said[-500:]}")
        return said.splitlines()[0]


@cases.case
def kafka_python_2_0_2(*_):
    return judged(kafka_python("2.0.2"))


@cases.case
def kafka_python_newest(*_):
    return judged(kafka_python())


@cases.case
def kafka_python_cluster(*_):
    return "; ".join(judged_in_cluster(kafka_python(version)) for version in ("2.0.2", None))


def js():
    folder = CACHE / "js"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = process.run(["npm", "install", "--silent", "--no-audit", "--prefix", folder, "kafkajs@2.2.4", "kafkajs-snappy@1.1.0",
                            "zstd-codec@0.1.5"], 300)
        if done.returncode:
            raise AssertionError(f"npm install: {done.stderr.decode()[-600:]}")
        (folder / "installed").touch()
    return ["node", HERE / "kafkajs_client.js"], str(folder / "node_modules")


@cases.case
def kafkajs(*_):
    script, modules = js()
    return judged(script, NODE_PATH=modules)


@cases.case
def kafkajs_cluster(*_):
    script, modules = js()
    return judged_in_cluster(script, NODE_PATH=modules)


def fetch_kafka():
    if not all(process.run(["which", tool], 5).returncode == 0 for tool in ("javac", "mvn")):
        raise Skip("needs a JDK and Maven: apt-get install openjdk-17-jdk-headless maven")
    node.Kafka.fetch()


def java_client():
    fetch_kafka()
    return ["java", "-cp", f"{node.Kafka.home}/libs/*", HERE / "JavaClient.java"]


@cases.case
def java(*_):
    return judged(java_client())


@cases.case
def java_cluster(*_):
    return judged_in_cluster(java_client())


@cases.case
def java_tools(*_):
    fetch_kafka()
    return judged([sys.executable, HERE / "java_tools.py", node.Kafka.home / "libs"], 600)


@cases.case
def java_quorum(*_):
    """Controllers removed and added back by Kafka's own tool, under load."""
    fetch_kafka()
    return judged_in_cluster([sys.executable, HERE / "java_quorum.py", node.Kafka.home / "libs"])


if __name__ == "__main__":
    main(cases)
