"""How far EXTREME still stands on what holds, once a fact that carried it was withdrawn or corrected (T9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tidegate.rating.lines.line import Judged
from tidegate.rating.tiers import Tier


@dataclass(frozen=True, slots=True)
class Left:
    """A line that was told, judged again with what holds of its facts."""

    rule: str | None  # by which it moved the tier
    judged: Judged
    grounds: bool  # whether one of the events that justified its rise holds still

    @property
    def tier(self) -> Tier:
        """A rise for what came after a restriction (T7) stands on the event, whatever its facts amount to."""
        return Tier.EXTREME if self.rule == "T7" and self.grounds else self.judged.rated.tier


def amounts_to(before: Tier, left: Iterable[Left], today: Tier) -> Tier:
    """The tier to go back to: the one before the rise, unless a line since, or the last 30 days, amount to more."""
    return max((before, today, *(line.tier for line in left)), key=lambda tier: tier.rank)
