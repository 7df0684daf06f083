"""The open stages of each thread, and the figures of those that have ended. Stdlib only, Python 3.9 and later.

Bytes here are absolute traced bytes; `Tables.report` takes the start off. An entry of a stack is
`[stage, start, peak, activation]`, with stage -1 for the function as a whole. A peak is noted at the innermost entry
only, and handed to the one round it when the entry is closed.
"""

from __future__ import annotations

import _lowtide_probe_instrument as instrument

WHOLE = -1


class Activation:
    """One call of a probed function.

    Attributes:
        function: the function.
        outermost: no other activation of the function was running when this one began.
        values: stage -> [delta, cumulative, peak] of its closed stages.
        peak: the highest point, once it has ended.
        running: its entries are on a stack; else they are in `entries`, and `left_at` is what was traced then.
    """

    __slots__ = ("entries", "function", "left_at", "outermost", "peak", "running", "values")

    def __init__(self, function: instrument.Function, outermost: bool) -> None:
        self.function = function
        self.outermost = outermost
        self.values: dict[int, list[int]] = {}
        self.peak = 0
        self.running = True
        self.entries: list[list] = []
        self.left_at = 0


class Tables:
    """Bookkeeping for the stages of all probed functions; stages are numbered through over them."""

    def __init__(self) -> None:
        self.functions: list[instrument.Function] = []
        self.owner: list[int] = []
        self.approximate = False
        self._parent: list[int] = []
        self._hits: list[int] = []
        self._highest: list[list[int] | None] = []
        self._best: list[Activation | None] = []
        self._running: list[int] = []
        self._alive: set[Activation] = set()

    def register(self) -> None:
        """Makes room for the functions that were appended to `functions` since the last time."""
        for function in self.functions[len(self._best) :]:
            self._best.append(None)
            self._running.append(0)
            for stage in function.stages:
                parent = stage["parent"]
                self.owner.append(function.number)
                self._parent.append(WHOLE if parent is None else function.first + parent)
                self._hits.append(0)
                self._highest.append(None)

    # ---- what the probes tell

    def push(self, stack: list[list], number: int, current: int) -> Activation:
        """Function `number` starts on this stack."""
        activation = Activation(self.functions[number], not self._running[number])
        self._running[number] += 1
        self._alive.add(activation)
        stack.append([WHOLE, current, current, activation])
        return activation

    def open(self, stack: list[list], index: int, current: int) -> None:
        """Stage `index` starts; its siblings, and what is in them, have ended."""
        activation = self._mine(stack, index, current)
        self._close_to(stack, self._parent[index], current)
        self._hits[index] += 1
        stack.append([index, current, current, activation])

    def back(self, stack: list[list], index: int, current: int) -> None:
        """What is inside stage `index` has ended."""
        self._mine(stack, index, current)
        self._close_to(stack, index, current)

    def leave(self, stack: list[list], number: int, current: int) -> None:
        """Function `number`, called on this stack, has ended, and whatever is above it."""
        if any(entry[3].function.number == number for entry in stack):
            self._unwind(stack, number, current)
            self._end(stack, stack[-1][3], current)

    def leave_in(self, stack: list[list], activation: Activation, current: int) -> None:
        """The generator or coroutine has ended."""
        self.attach(stack, activation, current)
        self._end(stack, activation, current)

    def suspend(self, stack: list[list], activation: Activation, current: int) -> None:
        """The generator or coroutine is left, to be entered again."""
        self.attach(stack, activation, current)
        self._detach(stack, current)

    def attach(self, stack: list[list], activation: Activation, current: int) -> None:
        """The generator or coroutine runs: its entries become the innermost ones of this stack."""
        if activation.running:
            if stack and stack[-1][3] is activation:
                return
            if any(entry[3] is activation for entry in stack):
                while stack[-1][3] is not activation:
                    self._detach(stack, current)
                return
            self.approximate = True  # it runs on two threads, or its end was not seen
            return
        grown = current - activation.left_at
        for entry in activation.entries:
            entry[1] += grown
            entry[2] = max(entry[2], current)
        stack.extend(activation.entries)
        activation.entries = []
        activation.running = True
        self._running[activation.function.number] += 1

    def finish(self, stacks: list[list[list]], current: int) -> None:
        """The target has ended: closes what is open."""
        for stack in stacks:
            while stack:
                self._end(stack, stack[-1][3], current)
        for activation in list(self._alive):
            stack = []
            if not activation.running:
                self.attach(stack, activation, activation.left_at)
                self._end(stack, activation, activation.left_at)

    # ---- how it is kept

    def _mine(self, stack: list[list], index: int, current: int) -> Activation:
        """The activation that stage `index` belongs to, made innermost."""
        number = self.owner[index]
        if stack and stack[-1][3].function.number == number:
            return stack[-1][3]
        if any(entry[3].function.number == number for entry in stack):
            self._unwind(stack, number, current)
            return stack[-1][3]
        return self.push(stack, number, current)

    def _unwind(self, stack: list[list], number: int, current: int) -> None:
        while stack[-1][3].function.number != number:
            self._detach(stack, current)

    def _detach(self, stack: list[list], current: int) -> None:
        """Takes the innermost activation off the stack, open as it is."""
        activation = stack[-1][3]
        entries = []
        highest = 0
        while True:
            entry = stack.pop()
            highest = entry[2] = max(entry[2], highest)
            entries.append(entry)
            if entry[0] == WHOLE:
                break
        if stack:
            stack[-1][2] = max(stack[-1][2], highest)
        activation.entries = entries[::-1]
        activation.left_at = current
        activation.running = False
        self._running[activation.function.number] -= 1

    def _close_to(self, stack: list[list], stage: int, current: int) -> None:
        """Closes entries of the innermost activation until `stage` is the innermost."""
        entry = stack[-1]
        while entry[0] != stage and entry[0] != WHOLE:
            stack.pop()
            index, start, peak, activation = entry
            value = activation.values.get(index)
            if value is None:
                activation.values[index] = [current - start, current, peak]
            else:
                value[0] += current - start
                value[1] = current
                if peak > value[2]:
                    value[2] = peak
            entry = stack[-1]
            if peak > entry[2]:
                entry[2] = peak

    def _end(self, stack: list[list], activation: Activation, current: int) -> None:
        """The innermost activation of the stack is over."""
        self._close_to(stack, WHOLE, current)
        peak = stack.pop()[2]
        if stack and peak > stack[-1][2]:
            stack[-1][2] = peak
        activation.peak = peak
        activation.running = False
        number = activation.function.number
        self._running[number] -= 1
        self._alive.discard(activation)
        highest = self._highest
        for index, value in activation.values.items():
            known = highest[index]
            if known is None or value[2] > known[2]:
                highest[index] = value
        best = self._best[number]
        if activation.outermost and (best is None or peak >= best.peak):
            self._best[number] = activation

    # ---- what is reported

    def line(self, stack: list[list], number: int) -> int | None:
        """First line of the statement that was running, when function `number` is the innermost."""
        if not stack or stack[-1][0] == WHOLE or stack[-1][3].function.number != number:
            return None
        function = self.functions[number]
        return function.stages[stack[-1][0] - function.first]["line"]

    def report(self, chain: list[dict], base: int) -> list[dict]:
        """StageTable dicts of the functions that ran, in the order of the chain."""
        return [
            self._table(function, base)
            for place in chain
            for function in self.functions
            if function.place == place and self._best[function.number] is not None
        ]

    def _table(self, function: instrument.Function, base: int) -> dict:
        best = self._best[function.number]
        stages = []
        for offset, stage in enumerate(function.stages):
            index = function.first + offset
            value = best.values.get(index) or self._highest[index]
            delta, cumulative, peak = value if value is not None else (0, base, base)
            stages.append(
                {
                    **stage,
                    "hits": self._hits[index],
                    "delta": delta,
                    "cumulative": cumulative - base,
                    "peak": peak - base,
                }
            )
        return {
            "place": function.place,
            "stages": stages,
            "approximate": self.approximate or function.approximate,
        }
