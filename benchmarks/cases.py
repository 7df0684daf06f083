"""Runs Lowtide on real programs whose maintainers later fixed their memory use. `make cases` calls it.

    python benchmarks/cases.py [NAME ...]

Each case is prepared in a fresh git repository (benchmarks/cases/case.py), measured by that script's own stdlib-only
measurement before and after, and optimized with its driver `workload.py` protected. The maintainers' release is
measured in the same run where there is one; two cases compare with an expert's hand edits, whose recorded peak is
used (marked *).
Score: log(base / ours) / log(base / maintainers), of traced peaks. Exit code 1 on a differing digest or a crash.
"""

import argparse
import json
import math
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from runtime.experiment.folding import fold
from runtime.experiment.journal import read_journal
from runtime.experiment.state import State

HERE = Path(__file__).parent
CASES = HERE / "cases"
WORK = HERE.parent / "build" / "cases"


@dataclass(frozen=True)
class Row:
    """One case's result. Peaks in MiB; `error` is empty when all went well."""

    name: str
    base: float
    ours: float
    maintainers: float
    recorded: bool
    rss: tuple[float, float]
    keeps: int
    discards: int
    traced_runs: int
    wall_s: float
    bare_s: float
    digest: str
    error: str

    @property
    def score(self) -> float:
        """1: as far as the maintainers; 0: nothing."""
        return math.log(self.base / self.ours) / math.log(self.base / self.maintainers)


def case(*words: str) -> str:
    """Runs case.py."""
    done = subprocess.run([sys.executable, str(CASES / "case.py"), *words], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"case.py {' '.join(words)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def measure(folder: Path) -> dict[str, Any]:
    """What case.py measures of a folder."""
    found: dict[str, Any] = json.loads(case("measure", str(folder)))
    return found


def git(folder: Path, *words: str) -> None:
    """Runs git in a folder of this benchmark's own."""
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


def run(name: str) -> Row:
    """Prepares, optimizes and measures one case."""
    about = json.loads((CASES / name / "case.json").read_text())
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    case("prepare", name, str(folder))
    base = measure(folder)
    recorded = "expert" in about["after"]
    if recorded:
        maintainers = about["peaks"]["after"]["traced_mib"]
    else:
        after = WORK / f"{name}-after"
        shutil.rmtree(after, ignore_errors=True)
        case("prepare", name, str(after), "--after")
        maintainers = measure(after)["traced_mib"]
    started = time.monotonic()
    lowtide = str(Path(sysconfig.get_path("scripts")) / "lowtide")
    command = [lowtide, "optimize", str(folder), "--target", "workload.py", "--protect", "workload.py"]
    with (WORK / f"{name}.log").open("w") as log:
        code = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT).returncode
    wall = time.monotonic() - started
    error = "" if code == 0 else f"exit code {code}: see {(WORK / f'{name}.log').relative_to(HERE.parent)}"
    state = State()
    ours = base
    if not error:
        state = fold(read_journal(folder / ".codeflash" / "journal.jsonl")[0])
        git(folder, "checkout", "-q", "codeflash/optimize")
        ours = measure(folder)
    return Row(
        name=name,
        base=base["traced_mib"],
        ours=ours["traced_mib"],
        maintainers=maintainers,
        recorded=recorded,
        rss=(base["rss_mib"], ours["rss_mib"]),
        keeps=len(state.keeps),
        discards=len(state.discards),
        traced_runs=state.costs.traced_runs,
        wall_s=wall,
        bare_s=base["wall_s"],
        digest="same" if ours["digest"] == base["digest"] else "DIFFERS",
        error=error,
    )


def show(rows: list[Row]) -> None:
    """The table, and the mean score."""
    table = Table(title="Real programs: traced peak in MiB")
    for heading in (
        "case",
        "base",
        "ours",
        "maintainers",
        "score",
        "VmHWM",
        "keeps",
        "discards",
        "traced",
        "wall s",
    ):
        table.add_column(heading, justify="left" if heading == "case" else "right")
    table.add_column("x bare", justify="right")
    table.add_column("digest")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.base:.1f}",
            f"{row.ours:.1f}",
            f"{row.maintainers:.1f}{'*' if row.recorded else ''}",
            f"{row.score:.2f}",
            f"{row.rss[0]:.0f} -> {row.rss[1]:.0f}",
            str(row.keeps),
            str(row.discards),
            str(row.traced_runs),
            f"{row.wall_s:.0f}",
            f"{row.wall_s / row.bare_s:.0f}",
            row.error or row.digest,
        )
    console = Console(width=150)
    console.print(table)
    console.print(f"mean score {sum(row.score for row in rows) / len(rows):.3f} over {len(rows)} cases")


def main() -> int:
    """Runs the cases named, or all."""
    parser = argparse.ArgumentParser(description="Lowtide on real programs")
    names = sorted(path.parent.name for path in CASES.glob("*/case.json"))
    parser.add_argument("name", nargs="*", help=f"cases to run (default: all of {', '.join(names)})")
    chosen = parser.parse_args().name or names
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        parser.error(f"no case {unknown[0]!r}: choose from {', '.join(names)}")
    WORK.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in chosen:
        print(f"{name} ...", flush=True)
        rows.append(run(name))
    show(rows)
    return 1 if any(row.error or row.digest != "same" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
