"""The journal and what follows from it: every event goes through here, and the views are rendered after it."""

from dataclasses import dataclass, field

from runtime.experiment.events import (
    AnyEvent,
    BaselineMeasured,
    ExperimentEnded,
    FinalMeasured,
    Learned,
    PlateauReached,
    Profiled,
    Reviewed,
    SessionEnded,
    SessionStarted,
)
from runtime.experiment.folding import apply, fold
from runtime.experiment.handoff import render_handoff, render_learnings
from runtime.experiment.journal import Journal
from runtime.experiment.ledger import render_results
from runtime.experiment.state import State
from runtime.workspace import Workspace, write_atomically

SHOWN = (
    SessionStarted,
    BaselineMeasured,
    Profiled,
    ExperimentEnded,
    Learned,
    PlateauReached,
    Reviewed,
    FinalMeasured,
    SessionEnded,
)
"""Events after which a view reads differently in a way a person waits for."""


@dataclass
class Record:
    """The one writer of journal, results.tsv, HANDOFF.md and learnings.md."""

    workspace: Workspace
    journal: Journal
    state: State = field(init=False)

    def __post_init__(self) -> None:
        self.state = fold(self.journal.events)

    def add(self, event: AnyEvent) -> None:
        """Appends one event, flushed to disk, and renders the views where it shows in them."""
        self.journal.append(event)
        self.state = apply(self.state, event)
        if isinstance(event, SHOWN):
            self.render()

    def render(self) -> None:
        """Writes all views from the state alone."""
        conventions = self.workspace.read_conventions().text
        handoff = render_handoff(self.state, self.workspace.read_notes(), conventions)
        write_atomically(self.workspace.results, render_results(self.state))
        write_atomically(self.workspace.handoff, handoff)
        write_atomically(self.workspace.learnings, render_learnings(self.state))
