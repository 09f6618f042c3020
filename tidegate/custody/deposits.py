"""What is credited: the value that an account of ours really has more, never what a transaction says of itself.

Rulebook section 8, false top-ups: a failed receipt, a token that looks alike, an event without movement, a fee
taken on the way, a transfer that returned false, a replaced or reorganised transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidegate.base.chain import Transfer


@dataclass(frozen=True, slots=True)
class Credit:
    """How much of a transfer is credited, and why not all of it."""

    transfer: Transfer
    units: int
    reason: str | None  # "no_movement", "less_arrived"


def credit(moves: Sequence[Transfer], gained: int) -> list[Credit]:
    """Share out what the account gained in this block among the transfers that claim to have brought it.

    `gained` is the difference of its balances with its own spending added back. Never more than was claimed,
    never more than was gained; the earlier transfer of a block first.
    """
    left = max(gained, 0)
    credits = []
    for move in sorted(moves, key=lambda m: m.index):
        units = min(move.units, left)
        left -= units
        reason = None if units == move.units else "less_arrived" if units else "no_movement"
        credits.append(Credit(move, units, reason))
    return credits


def is_final(block: int, head: int, finality: int) -> bool:
    """Whether a block has as many confirmations as the network asks for, its own counted."""
    return head - block + 1 >= finality


def worth_sweeping(units: int, is_native: bool, decimals: int, fee_wei: int) -> bool:
    """Whether moving it costs little against it: a native balance twenty times its fee, a token's whole coin."""
    return units >= 20 * fee_wei if is_native else units >= 10**decimals
