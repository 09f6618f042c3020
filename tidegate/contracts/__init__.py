"""Contracts for the local chain: a test token, and hostile ones that show what a deposit or a payout must survive."""
