"""Every rule's own examples: VALID ones are rewritten as they say, with equal results; INVALID ones are left alone."""

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.registry import rules
from agents.memory.playbook.rule import Candidate, Example, Focus, Rule
from runtime.git import blob_id
from runtime.measure.holdings import AttributeCensus, ClassCensus, Holding
from runtime.measure.models import FunctionPlace

FILE = "example.py"
SIZE = 50 * 2**20


def project_of(example: Example, text: str) -> Project:
    texts = {FILE: text, **example.extra}
    sources = {path: Source(path, t.encode(), blob_id(t.encode())) for path, t in texts.items()}
    editable = [path for path in texts if not re.search(r"(^|/)(tests?/|test_|conftest)", path)]
    return Project(sources, frozenset(editable), library=example.library, requires_python=example.requires_python)


def line_of(text: str, part: str) -> int:
    if not part:
        return 0
    found = [number for number, line in enumerate(text.splitlines(), 1) if part in line]
    assert found, f"no line of the example contains {part!r}"
    return found[0]


def focus_of(example: Example, text: str) -> Focus:
    line = line_of(text, example.focus_line)
    peak_line = line_of(text, example.peak_line)
    place = FunctionPlace(file=FILE, function=example.function, line=1)
    holding = None
    if example.holding:
        fields = {
            "kind": "global" if example.function == "<module>" else "local",
            "name": example.holding,
            "place": place,
            "line": peak_line,
            "type": example.holding_type,
            "size": SIZE,
            "refcount": example.refcounts.get(example.holding),
            "element": example.holding_element,
        }
        holding = Holding.model_validate(fields | dict(example.measured))
    census = None
    if example.class_name:
        fields = {"name": example.attribute, "size": SIZE, "count": 1000, "types": {"list": 1000}}
        attributes = [AttributeCensus.model_validate(fields | dict(example.measured))]
        census = ClassCensus(
            name=example.class_name,
            module="example",
            file=FILE,
            line=line_of(text, f"class {example.class_name.rpartition('.')[2]}"),
            count=1000,
            shallow=56_000,
            slotted=False,
            attributes=attributes if example.attribute else [],
        )
    lines = frozenset({line}) if line else frozenset()
    shared = {"kind": "local", "place": place, "size": SIZE}
    return Focus(
        file=FILE,
        function=example.function,
        lines=lines,
        size=SIZE,
        holding=holding,
        peak_line=peak_line,
        census=census,
        attribute=example.attribute,
        refcounts=example.refcounts,
        hits=example.hits,
        holdings=tuple(Holding.model_validate(shared | dict(seen)) for seen in example.holdings),
    )


def candidates(rule: Rule, example: Example, text: str) -> list[Candidate]:
    return list(rule.find(project_of(example, text), focus_of(example, text)))


def applied(example: Example, candidate: Candidate) -> dict[str, str]:
    texts = {FILE: example.before, **example.extra}
    for edit in candidate.edits:
        assert edit.blob == blob_id(texts[edit.path].encode())
        compile(edit.text, edit.path, "exec")
        texts[edit.path] = edit.text
    return texts


@contextmanager
def imported(folder: Path, texts: dict[str, str]) -> Iterator[ModuleType]:
    """The example as a module, imported from `folder` and forgotten afterwards."""
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    known = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module("example")
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - known:
            if str(folder) in (getattr(sys.modules[name], "__file__", None) or ""):
                del sys.modules[name]


def outcome(folder: Path, texts: dict[str, str], call: str) -> tuple[str, str, str]:
    """Type and value of what the call gives, or of the exception it raises."""
    with imported(folder, texts) as module:
        try:
            value = eval(call, vars(module))
        except Exception as error:  # noqa: BLE001  the exception is the outcome
            return "raised", type(error).__name__, str(error)
        return "returned", type(value).__name__, repr(value)


RULES = rules()
VALID = [pytest.param(rule, e, id=f"{rule.id}-{n}") for rule in RULES for n, e in enumerate(rule.VALID)]
INVALID = [pytest.param(rule, e, id=f"{rule.id}-{n}") for rule in RULES for n, e in enumerate(rule.INVALID)]


@pytest.mark.parametrize(("rule", "example"), VALID)
def test_a_valid_example_becomes_what_it_says(rule: Rule, example: Example) -> None:
    found = candidates(rule, example, example.before)
    assert found, "the rule does not fire"
    assert applied(example, found[0])[FILE] == example.after


@pytest.mark.parametrize(("rule", "example"), VALID)
def test_a_rewritten_example_behaves_as_before(rule: Rule, example: Example, tmp_path: Path) -> None:
    after = applied(example, candidates(rule, example, example.before)[0])
    call = example.call or "None"
    before = outcome(tmp_path / "before", {FILE: example.before, **example.extra}, call)
    assert outcome(tmp_path / "after", after, call) == before


@pytest.mark.parametrize(("rule", "example"), VALID)
def test_a_second_application_finds_nothing(rule: Rule, example: Example) -> None:
    assert example.after is not None
    assert [candidate for candidate in candidates(rule, example, example.after) if candidate.edits] == []


@pytest.mark.parametrize(("rule", "example"), VALID)
def test_a_candidate_shows_each_precondition_in_order(rule: Rule, example: Example) -> None:
    candidate = candidates(rule, example, example.before)[0]
    assert [shown.check for shown in candidate.shown] == list(rule.preconditions)
    assert all(shown.evidence for shown in candidate.shown)
    assert (candidate.rule, candidate.category, candidate.strategy) == (rule.id, rule.category, rule.strategy)
    assert candidate.key.startswith(f"{rule.id}:{FILE}:")
    assert candidate.frees > 0
    assert candidate.read[FILE] == blob_id(example.before.encode())
    if candidate.level == "P":
        assert candidate.assumes


@pytest.mark.parametrize(("rule", "example"), VALID)
def test_the_key_does_not_move_with_the_lines(rule: Rule, example: Example) -> None:
    lines = example.before.splitlines(keepends=True)
    at = 1 if lines[0].startswith("from __future__") else 0
    moved = "".join([*lines[:at], "MOVED = 1\n", *lines[at:]])
    keys = [candidate.key for candidate in candidates(rule, example, example.before)]
    assert [candidate.key for candidate in candidates(rule, example, moved)] == keys


@pytest.mark.parametrize(("rule", "example"), INVALID)
def test_an_invalid_example_is_left_alone(rule: Rule, example: Example) -> None:
    compile(example.before, FILE, "exec")
    assert example.after is None
    assert example.why
    assert candidates(rule, example, example.before) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_examples_and_preconditions(rule: Rule) -> None:
    assert len(rule.VALID) >= 3
    assert len(rule.INVALID) >= len(rule.preconditions)
    assert all(example.after for example in rule.VALID)
    assert sum(bool(example.call) for example in rule.VALID) >= 2


def test_rules_are_found_in_the_order_of_their_ids() -> None:
    ids = [rule.id for rule in RULES]
    assert ids == sorted(ids)
    assert len(ids) == len(set(ids))
    assert {"A01", "A02", "A07", "C02"} <= set(ids)
