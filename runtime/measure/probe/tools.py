"""What the target's interpreter has installed (purpose inspect)."""

from __future__ import annotations

import platform
import sys
from importlib import metadata, util

import _lowtide_probe_targets as targets

PACKAGES = ("pytest", "memray", "numpy", "pandas", "pytest-memray")


def found(job: dict) -> dict:
    """The fields of Tools: for the job's `modules`, and for the command of its target."""
    target = job["target"]
    command = target["command"] if target else ""
    packages = {}
    for name in PACKAGES:
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "version": platform.python_version(),
        "implementation": sys.implementation.name,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "packages": packages,
        "missing": [name for name in job["modules"] if not _is_there(name)],
        "command": ":".join(targets.entry_point(command)) if command and any(targets.entry_point(command)) else "",
    }


def _is_there(name: str) -> bool:
    try:
        return name in sys.modules or util.find_spec(name) is not None
    except (ImportError, ValueError):  # a finder that would build the module, or one without a spec
        return False
