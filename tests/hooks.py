#!/usr/bin/env python3
"""Runs the real pre-commit with this project's hooks in a scratch repository, and installs the wheel.

    tests/hooks.py target/release/calint

Needs git, cargo, and Python with venv; `pre-commit` and `maturin` come from PyPI.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROJECT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = """displayName: Block
state: enabled
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [All]}
grantControls: {operator: OR, builtInControls: [block]}
"""
HARMLESS = BLOCK.replace("displayName: Block", "displayName: MFA").replace("[block]", "[mfa]")


def run(arguments, folder, environment, expected=0):
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)
    output = done.stdout + done.stderr
    if (done.returncode == 0) != (expected == 0):
        raise SystemExit(f"{arguments} ended with {done.returncode}, expected {expected}:\n{output}")
    return output


def expect(output, *texts):
    for text in texts:
        if text not in output:
            raise SystemExit(f"{text!r} is missing in:\n{output}")


def commit(folder, environment):
    run(["git", "add", "-A"], folder, environment)
    identity = ["-c", "user.name=Test", "-c", "user.email=test@contoso.com"]
    run(["git", *identity, "commit", "-q", "--no-verify", "-m", "State"], folder, environment)


def hook_source(folder, environment):
    """A clone of the project with what is not committed yet, as pre-commit takes its hooks from git."""
    names = ["Cargo.toml", "Cargo.lock", "LICENSE", "README.md", ".pre-commit-hooks.yaml", "src", "rules"]
    for name in names:
        source = PROJECT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    run(["git", "init", "-q"], folder, environment)
    commit(folder, environment)
    return run(["git", "rev-parse", "HEAD"], folder, environment).strip()


def hooks(scratch, tools, binary, environment):
    source = scratch / "calint"
    source.mkdir()
    revision = hook_source(source, environment)
    repository = scratch / "tenant"
    (repository / "policies").mkdir(parents=True)
    run(["git", "init", "-q"], repository, environment)
    (repository / "package.json").write_text('{"name": "not a policy"}\n')
    environment = environment | {"PATH": f"{binary.parent}{os.pathsep}{environment['PATH']}"}
    for hook in ["calint-system", "calint", "calint-files"]:
        (repository / ".pre-commit-config.yaml").write_text(
            f"repos:\n- repo: {source}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n"
        )
        (repository / "policies/mfa.yaml").write_text(HARMLESS)
        (repository / "policies/block.yaml").write_text(BLOCK)
        run(["git", "add", "-A"], repository, environment)
        found = run([tools / "pre-commit", "run"], repository, environment, expected=1)
        expect(found, "block-everyone", "policies/block.yaml")
        (repository / "policies/block.yaml").unlink()
        run(["git", "add", "-A"], repository, environment)
        # The other policy has no exclusion, which is a note or a warning of its own.
        config = "rules: {missing-emergency-exclusion: off}\n"
        (repository / "calint.yaml").write_text(config)
        run(["git", "add", "-A"], repository, environment)
        expect(run([tools / "pre-commit", "run", "--all-files"], repository, environment), "Passed")
        print(f"hook {hook}: finds the block, passes without it")


def wheel(scratch, tools, environment):
    output = scratch / "wheels"
    run([tools / "maturin", "build", "--release", "--locked", "--out", output], PROJECT, environment)
    [built] = output.glob("calint-*.whl")
    fresh = scratch / "fresh"
    run([sys.executable, "-m", "venv", fresh], scratch, environment)
    run([fresh / "bin/pip", "install", "-q", "--no-index", built], scratch, environment)
    version = run([fresh / "bin/calint", "--version"], scratch, environment).strip()
    if not version.startswith("calint "):
        raise SystemExit(f"the installed program says {version!r}")
    print(f"wheel {built.name}: installed, {version}")


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        environment = os.environ | {"PRE_COMMIT_HOME": str(scratch / "pre-commit")}
        # Whether it builds and installs is asked here, not how fast the program is.
        environment |= {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0"}
        environment |= {"CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16"}
        environment.pop("CARGO_TARGET_DIR", None)
        run([sys.executable, "-m", "venv", scratch / "tools"], scratch, environment)
        tools = scratch / "tools/bin"
        run([tools / "pip", "install", "-q", "pre-commit>=4,<5", "maturin>=1.9,<2"], scratch, environment)
        hooks(scratch, tools, binary, environment)
        wheel(scratch, tools, environment)


if __name__ == "__main__":
    main()
