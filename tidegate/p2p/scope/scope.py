"""Who is rated: the certified, and whoever applies or leaves while a bond is locked (S2 Art. 2)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum


class Ground(StrEnum):
    """Why somebody is rated, strongest first."""

    CERTIFIED = "certified"
    EXIT = "exit"  # asked to leave, the bond is still locked
    APPLICATION = "application"  # open or rejected, a bond is locked


APPLYING = frozenset({"pending", "rejected"})
"""A rejected application counts while the bond is not back (rulebook section 1)."""


def ground(certification: str, bond_locked: int | Decimal, exit_requested: bool) -> Ground | None:
    """Why this merchant account is rated; None = it is not."""
    if certification == "certified":
        return Ground.CERTIFIED
    if bond_locked <= 0:
        return None
    if exit_requested:
        return Ground.EXIT
    return Ground.APPLICATION if certification in APPLYING else None


def in_scope(certification: str, bond_locked: int | Decimal, exit_requested: bool) -> bool:
    """S2 Art. 2: whether this merchant account is rated."""
    return ground(certification, bond_locked, exit_requested) is not None


def strongest(grounds: Iterable[Ground | None]) -> Ground | None:
    """Why a person with several merchant accounts is rated (R20): one account in scope is enough."""
    found = set(grounds)
    return next((one for one in Ground if one in found), None)
