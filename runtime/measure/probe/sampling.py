"""Which calls of a probed function and which passes of a loop are looked at: a bounded number, however many there are.

Stdlib only, Python 3.9 and later. The first EACH are looked at one by one, of later ones one in every (number / EACH):
about EACH of the next 2.7 EACH, and so on, so the last that is looked at is near the last one. The choice hangs on the
numbers alone: the census run makes the same one. Counts are floats, which tracemalloc does not see.
"""

from __future__ import annotations

EACH = 5000
"""Calls of a function, and passes of a loop, looked at one by one."""
LOOKED_AT, WOKEN = 1, 2


class Sampling:
    """The choice for all probed functions.

    Attributes:
        skip: by stage; 1: it is in a pass of a loop that is not looked at.
        quiet: by function; how many activations that are not looked at are running: its probes are idle meanwhile.
    """

    def __init__(self) -> None:
        self.skip = bytearray()
        self.quiet: list[int] = []
        self._functions: list = []
        self._calls: list[float] = []
        self._calls_due: list[float] = []
        self._elements: list[float] = []
        self._elements_due: list[float] = []
        self._passes: list[float] = []
        self._passes_due: list[float] = []
        self._resting = bytearray()
        self._loops: dict[int, tuple[int, int, int]] = {}
        self._unseen: list[float] = []
        self._growth: dict[int, list[float]] = {}

    def register(self, functions: list) -> None:
        """Makes room for the functions that were appended to `functions` since the last time."""
        self._functions = functions
        for function in functions[len(self.quiet) :]:
            for counts in (self._calls, self._elements, self._unseen):
                counts.append(0.0)
            for due in (self._calls_due, self._elements_due):
                due.append(1.0)
            self.quiet.append(0)
            self.skip.extend(bytes(len(function.stages)))
            self._passes += [0.0] * len(function.stages)
            self._passes_due += [1.0] * len(function.stages)
            self._resting.extend(bytes(len(function.stages)))
            for index, (first, last) in function.bodies.items():
                self._loops[index] = first, last, function.number

    def begins(self, number: int, all_of_them: bool) -> bool:
        """A call of function `number`: whether it is looked at. With `all_of_them` it is, as it must be with threads:
        their activations end in any order."""
        if self.quiet[number]:
            self.quiet[number] += 1
            return False
        count = self._calls[number] + 1.0
        self._calls[number] = count
        if count >= self._calls_due[number]:
            self._calls_due[number] = count + max(1.0, count // EACH)
            return True
        if all_of_them:
            return True
        self._unseen[number] += 1.0
        if not self._functions[number].resumed:
            self.quiet[number] = 1
        return False

    def passed(self, index: int) -> int:
        """A pass of stage `index` has ended (of a `with`, its body): LOOKED_AT, or WOKEN when only the next one is
        looked at, or 0: neither."""
        loop = self._loops.get(index)
        if loop is None:
            return LOOKED_AT
        coming = self._passes[index] + 1.0
        self._passes[index] = coming
        looked_at = not self._resting[index]
        if not looked_at:
            self._unseen[loop[2]] += 1.0
        if coming >= self._passes_due[index]:
            self._passes_due[index] = coming + max(1.0, coming // EACH)
            if looked_at:
                return LOOKED_AT
            self._rest(index, loop, 0)
            self._resting[loop[0] : loop[1]] = bytes(loop[1] - loop[0])  # loops inside it are asked anew
            return WOKEN
        if looked_at:
            self._rest(index, loop, 1)
            return LOOKED_AT
        return 0

    def grew(self, index: int, how: int, start: float, current: float) -> None:
        """What passes of loop `index` grew by, told after `passed`.

        Args:
            index: the stage.
            how: what `passed` said.
            start: traced bytes when the loop started.
            current: traced bytes now.
        """
        growth = self._growth.get(index)
        if growth is None or growth[0] != start:
            growth = self._growth[index] = [start, start, *(growth[2:] if growth else (0.0, 0.0))]
        growth[1 + how] += current - growth[1]
        growth[1] = current

    def _rest(self, index: int, loop: tuple[int, int, int], rests: int) -> None:
        self._resting[index] = rests
        first, last, _ = loop
        self.skip[first:last] = bytes([rests]) * (last - first)

    def rests(self, index: int) -> bool:
        """Whether the next pass of stage `index` is not looked at."""
        return bool(self._resting[index])

    def element(self, number: int, each: int) -> bool:
        """An element of a comprehension in function `number`: whether it is looked at."""
        count = self._elements[number] + 1.0
        self._elements[number] = count
        if count < self._elements_due[number]:
            return False
        self._elements_due[number] = count + max(1.0, count // each)
        return True

    def corrected(self, tables: list[dict]) -> list[dict]:
        """StageTable dicts with `unseen`; where there is any, the deltas of the statements in a loop stand for its
        other passes too, by what these grew by."""
        for function in self._functions:
            for table in tables:
                if table["place"] == function.place:
                    table["unseen"] = int(self._unseen[function.number])
                    table["approximate"] = table["approximate"] or table["unseen"] > 0
                    for index in sorted(function.bodies):
                        growth = self._growth.get(index)
                        if growth is not None and growth[2] > 0 and growth[3] > 0:
                            body = range(*(stage - function.first for stage in function.bodies[index]))
                            _share_out(table["stages"], index - function.first, body, 1 + growth[3] / growth[2])
        return tables


def _share_out(stages: list[dict], index: int, body: range, factor: float) -> None:
    """Multiplies the deltas in a loop's body, but to no more than is left of what the loop grew by: that is exact."""
    inside = [number for number, stage in enumerate(stages) if stage["parent"] == index]
    seen = sum(stages[number]["delta"] for number in inside if number in body)
    beside = sum(stages[number]["delta"] for number in inside if number not in body)
    if 0 < seen < stages[index]["delta"] - beside:
        factor = min(factor, (stages[index]["delta"] - beside) / seen)
        for number in body:
            stages[number]["delta"] = int(stages[number]["delta"] * factor)
