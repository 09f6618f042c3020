"""Numbers as whole numbers of one power of ten: what Python and PostgreSQL both compute exactly, with no rounding.

Every number of a rule has a known count of decimals, so `amount_usd > 0.8 * sent_30d_usd` becomes
`amount * 10 > 8 * sent`. There is no division, so it never leaves the whole numbers.
"""

from __future__ import annotations

from typing import Protocol

from tidegate.policy.language.tree import Arithmetic, Fact, Function, Literal, Negative, Number


class Dialect(Protocol):
    """How a language writes a fact, a whole number, and min, max, abs."""

    def fact(self, name: str) -> str: ...
    def whole(self, value: int) -> str: ...
    def function(self, name: str) -> str: ...


def write(node: Number, decimals: int, dialect: Dialect) -> str:
    """The number in units of 10^-`decimals`, which are at least its own."""
    match node:
        case Literal():
            return dialect.whole(node.units * 10 ** (decimals - node.decimals))
        case Fact():
            shift = decimals - node.shape.decimals
            fact = dialect.fact(node.name)
            return f"({fact} * {dialect.whole(10**shift)})" if shift else fact
        case Negative():
            # The space matters: two minus signs in a row begin a comment in SQL.
            return f"(- {write(node.operand, decimals, dialect)})"
        case Function():
            arguments = ", ".join(write(argument, decimals, dialect) for argument in node.arguments)
            return f"{dialect.function(node.name)}({arguments})"
        case Arithmetic(op="*"):
            left, right = node.left.shape.decimals, node.right.shape.decimals
            more = decimals - left - right
            # Where one side is a literal it takes up the scale, and nothing is multiplied at run time.
            left, right = (left, right + more) if isinstance(node.right, Literal) else (left + more, right)
            return f"({write(node.left, left, dialect)} * {write(node.right, right, dialect)})"
        case Arithmetic():
            left_side, right_side = write(node.left, decimals, dialect), write(node.right, decimals, dialect)
            return f"({left_side} {node.op} {right_side})"


def common(*numbers: Number) -> int:
    """The decimals in which all of these are whole."""
    return max(number.shape.decimals for number in numbers)
