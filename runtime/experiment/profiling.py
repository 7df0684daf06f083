"""Profiles of the current tree: taken, kept on disk for the researcher and a resumed session, ranked, announced."""

import asyncio
from dataclasses import replace
from statistics import median

from messaging.contents import Allocation, Note, StageRow, Targets
from runtime.domain import Profile, Sources
from runtime.exchange import profile_name, read_profile, write_profile
from runtime.experiment.events import Profiled
from runtime.experiment.native import at_profile
from runtime.experiment.services import Services
from runtime.measure.models import MIB
from runtime.measure.reports import Native, Stage, StageTable

READ_AHEAD = slice(1, 6)
"""Spec, Research teammate integration: skip the top target, send number 2 to 5 and one more."""


class Profiling:
    """The newest profile, its ranking, and the rankings before it replaced."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.profile: Profile | None = None
        self.targets: list[Allocation] = []
        self.ranking = services.findings.ranking

    async def take(self, experiment: int, native: Native | None = None) -> Profile:
        """Profiles the branch as it is now, records and announces the ranking. Experiment 0 is the baseline, whose
        memray run is `native`.
        """
        services = self.services
        tree = services.repository.head_tree()
        before = services.bench.costs.traced_runs
        native = native if experiment == 0 else await at_profile(services, tree)
        current = services.record.state.current
        resident = current.vm_hwm if current else None
        beside = int(median(current.group_peaks)) - (resident or 0) if current and current.group_peaks else 0
        taken = await services.bench.profile(tree, self.profile, current.traced_peak if current else None)
        profile = replace(taken, native=native, resident=resident, children=max(0, beside))
        await self._adopt(profile)
        services.record.add(
            Profiled(
                experiment=experiment,
                tree=tree,
                peak=profile.peak,
                stages=self.rows(profile),
                targets=self.targets,
                breakdown=services.domain.breakdown(profile, self.sources()),
                traced_runs=services.bench.costs.traced_runs - before,
            )
        )
        await self._announce(profile)
        for signal in services.domain.signals(profile, self.sources()) if experiment == 0 else ():
            await services.log(signal)
        return profile

    async def restore(self) -> None:
        """After a restart: the profile of the current tree, from disk when it is there, else taken again."""
        tree = self.services.repository.head_tree()
        name = profile_name(tree)
        profiled = self.services.record.state.profiles
        if (self.services.exchange / name).exists() and profiled and profiled[-1].tree == tree:
            profile = read_profile(self.services.exchange, name).profile
            await self._adopt(profile)
            await self._announce(profile)
        else:
            keeps = self.services.record.state.keeps
            await self.take(keeps[-1].number if keeps else 0)

    async def _adopt(self, profile: Profile) -> None:
        if self.profile is None and self.services.bench.method.target.kind == "script":
            await self._judge_script(profile)
        self.profile = profile
        self.targets = self.services.domain.rank(profile, self.sources())

    async def _judge_script(self, profile: Profile) -> None:
        """A script that only drives the project is not to be changed; one that holds the peak itself is (I18)."""
        services, path = self.services, self.services.bench.method.target.path
        if not services.editable(path):
            return
        if holds_peak(profile, path):
            text = f"{path} holds the peak itself, so it may be changed; `--protect {path}` forbids it"
        else:
            services.protect = (*services.protect, path)
            text = f"{path} only drives the project: it is left as it is"
        await services.log(Note(text=text))

    async def _announce(self, profile: Profile) -> None:
        """Writes the profile to the exchange folder and sends targets 2 and on to the researcher."""
        services, sources = self.services, self.sources()
        name = await asyncio.to_thread(write_profile, services.exchange, profile, sources)
        self.ranking += 1
        ahead = self.targets[READ_AHEAD]
        services.findings.renew(self.ranking, ahead)
        if ahead:
            await services.tell(
                "researcher",
                Targets(
                    ranking=self.ranking,
                    targets=ahead,
                    tree=profile.tree,
                    profile=name,
                    metric=services.domain.metric,
                ),
            )

    def sources(self) -> Sources:
        """The tree as proposers may read it."""
        services = self.services
        return Sources(
            root=services.repository.worktree,
            tree=services.repository.head_tree(),
            files=services.repository.tree(),
            editable=services.editable,
            library=services.library,
            requires_python=services.requires_python,
            python=services.python,
        )

    def rows(self, profile: Profile) -> list[StageRow]:
        """The per-stage table for people, in MiB: the entry function's stages, the dominating callee's below it."""
        tables = profile.stages.tables
        return stage_rows(tables, 0, 0) if tables else []


def holds_peak(profile: Profile, path: str) -> bool:
    """Whether a file's own lines made at least half of what the project's code has alive at the peak."""
    sizes = [(site.file == path, site.size) for site in profile.stages.sites if site.project]
    return 2 * sum(size for own, size in sizes if own) >= sum(size for _, size in sizes)


NAME_WIDTH = 40
"""Characters of a stage's name in the table."""
SHOWN_SHARE = 0.01
"""Inside a callee, a statement that moves less than this share of the peak, and does not set it, is left out."""


def stage_rows(tables: list[StageTable], index: int, depth: int) -> list[StageRow]:
    """Rows of table `index`; under the stage that peaks, the rows of the table of the function it leads to.

    A compound statement is shown by the statements in it: `with` and `for` move nothing by themselves.
    """
    table = tables[index]
    parents = {stage.parent for stage in table.stages}
    leaves = [stage for n, stage in enumerate(table.stages) if n not in parents]
    highest = max((stage.peak for stage in leaves), default=0)
    deeper = tables[index + 1].place.function.rpartition(".")[2] if index + 1 < len(tables) else ""
    # The statement that calls the next function of the chain and came highest; of equals the first.
    leading = max(leaves, key=lambda s: (bool(deeper) and deeper in s.calls, s.peak, -s.line), default=None)
    rows: list[StageRow] = []
    for stage in leaves:
        if depth == 0 or abs(stage.delta) >= SHOWN_SHARE * highest or stage is leading:
            rows.append(_row(stage, depth, table.approximate))
        if stage is leading and deeper:
            rows += stage_rows(tables, index + 1, depth + 1)
    return rows


def _row(stage: Stage, depth: int, approximate: bool) -> StageRow:
    name = stage.name if len(stage.name) <= NAME_WIDTH else f"{stage.name[: NAME_WIDTH - 3]}..."
    return StageRow(
        name=name,
        delta=stage.delta / MIB,
        cumulative=stage.cumulative / MIB,
        peak=stage.peak / MIB,
        depth=depth,
        approximate=approximate,
    )
