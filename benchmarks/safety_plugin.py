"""A pytest plugin for benchmarks/safety.py: each test's outcome, and the types of names, as JSON. Standard library.

LOWTIDE_SAFETY says what to do, as JSON: `out`, the file to write; `tree`, the folder under test; `observe`, whether to
note the types of locals and of attributes of code in `tree` when its functions return.
"""

import gc
import json
import os
import sys
import threading
import types
from collections import Counter
from pathlib import Path

ORDER = json.loads(os.environ["LOWTIDE_SAFETY"])
TREE = ORDER["tree"].rstrip("/") + "/"
SAMPLES = 30
"""Returns of one function that are looked at."""
CONTAINERS = (list, tuple, set, frozenset, dict)
REACHED = 200
"""Objects that are looked at of what one value holds; where there are more, its contents are not known."""
SHARED = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType)
"""What a value refers to without being its only holder."""

outcomes: dict = {}
names: dict = {}
contents: dict = {}
attributes: dict = {}
seen: Counter = Counter()


def pytest_runtest_logreport(report):  # noqa: ANN001, ANN201, D103
    said = report.outcome + (":xfail" if hasattr(report, "wasxfail") else "")
    if report.when == "call" or report.outcome != "passed":
        before = outcomes.get(report.nodeid)
        outcomes[report.nodeid] = f"{before},{report.when}:{said}" if before else f"{report.when}:{said}"


def pytest_collectreport(report):  # noqa: ANN001, ANN201, D103
    if report.failed:
        outcomes[report.nodeid] = "collect:failed"


def pytest_sessionstart(session):  # noqa: ANN001, ANN201, D103
    if ORDER["observe"]:
        threading.setprofile(_returned)
        sys.setprofile(_returned)


def pytest_unconfigure(config):  # noqa: ANN001, ANN201, D103
    sys.setprofile(None)
    threading.setprofile(None)
    files = {
        name: module.__file__
        for name, module in list(sys.modules.items())
        if isinstance(getattr(module, "__file__", None), str)
    }
    out = {
        "outcomes": outcomes,
        "modules": {name: file[len(TREE) :] for name, file in files.items() if file.startswith(TREE)},
        "names": [
            [*place, *kinds.most_common(1)[0][0], sorted(contents[place] or ())] for place, kinds in names.items()
        ],
        "attributes": [[*place, kinds] for place, kinds in attributes.items()],
    }
    Path(ORDER["out"]).write_text(json.dumps(out))


def _returned(frame, event, argument) -> None:  # noqa: ANN001
    if event != "return":
        return
    code = frame.f_code
    if not code.co_filename.startswith(TREE) or seen[code] >= SAMPLES:
        return
    seen[code] += 1
    path = code.co_filename[len(TREE) :]
    function = code.co_qualname.replace("<locals>.", "")
    values = frame.f_locals
    for name, value in list(values.items()):
        if value is not None and not name.startswith((".", "__")):
            place = (path, function, name)
            names.setdefault(place, Counter())[_name(type(value)), _element(value)] += 1
            known, held = contents.setdefault(place, set()), _contents(value)
            contents[place] = None if known is None or held is None else known | held
    if code.co_argcount and code.co_varnames[0] in values:
        _attributes(values[code.co_varnames[0]])


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _element(value: object) -> str:
    if type(value) in CONTAINERS and value:
        return _name(type(next(iter(value))))  # type: ignore[call-overload]
    return ""


def _contents(value: object):  # noqa: ANN202
    """Types of all that the value holds, its own among them; None where that is too much."""
    reached, found = {id(value): value}, [value]
    for each in found:
        for inner in gc.get_referents(each):
            if id(inner) not in reached and not isinstance(inner, SHARED):
                reached[id(inner)] = inner
                found.append(inner)
        if len(found) > REACHED:
            return None
    return {_name(type(each)) for each in found}


def _attributes(value: object) -> None:
    kind = type(value)
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.startswith(TREE):
        return
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        held = {}
        for base in kind.__mro__:
            slots = base.__dict__.get("__slots__", ())
            for slot in [slots] if isinstance(slots, str) else slots:
                try:
                    held[slot] = object.__getattribute__(value, slot)
                except AttributeError:
                    continue
    place = (file[len(TREE) :], kind.__qualname__.replace("<locals>.", ""))
    into = attributes.setdefault(place, {})
    for name, attribute in list(held.items()):
        kinds = into.setdefault(str(name), {})
        kinds[_name(type(attribute))] = kinds.get(_name(type(attribute)), 0) + 1
