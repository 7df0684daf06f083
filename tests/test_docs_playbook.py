"""docs/playbook.md is what its generator makes of the rules: run `make docs` when this fails."""

import importlib.util
from pathlib import Path
from types import ModuleType

from agents.memory.playbook.registry import rules

DOCS = Path(__file__).parents[1] / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_playbook", DOCS / "make_playbook.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_rules_say() -> None:
    assert (DOCS / "playbook.md").read_text(encoding="utf-8") == generator().playbook()


def test_the_page_names_each_rule_with_its_preconditions_and_a_link_that_leads_there() -> None:
    page = generator().playbook()
    headings = {line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")}
    for rule in rules():
        assert f"{rule.id} {rule.name}" in headings
        assert all(f"- **{name}**" in page for name in rule.preconditions)
