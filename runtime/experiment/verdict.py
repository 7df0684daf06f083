"""Keep or discard: the verdict on one candidate (design, I15 and I16). Pure.

The rules are those of the specification's "Keep/Discard" and "Constraints"; each constant quotes its source.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from runtime.experiment.events import Figures
from runtime.measure.models import MIB

KEEP_BYTES = 5 * MIB
"""Spec, Keep/Discard: "target_mb improved? YES (>=5 MiB) -> KEEP"; less: "Re-run to confirm"."""
CONFIRM_SHARE = 0.01
CONFIRM_BYTES = 256 * 1024
"""Design, I15: a confirmed saving counts from max(1 %, 256 KiB) on. Noise is <= 0.13 % (catalogue.md)."""

MICRO_BYTES = 10 * MIB
MICRO_SHARE = 0.10
"""Spec, Keep/Discard: "NO, but micro-bench improved >10 MiB or >10% -> KEEP (micro-only)"."""

MOVED_SHARE = 0.5
"""Design, I16: growth elsewhere of at least this share of the saving is a move, not a saving; less is stated.
Half, so that what is left of the saving is always more than what it cost."""
TRACED_TOLERANCE_BYTES = 256 * 1024
"""Traced figures repeat to 0.000 % (profilers.md, 1.2): growth of a bookkeeping object or two is not worth a
word."""
RESIDENT_TOLERANCE_SHARE = 0.02
RESIDENT_TOLERANCE_BYTES = MIB
"""VmHWM spreads by 0.07 to 0.13 % (profilers.md, 1.2), by more where tests run; 2 % and 1 MiB are well
above."""
FOLLOW_TRACED_SHARE = 0.5
FOLLOW_SAVED_SHARE = 0.25
FOLLOWED_SHARE = 0.1
"""Lessons, 5 (111 -> 9 MiB traced, 129 -> 130 MiB resident): where traced memory was at least half of VmHWM
and a quarter of VmHWM is said to be saved, VmHWM has to fall by a tenth of the saving, or it moved out of
sight."""

SLOWDOWN_NOISE_S = 0.05
SLOWDOWN_STATED = 1.1
SLOWDOWN_BOUNDS = ((0.5, 4.0), (0.1, 2.0), (0.0, 1.5))
"""Spec, Constraints: "Some slowdown acceptable for meaningful gains, but not 2x for 5%". (share of the peak
saved at least, wall time after / before at most): half the peak may cost four times the time, a tenth twice,
less half as much again. Differences below 50 ms are noise."""

Place = tuple[str, int | None, int | None, Callable[[int], int]]
"""What may grow instead: its name, bytes before and after, and how much growth of so many bytes is none."""


@dataclass(frozen=True)
class Verdict:
    """What is to become of a candidate.

    Args:
        status: keep or discard, on what is known so far.
        reason: one clause, for the journal and for people.
        needs_confirmation: too small to keep on one run: measure again, then ask again with `confirms`.
        stated: losses and doubts that a keep has to state in its commit.
    """

    status: Literal["keep", "discard"]
    reason: str
    needs_confirmation: bool = False
    stated: tuple[str, ...] = ()


def confirm_floor(before: int) -> int:
    """The least confirmed saving that counts, in bytes, for a traced peak of `before` bytes (I15).

    Above 500 MiB 1 % is more than 5 MiB, which always count.
    """
    return min(max(int(before * CONFIRM_SHARE), CONFIRM_BYTES), KEEP_BYTES)


def decide(before: Figures, after: Figures, *, digest_equal: bool | None, confirms: Sequence[int] = ()) -> Verdict:
    """Keep or discard, on measurements of two trees by one method. Tests are judged by the caller.

    Args:
        before: the branch as it is.
        after: the candidate. What is not measured in both is not compared.
        digest_equal: the observable result is the same; None: the digest does not count.
        confirms: traced peaks in bytes of further runs of the candidate.
    """
    if digest_equal is False:
        return Verdict("discard", "the observable result changed")
    if before.group_peaks:
        return _decide_summed(before, after)
    saved = before.traced_peak - max(after.traced_peak, *confirms, 0)
    change = f"{_mib(before.traced_peak)} -> {_mib(after.traced_peak)}"
    floor = confirm_floor(before.traced_peak)
    if before.traced_peak <= after.traced_peak:
        return Verdict("discard", f"no improvement ({change})")
    if before.traced_peak - after.traced_peak < floor:
        return Verdict("discard", f"the saving ({change}) is below {_mib(floor)}, the least that counts")
    if saved < floor:
        return Verdict("discard", f"noise: a second run did not confirm the saving ({change})")
    moved, stated = _moved(before, after, saved)
    slow, slower = _slowdown(before, after, saved / before.traced_peak)
    if moved or slow:
        return Verdict("discard", moved or slow)
    stated += slower
    percent = 100 * saved / before.traced_peak
    if saved >= KEEP_BYTES:
        return Verdict("keep", f"saved {_mib(saved)} ({percent:.1f} %)", stated=stated)
    if confirms:
        return Verdict("keep", f"saved {_mib(saved)} ({percent:.1f} %), confirmed by a second run", stated=stated)
    return Verdict(
        "discard",
        f"saved {_mib(saved)} ({percent:.1f} %), not confirmed",
        needs_confirmation=True,
        stated=stated,
    )


def _decide_summed(before: Figures, after: Figures) -> Verdict:
    """The verdict on the summed peak of a target with its children: medians of interleaved pairs, against the spread
    of equal runs (I15).
    """
    if not after.group_peaks:
        return Verdict("discard", "the summed peak was not measured")
    if before.group_by != after.group_by:
        return Verdict("discard", f"the summed peak was had by {before.group_by}, then by {after.group_by}")
    was, now = median(before.group_peaks), median(after.group_peaks)
    saved = int(was - now)
    change = f"summed peak {_mib(int(was))} -> {_mib(int(now))}"
    spread = max(max(runs) - min(runs) for runs in (before.group_peaks, after.group_peaks))
    floor = max(confirm_floor(int(was)), spread)
    if saved < floor or max(after.group_peaks) >= min(before.group_peaks):
        return Verdict("discard", f"no improvement beyond the spread of equal runs, {_mib(spread)} ({change})")
    moved, stated = _grown(_left_behind(before, after), saved)
    slow, slower = _slowdown(before, after, saved / was)
    if moved or slow:
        return Verdict("discard", moved or slow)
    return Verdict("keep", f"saved {_mib(saved)} ({100 * saved / was:.1f} %), {change}", stated=stated + slower)


def decide_micro(before: int, after: int) -> Verdict:
    """The verdict on a micro-benchmark alone, for a change the target does not show. Bytes."""
    saved = before - after
    change = f"micro-benchmark {_mib(before)} -> {_mib(after)}"
    if saved > MICRO_BYTES or saved > MICRO_SHARE * before:
        return Verdict("keep", f"micro-only: {change}", stated=("the target itself does not show the saving",))
    return Verdict("discard", f"{change}: not more than 10 MiB or 10 %")


def _moved(before: Figures, after: Figures, saved: int) -> tuple[str, tuple[str, ...]]:
    """Where the saving went, if it only moved; else the smaller losses to state."""
    resident: tuple[Place, ...] = (
        ("the process's resident peak (VmHWM)", before.vm_hwm, after.vm_hwm, _resident),
        ("the child processes' resident peak", before.children_rss, after.children_rss, _resident),
    )
    moved, stated = _grown((*_left_behind(before, after), *resident), saved)
    if moved:
        return moved, ()
    if before.vm_hwm is not None and after.vm_hwm is not None:
        fell = before.vm_hwm - after.vm_hwm
        followed = fell >= FOLLOWED_SHARE * saved
        doubt = f"the resident peak (VmHWM) did not follow: {_mib(before.vm_hwm)} -> {_mib(after.vm_hwm)}"
        expected = (
            before.traced_peak >= FOLLOW_TRACED_SHARE * before.vm_hwm and saved >= FOLLOW_SAVED_SHARE * before.vm_hwm
        )
        if expected and not followed:
            return f"moved, not saved: {doubt}", ()
        if saved > _resident(before.vm_hwm) and not followed and fell >= -_resident(before.vm_hwm):
            stated += (doubt,)
    return "", stated


def _left_behind(before: Figures, after: Figures) -> tuple[Place, ...]:
    """What a run leaves or takes outside its peak: of a target with children, of its own process."""
    return (
        ("memory retained after the run", before.traced_retained, after.traced_retained, _traced),
        ("memory taken at import", before.traced_import, after.traced_import, _traced),
        ("files written", before.written, after.written, _traced),
    )


def _grown(places: Sequence[Place], saved: int) -> tuple[str, tuple[str, ...]]:
    """("", what to state) of the places that grew; (why it is no saving, ()) where one took too much of it."""
    stated: list[str] = []
    for place, was, is_now, tolerance in places:
        if was is None or is_now is None or is_now - was <= tolerance(was):
            continue
        grown = f"{place} grew by {_mib(is_now - was)} ({_mib(was)} -> {_mib(is_now)})"
        if is_now - was >= MOVED_SHARE * saved:
            return f"moved, not saved: {grown}", ()
        stated.append(grown)
    return "", tuple(stated)


def _traced(_was: int) -> int:
    return TRACED_TOLERANCE_BYTES


def _resident(was: int) -> int:
    return max(int(was * RESIDENT_TOLERANCE_SHARE), RESIDENT_TOLERANCE_BYTES)


def _slowdown(before: Figures, after: Figures, share: float) -> tuple[str, tuple[str, ...]]:
    """Why the candidate is too slow for the share of the peak it saves, or what slowdown to state."""
    if before.wall_s is None or after.wall_s is None or after.wall_s - before.wall_s < SLOWDOWN_NOISE_S:
        return "", ()
    bound = next(most for least, most in SLOWDOWN_BOUNDS if share >= least)
    times = after.wall_s / before.wall_s if before.wall_s else float("inf")
    change = f"{before.wall_s:.2f} -> {after.wall_s:.2f} s for {100 * share:.1f} % of the peak"
    if times > bound:
        return f"too slow: {change} ({times:.1f}x, at most {bound:g}x)", ()
    return "", (f"slower: {change} ({times:.1f}x)",) if times > SLOWDOWN_STATED else ()


def _mib(size: int) -> str:
    return f"{size / MIB:.1f} MiB" if abs(size) >= MIB / 10 else f"{size / 1024:.0f} KiB"
