"""The files of a bench: where they come from, which of them are taken, and further names for them.

A set is a folder of links below the cache, so that every contestant gets the same files and the corpus
itself is never written to. Links are hard where the file system allows it, symbolic elsewhere.
"""
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass

SEED = 1  # of the sample: the same corpus and count give the same files


@dataclass(frozen=True)
class FileSet:
    folder: str  # relative to the repository, as everything that ends up in committed text
    files: tuple  # (path relative to the repository, bytes), in path order

    @property
    def bytes(self):
        return sum(size for _, size in self.files)

    def list_file(self, root):
        """The paths as a file, each ended by NUL."""
        name = f"{self.folder}.list"
        with open(os.path.join(root, name), "wb") as out:
            out.writelines(os.fsencode(path) + b"\0" for path, _ in self.files)
        return name


def place_of(corpus):
    """(samples folder, CSV or None) of a corpus: the builder's layout, or a folder of files."""
    inner = os.path.join(corpus, "samples")
    folder = inner if os.path.isdir(inner) else corpus
    for beside in (folder, os.path.dirname(os.path.abspath(folder))):
        if os.path.isfile(os.path.join(beside, "samples.csv")):
            return folder, os.path.join(beside, "samples.csv")
    return folder, None


def build(root, dest):
    """The corpus of benches/corpus/build, made on first use; raises CalledProcessError."""
    if not os.path.exists(os.path.join(root, dest, "samples.csv")):
        print(f"bench: building the corpus in {dest}: 450 MB of downloads, five to ten minutes", file=sys.stderr)
        subprocess.run([sys.executable, "benches/corpus/build", dest], cwd=root, check=True, stdout=sys.stderr)
    return os.path.join(root, dest)


def files_below(folder):
    """(path, bytes) of every file, in path order; datasets beside the samples are none."""
    found = []
    for at, folders, names in os.walk(folder):
        folders.sort()
        paths = [os.path.join(at, name) for name in names if not (name.startswith("samples") and name.endswith(".csv"))]
        found += [(path, os.path.getsize(path)) for path in paths if os.path.isfile(path)]
    return sorted(found)


def spread(files, count):
    """`count` of `files`, evenly over their order of size: small and large in the corpus's own proportion."""
    if count >= len(files):
        return list(files)
    by_size = sorted(files, key=lambda file: (file[1], file[0]))
    start = random.Random(SEED).random()
    return sorted(by_size[int((start + step) * len(files) / count)] for step in range(count))


def linked(root, folder, source, files, copies=1):
    """A FileSet of links to `files` below `source`; a copy has its names under its own folder."""
    shutil.rmtree(os.path.join(root, folder), ignore_errors=True)
    made = []
    for copy in range(copies):
        under = folder if copies == 1 else os.path.join(folder, f"{copy + 1:03}")
        for path, size in files:
            name = os.path.join(under, os.path.relpath(path, source))
            link(os.path.realpath(path), os.path.join(root, name))
            made.append((name, size))
    return FileSet(folder, tuple(made))


def link(target, name):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    try:
        os.link(target, name)
    except OSError:  # another file system, or no hard links here
        os.symlink(target, name)


def warm(root, file_set):
    """Reads what every name leads to, so that no contestant pays for the disk."""
    buffer = bytearray(1 << 20)
    names = (os.path.join(root, path) for path, _ in file_set.files)
    inodes = {(status.st_dev, status.st_ino): name for name in names for status in [os.stat(name)]}
    for name in inodes.values():
        with open(name, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
