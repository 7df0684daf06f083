"""B09: a hash of `f.read()`: the file is hashed in pieces, with `hashlib.file_digest` or a loop of updates."""

import ast
from collections.abc import Iterator
from typing import ClassVar

from agents.memory.analysis.handles import Handle, handle
from agents.memory.analysis.modules import FUNCTIONS, text
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Library, imported_module, resolve
from agents.memory.playbook.examples import b09 as examples
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import source, spliced
from agents.memory.playbook.streamed import fresh_name

_HASHES = frozenset(
    {"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_224", "sha3_256", "sha3_384", "sha3_512"}
)
_PIECE = 1 << 18
"""Bytes read at a time: that of hashlib.file_digest."""


class FileDigest:
    """`hashlib.sha256(f.read())` -> `hashlib.file_digest(f, hashlib.sha256)`, and `h.update(f.read())` as a loop."""

    id: ClassVar[str] = "B09"
    name: ClassVar[str] = "whole file read to be hashed"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[dict[str, str]] = {
        "binary file": "What is read is a file of the library that gives bytes, read from where it stands to its end.",
        "hash": "It is a hash of hashlib, for which pieces one after the other count as the whole.",
        "exceptions alike": "Nothing that catches an exception would see that a part was hashed.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such hash that a line of the focus names."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        reads = [
            node
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Call) and module.frame(node) is scope and touches(node, focus.lines)
            if len(node.args) == 1 and not node.keywords and _read(node.args[0]) is not None
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(node)}" for node in reads)
        for node, key in zip(reads, keys, strict=True):
            opened = _read(node.args[0])
            file = handle(analyst, opened) if opened is not None else None
            found = file and file.binary is True and (_digest(analyst, node, file) or _updates(analyst, node, file))
            if not file or not found or introspected(scope):
                continue
            old, new, evidence = found
            edit = spliced(module, [(old, new)])
            if edit is None:
                continue
            shown = {
                "binary file": f"`{text(file.expr)}` is a file opened for bytes",
                "hash": evidence,
                "exceptions alike": "no handler around can tell how far it came",
            }
            yield Candidate(
                key=key,
                rule=self.id,
                title=f"hash `{text(file.expr)}` in {focus.function} piece by piece",
                category=self.category,
                strategy=self.strategy,
                mechanism=f"`{text(node.args[0])}` is not read whole: the hash takes it in pieces",
                level="P" if file.assumes else "A",
                file=focus.file,
                line=node.lineno,
                function=focus.function,
                frees=focus.size,
                shown=[Shown(check=check, evidence=shown[check]) for check in self.preconditions],
                users=[f"{focus.file}:{node.lineno} {focus.function}"],
                assumes=list(file.assumes),
                edits=[edit],
                read={focus.file: project.sources[focus.file].blob},
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _read(argument: ast.expr) -> ast.expr | None:
    match argument:
        case ast.Call(func=ast.Attribute(value=opened, attr="read"), args=[], keywords=[]):
            return opened
    return None


def _digest(analyst: Analyst, call: ast.Call, file: Handle) -> tuple[ast.AST, str, str] | None:
    """`hashlib.sha256(f.read())`, on an interpreter that has file_digest; of a file in memory it would hash all."""
    match call.func:
        case ast.Attribute(value=module, attr=name) if name in _HASHES and _never_in_memory(analyst, file):
            known = imported_module(analyst.project, analyst.module, module) == "hashlib"
        case _:
            return None
    if not known or min(analyst.project.requires_python, analyst.project.python) < (3, 11):
        return None
    hashlib, opened = source(analyst.module, module), source(analyst.module, file.expr)
    return call, f"{hashlib}.file_digest({opened}, {hashlib}.{name})", f"`{text(call.func)}` is a hash of hashlib"


def _never_in_memory(analyst: Analyst, file: Handle) -> bool:
    """Whether one binding alone says what the file is: an argument may also be an io.BytesIO."""
    nodes = analyst.module.bindings(analyst.scope).get(file.name, []) if file.name else []
    return file.disk and len(nodes) <= 1 and not any(isinstance(node, ast.arg) for node in nodes)


def _updates(analyst: Analyst, call: ast.Call, file: Handle) -> tuple[ast.AST, str, str] | None:
    """`h.update(f.read())` as a statement of its own, where `h` was made by hashlib in this function."""
    statement = analyst.module.parents[call]
    match call.func:
        case ast.Attribute(value=ast.Name() as hashed, attr="update") if isinstance(statement, ast.Expr) and file.name:
            made = _hash(analyst, hashed)
        case _:
            return None
    if not made or catches(analyst, statement) or not isinstance(analyst.scope, FUNCTIONS):
        return None
    chunk = fresh_name(analyst, "chunk")
    data = analyst.module.source.data.splitlines()[statement.lineno - 1]
    before = data[: statement.col_offset].decode()
    alone = not before.strip() and not data[statement.end_col_offset or 0 :].strip().startswith(b";")
    if not alone or statement.end_lineno != statement.lineno:
        return None
    newline = "\r\n" if b"\r\n" in analyst.module.source.data else "\n"
    tab = "\t" if "\t" in before else "    "
    loop = f"while {chunk} := {file.name}.read({_PIECE}):{newline}{before}{tab}{hashed.id}.update({chunk})"
    return statement, loop, f"`{hashed.id}` is made by hashlib: updates add up"


def _hash(analyst: Analyst, name: ast.Name) -> bool:
    scope = analyst.module.owner(name, name.id)
    nodes = analyst.module.bindings(scope).get(name.id, []) if scope is analyst.scope and scope is not None else []
    for node in nodes:
        match analyst.module.parents.get(node):
            case ast.Assign(targets=[target], value=ast.Call(func=func)) if target is node:
                meaning = resolve(analyst.project, analyst.module, func)
                named = isinstance(meaning, Library) and meaning.name.startswith("hashlib.")
                if not named or not isinstance(meaning, Library):
                    return False
                if meaning.name.partition(".")[2] not in _HASHES | {"new", "blake2b", "blake2s"}:
                    return False
            case _:
                return False
    return bool(nodes)
