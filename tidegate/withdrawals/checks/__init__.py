"""Every check of a decision, one function each, by what it looks at. The list is the documentation: the reference,
the required ids of a decision and the order of its findings are made from it."""

from __future__ import annotations

from tidegate.withdrawals.check import Check
from tidegate.withdrawals.checks.account import country_banned, funds_short, large_amount, restricted
from tidegate.withdrawals.checks.address import (
    address_listed,
    address_look_alike,
    address_new,
    address_not_in_book,
    address_ours,
    list_stale,
)
from tidegate.withdrawals.checks.limits import over_limit, over_limit_24h, over_transaction_limit
from tidegate.withdrawals.checks.outside import outside_flagged
from tidegate.withdrawals.checks.session import credentials_changed

CHECKS: tuple[Check, ...] = (
    Check("country_banned", "W4 jurisdiction", country_banned),
    Check("funds_short", "W4 funds", funds_short, applies=lambda f: f.available_units is not None),
    Check("over_limit_24h", "W4 limits", over_limit_24h),
    Check("over_limit", "W4 limits", over_limit),
    Check("over_transaction_limit", "W4 limits", over_transaction_limit),
    Check("address_listed", "W4 lists", address_listed),
    Check("list_stale", "W4 lists", list_stale),
    Check("large_amount", "W1 quorum by amount", large_amount),
    Check("address_new", "W4 new address", address_new),
    Check("credentials_changed", "W4 session", credentials_changed),
    Check("restricted", "W4 restrictions", restricted),
    Check("outside_flagged", "W4 outside", outside_flagged),
    Check("address_look_alike", "W4 look-alike", address_look_alike, applies=lambda f: f.own is not None),
    Check("address_ours", "W4 address", address_ours, applies=lambda f: f.own is not None),
    Check("address_not_in_book", "W4 allow-list", address_not_in_book, applies=lambda f: f.allow_list is not None),
)
"""New ones go to the end: the order of findings is part of a decision's bytes."""
