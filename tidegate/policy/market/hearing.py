"""One more price: is it believed, and what becomes of its source and of the asset's regime?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.policy.market.params import Market
from tidegate.policy.market.regime import Change, State, pass_time, tell
from tidegate.policy.market.series import Bar, RefusedPrice, Series, fault, follow, suspect


@dataclass(frozen=True, slots=True)
class Heard:
    """After one price. `series` None = its source is still unknown: its first price was not believed."""

    state: State
    series: Series | None
    changes: list[Change]
    refused: RefusedPrice | None


def hear(
    state: State, known: Mapping[str, Series], source: str, bar: Bar, fixed: int | None, asset: str, p: Market
) -> Heard:
    """Let time pass up to the price, judge it, follow it, and tell the regime. `known` is every source by name.

    A source's first price is compared with what the other sources say, or with the policy's `fixed` price: a unit
    error is most likely at the beginning. A price that is too far away leaves its source suspect.
    """
    state, changes = pass_time(state, list(known.values()), max(state.clock, bar.at), p)
    series = known.get(source)
    refused = fault(series, bar, _reference(known, fixed), p)
    if refused is None:
        series = follow(series, source, bar, asset, p)
    elif series is not None and refused.code == "price_jump":
        series = suspect(series, bar.at)
    if series is None:
        return Heard(state, None, changes, refused)
    state, change = tell(state, list({**known, source: series}.values()), p)
    return Heard(state, series, [*changes, change] if change else changes, refused)


def believe(state: State, known: Mapping[str, Series], source: str, bar: Bar, asset: str, p: Market) -> Heard:
    """A price that a person vouches for: its source begins anew there, whatever anybody said before."""
    state, changes = pass_time(state, list(known.values()), max(state.clock, bar.at), p)
    series = follow(None, source, bar, asset, p)
    state, change = tell(state, list({**known, source: series}.values()), p)
    return Heard(state, series, [*changes, change] if change else changes, None)


def _reference(known: Mapping[str, Series], fixed: int | None) -> int | None:
    """The newest price of anybody else; by name where two are equally new."""
    if not known:
        return fixed
    return max(known.values(), key=lambda series: (series.at, series.source)).close
