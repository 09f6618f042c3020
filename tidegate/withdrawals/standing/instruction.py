"""A standing withdrawal as it stands: whether a run is due, how much it takes, where to, or why it is skipped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tidegate.base.refusals import Conflict
from tidegate.base.times import hours
from tidegate.policy.standing_numbers import StandingNumbers
from tidegate.withdrawals.standing.calendar import Schedule, next_due
from tidegate.withdrawals.standing.terms import WHOLE, Ceiling, Crossing, Terms, Threshold, fights

SECURITY_EVENTS = ("password_changed", "mfa_changed", "email_changed", "phone_changed")
"""What pauses every instruction of a customer, beside a restriction that blocks withdrawals."""

SKIPS_THAT_NOTIFY = 3


class Status(StrEnum):
    """Where an instruction stands."""

    AWAITING_CONFIRMATION = "awaiting_confirmation"  # nobody has entered a code for it yet
    ACTIVE = "active"
    PAUSED = "paused"  # it keeps its settings; only a code makes it active again
    DELETED = "deleted"  # its settings are wiped


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction as stored."""

    id: str  # "stw_…"
    party_id: str
    asset_id: int
    created_by: str
    status: Status
    reason: str | None  # why it is paused or deleted
    version: int  # of the terms in force; 0 = none yet
    draft: int | None  # of the terms that wait for a code
    draft_until: datetime | None
    tries: int
    approved_at: datetime | None  # since when the destination in force is the customer's word
    alarms: int  # security events that their last code knew of
    due_at: datetime | None
    next_at: datetime | None
    waiting_for: str | None
    wait_until: datetime | None
    armed: bool
    blind: bool
    runs: int
    last_at: datetime | None
    place: int
    skips: int
    failures: int
    created_at: datetime
    changed_at: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", Status(self.status))


@dataclass(frozen=True, slots=True)
class Run:
    """One line of an instruction's record: a withdrawal, or why there is none."""

    standing_id: str
    number: int
    due_at: datetime
    at: datetime
    version: int
    reason: str | None
    detail: str
    withdrawal_id: str | None
    address: str | None
    address_index: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at an instruction saw, gathered under the customer's lock."""

    available: int  # settled and free, units
    fee_units: int
    price: int | None  # 10^-12 USD per coin, on the side that is further from firing; None = no fresh one


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is due; look again later."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A run is due and may begin later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """A run is due and cannot be made. `due` None: nothing crossed; what is said is that nobody can see."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Go:
    """A run is due, and takes so much."""

    units: int
    ceiling_units: int


Due = Idle | Wait | Skip | Go


def look(i: Instruction, t: Terms, seen: Seen, numbers: StandingNumbers, now: datetime) -> Due:
    """What is to be done now. `seen` is from under the lock, so that two workers cannot both find it due."""
    fired = i.due_at is not None and i.due_at <= now
    if isinstance(t.trigger, Crossing) and not fired:
        if seen.price is None:
            return Idle() if i.blind else Skip("no_price")
        fired = i.armed and crossed(t.trigger, seen.price)
    if isinstance(t.trigger, Threshold):
        if seen.available < t.trigger.units:
            return Idle()  # also where a run waited: what it waited with has gone another way
        rested = i.last_at is None or now >= i.last_at + hours(numbers.again_hours)
        fired = fired or i.armed or rested
    return take(t, seen) if fired else Idle()


def take(t: Terms, seen: Seen) -> Wait | Skip | Go:
    """How much a run takes: settled funds above the keep-back, never more than the terms say."""
    room = seen.available - t.keep_units
    if t.amount.kind == "fixed":
        if t.bound > room:
            return Skip("not_enough", f"{t.bound} units wanted, {room} above the keep-back of {t.keep_units}")
        units = t.bound
    else:
        part = seen.available if t.amount.kind == "all" else seen.available * t.amount.share // WHOLE
        units = min(part, room, t.bound)
    if units <= seen.fee_units or units < t.least_units:
        floor = max(seen.fee_units + 1, t.least_units)
        return Skip("not_enough", f"{max(units, 0)} units could go, at least {floor} must")
    most = ceiling_units(t.ceiling, units)
    if seen.fee_units > most:
        return Wait("fee_above_ceiling")
    return Go(units, most)


def ceiling_units(ceiling: Ceiling, units: int) -> int:
    """The most that the fee of a run of so much may be, in whole units."""
    if ceiling.units is not None:
        return ceiling.units
    assert ceiling.share is not None
    return units * ceiling.share // WHOLE


def crossed(trigger: Crossing, price: int) -> bool:
    """Whether the price stands on the side that was waited for."""
    return price >= trigger.price if trigger.when == "at_or_above" else price < trigger.price


def most_doubtful(trigger: Crossing, prices: Collection[int]) -> int | None:
    """Of several sources' prices the one that speaks most against a crossing: one source alone fires nothing."""
    if not prices:
        return None
    return min(prices) if trigger.when == "at_or_above" else max(prices)


def begun(i: Instruction, t: Terms, now: datetime) -> Instruction:
    """Active from now on: what is due next, and nothing of what was due while it was not."""
    due = next_due(t.trigger, now) if isinstance(t.trigger, Schedule) else None
    return replace(
        i,
        status=Status.ACTIVE,
        reason=None,
        due_at=due,
        next_at=due or now,
        waiting_for=None,
        wait_until=None,
        skips=0,
        failures=0,
        changed_at=now,
    )


def stopped(i: Instruction, status: Status, reason: str, now: datetime) -> Instruction:
    """Paused or deleted: nobody looks at it any more. What falls due meanwhile is still to be accounted for."""
    return replace(
        i,
        status=status,
        reason=reason,
        next_at=None,
        waiting_for=None,
        wait_until=None,
        changed_at=now,
    )


def idled(i: Instruction, t: Terms, seen: Seen, numbers: StandingNumbers, now: datetime) -> Instruction:
    """After a look that found nothing to do. On the far side of a threshold or price the next crossing counts."""
    away = (isinstance(t.trigger, Threshold) and seen.available < t.trigger.units) or (
        isinstance(t.trigger, Crossing) and seen.price is not None and not crossed(t.trigger, seen.price)
    )
    later = now + timedelta(seconds=numbers.look_seconds)
    still = i.due_at if isinstance(t.trigger, Schedule) else None
    return replace(
        i,
        next_at=still if still is not None and still > now else later,
        due_at=still,
        armed=i.armed or away,
        blind=i.blind and seen.price is None,
        waiting_for=None,
        wait_until=None,
        failures=0,
    )


def waits(i: Instruction, t: Terms, reason: str, numbers: StandingNumbers, now: datetime) -> Instruction | None:
    """A due run that has to wait, until the next one is due; None = it has waited long enough."""
    due = i.due_at or now
    until = i.wait_until or (
        next_due(t.trigger, now) if isinstance(t.trigger, Schedule) else now + hours(numbers.again_hours)
    )
    if now >= until:
        return None
    later = min(until, now + timedelta(seconds=numbers.look_seconds))
    return replace(i, due_at=due, next_at=later, waiting_for=reason, wait_until=until, failures=0)


def ran(
    i: Instruction, t: Terms, numbers: StandingNumbers, now: datetime, *, made: bool, moved_on: bool, own: bool
) -> Instruction:
    """After a run. `made` = a withdrawal stands; `moved_on` = the next address is another one; `own` = it needed no
    code. One that was skipped or needs a code rests, so that the same balance does not ask every minute."""
    if isinstance(t.trigger, Schedule):
        due: datetime | None = next_due(t.trigger, now)
        next_at = due
    else:
        due = None
        rest = hours(numbers.again_hours) if not own else timedelta(seconds=numbers.look_seconds)
        next_at = now + (timedelta(seconds=numbers.look_seconds) if isinstance(t.trigger, Crossing) else rest)
    turn = (i.place + 1) if t.xpub is not None else (i.place + 1) % len(t.places)
    return replace(
        i,
        due_at=due,
        next_at=next_at,
        waiting_for=None,
        wait_until=None,
        # A balance that is still there after a skip is tried again once it has rested; a price was crossed once.
        armed=isinstance(t.trigger, Threshold) and not own,
        runs=i.runs + 1,
        last_at=now,
        place=turn if moved_on else i.place,
        skips=0 if made else i.skips + 1,
        failures=0,
    )


def went_blind(i: Instruction, numbers: StandingNumbers, now: datetime) -> Instruction:
    """No price is known: one line says so, and the crossing that nobody saw is still waited for."""
    return replace(
        i,
        next_at=now + timedelta(seconds=numbers.look_seconds),
        blind=True,
        runs=i.runs + 1,
        skips=i.skips + 1,
        failures=0,
    )


def check_room(t: Terms, others: Sequence[Terms], numbers: StandingNumbers) -> None:
    """Raises Conflict: `standing_too_many`, `standing_asset_taken`, `standing_would_fight`."""
    if len(others) >= numbers.most:
        raise Conflict("standing_too_many", f"This customer has {len(others)} standing withdrawals, and no more fit.")
    if sum(o.asset == t.asset for o in others) >= numbers.per_asset:
        raise Conflict(
            "standing_asset_taken", f"{t.asset} has its standing withdrawal already; edit or delete that one first."
        )
    check_fight(t, others)


def check_fight(t: Terms, others: Sequence[Terms]) -> None:
    """Raises Conflict `standing_would_fight`."""
    if any(fights(t, o) for o in others):
        raise Conflict(
            "standing_would_fight",
            f"Two standing withdrawals would fight over one balance of {t.asset}; beside each other only fixed "
            "amounts by schedule or price without keep-back can stand.",
        )
