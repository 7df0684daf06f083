"""B18: lines that a loop collects, to be joined and written to a file at its end: each is written as it is made."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.accumulators import Accumulator, accumulators, appended
from agents.memory.analysis.effects import Effects
from agents.memory.analysis.handles import handle
from agents.memory.analysis.kinds import CONTAINERS, SCALARS
from agents.memory.analysis.modules import Module, text
from agents.memory.analysis.ownership import owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.playbook.examples import b18 as examples
from agents.memory.playbook.lazy_edits import focused, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import atom, source, span
from agents.memory.playbook.streamed import fresh_name
from messaging.contents import EditedFile


@dataclass(frozen=True)
class _Collected:
    """`out = []`, the loop that appends to it, and `with open(...) as f: f.write(sep.join(out))` right after it."""

    out: Accumulator
    loop: ast.For
    opened: ast.With
    file: str
    separator: ast.Constant
    parts: tuple[tuple[ast.Call, ast.expr], ...]


class WriteAsYouGo:
    """`out.append(line)` ... `f.write("\\n".join(out))` -> `f.write(line)` in the loop, inside the with."""

    id: ClassVar[str] = "B18"
    name: ClassVar[str] = "lines collected to be written joined"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[dict[str, str]] = {
        "only collected": "The list begins empty right before the loop, is appended to there, and joined right after.",
        "loop apart": "The loop does nothing that others see, and reads no file: it cannot tell that one is open.",
        "exceptions alike": "Nothing catches an exception of the loop and then sees a file half written.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such list that a line of the focus, or its holding, names."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        held = focus.holding.name if focus.holding is not None else ""
        found = [one for out in accumulators(analyst) if (one := _collected(analyst, out)) is not None]
        found = [
            one
            for one in found
            if one.out.name == held or any(touches(n, focus.lines) for n in (one.out.begin, one.loop, one.opened))
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{one.out.name}" for one in found)
        for one, key in zip(found, keys, strict=True):
            unlike = [p for _, p in one.parts if getattr(analyst.kinds.of(p), "name", "") != "str"]
            edit = None if _seen(analyst, one) else _edited(analyst, one)
            if edit is None:
                continue
            name = one.out.name
            shown = {
                "only collected": f"`{name}` is appended to in the loop at line {one.loop.lineno} and joined once",
                "loop apart": f"the loop at line {one.loop.lineno} changes only what this function holds",
                "exceptions alike": "no handler stands around the loop",
            }
            yield Candidate(
                key=key,
                rule=self.id,
                title=f"write what `{name}` collects in {focus.function} as it is made",
                category=self.category,
                strategy=self.strategy,
                mechanism=f"neither the list `{name}` nor the text it is joined to are made: each part is written",
                level="P",
                file=focus.file,
                line=one.out.begin.lineno,
                function=focus.function,
                frees=focus.size,
                shown=[Shown(check=check, evidence=shown[check]) for check in self.preconditions],
                users=[f"{focus.file}:{one.opened.lineno} {focus.function}"],
                assumes=[
                    f"the loop at line {one.loop.lineno} comes to its end: if it fails, the file is left half written",
                    *(f"`{text(part)}` is a str" for part in unlike),
                ],
                edits=[edit],
                read={focus.file: project.sources[focus.file].blob},
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _collected(analyst: Analyst, out: Accumulator) -> _Collected | None:
    module = analyst.module
    if out.added or not isinstance(out.value, ast.List) or out.value.elts:
        return None
    suite = next(
        (v for _, v in ast.iter_fields(module.parents[out.begin]) if isinstance(v, list) and out.begin in v), []
    )
    following = suite[suite.index(out.begin) + 1 :][:2]
    match following:
        case [
            ast.For(orelse=[], type_comment=None) as loop,
            ast.With(
                items=[ast.withitem(context_expr=made, optional_vars=ast.Name(id=file))],
                body=[
                    ast.Expr(
                        value=ast.Call(
                            func=ast.Attribute(value=ast.Name(id=target), attr="write"),
                            args=[
                                ast.Call(
                                    func=ast.Attribute(value=ast.Constant(value=str()) as separator, attr="join"),
                                    args=[ast.Name() as joined],
                                    keywords=[],
                                )
                            ],
                            keywords=[],
                        )
                    )
                ],
            ) as opened,
        ] if target == file and joined in out.uses:
            put = handle(analyst, made)
        case _:
            return None
    if put is None or put.binary is not False or not put.mode.startswith(("w", "x")) or put.assumes:
        return None
    parts = []
    inside = set(ast.walk(loop))
    for use in out.uses:
        if use is joined:
            continue
        part = appended(analyst, use)
        call = module.parents[module.parents[use]]
        if part is None or use not in inside or not isinstance(call, ast.Call):
            return None
        parts.append((call, part))
    clean = len(module.bindings(analyst.scope)[file]) == 1 and bool(parts)
    return _Collected(out, loop, opened, file, separator, tuple(parts)) if clean else None


def _seen(analyst: Analyst, one: _Collected) -> str:
    """Why the loop may be told apart from one that runs while the file is open; or ""."""
    if catches(analyst, one.loop):
        return "a handler stands around the loop"
    effects: Effects = analyst.of(one.loop)
    iterated = analyst.kinds.of(one.loop.iter)
    if effects.leaves or effects.calls or any(isinstance(n, ast.Return) for n in ast.walk(one.loop)):
        return "the loop leaves the function"
    if iterated is None or iterated.name not in CONTAINERS | SCALARS:
        return f"nothing is known of {text(one.loop.iter)}"
    made = one.opened.items[0].context_expr
    # The path must mean the same before the loop as after it.
    arguments = analyst.of(*made.args, *(k.value for k in made.keywords)) if isinstance(made, ast.Call) else None
    if arguments is None or arguments.writes or arguments.calls:
        return f"{text(made)} does more than to open a file"
    opening = {n.id for n in ast.walk(made) if isinstance(n, ast.Name)}
    if opening & effects.binds or {one.out.name, one.file} & opening:
        return "the loop binds what says which file it is"
    foreign = [p for p in effects.writes if p.root != one.out.name and not owned(analyst, p, one.opened)]
    return f"{foreign[0].text} may be seen" if foreign else ""


def _edited(analyst: Analyst, one: _Collected) -> EditedFile | None:
    """The loop moved into the with, each append() a write()."""
    module = analyst.module
    data = module.source.data
    begin, loop, opened = (span(module, n) for n in (one.out.begin, one.loop, one.opened))
    outer = _indent(module, one.out.begin)
    body = _indent(module, one.opened.body[0])
    header = data[opened[0] : span(module, one.opened.body[0])[0]].decode()
    between = (data[begin[1] : loop[0]] + data[loop[1] : opened[0]]).strip()
    if outer is None or body is None or between or "#" in header or b"\f" in data or _several_lines(one.loop):
        return None
    separator = one.separator.value
    assert isinstance(separator, str)
    between_name = fresh_name(analyst, "separator")
    written = data[loop[0] : loop[1]].decode()
    changes = []
    for call, part in one.parts:
        start, end = (position - loop[0] for position in span(module, call))
        if not separator:
            changes.append((start, end, f"{one.file}.write({source(module, part)})"))
            continue
        next_ = _next_line(module, module.statement(call)) or "; "
        added = source(module, part) if isinstance(part, ast.JoinedStr) else atom(module, part)
        put = f"{one.file}.write({between_name} + {added})"
        changes.append((start, end, f"{put}{next_}{between_name} = {_quoted(separator)}"))
    raw = written.encode()
    for start, end, new in sorted(changes, reverse=True):
        raw = raw[:start] + new.encode() + raw[end:]
    newline = "\r\n" if b"\r\n" in data else "\n"
    step = body[len(outer) :]
    lines = raw.decode().split(newline)
    moved = newline.join([lines[0], *(f"{step}{line}" if line.strip() else line for line in lines[1:])])
    first = f'{between_name} = ""{newline}{body}' if separator else ""
    new = f"{header.rstrip()}{newline}{body}{first}{moved}"
    text_ = (data[: begin[0]] + new.encode() + data[opened[1] :]).decode()
    try:
        ast.parse(text_)
    except SyntaxError:
        return None
    return EditedFile(path=module.path, blob=module.source.blob, text=text_)


def _quoted(separator: str) -> str:
    return '"' + separator.encode("unicode_escape").decode().replace('"', '\\"') + '"'


def _indent(module: Module, statement: ast.stmt) -> str | None:
    """The white space before the statement; None when something else stands there."""
    start = span(module, statement)[0]
    data = module.source.data
    before = data[data.rfind(b"\n", 0, start) + 1 : start].decode()
    return before if not before.strip() else None


def _next_line(module: Module, statement: ast.stmt) -> str:
    """The line break and white space of a statement of its own below this one; "" where others stand on its line."""
    data, end = module.source.data, span(module, statement)[1]
    before = _indent(module, statement)
    if before is None or data[end:].splitlines()[:1] not in ([], [b""]):
        return ""
    newline = "\r\n" if b"\r\n" in data else "\n"
    return f"{newline}{before}"


def _several_lines(loop: ast.For) -> bool:
    """Whether a string in the loop goes over several lines: indenting would change it."""
    return any(isinstance(n, ast.Constant | ast.JoinedStr) and n.lineno != n.end_lineno for n in ast.walk(loop))
