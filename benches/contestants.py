"""Who takes part: a list, as data. A contestant is a command over a set of files."""
import sys
from dataclasses import dataclass
from typing import Callable

from environment import BASELINE, CACHE, VENV_PYTHON

OUT = f"{CACHE}/out"
PROFILE = f"{CACHE}/profile.json"
UNIT = "openssl"
HEADLINE_WORKERS = 2


@dataclass(frozen=True)
class Contestant:
    name: str
    what: str
    command: Callable  # (job) -> argv
    needs: str | None = None  # of environment.MAKERS
    rounds: int | None = None  # at most so many, for the slow; None: every round
    sample_mb: int | None = None  # over so much of the corpus, for the very slow; None: all of it


@dataclass(frozen=True)
class Job:
    folder: str  # of the set
    list_file: str
    csv: str | None


def merc(job, *flags, workers=HEADLINE_WORKERS):
    return [*merc_on_terminal(job, workers), "--quiet", *flags]


def merc_on_terminal(job, workers=HEADLINE_WORKERS):
    labels = ["--csv", job.csv] if job.csv else ["--no-csv"]
    return ["node", "dist/cli.js", "run", job.folder, *labels, "--out", OUT, "--workers", str(workers)]


def rival(name, python=VENV_PYTHON):
    return lambda job: [python, "benches/rivals.py", name, job.list_file]


def strings(job):
    each = [f"xargs -0 strings -a {flags} < '{job.list_file}'" for flags in ("-n 4", "-n 4 -el")]
    return ["sh", "-c", " && ".join(each)]


CONTESTANTS = (
    Contestant(UNIT, "md5 + sha1 + sha256, one read: the unit", rival(UNIT, sys.executable)),
    Contestant("merc-classic", "merc run --only classic (headline A)", lambda job: merc(job, "--only", "classic")),
    Contestant("merc-full", "merc run, all default columns (headline B)", merc),
    Contestant("lief", "LIEF, PE.parse", rival("lief"), needs="venv"),
    Contestant("pefile-fast", "pefile, fast_load", rival("pefile-fast"), needs="venv"),
    Contestant("baseline", "plain Rust: goblin, RustCrypto, byte loops, JSON", lambda job: [BASELINE, job.list_file], needs="baseline", rounds=3),
    Contestant("strings", "GNU strings -n 4, then -n 4 -el", strings, needs="strings", rounds=3),
    Contestant("pefile", "pefile, everything", rival("pefile"), needs="venv", rounds=3, sample_mb=200),
    Contestant(
        "seed",
        "hashlib x3, Python entropy, libmagic, pefile, FLOSS regexes",
        rival("seed"),
        needs="libmagic",
        rounds=2,
        sample_mb=100,
    ),
)
