"""Effects of operators: the part of `purity.Analyst` that deals with them."""

import ast

from agents.memory.analysis.effects import NOTHING, Effects, union
from agents.memory.analysis.expressions import Expressions
from agents.memory.analysis.kinds import NUMBERS, SCALARS, Kind
from agents.memory.analysis.modules import text


class Operators(Expressions):
    """Effects of operators; each method is named after the node type it is for."""

    def _on_binop(self, node: ast.BinOp) -> Effects:
        safe = self.safe_operation(node.op, self.kinds.of(node.left), node.right)
        looked = self.of(node.left, node.right) | self.look(node.left, node.right)
        return looked | (NOTHING if safe else Effects(raises=(text(node),)))

    def safe_operation(self, op: ast.operator, left: Kind | None, right_expr: ast.expr) -> bool:
        """Whether `left op right_expr` cannot raise, `left` being the kind of its left side."""
        right = self.kinds.of(right_expr)
        if left is None or right is None:
            return False
        if left.name in NUMBERS and right.name in NUMBERS:
            if isinstance(op, ast.Div | ast.Mod | ast.FloorDiv):
                return isinstance(right_expr, ast.Constant) and bool(right_expr.value)
            return isinstance(op, ast.Add | ast.Sub | ast.Mult) or (
                isinstance(op, ast.BitAnd | ast.BitOr | ast.BitXor) and "number" not in (left.name, right.name)
            )
        return isinstance(op, ast.Add) and left.name == right.name and left.name in {"str", "list", "tuple"}

    def _on_unaryop(self, node: ast.UnaryOp) -> Effects:
        inner = self.of(node.operand) | self.look(node.operand)
        if isinstance(node.op, ast.Not):
            return inner | self.truth(node.operand)
        kind = self.kinds.of(node.operand)
        safe = kind is not None and kind.name in NUMBERS and not isinstance(node.op, ast.Invert)
        return inner if safe else inner | Effects(raises=(text(node),))

    def _on_boolop(self, node: ast.BoolOp) -> Effects:
        return self.of(*node.values) | union(self.truth(value) for value in node.values[:-1])

    def _on_ifexp(self, node: ast.IfExp) -> Effects:
        return self.of(node.test, node.body, node.orelse) | self.truth(node.test)

    def _on_compare(self, node: ast.Compare) -> Effects:
        effects = self.of(node.left, *node.comparators)
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            kinds = [self.kinds.of(left), self.kinds.of(right)]
            names = {kind.name if kind else "" for kind in kinds}
            if not isinstance(op, ast.Is | ast.IsNot):
                effects |= self.look(left, right)
            if isinstance(op, ast.In | ast.NotIn):
                if not (kinds[1] and kinds[1].name in SCALARS | {"range"}):
                    effects |= Effects(reads=frozenset({self.place(right)}))
                safe = self.scalar(left) and bool(kinds[1]) and kinds[1].name in {"set", "dict", "range"}  # type: ignore[union-attr]
            elif isinstance(op, ast.Is | ast.IsNot):
                safe = True
            elif isinstance(op, ast.Eq | ast.NotEq):
                safe = names <= SCALARS
            else:
                safe = names <= NUMBERS or names == {"str"}
            if not safe:
                effects |= Effects(raises=(text(node),))
            left = right
        return effects
