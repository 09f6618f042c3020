"""Why a rule fired, or did not: every part with its exact value, every comparison with its distance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tidegate.base.money import to_text
from tidegate.policy.language.facts import Kind, Value
from tidegate.policy.language.scaled import common
from tidegate.policy.language.spelling import spell
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
    is_text,
)

_CENTS = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """One part of a rule as it was found."""

    text: str  # the part, in its canonical spelling
    value: str | None  # exact: "4800.00", "true", "false", "'DE'"; None = unknown
    said: str  # one line for an analyst: "amount_usd 5200.00 > 4800.00, by 400.00"
    distance: str | None = None  # of a comparison of numbers: how far apart the two sides are
    parts: tuple[Seen, ...] = ()

    @property
    def holds(self) -> bool | None:
        """Of a condition: true, false, or None for unknown."""
        return {"true": True, "false": False, None: None}[self.value]

    def lines(self, indent: str = "") -> Iterator[str]:
        """The tree as lines, deeper parts further in."""
        yield indent + self.said
        for part in self.parts:
            yield from part.lines(indent + "  ")


def explain(rule: Rule, facts: Mapping[str, Value] | object) -> Seen:
    """What the rule saw in these facts, part by part, also where the answer was clear before.

    Takes what `Program.run` takes, and says the same: `holds` is None where the program holds.
    """
    look = {
        name: facts.get(name) if isinstance(facts, Mapping) else getattr(facts, name, None) for name, _ in rule.facts
    }
    return _condition(rule.condition, look)


def _condition(node: Condition, facts: Mapping[str, Value]) -> Seen:
    match node:
        case Fact():
            held = facts[node.name]
            assert held is None or isinstance(held, bool)
            return Seen(node.name, _truth(held), f"{node.name} {_truth(held) or 'unknown'}")
        case Comparison():
            return _comparison(node, facts)
        case Membership():
            return _membership(node, facts)
        case Not():
            inner = _condition(node.operand, facts)
            holds = None if inner.holds is None else not inner.holds
            return _joined(node, holds, "not", (inner,))
        case All():
            parts = tuple(_condition(part, facts) for part in node.parts)
            return _joined(node, _all(part.holds for part in parts), "all of", parts)
        case Some():
            parts = tuple(_condition(part, facts) for part in node.parts)
            none = _all(None if part.holds is None else not part.holds for part in parts)
            return _joined(node, None if none is None else not none, "one of", parts)


def _all(held: Iterator[bool | None]) -> bool | None:
    """Kleene's and: one false decides, otherwise one unknown does."""
    values = list(held)
    return False if False in values else None if None in values else True


def _joined(node: Condition, holds: bool | None, word: str, parts: tuple[Seen, ...]) -> Seen:
    return Seen(spell(node), _truth(holds), f"{word}: {_truth(holds) or 'unknown'}", parts=parts)


def _comparison(node: Comparison, facts: Mapping[str, Value]) -> Seen:
    text, a, b = spell(node), node.left, node.right
    if is_text(a) or is_text(b):
        left, right = _text(a, facts), _text(b, facts)
        shown = f"{_named(a, left)} {node.op} {_quoted(right)}"
        holds = None if left is None or right is None else (left == right) is (node.op == "==")
        return Seen(text, _truth(holds), f"{shown}: {_truth(holds) or 'unknown'}")
    assert not isinstance(a, Text)
    assert not isinstance(b, Text)
    money = Kind.MONEY in (a.shape.kind, b.shape.kind)
    seen_a, seen_b = _number(a, facts, money), _number(b, facts, money)
    shown = f"{seen_a.said} {node.op} {seen_b.value or seen_b.said}"
    parts = tuple(side for side in (seen_a, seen_b) if side.parts)
    decimals = common(a, b)
    x, y = _whole(a, decimals, facts), _whole(b, decimals, facts)
    if x is None or y is None:
        return Seen(text, None, f"{shown}: unknown", parts=parts)
    holds = {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y, "==": x == y, "!=": x != y}[node.op]
    apart = _exact(abs(x - y), decimals, money)
    return Seen(text, _truth(holds), f"{shown}, {'by' if holds else 'missed by'} {apart}", apart, parts)


def _membership(node: Membership, facts: Mapping[str, Value]) -> Seen:
    item, members = node.item, node.members
    inside: bool | None
    parts: tuple[Seen, ...] = ()
    if isinstance(members, Fact):
        value, known = _text(item, facts), facts[members.name]
        assert known is None or isinstance(known, frozenset)
        held = f"{members.name} " + ("unknown" if known is None else f"{{{', '.join(map(repr, sorted(known)))}}}")
        inside = None if known is None or value is None else value in known
        named = _named(item, value)
    else:
        held = f"{{{', '.join(map(spell, members))}}}"
        if is_text(item):
            value = _text(item, facts)
            inside = None if value is None else value in [text.value for text in members if isinstance(text, Text)]
            named = _named(item, value)
        else:
            assert not isinstance(item, Text)
            seen = _number(item, facts, item.shape.kind is Kind.MONEY)
            literals = [literal for literal in members if isinstance(literal, Literal)]
            decimals = common(item, *literals)
            whole = _whole(item, decimals, facts)
            inside = None if whole is None else whole in [_whole(literal, decimals, facts) for literal in literals]
            named, parts = seen.said, (seen,) if seen.parts else ()
    return Seen(spell(node), _truth(inside), f"{named} in {held}: {_truth(inside) or 'unknown'}", parts=parts)


def _number(node: Number, facts: Mapping[str, Value], money: bool) -> Seen:
    """A number, with the parts it was calculated from. `money`: it is compared with money, so it has cents."""
    text = spell(node)
    whole = _whole(node, node.shape.decimals, facts)
    value = None if whole is None else _exact(whole, node.shape.decimals, money)
    if isinstance(node, Literal):
        return Seen(text, value, value or "")
    inner: tuple[Number, ...] = ()
    match node:
        case Arithmetic():
            inner = (node.left, node.right)
        case Negative():
            inner = (node.operand,)
        case Function():
            inner = node.arguments
    parts = tuple(
        _number(part, facts, part.shape.kind is Kind.MONEY) for part in inner if not isinstance(part, Literal)
    )
    return Seen(text, value, f"{text} {value or 'unknown'}", parts=parts)


def _text(node: Number | Text, facts: Mapping[str, Value]) -> str | None:
    if isinstance(node, Text):
        return node.value
    assert isinstance(node, Fact)
    held = facts[node.name]
    assert held is None or isinstance(held, str)
    return held


def _named(node: Number | Text, value: str | None) -> str:
    return _quoted(value) if isinstance(node, Text) else f"{spell(node)} {_quoted(value)}"


def _whole(node: Number, decimals: int, facts: Mapping[str, Value]) -> int | None:
    """The number in units of 10^-decimals; None as soon as one of its facts is unknown."""
    scale: int = 10 ** (decimals - node.shape.decimals)
    match node:
        case Literal():
            return node.units * scale
        case Fact():
            held = facts[node.name]
            assert held is None or (isinstance(held, int) and not isinstance(held, bool))
            return None if held is None else held * scale
        case Negative():
            inner = _whole(node.operand, decimals, facts)
            return None if inner is None else -inner
        case Function():
            known = [_whole(argument, decimals, facts) for argument in node.arguments]
            values = [value for value in known if value is not None]
            if len(values) < len(known):
                return None
            return {"min": min, "max": max}[node.name](values) if node.name != "abs" else abs(values[0])
        case Arithmetic(op="*"):
            a = _whole(node.left, node.left.shape.decimals, facts)
            b = _whole(node.right, node.right.shape.decimals, facts)
            return None if a is None or b is None else a * b * scale
        case Arithmetic():
            a, b = _whole(node.left, decimals, facts), _whole(node.right, decimals, facts)
            return None if a is None or b is None else a + b if node.op == "+" else a - b


def _exact(whole: int, decimals: int, money: bool) -> str:
    """Every digit that there is; money with cents even where they are zero."""
    text = to_text(whole, decimals)
    if not money:
        return text
    dollars, _, cents = text.partition(".")
    return f"{dollars}.{cents.ljust(_CENTS, '0')}"


def _truth(holds: bool | None) -> str | None:
    return None if holds is None else "true" if holds else "false"


def _quoted(text: str | None) -> str:
    return "unknown" if text is None else repr(text)
