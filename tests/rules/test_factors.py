"""Sections 3, 10: which factors are asked for, when they are met, how long they count; the numbers behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal_kit import refused

from tidegate.policy import flow as policies
from tidegate.policy.factor_numbers import DEFAULTS
from tidegate.policy.pack import Policy, parse
from tidegate.withdrawals import factors

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FACTORS: dict[str, Any] = {
    "step_up": {"passkey": ["passkey"], "totp": ["totp", "mail"]},
    "link_hours": 24,
    "resend_seconds": 60,
    "challenge_minutes": 5,
    "freeze_link_days": 30,
    "unfreeze_hours": 24,
}


def policy(**changes: Any) -> Policy:
    return parse({**policies.shipped("demo"), "factors": {**FACTORS, **changes}})


ENROLLED = st.sets(st.sampled_from(["totp", "passkey"]), min_size=1)
NAMES = st.sets(st.sampled_from(["totp", "passkey", "mail"]))


@pytest.mark.parametrize(
    ("enrolled", "step_up", "asked"),
    [
        ({"totp"}, False, ("totp",)),
        ({"passkey"}, False, ("passkey",)),
        ({"totp", "passkey"}, False, ("totp",)),  # and the passkey does as well
        ({"totp"}, True, ("totp", "mail")),
        ({"passkey"}, True, ("passkey",)),
        ({"totp", "passkey"}, True, ("passkey",)),
    ],
)
def test_what_is_asked(enrolled: set[str], step_up: bool, asked: tuple[str, ...]) -> None:
    assert factors.needed(enrolled, step_up, policy()) == asked


def test_a_policy_may_ask_passkeys_for_a_mail_too_and_apps_for_none() -> None:
    strict = policy(step_up={"passkey": ["passkey", "mail"], "totp": ["totp"]})
    assert factors.needed({"passkey", "totp"}, True, strict) == ("passkey", "mail")
    assert factors.needed({"totp"}, True, strict) == ("totp",)


@pytest.mark.parametrize(
    ("required", "used", "met"),
    [
        (["totp"], ["totp"], True),
        (["totp"], ["passkey"], True),  # a stronger one does
        (["passkey"], ["totp"], False),  # a weaker one does not
        (["totp"], ["mail"], False),
        (["totp", "mail"], ["totp"], False),
        (["totp", "mail"], ["mail"], False),
        (["totp", "mail"], ["mail", "totp"], True),
        (["totp", "mail"], ["passkey", "mail"], True),
        (["totp", "mail"], ["passkey", "totp"], False),
        ([], ["totp"], False),  # no payment without a factor
        ([], [], False),
    ],
)
def test_when_they_are_met(required: list[str], used: list[str], met: bool) -> None:
    assert factors.met(required, used) is met


def test_what_was_asked_stays_asked_and_only_grows() -> None:
    assert factors.together(("totp",), ("totp", "mail")) == ("totp", "mail")
    assert factors.together(("totp", "mail"), ("passkey",)) == ("passkey", "mail")
    assert factors.together(("passkey",), ("totp",)) == ("passkey",)


@given(NAMES, NAMES, NAMES)
def test_asking_more_is_never_met_by_less(before: set[str], now: set[str], used: set[str]) -> None:
    together = factors.together(sorted(before), sorted(now))
    if factors.met(together, used):
        assert not factors.missing(before, used)
        assert not factors.missing(now, used)


@given(ENROLLED, NAMES)
def test_a_step_up_is_never_milder_than_an_ordinary_withdrawal(enrolled: set[str], used: set[str]) -> None:
    if factors.met(factors.needed(enrolled, True, policy()), used):
        assert factors.met(factors.needed(enrolled, False, policy()), used)


def test_only_a_factor_that_is_missing_helps() -> None:
    assert factors.helps("passkey", ["totp", "mail"], ["mail"])
    assert not factors.helps("mail", ["totp", "mail"], ["mail"])
    assert not factors.helps("totp", ["passkey"], [])
    assert not factors.helps("mail", ["totp"], [])


def test_how_long_a_confirmation_counts() -> None:
    assert factors.until(["totp"], policy(), NOW) == NOW + timedelta(minutes=15)
    assert factors.until(["passkey"], policy(), NOW) == NOW + timedelta(minutes=15)
    assert factors.until(["totp", "mail"], policy(), NOW) == NOW + timedelta(hours=24)


def test_the_shipped_packs_and_silent_ones_say_what_the_rulebook_says() -> None:
    silent = {name: value for name, value in policies.shipped("demo").items() if name != "factors"}
    for pack in (policies.shipped("demo"), policies.shipped("default"), silent):
        assert parse(pack).factors == DEFAULTS


@pytest.mark.parametrize(
    "change",
    [
        {"resend_seconds": 59},
        {"link_hours": 0},
        {"link_hours": 24 * 7 + 1},
        {"challenge_minutes": 16},
        {"challenge_minutes": 0},
        {"freeze_link_days": 0},
        {"unfreeze_hours": 0},
        {"unfreeze_hours": 24 * 30 + 1},
        {"more": 1},
        {"step_up": {"passkey": ["passkey"]}},
        {"step_up": {"passkey": ["totp"], "totp": ["totp"]}},
        {"step_up": {"passkey": ["passkey"], "totp": ["mail"]}},
        {"step_up": {"passkey": ["passkey"], "totp": []}},
        {"step_up": {"passkey": ["passkey"], "totp": ["mail", "totp"]}},
        {"step_up": {"passkey": ["passkey", "sms"], "totp": ["totp"]}},
    ],
    ids=str,
)
def test_a_pack_that_weakens_or_confuses_them_is_refused(change: dict[str, Any]) -> None:
    assert refused(lambda: policy(**change)) == "pack_invalid"
