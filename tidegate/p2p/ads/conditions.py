"""Whom a merchant trades with: conditions on takers, in versions, kept with each order (rulebook section 8).

An ad to sell with none is what clause 5.3c speaks of. What is not known of a taker meets no condition about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tidegate.base.refusals import Conflict, Malformed
from tidegate.parties.party import check_country


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an ad asks of its takers. None or empty = it does not ask."""

    level: int | None = None  # identity level, at least
    account_days: int | None = None  # since registration, at least
    orders: int | None = None  # completed before, at least
    completion_percent: int | None = None  # of the taker's orders that ended, at least
    countries: tuple[str, ...] = ()  # of the taker: one of these

    @property
    def any(self) -> bool:
        """Whether the ad asks anything."""
        return self != Conditions()

    def body(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return {**asdict(self), "countries": list(self.countries)}


@dataclass(frozen=True, slots=True)
class Taker:
    """What is known of whoever takes an ad, at that moment."""

    party_id: str
    level: int | None
    country: str
    since: datetime  # registered
    completed: int  # orders completed before
    ended: int  # orders that ended before, for whatever reason


def of_body(body: dict[str, Any]) -> Conditions:
    return Conditions(**{**body, "countries": tuple(body["countries"])})


def check(conditions: Conditions) -> None:
    """Raises Malformed naming the field of a condition that nobody or everybody meets."""
    for field, value, least, most in (
        ("level", conditions.level, 1, 3),
        ("account_days", conditions.account_days, 1, 3650),
        ("orders", conditions.orders, 1, 1_000_000),
        ("completion_percent", conditions.completion_percent, 1, 100),
    ):
        if value is not None and not least <= value <= most:
            raise Malformed(
                "condition_invalid",
                f"conditions.{field} is {value}; it must be from {least} to {most}, or be left out.",
                field=f"conditions.{field}",
            )
    if len(set(conditions.countries)) != len(conditions.countries):
        raise Malformed("condition_invalid", "A country is named twice.", field="conditions.countries")
    for country in conditions.countries:
        check_country(country)


def unmet(conditions: Conditions, taker: Taker, now: datetime) -> Iterator[str]:
    """The conditions that a taker does not meet, by name."""
    c = conditions
    if c.level is not None and (taker.level is None or taker.level < c.level):
        yield "level"
    if c.account_days is not None and (now - taker.since).days < c.account_days:
        yield "account_days"
    if c.orders is not None and taker.completed < c.orders:
        yield "orders"
    if c.completion_percent is not None and (
        taker.ended == 0 or taker.completed * 100 < c.completion_percent * taker.ended
    ):
        yield "completion_percent"
    if c.countries and taker.country not in c.countries:
        yield "countries"


def check_taker(conditions: Conditions, taker: Taker, now: datetime) -> None:
    """Raises Conflict `conditions_unmet` naming every one that is not met."""
    missing = list(unmet(conditions, taker, now))
    if missing:
        raise Conflict("conditions_unmet", f"This ad asks for more: {', '.join(missing)}.", field="taker")
