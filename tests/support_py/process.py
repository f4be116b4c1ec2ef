"""Processes under a deadline: started with their own log, found out about through /proc, and never left behind."""
import atexit
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_running = []


class DeadlineExceeded(AssertionError):
    """Something took longer than it may."""


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def launch(argv, log_path, env=None, cwd=None, stdin=subprocess.DEVNULL):
    """Starts `argv` in the background; output goes to `log_path` (appended). It dies with this process."""
    with open(log_path, "ab") as log:
        process = subprocess.Popen(list(map(str, argv)), stdout=log, stderr=subprocess.STDOUT, stdin=stdin, cwd=cwd,
                                   env={**os.environ, **(env or {})}, preexec_fn=_die_with_parent)
    _running.append(process)
    return process


def run(argv, deadline_s=30, input=None, env=None, cwd=None):
    """Runs `argv` to its end; returns CompletedProcess with bytes. Kills it and raises at the deadline."""
    try:
        return subprocess.run(list(map(str, argv)), input=input, capture_output=True, timeout=deadline_s, cwd=cwd,
                              stdin=subprocess.DEVNULL if input is None else None,
                              env={**os.environ, **(env or {})}, preexec_fn=_die_with_parent)
    except subprocess.TimeoutExpired as late:
        out = (late.stdout or b"")[-2000:] + (late.stderr or b"")[-2000:]
        raise DeadlineExceeded(f"{' '.join(map(str, argv))}: not done after {deadline_s} s; it said: "
                               f"{out.decode(errors='replace')}") from None


def wait_until(predicate, deadline_s, what, step_s=0.01):
    """Calls `predicate` until it is true; returns its value."""
    end = time.monotonic() + deadline_s
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise DeadlineExceeded(f"{what}: not within {deadline_s} s")
        time.sleep(step_s)


def free_port():
    """A port that nobody listens on, below the range that the system gives to outgoing connections."""
    low, high = map(int, os.environ.get("TROUPE_TEST_PORTS", "20000-29999").split("-"))
    for _ in range(1000):
        port = random.randint(low, high)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError(f"no free port in {low}-{high}")


def cpu_seconds(pid):
    """User and system time that the process has used so far."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_bytes(pid, key="VmRSS"):
    """Resident memory now (VmRSS) or at its highest (VmHWM)."""
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
    return 0


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def workdir(name):
    """A temporary folder, removed at exit unless TROUPE_KEEP is set."""
    path = tempfile.mkdtemp(prefix=f"troupe-{name}-")
    if not os.environ.get("TROUPE_KEEP"):
        atexit.register(shutil.rmtree, path, True)
    return path


@atexit.register
def _end_all():
    for process in _running:
        if process.poll() is None:
            process.kill()
            process.wait()
