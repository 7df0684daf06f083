"""The values a test sees: what the project calls in its file return, digested at once (purpose digest).

The test's file is compiled from a changed syntax tree, in memory only: a call `f(x)` in a function becomes
`_lowtide_call(f)(x)`. What that gives is `f` itself unless `f` is the project's: `super()` and frames work as before.
Calls count while the test runs: its setup, the test, helpers in its file, its teardown.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import sys
import types
from collections.abc import Callable
from importlib import machinery

import _lowtide_probe_digest as digest
import _lowtide_probe_importing as importing

NAME = "_lowtide_call"


class Returns:
    """Collects the digests.

    Args:
        export: absolute folder.
        file: the test's absolute file, whose calls count and whose own functions do not; "" for all files that are
            named as tests are.
    """

    def __init__(self, export: str, file: str) -> None:
        self.active = False
        self._export = export
        self._file = os.path.normpath(file) if file else ""
        self._digester = digest.Digester()
        self._all = hashlib.blake2b(digest_size=16)
        self._count = 0

    def install(self) -> None:
        """Puts the finder for the test's file first."""
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: object = None, target: object = None) -> machinery.ModuleSpec | None:
        """The spec of the test's file with our loader; None for every other module."""
        last = name.rpartition(".")[2]
        if not self._file and not _is_test_file(last + ".py"):
            return None
        if self._file and os.path.basename(self._file) not in (last + ".py", "__init__.py"):
            return None
        spec = machinery.PathFinder.find_spec(name, path, target)
        if spec is None or not spec.origin or not os.path.exists(spec.origin):
            return None
        if not self._file and importing.below(os.path.normpath(spec.origin), self._export) is None:
            return None
        if self._file and not os.path.samefile(spec.origin, self._file):
            return None
        spec.loader = _Loader(name, spec.origin, self.wrap)
        return spec

    def fields(self) -> dict:
        """digest, digest_kind and opaque; none when no call was seen."""
        if not self._count:
            return {}
        return {
            "digest": self._all.hexdigest(),
            "digest_kind": "calls",
            "opaque": sorted(self._digester.opaque),
        }

    def wrap(self, called: object) -> object:
        """What is called in the place of `called`."""
        if not self.active or not self._is_project(called):
            return called

        def call(*arguments: object, **named: object) -> object:
            try:
                value = called(*arguments, **named)
            except BaseException as error:
                self._add("raised " + digest.type_name(type(error)))
                raise
            if isinstance(value, types.CoroutineType):
                return self._awaited(value)
            self._add(self._digester.digest(value))
            return value

        return call

    async def _awaited(self, coroutine: types.CoroutineType) -> object:
        value = await coroutine
        self._add(self._digester.digest(value))
        return value

    def _add(self, text: str) -> None:
        self._count += 1
        self._all.update(text.encode("utf-8", "backslashreplace") + b"\n")

    def _is_project(self, called: object) -> bool:
        try:
            for _ in range(20):
                if isinstance(called, functools.partial):
                    called = called.func
                    continue
                called = getattr(called, "__func__", called)
                inner = None if isinstance(called, type) else getattr(called, "__wrapped__", None)
                if inner is None:
                    break
                called = inner
            return self._is_ours(_file_of(called))
        except Exception:  # noqa: BLE001  foreign attribute access
            return False

    def _is_ours(self, file: str | None) -> bool:
        if file is None or importing.below(os.path.normpath(file), self._export) is None:
            return False
        return os.path.normpath(file) != self._file if self._file else not _is_test_file(os.path.basename(file))


def _is_test_file(name: str) -> bool:
    return name.startswith("test_") or name.endswith("_test.py")


def _file_of(called: object) -> str | None:
    """The file that the code of a callable is in."""
    code = getattr(called, "__code__", None)
    if isinstance(code, types.CodeType):
        return code.co_filename
    owner = called if isinstance(called, (type, types.BuiltinFunctionType)) else type(called)
    name = getattr(owner, "__module__", None)
    if name is None:
        name = type(getattr(owner, "__self__", None)).__module__
    return importing.module_file(sys.modules.get(name))


class _Loader(machinery.SourceFileLoader):
    """Compiles the changed tree; neither reads nor writes bytecode."""

    def __init__(self, name: str, path: str, wrap: Callable) -> None:
        super().__init__(name, path)
        self._wrap = wrap

    def get_code(self, fullname: str) -> types.CodeType:
        return compile(instrument(self.get_data(self.path)), self.path, "exec", dont_inherit=True)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__[NAME] = self._wrap
        super().exec_module(module)


def instrument(source: bytes) -> ast.Module:
    """The tree of a test file with its calls in functions wrapped; positions are kept."""
    tree = ast.parse(source)
    for node in tree.body:
        for inner in ast.walk(node):
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inner.body = [_Calls().visit(statement) for statement in inner.body]
    return ast.fix_missing_locations(tree)


class _Calls(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == NAME:
            return node
        if isinstance(node.func, ast.Call) and getattr(node.func.func, "id", None) == NAME:
            return node  # of an outer function's pass
        name = ast.copy_location(ast.Name(NAME, ast.Load()), node.func)
        node.func = ast.copy_location(ast.Call(name, [node.func], []), node.func)
        return node
