"""The environment of target code: made from an allow-list, never inherited (design, I14, I24)."""

from collections.abc import Mapping
from pathlib import Path

INHERITED = ("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "TZ")
"""What a child takes from its parent: how text and time are read. No key, token or address is among them."""

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""Thread pools of numeric libraries: their buffers grow with the number of cores (design, I14)."""

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def target_environment(
    parent: Mapping[str, str], *, python: Path, temporary: Path, pycache: Path, hash_seed: int
) -> dict[str, str]:
    """The whole environment of a child that runs target code.

    Args:
        parent: the environment to take locale and time zone from.
        python: the target's interpreter; its folder comes first on the PATH.
        temporary: home and temporary folder of the child, as it sees them.
        pycache: the export's own bytecode cache.
        hash_seed: PYTHONHASHSEED.
    """
    kept = {name: parent[name] for name in INHERITED if name in parent}
    return {
        "LANG": "C.UTF-8",
        **kept,
        **dict.fromkeys(ONE_THREAD, "1"),
        "PATH": f"{python.parent}:{SYSTEM_PATH}",
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "PYTHONHASHSEED": str(hash_seed),
        "PYTHONPYCACHEPREFIX": str(pycache),
    }
