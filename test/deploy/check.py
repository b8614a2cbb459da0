"""The files of deploy/ against the schemas and tools of those who will read them.

Each check prints a line; the exit code is 1 when one fails. What only an engine, a cluster or a
scheduler can tell is not told here: deploy/README.md names it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import promql_parser
import yaml
from cloudcoil.models.keda import v1alpha1 as keda

DEPLOY = Path("deploy")
BIN = Path(sys.executable).parent
# The oldest and the newest Kubernetes that the manifests are for.
KUBERNETES = ["1.29", "1.37"]
MOST_LINES = 20


def tool(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit {done.returncode}"


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document is not None]


def manifests():
    return sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def compose():
    return tool(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


def dockerfile():
    return tool(BIN / "hadolint", "--failure-threshold", "info", DEPLOY / "Dockerfile")


def kubernetes():
    """Strictly: what the schema does not name is a mistake."""
    return "\n".join(
        filter(None, (tool(BIN / "kubernetes-validate", "--strict", "--no-warn", "--quiet", "-k", version, *manifests()) for version in KUBERNETES))
    )


def keda_objects():
    """The models drop what they do not know: what comes back must be what went in."""
    found = [document for path in manifests() for document in documents(path) if document["apiVersion"].startswith("keda.sh/")]
    if {document["kind"] for document in found} != {"ScaledObject", "TriggerAuthentication"}:
        return "not the kinds that were expected"
    problems = []
    for document in found:
        try:
            back = getattr(keda, document["kind"]).model_validate(document).model_dump(mode="json", by_alias=True, exclude_unset=True)
        except ValueError as error:
            problems.append(str(error))
            continue
        if back != document:
            problems.append(f"{document['kind']}: {json.dumps(document)}\nis read as {json.dumps(back)}")
    return "\n".join(problems)


def every_kind_is_checked():
    known = {"Job", "Deployment", "ScaledObject", "TriggerAuthentication"}
    return ", ".join(document["kind"] for path in manifests() for document in documents(path) if document["kind"] not in known)


def shell():
    return tool(BIN / "shellcheck", "--severity", "style", *sorted((DEPLOY / "slurm").glob("*.sbatch")))


def expressions():
    """Every PromQL there is, alerts and panels."""
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())
    found = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    dashboard = json.loads((DEPLOY / "grafana/dashboard.json").read_text())
    found += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    problems = []
    for expression in found:
        try:
            promql_parser.parse(re.sub(r"\$__rate_interval|\$__range", "5m", expression))
        except ValueError as error:
            problems.append(f"{expression}: {error}")
    return "\n".join(problems) if len(found) > 20 else f"only {len(found)} expressions"


def alerts():
    """Whether the alerts fire when they should, and only then."""
    promtool = shutil.which("promtool")
    if promtool is None:
        return "promtool is not installed (Debian: prometheus)" if os.environ.get("CI") == "true" else None
    return tool(promtool, "check", "config", DEPLOY / "prometheus/prometheus.yaml") or tool(promtool, "test", "rules", "test/deploy/alerts.yaml")


CHECKS = {
    "compose.yaml against the Compose Specification": compose,
    "Dockerfile by hadolint": dockerfile,
    "manifests against Kubernetes": kubernetes,
    "ScaledObject and TriggerAuthentication against KEDA": keda_objects,
    "every kind of manifest has a check": every_kind_is_checked,
    "Slurm scripts by shellcheck": shell,
    "every expression is PromQL": expressions,
    "alerts by promtool": alerts,
}

failed = 0
for name, check in CHECKS.items():
    problem = check()
    print(f"{'ok  ' if problem == '' else 'skip' if problem is None else 'FAIL'} {name}")
    if problem is None:
        print("     promtool is not installed: the rules were only parsed")
    elif problem != "":
        failed += 1
        print("\n".join(f"     {line}" for line in problem.splitlines()[:MOST_LINES]))
sys.exit(1 if failed else 0)
