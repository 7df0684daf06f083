"""What the rules would do to a tree if the profile pointed at everything: every function, local, global and class.

A profile leads the rules to a few places. Here each place gets the foci that a profile could give it (foci.py), so that
a precondition that is too weak shows up on code nobody wrote for it.
"""

import ast
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from agents.memory.analysis.modules import FUNCTIONS, module_of
from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.registry import rules
from agents.memory.playbook.rule import Focus, Rule
from benchmarks.foci import Facts, foci
from messaging.contents import Candidate
from runtime.git import blob_id
from runtime.measure.holdings import Holding


@dataclass
class Costs:
    """Seconds and calls spent in each rule, and what it raised instead of giving candidates."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    crashes: list[str] = field(default_factory=list)


def chosen(ids: str) -> list[Rule]:
    """The rules of the playbook with the given ids, by comma; all when it is empty.

    Raises:
        SystemExit: there is no such rule.
    """
    wanted = {part.strip().upper() for part in ids.split(",") if part.strip()}
    found = rules(wanted)
    if unknown := wanted - {rule.id for rule in found}:
        raise SystemExit(f"There is no rule {', '.join(sorted(unknown))}.")
    return found


class _Notes:
    """Notes which fields of an object are read, in a set that lies in its dictionary."""

    def __getattribute__(self, name: str) -> object:
        own = object.__getattribute__(self, "__dict__")
        if name in own and "_read" in own:
            own["_read"].add(own["_as"] + name)
        return object.__getattribute__(self, name)


class WatchedFocus(_Notes, Focus):
    """A focus that notes what is read of it."""


class WatchedHolding(_Notes, Holding):
    """A holder that notes what is read of it."""


def watched(focus: Focus, read: set[str]) -> Focus:
    """The focus, noting in `read` the names of what is read of it and, as `holding.x`, of its holder."""
    own = dict(vars(focus))
    if focus.holding is not None:
        own["holding"] = WatchedHolding.model_construct(**vars(focus.holding))
        vars(own["holding"]).update(_read=read, _as="holding.")
    noting = WatchedFocus(**own)
    vars(noting).update(_read=read, _as="")
    return noting


@dataclass
class _Asked:
    """What one rule was asked about one project: which fields of a focus it read, and their values.

    A rule gives the same for a focus with the same values in the fields it reads: it is not asked again.
    """

    fields: set[tuple[str, ...]] = field(default_factory=set)
    values: set[tuple[object, ...]] = field(default_factory=set)
    kept: list[Focus] = field(default_factory=list)
    """Keeps what is known by its id alive."""

    def known(self, focus: Focus) -> bool:
        return any((names, _values(focus, names)) in self.values for names in self.fields)

    def add(self, read: set[str], focus: Focus) -> None:
        names = tuple(sorted(read))
        self.fields.add(names)
        self.values.add((names, _values(focus, names)))
        self.kept.append(focus)


def _values(focus: Focus, names: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(_value(focus, name) for name in names)


def _value(focus: Focus, name: str) -> object:
    outer, _, inner = name.rpartition(".")
    if outer:
        value = getattr(focus.holding, inner, None)
        return repr(value) if isinstance(value, list | dict) else value
    if name == "holding":
        return focus.holding is None
    value = getattr(focus, name)
    return id(value) if name in ("census", "refcounts") else value


def candidates(
    project: Project, paths: Iterable[str], playbook: Sequence[Rule], facts: Facts, costs: Costs
) -> dict[str, Candidate]:
    """Key -> candidate of all rules for every focus of `paths`. What a rule raises is noted in `costs`."""
    found: dict[str, Candidate] = {}
    asked = {rule.id: _Asked() for rule in playbook}
    for path in paths:
        for focus in foci(project, path, facts):
            for rule in playbook:
                if asked[rule.id].known(focus):
                    continue
                began = time.process_time()
                read: set[str] = set()
                try:
                    for candidate in rule.find(project, watched(focus, read)):
                        found.setdefault(candidate.key, candidate)
                except Exception as error:  # noqa: BLE001  a rule that raises is a finding, and the rest is wanted
                    held = focus.holding.name if focus.holding else focus.attribute
                    costs.crashes.append(f"{rule.id} {path} {focus.function} {held}: {type(error).__name__}: {error}")
                asked[rule.id].add(read, focus)
                costs.seconds[rule.id] = costs.seconds.get(rule.id, 0.0) + time.process_time() - began
                costs.calls[rule.id] = costs.calls.get(rule.id, 0) + 1
    return found


def with_edits(project: Project, edits: Mapping[str, str]) -> Project:
    """The project with other texts of some files."""
    sources = dict(project.sources)
    for path, text in edits.items():
        data = text.encode()
        sources[path] = Source(path, data, blob_id(data))
    return replace(project, sources=sources, facts={})


def edits_of(candidate: Candidate) -> dict[str, str]:
    """Path -> the whole text the candidate gives it."""
    return {edit.path: edit.text for edit in candidate.edits}


Hunk = tuple[int, int, list[str]]


def hunks(before: str, after: str) -> list[Hunk]:
    """The lines (first, past the last) of `before` that differ, and what stands there in `after`."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [(i, j, new[k:m]) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"]


def merged(project: Project, chosen: Iterable[Candidate]) -> tuple[dict[str, str], list[Candidate]]:
    """Path -> text with as many of the candidates' edits as touch different functions, and those candidates."""
    taken: list[Candidate] = []
    changes: dict[str, list[Hunk]] = {}
    used: dict[str, list[tuple[int, int]]] = {}
    for candidate in chosen:
        new: dict[str, list[Hunk]] = {}
        spans: dict[str, list[tuple[int, int]]] = {}
        for path, text in edits_of(candidate).items():
            new[path] = hunks(project.sources[path].text, text)
            spans[path] = _spans(project, path, new[path])
        clear = all(
            end < first or last < begin
            for path, wanted in spans.items()
            for begin, end in wanted
            for first, last in used.get(path, [])
        )
        if not any(new.values()) or not clear:
            continue
        taken.append(candidate)
        for path, more in new.items():
            changes.setdefault(path, []).extend(more)
            used.setdefault(path, []).extend(spans[path])
    return {path: _patched(project.sources[path].text, found) for path, found in changes.items()}, taken


def _spans(project: Project, path: str, changed: list[Hunk]) -> list[tuple[int, int]]:
    """The lines of the outermost functions and of the statements that the hunks touch, with one line around."""
    module = module_of(project, path)
    tops = [] if module is None else [n for n in ast.walk(module.tree) if isinstance(n, FUNCTIONS)]
    found = []
    for first, past, _ in changed:
        inside = [(n.lineno, n.end_lineno or 0) for n in tops if n.lineno <= first + 1 and past <= (n.end_lineno or 0)]
        outer = min(inside, default=(first, past + 1))
        found.append((outer[0], max(outer[1], past)))
    return found


def _patched(text: str, changed: list[Hunk]) -> str:
    lines = text.splitlines(keepends=True)
    for first, past, new in sorted(changed, key=lambda hunk: hunk[:2], reverse=True):
        lines[first:past] = new
    return "".join(lines)


@dataclass
class Forced:
    """All that was done to a tree: the texts that changed, in which candidates, round by round."""

    project: Project
    texts: dict[str, str] = field(default_factory=dict)
    applied: list[Candidate] = field(default_factory=list)
    """In the order in which they were applied."""
    rounds: list[int] = field(default_factory=list)
    """How many of them each round applied."""
    offered: set[str] = field(default_factory=set)
    """Keys of all that fitted, in whatever round."""
    costs: Costs = field(default_factory=Costs)


def force(
    project: Project,
    playbook: Sequence[Rule],
    facts: Facts,
    *,
    rounds: int = 3,
    wanted: Callable[[Candidate], bool] = lambda candidate: True,
    first: Mapping[str, Candidate] | None = None,
) -> Forced:
    """Applies all that the rules find, at most one edit a function in each round, then looks again.

    Args:
        project: the tree.
        playbook: the rules to try.
        facts: what is taken for seen.
        rounds: how often the changed files are looked at again.
        wanted: which candidates are applied; those without edits never are.
        first: what `candidates` found in the whole tree, where that is known.
    """
    done = Forced(project)
    paths: Iterable[str] = sorted(project.editable)
    tried: set[str] = set()
    for number in range(rounds):
        known = first if number == 0 else None
        found = candidates(done.project, paths, playbook, facts, done.costs) if known is None else known
        fresh = [c for key, c in found.items() if key not in tried and c.edits and wanted(c)]
        done.offered.update(candidate.key for candidate in fresh)
        texts, taken = merged(done.project, fresh)
        if not taken:
            break
        tried.update(candidate.key for candidate in taken)
        done.applied += taken
        done.rounds.append(len(taken))
        done.texts.update(texts)
        done.project = with_edits(done.project, texts)
        paths = sorted(texts)
    return done
