"""Proposals from what the census saw: many small objects in a container or attribute that may be stored otherwise."""

from collections.abc import Iterator, Mapping

from agents.memory.analysis.modules import module_of
from agents.memory.analysis.project import Project
from agents.memory.playbook.rule import Candidate, Focus, Rule, Shown

PRECONDITIONS: Mapping[str, str] = {
    "observed": "The census saw a container, or an attribute, that holds such objects at the peak.",
    "for people": "A person knows what else may be done with the objects: nothing proves it.",
}


def holding_of(focus: Focus, kinds: frozenset[str], elements: frozenset[str]) -> tuple[str, str] | None:
    """Name of the focus's holder and what was seen, where it is of one of `kinds` and holds mostly `elements`."""
    held = focus.holding
    if held is None or held.type not in kinds or held.element not in elements:
        return None
    count = f"{held.length} " if held.length is not None else ""
    return held.name, f"`{held.name}`: a {held.type} of {count}{held.element}, {held.size} bytes"


def attribute_of(focus: Focus, kinds: frozenset[str]) -> tuple[str, str] | None:
    """As `holding_of`, for the attribute of the focus, where most of its values are of one of `kinds`."""
    census = focus.census
    for attribute in census.attributes if census is not None else ():
        most = max(attribute.types, key=lambda kind: attribute.types[kind], default="")
        if attribute.name == focus.attribute and most in kinds:
            count = attribute.types[most]
            return attribute.name, f"`{attribute.name}` of {count} instances: {most}, {attribute.size} bytes"
    return None


def proposal(
    rule: Rule, project: Project, focus: Focus, found: tuple[str, str] | None, title: str, mechanism: str, share: float
) -> Iterator[Candidate]:
    """The proposal for people, without an edit, where something was seen.

    Args:
        title: a format with `{name}`.
        mechanism: the same.
        share: of the bytes, what the change saved where it was measured (catalogue).
    """
    module = module_of(project, focus.file)
    if found is None or module is None or focus.file not in project.editable:
        return
    name, seen = found
    owner = focus.census.name if focus.census is not None else focus.function
    evidence = {"observed": seen, "for people": "for a person to decide"}
    yield Candidate(
        key=f"{rule.id}:{focus.file}:{owner}:{name}",
        rule=rule.id,
        title=title.format(name=name),
        category=rule.category,
        strategy=rule.strategy,
        mechanism=mechanism.format(name=name),
        level="S",
        file=focus.file,
        line=min(focus.lines, default=1),
        function=owner,
        frees=max(1, round(focus.size * share)),
        shown=[Shown(check=check, evidence=evidence[check]) for check in rule.preconditions],
        users=[f"{focus.file} {owner} {name}"],
        assumes=["whoever uses the objects is changed with them"],
        edits=[],
        read={focus.file: module.source.blob},
    )
