"""The stages of merc against what each may cost, in CPU seconds per GB of input.

The figures are the best found for each stage alone on a Zen 3 server with AVX2 and SHA-NI, where
OpenSSL's three hashes take 3.15; they hold for headline A. A faster or slower machine is set right by
its own OpenSSL figure, in a column of its own.

Of the main process, what DuckDB takes is in the budget that names it ("records, DuckDB, join"): its loading,
the import of the dataset, the join, and what a run does to end its output. Up to 2026-11-28-amd-epyc-26-2-1-7
loading, import and end were part of `rest`.
"""
from statistics import median

OPENSSL_THERE = 3.15
ABOVE = 1.3  # from here on a stage is marked

# Stages that share a budget are judged together.
BUDGET = {
    ("hash",): 1.0,
    ("scan",): 0.45,  # strings found, bytes counted
    ("strings",): 1.0,  # written; zstd 1 alone is 0.5
    ("records", "dataset", "store"): 0.25,  # Parquet of the records; DuckDB, the dataset read once, join, commit, the output's end
    ("read",): 0.2,
    ("parse", "parts", "rest"): 0.2,  # structure, libmagic's text, Node
}
HASH_AVX512 = 0.5
TARGETS = {"merc-classic": ("headline A", 1.0), "merc-full": ("headline B", 1.6)}  # x OpenSSL's three hashes


def stage_rows(runs, openssl_here, avx512):
    """(stages, CPU s/GB, budget, ratio, ratio at this machine's speed, mark) a line; budgets first, then the sum."""
    cost = {stage: median(run.stages.get(stage, 0) / (run.bytes / 1e9) for run in runs) for stage in runs[0].stages}
    budgets = {**BUDGET, **({("hash",): HASH_AVX512} if avx512 else {})}
    known = {stage for stages in budgets for stage in stages}
    groups = {**budgets, **{(stage,): None for stage in cost if stage not in known}}
    rows = [row(stages, sum(cost.get(stage, 0) for stage in stages), budget, openssl_here) for stages, budget in groups.items()]
    return [*rows, row(("sum",), sum(cost.values()), sum(budgets.values()), openssl_here)]


def row(stages, cost, budget, openssl_here):
    ratio = cost / budget if budget else None
    here = ratio * OPENSSL_THERE / openssl_here if ratio is not None and openssl_here else None
    return " + ".join(stages), cost, budget, ratio, here, ratio is not None and ratio > ABOVE
