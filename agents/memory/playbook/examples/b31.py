"""The examples of B31: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_HELPER = '''\
def _in_flight(futures, limit):
    """The futures in their order, at most `limit` of them under way at once."""
    waiting = []
    for future in futures:
        waiting.append(future)
        if len(waiting) >= limit:
            yield waiting.pop(0)
    yield from waiting


'''
_TOP = "from concurrent.futures import ThreadPoolExecutor\n\n\n"

VALID: list[Example] = [
    Example(
        before=f"""\
{_TOP}def f(n):
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(lambda i=i: [i] * 3) for i in range(n)]
        return sum(len(one.result()) for one in futures)
""",
        after=f"""\
{_TOP}{_HELPER}def f(n):
    with ThreadPoolExecutor(2) as pool:
        futures = _in_flight((pool.submit(lambda i=i: [i] * 3) for i in range(n)), 8)
        return sum(len(one.result()) for one in futures)
""",
        function="f",
        focus_line="futures = ",
        call="f(0), f(3), f(30)",
    ),
    Example(
        before=f"""\
{_TOP}def f(xs):
    found = []
    with ThreadPoolExecutor(max_workers=1) as pool:
        for one in [pool.submit(str, x) for x in xs]:
            found.append(one.result())
    return found
""",
        after=f"""\
{_TOP}{_HELPER}def f(xs):
    found = []
    with ThreadPoolExecutor(max_workers=1) as pool:
        for one in _in_flight((pool.submit(str, x) for x in xs), 4):
            found.append(one.result())
    return found
""",
        function="f",
        focus_line="for one in",
        call="f([]), f(range(9))",
    ),
    Example(
        before=f"""\
{_TOP}def f(xs, workers):
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(str, x) for x in xs]
        return [one.result() for one in futures]
""",
        after=f"""\
{_TOP}{_HELPER}def f(xs, workers):
    with ThreadPoolExecutor(workers) as pool:
        futures = _in_flight((pool.submit(str, x) for x in xs), 32)
        return [one.result() for one in futures]
""",
        function="f",
        focus_line="futures = ",
        call="f([], 1), f(range(50), 1)",
    ),
]

INVALID: list[Example] = [
    Example(
        before=f"{_TOP}def f(xs, g):\n    with ThreadPoolExecutor() as pool:\n{body}\n",
        function="f",
        focus_line="submit",
        why=why,
    )
    for body, why in (
        (
            "        fs = [g.submit(str, x) for x in xs]\n        return [f.result() for f in fs]",
            "it is no pool",
        ),
        (
            "        fs = [pool.submit(str, x) for x in xs]\n        g(fs)\n        return [f.result() for f in fs]",
            "the futures are handed on",
        ),
        (
            "        fs = [pool.submit(str, x) for x in xs]\n        return [f.done() for f in fs]",
            "nothing waits for it",
        ),
        (
            "        for f in [pool.submit(str, x) for x in xs]:\n            f.result(timeout=9)",
            "a task that was submitted later may not be done by then",
        ),
        (
            "        for f in [pool.submit(str, g()) for x in xs]:\n            f.result()",
            "what g() gives may depend on when it is called",
        ),
        (
            "        fs = [pool.submit(str, x) for x in xs]\n        pool.shutdown(wait=False)\n"
            "        for f in fs:\n            f.result()",
            "the pool takes no more tasks",
        ),
        (
            "        for f in [pool.submit(str, x) for x in xs]:\n            f.result()\n"
            "            pool.shutdown(wait=False)",
            "the pool takes no more tasks after the first result",
        ),
        (
            "        for f in [pool.submit(str, x) for x in xs]:\n            if not f.result(): raise OSError",
            "the tasks after that result would not run",
        ),
        (
            "        for f in [pool.submit(str, x) for x in xs]:\n            if f.result(): break",
            "the tasks after the last result taken would not run",
        ),
        (
            "        for f in [pool.submit(str, g) for x in xs]:\n            g = f.result()",
            "what the tasks are given is bound anew",
        ),
        (
            "        try:\n            for f in [pool.submit(str, x) for x in xs]: f.result()\n"
            "        except OSError: pass",
            "after a failure the other tasks have been submitted",
        ),
    )
]
