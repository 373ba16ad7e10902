#!/usr/bin/env python3
"""Checks calint against a folder of policy files with known contents.

    tests/corpus.py PROGRAM FOLDER [NOT_POLICIES]

FOLDER holds MANIFEST.tsv (columns `path`, `policies`) and LABELS.tsv (columns `file`, `policy displayName`,
`judgement`). Every file is checked alone, and at least 98 in 100 have to hold the number of policies the
manifest gives (the others are listed: Terraform files whose `count`, `for_each` or module calls are known make
another number than their blocks); no policy labelled `fine` may get an error of the lockout family; every policy labelled `would-lock-out`
or `risky` has to get a lockout finding. NOT_POLICIES is a folder in which no file holds a policy.

Exits with 0 where all of that holds, else with 1.
"""

import collections
import csv
import json
import pathlib
import subprocess
import sys

# The share of files that may hold another number of policies than the manifest gives.
TOLERATED = 0.02


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


def check_file(path, labels, found):
    """What is wrong with the findings of one file."""
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
    files, policies, faults, differing = 0, 0, [], []
    for row in table(root / "MANIFEST.tsv"):
        path = row["path"]
        found, fault = report(program, root / path)
        files += 1
        if fault:
            faults.append(fault)
            continue
        count, expected = found["summary"]["policies"], int(row["policies"])
        policies += count
        if count != expected:
            note = f"{path}: {count} policies, the manifest gives {expected}"
            (differing if path.endswith(".tf") else faults).append(note)
        if count >= expected:
            faults.extend(check_file(path, labels.get(path, {}), found))
    if len(differing) > files * TOLERATED:
        faults.append(f"{len(differing)} of {files} Terraform files differ from the manifest")
    if not_policies:
        found, fault = report(program, pathlib.Path(not_policies))
        if fault or found["summary"]["policies"]:
            faults.append(fault or f"{not_policies}: {found['summary']['policies']} policies where there are none")
    for line in differing + faults:
        print(line)
    print(f"{files} files, {policies} policies, {len(differing)} differ, {len(faults)} faults")
    return 1 if faults or not files else 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
