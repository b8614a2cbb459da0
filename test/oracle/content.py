"""What the bytes of a file say, whatever it is: hashes, entropy, histogram, strings, magic.

Written from the definitions, with hashlib, re and libmagic; nothing here knows the PE format.
"""
import hashlib
import math
import os
import re
from collections import Counter

try:
    import magic
except ImportError:  # python-magic raises it too where libmagic itself is missing
    magic = None

LIBMAGIC = 544  # as libmagic numbers itself: the version whose texts are to be met

# FLOSS's rule: runs of at least four printable characters or tabs, greedy, left to right.
ASCII = re.compile(rb"[\x20-\x7e\t]{4,}")
UTF16LE = re.compile(rb"(?:[\x20-\x7e\t]\x00){4,}")


def hashes(data):
    return {
        "file_size": len(data),
        "md5": hashlib.md5(data).hexdigest(),
        "sha1": hashlib.sha1(data).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def statistics(data):
    counts = Counter(data)
    entropy = -sum(n / len(data) * math.log2(n / len(data)) for n in counts.values())
    return {"entropy": entropy + 0.0, "byte_histogram": [counts[value] for value in range(256)]}


def strings(data):
    """Counts and digests: all ASCII strings, then all UTF-16LE strings, each in file order."""
    ascii_runs = [(run.start(), run.group()) for run in ASCII.finditer(data)]
    wide_runs = [(run.start(), run.group()[::2]) for run in UTF16LE.finditer(data)]
    runs = ascii_runs + wide_runs
    return {
        "strings.count_ascii": len(ascii_runs),
        "strings.count_wide": len(wide_runs),
        "strings.text_sha256": hashlib.sha256(b"\n".join(text for _, text in runs)).hexdigest(),
        "strings.offsets_sha256": hashlib.sha256(b"\n".join(b"%d" % at for at, _ in runs)).hexdigest(),
        "string_count_ascii": len(ascii_runs),
        "string_count_wide": len(wide_runs),
        "string_bytes": sum(len(text) for _, text in runs),
    }


def magic_skip_reason():
    """Why magic cannot be compared here, or None."""
    if magic is None:
        return "python-magic or libmagic is not installed"
    if magic.version() != LIBMAGIC:
        return f"libmagic is {magic.version() / 100:.2f}, its texts are known for {LIBMAGIC / 100:.2f}"
    return None


def magic_text(path):
    """libmagic's whole text of a file."""
    return magic.from_file(os.path.realpath(path))  # libmagic describes a link, merc what it leads to
