"""What is known of builtins, methods and the standard library: what has no effect, what consumes once.

Source: the Python 3.9 to 3.13 library reference. A name is listed only when it has no effect beyond its
value for arguments of the library's own types.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PURE_BUILTINS = _words(
    "abs all any ascii bin bool bytearray bytes callable chr complex dict divmod enumerate filter float format"
    " frozenset getattr hasattr hash hex int isinstance issubclass len list map max memoryview min oct ord pow"
    " range repr reversed round set slice sorted str sum tuple type zip"
)

CALLBACK_LIBRARY = {
    "re.sub": 1,
    "itertools.accumulate": 1,
    "itertools.dropwhile": 0,
    "itertools.filterfalse": 0,
    "itertools.groupby": 1,
    "itertools.starmap": 0,
    "itertools.takewhile": 0,
}
"""Which positional argument, if given, they call."""

LAZY_BUILTINS = frozenset({"enumerate", "filter", "map", "reversed", "zip", "iter"})
"""They step their arguments while they are iterated."""

PURE_MODULES = _words(
    "base64 binascii bisect cmath colorsys copy dataclasses decimal difflib fractions html ipaddress itertools"
    " keyword math numbers operator posixpath statistics string stringprep textwrap types unicodedata"
    " urllib.parse zlib"
)
"""Modules all of whose functions are free of effects, but for IMPURE_NAMES."""

IMPURE_NAMES = _words(
    "bisect.insort bisect.insort_left bisect.insort_right decimal.getcontext decimal.setcontext"
    " operator.setitem operator.delitem operator.iadd operator.iconcat operator.ior operator.iand"
    " operator.isub operator.imul operator.methodcaller operator.call itertools.tee types.new_class"
    " types.coroutine dataclasses.make_dataclass"
)

PURE_NAMES = _words(
    "csv.reader csv.DictReader"
    " ast.literal_eval collections.Counter collections.OrderedDict collections.defaultdict collections.deque"
    " collections.ChainMap datetime.date datetime.datetime datetime.time datetime.timedelta"
    " datetime.date.fromisoformat datetime.datetime.fromisoformat datetime.datetime.strptime"
    " datetime.time.fromisoformat heapq.nlargest heapq.nsmallest io.BytesIO io.StringIO json.dumps json.loads"
    " os.path.basename os.path.dirname os.path.join os.path.normpath os.path.split os.path.splitext os.fspath"
    " pathlib.Path pathlib.PurePath pathlib.PurePosixPath re.compile re.escape re.findall re.fullmatch"
    " re.match re.search re.split re.sub shlex.split struct.calcsize struct.pack struct.unpack"
    " struct.unpack_from struct.iter_unpack uuid.UUID functools.partial"
)

TEXT_METHODS = _words(
    "capitalize casefold center count encode decode endswith expandtabs find format index isalnum isalpha"
    " isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust"
    " lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip"
    " split splitlines startswith strip swapcase title translate upper zfill hex"
)
"""Methods of str and bytes: all without effect."""

TELLING_METHODS = _words(
    "capitalize casefold endswith expandtabs isalnum isalpha isascii isdecimal isdigit islower isnumeric isspace"
    " isupper ljust lower lstrip partition removeprefix removesuffix rjust rpartition rsplit rstrip split"
    " splitlines startswith strip swapcase upper zfill encode decode items keys values"
    " group groups groupdict span isoformat"
    " strftime hexdigest total_seconds as_posix"
)
"""Names that mean the methods of str, bytes and dict where no class of the project defines them."""

SAFE_TEXT_METHODS = _words(
    "capitalize casefold isalnum isalpha isascii isdecimal isdigit islower isnumeric isprintable isspace isupper"
    " lower lstrip rstrip strip split splitlines swapcase title upper"
)
"""Methods of str and bytes that cannot raise when called without arguments."""

CONTAINER_READERS = _words(
    "copy count difference get index intersection isdisjoint issubset issuperset items keys most_common union"
    " values symmetric_difference elements getvalue"
)
CONTAINER_WRITERS = _words(
    "add append appendleft clear difference_update discard extend extendleft insert intersection_update pop"
    " popitem popleft remove reverse rotate setdefault sort subtract symmetric_difference_update update"
    " write writelines move_to_end"
)

FRESH_BUILTINS = frozenset({"list", "dict", "set", "bytearray", "sorted"})
FRESH_LIBRARY = _words(
    "collections.Counter collections.OrderedDict collections.defaultdict collections.deque io.BytesIO"
    " io.StringIO copy.deepcopy copy.copy json.loads"
)
"""Calls that give an object nobody else holds."""

EXHAUSTING_BUILTINS = frozenset({"sum", "min", "max", "set", "frozenset", "dict", "list", "tuple", "sorted"})
"""They take one iterable as first argument and iterate it once, to its end."""
STOPPING_BUILTINS = frozenset({"any", "all"})
EXHAUSTING_LIBRARY = frozenset(
    {"collections.Counter", "collections.deque", "collections.OrderedDict", "math.fsum", "math.prod"}
)
SECOND_ARGUMENT_LIBRARY = frozenset({"heapq.nlargest", "heapq.nsmallest"})
"""They iterate their second argument once, to its end."""

HARMLESS_CONTEXTS = _words(
    "open io.open gzip.open bz2.open lzma.open codecs.open zipfile.ZipFile tarfile.open tempfile.TemporaryDirectory"
    " io.StringIO io.BytesIO io.TextIOWrapper gzip.GzipFile bz2.BZ2File lzma.LZMAFile"
    " tempfile.NamedTemporaryFile tempfile.TemporaryFile contextlib.closing contextlib.nullcontext"
)
"""Context managers that let exceptions pass."""
FILE_OPENERS = frozenset({"open", "io.open", "gzip.open", "bz2.open", "lzma.open", "codecs.open"})
STEPPING_LIBRARY = frozenset({"csv.reader", "csv.DictReader"})
"""They read their first argument step by step while they are iterated."""
