"""Makes line numbers cheap to look up on CPython 3.11, where tracemalloc looks one up for every allocation.

A code object's line table is searched from its start, instruction by instruction: in a function of 4000 instructions
an allocation takes 20 us, 45 times as long as in one of ten (3.9 and 3.10 have a table by lines and do not need this,
3.12 and later have no way to). Once a code object has been entered under `sys.settrace`, CPython 3.11 keeps an array of
its lines with it, and looks there. So each long one is entered once, before the target runs it, with a trace
function that raises at the `call` event: nothing of it is executed. The array is as long as the code itself.
"""

from __future__ import annotations

import sys
import types

LEAST = 128
"""Bytes of code from which a line array pays."""

_ASYNC_GENERATOR = 0x200  # inspect.CO_ASYNC_GENERATOR: entered through the event loop's hooks, so left alone
_settrace, _gettrace = sys.settrace, sys.gettrace
_function, _cell = types.FunctionType, types.CellType


class _Entered(BaseException):
    """The code object has been entered."""


def _stop(frame: types.FrameType, event: str, argument: object) -> None:
    raise _Entered


def needed() -> bool:
    """True on the interpreter that this is for."""
    return sys.implementation.name == "cpython" and sys.version_info[:2] == (3, 11)


def listen(*folders: str) -> None:
    """From here on the code of files below the folders gets its arrays when `exec` is about to run it: imports too."""
    starts = tuple(folder.rstrip("/") + "/" for folder in folders)

    def hook(event: str, arguments: tuple) -> None:
        code = arguments[0] if event == "exec" else None
        if type(code) is types.CodeType and code.co_filename.startswith(starts):
            prime(code)

    hook.__cantrace__ = True  # without this, nothing that an audit hook calls is traced
    sys.addaudithook(hook)


def prime(code: types.CodeType) -> None:
    """Gives line arrays to a code object and to those inside it; nothing of them is executed."""
    if not _stopped(_nothing, (), {}):
        return  # within a trace function of the target's: no other one is called, and the code would be run
    todo = [code]
    while todo:
        code = todo.pop()
        todo += [constant for constant in code.co_consts if type(constant) is types.CodeType]
        if len(code.co_code) >= LEAST and not code.co_flags & _ASYNC_GENERATOR:
            count = code.co_argcount
            named = dict.fromkeys(code.co_varnames[count : count + code.co_kwonlyargcount])
            function = _function(code, {}, "primed", None, tuple(_cell() for _ in code.co_freevars))
            _stopped(function, (None,) * count, named)


def _stopped(function: types.FunctionType, arguments: tuple, named: dict) -> bool:
    """Calls a function as far as its entry; whether the trace function stopped it there."""
    before = _gettrace()
    _settrace(_stop)
    try:
        made = function(*arguments, **named)
        if made is not None:
            made.send(None)  # a generator or coroutine: only now it is entered
    except _Entered:
        return True
    finally:
        _settrace(before)
    return False


def _nothing() -> None:
    """What tells whether functions are traced at the moment."""
