"""Random functions over lists, strings and objects, with helpers that change what they are given, or not."""

from textwrap import indent

from hypothesis import strategies as st

HELPERS = """\
from copy import copy

LOG = []


class Box:
    def __init__(self, held=None):
        self.held = held
        self.items = []

    def put(self, thing):
        self.items.append(thing)
        return self

    def size(self):
        return len(self.items)


def length(thing):
    return len(thing)


def keep(thing):
    LOG.append(thing)
    return 0


def grow(thing):
    thing.append(1)
    return len(thing)


def first(thing):
    return thing[0] if thing else None


def same(thing):
    return thing


def fresh_list(count):
    made = []
    for number in range(count):
        made.append([number])
    return made


"""

LISTS = ("xs", "ys", "zs")
lists = st.sampled_from(LISTS)
expressions = st.sampled_from(
    (
        *(
            "n",
            "len(xs)",
            "xs[:2]",
            "list(ys)",
            "sorted(xs, key=repr)",
            "[x for x in xs]",
            "[[x] for x in ys]",
            "xs + ys",
        ),
        *("{'k': xs}", "(xs, n)", "same(ys)", "first(xs)", "fresh_list(2)", "length(ys)", "grow(xs)", "keep(ys)"),
        *(
            "copy(xs)",
            "Box(xs)",
            "Box().put(ys)",
            "str(xs)",
            "max(len(xs), n)",
            "xs or ys",
            "xs if n else ys",
            "n * 2.0",
        ),
        *("n > 1", "'a' + str(n)", "'%s' % n", "sum(1 for x in xs)", "{1, n}", "dict(a=ys)", "xs.copy()", "xs is ys"),
        *(
            "[*xs, n]",
            "not xs",
            "-n",
            "n // 2",
            "n / 2",
            "divmod(n, 2)",
            "zip(xs, ys)",
            "enumerate(xs)",
            "'a b'.split()",
        ),
    )
)
statements = st.one_of(
    st.builds(
        "{} = {}".format, lists, st.sampled_from(("[n]", "list(xs)", "xs[:]", "[[n]]", "xs", "ys", "same(xs)", "[]"))
    ),
    st.builds("{}.append({})".format, lists, st.sampled_from(("n", "ys", "[n]", "xs[:1]"))),
    st.builds("{}[:1] = [n]".format, lists),
    st.builds(
        "for z in {}[:2]:\n    {}".format, lists, st.sampled_from(("grow(ys)", "n += 1", "keep(xs)", "pass", "str(z)"))
    ),
    st.builds("value = {}".format, expressions),
    st.builds("value = {}\nother = value".format, expressions),
    st.builds("{}".format, expressions),
    st.sampled_from(
        (
            *(
                "del ys[:]",
                "xs.clear()",
                "ys.sort(key=repr)",
                "xs += [n]",
                "n += 1",
                "grow(ys)",
                "keep(zs)",
                "zs.extend(xs)",
            ),
            *("box = Box(xs)\nbox.put(ys)", "box = Box()\nbox.held = zs", "LOG.clear()", "xs, ys = ys, xs"),
            *(
                "if n:\n    xs = [0]",
                "try:\n    grow(xs)\nexcept ValueError:\n    ys = []",
                "xs.reverse()",
                "ys.insert(0, n)",
            ),
        )
    ),
)
functions = st.lists(statements, min_size=1, max_size=7).map(
    lambda parts: (
        HELPERS
        + "def f(xs, ys, n):\n    zs = [n]\n    value = box = other = None\n"
        + indent("\n".join(parts), "    ")
        + "\n    return n\n"
    )
)
