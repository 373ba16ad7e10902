#!/usr/bin/env python3
"""Runs the steps of `action.yml` as GitHub does, in scratch repositories, and reads every example of a CI system.

    tests/action.py target/release/calint

Needs git, bash and PyYAML. The program is not built; the one that is given stands for it.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

PROJECT = pathlib.Path(__file__).resolve().parent.parent
GROUP = "5b0f3a52-6c1e-4f0e-8b1d-2f4f6a7c9d10"
POLICY = f"""displayName: MFA
state: enabled
conditions:
  users: {{includeUsers: [All], excludeGroups: [{GROUP}]}}
  applications: {{includeApplications: [All]}}
grantControls: {{operator: OR, builtInControls: [mfa]}}
"""


def git(folder, *arguments):
    identity = ["-c", "user.name=Test", "-c", "user.email=test@contoso.com"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def expect(true, what, output):
    if not true:
        raise SystemExit(f"{what}:\n{output}")


def act(workspace, binary, base, fail_on="warn", baseline=""):
    """The exit code of the last step, the outputs of all, and what they printed."""
    steps = yaml.safe_load((PROJECT / "action.yml").read_text())["runs"]["steps"]
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        (home / ".cargo/bin").mkdir(parents=True)
        (home / ".cargo/bin/calint").symlink_to(binary)
        outputs, printed = {}, ""
        for step in steps:
            if "run" not in step or (step.get("id") == "compare" and not base):
                continue
            for name in ["output", "summary"]:
                (home / name).write_text("")
            given = {
                "HOME": folder, "GITHUB_OUTPUT": home / "output", "GITHUB_STEP_SUMMARY": home / "summary",
                "GITHUB_ACTION_PATH": PROJECT, "BASE": base, "PATHS": "policies", "BASELINE": baseline,
                "FAIL_ON": fail_on, "FORMAT": "concise" if base else "github", "COMPARED": outputs.get("status", ""),
            }
            environment = os.environ | {name: str(value) for name, value in given.items()}
            bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(bash, cwd=workspace, env=environment, capture_output=True, text=True)
            printed += done.stdout + done.stderr
            outputs |= dict(line.split("=", 1) for line in (home / "output").read_text().splitlines())
            if done.returncode:
                return done.returncode, outputs, printed
        return 0, outputs, printed


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    for example in [PROJECT / ".pre-commit-hooks.yaml", *sorted((PROJECT / "ci-examples").glob("*.yml"))]:
        yaml.safe_load(example.read_text())
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        origin = scratch / "origin"
        (origin / "policies").mkdir(parents=True)
        (origin / "calint.yaml").write_text(f"emergency-access: {{groups: [{GROUP}]}}\n")
        (origin / "policies/mfa.yaml").write_text(POLICY)
        git(origin, "init", "-q", "-b", "main")
        git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
        git(origin, "add", ".")
        git(origin, "commit", "-q", "-m", "Base")
        base = git(origin, "rev-parse", "HEAD")
        git(origin, "checkout", "-q", "-b", "topic")
        # The lint of the result has nothing to say of this; the comparison has.
        (origin / "policies/mfa.yaml").write_text(POLICY.replace("[All]}", "[Office365]}"))
        git(origin, "commit", "-q", "-a", "-m", "Change")
        for depth in [["--depth=1"], []]:
            workspace = scratch / f"workspace{len(depth)}"
            git(scratch, "clone", "-q", *depth, "-b", "topic", f"file://{origin}", workspace)
            code, outputs, printed = act(workspace, binary, base)
            expect(code == 1 and outputs["status"] == "1", "the change does not fail the job", printed)
            expect("::warning file=policies/mfa.yaml" in printed, "there is no annotation", printed)
            for report in ["calint.sarif", "calint.md"]:
                expect((workspace / report).stat().st_size > 0, f"{report} is missing", printed)
            code, _, printed = act(workspace, binary, base, fail_on="error")
            expect(code == 0, "a warning fails the job that asks for errors", printed)
            arguments = ["diff", base, "policies", "--write-baseline", "known.json"]
            subprocess.run([binary, *arguments], cwd=workspace, check=True, stdout=subprocess.DEVNULL)
            code, _, printed = act(workspace, binary, base, baseline="known.json")
            expect(code == 0, "what the baseline has fails the job", printed)
            code, _, printed = act(workspace, binary, "")
            expect(code == 0, "a push without findings fails", printed)
            code, _, printed = act(workspace, binary, "0" * 40)
            expect(code != 0, "a base that does not exist is passed over", printed)
            print(f"action: compares, checks and fails last, {'with one commit' if depth else 'with all history'}")


if __name__ == "__main__":
    main()
