"""From what the sources saw to one regime per asset: confirmation, dwell, expiry, and what time alone does.

Two kinds of grounds. A *claim* is something seen: a fall, a lost peg, volatility, a run on the wallet; it counts
once two sources with fresh prices saw it, or the only one. A *gap* is something not known: prices are stale,
sources disagree, a price cannot be believed; while it lasts, an asset is at least nervous.

A level is entered at once. It ends when `dwell_minutes` have passed since it began and since the last evidence
that counts, and no source sees it any more; or after `expiry_hours` without such evidence, whatever one source says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tidegate.policy.market.params import Level, Market
from tidegate.policy.market.series import Claims, Witness

TICK = timedelta(microseconds=1)
"""The shortest time there is here."""

REASONS = {
    "depeg": "two sources, or the only one, see it below its peg",
    "fall": "it fell far below the highest price of 24 hours",
    "volatility": "it moves more than its own long run",
    "outflow": "much of the hot wallet has left: a run",
    "price_jump": "a price was too far from the last one to be believed",
    "sources_disagree": "two sources stand at different prices, and stay there",
    "prices_stale": "no source has a fresh price",
    "second_source_missing": "an amount of this size needs two sources, and there is one",
    "no_prices": "neither a source nor the policy has a price",
    "fixed_price": "the policy fixes its price",
    "calm": "nothing is seen",
    "calm_again": "the dwell time after the last evidence is over",
    "expired": "no evidence that counts for the expiry time",
    "easing": "what made it stormy is over; something milder is not",
}
"""Why a regime is what it is; every code that can stand in `reason`."""

_STRONGEST = ("depeg", "fall", "volatility")


@dataclass(frozen=True, slots=True)
class Regime:
    """What a decision asks: how restless an asset is, and what that leaves of a limit."""

    name: str  # "calm", "nervous", "stormy"
    multiplier_percent: int  # of a limit
    reason: str
    since: datetime | None  # None = as long as the policy says so: the price is fixed
    as_of: datetime | None  # newest believed price; None = there is none
    sources: int  # with a fresh price
    review_at: datetime | None  # when time alone will change it, if nothing new comes; None = it will not

    @property
    def level(self) -> Level:
        return Level[self.name.upper()]


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered of an asset between two prices."""

    level: Level
    reason: str
    since: datetime
    clock: datetime  # how far time has been told
    run: Claims  # what outflow against the hot wallet showed


@dataclass(frozen=True, slots=True)
class Change:
    """One change: a row in the journal, and a notice."""

    at: datetime
    before: Level
    after: Level
    reason: str
    review_at: datetime | None


def begin(at: datetime) -> State:
    """An asset of which a first price is known."""
    return State(Level.CALM, "calm", at, at, Claims())


def tell(state: State, witnesses: Sequence[Witness], p: Market) -> tuple[State, Change | None]:
    """The state after news at its clock. News only tightens: what it ends, ends once time has passed.

    So the order in which two sources speak at the same instant does not matter.
    """
    level, reason = _grounds(state, witnesses, state.clock, p)
    return _to(state, level, reason, witnesses, p) if level > state.level else (state, None)


def pass_time(state: State, witnesses: Sequence[Witness], until: datetime, p: Market) -> tuple[State, list[Change]]:
    """What time alone does before `until`: prices become stale, a level ends. In steps, at the moment of each."""
    changes = []
    while state.clock < until:
        state, change = _look(state, witnesses, p)
        if change is not None:
            changes.append(change)
        state = replace(state, clock=min([until, *_moments(state, witnesses, p)]))
    return state, changes


def standing(state: State, witnesses: Sequence[Witness], now: datetime, p: Market) -> Regime:
    """The regime at `now`, also where nothing was heard for long."""
    now = max(now, state.clock)
    state, _ = pass_time(state, witnesses, now + TICK, p)
    level, reason = _grounds(state, witnesses, now, p)
    return Regime(
        state.level.word,
        p.multiplier_percent(state.level),
        reason if level is state.level and reason else state.reason,
        state.since,
        max((w.at for w in witnesses), default=None),
        len(_fresh(witnesses, now, p)),
        _review_at(state, witnesses, p),
    )


def unfed(state: State | None, fixed: bool, now: datetime, p: Market) -> Regime:
    """An asset that no source ever named: calm where the policy fixes its price, nervous where nobody knows one.

    A run on its wallet counts all the same.
    """
    level, reason = (Level.CALM, "fixed_price") if fixed else (Level.NERVOUS, "no_prices")
    run = None if state is None else standing(state, (), now, p)
    if run is not None and run.level > level:
        return run
    return Regime(level.word, p.multiplier_percent(level), reason, None, None, 0, None)


def for_value(regime: Regime, value: int, p: Market) -> Regime:
    """The regime for an amount worth `value` micro-USD: from a size on, one source alone is not believed."""
    if regime.sources == 1 and regime.level is Level.CALM and value >= p.two_sources_from:
        percent = p.multiplier_percent(Level.NERVOUS)
        return replace(regime, name=Level.NERVOUS.word, multiplier_percent=percent, reason="second_source_missing")
    return regime


def outflow(hot_units: int, net_1h_units: int, net_24h_units: int, p: Market) -> tuple[Level, Level]:
    """(level entered, level held) of what left on balance against what was there before it left.

    `hot_units` is what the hot wallet holds now; inflows may make the sums negative. Whole numbers throughout.
    """
    entered = held = Level.CALM
    for level in (Level.NERVOUS, Level.STORMY):
        for net, begins in ((net_1h_units, p.outflow_hour.of(level)), (net_24h_units, p.outflow_day.of(level))):
            before = hot_units + net
            if net > 0 and net * 100 >= before * begins:
                entered = level
            if net > 0 and net * 10_000 >= before * begins * p.exit_percent:
                held = level
    return entered, held


def _look(state: State, witnesses: Sequence[Witness], p: Market) -> tuple[State, Change | None]:
    level, reason = _grounds(state, witnesses, state.clock, p)
    if level > state.level:
        return _to(state, level, reason, witnesses, p)
    if level == state.level or not _over(state, state.level, witnesses, p):
        return state, None
    expired = "expired" if _claimed_now(state.level, witnesses, state.clock, p) else "calm_again"
    if level is Level.NERVOUS or (state.level is Level.STORMY and not _over(state, Level.NERVOUS, witnesses, p)):
        return _to(state, Level.NERVOUS, reason or "easing", witnesses, p)
    return _to(state, Level.CALM, expired, witnesses, p)


def _to(state: State, level: Level, reason: str, witnesses: Sequence[Witness], p: Market) -> tuple[State, Change]:
    after = replace(state, level=level, reason=reason, since=state.clock)
    return after, Change(state.clock, state.level, level, reason, _review_at(after, witnesses, p))


def _grounds(state: State, witnesses: Sequence[Witness], now: datetime, p: Market) -> tuple[Level, str]:
    """The tightest level that something asks for right now, and what; calm and "" where nothing does."""
    fresh = _fresh(witnesses, now, p)
    for level in (Level.STORMY, Level.NERVOUS):
        seen = [w for w in fresh if _recent(w.claims.entered(level), now, p, w.seconds)]
        if len(seen) > 1 or (seen and not _contradicted(seen[0], fresh, now)):
            return level, min((w.why for w in seen), key=_STRONGEST.index)
        if _recent(state.run.entered(level), now, p, 0):
            return level, "outflow"
    gap = _gap(witnesses, fresh, now, p)
    return (Level.NERVOUS, gap) if gap else (Level.CALM, "")


def _gap(witnesses: Sequence[Witness], fresh: Sequence[Witness], now: datetime, p: Market) -> str:
    if any(w.suspect_at is not None and now < w.suspect_at + p.expiry for w in witnesses):
        return "price_jump"
    if witnesses and not fresh:
        return "prices_stale"
    stand = [w.stands_at(now) for w in fresh]
    if fresh and max(stand) - min(stand) > math.log1p(p.disagree_percent / 100):
        return "sources_disagree"
    return ""


def fresh(witnesses: Sequence[Witness], now: datetime, p: Market) -> list[Witness]:
    """The sources whose newest price still counts."""
    return _fresh(witnesses, now, p)


def _fresh(witnesses: Sequence[Witness], now: datetime, p: Market) -> list[Witness]:
    return [w for w in witnesses if now < w.at + p.stale_after(w.seconds)]


def _contradicted(claimant: Witness, fresh: Sequence[Witness], now: datetime) -> bool:
    """Whether anybody else could have seen it too. Who was silent until this very instant could not: otherwise it
    would matter which of two sources that speak at one instant is heard first, since news never loosens."""
    return any(w.back_at < now for w in fresh if w.source != claimant.source)


def _recent(at: datetime | None, now: datetime, p: Market, seconds: int) -> bool:
    return at is not None and now < at + p.confirm_within(seconds)


def _evidence(state: State, level: Level, witnesses: Sequence[Witness], p: Market) -> datetime:
    """When the level was last held by evidence that counts: two fresh sources, the only one, or the wallet."""
    fresh = _fresh(witnesses, state.clock, p)
    held = sorted(at for w in fresh if (at := w.claims.held(level)) is not None)
    needed = min(2, len(fresh))
    counted = held[-needed:][:1] if needed and len(held) >= needed else []
    run = state.run.held(level)
    return max([state.since, *counted, *([run] if run is not None else [])])


def _over(state: State, level: Level, witnesses: Sequence[Witness], p: Market) -> bool:
    quiet = state.clock - _evidence(state, level, witnesses, p)
    return quiet >= p.expiry or (quiet >= p.dwell and not _claimed_now(level, witnesses, state.clock, p))


def _claimed_now(level: Level, witnesses: Sequence[Witness], now: datetime, p: Market) -> bool:
    """Whether a fresh source still sees it in its newest price."""
    return any(w.claims.held(level) == w.at for w in _fresh(witnesses, now, p))


def _moments(state: State, witnesses: Sequence[Witness], p: Market) -> list[datetime]:
    """When time alone may change something, after the clock."""
    moments = [w.at + p.stale_after(w.seconds) for w in witnesses]
    moments += [w.suspect_at + p.expiry for w in witnesses if w.suspect_at is not None]
    for level in (Level.NERVOUS, Level.STORMY):
        seen = [(w.claims.entered(level), w.seconds) for w in witnesses] + [(state.run.entered(level), 0)]
        moments += [at + p.confirm_within(seconds) for at, seconds in seen if at is not None]
        if state.level >= level:
            last = _evidence(state, level, witnesses, p)
            moments += [last + p.dwell, last + p.expiry]
    return [at for at in moments if at > state.clock]


def _review_at(state: State, witnesses: Sequence[Witness], p: Market) -> datetime | None:
    """When a tightened level is looked at again, if nothing new comes."""
    if state.level is Level.CALM:
        return None
    return max(state.clock, _evidence(state, state.level, witnesses, p) + p.dwell)
