"""Lists bound to a local that B02 sees only when they are said in other words: `rows = list(reader)`, and lists read
from a file whose `with` ends before they are used."""

import ast
import re
from collections.abc import Iterator

from agents.memory.analysis.calls import opened_to_read
from agents.memory.analysis.modules import FunctionNode, Module, find_function, module_of, own_nodes
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Library, resolve
from agents.memory.analysis.restated import restated
from agents.memory.playbook.append_loops import Restated, Wanted, following
from agents.memory.playbook.source_edits import Stretch, atom, source, span, spliced

_ITERATORS = frozenset({"map", "filter", "zip", "enumerate", "reversed", "iter"})


def read_lists(project: Project, module: Module, scope: FunctionNode, wanted: Wanted) -> Iterator[Restated]:
    """Each `name = list(E)` as `name = [item for item in E]`, and each list whose reader stands behind its `with`."""
    for statement in own_nodes(scope):
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        asked = wanted(_target(statement), statement.lineno, statement.end_lineno or 0)
        words = _words(project, module, statement) if asked else None
        if words is None:
            continue
        around = module.parents[statement]
        if words[0]:
            yield from _restated(
                project, module, scope, statement, statement, f"{_target(statement)} = {words[0]}", words[1]
            )
        if isinstance(around, ast.With) and around.body[-1] is statement and _reads_files(project, module, around):
            moved = _moved(module, around, statement, words[0])
            if moved is not None:
                yield from _restated(project, module, scope, statement, around, moved[0], words[1], moved[1])


def _target(statement: ast.Assign) -> str:
    assert isinstance(statement.targets[0], ast.Name)
    return statement.targets[0].id


def _words(project: Project, module: Module, statement: ast.Assign) -> tuple[str, str] | None:
    """The list as a comprehension ("" when it is one), and the iterator it could be instead ("" for none)."""
    match statement:
        case ast.Assign(targets=[ast.Name()], value=ast.ListComp()):
            return "", ""
        case ast.Assign(targets=[ast.Name()], value=ast.Call(func=func, args=[inner], keywords=[])):
            if resolve(project, module, func) != Builtin("list") or isinstance(inner, ast.Starred):
                return None
            written = atom(module, inner)
            made = resolve(project, module, inner.func) if isinstance(inner, ast.Call) else None
            lazy = (isinstance(made, Builtin) and made.name in _ITERATORS) or (
                isinstance(made, Library) and made.name.startswith(("itertools.", "csv."))
            )
            if any(isinstance(n, ast.Name) and n.id == "item" for n in ast.walk(inner)):
                return None
            return f"[item for item in {written}]", written if lazy else ""
    return None


def _reads_files(project: Project, module: Module, around: ast.With) -> bool:
    return all(
        isinstance(item.context_expr, ast.Call)
        and resolve(project, module, item.context_expr.func) == Builtin("open")
        and opened_to_read(item.context_expr)
        for item in around.items
    )


def _moved(module: Module, around: ast.With, statement: ast.Assign, words: str) -> tuple[str, ast.stmt] | None:
    """The `with` with the statement behind it moved into it, and that statement."""
    reader = following(module, around)
    if reader is None or reader.lineno == around.end_lineno or not isinstance(reader, ast.stmt):
        return None
    start, end = span(module, around)[0], span(module, reader)[1]
    between = module.source.data[span(module, around)[1] : span(module, reader)[0]]
    texts = (n for n in ast.walk(reader) if isinstance(n, ast.JoinedStr | ast.Constant))
    if between.strip() or any(n.lineno != n.end_lineno for n in texts) or b"\\\n" in module.source.data[start:end]:
        return None
    inside = " " * around.col_offset + "    "
    header = module.source.data[start : span(module, around.body[0])[0]].decode().rstrip()
    if len(around.body) > 1 or around.body[0].lineno != around.lineno:
        inside = " " * around.body[0].col_offset
    deeper = inside[around.col_offset :]
    shifted = source(module, reader).replace("\n", f"\n{deeper}")
    shifted = re.sub(r"\n[ \t]+(?=\n)", "\n", shifted)
    value = words or source(module, statement.value)
    before = [source(module, part) for part in around.body[:-1]]
    if len(before) and any("#" in module.source.data[start:end].decode() for _ in before[:1]):
        return None
    lines = [*before, f"{_target(statement)} = {value}", shifted]
    return "\n".join([header, *(f"{inside}{line}" for line in lines)]), reader


def _restated(
    project: Project,
    module: Module,
    scope: FunctionNode,
    statement: ast.Assign,
    first: ast.stmt,
    words: str,
    plain: str,
    last: ast.stmt | None = None,
) -> Iterator[Restated]:
    edit = spliced(module, [(Stretch(first, last or first), words)])
    if edit is None:
        return
    after = restated(project, module.path, edit.text)
    there = module_of(after, module.path)
    name = next(name for name, nodes in module.functions.items() if scope in nodes)
    found = find_function(there, name, frozenset({scope.lineno})) if there is not None else None
    if there is None or found is None or isinstance(found, ast.Module):
        return
    target = _target(statement)
    lines = [
        n.lineno
        for n in own_nodes(found)
        if isinstance(n, ast.Assign) and isinstance(n.value, ast.ListComp) and n.lineno >= first.lineno
        if isinstance(n.targets[0], ast.Name) and n.targets[0].id == target
    ]
    if lines:
        yield Restated(
            after,
            there,
            found,
            target,
            statement.lineno,
            statement.end_lineno or 0,
            min(lines),
            plain,
            "with" if last else "list",
        )
