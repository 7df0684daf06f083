"""The runner: the only worker that runs target code. It measures one job at a time and answers with the outcome."""

import asyncio

from pydantic import ValidationError

from messaging.bus import Bus
from messaging.messages import Envelope, Measure, Measured, derived_id
from runtime.agent import Agent
from runtime.config import SessionConfig
from runtime.dispatch import handles
from runtime.measure.cgroup import Cgroup
from runtime.measure.models import Job
from runtime.measure.reports import Outcome
from runtime.measure.runner import Runner as JobRunner
from runtime.sandbox import Sandbox


class Runner(Agent):
    """Takes Measure, answers Measured. Holds no key and writes neither the worktree nor `.codeflash/`."""

    def __init__(self, bus: Bus, config: SessionConfig) -> None:
        super().__init__(bus, config)
        work = config.folder / "runner"
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._jobs = JobRunner(Sandbox.detect(), work, cgroup=Cgroup.detect())
        self._one_at_a_time = asyncio.Lock()

    @handles(Measure)
    async def measure_job(self, body: Measure, envelope: Envelope) -> None:
        """Runs the job. The request stays in the inbox until its answer is in the outbox, so a killed runner
        finds it again; the answer's id follows from the request's, so there is one answer.
        """
        answer = derived_id(envelope.id, "measured")
        outcome = await self._outcome(body)
        measured = Measured(request=envelope.id, outcome=outcome.model_dump(mode="json"))
        await self.bus.send(envelope.sender, measured, cause=envelope.id, id=answer)

    async def _outcome(self, body: Measure) -> Outcome:
        try:
            job = Job.model_validate(body.job)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            return Outcome(status="refused", reason=f"no job of ours: {place}: {first['msg']}")
        async with self._one_at_a_time:
            if self.stopping.is_set():
                return Outcome(status="crashed", reason="stopped by the user")
            subject = job.target.text if job.target else job.python
            async with self.busy(f"{job.purpose} run of {subject}"):
                outcome = await self._jobs.run(job, self.stopping)
        self.logger.info(
            "measured",
            purpose=job.purpose,
            status=outcome.status,
            reason=outcome.reason,
            wall_s=outcome.wall_s,
            traced_runs=outcome.traced_runs,
        )
        return outcome
