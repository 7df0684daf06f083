"""The recorder behind the probes: per-stage figures of the functions of a chain, and the census at an event.

Stdlib only, Python 3.9 and later. What the figures mean:

- Every probe call is an event. The bytes traced since the last event (their highest point) belong to the innermost
  open stage, and through it to every stage round it, in callers too; `reset_peak` starts the next segment.
- A table describes one activation of its function, the one that rose highest (of equal ones the last); only hits are
  counted over all. A stage which that activation did not run is described by the activation in which it rose highest.
  Of a recursive function only outermost activations are candidates; what inner ones do is within the outer's stages.
- A generator's stages stop while it is suspended: what its consumer does is not its own.
- With threads the highest point is the whole process's, for every open stage of every thread: approximate.

In mode census nothing is traced; the same probes only count events, so that the event with the highest traced bytes
of an earlier run is found again.
"""

from __future__ import annotations

import _thread
import importlib.machinery
import importlib.util
import os
import sys
import tracemalloc
import types

import _lowtide_probe_census as census
import _lowtide_probe_instrument as instrument
import _lowtide_probe_sites as sites

EACH_ELEMENT = 256
"""A comprehension's elements are events one by one up to this number ..."""
SOME_ELEMENTS = 15
"""... and from there on those whose number has none of these bits."""

_get_ident = _thread.get_ident
_count_threads = _thread._count
_get_frame = sys._getframe


class Activation:
    """One call of a probed function. `entries` are its open stages while it is suspended, `left_at` what was traced
    when it was."""

    __slots__ = ("entries", "function", "left_at", "outermost", "peak", "running", "values")

    def __init__(self, function: instrument.Function, outermost: bool) -> None:
        self.function = function
        self.outermost = outermost
        self.values: dict[int, list[int]] = {}
        self.peak = 0
        self.running = False
        self.entries: list[list] = []
        self.left_at = 0


class Recorder:
    """See the module.

    Args:
        chain: FunctionPlace dicts, entry function first.
        export: absolute path of the export; only files below it get probes.
        mode: `stages` (tracemalloc is tracing) or `census`.
        peak_hint: traced bytes above the start that an earlier run reached.
        event: census: the number of the event to take it at.
    """

    def __init__(
        self, chain: list[dict], export: str, mode: str, peak_hint: int | None = None, event: int | None = None
    ) -> None:
        self._export = os.path.realpath(export)
        self._tracing = mode == "stages"
        self._census_event = event
        self._places: dict[str, list[dict]] = {}
        for place in chain:
            file = os.path.realpath(os.path.join(self._export, place["file"]))
            if file.startswith(self._export + os.sep):
                self._places.setdefault(file, []).append(place)
        self._chain = chain
        self._functions: list[instrument.Function] = []
        self._owner: list[int] = []
        self._parent: list[int] = []
        self._hits: list[int] = []
        self._highest: list[list[int] | None] = []
        self._best: list[Activation | None] = []
        self._on_stack: list[int] = []
        self._elements: list[int] = []
        self._on = False
        self._stacks: dict[int, list[list]] = {}
        self._activations: set[Activation] = set()
        self._base = 0
        self._peak = 0
        self._events = 0
        self._high = -1
        self._high_event: int | None = None
        self._threads = 0
        self._threaded = False
        self._snapshots = sites.Snapshots(peak_hint)
        self._census: dict = {}
        self._finder = Finder(self)
        self._probes = {name: getattr(self, name) for name in instrument.PROBES}

    # ---- setting up

    def install(self) -> None:
        """Puts the finder first on sys.meta_path; again when others have pushed in front of it since."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        sys.meta_path.insert(0, self._finder)

    def covers(self, file: str) -> bool:
        """True when `file` holds a function of the chain."""
        return os.path.realpath(file) in self._places

    def compile(self, source: bytes, filename: str) -> types.CodeType:
        """Compiles a file of the chain with probes; without, where CPython's limits allow none."""
        places = self._places.get(os.path.realpath(filename), [])
        text = importlib.util.decode_source(source)
        known = len(self._functions)
        try:
            code = instrument.instrument(text, filename, places, self._export, self._functions, self._probes)
        except (SyntaxError, RecursionError):
            return compile(source, filename, "exec", dont_inherit=True)
        for function in self._functions[known:]:
            self._best.append(None)
            self._on_stack.append(0)
            self._elements.append(0)
            for stage in function.stages:
                parent = stage["parent"]
                self._owner.append(function.number)
                self._parent.append(-1 if parent is None else function.first + parent)
                self._hits.append(0)
                self._highest.append(None)
        return code

    def begin(self) -> None:
        """The target starts now: figures are above what is traced at this moment, events count from here."""
        self._threads = _count_threads()
        if self._tracing:
            self._snapshots.begin()
            self._base = self._peak = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
        self._on = True

    def finish(self) -> None:
        """The target has ended: closes what is open. A second call does nothing."""
        if not self._on:
            return
        current = self._tick()
        self._on = False
        for stack in list(self._stacks.values()):
            while stack:
                self._leave_top(stack, current)
        for activation in list(self._activations):
            self._close_suspended(activation)

    # ---- probes of plain functions

    def enter(self, number: int) -> Activation | None:
        """Function `number` starts."""
        if not self._on:
            return None
        return self._push(self._stack(), self._functions[number], self._tick())

    def stage(self, index: int) -> None:
        """Statement `index` starts, the one before it has ended."""
        if self._on:
            stack = self._stack()
            self._open(self._mine(stack, index), stack, index, self._tick(self._owner[index]))

    def back(self, index: int) -> None:
        """The body of statement `index` has ended; the statement itself goes on."""
        if self._on:
            stack = self._stack()
            current = self._tick(self._owner[index])
            self._mine(stack, index)
            self._close_to(stack, index, current)

    def leave(self, number: int) -> None:
        """Function `number` ends."""
        if self._on:
            current = self._tick(number)
            stack = self._stack()
            if any(entry[3].function.number == number for entry in stack):
                while self._leave_top(stack, current) != number:
                    pass

    def light(self, number: int, value: object) -> object:
        """An element of a comprehension in function `number` is there."""
        if self._on:
            count = self._elements[number] = self._elements[number] + 1
            if count <= EACH_ELEMENT or not count & SOME_ELEMENTS:
                self._tick(number)
        return value
