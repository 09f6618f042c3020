"""A counterparty's message against whose address it is: what a rule may answer, and what it leaves to a person."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from refusal_kit import refused
from travel_kit import letter

from tidegate.base.money import Asset
from tidegate.policy import flow as policies
from tidegate.policy import screening_numbers
from tidegate.policy.reading import Reader
from tidegate.screening import names
from tidegate.screening.inbox import message
from tidegate.screening.travel_rule import Receiver

USDT = Asset(1, "USDT", "evm-local", 6, "0xdAC17F958D2ee523a2206206994597C13D831ec7")
ASSETS = {("USDT", "evm-local"): USDT}
TO = "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
OTHER = "0xde709f2102306220921060314715629080e2fb77"
NUMBERS = screening_numbers.read(Reader(), policies.shipped("demo")["screening"])


def said(receiver: Receiver | None = None, to: str = TO, **change: object) -> dict[str, Any]:
    return letter(to, receiver, **{"address": TO, **change})


def test_a_good_message_is_read() -> None:
    found = message.read(said(), ASSETS)
    assert (found.message_id, found.asset, found.address, found.units) == ("trm_1", USDT, TO, 99_900_000)


def test_an_account_may_be_spelt_otherwise_but_not_be_another_one() -> None:
    assert message.read(said(to=TO.lower()), ASSETS).address == TO
    assert message.read(said(address=TO.lower()), ASSETS).address == TO
    assert refused(lambda: message.read(said(to=OTHER), ASSETS)) == "account_differs"


@pytest.mark.parametrize(
    ("owner", "status"),
    [
        ("Lawrence Clark", "accepted"),
        ("clark LAWRENCE", "accepted"),
        ("Lawrence Miller", "pending"),
        ("Clark", "pending"),
        ("", "pending"),
        (None, "rejected"),
    ],
)
def test_who_is_accepted(owner: str | None, status: str) -> None:
    judged = message.judge(message.read(said(), ASSETS), owner, NUMBERS)
    assert judged.status == status
    assert judged.reason == ("The address is not one of ours." if owner is None else "")
    assert "Clark" not in judged.reason


def test_the_line_is_the_policys() -> None:
    read = message.read(said(), ASSETS)
    score = names.alike("Lawrence Clark", "Laurence Clarke")
    assert Decimal("0.5") < score < 1
    at, above = (replace(NUMBERS, name_hit=line) for line in (score, score + Decimal("0.01")))
    assert message.judge(read, "Laurence Clarke", at).status == "accepted"
    assert message.judge(read, "Laurence Clarke", above).status == "pending"


def test_a_name_in_its_own_letters_counts() -> None:
    read = message.read(said(Receiver("王小明")), ASSETS)
    assert message.judge(read, "王小明", NUMBERS).status == "accepted"
    assert message.judge(read, "Wang Xiaoming", NUMBERS).status == "accepted"
    assert message.judge(read, "李小明", NUMBERS).status == "pending"


def test_a_policy_without_numbers_leaves_it_to_a_person() -> None:
    assert message.judge(message.read(said(), ASSETS), "Lawrence Clark", None).status == "pending"
    assert message.judge(message.read(said(), ASSETS), None, None).status == "rejected"
