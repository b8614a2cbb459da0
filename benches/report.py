"""The tables, as Markdown that also reads in a terminal. Nothing is measured here and nothing printed."""
from statistics import median

import budget
from contestants import UNIT
from rounds import of

SMALL = 500e6  # bytes: below, merc's start and end are more than a tenth of its CPU time

def contest(contestants, runs, missing, all_files):
    by_round = {run.round: run.per_gb for run in of(runs, UNIT)}
    rows, notes = [], []
    for contestant in contestants:
        own = of(runs, contestant.name)
        if not own:
            continue
        ratios = [run.per_gb / by_round[run.round] for run in own if run.round in by_round]
        sampled = own[0].files < all_files
        if sampled:
            size = f"{own[0].files} of {all_files} files, {own[0].bytes / 1e6:.0f} MB"
            notes.append(f"\\* {contestant.name}: over {size}, evenly over the order of size; its ratio is to {UNIT} over all files.")
        rows.append([
            contestant.name + ("\\*" if sampled else ""),
            contestant.what,
            str(len(own)),
            spread([run.per_gb for run in own]),
            f"{median(run.bytes / 1e6 / run.cost.cpu for run in own):.1f}",
            f"{median(run.files / run.cost.cpu for run in own):.0f}",
            f"{median(ratios):.2f}" if ratios else "-",
            mib(own),
            f"{median(run.cost.wall for run in own):.1f}",
        ])
    head = ["contestant", "what", "runs", "CPU s/GB", "MB/s a core", "files/s a core", f"x {UNIT}", "peak MiB", "wall s"]
    if max(run.bytes for run in runs) < SMALL:
        notes.append("A small corpus: what each program costs to start weighs in every figure.")
    notes += [f"Left out: {name}: {reason}." for name, reason in missing.items()]
    notes += targets(runs, by_round)
    return paragraphs(table(head, rows, left=2), notes)


def targets(runs, by_round):
    lines = []
    for name, (headline, target) in budget.TARGETS.items():
        ratios = [run.per_gb / by_round[run.round] for run in of(runs, name) if run.round in by_round]
        if ratios:
            met = "met" if median(ratios) <= target else "MISSED"
            lines.append(f"{headline} ({name}): {median(ratios):.2f} x {UNIT}, target {target:.1f}: {met}.")
    return lines


def stages(runs, openssl_here, avx512):
    classic = of(runs, "merc-classic")
    rows = [
        [name, f"{cost:.3f}", *(f"{value:.2f}" if value is not None else "-" for value in (limit, ratio, here)), "ABOVE" if mark else ""]
        for name, cost, limit, ratio, here, mark in budget.stage_rows(classic, openssl_here, avx512)
    ]
    cpu = median(run.per_gb for run in classic)
    head = ["stage", "CPU s/GB", "budget", "x budget", "x budget at this speed", f"> {budget.ABOVE}"]
    note = f"`--only classic`; the kernel counts {cpu:.3f} CPU s/GB for the same runs. The fifth column scales the budget by this machine's {UNIT}."
    full = of(runs, "merc-full")
    seconds = {stage: median(run.stages.get(stage, 0) / (run.bytes / 1e9) for run in full) for stage in full[0].stages}
    all_columns = "All default columns: " + ", ".join(f"{stage} {cost:.3f}" for stage, cost in seconds.items()) + "."
    return paragraphs(table(head, rows), [note, all_columns])


def scaling(runs, factors, counts):
    rows = []
    for factor in factors:
        first = {run.round: run.cost.wall for run in of(runs, f"{factor}x {counts[0]}")}
        for count in counts:
            own = of(runs, f"{factor}x {count}")
            speed_up = median(first[run.round] / run.cost.wall for run in own)
            rows.append([f"{factor}x", str(count), spread([run.cost.wall for run in own]), f"{speed_up:.2f}", spread([run.per_gb for run in own])])
    return table(["corpus", "workers", "wall s", f"x {counts[0]}", "CPU s/GB"], rows)


def growth(runs, factors):
    first = {run.round: run.per_gb for run in of(runs, f"{factors[0]}x")}
    rows = []
    for factor in factors:
        own = of(runs, f"{factor}x")
        ratio = median(run.per_gb / first[run.round] for run in own)
        size = [str(own[0].files), f"{own[0].bytes / 1e9:.2f}"]
        rows.append([f"{factor}x", *size, spread([run.per_gb for run in own]), f"{ratio:.3f}", mib(own)])
    return table(["corpus", "files", "GB", "CPU s/GB", f"CPU a GB, x {factors[0]}x", "peak MiB"], rows)


def start_up(runs, labels, first_rows):
    rows = [[label, spread([run.cost.cpu * 1000 for run in of(runs, label)], 0), mib(of(runs, label))] for label in labels]
    shown = [seconds for seconds in first_rows if seconds is not None]
    waited = f"{spread(shown)} s (wall)" if shown else "none was seen"
    return paragraphs(table(["command", "CPU ms", "peak MiB"], rows), [f"First row of progress of `merc run` on a terminal: {waited}."])


def spread(values, digits=2):
    return f"{median(values):.{digits}f} [{min(values):.{digits}f}-{max(values):.{digits}f}]"


def mib(runs):
    return f"{max(run.cost.peak for run in runs) / (1 << 20):.0f}"


def table(head, rows, left=1):
    """Padded Markdown; the first `left` columns are text, the rest figures."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    padded = lambda row: "| " + " | ".join(f"{cell:<{w}}" if at < left else f"{cell:>{w}}" for at, (cell, w) in enumerate(zip(row, widths))) + " |"
    rule = "|" + "|".join("-" * (w + 2) if at < left else "-" * (w + 1) + ":" for at, w in enumerate(widths)) + "|"
    return "\n".join([padded(head), rule, *map(padded, rows)])


def paragraphs(first, notes):
    return "\n".join([first, *(f"\n{note}" for note in notes)])
