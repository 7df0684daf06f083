"""The files of `.codeflash/`: where they are, how they are written, and what people say in them.

Each file has one writer (design, section 5): journal, results, handoff and learnings are the optimizer's;
tasks and router_log the router's; setup the setup agent's; conventions a person's (or the optimizer's, when a
change was rejected for style); notes are written by people only.
"""

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import BadInput
from runtime.setup_facts import SetupFacts, parse_setup, render_setup, unquoted
from runtime.storage import writing

__all__ = [
    "Conventions",
    "SetupFacts",
    "Workspace",
    "flush_folder",
    "parse_setup",
    "render_setup",
    "write_atomically",
]


def write_atomically(path: Path, text: str) -> None:
    """Replaces `path` by `text` (UTF-8): after a crash at any moment it holds the old text or the new, whole.

    The temporary file lies in the same folder, so that the rename stays within one file system. The parent
    folder is made when it is missing; an existing file keeps its permissions.

    Raises:
        OSError: the file system refuses; `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    temporary = Path(name)
    try:
        with writing(path), os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), path.stat().st_mode & 0o777 if path.exists() else 0o644)
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Makes a rename or a new file in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Conventions:
    """What people ask of the optimizer.

    Args:
        text: the project's `.codeflash/conventions.md`, "" when there is none.
        organisation: `../conventions.md`, "" when there is none.
        guard: the guard command, as a shell line; "" when none is configured. The project's overrides the
            organisation's.
        protect: globs of paths no patch may touch. The organisation's count too: a project adds to them.
    """

    text: str = ""
    organisation: str = ""
    guard: str = ""
    protect: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workspace:
    """The files of one repository's `.codeflash/`.

    Args:
        root: the root of the user's checkout.
    """

    root: Path

    @property
    def folder(self) -> Path:
        """`.codeflash` itself."""
        return self.root / ".codeflash"

    @property
    def journal(self) -> Path:
        """The append-only journal, one JSON event a line."""
        return self.folder / "journal.jsonl"

    @property
    def rejected(self) -> Path:
        """Journal lines that could not be read, as they were found."""
        return self.folder / "journal.rejected"

    @property
    def lock(self) -> Path:
        """Held by flock while a session runs."""
        return self.folder / "journal.lock"

    @property
    def results(self) -> Path:
        """The experiment log: a view of the journal."""
        return self.folder / "results.tsv"

    @property
    def handoff(self) -> Path:
        """The session's state for people: a view of the journal."""
        return self.folder / "HANDOFF.md"

    @property
    def learnings(self) -> Path:
        """Discoveries for later sessions: a view of the journal."""
        return self.folder / "learnings.md"

    @property
    def conventions(self) -> Path:
        """The maintainers' preferences."""
        return self.folder / "conventions.md"

    @property
    def organisation_conventions(self) -> Path:
        """The organisation's preferences, beside the repository."""
        return self.root.parent / "conventions.md"

    @property
    def setup(self) -> Path:
        """Interpreter, test command, profilers: see `runtime.setup_facts`."""
        return self.folder / "setup.md"

    @property
    def notes(self) -> Path:
        """People's own notes, quoted in HANDOFF.md."""
        return self.folder / "notes.md"

    @property
    def tasks(self) -> Path:
        """The shared task list."""
        return self.folder / "tasks.json"

    @property
    def router_log(self) -> Path:
        """Every log line of the session."""
        return self.folder / "router.log"

    @property
    def worktree(self) -> Path:
        """Where the optimization branch is checked out."""
        return self.folder / "worktree"

    @property
    def agent_notes(self) -> Path:
        """CLAUDE.md of the project."""
        return self.root / "CLAUDE.md"

    def read_text(self, path: Path) -> str:
        """The text of one of the files above, "" when it does not exist.

        Raises:
            BadInput: it cannot be read, or is not UTF-8.
        """
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError as error:
            raise BadInput(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8.") from error
        except OSError as error:
            raise BadInput(f"{path} cannot be read ({error.strerror}): mend or remove it.") from error

    def read_notes(self) -> str:
        """notes.md, "" when there is none. Raises BadInput when it cannot be read."""
        return self.read_text(self.notes)

    def read_learnings(self) -> str:
        """learnings.md of earlier sessions, "" when there is none. Raises BadInput when it cannot be read."""
        return self.read_text(self.learnings)

    def read_agent_notes(self) -> str:
        """CLAUDE.md, "" when there is none. Raises BadInput when it cannot be read."""
        return self.read_text(self.agent_notes)

    def read_setup(self) -> SetupFacts | None:
        """The facts in setup.md; None when there is no such file.

        Raises:
            BadInput: it cannot be read; names the wrong line.
        """
        text = self.read_text(self.setup)
        return parse_setup(text) if text else None

    def read_conventions(self) -> Conventions:
        """Both conventions files: the project's overrides the organisation's.

        Raises:
            BadInput: a file cannot be read, or a Guard or Protect line is empty or doubled.
        """
        project = self.read_text(self.conventions)
        organisation = self.read_text(self.organisation_conventions)
        guard, protect = _directives(project, self.conventions)
        wide_guard, wide_protect = _directives(organisation, self.organisation_conventions)
        return Conventions(
            text=project,
            organisation=organisation,
            guard=guard or wide_guard,
            protect=tuple(dict.fromkeys((*protect, *wide_protect))),
        )


_DIRECTIVE = re.compile(r"^\s*(?:[-*+]\s+)?(?:\*\*)?(guard|protect)(?:\*\*)?\s*:(?:\*\*)?(.*)$", re.IGNORECASE)


def _directives(text: str, path: Path) -> tuple[str, list[str]]:
    """The Guard command and the Protect globs of a conventions file; fenced examples do not count."""
    guard = ""
    protect: list[str] = []
    fenced = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            continue
        match = None if fenced else _DIRECTIVE.match(line)
        if match is None:
            continue
        name, value = match[1].capitalize(), unquoted(match[2])
        if not value:
            raise BadInput(f"{path} line {number}: {name} is empty: write `{name}: <value>` or remove the line.")
        if name == "Protect":
            protect.append(value)
        elif guard:
            raise BadInput(f"{path} line {number}: a second Guard: join the two commands with `&&`.")
        else:
            guard = value
    return guard, protect
