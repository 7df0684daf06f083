"""Effects of statements: the part of `purity.Analyst` that deals with them."""

import ast

from agents.memory.analysis.calls import opened_to_read
from agents.memory.analysis.effects import NOTHING, Effects, Place, union
from agents.memory.analysis.kinds import SCALARS
from agents.memory.analysis.modules import FunctionNode, text
from agents.memory.analysis.operators import Operators
from agents.memory.analysis.resolution import Builtin, resolve


class Statements(Operators):
    """Effects of statements; each method is named after the node type it is for."""

    def _on_augassign(self, node: ast.AugAssign) -> Effects:
        if not isinstance(node.target, ast.Name):
            return self.of(node.target, node.value) | Effects(raises=(text(node),))
        loaded = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        self.module.parents[loaded] = node
        kind = self.kinds.of(loaded)
        effects = self.of(loaded, node.target, node.value) | self.look(loaded, node.value)
        if kind is None or kind.name not in SCALARS:
            effects |= Effects(writes=frozenset({self.place(loaded)}))
        if not self.safe_operation(node.op, kind, node.value):
            effects |= Effects(raises=(text(node),))
        del self.module.parents[loaded]
        return effects

    def _on_annassign(self, node: ast.AnnAssign) -> Effects:
        return self.of(node.target, node.value) if node.value is not None else NOTHING

    def _on_assign(self, node: ast.Assign) -> Effects:
        unpacked = any(isinstance(t, ast.Tuple | ast.List) for t in node.targets)
        kind = self.kinds.of(node.value)
        fits = kind is not None and all(
            isinstance(t, ast.Name) or (isinstance(t, ast.Tuple) and len(t.elts) == len(kind.items))
            for t in node.targets
        )
        raises = (f"unpacking {text(node.value)}",) if unpacked and not fits else ()
        return self.of(node.value, *node.targets) | Effects(raises=raises)

    def _on_for(self, node: ast.For) -> Effects:
        stepped = self.repeated(node.iter, self.step(node.iter))
        return self.of(node.iter, *node.body, *node.orelse) | stepped | self.unpack(node)

    def _on_if(self, node: ast.If | ast.While) -> Effects:
        return self.of(node.test, *node.body, *node.orelse) | self.truth(node.test)

    _on_while = _on_if

    def _on_raise(self, node: ast.Raise) -> Effects:
        named = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        stops = (text(node),) if isinstance(named, ast.Name) and named.id == "StopIteration" else ()
        return self.of(node.exc, node.cause) | Effects(raises=(text(node),), stops=stops)

    def _on_assert(self, node: ast.Assert) -> Effects:
        return self.of(node.test, node.msg) | Effects(raises=(text(node.test),))

    def _on_excepthandler(self, node: ast.ExceptHandler) -> Effects:
        bound = Effects(binds=frozenset({node.name})) if node.name else NOTHING
        return bound | self.of(node.type, *node.body)

    def _on_with(self, node: ast.With) -> Effects:
        entered = [self._entered(node, item) for item in node.items]
        contexts = [item.context_expr for item in node.items]
        return self.of(*contexts, *(i.optional_vars for i in node.items), *node.body) | union(entered)

    def _entered(self, node: ast.With, item: ast.withitem) -> Effects:
        """Effects of entering and leaving one context; a file that is read is closed, and nothing else is done."""
        context, name = item.context_expr, item.optional_vars
        opened = isinstance(context, ast.Call) and resolve(self.project, self.module, context.func) == Builtin("open")
        if opened and isinstance(context, ast.Call) and opened_to_read(context) and isinstance(name, ast.Name):
            closed = Place(name.id, 0, text(context), node.lineno, stream=True)
            return Effects(writes=frozenset({closed}), raises=(text(context),))
        return self.unknown(node, f"with {text(context)}")

    def _on_functiondef(self, node: FunctionNode) -> Effects:
        defined = self.of(*node.args.defaults, *node.args.kw_defaults)
        decorated = [self.unknown(node, f"decorator of {node.name}")] if node.decorator_list else []
        return defined | union(decorated) | Effects(binds=frozenset({node.name}))

    _on_asyncfunctiondef = _on_functiondef
