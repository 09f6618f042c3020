"""What people look at to judge the rating itself: who overrides it, how it moves, whether its alerts are right.

Shares are exact fractions. The stability index needs a logarithm: it is taken of them to 28 digits and then rounded,
so that two machines say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from tidegate.rating.tiers import Tier

NOTICE, SHIFT = Fraction(1, 10), Fraction(1, 4)
"""Conventional bands of the stability index: a prompt to look, not a proof; the counts are shown beside it."""
OVERRIDES_LOOK = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class Override:
    """How often a reviewer decided otherwise than the facts amount to."""

    reviewer: str
    decided: int
    up: int
    down: int

    @property
    def rate(self) -> Fraction:
        return Fraction(self.up + self.down, self.decided) if self.decided else Fraction(0)

    @property
    def look(self) -> bool:
        return self.rate > OVERRIDES_LOOK


def overrides(decisions: Iterable[tuple[str, str, str]]) -> list[Override]:
    """(reviewer, tier that was proposed, tier that was decided), once per reviewer and line; by reviewer."""
    found: dict[str, list[int]] = {}
    for reviewer, proposed, decided in decisions:
        counts = found.setdefault(reviewer, [0, 0, 0])
        step = Tier(decided).rank - Tier(proposed).rank
        counts[0] += 1
        counts[1] += step > 0
        counts[2] += step < 0
    return [Override(reviewer, *counts) for reviewer, counts in sorted(found.items())]


def matrix(moves: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """How many went from each tier to each; every cell is there."""
    return {before: {after: moves.get((before, after), 0) for after in Tier} for before in Tier}


def stability(before: Mapping[str, int], after: Mapping[str, int]) -> Decimal | None:
    """The population stability index of the tiers' shares, to six decimals; None where either month has nobody.

    Sum of (a - b) * ln(a / b). An empty tier counts as half a merchant, or the logarithm has no end.
    """
    if not sum(before.values()) or not sum(after.values()):
        return None
    b, a = _shares(before), _shares(after)
    with localcontext() as exact:
        exact.prec = 28
        total = sum((_decimal(a[t] - b[t]) * (_decimal(a[t] / b[t])).ln() for t in Tier), Decimal(0))
        return total.quantize(Decimal("0.000001"))


def band(index: Decimal | None) -> str | None:
    """ "stable", "notice" or "shift"."""
    if index is None:
        return None
    exact = Fraction(index)
    return "stable" if exact < NOTICE else "notice" if exact < SHIFT else "shift"


def _shares(counts: Mapping[str, int]) -> dict[str, Fraction]:
    filled = {tier: Fraction(counts.get(tier, 0)) or Fraction(1, 2) for tier in Tier}
    whole = sum(filled.values())
    return {tier: share / whole for tier, share in filled.items()}


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


@dataclass(frozen=True, slots=True)
class Precision:
    """How right an indicator was, of what people have judged."""

    indicator: str
    confirmed: int
    false: int
    open: int

    @property
    def share(self) -> Fraction | None:
        """None = nobody has judged one yet."""
        judged = self.confirmed + self.false
        return Fraction(self.confirmed, judged) if judged else None


@dataclass(frozen=True, slots=True)
class Frozen:
    """Of the merchants of a tier, how many had somebody frozen through them in the month after."""

    tier: str
    merchants: int
    frozen: int

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.frozen, self.merchants) if self.merchants else None


def rises(rows: Iterable[Frozen]) -> bool | None:
    """Whether the share of freezes rises with the tier; None where fewer than two tiers have anybody."""
    shares = [row.share for row in sorted(rows, key=lambda row: Tier(row.tier).rank) if row.share is not None]
    return all(a <= b for a, b in pairwise(shares)) if len(shares) > 1 else None


def text(share: Fraction | None) -> str | None:
    """A share as "3/7": exact, and nobody rounds it away."""
    return None if share is None else f"{share.numerator}/{share.denominator}"
