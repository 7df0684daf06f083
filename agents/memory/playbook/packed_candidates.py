"""The candidate of a rule that keeps a list in fewer bytes, from what each of them knows: the same for all of them."""

from collections.abc import Mapping, Sequence

from agents.memory.analysis.project import Project
from agents.memory.analysis.sequence_holders import Spread
from agents.memory.playbook.packing import Binding
from agents.memory.playbook.rule import Candidate, Focus, Rule, Shown
from messaging.contents import EditedFile


def packed_candidate(
    rule: Rule,
    project: Project,
    focus: Focus,
    binding: Binding,
    flows: Sequence[Spread],
    key: str,
    edit: EditedFile,
    *,
    title: str,
    mechanism: str,
    shown: Mapping[str, str],
    assumes: list[str],
) -> Candidate:
    """The candidate; of level P when something is assumed.

    Args:
        binding: where the list comes to be.
        flows: all uses of the list, and of its rows where those change too.
        shown: evidence for each of the rule's preconditions, in their order.
    """
    files = frozenset({binding.module.path}).union(*(flow.files for flow in flows))
    return Candidate(
        key=key,
        rule=rule.id,
        title=title,
        category=rule.category,
        strategy=rule.strategy,
        mechanism=mechanism,
        level="P" if assumes else "A",
        file=binding.module.path,
        line=binding.value.lineno,
        function=focus.function,
        frees=focus.size,
        shown=[Shown(check=check, evidence=evidence) for check, evidence in shown.items()],
        users=sorted({f"{use.place} {use.kind}" for flow in flows for use in flow.uses}),
        assumes=assumes,
        edits=[edit],
        read={path: project.sources[path].blob for path in sorted(files)},
    )
