"""The open stages of each thread, and the figures of those that have ended. Stdlib only, Python 3.9 and later.

Bytes here are absolute traced bytes; `Tables.report` takes the start off. A peak is noted at the innermost entry only,
and handed to the one round it when the entry is closed.

This runs under the tracemalloc that it reads: what it allocates is traced, and costs time. So an entry is used again
by the next stage at its depth, and figures are kept as floats: CPython takes them from a free list, unseen by
tracemalloc. Opening and closing a stage leaves nothing behind, and 2**53 bytes are exact.
"""

from __future__ import annotations

import _lowtide_probe_instrument as instrument

ROOM = 200
"""Depth of nesting that a stack has entries for from the start."""
WHOLE = -1
"""Stage of the entry that stands for a function as a whole."""
BOTTOM = -2
STAGE, START, PEAK, ACTIVATION = range(4)
"""An entry is a list of these."""


class Activation:
    """One call of a probed function.

    Attributes:
        number: of the function.
        outermost: no other activation of the function was running when this one began.
        values: stage -> [delta, cumulative, peak] of its closed stages.
        peak: the highest point, once it has ended.
        running: its entries are on a stack; else the first `held` of `entries` are a copy of them, innermost first,
            and `left_at` is what was traced then.
        asleep: a generator or coroutine that is not looked at for some passes of a loop; off the stack.
    """

    __slots__ = ("asleep", "entries", "held", "left_at", "number", "outermost", "peak", "running", "values")

    def __init__(self, number: int, outermost: bool) -> None:
        self.number = number
        self.outermost = outermost
        self.values: dict[int, list[float]] = {}
        self.peak = 0.0
        self.running = True
        self.asleep = False
        self.entries: list[list] = []
        self.held = 0
        self.left_at = 0.0


class Stack:
    """The open entries of one thread, `top` innermost; the bottom one stands for the target outside of them."""

    __slots__ = ("depth", "entries", "top")

    def __init__(self) -> None:
        self.top: list = [BOTTOM, 0.0, 0.0, Activation(BOTTOM, True)]
        self.entries = [self.top, *([None, 0.0, 0.0, None] for _ in range(ROOM))]
        self.depth = 0

    def push(self, stage: int, start: float, peak: float, activation: Activation) -> None:
        """Opens an entry."""
        self.depth += 1
        if self.depth == len(self.entries):
            self.entries.append([None, 0.0, 0.0, None])
        top = self.top = self.entries[self.depth]
        top[STAGE], top[START], top[PEAK], top[ACTIVATION] = stage, start, peak, activation

    def pop(self) -> list:
        """Closes the innermost entry; good until the next push. Its peak goes to the one round it."""
        entry = self.top
        self.depth -= 1
        top = self.top = self.entries[self.depth]
        if entry[PEAK] > top[PEAK]:
            top[PEAK] = entry[PEAK]
        return entry

    def holds(self, number: int) -> bool:
        """True when an activation of function `number` is on the stack."""
        return any(entry[ACTIVATION].number == number for entry in self.entries[1 : self.depth + 1])


class Tables:
    """Bookkeeping for the stages of all probed functions; stages are numbered through over them."""

    def __init__(self) -> None:
        self.functions: list[instrument.Function] = []
        self.owner: list[int] = []
        self.approximate = False
        self._parent: list[int] = []
        self._hits: list[float] = []
        self._highest: list[list[float] | None] = []
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
                self._hits.append(0.0)
                self._highest.append(None)

    # ---- what the probes tell

    def push(self, stack: Stack, number: int, current: float) -> Activation:
        """Function `number` starts on this stack."""
        activation = Activation(number, not self._running[number])
        self._running[number] += 1
        self._alive.add(activation)
        stack.push(WHOLE, current, current, activation)
        return activation

    def open(self, stack: Stack, index: int, current: float) -> None:
        """Stage `index` starts; its siblings, and what is in them, have ended."""
        number = self.owner[index]
        if stack.top[ACTIVATION].number != number:
            self._reach(stack, number, current)
        activation = stack.top[ACTIVATION]
        self._close_to(stack, self._parent[index], current)
        self._hits[index] += 1.0
        stack.push(index, current, current, activation)

    def back(self, stack: Stack, index: int, current: float) -> None:
        """What is inside stage `index` has ended."""
        number = self.owner[index]
        if stack.top[ACTIVATION].number != number:
            self._reach(stack, number, current)
        self._close_to(stack, index, current)

    def leave(self, stack: Stack, number: int, current: float) -> None:
        """Function `number`, called on this stack, has ended, and whatever is above it."""
        if stack.top[ACTIVATION].number == number or stack.holds(number):
            while stack.top[ACTIVATION].number != number:
                self._detach(stack, current)
            self._end(stack, current)

    def leave_in(self, stack: Stack, activation: Activation, current: float) -> None:
        """The generator or coroutine has ended."""
        self.attach(stack, activation, current)
        if stack.top[ACTIVATION] is activation:
            self._end(stack, current)

    def suspend(self, stack: Stack, activation: Activation, current: float) -> None:
        """The generator or coroutine is left, to be entered again."""
        self.attach(stack, activation, current)
        if stack.top[ACTIVATION] is activation:
            self._detach(stack, current)

    def attach(self, stack: Stack, activation: Activation, current: float) -> None:
        """The generator or coroutine runs: its entries become the innermost ones of this stack."""
        if stack.top[ACTIVATION] is activation:
            return
        if activation.running:
            if not any(entry[ACTIVATION] is activation for entry in stack.entries[1 : stack.depth + 1]):
                self.approximate = True  # two threads take turns with it
                return
            while stack.top[ACTIVATION] is not activation:
                self._detach(stack, current)
            return
        grown = current - activation.left_at
        while activation.held:
            activation.held -= 1
            entry = activation.entries[activation.held]
            stack.push(entry[STAGE], entry[START] + grown, max(entry[PEAK], current), activation)
        activation.running = True
        self._running[activation.number] += 1

    def finish(self, stacks: list[Stack], current: float) -> None:
        """The target has ended: closes what is open."""
        for stack in stacks:
            while stack.depth:
                self._end(stack, current)
        aside = Stack()
        for activation in list(self._alive):
            self.attach(aside, activation, activation.left_at)
            self._end(aside, activation.left_at)

    # ---- how it is kept

    def _reach(self, stack: Stack, number: int, current: float) -> None:
        """Makes an activation of function `number` the innermost one: what is above it was left unseen; where there
        is none, its start was not seen."""
        if stack.holds(number):
            while stack.top[ACTIVATION].number != number:
                self._detach(stack, current)
        else:
            self.push(stack, number, current)

    def _detach(self, stack: Stack, current: float) -> None:
        """Takes the innermost activation off the stack, open as it is."""
        activation = stack.top[ACTIVATION]
        stage = None
        while stage != WHOLE:
            entry = stack.pop()
            stage = entry[STAGE]
            if activation.held == len(activation.entries):
                activation.entries.append([None, 0.0, 0.0])
            activation.entries[activation.held][:] = entry[:ACTIVATION]
            activation.held += 1
        activation.left_at = current
        activation.running = False
        self._running[activation.number] -= 1

    def _close_to(self, stack: Stack, stage: int, current: float) -> None:
        """Closes entries of the innermost activation until `stage` is the innermost."""
        while stack.top[STAGE] != stage and stack.top[STAGE] != WHOLE:
            index, start, peak, activation = stack.pop()
            value = activation.values.get(index)
            if value is None:
                activation.values[index] = [current - start, current, peak]
            else:
                value[0] += current - start
                value[1] = current
                if peak > value[2]:
                    value[2] = peak

    def _end(self, stack: Stack, current: float) -> None:
        """The innermost activation of the stack is over."""
        self._close_to(stack, WHOLE, current)
        activation = stack.top[ACTIVATION]
        activation.peak = stack.pop()[PEAK]
        activation.running = False
        number = activation.number
        self._running[number] -= 1
        self._alive.discard(activation)
        highest = self._highest
        for index, value in activation.values.items():
            known = highest[index]
            if known is None or value[2] > known[2]:
                highest[index] = value
        best = self._best[number]
        if activation.outermost and (best is None or activation.peak >= best.peak):
            self._best[number] = activation

    # ---- what is reported

    def line(self, stack: Stack, number: int) -> int | None:
        """First line of the statement that was running, when function `number` is the innermost."""
        stage, _, _, activation = stack.top
        if stage < 0 or activation.number != number:
            return None
        return self.stage_line(stage)

    def stage_line(self, index: int) -> int:
        """First line of stage `index`."""
        function = self.functions[self.owner[index]]
        return function.stages[index - function.first]["line"]

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
            delta, cumulative, peak = map(int, value if value is not None else (0, base, base))
            stages.append(
                {
                    **stage,
                    "hits": int(self._hits[index]),
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
