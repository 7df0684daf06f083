"""The examples of B10: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
import io


def f(data):
    source, target = 0, io.BytesIO()
    source = io.BytesIO(data)
    return source, target


def g(data):
    source = io.BytesIO(data)
    source.read(1)
    target = io.BytesIO()
    target.write(source.read())  # over
    return target.getvalue(), source.read()
""",
        after="""\
import io
import shutil


def f(data):
    source, target = 0, io.BytesIO()
    source = io.BytesIO(data)
    return source, target


def g(data):
    source = io.BytesIO(data)
    source.read(1)
    target = io.BytesIO()
    shutil.copyfileobj(source, target)  # over
    return target.getvalue(), source.read()
""",
        function="g",
        focus_line="# over",
        call="g(b''), g(b'abc' * 100000)[0][-2:]",
    ),
    Example(
        before="""\
import os
import shutil
import tempfile


def f(text):
    with tempfile.TemporaryDirectory() as folder:
        one, two = os.path.join(folder, "a"), os.path.join(folder, "b")
        with open(one, "w") as file:
            file.write(text)
        with open(one) as source, open(two, "w") as target:
            target.write(source.read())  # over
        with open(two) as file:
            return file.read(), shutil.__name__
""",
        after="""\
import os
import shutil
import tempfile


def f(text):
    with tempfile.TemporaryDirectory() as folder:
        one, two = os.path.join(folder, "a"), os.path.join(folder, "b")
        with open(one, "w") as file:
            file.write(text)
        with open(one) as source, open(two, "w") as target:
            shutil.copyfileobj(source, target)  # over
        with open(two) as file:
            return file.read(), shutil.__name__
""",
        function="f",
        focus_line="# over",
        call="f(''), f('a\\r\\nb\\n')",
    ),
    Example(
        before="""\
import gzip


def f(path, packed):
    with open(path, "rb") as source:
        with gzip.open(packed, "wb") as target:
            target.write(source.read())  # over
""",
        after="""\
import gzip
import shutil


def f(path, packed):
    with open(path, "rb") as source:
        with gzip.open(packed, "wb") as target:
            shutil.copyfileobj(source, target)  # over
""",
        function="f",
        focus_line="# over",
    ),
]

INVALID: list[Example] = [
    Example(before=f"def f(one, two, g):\n    {opened}\n        {body}\n", function="f", focus_line="write", why=why)
    for opened, body, why in (
        (
            'with open(one) as a, open(two, "w") as b:',
            "return b.write(a.read())",
            "the number of characters is asked for",
        ),
        ('with open(one, "rb") as a, open(two, "w") as b:', "b.write(a.read())", "bytes to a text file: it raises"),
        (
            'with open(one) as a, open(two, "a") as b:',
            "b.write(a.read())",
            "it might be the same file, and grow as it is read",
        ),
        ('with open(one) as a, open(one, "w") as b:', "b.write(a.read())", "it is the same file"),
        ('with open(one) as a, open(two, "w") as b:', "b.write(a.read(10))", "a part is read"),
        ("with open(one) as a:", "g.write(a.read())", "what is written to is not known"),
        ('with open(two, "w") as b:', "b.write(g.read())", "what is read from is not known"),
        ("try:", "    open(one).write(1)\n    except OSError: pass", "a handler would see what was written"),
    )
]
