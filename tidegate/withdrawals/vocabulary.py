"""The facts of a withdrawal as the analysts' language knows them: what its rules may name, and of which kind."""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.policy.language import Catalogue, FactType, Kind, Value
from tidegate.withdrawals import facts
from tidegate.withdrawals.facts import BY_NAME, CATALOGUE, Facts

KINDS = {
    facts.FactType.MONEY_USD: Kind.MONEY,
    facts.FactType.UNITS: Kind.UNITS,
    facts.FactType.COUNT: Kind.COUNT,
    facts.FactType.HOURS: Kind.HOURS,
    facts.FactType.BOOL: Kind.BOOL,
    facts.FactType.TEXT: Kind.TEXT,
    facts.FactType.TEXTS: Kind.TEXTS,
}

VOCABULARY: Catalogue = {fact.name: FactType(KINDS[fact.type], fact.en, fact.zh) for fact in CATALOGUE}
"""Every fact that a rule may name. Shells hand it to `policy`, which stands below and cannot know it."""


def values(seen: Facts, names: Iterable[str]) -> dict[str, Value]:
    """These facts of a decision: rules name a few, and the others need not be computed."""
    return {name: BY_NAME[name].read(seen) for name in names}
