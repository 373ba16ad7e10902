#!/usr/bin/env python3
"""Validates SARIF reports against the schema of SARIF 2.1.0 and with Microsoft's SARIF multitool.

    tests/sarif.py target/release/calint

Needs npm; the schema and the multitool come with the npm package `@microsoft/sarif-multitool`, `jsonschema`
from PyPI.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROJECT = pathlib.Path(__file__).resolve().parent.parent
RUNS = [
    ["policies-examples/healthy-tenant"],
    ["policies-examples/seed-mistakes"],
    ["policies-examples/terraform-tenant"],
    ["policies-examples/broken"],
    ["diff", "policies-examples/pull-request/base", "policies-examples/pull-request/change"],
]
# The program has no page on the web that could be named.
ACCEPTED = {"SARIF2005"}


def repository(folder):
    """A repository with the change of the examples in its working tree, a deleted policy and one to fix."""
    story = PROJECT / "policies-examples/pull-request"
    shutil.copytree(story / "base", folder)
    identity = ["-c", "user.name=Test", "-c", "user.email=test@contoso.com"]
    for command in [["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "Base"]]:
        subprocess.run(["git", *command], cwd=folder, check=True)
    shutil.copytree(story / "change", folder, dirs_exist_ok=True)
    (folder / "CA001-block-legacy-authentication.json").unlink()
    policy = folder / "CA002-mfa-for-everyone.json"
    policy.write_text(policy.read_text().replace('"enabled"', '"Enabled"'))


def is_fault(line):
    """Whether a line of the multitool reports something: `FILE(LINE,COLUMN): error ID: ...`."""
    found = re.search(r"\): (?:error|warning) (\w+):", line)
    return found is not None and found.group(1) not in ACCEPTED


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        subprocess.run([sys.executable, "-m", "venv", scratch / "tools"], check=True)
        subprocess.run([scratch / "tools/bin/pip", "install", "-q", "jsonschema>=4,<5"], check=True)
        package = "@microsoft/sarif-multitool@5.7.0"
        subprocess.run(["npm", "install", "--silent", "--prefix", scratch, package], check=True)
        multitool = scratch / "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
        multitool.chmod(0o755)
        schema = multitool.parent / "sarif-2.1.0.json"
        failures = 0
        repository(scratch / "repository")
        runs = [(PROJECT, arguments) for arguments in RUNS]
        runs += [(scratch / "repository", ["diff", "HEAD"]), (scratch / "repository", ["."])]
        for number, (place, arguments) in enumerate(runs):
            report = scratch / f"{number}.sarif"
            subprocess.run(
                [binary, *arguments, "--format", "concise", "--output", f"sarif={report}"],
                cwd=place,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            validate = [scratch / "tools/bin/python", "-W", "ignore", "-m", "jsonschema", "-i", report, schema]
            found = subprocess.run(validate, capture_output=True, text=True).stderr.splitlines()
            check = [multitool, "validate", report, "--rule-kind", "Sarif;Ghas"]
            done = subprocess.run(check, capture_output=True, text=True)
            if "1 files scanned" not in done.stdout:
                raise SystemExit(f"the multitool did not check {arguments}: {done.stdout}{done.stderr}")
            found += [line for line in done.stdout.splitlines() if is_fault(line)]
            for fault in found[:20]:
                print(fault)
            failures += bool(found)
            print(f"{' '.join(arguments)}: {'not ' if found else ''}valid")
        if failures:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
