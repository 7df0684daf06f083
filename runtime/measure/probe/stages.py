"""The recorder behind the probes: per-stage figures of the functions of a chain, and the census at an event.

Stdlib only, Python 3.9 and later. What the figures mean:

- Every probe call is an event. The bytes traced since the last event (their highest point) belong to the innermost
  open stage, and through it to every stage round it, in callers too; `reset_peak` starts the next segment.
- A table describes one activation of its function, the one that rose highest (of equal ones the last); only hits are
  counted over all. A stage which that activation did not run is described by the activation in which it rose highest.
  Of a recursive function only outermost activations are candidates; what inner ones do is within the outer's stages.
- A generator's stages stop while it is suspended: what its consumer does is not its own. `yield from` and `await`
  are not seen: approximate.
- The cost is bounded: of the calls of a function, and of the passes of a loop, ever fewer are looked at (see
  sampling). What the others do belongs to the loop as a whole, and to the statement that made the call.
- With threads the highest point is the whole process's, for every open stage of every thread: approximate.

In mode census nothing is traced; the same probes only count events, so the event next to the peak of an earlier run is
found again, before or after it. The census is taken there and the target runs on to its end.
"""

from __future__ import annotations

import _thread
import importlib.util
import os
import sys
import tracemalloc
import types

import _lowtide_probe_calls as calls
import _lowtide_probe_census as census
import _lowtide_probe_finder as finder
import _lowtide_probe_instrument as instrument
import _lowtide_probe_moment as moment
import _lowtide_probe_sampling as sampling
import _lowtide_probe_sites as sites
import _lowtide_probe_start as start
import _lowtide_probe_tables as tables

EACH_ELEMENT = 256
"""A comprehension's elements are events one by one up to this number, then one in every (their number / this)."""

_get_ident = _thread.get_ident
_count_threads = _thread._count
_get_frame = sys._getframe
_get_traced = tracemalloc.get_traced_memory
_reset_peak = tracemalloc.reset_peak
_stop_tracing = tracemalloc.stop


class Recorder:
    """See the module.

    Args:
        chain: FunctionPlace dicts, entry function first.
        export: absolute path of the export; only files below it get probes.
        mode: `stages` (tracemalloc is tracing) or `census`.
        peak_hint: traced bytes above the start that an earlier run reached.
        event: census: the number of the event to take it at.
        event_before: census: what starts at that event is at the peak, not what has just ended.
        follow: finds the functions that run at the peak, in the same run.
    """

    def __init__(
        self,
        chain: list[dict],
        export: str,
        mode: str,
        peak_hint: int | None = None,
        event: int | None = None,
        event_before: bool = False,
        follow: calls.Calls | None = None,
    ) -> None:
        self._calls = follow
        self._export = os.path.realpath(export)
        self._tracing = mode == "stages"
        self._census_event = None if self._tracing else event
        self._census_before = event_before
        self._chain = chain
        self._places: dict[str, list[dict]] = {}
        for place in chain:
            file = os.path.realpath(os.path.join(self._export, place["file"]))
            if file.startswith(self._export + os.sep):
                self._places.setdefault(file, []).append(place)
        self._tables = tables.Tables()
        self._sampling = sampling.Sampling()
        self._skip = self._sampling.skip
        self._quiet = self._sampling.quiet
        self._on = False
        self._main = tables.Stack()
        self._stacks: dict[int, tables.Stack] = {}
        self._base = 0
        self._peak = 0.0
        self._events = 0.0
        self._segment = 0.0
        self._moment = moment.Moment()
        self._threads = 0
        self._snapshots = sites.Snapshots(peak_hint)
        self._census: dict = {}
        self._start = start.Start(())
        self._probes = {name: getattr(self, name) for name in instrument.PROBES}
        if follow is None:
            self._finder = finder.Finder(self.compile, self._places.__contains__, map(finder.module_name, self._places))
        else:
            self._finder = finder.Finder(self.compile, lambda file: file.startswith(self._export + os.sep))
            self._probes.update(follow.probes)

    def install(self) -> None:
        """Puts the finder first on sys.meta_path; call again when others pushed in front of it since."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self._finder]
        sys.meta_path.insert(0, self._finder)

    def compile(self, source: bytes, filename: str) -> types.CodeType:
        """Compiles a file with probes; without, where CPython's limits allow none. What that takes is no
        peak.

        Raises:
            SyntaxError: the file cannot be compiled as it is.
        """
        places = self._places.get(os.path.realpath(filename), [])
        if self._on and places:
            self._tick(None)  # in the census run too: it counts the same events
        elif self._on and self._calls is not None:
            peak = _get_traced()[1]
            self._note(peak)
            self._calls.reached(peak, _get_frame(1))
        try:
            text = importlib.util.decode_source(source)
            functions = self._tables.functions
            weave = None if self._calls is None else self._calls.weave
            code = instrument.instrument(text, filename, places, self._export, functions, self._probes, weave)
        except (SyntaxError, RecursionError):
            return compile(source, filename, "exec", dont_inherit=True)
        finally:
            if self._on and self._tracing:
                _reset_peak()
        self._sampling.register(self._tables.functions)
        self._tables.register()
        return code

    def begin(self) -> None:
        """The target starts now: figures are above what is traced at this moment, events count from here."""
        self._threads = _count_threads()
        self._stacks[_get_ident()] = self._main
        if not self._tracing:
            self._start = start.Start(_project_modules(self._export))
        if self._tracing:
            self._snapshots.begin()
            if self._calls is not None:
                self._calls.begin()
            self._base = _get_traced()[0]
            self._peak = float(self._base)
            _reset_peak()
        self._on = True

    def finish(self) -> None:
        """The target has ended, whichever way: closes what is open. A second call does nothing."""
        if self._on:
            current, peak = map(float, _get_traced())
            self._on = False
            self._note(peak)
            if self._segment > self._moment.due:
                self._moment.rise(self._segment, self._base, None)
            if self._moment.rising and self._events:
                self._moment.choose(self._events, current, False)
            self._tables.finish(list(self._stacks.values()), current)
            if self._calls is not None:
                self._calls.finish()

    def report(self) -> dict:
        """Keys of ProbeReport. Ends tracing: the snapshots are many times slower to read while it goes on."""
        if not self._tracing:
            return dict(self._census)
        _stop_tracing()
        event, traced, before = self._moment.at or (None, 0.0, False)
        return {
            "traced_peak": int(self._peak) - self._base,
            "tables": self._sampling.corrected(self._tables.report(self._chain, self._base)),
            "event": None if event is None else int(event),
            "event_traced": None if event is None else int(traced) - self._base,
            "event_before": before,
            "sites": self._snapshots.sites(self._export),
            "chain": [] if self._calls is None else self._calls.report()["chain"],
        }

    # ---- the probes (see instrument)

    def enter(self, number: int, index: int) -> tables.Activation | None:
        """Function `number` starts, with statement `index` (-1: with one that is no stage)."""
        if not self._on or not self._sampling.begins(number, self._tables.approximate):
            return None
        current, stack = self._tick(None), self._stack()
        activation = self._tables.push(stack, number, current)
        if index >= 0:
            self._tables.open(stack, index, current)
        return activation

    def stage(self, index: int) -> None:
        """Statement `index` starts, the one before it has ended."""
        if self._skip[index]:
            return
        number = self._tables.owner[index]
        if self._on and not self._quiet[number]:
            self._tables.open(self._stack(), index, self._tick(number, moment.STATEMENT, index))

    def back(self, index: int) -> None:
        """A body of statement `index` has ended; the statement itself goes on."""
        if self._skip[index]:
            return
        number = self._tables.owner[index]
        if not self._on or self._quiet[number]:
            return
        how = self._sampling.passed(index)
        if how:
            current, stack = self._tick(number, moment.STATEMENT, index), self._stack()
            self._tables.back(stack, index, current)
            if stack.top[tables.STAGE] == index:
                self._sampling.grew(index, how, stack.top[tables.START], current)

    def leave(self, number: int) -> None:
        """Function `number` ends."""
        if self._quiet[number]:
            self._quiet[number] -= 1
        elif self._on:
            self._tables.leave(self._stack(), number, self._tick(number, moment.END))

    def light(self, number: int, value: object) -> object:
        """An element of a comprehension in function `number` is there."""
        if self._on and not self._quiet[number] and self._sampling.element(number, EACH_ELEMENT):
            self._tick(number, moment.ELEMENT)
        return value

    def suspend(self, activation: tables.Activation | None, value: object) -> object:
        """A generator yields `value`."""
        if activation is not None and self._on and not activation.asleep:
            self._tables.suspend(self._stack(), activation, self._tick(activation.number, moment.END))
        return value

    def resume(self, activation: tables.Activation | None, value: object) -> object:
        """A generator goes on with `value` from its consumer."""
        if activation is not None and self._on and not activation.asleep:
            self._tables.attach(self._stack(), activation, self._tick(None))
        return value

    def stage_in(self, activation: tables.Activation | None, index: int) -> None:
        """As `stage`, in a generator or coroutine."""
        if activation is not None and self._on and not self._skip[index]:
            current, stack = self._tick(activation.number, moment.STATEMENT, index), self._stack()
            activation.asleep = False
            self._tables.attach(stack, activation, current)
            self._tables.open(stack, index, current)

    def back_in(self, activation: tables.Activation | None, index: int) -> None:
        """As `back`, in a generator or coroutine; it sleeps, as if it was suspended, while it is not looked at."""
        if activation is None or not self._on or self._skip[index]:
            return
        if self._sampling.passed(index):
            current, stack = self._tick(activation.number, moment.STATEMENT, index), self._stack()
            activation.asleep = False
            self._tables.attach(stack, activation, current)
            self._tables.back(stack, index, current)
            if self._sampling.rests(index):
                self._tables.suspend(stack, activation, current)
                activation.asleep = True

    def leave_in(self, activation: tables.Activation | None) -> None:
        """As `leave`, in a generator or coroutine."""
        if activation is not None and self._on:
            current = self._tick(activation.number, moment.END)
            activation.asleep = False
            self._tables.leave_in(self._stack(), activation, current)

    # ---- events

    def _stack(self) -> tables.Stack:
        if _count_threads() <= self._threads:
            return self._main
        self._tables.approximate = True
        stack = self._stacks.get(_get_ident())
        if stack is None:
            stack = self._stacks[_get_ident()] = tables.Stack()
        return stack

    def _tick(self, number: int | None, where: int = moment.STATEMENT, index: int = -1) -> float:
        """One event; traced bytes.

        Args:
            number: the function whose probe tells it; None when nothing of it has run yet.
            where: it is (see moment).
            index: the stage that starts, or goes on; -1: the one the frame is at.
        """
        if not self._tracing:
            self._events += 1.0
            if self._events == self._census_event:
                self._take_census(_get_frame(2), number, index)
            return 0.0
        traced = _get_traced()
        if self._calls is not None:
            frame = _get_frame(2)
            self._calls.reached(traced[1], frame.f_back if number is None else frame)
        _reset_peak()
        current, peak = traced[0] + 0.0, traced[1] + 0.0
        self._events += 1.0
        if current >= self._snapshots.due:
            self._snapshots.take(current)
        self._note(peak)
        at_peak = self._moment
        if self._segment > at_peak.due:
            at_peak.rise(self._segment, self._base, (self._events, current) if where else None)
        self._segment = current
        if where == moment.STATEMENT:
            at_peak.begun_at, at_peak.begun = self._events, current
            if at_peak.rising:
                at_peak.choose(self._events, current, True)
        elif where == moment.END:
            at_peak.begun_at = 0.0
        return current

    def _note(self, peak: float) -> None:
        """The highest point of the segment that ends now goes to the innermost open stage of each thread."""
        if peak > self._segment:
            self._segment = peak
        if peak > self._peak:
            self._peak = peak
        if peak > self._main.top[tables.PEAK]:
            self._main.top[tables.PEAK] = peak
        if self._tables.approximate:
            for stack in list(self._stacks.values()):
                stack.top[tables.PEAK] = max(stack.top[tables.PEAK], peak)

    def _take_census(self, frame: types.FrameType, number: int | None, index: int) -> None:
        line = None
        if self._census_before:
            line = self._tables.stage_line(index) if index >= 0 else None
        elif number is not None:
            line = self._tables.line(self._stack(), number)
        modules = _project_modules(self._export)
        self._census = census.take(frame, self._export, modules, line)
        unchanged = self._start.unchanged(modules, self._export)
        for holding in self._census["holdings"]:
            if holding["kind"] == "global":
                holding["at_start"] = (holding["place"]["file"], holding["name"]) in unchanged


def _project_modules(export: str) -> list[types.ModuleType]:
    """Loaded modules whose file lies in the export."""
    found = []
    for module in list(sys.modules.values()):
        if isinstance(module, types.ModuleType):
            file = module.__dict__.get("__file__")
            if isinstance(file, str) and os.path.realpath(file).startswith(export + os.sep):
                found.append(module)
    return found
