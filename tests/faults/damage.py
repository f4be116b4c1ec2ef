"""Bits that flip in the files of a stopped node: reported with file and offset, never served, nothing else dropped."""
import pathlib
import random
import re
import shutil

import load
import node
import process
from report import Cases, check, check_equal

cases = Cases("damage")
PARTITIONS = 4
SETTINGS = {"log_segment_bytes": "1MiB", "journal_file_bytes": "32MiB", "journal_files": 3}


class Specimen:
    """A data directory with several segments in each partition, and every batch that it holds."""

    def __init__(self, name, killed):
        self.folder = pathlib.Path(process.workdir(name))
        self.broker = node.Node(self.folder, data=self.folder / "data", settings=SETTINGS)
        try:
            self.broker.start()
            self.broker.create_topic(load.TOPIC, PARTITIONS)
            writers = load.Writers(self.broker, self.folder / "journals", partitions=PARTITIONS, rate=6000)
            writers.wait_for(25_000)
            writers.end()
            if not killed:  # all that it has is in the segments
                self.broker.stop()
                self.broker.start()
            with self.broker.connect() as c:
                self.batches = {p: c.fetch_all(load.TOPIC, p) for p in range(PARTITIONS)}
            if killed:
                self.broker.kill()
            else:
                check_equal(self.broker.stop(), 0, "exit code")
        except BaseException:
            self.broker.kill()
            raise
        shutil.copytree(self.broker.data, self.folder / "intact")

    def restore(self):
        self.broker.kill()
        shutil.rmtree(self.broker.data)
        shutil.copytree(self.folder / "intact", self.broker.data)

    def files(self, pattern):
        found = sorted(p for p in self.broker.data.rglob("*") if p.is_file() and re.search(pattern, str(p.relative_to(self.broker.data))))
        check(found, f"no file matches {pattern} among {[str(p.relative_to(self.broker.data)) for p in self.broker.data.rglob('*')]}")
        return found

    def any_in_a_segment(self, dice):
        """A batch (partition, batch, file, position) that has left the journal."""
        while True:
            partition = dice.randrange(PARTITIONS)
            batch = dice.choice(self.batches[partition])
            holders = [(p, at) for p in self.files(r"^topics/.*\.log$") if (at := position_of(p, batch.raw)) is not None]
            check(len(holders) < 2, f"batch {partition}:{batch.base_offset} is in {len(holders)} segment files")
            if holders:
                return partition, batch, *holders[0]

    def verify_reports(self, path, position, slack):
        """`troupe log verify` must name the file and a position near the flipped bit."""
        done = self.broker.tool("log", "verify", self.broker.data, deadline_s=60)
        said = (done.stdout + done.stderr).decode(errors="replace")
        check(done.returncode != 0, f"log verify finds nothing wrong with {path.name} flipped at {position}: {said[-600:]}")
        named = [line for line in said.splitlines() if path.name in line]
        check(named, f"log verify does not name {path}: {said[-1000:]}")
        near = [n for line in named for n in map(int, re.findall(r"\b\d+\b", line.replace(str(path), "")))
                if position - slack <= n <= position + slack]
        check(near, f"log verify names no position near {position} of {path.name}: {named[:3]}")
        return named[0].strip()

    def served(self):
        """Reads everything as a client would. Returns the batches that are refused; any wrong byte is an AssertionError."""
        refused = []
        with self.broker.connect() as c:
            for partition, wanted in self.batches.items():
                by_offset = {b.base_offset: b for b in wanted}
                offset, end = wanted[0].base_offset, wanted[-1].next_offset
                while offset < end:
                    error, _, got = c.fetch(load.TOPIC, partition, offset)
                    for b in got:
                        check(b.base_offset in by_offset and b.raw == by_offset[b.base_offset].raw,
                              f"{partition}:{b.base_offset}: other bytes than were written")
                    if got:
                        offset = got[-1].next_offset
                        continue
                    check(error, f"{partition}:{offset}: neither data nor an error")
                    at = next(b for b in wanted if b.base_offset <= offset < b.next_offset)
                    refused.append((partition, at, error))
                    offset = at.next_offset
        return refused


def position_of(path, raw):
    """Where a batch lies in a file: its bytes behind base offset, length and epoch do not change on the way."""
    found = path.read_bytes().find(raw[16:])
    return None if found < 0 else found - 16


def flip(path, position, bit=3):
    with open(path, "r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ (1 << bit)]))


@cases.case
def a_bit_in_a_segment():
    """In the header, the middle and the end of batches of every age."""
    dice = random.Random(3)
    specimen = Specimen("segment", killed=False)
    told = []
    for _ in range(8):
        partition, batch, path, start = specimen.any_in_a_segment(dice)
        position = start + dice.choice((9, 17, 30, 61, len(batch.raw) // 2, len(batch.raw) - 1))
        flip(path, position, dice.randrange(8))
        told.append(specimen.verify_reports(path, position, len(batch.raw)))
        specimen.broker.start()
        refused = specimen.served()
        check_equal([(p, b.base_offset) for p, b, _ in refused], [(partition, batch.base_offset)], "batches that are refused")
        check(path.name in specimen.broker.log_text(), f"the node's log does not name {path.name}")
        specimen.restore()
    return told[0]


@cases.case
def a_bit_in_an_index():
    """An index is worth nothing in itself: it is made again, and every record is served."""
    specimen = Specimen("index", killed=False)
    dice = random.Random(4)
    told = ""
    for path in [p for p in specimen.files(r"index$") if p.stat().st_size][:4]:
        position = dice.randrange(path.stat().st_size)
        flip(path, position)
        told = specimen.verify_reports(path, position, path.stat().st_size)
        specimen.broker.start()
        check_equal(specimen.served(), [], "batches that are refused")
        specimen.restore()
    return told


@cases.case
def a_bit_in_the_journal():
    """After kill -9 the journal holds what no segment has: a flipped bit is rot, told apart from a torn end."""
    specimen = Specimen("journal", killed=True)
    dice = random.Random(5)
    told = ""
    for _ in range(6):
        partition = dice.randrange(PARTITIONS)
        batch = dice.choice(specimen.batches[partition][-20:-5])
        holders = [(p, at) for p in specimen.files(r"journal") if (at := position_of(p, batch.raw)) is not None]
        if not holders:
            continue
        path, start = holders[-1]
        flip(path, start + len(batch.raw) // 2)
        told = specimen.verify_reports(path, start + len(batch.raw) // 2, 8 << 20)
        specimen.broker.launch()
        ended = wait_for_end_or_answer(specimen.broker)
        check(path.name in specimen.broker.log_text(), f"the node's log does not name {path.name}: {specimen.broker.log_text()[-800:]}")
        if not ended:
            lost = [(p, b.base_offset) for p, b, _ in specimen.served()]
            in_segments = any(position_of(p, batch.raw) is not None for p in specimen.files(r"^topics/.*\.log$"))
            check(set(lost) <= {(partition, batch.base_offset)} or not in_segments and lost, f"refused: {lost}")
        specimen.restore()
    check(told, "no batch was found in the journal")
    return told


def wait_for_end_or_answer(broker):
    """True if the node ended by itself, and then with an error; False if it serves."""
    def state():
        if broker.process.poll() is not None:
            return "ended"
        return "answers" if broker.answers() else None
    if process.wait_until(state, 20, "the node to start or to refuse") == "answers":
        return False
    check(broker.process.returncode > 0, f"it ended with {broker.process.returncode}")
    return True


@cases.case
def a_bit_in_the_checkpoint():
    """What only makes a start quicker may be wrong: it is told, and every record is served."""
    specimen = Specimen("checkpoint", killed=False)
    told = ""
    for path in specimen.files(r"checkpoint"):
        if not path.stat().st_size:
            continue
        flip(path, path.stat().st_size // 2)
        told = specimen.verify_reports(path, path.stat().st_size // 2, path.stat().st_size)
        specimen.broker.launch()
        if not wait_for_end_or_answer(specimen.broker):
            check_equal(specimen.served(), [], "batches that are refused")
        if path.name == "checkpoint":  # the older one is looked at only if that is missing
            check("checkpoint" in specimen.broker.log_text(), "the node's log does not name it")
        specimen.restore()
    return told


@cases.case
def a_bit_in_the_metadata():
    """The cluster's own log: a node that cannot trust it does not start, and says where."""
    specimen = Specimen("metadata", killed=False)
    told = ""
    for path in specimen.files(r"(metadata|raft|cluster)[^/]*/"):
        if path.stat().st_size < 64:
            continue
        written = [at for at, byte in enumerate(path.read_bytes()) if byte]  # the rest is padding
        position = written[len(written) // 2]
        flip(path, position)
        told = specimen.verify_reports(path, position, path.stat().st_size)
        specimen.broker.launch()
        if not wait_for_end_or_answer(specimen.broker):
            check_equal(specimen.served(), [], "batches that are refused")
        check(path.name in specimen.broker.log_text(), f"the node's log does not name {path.name}")
        specimen.restore()
    return told


@cases.case
def a_file_that_is_cut_off():
    """Half a segment is gone: nothing wrong is served of it, and all that other files hold is."""
    specimen = Specimen("cut", killed=False)
    path = max(specimen.files(r"^topics/.*\.log$"), key=lambda p: p.stat().st_size)
    content = path.read_bytes()
    with open(path, "r+b") as file:
        file.truncate(len(content) // 2)
    done = specimen.broker.tool("log", "verify", specimen.broker.data)
    said = (done.stdout + done.stderr).decode(errors="replace")
    check(done.returncode != 0 and path.name in said, f"log verify: exit {done.returncode}: {said[-600:]}")
    specimen.broker.launch()
    if wait_for_end_or_answer(specimen.broker):
        return "refused to start"
    in_file = {(p, b.base_offset): at - 16 + len(b.raw) for p, found in specimen.batches.items() for b in found
               if (at := content.find(b.raw[16:])) >= 0}
    gone = {place for place, end in in_file.items() if end > len(content) // 2}
    refused = {(p, b.base_offset) for p, b, _ in specimen.served()}
    check(path.name in specimen.broker.log_text(), f"the node's log does not name {path.name}")
    specimen.restore()
    check_equal(refused - set(in_file), set(), "batches refused that other files hold")
    check(gone <= refused, "a batch was served that is not there")
    return f"{len(refused)} batches of that file are refused, {len(gone)} of them are gone"
