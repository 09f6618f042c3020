"""A rule as a tree: small, typed, frozen. What runs, explains or compares a rule reads this and nothing else.

A chain of comparisons is taken apart into pairs (`1 < x < 5` is `1 < x and x < 5`), `and` within `and` is one
`All`, and `not in` is a `Not`: rules that mean the same in these ways are the same tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from tidegate.base.findings import Outcome
from tidegate.policy.language.facts import FactType, Kind


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a number before it is computed."""

    kind: Kind
    decimals: int  # the number is a whole number of 10^-decimals
    whole: int  # digits before the point, at most
    fixed: bool  # no fact in it


@dataclass(frozen=True, slots=True)
class Literal:
    """A number as written: `units` of 10^-`decimals`, without trailing zeros. Durations are in hours."""

    units: int
    decimals: int
    kind: Kind  # NUMBER, or HOURS for a duration
    shape: Shape = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        whole = max(1, len(str(abs(self.units))) - self.decimals)
        object.__setattr__(self, "shape", Shape(self.kind, self.decimals, whole, True))


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    type: FactType
    shape: Shape  # meaningful for numeric kinds only


@dataclass(frozen=True, slots=True)
class Arithmetic:
    op: str  # "+", "-", "*"
    left: Number
    right: Number
    shape: Shape


@dataclass(frozen=True, slots=True)
class Negative:
    operand: Number
    shape: Shape


@dataclass(frozen=True, slots=True)
class Function:
    name: str  # "min", "max", "abs"
    arguments: tuple[Number, ...]
    shape: Shape


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left op right`: two numbers, or two texts for being the same or not."""

    left: Number | Text
    op: str  # "<", "<=", ">", ">=", "==", "!="
    right: Number | Text


@dataclass(frozen=True, slots=True)
class Membership:
    """`item in members`: members as written, sorted and each once, or a fact that is a set."""

    item: Number | Text
    members: tuple[Literal, ...] | tuple[Text, ...] | Fact


@dataclass(frozen=True, slots=True)
class Not:
    operand: Condition


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Condition, ...]


Number = Literal | Fact | Arithmetic | Negative | Function
Leaf = Fact | Comparison | Membership
"""What is true, false or unknown by itself. A leaf is unknown exactly where one of its facts is."""
Condition = Leaf | Not | All | Some


@dataclass(frozen=True, slots=True)
class Rule:
    """When the condition holds, ask for the outcome. It can only add a finding, never take one away."""

    condition: Condition
    outcome: Outcome
    hours: int | None  # for a delay
    facts: tuple[tuple[str, FactType], ...]  # what it looks at, by name


def is_text(node: Number | Text) -> TypeGuard[Text | Fact]:
    """A text as written, or a fact that is one."""
    return isinstance(node, Text) or (isinstance(node, Fact) and node.type.kind is Kind.TEXT)


def facts_of(node: Condition | Number | Text) -> dict[str, FactType]:
    """The facts below a node, by name, in the order of their names."""
    return dict(sorted((fact.name, fact.type) for fact in _facts(node)))


def _facts(node: Condition | Number | Text) -> Iterator[Fact]:
    match node:
        case Fact():
            yield node
        case Arithmetic() | Comparison():
            yield from _facts(node.left)
            yield from _facts(node.right)
        case Negative() | Not():
            yield from _facts(node.operand)
        case Function():
            for argument in node.arguments:
                yield from _facts(argument)
        case Membership():
            yield from _facts(node.item)
            if isinstance(node.members, Fact):
                yield node.members
        case All() | Some():
            for part in node.parts:
                yield from _facts(part)
