"""A13B: memoryviews of a small part of a buffer are kept, and the whole buffer with them. Copies could be kept."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import a13b as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy


class PinnedBuffer:
    """`heads.append(view[:16])` could be `heads.append(bytes(view[:16]))`."""

    id: ClassVar[str] = "A13B"
    name: ClassVar[str] = "copies kept instead of memoryviews"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"
    preconditions: ClassVar[Mapping[str, str]] = {
        "pinned": "The census saw buffers that nothing but memoryviews of at most half of them kept alive.",
        "open": "A person knows that nobody writes through the views, or waits for what is written to the buffers.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal: the name that leads to the views."""
        holding = focus.holding
        if holding is None or holding.kind != "pin" or focus.file not in project.editable:
            return
        kinds = " and ".join(holding.contents)
        yield Candidate(
            key=f"{self.id}:{focus.file}:{focus.function}:{holding.name}",
            rule=self.id,
            title=f"keep bytes(view) in `{holding.name}` of {focus.function}, not views of whole buffers",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"a memoryview keeps its whole buffer ({kinds}) alive; a copy is as small as what it shows",
            level=self.level,
            file=focus.file,
            line=holding.line or focus.place.line,
            function=focus.function,
            frees=holding.own,
            shown=[
                Shown(
                    check="pinned",
                    evidence=f"{holding.length} memoryviews in `{holding.name}` kept {holding.own} bytes of {kinds}"
                    " alive that none of them shows",
                ),
                Shown(check="open", evidence="the makers and readers of the views are to be looked at"),
            ],
            users=[f"{focus.file}:{holding.line} {focus.function}"],
            edits=[],
            read={focus.file: project.sources[focus.file].blob},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
