"""What the target's interpreter has installed (purpose inspect)."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

PACKAGES = ("pytest", "memray", "numpy", "pandas", "pytest-memray")


def found() -> dict:
    """The fields of Tools."""
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
    }
