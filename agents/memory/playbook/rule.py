"""The form of a rule (after Fixit): matcher, named preconditions, transformation, VALID and INVALID examples."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from agents.memory.analysis.project import Project
from messaging.contents import Candidate, Level, Shown, Strategy
from runtime.measure.holdings import ClassCensus, Holding
from runtime.measure.models import FunctionPlace

__all__ = ["Candidate", "Example", "Focus", "Level", "Rule", "Shown", "Strategy"]


@dataclass(frozen=True)
class Focus:
    """The code one target of the profile names; a rule looks nowhere else for something to change.

    Args:
        file: relative to the tree's root.
        function: qualified name without `<locals>`; `<module>` for a file's top level.
        lines: line numbers the bytes come from (allocation sites, dominating statements, the binding of a holder).
        size: bytes alive at the peak that the target stands for.
        holding: the local, argument or global that holds them, when the target is a holder.
        peak_line: the line of `function` that was running at the peak (0: unknown). What a local still holds
            while that line runs could be freed before it.
        census: the class whose instances dominate, when the target is a class or one of its attributes.
        attribute: the attribute that holds the bytes, when the target is one.
        refcounts: name -> reference count of the function's locals at the census (1: sole owner).
        hits: how often the line running at the peak ran in all (0: unknown).
        holdings: what the locals and arguments of the file's functions held at the census.
    """

    file: str
    function: str
    lines: frozenset[int]
    size: int
    holding: Holding | None = None
    peak_line: int = 0
    census: ClassCensus | None = None
    attribute: str = ""
    refcounts: Mapping[str, int] = field(default_factory=dict)
    hits: int = 0
    holdings: tuple[Holding, ...] = ()

    def seen(self, name: str) -> Holding | None:
        """What the census saw a local or argument of the function hold; None where frames of it differ in type."""
        held = (*self.holdings, *([self.holding] if self.holding is not None else []))
        found = [h for h in held if h.name == name and h.place is not None and h.place.function == self.function]
        alike = {(h.type, h.element, repr(h.grouped), repr(h.array), repr(h.columns)) for h in found}
        return found[0] if len(alike) == 1 else None

    @property
    def place(self) -> FunctionPlace:
        """Where the focus is, by function; the line is the first of `lines` (0: none)."""
        return FunctionPlace(file=self.file, function=self.function, line=min(self.lines, default=0))


@dataclass(frozen=True)
class Example:
    """One example of a rule: a module before and after, and the focus that leads to it.

    `after` is None for an INVALID example: the rule must not fire, because of `why`. `extra` holds further files of
    the project. `call` is an expression, evaluated in the module's namespace before and after, that must give equal
    results (tests run it for every VALID example). `focus_line` marks the focus by source text: the first line that
    contains it.
    """

    before: str
    after: str | None = None
    function: str = "<module>"
    focus_line: str = ""
    peak_line: str = ""
    """Source text of the line running at the peak, where the rule asks for one."""
    holding: str = ""
    """Name of the local that holds the bytes, where the rule asks for one."""
    holding_type: str = "list"
    """Its type at the census."""
    holding_element: str = ""
    refcounts: Mapping[str, int] = field(default_factory=dict)
    """Reference counts at the census, where they were found out."""
    class_name: str = ""
    attribute: str = ""
    hits: int = 0
    measured: Mapping[str, object] = field(default_factory=dict)
    """Further fields of the holding; without one, of the attribute's census."""
    holdings: tuple[Mapping[str, object], ...] = ()
    """What the census saw other names of the function hold: fields of Holding."""
    call: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    library: bool = False
    requires_python: tuple[int, int] = (3, 11)
    why: str = ""


class Rule(Protocol):
    """One memory rewrite. `find` yields a candidate for each place in the focus where every precondition holds."""

    id: ClassVar[str]
    """Catalogue id: `A01`."""
    name: ClassVar[str]
    """Short name: `early del of a dead local`."""
    category: ClassVar[str]
    """Allocation category of the specification, as a slug: `data-structures`, `image-buffers`."""
    strategy: ClassVar[Strategy]
    level: ClassVar[Level]
    preconditions: ClassVar[Mapping[str, str]]
    """Name -> one sentence. `Candidate.shown` gives the evidence for each, by the same names, in this order."""
    VALID: ClassVar[list[Example]]
    INVALID: ClassVar[list[Example]]

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """Candidates within `focus`, best first. Reads `project`; changes nothing."""
        ...
