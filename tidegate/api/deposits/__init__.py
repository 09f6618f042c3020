"""Calls about deposits and the addresses at which they arrive."""
