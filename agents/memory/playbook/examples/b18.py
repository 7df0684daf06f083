"""The examples of B18: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_READ = """\


def read(n, folder=None):
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out")
        f(n, path)
        with open(path, newline="") as file:
            return file.read()
"""

VALID: list[Example] = [
    Example(
        before=f"""\
def f(n, path):
    out = []
    for i in range(n):
        out.append(f'{{i}};{{i * 2}}')
    with open(path, 'w') as f:
        f.write('\\n'.join(out))
{_READ}""",
        after=f"""\
def f(n, path):
    with open(path, 'w') as f:
        separator = ""
        for i in range(n):
            f.write(separator + f'{{i}};{{i * 2}}')
            separator = "\\n"
{_READ}""",
        function="f",
        focus_line="{i * 2}",
        call="read(0), read(1), read(3)",
    ),
    Example(
        before=f"""\
def f(n, path):
    seen = set()
    lines = []

    for word in str(n * 12345):
        if word in seen:
            continue

        lines.append(word)
        lines.append("\\r\\n")
        seen.add(word)
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(lines))
    return seen
{_READ}""",
        after=f"""\
def f(n, path):
    seen = set()
    with open(path, "w", encoding="utf-8") as file:
        for word in str(n * 12345):
            if word in seen:
                continue

            file.write(word)
            file.write("\\r\\n")
            seen.add(word)
    return seen
{_READ}""",
        function="f",
        focus_line="word in seen",
        call="read(0), read(1), read(987654)",
    ),
    Example(
        before="""\
def f(path):
    out = []
    for row in [(1, 2), (3, 4)]:
        out.append(f"{row[0]},{row[1]}")
    with open(path, "x") as file:
        file.write("; ".join(out))
""",
        after="""\
def f(path):
    with open(path, "x") as file:
        separator = ""
        for row in [(1, 2), (3, 4)]:
            file.write(separator + f"{row[0]},{row[1]}")
            separator = "; "
""",
        function="f",
        focus_line="for row",
        call="f('/dev/null')",
    ),
]

_LOOP = "    for x in range(3):\n        out.append(str(x))\n"
_BEGIN = "def f(path, xs, g):\n    out = []\n"
_END = "    with open(path, 'w') as file:\n        file.write(''.join(out))\n"

INVALID: list[Example] = [
    Example(before=_BEGIN + body, function="f", focus_line="append", why=why)
    for body, why in (
        (
            "    for x in open(path):\n        out.append(x)\n" + _END,
            "the loop reads a file",
        ),
        ("    for x in g(path):\n        out.append(x)\n" + _END, "the loop runs code that may read the file"),
        ("    for x in range(3):\n        out.append(g(x))\n" + _END, "the loop calls what is not known"),
        (
            _LOOP + "        path = str(x)\n" + _END,
            "the loop binds the path",
        ),
        (_LOOP + "    out.reverse()\n" + _END, "the order changes"),
        (_LOOP + _END + "    return out\n", "the list is returned"),
        (
            "    for x in range(3):\n        if x: return\n        out.append(str(x))\n" + _END,
            "the loop may end before",
        ),
        (
            _LOOP + _END.replace("'w'", "'r+'"),
            "the file is not emptied",
        ),
        (
            _LOOP + "        xs.append(x)\n" + _END,
            "others see it",
        ),
    )
]
