"""What no patch may touch and no added line may name (design, I18). Pure; a lint, not a proof."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

_TEST_FOLDERS = frozenset({"test", "tests"})
_BENCHMARK_FOLDERS = frozenset({"bench", "benches", "benchmark", "benchmarks", "asv_bench"})
_TEST_FILE = re.compile(r"test_.*\.py|.*_test\.py|tests?\.py|conftest\.py")
_BENCHMARK_FILE = re.compile(r"bench(mark)?_.*\.py|.*_bench(mark)?\.py|bench(mark)?s?\.py|asv\.conf\.json")
_BUILD_FILE = re.compile(
    r"setup\.(py|cfg)|pyproject\.toml|manifest\.in|(requirements|constraints).*\.(txt|in)|pipfile(\.lock)?"
    r"|(poetry|uv|pdm|pixi)\.(lock|toml)|environment\.ya?ml|hatch_build\.py|meson(_options)?\.(build|txt)"
    r"|cmakelists\.txt|(gnu)?makefile|justfile|dockerfile.*|(docker-)?compose.*\.ya?ml|.*\.pth"
    r"|(site|user)customize\.py"
)
_CI_FILE = re.compile(
    r"tox\.ini|noxfile\.py|pytest\.(ini|toml)|jenkinsfile|azure-pipelines\.ya?ml|appveyor\.ya?ml"
    r"|codecov\.ya?ml"
)

_FORBIDDEN = re.compile(
    r"tracemalloc|memray|\bpytest\b|PYTEST_\w+|PYTHONMALLOC|_lowtide|LOWTIDE_|VmHWM|/proc/self"
    r"|\b_getframe\w*|\b_current_frames\b|\bgetrusage\b"
    r"|\b(set|get)(trace|profile)(_all_threads)?\b|\bsys\s*\.\s*monitoring\b"
    r"|\binspect\s*\.\s*(stack|trace|currentframe|getouterframes|getinnerframes)\b"
    r"|\bfrom\s+inspect\s+import\b.*\b(stack|trace|currentframe|getouterframes|getinnerframes)\b"
    r"|\bget_objects\b|\bget_referrers\b|\bget_referents\b",
    re.IGNORECASE,
)
"""The profilers, the stack, the heap's own books, and how a test run shows (lessons, 4)."""


def protected(path: str, *, patterns: Iterable[str] = ()) -> str | None:
    """Why a patch may not touch `path`; None when it may.

    Args:
        path: relative to the repository's root, with forward slashes.
        patterns: further globs. `*` and `?` stay within a folder, `**` crosses folders; a pattern without a
        slash
            fits a name at any depth; a folder's pattern protects all below it.
    """
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or ".." in parts:
        return "it lies outside the repository"
    name, folders = parts[-1].lower(), [part.lower() for part in parts[:-1]]
    if any(part.startswith(".") for part in parts):
        return "hidden files and folders configure tools"
    if _TEST_FILE.fullmatch(name) or _TEST_FOLDERS.intersection(folders):
        return "it is a test"
    if _BENCHMARK_FILE.fullmatch(name) or _BENCHMARK_FOLDERS.intersection(folders):
        return "it is a benchmark"
    if _BUILD_FILE.fullmatch(name):
        return "it is a build file"
    if _CI_FILE.fullmatch(name):
        return "it is a CI file"
    for pattern in patterns:
        if _fits(pattern, parts):
            return f"it is protected by {pattern!r}"
    return None


def _fits(pattern: str, parts: tuple[str, ...]) -> bool:
    """Does the pattern fit the path or a folder above it?"""
    pattern = pattern.strip().removeprefix("./").lstrip("/").rstrip("/")
    if not pattern:
        return False
    if "/" not in pattern:
        pattern = f"**/{pattern}"
    glob = _regex(pattern)
    return any(glob.fullmatch("/".join(parts[:end])) for end in range(1, len(parts) + 1))


def _regex(pattern: str) -> re.Pattern[str]:
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(piece, re.escape(piece)) for piece in re.split(r"(\*\*/|\*\*|\*|\?)", pattern)))


def forbidden_lines(old: str, new: str) -> list[str]:
    """Lines of `new` that `old` has not (as often), and that name the profiler, the stack or the test run."""
    added = Counter(line.strip() for line in new.splitlines())
    added.subtract(line.strip() for line in old.splitlines())
    found = []
    for line in new.splitlines():
        if added[line.strip()] > 0 and _FORBIDDEN.search(line):
            added[line.strip()] -= 1
            found.append(line)
    return found
