"""What the contestants need and the bench makes itself: a venv, the Rust baseline. Both on first use,
below the cache; a rival that cannot be had is left out with the reason, never silently.
"""
import os
import shutil
import subprocess
import sys

CACHE = "node_modules/.cache/merc-bench"
REQUIREMENTS = "benches/requirements.txt"
BASELINE = f"{CACHE}/baseline/release/merc-baseline"
VENV_PYTHON = f"{CACHE}/venv/bin/python"


def prepared(root, needs):
    """Need to the reason why it cannot be met; empty where all is there."""
    missing = {}
    for need in sorted(needs):
        reason = MAKERS[need](root)
        if reason is not None:
            missing[need] = reason
    return missing


def make_venv(root):
    """As test/run.js does for the oracle: made anew whenever the pinned list has changed."""
    with open(os.path.join(root, REQUIREMENTS)) as file:
        wanted = file.read()
    installed = os.path.join(root, CACHE, "venv", "installed.txt")
    if os.path.exists(installed) and open(installed).read() == wanted:
        return None
    print("bench: installing the Python rivals", file=sys.stderr)
    if not quiet(sys.executable, "-c", "import venv, ensurepip"):
        return "python3 with venv is not installed"
    made = quiet(sys.executable, "-m", "venv", f"{CACHE}/venv", cwd=root)
    if not made or not quiet(VENV_PYTHON, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS, cwd=root):
        return "the Python packages could not be installed"
    with open(installed, "w") as file:
        file.write(wanted)
    return None


def make_libmagic(root):
    return make_venv(root) or (None if quiet(VENV_PYTHON, "-c", "import magic", cwd=root) else "libmagic is not installed")


def make_baseline(root):
    if shutil.which("cargo") is None:
        return "cargo is not installed"
    if not os.path.exists(os.path.join(root, BASELINE)):
        print("bench: building the Rust baseline", file=sys.stderr)
    target = {**os.environ, "CARGO_TARGET_DIR": os.path.join(root, CACHE, "baseline")}
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", "benches/baseline/Cargo.toml"]
    return None if quiet(*command, cwd=root, env=target) else "the baseline crate could not be built"


def find_strings(root):
    return None if shutil.which("strings") and shutil.which("xargs") else "GNU strings is not installed"


MAKERS = {"venv": make_venv, "libmagic": make_libmagic, "baseline": make_baseline, "strings": find_strings}


def quiet(*argv, **how):
    """True where the program exits 0; what it says goes to standard error."""
    return subprocess.run(argv, stdout=sys.stderr, **how).returncode == 0
