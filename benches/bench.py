#!/usr/bin/env python3
"""`npm run bench`: merc and its rivals over the same files, in CPU seconds per GB. README.md says how to
read it; `--help` lists the flags. Exit 0: measured; 1: something could not be; 2: bad usage.
"""
import fcntl
import os
import subprocess
import sys
from statistics import median

import corpus_set
import first_row
import machine
import report
import saved
from contestants import PROFILE, UNIT, Job, merc, merc_on_terminal
from environment import CACHE, VENV_PYTHON, prepared
from measure import RunFailed
from options import options, shown
from rounds import Entry, alternate, clear_out, of

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
START_UP = {"merc --help": ["node", "dist/cli.js", "--help"], "node -e 0": ["node", "-e", "0"]}
START_UP_ROUNDS = 5


def main(argv):
    chosen = options(argv)
    if sys.platform != "linux":
        print("bench: it measures through /proc, on Linux alone", file=sys.stderr)
        return 2
    if machine.said("node", os.path.join(ROOT, "dist/cli.js"), "--version") is None:
        print("bench: merc is not built: npm run build", file=sys.stderr)
        return 2
    os.makedirs(os.path.join(ROOT, CACHE), exist_ok=True)
    with open(os.path.join(ROOT, CACHE, "lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("bench: another bench runs in this checkout", file=sys.stderr)
            return 2
        try:
            return bench(chosen, argv)
        except (RunFailed, subprocess.CalledProcessError, OSError) as error:
            print(f"\nbench: {error}", file=sys.stderr)
            return 1


def bench(chosen, argv):
    source, csv, files = corpus_of(chosen)
    whole = corpus_set.linked(ROOT, f"{CACHE}/set", source, files)
    about = {
        "processor": machine.processor(),
        "corpus": {"files": len(whole.files), "bytes": whole.bytes, "dataset": csv is not None},
        "load": machine.load(),
    }
    job = Job(whole.folder, whole.list_file(ROOT), csv)
    missing = prepared(ROOT, {contestant.needs for contestant in chosen.only if contestant.needs})
    contestants = [contestant for contestant in chosen.only if contestant.needs not in missing]
    without = {contestant.name: missing[contestant.needs] for contestant in chosen.only if contestant.needs in missing}

    if not contestants:
        raise RunFailed("; ".join(f"{name} is left out: {reason}" for name, reason in without.items()))

    runs = {"contest": alternate(ROOT, "contest", contest(contestants, whole, job, source, files), chosen.runs)}
    sections = [("Contest", report.contest(contestants, runs["contest"], without, len(files)))]
    stages(chosen, whole, job, runs, sections)
    if chosen.workers:
        entries = [scaled(factor, chosen.workers, source, files, csv) for factor in chosen.workers_over]
        runs["workers"] = alternate(ROOT, "workers", sum(entries, []), chosen.runs)
        sections.append(("Workers, `--only classic`", report.scaling(runs["workers"], chosen.workers_over, chosen.workers)))
    if chosen.growth:
        runs["growth"] = alternate(ROOT, "growth", [grown(n, source, files, csv) for n in chosen.growth], chosen.runs)
        sections.append(("Growth, `--only classic`", report.growth(runs["growth"], chosen.growth)))
    runs["start-up"] = alternate(ROOT, "start-up", [Entry(label, command) for label, command in START_UP.items()], START_UP_ROUNDS)
    sections.append(("Start-up", report.start_up(runs["start-up"], START_UP, first_rows(job))))

    about["load_after"] = machine.load()
    about["versions"] = machine.versions(ROOT, VENV_PYTHON)
    print(saved.described(about))
    for title, text in sections:
        print(f"\n## {title}\n\n{text}")
    if chosen.save:
        print(f"\nsaved: {saved.save(ROOT, shown(argv), about, sections, runs)}")
    return 0


def corpus_of(chosen):
    """(folder, CSV or None, the files taken)"""
    corpus = chosen.corpus or corpus_set.build(ROOT, f"{CACHE}/corpus")
    folder, beside = corpus_set.place_of(corpus)
    csv = chosen.csv or beside
    found = corpus_set.files_below(folder)
    return folder, csv and os.path.abspath(csv), corpus_set.spread(found, chosen.files or len(found))


def first_rows(job):
    print("bench: first row of progress", file=sys.stderr)
    waited = []
    for _ in range(START_UP_ROUNDS):
        clear_out(ROOT)
        waited.append(first_row.seconds_to_first_row(merc_on_terminal(job), ROOT))
    clear_out(ROOT)
    return waited


def contest(contestants, whole, job, source, files):
    entries, sets = [], {}
    for contestant in contestants:
        file_set, own_job = whole, job
        if contestant.sample_mb and contestant.sample_mb * 1e6 < whole.bytes:
            if contestant.sample_mb not in sets:
                number = max(1, round(len(files) * contestant.sample_mb * 1e6 / whole.bytes))
                folder = f"{CACHE}/set-{contestant.sample_mb}mb"
                sets[contestant.sample_mb] = corpus_set.linked(ROOT, folder, source, corpus_set.spread(files, number))
            file_set = sets[contestant.sample_mb]
            own_job = Job(file_set.folder, file_set.list_file(ROOT), job.csv)
        entries.append(Entry(contestant.name, contestant.command(own_job), file_set, contestant.rounds))
    return entries


def scaled(factor, counts, source, files, csv):
    job, file_set = enlarged(factor, source, files, csv)
    return [Entry(f"{factor}x {n}", merc(job, "--only", "classic", workers=n), file_set, watched=False) for n in counts]


def grown(factor, source, files, csv):
    job, file_set = enlarged(factor, source, files, csv)
    return Entry(f"{factor}x", merc(job, "--only", "classic"), file_set)


def enlarged(factor, source, files, csv):
    file_set = corpus_set.linked(ROOT, f"{CACHE}/set-x{factor}", source, files, copies=factor)
    return Job(file_set.folder, file_set.list_file(ROOT), csv), file_set


def stages(chosen, whole, job, runs, sections):
    """Runs of their own: what counting the stages costs is in no other table."""
    title, headlines = "Stages of merc", {"merc-classic": ("--only", "classic"), "merc-full": ()}
    if not any(contestant.name in headlines for contestant in chosen.only):
        return
    entries = [Entry(name, merc(job, *flags, "--profile-json", PROFILE), whole) for name, flags in headlines.items()]
    profiled = alternate(ROOT, "stages", entries, chosen.runs)
    runs["stages"] = profiled
    unit = [run.per_gb for run in of(runs["contest"], UNIT)]
    avx512 = "avx512" in machine.merc_version(ROOT)["cpu_path"]
    sections.append((title, report.stages(profiled, median(unit) if unit else None, avx512)))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        sys.exit(130)
