"""A made-up session's events, with fixed times: what the state, the policy and the views are tested on."""

from datetime import UTC, datetime, timedelta

from messaging.contents import Allocation, Shown, StageRow
from runtime.experiment.events import (
    AnyEvent,
    BaselineMeasured,
    Blocked,
    BreakdownRow,
    CandidateMeasured,
    Carried,
    Committed,
    Counted,
    ExperimentEnded,
    ExperimentStarted,
    Figures,
    FinalMeasured,
    Learned,
    Milestone,
    PlateauReached,
    Profiled,
    Proposed,
    Reviewed,
    SessionEnded,
    SessionStarted,
    SetupRead,
    TestsMeasured,
)
from runtime.measure.models import MIB, TargetSpec

BEGIN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TARGET = TargetSpec(kind="function", text="app.job:main", module="app.job", function="main")


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def figures(peak_mib: float, **more) -> Figures:
    return Figures(traced_peak=round(peak_mib * MIB), **more)


def started(session="s1", target=TARGET, base="b" * 40, seconds=0.0, **more) -> SessionStarted:
    return SessionStarted(
        at=at(seconds),
        session=session,
        version="0.1",
        target=target,
        base=base,
        branch="codeflash/optimize",
        **more,
    )


def baseline(peak_mib=100.0, seconds=1.0, tree="t0", reason="", **more) -> BaselineMeasured:
    return BaselineMeasured(
        at=at(seconds),
        tree=tree,
        figures=figures(peak_mib, **more),
        digest_stable=True,
        digest_kind="return",
        reason=reason,
    )


def profile(experiment=0, peak_mib=100.0, irreducible_mib=10.0, target="rows in load", seconds=2.0) -> Profiled:
    return Profiled(
        at=at(seconds),
        experiment=experiment,
        tree=f"t{experiment}",
        peak=round(peak_mib * MIB),
        stages=[
            StageRow(name="load", delta=peak_mib * 0.9, cumulative=peak_mib * 0.9, peak=peak_mib),
            StageRow(name="parse | split", delta=peak_mib * 0.1, cumulative=peak_mib, peak=peak_mib, depth=1),
        ],
        targets=[Allocation(name=target, file="app/job.py", line=7, category="data-structures", size=peak_mib / 2)],
        breakdown=[
            BreakdownRow(
                size=round((peak_mib - irreducible_mib) * MIB),
                source="app/job.py:7",
                category="data-structures",
                reducible=True,
                why="held for one use",
            ),
            BreakdownRow(
                size=round(irreducible_mib * MIB),
                source="numpy",
                category="import-time",
                reducible=False,
                why="framework",
            ),
        ],
        traced_runs=2,
    )


def experiment(
    number: int,
    status: str = "keep",
    before: float = 100.0,
    after: float | None = 90.0,
    *,
    rule="A01",
    key="",
    file="app/job.py",
    category="data-structures",
    strategy="allocations",
    micro=False,
    reason="",
    finding="",
    title="free rows before rendering",
    **more,
) -> list[AnyEvent]:
    """The events of one whole experiment; `after` None: it was never measured."""
    begin = 10.0 * number
    events: list[AnyEvent] = [
        ExperimentStarted(
            at=at(begin),
            number=number,
            id=f"s1-{number}",
            target=Allocation(name=f"target {number}", file=file, line=7, category=category, size=before / 2),
            key=key or f"{rule}:{file}:main:{number}",
            rule=rule,
            title=title,
            category=category,
            strategy=strategy,
            mechanism="frees `rows` before `render` allocates",
            level="A",
            checklist={"category": category},
            shown=[Shown(check="liveness", evidence="no read of rows after line 9")],
            files=[file],
            tree=f"t{number}",
            finding=finding,
            micro=micro,
        )
    ]
    if after is not None:
        events.append(
            CandidateMeasured(
                at=at(begin + 1),
                number=number,
                before=figures(before, **more.get("before_more", {})),
                after=figures(after, **more.get("after_more", {})),
                digest_equal=True,
            )
        )
    if status == "keep":
        events += [
            TestsMeasured(at=at(begin + 2), experiment=number, passed_count=12, failed_count=0),
            Committed(
                at=at(begin + 3),
                number=number,
                commit=f"{number:040x}",
                message=f"mem: {title}",
                files=[file],
                tree=f"t{number}",
            ),
        ]
    events.append(
        ExperimentEnded.model_validate(
            {
                "at": at(begin + 4),
                "number": number,
                "status": status,
                "reason": reason or f"{status} it",
                "tests_passed": 12 if status == "keep" else None,
                "tests_failed": 0 if status == "keep" else None,
            }
        )
    )
    return events


def reverted(number: int) -> Committed:
    return Committed(at=at(500), number=number, commit="f" * 40, message="revert", files=[], tree="tr", reverts=True)


def opening() -> list[AnyEvent]:
    """A session up to its first profile."""
    return [
        started(dirty=True, options={"only_proven": "no"}),
        SetupRead(
            at=at(0.5),
            python="/opt/venv/bin/python",
            python_version="3.11.7",
            test_runner="pytest",
            library=True,
            sandbox="isolated",
            roots=["", "src"],
            tools={"memray": "1.17"},
        ),
        Carried(at=at(0.6), files={"app/_generated.py": "c" * 40}),
        baseline(131.4, vm_hwm=180 * MIB, wall_s=1.25, total_allocs=None),
        TestsMeasured(at=at(1.5), experiment=0, passed=["t::a", "t::b"], passed_count=12, failed_count=1),
        profile(0, 131.4),
    ]


def story() -> list[AnyEvent]:
    """A whole session: two keeps, two discards, a crash, a plateau, the review, its costs and its end."""
    return [
        *opening(),
        *experiment(
            1,
            before=131.4,
            after=22.0,
            before_more={"vm_hwm": 180 * MIB, "wall_s": 1.25},
            after_more={"vm_hwm": 72 * MIB, "wall_s": 1.5},
            finding="m1",
        ),
        profile(1, 22.0, target="table | index"),
        *experiment(2, "discard", 22.0, 21.9, rule="B02", reason="noise | not confirmed\tat all"),
        Learned(at=at(25), text="PIL close() keeps metadata"),
        Learned(at=at(26), text="arenas\nare never given back", for_next=True),
        *experiment(3, before=22.0, after=13.6, rule="C02", file="app/model.py", title="slots for Reading"),
        profile(3, 13.6, irreducible_mib=12.9),
        *experiment(4, "crash", 13.6, None, rule="B02", reason="the target was ended by signal 9"),
        *experiment(5, "discard", 13.6, 13.6, rule="B02", reason="no improvement"),
        Blocked(at=at(60), approach="arena size", reason="the pool grows beyond it"),
        Proposed(at=at(61), title="float32 weights", evidence="8 MiB of float64", expected="half of it"),
        Milestone(at=at(62), tag="codeflash/optimize-v1", commit="3" * 40),
        PlateauReached(at=at(63), tier="B", rule="irreducible", reason="nothing left", irreducible_percent=94.9),
        FinalMeasured(at=at(64), base=figures(131.4, wall_s=1.25), branch=figures(13.6, wall_s=1.5), digest_equal=True),
        Reviewed(at=at(65), check="resource ownership", passed=True, finding="nothing is freed by hand"),
        Counted(at=at(66), wall_s=50.0, runner_s=45.0, traced_runs=14, findings_used=1),
        SessionEnded(at=at(67), session="s1", outcome="plateau", reason="nothing left", exit_code=0),
    ]
