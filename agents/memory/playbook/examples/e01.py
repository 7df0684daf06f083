"""The examples of E01: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import frame, left, made
from agents.memory.playbook.rule import Example

_CSV = "__import__('io').StringIO('a,b,c\\n1,x,2.5\\n3,y,4.5\\n')"
VALID: list[Example] = [
    made(
        ["d = pd.read_csv(p)", "return float(d['a'].sum())"],
        ["d = pd.read_csv(p, usecols=['a'])", "return float(d['a'].sum())"],
        "d = ",
        f"f({_CSV})",
        "p",
    ),
    made(
        ["d = pd.read_csv(p, sep=',')", "return len(d), d['c'].tolist(), d['b'].tolist()"],
        ["d = pd.read_csv(p, sep=',', usecols=['c', 'b'])", "return len(d), d['c'].tolist(), d['b'].tolist()"],
        "d = ",
        f"f({_CSV})",
        "p",
    ),
    made(
        ["d = pd.read_csv(p)", "return d[['b', 'a']].values.tolist()"],
        ["d = pd.read_csv(p, usecols=['b', 'a'])", "return d[['b', 'a']].values.tolist()"],
        "d = ",
        f"f({_CSV})",
        "p",
        (frame("d", a="int64", b="str", c="float64"),),
    ),
]

INVALID: list[Example] = [
    left(["d = pd.read_csv(n)", "return d"], "the caller has the whole frame", "d = "),
    left(["d = pd.read_csv(n)", "return [d[c] for c in d]"], "it is iterated over", "d = "),
    left(["d = pd.read_csv(n)", "return d[n]"], "the column is not known", "d = "),
    left(["d = pd.read_csv(n, index_col=0)", "return d['a']"], "the index is a column too", "d = "),
    left(["d = pd.read_csv(n, header=None)", "return d['a']"], "the columns have no names", "d = "),
    left(["d = pd.read_table(n)", "return d['a']"], "it is another reader", "d = "),
]
