"""Makes a small project of each case of the catalogue's micro-benchmarks: what rules can read and a probe can run.

`case.py` has the case's function as `run` and what it uses, and may be edited; `inputs.py` makes the input and
`drive.py` calls the one with the other: neither is to be changed. Two things differ from benchmarks/micro/cases.py:
a module that the harness gives as the argument (`np`, `pd`) is imported at the top as programs do, and the data
folder comes from the environment, for a temporary folder in the project would keep rules from firing.
"""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DATA = "LOWTIDE_MICRO_DATA"
"""Environment variable: the folder of the cases' data files."""
EDITABLE = "case.py"
_GIVEN_MODULES = {"np": "numpy", "pd": "pandas"}


@dataclass
class Case:
    """One entry: its variants as syntax trees, and what makes its input (None: it has none)."""

    id: str
    title: str
    setup: ast.expr | None = None
    variants: dict[str, ast.FunctionDef] = field(default_factory=dict)


class Cases:
    """The cases of one cases.py, in its order."""

    def __init__(self, file: Path) -> None:
        self.all: dict[str, Case] = {}
        self._helpers: dict[str, list[ast.stmt]] = {}
        self._order: dict[ast.stmt, int] = {}
        current = ""
        for number, statement in enumerate(ast.parse(file.read_text()).body):
            self._order[statement] = number
            match statement:
                case ast.Assign(value=ast.Call(func=ast.Name(id="Case"), args=[first, title], keywords=keywords)):
                    current = str(ast.literal_eval(first))
                    setup = next((k.value for k in keywords if k.arg == "setup"), None)
                    self.all[current] = Case(current, str(ast.literal_eval(title)), setup)
                case ast.Assign(targets=[ast.Attribute(attr="setup")], value=value):
                    self.all[current].setup = value
                case ast.FunctionDef(decorator_list=[ast.Call(func=ast.Attribute(value=of, attr="v"), args=[name])]):
                    entry = str(ast.literal_eval(of.slice)) if isinstance(of, ast.Subscript) else current
                    self.all[entry].variants[str(ast.literal_eval(name))] = statement
                case _:
                    for bound in _bound(statement):
                        self._helpers.setdefault(bound, []).append(statement)

    def write(self, entry: str, variant: str, folder: Path) -> None:
        """Writes the project of one variant of one case."""
        case = self.all[entry]
        body = case.variants[variant]
        setup = case.setup
        function = ast.FunctionDef(name="run", args=body.args, body=body.body, decorator_list=[])
        given = _GIVEN_MODULES.get(body.args.args[0].arg) if body.args.args else None
        top = ""
        if given is not None:
            top = f"import {given} as {body.args.args[0].arg}\n"
            function.args = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
            setup = None
        texts = {
            EDITABLE: f"{top}{self._needed(function)}\n\n{_text(function)}\n",
            "inputs.py": self._inputs(setup),
            "drive.py": "import case\nimport inputs\n\n\ndef main():\n"
            f"    return case.run({'inputs.INPUT' if setup is not None and function.args.args else ''})\n",
        }
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text)

    def _inputs(self, setup: ast.expr | None) -> str:
        if setup is None:
            return "INPUT = None\n"
        return f"{self._needed(setup)}\n\nINPUT = ({_text(setup)})()\n"

    def _needed(self, root: ast.AST) -> str:
        """The imports and helpers of cases.py that `root` uses, and that those use, in source order."""
        found: dict[ast.stmt, set[str]] = {}
        names = _loaded(root)
        while names:
            name = names.pop()
            for statement in self._helpers.get(name, []):
                seen = found.setdefault(statement, set())
                if name not in seen and not isinstance(statement, ast.Import | ast.ImportFrom) and not seen:
                    names |= _loaded(statement)
                seen.add(name)
        ordered = sorted(found, key=lambda statement: self._order[statement])
        return "\n".join(_written(statement, found[statement]) for statement in ordered)


def _bound(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in names)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=[ast.Name(id=name)]):
            yield name


def _loaded(root: ast.AST) -> set[str]:
    if _is_data_folder(root):
        return {"os"}
    found = {node.id for node in ast.walk(root) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return found - set(dir(builtins))


def _written(statement: ast.stmt, names: set[str]) -> str:
    match statement:
        case ast.Import(names=aliases):
            wanted = [a for a in aliases if (a.asname or a.name).partition(".")[0] in names]
            return "\n".join(ast.unparse(ast.Import([alias])) for alias in wanted)
        case _ if _is_data_folder(statement):
            return f"TMP = os.environ[{DATA!r}]"
        case _:
            return _text(statement)


def _is_data_folder(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id="TMP")]):
            return True
    return False


def _text(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(node))
