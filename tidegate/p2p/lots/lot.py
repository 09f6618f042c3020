"""Retention lots: coins that were bought from another customer stay for N hours, and so does what they became.

A lot binds value, not pieces: whoever swaps the coins for others still keeps as much behind as the open lots are
worth. What a party sells again to customers ends its lots as far as the sale goes, the ones that mature first, so that
what stays bound stays bound longest; the buyer gets a lot of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tidegate.policy.pricing import PRICE_DECIMALS


@dataclass(frozen=True, slots=True)
class Lot:
    """Coins of one purchase. Open until `matures_at`; `left_units` is what was not sold since."""

    id: str  # "lot_…"
    party_id: str
    asset_id: int
    order_id: str
    units: int
    left_units: int
    bought_at: datetime
    matures_at: datetime
    status: str  # "open", "matured", "sold"

    def binds(self, now: datetime) -> bool:
        """Whether it keeps anything behind. Time decides, not the status: that is written a little later."""
        return self.left_units > 0 and now < self.matures_at


@dataclass(frozen=True, slots=True)
class Worth:
    """What one coin of an asset is worth: 10^-12 USD; None = nobody knows just now."""

    decimals: int
    price: int | None


@dataclass(frozen=True, slots=True)
class Retained:
    """A party's open lots, and what it owns to cover them: {asset: units}, without what is on its way out."""

    lots: Sequence[Lot]
    covers: Mapping[int, int]
    worth: Mapping[int, Worth]

    def moved(self, asset_id: int, units: int) -> Retained:
        """With `units` more of an asset; fewer where it is negative."""
        return replace(self, covers={**self.covers, asset_id: self.covers.get(asset_id, 0) + units})

    def free_units(self, asset_id: int, now: datetime) -> int:
        """How much of an asset may leave: what the open lots leave of it. 0 where a price that is needed is missing."""
        bound: dict[int, int] = {}
        for lot in self.lots:
            if lot.binds(now):
                bound[lot.asset_id] = bound.get(lot.asset_id, 0) + lot.left_units
        spare = {a: self.covers.get(a, 0) - bound.get(a, 0) for a in {*self.covers, *bound, asset_id}}
        own = max(0, spare[asset_id])
        short = {a: -units for a, units in spare.items() if units < 0}
        if not short or own == 0:
            return own
        need = self._need(short, {a: units for a, units in spare.items() if units > 0 and a != asset_id})
        if need == 0:
            return own
        worth = self.worth.get(asset_id)
        if need is None or worth is None or not worth.price:
            return 0
        return max(0, own - -(-need * _coin(worth) // (worth.price * _SCALE)))

    def _need(self, short: Mapping[int, int], spare: Mapping[int, int]) -> int | None:
        """What other assets leave uncovered, in value; None where nobody knows what is missing is worth.

        Rounded against the party: what is missing up, what covers it down, and what has no price covers nothing.
        """
        missing: int = 0
        for asset_id, units in short.items():
            worth = self.worth.get(asset_id)
            if worth is None or worth.price is None:
                return None
            missing += -(-units * worth.price * _SCALE // _coin(worth))
        for asset_id, units in spare.items():
            worth = self.worth.get(asset_id)
            if worth is not None and worth.price is not None:
                missing -= units * worth.price * _SCALE // _coin(worth)
        return max(0, missing)

    def free_at(self, asset_id: int, units: int, now: datetime) -> datetime | None:
        """When so much may leave; None = it may now. At the latest when the last lot matures."""
        if self.free_units(asset_id, now) >= units:
            return None
        ends = sorted({lot.matures_at for lot in self.lots if lot.binds(now)})
        return next((end for end in ends if self.free_units(asset_id, end) >= units), ends[-1] if ends else None)


_SCALE: int = 10**PRICE_DECIMALS
"""So fine is a value here that a rounding of it is worth nothing to anybody."""


def _coin(worth: Worth) -> int:
    units: int = 10**worth.decimals
    return units


def netted(lots: Iterable[Lot], units: int, now: datetime) -> list[Lot]:
    """The open lots that a sale of `units` ends or shrinks, as they are after it; first to mature, first."""
    changed = []
    for lot in sorted((lot for lot in lots if lot.binds(now)), key=lambda lot: (lot.matures_at, lot.id)):
        if units == 0:
            break
        sold = min(units, lot.left_units)
        units -= sold
        left = lot.left_units - sold
        changed.append(replace(lot, left_units=left, status="open" if left else "sold"))
    return changed
