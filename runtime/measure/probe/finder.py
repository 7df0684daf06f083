"""Imports the files of a chain with probes in them. Stdlib only, Python 3.9 and later."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import types
from collections.abc import Callable, Iterable


class Finder:
    """Finds the modules of some files, and leaves other modules to the finders behind it.

    Args:
        compiler: source and file name -> code object with probes.
        files: absolute paths without links.
    """

    def __init__(self, compiler: Callable[[bytes, str], types.CodeType], files: Iterable[str]) -> None:
        self._compiler = compiler
        self._files = frozenset(files)
        self._names = {_module_name(file) for file in files}

    def find_spec(
        self, fullname: str, path: list[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of a module whose file is in the chain, else None."""
        if fullname.rpartition(".")[2] not in self._names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or not spec.origin or os.path.realpath(spec.origin) not in self._files:
            return None
        return importlib.util.spec_from_file_location(
            fullname,
            spec.origin,
            loader=Loader(self._compiler, fullname, spec.origin),
            submodule_search_locations=spec.submodule_search_locations,
        )


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles with probes, each time anew: the bytecode cache is neither read nor written."""

    def __init__(self, compiler: Callable[[bytes, str], types.CodeType], fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._compiler = compiler

    def get_code(self, fullname: str) -> types.CodeType:
        """The code object of the module, with probes."""
        path = self.get_filename(fullname)
        return self._compiler(self.get_data(path), path)


def _module_name(file: str) -> str:
    name = os.path.splitext(os.path.basename(file))[0]
    return os.path.basename(os.path.dirname(file)) if name == "__init__" else name
