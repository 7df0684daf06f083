"""The spec's "Current tier breakdown": what is alive at the peak, by source, and whether it can be reduced. Pure."""

from agents.memory.ranking import category_of
from runtime.domain import Profile
from runtime.experiment.events import BreakdownRow
from runtime.measure.models import Site

IMPORT_MACHINERY = ("<frozen importlib", "<frozen zipimport", "importlib/")
SHOWN_SHARE = 0.01
"""Of the peak; smaller rows go into the last one."""
ROWS = 10
"""Spec, Plateau Documentation: the top 5 to 10 allocations."""


def breakdown(profile: Profile) -> list[BreakdownRow]:
    """Rows by size, the rest summed in a last row; sizes add up to the traced peak."""
    rows = [_row(site) for site in profile.stages.sites]
    imports = sum(row.size for row in rows if row.category == "import-time")
    rows = [row for row in rows if row.category != "import-time"]
    if imports:
        rows.append(
            BreakdownRow(
                size=imports,
                source="modules imported while the target ran",
                category="import-time",
                reducible=False,
                why="made by import statements, not by the benchmarked path",
            )
        )
    rows.sort(key=lambda row: -row.size)
    shown = [row for row in rows[:ROWS] if row.size >= SHOWN_SHARE * profile.peak]
    rest = profile.peak - sum(row.size for row in shown)
    if rest > 0:
        shown.append(
            BreakdownRow(
                size=rest,
                source="smaller sites, and temporaries within the peak statement",
                category="data-structures",
                reducible=True,
                why="each too small, or gone again before a snapshot could be taken",
            )
        )
    return shown


def _row(site: Site) -> BreakdownRow:
    if any(mark in site.file for mark in IMPORT_MACHINERY):
        return BreakdownRow(
            size=site.size, source=site.file, category="import-time", reducible=False, why="import machinery"
        )
    where = "the target's own code" if site.project else "a library, for the target"
    return BreakdownRow(
        size=site.size,
        source=f"{_short(site.file)}:{site.line}",
        category=category_of(""),
        reducible=True,
        why=f"{site.count:,} blocks made by {where}",
    )


def _short(file: str) -> str:
    """A library's file without the folders above it: `json/decoder.py`."""
    return file if not file.startswith("/") else "/".join(file.split("/")[-2:])
