"""Where the target's modules come from: the export and nothing else of the project (design, I12).

Used in the target's process, and by the sitecustomize that is put before its Python children.
"""

from __future__ import annotations

import atexit
import os
import sys
import types
from collections.abc import Iterable, Iterator
from importlib import machinery, util

_STANDARD = os.path.dirname(os.__file__)
_SITE = ("site-packages", "dist-packages")
_SUFFIXES = (".py", ".pyc", *machinery.EXTENSION_SUFFIXES)
_NOT_FOUND_LIMIT = 5000
_dict_of = type(sys).__dict__["__dict__"].__get__
_realpath = os.path.realpath
_open = open
_getpid = os.getpid


def top_level_names(blobs: Iterable[str], roots: Iterable[str]) -> set[str]:
    """First parts of the module names that the tracked files have under the import roots."""
    names = set()
    for path in blobs:
        if not path.endswith(_SUFFIXES):
            continue
        for root in roots:
            prefix = root.rstrip("/") + "/" if root else ""
            if path.startswith(prefix):
                names.add(path[len(prefix) :].partition("/")[0].partition(".")[0])
    return names


def below(path: str, folder: str) -> str | None:
    """`path` relative to `folder`; None when it lies elsewhere, "" for the folder itself."""
    if not folder:
        return None
    if path == folder:
        return ""
    start = folder.rstrip("/") + "/"
    return path[len(start) :] if path.startswith(start) else None


def is_of_checkout(path: str, checkout: str) -> bool:
    """Whether a path lies in the user's checkout, its installed packages and its interpreter apart."""
    if not checkout:
        return False
    inside = below(path, checkout)
    if inside is None:
        inside = below(_realpath(path), _realpath(checkout))
    if inside is None or any(part in _SITE for part in inside.split("/")):
        return False
    return not any(_is_within_prefix(path, prefix, checkout) for prefix in {sys.prefix, sys.base_prefix})


def _is_within_prefix(path: str, prefix: str, checkout: str) -> bool:
    if below(path, _STANDARD) is not None:
        return True
    return below(prefix, checkout) not in (None, "") and below(path, prefix) is not None


def redirect(export: str, checkout: str, roots: Iterable[str], names: Iterable[str]) -> None:
    """Puts the export's import roots first and takes away whatever would load the project from elsewhere.

    Args:
        export: absolute folder of the tree under test.
        checkout: the user's checkout; "" for none.
        roots: import roots relative to the export.
        names: the project's top-level names.
    """
    firsts = [os.path.join(export, root) if root else export for root in roots]
    hooked = _editable_placeholders(names)
    rest = [
        entry
        for entry in sys.path
        if not isinstance(entry, str)
        or (entry and entry not in firsts and entry not in hooked and not is_of_checkout(entry, checkout))
    ]
    sys.path[:] = firsts + rest
    sys.meta_path[:] = [finder for finder in sys.meta_path if not _leads_elsewhere(finder, names)]
    for name, module in list(sys.modules.items()):  # imported at start-up by a .pth file
        file = module_file(module)
        if file is None or below(file, export) is not None:
            continue
        if is_of_checkout(file, checkout) or (name.partition(".")[0] in names and _from_pth(name, file)):
            del sys.modules[name]
    sys.path_importer_cache.clear()


def _from_pth(name: str, file: str) -> bool:
    return below(file, _STANDARD) is None and name.partition(".")[0] not in ("__main__", "sitecustomize")


def _leads_elsewhere(finder: object, names: Iterable[str]) -> bool:
    """Whether a finder that is none of Python's own would find a name of the project."""
    if finder in (machinery.BuiltinImporter, machinery.FrozenImporter, machinery.PathFinder):
        return False
    for attribute in ("_top_level_modules", "known_source_files"):  # meson-python, scikit-build-core: asking
        known = getattr(finder, attribute, None)  # them would start a build
        if known is not None:
            return any(str(name).partition(".")[0] in names for name in known)
    find = getattr(finder, "find_spec", None)
    if find is None:
        return False
    for name in names:
        try:
            if find(name, None, None) is not None:
                return True
        except Exception:  # noqa: BLE001  a finder that fails on the project's name would break its import
            return True
    return False


def _editable_placeholders(names: Iterable[str]) -> set[str]:
    """Entries of sys.path by which setuptools' editable installs hook namespace packages of the project."""
    found = set()
    for module in list(sys.modules.values()):
        space = _namespace(module)
        entry = space.get("PATH_PLACEHOLDER")
        if isinstance(entry, str):
            known = [*(space.get("MAPPING") or ()), *(space.get("NAMESPACES") or ())]
            if any(str(name).partition(".")[0] in names for name in known):
                found.add(entry)
    return found


class NotFound:
    """Last finder of sys.meta_path: finds nothing and keeps the names that nobody found."""

    def __init__(self) -> None:
        self.asked = {}

    def find_spec(self, name: str, path: Iterable[str] | None = None, target: object = None) -> None:
        """Notes the name and the folders it was looked for in."""
        if name not in self.asked and len(self.asked) < _NOT_FOUND_LIMIT:
            try:
                self.asked[name] = tuple(sys.path if path is None else path)
            except Exception:  # noqa: BLE001  a lazy __path__ of the target's
                self.asked[name] = ()

    def candidates(self) -> Iterator[str]:
        """Files that would have satisfied the imports that failed."""
        for name, folders in list(self.asked.items()):
            if name in sys.modules:
                continue
            last = name.rpartition(".")[2]
            for folder in folders:
                if isinstance(folder, str) and folder.startswith("/"):
                    stem = os.path.join(folder, last)
                    yield from (stem + suffix for suffix in (".py", *machinery.EXTENSION_SUFFIXES))
                    yield os.path.join(stem, "__init__.py")


def module_file(module: object) -> str | None:
    """A module's absolute file, read without running code of the module's; None when it has none."""
    space = _namespace(module)
    file = space.get("__file__")
    if file is None and type(space.get("__loader__")) is machinery.SourceFileLoader:
        file = space["__loader__"].path  # python takes a script's __file__ away when it has run
    if not isinstance(file, str) or not file:
        return None
    return file if file.startswith("/") else os.path.abspath(file)


def _namespace(module: object) -> dict:
    try:
        return _dict_of(module)
    except TypeError:  # something else that was put into sys.modules
        try:
            space = object.__getattribute__(module, "__dict__")
        except AttributeError:
            return {}
        return space if isinstance(space, dict) else {}


def project_modules(export: str, checkout: str, names: Iterable[str]) -> list[tuple[str, str]]:
    """(module, file) of what is loaded from the export, from the checkout, or under a name of the project's."""
    found = []
    for name, module in list(sys.modules.items()):
        file = module_file(module)
        if file is None or not isinstance(name, str):
            continue
        inside = below(file, export) is not None or is_of_checkout(file, checkout)
        if not inside and name.partition(".")[0] in names:
            inside = below(file, _STANDARD) is None or any(part in _SITE for part in file.split("/"))
        if inside:
            found.append((name, file))
    return sorted(found)


_SITECUSTOMIZE = """\
import sys
def _start():
    folder = {folder!r}
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    from importlib import util
    spec = util.spec_from_file_location("_lowtide_probe_importing", {source!r})
    module = util.module_from_spec(spec)
    sys.modules["_lowtide_probe_importing"] = module
    spec.loader.exec_module(module)
    module.in_child(*{arguments!r})
    own = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize
    except ImportError as error:
        if own is not None:
            sys.modules["sitecustomize"] = own
        if error.name != "sitecustomize":
            raise
_start()
"""


def prepare_children(
    folder: str, export: str, checkout: str, roots: Iterable[str], names: Iterable[str], traced: bool = False
) -> None:
    """Has every Python child load the project from the export too, and leave its module list in `folder`; where they
    are `traced`, its traced peak too.
    """
    os.makedirs(folder)
    text = _SITECUSTOMIZE.format(
        folder=folder,
        source=os.path.abspath(__file__),
        arguments=(folder, export, checkout, list(roots), sorted(names), traced),
    )
    with _open(os.path.join(folder, "sitecustomize.py"), "w", encoding="utf-8") as file:
        file.write(text)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = folder + (os.pathsep + before if before else "")


def in_child(folder: str, export: str, checkout: str, roots: Iterable[str], names: Iterable[str], traced: bool) -> None:
    """What a Python child does at its start."""
    names = set(names)
    redirect(export, checkout, roots, names)
    owner = _getpid()
    leave = os._exit
    offspring = None
    if traced and sys.implementation.name == "cpython" and sys.version_info >= (3, 9):  # a child may be another python
        for sibling in ("describe", "instrument", "finder", "calls", "lines", "offspring"):  # as they need each other
            last = _load(sibling)
        offspring = last.start(folder, export)

    def write() -> None:
        write_modules(folder, export, checkout, names)
        if offspring is not None:
            offspring.leave()

    def leaving(code: int) -> None:
        write()
        leave(code)

    os._exit = leaving
    atexit.register(lambda: write() if _getpid() == owner else None)


def _load(sibling: str) -> types.ModuleType:
    """A file of this folder as the module `_lowtide_probe_SIBLING`."""
    name = "_lowtide_probe_" + sibling
    spec = util.spec_from_file_location(name, os.path.join(os.path.dirname(os.path.abspath(__file__)), sibling + ".py"))
    module = sys.modules[name] = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_modules(folder: str, export: str, checkout: str, names: Iterable[str]) -> None:
    """Leaves this process's module list; said again later, the later list counts."""
    path = os.path.join(folder, "%d.modules" % _getpid())
    try:
        with _open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            for name, module in project_modules(export, checkout, names):
                file.write(f"{name}\0{module}\0")
    except OSError as error:
        sys.stderr.write(f"The module list of a child cannot be left: {error}\n")


def read_children(folder: str) -> tuple[int, list[tuple[str, str]]]:
    """(number of Python children that left a list, the modules of all of them)."""
    found, count = set(), 0
    for entry in os.listdir(folder):
        if entry.endswith(".modules"):
            count += 1
            with _open(os.path.join(folder, entry), encoding="utf-8", errors="surrogateescape", newline="") as file:
                text = file.read()
            parts = text.split("\0")[:-1]  # cut short when the child was ended while it wrote
            found.update((parts[at], parts[at + 1]) for at in range(0, len(parts) - 1, 2))
    return count, sorted(found)
