"""What a worker's process asks of the kernel, and what it inherits."""

import ctypes
import os
import signal
import sys
from collections.abc import Mapping

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
"""Numbers of prctl(2), from linux/prctl.h."""

_PASSED = {
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
    *("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "LOWTIDE_STATE"),
    # Where a project's environments lie: folders, for the setup agent.
    *("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "CONDA_PREFIX", "CONDA_EXE", "CONDA_ENVS_PATH", "MAMBA_ROOT_PREFIX"),
    *("POETRY_CONFIG_DIR", "POETRY_CACHE_DIR", "POETRY_VIRTUALENVS_PATH", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
}


def end_with_parent(parent: int) -> bool:
    """Has the kernel kill this process when the process `parent` ends (Linux only; elsewhere nothing happens).

    SIGKILL, because every file of ours survives it (I9), and a worker that lingered would hold the journal's lock.

    Returns:
        False when `parent` has ended already.
    """
    if sys.platform != "linux":
        return True
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return os.getppid() == parent


def hide_memory() -> None:
    """Keeps other processes of the user, target code among them, from reading this one by /proc (I24)."""
    if sys.platform == "linux":
        _prctl(_PR_SET_DUMPABLE, 0)


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"prctl({option}): {os.strerror(error)}")


def worker_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a worker inherits: an allow-list; no PYTHONPATH, no keys."""
    return {name: value for name, value in environ.items() if name in _PASSED or name.startswith("LC_")}
