"""The tier of a month: conduct and consequence, and whether the text or only the gap rule decides it (S2 Art. 6).

The text decides 7 of the 32 combinations. For the others R08 holds: the lowest tier whose own wording does not
exclude the facts. A person decides every such line, every HIGH and EXTREME, and every line with an open alert.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tidegate.policy.rating_numbers import DEFAULTS, RatingNumbers
from tidegate.rating.conduct import Conduct, Seen, seen
from tidegate.rating.consequence import Consequence, Harm, harm
from tidegate.rating.evidence import attributed
from tidegate.rating.fact import Fact, Kind, once
from tidegate.rating.window import Window


class Tier(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    EXTREME = "extreme"

    @property
    def rank(self) -> int:
        return _RANK[self]


_RANK = {tier: rank for rank, tier in enumerate(Tier)}


class Basis(StrEnum):
    TEXT = "text"  # the words of Art. 6 meet the facts
    GAP = "gap"  # they do not speak of these facts


@dataclass(frozen=True, slots=True)
class Rated:
    """What the facts of one month amount to."""

    tier: Tier
    basis: Basis
    person: bool  # whether a person has to decide
    conduct: Conduct
    consequence: Consequence
    clauses: tuple[str, ...]  # that decided
    readings: tuple[str, ...]  # that decided, of readings.READINGS
    facts: tuple[str, ...]  # ids of the facts that counted, in order


@dataclass(frozen=True, slots=True)
class Matter:
    """What a tier is judged from: the facts of the window, and what is known of before and around it."""

    facts: tuple[Fact, ...]
    window: Window | None = None  # None = the facts are those that count
    counterparties: int | None = None
    cases_before: frozenset[str] = frozenset()


_BY_CONSEQUENCE: Mapping[Consequence, Tier] = {
    Consequence.C1: Tier.HIGH,
    Consequence.C2: Tier.HIGH,
    Consequence.C3: Tier.HIGH,
    Consequence.C4: Tier.EXTREME,
}
"""Any consequence excludes MEDIUM ("no freeze, no evidence request, no detention, and no other harm"), and HIGH ends
where many are frozen or it is not the first time."""


def rate(matter: Matter, numbers: RatingNumbers = DEFAULTS) -> Rated:
    """The tier of the facts. The same facts give the same answer, in whatever order and however often they are told."""
    facts = once(matter.facts)
    if matter.window is not None:
        facts = matter.window.of(facts)
    did, came = seen(facts), harm(facts, matter.cases_before, matter.counterparties, numbers)
    conduct, consequence = did.conduct(numbers), came.consequence
    tier = _tier(conduct, consequence)
    basis = Basis.TEXT if _in_words(tier, did, came, numbers) else Basis.GAP
    person = basis is Basis.GAP or tier.rank >= Tier.HIGH.rank or did.open_alerts > 0 or conduct is Conduct.B3
    return Rated(
        tier=tier,
        basis=basis,
        person=person,
        conduct=conduct,
        consequence=consequence,
        clauses=_clauses(tier, did, came),
        readings=_readings(matter.window, facts, basis, did, came, numbers),
        facts=tuple(fact.id for fact in facts if _counts(fact)),
    )


def _tier(conduct: Conduct, consequence: Consequence) -> Tier:
    if consequence is Consequence.C0:
        return Tier.LOW if conduct is Conduct.B0 else Tier.MEDIUM
    return _BY_CONSEQUENCE[consequence]


def _in_words(tier: Tier, did: Seen, came: Harm, numbers: RatingNumbers) -> bool:
    """Whether the words of Art. 6 for this tier meet the facts."""
    match tier:
        case Tier.LOW:  # no alert, and nothing broken
            return True
        case Tier.MEDIUM:  # an alert or a breach, and no consequence
            return not did.only_factors
        case Tier.HIGH:  # several times, and users frozen, and an authority for the first time
            several = did.conduct(numbers) in (Conduct.B2, Conduct.B3)
            return several and bool(came.frozen) and came.cases.first
        case Tier.EXTREME:
            mass = did.is_severe(numbers) and came.mass
            return mass or (did.is_repeated(numbers) and came.characterised)


def _clauses(tier: Tier, did: Seen, came: Harm) -> tuple[str, ...]:
    articles = set(did.articles) | ({"5.2e"} if came.frozen else set())
    return (f"S2 Art. 6 {tier.upper()}", *(f"S2 Art. {article}" for article in sorted(articles)))


def _readings(
    window: Window | None, facts: Collection[Fact], basis: Basis, did: Seen, came: Harm, numbers: RatingNumbers
) -> tuple[str, ...]:
    """Where the answer would have been another one under another reading of the text, its id."""
    used: set[str] = set()
    if window is not None and any(_counts(fact) and fact.counts_at < window.strict_start for fact in facts):
        used.add("R04")
    if any(_counts(fact) and fact.known_at > fact.at for fact in facts):
        used.add("R22")
    if did.open_alerts:
        used.add("R06")
    if did.is_several(numbers) or did.conduct(numbers) is Conduct.B3 or came.mass:
        used.add("R07")
    if basis is Basis.GAP:
        used.add("R08")
    if any(fact.kind is Kind.COUNTERPARTY_FREEZE and fact.confirmed for fact in facts):
        used.add("R19")
    if any(fact.kind is Kind.REFERENCE_FACTOR and fact.confirmed and fact.article == "5.3a" for fact in facts):
        used.add("R17")
    if any(fact.kind is Kind.REFERENCE_FACTOR and fact.confirmed and fact.article == "5.3c" for fact in facts):
        used.add("R18")
    if came.characterised:
        used.add("R01")
    return tuple(sorted(used))


def _counts(fact: Fact) -> bool:
    """Whether a fact can have moved the answer."""
    if fact.kind is Kind.COUNTERPARTY_FREEZE:
        return attributed(fact)
    if fact.kind is Kind.AUTHORITY_ACTION:
        return fact.confirmed and fact.named
    return fact.confirmed or fact.open_alert
