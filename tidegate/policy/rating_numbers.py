"""The numbers of the merchants' rating, read from the section `rating` of a pack (rating rulebook, section 4)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

from tidegate.policy.reading import Reader

FALLS = ("either", "both")
"""MEDIUM falls when its observation is over or it was quiet for long enough, as the text says; or when both are so."""

_CALENDAR = re.compile(r"[A-Z][A-Z0-9_-]{1,19}")
_WHOLE_USD = 10**9


@dataclass(frozen=True, slots=True)
class RatingNumbers:
    """One version of them."""

    timezone: str = "Asia/Shanghai"  # whose midnights begin and end a month
    calendar: str = "CN"  # whose working days count until publication
    multiple: int = 3  # "several times"
    repeatedly: int = 3  # "again and again": insisted withdrawals and arbitrage together
    mass_counterparties: int = 5  # so many frozen people are a mass freeze,
    mass_least: int = 3  # or so many,
    mass_percent: int = 5  # if they are this share of everybody whom the merchant dealt with
    observation_days: int = 60
    quiet_days_medium: int = 60  # without a confirmed event, before MEDIUM falls
    quiet_days_high: int = 30  # before a person may let HIGH fall
    fall_when: str = "either"  # of FALLS
    relapse_months: int = 3  # after becoming MEDIUM a new event counts double
    restriction_days: int = 30
    restriction_days_least: int = 7
    restriction_days_most: int = 90
    publication_days: int = 10  # working days after the month's end
    check_days: int = 1  # working days in which a merchant can correct facts before HIGH or EXTREME is published
    appeal_days: int = 15
    interim_hours: int = 72
    delay_hours: int = 24  # presets A and B: every withdrawal waits so long
    trade_limit_usd: int = 10_000  # preset B
    withdrawal_limit_usd: int = 10_000  # preset B, in 24 hours

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


DEFAULTS = RatingNumbers()
"""The rulebook's numbers: for a pack from before the rating, and for evaluating cases that name none."""

_COUNTS = {
    "multiple": (1, 1000),
    "repeatedly": (1, 1000),
    "mass_counterparties": (1, 100_000),
    "mass_least": (1, 100_000),
    "mass_percent": (1, 100),
    "observation_days": (1, 366),
    "quiet_days_medium": (1, 366),
    "quiet_days_high": (1, 366),
    "relapse_months": (1, 24),
    "restriction_days": (1, 366),
    "restriction_days_least": (1, 366),
    "restriction_days_most": (1, 366),
    "publication_days": (1, 30),
    "check_days": (1, 30),
    "appeal_days": (1, 366),
    "interim_hours": (1, 24 * 30),
    "delay_hours": (1, 24 * 30),
    "trade_limit_usd": (1, _WHOLE_USD),
    "withdrawal_limit_usd": (1, _WHOLE_USD),
}
NAMES = ("timezone", "calendar", "fall_when", *_COUNTS)


def read(reader: Reader, value: object, path: str = "rating") -> RatingNumbers:
    """The section `rating` of a pack; faults go to the reader."""
    top = reader.section(path, value, *NAMES)
    return _numbers(reader, path, top)


def read_over(reader: Reader, base: RatingNumbers, value: object, path: str) -> RatingNumbers:
    """The same numbers but for those that are said: what one case or one question would change."""
    said = reader.section(path, value, optional=NAMES)
    whole = {name: said.get(name, getattr(base, name)) for name in NAMES}
    return _numbers(reader, path, whole)


def _numbers(reader: Reader, path: str, top: dict[str, object]) -> RatingNumbers:
    counts = {name: reader.whole(f"{path}.{name}", top[name], *span) for name, span in _COUNTS.items()}
    made = RatingNumbers(
        timezone=_zone(reader, f"{path}.timezone", top["timezone"], available_timezones()),
        calendar=reader.name(f"{path}.calendar", top["calendar"], _CALENDAR, "a calendar's name, like CN"),
        fall_when=reader.choice(f"{path}.fall_when", top["fall_when"], FALLS),
        **counts,
    )
    if not made.restriction_days_least <= made.restriction_days <= made.restriction_days_most:
        reader.fault(f"{path}.restriction_days", "must lie between restriction_days_least and restriction_days_most")
    if made.mass_least > made.mass_counterparties:
        reader.fault(f"{path}.mass_least", "must not be more than mass_counterparties: it would never count")
    return made


def _zone(reader: Reader, path: str, value: object, known: Collection[str]) -> str:
    if isinstance(value, str) and value in known:
        return value
    if not reader.absent(value):
        reader.fault(path, f"is {value!r}; it must be a time zone like 'Asia/Shanghai'"[:200])
    return "UTC"
