"""Classes as rules see them: found by census, their dataclass decorator and fields, who writes to their instances."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, module_of, qualified_name
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Class, Library, imported_module, resolve
from agents.memory.analysis.uses import AttributeUse, Uses, last_name, uses
from runtime.measure.holdings import ClassCensus


@dataclass(frozen=True, eq=False)
class ClassFacts:
    """One class of the project.

    Args:
        decorator: its `dataclasses.dataclass` decorator; None when it is no dataclass.
        fields: instance fields of a dataclass with their statement (class variables and InitVar left out).
    """

    project: Project
    module: Module
    node: ast.ClassDef
    decorator: ast.expr | None
    fields: dict[str, ast.AnnAssign]

    @property
    def index(self) -> Uses:
        """The index of the whole tree."""
        return uses(self.project)

    @property
    def name(self) -> str:
        """The plain name."""
        return self.node.name

    def methods(self) -> Iterator[FunctionNode]:
        """The functions of the class body, nested ones left out."""
        for item in ast.walk(self.node):
            if isinstance(item, FUNCTIONS) and self.module.parents[item] is self.node:
                yield item

    def is_self(self, expr: ast.expr, module: Module) -> bool:
        """Whether `expr` is the first parameter of one of the class's own plain methods, never bound again."""
        method = self_method(module, expr)
        return method is not None and module.parents[method] is self.node

    @cached_property
    def below(self) -> set[str]:
        """Plain names of the class and of all classes that derive from it."""
        return _closure({self.name}, lambda name: {node.name for _, node in self.index.subclasses(name)})

    @cached_property
    def family(self) -> set[str]:
        """`below`, and the names of all their bases: the classes whose `self` may be an instance of this one."""
        return _closure(
            self.below,
            lambda name: {last_name(base) for _, node in self.index.classes.get(name, []) for base in node.bases},
        )

    def inherits(self, expr: ast.expr, module: Module) -> bool:
        """Whether `expr` is `self` in a method of a class that derives from this one."""
        method = self_method(module, expr)
        owner = module.parents[method] if method is not None else None
        return isinstance(owner, ast.ClassDef) and owner is not self.node and owner.name in self.below

    def never_passed(self, field: str) -> str | None:
        """Evidence that no call of the class gives the field a value, and no pattern counts positions past it."""
        place = list(self.fields).index(field)
        calls = 0
        for module in self.index.modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.MatchClass) and last_name(node.cls) == self.name and node.patterns:
                    return None
                if self._escapes(module, node):
                    return None
                makers = (self.name, "cls", "partial", "__class__")
                computed = isinstance(node, ast.Call) and isinstance(node.func, ast.Call)  # type(self)(...)
                if not isinstance(node, ast.Call) or not (computed or last_name(node) in makers):
                    continue
                calls += 1
                starred = any(isinstance(arg, ast.Starred) for arg in node.args)
                if starred or len(node.args) > place or any(k.arg in (None, field) for k in node.keywords):
                    return None
        return f"none of {calls} calls of `{self.name}` passes `{field}`"

    def _escapes(self, module: Module, node: ast.AST) -> bool:
        """Whether the class gets another name here, or goes where something unseen may call it (`map(Row, keys)`)."""
        if isinstance(node, ast.ImportFrom):
            return any(alias.name == self.name and alias.asname not in (None, self.name) for alias in node.names)
        if not isinstance(node, ast.Name | ast.Attribute) or last_name(node) != self.name:
            return False
        if not isinstance(node.ctx, ast.Load):
            return False
        parent = module.parents[node]
        if isinstance(parent, ast.Attribute):
            return parent.attr == "__init__"
        if isinstance(parent, ast.Call) and parent.func is node:
            return False
        if isinstance(parent, ast.Call) and last_name(parent) in ("isinstance", "issubclass", "partial", "cast"):
            return False
        if isinstance(parent, ast.ClassDef | ast.MatchClass | ast.ExceptHandler | ast.Compare):
            return False
        return not _in_annotation(module, node)

    def instance(self, expr: ast.expr, module: Module) -> bool | None:
        """Whether `expr` is an instance of exactly this class: yes, no, or None when that cannot be told."""
        method = self_method(module, expr)
        if method is not None:
            owner = module.parents[method]
            return True if owner is self.node else None if self._related(owner) else False
        if isinstance(expr, ast.Constant) or imported_module(self.project, module, expr) is not None:
            return False
        if isinstance(expr, ast.Call) and last_name(expr) == "parse_args":
            return False
        if not isinstance(expr, ast.Name):
            return None
        scope = module.owner(expr, expr.id)
        bindings = module.bindings(scope).get(expr.id, []) if scope is not None else []
        answers = {self._bound_to(binding, module, expr) for binding in bindings}
        return answers.pop() if len(answers) == 1 else None

    def _related(self, owner: ast.AST) -> bool:
        return not isinstance(owner, ast.ClassDef) or owner.name in self.family

    def _may_import_instance(self, binding: ast.ImportFrom, name: ast.Name, module: Module) -> bool:
        """Whether the imported name may be a global of the project (`from rows import FIRST`), no class or def."""
        top = (binding.module or "").partition(".")[0]
        parts = {part.removesuffix(".py") for path in self.project.sources for part in path.split("/")}
        if not binding.level and top not in parts:
            return False
        return resolve(self.project, module, name) is None

    def _bound_to(self, binding: ast.AST, module: Module, expr: ast.Name | None = None) -> bool | None:
        if isinstance(binding, ast.ImportFrom):
            return None if expr is not None and self._may_import_instance(binding, expr, module) else False
        if isinstance(binding, ast.Import | ast.ClassDef | ast.FunctionDef):
            return False
        if isinstance(binding, ast.arg):
            return self._named(binding.annotation, module)
        statement = module.parents.get(binding)
        value = getattr(statement, "value", None)
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.NamedExpr) and isinstance(value, ast.Call):
            return False if last_name(value) == "parse_args" else self._named(value.func, module)
        return None

    def _named(self, expr: ast.expr | None, module: Module) -> bool | None:
        if expr is None:
            return None
        found = resolve(self.project, module, expr)
        if isinstance(found, Class):
            return True if found.node is self.node else None if self._related(found.node) else False
        # A library's class makes its own instances; a library's function may hand ours through.
        return False if isinstance(found, Library) and last_name(expr)[:1].isupper() else None


def _in_annotation(module: Module, node: ast.AST) -> bool:
    while isinstance(node, ast.expr):
        parent = module.parents[node]
        if isinstance(parent, ast.arg) or (isinstance(parent, ast.AnnAssign) and parent.annotation is node):
            return True
        if isinstance(parent, FUNCTIONS) and parent.returns is node:
            return True
        if isinstance(parent, ast.Call):
            return False
        node = parent
    return False


def _closure(start: set[str], more: Callable[[str], set[str]]) -> set[str]:
    found, todo = set(start), list(start)
    while todo:
        new = more(todo.pop()) - found
        found |= new
        todo += new
    return found


def self_method(module: Module, expr: ast.expr) -> FunctionNode | None:
    """The method whose first parameter `expr` is; None when it is anything else, or bound again."""
    if not isinstance(expr, ast.Name):
        return None
    scope = module.owner(expr, expr.id)
    if not isinstance(scope, FUNCTIONS) or not isinstance(module.parents[scope], ast.ClassDef):
        return None
    first = [*scope.args.posonlyargs, *scope.args.args][:1]
    if not first or first[0].arg != expr.id or len(module.bindings(scope)[expr.id]) != 1:
        return None
    if any(last_name(decorator) in ("staticmethod", "classmethod") for decorator in scope.decorator_list):
        return None
    return scope


def class_facts(project: Project, census: ClassCensus) -> ClassFacts | None:
    """The class of the census in the source; None when it is not found, or not only once."""
    module = module_of(project, census.file)
    if module is None:
        return None
    found = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and qualified_name(module, node) == census.name.replace(".<locals>", "")
    ]
    if len(found) != 1:
        return None
    node = found[0]
    decorators = [d for d in node.decorator_list if is_dataclass_decorator(project, module, d)]
    decorator = decorators[0] if len(decorators) == 1 else None
    fields = dict(_fields(node)) if decorator is not None else {}
    return ClassFacts(project, module, node, decorator, fields)


def is_dataclass_decorator(project: Project, module: Module, decorator: ast.expr) -> bool:
    """Whether the decorator is the standard library's dataclass, called or not."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return resolve(project, module, called) == Library("dataclasses.dataclass")


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ast.AnnAssign]]:
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            kind = ast.unparse(item.annotation)
            if not any(word in kind for word in ("ClassVar", "InitVar", "KW_ONLY")):
                yield item.target.id, item


def keyword(call: ast.expr | None, name: str) -> ast.expr | None:
    """The value of a keyword argument of `call`; None when it is no call or has none of that name."""
    if not isinstance(call, ast.Call):
        return None
    return next((k.value for k in call.keywords if k.arg == name), None)


def written_from_outside(facts: ClassFacts, names: set[str]) -> list[AttributeUse]:
    """Writes and deletes of attributes not in `names` that may reach an instance of the class.

    A write through an object that cannot be told counts, but for names that another class of the project has.
    """
    found = []
    for attribute, places in facts.index.attributes.items():
        for use in places if attribute not in names else ():
            if use.kind not in ("write", "delete"):
                continue
            belongs = facts.instance(use.node.value, use.module)
            if belongs or (belongs is None and not declared_elsewhere(facts, attribute)):
                found.append(use)
    return found


def declared_elsewhere(facts: ClassFacts, attribute: str) -> bool:
    """Whether another class of the project has the attribute: a method writes it on `self`, or a field names it."""
    for use in facts.index.attributes.get(attribute, []):
        method = self_method(use.module, use.node.value) if use.kind == "write" else None
        if method is not None and use.module.parents[method] is not facts.node:
            return True
    return any(
        isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.target.id == attribute
        for classes in facts.index.classes.values()
        for _, node in classes
        if node is not facts.node
        for item in node.body
    )
