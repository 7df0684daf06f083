"""The examples of B05: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_TEXTS = "[f(t) for t in ('', 'a', 'a\\n', 'a b\\n\\nb', 'a\\r\\nc\\rd')]"

VALID: list[Example] = [
    Example(
        before="""\
import io


def f(text):
    seen = []
    with io.StringIO(text) as file:
        for number, line in enumerate(file.readlines(), 1):
            seen.append((number, line.rstrip()))
    return seen
""",
        after="""\
import io


def f(text):
    seen = []
    with io.StringIO(text) as file:
        for number, line in enumerate(file, 1):
            seen.append((number, line.rstrip()))
    return seen
""",
        function="f",
        focus_line="for number",
        call=_TEXTS,
    ),
    Example(
        before="""\
import io


def f(text):
    with io.StringIO(text) as file:
        head = next(file, None)
        lines = set(file.readlines())
        return head, sorted(lines), file.read()
""",
        after="""\
import io


def f(text):
    with io.StringIO(text) as file:
        head = next(file, None)
        lines = set(file)
        return head, sorted(lines), file.read()
""",
        function="f",
        focus_line="lines = set",
        call=_TEXTS,
    ),
    Example(
        before="""\
import io


def f(text):
    words = 0
    with io.StringIO(text) as file:
        lines = file.readlines()
        for line in lines:
            if not line.strip():
                continue
            words += len(line.split())
    return words
""",
        after="""\
import io


def f(text):
    words = 0
    with io.StringIO(text) as file:
        lines = iter(file)
        for line in lines:
            if not line.strip():
                continue
            words += len(line.split())
    return words
""",
        function="f",
        focus_line="lines = ",
        call=_TEXTS,
    ),
    Example(
        before="""\
def f(path, out):
    with open(path, "rb") as source:
        for line in source.readlines():
            print(line, file=out)
            if line == b"stop":
                break
""",
        after="""\
def f(path, out):
    with open(path, "rb") as source:
        for line in source:
            print(line, file=out)
            if line == b"stop":
                break
""",
        function="f",
        focus_line="for line",
        call="f('/dev/null', None)",
    ),
    Example(
        before="""\
def f(path):
    try:
        with open(path) as source:
            return [line for line in source.readlines() if line]
    except FileNotFoundError:
        return None
""",
        after="""\
def f(path):
    try:
        with open(path) as source:
            return [line for line in source if line]
    except FileNotFoundError:
        return None
""",
        function="f",
        focus_line="line for line",
        call="f('/dev/null'), f('/dev/null/x') if False else 0, f('no-such-file')",
    ),
]

INVALID: list[Example] = [
    Example(
        before="""\
def f(file):
    for line in file.readlines():
        print(line)
""",
        function="f",
        focus_line="readlines",
        why="nothing says that the argument is a file",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as file:
        for line in file.readlines():
            file.seek(0)
            print(line)
""",
        function="f",
        focus_line="readlines",
        why="the loop moves the file",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as file:
        for line in file.readlines():
            if line == "x":
                break
        return file.read()
""",
        function="f",
        focus_line="readlines",
        why="after a break the rest would be found",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as file, open(path + ".out", "w") as out:
        lines = file.readlines()
        out.write("x")
    return [line for line in lines]
""",
        function="f",
        focus_line="readlines",
        why="the file is closed when the lines are read, and with it one that is written to",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as file:
        lines = file.readlines()
        return lines[0], [line for line in lines]
""",
        function="f",
        focus_line="readlines",
        why="the list is indexed",
    ),
    Example(
        before="""\
def f(path):
    with open(path, "r+") as file:
        for line in file.readlines():
            with open(path, "a") as other:
                other.write(line)
""",
        function="f",
        focus_line="readlines",
        why="the loop writes to the file that is read",
    ),
    Example(
        before="""\
def f(path, save):
    with open(path) as file:
        for line in file.readlines():
            save(path, line)
""",
        function="f",
        focus_line="readlines",
        why="the loop hands the path to code that may write there",
    ),
    Example(
        before="""\
def f(path):
    found = []
    with open(path) as file:
        try:
            for line in file.readlines():
                found.append(line)
        except UnicodeDecodeError:
            pass
    return found
""",
        function="f",
        focus_line="readlines",
        why="the handler is for what reading raises: the lines before it would be kept",
    ),
    Example(
        before="""\
def f(path):
    file = open(path)
    rest = map(str.strip, file)
    for line in file.readlines():
        print(line, next(rest, ""))
""",
        function="f",
        focus_line="readlines",
        why="another iterator reads the same file in the loop",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as file:
        def peek():
            return file.readline()
        for line in file.readlines():
            print(line, peek())
""",
        function="f",
        focus_line="for line",
        why="a function inside reads the file too",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as file:
        return file.readlines()
""",
        function="f",
        focus_line="readlines",
        why="the list is returned",
    ),
    Example(
        before="""\
def f(path, lock):
    with lock, open(path) as file:
        for line in file.readlines():
            yield line
""",
        function="f",
        focus_line="readlines",
        why="the file would be read while the caller holds on to the lock",
    ),
    Example(
        before="""\
def f(path):
    for word in ("a", "b"):
        for line in open(path).readlines():
            if word in line:
                rewrite(path)


def rewrite(path):
    with open(path, "w") as file:
        file.write("")
""",
        function="f",
        focus_line="readlines",
        why="a function of the project rewrites the file in the loop",
    ),
    Example(
        before="""\
def f(path):
    log = open(path, "a")
    for line in open(path).readlines():
        log.write(line)
    log.close()
""",
        function="f",
        focus_line="readlines",
        why="each line written would be read in turn, without an end",
    ),
    Example(
        before="""\
def f(path):
    with open(path, "a") as log, open(path) as file:
        for line in file.readlines():
            print(line, end="", file=log)
""",
        function="f",
        focus_line="readlines",
        why="what is printed goes to the file that is read",
    ),
    Example(
        before="""\
def save(line):
    with open("lines.txt", "a") as file:
        file.write(line)


def f():
    with open("lines.txt") as file:
        for line in file.readlines():
            save(line)
""",
        function="f",
        focus_line="readlines",
        why="a function that the loop calls opens files",
    ),
    Example(
        before="""\
import sys


def ask():
    return input()


def f():
    for line in sys.stdin.readlines():
        print(line, ask())
""",
        function="f",
        focus_line="readlines",
        why="a function that the loop calls reads lines of the same stream",
    ),
    Example(
        before="""\
def f(frame):
    for line in open("rows.csv").readlines():
        frame.to_csv("rows.csv")
""",
        function="f",
        focus_line="readlines",
        why="a call in the loop is told the name of the file",
    ),
]
