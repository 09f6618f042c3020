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
from tidegate.withdrawals.checks.behaviour import (
    account_drained,
    amount_implausible,
    dormant_account,
    hot_balance_unknown,
    many_new_addresses,
    many_withdrawals,
    passed_through,
    unusual_amount,
)
from tidegate.withdrawals.checks.egress import egress_tripped
from tidegate.withdrawals.checks.limits import over_limit, over_limit_24h, over_transaction_limit
from tidegate.withdrawals.checks.outside import outside_flagged
from tidegate.withdrawals.checks.place import (
    allow_list_required,
    description_missing,
    ownership_unproven,
    place_cap,
    place_delay,
    travel_rule_pending,
)
from tidegate.withdrawals.checks.retention import coins_retained
from tidegate.withdrawals.checks.rules import analyst_rules
from tidegate.withdrawals.checks.session import (
    credentials_changed,
    impossible_travel,
    login_unknown,
    new_device,
    new_network,
)
from tidegate.withdrawals.facts import Facts


def _sessions(f: Facts) -> bool:
    return f.behaviour.sessions is not None


def _asking(f: Facts) -> bool:
    return f.behaviour.asking is not None


def _rushing(f: Facts) -> bool:
    return f.behaviour.rushing is not None


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
    Check("place_delay", "W4 jurisdiction", place_delay, applies=lambda f: f.place is not None),
    Check("place_cap", "W4 jurisdiction", place_cap, applies=lambda f: f.place is not None),
    Check("allow_list_required", "W4 jurisdiction", allow_list_required, applies=lambda f: f.place is not None),
    Check("description_missing", "W4 jurisdiction", description_missing, applies=lambda f: f.place is not None),
    Check("travel_rule_pending", "W4 travel rule", travel_rule_pending, applies=lambda f: f.place is not None),
    Check("ownership_unproven", "W4 travel rule", ownership_unproven, applies=lambda f: f.place is not None),
    Check("new_device", "W4 session", new_device, applies=_sessions),
    Check("new_network", "W4 session", new_network, applies=_sessions),
    Check("impossible_travel", "W4 session", impossible_travel, applies=_sessions),
    Check("login_unknown", "W4 session", login_unknown, applies=_sessions),
    Check("many_withdrawals", "W4 velocity", many_withdrawals, applies=_asking),
    Check("many_new_addresses", "W4 velocity", many_new_addresses, applies=_asking),
    Check("account_drained", "W4 velocity", account_drained, applies=_asking),
    Check("passed_through", "W4 velocity", passed_through, applies=_asking),
    Check("dormant_account", "W4 velocity", dormant_account, applies=_asking),
    Check("unusual_amount", "W4 behaviour", unusual_amount, applies=_asking),
    Check("amount_implausible", "W4 unit sanity", amount_implausible, applies=_asking),
    Check("hot_balance_unknown", "W4 unit sanity", hot_balance_unknown, applies=_asking),
    Check("egress_tripped", "W4 egress", egress_tripped, applies=_rushing),
    Check("analyst_rules", "W3 analyst rules", analyst_rules),
    Check("coins_retained", "W4 retention", coins_retained, applies=lambda f: f.bound is not None),
)
"""New ones go to the end: the order of findings is part of a decision's bytes."""
