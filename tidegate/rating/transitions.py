"""How the tier that holds moves (S2 Art. 8): T1 to T10, rises before falls.

The tier that a month's facts amount to never lowers the tier that holds. Timers are instants that are stored when they
start; a policy that changes later moves none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tidegate.policy.rating_numbers import RatingNumbers
from tidegate.rating.tiers import Basis, Tier
from tidegate.rating.window import days_after, months_after


@dataclass(frozen=True, slots=True)
class Effective:
    """The tier that holds, and its timers. None = that timer does not run."""

    tier: Tier = Tier.LOW
    since: datetime | None = None  # None = nobody has rated them yet
    medium_since: datetime | None = None  # when they last became MEDIUM
    observation_ends: datetime | None = None
    relapse_ends: datetime | None = None  # until then a new event counts double
    restriction_starts: datetime | None = None
    restriction_ends: datetime | None = None
    last_event: datetime | None = None  # the last confirmed one
    quiet_medium: datetime | None = None  # from then on MEDIUM was quiet for long enough
    quiet_high: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A confirmed event that has justified no rise yet, and what the facts amount to with it."""

    computed: Tier
    basis: Basis = Basis.TEXT
    new: bool = True  # it counts since the tier holds, not from before


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a fall from HIGH depends on beside time."""

    bond_covered: bool  # every bond is at or above what is required
    cooperation: bool  # somebody has recorded it


@dataclass(frozen=True, slots=True)
class Move:
    """What follows: the tier, who decides it, and why nothing moved where something could have."""

    tier: Tier
    rule: str | None  # "T4"; None = nothing moves
    person: bool  # whether it holds only once a person has decided
    people: int = 0  # how many
    reasons: tuple[str, ...] = ()  # of REASONS
    readings: tuple[str, ...] = ()


REASONS = {
    "OPEN_ALERT": "an alert is not judged yet",
    "OBSERVATION_RUNNING": "neither is the observation over, nor was it quiet for long enough",
    "RESTRICTION_RUNNING": "the restriction is not over",
    "NOT_QUIET": "an event was confirmed too recently",
    "BOND_SHORT": "the bond is below what is required",
    "COOPERATION_MISSING": "nobody has recorded that the merchant cooperated",
    "NO_DECISION": "a person has to decide it",
    "APPEAL_ONLY": "EXTREME is left only by an appeal, or where the facts are corrected",
}


def rise(e: Effective, event: Event, at: datetime) -> Move:
    """What a confirmed event does. Never lower than what holds."""
    computed = max(e.tier, event.computed, key=lambda tier: tier.rank)
    match e.tier:
        case Tier.LOW:
            return _from_low(e, event, at)
        case Tier.MEDIUM:
            watched = e.observation_ends is not None and at < e.observation_ends
            if event.new and (watched or _relapsed(e, at)):
                raised = max(computed, Tier.HIGH, key=lambda tier: tier.rank)
                return _by_people(raised, "T4", () if watched else ("R10",))
            return _by_people(computed, "T4") if computed is not e.tier else Move(e.tier, None, person=False)
        case Tier.HIGH:
            over = e.restriction_ends is not None and at >= e.restriction_ends
            if event.new and over:
                return _by_people(Tier.EXTREME, "T7")
            if event.new or computed is Tier.EXTREME:
                return _by_people(computed, "T8", ("R11",))
            return Move(e.tier, None, person=False)
        case Tier.EXTREME:
            return Move(Tier.EXTREME, None, person=False)


def _from_low(e: Effective, event: Event, at: datetime) -> Move:
    if event.computed is Tier.LOW:
        return Move(Tier.LOW, None, person=False)
    if _relapsed(e, at) and event.new:
        return _by_people(max(event.computed, Tier.HIGH, key=lambda tier: tier.rank), "T5", ("R10",))
    if event.computed is Tier.MEDIUM:
        if event.basis is Basis.GAP:
            return _by_people(Tier.MEDIUM, "T1", ("R08",))
        return Move(Tier.MEDIUM, "T1", person=False)
    return _by_people(event.computed, "T2")


def _relapsed(e: Effective, at: datetime) -> bool:
    """R10: within the memory of having become MEDIUM."""
    return e.relapse_ends is not None and at < e.relapse_ends


def _by_people(tier: Tier, rule: str, readings: tuple[str, ...] = ()) -> Move:
    """EXTREME ends a trading account, so it takes two."""
    return Move(tier, rule, person=True, people=2 if tier is Tier.EXTREME else 1, readings=readings)


def fall(e: Effective, at: datetime, open_alerts: int, c: Conditions, approved: bool, numbers: RatingNumbers) -> Move:
    """What time does, where no rise is due. HIGH falls by a person only, and never to LOW in one step."""
    if e.tier is Tier.LOW:
        return Move(Tier.LOW, None, person=False)
    if e.tier is Tier.EXTREME:
        return Move(Tier.EXTREME, None, person=False, reasons=("APPEAL_ONLY",))
    blocked: tuple[str, ...] = ("OPEN_ALERT",) if open_alerts else ()
    if e.tier is Tier.MEDIUM:
        over = (
            e.observation_ends is not None and at >= e.observation_ends,
            e.quiet_medium is not None and at >= e.quiet_medium,
        )
        if not (all(over) if numbers.fall_when == "both" else any(over)):
            blocked += ("OBSERVATION_RUNNING",)
        if blocked:
            return Move(Tier.MEDIUM, None, person=False, reasons=blocked, readings=("R26",) if open_alerts else ())
        return Move(Tier.LOW, "T3", person=False, readings=("R09", "R12"))
    if e.restriction_ends is None or at < e.restriction_ends:
        blocked += ("RESTRICTION_RUNNING",)
    if e.quiet_high is not None and at < e.quiet_high:
        blocked += ("NOT_QUIET",)
    if not c.bond_covered:
        blocked += ("BOND_SHORT",)
    if not c.cooperation:
        blocked += ("COOPERATION_MISSING",)
    if not approved:
        blocked += ("NO_DECISION",)
    if blocked:
        return Move(Tier.HIGH, None, person=True, people=1, reasons=blocked)
    return Move(Tier.MEDIUM, "T6", person=True, people=1, readings=("R12", "R15"))


def reviewable(move: Move) -> bool:
    """Whether a fall from HIGH waits for nothing but a person's word."""
    return move.reasons == ("NO_DECISION",)


def on_appeal(e: Effective, earlier: Tier) -> Move:
    """T9: an upheld appeal, or corrected facts. From HIGH no lower than MEDIUM; EXTREME takes two people."""
    if e.tier is Tier.EXTREME:
        to = min(earlier, Tier.HIGH, key=lambda tier: tier.rank)
        return Move(to, "T9", person=True, people=2, readings=("R14",))
    lowest = Tier.MEDIUM if e.tier is Tier.HIGH else Tier.LOW
    to = min(e.tier, max(earlier, lowest, key=lambda tier: tier.rank), key=lambda tier: tier.rank)
    return Move(to, "T9", person=True, people=1)


def put_apart(holds: Tier, before: Tier) -> Tier:
    """R20 undone: the tier before the other's facts raised it. From HIGH no lower than MEDIUM; EXTREME is for T9."""
    if holds is Tier.EXTREME:
        return holds
    lowest = Tier.MEDIUM if holds is Tier.HIGH else Tier.LOW
    return min(holds, max(before, lowest, key=lambda tier: tier.rank), key=lambda tier: tier.rank)


def heard(e: Effective, at: datetime, numbers: RatingNumbers) -> Effective:
    """A confirmed event starts the quiet time anew."""
    last = at if e.last_event is None else max(at, e.last_event)
    zone = numbers.zone
    return replace(
        e,
        last_event=last,
        quiet_medium=days_after(last, numbers.quiet_days_medium, zone),
        quiet_high=days_after(last, numbers.quiet_days_high, zone),
    )


def moved(
    e: Effective, to: Tier, at: datetime, numbers: RatingNumbers, restriction_days: int | None = None
) -> Effective:
    """The tier from now on, with the timers that start with it."""
    zone = numbers.zone
    if to is e.tier and e.since is not None:
        if restriction_days is None:
            return e
        return replace(e, restriction_ends=days_after(at, restriction_days, zone))
    made = replace(e, tier=to, since=at, observation_ends=None, restriction_starts=None, restriction_ends=None)
    if to is Tier.MEDIUM:
        return replace(
            made,
            medium_since=at,
            observation_ends=days_after(at, numbers.observation_days, zone),
            relapse_ends=months_after(at, numbers.relapse_months, zone),
        )
    if to is Tier.HIGH:
        days = numbers.restriction_days if restriction_days is None else restriction_days
        return replace(made, restriction_starts=at, restriction_ends=days_after(at, days, zone))
    return made
