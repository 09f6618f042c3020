"""The arithmetic of bonds (rulebook section 7): never below zero, the rest is owed, exact to the last unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal_kit import refused

from tidegate.base.money import Asset
from tidegate.p2p.bond import bond as rules
from tidegate.p2p.bond.bond import Bond, Claim, Deduction

USDT = Asset(1, "USDT", "evm-local", 6, None)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
D = Decimal
units = st.integers(0, 10**30)


def bond(required: int = 10, locked: int = 10, owed: int = 0) -> Bond:
    return Bond("mer_1", 1, required, locked, owed, 0, None, None, None, "bmv_1" if locked else None, 1)


@pytest.mark.parametrize(
    ("required", "locked", "owed", "amount", "expected"),
    [
        (10_000, 10_000, 0, 4_000, Deduction(4_000, 6_000, 0, 4_000)),
        (10_000, 6_000, 0, 8_000, Deduction(6_000, 0, 2_000, 12_000)),  # the rulebook's own example
        (10_000, 6_000, 0, 6_000, Deduction(6_000, 0, 0, 10_000)),
        (10_000, 6_000, 0, 5_999, Deduction(5_999, 1, 0, 9_999)),
        (10_000, 0, 2_000, 1, Deduction(0, 0, 2_001, 12_001)),
        (10_000, 15_000, 0, 1_000, Deduction(1_000, 14_000, 0, 0)),  # a surplus is deducted from first
        (0, 5, 0, 9, Deduction(5, 0, 4, 4)),
    ],
)
def test_what_a_deduction_comes_to(
    required: int, locked: int, owed: int, amount: int, expected: Deduction[int]
) -> None:
    assert rules.deduct(required, locked, owed, amount) == expected


def test_decimals_stay_exact() -> None:
    said = rules.deduct(D("10000.1"), D("0.3"), D("0"), D("0.30000000000000000001"))
    assert (said.taken, said.locked, said.owed) == (D("0.3"), D("0.0"), D("0.00000000000000000001"))
    assert said.demand == D("10000.10000000000000000001")


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_cannot_be_taken(amount: int) -> None:
    assert refused(lambda: rules.deduct(10, 10, 0, amount)) == "amount_zero"


def test_an_amount_is_more_than_nothing() -> None:
    rules.check_amount(1)
    for units in (0, -1):
        assert refused(rules.check_amount, units) == "amount_zero"


@given(required=units, locked=units, owed=units, amount=st.integers(1, 10**30))
def test_nothing_is_lost_and_nothing_goes_below_zero(required: int, locked: int, owed: int, amount: int) -> None:
    said = rules.deduct(required, locked, owed, amount)
    assert said.taken + said.locked == locked
    assert said.taken + said.owed == amount + owed
    assert min(said.taken, said.locked, said.owed, said.demand) >= 0
    assert said.owed == owed or said.locked == 0, "nothing is owed while something is locked"
    assert said.demand >= rules.demand(required, locked, owed), "a deduction never makes a demand smaller"


@given(owed=units, paid=units)
def test_what_is_owed_is_paid_first(owed: int, paid: int) -> None:
    pays, locks = rules.paid_in(owed, paid)
    assert pays + locks == paid
    assert pays == min(owed, paid)


@given(left=st.lists(st.integers(1, 1000), max_size=5), paid=st.integers(0, 6000))
def test_claims_are_settled_in_their_order(left: list[int], paid: int) -> None:
    claims = [Claim(f"bcl_{n}", f"cus_{n}", units) for n, units in enumerate(left)]
    shares = rules.settled(claims, paid)
    assert sum(share for _, share in shares) == min(paid, sum(left))
    assert [claim for claim, _ in shares] == claims[: len(shares)]
    assert all(share == claim.left for claim, share in shares[:-1]), "only the last one may be paid in part"


@pytest.mark.parametrize(("taken", "people"), [(9, 1), (10, 2), (11, 2)])
def test_taking_all_needs_two_others(taken: int, people: int) -> None:
    assert rules.people_needed(taken, locked=10) == people


def test_only_a_surplus_can_be_unlocked() -> None:
    rules.check_unlock(bond(10, 15), [], 5, USDT)
    assert refused(lambda: rules.check_unlock(bond(10, 15), [], 6, USDT)) == "unlock_above_surplus"
    assert refused(lambda: rules.check_unlock(bond(10, 10), [], 1, USDT)) == "unlock_above_surplus"


def test_one_unlocking_at_a_time_and_none_while_another_bond_is_short() -> None:
    assert (
        refused(lambda: rules.check_unlock(replace(bond(10, 15), releasing=1, release_at=NOW), [], 1, USDT))
        == "unlock_waiting"
    )
    assert refused(lambda: rules.check_unlock(bond(10, 15), [bond(10, 9)], 1, USDT)) == "bond_short"
    assert refused(lambda: rules.check_unlock(bond(10, 0, 1), [], 1, USDT)) == "bond_short"


def test_who_owes_pays_that_first_and_no_more_than_is_demanded() -> None:
    assert refused(lambda: rules.check_lock(bond(10, 0, 1), USDT)) == "bond_owed"
    rules.check_lock(bond(10, 0), USDT)
    rules.check_top_up(bond(10, 0, 1), 11, USDT)
    assert refused(lambda: rules.check_top_up(bond(10, 0, 1), 12, USDT)) == "top_up_above_demand"
    assert refused(lambda: rules.check_top_up(bond(10, 10), 1, USDT)) == "nothing_demanded"


@pytest.mark.parametrize(("units", "locked", "people"), [(1, 10, 1), (9, 10, 1), (10, 10, 2), (11, 10, 2)])
def test_all_of_a_bond_takes_two(units: int, locked: int, people: int) -> None:
    assert rules.people_needed(units, locked) == people


@pytest.mark.parametrize(
    ("required", "locked", "releasing", "left"),
    [(100, 150, 50, 50), (100, 149, 50, 49), (101, 150, 50, 49), (100, 100, 50, 0), (100, 99, 50, 0), (0, 3, 50, 3)],
)
def test_what_waits_to_go_back_is_a_surplus_still(required: int, locked: int, releasing: int, left: int) -> None:
    waits = replace(bond(required, locked), releasing=releasing, release_at=NOW)
    found = rules.still_surplus(waits)
    assert (found.releasing, found.release_at) == (left, NOW if left else None)
