"""The spec's "Current tier breakdown": what is alive at the peak, by source, and whether it can be reduced. Pure."""

from collections.abc import Callable, Iterator

from agents.memory.categories import CATEGORIES, of_calls, of_holding, of_library
from agents.memory.places import UNKNOWN, Line
from runtime.domain import Profile
from runtime.experiment.events import BreakdownRow
from runtime.measure.holdings import Holding
from runtime.measure.models import MIB, FunctionPlace
from runtime.measure.reports import NativeSite, Site

Lines = Callable[[str, int], Line]
"""What a line of the project is: `places.line_of` of a project."""

SHOWN_SHARE = 0.01
"""Of the peak, children included where they count; smaller rows go into the last one."""
ROWS = 10
"""Spec, Plateau Documentation: the top 5 to 10 allocations."""


def unknown(_file: str, _line: int) -> Line:
    """No source is at hand: a site of the project is data of the running program."""
    return UNKNOWN


def breakdown(profile: Profile, line_of: Lines = unknown, library: bool = False) -> list[BreakdownRow]:
    """Rows by size: traced memory, which adds up to the traced peak, with a row for the rest; C memory beside it;
    what the process has beside both comes last, and apart.

    Args:
        profile: the profile.
        line_of: what the source says of a line.
        library: the project is a library, whose imports are its users' concern.
    """
    rows = [
        _row(profile, site, line_of(site.file, site.line) if site.project else UNKNOWN) for site in profile.stages.sites
    ]
    imports = sum(row.size for row in rows if row.category == "import-time")
    rows = [row for row in rows if row.category != "import-time"]
    if imports:
        rows.append(_imports(imports, library))
    rows.sort(key=lambda row: -row.size)
    least = SHOWN_SHARE * (profile.peak + profile.children)
    shown = [row for row in rows[:ROWS] if row.size >= least]
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
    native = sorted(_native(profile, line_of), key=lambda row: -row.size)[:ROWS]
    shown = sorted([*shown, *(row for row in native if row.size >= least)], key=lambda r: -r.size)
    return [*sorted([*shown, *_children(profile)], key=lambda row: -row.size), *_process(profile)]


def site_category(profile: Profile, site: Site, line: Line) -> str:
    """The category of what one site allocated."""
    if not site.project:
        return of_library(site.file)
    if is_import(profile, site.file, line.function):
        return "import-time"
    held = _held(profile, site.file, line.function)
    slug = of_calls(line.calls, held)
    if slug != "data-structures":
        return slug
    return next((of_holding(one) for one in held if one.name in line.binds), slug)


def holding_category(profile: Profile, holding: Holding, line_of: Lines) -> str:
    """The category of what a name held: a global's also by the lines that made it."""
    if holding.kind != "global" or holding.place is None:
        return of_holding(holding)
    file = holding.place.file
    found = [(site, line_of(file, site.line)) for site in profile.stages.sites if site.project and site.file == file]
    imported = sum(
        site.size for site, line in found if holding.name in line.binds and is_import(profile, file, line.function)
    )
    return "import-time" if 2 * imported >= holding.size else of_holding(holding)


def is_import(profile: Profile, file: str, function: str) -> bool:
    """Whether a function is the top level of a module that was imported, not of the program that was run. Where
    nothing is known of what was run, nothing is said to be an import.
    """
    entry = _entry(profile)
    if entry is None or function != "<module>":
        return False
    return (entry.file, entry.function) != (file, "<module>")


def _entry(profile: Profile) -> FunctionPlace | None:
    tables = profile.stages.tables
    return next(iter(profile.calls.chain), tables[0].place if tables else None)


def _held(profile: Profile, file: str, function: str) -> list[Holding]:
    found = profile.census.holdings if profile.census is not None else []
    return [one for one in found if one.place and (one.place.file, one.place.function) == (file, function)]


def _row(profile: Profile, site: Site, line: Line) -> BreakdownRow:
    slug = site_category(profile, site, line)
    category = CATEGORIES[slug]
    where = "the target's own code" if site.project else "a library, for the target"
    return BreakdownRow(
        size=site.size,
        source=f"{short(site.file)}:{site.line}",
        category=slug,
        reducible=category.reducible,
        why=f"{site.count:,} blocks made by {where}: {category.why}",
    )


def _imports(size: int, library: bool) -> BreakdownRow:
    context = "a concern of a library's users" if library else "start-up memory of an application, another concern"
    return BreakdownRow(
        size=size,
        source="modules imported while the target ran",
        category="import-time",
        reducible=False,
        why=f"{CATEGORIES['import-time'].why}: {context}",
    )


def _native(profile: Profile, line_of: Lines) -> Iterator[BreakdownRow]:
    """C memory by the line that asked for it; what a library told tracemalloc of is in the traced rows already."""
    traced = {(site.file, site.line): site.size for site in profile.stages.sites}
    for site in profile.native.sites if profile.native else ():
        slug = _native_category(profile, site, line_of)
        told = traced.get((site.leaf_file, site.leaf_line), 0) if slug == "image-buffers" else 0
        size = site.size - min(site.size, told)
        within = "" if site.leaf_file == site.file else f", in {short(site.leaf_file)}"
        by = f" by {site.function}" if site.function else ""
        category = CATEGORIES[slug]
        yield BreakdownRow(
            size=size,
            source=f"C extension{within}, called at {short(site.file)}:{site.line}",
            category=slug,
            reducible=category.reducible,
            why=f"{site.count:,} blocks taken{by}, unseen by tracemalloc: {category.why}",
        )


def _native_category(profile: Profile, site: NativeSite, line_of: Lines) -> str:
    line = line_of(site.file, site.line) if site.project else UNKNOWN
    if site.project and is_import(profile, site.file, line.function):
        return "import-time"
    slug = of_calls(line.calls)
    if slug == "data-structures" and site.leaf_file != site.file:
        slug = of_library(site.leaf_file)
    return "c-arenas" if slug == "data-structures" else slug


def _children(profile: Profile) -> Iterator[BreakdownRow]:
    """What child processes hold, where their sum is the metric, and where the highest of them has it."""
    if not profile.children:
        return
    own = any(module.process == "child" for module in profile.calls.modules)
    slug = "data-structures" if own else "other-programs"
    category = CATEGORIES[slug]
    yield BreakdownRow(
        size=profile.children,
        source="child processes, beside the target's own",
        category=slug,
        reducible=category.reducible,
        why=f"they run code of the project: {category.why}; {child_said(profile)}" if own else category.why,
    )


def child_said(profile: Profile) -> str:
    """Where the memory of the highest child is, as a clause."""
    child = profile.calls.child
    if child is None:
        return "no Python child left a traced peak (tracing does not reach it): its lines are not told apart"
    of = f"the highest of {child.count} Python children has" if child.count > 1 else "the one Python child has"
    where = f"in {child.chain[-1].function} ({child.chain[-1].file})" if child.chain else "outside of probed functions"
    most = next((site for site in child.sites if site.project), None)
    line = f", {most.size / MIB:.1f} MiB of them made at {most.file}:{most.line}" if most else ""
    return f"{of} a traced peak of {child.peak / MIB:.1f} MiB, {where}{line}"


def _process(profile: Profile) -> Iterator[BreakdownRow]:
    """The interpreter's own, where an untraced run and memray together say how much it is."""
    outside = profile.native.outside if profile.native else 0
    beside = (profile.resident or 0) - profile.peak - outside
    if beside > 0:
        why = CATEGORIES["interpreter"].why
        yield BreakdownRow(
            size=beside,
            source="resident (VmHWM) beside the rows above",
            category="interpreter",
            reducible=False,
            why=why if profile.native else f"{why}, and C memory, which only memray tells apart",
            apart=True,
        )


def short(file: str) -> str:
    """A library's file without the folders above it: `json/decoder.py`."""
    return file if not file.startswith("/") else "/".join(file.split("/")[-2:])
