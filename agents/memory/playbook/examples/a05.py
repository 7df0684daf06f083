"""The examples of A05: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_GATHER = """\
def fail(i):
    held = [i] * 1000
    raise ValueError(i, len(held))


def gather(n):
    errors = []
    for i in range(n):
        try:
            fail(i)
        except ValueError as error:
            errors.append(error)
    return [str(error) for error in errors], errors
"""

_SELF = """\
class Worker:
    def __init__(self):
        self.failures = {}
        self.last = None

    def work(self, n):
        for i in range(n):
            try:
                1 / (i % 2)
                int("x")
            except ZeroDivisionError as e:
                self.failures[i] = (i, e)
            except ValueError as e:
                print(f"at {i}: {e}")
                self.last = e


def use(n):
    worker = Worker()
    worker.work(n)
    return worker.failures, worker.last, type(worker.last), worker.last.args
"""


def _example(before: str, after: str | None, why: str = "", function: str = "gather", line: str = "fail(i)") -> Example:
    return Example(
        before=before,
        after=after,
        function=function,
        focus_line=line if after is None or function != "gather" else "    fail(i)",
        holding="tracebacks",
        holding_type="ValueError",
        measured={"kind": "traceback"},
        call="" if after is None else "gather(3)" if function == "gather" else "use(4)",
        why=why,
    )


def _invalid(why: str, old: str, new: str) -> Example:
    assert old in _GATHER
    return _example(_GATHER.replace(old, new), None, why, line="    fail(i)")


VALID: list[Example] = [
    _example(_GATHER, _GATHER.replace("append(error)", "append(error.with_traceback(None))")),
    _example(
        _SELF,
        _SELF.replace("(i, e)", "(i, e.with_traceback(None))"),
        function="Worker.work",
        line='int("x")',
    ),
    _example(
        _GATHER.replace("errors.append(error)", "found = error\n            errors.append(found)"),
        _GATHER.replace("errors.append(error)", "found = error.with_traceback(None)\n            errors.append(found)"),
    ),
]

INVALID: list[Example] = [
    _invalid("nothing keeps the exception", "errors.append(error)", "errors.append(str(error))"),
    _invalid("the handler passes it on", "errors.append(error)", "errors.append(error)\n            raise"),
    _invalid("it is raised later", "    return [", "    if errors:\n        raise errors[0]\n    return ["),
    _invalid(
        "it is raised later, taken out", "    return [", "    if n > 9:\n        raise errors.pop()\n    return ["
    ),
    _invalid(
        "its traceback is shown as that of a cause",
        "    return [",
        "    if errors:\n        raise KeyError(n) from errors[0]\n    return [",
    ),
    _invalid("its traceback is looked at", "str(error)", "error.__traceback__"),
    _invalid("exceptions are logged with their traceback", "str(error)", "log.exception(error)"),
    _invalid("exceptions are formatted with their traceback", "def fail", "import traceback\n\n\ndef fail"),
    _invalid("a future hands it to who waits", "str(error)", "future.set_exception(error)"),
    _invalid(
        "a finalizer notices that locals go", "def fail", "class A:\n    def __del__(self):\n        pass\n\n\ndef fail"
    ),
    _invalid("a weak reference notices that locals go", "def fail", "import weakref\n\n\ndef fail"),
    _invalid("the name is bound again", "errors.append(error)", "errors.append(error)\n            error = None"),
    _invalid(
        "it comes from elsewhere",
        "            fail(i)",
        "            pass\n        except KeyError:\n            fail(i)",
    ),
    Example(
        before=_GATHER,
        function="gather",
        focus_line="    fail(i)",
        holding="errors",
        why="what dominates is no traceback but a local",
    ),
]
