"""What the rules would do to any Python files, ignoring the profile, as diffs.

    python -m benchmarks.force [--rules B01,B02] [--library] PATH ...

Prints each candidate's diff, what it assumes, what the rules raised, and the seconds each rule took.
"""

import argparse
import sys
from difflib import unified_diff
from pathlib import Path

from agents.memory.analysis.project import Project
from benchmarks.foci import Facts
from benchmarks.forced import Costs, candidates, chosen, edits_of


def main() -> int:
    """Runs the rules on the paths of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--rules", default="", help="ids, by comma; all by default")
    parser.add_argument("--library", action="store_true", help="public names have callers nobody sees")
    words = parser.parse_args()
    costs, rules = Costs(), chosen(words.rules)
    for path in words.paths:
        root = path if path.is_dir() else path.parent
        files = sorted(f.relative_to(root).as_posix() for f in (path.rglob("*.py") if path.is_dir() else [path]))
        project = Project.load(root, files, files, library=words.library, requires_python=(3, 11))
        for candidate in candidates(project, files, rules, Facts(), costs).values():
            print(f"\n{candidate.key} [{candidate.level}] {candidate.title}")
            for assumed in candidate.assumes:
                print(f"  assumes: {assumed}")
            for file, text in edits_of(candidate).items():
                old = project.sources[file].text.splitlines()
                print(*unified_diff(old, text.splitlines(), file, file, lineterm="", n=1), sep="\n")
    print("\nseconds by rule:", ", ".join(f"{rule} {s:.1f}" for rule, s in sorted(costs.seconds.items())))
    print(*(f"CRASH {crash}" for crash in costs.crashes), sep="\n")
    return int(bool(costs.crashes))


if __name__ == "__main__":
    sys.exit(main())
