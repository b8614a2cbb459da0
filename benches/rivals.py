"""The contestants that are Python: each works through a list of files once, and nothing more.

  rivals.py NAME LIST      LIST: paths, each ended by NUL

Where there is a choice, the one that favours the rival: a file is read once into a reused, page-aligned
buffer, results are made and thrown away. Ends with one line on standard error: files, and how many of
them the tool refused.
"""
import hashlib
import math
import mmap
import os
import re
import sys


def openssl(paths):
    """md5 + sha1 + sha256: the unit of the bench."""
    if type(hashlib.md5()).__module__ != "_hashlib":
        sys.exit("hashlib is not OpenSSL's here")
    buffer = mmap.mmap(-1, max(1, max(os.path.getsize(path) for path in paths)))
    view = memoryview(buffer)
    for path in paths:
        data = view[: read(path, view)]
        for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
            digest(data).hexdigest()
        yield True


def read(path, view):
    """Fills `view` with a file; returns its length."""
    length = 0
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(view[length:]):
            length += count
    return length


def pefile_full(paths):
    import pefile

    for path in paths:
        yield parsed_by_pefile(pefile, path, fast_load=False)


def pefile_fast(paths):
    import pefile

    for path in paths:
        yield parsed_by_pefile(pefile, path, fast_load=True)


def parsed_by_pefile(pefile, path, fast_load):
    try:
        pefile.PE(path, fast_load=fast_load).close()
    except (pefile.PEFormatError, ValueError):  # ValueError: it maps the file, and an empty one cannot be
        return False
    return True


def lief(paths):
    import lief

    lief.logging.disable()
    for path in paths:
        yield lief.PE.parse(path) is not None


def seed(paths):
    """The steps of the system that merc replaces: each library by itself over each file."""
    import magic
    import pefile

    libmagic = magic.Magic()
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
            digest(data).hexdigest()
        entropy(data)
        libmagic.from_buffer(data)
        floss_strings(data)
        yield parsed_by_pefile(pefile, path, fast_load=False)


def entropy(data):
    counts = [0] * 256
    for byte in data:
        counts[byte] += 1
    return -sum(count / len(data) * math.log2(count / len(data)) for count in counts if count)


ASCII = re.compile(rb"[\x20-\x7e\t]{4,}")
UTF16LE = re.compile(rb"(?:[\x20-\x7e\t]\x00){4,}")


def floss_strings(data):
    found = [(run.group().decode("ascii"), run.start(), "ASCII") for run in ASCII.finditer(data)]
    return found + [(run.group().decode("utf-16-le"), run.start(), "UTF-16LE") for run in UTF16LE.finditer(data)]


RIVALS = {"openssl": openssl, "pefile": pefile_full, "pefile-fast": pefile_fast, "lief": lief, "seed": seed}


def main():
    name, list_file = sys.argv[1:]
    with open(list_file, "rb") as file:
        paths = [os.fsdecode(path) for path in file.read().split(b"\0") if path]
    outcomes = list(RIVALS[name](paths))
    print(f"{len(outcomes)} files, {outcomes.count(False)} refused", file=sys.stderr)


if __name__ == "__main__":
    main()
