"""The examples of B19: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
import io
import json


def f(x):
    file = io.StringIO()
    file.write(json.dumps(x))  # out
    return file.getvalue()
""",
        after="""\
import io
import json


def f(x):
    file = io.StringIO()
    json.dump(x, file)  # out
    return file.getvalue()
""",
        function="f",
        focus_line="# out",
        call="f([]), f({'a': [1, 2.5, None, True], 'b': 'x' * 70000})",
    ),
    Example(
        before="""\
import io
import json


def f(x):
    with io.StringIO() as file:
        file.write(json.dumps([x], sort_keys=True, indent=1) + "\\n")
        return file.getvalue()
""",
        after="""\
import io
import json


def f(x):
    with io.StringIO() as file:
        json.dump([x], file, sort_keys=True, indent=1)
        file.write("\\n")
        return file.getvalue()
""",
        function="f",
        focus_line="[x]",
        call="f([]), f({'b': [1, 2.5, None, True], 'a': 'x' * 70000})",
    ),
    Example(
        before="""\
import json


def f(path, x):
    with open(path, "w") as file:
        file.write(json.dumps(x))  # out
""",
        after="""\
import json


def f(path, x):
    with open(path, "w") as file:
        json.dump(x, file)  # out
""",
        function="f",
        focus_line="# out",
    ),
]

_LISTED = """\
import io
import json


def f(x):
    rows = [(y, str(y)) for y in x]
    file = io.StringIO()
    file.write(json.dumps(rows) + "\\n")
    return file.getvalue(), rows
"""
VALID.append(
    Example(
        before=_LISTED,
        after=_LISTED.replace(
            '    file.write(json.dumps(rows) + "\\n")',
            "    for number, item in enumerate(rows):\n"
            '        file.write((", " if number else "[") + json.dumps(item))\n'
            '    file.write("]" if rows else "[]")\n'
            '    file.write("\\n")',
        ),
        function="f",
        focus_line="json.dumps(",
        call="f([]), f([1]), f([1.5, None, [True, float('nan')], {'a': 'x', 1: 2}, 'ä'])",
    )
)

INVALID: list[Example] = [
    Example(
        before=f"import io\nimport json\n\n\ndef f(x, g, path):\n    {body}\n",
        function="f",
        focus_line="dumps",
        why=why,
    )
    for body, why in (
        ("g.write(json.dumps(x))", "what is written to is not known"),
        ("file = io.StringIO(); return file.write(json.dumps(x))", "the size is asked for"),
        ("file = io.StringIO(); file.write(json.dumps(*x))", "the arguments are not known"),
        ("file = io.StringIO(); file.write(g.dumps(x))", "it is another dumps()"),
        ("file = io.StringIO(); file.write(json.dumps(x, cls=g))", "the class may define encode() alone"),
        ("file = io.BytesIO(); file.write(json.dumps(x))", "a file of the other kind: it raises"),
        (
            "file = open(path, 'w')\n    try:\n        file.write(json.dumps(x))\n    except OSError:\n        g",
            "a handler sees what was written",
        ),
    )
]
INVALID += [
    Example(
        before="""\
import json


class Stream(list):
    def __init__(self, rows):
        self.rows = rows

    def __iter__(self):
        return iter(self.rows)


def f(rows, path):
    with open(path, "w") as file:
        file.write(json.dumps(Stream(rows)))
""",
        function="f",
        focus_line="dumps",
        why="dumps() writes an empty list, dump() asks the class",
    ),
]
