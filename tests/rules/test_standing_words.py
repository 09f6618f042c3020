"""A standing withdrawal as it is asked for and as it is said: every field of both, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tidegate.base.money import Asset
from tidegate.base.refusals import Malformed
from tidegate.codec import bip32
from tidegate.policy import flow as policies
from tidegate.policy.pack import parse
from tidegate.withdrawals.standing import answer
from tidegate.withdrawals.standing.calendar import Schedule
from tidegate.withdrawals.standing.instruction import Instruction, Run, Status
from tidegate.withdrawals.standing.terms import Amount, Ceiling, Crossing, Place, Terms, Threshold, account
from tidegate.withdrawals.standing.wanted import Wanted, read

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
USDT = Asset(1, "USDT", "evm-local", 6, "0xdAC17F958D2ee523a2206206994597C13D831ec7")
XPUB = bip32.derive(bip32.master(bytes(32)), "m/44'/60'/0'").xpub()
A = Place("adr_1", "0x8617E340B3D01FA5F11F306F4090FD50E238070D", "")
B = Place("adr_2", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "7")
DAILY = Schedule("week", "12:00", "UTC", weekday=5)
POLICY = parse({**policies.shipped("default"), "fees": {"USDT@evm-local": "1"}}, 1)
COIN = 10**6
ASKED = Wanted(schedule=DAILY, amount="10", address_ids=("adr_1",))
TERMS = Terms("USDT@evm-local", DAILY, Amount("fixed", units=10 * COIN), 0, 0, None, Ceiling(None, 300), (A,), None)


@pytest.mark.parametrize(
    ("wanted", "terms"),
    [
        ({}, {}),
        ({"amount": None}, {"amount": Amount("all")}),
        ({"amount": None, "percent": "12.5"}, {"amount": Amount("percent", share=1250)}),
        (
            {"keep_back": "3", "least": "2", "most": "9"},
            {"keep_units": 3 * COIN, "least_units": 2 * COIN, "most_units": 9 * COIN},
        ),
        ({"schedule": None, "balance": "50"}, {"trigger": Threshold(50 * COIN)}),
        ({"schedule": None, "price": "0.5", "when": "below"}, {"trigger": Crossing("below", 5 * 10**11)}),
        ({"fee_percent": "1.25"}, {"ceiling": Ceiling(None, 125)}),
        ({"fee_ceiling": "4"}, {"ceiling": Ceiling(4 * COIN, None)}),
        ({"fee_ceiling": "4", "fee_percent": "1"}, {"ceiling": Ceiling(4 * COIN, None)}),
        ({"address_ids": ("adr_2", "adr_1")}, {"places": (B, A)}),
        ({"address_ids": (), "xpub": f" {XPUB}\n"}, {"places": (), "xpub": XPUB}),
    ],
)
def test_what_is_asked_for_becomes_terms(wanted: dict[str, Any], terms: dict[str, Any]) -> None:
    assert read(replace(ASKED, **wanted), USDT, {"adr_1": A, "adr_2": B}, POLICY) == replace(TERMS, **terms)


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        ({"amount": "x"}, "amount_malformed", "amount.amount"),
        ({"amount": "1"}, "amount_not_above_fee", "amount.amount"),
        ({"amount": None, "percent": "x" * 21}, "percent_invalid", "amount.percent"),
        ({"amount": None, "percent": "0"}, "percent_invalid", "amount"),
        ({"keep_back": "1.0000001"}, "amount_too_precise", "keep_back"),
        ({"least": "-1"}, "amount_malformed", "least"),
        ({"most": ""}, "amount_malformed", "most"),
        ({"most": "1"}, "most_too_low", "most"),
        ({"fee_ceiling": "x"}, "amount_malformed", "fee_ceiling.amount"),
        ({"fee_percent": "x"}, "percent_invalid", "fee_ceiling.percent"),
        ({"fee_percent": "3.01"}, "fee_ceiling_too_high", "fee_ceiling.percent"),
        ({"schedule": None, "balance": "x"}, "amount_malformed", "trigger.balance"),
        ({"schedule": None, "balance": "1"}, "threshold_too_low", "trigger.balance"),
        ({"schedule": None, "price": "x", "when": "below"}, "amount_malformed", "trigger.price"),
        ({"schedule": None, "price": "0", "when": "below"}, "price_zero", "trigger.price"),
        ({"address_ids": (), "xpub": "xpub1"}, "xpub_invalid", "destination.xpub"),
    ],
)
def test_what_can_never_be_meant_is_refused_by_its_field(wanted: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Malformed) as said:
        read(replace(ASKED, **wanted), USDT, {"adr_1": A, "adr_2": B}, POLICY)
    assert (said.value.code, said.value.field) == (code, field)


def test_a_percentage_that_is_none_is_shown_shortened() -> None:
    with pytest.raises(Malformed) as said:
        read(replace(ASKED, amount=None, percent="x" * 21), USDT, {"adr_1": A}, POLICY)
    assert str(said.value) == f"""'{"x" * 20}' is no percentage like "25" or "12.5", up to 100."""


SAID: dict[str, Any] = {
    "trigger": {"type": "schedule", "every": "week", "at": "12:00", "zone": "UTC", "weekday": 5, "day": None},
    "amount": {"type": "fixed", "amount": "10"},
    "keep_back": "0",
    "least": "0",
    "most": None,
    "fee_ceiling": {"amount": None, "percent": "3"},
    "destination": {"type": "fixed", "address_ids": ["adr_1"], "xpub": None, "addresses": [A.address]},
}


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, {}),
        ({"trigger": Threshold(5 * COIN)}, {"trigger": {"type": "threshold", "balance": "5"}}),
        (
            {"trigger": Crossing("below", 5 * 10**11)},
            {"trigger": {"type": "price", "when": "below", "price": "0.5"}},
        ),
        ({"amount": Amount("all")}, {"amount": {"type": "all"}}),
        ({"amount": Amount("percent", share=1250)}, {"amount": {"type": "percent", "percent": "12.5"}}),
        (
            {"keep_units": 3 * COIN, "least_units": 2 * COIN, "most_units": 9 * COIN},
            {"keep_back": "3", "least": "2", "most": "9"},
        ),
        ({"ceiling": Ceiling(4 * COIN, None)}, {"fee_ceiling": {"amount": "4", "percent": None}}),
        (
            {"places": (B, A)},
            {
                "destination": {
                    "type": "rotating",
                    "address_ids": ["adr_2", "adr_1"],
                    "xpub": None,
                    "addresses": [B.address, A.address],
                }
            },
        ),
    ],
)
def test_terms_are_said_in_the_words_they_were_given_in(terms: dict[str, Any], said: dict[str, Any]) -> None:
    assert answer.terms(replace(TERMS, **terms), USDT) == {**SAID, **said}


def test_of_a_key_three_addresses_are_shown_to_compare() -> None:
    terms = replace(TERMS, places=(), xpub=XPUB)
    key = account(terms)
    shown = [key.address(0), key.address(1), key.address(2)]
    said = {"type": "xpub", "address_ids": [], "xpub": XPUB, "addresses": shown}
    assert answer.terms(terms, USDT)["destination"] == said


def test_an_instruction_is_said_whole() -> None:
    i = Instruction(
        "stw_1", "cus_1", 1, "cus_1", Status.ACTIVE, None, 1, None, None, 0, NOON, 0, NOON, NOON, None, None, True,
        False, 4, NOON, 0, 0, 0, NOON, NOON,
    )  # fmt: skip
    said = answer.as_json(i, USDT, TERMS, None)
    assert said == {
        "id": "stw_1",
        "customer": "cus_1",
        "asset": "USDT",
        "network": "evm-local",
        "status": "active",
        "reason": None,
        "required_factor": None,
        "confirm_by": None,
        "terms": SAID,
        "draft": None,
        "next_due_at": "2026-11-24T12:00:00Z",
        "waiting_for": None,
        "waits_until": None,
        "runs": 4,
        "created_at": "2026-11-24T12:00:00Z",
        "changed_at": "2026-11-24T12:00:00Z",
    }
    paused = replace(
        i, status=Status.PAUSED, reason="customer", draft=2, draft_until=NOON, waiting_for="no_price", wait_until=NOON
    )
    other = answer.as_json(paused, USDT, None, TERMS)
    assert {key: value for key, value in other.items() if value != said[key]} == {
        "status": "paused",
        "reason": {"code": "customer", "en": "You paused it.", "zh": "您已暂停该自动提币。"},
        "required_factor": "totp",
        "confirm_by": "2026-11-24T12:00:00Z",
        "terms": None,
        "draft": SAID,
        "waiting_for": {"code": "no_price", **other["waiting_for"]},
        "waits_until": "2026-11-24T12:00:00Z",
    }


def test_a_line_of_the_record_is_said_without_its_detail() -> None:
    made = Run("stw_1", 3, NOON, NOON, 1, None, "for analysts", "wd_1", A.address, 0)
    assert answer.run(made) == {
        "number": 3,
        "due_at": "2026-11-24T12:00:00Z",
        "at": "2026-11-24T12:00:00Z",
        "outcome": "made",
        "reason": None,
        "withdrawal": "wd_1",
        "address": A.address,
        "address_index": 0,
    }
    skipped = answer.run(replace(made, reason="no_price", withdrawal_id=None))
    assert (skipped["outcome"], skipped["reason"]["code"], skipped["withdrawal"]) == ("skipped", "no_price", None)
