"""Finds the rules: one class in each module of this package whose name begins with a catalogue id (`a01_...`)."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Collection
from typing import cast

from agents.memory import playbook
from agents.memory.playbook.rule import Rule

_RULE_MODULE = re.compile(r"[a-z]\d\d[a-z]?_")
_FORM = ("id", "name", "category", "strategy", "level", "preconditions", "VALID", "INVALID", "find")


def rules(ids: Collection[str] = ()) -> list[Rule]:
    """One instance of every rule of the playbook, by id; of those with the given ids where there are any."""
    found: list[Rule] = []
    for module in sorted(pkgutil.iter_modules(playbook.__path__), key=lambda module: module.name):
        if _RULE_MODULE.match(module.name) and (not ids or module.name.partition("_")[0].upper() in ids):
            found += _rules_of(f"{playbook.__name__}.{module.name}")
    return found


def _rules_of(name: str) -> list[Rule]:
    module = importlib.import_module(name)
    return [
        cast(Rule, member())
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == name and all(hasattr(member, part) for part in _FORM)
    ]
