#!/usr/bin/env python3
"""Compare merc's output with independent tools, sample by sample and field by field.

  compare.py OUT SAMPLES [--report FILE] [--jobs N] [--show N]

Every value is computed anew from the file: hashlib, the definition of entropy, FLOSS's rule, libmagic,
pefile, LIEF, yara-x, signify, cryptography (requirements.txt; measure.py says which is asked for what).
Prints one line a field: samples compared, equal, explained by a rule of rules.py, different; then each
difference with file, value and rule. `FIELD by TOOL` is a second opinion, `AREA: tool` says where a tool
failed. --report gets all differences as JSON lines. Exit 0: all equal or explained; 1: something is not;
2: the comparison could not be made.
"""
import argparse
import json
import math
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

import measure
import rows
import rules
import tables

GROUP_BYTES = 32 << 20
GROUP_FILES = 64


def main():
    args = arguments()
    try:
        samples = rows.index(args.out)
        with_delay = rows.has_delay_imports(args.out)
    except Exception as error:  # DuckDB's own message names the file
        print(f"compare: {str(error).splitlines()[0]}", file=sys.stderr)
        return 2
    totals, findings = paired(samples, files_below(args.samples))
    notes = Counter()
    if not with_delay:
        notes["delay_imports: the output holds none at all"] += 1
    tasks = [(args.out, args.samples, group, with_delay) for group in groups(samples)]
    with ProcessPoolExecutor(args.jobs) as pool:
        running = [pool.submit(compare_group, task) for task in tasks]
        for done, finished in enumerate(as_completed(running), 1):
            try:
                counts, found, skipped = finished.result()
            except BrokenProcessPool:
                print("compare: a tool took the process with it, nothing was compared", file=sys.stderr)
                return 2
            for field, count in counts.items():
                totals.setdefault(field, Counter()).update(count)
            findings += found
            notes.update(skipped)
            progress(done, len(tasks))
    findings.sort(key=lambda finding: (finding["path"], finding["field"]))
    print_table(totals)
    print_notes(notes)
    print_findings(findings, args.show)
    if args.report:
        write_report(findings, args.report)
    return 1 if any(finding["rule"] is None for finding in findings) else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", help="output folder of merc run")
    parser.add_argument("samples", help="the folder that was scanned")
    parser.add_argument("--report", help="write every difference there, as JSON lines")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--show", type=int, default=40, help="differences printed of each sort")
    return parser.parse_args()


def files_below(root):
    paths = set()
    for folder, _, names in os.walk(root, followlinks=True):
        for name in names:
            raw = os.fsencode(os.path.relpath(os.path.join(folder, name), root))
            paths.add(raw.decode("utf-8", "backslashreplace").replace(os.sep, "/"))
    return paths


def paired(samples, files):
    """One row a file, one file a row."""
    paths = Counter(path for _, path, _ in samples)
    wrong = {path: "file without a row" for path in files - set(paths)}
    wrong |= {path: "row without a file" for path in set(paths) - files}
    wrong |= {path: f"{count} rows" for path, count in paths.items() if count > 1}
    compared = len(files | set(paths))
    totals = {"one row per file": Counter(compared=compared, equal=compared - len(wrong), different=len(wrong))}
    findings = [
        {"path": path, "field": "one row per file", "merc": what, "tool": "one row, one file", "rule": None}
        for path, what in sorted(wrong.items())
    ]
    return totals, findings


def groups(samples):
    """Consecutive samples, so that each group is one range of the output."""
    group, size = [], 0
    for sample in samples:
        group.append(sample)
        size += sample[2]
        if size >= GROUP_BYTES or len(group) == GROUP_FILES:
            yield group
            group, size = [], 0
    if group:
        yield group


def compare_group(task):
    out, root, group, with_delay = task
    read = rows.read(rows.connect(), out, group[0][0], group[-1][0])
    counts, findings, notes = {}, [], Counter()
    for sample, path, _ in group:
        file = os.path.join(os.fsencode(root), tables.raw(path))
        if os.path.isfile(file):
            counted, found, skipped = compare_sample(path, os.fsdecode(file), read[sample], with_delay)
            for field, count in counted.items():
                counts.setdefault(field, Counter()).update(count)
            findings += found
            notes.update(skipped)
    return counts, findings, notes


def compare_sample(path, file, merc, with_delay):
    values, skipped, facts = measure.measure(file)
    if not with_delay:
        values.pop("delay_imports", None)
    if merc["is_pe"] != values["is_pe"]:  # then is_pe is the one difference, not each header field
        values = {field: value for field, value in values.items() if field in measure.ALWAYS}
    counts, findings = {}, []
    for field, value in values.items():
        counts[field] = Counter(compared=1, items=entries(field, value))
        mine = measure.merc_value(merc, field, value)
        if same(field, mine, value):
            counts[field]["equal"] += 1
            continue
        difference = {"field": field, "merc": mine, "tool": value, "row": merc, "facts": facts}
        rule = rules.explain(difference)
        counts[field]["explained" if rule else "different"] += 1
        shown_merc, shown_tool = shown(mine, value)
        name = rule and rule["name"]
        findings.append({"path": path, "field": field, "merc": shown_merc, "tool": shown_tool, "rule": name})
    return counts, findings, [f"{field}: {reason}" for field, reason in skipped.items()]


def entries(field, value):
    if field in ("imports", "delay_imports"):
        return sum(len(functions) for _, functions in value)
    return len(value) if isinstance(value, list) else 0


def same(field, merc, tool):
    if field == "entropy":
        return merc is not None and math.isclose(merc, tool, rel_tol=0, abs_tol=1e-9)
    if field == "sections.entropy" and len(merc or []) == len(tool or []):
        return all(math.isclose(a, b, rel_tol=0, abs_tol=2e-9) for a, b in zip(merc or [], tool or []))
    return merc == tool


def shown(merc, tool):
    """Both values for a line: of lists the first place where they differ."""
    if not (isinstance(merc, list) and isinstance(tool, list)):
        return repr(merc), repr(tool)
    at = next((i for i, pair in enumerate(zip(merc, tool)) if pair[0] != pair[1]), min(len(merc), len(tool)))
    return tuple(f"[{at}] of {len(v)}: {v[at]!r}" if at < len(v) else f"{len(v)} entries" for v in (merc, tool))


def progress(done, total):
    if sys.stderr.isatty():
        print(f"\r{done} of {total} groups", end="\n" if done == total else "", file=sys.stderr, flush=True)


def print_table(totals):
    print(f"{'field':60}{'compared':>10}{'entries':>10}{'equal':>10}{'explained':>10}{'different':>10}")
    for field, count in totals.items():
        numbers = "".join(f"{count[name]:>10}" for name in ("compared", "items", "equal", "explained", "different"))
        print(f"{field:60}{numbers}")


def print_notes(notes):
    for note, count in sorted(notes.items()):
        print(f"not compared, {count} time{'s' if count > 1 else ''}: {printable(note)}")


def print_findings(findings, limit):
    reasons = {rule["name"]: rule["reason"] for rule in rules.RULES}
    for sort, wanted in (("explained", True), ("DIFFERENT", False)):
        chosen = [finding for finding in findings if (finding["rule"] is not None) == wanted]
        for f in chosen[:limit]:
            line = f"{sort} {f['path']} {f['field']}: merc {f['merc'][:160]} | tool {f['tool'][:160]}"
            print(printable(line + (f" | rule {f['rule']}" if f["rule"] else "")))
        if len(chosen) > limit:
            print(f"{sort}: {len(chosen) - limit} more, see --report")
    for name, count in sorted(Counter(f["rule"] for f in findings if f["rule"]).items()):
        print(f"rule {name}, {count} times: {reasons[name]}")
    different = sum(finding["rule"] is None for finding in findings)
    print(f"{different} unexplained, {len(findings) - different} explained")


def printable(line):
    """No sample's bytes steer the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def write_report(findings, path):
    with open(path, "w", encoding="utf-8") as report:
        for finding in findings:
            report.write(json.dumps(finding, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    sys.exit(main())
