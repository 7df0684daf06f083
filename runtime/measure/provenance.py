"""Whether a measurement ran the code of the tree under test (design, I12). Pure: decides from the report."""

import os
import re
from collections.abc import Mapping

from runtime.measure.models import Job
from runtime.measure.reports import ImportedFile, ProbeReport

SUFFIXES = (".py", ".pyc", ".so", ".pyd")
SCRIPT_NAMES = frozenset({"__main__", "__mp_main__"})
"""Names that say nothing about where a module belongs."""


def check(report: ProbeReport, job: Job, environment: str | None = None) -> str | None:
    """Why the measurement does not count; None when it does.

    Every imported file must lie in the export and have the content of the tree under test, or belong to no
    tracked file under any import root.

    Args:
        report: what the probe says was imported.
        job: `export`, `checkout`, `roots` and `blobs` of the run.
        environment: the virtual environment of the interpreter, the one place inside the checkout from which
            modules may come; None when it has none.

    Returns:
        A sentence that names the module and where it came from.
    """
    owners = module_names(job.blobs, job.roots)
    foreign = {module.module for module in report.modules if _is_foreign_package(module, job, owners)}
    for module in report.modules:
        reason = _refusal(module, job, owners, foreign, environment)
        if reason:
            return reason if module.process == "main" else f"In a child process: {reason}"
    return None if _target_seen(report, job) else _unseen(job)


def module_names(paths: Mapping[str, str], roots: list[str]) -> dict[str, set[str]]:
    """Module name -> tracked paths that an import of it may load, under any of the import roots."""
    names: dict[str, set[str]] = {}
    for path in paths:
        stem = re.sub(r"\.[^/]*$", "", path)
        if not path.endswith(SUFFIXES):
            continue
        for root in roots:
            prefix = f"{root}/" if root else ""
            if stem.startswith(prefix):
                parts = stem.removeprefix(prefix).removesuffix("/__init__").split("/")
                if all(part.isidentifier() for part in parts):
                    names.setdefault(".".join(parts), set()).add(path)
    return names


def _refusal(
    module: ImportedFile,
    job: Job,
    owners: dict[str, set[str]],
    foreign: set[str],
    environment: str | None,
) -> str | None:
    file = os.path.normpath(module.file)
    inside = _relative(file, job.export)
    if inside is not None and inside in job.blobs:
        if job.blobs[inside] != module.blob:
            return f"{module.module} was loaded from {inside}, which is not as it is in the tree under test."
        return None
    expected = _expected(module.module, job, owners, foreign)
    if expected:
        return (
            f"{module.module} was loaded from {file}, not from {expected} of the tree under test: "
            "uninstall the project from the interpreter's environment, or name another interpreter."
        )
    in_environment = environment is not None and _relative(file, environment) is not None
    if inside is None and not in_environment and _relative(file, job.checkout) is not None:
        return (
            f"{module.module} was loaded from the checkout ({file}): the project is installed there "
            "in a way that cannot be redirected; uninstall it, or name another interpreter."
        )
    return None


def _expected(name: str, job: Job, owners: dict[str, set[str]], foreign: set[str]) -> str | None:
    """The tracked file that an import of `name` should have loaded; None when the name is not the project's.

    A tracked folder without any `__init__.py` gives way to an installed package of the same name, as in Python
    itself: `packaging/release.py` of a project does not own `packaging`.
    """
    if name in SCRIPT_NAMES or name not in owners:
        return None
    parents = [name.rsplit(".", count)[0] for count in range(1, name.count(".") + 1)]
    regular = any(_is_init(path) for parent in parents for path in owners.get(parent, ()))
    if not regular and any(parent in foreign for parent in parents):
        return None
    return sorted(owners[name])[0]


def _is_foreign_package(module: ImportedFile, job: Job, owners: dict[str, set[str]]) -> bool:
    """A package from outside the export that has no counterpart in the tree."""
    file = os.path.normpath(module.file)
    outside = _relative(file, job.export) is None and _relative(file, job.checkout) is None
    return outside and module.module not in owners and _is_init(file)


def _is_init(path: str) -> bool:
    return path.rpartition("/")[2].startswith("__init__.")


def _target_seen(report: ProbeReport, job: Job) -> bool:
    """Some file of the target's own was imported: without one nothing shows what ran."""
    if job.target is None or job.purpose in ("inspect", "tests"):
        return True
    files = {_relative(os.path.normpath(module.file), job.export) for module in report.modules}
    module = job.target.module
    names = module_names(job.blobs, job.roots)
    own = names.get(module, set()) | names.get(f"{module}.__main__", set())
    if own or job.target.kind == "function":
        return bool(files & own)
    if job.target.path:
        return os.path.normpath(job.target.path) in files
    return bool(files - {None})


def _unseen(job: Job) -> str:
    assert job.target is not None
    return f"nothing shows that {job.target.text} was run from the tree under test."


def _relative(file: str, folder: str) -> str | None:
    """`file` relative to `folder`; None when it lies elsewhere."""
    start = folder.rstrip("/") + "/"
    return file.removeprefix(start) if folder and file.startswith(start) else None
