"""The examples of B26: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_MADE = """\
import contextlib
import sqlite3


def f(n):
    con = sqlite3.connect(":memory:")
    con.execute("create table t (a, b)")
    con.executemany("insert into t values (?, ?)", [(i, str(i)) for i in range(n)])
"""

VALID: list[Example] = [
    Example(
        before=f"""\
{_MADE}    total = 0
    for a, b in con.execute("select a, b from t").fetchall():
        total += a + len(b)
    con.close()
    return total
""",
        after=f"""\
{_MADE}    total = 0
    for a, b in con.execute("select a, b from t"):
        total += a + len(b)
    con.close()
    return total
""",
        function="f",
        focus_line="for a, b",
        call="f(0), f(12)",
    ),
    Example(
        before=f"""\
{_MADE}    cursor = con.cursor()
    cursor.execute("select a, b from t order by a desc")
    rows = cursor.fetchall()
    found = [a for a, b in rows if b]
    con.close()
    return found
""",
        after=f"""\
{_MADE}    cursor = con.cursor()
    cursor.execute("select a, b from t order by a desc")
    rows = iter(cursor)
    found = [a for a, b in rows if b]
    con.close()
    return found
""",
        function="f",
        focus_line="rows = ",
        call="f(0), f(12)",
    ),
    Example(
        before="""\
import contextlib
import sqlite3


def f(path):
    with contextlib.closing(sqlite3.connect(path)) as con:
        return dict(con.execute("select 1, 2").fetchall())
""",
        after="""\
import contextlib
import sqlite3


def f(path):
    with contextlib.closing(sqlite3.connect(path)) as con:
        return dict(con.execute("select 1, 2"))
""",
        function="f",
        focus_line="return dict",
        call="f(':memory:')",
    ),
]

INVALID: list[Example] = [
    Example(before=_MADE + body, function="f", focus_line="fetchall", why=why)
    for body, why in (
        (
            '    for a, b in con.execute("select a, b from t").fetchall():\n'
            '        con.execute("delete from t where a = ?", (a,))\n',
            "the loop changes the table",
        ),
        (
            "    cur = con.cursor()\n"
            '    for a, b in cur.execute("select a, b from t").fetchall():\n        con.commit()\n',
            "the loop ends the transaction",
        ),
        (
            '    rows = con.execute("select a, b from t").fetchall()\n'
            "    con.close()\n    return [a for a, b in rows]\n",
            "the connection is closed when the rows are read",
        ),
        ('    return con.execute("select a, b from t").fetchall()\n', "the list is returned"),
        (
            '    for a, b in con.execute("select a, b from t").fetchall():\n        save(con, a)\n',
            "the loop hands the connection on",
        ),
        (
            '    keep(con)\n    for a, b in con.execute("select a, b from t").fetchall():\n        save(a)\n',
            "others hold the connection",
        ),
    )
]
INVALID.append(
    Example(
        before="def f(cursor):\n    for row in cursor.fetchall():\n        print(row)\n",
        function="f",
        focus_line="fetchall",
        why="nothing says what cursor it is, nor who else uses it",
    )
)
INVALID += [
    Example(
        before="""\
import sqlite3


def f(path):
    connection = sqlite3.connect(path)
    rows = connection.execute("select id from t")
    changes = connection.cursor()
    for row in rows.fetchall():
        changes.execute("delete from t where id = ?", row)
""",
        function="f",
        focus_line="fetchall",
        why="another cursor changes the rows meanwhile",
    ),
]
