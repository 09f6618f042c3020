"""Calls about orders: taking an ad, the two sides, disputes, and how long bought coins stay."""
