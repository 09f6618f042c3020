"""One trade: coins in escrow, money on its way outside, and what the two may do about it."""
