"""Flags, checked before anything runs: a mistake is one line and exit 2."""
import argparse
import os

import corpus_set
from contestants import CONTESTANTS


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"bench: {message.removeprefix('argument ')}\n")


def options(argv):
    parser = Parser(prog="npm run bench --", description="Measure merc and its rivals over the same files.", allow_abbrev=False)
    parser.add_argument("--corpus", metavar="DIR", help="folder of PE files; without it benches/corpus/build makes one")
    parser.add_argument("--csv", metavar="FILE", help="dataset with labels (default: samples.csv in or beside DIR)")
    parser.add_argument("--files", metavar="N", type=count, help="only N files, evenly over the order of size")
    parser.add_argument("--runs", metavar="N", type=count, default=5, help="rounds (default: 5)")
    parser.add_argument("--only", metavar="NAME,...", type=names, default=CONTESTANTS, help=", ".join(c.name for c in CONTESTANTS))
    parser.add_argument("--workers", metavar="N,...", type=workers, default=(), help="scaling: merc with 1,2,n workers; n is all cores")
    parser.add_argument("--workers-over", metavar="N,...", type=counts, default=(1,), help="over the corpus 1,4 times (default: 1): a run's start and end do not scale")
    parser.add_argument("--growth", metavar="N,...", type=counts, default=(), help="growth: the corpus 1,4,16 times, through links")
    parser.add_argument("--save", action="store_true", help="write the result below benches/runs")
    chosen = parser.parse_args(argv)
    if chosen.csv and not chosen.corpus:
        parser.error("--csv goes with --corpus")
    if chosen.csv and not os.path.isfile(chosen.csv):
        parser.error(f"--csv {chosen.csv}: no such file")
    if chosen.corpus and not os.path.isdir(chosen.corpus):
        parser.error(f"--corpus {chosen.corpus}: no such folder")
    if chosen.corpus and not corpus_set.files_below(corpus_set.place_of(chosen.corpus)[0]):
        parser.error(f"--corpus {chosen.corpus}: no files in it")
    return chosen


def count(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def counts(text):
    return tuple(dict.fromkeys(count(part) for part in text.split(",")))


def workers(text):
    cores = str(len(os.sched_getaffinity(0)))
    return counts(",".join(cores if part == "n" else part for part in text.split(",")))


def names(text):
    known = {contestant.name: contestant for contestant in CONTESTANTS}
    unknown = [name for name in text.split(",") if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"no contestant {unknown[0]!r}: {', '.join(known)}")
    return tuple(contestant for contestant in CONTESTANTS if contestant.name in text.split(","))


def shown(argv):
    """The command as it is committed: with the names of folders and files of this machine left out."""
    words = ["npm", "run", "bench", "--"]
    for word, after in zip(argv, ["", *argv]):
        named = {"--corpus": "DIR", "--csv": "FILE"}
        flag, equals, _ = word.partition("=")
        words.append(named.get(after) or (f"{flag}={named[flag]}" if equals and flag in named else word))
    return " ".join(words if argv else words[:-1])
