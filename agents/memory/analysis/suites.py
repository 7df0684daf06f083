"""The statements of one scope, suite by suite."""

import ast
from collections.abc import Iterable, Iterator


def own_statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of one scope in source order: suites are entered, nested defs and classes are not."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for suite in suites(statement):
                yield from own_statements(suite)


def suites(node: ast.AST) -> list[list[ast.stmt]]:
    """The suites directly below a statement, in source order; those of handlers and cases among them."""
    found = []
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        part = getattr(node, name, None)
        if not isinstance(part, list) or not part:
            continue
        if name in ("handlers", "cases"):
            found += [inner.body for inner in part]
        else:
            found.append(part)
    return found
