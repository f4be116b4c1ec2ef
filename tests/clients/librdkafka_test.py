"""The librdkafka program idempotent.cpp (named by TROUPE_IDEMPOTENT) against one node, codec by codec."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support_py"))
import node  # noqa: E402
import process  # noqa: E402
from report import Cases, check, main  # noqa: E402

cases = Cases("librdkafka")
PROGRAM = os.environ.get("TROUPE_IDEMPOTENT", str(node.ROOT / "build/release/tests/clients/client-idempotent"))


def _produced_and_consumed(broker, codec, partitions, messages):
    topic = broker.create_topic(f"rd-{codec}-{partitions}", partitions)
    done = process.run([PROGRAM, "run", "--broker", broker.address, "--topic", topic, "--partitions", str(partitions),
                        "--messages", str(messages), "--codec", codec], 120)
    said = done.stdout.decode() + done.stderr.decode()[-500:]
    check(done.returncode == 0 and f" {messages} messages" in said, said)
    return said


@cases.case
def idempotent_many_partitions(broker):
    return _produced_and_consumed(broker, "none", 64, 50_000)


@cases.case
def idempotent_one_partition(broker):
    return _produced_and_consumed(broker, "none", 1, 20_000)


@cases.case
def idempotent_compressed(broker):
    return "; ".join(_produced_and_consumed(broker, codec, 8, 10_000) for codec in ("gzip", "snappy", "lz4", "zstd"))


@cases.case
def producer_ids_are_never_given_twice(broker):
    seen = []
    for _ in range(2):
        with broker.connect() as c:
            for _ in range(50):
                # A Kafka that has just started asks to come again.
                error, producer, epoch = process.wait_until(lambda: (a := c.init_producer_id())[0] not in (14, 15) and a, 20,
                                                            "a producer id", 0.1)
                check(error == 0 and epoch == 0 and producer >= 0, f"error {error}, id {producer}, epoch {epoch}")
                seen.append(producer)
        broker.kill()
        broker.start()
    check(len(set(seen)) == len(seen), "a producer id came twice, over a kill -9")


if __name__ == "__main__":
    with node.broker(process.workdir("librdkafka")) as started:
        main(cases, started)
