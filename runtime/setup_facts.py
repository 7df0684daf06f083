"""setup.md: what the setup agent found, as Markdown that a person can edit and we read back.

One fact a line, `- Name: value`, values in back quotes where they are commands or paths; free text below
`## Notes`.
"""

import re
import shlex
from collections.abc import Callable, Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from runtime.errors import BadInput


class SetupFacts(BaseModel):
    """The locked methodology's surroundings (I14)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interpreter: str
    """Absolute path of the target's interpreter."""
    python_version: str
    """`3.12.1`."""
    environment: str = ""
    """Where the interpreter was found, and so why it was taken, in one clause."""
    test_runner: Literal["pytest", "unittest", "command", ""] = ""
    """"": no tests were found; equality rests on the digest."""
    test_command: list[str] = []
    """Words of the test command; needed by runner `command`."""
    test_options: list[str] = []
    """The project's own options of pytest that measured runs keep."""
    tests_collected: int | None = None
    """None: nobody counted."""
    profilers: list[str] = ["tracemalloc"]
    """`tracemalloc`, `memray 1.17.2`."""
    packages: dict[str, str] = {}
    """Installed versions of packages that matter to measuring: pytest, numpy ..."""
    kind: Literal["library", "application"] = "application"
    roots: list[str] = [""]
    """Import roots relative to the repository, in order; "" is the repository itself."""
    sandbox: Literal["isolated", "limited"] = "limited"
    requires_python: tuple[int, int] = (3, 9)
    """The lowest Python the project supports."""
    notes: str = ""
    """Free text, without leading or trailing blank lines."""


_LOWEST = re.compile(r"(?:>=?|~=?|==|\^)\s*(\d+)(?:\.(\d+))?")


def lowest_python(specifier: str) -> tuple[int, int] | None:
    """The lowest version a `requires-python` text, or poetry's way of saying it, allows: (3, 9) for `>=3.9,<4` and for
    `^3.9 || ^3.11`; None when it names none.
    """
    ways = [[(int(major), int(minor or 0)) for major, minor in _LOWEST.findall(way)] for way in specifier.split("||")]
    return min((max(way) for way in ways if way), default=None)


def unquoted(value: str) -> str:
    """A Markdown value without the back quotes round it."""
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] == "`":
        return value[1:-1].strip()
    return value


_NONE = "none"
_NOTES = "## Notes"


def render_setup(facts: SetupFacts) -> str:
    """The text of setup.md. `parse_setup(render_setup(facts)) == facts`.

    Raises:
        BadInput: a value that does not read back, such as a path with a comma in it.
    """
    lines = [
        ("Interpreter", f"`{facts.interpreter}`"),
        ("Python version", facts.python_version),
        ("Environment", facts.environment or _NONE),
        ("Test runner", facts.test_runner or _NONE),
        ("Test command", f"`{shlex.join(facts.test_command)}`" if facts.test_command else _NONE),
        ("Test options", f"`{shlex.join(facts.test_options)}`" if facts.test_options else _NONE),
        ("Tests collected", "unknown" if facts.tests_collected is None else str(facts.tests_collected)),
        ("Profilers", ", ".join(facts.profilers) or _NONE),
        ("Packages", ", ".join(f"{name} {version}" for name, version in facts.packages.items()) or _NONE),
        ("Kind", facts.kind),
        ("Import roots", ", ".join(f"`{root or '.'}`" for root in facts.roots) or _NONE),
        ("Sandbox", facts.sandbox),
        ("requires-python", f"`>={facts.requires_python[0]}.{facts.requires_python[1]}`"),
    ]
    text = "# Setup\n\n" + "".join(f"- {name}: {value}\n" for name, value in lines)
    if facts.notes:
        text = f"{text}\n{_NOTES}\n\n{facts.notes}\n"
    if parse_setup(text) != facts:
        raise BadInput(f"setup.md cannot hold this, a name has a comma or a line break in it: {facts!r}.")
    return text


def _words(value: str) -> list[str]:
    return [] if value == _NONE else [unquoted(word) for word in value.split(",") if word.strip()]


def _versions(value: str) -> dict[str, str]:
    found = {}
    for word in _words(value):
        name, space, version = word.partition(" ")
        if not space:
            raise ValueError(f"`{word}` has no version")
        found[name] = version.strip()
    return found


def _lowest(value: str) -> tuple[int, int]:
    lowest = lowest_python(value)
    if lowest is None:
        raise ValueError("give the lowest supported version, like `>=3.9`")
    return lowest


def _command(value: str) -> list[str]:
    return [] if value == _NONE else shlex.split(value)


_READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "interpreter": ("interpreter", str),
    "python version": ("python_version", str),
    "environment": ("environment", lambda value: "" if value == _NONE else value),
    "test runner": ("test_runner", lambda value: "" if value == _NONE else value),
    "test command": ("test_command", _command),
    "test options": ("test_options", _command),
    "tests collected": ("tests_collected", lambda value: None if value == "unknown" else int(value)),
    "profilers": ("profilers", _words),
    "packages": ("packages", _versions),
    "kind": ("kind", str),
    "import roots": ("roots", lambda value: ["" if root == "." else root for root in _words(value)]),
    "sandbox": ("sandbox", str),
    "requires-python": ("requires_python", _lowest),
}
"""Name of a line, in lower case -> field and reader of its value."""

_LINE = re.compile(r"^[-*+]\s+([^:]+?)\s*:\s*(.*)$")


def parse_setup(text: str) -> SetupFacts:
    """Reads setup.md. A line left out has the default of its field.

    Raises:
        BadInput: names the wrong line and what to write there.
    """
    values: dict[str, object] = {}
    places: dict[str, int] = {}
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if line.strip().lower() == _NOTES.lower():
            values["notes"] = "\n".join(lines[number:]).strip("\n")
            break
        if not line.strip() or line.startswith("#"):
            continue
        field, value = _read_line(line, number, places)
        values[field] = value
    try:
        return SetupFacts.model_validate(values)
    except ValidationError as error:
        raise BadInput(_explain(error.errors(include_url=False), places)) from error


def _read_line(line: str, number: int, places: dict[str, int]) -> tuple[str, object]:
    match = _LINE.match(line.strip())
    if match is None:
        raise BadInput(
            f"setup.md line {number} is no `- Name: value`: {line.strip()!r}. Put free text below `{_NOTES}`."
        )
    known = _READERS.get(match[1].strip("*").lower())
    if known is None:
        names = ", ".join(name.capitalize() for name in _READERS)
        raise BadInput(f"setup.md line {number}: unknown name {match[1]!r}. Known are: {names}.")
    field, read = known
    if field in places:
        raise BadInput(f"setup.md line {number} repeats line {places[field]}: keep one of them.")
    places[field] = number
    value = match[2].strip()
    try:
        return field, read(value if field in ("roots", "profilers", "packages") else unquoted(value))
    except ValueError as error:
        raise BadInput(f"setup.md line {number}: {match[1]}: {error}.") from error


def _explain(problems: Iterable[object], places: dict[str, int]) -> str:
    sentences = []
    for problem in problems:
        assert isinstance(problem, dict)
        field, reason = str(problem["loc"][0]), str(problem["msg"])
        name = next(name for name, (known, _) in _READERS.items() if known == field).capitalize()
        if field in places:
            sentences.append(f"setup.md line {places[field]}: {name}: {reason}.")
        else:
            sentences.append(f"setup.md lacks the line `- {name}: ...`.")
    return " ".join(sentences)
