"""The second axis: what came of it for others, and what authorities did (the words of S2 Art. 6 on consequences)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from tidegate.policy.rating_numbers import RatingNumbers
from tidegate.rating.evidence import Cases, cases, frozen, names_merchant
from tidegate.rating.fact import Fact, Kind


class Consequence(StrEnum):
    C0 = "C0"  # none
    C1 = "C1"  # other harm
    C2 = "C2"  # an account of somebody who dealt with them was frozen
    C3 = "C3"  # the first authority case that names them
    C4 = "C4"  # many were frozen, a second authority case, or an authority has characterised them


@dataclass(frozen=True, slots=True)
class Harm:
    """What the facts amount to."""

    other: bool
    frozen: frozenset[str]  # people
    mass: bool
    cases: Cases
    characterised: bool

    @property
    def consequence(self) -> Consequence:
        if self.mass or self.cases.second or self.characterised:
            return Consequence.C4
        if self.cases.first:
            return Consequence.C3
        if self.frozen:
            return Consequence.C2
        return Consequence.C1 if self.other else Consequence.C0


def harm(
    facts: Iterable[Fact], cases_before: Collection[str], counterparties: int | None, numbers: RatingNumbers
) -> Harm:
    """`counterparties`: distinct people with whom the merchant dealt in the window; None = nobody has counted."""
    known = list(facts)
    people = frozen(known)
    return Harm(
        other=any(fact.kind is Kind.OTHER_HARM and fact.confirmed for fact in known),
        frozen=people,
        mass=is_mass(len(people), counterparties, numbers),
        cases=cases(known, cases_before),
        characterised=any(names_merchant(fact) and fact.action == "characterised" for fact in known),
    )


def is_mass(people: int, counterparties: int | None, numbers: RatingNumbers) -> bool:
    """R07: so many people, or fewer if they are a large share: one event must not flag a small merchant alone."""
    if people >= numbers.mass_counterparties:
        return True
    if people < numbers.mass_least or counterparties is None:
        return False
    return people * 100 >= numbers.mass_percent * counterparties
