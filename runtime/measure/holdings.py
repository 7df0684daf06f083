"""What a census found: who holds memory, and what the instances of a class have. All sizes are bytes."""

from typing import Literal

from runtime.measure.models import FunctionPlace, Record


class Cache(Record):
    """A `functools.lru_cache` at the census."""

    hits: int
    misses: int
    maxsize: int | None
    """None: it has no bound."""
    entries: int
    arguments: list[str]
    """Types of the arguments kept, those inside tuples among them."""
    results: list[str]
    """Types of the results kept, those inside tuples among them; empty where the cache has a bound."""


class ArrayFacts(Record):
    """What a numpy array was like at the census. Its dtype is the holding's `element`."""

    shape: list[int]
    contiguous: bool
    """In C order without gaps."""
    owner: bool
    """It is no view: no base, and its data is its own."""


class Repeats(Record):
    """Equal values that are objects of their own, in a container; from a sample of its elements."""

    at: str
    """"": the elements, of a dict its values; `[1]`, `['city']`: that part of each element; `keys`: their keys."""
    type: Literal["str", "tuple"]
    """Of all of them, None aside. Tuples hold immutable values only."""
    distinct: float
    """Distinct values / values."""
    repeated: int
    """Bytes of the objects that equal another one: what sharing equal ones would free."""


class Holding(Record):
    """What held bytes at the census, a name or another holder: what to free, or to make smaller."""

    kind: Literal[
        "local",
        "argument",
        "global",
        "class_attribute",
        "closure",
        "cache",
        "traceback",
        "cycle",
        "captured",
        "suspended",
        "pin",
    ]
    """cache: of a function. captured: a name in the cells or defaults of functions that are kept. traceback: frames
    that have ended, held by stored exceptions. cycle: what only a collection frees. suspended: a name of the frames of
    generators and coroutines that wait at one line. pin: a name that leads to memoryviews of a small part of buffers
    that nothing else keeps alive; its sizes are of the rest of them, its length counts the views, and its contents are
    the buffers' types."""
    name: str
    place: FunctionPlace | None = None
    """The frame's function for local, argument, closure and suspended; `<module>` of the file for a global; the cached
    function; the function that caught the exceptions; the class that is in the cycles most; the functions that are
    kept."""
    line: int = 0
    """The line the frame was at; of tracebacks the line that raised, in the function that caught; of functions that
    are kept their first line."""
    type: str
    """Qualified type name: `list`, `readings.model.Reading`."""
    size: int
    """Bytes reachable from it that no holding listed before it already counted."""
    own: int = 0
    """Bytes that only this name keeps alive, where it could be found out: what a del would free; else 0."""
    shallow: int = 0
    """Bytes of the value itself, without what it refers to."""
    held_with: list[str] = []
    """Other locals of the frame that reach it too: it goes when they all let go. Empty also where others hold it."""
    group: int = 0
    """Bytes that this local and those of `held_with` keep alive and nobody else; 0 where that is not known."""
    contents: list[str] = []
    """Types of everything that makes up `group`, its own among them; empty where they are not known."""
    length: int | None = None
    refcount: int | None = None
    """As sys.getrefcount inside the probe reads it, less the probe's own references: 1 is a sole owner."""
    element: str = ""
    """Commonest element type of a container."""
    grouped: list[str] = []
    """Of a plain dict or defaultdict that has plain lists alone: the types of all their elements; empty where they are
    too many."""
    at_start: bool = False
    """global: the same object, as long as it is, was there when the target started: imports made it."""
    array: ArrayFacts | None = None
    """Of a numpy.ndarray itself, not of a subclass."""
    columns: dict[str, str] = {}
    """Of a pandas.DataFrame: column -> dtype, where all columns are named by different texts."""
    repeats: list[Repeats] = []
    """Of a plain list, tuple or dict, where there are any."""
    cache: Cache | None = None


class AttributeCensus(Record):
    """One attribute over all instances of a class."""

    name: str
    size: int
    """Bytes reachable through it and not through a sibling attribute listed before (biggest first)."""
    count: int
    """Instances that have it."""
    types: dict[str, int]
    keys: list[str] = []
    """Types of the keys, where all values are dicts."""
    distinct: float | None = None
    """Distinct values / count, for hashable immutable values; None where it was not looked at."""
    repeated: int = 0
    """Bytes of the str and tuple objects that equal another of the attribute's: what sharing equal ones would free."""


class ClassCensus(Record):
    """All live instances of one project class."""

    name: str
    """Qualified name without module: `Reading`."""
    module: str
    file: str
    line: int
    count: int
    shallow: int
    """sum of getsizeof, and of the instance dicts where they exist (never materialised by the census)."""
    slotted: bool
    attributes: list[AttributeCensus]
