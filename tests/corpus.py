#!/usr/bin/env python3
"""Checks calint against a folder of policy files with known contents.

    tests/corpus.py PROGRAM FOLDER [NOT_POLICIES]

FOLDER holds MANIFEST.tsv (columns `path`, `policies`) and LABELS.tsv (columns `file`, `policy displayName`,
`judgement`). Every JSON and YAML file is checked alone and has to hold the number of policies the manifest
gives; no policy labelled `fine` may get an error of the lockout family; every policy labelled `would-lock-out`
or `risky` has to get a lockout finding. NOT_POLICIES is a folder in which no file holds a policy.

Exits with 0 where all of that holds, else with 1.
"""

import collections
import csv
import json
import pathlib
import subprocess
import sys

FORMATS = (".json", ".yaml", ".yml")
# Terraform documents in JSON are not read yet.
UNREAD_FORMATS = ("e",)


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def report(program, path):
    """The JSON report of one file, and what went wrong running the program."""
    args = [program, "check", "--no-config", "--include-disabled", "--format", "json", path]
    done = subprocess.run(args, capture_output=True, check=False)
    if done.returncode not in (0, 1, 2) or b"panicked" in done.stderr:
        return None, f"{path}: ended with {done.returncode}: {done.stderr.decode(errors='replace')[:300]}"
    return json.loads(done.stdout), None


def judgements(rows):
    """Judgement by file and policy name."""
    by_file = collections.defaultdict(dict)
    for row in rows:
        file, _, _ = row["file"].partition("#")
        by_file[file][row["policy displayName"]] = row["judgement"]
    return by_file


def check_file(path, expected, labels, found):
    """What is wrong with the report of one file."""
    count = found["summary"]["policies"]
    if count != expected:
        yield f"{path}: {count} policies, the manifest gives {expected}"
    reported = set()
    for finding in found["findings"]:
        if finding["category"] != "lockout":
            continue
        name = (finding["policy"] or {}).get("name") or ""
        if name not in labels and len(labels) == 1:
            (name,) = labels
        reported.add(name)
        if finding["level"] == "error" and labels.get(name) == "fine":
            yield f"{path}: `{name}` is labelled fine and gets {finding['rule']}"
    for name, judgement in labels.items():
        if judgement in ("would-lock-out", "risky") and name not in reported:
            yield f"{path}: `{name}` is labelled {judgement} and gets no lockout finding"


def main(program, folder, not_policies=None):
    root = pathlib.Path(folder)
    labels = judgements(table(root / "LABELS.tsv"))
    files, policies, faults = 0, 0, []
    for row in table(root / "MANIFEST.tsv"):
        if not row["path"].lower().endswith(FORMATS) or row["format"] in UNREAD_FORMATS:
            continue
        found, fault = report(program, root / row["path"])
        files += 1
        if fault:
            faults.append(fault)
            continue
        policies += found["summary"]["policies"]
        faults.extend(check_file(row["path"], int(row["policies"]), labels.get(row["path"], {}), found))
    if not_policies:
        found, fault = report(program, pathlib.Path(not_policies))
        if fault or found["summary"]["policies"]:
            faults.append(fault or f"{not_policies}: {found['summary']['policies']} policies where there are none")
    for fault in faults:
        print(fault)
    print(f"{files} files, {policies} policies, {len(faults)} faults")
    return 1 if faults or not files else 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
