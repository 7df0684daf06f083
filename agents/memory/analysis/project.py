"""The tree under optimization as rules see it: parsed once, cached by blob, read only."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper

from runtime.git import blob_id

_TEXTS = (
    *(".html", ".htm", ".xml", ".jinja", ".jinja2", ".j2", ".tmpl", ".tpl", ".mako", ".txt", ".ipynb"),
    *(".pyx", ".pxd", ".pxi", ".toml", ".cfg", ".ini", ".yaml", ".yml", ".json"),
)
"""Suffixes of text files that may name attributes of the program."""
_TEXT_LIMIT = 2**20
"""Bytes of a text file beyond which it is data."""
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass
class Source:
    """One Python file: text, blob and its concrete syntax tree with positions (parsed on first use)."""

    path: str
    data: bytes
    blob: str
    parsed: object = field(default=None, repr=False, compare=False)
    """The syntax tree with its bindings, kept by `agents.memory.analysis.modules`; False when it does not parse."""
    _wrapper: MetadataWrapper | None = field(default=None, repr=False, compare=False)

    @property
    def text(self) -> str:
        """The decoded text; UnicodeDecodeError for a file that is not UTF-8."""
        return self.data.decode("utf-8")

    @property
    def wrapper(self) -> MetadataWrapper:
        """The parsed module. Raises libcst.ParserSyntaxError when it does not parse."""
        if self._wrapper is None:
            self._wrapper = MetadataWrapper(cst.parse_module(self.data), unsafe_skip_copy=True)
        return self._wrapper


@dataclass
class Project:
    """All Python files of a tree, tests included: closed-use checks must see every reader.

    Args:
        sources: path relative to the root -> source.
        editable: paths a rule may change (not tests, conftest, benchmarks, build files, protected drivers).
        library: public names have callers nobody here can see.
        requires_python: lowest supported version, as (major, minor).
        python: version of the target's interpreter.
    """

    sources: Mapping[str, Source]
    editable: frozenset[str]
    library: bool = False
    requires_python: tuple[int, int] = (3, 9)
    python: tuple[int, int] = (3, 11)
    words: frozenset[str] = frozenset()
    """Identifiers in the tree's templates, notebooks, configuration and Cython: what those may name is not unused."""
    facts: dict[str, object] = field(default_factory=dict, repr=False)
    """Cache of whole-tree analyses, keyed by their name; valid for these sources only."""

    @classmethod
    def load(
        cls,
        root: Path,
        paths: Iterable[str],
        editable: Iterable[str],
        *,
        library: bool = False,
        requires_python: tuple[int, int] = (3, 9),
        python: tuple[int, int] = (3, 11),
        previous: "Project | None" = None,
    ) -> "Project":
        """Reads `paths` below `root`; a file unchanged since `previous` keeps its parsed tree."""
        sources: dict[str, Source] = {}
        words: set[str] = set()
        for path in paths:
            if path.endswith(_TEXTS):
                words |= _words(root / path)
            if not path.endswith(".py"):
                continue
            data = (root / path).read_bytes()
            blob = blob_id(data)
            old = previous.sources.get(path) if previous else None
            sources[path] = old if old and old.blob == blob else Source(path, data, blob)
        return cls(sources, frozenset(editable), library, requires_python, python, frozenset(words))

    def edited(self, texts: Mapping[str, str]) -> "Project":
        """The project with the text of some files replaced; what was found out about the others' syntax stays."""
        changed = {path: Source(path, text.encode(), blob_id(text.encode())) for path, text in texts.items()}
        return replace(self, sources={**self.sources, **changed}, facts={})


def _words(file: Path) -> set[str]:
    if not file.is_file() or file.stat().st_size > _TEXT_LIMIT:
        return set()
    return set(_WORD.findall(file.read_text("utf-8", "replace")))
