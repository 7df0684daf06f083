"""The examples of C09: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_HELPER = '''\
def _key_sharing():
    """An object_pairs_hook for json whose dicts share equal keys; 1000 are remembered."""
    known: dict = {}

    def shared(pairs):
        if len(known) + len(pairs) <= 1000:
            return {known.setdefault(key, key): value for key, value in pairs}
        return {known.get(key, key): value for key, value in pairs}

    return shared


'''
_TEXTS = (
    '\'{"a": 1, "b": {"a": [1.5, {"c": NaN}]}, "a": true}\'',
    "'[]'",
    'b\'{"a": "\\\\u00e9"}\'',
    "' {} '",
    "'1'",
    "'{\"a\": 1}\\n'",
)
_LINES = f"[{', '.join(_TEXTS)}]"
_TRIED = f"[f(x) for x in ({_LINES}, [])]"


def _invalid(body: str, why: str, top: str = "import json\n") -> Example:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return Example(before=f"{top}\n\ndef f(lines):\n{lines}", function="f", focus_line="json.load", why=why)


VALID: list[Example] = [
    Example(
        before="""\
import json


def f(lines):
    return [json.loads(line) for line in lines]
""",
        after=f"""\
import json


{_HELPER}def f(lines):
    share_keys = _key_sharing()
    return [json.loads(line, object_pairs_hook=share_keys) for line in lines]
""",
        function="f",
        focus_line="json.loads",
        call=_TRIED,
    ),
    Example(
        before="""\
from json import loads


def f(lines):
    rows = []
    for line in lines:
        if line:
            row = loads(line, parse_int=float,)
            rows.append(row)
    return rows
""",
        after=f"""\
from json import loads


{_HELPER}def f(lines):
    rows = []
    share_keys = _key_sharing()
    for line in lines:
        if line:
            row = loads(line, parse_int=float, object_pairs_hook=share_keys)
            rows.append(row)
    return rows
""",
        function="f",
        focus_line="rows = []",
        holding="rows",
        holding_element="dict",
        measured={"repeats": [{"at": "keys", "type": "str", "distinct": 0.01, "repeated": 5_000_000}]},
        call=_TRIED,
    ),
    Example(
        before="""\
import json


def read(lines):
    for share_keys in lines:
        yield json.loads(share_keys)


def f(lines):
    return list(read(lines))
""",
        after=f"""\
import json


{_HELPER}def read(lines):
    share_keys_2 = _key_sharing()
    for share_keys in lines:
        yield json.loads(share_keys, object_pairs_hook=share_keys_2)


def f(lines):
    return list(read(lines))
""",
        function="read",
        focus_line="json.loads",
        call=_TRIED,
    ),
    Example(
        before="""\
import json


def f(lines):
    if not lines:
        return None
    elif lines: rows = {n: json.loads(line) for n, line in enumerate(lines)}
    return rows, rows[0] is None
""",
        after=f"""\
import json


{_HELPER}def f(lines):
    if not lines:
        return None
    elif lines: share_keys = _key_sharing(); rows = {{n: json.loads(line, object_pairs_hook=share_keys) for n, line in enumerate(lines)}}
    return rows, rows[0] is None
""",  # noqa: E501  one line as it was
        function="f",
        focus_line="json.loads",
        call=_TRIED,
    ),
    Example(
        before="""\
import json


def f(lines):
    rows = []
    try:
        for line in lines:
            rows.append(json.loads(line + "}"))
    except json.JSONDecodeError as error:
        return rows, error.lineno, error.colno, error.msg
    return rows
""",
        after=f"""\
import json


{_HELPER}def f(lines):
    rows = []
    try:
        share_keys = _key_sharing()
        for line in lines:
            rows.append(json.loads(line + "}}", object_pairs_hook=share_keys))
    except json.JSONDecodeError as error:
        return rows, error.lineno, error.colno, error.msg
    return rows
""",
        function="f",
        focus_line="json.loads",
        call="f(['{\"a\": 1', '{', '{\"b\": 2', '{,']), f(['{\"a\": 1, \"a\": 2'])",
    ),
]

_LISTED = "return [json.loads(line) for line in lines]"
INVALID: list[Example] = [
    _invalid("return [json.loads(line, object_hook=tuple) for line in lines]", "a hook is given"),
    _invalid("return [json.loads(line, cls=None) for line in lines]", "a class is given"),
    _invalid("return [json.loads(line, **{}) for line in lines]", "a hook may be given"),
    _invalid("return json.loads(lines)", "one text: equal keys of it are one object already"),
    _invalid("for row in json.loads(lines):\n    print(row)", "one text, gone through"),
    _invalid('return [json.loads(line)["a"] for line in lines]', "the dicts are not kept"),
    _invalid("rows = [json.loads(line) for line in lines]\nreturn rows, locals()", "its locals are read"),
    _invalid(_LISTED, "len is something else", top="import json\n\n\ndef len(x):\n    return 0\n"),
    _invalid(_LISTED, "it is another json", top="class json:\n    loads = str\n"),
    _invalid(_LISTED, "the parser is another one", top="import json\n\njson.loads = str\n"),
    _invalid(_LISTED, "the name is taken", top="import json\n\n\ndef _key_sharing():\n    pass\n"),
    _invalid(_LISTED, "it compares by identity", top="import json\n\n\ndef same(a, b):\n    return a is b\n"),
    _invalid(_LISTED, "it looks at id()", top="import json\n\n\ndef key(a):\n    return id(a)\n"),
    Example(
        before=f"import json\n\n\ndef f(lines):\n    rows = {_LISTED[7:]}\n    return rows\n",
        function="f",
        focus_line="json.loads",
        holding="rows",
        holding_element="dict",
        why="the keys were seen, and hardly any is there twice",
    ),
]
