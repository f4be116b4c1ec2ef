#!/usr/bin/env python3
"""Stands where the suite looks for Kafka's shell tool: --create of a topic is all that its tests here ask of it.

  kafka-topics.sh --bootstrap-server HOST:PORT --create --topic T [--partitions N] [--replication-factor N] [--config K=V]...
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support_py"))
import wire  # noqa: E402


def main(given):
    if "--create" not in given:
        return f"only --create is done here, not {' '.join(given)}"
    given.remove("--create")
    pairs = list(zip(given[::2], given[1::2]))
    options = dict(pairs)
    configs = dict(value.split("=", 1) for key, value in pairs if key == "--config")
    with wire.Connection(int(options["--bootstrap-server"].rsplit(":", 1)[1]), 20) as c:
        error = c.create_topic(options["--topic"], int(options.get("--partitions", 1)), configs,
                               int(options.get("--replication-factor", 1)))
    return f"error {error}" if error else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
