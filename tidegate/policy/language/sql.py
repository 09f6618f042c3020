"""A rule as a PostgreSQL condition, for back-tests over stored facts.

The view has one column per fact, named like it, holding what `FactType` says: a numeric type for numbers (whole
numbers of the fact's decimals), boolean, text, text[]; NULL = unknown. SQL's own logic of NULL is Kleene's, so the
condition is NULL exactly where a rule is unknown. Nothing here runs: a store puts the text into its statement.
"""

from __future__ import annotations

from collections.abc import Sequence

from tidegate.policy.language.facts import Kind
from tidegate.policy.language.scaled import common, write
from tidegate.policy.language.tree import (
    All,
    Arithmetic,
    Comparison,
    Condition,
    Fact,
    Function,
    Leaf,
    Literal,
    Membership,
    Negative,
    Not,
    Number,
    Rule,
    Some,
    Text,
    facts_of,
    is_text,
)

_OPERATORS = {"==": "=", "!=": "<>"}
_FUNCTIONS = {"min": "LEAST", "max": "GREATEST", "abs": "abs"}


def sql_condition(rule: Rule) -> str:
    """A boolean expression: true, false or NULL. It holds no parameters; a driver must not look for % in it."""
    return _condition(rule.condition)


def sql_counts(rule: Rule) -> str:
    """Two columns over a set of decisions: how many the rule fires on, and how many it cannot answer."""
    condition = _condition(rule.condition)
    return f"count(*) FILTER (WHERE {condition}), count(*) FILTER (WHERE ({condition}) IS NULL)"


def _condition(node: Condition) -> str:
    match node:
        case Not():
            return f"(NOT {_condition(node.operand)})"
        case All():
            return f"({' AND '.join(_cheap_first(node.parts))})"
        case Some():
            return f"({' OR '.join(_cheap_first(node.parts))})"
    return _leaf(node)


def _cheap_first(parts: Sequence[Condition]) -> list[str]:
    """PostgreSQL asks from left to right until one part has decided, and the longer text is the more work. The order
    changes no answer: Kleene's AND and OR have none, and no part can fail."""
    return sorted(map(_condition, parts), key=len)


def _leaf(node: Leaf) -> str:
    match node:
        case Fact():
            return _SQL.column(node.name)
        case Comparison(left=left, right=right):
            op = _OPERATORS.get(node.op, node.op)
            if is_text(left) or is_text(right):
                return f"({_text(left)} {op} {_text(right)})"
            assert not isinstance(left, Text)
            assert not isinstance(right, Text)
            decimals = common(left, right)
            test = f"({_value(left, decimals)} {op} {_value(right, decimals)})"
            return _strict(node, test) if _skips_nulls(left) or _skips_nulls(right) else test
        case Membership(item=item, members=members):
            if isinstance(members, Fact):
                # An unknown text in an empty array would be false: SQL does not look at it.
                return _strict(node, f"({_text(item)} = ANY({_SQL.column(members.name)}))")
            if is_text(item):
                return f"({_text(item)} IN ({', '.join(map(_text, members))}))"
            assert not isinstance(item, Text)
            literals = [member for member in members if isinstance(member, Literal)]
            decimals = common(item, *literals)
            test = f"({_value(item, decimals)} IN ({', '.join(_value(literal, decimals) for literal in literals)}))"
            return _strict(node, test) if _skips_nulls(item) else test


def _strict(node: Leaf, test: str) -> str:
    """The test, but NULL as soon as one of its facts is."""
    nulls = " OR ".join(f"{_SQL.column(name)} IS NULL" for name in facts_of(node))
    return f"(CASE WHEN {nulls} THEN NULL ELSE {test} END)"


def _skips_nulls(node: Number | Text) -> bool:
    """LEAST and GREATEST pass over NULLs; they may stand anywhere inside a calculation."""
    match node:
        case Function(name="min" | "max"):
            return True
        case Function():
            return any(map(_skips_nulls, node.arguments))
        case Arithmetic():
            return _skips_nulls(node.left) or _skips_nulls(node.right)
        case Negative():
            return _skips_nulls(node.operand)
        case Text() | Literal() | Fact():
            return False


def _value(node: Number, decimals: int) -> str:
    return write(node, decimals, _SQL)


def _text(node: Number | Text) -> str:
    if isinstance(node, Text):
        quoted = node.value.replace("'", "''")  # a text holds no backslash: the tokens refuse it
        return f"'{quoted}'"
    assert isinstance(node, Fact)
    assert node.type.kind is Kind.TEXT
    return _SQL.column(node.name)


class _Sql:
    """Whole numbers are NUMERIC on both sides, whatever the view chose: a bigint overflows."""

    def column(self, name: str) -> str:
        return f'"{name}"'

    def fact(self, name: str) -> str:
        return f'"{name}"::numeric'

    def whole(self, value: int) -> str:
        return f"({value})::numeric"

    def function(self, name: str) -> str:
        return _FUNCTIONS[name]


_SQL = _Sql()
