"""The canonical text of each content, and its parser. Use them through `messaging.text`."""

import re
from collections.abc import Callable
from typing import assert_never

from messaging.contents import (
    Baseline,
    Complete,
    Content,
    CrossDomain,
    Discovery,
    ExperimentResult,
    ExperimentTarget,
    FileModified,
    Finding,
    Note,
    Plateau,
    Progress,
    Reprofile,
    Step,
    Stuck,
    Targets,
    TierEscalation,
)
from messaging.fields import (
    ARROW,
    BLANKS,
    GREEDY,
    LAZY,
    NUMBER,
    REST,
    TOKEN,
    UNIT,
    escape,
    number,
    unescape,
    unit_in,
    unit_out,
)
from messaging.listings import (
    TARGETS,
    read_baseline,
    read_finding,
    read_reprofile,
    read_targets,
    write_baseline,
    write_finding,
    write_reprofile,
    write_targets,
)

_TAG = re.compile(rf"\[(?P<tag>[a-z-]+)(?: (?P<argument>{LAZY}))?\] ?(?P<rest>{REST})")
_FLAGS = re.IGNORECASE
_TARGET = re.compile(
    rf"Target: (?P<description>{GREEDY}) \((?P<category>{LAZY}), (?P<size>{NUMBER}) ?(?P<unit>{UNIT})(?: [^()]*)?\)"
)
_RESULT = re.compile(
    rf"(?-i:target): (?P<target>{LAZY}), result: (?P<result>KEEP|DISCARD|CRASH),"
    rf" delta: (?:unknown|(?P<delta>{NUMBER}) ?(?P<unit>{UNIT})(?: \((?P<percent>{NUMBER}) ?%\))?),"
    rf" mechanism: ?(?P<mechanism>{REST})",
    _FLAGS,
)
_PROGRESS = re.compile(
    rf"(?P<experiments>-?[0-9]+) experiments? \((?P<keeps>-?[0-9]+) kept, (?P<discards>-?[0-9]+) discarded\)"
    rf" \| best: ?(?P<best>{LAZY})"
    rf" \| peak: (?P<baseline>{NUMBER}) ?(?P<unit>{UNIT}) {ARROW} (?P<current>{NUMBER}) ?{UNIT}"
    rf" \| next: ?(?P<next>{REST})",
    _FLAGS,
)
_TIER = re.compile(
    rf"Escalating from Tier (?P<from>{TOKEN}) to Tier (?P<to>{TOKEN})\. Tier {TOKEN} plateau: ?(?P<plateau>{REST})",
    _FLAGS,
)
_COMPLETE = re.compile(
    rf"(?P<experiments>-?[0-9]+) experiments? \((?P<keeps>-?[0-9]+) kept\) \| saved: {NUMBER} {UNIT}"
    rf" \| peak: (?P<before>{NUMBER}) (?P<unit>{UNIT}) {ARROW} (?P<after>{NUMBER}) {UNIT}"
    rf" \| outcome: (?P<outcome>plateau|stopped|nothing|failed)(?: \| exit code: (?P<exit_code>-?[0-9]+))?"
    rf" \| irreducible: ?(?P<irreducible>{GREEDY})"
)
_STUCK = re.compile(rf"tried: ?(?P<tried>{LAZY}) \| category: ?(?P<category>{LAZY}) \| left: ?(?P<left>{REST})", _FLAGS)
_CROSS_DOMAIN = re.compile(rf"domain: ?(?P<domain>{LAZY}) \| signal: ?(?P<signal>{REST})", _FLAGS)
_COUNT = re.compile(r"([0-9]+)(?: total)? experiments?", _FLAGS)
_KEPT = re.compile(r"([0-9]+) (?:kept|keeps?)", _FLAGS)
_CHANGE = re.compile(rf"({NUMBER}) ?(?:MiB|MB)? {ARROW} ({NUMBER}) ?(?:MiB|MB)", _FLAGS)


def write(content: Content) -> str:
    """The canonical text."""
    match content:
        case Discovery(text=text):
            return f"[discovery] {escape(text)}"
        case Note(level=level, text=text):
            return f"[{level}] {escape(text)}"
        case Plateau(reason=reason):
            return f"[plateau] {escape(reason)}"
        case Baseline():
            return write_baseline(content)
        case Reprofile():
            return write_reprofile(content)
        case ExperimentTarget():
            category = escape(content.category, "(),")
            size = f"{content.size:.1f} {unit_out(content.unit)}"
            return f"[experiment {content.number}] Target: {escape(content.description)} ({category}, {size})"
        case Step(number=count, text=text):
            # A step that begins like a target or a result stays a step.
            return f"[experiment {count}] {escape(text, ':' if text.lower().startswith('target') else '')}"
        case ExperimentResult():
            return _write_result(content)
        case Progress():
            unit = unit_out(content.unit)
            return (
                f"[progress] {content.experiments} experiments"
                f" ({content.keeps} kept, {content.discards} discarded) | best: {escape(content.best, '|')}"
                f" | peak: {content.baseline:.1f} {unit} → {content.current:.1f} {unit} | next: {escape(content.next)}"
            )
        case TierEscalation():
            below, above = escape(content.from_tier, " "), escape(content.to_tier, " ")
            return (
                f"[tier] Escalating from Tier {below} to Tier {above}. Tier {below} plateau: {escape(content.plateau)}"
            )
        case Complete():
            return _write_complete(content)
        case Stuck(tried=tried, category=category, left=left):
            return f"[stuck] tried: {escape(tried, '|')} | category: {escape(category, '|')} | left: {escape(left)}"
        case CrossDomain(domain=domain, signal=signal):
            return f"[cross-domain] domain: {escape(domain, '|')} | signal: {escape(signal)}"
        case FileModified(path=path):
            return f"[modified {escape(path, ']')}]"
        case Targets():
            return write_targets(content)
        case Finding():
            return write_finding(content)
        case _:
            assert_never(content)


def read(text: str) -> Content | None:
    """Reads canonical text, and what foreign agents write in the same forms; None when it has no such form."""
    text = text.strip(BLANKS)
    if text.startswith(TARGETS):
        return read_targets(text)
    tag = _TAG.fullmatch(text)
    if tag is None:
        return None
    argument, rest = tag["argument"] or "", tag["rest"]
    match tag["tag"]:
        case "experiment" if argument.isascii() and argument.removeprefix("-").isdigit():
            return _read_experiment(int(argument), rest)
        case "research":
            return read_finding(unescape(argument), rest)
        case "modified" if not rest:
            return FileModified(path=unescape(argument))
        case name if not argument and name in _READERS:
            return _READERS[name](rest)
    return None


def _write_result(content: ExperimentResult) -> str:
    delta = "unknown" if content.delta is None else f"{content.delta:+.1f} {unit_out(content.unit)}"
    percent = "" if content.delta is None or content.percent is None else f" ({content.percent:.1f}%)"
    return (
        f"[experiment {content.number}] target: {escape(content.target, ',')}, result: {content.result},"
        f" delta: {delta}{percent}, mechanism: {escape(content.mechanism)}"
    )


def _read_experiment(count: int, rest: str) -> Content:
    if found := _RESULT.fullmatch(rest):
        delta = None if found["delta"] is None else number(found["delta"])
        percent = None if found["percent"] is None else number(found["percent"])
        return ExperimentResult.model_validate(
            {
                "number": count,
                "target": unescape(found["target"]),
                "result": found["result"].upper(),
                # The form names no peak: it follows from the delta and its share, or is not said.
                "before": abs(delta / percent * 100) if delta and percent else 0.0,
                "delta": delta,
                "percent": percent,
                "mechanism": unescape(found["mechanism"]),
                "unit": unit_in(found["unit"] or ""),
            }
        )
    if found := _TARGET.fullmatch(rest):
        return ExperimentTarget(
            number=count,
            description=unescape(found["description"]),
            category=unescape(found["category"]),
            size=number(found["size"]),
            unit=unit_in(found["unit"]),
        )
    return Step(number=count, text=unescape(rest))


def _read_progress(rest: str) -> Progress | None:
    found = _PROGRESS.fullmatch(rest)
    if found is None:
        return None
    return Progress(
        experiments=int(found["experiments"]),
        keeps=int(found["keeps"]),
        discards=int(found["discards"]),
        best=unescape(found["best"]),
        baseline=number(found["baseline"]),
        current=number(found["current"]),
        unit=unit_in(found["unit"]),
        next=unescape(found["next"]),
    )


def _read_tier(rest: str) -> TierEscalation | None:
    found = _TIER.fullmatch(rest)
    if found is None:
        return None
    return TierEscalation(
        from_tier=unescape(found["from"]), to_tier=unescape(found["to"]), plateau=unescape(found["plateau"])
    )


def _write_complete(content: Complete) -> str:
    unit = unit_out(content.unit)
    before, after = f"{content.before:.1f}", f"{content.after:.1f}"
    # Of the rounded peaks, so that the line agrees with itself.
    saved = float(before) - float(after)
    code = f" | exit code: {content.exit_code}" if content.exit_code else ""
    line = (
        f"[complete] {content.experiments} experiments ({content.keeps} kept) | saved: {saved:.1f} {unit}"
        f" | peak: {before} {unit} → {after} {unit} | outcome: {content.outcome}{code}"
        f" | irreducible: {escape(content.irreducible)}"
    )
    summary = content.summary.strip(BLANKS)
    return f"{line}\n{summary}" if summary else line


def _read_complete(rest: str) -> Complete:
    line, _, summary = rest.partition("\n")
    if found := _COMPLETE.fullmatch(line):
        return Complete.model_validate(
            {
                "outcome": found["outcome"],
                "experiments": int(found["experiments"]),
                "keeps": int(found["keeps"]),
                "before": number(found["before"]),
                "after": number(found["after"]),
                "unit": unit_in(found["unit"]),
                "irreducible": unescape(found["irreducible"]),
                "exit_code": int(found["exit_code"] or 0),
                "summary": summary.strip(BLANKS),
            }
        )
    count, kept, change = _COUNT.search(rest), _KEPT.search(rest), _CHANGE.search(rest)
    return Complete(
        outcome="plateau",
        experiments=int(count[1]) if count else 0,
        keeps=int(kept[1]) if kept else 0,
        before=number(change[1]) if change else 0.0,
        after=number(change[2]) if change else 0.0,
        summary=rest,
    )


def _read_stuck(rest: str) -> Stuck:
    if found := _STUCK.fullmatch(rest):
        return Stuck(tried=unescape(found["tried"]), category=unescape(found["category"]), left=unescape(found["left"]))
    return Stuck(tried=unescape(rest), category="", left="")


def _read_cross_domain(rest: str) -> CrossDomain | None:
    found = _CROSS_DOMAIN.fullmatch(rest)
    return CrossDomain(domain=unescape(found["domain"]), signal=unescape(found["signal"])) if found else None


_READERS: dict[str, Callable[[str], Content | None]] = {
    "baseline": read_baseline,
    "re-profile": read_reprofile,
    "progress": _read_progress,
    "tier": _read_tier,
    "complete": _read_complete,
    "stuck": _read_stuck,
    "cross-domain": _read_cross_domain,
    "discovery": lambda rest: Discovery(text=unescape(rest)),
    "plateau": lambda rest: Plateau(reason=unescape(rest)),
    "note": lambda rest: Note(text=unescape(rest)),
    "warning": lambda rest: Note(level="warning", text=unescape(rest)),
    "error": lambda rest: Note(level="error", text=unescape(rest)),
}
