"""What the form of a standing withdrawal says: when it is due, how much it takes, and where to."""

from __future__ import annotations

from tidegate.base.refusals import Malformed
from tidegate.console.portal.visit import Visit
from tidegate.withdrawals.standing.calendar import Schedule
from tidegate.withdrawals.standing.wanted import Wanted

TRIGGERS = ("schedule", "threshold", "price")
AMOUNTS = ("fixed", "all", "percent")
SIDES = ("at_or_above", "below")
FIELDS = (
    *("asset", "address_id", "trigger", "every", "weekday", "day", "at", "zone", "balance", "side", "price"),
    *("take", "amount", "percent", "keep_back", "least", "most", "ceiling"),
)


def read(visit: Visit) -> Wanted:
    """The request; of the ways to say when and how much, only the fields of the chosen one count. Raises Malformed."""
    trigger, take = _one_of(visit, "trigger", TRIGGERS), _one_of(visit, "take", AMOUNTS)
    by_price = trigger == "price"
    return Wanted(
        schedule=_schedule(visit) if trigger == "schedule" else None,
        balance=_typed(visit, "balance") if trigger == "threshold" else None,
        price=_typed(visit, "price") if by_price else None,
        when=_one_of(visit, "side", SIDES) if by_price else None,
        amount=_typed(visit, "amount") if take == "fixed" else None,
        percent=_typed(visit, "percent") if take == "percent" else None,
        keep_back=_typed(visit, "keep_back") or "0",
        least=_typed(visit, "least") or "0",
        most=_typed(visit, "most") or None,
        fee_ceiling=_typed(visit, "ceiling") or None,
        address_ids=(visit.given("address_id"),),
    )


def _schedule(visit: Visit) -> Schedule:
    every = visit.given("every")
    weekday = _day(visit, "weekday") if every == "week" else None
    return Schedule(
        every, _typed(visit, "at"), _typed(visit, "zone"), weekday, _day(visit, "day") if every == "month" else None
    )


def _typed(visit: Visit, field: str) -> str:
    return visit.given(field).strip()


def _one_of(visit: Visit, field: str, known: tuple[str, ...]) -> str:
    """A choice of the form. Raises Malformed `<field>_unknown`."""
    chosen = visit.given(field)
    if chosen not in known:
        raise Malformed(f"{field}_unknown", f"{chosen[:20]!r} is none of {', '.join(known)}.", field=field)
    return chosen


def _day(visit: Visit, field: str) -> int | None:
    """A day that was typed; None = the field is empty. Raises Malformed `number_invalid`."""
    text = _typed(visit, field)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise Malformed("number_invalid", f"{text[:20]!r} is no day.", field=field)
    return int(text)
