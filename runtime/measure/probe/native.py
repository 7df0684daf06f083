"""What memray sees of the target: Python's requests and C memory, by site. Only where the target's interpreter has it.

Python's own allocators are tracked too (trace_python_allocators): what went through them tracemalloc sees as well, and
every other allocation is C memory outside of it. A tracker that tears down can crash (memray#999, on 3.12): the runner
then sees the signal, and this run is the only one that is lost.
"""

from __future__ import annotations

import os
import types

import _lowtide_probe_importing as importing
import memray

LIMIT = 100
"""Sites reported (runtime.measure.reports.Native)."""
FRAMES = 64
"""Python frames looked at for one of the project's."""
OUTER = 8
"""Innermost native frames that are looked at for numpy's own accounting."""
TOLD = ("PyDataMem_", "npy_alloc", "npy_free", "PyTraceMalloc_")
"""Functions of numpy that tell tracemalloc of what they take from malloc."""

_remove = os.remove
_join = os.path.join


class Tracking:
    """One tracked stretch of the run, in the form of a recorder (probe.Run).

    Args:
        folder: an existing folder for the capture file.
        export: absolute folder of the tree under test.
    """

    def __init__(self, folder: str, export: str) -> None:
        self._file = _join(folder, "memray.bin")
        self._export = export
        self._tracker = None

    def install(self) -> None:
        """Nothing of the target is imported yet: what imports take is not tracked."""

    @staticmethod
    def compile(text: bytes, file: str) -> types.CodeType:
        """The target's program, as it is."""
        return compile(text, file, "exec", dont_inherit=True)

    def begin(self) -> None:
        """The target starts now."""
        self._tracker = memray.Tracker(self._file, native_traces=True, trace_python_allocators=True)
        self._tracker.__enter__()

    def finish(self) -> None:
        """The target has ended."""
        self._tracker.__exit__(None, None, None)

    def report(self) -> dict:
        """`native`, the fields of Native."""
        statistics = memray._memray.compute_statistics(self._file)
        with memray.FileReader(self._file) as reader:
            peak = reader.metadata.peak_memory
            records = list(reader.get_high_watermark_allocation_records(merge_threads=True))
            sites, outside = self._sites(records)
        _remove(self._file)
        return {
            "native": {
                "memray": memray.__version__,
                "peak": peak,
                "outside": outside,
                "total_allocs": statistics.total_num_allocations,
                "sites": sites,
            }
        }

    def _sites(self, records: list) -> tuple[list[dict], int]:
        """The sites of C memory that nobody told tracemalloc of, biggest first, and the bytes of all of them."""
        found: dict[tuple[str, int, str, str, int], list[int]] = {}
        for record in records:
            if memray.AllocatorType(record.allocator).name.startswith("PYMALLOC"):
                continue
            native = [frame[0] for frame in record.native_stack_trace(max_stacks=OUTER)]
            if any(name.startswith(TOLD) for name in native):
                continue
            frames = record.stack_trace(max_stacks=FRAMES)
            leaf = frames[0] if frames else ("", "", 0)
            own = next((frame for frame in frames if importing.below(frame[1], self._export)), leaf)
            key = (own[1], own[2], leaf[1], native[0] if native else "", leaf[2])
            entry = found.setdefault(key, [0, 0])
            entry[0] += record.size
            entry[1] += record.n_allocations
        sites = []
        for (file, line, leaf_file, function, leaf_line), (size, count) in found.items():
            inside = importing.below(file, self._export)
            leaf_inside = importing.below(leaf_file, self._export)
            sites.append(
                {
                    "file": inside or file,
                    "project": bool(inside),
                    "line": line,
                    "leaf_file": leaf_inside or leaf_file,
                    "leaf_line": leaf_line,
                    "function": function,
                    "size": size,
                    "count": count,
                }
            )
        sites.sort(key=lambda site: (-site["size"], site["file"], site["line"], site["function"]))
        return sites[:LIMIT], sum(site["size"] for site in sites)
