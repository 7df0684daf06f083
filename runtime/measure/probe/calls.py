"""Exact in-call peaks of the project's functions, and the calls that were running at the peak of the run.

A profile function sees every call and return; at those of project functions it reads the traced peak since the last
one and resets it (tracemalloc.reset_peak), so each stretch belongs to the activations that were open in it.
Generators count as called at each resumption. Comprehensions, generator expressions, lambdas and class bodies are part
of the function that runs them. With threads a stretch belongs to the innermost activation of every thread.
"""

from __future__ import annotations

import ast
import sys
import threading
import tracemalloc
import types
from collections.abc import Callable

_LIMIT = 200
_OPTIMIZED = 0x1  # inspect.CO_OPTIMIZED: set for functions, not for modules and class bodies
_PART_OF_CALLER = frozenset({"<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
_get_traced_memory = tracemalloc.get_traced_memory
_reset_peak = tracemalloc.reset_peak
_setprofile = sys.setprofile
_getprofile = sys.getprofile
_thread_setprofile = threading.setprofile
_get_ident = threading.get_ident
_open = open


class _Activation:
    __slots__ = ("caller", "function", "peak", "start")

    def __init__(self, function: object, start: int, caller: _Activation | None) -> None:
        self.function = function
        self.start = start
        self.peak = start
        self.caller = caller


class _Function:
    """What is known of one code object."""

    __slots__ = ("calls", "code", "in_call", "left", "peak")

    def __init__(self, code: types.CodeType) -> None:
        self.code = code
        self.calls = self.peak = self.in_call = self.left = 0


class CallPeaks:
    """Measures from `begin` to `finish`; tracemalloc must be running.

    Args:
        export: absolute folder; the code objects of its files are the project's.
    """

    def __init__(self, export: str) -> None:
        self._start = export.rstrip("/") + "/"
        self._functions = {}
        self._tops = {}
        self._peak = 0
        self._at_peak = None
        self.base = 0
        self.disturbed = False

    def begin(self) -> int:
        """From here on calls count; returns the traced bytes the peaks are above of."""
        self._callback = callback = self._make_callback()
        _thread_setprofile(callback)
        self._own = sys.setprofile, threading.setprofile

        def guarded(function: object) -> None:  # the target's own profiler would end ours
            if function is callback:
                _setprofile(callback)

        sys.setprofile = threading.setprofile = guarded
        _reset_peak()
        self.base = self._peak = _get_traced_memory()[0]
        _setprofile(self._callback)
        return self.base

    def finish(self) -> None:
        """The target has ended; what is still open (a killed generator, a thread) is closed."""
        self.disturbed = _getprofile() is not self._callback
        _setprofile(None)
        sys.setprofile, threading.setprofile = self._own
        _thread_setprofile(None)
        current, peak = _get_traced_memory()
        self._stretch(peak)
        for top in self._tops.values():
            activation = top
            while activation is not None:
                activation = self._close(activation, current)
        self._tops = None

    @property
    def peak(self) -> int:
        """Highest traced bytes above the start."""
        return self._peak - self.base

    def _stretch(self, peak: int) -> None:
        for top in self._tops.values():
            if top is not None and peak > top.peak:
                top.peak = peak
        if peak > self._peak:
            self._peak = peak
            self._at_peak = self._tops.get(_get_ident())
        _reset_peak()

    def _close(self, activation: _Activation, current: int) -> _Activation | None:
        """Books an ended activation; returns its caller."""
        function, caller = activation.function, activation.caller
        function.calls += 1
        if activation.peak > function.peak:
            function.peak = activation.peak
            function.in_call = activation.peak - activation.start
            function.left = current - activation.start
        if caller is not None and activation.peak > caller.peak:
            caller.peak = activation.peak
        return caller

    def _make_callback(self) -> Callable:
        start, functions = self._start, self._functions

        def callback(frame: types.FrameType, event: str, argument: object) -> None:
            tops = self._tops
            if tops is None or (event != "call" and event != "return"):
                return  # a thread that outlives the target; a C function
            code = frame.f_code
            function = functions.get(code)
            if function is None:
                if not _is_counted(code, start):
                    functions[code] = False
                    return
                function = functions[code] = _Function(code)
            elif function is False:
                return
            current, peak = _get_traced_memory()
            thread = _get_ident()
            self._stretch(peak)
            top = tops.get(thread)
            if event == "call":
                tops[thread] = _Activation(function, current, top)
            elif top is not None and top.function is function:
                tops[thread] = self._close(top, current)

        return callback

    def calls(self) -> list[dict]:
        """Dicts of CallPeak, by peak, highest first."""
        known = sorted(
            (function for function in self._functions.values() if function and function.calls),
            key=lambda function: -function.peak,
        )
        place = Places(self._start)
        return [
            {
                "place": place(function.code),
                "calls": function.calls,
                "peak": function.peak - self.base,
                "in_call": function.in_call,
                "left": function.left,
            }
            for function in known[:_LIMIT]
        ]

    def chain(self) -> list[dict]:
        """Places of the functions that were running at the peak, outermost first."""
        codes, activation = [], self._at_peak
        while activation is not None:
            codes.append(activation.function.code)
            activation = activation.caller
        place = Places(self._start)
        return [place(code) for code in reversed(codes)]


def _is_counted(code: types.CodeType, start: str) -> bool:
    if not code.co_filename.startswith(start) or code.co_name in _PART_OF_CALLER:
        return False
    return bool(code.co_flags & _OPTIMIZED) or code.co_name == "<module>"


class Places:
    """Makes dicts of FunctionPlace from code objects; before 3.11 these do not know their qualified names."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._names = {}

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
    names, stack = {}, [(tree, "")]
    while stack:
        node, outer = stack.pop()
        for child in ast.iter_child_nodes(node):
            inner = outer
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                inner = f"{outer}.{child.name}" if outer else child.name
                first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
                names[first, child.name] = inner
            stack.append((child, inner))
    return names
