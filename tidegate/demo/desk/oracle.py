"""The truth about a simulated desk, and how well indicators found it: by indicator, and by kind of merchant.

An indicator is right about a merchant when it fired and the merchant's kind was planted to show it. That is all a
score says: whether planted conduct of our own making was told from other conduct of our own making.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tidegate.demo.desk.kinds import KINDS
from tidegate.demo.desk.naming import merchant_id
from tidegate.demo.desk.simulate import Desk


@dataclass(frozen=True, slots=True)
class Truth:
    """What one merchant was made to be."""

    merchant_id: str
    kind: str
    wrong: bool
    shows: frozenset[str]


@dataclass(frozen=True, slots=True)
class Score:
    """One indicator over one desk. `by_kind` counts where it fired without having been planted."""

    indicator: str
    fired: int
    right: int
    planted: int
    by_kind: dict[str, int]

    @property
    def precision(self) -> Fraction | None:
        """Of the merchants it fired on, how many were planted; None when it never fired."""
        return Fraction(self.right, self.fired) if self.fired else None

    @property
    def recall(self) -> Fraction | None:
        """Of the planted merchants, how many it found; None when none was planted."""
        return Fraction(self.right, self.planted) if self.planted else None


def truths(desk: Desk) -> list[Truth]:
    """One per merchant, in their order."""
    kinds = [KINDS[int(kind)] for kind in desk.merchants["kind"]]
    return [Truth(merchant_id(desk.asked.seed, n), k.name, k.wrong, k.shows) for n, k in enumerate(kinds)]


def score(known: Iterable[Truth], fired: Iterable[tuple[str, str]]) -> list[Score]:
    """Score (merchant id, indicator) pairs; an indicator that neither fired nor was planted is not listed."""
    by_id = {truth.merchant_id: truth for truth in known}
    found: dict[str, set[str]] = defaultdict(set)
    for merchant, indicator in fired:
        found[indicator].add(merchant)
    planted = {indicator for truth in by_id.values() for indicator in truth.shows}
    return [_score(indicator, by_id, found[indicator]) for indicator in sorted(planted | set(found))]


def _score(indicator: str, by_id: dict[str, Truth], found: set[str]) -> Score:
    right = sum(indicator in by_id[merchant].shows for merchant in found)
    elsewhere: dict[str, int] = defaultdict(int)
    for merchant in found:
        if indicator not in by_id[merchant].shows:
            elsewhere[by_id[merchant].kind] += 1
    planted = sum(indicator in truth.shows for truth in by_id.values())
    return Score(indicator, len(found), right, planted, dict(sorted(elsewhere.items())))


@dataclass(frozen=True, slots=True)
class Kindly:
    """What became of one kind of merchant: how many raised anything, and how many what they were planted to raise."""

    kind: str
    wrong: bool
    merchants: int
    raised: int  # something that asks for a person
    found: int  # every indicator they were planted to show


def score_kinds(known: Iterable[Truth], fired: Iterable[tuple[str, str]]) -> list[Kindly]:
    """The same pairs by kind, in the order of the kinds."""
    raised: dict[str, set[str]] = defaultdict(set)
    for merchant, indicator in fired:
        raised[merchant].add(indicator)
    of: dict[str, list[Truth]] = defaultdict(list)
    for truth in known:
        of[truth.kind].append(truth)
    return [
        Kindly(
            kind=kind.name,
            wrong=kind.wrong,
            merchants=len(of[kind.name]),
            raised=sum(bool(raised[truth.merchant_id]) for truth in of[kind.name]),
            found=sum(truth.shows <= raised[truth.merchant_id] for truth in of[kind.name]) if kind.shows else 0,
        )
        for kind in KINDS
    ]


def written(known: Iterable[Truth]) -> list[dict[str, object]]:
    """The truth as the oracle's file says it."""
    return [{"merchant": t.merchant_id, "kind": t.kind, "wrong": t.wrong, "shows": sorted(t.shows)} for t in known]


def read(said: Iterable[dict[str, Any]]) -> list[Truth]:
    """The same, read back."""
    return [Truth(one["merchant"], one["kind"], one["wrong"], frozenset(one["shows"])) for one in said]
