"""Which options of pytest change what is measured, and are left out of a measured run (said aloud). Pure."""

from collections.abc import Iterable, Sequence

_VALUE_FOLLOWS = frozenset(
    {
        "-n",
        "--numprocesses",
        "--maxprocesses",
        "--dist",
        "--tx",
        "--cov-report",
        "--cov-config",
        "--cov-fail-under",
        "--cov-context",
        "--junitxml",
        "--junit-xml",
        "--junit-prefix",
        "--html",
        "--report-log",
        "--maxfail",
        "--timeout",
        "--timeout-method",
        "--session-timeout",
        "--durations-path",
        "--store-durations-path",
        "--random-order-bucket",
        "--random-order-seed",
        "--stepwise-skip-path",
        "--pdbcls",
        "--lfnf",
        "--last-failed-no-failures",
        "--most-allocations",
    }
)
"""Those whose value is the next word, when it is not joined by `=`."""

_FLAGS = frozenset(
    {
        "-f",
        "--looponfail",
        "-d",
        "--no-cov",
        "--no-cov-on-fail",
        "--cov-append",
        "--cov-branch",
        "--cov-reset",
        "--self-contained-html",
        "-x",
        "--exitfirst",
        "--pdb",
        "--trace",
        "--lf",
        "--last-failed",
        "--ff",
        "--failed-first",
        "--nf",
        "--new-first",
        "--sw",
        "--stepwise",
        "--sw-skip",
        "--stepwise-skip",
        "--cache-clear",
        "--forked",
        "--boxed",
        "--profile",
        "--profile-svg",
        "--memray",
        "--store-durations",
        "--clean-durations",
        "--monitor",
        "--codspeed",
    }
)

_KEPT_WITH_VALUE = frozenset({"-p", "-o", "-k", "-m", "-c", "-W", "-r"})
"""Kept, and the next word is their value, whatever it looks like."""

_FAMILIES = ("--benchmark-", "--randomly-", "--random-order", "--memray-", "--cov-", "--testmon", "--splits", "--group")
_PLUGINS = ("xdist", "pytest_cov", "pytest-cov", "pytest_benchmark", "benchmark", "randomly", "random_order", "memray")


def split_options(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """(kept, dropped): coverage, parallel runs, benchmarks, memray, time limits, other orders and early ends.

    They trace, add processes or threads, repeat the tests, write files, or need pytest's cache, which is off.
    """
    kept: list[str] = []
    dropped: list[str] = []
    rest = list(words)
    while rest:
        count = _dropped_words(rest)
        into = dropped if count else kept
        count = count or (2 if rest[0] in _KEPT_WITH_VALUE else 1)
        into += rest[:count]
        del rest[:count]
    return kept, dropped


def _dropped_words(rest: Sequence[str]) -> int:
    """How many words at the start of `rest` are a dropped option; 0 when the first is kept."""
    word = rest[0]
    name, equals, _ = word.partition("=")
    if name == "-p" and len(rest) > 1 and rest[1] in _PLUGINS:
        return 2
    if word.startswith("-p") and word[2:] in _PLUGINS:
        return 1
    if name == "--cov":  # its value is optional
        return 2 if not equals and len(rest) > 1 and _is_value(rest[1]) else 1
    if name in _VALUE_FOLLOWS:
        return 1 if equals else min(2, len(rest))
    if name in _FLAGS:
        return 1
    if word.startswith("-n") and not word.startswith("--") and word[2:].isalnum():
        return 1  # -n4, -nauto
    if any(name.startswith(family) for family in _FAMILIES):
        return 2 if not equals and len(rest) > 1 and _is_value(rest[1]) and _takes_value(name) else 1
    return 0


def _takes_value(name: str) -> bool:
    """Of the plugins' long options, those that are no switches."""
    switches = ("disable", "only", "skip", "enable", "verbose", "warmup", "json-in", "autosave", "calibrate")
    return not name.endswith((*switches, "-reorganize", "-seed-reset", "testmon"))


def _is_value(word: str) -> bool:
    return not word.startswith("-") and "::" not in word and not word.endswith(".py")


def said(dropped: Iterable[str]) -> str:
    """The sentence for options that were left out; "" when none were."""
    words = " ".join(dropped)
    return f"left out of measured runs, since they change what is measured: {words}" if words else ""
