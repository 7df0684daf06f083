"""Whether an attribute of a class may be reached by other ways than by its name in the source."""

from agents.memory.analysis.classes import ClassFacts
from agents.memory.analysis.uses import Reflection

_READERS = frozenset({"getattr", "hasattr", "delattr", "attrgetter", "object"})


def not_reflected(facts: ClassFacts, name: str) -> str | None:
    """Evidence that nothing reaches the attribute but by its name in the source; None when something may."""
    index = facts.index
    computed = computed_reads(facts)
    if name in index.matched or name in index.dotted or name in facts.project.words:
        return None
    if any(_reaches(facts, reflection, name) for reflection in index.reflections):
        return None
    if f"{{.{name}}}" in index.strings or (computed and name in index.strings):
        return None
    if any(reflection.module is facts.module for reflection in computed):
        return None
    return f"{len(index.reflections)} uses of reflection or pickling in the tree, none can reach `{name}`"


def computed_reads(facts: ClassFacts) -> list[Reflection]:
    """Reads of attributes by a computed name, on objects that may be instances."""
    return [r for r in facts.index.reflections if r.how in _READERS and r.name is None and _may_be_ours(facts, r)]


def _reaches(facts: ClassFacts, reflection: Reflection, name: str) -> bool:
    if reflection.as_value:
        return True
    if reflection.how in _READERS:
        return reflection.name == name and _may_be_ours(facts, reflection)
    if reflection.how in ("setattr", "__setattr__", "__delattr__"):
        return reflection.name == name and _may_be_ours(facts, reflection)
    if reflection.how in ("asdict", "astuple", "fields", "replace"):
        return name in facts.fields
    if reflection.how in ("__dict__", "vars", "dir", "__getstate__", "__slots__", "__weakref__"):
        return reflection.how != "__weakref__" and _may_be_ours(facts, reflection)
    return True


def _may_be_ours(facts: ClassFacts, reflection: Reflection) -> bool:
    receiver = reflection.receiver
    return receiver is None or facts.instance(receiver, reflection.module) is not False
