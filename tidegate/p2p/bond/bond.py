"""What a bond is and how it moves: required, locked, owed (rulebook section 7).

Amounts are whole units of the asset; the arithmetic is exact for decimals too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from tidegate.base.money import Asset, to_text
from tidegate.base.refusals import Conflict, Malformed
from tidegate.base.times import rfc3339

N = TypeVar("N", int, Decimal)


class Kind(StrEnum):
    """What moves a bond."""

    LOCK = "lock"  # the merchant locks units of their balance
    TOP_UP = "top_up"  # pays what is owed first, then locks
    DEDUCT = "deduct"  # a decision takes units
    COMPENSATE = "compensate"  # a decision gives units to somebody whose account was frozen
    RELEASE = "release"  # back to the merchant's balance
    REFUND = "refund"  # a decision was wrong: what it took goes back


TAKING = frozenset({Kind.DEDUCT, Kind.COMPENSATE})


@dataclass(frozen=True, slots=True)
class Bond:
    """A merchant's bond in one asset. Units."""

    merchant_id: str  # "mer_…"
    asset_id: int
    required: int
    locked: int
    owed: int  # taken beyond what was locked; more than 0 only where nothing is locked
    releasing: int  # of the locked: given back at `release_at`
    release_at: datetime | None
    top_up_due_at: datetime | None  # None = nothing is demanded
    overdue_at: datetime | None  # first seen unpaid
    hold_ref: str | None  # of the ledger's hold on the locked units; None = nothing is locked
    movements: int
    waived: int = 0  # what was required before the trade was over

    @property
    def demand(self) -> int:
        """What the merchant has to pay in."""
        return demand(self.required, self.locked, self.owed)

    @property
    def covered(self) -> bool:
        return self.demand == 0


@dataclass(frozen=True, slots=True)
class Deduction(Generic[N]):
    """What a deduction comes to."""

    taken: N  # from the locked units
    locked: N  # left
    owed: N  # by the merchant, with what was owed before
    demand: N  # required - locked + owed


@dataclass(frozen=True, slots=True)
class Claim:
    """Who gets what is owed, units."""

    id: str  # "bcl_…"
    receiver: str  # "cus_…", "platform:…"
    left: int


def demand(required: N, locked: N, owed: N) -> N:
    """What has to be paid in: what is owed, and what is missing of the required. A surplus pays nothing."""
    missing = required - locked
    return owed + missing if missing > 0 else owed


def deduct(required: N, locked: N, owed: N, amount: N) -> Deduction[N]:
    """S2 Art. 7: never below zero, never from the customer's balance; what the bond does not cover is owed.

    Raises Malformed `amount_zero`.
    """
    if amount <= 0:
        raise Malformed("amount_zero", f"{amount} takes nothing; name more than 0.", field="amount")
    taken = min(locked, amount)
    left, after = locked - taken, owed + amount - taken
    return Deduction(taken, left, after, demand(required, left, after))


def still_surplus(bond: Bond) -> Bond:
    """What waits to go back is never more than what no requirement needs: a deduction or a higher requirement since it
    was asked for takes from it first."""
    releasing = min(bond.releasing, max(0, bond.locked - bond.required))
    return replace(bond, releasing=releasing, release_at=bond.release_at if releasing else None)


def paid_in(owed: int, units: int) -> tuple[int, int]:
    """(pays of what is owed, locks): what is owed comes first, or a merchant would be covered and in debt at once."""
    pays = min(owed, units)
    return pays, units - pays


def settled(claims: Sequence[Claim], units: int) -> list[tuple[Claim, int]]:
    """How much of `units` each claim gets, the oldest first; claims that get nothing are absent."""
    shares: list[tuple[Claim, int]] = []
    for claim in claims:
        share = min(claim.left, units)
        if share:
            shares.append((claim, share))
            units -= share
    return shares


def people_needed(units: int, locked: int) -> int:
    """How many others must agree to a deduction that somebody proposes: two where it takes all (section 4)."""
    return 2 if units >= locked else 1


def check_amount(units: int) -> None:
    """Raises Malformed `amount_zero`."""
    if units <= 0:
        raise Malformed("amount_zero", "The amount is 0; name more than 0.", field="amount")


def check_lock(bond: Bond, asset: Asset) -> None:
    """Raises Conflict `bond_owed`: who is in debt pays it first."""
    if bond.owed:
        raise Conflict(
            "bond_owed",
            f"{to_text(bond.owed, asset.decimals)} {asset.symbol} are owed; top up instead, which pays them first.",
        )


def check_top_up(bond: Bond, units: int, asset: Asset) -> None:
    """Raises Conflict `nothing_demanded`, `top_up_above_demand`."""
    if bond.demand == 0:
        raise Conflict("nothing_demanded", "Nothing is demanded; to lock more than is required, lock.")
    if units > bond.demand:
        raise Conflict(
            "top_up_above_demand",
            f"{to_text(units, asset.decimals)} is more than the {to_text(bond.demand, asset.decimals)} {asset.symbol} "
            "that are demanded.",
            field="amount",
        )


def check_unlock(bond: Bond, others: Iterable[Bond], units: int, asset: Asset) -> None:
    """Only what no requirement needs; the rest comes back with the exit.

    Raises Conflict `unlock_waiting`, `bond_short`, `unlock_above_surplus`.
    """
    if bond.release_at is not None:
        raise Conflict(
            "unlock_waiting",
            f"{to_text(bond.releasing, asset.decimals)} {asset.symbol} are given back at {rfc3339(bond.release_at)}; "
            "ask again after that.",
        )
    if not all(other.covered for other in (bond, *others)):
        raise Conflict("bond_short", "A bond of yours is short of what is required; top it up first.")
    surplus = bond.locked - bond.required
    if units > surplus:
        raise Conflict(
            "unlock_above_surplus",
            f"{to_text(bond.locked, asset.decimals)} {asset.symbol} are locked and "
            f"{to_text(bond.required, asset.decimals)} required: {to_text(max(surplus, 0), asset.decimals)} can be "
            "unlocked. The rest comes back when you leave as a merchant.",
            field="amount",
        )
