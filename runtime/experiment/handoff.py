"""HANDOFF.md and learnings.md, rendered from the state. Pure: the same state gives the same bytes (I8)."""

from statistics import median

from runtime.experiment import views
from runtime.experiment.experiment import Experiment
from runtime.experiment.leaks import said
from runtime.experiment.ledger import short
from runtime.experiment.state import State
from runtime.measure.models import MIB


def render_handoff(state: State, notes: str = "", conventions: str = "") -> str:
    """The whole of HANDOFF.md.

    Args:
        state: the session; what is not known yet is said to be so.
        notes: people's own notes (notes.md), quoted.
        conventions: the maintainers' preferences (conventions.md), quoted.
    """
    started = state.started
    lines = [f"# Handoff: {views.line(started.target.text) if started else 'no session yet'}"]
    sections = [
        ("Status", _status(state)),
        ("Environment", _environment(state)),
        ("Cross-Tier Baseline", _tiers(state)),
        ("Current Results", _results(state)),
        ("Optimizations Kept", _kept(state)),
        *((("Leak Check", [f"- {line}" for line in said(state.leaks)]),) if state.leaks else ()),
        ("Key Discoveries", views.numbered(views.discoveries(state))),
        ("What Was Tried and Discarded", views.discarded(state)),
        ("Plateau", _plateau(state)),
        ("Proposals for People", _proposals(state)),
        ("Pre-Submit Review Findings", _reviews(state)),
        ("PR Status", _pull_requests(state)),
        ("Next Steps", _next(state)),
        ("Conventions", _quoted(conventions)),
        ("Notes", _quoted(notes)),
    ]
    for title, body in sections:
        lines += ["", f"## {title}", "", *body]
    return "\n".join(lines) + "\n"


def render_learnings(state: State) -> str:
    """The whole of learnings.md: what keeps a later session from repeating dead ends."""
    lines = [
        "# Learnings",
        "",
        *views.numbered(views.discoveries(state, for_next=True)),
        "",
        "## Blocked Approaches",
        "",
        *views.blocked(state),
    ]
    return "\n".join(lines) + "\n"


def _status(state: State) -> list[str]:
    started = state.started
    if started is None:
        return ["No session has started."]
    lines = [f"- Session: {started.session}, started {started.at.isoformat(timespec='seconds')}"]
    if state.resumptions:
        lines.append(f"- Resumptions: {state.resumptions}")
    if state.ended:
        lines.append(f"- Ended: {state.ended.outcome}: {views.line(state.ended.reason)}")
    else:
        lines.append("- Running, or interrupted: the next start continues it")
    if state.open:
        lines.append(f"- Under way: experiment {state.open.number}, {views.line(state.open.started.title)}")
    lines += [
        f"- Warning: line {one.line} of the journal was set aside into journal.rejected: {views.line(one.why)}"
        for session in state.sessions
        for one in session.set_aside
    ]
    return lines + [f"- Warning: {views.line(problem)}" for problem in state.problems]


def _environment(state: State) -> list[str]:
    started, setup = state.started, state.setup
    lines = []
    if started:
        lines += [
            f"- Target: `{views.line(started.target.text)}`",
            f"- Base: {short(started.base)}; branch: {started.branch}",
        ]
        if started.dirty:
            lines.append("- The checkout had uncommitted changes: they are not part of what is measured")
        options = "; ".join(f"{name} {value}" for name, value in sorted(started.options.items()))
        if options:
            lines.append(f"- Options: {views.line(options)}")
    if setup:
        roots = ", ".join(f"`{root or '.'}`" for root in setup.roots)
        tools = ", ".join(f"{name} {version}" for name, version in sorted(setup.tools.items()))
        lines += [
            f"- Interpreter: `{setup.python}` ({setup.python_version})",
            f"- Tests: {setup.test_runner or 'none found; equality rests on the digest'}",
            f"- Kind: {'library' if setup.library else 'application'}; import roots: {roots}",
            f"- Sandbox: {setup.sandbox}",
            f"- Tools: {tools or 'tracemalloc'}",
        ]
    if state.carried:
        carried = ", ".join(f"`{views.line(path)}`" for path, _ in state.carried)
        lines.append(f"- Carried into every export, untracked: {carried}")
    lines += [
        f"- Methodology changed, new baseline: {views.line(baseline.reason)}"
        for _, baseline in state.baselines
        if baseline.reason
    ]
    if state.baseline and not state.baseline.digest_stable:
        lines.append("- The result differs from run to run: equality rests on the tests alone")
    return lines or ["Not known yet."]


def _tiers(state: State) -> list[str]:
    if state.started is None or not state.baselines:
        return ["No baseline yet."]
    first = state.baselines[0][1].figures.traced_peak
    test = views.cell(state.started.target.text)
    rows = [("B", test, f"{first / MIB:.1f}", "Baseline for iteration")]
    others = ((row.target.text, row.peak, "Surveyed") for row in (state.survey.survey.rows[1:] if state.survey else ()))
    guards = ((g.target.text, g.traced_peak, "Guarded") for g in state.guards if g.traced_peak and not g.experiment)
    for text, peak, note in (*others, *guards):
        rows.append(("-", views.cell(text), f"{(peak or 0) / MIB:.1f}", f"{note}, {(peak or 0) / first:.1f}x Tier B"))
    return views.table(("Tier", "Test", "Peak MiB", "Notes"), rows)


def _results(state: State) -> list[str]:
    if state.baseline is None or state.current is None:
        return ["No baseline yet."]
    before, after = state.baselines[0][1].figures, state.current
    if state.final:
        before, after = state.final.base, state.final.branch
    pairs = (
        ("Traced peak (target_mb)", before.traced_peak, after.traced_peak),
        ("VmHWM (peak_memory_mb)", before.vm_hwm, after.vm_hwm),
        ("Retained after the run", before.traced_retained, after.traced_retained),
        ("Taken at import", before.traced_import, after.traced_import),
    )
    rows = [(name, views.mib(was), views.mib(now)) for name, was, now in pairs if was is not None]
    if before.total_allocs is not None:
        rows.append(("Allocations (total_allocs)", str(before.total_allocs), str(after.total_allocs or "unknown")))
    if before.group_peaks:
        now = views.mib(int(median(after.group_peaks))) if after.group_peaks else "unknown"
        rows.append((f"Summed peak with children ({before.group_by})", views.mib(int(median(before.group_peaks))), now))
    if before.wall_s is not None:
        rows.append(
            (
                "Wall time",
                f"{before.wall_s:.2f} s",
                "unknown" if after.wall_s is None else f"{after.wall_s:.2f} s",
            )
        )
    source = "base against branch as a whole" if state.final else "baseline against the last keep"
    return [f"Tier B, {source}:", "", *views.table(("Figure", "Before", "Now"), rows)]


def _kept(state: State) -> list[str]:
    keeps = [one for session in state.sessions for one in session.keeps]
    if not keeps:
        return ["None."]
    return [
        text
        for number, one in enumerate(keeps, start=1)
        for text in (f"{number}. {views.kept(one)[0]}", *views.kept(one)[1:])
    ]


def _plateau(state: State) -> list[str]:
    reached = [f"- {views.plateau(one)}" for one in state.plateaus] or ["Not reached."]
    rows = state.profiles[-1].breakdown if state.profiles else []
    return [
        *reached,
        "",
        "### Current tier breakdown",
        "",
        *views.breakdown(rows),
        "",
        "### Irreducibility summary",
        "",
        views.irreducible(state),
        "",
        "### Blocked approaches",
        "",
        *views.blocked(state),
        "",
        "### Remaining targets",
        "",
        *_remaining(state),
    ]


def _remaining(state: State) -> list[str]:
    targets = state.profiles[-1].targets if state.profiles else []
    tried: dict[str, int] = {}
    for one in state.discards:
        tried[one.target.name] = tried.get(one.target.name, 0) + 1
    return views.table(
        ("#", "Target", "Saves at most", "Category", "Failed attempts"),
        (
            (
                str(number),
                views.cell(f"{target.name} ({target.file}:{target.line})" if target.file else target.name),
                f"{target.size:.1f} MiB",
                views.cell(target.category),
                str(tried.get(target.name, 0)),
            )
            for number, target in enumerate(targets[: views.BREAKDOWN_ROWS], start=1)
        ),
    )


def _proposals(state: State) -> list[str]:
    return views.numbered(
        f"**{views.line(one.title)}**: {views.line(one.evidence)}; expected: {views.line(one.expected)}"
        for one in state.proposed
    )


def _reviews(state: State) -> list[str]:
    return [
        f"- {'passed' if one.passed else 'FAILED'}: {views.line(one.check)}: {views.line(one.finding)}"
        for one in state.reviews
    ] or ["Not reviewed yet."]


def _pull_requests(state: State) -> list[str]:
    if state.started is None or not state.keeps:
        return ["Nothing to propose."]
    lines = [
        f"Branch `{state.started.branch}`, {len(state.keeps)} commits, not pushed; no pull request opened."
        " One for each line below; keeps that share a file go together.",
        "",
    ]
    for group in _independent(state.keeps):
        commits = ", ".join(short(one.commit) or "pending" for one in group)
        titles = "; ".join(views.line(one.started.title) for one in group)
        lines.append(f"- mem: {titles} ({commits})")
    return lines + [f"- Milestone `{one.tag}` at {short(one.commit)}" for one in state.milestones]


def _independent(keeps: tuple[Experiment, ...]) -> list[list[Experiment]]:
    """Keeps grouped so that no file is in two groups; in order of their first keep."""
    groups: list[tuple[set[str], list[Experiment]]] = []
    for one in keeps:
        files = set(one.started.files)
        joined = [group for group in groups if group[0] & files]
        groups = [group for group in groups if not group[0] & files]
        members = [member for _, group in joined for member in group]
        groups.append((files.union(*(paths for paths, _ in joined)), [*members, one]))
    return sorted((group for _, group in groups), key=lambda group: group[0].number)


def _next(state: State) -> list[str]:
    if state.started is None:
        return ["Start a session."]
    steps = []
    if state.open:
        steps.append(f"Experiment {state.open.number} has no verdict yet: the next start settles it.")
    if state.unfinished:
        steps.append("Start again with the same target to continue.")
    steps += [f"Mend what the review found: {views.line(one.check)}." for one in state.reviews if not one.passed]
    if state.keeps:
        steps.append(f"Review the commits of `{state.started.branch}` and merge them.")
    if state.proposed:
        steps.append("Decide on the proposals above.")
    if state.profiles and state.profiles[-1].targets and state.unfinished:
        steps.append(f"Largest remaining target: {views.line(state.profiles[-1].targets[0].name)}.")
    return views.numbered(steps)


def _quoted(text: str) -> list[str]:
    return [f"> {row}".rstrip() for row in text.strip().splitlines()] or ["None."]
