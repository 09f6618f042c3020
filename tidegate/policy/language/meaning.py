"""What a new pack means beside the old one: rules added and taken away, numbers changed, and which way.

Tighter means: wherever all facts are known and the old rule asked for something, the new one asks for the same or
more. It is said only where it follows from the shape of the two rules (a lower threshold after `>`, one condition
less after `and`); everything else is "changed", and whoever guards a loosening treats that as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tidegate.base.findings import Outcome
from tidegate.policy.language.spelling import canonical, spell
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


class Turn(StrEnum):
    """Which way a rule or a part of it went."""

    SAME = "same"
    TIGHTER = "tighter"  # asks for something wherever it did, or more
    LOOSER = "looser"
    CHANGED = "changed"  # cannot be told, or both


class Fate(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class NumberChange:
    """One number of a rule, before and after."""

    within: str  # the old comparison it stands in
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one rule."""

    name: str
    fate: Fate
    turn: Turn
    before: str | None  # canonical lines; None where there was or is no such rule
    after: str | None
    numbers: tuple[NumberChange, ...] = ()

    def __str__(self) -> str:
        if self.fate is not Fate.CHANGED:
            return f"{self.name}: {self.fate} ({self.turn}): {self.after or self.before}"
        numbers = ", ".join(f"{number.before} to {number.after} in {number.within}" for number in self.numbers)
        return f"{self.name}: {self.turn}: {numbers or f'{self.before} became {self.after}'}"


def changes(old: Mapping[str, Rule], new: Mapping[str, Rule]) -> list[Change]:
    """Every rule that is not the same, by name: the new pack's order, then what is gone. Spacing is no change."""
    found = [
        change(name, old[name], rule) if name in old else Change(name, Fate.ADDED, Turn.TIGHTER, None, canonical(rule))
        for name, rule in new.items()
        if old.get(name) != rule
    ]
    gone = [
        Change(name, Fate.REMOVED, Turn.LOOSER, canonical(rule), None) for name, rule in old.items() if name not in new
    ]
    return found + gone


def change(name: str, old: Rule, new: Rule) -> Change:
    """What became of a rule that is in both packs."""
    numbers: list[NumberChange] = []
    turn = _join([_condition(old.condition, new.condition, numbers), _outcome(old, new)])
    if old.outcome is Outcome.DELAY and new.outcome is Outcome.DELAY and old.hours != new.hours:
        numbers.append(NumberChange("delay", str(old.hours), str(new.hours)))
    return Change(name, Fate.CHANGED, turn, canonical(old), canonical(new), tuple(numbers))


def _outcome(old: Rule, new: Rule) -> Turn:
    before, after = (old.outcome.severity, old.hours or 0), (new.outcome.severity, new.hours or 0)
    return Turn.SAME if before == after else Turn.TIGHTER if after > before else Turn.LOOSER


def _join(turns: Iterable[Turn]) -> Turn:
    """Parts that all went one way, or stayed, went that way together."""
    moved = set(turns) - {Turn.SAME}
    if not moved:
        return Turn.SAME
    return moved.pop() if len(moved) == 1 else Turn.CHANGED


def _opposite(turn: Turn) -> Turn:
    return {Turn.TIGHTER: Turn.LOOSER, Turn.LOOSER: Turn.TIGHTER}.get(turn, turn)


def _condition(old: Condition, new: Condition, numbers: list[NumberChange]) -> Turn:
    """Tighter = true in every case in which the old one was."""
    if old == new:
        return Turn.SAME
    match old, new:
        case Not(operand=before), Not(operand=after):
            return _opposite(_condition(before, after, numbers))
        case Comparison(), Comparison():
            return _comparison(old, new, numbers)
        case Membership(), Membership():
            return _membership(old, new)
    # One condition alone is an `and` of one, and an `or` of one.
    if isinstance(old, Some) or isinstance(new, Some):
        return _parts(_of(old, Some), _of(new, Some), Turn.TIGHTER, numbers)
    if isinstance(old, All) or isinstance(new, All):
        return _parts(_of(old, All), _of(new, All), Turn.LOOSER, numbers)
    return Turn.CHANGED


def _of(node: Condition, joined: type[All] | type[Some]) -> tuple[Condition, ...]:
    return node.parts if isinstance(node, joined) else (node,)


def _parts(old: Sequence[Condition], new: Sequence[Condition], more: Turn, numbers: list[NumberChange]) -> Turn:
    """Parts of an `and` or an `or`; their order means nothing. `more` is what one more part makes of the whole."""
    gone = [part for part in old if part not in new]
    come = [part for part in new if part not in old]
    if not gone:
        return more if come else Turn.SAME
    if not come:
        return _opposite(more)
    pairs, left = [], list(come)
    for part in gone:
        partner = next((other for other in left if _alike(part) == _alike(other)), None)
        if partner is None:
            return Turn.CHANGED
        left.remove(partner)
        pairs.append((part, partner))
    turns = [_condition(part, partner, numbers) for part, partner in pairs]
    return _join([*turns, *([more] if left else [])])


def _alike(node: Condition | Number | Text) -> object:
    """What stays when numbers, sets and strictness change: two parts with the same are one part, changed."""
    match node:
        case Literal():
            return "number", node.kind
        case Comparison():
            return "compare", node.op[0], _alike(node.left), _alike(node.right)
        case Membership():
            return "in", _alike(node.item), node.members.name if isinstance(node.members, Fact) else None
        case Not():
            return "not", _alike(node.operand)
        case All() | Some():
            return type(node), tuple(map(_alike, node.parts))
        case Arithmetic():
            return node.op, _alike(node.left), _alike(node.right)
        case Negative():
            return "-", _alike(node.operand)
        case Function():
            return node.name, tuple(map(_alike, node.arguments))
    return node


def _membership(old: Membership, new: Membership) -> Turn:
    if old.item != new.item or isinstance(old.members, Fact) or isinstance(new.members, Fact):
        return Turn.CHANGED
    before, after = set(old.members), set(new.members)
    return Turn.TIGHTER if before < after else Turn.LOOSER if after < before else Turn.CHANGED


class _Rise(StrEnum):
    """Whether a number became larger, wherever its facts are known."""

    SAME = "same"
    UP = "up"
    DOWN = "down"
    OPEN = "open"


_FALL = {_Rise.UP: _Rise.DOWN, _Rise.DOWN: _Rise.UP, _Rise.SAME: _Rise.SAME, _Rise.OPEN: _Rise.OPEN}


def _comparison(old: Comparison, new: Comparison, numbers: list[NumberChange]) -> Turn:
    seen: list[tuple[Literal, Literal]] = []
    left, right = _rise(old.left, new.left, seen), _rise(old.right, new.right, seen)
    numbers += [NumberChange(spell(old), spell(before), spell(after)) for before, after in seen]
    if old.op[0] != new.op[0] or old.op[0] not in "<>":
        return Turn.CHANGED
    # What makes `left > right` true more often: a larger left side, a smaller right side, and the equals sign.
    more, less = (_Rise.UP, _Rise.DOWN) if old.op[0] == ">" else (_Rise.DOWN, _Rise.UP)
    turns = [
        {more: Turn.TIGHTER, less: Turn.LOOSER, _Rise.SAME: Turn.SAME}.get(left, Turn.CHANGED),
        {less: Turn.TIGHTER, more: Turn.LOOSER, _Rise.SAME: Turn.SAME}.get(right, Turn.CHANGED),
        Turn.SAME if old.op == new.op else Turn.TIGHTER if new.op.endswith("=") else Turn.LOOSER,
    ]
    return _join(turns)


def _rise(old: Number | Text, new: Number | Text, seen: list[tuple[Literal, Literal]]) -> _Rise:
    """How the new number lies to the old one for all values of its facts; `seen` takes the literals that differ."""
    if old == new:
        return _Rise.SAME
    match old, new:
        case Literal(), Literal() if old.kind is new.kind:
            seen.append((old, new))
            scale = max(old.decimals, new.decimals)
            up = new.units * 10 ** (scale - new.decimals) > old.units * 10 ** (scale - old.decimals)
            return _Rise.UP if up else _Rise.DOWN
        case Negative(), Negative():
            return _FALL[_rise(old.operand, new.operand, seen)]
        case Function(), Function() if old.name == new.name and len(old.arguments) == len(new.arguments):
            pairs = zip(old.arguments, new.arguments, strict=True)
            rises = [_rise(before, after, seen) for before, after in pairs]
            return _both(*rises) if old.name != "abs" else _Rise.OPEN
        case Arithmetic(), Arithmetic() if old.op == new.op:
            left, right = _rise(old.left, new.left, seen), _rise(old.right, new.right, seen)
            if old.op != "*":
                return _both(left, right if old.op == "+" else _FALL[right])
            if right is _Rise.SAME and _never_negative(new.right):
                return left
            if left is _Rise.SAME and _never_negative(new.left):
                return right
    return _Rise.OPEN


def _both(*rises: _Rise) -> _Rise:
    """Where a number goes that rises with each of its parts; at least one of them moved, or it would be the same."""
    moved = set(rises) - {_Rise.SAME}
    return moved.pop() if len(moved) == 1 else _Rise.OPEN


def _never_negative(node: Number | Text) -> bool:
    match node:
        case Literal():
            return node.units >= 0
        case Fact():
            return not node.type.signed
        case Arithmetic():
            return node.op != "-" and _never_negative(node.left) and _never_negative(node.right)
        case Function():
            return node.name == "abs" or all(map(_never_negative, node.arguments))
    return False
