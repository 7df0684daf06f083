"""The shared task list: who works on what, under which lease, after what. Pure: time is passed in."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from messaging.messages import Task, TaskStatus
from runtime.errors import BadInput


class BoardFile(BaseModel):
    """tasks.json."""

    model_config = ConfigDict(extra="forbid")

    session: str
    tasks: list[Task] = []
    meant_for: dict[str, str | None] = {}
    """Task id -> the owner it was created with: whom it falls back to when a lease runs out."""
    rounds: dict[str, int] = {}
    """Task id -> how often it was put back."""


class TaskBoard:
    """The tasks of one session.

    A task is `pending` until it is claimed, also while it waits for others; `ready` are the pending ones whose
    dependencies are completed. `blocked` waits for something outside the list. Times are seconds since the epoch.

    Args:
        file: the tasks as they were saved; the board works on it.
    """

    def __init__(self, file: BoardFile) -> None:
        self.file = file

    @property
    def tasks(self) -> list[Task]:
        """All tasks, in the order they were created."""
        return list(self.file.tasks)

    def find(self, name: str) -> Task:
        """The task with this id, or the last one with this subject.

        Raises:
            BadInput: there is none.
        """
        for task in reversed(self.file.tasks):
            if name in (task.id, task.subject):
                return task
        raise BadInput(f"There is no task {name!r}.")

    def create(
        self,
        task_id: str,
        subject: str,
        *,
        description: str = "",
        owner: str | None = None,
        depends_on: Iterable[str] = (),
        status: TaskStatus = "pending",
    ) -> Task:
        """Adds a task; one with this id already there is returned as it is.

        Raises:
            BadInput: it depends on a task that does not exist.
        """
        for task in self.file.tasks:
            if task.id == task_id:
                return task
        needed = [self.find(name).id for name in depends_on]
        task = Task(id=task_id, subject=subject, description=description, owner=owner, depends_on=needed, status=status)
        self.file.tasks.append(task)
        self.file.meant_for[task_id] = owner
        return task

    def is_ready(self, task: Task) -> bool:
        """Whether it can be claimed: pending, and all it depends on is completed."""
        return task.status == "pending" and all(self.find(i).status == "completed" for i in task.depends_on)

    def ready(self) -> list[Task]:
        """All tasks that can be claimed."""
        return [task for task in self.file.tasks if self.is_ready(task)]

    def claim(self, name: str, agent: str, now: float, lease_s: float) -> tuple[Task, bool]:
        """Gives the task to `agent` when it is ready and not meant for another, or renews the agent's own lease.

        Returns:
            The task as it stands then, and whether `agent` has it.

        Raises:
            BadInput: there is no such task.
        """
        self.expire(now, apart_from=agent)
        task = self.find(name)
        held = task.status == "in_progress" and task.owner == agent
        if held or (self.is_ready(task) and task.owner in (None, agent)):
            return self._put(task, status="in_progress", owner=agent, lease_until=now + lease_s), True
        return task, False

    def update(self, name: str, agent: str, status: TaskStatus, note: str = "") -> Task:
        """Changes a task's status; its lease ends unless it is still in progress.

        Raises:
            BadInput: there is no such task, or it belongs to another.
        """
        task = self.find(name)
        if task.owner not in (None, agent):
            raise BadInput(f"The task {task.subject!r} belongs to {task.owner}, not to {agent}.")
        lease = task.lease_until if status == "in_progress" else None
        return self._put(task, status=status, owner=agent, note=note or task.note, lease_until=lease)

    def expire(self, now: float, apart_from: str = "") -> list[Task]:
        """Puts back the tasks whose lease has run out; `apart_from` is spared, for it is about to renew."""
        return [
            self._put_back(task)
            for task in self.tasks
            if task.status == "in_progress"
            and task.lease_until is not None
            and task.lease_until <= now
            and task.owner != apart_from
        ]

    def next_expiry(self) -> float | None:
        """When the next lease runs out; None when none is held."""
        return min(
            (t.lease_until for t in self.file.tasks if t.status == "in_progress" and t.lease_until is not None),
            default=None,
        )

    def in_progress(self, agent: str) -> list[Task]:
        """What `agent` works on."""
        return [task for task in self.file.tasks if task.status == "in_progress" and task.owner == agent]

    def round_of(self, task: Task) -> int:
        """How often the task was put back."""
        return self.file.rounds.get(task.id, 0)

    def reopen(self, name: str) -> Task:
        """Makes a task pending again, for whom it was meant.

        Raises:
            BadInput: there is no such task.
        """
        return self._put_back(self.find(name))

    def _put_back(self, task: Task) -> Task:
        self.file.rounds[task.id] = self.round_of(task) + 1
        return self._put(task, status="pending", owner=self.file.meant_for.get(task.id), lease_until=None)

    def _put(self, task: Task, **changes: object) -> Task:
        changed = task.model_copy(update=changes)
        self.file.tasks[self.file.tasks.index(task)] = changed
        return changed
