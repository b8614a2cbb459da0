#!/usr/bin/env python3
"""What one run of a program costs: CPU seconds, wall time, peak memory of its whole process tree.

  measure.py [--unwatched] PROGRAM [ARG...]      runs it, prints one line of JSON

Unwatched, its memory is not sampled: where wall time counts and all cores are taken, that is in the way.

Called as a program of its own, since the kernel adds up children per process: the wrapper's own work
(sampling memory) is not in the sum, and workers that outlive their parent are handed to it and counted.
"""
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

SAMPLE_SECONDS = 0.1
ORPHAN_SECONDS = 10  # what still runs then, after the program itself has ended, is killed
PR_SET_CHILD_SUBREAPER = 36
UNWATCHED = "--unwatched"


@dataclass(frozen=True)
class Cost:
    user: float  # seconds, with all children
    system: float
    wall: float
    peak: int  # bytes: highest sum of PSS over the tree
    samples: int  # times it was looked at; a run shorter than one step is seen once or twice
    exit: int
    said: str  # last line of standard error

    @property
    def cpu(self):
        return self.user + self.system


class RunFailed(Exception):
    """A program that was to be measured did not end well."""


# Node 20 parses the certificates that this names at each start, 30 ms of CPU that are the machine's setting and not merc's.
NOT_MEASURED = {"NODE_EXTRA_CA_CERTS"}


def cost_of(argv, root, watched=True):
    """Runs `argv` in `root` and returns its Cost; RunFailed unless it exits 0. Unwatched it has no peak."""
    env = {name: value for name, value in os.environ.items() if name not in NOT_MEASURED}
    how = [] if watched else [UNWATCHED]
    wrapped = subprocess.run([sys.executable, os.path.abspath(__file__), *how, *argv], cwd=root, env=env, stdout=subprocess.PIPE, text=True)
    if wrapped.returncode != 0:
        raise RunFailed(f"{argv[0]}: could not be measured")
    cost = Cost(**json.loads(wrapped.stdout))
    if cost.exit != 0:
        raise RunFailed(f"{' '.join(argv)}: exit {cost.exit}: {cost.said}")
    return cost


def tree_below(pid):
    """Process ids of all that descends from `pid`, itself left out."""
    found = [pid]
    for parent in found:
        try:
            for thread in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{thread}/children") as children:
                    found += [int(child) for child in children.read().split()]
        except OSError:  # it has ended meanwhile
            pass
    return found[1:]


def pss(pids):
    """Sum of their proportional set sizes in bytes: shared pages count once over the tree."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as lines:
                total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
        except OSError:
            pass
    return total


class Sampler(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.peak = self.samples = 0
        self.ended = threading.Event()

    def run(self):
        while True:
            self.peak = max(self.peak, pss(tree_below(os.getpid())))
            self.samples += 1
            if self.ended.wait(SAMPLE_SECONDS):
                return


def reap_orphans():
    deadline = time.monotonic() + ORPHAN_SECONDS
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            if time.monotonic() > deadline:
                for orphan in tree_below(os.getpid()):
                    os.kill(orphan, signal.SIGKILL)
            time.sleep(0.01)


def main(argv):
    watched = argv[0] != UNWATCHED
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)  # a shim that became this program leaves its own
    with tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        program = subprocess.Popen(argv if watched else argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        sampler = Sampler()
        if watched:
            sampler.start()
        code = program.wait()
        wall = time.monotonic() - started
        sampler.ended.set()
        reap_orphans()
        if watched:
            sampler.join()
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    user, system = used.ru_utime - before.ru_utime, used.ru_stime - before.ru_stime
    cost = Cost(user, system, wall, sampler.peak, sampler.samples, code, said[-1] if said else "")
    print(json.dumps(vars(cost)))


if __name__ == "__main__":
    main(sys.argv[1:])
