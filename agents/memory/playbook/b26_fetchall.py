"""B26: `cursor.fetchall()` that is iterated over once: the cursor itself is iterated over."""

import ast
from typing import ClassVar

from agents.memory.analysis.handles import Handle, handed_on, uses
from agents.memory.analysis.modules import FUNCTIONS, text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Library, resolve
from agents.memory.playbook.examples import b26 as examples
from agents.memory.playbook.rule import Example, Level
from agents.memory.playbook.streamed import Pieces, StreamingRule, Whole, text_of

_QUERIES = frozenset({"execute", "executemany", "executescript"})
_UNCHANGED = "nothing writes to the database or ends the transaction before the last row is read"


class FetchAll(StreamingRule):
    """`for row in cursor.fetchall():` -> `for row in cursor:`, for sqlite3."""

    id: ClassVar[str] = "B26"
    name: ClassVar[str] = "fetchall() iterated over once"
    level: ClassVar[Level] = "P"

    def whole(self, analyst: Analyst, node: ast.expr) -> Whole | None:
        """A fetchall() of a cursor of sqlite3 whose connection this frame alone holds."""
        match node:
            case ast.Call(func=ast.Attribute(value=cursor, attr="fetchall"), args=[], keywords=[]):
                files = _cursor(analyst, cursor)
            case _:
                return None
        if not files or _other_cursors(analyst, files):
            return None
        names = " of ".join(f"`{file.name}`" for file in files)
        source = f"`{text(cursor)}` is a cursor of sqlite3, held by {names}"
        same = "fetchall() is the list of what iterating over the cursor gives"
        return Whole(node, Pieces(text_of(analyst, cursor)), source, same, files, (_UNCHANGED,))

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _other_cursors(analyst: Analyst, files: tuple[Handle, ...]) -> bool:
    """Whether the connection gives the frame another cursor, which may change the rows while they are read."""
    parents = analyst.module.parents
    made = [
        parents[parents[use]]
        for use in uses(analyst, files[-1].name)
        if isinstance(parents[use], ast.Attribute) and parents[use].attr in {"cursor", "blobopen"}  # type: ignore[attr-defined]
    ]
    own = {text(file.expr) for file in files[:-1]}
    return any(
        not isinstance(parents[call], ast.Assign) or {text(t) for t in parents[call].targets} - own  # type: ignore[attr-defined]
        for call in made
    )


def _cursor(analyst: Analyst, expr: ast.expr) -> tuple[Handle, ...]:
    """The locals that hold the cursor that `expr` gives, and its connection; none when it is not one of sqlite3."""
    match expr:
        case ast.Call(func=ast.Attribute(value=ast.Name() as holder, attr=attr)) if attr in _QUERIES:
            return _held(analyst, holder)
        case ast.Name():
            return _held(analyst, expr)
    return ()


def _held(analyst: Analyst, name: ast.Name) -> tuple[Handle, ...]:
    scope = analyst.module.owner(name, name.id)
    nodes = analyst.module.bindings(scope).get(name.id, []) if scope is not None else []
    if scope is not analyst.scope or not isinstance(scope, FUNCTIONS) or len(nodes) != 1:
        return ()
    match analyst.module.parents.get(nodes[0]):
        case ast.Assign(targets=[_], value=ast.Call() as made):
            pass
        case ast.withitem(context_expr=ast.Call(args=[ast.Call() as made], keywords=[]) as closing):
            if resolve(analyst.project, analyst.module, closing.func) != Library("contextlib.closing"):
                return ()
        case _:
            return ()
    one = Handle(name, None, fresh=not any(handed_on(analyst, use) for use in uses(analyst, name.id)), disk=False)
    if resolve(analyst.project, analyst.module, made.func) == Library("sqlite3.connect"):
        return (one,)
    match made.func:
        case ast.Attribute(value=ast.Name() as connection, attr=attr) if attr in _QUERIES | {"cursor"}:
            outer = _held(analyst, connection)
            return (one, *outer) if outer else ()
    return ()
