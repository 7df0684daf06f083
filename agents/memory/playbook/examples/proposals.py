"""The examples of the rules that only propose: what they speak of, and what they leave alone and why."""

from agents.memory.playbook.rule import Example


def _seen(top: str, body: str, line: str) -> Example:
    """A proposal edits nothing: the text after it is the text before it."""
    text = f"{top}\n\n\ndef f(x):\n    {body}\n"
    return Example(before=text, after=text, function="f", focus_line=line, call="f.__name__")


def _passed(top: str, body: str, why: str) -> Example:
    return Example(before=f"{top}\n\n\ndef f(x):\n    {body}\n", function="f", focus_line="return", why=why)


B27_VALID = [
    _seen("import xml.etree.ElementTree as ET", body, "parse")
    for body in (
        "return [e.tag for e in ET.parse(x)]",
        "tree = ET.parse(x)\n    return tree.getroot()",
        "return ET.parse(source=x)",
    )
]
B27_INVALID = [
    _passed("import xml.etree.ElementTree as ET", body, why)
    for body, why in (
        ("return x.parse(x)", "it is another parse()"),
        ("return ET.fromstring(x)", "the text is there already"),
    )
]

B29_VALID = [
    _seen("import glob\nimport os", body, " in ")
    for body in (
        "return {p for p in glob.glob(x)}",
        "for name in os.listdir(x):\n        print(name)",
        "return sum(len(p) for p in glob.glob(x))",
    )
]
B29_INVALID = [
    _passed("import glob\nimport os", body, why)
    for body, why in (
        ("return glob.glob(x)", "the list is returned"),
        ("return sorted(os.listdir(x))", "the list is put in order"),
    )
]

B30_VALID = [
    _seen("import subprocess", body, "return")
    for body in (
        "return subprocess.run(x, capture_output=True, text=True).stdout.splitlines()",
        "return subprocess.check_output(x).splitlines()",
        "return set(subprocess.check_output(x, text=True).split('\\n'))",
    )
]
B30_INVALID = [
    _passed("import subprocess", body, why)
    for body, why in (
        ("return subprocess.run(x, capture_output=True).stdout", "the output is not cut"),
        ("return x.stdout.splitlines()", "it is no process"),
    )
]

B35_VALID = [
    _seen("import json", body, "json.load")
    for body in (
        "return [r['a'] for r in json.load(x)]",
        "rows = json.load(x)\n    return rows[0].get('b')",
        "return json.loads(x)['c']",
    )
]
B35_INVALID = [
    _passed("import json", body, why)
    for body, why in (
        ("return json.load(x)", "no field is read here"),
        ("return [r['a'] for r in json.load(x, object_hook=dict)]", "there is a hook"),
    )
]

B40_VALID = [
    _seen("import re", body, "read")
    for body in (
        "with open(x, 'rb') as f: return re.search(b'a', f.read())",
        "with open(x, 'rb') as f: return re.findall(b'a', f.read())",
        "with open(x, 'rb') as f: return list(re.finditer(b'a', f.read(), 0))",
    )
]
B40_INVALID = [
    _passed("import re", body, why)
    for body, why in (
        ("with open(x) as f: return re.search('a', f.read())", "a text file cannot be mapped"),
        ("return re.search(b'a', x.read())", "what is read is not known"),
    )
]


def _cut(body: str, *, seen: str = "", noted: str = "", why: str = "") -> Example:
    text = f"def f(rest{noted}):\n    n = 0\n    while rest:\n        {body}\n    return n\n"
    holdings = ({"name": "rest", "type": seen},) if seen else ()
    after = None if why else text
    return Example(before=text, after=after, function="f", focus_line="rest[", holdings=holdings, call=_CUT, why=why)


_CUT = "f(b'abcdefg')"
B15_VALID = [
    _cut("n += rest[0]; rest = rest[2:]", seen="bytes"),
    _cut("n += rest[0]; rest = rest[n:]", noted=": bytes"),
    _cut("head, rest = rest[:2], rest[2:]; n += head[0]", seen="bytes"),
]
B15_INVALID = [
    _cut("n += rest[0]; rest = rest[2:]", why="it may be a text"),
    _cut("n += rest[0]; rest = rest[2:]", seen="str", why="it is a text"),
    _cut("tail = rest[2:]; n += len(tail); rest = b''", seen="bytes", why="all that is left is not cut again"),
]


def _table(read: str, *, why: str = "", last: str = "dp[-1][-1]") -> Example:
    text = (
        "def f(n, m):\n    dp = [[1] * m for _ in range(n)]\n    for i in range(1, n):\n"
        f"        for j in range(1, m):\n            dp[i][j] = {read}\n    return {last}\n"
    )
    return Example(
        before=text, after=None if why else text, function="f", focus_line="    dp =", call="f(4, 5)", why=why
    )


B25_VALID = [
    _table("dp[i - 1][j] + dp[i][j - 1]"),
    _table("max(dp[i - 1][j - 1], dp[i - 1][j]) + 1"),
    _table("dp[i - 1][j] * 2", last="dp[-1][0]"),
]
B25_INVALID = [
    _table("dp[i - 2][j] + dp[i - 1][j]", why="an earlier row is read"),
    _table("dp[i - 1][j] + 1", last="dp", why="the table is returned"),
    _table("dp[i - 1][j] + 1", last="dp[n // 2][0]", why="another row is read at last"),
    _table("dp[i][j - 1] + 1", why="no row depends on another"),
]


def _recursion(inner: str, *, why: str = "", after: str = "") -> Example:
    text = f"def f(xs):\n    if not xs:\n        return 0\n    return xs[0] + {inner}\n{after}"
    return Example(
        before=text, after=None if why else text, function="f", focus_line="return xs", call="f([1, 2, 3, 4])", why=why
    )


B37_VALID = [_recursion("f(xs[1:])"), _recursion("f(xs[2:])"), _recursion("(f(xs[1:]) or 0)")]
B37_INVALID = [
    _recursion("g(xs[1:])", after="\n\ndef g(xs):\n    return len(xs)\n", why="it is another function"),
    _recursion("f(xs[len(xs) // 2 + 1 :])", why="it is cut in the middle: the recursion is not deep"),
]


def _search(push: str, *, why: str = "", take: str = "queue.popleft()") -> Example:
    text = (
        "from collections import deque\n\n\ndef f(graph, goal):\n    queue = deque([[0]])\n    while queue:\n"
        f"        path = {take}\n        if path[-1] == goal:\n            return len(path)\n"
        f"        for node in graph[path[-1]]:\n            {push}\n"
    )
    call = "f({0: [1, 2], 1: [3], 2: [], 3: []}, 3)"
    return Example(before=text, after=None if why else text, function="f", focus_line=push, call=call, why=why)


B38_VALID = [
    _search("queue.append(path + [node])"),
    _search("queue.append([*path, node])"),
    _search("queue.append(path + [node])", take="queue.pop()"),
]
B38_INVALID = [
    _search("queue.append([node])", why="no path is queued"),
    _search("queue.append(path + [node])", take="list(queue[0])", why="the path was not taken from the queue"),
]
