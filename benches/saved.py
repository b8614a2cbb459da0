"""A run in the form that is committed: result.md to read, raw.json with every single measurement."""
import datetime
import json
import os

import machine

RUNS = "benches/runs"


def save(root, command, about, sections, runs):
    """Writes both below a folder named by day and processor; returns its path."""
    folder = fresh(root, f"{RUNS}/{datetime.date.today()}-{machine.name_of(about['processor'])}")
    with open(os.path.join(root, folder, "result.md"), "w") as file:
        file.write(f"# {os.path.basename(folder)}\n\n```\n{command}\n```\n\n{described(about)}\n")
        for title, text in sections:
            file.write(f"\n## {title}\n\n{text}\n")
    raw = {"command": command, **about, "runs": {part: [flat(run) for run in of_part] for part, of_part in runs.items()}}
    with open(os.path.join(root, folder, "raw.json"), "w") as file:
        json.dump(raw, file, indent=1)
        file.write("\n")
    return folder


def fresh(root, wanted):
    folder, number = wanted, 1
    while os.path.exists(os.path.join(root, folder)):
        number += 1
        folder = f"{wanted}-{number}"
    os.makedirs(os.path.join(root, folder))
    return folder


def described(about):
    cpu, corpus = about["processor"], about["corpus"]
    lines = [
        f"- corpus: {corpus['files']} files, {corpus['bytes']} bytes{', with a dataset' if corpus['dataset'] else ''}",
        f"- processor: {cpu['model']} (family/model/stepping {cpu['family']}), {cpu['cores']} cores, kernel {cpu['kernel']}",
        f"- flags that matter: {' '.join(cpu['flags'])}",
        f"- load average at the start: {about['load']:.1f}, at the end: {about['load_after']:.1f}",
        *(f"- {name}: {version}" for name, version in about["versions"].items()),
    ]
    return "\n".join(lines)


def flat(run):
    cost = {name: round(value, 4) if isinstance(value, float) else value for name, value in vars(run.cost).items() if name != "exit"}
    return {"label": run.label, "round": run.round, "files": run.files, "bytes": run.bytes, **cost, "stages": run.stages}
