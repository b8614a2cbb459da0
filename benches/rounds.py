"""Runs entries round after round in an order that rotates, so that drift of the machine meets all alike.

Everything the bench measures is an entry: contestants, worker counts, growing sets, start-up.
"""
import json
import os
import shutil
import sys
from dataclasses import dataclass

import corpus_set
from contestants import OUT, PROFILE
from measure import Cost, cost_of


@dataclass(frozen=True)
class Entry:
    label: str
    argv: list
    file_set: corpus_set.FileSet | None = None  # None: nothing is read, as in start-up
    rounds: int | None = None  # at most so many
    watched: bool = True  # its memory too


@dataclass(frozen=True)
class Run:
    label: str
    round: int
    files: int
    bytes: int
    cost: Cost
    stages: dict | None  # CPU seconds by stage, where merc wrote them

    @property
    def per_gb(self):
        return self.cost.cpu / (self.bytes / 1e9)


def alternate(root, part, entries, rounds):
    """Every entry once a round; entry k opens round k."""
    runs = []
    for number in range(rounds):
        turn = number % len(entries)
        for entry in entries[turn:] + entries[:turn]:
            if entry.rounds is None or number < entry.rounds:
                print(f"bench: {part}, round {number + 1} of {rounds}: {entry.label} ", end="", file=sys.stderr, flush=True)
                run = measured(root, entry, number)
                print(f"{run.cost.cpu:.2f} CPU s", file=sys.stderr)
                runs.append(run)
    return runs


def measured(root, entry, number):
    clear_out(root)
    if entry.file_set:
        corpus_set.warm(root, entry.file_set)  # each time: whoever ran before may have given the pages back
    cost = cost_of(entry.argv, root, entry.watched)
    stages = profile_in(root)
    clear_out(root)
    files = entry.file_set.files if entry.file_set else ()
    return Run(entry.label, number, len(files), sum(size for _, size in files), cost, stages)


def clear_out(root):
    out = os.path.join(root, OUT)
    shutil.rmtree(out, ignore_errors=True)
    return out


def profile_in(root):
    """CPU seconds by stage that the last run wrote, none where it was not asked to."""
    path = os.path.join(root, PROFILE)
    try:
        with open(path) as file:
            return json.load(file)["stages"]
    except FileNotFoundError:
        return None
    finally:
        if os.path.exists(path):
            os.remove(path)


def of(runs, label):
    return [run for run in runs if run.label == label]
