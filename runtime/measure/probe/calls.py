"""The calls that were running at the peak of the run: which functions the stages are to be measured in.

Every function of the project that does more than return a name, an attribute or a constant begins and ends with a
probe, put in at import; so does each stretch of a generator between its yields. Where a probe finds the traced peak
higher than ever, it was reached since the last one: by the functions on the stack without the one that begins now, or
with the one that ends now. The stack is read off the frames, so threads, generators and coroutines are where they
really are. A coroutine that is left at an `await` is not seen to be: what ran meanwhile, until the next probe, is taken
for its own.

The cost is bounded: of a function that begins often ever fewer calls are looked at, about EACH of the first N, of the
next 2.7 N, and so on. A peak in a call that was not looked at is its caller's.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
import tracemalloc
import types
from collections.abc import Callable

import _lowtide_probe_finder as finder
import _lowtide_probe_instrument as instrument

EACH = 5000
"""Calls of a function looked at one by one; of later ones one in every (number of the call / EACH)."""

CLEARLY = 4096
"""Bytes by which a peak must be above the one before: reading the stack takes some itself."""

_OPTIMIZED = 0x1  # inspect.CO_OPTIMIZED: set for functions, not for modules and class bodies
_PART_OF_CALLER = frozenset({"<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
_NEVER = float("inf")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_get_traced_memory = tracemalloc.get_traced_memory
_reset_peak = tracemalloc.reset_peak
_get_frame = sys._getframe
_open = open


class Calls:
    """Measures from `begin` to `finish`; tracemalloc must be running.

    Counts are kept as floats: CPython takes them from a free list, unseen by tracemalloc.

    Args:
        export: absolute folder; the functions of its files are the project's.

    Attributes:
        risen: called when a new peak was seen; None: nobody wants to know.
    """

    def __init__(self, export: str) -> None:
        self._start = os.path.realpath(export).rstrip("/") + "/"
        self._began: list[float] = []
        self._due: list[float] = []
        self._looked_at: list[int] = []
        self._on = False
        self._base = self._peak = 0
        self._codes: list[types.CodeType] = []
        self.risen: Callable[[], None] | None = None
        self._entry: tuple[int, types.CodeType] | None = None
        self._finder = finder.Finder(self.compile, lambda file: file.startswith(self._start))
        begins, ends = self._cheap_probes()
        self.probes = {"begins": begins, "ends": ends, "sent": self.sent, "received": self.received}

    def install(self) -> None:
        """Puts the finder first on sys.meta_path; call again when others pushed in front of it since."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self._finder]
        sys.meta_path.insert(0, self._finder)

    def compile(self, source: bytes, filename: str) -> types.CodeType:
        """Compiles a file with probes; without, where CPython's limits allow none. What that takes is no peak.

        Raises:
            SyntaxError: the file cannot be compiled as it is.
        """
        if self._on:
            self._look(_get_frame(1))
        try:
            text = importlib.util.decode_source(source)
            tree = ast.parse(text, filename)
            self.weave(tree)
            code = instrument.compiled(tree, filename, self.probes)
        except (SyntaxError, RecursionError):
            return compile(source, filename, "exec", dont_inherit=True)
        finally:
            tree = None
            if self._on:
                _reset_peak()
        return code

    def weave(self, tree: ast.Module) -> None:
        """Puts the probes into the functions of a file; in that of one that cannot be compiled then, in vain."""
        count = _weave(tree, len(self._due))
        self._began += [0.0] * count
        self._due += [1.0 if self._on else _NEVER] * count
        self._looked_at += [0] * count

    def begin(self) -> None:
        """From here on calls count."""
        self._on = True
        self._due[:] = [1.0] * len(self._due)
        _reset_peak()
        self._base = self._peak = _get_traced_memory()[0]

    def finish(self) -> None:
        """The target has ended, whichever way."""
        if self._on:
            self._on = False
            self._peak = max(self._peak, _get_traced_memory()[1])
            self._due[:] = [_NEVER] * len(self._due)
            self._looked_at[:] = [0] * len(self._looked_at)

    def peak(self) -> int:
        """Traced bytes above the start, the highest seen."""
        return self._peak - self._base

    def report(self) -> dict:
        """Keys of ProbeReport: `traced_peak`, and `chain`: the functions running at the peak, outermost first; one
        that calls itself is there once.
        """
        place = Places(self._start)
        chain: list[dict] = []
        for code in self._codes:
            found = place(code)
            if found not in chain:
                chain.append(found)
        return {"traced_peak": self._peak - self._base, "chain": chain}

    # ---- the probes

    def _cheap_probes(self) -> tuple[Callable[[int], None], Callable[[int], None]]:
        """`begins` and `ends`, with what they need at hand: they run at every call of the project's functions."""
        began, due, looked_at = self._began, self._due, self._looked_at

        def begins(number: int) -> None:
            """Function `number` begins."""
            count = began[number] + 1.0
            began[number] = count
            if count >= due[number]:
                due[number] = count + max(1.0, count // EACH)
                looked_at[number] += 1
                frame = _get_frame(1)
                if self._entry is None:
                    self._entry = number, frame.f_code
                self._look(frame.f_back)

        def ends(number: int) -> None:
            """Function `number` ends."""
            if looked_at[number]:
                self._look(_get_frame(1))
                looked_at[number] -= 1

        return begins, ends

    def sent(self, number: int, value: object) -> object:
        """A generator yields `value`."""
        if self._looked_at[number]:
            self._look(_get_frame(1))
            self._looked_at[number] -= 1
        return value

    def received(self, number: int, value: object) -> object:
        """A generator goes on with `value` from its consumer."""
        count = self._began[number] + 1.0
        self._began[number] = count
        if count >= self._due[number]:
            self._due[number] = count + max(1.0, count // EACH)
            self._looked_at[number] += 1
            self._look(_get_frame(1).f_back)
        return value

    def _look(self, frame: types.FrameType | None) -> None:
        peak = _get_traced_memory()[1]
        if peak > self._peak + CLEARLY:
            self.reached(peak, frame)

    def reached(self, peak: float, frame: types.FrameType | None) -> None:
        """`frame` was running when so many bytes were traced; nothing, when more were before."""
        if peak <= self._peak + CLEARLY:
            return
        self._peak = peak
        codes = []
        while frame is not None:
            if _is_counted(frame.f_code, self._start):
                codes.append(frame.f_code)
            frame = frame.f_back
        if self._entry is not None:
            number, code = self._entry
            if self._looked_at[number] and code not in codes:
                codes.append(code)  # it waits: for a thread, for a task
        codes.reverse()
        self._codes = codes
        if self.risen is not None:
            self.risen()


def _weave(tree: ast.Module, first: int) -> int:
    """Puts probes into the functions of a file, numbered from `first`; how many there are."""
    functions = (node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS))
    nodes = [tree, *(node for node in functions if not _is_trivial(node))]
    for number, node in enumerate(nodes, first):
        for holder in [node, *instrument.own_scope(node)]:
            instrument.replace_yields(holder, lambda found, number=number: _stretch(found, number))
    for number, node in enumerate(nodes, first):
        start = instrument.preamble(node)
        body = node.body[start:]
        if body:
            begin = instrument.locate(ast.Expr(instrument.call("begins", ast.Constant(number))), body[0])
            end = instrument.locate(ast.Expr(instrument.call("ends", ast.Constant(number))), body[-1])
            whole = ast.copy_location(ast.Try(body=body, handlers=[], orelse=[], finalbody=[end]), body[0])
            node.body[start:] = [begin, whole]
    return len(nodes)


def _is_trivial(function: ast.AST) -> bool:
    """Whether all it does is return what there is: nothing is alive in it that is not in its caller."""
    body = function.body[instrument.preamble(function) :]
    value = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    while isinstance(value, ast.Attribute):
        value = value.value
    return isinstance(function, ast.FunctionDef) and isinstance(value, (ast.Name, ast.Constant))


def _stretch(node: ast.Yield, number: int) -> ast.expr:
    value = node.value if node.value is not None else ast.Constant(None)
    node.value = instrument.locate(instrument.call("sent", ast.Constant(number), value), node)
    return instrument.locate(instrument.call("received", ast.Constant(number), node), node)


def _is_counted(code: types.CodeType, start: str) -> bool:
    if not code.co_filename.startswith(start) or code.co_name in _PART_OF_CALLER:
        return False
    return bool(code.co_flags & _OPTIMIZED) or code.co_name == "<module>"


class Places:
    """Makes dicts of FunctionPlace from code objects; before 3.11 these do not know their qualified names."""

    def __init__(self, start: str) -> None:
        self._start = start
        self._names: dict[str, dict] = {}

    def __call__(self, code: types.CodeType) -> dict:
        """The place of a function of the project."""
        file = code.co_filename
        name = getattr(code, "co_qualname", None)
        if name is None:
            if file not in self._names:
                self._names[file] = _qualified_names(file)
            name = self._names[file].get((code.co_firstlineno, code.co_name), code.co_name)
        return {
            "file": file[len(self._start) :],
            "function": name.replace(".<locals>", ""),
            "line": max(1, code.co_firstlineno),
        }


def _qualified_names(file: str) -> dict:
    """(first line, name) -> qualified name of every function in a file."""
    try:
        with _open(file, "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):  # generated, or changed since
        return {}
    return {(line, node.name): name for name, line, node in instrument.definitions(tree)}
