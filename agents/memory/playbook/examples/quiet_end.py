"""INVALID examples of A01: the end of the object is noticed, or somebody else sees the name."""

from collections.abc import Mapping

from agents.memory.playbook.rule import Example

_LOCK = "class Lock:\n    def __del__(self):\n        print('gone')\n\n\n"


def _noticed(
    value: str,
    why: str,
    *,
    before: str = "",
    use: str = "print(len(data))",
    holding_type: str = "list",
    element: str = "int",
    extra: Mapping[str, str] | None = None,
) -> Example:
    """An INVALID example: the end of `data`, which is `value`, is noticed."""
    return Example(
        before=f"{before}def f(n):\n    data = {value}\n    {use}\n    big = [0] * n\n    return big\n",
        function="f",
        peak_line="big =",
        holding="data",
        holding_type=holding_type,
        holding_element=element,
        refcounts={"data": 1},
        extra=extra or {},
        why=why,
    )


NOTICED: list[Example] = [
    _noticed("[[Lock()] for i in range(n)]", "the inner lists hold finalizers", before=_LOCK, element="list"),
    _noticed(
        "{i: (i, Lock()) for i in range(n)}",
        "the tuples hold finalizers",
        before=_LOCK,
        holding_type="dict",
        element="tuple",
    ),
    _noticed("[*range(n), Lock()]", "only the commonest element is known", before=_LOCK),
    _noticed(
        "[str(n), tempfile.TemporaryDirectory()]",
        "the folder goes with its object",
        before="import tempfile\n\n\n",
        element="str",
    ),
    _noticed(
        "set(range(n))",
        "a set can be referred to weakly",
        before="import weakref\n\nCACHE = weakref.WeakValueDictionary()\n\n\n",
        use="CACHE['k'] = data",
        holding_type="set",
    ),
    _noticed(
        "frozenset(range(n))",
        "weakref by its inner name",
        holding_type="frozenset",
        extra={"other.py": "from _weakref import ref\n"},
    ),
    _noticed(
        "array.array('d', [0.5]) * n",
        "its address is used later",
        before="import array\nimport ctypes\n\n\n",
        use="address = data.buffer_info()",
        holding_type="array.array",
        element="",
    ),
    _noticed(
        "np.zeros(n)",
        "its address is used later",
        before="import numpy as np\n\n\n",
        use="pointer = data.ctypes.data",
        holding_type="numpy.ndarray",
        element="float64",
    ),
    _noticed("np.memmap(n)", "the file is written when it goes", holding_type="numpy.memmap", element="uint8"),
    _noticed("np.array(n)", "an array of objects", holding_type="numpy.ndarray", element="object", before=_LOCK),
    _noticed(
        "bytes(n)",
        "its address is used later",
        holding_type="bytes",
        element="",
        extra={"other.py": "import ctypes\n"},
    ),
    _noticed(
        "[Pool()]",
        "a library's class with the name of the project's",
        before="class Pool:\n    pass\n\n\n",
        element="multiprocessing.pool.Pool",
    ),
    _noticed(
        "list(range(n))",
        "a callee reads the frame",
        before="import sys\n\n\ndef g():\n    return sys._getframe(1).f_locals['data']\n\n\n",
    ),
    _noticed(
        "list(range(n))",
        "a callee in another file reads the frame",
        extra={"other.py": "import inspect\n\n\ndef show():\n    return inspect.stack()[1]\n"},
    ),
    Example(
        before="rows = [1]\ntotal = len(rows)\nbig = [0] * 9\n",
        peak_line="big =",
        holding="rows",
        holding_element="int",
        extra={"tool.py": "import runpy\n\nprint(runpy.run_path('exam' + 'ple.py')['rows'])\n"},
        why="runpy gives the globals to another file",
    ),
    Example(
        before="rows = [1]\ntotal = len(rows)\nbig = [0] * 9\n",
        peak_line="big =",
        holding="rows",
        holding_element="int",
        extra={"tool.py": "import importlib\n\n\ndef load(name):\n    return importlib.import_module(name)\n"},
        why="another file may import it by a computed name",
    ),
    Example(
        before="rows = [1]\ntotal = len(rows)\nbig = [0] * 9\n",
        peak_line="big =",
        holding="rows",
        holding_element="int",
        extra={"tool.py": "def show():\n    import __main__\n\n    return __main__.rows\n"},
        why="another file imports __main__",
    ),
]
