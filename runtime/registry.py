"""Finds agents and domains by entry point, never by import, and checks that our packages are our own."""

import importlib.util
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, cast

from runtime.domain import Domain
from runtime.errors import BadInput

if TYPE_CHECKING:
    from runtime.agent import Agent

AGENTS = "lowtide.agents"
DOMAINS = "lowtide.domains"
PACKAGES = ("messaging", "runtime", "agents", "prompts")
"""Names this general can be shadowed (design, section 2)."""

_HERE = Path(__file__).resolve().parent.parent


def agents() -> dict[str, str]:
    """Every installed agent: name -> `module:Class`.

    Raises:
        BadInput: Lowtide is not installed in this environment.
    """
    found = {entry.name: entry.value for entry in entry_points(group=AGENTS)}
    if not found:
        raise BadInput("Lowtide is not installed in this environment: install it with `pip install .` or `make`.")
    return found


def load_agent(name: str, path: str) -> "type[Agent]":
    """The class of the agent `name` at `path` (`module:Class`).

    Raises:
        BadInput: there is no such class.
    """
    return cast("type[Agent]", _load(EntryPoint(name, path, AGENTS), "agent"))


def load_domain(name: str) -> Domain:
    """A new instance of the domain `name`.

    Raises:
        BadInput: no such domain is installed.
    """
    found = list(entry_points(group=DOMAINS, name=name))
    if not found:
        known = ", ".join(sorted(entry.name for entry in entry_points(group=DOMAINS))) or "none"
        raise BadInput(f"No domain {name!r} is installed (installed: {known}): install its package.")
    make = cast("type[Domain]", _load(found[0], "domain"))
    return make()


def _load(entry: EntryPoint, what: str) -> object:
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        raise BadInput(f"The {what} {entry.name!r} ({entry.value}) cannot be loaded: {error}.") from error


def check_ours(packages: tuple[str, ...] = PACKAGES, home: Path = _HERE) -> None:
    """Checks that each package comes from our own distribution.

    All four lie in one folder: the distribution's when it is installed, the working copy's when it is installed
    for development. `home` is the folder this module itself was loaded from.

    Raises:
        BadInput: another package of the same name comes first; the sentence says which, and what to do.
    """
    for name in packages:
        spec = importlib.util.find_spec(name)
        places = (
            [] if spec is None else [*(spec.submodule_search_locations or []), *([spec.origin] if spec.origin else [])]
        )
        if not places:
            raise BadInput(f"Lowtide's package {name!r} is missing from {home}: install Lowtide again.")
        if any(Path(place).resolve() in (home / name, home / name / "__init__.py") for place in places):
            continue
        raise BadInput(
            f"The package {name!r} comes from {places[-1]}, not from Lowtide's own {home}: "
            "install Lowtide into an environment of its own (uv tool, pipx or make)."
        )
    try:
        installed = distribution("lowtide").locate_file("runtime")
    except PackageNotFoundError:
        raise BadInput(
            "Lowtide is not installed in this environment: install it with `pip install .` or `make`."
        ) from None
    folder = Path(str(installed))
    if folder.is_dir() and folder.resolve() != home / "runtime":
        raise BadInput(f"Two copies of Lowtide: {folder} is installed, {home / 'runtime'} runs. Uninstall one of them.")
