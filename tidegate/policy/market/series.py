"""One source's prices of one asset: which ticks are believed, and what is measured on them.

The statistics are floats, because volatility is an estimate; prices stay whole (10^-12 USD), and what comes out
is a level. The same ticks give the same series, however they were cut into batches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import dropwhile

from tidegate.base.times import rfc3339
from tidegate.policy.market.params import Level, Market

DAY = timedelta(hours=24)
_HOURS_A_YEAR = 24 * 365.25
_PARKINSON = 4 * math.log(2)
_SLOT = 900  # seconds: highs of 24 hours are kept per quarter of an hour
_SLOW_SECONDS = 1800  # a price must stand about this long before it counts as where the source stands
_LONG_RUN_DAYS = 30  # fewer samples are no long run


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices in 10^-12 USD over `seconds` from `at` on; a tick is a bar of no length with one price."""

    at: datetime
    seconds: int
    open: int
    high: int
    low: int
    close: int
    volume: int | None = None  # 10^-12 coins; None = not said

    @classmethod
    def tick(cls, at: datetime, price: int) -> Bar:
        return cls(at, 0, price, price, price, price)

    @property
    def prices(self) -> tuple[int, int, int, int]:
        return self.open, self.high, self.low, self.close


@dataclass(frozen=True, slots=True)
class Claims:
    """When a level was last seen. None = never.

    Entered: beyond where the level begins. Held: beyond the lower mark down to which it is kept (hysteresis).
    """

    nervous_entered: datetime | None = None
    stormy_entered: datetime | None = None
    nervous_held: datetime | None = None
    stormy_held: datetime | None = None

    def entered(self, level: Level) -> datetime | None:
        return self.stormy_entered if level is Level.STORMY else self.nervous_entered

    def held(self, level: Level) -> datetime | None:
        return self.stormy_held if level is Level.STORMY else self.nervous_held

    def seen(self, at: datetime, entered: Level, held: Level) -> Claims:
        """The claims after a look at `at`. Whoever sees a storm also sees what makes nervous."""
        return Claims(
            at if entered >= Level.NERVOUS else self.nervous_entered,
            at if entered >= Level.STORMY else self.stormy_entered,
            at if held >= Level.NERVOUS else self.nervous_held,
            at if held >= Level.STORMY else self.stormy_held,
        )


@dataclass(frozen=True, slots=True)
class Witness:
    """What one source last said, as far as the regime needs it."""

    source: str
    at: datetime  # of its newest believed price
    seconds: int
    close: int
    slow: float  # log of the price it stands at, before `close`
    claims: Claims
    why: str  # what its newest claim was made on: "fall"; "" = it never made one
    suspect_at: datetime | None  # newest price that was not believed, where none was believed since
    back_at: datetime  # since when its prices have come without a gap: the first one, or the one that ended a silence

    def stands_at(self, now: datetime) -> float:
        """Log of the price it stands at by now: a wick of a minute hardly moves it, a lasting move does."""
        return _drift(self.slow, math.log(self.close), (now - self.at).total_seconds())


@dataclass(frozen=True, slots=True)
class Series(Witness):
    """A source's statistics: everything that the next bar needs."""

    mark_at: datetime  # when the averages last moved, and the price then
    mark: int
    span_at: datetime | None  # first bar since then; None = none yet
    span_high: int  # over the bars since then; 0 where there are none
    span_low: int
    returns: float  # EWMA of squared log returns, per hour
    ranges: float  # EWMA of Parkinson's range estimate, per hour
    samples: tuple[float, ...]  # the greater of both at the end of each day, newest last
    highs_at: tuple[datetime, ...]  # quarter hours of the last 24 hours with a high that no later one reached
    highs: tuple[int, ...]  # these highs, falling

    @property
    def variance(self) -> float:
        """Per hour: the estimate that sees more. Closes hide what happened inside a bar; ranges hide gaps."""
        return max(self.returns, self.ranges)


@dataclass(frozen=True, slots=True)
class RefusedPrice:
    """A price that was not believed: a stable code and what was wrong with it."""

    code: str
    message: str


def fault(series: Series | None, bar: Bar, reference: int | None, p: Market) -> RefusedPrice | None:
    """Why a bar is not believed; None where it is. `reference` stands in for a source's first price (None = none).

    Codes: `price_not_positive`, `bar_impossible`, `price_backwards`, `price_changed`, `price_jump`.
    """
    if min(bar.prices) <= 0:
        return RefusedPrice("price_not_positive", "A price must be more than 0")
    if not bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
        return RefusedPrice("bar_impossible", "Open and close must lie between low and high")
    if series is not None and bar.at < series.at:
        return RefusedPrice(
            "price_backwards", f"{rfc3339(bar.at)} is before this source's newest price, {rfc3339(series.at)}"
        )
    if series is not None and bar.at == series.at:
        return RefusedPrice("price_changed", f"This source gave another price for {rfc3339(bar.at)} already")
    last = reference if series is None else series.close
    if last is not None and (max(bar.prices) > last * p.jump_factor or min(bar.prices) * p.jump_factor < last):
        return RefusedPrice(
            "price_jump",
            f"More than {p.jump_factor} times away from the last price: a unit error or another coin, "
            "until a person says otherwise",
        )
    return None


def early(bar: Bar, now: datetime, p: Market) -> RefusedPrice | None:
    """A price from the future, or a bar that has not ended, is not believed (`price_from_future`)."""
    end = bar.at + timedelta(seconds=bar.seconds)
    if end > now + timedelta(seconds=p.skew_seconds):
        return RefusedPrice("price_from_future", f"{rfc3339(end)} is later than our {rfc3339(now)}; check the clock")
    return None


def follow(series: Series | None, source: str, bar: Bar, asset: str, p: Market) -> Series:
    """The series after one more believed bar of "ETH@ethereum"."""
    if series is None:
        series = _begin(source, bar)
        top, back_at = bar.open, bar.at
    else:
        back_at = series.back_at if bar.at < series.at + p.stale_after(series.seconds) else bar.at
        series = _estimate(series, bar, p)
        top = max((*_within_a_day(series, bar.at)[1][:1], bar.open))
    entered, held, why = _levels(series, bar, top, asset, p)
    highs_at, highs = _with_high(series, bar)
    return replace(
        series,
        at=bar.at,
        seconds=bar.seconds,
        close=bar.close,
        claims=series.claims.seen(bar.at, entered, held),
        why=why or series.why,
        suspect_at=None,
        back_at=back_at,
        highs_at=highs_at,
        highs=highs,
    )


def suspect(series: Series, at: datetime) -> Series:
    """The series after a price that was not believed as a market move."""
    return replace(series, suspect_at=max(at, series.suspect_at or at))


def long_run(samples: Sequence[float], quantile_percent: int) -> float:
    """The quantile of a source's own history by nearest rank; 0 while that history is short."""
    if len(samples) < _LONG_RUN_DAYS:
        return 0.0
    return sorted(samples)[-(-len(samples) * quantile_percent // 100) - 1]


def _begin(source: str, bar: Bar) -> Series:
    start = math.log(bar.open)
    return Series(
        source, bar.at, bar.seconds, bar.close, start, Claims(), "", None, bar.at,
        bar.at, bar.close, None, 0, 0, 0.0, 0.0, (), (), (),
    )  # fmt: skip


def _estimate(series: Series, bar: Bar, p: Market) -> Series:
    """One step of both averages, or a bar more to wait for it.

    Their memory is in hours, not bars, so that any spacing gives the same weight. They move at most every
    `sample_minutes`: prices of every second mostly show the distance between bid and ask.
    """
    span_at = series.span_at or bar.at
    high, low = max(series.span_high, bar.high), min(series.span_low or bar.low, bar.low)
    samples = series.samples
    if bar.at.date() > series.at.date():
        samples = (*samples, series.variance)[-p.history_days :]
    series = replace(
        series, slow=series.stands_at(bar.at), samples=samples, span_at=span_at, span_high=high, span_low=low
    )
    passed = (bar.at - series.mark_at).total_seconds()
    if passed < p.sample_minutes * 60:
        return series
    keep = (p.ewma_percent / 100) ** (passed / 3600)
    length = (bar.at - span_at).total_seconds() + bar.seconds or passed
    returned = math.log(bar.close / series.mark) ** 2 * 3600 / passed
    ranged = math.log(high / low) ** 2 / _PARKINSON * 3600 / length
    return replace(
        series,
        mark_at=bar.at,
        mark=bar.close,
        span_at=None,
        span_high=0,
        span_low=0,
        returns=keep * series.returns + (1 - keep) * returned,
        ranges=keep * series.ranges + (1 - keep) * ranged,
    )


def _levels(series: Series, bar: Bar, top: int, asset: str, p: Market) -> tuple[Level, Level, str]:
    """(level entered, level held, what the tightest was made on). The low counts: a close can hide a crash."""
    volatility = 100 * math.sqrt(series.variance * _HOURS_A_YEAR)
    usual = 100 * math.sqrt(long_run(series.samples, p.quantile_percent) * _HOURS_A_YEAR)
    peg = p.pegs.get(asset)
    entered, held, why = Level.CALM, Level.CALM, ""
    for level in (Level.NERVOUS, Level.STORMY):
        restless = max(p.least_volatility.of(level), p.volatility.of(level) / 100 * usual)
        measures = (  # what, the part of how much, from how many percent on; prices are compared exactly
            ("depeg", 0 if peg is None else peg - bar.low, peg or 1, p.depeg.of(level)),
            ("fall", top - bar.low, top, p.fall_of(asset).of(level)),
            ("volatility", volatility, 100, restless),
        )
        reasons = [what for what, part, whole, begins in measures if part * 100 >= whole * begins]
        if reasons:
            entered, why = level, reasons[0]
        if any(part * 10_000 >= whole * begins * p.exit_percent for _, part, whole, begins in measures):
            held = level
    return entered, held, why


def _within_a_day(series: Series, at: datetime) -> tuple[tuple[datetime, ...], tuple[int, ...]]:
    kept = tuple(dropwhile(lambda pair: pair[0] < at - DAY, zip(series.highs_at, series.highs, strict=True)))
    return tuple(slot for slot, _ in kept), tuple(high for _, high in kept)


def _with_high(series: Series, bar: Bar) -> tuple[tuple[datetime, ...], tuple[int, ...]]:
    """The highs with one more: those that the new one reaches can never be the highest again."""
    slots, highs = _within_a_day(series, bar.at)
    count = next((n for n, high in enumerate(highs) if high <= bar.high), len(highs))
    slots, highs = slots[:count], highs[:count]
    slot = bar.at - timedelta(seconds=bar.at.timestamp() % _SLOT)
    if slots[-1:] == (slot,):  # that quarter of an hour has a higher one already
        return slots, highs
    return (*slots, slot), (*highs, bar.high)


def _drift(slow: float, price: float, seconds: float) -> float:
    return price + (slow - price) * math.exp(-seconds / _SLOW_SECONDS)
