"""The platform's own accounts, and what a balance is made of. Invariant I2: available + held + spent is conserved.

What we owe is positive (customers, fees earned, capital put in); what we own or have used up is negative
(coins on chain, network fees paid). Every transfer's entries sum to zero per asset.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CHAIN = "platform:chain"  # minus what our wallets hold on chain
FEES = "platform:fees"  # withdrawal fees earned
GAS = "platform:gas"  # minus network fees paid
EQUITY = "platform:equity"  # what the operator put in
LEGAL_HOLD = "platform:legal_hold"  # seized under a lawful order
BONDS = "platform:bonds"  # taken from merchants' bonds by decisions


@dataclass(frozen=True, slots=True)
class Balance:
    """One customer's balance of one asset, explained. `total = available + sum(held.values())`, units."""

    asset_id: int
    total: int
    held: dict[str, int] = field(default_factory=dict)  # by purpose: {"withdrawal": 5}

    @property
    def available(self) -> int:
        return self.total - sum(self.held.values())
