"""Times and sizes of one run of the target, from `begin` to `finish`, by the purpose of the job."""

from __future__ import annotations

import gc
import time
import tracemalloc

import _lowtide_probe_watching as watching

_clock = time.perf_counter
_get_traced_memory = tracemalloc.get_traced_memory
_reset_peak = tracemalloc.reset_peak
_trace, _untrace = tracemalloc.start, tracemalloc.stop
_is_tracing = tracemalloc.is_tracing
_collect = gc.collect
_SWITCHES = {name: getattr(tracemalloc, name) for name in ("start", "stop", "reset_peak", "clear_traces")}
TRACED = frozenset({"traced", "calls", "stages"})


def _ignore(*arguments: object) -> None:
    """Stands for what would switch tracemalloc, while the target is measured."""


class Meter:
    """One measurement.

    Args:
        purpose: that of the job.
        recorder: calls.Calls for `calls`, stages.Recorder for `stages` and `census`, else None.
    """

    def __init__(self, purpose: str, recorder: object = None) -> None:
        self.fields = {}
        self.begun = False
        self.ended = False
        self._traced = purpose in TRACED
        self._recorder = recorder
        self._base = self._started = 0

    def prepare(self) -> None:
        """Starts tracing: before anything of the target is imported, so that what it frees is seen."""
        if self._traced:
            _trace(1)
            self._hold_switches()
        if self._recorder is not None:
            self._recorder.install()

    def begin(self) -> None:
        """The target starts now. Only the first call counts."""
        if self.begun:
            return
        self.begun = True
        _collect()
        if self._traced:
            self._base = self.fields["traced_import"] = _get_traced_memory()[0]
        self._started = _clock()
        if self._recorder is not None:
            self._recorder.begin()
        elif self._traced:
            _reset_peak()
            self._base = _get_traced_memory()[0]

    def finish(self) -> None:
        """The target has ended; what it returned is still held. Only the first call after `begin` counts."""
        if not self.begun or self.ended:
            return
        self.ended = True
        self._release_switches()
        wall = _clock() - self._started
        fields = self.fields
        if self._traced and not _is_tracing():
            self._traced = False
            fields.pop("traced_import", None)
            fields["disturbed"] = "The target stops tracemalloc: its traced peak cannot be measured."
        if self._recorder is not None:
            self._recorder.finish()
        elif self._traced:
            fields["traced_peak"] = max(0, _get_traced_memory()[1] - self._base)
        fields["vm_hwm"] = watching.vm_hwm()
        fields["wall_s"] = wall
        if self._traced:
            _collect()
            fields["traced_retained"] = _get_traced_memory()[0] - self._base
            if self._recorder is None:
                _untrace()

    def _hold_switches(self) -> None:
        """A target that measures itself would end or falsify this measurement."""
        if self._traced:
            for name in _SWITCHES:
                setattr(tracemalloc, name, _ignore)

    @staticmethod
    def _release_switches() -> None:
        for name, function in _SWITCHES.items():
            setattr(tracemalloc, name, function)

    def report(self) -> dict:
        """The fields of ProbeReport that were measured; `disturbed` is a sentence for the failure."""
        fields = dict(self.fields)
        if self._recorder is not None and self.begun:
            fields.update(self._recorder.report())
        if _is_tracing():
            _untrace()
        return fields
