"""What a rule may look at: facts by name, each of one kind. Which facts there are, the caller says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tidegate.policy.language.bounds import MAX_DECIMALS
from tidegate.policy.pricing import VALUE_DECIMALS


class Kind(StrEnum):
    """What a value is. Two kinds are compared or added only where that means something."""

    MONEY = "money"  # US dollars; stored as whole micro-USD, written in dollars
    UNITS = "units"  # whole smallest units of the asset at hand
    NUMBER = "number"  # without a unit: a score, a share, a level
    COUNT = "count"  # how many, whole
    HOURS = "hours"  # a span of time; written as hours, or as 72h, 3d
    BOOL = "yes or no"  # stands in a rule by itself
    TEXT = "text"  # compared for being the same, or in a set
    TEXTS = "set of text"  # asked whether something is in it


NUMERIC = frozenset({Kind.MONEY, Kind.UNITS, Kind.NUMBER, Kind.COUNT, Kind.HOURS})
PLAIN = frozenset({Kind.NUMBER, Kind.COUNT})
"""Kinds without a unit: they mix with each other and multiply every other kind."""


@dataclass(frozen=True, slots=True)
class FactType:
    """What one fact is.

    A numeric fact is a whole number of 10^-`decimals` (money: always micro-USD), so 0.85 of a fact with two
    decimals comes as 85; `bool` for yes or no, `str` for text, a `frozenset` of `str` for a set. `None` = unknown.
    """

    kind: Kind
    en: str = field(default="", compare=False)  # what it says, for people; wording changes no meaning
    zh: str = field(default="", compare=False)
    decimals: int = 0  # for numbers and hours; money has its six by itself
    signed: bool = False  # True: may be below zero; then no change of its factor is called tighter or looser
    values: frozenset[str] = frozenset()  # all that a text can be; empty = anything

    def __post_init__(self) -> None:
        if self.kind is Kind.MONEY and self.decimals == 0:
            object.__setattr__(self, "decimals", VALUE_DECIMALS)
        may = {Kind.MONEY: {VALUE_DECIMALS}, Kind.NUMBER: set(range(MAX_DECIMALS + 1))}
        may[Kind.HOURS] = may[Kind.NUMBER]
        if self.decimals not in may.get(self.kind, {0}):
            raise ValueError(f"a fact of kind {self.kind} cannot have {self.decimals} decimals")
        if self.values and self.kind not in (Kind.TEXT, Kind.TEXTS):
            raise ValueError(f"a fact of kind {self.kind} cannot list the texts it may be")


Catalogue = Mapping[str, FactType]
"""Every fact a rule may name. Names are lower-case ASCII words joined by underscores."""

Value = int | bool | str | frozenset[str] | None
"""What a fact may be at one decision; None = unknown."""
