"""At which event the census is to be taken: next to the highest peak, where most of what was alive then has a name.

Stdlib only, Python 3.9 and later. Between two events lies a segment; the statement at the peak may be several, with
events within it. It is seen best from the event that ended it, when what it made is bound; where less is alive then,
from the one it began with; and from one within only where that sees far more.
"""

from __future__ import annotations

CLEARLY = 0.01
"""Share by which a peak must be above the highest one so far to take its place: a little more must not lead away
from the statement that made it."""
WITHIN = 0.5
"""Share by which an event within a statement must be above the ones between statements next to it to take their
place: what it sees is mostly not bound to a name yet."""
STATEMENT, ELEMENT, END = range(3)
"""Where an event is: between statements; within one, at an element of a comprehension; within one of the caller, at a
yield or the end of a function."""


class Moment:
    """The choice, told of every event. Bytes are absolute traced bytes.

    Attributes:
        due: a segment counts whose peak is above this.
        rising: the statement of the highest peak so far is running.
        begun_at: number of the event that the running statement began with; 0 when it called something since.
        begun: traced bytes at that event.
        at: number of the chosen event, traced bytes at it, and whether the peak comes after it; None before any.
    """

    def __init__(self) -> None:
        self.due = -1.0
        self.rising = False
        self.begun_at = 0.0
        self.begun = 0.0
        self.at: tuple[float, float, bool] | None = None
        self._base = 0.0
        self._clearly = 0.0
        self._started: tuple[float, float] | None = None
        self._inside: tuple[float, float] | None = None

    def rise(self, peak: float, base: float, inside: tuple[float, float] | None) -> None:
        """A segment has the highest peak so far.

        Args:
            peak: it.
            base: what was traced when the target started.
            inside: number and traced bytes of the event that ended the segment, where it is within a statement.
        """
        self._base = base
        self._clearly = CLEARLY * (peak - base)
        self.due = peak + self._clearly
        self.rising = True
        self._started = (self.begun_at, self.begun) if self.begun_at else None
        self._inside = inside

    def choose(self, event: float, current: float, ended: bool) -> None:
        """The statement of the highest peak is over.

        Args:
            event: number of the last event.
            current: traced bytes then.
            ended: that event ended the statement; else the target has ended since.
        """
        self.rising = False
        chosen = (event, current, False) if ended else None
        started, inside = self._started, self._inside
        if started is not None and (chosen is None or started[1] > chosen[1] + self._clearly):
            chosen = (*started, True)
        if inside is not None and (
            chosen is None or inside[1] - self._base > (1 + WITHIN) * (chosen[1] - self._base) + self._clearly
        ):
            chosen = (*inside, False)
        self.at = chosen or (event, current, True)
