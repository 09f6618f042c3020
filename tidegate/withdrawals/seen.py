"""The facts of a decision as a table for people: label, value with its unit, clause; what nobody knew says so."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.base.money import Asset, to_text
from tidegate.withdrawals import replaying
from tidegate.withdrawals.facts import CATALOGUE, Fact, FactType, Seen


@dataclass(frozen=True, slots=True)
class Line:
    """One fact. `value` None = unknown; True and False are said in words by the page."""

    name: str
    said: dict[str, str]  # its label in both languages
    value: str | bool | None
    unit: str
    clause: str


def read(facts: str, asset: Asset) -> list[Line]:
    """Each fact of the catalogue, in its order, as the decision saw it."""
    seen = replaying.read(facts)
    return [_line(fact, fact.read(seen), asset) for fact in CATALOGUE]


def _line(fact: Fact, value: Seen, asset: Asset) -> Line:
    said = {"en": fact.en, "zh": fact.zh}
    return Line(fact.name, said, _text(fact, value, asset), _unit(fact, asset), fact.clause)


def _text(fact: Fact, value: Seen, asset: Asset) -> str | bool | None:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "–"
    if fact.type is FactType.MONEY_USD:
        return to_text(value, 6)
    if fact.type is FactType.UNITS:
        return to_text(value, asset.decimals)
    return str(value)


def _unit(fact: Fact, asset: Asset) -> str:
    return asset.symbol if fact.type is FactType.UNITS else fact.unit if fact.type is not FactType.COUNT else ""
