"""A tree as text again: one spelling for each, so that what people read and sign never depends on spacing."""

from __future__ import annotations

from tidegate.base.findings import Outcome
from tidegate.base.money import to_text
from tidegate.policy.language.facts import Kind
from tidegate.policy.language.tree import (
    All,
    Arithmetic,
    Comparison,
    Condition,
    Fact,
    Function,
    Literal,
    Membership,
    Negative,
    Not,
    Number,
    Rule,
    Some,
    Text,
)

_SUM, _PRODUCT, _ATOM = 1, 2, 3


def canonical(rule: Rule) -> str:
    """The rule as one line. Reading it gives the same rule again."""
    hours = f" {rule.hours}" if rule.outcome is Outcome.DELAY else ""
    return f"{spell(rule.condition)} -> {rule.outcome}{hours}"


def spell(node: Condition | Number | Text) -> str:
    """A part of a rule, with brackets only where the meaning needs them or a reader might doubt."""
    match node:
        case Literal():
            return to_text(node.units, node.decimals) + ("h" if node.kind is Kind.HOURS else "")
        case Text():
            quote = '"' if "'" in node.value else "'"
            return f"{quote}{node.value}{quote}"
        case Fact():
            return node.name
        case Arithmetic():
            strength = _strength(node)
            # The right side of a difference keeps its brackets: a - (b + c) is not a - b + c.
            return f"{_inside(node.left, strength)} {node.op} {_inside(node.right, strength + 1)}"
        case Negative():
            return f"-{_inside(node.operand, _ATOM)}"
        case Function():
            return f"{node.name}({', '.join(spell(argument) for argument in node.arguments)})"
        case Comparison():
            return f"{spell(node.left)} {node.op} {spell(node.right)}"
        case Membership():
            return _member(node, "in")
        case Not(operand=Membership() as member):
            return _member(member, "not in")
        case Not(operand=Fact(name=name)):
            return f"not {name}"
        case Not():
            return f"not ({spell(node.operand)})"
        case All():
            return " and ".join(map(_part, node.parts))
        case Some():
            return " or ".join(map(_part, node.parts))


def _part(node: Condition) -> str:
    return f"({spell(node)})" if isinstance(node, All | Some) else spell(node)


def _member(node: Membership, word: str) -> str:
    members = node.members
    held = members.name if isinstance(members, Fact) else f"{{{', '.join(map(spell, members))}}}"
    return f"{spell(node.item)} {word} {held}"


def _inside(node: Number, least: int) -> str:
    return spell(node) if _strength(node) >= least else f"({spell(node)})"


def _strength(node: Number) -> int:
    if isinstance(node, Arithmetic):
        return _PRODUCT if node.op == "*" else _SUM
    return _ATOM
