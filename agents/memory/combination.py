"""Two rewrites as one experiment, for a fix whose gain needs another.

`rows = list(reader)`, `kept = [row for row in rows if row]`, one pass over `kept`: both lists hold the same rows, so
neither rewrite frees them alone. A combination is a first candidate and a second one found in the program that the
first leaves, at what the changed statements read or feed. It has one mechanism: the value no longer piles up at
either end. The loop tries it only where one of the two was tried alone and brought nothing.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence

from agents.memory.analysis.modules import (
    COMPREHENSIONS,
    Module,
    comprehension_targets,
    module_of,
    qualified_name,
)
from agents.memory.analysis.project import Project
from agents.memory.analysis.suites import own_statements, suites
from agents.memory.playbook.rule import Candidate, Focus, Rule
from messaging.contents import EditedFile, Shown

REACH = 2
"""How many bindings away from a changed statement the second rewrite may be: its operands, and theirs."""


def combinations(
    project: Project, focus: Focus, singles: Iterable[Candidate], rules: Sequence[Rule]
) -> Iterator[Candidate]:
    """Each pair of a candidate of `singles` and one more that the rules find near what it changes, once."""
    seen: set[str] = set()
    for single in singles:
        for first, second in _pairs(project, focus.size, single, rules):
            pair = _merged(project, first, second)
            if pair.key not in seen:
                seen.add(pair.key)
                yield pair


def _pairs(
    project: Project, size: int, single: Candidate, rules: Sequence[Rule]
) -> Iterator[tuple[Candidate, Candidate]]:
    """Two candidates, the second found in the program that the first leaves; `single` is one of the two."""
    after = _after(project, single)
    for second in _found(after, linked(project, after, single, size), rules):
        if second.key != single.key:
            yield single, second
    # Some rewrites can be shown only in one order: the neighbour's before this one.
    for neighbour in _found(project, linked(after, project, single, size), rules):
        if neighbour.key != single.key:
            left = _after(project, neighbour)
            for second in _found(left, linked(project, left, neighbour, size), rules):
                if second.key == single.key:
                    yield neighbour, second


def _after(project: Project, candidate: Candidate) -> Project:
    return project.edited({edit.path: edit.text for edit in candidate.edits})


def _found(project: Project, places: Iterable[Focus], rules: Sequence[Rule]) -> Iterator[Candidate]:
    for place in places:
        for rule in rules:
            yield from (one for one in rule.find(project, place) if one.level != "S" and one.edits)


def linked(other: Project, project: Project, candidate: Candidate, size: int) -> Iterator[Focus]:
    """A focus for each function of `project` that differs in `other` by the candidate: what differs, and near it."""
    for edit in candidate.edits:
        old, new = module_of(other, edit.path), module_of(project, edit.path)
        if old is None or new is None:
            continue
        known = _statements(old)
        for name, statements in _statements(new).items():
            same = {ast.dump(statement) for statement in known.get(name, ())}
            changed = [statement for statement in statements if ast.dump(statement) not in same]
            lines = _neighbourhood(changed, statements)
            if lines:
                yield Focus(edit.path, name, frozenset(lines), size)


def _statements(module: Module) -> dict[str, list[ast.stmt]]:
    """The statements of each function's own code, by qualified name; `<module>` for the top level."""
    found = {"<module>": list(own_statements(module.tree.body))}
    for functions in module.functions.values():
        for function in functions:
            found.setdefault(qualified_name(module, function), []).extend(own_statements(function.body))
    return found


def _neighbourhood(changed: list[ast.stmt], statements: list[ast.stmt]) -> set[int]:
    """Lines of the simple parts of `changed`, and of what binds or reads the names in them, `REACH` bindings away."""
    near = [statement for statement in changed if not suites(statement)] or changed
    for _ in range(REACH):
        read = {name for one in near for name in _names(one, ast.Load)}
        bound = {name for one in near for name in _names(one, ast.Store)}
        near += [
            one
            for one in statements
            if one not in near and (read & _names(one, ast.Store) or bound & _names(one, ast.Load))
        ]
    return {line for one in near for line in _lines(one)}


def _names(statement: ast.stmt, context: type[ast.expr_context]) -> set[str]:
    """Names of the statement's own part; what a comprehension binds is nobody else's."""
    inner = {id(node) for suite in suites(statement) for child in suite for node in ast.walk(child)}
    own = {
        name for node in ast.walk(statement) if isinstance(node, COMPREHENSIONS) for name in comprehension_targets(node)
    }
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, context) and id(node) not in inner
    } - own


def _lines(statement: ast.stmt) -> range:
    below = suites(statement)
    last = below[0][0].lineno - 1 if below else statement.end_lineno or statement.lineno
    return range(statement.lineno, max(last, statement.lineno) + 1)


def _merged(project: Project, first: Candidate, second: Candidate) -> Candidate:
    edits = {edit.path: edit for edit in first.edits}
    for edit in second.edits:
        blob = edits[edit.path].blob if edit.path in edits else edit.blob
        edits[edit.path] = EditedFile(path=edit.path, blob=blob, text=edit.text)
    read = {path: project.sources[path].blob for path in {*first.read, *second.read} if path in project.sources}
    parts = sorted({first.key, second.key})
    return first.model_copy(
        update={
            "key": " + ".join(parts),
            "parts": parts,
            "rule": f"{first.rule}+{second.rule}",
            "title": f"{first.title}, and {second.title}",
            "mechanism": f"{first.mechanism}; what it would hold is still held before it, so that {second.mechanism}",
            "level": "P" if "P" in (first.level, second.level) else "A",
            "frees": max(first.frees, second.frees),
            "shown": [
                Shown(check=f"{one.rule} {shown.check}", evidence=shown.evidence)
                for one in (first, second)
                for shown in one.shown
            ],
            "users": list(dict.fromkeys([*first.users, *second.users])),
            "assumes": list(dict.fromkeys([*first.assumes, *second.assumes])),
            "edits": list(edits.values()),
            "read": read,
        }
    )
