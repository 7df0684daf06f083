"""The examples of A16: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_MEASURED = {"types": {"dict": 1000}, "keys": ["str"]}

_NAMES = """\
from copy import deepcopy


class Name:
    def __init__(self, space, local):
        self._space = space
        self._local = local
        self._text = "".join([space.uri, local])

    def __eq__(self, other):
        return isinstance(other, Name) and self._text == other._text

    def __hash__(self):
        return hash(self._text)

    def __repr__(self):
        return self._text


class Space:
    def __init__(self, prefix, uri):
        self._prefix = prefix
        self._uri = uri
        self._made = {}

    @property
    def uri(self):
        return self._uri

    def __getitem__(self, local):
        if local in self._made:
            return self._made[local]
        else:
            name = Name(self, local)
            self._made[local] = name
            return name


def use(n):
    space = Space("ex", "http://example.org/")
    names = [space[f"n{i}"] for i in range(n)]
    copies = [deepcopy(space) for _ in range(3)]
    return names, [copy["n1"] for copy in copies], copies[0]["new"], copies[0] is space
"""

_STATE = """\
        self._made = {}

    def __getstate__(self):
        return {**self.__dict__, "_made": {}}
"""

_SQUARES = """\
import copy


class Field:
    def __init__(self, scale: str):
        self.scale = scale
        self._words = dict()

    def word(self, key):
        \"\"\"The word for a key.\"\"\"
        if key not in self._words:
            self._words[key] = f"{self.scale}-{key}"
        return self._words[key]


def use(n):
    field = Field("s")
    for i in range(n):
        field.word(str(i))
    other = copy.deepcopy({"field": field})["field"]
    return other.word("1"), other.word("x"), field.word("2"), other.scale
"""

_GET = """\
import copy


class Upper:
    def __init__(self, mark):
        self.mark = mark
        self._seen: dict[str, str] = {}

    def of(self, word):
        found = self._seen.get(word)
        if found is None:
            found = self._seen[word] = f"{self.mark}{word}".upper() + "!" * 3
        return found


def use(n):
    upper = Upper("-")
    first = [upper.of("w" * i) for i in range(n)]
    twin = copy.deepcopy(upper)
    return first, [twin.of("w" * i) for i in range(n + 1)]
"""

_TRY = """\
import copy


class Paths:
    def __init__(self, root):
        self.root = root
        self._paths = {}

    def path(self, name):
        try:
            return self._paths[name]
        except KeyError:
            path = str(self.root) + "/" + str(name)
            self._paths[name] = path
            return path


def use(n):
    paths = Paths("r")
    return [paths.path(str(i)) for i in range(n)], copy.deepcopy(paths).path("1"), copy.deepcopy(paths).path("7")
"""


def _valid(text: str, name: str, attribute: str, start: str) -> Example:
    state = f'{start}\n\n    def __getstate__(self):\n        return {{**self.__dict__, "{attribute}": {{}}}}'
    return Example(
        before=text,
        after=text.replace(start, state),
        function=name,
        class_name=name,
        attribute=attribute,
        measured=_MEASURED,
        call="use(4)",
    )


VALID: list[Example] = [
    _valid(_NAMES, "Space", "_made", "        self._made = {}"),
    _valid(_SQUARES, "Field", "_words", "        self._words = dict()"),
    _valid(_GET, "Upper", "_seen", "        self._seen: dict[str, str] = {}"),
    _valid(_TRY, "Paths", "_paths", "        self._paths = {}"),
]


def _invalid(
    why: str, old: str, new: str, text: str = _NAMES, name: str = "Space", attribute: str = "_made", **more: object
) -> Example:
    """An INVALID example: `text` with one thing changed."""
    assert old in text
    return Example(
        before=text.replace(old, new),
        function=name,
        class_name=name,
        attribute=attribute,
        measured=_MEASURED | more,
        why=why,
    )


INVALID: list[Example] = [
    _invalid("nothing is copied", "deepcopy(space)", "space"),
    _invalid("1, 1.0 and True are one key and may give different values", "n{i}", "n{i}", keys=["int"]),
    _invalid("keys of several types", "n{i}", "n{i}", keys=["int", "str"]),
    _invalid(
        "the memo is also looked through",
        "    @property",
        "    def all(self):\n        return list(self._made)\n\n    @property",
    ),
    _invalid("something else may fill it", "    return names", "    space._made['x'] = 1\n    return names"),
    _invalid("it does not start empty", "self._made = {}", "self._made = {'a': 1}"),
    _invalid(
        "the class says how it is copied",
        "    @property",
        "    def __copy__(self):\n        return self\n\n    @property",
    ),
    _invalid("slots: no __dict__", "class Space:\n", "class Space:\n    __slots__ = ('_prefix', '_uri', '_made')\n\n"),
    _invalid("a base may say how it is copied", "class Space:", "class Space(dict):"),
    _invalid("a subclass may say how it is copied", "def use(n)", "class Sub(Space):\n    pass\n\n\ndef use(n)"),
    _invalid(
        "the prefix may change after values were kept", "    return names", "    space._uri = 'x'\n    return names"
    ),
    _invalid(
        "a method changes what the values come from",
        "    @property",
        "    def move(self, uri):\n        self._uri = uri\n\n    @property",
    ),
    _invalid("values without __eq__ differ when made again", "__eq__", "same"),
    _invalid("a value is changed after it was kept", "    return names", "    names[0]._text = 'x'\n    return names"),
    _invalid("a value holds a list that may grow", "self._local = local", "self._local = [local]"),
    _invalid("the state may be read as a whole", "    return names", "    vars(space)\n    return names"),
    _invalid(
        "a computed attribute name may be this one", "    return names", "    getattr(space, names)\n    return names"
    ),
    _invalid("each value is another", "Name(self, local)", "Name(self, local + str(len(self._made)))"),
    _invalid("what is returned is not what is kept", "            return name\n", "            return None\n"),
    _invalid(
        "the key is bound again", "            name = Name", "            local = local + 'x'\n            name = Name"
    ),
    _invalid(
        "the value comes from a clock",
        'f"{self.scale}-{key}"',
        'f"{self.scale}-{time.time()}"',
        "import time\n" + _SQUARES,
        "Field",
        "_words",
    ),
    _invalid(
        "the value comes from a global that changes",
        'f"{self.scale}-{key}"',
        'f"{COUNT}-{key}"',
        "COUNT = 0\n\n\ndef more():\n    global COUNT\n    COUNT += 1\n\n\n" + _SQUARES,
        "Field",
        "_words",
    ),
    _invalid(
        "computing it prints",
        'self._words[key] = f"{self.scale}-{key}"',
        "self._words[key] = print(key)",
        _SQUARES,
        "Field",
        "_words",
    ),
    _invalid(
        "two keys: another form",
        "def word(self, key):",
        "def word(self, key, plain=True):",
        _SQUARES,
        "Field",
        "_words",
    ),
]
