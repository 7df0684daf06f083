"""The examples of B20: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
import io
import pickle


def f(x):
    file = io.BytesIO()
    file.write(pickle.dumps(x))  # out
    return file.getvalue()
""",
        after="""\
import io
import pickle


def f(x):
    file = io.BytesIO()
    pickle.dump(x, file)  # out
    return file.getvalue()
""",
        function="f",
        focus_line="# out",
        call="f([]), f({'a': [1, 2.5, None, True], 'b': 'x' * 70000})",
    ),
    Example(
        before="""\
import io
import pickle


def f(x):
    with io.BytesIO() as file:
        file.write(pickle.dumps([x], 4) + b"end")
        return file.getvalue()
""",
        after="""\
import io
import pickle


def f(x):
    with io.BytesIO() as file:
        pickle.dump([x], file, 4)
        file.write(b"end")
        return file.getvalue()
""",
        function="f",
        focus_line="[x]",
        call="f([]), f({'b': [1, 2.5, None, True], 'a': 'x' * 70000})",
    ),
    Example(
        before="""\
import pickle


def f(path, x):
    with open(path, "wb") as file:
        file.write(pickle.dumps(x))  # out
""",
        after="""\
import pickle


def f(path, x):
    with open(path, "wb") as file:
        pickle.dump(x, file)  # out
""",
        function="f",
        focus_line="# out",
    ),
]

INVALID: list[Example] = [
    Example(
        before=f"import io\nimport pickle\n\n\ndef f(x, g, path):\n    {body}\n",
        function="f",
        focus_line="dumps",
        why=why,
    )
    for body, why in (
        ("g.write(pickle.dumps(x))", "what is written to is not known"),
        ("file = io.BytesIO(); return file.write(pickle.dumps(x))", "the size is asked for"),
        ("file = io.BytesIO(); file.write(pickle.dumps(*x))", "the arguments are not known"),
        ("file = io.BytesIO(); file.write(g.dumps(x))", "it is another dumps()"),
        ("file = io.StringIO(); file.write(pickle.dumps(x))", "a file of the other kind: it raises"),
        (
            "file = open(path, 'wb')\n    try:\n        file.write(pickle.dumps(x))\n    except OSError:\n        g",
            "a handler sees what was written",
        ),
    )
]
