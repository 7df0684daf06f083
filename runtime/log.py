"""Where workers log: JSON lines in a file of their own, never the terminal, with secrets masked."""

import logging
import re
from pathlib import Path

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_ACCOUNT = re.compile(r"(?<=://)([^\s/:@]*):[^\s/@]+@")
_KEY = re.compile(r"\b(?:sk|ghp|gho|glpat|xox[abp])[-_][A-Za-z0-9_-]{8,}")


def masked(text: str) -> str:
    """`text` without passwords in URLs and without what looks like an access key."""
    return _KEY.sub("***", _ACCOUNT.sub(r"\1:***@", text))


def _mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _masked(value) for key, value in event.items()}


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {key: _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner) for inner in value]
    return masked(value) if isinstance(value, str) else value


def configure(path: Path) -> None:
    """Sends all logging of this process, ours and that of libraries, to `path`, one JSON object a line."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.PositionalArgumentsFormatter()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _mask,
                structlog.processors.JSONRenderer(default=repr),
            ],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
