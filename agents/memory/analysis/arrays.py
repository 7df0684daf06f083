"""What is known of numpy arrays in one function: dtype, dimensions, shape, layout, and whether anybody shares them."""

import ast
from dataclasses import dataclass, replace

from agents.memory.analysis.external import external, known_scalar
from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, outermost_loop
from agents.memory.analysis.purity import Analyst
from runtime.measure.holdings import Holding

FLOATS = frozenset({"float64", "float32"})
_WIDENED = frozenset({
    "float64", "float32", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "bool",
})  # fmt: skip
"""What gives float64 together with float64."""
_DTYPES = {
    "f8": "float64", "d": "float64", "float": "float64", "float64": "float64", "double": "float64",
    "f4": "float32", "float32": "float32", "i8": "int64", "int64": "int64", "i4": "int32", "int32": "int32",
    "u1": "uint8", "uint8": "uint8", "i1": "int8", "int8": "int8", "bool": "bool", "?": "bool", "bool_": "bool",
}  # fmt: skip
ROUNDING = frozenset({
    "sqrt", "exp", "exp2", "log", "log2", "log10", "log1p", "expm1", "sin", "cos", "tan", "arcsin", "arccos",
    "arctan", "sinh", "cosh", "tanh", "floor", "ceil", "rint", "trunc", "absolute", "abs", "fabs", "negative",
    "square", "reciprocal", "sign", "cbrt", "degrees", "radians", "deg2rad", "rad2deg",
})  # fmt: skip
"""Ufuncs of one argument that give floats of the same dtype for floats."""
PAIRING = frozenset({
    "add", "subtract", "multiply", "divide", "true_divide", "maximum", "minimum", "arctan2", "hypot", "fmod",
    "power",
})  # fmt: skip
"""Ufuncs of two arguments for which the same holds."""
REDUCING = frozenset({
    "sum", "mean", "std", "var", "min", "max", "amin", "amax", "prod", "any", "all", "argmin", "argmax",
    "median", "cumsum", "cumprod", "count_nonzero", "isnan", "isfinite", "isinf", "allclose", "array_equal",
    "unique", "bincount", "histogram", "argsort", "dot", "nonzero", "diff", "percentile", "nansum", "nanmean",
})  # fmt: skip
"""Functions, and methods where there are such, whose result shares nothing with what they read."""
COPYING = frozenset({
    "tolist", "tobytes", "flatten", "copy", "item", "round",
})  # fmt: skip
"""Further methods of which that is true."""
MEASURES = frozenset({"shape", "size", "ndim", "dtype", "nbytes", "itemsize"})
_OPTIONS = frozenset({"axis", "keepdims", "ddof"})
_SHAPED = {"zeros", "ones", "empty", "full"}
BINARY = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide",
}  # fmt: skip


@dataclass(frozen=True)
class Array:
    """A value that is exactly a numpy.ndarray.

    Args:
        dtype: its name, in native byte order.
        dims: number of dimensions; None when unknown. A result of none would be a scalar instead.
        shape: equal for two arrays that have the same shape; "" when unknown.
        fresh: a new array: nothing else refers to it or to its data.
        contiguous: in C order without gaps.
        assumes: what was only observed.
    """

    dtype: str
    dims: int | None = None
    shape: str = ""
    fresh: bool = False
    contiguous: bool = False
    assumes: frozenset[str] = frozenset()

    def with_(self, other: "Array") -> frozenset[str]:
        """The assumptions of both."""
        return self.assumes | other.assumes


_BOTTOM = Array("bottom")
_DEPTH = 8
"""Names followed into each other's bindings."""
_ROUNDS = 4
"""Times the bindings of a name that mention it are looked at until nothing changes."""


class Arrays:
    """Infers arrays in one function; `holdings` are what the census saw its names hold."""

    def __init__(self, analyst: Analyst, function: FunctionNode, holdings: dict[str, Holding]) -> None:
        self.analyst = analyst
        self.function = function
        self.holdings = holdings
        self._active: dict[str, Array] = {}
        """Names whose bindings are being looked at, with what was found out so far."""
        self._met: set[str] = set()
        """Of those, the ones that their own bindings mention."""
        self._known: dict[str, Array | None] = {}
        self._steady = not any(_reshapes(node) for node in ast.walk(function))

    def of(self, expr: ast.expr) -> Array | None:
        """The array that `expr` gives; None when it may be anything else."""
        found = self._of(expr)
        return None if found == _BOTTOM else found

    def numpy(self, func: ast.expr) -> str:
        """`sqrt` for what is surely `numpy.sqrt`; else ""."""
        name = external(self.analyst.project, self.analyst.module, func)
        return name.removeprefix("numpy.") if name.startswith("numpy.") else ""

    def _of(self, expr: ast.expr) -> Array | None:
        match expr:
            case ast.Name():
                return self._name(expr)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(left, op, right)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self._of(operand)
                return replace(inner, fresh=True) if inner is not None and inner.dtype in FLOATS else None
            case ast.Subscript(value=value, slice=index):
                return self._part(value, index)
            case ast.Call(func=func):
                name = self.numpy(func)
                if name:
                    return self._function(name, expr)
                if isinstance(func, ast.Attribute):
                    return self._method(func, expr)
        return None

    # -- names ----------------------------------------------------------------------------------------------

    def _name(self, name: ast.Name) -> Array | None:
        module = self.analyst.module
        if module.owner(name, name.id) is not self.function:
            return None
        if not self._steady or len(self._active) > _DEPTH:
            return None
        if name.id in self._active:
            self._met.add(name.id)
            return self._active[name.id]
        if name.id in self._known:
            return self._known[name.id]
        found = self._fixed(name.id)
        if found != _BOTTOM:
            found = self._looked_up(name.id, found)
        if not self._met:
            self._known[name.id] = found
        return found

    def _fixed(self, name: str) -> Array | None:
        """What all bindings of the name give, those that mention it themselves included."""
        found: Array | None = _BOTTOM
        for _ in range(_ROUNDS):
            if found is None:
                return None
            self._active[name] = found
            again = self._bound(name)
            del self._active[name]
            recursive = name in self._met
            self._met.discard(name)
            if again == found or not recursive:
                return again
            found = again
        return None

    def _bound(self, name: str) -> Array | None:
        joined: Array | None = _BOTTOM
        for node in self.analyst.module.bindings(self.function).get(name, []):
            match self.analyst.module.parents.get(node):
                case ast.Assign(targets=[ast.Name()], value=value):
                    joined = _join(joined, self._of(value))
                case ast.AnnAssign(target=ast.Name(), value=ast.expr() as value):
                    joined = _join(joined, self._of(value))
                case ast.AugAssign():
                    continue  # An array stays the one it is.
                case ast.Delete():
                    continue
                case _:
                    return None
        return joined

    def _looked_up(self, name: str, found: Array | None) -> Array | None:
        """What was found out, with what only the census saw; the one binding of a name gives its shape a name."""
        seen = self.holdings.get(name)
        if found is None:
            if seen is None or seen.array is None or seen.element not in _DTYPES.values() or not seen.array.shape:
                return None
            dims, order = len(seen.array.shape), ", in C order" if seen.array.contiguous else ""
            assumed = f"`{name}` is a plain numpy array of {seen.element} in {dims} dimensions{order}, as it was seen"
            shape = name if self._bound_once(name) else ""
            return Array(seen.element, dims, shape, False, seen.array.contiguous, frozenset({assumed}))
        if found.dims is None and seen is not None and seen.array is not None and seen.array.shape:
            assumed = f"`{name}` has {len(seen.array.shape)} dimensions, as it was seen"
            found = replace(found, dims=len(seen.array.shape), assumes=found.assumes | {assumed})
        if not found.shape and self._bound_once(name):
            found = replace(found, shape=name)
        return found

    def _bound_once(self, name: str) -> bool:
        module = self.analyst.module
        nodes = module.bindings(self.function).get(name, [])
        return len(nodes) == 1 and outermost_loop(module, nodes[0], self.function) is None

    # -- operations -----------------------------------------------------------------------------------------

    def _binary(self, left: ast.expr, op: ast.operator, right: ast.expr) -> Array | None:
        one, other = self._of(left), self._of(right)
        if _BOTTOM in (one, other):
            return _BOTTOM
        if one is not None and other is not None:
            return self._pair(one, other) if type(op) in BINARY else None
        array, scalar = (one, right) if one is not None else (other, left)
        if array is None or array.dims == 0:
            return None
        real = isinstance(scalar, ast.Constant) and type(scalar.value) is float
        if real and array.dtype in ("int64", "int32") and type(op) in BINARY:
            return replace(array, dtype="float64", fresh=True)
        if isinstance(op, ast.Pow):
            fits = array is one and array.dtype in FLOATS and isinstance(scalar, ast.Constant)
        else:
            fits = type(op) in BINARY
        return replace(array, fresh=True) if fits and self._keeps(array.dtype, op, scalar) else None

    def _keeps(self, dtype: str, op: ast.operator, scalar: ast.expr) -> bool:
        """Whether an operation with a Python number gives the array's own dtype, under any version of numpy."""
        if dtype == "float64":
            return known_scalar(self.analyst, scalar)
        value = scalar.value if isinstance(scalar, ast.Constant) else None
        value = scalar.value if isinstance(scalar, ast.Constant) else None
        if dtype == "float32":
            return isinstance(value, int | float) and type(value) is not bool and abs(value) < 1e30
        if dtype in ("int64", "int32"):
            return type(value) is int and value < 2**31 and not isinstance(op, ast.Div | ast.Pow)
        return False

    def _pair(self, one: Array, other: Array) -> Array | None:
        dtypes = {one.dtype, other.dtype}
        if not (dtypes <= FLOATS and len(dtypes) == 1) and not ("float64" in dtypes and dtypes <= _WIDENED):
            return None
        dims = None if one.dims is None or other.dims is None else max(one.dims, other.dims)
        same = one.shape == other.shape
        dtype = "float64" if "float64" in dtypes else one.dtype
        contiguous = dims == 1 or (same and one.contiguous and other.contiguous)
        return Array(dtype, dims, one.shape if same else "", True, contiguous, one.with_(other))

    def _part(self, value: ast.expr, index: ast.expr) -> Array | None:
        whole = self._of(value)
        if whole is None or whole == _BOTTOM or not whole.dims:
            return None
        if isinstance(index, ast.Slice):
            ordered = whole.contiguous and index.step is None
            shape = f"{whole.shape}[{ast.unparse(index)}]" if whole.shape and _literal_slice(index) else ""
            if shape and ast.unparse(index) == "::-1":
                shape = whole.shape
            return replace(whole, shape=shape, fresh=False, contiguous=ordered)
        return None

    def _function(self, name: str, call: ast.Call) -> Array | None:
        args = call.args
        keywords = {k.arg: k.value for k in call.keywords}
        if any(isinstance(arg, ast.Starred) for arg in args) or None in keywords:
            return None
        if name in _SHAPED:
            return self._made(name, args, keywords)
        if name == "arange":
            return self._arange(args, keywords)
        if name == "linspace" and len(args) >= 2 and not keywords and all(known_scalar(self.analyst, a) for a in args):
            return Array("float64", 1, "", True, True)
        out = keywords.pop("out", None)
        if keywords:
            return None
        if name in ("array", "asarray") and len(args) == 1 and out is None:
            whole = self._of(args[0])
            return None if whole is None else replace(whole, fresh=name == "array") if whole != _BOTTOM else whole
        if name in ROUNDING and len(args) == 1:
            found = self._of(args[0])
        elif name in PAIRING and len(args) == 2:
            found = self._ufunc(name, args)
        elif name == "sort" and len(args) == 1:
            found = self._of(args[0])
            return replace(found, fresh=True) if found is not None and found != _BOTTOM else found
        else:
            return None
        if found is None or found == _BOTTOM:
            return found
        if found.dtype not in FLOATS:
            return None
        if out is None:
            return replace(found, fresh=True)
        return replace(found, fresh=False)

    def _ufunc(self, name: str, args: list[ast.expr]) -> Array | None:
        one, other = self._of(args[0]), self._of(args[1])
        if _BOTTOM in (one, other):
            return _BOTTOM
        if one is not None and other is not None:
            return self._pair(one, other)
        array, scalar = (one, args[1]) if one is not None else (other, args[0])
        return array if array is not None and self._keeps(array.dtype, ast.Add(), scalar) else None

    def _made(self, name: str, args: list[ast.expr], keywords: dict[str | None, ast.expr]) -> Array | None:
        order = 2 if name == "full" else 1
        given = args[order] if len(args) > order else keywords.get("dtype")
        if not args or len(args) > order + 1 or set(keywords) - {"dtype"} or (name == "full" and given is None):
            return None
        dtype = "float64" if given is None else self.dtype(given)
        if dtype is None:
            return None
        size = args[0]
        match size:
            case ast.Tuple(elts=elts) if elts and not any(isinstance(e, ast.Starred) for e in elts):
                dims: int | None = len(elts)
            case _:
                dims = 1 if self.integer(size) else None
        return Array(dtype, dims, self._stable(size), True, True)

    def integer(self, expr: ast.expr) -> bool:
        """Whether the expression is an int, whatever the input."""
        kind = self.analyst.kinds.of(expr)
        return kind is not None and kind.name == "int"

    def _arange(self, args: list[ast.expr], keywords: dict[str | None, ast.expr]) -> Array | None:
        if not 1 <= len(args) <= 3 or set(keywords) - {"dtype"}:
            return None
        if "dtype" in keywords:
            dtype = self.dtype(keywords["dtype"])
        elif all(self.integer(arg) for arg in args):
            dtype = "int64"
        else:
            floats = any(isinstance(a, ast.Constant) and type(a.value) is float for a in args)
            dtype = "float64" if floats and all(known_scalar(self.analyst, a) for a in args) else None
        shape = self._stable(ast.Tuple(args, ast.Load())) if dtype is not None else ""
        return Array(dtype, 1, f"arange{shape}" if shape else "", True, True) if dtype else None

    def _stable(self, size: ast.expr) -> str:
        """The text of a shape that is made of literals only."""
        inner = [node for node in ast.walk(size) if isinstance(node, ast.expr)]
        literal = all(isinstance(node, ast.Constant | ast.Tuple | ast.UnaryOp | ast.BinOp) for node in inner)
        if not literal:
            return ""
        return ast.unparse(size if isinstance(size, ast.Tuple) else ast.Tuple([size], ast.Load()))

    def _method(self, func: ast.Attribute, call: ast.Call) -> Array | None:
        whole = self._of(func.value)
        if whole is None or whole == _BOTTOM:
            return None
        if any(isinstance(a, ast.Starred) for a in call.args):
            return None
        match func.attr, call.args, call.keywords:
            case "copy", [], []:
                return replace(whole, fresh=True, contiguous=True)
            case "flatten" | "ravel", [], []:
                fresh = func.attr == "flatten"
                return Array(whole.dtype, 1, "", fresh, True, whole.assumes)
            case "reshape", args, [] if args and all(self.integer(a) for a in args):
                return Array(whole.dtype, len(args), "", False, whole.contiguous, whole.assumes)
            case "astype", [given], []:
                dtype = self.dtype(given)
                return replace(whole, dtype=dtype, fresh=True) if dtype is not None else None
        return None

    def dtype(self, expr: ast.expr) -> str | None:
        """The dtype an expression names: `"f8"`, `float`, `np.float64`."""
        match expr:
            case ast.Constant(value=str() as text):
                return _DTYPES.get(text)
            case ast.Name(id="float" | "bool" as name) if self.analyst.module.owner(expr, name) is None:
                return _DTYPES[name]
            case ast.Attribute():
                return _DTYPES.get(self.numpy(expr)) if self.numpy(expr) not in ("float", "bool") else None
        return None


def _join(one: Array | None, other: Array | None) -> Array | None:
    if one is None or other is None:
        return None
    if one == _BOTTOM or other == _BOTTOM:
        return other if one == _BOTTOM else one
    if one.dtype != other.dtype:
        return None
    return Array(
        one.dtype,
        one.dims if one.dims == other.dims else None,
        one.shape if one.shape == other.shape else "",
        one.fresh and other.fresh,
        one.contiguous and other.contiguous,
        one.with_(other),
    )


def _reshapes(node: ast.AST) -> bool:
    """Whether an array may become another one in place."""
    if not isinstance(node, ast.Attribute):
        return False
    stored = not isinstance(node.ctx, ast.Load) and node.attr in ("shape", "dtype", "strides", "data")
    return stored or node.attr in ("resize", "setflags", "setfield", "byteswap", "__class__")


def _literal_slice(index: ast.Slice) -> bool:
    parts = [p for p in (index.lower, index.upper, index.step) if p is not None]
    return all(isinstance(n, ast.Constant | ast.UnaryOp | ast.unaryop) for p in parts for n in ast.walk(p))


def of_function(scope: FunctionNode | ast.Module) -> FunctionNode | None:
    """The scope, where it is a function: a script's globals have other readers."""
    return scope if isinstance(scope, FUNCTIONS) else None
