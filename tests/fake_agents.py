"""Tiny agents that tests run as real worker processes."""

import asyncio
import os
import signal
import time

from agents.router import BASELINE, LOOP
from messaging.contents import Baseline, Complete, CrossDomain, ExperimentResult, StageRow
from messaging.messages import Envelope, Measure, Measured, derived_id
from runtime.agent import Agent
from runtime.dispatch import duty, handles
from runtime.errors import BadInput, TargetFailed
from runtime.measure.reports import Outcome, ProbeReport, Tools

SUMMARY = "131.4 MiB -> 22.0 MiB"


def result(number: int) -> ExperimentResult:
    return ExperimentResult(
        number=number,
        target="_processing_log",
        result="KEEP",
        before=131.4,
        after=22.0,
        delta=-109.4,
        percent=-83.3,
        mechanism="frees the snapshots",
    )


class Optimizer(Agent):
    """Does what the specification's "Progress Reporting" says, without measuring anything."""

    @duty(BASELINE, LOOP)
    async def optimize(self) -> None:
        rows = [StageRow(name="parse_readings", delta=46.6, cumulative=46.6)]
        await self.log(Baseline(stages=rows, peak=131.4))
        await self.complete(BASELINE)
        await self.log(CrossDomain(domain="cpu", signal="parse is quadratic"))
        await self.log(result(1))
        await self.complete(LOOP)
        await self.log(Complete(outcome="plateau", experiments=1, keeps=1, before=131.4, after=22.0, summary=SUMMARY))


class Crashing(Optimizer):
    """Is killed in the middle of its work the first time."""

    async def on_start(self) -> None:
        self.once = self.config.folder / "crashed"

    @duty(BASELINE, LOOP)
    async def optimize(self) -> None:
        if not self.once.exists():
            self.once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        await super().optimize()


class Waiting(Agent):
    """Works until it is told to stop, then comes to a clean end."""

    @duty(BASELINE, LOOP)
    async def wait(self) -> None:
        await self.log(result(1))
        await self.stopping.wait()
        await self.log(
            Complete(outcome="stopped", experiments=1, keeps=1, before=2, after=1, exit_code=130, summary="clean end")
        )


class Deaf(Agent):
    """Holds its event loop for ever: neither Control nor SIGTERM reaches it."""

    @duty(BASELINE, LOOP)
    async def hang(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        await self.log(result(1))
        await asyncio.sleep(0.5)
        while True:
            time.sleep(1)  # noqa: ASYNC251 - this is the fault that is tested


class Failing(Agent):
    """Finds at the baseline that the target cannot be measured."""

    @duty(BASELINE)
    async def fail_at_once(self) -> None:
        raise TargetFailed("The target app:main fails.", "ZeroDivisionError: division by zero")


class Dying(Agent):
    """Dies whenever it is started."""

    async def on_start(self) -> None:
        raise RuntimeError("no luck at mqtt://me:secret@host")


class Unusable(Agent):
    """Cannot work with its settings."""

    async def on_start(self) -> None:
        raise BadInput("The domain lacks its playbook: install it.")


class Idle(Agent):
    """Does nothing."""


class Inspector(Agent):
    """A runner that only inspects, and always finds the same."""

    @handles(Measure)
    async def inspect(self, body: Measure, envelope: Envelope) -> None:
        tools = Tools(
            version="3.11.7",
            implementation="cpython",
            prefix="/p",
            base_prefix="/p",
            packages={"pytest": "8.3.2"},
        )
        report = ProbeReport(ok=True, python="3.11.7", tools=tools)
        outcome = Outcome(status="ok", report=report).model_dump(mode="json")
        await self.bus.send(
            envelope.sender,
            Measured(request=envelope.id, outcome=outcome),
            id=derived_id(envelope.id, "measured"),
        )
