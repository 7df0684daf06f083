"""What the rules make of the catalogue's micro-benchmarks by themselves. `make micro` calls it.

    python -m benchmarks.micro [--show] [ID ...]

Each case's `before` becomes a small project (micro_project.py); a real profile leads the rules to candidates, each is
measured, and the first that lowers the traced peak by 1 % with the same digest is kept, as the loop does. Then again,
at most four times. `way` is how much of the saving from `before` to the catalogue's hand-made `after` was reached.
Exit code 1 when a candidate changes the digest or fails.
"""

import argparse
import json
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agents.memory.domain import MemoryDomain
from agents.memory.playbook.rule import Rule
from agents.memory.ranking import SMALLEST
from benchmarks.foci import Facts
from benchmarks.forced import Costs, candidates, chosen, hunks
from benchmarks.micro_profile import Measured, Place, RunFailed
from benchmarks.micro_project import EDITABLE, Cases
from messaging.contents import Candidate
from runtime.domain import Sources
from runtime.git import blob_id
from runtime.measure.models import MIB

HERE = Path(__file__).parent
WORK = HERE.parent / "build" / "micro"
VENV = HERE.parent / "build" / "micro-venv"
REQUIREMENTS = HERE / "micro-requirements.txt"
CATALOGUE = HERE / "catalogue.json"
WORKERS = 2
ROUNDS = 4
TRIALS = 8
"""Candidates measured in one round."""
GAIN = 0.99
"""A candidate is kept when the peak is at most this share of the best so far (design I15)."""
NEGATIVE = 0.02
"""Below this share of `before` the catalogue's own rewrite saves nothing: it is listed as not worth trying."""


@dataclass
class Row:
    """One case's result; peaks in bytes. `level` is the catalogue's: who can do it."""

    id: str
    title: str
    level: str
    before: int = 0
    ours: int = 0
    after: int = 0
    kept: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    forced: bool = False
    error: str = ""

    @property
    def way(self) -> float | None:
        """Share of the way gone from `before` to `after`; None where `after` is no better."""
        saving = self.before - self.after
        return (self.before - self.ours) / saving if saving > NEGATIVE * self.before else None


def make_venv() -> Path:
    """The interpreter with numpy and pandas, installed anew when the requirements change."""
    stamp, wanted = VENV / "installed.txt", REQUIREMENTS.read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(VENV, clear=True, with_pip=True)
        pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", str(REQUIREMENTS)], check=True)
        stamp.write_text(wanted)
    return VENV / "bin" / "python"


def propose(
    playbook: list[Rule], folder: Path, place: Place, fruitless: frozenset[str]
) -> tuple[list[Candidate], bool]:
    """What the rules propose for a case, best first; from forced foci when the profile leads to nothing.

    Args:
        fruitless: keys of candidates that were tried on this program, in vain: they are combined with others.
    """
    files = {path.name: blob_id(path.read_bytes()) for path in sorted(folder.glob("*.py"))}
    sources = Sources(folder, "", files, EDITABLE.__eq__, library=False, requires_python=(3, 11), python=(3, 11))
    profile, domain = place.profile(folder), MemoryDomain(playbook)
    found: dict[str, Candidate] = {}
    for target in domain.rank(profile, sources):
        for candidate in domain.propose(target, profile, sources):
            found.setdefault(candidate.key, candidate)
        for candidate in domain.combine(target, profile, sources, fruitless) if fruitless else ():
            found.setdefault(candidate.key, candidate)
    if found:
        return list(found.values()), False
    project = domain._load(sources)
    return list(candidates(project, [EDITABLE], playbook, Facts(guess=""), Costs()).values()), True


def changed(folder: Path, into: Path, candidate: Candidate) -> None:
    """A copy of the project with the candidate's edits."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for path in folder.glob("*.py"):
        shutil.copy(path, into)
    for edit in candidate.edits:
        (into / edit.path).write_text(edit.text)


def differences(before: Path, after: Path) -> Iterator[str]:
    """Lines that differ in case.py."""
    old, new = (before / EDITABLE).read_text(), (after / EDITABLE).read_text()
    for first, past, put in hunks(old, new):
        yield from (f"    - {line}" for line in old.splitlines()[first:past])
        yield from (f"    + {line.rstrip()}" for line in put)


class Trial:
    """One case at work: its folder, what was measured, and the row that comes of it."""

    def __init__(self, cases: Cases, row: Row, place: Place, playbook: list[Rule], show: bool) -> None:
        self.cases, self.row, self.place, self.playbook, self.show = cases, row, place, playbook, show
        self.folder = WORK / "cases" / row.id

    def run(self) -> None:
        """Measures before and after, then lets the rules act."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for variant in ("before", "after"):
            self.cases.write(self.row.id, variant, self.folder / variant)
        before = self.place.measure(self.folder / "before")
        self.row.before = self.row.ours = before.peak
        self.row.after = self.place.measure(self.folder / "after").peak
        current, tried, fruitless = self.folder / "before", set[str](), frozenset[str]()
        for number in range(ROUNDS):
            if self.row.ours < SMALLEST:
                break  # the ranking has no target so small
            offered, forced = propose(self.playbook, current, self.place, fruitless)
            self.row.proposed += [c.rule for c in offered if not c.edits and c.rule not in self.row.proposed]
            fresh = [c for c in offered if c.edits and c.key not in tried][:TRIALS]
            kept = self._first_better(fresh, current, before, number, tried)
            if kept is not None:
                self.row.forced |= forced
                current, fruitless = kept, frozenset()
            elif fresh:
                fruitless |= {candidate.key for candidate in fresh}
            else:
                break

    def _first_better(
        self, fresh: list[Candidate], current: Path, before: Measured, number: int, tried: set[str]
    ) -> Path | None:
        for candidate in fresh:
            tried.add(candidate.key)
            into = self.folder / f"round{number}"
            changed(current, into, candidate)
            said = f"{candidate.rule}{'' if candidate.level == 'A' else f' ({candidate.level})'}"
            try:
                measured = self.place.measure(into)
            except (RunFailed, subprocess.TimeoutExpired) as error:
                self.row.bad.append(f"{candidate.key} fails: {str(error).strip().splitlines()[-1]}")
                measured = Measured(before.peak, "")
            same = measured.digest == before.digest
            if measured.digest and not same:
                self.row.bad.append(f"{candidate.key} changes the digest")
            keep = same and measured.peak <= self.row.ours * GAIN
            if self.show:
                verdict = "keep" if keep else "discard" if same else "BAD"
                print(f"{candidate.key} [{candidate.level}] {measured.peak / MIB:.2f} MiB: {verdict}")
                print(*differences(current, into), sep="\n")
            (self.row.kept if keep else self.row.tried).append(said)
            if keep:
                self.row.ours = measured.peak
                return into
        return None


def table(rows: list[Row]) -> Table:
    """The rows as people read them."""
    shown = Table(title="Micro-benchmarks of the catalogue: traced peak in MiB", title_justify="left")
    for heading in ("id", "who", "before", "ours", "after", "way", "digest", "kept", "tried in vain", "what"):
        shown.add_column(heading, justify="right" if heading in ("before", "ours", "after", "way") else "left")
    for row in rows:
        way = row.way
        shown.add_row(
            row.id + ("*" if row.forced else ""),
            row.level or "not worth it",
            *(f"{size / MIB:.2f}" for size in (row.before, row.ours, row.after)),
            "-" if way is None else f"{100 * way:.0f} %",
            "failed" if row.error else "DIFFERS" if row.bad else "same",
            ", ".join(row.kept) or (f"proposed: {', '.join(row.proposed)}" if row.proposed else ""),
            ", ".join(dict.fromkeys(row.tried)),
            row.title,
        )
    return shown


def in_short(row: Row) -> str:
    """The row as it is printed when its case has ended."""
    way = "-" if row.way is None else f"{100 * row.way:.0f} %"
    sizes = " ".join(f"{size / MIB:8.2f}" for size in (row.before, row.ours, row.after))
    tried = f"; in vain {', '.join(row.tried)}" if row.tried else ""
    bad = f"; {'; '.join([*row.bad, row.error])}" if row.bad or row.error else ""
    return f"{row.id:5} {sizes} {way:>6}  {', '.join(row.kept)}{tried}{bad}"


def summary(rows: list[Row]) -> Iterator[str]:
    """The table in a few lines: by level, how many cases came how far."""
    for level in ("A", "P", "S"):
        ways = [row.way for row in rows if row.level == level and row.way is not None]
        if ways:
            far = sum(way >= 0.9 for way in ways)
            some = sum(way >= 0.1 for way in ways)
            mean = sum(max(0.0, min(1.0, way)) for way in ways) / len(ways)
            yield (
                f"level {level}: {len(ways)} cases, {far} at least 90 % of the way, {some} at least 10 %;"
                f" mean {100 * mean:.0f} %"
            )
    proposed = [row for row in rows if row.level == "S" and row.proposed]
    yield f"level S proposed to people: {len(proposed)}; digests that differ or runs that fail: {_bad(rows)}"
    yield "* the profile led to nothing; the rules were pointed at every line instead"


def _bad(rows: list[Row]) -> int:
    return sum(bool(row.bad or row.error) for row in rows)


_worker: list[tuple[Place, list[Rule], bool]] = []
"""What a worker process was given when it began."""


def _begin(places: "SimpleQueue[Place]", playbook: list[Rule], show: bool) -> None:
    _worker.append((places.get(), playbook, show))


def _one(row: Row) -> Row:
    place, playbook, show = _worker[0]
    try:
        Trial(Cases(HERE / "micro" / "cases.py"), row, place, playbook, show).run()
    except Exception as error:  # noqa: BLE001  what fails is said in the case's row, and the others go on
        row.error = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    print(in_short(row), flush=True)
    return row


def main() -> int:
    """Runs the cases that the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", help="entries of the catalogue, all by default")
    parser.add_argument("--show", action="store_true", help="print each candidate with its diff and figures")
    parser.add_argument("--rules", default="", help="ids of the only rules to use, by comma")
    words = parser.parse_args()
    playbook = chosen(words.rules)
    cases, catalogue = Cases(HERE / "micro" / "cases.py"), json.loads(CATALOGUE.read_text())
    if unknown := set(words.ids) - set(cases.all):
        parser.error(f"the catalogue has no entry {', '.join(sorted(unknown))}")
    python = make_venv()
    context = get_context("fork")
    places: SimpleQueue[Place] = context.SimpleQueue()
    for number in range(WORKERS):
        place = Place(python, WORK / f"work{number}", WORK / f"data{number}")
        place.work.mkdir(parents=True, exist_ok=True)
        place.data.mkdir(parents=True, exist_ok=True)
        places.put(place)
    every = [Row(entry, cases.all[entry].title, catalogue.get(entry, {}).get("level", "")) for entry in cases.all]
    wanted = [row for row in every if not words.ids or row.id in words.ids]
    with ProcessPoolExecutor(WORKERS, context, _begin, (places, playbook, words.show)) as pool:
        rows = list(pool.map(_one, wanted))
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table(rows))
    for line in summary(rows):
        console.print(line, highlight=False)
    for row in rows:
        for bad in [*row.bad, *([row.error] if row.error else [])]:
            console.print(f"{row.id}: {bad}", style="red", highlight=False)
    WORK.joinpath("results.json").write_text(json.dumps([asdict(row) for row in rows], indent=1))
    return int(any(row.bad or row.error for row in rows))


if __name__ == "__main__":
    sys.exit(main())
