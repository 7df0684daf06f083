"""Whether elements may be made one at a time, while they are consumed, instead of all before: a pure decision.

Made at once: p1 p2 ... pn, then the code between, then c1 ... cn. Made lazily: the code between, p1 c1 ... pn cn.
Nobody can tell the two apart when neither side sees or undoes what the other does, up to which exception comes first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from agents.memory.analysis.effects import Effects, Place

Owned = Callable[[Place], bool]
"""Whether only this frame can see a piece of state until the consumption has ended."""


@dataclass(frozen=True)
class Region:
    """What runs between the first and the last element that is made.

    Args:
        effects: of all that code.
        what: the consumer, for people: `the for loop at line 12`.
        stops: places where it may end before the last element was made.
        catches: handlers in whose reach both sides lie: code that goes on after an exception.
        catches_consumer: handlers around the consumer alone: they would catch the producer's exceptions.
    """

    effects: Effects
    what: str
    stops: tuple[str, ...] = ()
    catches: tuple[str, ...] = ()
    catches_consumer: tuple[str, ...] = ()


@dataclass
class Verdict:
    """The proof, by precondition, with what it has to assume; or the reason there is none."""

    veto: str = ""
    inputs: str = ""
    apart: str = ""
    exceptions: str = ""
    plain: str = ""
    assumes: list[str] = field(default_factory=list)


def judge(made: Effects, what: str, region: Region, owned: Owned) -> Verdict:
    """Whether making elements with the effects `made` may be put off to their consumption in `region`."""
    verdict = Verdict()
    for check in (_plain, _inputs, _apart, _exceptions, _sources):
        verdict.veto = check(verdict, made, what, region, owned)
        if verdict.veto:
            break
    return verdict


def _plain(verdict: Verdict, made: Effects, what: str, region: Region, owned: Owned) -> str:
    if made.leaves:
        return f"{made.leaves[0]} inside {what}"
    if made.binds:
        return f"{what} binds {sorted(made.binds)[0]}"
    if made.stops:
        return f"{made.stops[0]} may raise StopIteration"
    for call in made.calls:
        verdict.assumes.append(f"{call}() raises no StopIteration")
    verdict.plain = f"{what} has no await, yield or `:=` and no source of StopIteration in sight"
    return ""


def _inputs(verdict: Verdict, made: Effects, what: str, region: Region, owned: Owned) -> str:
    rebound = made.names & region.effects.binds
    if rebound:
        return f"{sorted(rebound)[0]} is rebound before {region.what} ends"
    shared = [place for place in made.reads if not owned(place)]
    for write in _sorted(region.effects.writes):
        if any(place.root == write.root for place in made.reads if place.root):
            return f"{write.text} at line {write.line} may change what {what} reads"
        if shared and not owned(write):
            return f"{write.text} at line {write.line} may change {shared[0].text}, which {what} reads"
    if shared and region.effects.leaves:
        for place in _sorted(shared):
            verdict.assumes.append(f"nobody changes {place.text} between the elements ({region.effects.leaves[0]})")
    reads = sorted(made.names | {place.text for place in made.reads})
    named = ", ".join(reads) if reads else "nothing that can change"
    verdict.inputs = f"{what} reads {named}; {region.what} neither rebinds nor changes any of it"
    return ""


def _apart(verdict: Verdict, made: Effects, what: str, region: Region, owned: Owned) -> str:
    if not made.writes:
        verdict.apart = f"{what} changes nothing"
        return ""
    moved = _sorted(made.writes)
    stream = all(place.root and place.stream for place in moved)
    seen = _sorted([p for p in region.effects.writes | region.effects.reads if not owned(p)])
    mentioned = [place.root for place in moved if place.root in region.effects.names]
    outside = [place for place in seen if place in region.effects.writes or not stream]
    if mentioned or outside:
        other = mentioned[0] if mentioned else outside[0].text
        return f"{moved[0].text} has effects that {other} in {region.what} may meet"
    if region.catches and region.effects.raises:
        return f"after {region.catches[0]} code goes on that may see the effects of {moved[0].text}"
    if region.stops and not stream:
        return f"{region.stops[0]}: effects of {moved[0].text} would be left out"
    for stop in region.stops + region.effects.leaves:
        verdict.assumes.append(f"nothing else goes on reading {moved[0].text} ({stop})")
    if region.effects.raises and not stream:
        verdict.assumes.append(f"nobody looks at the effects of {moved[0].text} after {_first(region)} failed")
    verdict.apart = f"{region.what} neither sees nor changes what {moved[0].text} does"
    return ""


def _exceptions(verdict: Verdict, made: Effects, what: str, region: Region, owned: Owned) -> str:
    if not made.raises:
        verdict.exceptions = f"{what} cannot raise"
        return ""
    outside = [write for write in _sorted(region.effects.writes) if not owned(write)]
    if outside and not region.effects.leaves:
        return f"{made.raises[0]} may raise after {outside[0].text} at line {outside[0].line} had its effect"
    if region.catches_consumer:
        return f"{made.raises[0]} may raise, and {region.catches_consumer[0]} would catch it"
    if region.catches and (region.effects.binds or region.effects.writes):
        return f"{made.raises[0]} may raise, and after {region.catches[0]} what {region.what} did is seen"
    if region.catches and (region.effects.raises or region.stops or region.effects.leaves):
        return f"{made.raises[0]} may raise, and {region.catches[0]} expects failures: which comes first matters"
    if region.effects.leaves:
        # What the callers of a generator do between the elements is theirs to see anyway.
        late = [region.effects.leaves[0], *(f"{write.text} at line {write.line}" for write in outside[:2])]
        verdict.assumes.append(f"an exception of {_any(made)} may come after earlier elements: after {', '.join(late)}")
    for stop in region.stops:
        verdict.assumes.append(f"{_any(made)} raises for no element after the last one taken ({stop})")
    if region.effects.raises:
        verdict.assumes.append(f"{_any(made)} and {_any(region.effects)} do not both fail in one run")
    seen = "sees only the frame's own objects change" if not region.effects.leaves else "lets callers see its elements"
    verdict.exceptions = f"{_any(made)} may raise; until then {region.what} {seen}"
    return ""


def _sources(verdict: Verdict, made: Effects, what: str, region: Region, owned: Owned) -> str:
    outside = any(not owned(write) for write in region.effects.writes)
    handled = region.catches or region.catches_consumer
    seen = outside or handled or region.effects.raises or region.stops or region.effects.leaves
    for source in made.sources if seen else ():
        verdict.assumes.append(f"iterating over {source} runs no code with effects of its own")
    return ""


def _any(effects: Effects) -> str:
    named = " or ".join(effects.raises[:3])
    return f"{named} or {len(effects.raises) - 3} more" if len(effects.raises) > 3 else named


def _first(region: Region) -> str:
    return region.effects.raises[0]


def _sorted(places: "frozenset[Place] | list[Place]") -> list[Place]:
    return sorted(places, key=lambda place: (place.line, place.text, place.root))
