"""Where code objects and classes of the project stand in its source. Stdlib only, Python 3.9 and later."""

from __future__ import annotations

import ast
import os
import sys
import tokenize
import types

import _lowtide_probe_instrument as instrument

_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


class Places:
    """FunctionPlace dicts for code objects; files are parsed once.

    Args:
        export: absolute path of the export, without links.
    """

    def __init__(self, export: str) -> None:
        self._root = export + os.sep
        self._files: dict[str, str | None] = {}
        self._definitions: dict[str, list[tuple[str, int, ast.AST]]] = {}

    def relative(self, file: str) -> str | None:
        """The path below the export, or None."""
        if file not in self._files:
            real = os.path.realpath(file)
            self._files[file] = real[len(self._root) :] if real.startswith(self._root) else None
        return self._files[file]

    def of_code(self, code: types.CodeType) -> dict | None:
        """The function that a code object is of; for a comprehension the one it stands in. None: not the project's."""
        file = self.relative(code.co_filename)
        if file is None:
            return None
        name, line = code.co_name, code.co_firstlineno
        if name == "<module>":
            return module_place(file)
        if name.startswith("<"):
            around = [
                (first, qualified)
                for qualified, first, node in self._of_file(file)
                if first <= line <= (node.end_lineno or first) and not isinstance(node, ast.ClassDef)
            ]
            first, outer = max(around, default=(1, "<module>"))
            if name in _COMPREHENSIONS:
                return {"file": file, "function": outer, "line": first}
            outer = "" if outer == "<module>" else outer + "."
            return {"file": file, "function": outer + name, "line": line}
        for qualified, first, _ in self._of_file(file):
            if first == line and qualified.rpartition(".")[2] == name:
                return {"file": file, "function": qualified, "line": line}
        return {"file": file, "function": name, "line": line}

    def of_class(self, cls: type) -> dict | None:
        """File, qualified name and line of the class statement; of a class made by a call, the line it is bound at
        (1 where that is not seen). None: not the project's."""
        module = sys.modules.get(str(type.__getattribute__(cls, "__module__")))
        file = module.__dict__.get("__file__") if isinstance(module, types.ModuleType) else None
        relative = self.relative(file) if isinstance(file, str) else None
        if relative is None:
            return None
        name = type.__getattribute__(cls, "__qualname__").replace(".<locals>", "")
        lines = [
            node.lineno
            for qualified, _, node in self._of_file(relative)
            if qualified == name and isinstance(node, ast.ClassDef)
        ]
        return {"file": relative, "function": name, "line": min(lines, default=1)}

    def _of_file(self, file: str) -> list[tuple[str, int, ast.AST]]:
        if file not in self._definitions:
            try:
                with tokenize.open(self._root + file) as stream:
                    tree = ast.parse(stream.read())
                self._definitions[file] = list(instrument.definitions(tree))
            except (OSError, SyntaxError, ValueError, RecursionError):
                self._definitions[file] = []  # the target changed or removed it: names without their classes
        return self._definitions[file]


def module_place(file: str) -> dict:
    """The top level of a file."""
    return {"file": file, "function": "<module>", "line": 1}
