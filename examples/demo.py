"""Runs the main job on a fresh copy of examples/readings and checks what it promises. `make demo` calls it.

Exit code 0: at least two keeps, each followed by a re-profile, a final traced peak of at most 1/9.7 of the baseline
(the specification's own example: 131.4 to 13.6 MiB), and tests that pass on the branch.
"""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from runtime.experiment.events import Profiled
from runtime.experiment.folding import fold
from runtime.experiment.journal import read_journal

FACTOR = 9.7
HERE = Path(__file__).parent
COPY = HERE.parent / "build" / "demo" / "readings"


def git(*words: str) -> str:
    """Runs git in the copy."""
    identity = [
        "-c",
        "user.name=demo",
        "-c",
        "user.email=demo@example.invalid",
        "-c",
        "init.defaultBranch=main",
    ]
    done = subprocess.run(["git", *identity, "-C", str(COPY), *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def fresh_copy() -> None:
    """A git repository of its own with the example in it."""
    shutil.rmtree(COPY.parent, ignore_errors=True)
    shutil.copytree(HERE / "readings", COPY, ignore=shutil.ignore_patterns("__pycache__", ".codeflash"))
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "The nightly job as it was")


def tests_pass_on_the_branch() -> bool:
    """The example's own tests, on a checkout of the branch in a folder of its own."""
    folder = COPY.parent / "branch"
    git("clone", "-q", "--branch", "codeflash/optimize", str(COPY), str(folder))
    done = subprocess.run([sys.executable, "-m", "unittest"], cwd=folder, capture_output=True, text=True)
    print(f"tests on codeflash/optimize: {done.stderr.strip().splitlines()[-1]}")
    return done.returncode == 0


def main() -> int:
    """Runs and checks; says what is missing."""
    fresh_copy()
    lowtide = Path(sysconfig.get_path("scripts")) / "lowtide"
    command = [str(lowtide), "optimize", str(COPY), "--target", "readings.pipeline:nightly"]
    print(f"$ lowtide {' '.join(command[1:])}", flush=True)
    code = subprocess.run(command).returncode
    if code != 0:
        print(f"demo failed: lowtide ended with exit code {code}", file=sys.stderr)
        return 1
    events, _ = read_journal(COPY / ".codeflash" / "journal.jsonl")
    state = fold(events)
    reprofiled = {event.experiment for event in events if isinstance(event, Profiled)}
    kept = [experiment.number for experiment in state.keeps]
    if state.baseline is None or state.current is None:
        print("demo failed: the journal holds no baseline", file=sys.stderr)
        return 1
    before, after = state.baseline.figures.traced_peak, state.current.traced_peak
    print(f"peak {before / 2**20:.1f} -> {after / 2**20:.1f} MiB: a factor of {before / after:.1f}")
    checks = {
        "at least two keeps": len(kept) >= 2,
        "a re-profile after every keep": set(kept) <= reprofiled,
        f"final peak at most 1/{FACTOR} of the baseline": after * FACTOR <= before,
        "tests pass on the branch": tests_pass_on_the_branch(),
    }
    for check, holds in checks.items():
        print(f"{'ok    ' if holds else 'FAILED'} {check}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
