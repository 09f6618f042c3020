"""The simulated desk's ids: the seed, then a number. `store.py` says the same to DuckDB."""

from __future__ import annotations

from tidegate.demo.desk.simulate import Asked


def merchant_id(seed: int, number: int) -> str:
    return f"mer_{seed:06d}{number:020d}"


def order_id(seed: int, number: int) -> str:
    return f"ord_{seed:06d}{number:020d}"


def taker_id(asked: Asked, number: int) -> str:
    """Takers are numbered after the merchants: each of those is a customer too."""
    return f"cus_{asked.seed:06d}{asked.merchants + number:020d}"
