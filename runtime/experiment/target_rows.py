"""One row for each target of the user's, over all sessions on one base; and how a survey chose. Pure."""

from runtime.experiment import views
from runtime.experiment.state import State
from runtime.measure.models import MIB


def peaks(state: State) -> dict[str, tuple[int, int]]:
    """Target -> (traced peak when it was first measured, and as the branch is now), in bytes, in order of appearance.

    Over all sessions with this session's base: each target's own session, and what guarded it in the others.
    """
    base = state.started.base if state.started else ""
    found: dict[str, tuple[int, int]] = {}
    for session in state.sessions:
        if session.started is None or session.started.base != base:
            continue
        measured: list[tuple[str, int]] = []
        standing = {0, *(keep.number for keep in session.keeps)}
        if session.baselines and session.current:
            own = session.started.target.text
            last = session.final.branch if session.final else session.current
            measured += [(own, session.baselines[0][1].figures.traced_peak), (own, last.traced_peak)]
        guards = [one for one in session.guards if one.experiment in standing and one.traced_peak is not None]
        measured += [(one.target.text, one.traced_peak or 0) for one in guards]
        for text, peak in measured:
            first, _ = found.get(text, (peak, peak))
            found[text] = (first, peak)
    return found


def table(state: State) -> list[str]:
    """The rows as a table; empty when there is but one target."""
    found = peaks(state)
    if len(found) < 2:
        return []
    rows = [
        (f"`{views.cell(text)}`", f"{before / MIB:.1f}", f"{after / MIB:.1f}", _change(before, after))
        for text, (before, after) in found.items()
    ]
    rows += [
        (f"`{views.cell(one.target.text)}`", "unknown", "unknown", f"cannot be guarded: {views.cell(one.failure)}")
        for one in state.guards
        if one.failure and one.target.text not in found
    ]
    return views.table(("Target", "Peak before, MiB", "Peak now, MiB", "Change"), rows)


def _change(before: int, after: int) -> str:
    return f"{100 * (after - before) / before:+.1f} %" if before else "none"


def survey(state: State) -> list[str]:
    """How the target was chosen, as a list; empty when the user named it."""
    return [f"- {views.line(line)}" for line in state.survey.survey.lines] if state.survey else []
