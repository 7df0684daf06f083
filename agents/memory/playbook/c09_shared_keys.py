"""C09: JSON is parsed line by line; each call makes its own strings for the same keys. Keep one of each."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.modules import COMPREHENSIONS, LOOPS, enclosing, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Library, resolve
from agents.memory.analysis.uses import uses
from agents.memory.playbook.examples import c09 as examples
from agents.memory.playbook.identity import compared
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.local_memos import builtin_names, memo_edit
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source

_PARSERS = frozenset({"json.loads", "json.load"})
_HOOKS = frozenset({"cls", "object_hook", "object_pairs_hook", None})
_REPLACED = frozenset({"loads", "load", "JSONDecoder", "scanner", "make_scanner", "c_make_scanner", "_default_decoder"})
"""Names of the package json that other code may put something else in place of."""
_LIMIT = 1000
_SHARE = 0.4
"""Of the bytes, what is saved where nothing else is known (catalogue)."""
_HELPER = f'''
def _key_sharing():
    """An object_pairs_hook for json whose dicts share equal keys; {_LIMIT} are remembered."""
    known: dict = {{}}

    def shared(pairs):
        if len(known) + len(pairs) <= {_LIMIT}:
            return {{known.setdefault(key, key): value for key, value in pairs}}
        return {{known.get(key, key): value for key, value in pairs}}

    return shared
'''.strip()


class SharedKeys:
    """`json.loads(line)` in a loop -> `json.loads(line, object_pairs_hook=share_keys)`."""

    id: ClassVar[str] = "C09"
    name: ClassVar[str] = "one object for equal keys of JSON texts"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "many texts": "A loop or comprehension parses one text after the other, and what is made is alive at the peak.",
        "plain parser": "It is the json package's own parser, and no hook and no class is given to it.",
        "equal dicts": "The hook makes the dict that the parser makes: the last of equal keys counts, in their order.",
        "no identity": "No code of the file tells equal strings apart.",
        "free names": "The names the new code uses mean the builtins; its own are new.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such call on a line of the focus, or that fills its holder."""
        place = focused(project, focus)
        if place is None or _replaced(project):
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        found = [
            node
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Call) and module.frame(node) is scope and _parses(analyst, node)
            if touches(node, focus.lines) or _fills(analyst, node, focus)
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(node)}" for node in found)
        for node, key in zip(found, keys, strict=True):
            frees = self._frees(analyst, node, focus)
            where = compared(module)
            free = builtin_names(analyst, ("len",))
            if not frees or where or not free:
                continue
            given = source(module, node)[:-1].rstrip().rstrip(",").replace("{", "{{").replace("}", "}}")
            changes: dict[ast.expr, str] = {node: f"{given}, object_pairs_hook={{memo}})"}
            edit = memo_edit(analyst, module.statement(node), "share_keys", changes, _HELPER)
            if edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                node,
                key,
                title=f"one object for equal keys of `{text(node)}` in {focus.function}",
                mechanism=f"the dicts of all the texts share their keys; at most {_LIMIT} are remembered, for as long"
                " as the function runs",
                shown={
                    "many texts": f"line {node.lineno}: {_where(analyst, node)}",
                    "plain parser": f"`{text(node)}` is {resolve(project, module, node.func).name}",  # type: ignore[union-attr]
                    "equal dicts": "a hook gets the keys and values of each object in their order",
                    "no identity": f"no `is` between two values and no id() in {module.path}",
                    "free names": "`len` is the builtin; `_key_sharing` is new",
                },
                assumes=["nobody tells equal keys apart, by identity or by the bytes of a pickle"],
                edits=[edit],
                frees=frees,
            )

    @staticmethod
    def _frees(analyst: Analyst, node: ast.Call, focus: Focus) -> int:
        """Bytes of repeated keys, as measured; where the dicts were not seen, the share the catalogue measured."""
        name = _filled(analyst, node)
        seen = focus.seen(name) if name else None
        if seen is None or seen.element != "dict":
            return max(1, round(focus.size * _SHARE))
        return sum(one.repeated for one in seen.repeats if one.at == "keys")

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _parses(analyst: Analyst, node: ast.Call) -> bool:
    """Whether the call parses one of many texts, and gives all of what it made to what stands around it."""
    meaning = resolve(analyst.project, analyst.module, node.func)
    if not isinstance(meaning, Library) or meaning.name not in _PARSERS or len(node.args) != 1:
        return False
    if isinstance(node.args[0], ast.Starred | ast.GeneratorExp) or any(k.arg in _HOOKS for k in node.keywords):
        return False
    parent = analyst.module.parents[node]
    taken_apart = isinstance(parent, ast.Subscript | ast.Attribute | ast.Compare | ast.For | ast.comprehension)
    return not taken_apart and bool(_where(analyst, node))


def _where(analyst: Analyst, node: ast.Call) -> str:
    """The loop or comprehension that runs the call many times; "" when there is none."""
    child: ast.AST = node
    for ancestor in enclosing(analyst.module, node, analyst.scope):
        if isinstance(ancestor, COMPREHENSIONS) and child is not ancestor.generators[0]:
            return f"in the comprehension at line {ancestor.lineno}"
        if isinstance(ancestor, LOOPS) and child in ancestor.body:
            return f"in the loop at line {ancestor.lineno}"
        child = ancestor
    return ""


def _filled(analyst: Analyst, node: ast.Call) -> str:
    """The local that the parsed values are put into; "" when that is not seen."""
    parents = analyst.module.parents
    value, parent = node, parents[node]
    match parent:
        case ast.ListComp(elt=elt) if elt is value:
            holder = parents[parent]
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[one]) if one is value:
            return name
        case ast.Assign(targets=[ast.Name(id=name)]):
            appended = [
                call.func.value.id
                for call in analyst.module.code_of(analyst.scope)
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "append"
                if isinstance(call.func.value, ast.Name) and [ast.unparse(arg) for arg in call.args] == [name]
            ]
            return appended[0] if len(appended) == 1 else ""
        case _:
            return ""
    match holder:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return ""


def _fills(analyst: Analyst, node: ast.Call, focus: Focus) -> bool:
    return focus.holding is not None and focus.holding.name == _filled(analyst, node)


def _replaced(project: Project) -> bool:
    """Whether code of the tree may put another parser in place of the package's own."""
    index = uses(project)
    return bool(index.unparsed) or any(
        use.kind == "write" for name in _REPLACED for use in index.attributes.get(name, [])
    )
