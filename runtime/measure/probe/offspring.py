"""The traced peak of each Python child, where it was, and what was alive near it; left in a file for the target's own
process to read.

A fork takes the recorder of calls.py over and goes on with it; what it took over in memory does not count. A child that
starts as a program gets one by its sitecustomize (importing.py). The file is written while the peak rises: workers of a
pool are often ended by a signal. Stdlib only, Python 3.9 and later.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import runpy
import sys
import tracemalloc
import types

import _lowtide_probe_calls as calls
import _lowtide_probe_lines as lines

LEAST = 64 * 1024
"""Bytes of a peak that is written, and by which it has to rise, to be written again ..."""
RISE = 1.01
"""... and the factor."""
SITES = 100
"""Allocation sites that are written."""
STEP = 1.25
"""A further snapshot is taken when the peak is higher than at the last one by this factor: so the last one is NEAR."""
LEAST_SNAPSHOT = 2**20
"""Bytes of a peak from which snapshots are taken."""
NEAR = 0.8
"""Share of the peak that has to be alive for a snapshot to be worth taking, and for one to tell of the peak."""
BOOKKEEPING = 64 * 2**20
"""Bytes tracemalloc takes itself (some 100 a block) up to which snapshots are taken: many children take one at once."""

_get_traced_memory = tracemalloc.get_traced_memory
_get_tracemalloc_memory = tracemalloc.get_tracemalloc_memory
_reset_peak = tracemalloc.reset_peak
_clear_traces, _take_snapshot, _trace = tracemalloc.clear_traces, tracemalloc.take_snapshot, tracemalloc.start
_encode = json.JSONEncoder().encode
_open, _replace, _getpid = open, os.replace, os.getpid
_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Offspring:
    """What a child keeps of its own peak.

    Args:
        folder: where the files go.
        export: absolute folder of the tree under test.
        recorder: finds the functions at the peak.
    """

    def __init__(self, folder: str, export: str, recorder: calls.Calls) -> None:
        self._folder = folder
        self._start = os.path.realpath(export).rstrip("/") + "/"
        self._recorder = recorder
        self._of = 0
        self._written = 0
        self._looked_at = 0
        self._sites: list[dict] = []
        os.register_at_fork(after_in_child=self.forked)

    def forked(self) -> None:
        """This process is a child that has just begun."""
        _clear_traces()
        self._of = _getpid()
        self._written = self._looked_at = 0
        self._sites = []
        self._recorder.risen = self.risen
        self._recorder.begin()

    def risen(self) -> None:
        """The recorder has seen a new peak. What telling of it takes is no peak."""
        with contextlib.suppress(RecursionError):  # the target is near its limit: the next peak is told of
            self._tell()
        _reset_peak()

    def _tell(self) -> None:
        peak = self._recorder.peak()
        if peak < max(self._written + LEAST, self._written * RISE):
            return
        if peak >= max(LEAST_SNAPSHOT, self._looked_at * STEP) and _get_traced_memory()[0] >= NEAR * peak:
            self._looked_at = peak
            if _get_tracemalloc_memory() <= BOOKKEEPING:
                self._sites = self._alive()
        self._write(peak, self._recorder.report()["chain"])

    def leave(self) -> None:
        """This process is about to end; nothing, when it is none of the children."""
        if self._of != _getpid():
            return
        told = self._recorder.peak()
        self._recorder.finish()
        report = self._recorder.report()
        peak = report["traced_peak"]
        self._of = 0
        seen = told >= NEAR * peak  # else the peak was in code that has no probes: a program's own
        self._write(peak, report["chain"] if seen else [])

    def _alive(self) -> list[dict]:
        sizes: dict[tuple[str, int], list[int]] = {}
        for trace in _take_snapshot().traces._traces:
            entry = sizes.setdefault(trace[2][0], [0, 0])
            entry[0] += trace[1]
            entry[1] += 1
        found = [
            {
                "file": file[len(self._start) :] if file.startswith(self._start) else file,
                "project": file.startswith(self._start),
                "line": line,
                "size": size,
                "count": count,
            }
            for (file, line), (size, count) in sizes.items()
            if not file.startswith(_FOLDER) and file != tracemalloc.__file__
        ]
        found.sort(key=lambda site: (-site["size"], site["file"], site["line"]))
        return found[:SITES]

    def _write(self, peak: int, chain: list[dict]) -> None:
        self._written = peak
        sites = self._sites if self._looked_at >= NEAR * peak else []
        path = os.path.join(self._folder, "%d.peak" % _getpid())
        part = "%s.%d" % (path, _thread.get_ident())
        try:
            with _open(part, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(_encode({"peak": peak, "chain": chain, "sites": sites}))
            _replace(part, path)
        except OSError as error:
            sys.stderr.write(f"The traced peak of a child cannot be left: {error}\n")


def start(folder: str, export: str) -> Offspring:
    """Begins in a child that is a program of its own."""
    if lines.needed():
        lines.listen(_FOLDER, export)
    recorder = calls.Calls(export)
    recorder.install()
    _compile_main(recorder, os.path.realpath(export).rstrip("/") + "/")
    _trace(1)
    offspring = Offspring(folder, export, recorder)
    offspring.forked()
    return offspring


def _compile_main(recorder: calls.Calls, start: str) -> None:
    """Has runpy compile with probes: multiprocessing imports the main program by it, past all finders."""

    def compile_file(source: bytes, name: str, mode: str, *rest: object, **more: object) -> types.CodeType:
        if mode == "exec" and isinstance(name, str) and os.path.realpath(name).startswith(start):
            return recorder.compile(source, name)
        return compile(source, name, mode, *rest, **more)

    runpy.__dict__["compile"] = compile_file


def highest(folder: str) -> dict | None:
    """The fields of ChildPeak: of the children that left a peak, the one whose peak is highest; None: none did."""
    found = []
    for entry in os.listdir(folder):
        if entry.endswith(".peak"):
            with _open(os.path.join(folder, entry), encoding="utf-8") as file:
                found.append(json.load(file))
    return dict(max(found, key=lambda one: one["peak"]), count=len(found)) if found else None
