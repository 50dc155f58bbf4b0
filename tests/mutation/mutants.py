"""Mutants of a module: each is its source with one small mistake in it."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
    ast.RShift: ast.LShift, ast.LShift: ast.RShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One mistake: where it stands, the line before and after, and the whole module with it."""

    line: int
    before: str
    after: str
    tree: ast.Module


def mutants_of(source: str) -> Iterator[Mutant]:
    """Every mutant of this source, one after the other."""
    whole = ast.parse(source)
    number = 0
    while True:
        planter = _Planter(number)
        tree: Any = planter.visit(copy.deepcopy(whole))
        if planter.planted is None:
            return
        before, after = planter.planted
        yield Mutant(before.lineno, ast.unparse(before), ast.unparse(after), ast.fix_missing_locations(tree))
        number += 1


class _Planter(ast.NodeTransformer):
    """Plants the mistake of this number and leaves the rest."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.planted: tuple[Any, ast.AST] | None = None

    def visit(self, node: ast.AST) -> ast.AST:
        for wrong in _mistakes(node):
            if self.left == 0 and self.planted is None:
                self.planted = (node, ast.copy_location(wrong, node))
                return wrong
            self.left -= 1
        for part in _code_in(node):
            self._visit_part(node, part)
        return node

    def _visit_part(self, node: ast.AST, part: str) -> None:
        held = getattr(node, part)
        if isinstance(held, list):
            held[:] = [self.visit(one) if isinstance(one, ast.AST) else one for one in held]
        elif isinstance(held, ast.AST):
            setattr(node, part, self.visit(held))


def _code_in(node: ast.AST) -> list[str]:
    """What runs: no types, no decorators, no words of sentences."""
    if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom)) or _is_literal_type(node):
        return []
    return [name for name in node._fields if name not in {"annotation", "returns", "decorator_list", "ctx"}]


def _is_literal_type(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal"


def _mistakes(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, [operator], [right]) if type(operator) in COMPARISONS:
            yield ast.Compare(left, [COMPARISONS[type(operator)]()], [right])
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not() | ast.USub() | ast.Invert(), operand):
            yield operand
        case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
            yield ast.BinOp(left, OPERATORS[type(operator)](), right)
        case ast.AugAssign(target, operator, value) if type(operator) in OPERATORS:
            yield ast.AugAssign(target, OPERATORS[type(operator)](), value)
        case _:
            yield from _mistakes_of_flow(node)


def _mistakes_of_flow(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Return(value) if value is not None and not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Raise() | ast.Expr(ast.Call()):
            yield ast.Pass()
        case ast.Constant(value):
            yield from _other_constants(value)


def _other_constants(value: object) -> Iterator[ast.Constant]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, bytes) and value:
        yield ast.Constant(b"XX" + value)
    elif isinstance(value, str) and value and " " not in value:
        yield ast.Constant("XX" + value)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
