"""Chooses the target's interpreter: the best of the project's environments that has what the target imports."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agents.environments import Environment, Search
from agents.project_facts import unsupported
from runtime.errors import BadInput, TargetFailed
from runtime.measure.reports import Outcome, Tools

Inspect = Callable[[str], Awaitable[Outcome]]
"""Asks the runner what an interpreter has."""

_NAMED = 4
"""How many missing modules, or refused interpreters, a sentence names."""


@dataclass(frozen=True)
class Chosen:
    """The interpreter that is taken.

    Args:
        environment: which, and why.
        tools: what it has.
        notes: what to say about those that were passed over.
    """

    environment: Environment
    tools: Tools
    notes: tuple[str, ...] = ()


async def choose(found: Search, inspect: Inspect, make: Callable[[list[str]], str]) -> Chosen:
    """The first environment that starts, is supported, and has every module it was asked for.

    Args:
        found: the candidates, best first.
        inspect: see Inspect.
        make: the command that would make an environment with the modules that are missing.

    Raises:
        BadInput: none can be used, or none has what the target imports; the sentence says what to do.
    """
    notes = [f"skipped: {reason}" for reason in found.skipped]
    refused: list[str] = []
    lacking: list[tuple[Environment, list[str]]] = []
    for environment in found.found:
        outcome = await inspect(environment.python)
        reason, tools = _fit(outcome)
        if tools is None:
            refused.append(f"{environment.python}: {reason}")
            continue
        if not tools.missing:
            notes += [f"skipped: {text}" for text in refused]
            notes += [f"skipped: {one.python} has no {_listed(missing)}" for one, missing in lacking]
            return Chosen(environment, tools, tuple(notes))
        lacking.append((environment, tools.missing))
    if lacking:
        best, missing = lacking[0]
        raise BadInput(
            f"No Python environment was found that has what the target imports ({best.python} has no "
            f"{_listed(missing)}): make one with `{make(missing)}`, or choose one with --python."
        )
    passed = "; ".join([*refused, *found.skipped][:_NAMED]) or "none was found"
    raise BadInput(f"No interpreter can be used ({passed}): choose another with --python.")


async def take(python: str, why: str, inspect: Inspect) -> Chosen:
    """The interpreter that a person named; what it lacks is said, and is no reason to refuse it.

    Raises:
        TargetFailed: it does not start.
        BadInput: it is not supported.
    """
    outcome = await inspect(python)
    reason, tools = _fit(outcome)
    if tools is None and outcome.status != "ok":
        raise TargetFailed(f"The interpreter {python} cannot be used: {reason}.", outcome.output)
    if tools is None:
        raise BadInput(f"No interpreter can be used ({python}: {reason}): choose another with --python.")
    lacks = f"{python} has no {_listed(tools.missing)}, which the target imports" if tools.missing else ""
    return Chosen(Environment(python, why), tools, (lacks,) if lacks else ())


def _fit(outcome: Outcome) -> tuple[str, Tools | None]:
    """(why it cannot be used, None) or ("", what it has)."""
    tools = outcome.report.tools if outcome.report else None
    if outcome.status != "ok" or tools is None:
        failure = outcome.report.failure if outcome.report else ""
        text = outcome.reason or failure or outcome.output or outcome.status
        return text.strip().splitlines()[-1].rstrip("."), None
    reason = unsupported(tools.implementation, tools.version)
    return reason, None if reason else tools


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
