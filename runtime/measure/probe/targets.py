"""Runs a script, `python -m module` or a command as python does, or a function. Test targets: testing.py."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import traceback
import types
from importlib import import_module, machinery, util

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_format_exception = traceback.format_exception
_join = os.path.join
_write = os.write
_open = open
_COROUTINE = 0x80  # inspect.CO_COROUTINE
PROGRAMS = ("script", "module", "command")
"""Kinds of target that run as a process of their own would: judged by output and exit code."""
_GENERATORS = (types.GeneratorType, types.AsyncGeneratorType)


class Ended:
    """How the target ended.

    Args:
        failure: why it failed; "" when it did not.
        value: what a function returned.
        code: exit code of a script.
    """

    def __init__(self, failure: str = "", value: object = None, code: int = 0) -> None:
        self.failure = failure
        self.value = value
        self.code = code


def failure_of(error: BaseException) -> str:
    """The traceback of an exception without the probe's own frames."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_FOLDER):
        trace = trace.tb_next
    try:
        return "".join(_format_exception(type(error), error, trace))
    except Exception:  # noqa: BLE001  an exception of the target's that cannot be shown
        return f"{type(error).__name__} (its text cannot be shown)"


def blank_main() -> types.ModuleType:
    """Puts an empty module in the place of `__main__`; the probe's own stays reachable."""
    sys.modules["_lowtide_probe"] = sys.modules["__main__"]
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    return main


def run_program(target: dict, export: str, meter: object, recorder: object) -> Ended:
    """Runs a target of PROGRAMS.

    Args:
        target: the fields of TargetSpec.
        export: absolute folder, which is the working directory.
        meter: begun before the program's first line.
        recorder: stages.Recorder, which compiles what runs as `__main__`; or None.
    """
    if target["kind"] == "script":
        return run_script(target["path"], target["arguments"], export, meter, recorder)
    if target["kind"] == "module":
        return run_module(target["module"], target["arguments"], export, meter, recorder)
    return run_command(target, meter)


def run_script(path: str, arguments: list[str], export: str, meter: object, recorder: object) -> Ended:
    """Runs a script as python does: as `__main__`, its folder first on sys.path.

    Args:
        path: relative to the export, which is the working directory.
        arguments: what follows it on the command line.
        export: absolute folder.
        meter: begun when the script's code is compiled.
        recorder: stages.Recorder, which compiles the script; or None.
    """
    file = _join(export, path)
    main = blank_main()
    main.__dict__.update(__file__=file, __cached__=None, __loader__=machinery.SourceFileLoader("__main__", file))
    sys.argv[:] = [path, *arguments]
    sys.path.insert(0, os.path.dirname(file))
    try:
        with _open(file, "rb") as source:
            text = source.read()
        code = recorder.compile(text, file) if recorder else compile(text, file, "exec", dont_inherit=True)
        del text
        meter.begin()
        exec(code, main.__dict__)
    except SystemExit as error:
        return _exited(error)
    except BaseException as error:  # noqa: BLE001  whatever the target raises
        return Ended(failure_of(error), code=1)
    return Ended()


def run_module(name: str, arguments: list[str], export: str, meter: object, recorder: object) -> Ended:
    """Runs a module as `python -m` does; the export's roots are on sys.path already.

    Args:
        name: the module, or a package with a `__main__`.
        arguments: what follows it on the command line.
        export: absolute folder; code from there is compiled by the recorder.
        meter: begun before its package is imported, which is part of the program.
        recorder: stages.Recorder or None.
    """
    main = blank_main()
    sys.argv[:] = ["-m", *arguments]
    try:
        meter.begin()
        spec = util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = util.find_spec(name + ".__main__")
        if spec is None or spec.loader is None or not hasattr(spec.loader, "get_code"):
            return Ended(f"There is no module {name} to run: python -m {name} fails.", code=1)
        file = spec.origin or ""
        main.__dict__.update(__file__=file, __cached__=None, __loader__=spec.loader, __spec__=spec)
        main.__dict__["__package__"] = spec.parent
        sys.argv[0] = file
        if recorder and file.startswith(export.rstrip("/") + "/") and file.endswith(".py"):
            with _open(file, "rb") as source:
                code = recorder.compile(source.read(), file)
        else:
            code = spec.loader.get_code(spec.name)
        exec(code, main.__dict__)
    except SystemExit as error:
        return _exited(error)
    except BaseException as error:  # noqa: BLE001  whatever the target raises
        return Ended(failure_of(error), code=1)
    return Ended()


def run_command(target: dict, meter: object) -> Ended:
    """Runs the command of an entry point as its installed script does: imports, calls, exits with what it returns.

    The import is part of the run, as it is when the script starts.
    """
    blank_main()
    sys.argv[:] = [target["command"], *target["arguments"]]
    module, function = target["module"], target["function"]
    try:
        if not module:
            module, function = entry_point(target["command"])
        if not module:
            return Ended(f"The interpreter's environment has no command {target['command']}.", code=1)
        meter.begin()
        called = import_module(module)
        for name in function.split("."):
            called = getattr(called, name)
        sys.exit(called())
    except SystemExit as error:
        return _exited(error)
    except BaseException as error:  # noqa: BLE001  whatever the target raises
        return Ended(failure_of(error), code=1)


def entry_point(command: str) -> tuple:
    """(module, function) of an installed command; ("", "") when there is none, or it names no function."""
    # Not at the top: it would be in sys.modules of every target.
    for distribution in import_module("importlib.metadata").distributions():
        for entry in distribution.entry_points:
            if entry.name == command and entry.group in ("console_scripts", "gui_scripts"):
                module, _, function = entry.value.partition(" ")[0].partition("[")[0].partition(":")
                if function:
                    return module.strip(), function.strip()
    return "", ""


def wind_up() -> None:
    """What python does at the end of a script: waits for its threads, calls its exit functions."""
    for step in (threading._shutdown, atexit._run_exitfuncs):
        try:
            step()
        except BaseException as error:  # noqa: BLE001  of the target's: python says it and ends as before
            with contextlib.suppress(OSError):  # the target closed it
                _write(2, failure_of(error).encode("utf-8", "replace"))


def _exited(error: BaseException) -> Ended:
    code = error.code
    if code is None:
        return Ended()
    if isinstance(code, int):
        code &= 0xFF
        return Ended(f"The script ended with exit code {code}." if code else "", code=code)
    return Ended(f"The script ended with exit code 1: {code}", code=1)


def run_function(module: str, function: str, text: str, meter: object) -> Ended:
    """Imports a module and calls a function of it without arguments; coroutines run under asyncio.run."""
    blank_main()
    sys.argv[:] = [text]
    try:
        called = import_module(module)
        for name in function.split("."):
            called = getattr(called, name)
        if getattr(getattr(called, "__code__", None), "co_flags", 0) & _COROUTINE:
            import_module("asyncio")
        meter.begin()
        value = called()
        if isinstance(value, types.CoroutineType):
            value = import_module("asyncio").run(value)
    except SystemExit as error:
        return Ended(f"The target ended the process with sys.exit({error.code!r}): name a function that returns.")
    except BaseException as error:  # noqa: BLE001  whatever the target raises
        return Ended(failure_of(error))
    meter.finish()
    if isinstance(value, _GENERATORS):
        return Ended("the target returns a generator: name a function that consumes it")
    return Ended(value=value)
