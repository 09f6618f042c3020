"""What would bring a merchant's tier down again (Art. 8): what is done, what is missing, and when time does it.

Alerts that nobody has judged hold a tier as well. They are left out here: nobody is warned of a check on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.policy.rating_numbers import RatingNumbers
from tidegate.rating.tiers import Tier
from tidegate.rating.transitions import Conditions, Effective


@dataclass(frozen=True, slots=True)
class Step:
    """One of the things that it takes."""

    word: str  # of WORDS, "improve_<word>"
    done: bool
    at: datetime | None = None  # time alone does it then


def steps(e: Effective, conditions: Conditions, now: datetime, numbers: RatingNumbers) -> list[Step]:
    """What it takes to fall by one tier; nothing for LOW."""
    match e.tier:
        case Tier.LOW:
            return []
        case Tier.MEDIUM:
            return [_medium(e, now, numbers)]
        case Tier.HIGH:
            return [
                _time("restriction", e.restriction_ends, now),
                _time("quiet", e.quiet_high, now),
                Step("bond", conditions.bond_covered),
                Step("cooperation", conditions.cooperation),
                Step("person", False),
            ]
        case Tier.EXTREME:
            return [Step("appeal_only", False)]


def _medium(e: Effective, now: datetime, numbers: RatingNumbers) -> Step:
    """The observation is over, or it was quiet for long enough; the policy says whether one is enough (R09)."""
    ends = [at for at in (e.observation_ends, e.quiet_medium) if at is not None]
    if not ends or (numbers.fall_when == "both" and len(ends) < 2):
        return Step("observation", False)
    return _time("observation", max(ends) if numbers.fall_when == "both" else min(ends), now)


def _time(word: str, at: datetime | None, now: datetime) -> Step:
    """Time does it; what never began is not in the way, but for a restriction, which is there until it ends."""
    if at is None:
        return Step(word, word == "quiet")
    return Step(word, at <= now, at)
