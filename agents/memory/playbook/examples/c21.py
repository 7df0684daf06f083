"""The examples of C21: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _invalid(use: str, why: str, *, made: str = "letters = list(text)", before: str = "") -> Example:
    """An INVALID example: a function whose `letters` are the characters of a text, and a use of them."""
    return Example(
        before=f"{before}\n\n\ndef count(other):\n    text = str(other)\n    {made}\n    {use}\n",
        function="count",
        focus_line=made,
        why=why,
    )


VALID: list[Example] = [
    Example(
        before="""\
def count(name):
    text = "abcdefghij" * 20 + str(name)
    letters = list(text)
    return sum(1 for letter in letters if letter == "a")


def run():
    return count("a"), count("")
""",
        after="""\
def count(name):
    text = "abcdefghij" * 20 + str(name)
    letters = text
    return sum(1 for letter in letters if letter == "a")


def run():
    return count("a"), count("")
""",
        function="count",
        focus_line="letters = ",
        call="run()",
    ),
    Example(
        before="""\
def pairs(name):
    letters = list(str(name).upper())
    name = None
    found = []
    for place, letter in enumerate(letters):
        if place:
            found.append(letters[place - 1] + letter)
    return found, len(letters), letters[-1], sorted(letters) if letters else None


def run():
    try:
        return pairs("")
    except IndexError:
        return pairs("bca"), pairs(b"x")
""",
        after="""\
def pairs(name):
    letters = str(name).upper()
    name = None
    found = []
    for place, letter in enumerate(letters):
        if place:
            found.append(letters[place - 1] + letter)
    return found, len(letters), letters[-1], sorted(letters) if letters else None


def run():
    try:
        return pairs("")
    except IndexError:
        return pairs("bca"), pairs(b"x")
""",
        function="pairs",
        focus_line="letters = ",
        call="run()",
    ),
    Example(
        before="""\
def longest(path):
    with open(path) as file:
        letters = list(file.read())
    best = 0
    for letter in letters:
        best = max(best, ord(letter))
    return best
""",
        after="""\
def longest(path):
    with open(path) as file:
        letters = file.read()
    best = 0
    for letter in letters:
        best = max(best, ord(letter))
    return best
""",
        function="longest",
        focus_line="letters = ",
        call="longest(__file__) > 60",
    ),
]

INVALID: list[Example] = [
    _invalid("return len(letters)", "not known to be a text", made="letters = list(other)"),
    _invalid("return len(letters)", "another list()", before="def list(values):\n    return [1]"),
    _invalid("letters = letters[1:]", "bound again"),
    _invalid("return lambda: letters[0]", "used in an inner function"),
    _invalid("letters[0] = 'x'", "changed"),
    _invalid("letters.append('x')", "fed"),
    _invalid("return letters", "handed out"),
    _invalid("return 'ab' in letters", "a part of a text is in it, in no list of characters"),
    _invalid("return letters == other", "a text is no list"),
    _invalid("return letters[1:]", "a slice of it is a list"),
    _invalid("return letters[other]", "the place may be a slice"),
    _invalid("return letters + other", "joined with a list"),
    _invalid("return min(letters, other)", "compared as a whole"),
    _invalid("return f'{letters}'", "shown"),
    _invalid("return locals()", "all locals are handed out"),
]
