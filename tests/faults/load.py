"""Writers beside a broker that dies, and the verdict afterwards. Shared by the modules of this folder."""
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support_py"))
import node  # noqa: E402
import process  # noqa: E402

PROGRAMS = pathlib.Path(os.environ.get("TROUPE_FAULTS_PROGRAMS", node.ROOT / "build/release/tests/faults"))
TOPIC = "faults"


class Writers:
    """Idempotent producers with journals of what was acknowledged; they outlive every broker at the same address."""

    def __init__(self, broker, folder, partitions=8, writers=3, rate=1500, timeout_ms=120_000):
        self.broker, self.folder, self.partitions, self.timeout_ms = broker, pathlib.Path(folder), partitions, timeout_ms
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count = writers
        self.log = self.folder / "writers.log"
        self.process = process.launch([str(PROGRAMS / "faults-writer"), "run", "--broker", broker.address, "--topic", TOPIC,
                                       "--partitions", str(partitions), "--journals", str(folder), "--writers", str(writers),
                                       "--rate", str(rate), "--timeout-ms", str(timeout_ms)], self.log)

    @property
    def journals(self):
        return [self.folder / f"{i}.journal" for i in range(self.count)]

    def acknowledged(self):
        """Records acknowledged so far, give or take some milliseconds."""
        return sum(max(0, j.stat().st_size - 32) // 16 for j in self.journals if j.exists())

    def check_alive(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the writers ended with {self.process.returncode}: {self.log.read_text()[-1500:]}")

    def wait_for(self, more, deadline_s=20):
        """Until so many more records are acknowledged."""
        goal = self.acknowledged() + more
        process.wait_until(lambda: self.acknowledged() >= goal or self.check_alive(), deadline_s,
                           f"{more} more acknowledged records")

    def end(self, failures_allowed=False):
        """No new records; waits until what is on its way is answered."""
        self.check_alive()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(self.timeout_ms / 1000 + 30)
        said = self.log.read_text()
        if self.process.returncode or not failures_allowed and said.count(" 0 failed") != self.count:
            raise AssertionError(f"writers: exit {self.process.returncode}: {said[-1500:]}")
        return said

    def verify(self, damaged="", deadline_s=120):
        """Reads everything back; the verifier's summary, or AssertionError with what is wrong."""
        args = [str(PROGRAMS / "faults-verifier"), "run", "--broker", self.broker.address, "--topic", TOPIC, "--journals",
                ",".join(map(str, self.journals)), "--deadline-s", str(deadline_s)]
        done = process.run(args + (["--damaged", damaged] if damaged else []), deadline_s + 60)
        said = done.stdout.decode() + done.stderr.decode()[-500:]
        if done.returncode:
            raise AssertionError(said[-3000:])
        return said.strip().splitlines()[-1]
