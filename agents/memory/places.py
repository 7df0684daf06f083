"""What the source says of a line that allocates: the function it is in, and what it calls, by imported names."""

import ast
from dataclasses import dataclass

from agents.memory.analysis.external import external
from agents.memory.analysis.modules import module_of
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Library, resolve


@dataclass(frozen=True)
class Line:
    """One line of the project.

    Args:
        function: qualified name (without `<locals>`) of the innermost function around it; `<module>` when there is
            none, "" when nothing is known.
        calls: what it calls, as imported: `pickle.load`. Calls of the project's own functions are left out.
        binds: names that its assignment binds.
    """

    function: str = ""
    calls: tuple[str, ...] = ()
    binds: frozenset[str] = frozenset()


UNKNOWN = Line()


def line_of(project: Project, file: str, number: int) -> Line:
    """What a line of a file is; `UNKNOWN` where the file cannot be read as Python."""
    module = module_of(project, file)
    if module is None:
        return UNKNOWN
    calls = []
    for node in module.nodes:
        if isinstance(node, ast.Call) and _spans(node, number):
            meaning = resolve(project, module, node.func)
            name = meaning.name if isinstance(meaning, Library) else external(project, module, node.func)
            if name:
                calls.append(name)
    function = enclosing_function(module.tree, number)
    if function == "<module>" and any(isinstance(n, ast.Lambda) and _spans(n, number) for n in module.nodes):
        function = ""  # it runs when somebody calls it
    binds = {
        name.id
        for node in module.nodes
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno <= number <= (node.end_lineno or node.lineno)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    return Line(function, tuple(dict.fromkeys(calls)), frozenset(binds))


def _spans(node: ast.expr, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def enclosing_function(tree: ast.Module, line: int) -> str:
    """Qualified name (without `<locals>`) of the innermost function around `line`; `<module>` when there is none."""
    found = "<module>"

    def visit(node: ast.AST, names: tuple[str, ...]) -> None:
        nonlocal found
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = (*names, child.name)
                if child.lineno <= line <= (child.end_lineno or child.lineno):
                    if not isinstance(child, ast.ClassDef):
                        found = ".".join(inner)
                    visit(child, inner)
            else:
                visit(child, names)

    visit(tree, ())
    return found
