"""From a profile to ranked targets: what holds or makes the bytes alive at the peak. Pure; reads no source."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from agents.memory.breakdown import Lines, holding_category, site_category
from agents.memory.categories import of_holding, of_type
from agents.memory.playbook.rule import Focus
from messaging.contents import Allocation
from runtime.domain import Profile
from runtime.measure.holdings import Holding
from runtime.measure.models import MIB, FunctionPlace
from runtime.measure.reports import ProbeReport, Site, Stage, StageTable

SMALLEST = 256 * 1024
"""Bytes below which a target is not worth an experiment (design I15: a keep needs at least 256 KiB)."""
SHARE = 0.01
"""And below this share of the peak (I15: at least 1 %)."""

_PREFIXES = {"cache": "cache of ", "pin": "buffers pinned by "}
"""What the name of a target begins with: several holders may go by one name."""


@dataclass(frozen=True)
class Ranked:
    """A target as the loop sees it, and the code it leads rules to."""

    target: Allocation
    focus: Focus


def rank(profile: Profile) -> list[Ranked]:
    """All targets over the threshold, biggest first; of equal places the biggest only."""
    least = max(SMALLEST, SHARE * profile.peak)
    best: dict[tuple[str, str, int, str], Ranked] = {}
    for ranked in [*_classes(profile), *_holders(profile), *_statements(profile), *_sites(profile)]:
        if ranked.focus.size < least:
            continue
        kind = "holder" if ranked.focus.holding or ranked.focus.census else "line"
        place = (ranked.target.file, ranked.target.name if kind == "holder" else "", ranked.target.line, kind)
        if place not in best or best[place].focus.size < ranked.focus.size:
            best[place] = ranked
    found = sorted(best.values(), key=lambda r: (-r.focus.size, r.target.file, r.target.line, r.target.name))
    return [replace(ranked, focus=replace(ranked.focus, holdings=_locals(profile, ranked.focus))) for ranked in found]


def _locals(profile: Profile, focus: Focus) -> tuple[Holding, ...]:
    """What the locals and arguments of functions in the focus's file held."""
    holdings = profile.census.holdings if profile.census is not None else []
    return tuple(
        h for h in holdings if h.kind in ("local", "argument") and h.place is not None and h.place.file == focus.file
    )


def _target(name: str, file: str, line: int, function: str, size: int, category: str) -> Allocation:
    return Allocation(name=name, file=file, line=line, function=function, category=category, size=round(size / MIB, 3))


def _classes(profile: Profile) -> Iterator[Ranked]:
    if profile.census is None:
        return
    for census in profile.census.classes:
        place = (census.file, census.line)
        if census.shallow:
            yield Ranked(
                _target(f"{census.name} instances", *place, census.name, census.shallow, "data-structures"),
                Focus(census.file, census.name, frozenset({census.line}), census.shallow, census=census),
            )
        for attribute in census.attributes:
            kind = of_type(max(attribute.types, key=lambda t: attribute.types[t], default=""))
            name = f"{census.name}.{attribute.name}"
            yield Ranked(
                _target(name, *place, census.name, attribute.size, kind),
                Focus(
                    census.file,
                    census.name,
                    frozenset({census.line}),
                    attribute.size,
                    census=census,
                    attribute=attribute.name,
                ),
            )


def _holders(profile: Profile) -> Iterator[Ranked]:
    if profile.census is None:
        return
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for holding in profile.census.holdings:
        if holding.place and holding.refcount is not None:
            counts.setdefault(_key(holding.place), {})[holding.name] = holding.refcount
    for holding in profile.census.holdings:
        if holding.place is None or holding.kind == "class_attribute":
            continue
        if holding.kind == "cycle":
            yield from _cycles(profile, holding)
            continue
        size = (holding.group if holding.held_with else holding.own) or holding.size
        unnamed = holding.kind in ("global", "cache")
        name = _PREFIXES.get(holding.kind, "") + holding.name
        yield Ranked(
            _target(
                name if unnamed else f"{name} in {holding.place.function}",
                holding.place.file,
                holding.line or holding.place.line,
                holding.place.function,
                size,
                of_holding(holding),
            ),
            Focus(
                holding.place.file,
                holding.place.function,
                frozenset({holding.line} if holding.line else ()),
                size,
                holding=holding,
                peak_line=holding.line,
                refcounts=counts.get(_key(holding.place), {}),
            ),
        )


def _cycles(profile: Profile, holding: Holding) -> Iterator[Ranked]:
    """What a collection would free could be freed before the peak statement of each function on the chain."""
    for table in profile.stages.tables:
        line = peak_line(profile.stages, table.place)
        hits = max((stage.hits for stage in table.stages if stage.line == line), default=0)
        if line:
            place = table.place
            yield Ranked(
                _target(
                    f"{holding.name} in {place.function}",
                    place.file,
                    line,
                    place.function,
                    holding.size,
                    "data-structures",
                ),
                Focus(
                    place.file,
                    place.function,
                    frozenset({line}),
                    holding.size,
                    holding=holding,
                    peak_line=line,
                    hits=hits,
                ),
            )


def _key(place: FunctionPlace) -> tuple[str, str]:
    return place.file, place.function


def _statements(profile: Profile) -> Iterator[Ranked]:
    for table in profile.stages.tables:
        top = max((stage.peak for stage in table.stages), default=0)
        leaves = _leaves(table)
        at_peak = False
        for index, stage in enumerate(table.stages):
            peak_stage = stage.peak == top
            if index in leaves and (peak_stage or not at_peak):
                size = bytes_of(stage, peak_stage)
                yield _statement(profile, table, stage, size, leaves[index])
            at_peak = at_peak or (peak_stage and index in leaves)


def _leaves(table: StageTable) -> dict[int, int]:
    """Index of each stage that stands for itself -> its last line.

    Where not every pass was looked at, a loop stands for its body: what one of its statements left is a guess.
    """
    parents = {stage.parent for stage in table.stages}
    if not table.unseen:
        return {i: stage.end_line for i, stage in enumerate(table.stages) if i not in parents}
    found: dict[int, int] = {}
    inside: dict[int, int] = {}
    for index, stage in enumerate(table.stages):
        outer = inside.get(stage.parent) if stage.parent is not None else None
        if outer is not None:
            inside[index] = outer
            found[outer] = max(found[outer], stage.end_line)
        elif stage.loop or index not in parents:
            found[index] = stage.end_line
            if stage.loop:
                inside[index] = index
    return found


def bytes_of(stage: Stage, peak_stage: bool) -> int:
    """What of the peak a statement stands for: all it rose to, if it set the peak; else what it left behind."""
    return max(stage.delta, stage.peak - (stage.cumulative - stage.delta)) if peak_stage else stage.delta


def _statement(profile: Profile, table: StageTable, stage: Stage, size: int, last: int) -> Ranked:
    place = table.place
    name = stage.name if stage.calls else f"{place.function}:{stage.line}"
    return Ranked(
        _target(name, place.file, stage.line, place.function, size, "data-structures"),
        Focus(
            place.file,
            place.function,
            frozenset(range(stage.line, last + 1)),
            size,
            peak_line=peak_line(profile.stages, place),
        ),
    )


def peak_line(stages: ProbeReport, place: FunctionPlace) -> int:
    """The line of a probed function that was running when it reached its own highest point; 0 if not probed."""
    for table in stages.tables:
        if _key(table.place) == _key(place) and table.stages:
            top = max(stage.peak for stage in table.stages)
            return max((s for s in table.stages if s.peak == top), key=lambda s: s.depth).line
    return 0


def _sites(profile: Profile) -> Iterator[Ranked]:
    child = profile.calls.child if profile.children else None
    for site in [*profile.stages.sites, *(child.sites if child else ())]:
        if site.project:
            yield Ranked(
                _target("allocations", site.file, site.line, "", site.size, "data-structures"),
                Focus(site.file, "", frozenset({site.line}), site.size),
            )


def judged(profile: Profile, ranking: Iterable[Ranked], line_of: Lines) -> Iterator[Ranked]:
    """The ranking, where each target has the category of what made it too: what its line calls, and when it runs."""
    for ranked in ranking:
        focus, target = ranked.focus, ranked.target
        if focus.census:
            yield ranked
            continue
        if focus.holding:
            category = holding_category(profile, focus.holding, line_of)
        else:
            site = Site(file=focus.file, project=True, line=target.line, size=focus.size, count=1)
            category = site_category(profile, site, line_of(focus.file, target.line))
        yield replace(ranked, target=target.model_copy(update={"category": category}))
