"""Profiles in the exchange folder: how the optimizer hands a whole profile to the researcher.

A profile is too large for a message; the message (`messaging.contents.Targets`) names the file.
"""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from runtime.domain import Profile, Sources
from runtime.errors import LowtideError
from runtime.measure.reports import Native, ProbeReport
from runtime.paths import confined


class ProfileFile(BaseModel):
    """A profile and what its sources are, as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tree: str
    calls: ProbeReport
    stages: ProbeReport
    census: ProbeReport | None
    native: Native | None
    resident: int | None
    children: int
    files: dict[str, str]
    """Path -> git blob of every tracked file of the tree."""
    editable: list[str]
    """The paths a patch may change (I18)."""
    library: bool
    requires_python: tuple[int, int]
    python: tuple[int, int]

    @property
    def profile(self) -> Profile:
        """The profile."""
        return Profile(self.tree, self.calls, self.stages, self.census, self.native, self.resident, self.children)

    def sources(self, root: Path) -> Sources:
        """The tree's sources, whose files lie below `root`."""
        return Sources(
            root=root,
            tree=self.tree,
            files=self.files,
            editable=frozenset(self.editable).__contains__,
            library=self.library,
            requires_python=self.requires_python,
            python=self.python,
        )


def profile_name(tree: str) -> str:
    """The name, in the exchange folder, of the profile of a git tree."""
    return f"profiles/{tree}.json"


def write_profile(exchange: Path, profile: Profile, sources: Sources) -> str:
    """Writes a profile into the exchange folder; returns its name there, for `Targets.profile`."""
    name = profile_name(profile.tree)
    file = ProfileFile(
        tree=profile.tree,
        calls=profile.calls,
        stages=profile.stages,
        census=profile.census,
        native=profile.native,
        resident=profile.resident,
        children=profile.children,
        files=sources.files,
        editable=[path for path in sources.files if sources.editable(path)],
        library=sources.library,
        requires_python=sources.requires_python,
        python=sources.python,
    )
    path = exchange / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(file.model_dump_json(), encoding="utf-8")
    temporary.replace(path)
    return name


def read_profile(exchange: Path, name: str) -> ProfileFile:
    """Reads a profile by its name in the exchange folder.

    Raises:
        LowtideError: it is not there, or is no profile; the name leads out of the folder.
    """
    try:
        return ProfileFile.model_validate_json((exchange / confined(name)).read_bytes())
    except OSError as error:
        raise LowtideError(f"The profile {name} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise LowtideError(f"The profile {name} is none: {place}: {first['msg']}.") from None
