"""Named cases, run one after the other, with a line for each and a verdict that a machine can read."""
import sys
import time
import traceback


class Skip(Exception):
    """The machine lacks what the case needs; says what."""


class Cases:
    def __init__(self, title):
        self.title, self.cases, self.rows = title, [], []

    def case(self, function):
        """Decorator: registers a case named after the function, described by its docstring."""
        self.cases.append(function)
        return function

    def run(self, *args, only=()):
        chosen = [c for c in self.cases if not only or any(word in c.__name__ for word in only)]
        for case in chosen:
            began = time.monotonic()
            try:
                note = case(*args) or ""
                result = "ok"
            except Skip as skip:
                result, note = "SKIPPED", str(skip)
            except Exception as error:  # every failure becomes a row; the trace goes to stderr
                traceback.print_exc()
                result, note = "FAILED", f"{type(error).__name__}: {error}"
            self.row(case.__name__, result, time.monotonic() - began, note)
        return self.finish()

    def row(self, name, result, seconds, note=""):
        note = " ".join(str(note).split())
        self.rows.append((name, result, seconds, note))
        print(f"{result:8} {self.title}/{name}  {seconds:.1f} s  {note[:300]}", flush=True)

    def finish(self):
        """Prints the summary; 0 if all passed, 1 if any failed or none ran."""
        count = lambda what: sum(r[1] == what for r in self.rows)
        for name, result, _, note in self.rows:
            if result != "ok":
                print(f"  {result}: {name}: {note}")
        print(f"{count('ok')} passed, {count('FAILED')} failed, {count('SKIPPED')} skipped", flush=True)
        return 0 if count("ok") and not count("FAILED") else 1


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def check_equal(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: got {str(got)[:600]!r}, want {str(want)[:600]!r}")


def main(cases, *args):
    sys.exit(cases.run(*args, only=sys.argv[1:]))
