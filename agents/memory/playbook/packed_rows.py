"""The class that C30 puts into a program: a list of equally long tuples as one array for each position."""

_LETTERS = "abcdefghijkl"
MOST = len(_LETTERS)
"""Positions of a tuple beyond which it is not packed."""
NAME = "_PackedRows"
GLOBALS = ("_PackedRows", "array", "islice", "as_index")
IMPORTS = {"array": "array", "itertools": "islice", "operator": "index as as_index"}
"""Standard library module -> what the class uses of it."""

_CODE = '''\
class _PackedRows:
    """A list of tuples of {width} values, kept in one array for each position: places in a list of distinct values.

    The first row that cannot be kept like this turns the whole into a plain list.
    """

    __slots__ = ("_columns", "_known", "_plain")

    def __init__(self, rows=()):
        self._plain = []  # all rows, while they are kept in a list
        self._columns = ()  # the (array, distinct values) of each position, while they are not
        self._known = tuple({{}} for _ in range({width}))  # {{(type, value): place among the distinct values}}
        for row in rows:
            self.append(row)

    def __len__(self):
        return len(self._columns[-1][0]) if self._columns else len(self._plain)

    def __getitem__(self, at):
        if not self._columns:
            return self._plain[at]
        {pairs} = self._columns
        return {decoded}

    def __setitem__(self, at, row):
        places = self._places(row)
        if places is None:
            self._unpacked()[at] = row
            return
        {arrays} = self._columns
        {stored} = places

    def __iter__(self):
        at = 0
        while at < len(self):
            columns, rows = self._columns, self._plain
            if columns:
                rows = zip(*[map(values.__getitem__, places) for places, values in columns])
            for row in islice(rows, at, None):
                yield row
                at += 1
                if self._columns is not columns:
                    break  # The arrays were made wider, or given up.

    def __mul__(self, times):
        times, product = as_index(times), _PackedRows()
        if self._columns and times > 0:
            product._columns = tuple((places * times, list(values)) for places, values in self._columns)
            product._known = tuple(map(dict, self._known))
        else:
            product._plain = self._plain * times
        return product

    def append(self, row):
        places = self._places(row)
        if places is None:
            self._unpacked().append(row)
            return
        {arrays} = self._columns
        {appended}

    def _places(self, row):
        """What the arrays keep for `row`; None where they cannot."""
        if type(row) is not tuple or len(row) != {width}:
            return None
        {names} = row
        {dicts} = self._known
        try:
            return {looked_up}
        except Exception:  # no value seen before, or none that can be hashed
            return self._added(row)

    def _added(self, row):
        """As `_places`, for a row with a value that its position has not seen."""
        if not self._columns:
            if self._plain:
                return None
            self._columns = tuple((array("B"), []) for _ in row)
        found = []
        for position, (value, known) in enumerate(zip(row, self._known)):
            kind, (places, values) = type(value), self._columns[position]
            if kind not in (int, float, str, bool, bytes, type(None)) or value != value:
                return None
            place = known.setdefault((kind, str(value) if kind is float and not value else value), len(values))
            if place == len(values):  # 0.0 and -0.0 are equal, their texts are not.
                if place == 65536:
                    return None
                if place == 256:
                    wider = list(self._columns)
                    wider[position] = array("H", places), values
                    self._columns = tuple(wider)
                values.append(value)
            found.append(place)
        return tuple(found)

    def _unpacked(self):
        if self._columns:
            self._plain, self._columns = list(self), ()
            self._known = tuple({{}} for _ in range({width}))
        return self._plain
'''


def packed_rows(width: int) -> str:
    """The source of the class for tuples of `width` values, from 2 to `MOST`; it ends with a newline."""
    names = _LETTERS[:width]
    return _CODE.format(
        width=width,
        pairs=", ".join(f"({name}, {name}_values)" for name in names),
        decoded=", ".join(f"{name}_values[{name}[at]]" for name in names),
        arrays=", ".join(f"({name}, _)" for name in names),
        stored=", ".join(f"{name}[at]" for name in names),
        appended="\n        ".join(f"{name}.append(places[{n}])" for n, name in enumerate(names)),
        names=", ".join(names),
        dicts=", ".join(f"{name}_known" for name in names),
        looked_up=", ".join(f"{name}_known[type({name}), {name}]" for name in names),
    )
