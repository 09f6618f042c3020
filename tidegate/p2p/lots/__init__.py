"""Coins that were bought stay for a while: retention lots, T+N."""
