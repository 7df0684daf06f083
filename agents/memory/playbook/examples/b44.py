"""The examples of B44: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_TEXTS = "('', ' ', 'A b\\n', 'a\\nb', 'ΑΣ\\nΑΣ Α', 'a,b\\x0bc\\x1cd\\r\\ne\\rf\\x85g\\u2028h', '\\n\\n', 'x ')"

VALID: list[Example] = [
    Example(
        before="""\
from collections import Counter


def f(path):
    with open(path) as file:
        words = file.read().lower().split()

    # The ten words of the most readers.
    best = Counter(words).most_common(10)
    return best
""",
        after="""\
from collections import Counter


def f(path):
    with open(path) as file:
        words = (word for line in file for word in line.lower().split())

        # The ten words of the most readers.
        best = Counter(words).most_common(10)
    return best
""",
        function="f",
        focus_line="words = ",
        call="f('/dev/null')",
    ),
    Example(
        before="""\
import collections
import io


def f(text):
    with io.StringIO(text) as file:
        return collections.Counter(file.read().lower().replace(",", " ").split())
""",
        after="""\
import collections
import io


def f(text):
    with io.StringIO(text) as file:
        return collections.Counter(word for line in file for word in line.lower().replace(',', ' ').split())
""",
        function="f",
        focus_line="Counter(",
        call=f"[f(t) for t in {_TEXTS}]",
    ),
    Example(
        before="""\
import io


def f(text):
    counts = {}
    with io.StringIO(text) as file:
        for word in file.read().replace("\\n", " ").strip().title().split():
            counts[word] = counts.get(word, 0) + 1
    return counts
""",
        after="""\
import io


def f(text):
    counts = {}
    with io.StringIO(text) as file:
        for word in (word for line in file for word in line.replace('\\n', ' ').strip().title().split()):
            counts[word] = counts.get(word, 0) + 1
    return counts
""",
        function="f",
        focus_line="for word",
        call=f"[f(t) for t in {_TEXTS}]",
    ),
    Example(
        before="""\
import string


def f(path):
    table = str.maketrans("", "", string.punctuation)
    with open(path) as file:
        words = file.read().translate(table).split()
    return len(words), words[:1]
""",
        after="""\
import string


def f(path):
    table = str.maketrans("", "", string.punctuation)
    with open(path) as file:
        words = [word for line in file for word in line.translate(table).split()]
    return len(words), words[:1]
""",
        function="f",
        focus_line="words = ",
        call="f('/dev/null')",
    ),
    Example(
        before="""\
import sys


def f():
    line = 0
    return max([len(word) for word in sys.stdin.read().split()] or [line])
""",
        after="""\
import sys


def f():
    line = 0
    return max([len(word) for line_2 in sys.stdin for word in line_2.split()] or [line])
""",
        function="f",
        focus_line="len(word)",
    ),
]

INVALID: list[Example] = [
    Example(
        before=f"""\
def f(path, table):
    with open(path) as file:
        return [word for word in {read}]
""",
        function="f",
        focus_line="word for word",
        why=why,
    )
    for read, why in (
        ("file.read().split(' ')", "words may stretch over line breaks"),
        ("file.read().replace('\\n', ' ').replace('- ', '').split()", "a hyphen at the end of a line joins two words"),
        ("file.read().replace('\\n-', ' ').split()", "what is replaced stretches over two lines"),
        ("file.read().replace('\\n', ' ').translate(str.maketrans(' ', '_')).split()", "lines are joined in the end"),
        ("file.read().strip().replace(' ', '.').split()", "strip() takes spaces off both ends of the whole alone"),
        ("file.read().replace('\\n', '').split()", "the last word of a line is joined to the first of the next"),
        ("file.read().replace('-\\n', '').split()", "a hyphen at the end of a line joins two words"),
        ("file.read().replace('', ' ').split()", "the empty text is found between lines too, once"),
        ("file.read().capitalize().split()", "the first letter of the whole is looked at"),
        ("file.read().translate(table).split()", "the table may take line breaks away"),
        ("file.read().strip('x').split()", "the ends of the whole are looked at"),
        ("file.read().expandtabs().encode().split()", "what it does over lines is not known"),
    )
]
