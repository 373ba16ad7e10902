#!/usr/bin/env python3
"""Validates SARIF reports against the schema of SARIF 2.1.0 and with Microsoft's SARIF multitool.

    tests/sarif.py target/release/calint

Needs npm; the schema and the multitool come with the npm package `@microsoft/sarif-multitool` and
`@microsoft/jest-sarif`, `jsonschema` from PyPI.
"""
import json
import os
import pathlib
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


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        subprocess.run([sys.executable, "-m", "venv", scratch / "tools"], check=True)
        subprocess.run([scratch / "tools/bin/pip", "install", "-q", "jsonschema>=4,<5"], check=True)
        packages = ["@microsoft/sarif-multitool@5.7.0", "@microsoft/jest-sarif@1.0.0-beta.0"]
        subprocess.run(["npm", "install", "--silent", "--prefix", scratch, *packages], check=True)
        multitool = scratch / "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
        multitool.chmod(0o755)
        schema = next((scratch / "node_modules/@microsoft/jest-sarif").rglob("sarif-2.1.0*.json"))
        failures = 0
        for number, arguments in enumerate(RUNS):
            report = scratch / f"{number}.sarif"
            subprocess.run(
                [binary, *arguments, "--format", "concise", "--output", f"sarif={report}"],
                cwd=PROJECT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            validate = [scratch / "tools/bin/python", "-m", "jsonschema", "-i", report, schema]
            schema_fault = subprocess.run(validate, capture_output=True, text=True, env=os.environ | {"PYTHONWARNINGS": "ignore"})
            checked = scratch / f"{number}.checked.sarif"
            command = [multitool, "validate", report, "--output", checked, "--log", "ForceOverwrite"]
            done = subprocess.run(command, capture_output=True, text=True)
            if not checked.exists():
                raise SystemExit(f"the multitool did not check {arguments}: {done.stdout}{done.stderr}")
            results = json.loads(checked.read_text(encoding="utf-8-sig"))["runs"][0].get("results", [])
            faults = [one for one in results if one["ruleId"] not in ACCEPTED]
            for fault in faults:
                print(fault["ruleId"], fault.get("message"))
            if schema_fault.returncode:
                print(schema_fault.stderr[:2000])
            failures += bool(faults or schema_fault.returncode)
            print(f"{' '.join(arguments)}: {'not ' if faults or schema_fault.returncode else ''}valid")
        if failures:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
