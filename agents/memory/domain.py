"""The memory domain: the traced peak in MiB, ranked targets, and the playbook's proposals."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache, partial

from agents.memory.analysis.project import Project
from agents.memory.breakdown import Lines, breakdown, unknown
from agents.memory.categories import CATEGORIES
from agents.memory.combination import combinations
from agents.memory.places import enclosing_function, line_of
from agents.memory.playbook.registry import rules
from agents.memory.playbook.rule import Focus, Rule
from agents.memory.ranking import judged, rank
from messaging.contents import Allocation, Candidate, CrossDomain
from runtime.domain import Profile, Sources
from runtime.experiment.events import BreakdownRow
from runtime.measure.models import MIB

HEAVY_IMPORTS = 0.1
"""Share of the peak from which imports are worth a cross-domain signal."""


class MemoryDomain:
    """Lowers the peak memory of a target by rules: those of the playbook unless others are given."""

    name = "memory"
    metric = "peak"
    unit = "MiB"

    def __init__(self, playbook: Sequence[Rule] | None = None) -> None:
        self._rules: Sequence[Rule] = rules() if playbook is None else playbook
        self._project: Project | None = None
        self._lines_of: tuple[Project | None, Lines] = (None, unknown)

    def rank(self, profile: Profile, sources: Sources) -> list[Allocation]:
        """Targets in the project's own code, biggest first, in MiB; none of imports, none irreducible."""
        return [
            ranked.target
            for ranked in judged(profile, rank(profile), self._lines(sources))
            if ranked.target.file in sources.files and CATEGORIES[ranked.target.category].reducible
        ]

    def breakdown(self, profile: Profile, sources: Sources) -> list[BreakdownRow]:
        """What is alive at the peak, by allocation site, and C memory beside it."""
        return breakdown(profile, self._lines(sources), sources.library)

    def propose(self, target: Allocation, profile: Profile, sources: Sources) -> list[Candidate]:
        """What the rules propose for `target`: most bytes first, then the better proven."""
        found: dict[str, Candidate] = {}
        project = self._load(sources)
        for focus in self._foci(target, profile, project):
            for candidate in self._singles(project, focus):
                found.setdefault(candidate.key, candidate)
        return sorted(found.values(), key=_order)

    def combine(
        self, target: Allocation, profile: Profile, sources: Sources, fruitless: frozenset[str]
    ) -> list[Candidate]:
        """Pairs of one of the rules' `fruitless` candidates for `target`, and a second that it may need."""
        found: dict[str, Candidate] = {}
        project = self._load(sources)
        for focus in self._foci(target, profile, project):
            parts = [one for one in self._singles(project, focus) if one.key in fruitless]
            for candidate in combinations(project, focus, parts, self._rules):
                found.setdefault(candidate.key, candidate)
        return sorted(found.values(), key=_order)

    def _singles(self, project: Project, focus: Focus) -> list[Candidate]:
        return sorted((one for rule in self._rules for one in rule.find(project, focus)), key=_order)

    def _foci(self, target: Allocation, profile: Profile, project: Project) -> Iterator[Focus]:
        """What the profile leads the rules to for one target."""
        for ranked in rank(profile):
            if (ranked.target.name, ranked.target.file, ranked.target.line) != (
                target.name,
                target.file,
                target.line,
            ):
                continue
            yield _located(ranked.focus, project)

    def signals(self, profile: Profile, sources: Sources) -> Sequence[CrossDomain]:
        """Heavy imports within the measured path belong to whoever looks after the program's structure."""
        rows = [row for row in self.breakdown(profile, sources) if row.category == "import-time"]
        return [
            CrossDomain(
                domain="structure",
                signal=f"{row.source} hold {row.size / MIB:.1f} MiB of the {profile.peak / MIB:.1f} MiB peak",
            )
            for row in rows
            if row.size >= HEAVY_IMPORTS * (profile.peak + profile.children)
        ]

    def _lines(self, sources: Sources) -> Lines:
        project = self._load(sources)
        if project is not self._lines_of[0]:
            self._lines_of = project, cache(partial(line_of, project))
        return self._lines_of[1]

    def _load(self, sources: Sources) -> Project:
        self._project = Project.load(
            sources.root,
            sources.files,
            [path for path in sources.files if sources.editable(path)],
            library=sources.library,
            requires_python=sources.requires_python,
            python=sources.python,
            previous=self._project,
        )
        return self._project


def _order(candidate: Candidate) -> tuple[int, str, str, str]:
    return -candidate.frees, candidate.level, candidate.rule, candidate.key


def _located(focus: Focus, project: Project) -> Focus:
    """A focus that a bare allocation site gave, with the function its line is in."""
    source = project.sources.get(focus.file)
    if focus.function or source is None or not focus.lines:
        return focus
    try:
        tree = ast.parse(source.data)
    except SyntaxError:
        return focus
    return replace(focus, function=enclosing_function(tree, min(focus.lines)))
