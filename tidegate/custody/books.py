"""Ledger against chain: when a difference is real, when it is told, and when people are asked (I2, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

TOLD_AFTER = 2
"""Rounds in a row that a difference must stand before it is told. One round may fall between a payment's end on chain
and its settlement in the ledger; two, a minute apart, do not."""

PATIENCE = 3
"""After more rounds than this people are asked: nothing that is under way takes so long without showing."""

SLA_HOURS = 4
"""Coins may be missing: somebody looks the same day."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a round found about one asset. Units; wallets are read at a final block."""

    asset_id: int
    block: int
    ledger_units: int  # what the ledger says the wallets hold
    chain_units: int  # what they hold
    moving_units: int  # of the ledger's: may have left in payments that are under way
    rounds: int  # in a row that nothing explains the difference
    noted_units: int  # the difference as last told; 0 = they agree
    checked_at: datetime

    @property
    def off(self) -> int:
        """Chain minus ledger: below zero, coins are missing."""
        return self.chain_units - self.ledger_units

    @property
    def explained(self) -> bool:
        """Whether nothing is off but what payments under way may have taken."""
        return -self.moving_units <= self.off <= 0


def round_of(
    before: Checked | None,
    asset_id: int,
    block: int,
    ledger_units: int,
    chain_units: int,
    moving_units: int,
    now: datetime,
) -> Checked:
    """The next round after `before`, None = the first one."""
    noted = before.noted_units if before else 0
    found = Checked(asset_id, block, ledger_units, chain_units, moving_units, 0, noted, now)
    rounds = 0 if found.explained else (before.rounds if before else 0) + 1
    if found.off == 0:
        noted = 0
    elif rounds >= TOLD_AFTER:
        noted = found.off
    return Checked(asset_id, block, ledger_units, chain_units, moving_units, rounds, noted, now)


def asks(before: Checked | None, found: Checked) -> bool:
    """Whether people are asked now: once when patience ends, and again when what is missing has changed since."""
    if found.rounds <= PATIENCE:
        return False
    return before is None or before.rounds <= PATIENCE or before.off != found.off
