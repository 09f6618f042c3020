"""A line of a rating: from a person's facts to what is proposed, in a shape that never changes afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tidegate.base.canonical import digest
from tidegate.policy.rating_numbers import RatingNumbers
from tidegate.rating.fact import Fact
from tidegate.rating.readings import fingerprint
from tidegate.rating.tiers import Basis, Matter, Rated, Tier, rate
from tidegate.rating.transitions import Effective, Event, Move, rise
from tidegate.rating.window import Window

CAUSES = ("month", "event", "review", "appeal", "restatement")


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything that a person's line is made of."""

    subject_id: str
    facts: tuple[Fact, ...]  # of the window, and around it
    events: Mapping[str, str]  # fact -> its first telling: corrections are the same event
    counterparties: int | None
    cases_before: frozenset[str]
    held: Effective
    lifted: frozenset[str]  # events that have justified a rise


@dataclass(frozen=True, slots=True)
class Judged:
    """What the facts amount to, and what would follow."""

    rated: Rated
    move: Move
    fresh: tuple[str, ...]  # events that justify a rise
    characterised: bool
    inputs_hash: str

    def proposing(self, move: Move) -> Judged:
        """The same with another proposal: of somebody whose time is over, not of what happened."""
        return replace(self, move=move)

    @property
    def person(self) -> bool:
        return self.rated.person or self.move.person

    @property
    def people(self) -> int:
        return max(self.move.people, 2 if self.rated.tier is Tier.EXTREME else int(self.person))


def judge(s: Subject, window: Window | None, numbers: RatingNumbers, policy_version: int, at: datetime) -> Judged:
    """The tier of the window, and how the tier that holds would move at a time: each event justifies one rise (R21).

    `window` None = the facts are those that count.
    """
    matter = Matter(s.facts, window, s.counterparties, s.cases_before)
    rated = rate(matter, numbers)
    counted = [fact for fact in s.facts if fact.id in rated.facts and not fact.open_alert]
    fresh = [fact for fact in counted if s.events[fact.id] not in s.lifted]
    opened = [fact for fact in s.facts if fact.id in rated.facts and fact.open_alert]
    opened = [fact for fact in opened if s.events[fact.id] not in s.lifted]
    return Judged(
        rated=rated,
        move=_move(s.held, rated, fresh, opened, at),
        fresh=tuple(sorted({s.events[fact.id] for fact in fresh or opened})),
        characterised=any(fact.action == "characterised" for fact in counted),
        inputs_hash=_inputs(s, matter, numbers, policy_version),
    )


def _move(held: Effective, rated: Rated, fresh: Sequence[Fact], opened: Collection[Fact], at: datetime) -> Move:
    """An open alert alone may lift LOW to MEDIUM, by a person's word; it is no confirmed event."""
    if fresh:
        new = any(held.since is None or fact.counts_at >= held.since for fact in fresh)
        return rise(held, Event(rated.tier, rated.basis, new), at)
    if opened and held.tier is Tier.LOW and rated.tier is not Tier.LOW:
        return rise(held, Event(Tier.MEDIUM, Basis.GAP, new=False), at)
    return Move(held.tier, None, person=False)


def _inputs(s: Subject, matter: Matter, numbers: RatingNumbers, policy_version: int) -> str:
    """Whether anything that the tier of the window stands on has changed since it was drawn."""
    window = matter.window
    counted = sorted(s.facts if window is None else window.of(s.facts), key=lambda fact: fact.id)
    return digest(
        {
            "facts": [{"fact": fact, "event": s.events[fact.id]} for fact in counted],
            "counterparties": s.counterparties,
            "cases_before": sorted(s.cases_before),
            "numbers": numbers,
            "policy": policy_version,
            "readings": fingerprint(),
        }
    )
