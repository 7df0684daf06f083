"""Profiles made by hand, for tests of what is read from them."""

from runtime.domain import Profile
from runtime.measure.holdings import AttributeCensus, ClassCensus, Holding
from runtime.measure.models import MIB, FunctionPlace
from runtime.measure.reports import ProbeReport, Site, Stage, StageTable

MAIN = FunctionPlace(file="shop/main.py", function="main", line=3)
LOAD = FunctionPlace(file="shop/load.py", function="load", line=1)


def stage(name: str, line: int, delta: float, cumulative: float, peak: float, **fields: object) -> Stage:
    """A stage; sizes in MiB."""
    sizes = {"delta": delta, "cumulative": cumulative, "peak": peak}
    return Stage.model_validate(
        {"name": name, "line": line, "end_line": line, "hits": 1, "calls": [name]}
        | {key: int(size * MIB) for key, size in sizes.items()}
        | fields
    )


def holding(name: str, size: float, **fields: object) -> Holding:
    """A local of `main` that holds `size` MiB while line 5 runs."""
    return Holding.model_validate(
        {"kind": "local", "name": name, "place": MAIN, "line": 5, "type": "list", "size": int(size * MIB)} | fields
    )


def profile(**fields: object) -> Profile:
    """A profile with a peak of 40 MiB: `main` loads (30 MiB, `load` builds rows), then renders (10 MiB more)."""
    tables = [
        StageTable(
            place=MAIN,
            stages=[stage("load", 4, 30, 30, 30), stage("render", 5, 5, 35, 40), stage("close", 6, -30, 5, 35)],
        ),
        StageTable(place=LOAD, stages=[stage("rows", 2, 30, 30, 30)]),
    ]
    sites = [
        Site(file="shop/load.py", project=True, line=2, size=29 * MIB, count=1000),
        Site(file="/usr/lib/python3/json/decoder.py", project=False, line=353, size=6 * MIB, count=500),
        Site(file="<frozen importlib._bootstrap_external>", project=False, line=1, size=2 * MIB, count=50),
    ]
    rows = ClassCensus(
        name="Row",
        module="shop.load",
        file="shop/load.py",
        line=10,
        count=1000,
        shallow=4 * MIB,
        slotted=False,
        attributes=[
            AttributeCensus(name="cells", size=20 * MIB, count=1000, types={"list": 1000}),
            AttributeCensus(name="number", size=1000, count=1000, types={"int": 1000}),
        ],
    )
    stages = ProbeReport(ok=True, python="3.11.7", traced_peak=40 * MIB, tables=tables, sites=sites)
    census = ProbeReport(
        ok=True, python="3.11.7", holdings=[holding("rows", 30, refcount=1), holding("small", 0.1)], classes=[rows]
    )
    calls = ProbeReport(ok=True, python="3.11.7", traced_peak=40 * MIB, chain=[MAIN, LOAD])
    made = {"tree": "t", "calls": calls, "stages": stages, "census": census} | fields
    return Profile(**made)  # type: ignore[arg-type]
