"""Named checks for a client's script: a line for each, exit code 1 if one failed or none ran."""
import sys
import time
import traceback


class Checks:
    def __init__(self):
        self.done = self.failed = 0

    def run(self, name, function):
        try:
            function()
            print(f"ok {name}", flush=True)
        except Exception as error:
            traceback.print_exc()
            print(f"FAILED {name}: {type(error).__name__}: {' '.join(str(error).split())[:300]}", flush=True)
            self.failed += 1
        self.done += 1

    def end(self):
        sys.exit(1 if self.failed or not self.done else 0)


def same(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: got {got!r:.300}, want {want!r:.300}")


def raises(kind, function, *words):
    """The call must fail with that kind of error (or one whose text holds a word)."""
    try:
        function()
    except kind as error:
        text = f"{type(error).__name__} {error}"
        if words and not any(w in text for w in words):
            raise AssertionError(f"another error than {words}: {text}") from error
        return error
    raise AssertionError("no error")


def eventually(function, deadline_s=10):
    end = time.monotonic() + deadline_s
    while not function():
        if time.monotonic() > end:
            raise AssertionError("not within the deadline")
        time.sleep(0.05)
