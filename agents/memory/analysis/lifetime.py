"""Whether and where a local can be given up early: what the rules that move the end of a lifetime share."""

import ast
import builtins
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from agents.memory.analysis.flow import Flow, flow_of
from agents.memory.analysis.mentions import (
    ADDRESSING,
    NOTICING,
    TEMPORARIES,
    asks_identity,
    loads_by_name,
    mentioned,
    reads_frames,
)
from agents.memory.analysis.modules import INTROSPECTION, FunctionNode, Module, own_nodes, qualified_name
from agents.memory.analysis.project import Project
from agents.memory.analysis.scopes import Access, Scope, eager_builtins, scope
from agents.memory.analysis.suites import own_statements, suites
from agents.memory.analysis.uses import last_name, uses

COMPILING_DECORATORS = frozenset(
    {"jit", "njit", "cfunc", "vectorize", "guvectorize", "stencil", "script", "trace", "compile"}
)
"""Decorators (numba, torch.jit, jax, Cython) that translate the function's source and may not know `del`."""
FRAME_READERS = frozenset({"query", "eval", "evaluate"})
"""Methods that look names up in their caller's frame (pandas, numexpr)."""
LEAF_TYPES = frozenset(
    {"str", "int", "float", "complex", "bool", "NoneType", "range", "decimal.Decimal", "fractions.Fraction"}
    | {"datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta"}
)
"""Types that hold nothing, cannot be referred to weakly and run no code when they go."""
BUFFER_TYPES = frozenset({"bytes", "bytearray"})
"""As LEAF_TYPES, but for code that was given their address."""
CONTAINER_TYPES = frozenset(
    {"list", "dict", "set", "frozenset", "tuple", "array.array", "re.Match", "collections.deque"}
    | {"collections.OrderedDict", "collections.defaultdict", "collections.Counter"}
)
"""Types that may hold anything, whatever their first elements are, or be referred to weakly."""
INSIDE_TYPES = frozenset(
    {"mappingproxy", "slice", "ellipsis", "NotImplementedType", "dict_keys", "dict_values", "dict_items", "function"}
    | {"builtin_function_or_method", "method", "cell", "property", "list_iterator", "tuple_iterator", "re.Pattern"}
    | {"range_iterator", "str_iterator", "str_ascii_iterator", "dict_keyiterator", "enumerate", "zip", "uuid.UUID"}
    | {"itertools.count", "itertools.chain", "itertools.islice", "operator.itemgetter", "operator.attrgetter"}
    | {"pathlib.PosixPath", "pathlib.PurePosixPath"}
)
"""Further types, found inside others, that run no code when they go."""
STREAM_TYPES = frozenset({"_io.StringIO", "_io.BytesIO", "_csv.reader", "_csv.Dialect"})
"""Types of streams in memory and their readers, which run no code when they go."""
PLAIN_LIBRARIES = ("numpy.", "pandas.", "PIL.", "pyarrow.", "polars.", "scipy.sparse", "torch.Tensor")
"""Libraries of plain data: freeing an object of theirs frees memory and nothing else."""
_MAPPED = ("memmap", "mmap", "MemoryMappedFile")
"""Types of those libraries that are open files."""
_DTYPE = re.compile(r"(bool|u?int\d+|float\d+|complex\d+|datetime64|timedelta64)(\[\w+\])?|[<>|=]?[SU]\d+")
"""Element types of arrays that hold no objects, as NumPy names them."""


@dataclass(frozen=True, eq=False)
class Local:
    """A name of one function (of the module for a script's top level), and everything about its uses."""

    module: Module
    function: FunctionNode | ast.Module
    name: str
    scope: Scope
    flow: Flow

    @property
    def bindings(self) -> list[Access]:
        """Its bindings in the function's own code."""
        return self.scope.bindings.get(self.name, [])

    @property
    def mentions(self) -> list[Access]:
        """Its bindings, reads and deletions."""
        return [*self.bindings, *self.scope.reads.get(self.name, [])]

    def mentioning(self) -> set[ast.AST]:
        """The nodes that mention the name, with all nodes around them."""
        nodes: set[ast.AST] = set()
        for access in self.mentions:
            nodes.add(access.node)
            nodes.update(self.module.ancestors(access.node))
        return nodes


def local(module: Module, function: FunctionNode | ast.Module, name: str) -> Local | None:
    """The name with the function's scope and control flow; None when the function does not bind it itself."""
    found = scope(function, eager_builtins(module, function))
    if name not in found.bindings:
        return None
    return Local(module, function, name, found, flow_of(module, function))


def plainly_bound(name: Local) -> str | None:
    """How the local is bound, as evidence; None when it is not a plain local that may be deleted."""
    if not name.scope.binds(name.name) or name.name in name.scope.arguments:
        return None
    if any(access.how in ("import", "def", "class", "except", "type") for access in name.bindings):
        return None
    if isinstance(name.function, ast.Module) and hasattr(builtins, name.name):
        return None
    lines = ", ".join(str(line) for line in sorted({lineno(access.node) for access in name.bindings}))
    return f"`{name.name}` is bound by plain assignment at line {lines}"


def uncaptured(name: Local) -> str | None:
    """Evidence that no nested scope can read the local later; None when one can."""
    if name.name in name.scope.captured:
        return None
    return f"no lambda, def, class or generator expression mentions `{name.name}`"


def unobserved(project: Project, name: Local) -> str | None:
    """Evidence that the local is reached by its name only; None when its frame may be read."""
    decorators = getattr(name.function, "decorator_list", [])
    if any(last_name(decorator) in COMPILING_DECORATORS for decorator in decorators):
        return None
    whole = isinstance(name.function, ast.Module)
    nodes = ast.walk(name.function) if whole else own_nodes(name.function)
    for node in nodes:
        if _reads_frame(node, name.name):
            return None
    if reads_frames(project):
        return None
    if not whole:
        return "no locals(), vars(), eval, exec, dir or globals in the function, no frame access in the project"
    return _unimported(project, name)


def _unimported(project: Project, name: Local) -> str | None:
    path = PurePosixPath(name.module.path)
    index = uses(project)
    if {path.stem, "__main__"} & index.imported or path.name == "__init__.py" or loads_by_name(project):
        return None
    if any(text in index.strings for text in (path.stem, path.name, str(path), ".".join(path.with_suffix("").parts))):
        return None
    return f"no file of the project imports {path.name}, and none of its functions reads `{name.name}`"


def _reads_frame(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id in INTROSPECTION
    if isinstance(node, ast.Attribute):
        inspects = node.attr == "stack" and last_name(node.value) == "inspect"
        return node.attr in INTROSPECTION - {"eval", "dir"} or node.attr == "f_locals" or inspects
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name) and node.func.id == "id":
        return any(isinstance(arg, ast.Name) and arg.id == name for arg in node.args)
    if isinstance(node.func, ast.Attribute) and node.func.attr in FRAME_READERS:
        return any(not isinstance(arg, ast.Constant) or name in str(arg.value) for arg in node.args)
    return False


def quiet_end(project: Project, type_name: str, element: str, contents: Collection[str] = ()) -> str | None:
    """Evidence that nothing notices when the object goes: no finalizer, no weak reference; None when it may.

    Args:
        type_name: the object's type, as the census names it.
        element: the commonest type of the first of what it holds, where it is a container.
        contents: the types of all that goes with it, itself among them, where the census found them out.
    """
    if contents:
        return _quiet_contents(project, contents)
    what = f"`{type_name}`" + (f" of `{element}`" if element else "")
    if type_name in LEAF_TYPES:
        return f"{what}: plain data, which has no finalizer"
    holds_data = not element or _is_data(project, element) or _is_dtype(type_name, element)
    if not _is_data(project, type_name) or not holds_data:
        return None
    if mentioned(project, ADDRESSING):
        return None
    if type_name in BUFFER_TYPES:
        return f"{what}: plain data, and no file of the project mentions ctypes, memoryview or mmap"
    # What else a container holds, and what its elements hold, is not known: nothing in the project may mind.
    if mentioned(project, NOTICING) or asks_identity(project):
        return None
    return f"{what}; no file of the project mentions __del__, weakref, finalize, tempfile, ctypes or memoryview"


def _quiet_contents(project: Project, kinds: Collection[str]) -> str | None:
    """As `quiet_end`, where all types are known: a temporary file that the project has elsewhere does not matter."""
    others = [kind for kind in kinds if kind not in LEAF_TYPES]
    known = STREAM_TYPES | INSIDE_TYPES
    if not all(kind in known or _is_data(project, kind) for kind in others):
        return None
    if others and (mentioned(project, ADDRESSING) or mentioned(project, NOTICING - TEMPORARIES)):
        return None
    if others and asks_identity(project):
        return None
    return f"all of it is of {', '.join(f'`{kind}`' for kind in sorted(kinds))}, and nothing in the project minds"


def _is_data(project: Project, kind: str) -> bool:
    if kind in LEAF_TYPES or kind in BUFFER_TYPES or kind in CONTAINER_TYPES:
        return True
    if kind.startswith(PLAIN_LIBRARIES):
        return kind.rpartition(".")[2] not in _MAPPED
    return _is_project_class(project, kind)


def _is_dtype(type_name: str, element: str) -> bool:
    """Whether `element` is the dtype of numbers or fixed text in an array."""
    return type_name.startswith(PLAIN_LIBRARIES) and _DTYPE.fullmatch(element) is not None


def _is_project_class(project: Project, kind: str) -> bool:
    written = kind.replace(".<locals>", "")
    for module, node in uses(project).classes.get(kind.rpartition(".")[2], []):
        path = PurePosixPath(module.path).with_suffix("")
        parts = list(path.parts[:-1] if path.name == "__init__" else path.parts)
        qualified = qualified_name(module, node)
        # The folder that was on the import path is not known: any tail of the path may name the module.
        tails = {".".join([*parts[start:], qualified]) for start in range(len(parts))}
        if written in tails | {f"__main__.{qualified}"}:
            return True
    return False


def statement_at(module: Module, function: FunctionNode | ast.Module, line: int) -> ast.stmt | None:
    """The innermost statement of the function's own code that covers the line."""
    found = None
    for statement in own_statements(function.body):
        if statement.lineno <= line <= (statement.end_lineno or statement.lineno):
            found = statement
    if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return None
    return found


def suite_of(module: Module, statement: ast.stmt) -> tuple[list[ast.stmt], int]:
    """The suite the statement stands in, and its place there."""
    for suite in suites(module.parents[statement]):
        for index, other in enumerate(suite):
            if other is statement:
                return suite, index
    raise AssertionError("a statement stands in a suite of its parent")


@dataclass(frozen=True)
class Place:
    """Where to give a local up: before `before`, after its last mention at `last` ahead of the peak."""

    before: ast.stmt
    last: ast.stmt


def place_before_peak(name: Local, peak: ast.stmt) -> Place | None:
    """The place right after the last mention of the name that surely ran before `peak`.

    None when there is none, or when a loop around `peak` may have bound the name in an earlier pass.
    """
    mentioning = name.mentioning()
    statement = first = peak
    while True:
        suite, index = suite_of(name.module, statement)
        for before in range(index, 0, -1):
            if suite[before - 1] in mentioning:
                return Place(suite[before], suite[before - 1])
        # Nothing can be put before an `elif`: what is before it goes to the head of its own suite.
        first = first if _is_elif(name.module, statement) else suite[0]
        outer = name.module.parents[statement]
        if outer is name.function:
            return None
        parent = name.module.statement(outer)
        if isinstance(parent, ast.For | ast.AsyncFor | ast.While):
            inside = set(ast.walk(parent))
            if any(binding.node in inside for binding in name.bindings):
                return None
        if parent in mentioning:
            fits = isinstance(parent, ast.If | ast.Try | ast.TryStar) and not _is_elif(name.module, first)
            return Place(first, parent) if fits else None
        statement = parent


def _is_elif(module: Module, statement: ast.stmt) -> bool:
    outer = module.parents[statement]
    return (
        isinstance(statement, ast.If)
        and isinstance(outer, ast.If)
        and statement in outer.orelse
        and statement.col_offset == outer.col_offset
    )


def lineno(node: ast.AST) -> int:
    """The first line of the node; 0 for one that has none."""
    return int(getattr(node, "lineno", 0))
