"""Whose freeze it was, and which authority case is a new one: what an outside event is taken to show."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tidegate.rating.fact import LEVELS, Fact, Kind, case_key

ATTRIBUTES_FROM = "E2"


def attributed(fact: Fact) -> bool:
    """R19: a confirmed freeze is the merchant's from E2 on: a paper of a bank or an authority names payment or order.

    Below that it is a claim, whatever anybody says; above it a person may still say that it was not theirs.
    """
    if fact.kind is not Kind.COUNTERPARTY_FREEZE or not fact.confirmed or fact.level is None:
        return False
    return proves(fact.level) and fact.attributed is not False


def proves(level: str) -> bool:
    return LEVELS.index(level) >= LEVELS.index(ATTRIBUTES_FROM)


def frozen(facts: Iterable[Fact]) -> frozenset[str]:
    """The people whose accounts were frozen through the merchant: people are counted, not reports."""
    return frozenset(fact.counterparty for fact in facts if attributed(fact) and fact.counterparty is not None)


def names_merchant(fact: Fact) -> bool:
    """5.2a: an authority named the merchant or a person of theirs; who is only a witness is not named."""
    return fact.kind is Kind.AUTHORITY_ACTION and fact.confirmed and fact.named


@dataclass(frozen=True, slots=True)
class Cases:
    """The authority's cases that name the merchant: those of before, and those that came up now."""

    before: frozenset[str]
    new: frozenset[str]

    @property
    def first(self) -> bool:
        """Whether the first case ever came up now."""
        return bool(self.new) and len(self.before | self.new) == 1

    @property
    def second(self) -> bool:
        """Whether another than the first came up now. A prolongation under a known number is no new case."""
        return bool(self.new) and len(self.before | self.new) > 1


def cases(facts: Iterable[Fact], before: Collection[str]) -> Cases:
    """`before` are the numbers of cases that named the merchant before the window."""
    known = frozenset(case_key(number) for number in before)
    named = frozenset(fact.case_key for fact in facts if names_merchant(fact) and fact.case_key is not None)
    return Cases(known, named - known)
