"""The specification's mandatory final summary, rendered from the state. Pure."""

from messaging import text
from messaging.contents import Baseline, Reprofile
from runtime.experiment import target_rows, views
from runtime.experiment.events import Profiled, judged_peaks
from runtime.experiment.ledger import short
from runtime.experiment.policy import traced_run_limit
from runtime.experiment.state import State
from runtime.measure.models import MIB

TOP = 5
"""Spec, Progress Reporting: "top 5 allocators with MiB"."""


def render_summary(state: State) -> str:
    """Markdown that reads well in a terminal too.

    It has what the spec asks for ("Your final summary MUST include"): the per-stage tables of the baseline
    and of every re-profile, numbered key discoveries, the tier breakdown with reducibility, what was tried
    and discarded; then what the session cost. Sizes in MiB (2**20 bytes).
    """
    sections = [
        ("Per-stage profiles", _profiles(state)),
        *(("Targets", rows) for rows in [target_rows.table(state)] if rows),
        *(("Survey", rows) for rows in [target_rows.survey(state)] if rows),
        ("Optimizations kept", _kept(state)),
        ("Key discoveries", views.numbered(views.discoveries(state))),
        ("Current tier breakdown", _breakdown(state)),
        ("What was tried and discarded", views.discarded(state)),
        ("Proposals for people", views.numbered(views.line(one.title) for one in state.proposed)),
        ("Pre-submit review", _reviews(state)),
        ("Cost", _costs(state)),
    ]
    lines = ["# Summary", "", *_headline(state)]
    for title, body in sections:
        lines += ["", f"## {title}", "", *body]
    return "\n".join(lines) + "\n"


def _headline(state: State) -> list[str]:
    if state.started is None or state.current is None:
        return ["The session ended before a baseline was measured."]
    before, after = state.baselines[0][1].figures, state.current
    if state.final:
        before, after = state.final.base, state.final.branch
    was, now = judged_peaks(before, after)
    factor = was / now if now else float("inf")
    what = f"Summed peak with children ({before.group_by})" if before.group_peaks else "Peak"
    lines = [
        f"- Target: `{views.line(state.started.target.text)}`",
        f"- {what}: {views.change(before, after)}, {factor:.1f}x lower",
    ]
    if before.vm_hwm is not None and after.vm_hwm is not None:
        lines.append(f"- Resident peak (VmHWM): {views.mib(before.vm_hwm)} -> {views.mib(after.vm_hwm)}")
    if before.wall_s is not None and after.wall_s is not None:
        lines.append(f"- Wall time of the target: {before.wall_s:.2f} s -> {after.wall_s:.2f} s")
    lines.append(
        f"- Experiments: {len(state.ended_experiments)} ({len(state.keeps)} kept, {len(state.discards)} discarded)"
    )
    lines += [f"- {views.plateau(one)}" for one in state.plateaus]
    lines.append(f"- Tests: {_tests(state)}")
    lines.append(f"- Output: {_output(state)}")
    if state.keeps:
        lines.append(f"- Branch: {state.started.branch}, last commit {short(state.keeps[-1].commit)}")
    return lines


def _tests(state: State) -> str:
    if state.tests is None:
        return "none were found; equality rests on the digest"
    first = f"{state.tests.passed_count} passed, {state.tests.failed_count} failed at the baseline"
    last = next((one.tests for one in reversed(state.keeps) if one.tests), None)
    if last is None:
        return first
    which = "whole suite" if last.whole_suite else "those that reach the change"
    broken = f"{len(last.broken)} broken" if last.broken else "none broken"
    return f"{first}; after the last tested keep {last.passed_count} passed ({which}), {broken}"


def _output(state: State) -> str:
    if state.baseline and not state.baseline.digest_stable:
        return "differs from run to run at the baseline: tests only"
    if state.final is None or state.final.digest_equal is None:
        return "not compared as a whole"
    seed = {True: ", also with another hash seed", False: ", but NOT with another hash seed", None: ""}
    return ("equal" if state.final.digest_equal else "NOT equal") + seed[state.final.other_seed_equal]


def _profiles(state: State) -> list[str]:
    lines: list[str] = []
    for profile in state.profiles:
        lines += ["```", _profile(profile), "```", ""]
    return lines[:-1] or ["None."]


def _profile(profile: Profiled) -> str:
    """The profile as it was logged."""
    peak = profile.peak / MIB
    if profile.experiment:
        return text.render(Reprofile(number=profile.experiment, stages=profile.stages, peak=peak))
    return text.render(Baseline(stages=profile.stages, peak=peak, top=profile.targets[:TOP]))


def _kept(state: State) -> list[str]:
    texts = []
    for one in state.keeps:
        figures = views.change(one.before, one.after) if one.before and one.after else "not measured"
        texts.append(f"{views.line(one.started.title)}: {figures}. {views.line(one.started.mechanism)}")
        texts[-1] += "".join(f" Stated: {loss}." for loss in views.stated(one))
    return views.numbered(texts)


def _breakdown(state: State) -> list[str]:
    rows = state.profiles[-1].breakdown if state.profiles else []
    return [*views.breakdown(rows), "", views.irreducible(state)]


def _reviews(state: State) -> list[str]:
    return [
        f"- {'passed' if one.passed else 'FAILED'}: {views.line(one.check)}: {views.line(one.finding)}"
        for one in state.reviews
    ] or ["Not made."]


def _guards(state: State) -> int:
    return len({one.target.text for one in state.guards})


def _each(state: State) -> str:
    return f", for each of {1 + _guards(state)} targets" if state.guards else ""


def _costs(state: State) -> list[str]:
    costs, experiments = state.costs, len(state.ended_experiments)
    lines = [
        f"- Session: {costs.wall_s:.1f} s wall time",
        f"- Traced runs: {costs.traced_runs} (at most 6 + 4 x {experiments} experiments"
        f"{_each(state)} = {traced_run_limit(experiments) * (1 + _guards(state))})",
        f"- Researcher's findings used: {costs.findings_used}",
    ]
    if costs.wall_s:
        share = 100 * (costs.wall_s - costs.runner_s) / costs.wall_s
        lines.append(f"- Outside the runner's children: {share:.0f} % of it")
    bare = state.baselines[0][1].figures.wall_s if state.baselines else None
    if bare:
        lines.append(f"- {costs.wall_s / bare:.0f} times the target's bare run of {bare:.2f} s")
    return lines
