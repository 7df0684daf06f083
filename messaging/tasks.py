"""Background tasks that must not fail in silence."""

import asyncio
import logging

_LOG = logging.getLogger(__name__)


def log_failure(task: asyncio.Task[None]) -> None:
    """For `add_done_callback`: logs the error that ended a task."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _LOG.error("%s failed: %s", task.get_name(), error, exc_info=error)
