"""Which words the code of the whole tree uses: a thing that no file mentions by name is not used by it."""

import ast
import re
from collections.abc import Iterable, Iterator

from agents.memory.analysis.modules import Module, module_of
from agents.memory.analysis.project import Project

_WORD = re.compile(r"[^\W\d]\w*")
TEMPORARIES = frozenset(
    {"tempfile", "TemporaryDirectory", "TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile"}
)
"""Words of code that has files which go with the objects that hold them."""
NOTICING = TEMPORARIES | frozenset(
    {"__del__", "weakref", "_weakref", "_weakrefset", "WeakSet", "WeakMethod", "WeakKeyDictionary"}
    | {"WeakValueDictionary", "finalize", "getrefcount", "get_objects", "get_referrers"}
)
"""Words without which no code of the project notices that plain data goes."""
ADDRESSING = frozenset(
    {"ctypes", "_ctypes", "cffi", "memoryview", "mmap", "memmap", "open_memmap", "mmap_mode", "buffer_info"}
    | {"addressof", "ctypeslib", "__array_interface__", "__cuda_array_interface__", "data_ptr"}
)
"""Words of code that may use the memory of an object which it holds no reference to."""
FRAMES = frozenset(
    {"_getframe", "_current_frames", "f_locals", "f_back", "currentframe", "tb_frame", "gi_frame", "cr_frame"}
    | {"walk_stack", "walk_tb", "getinnerframes", "getouterframes", "capture_locals", "settrace", "setprofile"}
)
"""Words of code that reads the locals of its callers."""
_INSPECTED = frozenset({"stack", "trace"})
LOADERS = frozenset(
    {"runpy", "pkgutil", "import_module", "__import__", "exec_module", "load_module", "spec_from_file_location"}
)
"""Words of code that imports files by computed names."""


def mentioned(project: Project, wanted: Iterable[str]) -> str | None:
    """`word in path` for the first file whose code uses one of the words; None when none does.

    Names, attributes, imports and string constants count; comments and docstrings do not. A file that does not parse
    counts with all its text, and so do Cython and other text files.
    """
    wanted = frozenset(wanted)
    for path, words in _words(project).items():
        found = sorted(words & wanted)
        if found:
            return f"{found[0]} in {path}"
    named = sorted(project.words & wanted)
    return f"{named[0]} in a text file" if named else None


def reads_frames(project: Project) -> str | None:
    """As `mentioned`, for the ways of reading another function's locals."""
    found = mentioned(project, FRAMES)
    if found is not None:
        return found
    for path, words in _words(project).items():
        if "inspect" in words and words & _INSPECTED:
            return f"inspect.stack in {path}"
    return None


def loads_by_name(project: Project) -> str | None:
    """As `mentioned`, for the ways of reaching a file's globals without an import statement that names it."""
    found = mentioned(project, LOADERS)
    if found is not None:
        return found
    for path, words in _words(project).items():
        if {"sys", "modules"} <= words:
            return f"sys.modules in {path}"
    return None


def asks_identity(project: Project) -> str | None:
    """The first place where code names the builtin `id`, but to show or compare what it says at once; None: nowhere.

    What an address stands for has to be kept alive, often in a list that nothing reads.
    """
    for path, words in _words(project).items():
        module = module_of(project, path) if "id" in words else None
        if module is None:
            continue
        for node in module.nodes:
            match node:
                case ast.Name(id="id") if module.owner(node, "id") is None and not _forgotten(module, node):
                    return f"{path}:{node.lineno}"
    return None


def _forgotten(module: Module, name: ast.Name) -> bool:
    """Whether the address is shown, `f"{id(x):x}"` or `hex(id(x))`, or compared, `id(a) == id(b)`, and not kept."""
    call = module.parents[name]
    if not isinstance(call, ast.Call) or call.func is not name:
        return False
    match module.parents[call]:
        case ast.FormattedValue():
            return True
        case ast.Call(func=ast.Name(id="hex")):
            return True
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            sides = [left, *comparators]
            same = all(isinstance(op, ast.Eq | ast.NotEq) for op in ops)
            return same and all(
                isinstance(side, ast.Call) and isinstance(side.func, ast.Name) and side.func.id == "id"
                for side in sides
            )
    return False


def _words(project: Project) -> dict[str, frozenset[str]]:
    cached = project.facts.get("mentions.words")
    if isinstance(cached, dict):
        return cached
    found = {}
    for path, source in project.sources.items():
        module = module_of(project, path)
        texts = _texts(module) if module is not None else [source.data.decode("utf-8", "replace")]
        found[path] = frozenset(word for text in texts for word in _WORD.findall(text))
    project.facts["mentions.words"] = found
    return found


def _texts(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.ClassDef(name=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.alias(name=name, asname=other):
                yield f"{name} {other or ''}"
            case ast.ImportFrom(module=str(name)):
                yield name
            case ast.Constant(value=str(value)) if not isinstance(module.parents[node], ast.Expr):
                yield value
