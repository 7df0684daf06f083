"""Which tests reach a changed file: a static import graph over the tree. Pure."""

import ast
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath


def module_names(path: str, roots: Iterable[str]) -> set[str]:
    """The dotted names a file can be imported by, given the import roots: `src/a/b.py` is `a.b` under `src`."""
    names = set()
    for root in roots:
        parts = PurePosixPath(path).parts
        prefix = PurePosixPath(root).parts if root else ()
        if parts[: len(prefix)] == prefix and path.endswith(".py"):
            inner = [*parts[len(prefix) : -1], PurePosixPath(path).stem]
            if inner[-1] == "__init__":
                inner.pop()
            if inner and all(part.isidentifier() for part in inner):
                names.add(".".join(inner))
    return names


def imports(source: str, package: str) -> set[str]:
    """Every dotted name a file's import statements may load; `package` resolves relative ones. Empty if unparsable."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return {name for name in found if name}


def reaching(tests: Iterable[str], changed: Iterable[str], sources: Mapping[str, str], roots: list[str]) -> list[str]:
    """The test files that import a changed file, directly or through others, in the order given.

    Args:
        tests: paths of test files.
        changed: paths of changed files.
        sources: path -> text of every Python file of the tree.
        roots: import roots.
    """
    by_name: dict[str, str] = {}
    for path in sources:
        by_name.update(dict.fromkeys(module_names(path, roots), path))
    graph: dict[str, set[str]] = {}
    for path, text in sources.items():
        own = max(module_names(path, roots), key=len, default="")
        package = own if path.endswith("__init__.py") else own.rpartition(".")[0]
        loaded: set[str] = set()
        for name in imports(text, package):
            parts = name.split(".")
            # importing a.b.c runs a/__init__, a/b/__init__ and a/b/c
            loaded.update(by_name[n] for i in range(len(parts)) if (n := ".".join(parts[: i + 1])) in by_name)
        graph[path] = loaded - {path}
    wanted = set(changed)
    return [test for test in tests if test in wanted or _closure(test, graph) & wanted]


def _closure(start: str, graph: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for path in graph.get(todo.pop(), ()):
            if path not in seen:
                seen.add(path)
                todo.append(path)
    return seen
