"""Imports files of the project with probes in them. Stdlib only, Python 3.9 and later."""

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
        wanted: says of an absolute path without links whether it is one of the files.
        names: last names of the modules that can be theirs; None where these are not known.
    """

    def __init__(
        self,
        compiler: Callable[[bytes, str], types.CodeType],
        wanted: Callable[[str], bool],
        names: Iterable[str] | None = None,
    ) -> None:
        self._compiler = compiler
        self._wanted = wanted
        self._names = None if names is None else frozenset(names)

    def find_spec(
        self, fullname: str, path: list[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of a module whose file is wanted, else None."""
        if self._names is not None and fullname.rpartition(".")[2] not in self._names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or not spec.origin or not spec.origin.endswith(".py"):
            return None
        if not self._wanted(os.path.realpath(spec.origin)):
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


def module_name(file: str) -> str:
    """The last name of the module that a file is imported as."""
    name = os.path.splitext(os.path.basename(file))[0]
    return os.path.basename(os.path.dirname(file)) if name == "__init__" else name
