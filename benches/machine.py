"""What the figures depend on: the processor, its flags, the version of everything that ran."""
import json
import os
import platform
import re
import shutil
import subprocess
import sys

FLAGS = re.compile(r"^(sse4_2|avx2|avx512\w*|sha_ni|vaes|bmi2|asimd|sha1|sha2|sha3)$")  # x86 and aarch64


def processor():
    """Model name, family numbers and the flags that decide which code runs."""
    fields = {}
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            key, _, value = line.partition(":")
            fields.setdefault(key.strip(), value.strip())
    flags = fields.get("flags", fields.get("Features", "")).split()
    return {
        "model": fields.get("model name", platform.machine()),
        "family": "/".join(fields.get(key, "?") for key in ("cpu family", "model", "stepping")),
        "flags": sorted(flag for flag in flags if FLAGS.match(flag)),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
    }


def name_of(cpu):
    """The processor as part of a folder's name: intel-xeon-6-143-8."""
    words = re.sub(r"\((R|TM)\)|processor|cpu|@.*", " ", cpu["model"], flags=re.IGNORECASE)
    return "-".join(re.findall(r"[a-z0-9]+", f"{words} {cpu['family'].replace('?', '')}".lower()))


def versions(root, venv_python):
    """Name to version; what is not there is left out."""
    merc = merc_version(root)
    openssl = "import _ssl; print(_ssl.OPENSSL_VERSION)"
    packages = "import lief, magic, pefile; print(lief.__version__, magic.version() / 100, pefile.__version__)"
    libraries = (said(venv_python, "-c", packages) or "").split() if venv_python else []
    found = {
        "merc": f"{merc['merc']}, commit {commit(root)}, CPU path {merc['cpu_path']}",
        "node": said("node", "--version"),
        "Python": platform.python_version(),
        "OpenSSL (hashlib)": said(sys.executable, "-c", openssl),
        **dict(zip(("LIEF", "libmagic", "pefile"), libraries)),
        "GNU strings": said("strings", "--version"),
        "rustc": said("rustc", "--version"),
    }
    return {name: version for name, version in found.items() if version}


def merc_version(root):
    return json.loads(said("node", os.path.join(root, "dist/cli.js"), "--version", "--json"))


def commit(root):
    head = said("git", "-C", root, "rev-parse", "--short", "HEAD")
    changed = said("git", "-C", root, "status", "--porcelain", "--untracked-files=no")
    return f"{head or 'unknown'}{' with changes' if changed else ''}"


def load():
    """Others' work on this machine, as the load average of the last minute."""
    return os.getloadavg()[0]


def said(*argv):
    """First line of a program's output; None where it is not there or fails."""
    if shutil.which(argv[0]) is None:
        return None
    ran = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = ran.stdout.strip().splitlines()
    return lines[0] if ran.returncode == 0 and lines else None
