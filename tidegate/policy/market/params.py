"""The numbers of the market regime, as policy data. What a pack does not say about the market is `DEFAULTS`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum


class Level(IntEnum):
    """How restless: a greater level is a tighter one."""

    CALM = 0  # limits as written
    NERVOUS = 1  # prices move more than this asset's usual, or nobody knows them
    STORMY = 2  # a crash, a lost peg, a run

    @property
    def word(self) -> str:
        """The level as the journal, the API and the files spell it: "calm"."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Steps:
    """Where nervous and stormy begin, in percent."""

    nervous: int
    stormy: int

    def of(self, level: Level) -> int:
        """Where that level begins; calm begins nowhere."""
        return self.stormy if level is Level.STORMY else self.nervous


@dataclass(frozen=True, slots=True)
class Market:
    """Section `market` of a policy pack."""

    multipliers: Mapping[Level, int] = field(
        default_factory=lambda: {Level.CALM: 100, Level.NERVOUS: 50, Level.STORMY: 25}
    )  # percent of a limit
    floor_percent: int = 25  # no multiplier may be below it
    ewma_percent: int = 94  # what an hour leaves of the estimate before it
    sample_minutes: int = 5  # how often the estimate moves at most
    history_days: int = 180  # the long run: one sample of volatility a day
    quantile_percent: int = 95  # of these samples
    volatility: Steps = Steps(150, 300)  # percent of that quantile
    least_volatility: Steps = Steps(120, 220)  # percent a year; below it no volatility counts as restless
    fall: Steps = Steps(13, 20)  # percent below the highest price of 24 hours
    falls: Mapping[str, Steps] = field(default_factory=dict)  # asset name -> steps of its own
    pegs: Mapping[str, int] = field(default_factory=dict)  # asset name -> 10^-12 USD it should be worth
    depeg: Steps = Steps(1, 5)  # percent below the peg
    exit_percent: int = 80  # a level is held until the measure is below this share of where it begins
    dwell_minutes: int = 360  # how long a level stays after the last evidence for it
    expiry_hours: int = 24  # after so long without evidence that counts, it ends whatever one source says
    confirm_minutes: int = 15  # how far apart two sources may see the same move
    stale_minutes: int = 5  # older prices are no prices
    skew_seconds: int = 5  # how far a source's clock may be ahead of ours
    disagree_percent: int = 3  # lasting difference between two sources
    jump_factor: int = 20  # a price so many times the last one, or that fraction of it, is not believed
    two_sources_from: int = 10_000_000_000  # micro-USD from which one source is not enough
    outflow_hour: Steps = Steps(25, 50)  # percent of the hot wallet that left within the hour
    outflow_day: Steps = Steps(60, 85)  # percent that left within 24 hours

    def multiplier_percent(self, level: Level) -> int:
        """What is left of a limit: a whole percentage from the table, never above 100, never below the floor."""
        return self.multipliers[level]

    def fall_of(self, asset: str) -> Steps:
        """Where a fall begins to count for "ETH@ethereum"."""
        return self.falls.get(asset, self.fall)

    @property
    def dwell(self) -> timedelta:
        return timedelta(minutes=self.dwell_minutes)

    @property
    def expiry(self) -> timedelta:
        return timedelta(hours=self.expiry_hours)

    def confirm_within(self, bar_seconds: int) -> timedelta:
        """How long what a source saw may serve as confirmation: a bar is told only after its end."""
        return timedelta(minutes=self.confirm_minutes, seconds=2 * bar_seconds)

    def stale_after(self, bar_seconds: int) -> timedelta:
        """How old a price may be. A bar is named by its start and the next one comes a bar after its end."""
        return timedelta(minutes=self.stale_minutes, seconds=2 * bar_seconds)


DEFAULTS = Market()
"""What holds where a pack has no section `market`."""
