"""Who may be a customer, what may be told and ordered about one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from tidegate.base.refusals import Malformed
from tidegate.parties import party
from tidegate.parties.countries import COUNTRIES
from tidegate.parties.party import Restriction, Verified

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
GOOD = {"external_id": "u-1", "country": "DE", "name": "Ana Lima", "email": "ana@example.com"}


def test_a_good_customer_passes() -> None:
    party.check_customer(**GOOD)
    party.check_customer("u" * 128, "HK", "陈" * 200, "a@b.co")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("external_id", "", "external_id_invalid"),
        ("external_id", "u" * 129, "external_id_invalid"),
        ("external_id", "u\n1", "external_id_invalid"),
        ("external_id", " u1", "external_id_invalid"),
        ("external_id", "u\u202e1", "external_id_invalid"),
        ("country", "de", "country_unknown"),
        ("country", "DEU", "country_unknown"),
        ("country", "UK", "country_unknown"),
        ("country", "", "country_unknown"),
        ("name", "", "name_invalid"),
        ("name", "n" * 201, "name_invalid"),
        ("name", "A\x00", "name_invalid"),
        ("email", "ana", "email_invalid"),
        ("email", "ana@example", "email_invalid"),
        ("email", "ana@example..com", "email_invalid"),
        ("email", "a na@example.com", "email_invalid"),
        ("email", "a@b@example.com", "email_invalid"),
        ("email", "ana@example.com\n", "email_invalid"),
        ("email", f"{'a' * 64}@{'b' * 186}.com", "email_invalid"),
    ],
)
def test_a_good_customer_but_with_one_field_wrong_is_refused(field: str, value: str, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        party.check_customer(**{**GOOD, field: value})
    assert (refused.value.code, refused.value.field) == (code, field)


def refused(check: Callable[[], object]) -> tuple[str, str | None, str]:
    with pytest.raises(Malformed) as said:
        check()
    return said.value.code, said.value.field, str(said.value)


@pytest.mark.parametrize(
    ("check", "code", "field", "words"),
    [
        (
            lambda: party.check_customer("u" * 129, "DE", "Ana", "a@b.co"),
            "external_id_invalid",
            "external_id",
            f"external_id is '{'u' * 40}'; it must be 1 to 128 printable characters without spaces around them",
        ),
        (
            lambda: party.check_country("Germany" * 9),
            "country_unknown",
            "country",
            f"'{('Germany' * 9)[:20]}' is not an assigned ISO 3166-1 code of two capital letters, like DE or GB",
        ),
        (
            lambda: party.check_language("fr"),
            "language_unknown",
            "language",
            "'fr' is no language that we write in; use en or zh",
        ),
        (
            lambda: party.check_verified(Verified(4), NOW),
            "level_unknown",
            "level",
            "4 is not an identity level; levels are 0 to 3",
        ),
        (
            lambda: party.check_event("x" * 41, NOW, None, None, None, NOW),
            "event_unknown",
            "type",
            f"'{'x' * 40}' is not an event; known are login, password_changed, ",
        ),
        (
            lambda: party.check_event("login", NOW, None, "9" * 61, None, NOW),
            "ip_invalid",
            "ip",
            f"'{'9' * 60}' is not an IPv4 or IPv6 address",
        ),
        (
            lambda: party.check_restriction("y" * 41, None, "Fraud", None, NOW),
            "restriction_unknown",
            "kind",
            f"'{'y' * 40}' is not a restriction; known are ",
        ),
        (
            lambda: party.check_restriction("ban", NOW, "Fraud", None, NOW),
            "until_past",
            "until",
            "2026-11-24T12:00:00Z is over already; name a later time or none",
        ),
        (
            lambda: party.check_restriction("ban", None, "Fraud", "1" * 41, NOW),
            "value_unexpected",
            "value",
            f"ban takes no value; leave out '{'1' * 40}'",
        ),
        (
            lambda: party.check_restriction("withdrawal_delay", None, "Fraud", "0", NOW),
            "value_invalid",
            "value",
            "withdrawal_delay needs ",
        ),
        (lambda: party.check_reason("", "note"), "note_invalid", "note", "Say why, in 1 to 500 readable characters"),
    ],
)
def test_what_a_refusal_says(check: Callable[[], object], code: str, field: str, words: str) -> None:
    said = refused(check)
    assert said[:2] == (code, field)
    assert said[2].startswith(words)


def test_the_shortest_and_the_longest_that_are_taken() -> None:
    party.check_customer("u", "DE", "n", "a@b.co")
    party.check_reason("r")
    party.check_reason("r" * 500)
    party.check_reason("a\r\n\tb")
    assert [party.check_language(language) for language in ("en", "zh")] == [None, None]


def test_a_mail_address_may_have_254_characters_and_no_more() -> None:
    party.check_customer(**{**GOOD, "email": f"{'a' * 64}@{'b' * 185}.com"})


def test_there_are_249_countries_and_kosovo() -> None:
    assert len(COUNTRIES) == 250
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)


@pytest.mark.parametrize(
    ("verified", "field"),
    [
        (Verified(0), None),
        (Verified(3, "Ana Lima", date(1990, 1, 1), "PT", "acme-kyc", "file 7"), None),
        (Verified(1, date_of_birth=NOW.date()), None),
        (Verified(1, date_of_birth=date(1900, 1, 1)), None),
        (Verified(-1), "level"),
        (Verified(4), "level"),
        (Verified(1, date_of_birth=NOW.date() + timedelta(days=1)), "date_of_birth"),
        (Verified(1, date_of_birth=date(1899, 12, 31)), "date_of_birth"),
        (Verified(1, country="PRT"), "country"),
        (Verified(1, verified_name=""), "verified_name"),
        (Verified(1, provider="\n"), "provider"),
        (Verified(1, reference="r" * 201), "reference"),
    ],
)
def test_what_was_verified_must_be_possible(verified: Verified, field: str | None) -> None:
    if field is None:
        party.check_verified(verified, NOW)
        return
    with pytest.raises(Malformed) as refused:
        party.check_verified(verified, NOW)
    assert refused.value.field == field


def test_an_event_may_be_old_and_at_most_five_minutes_ahead() -> None:
    for at in (NOW - timedelta(days=400), NOW, NOW + timedelta(minutes=5)):
        assert party.check_event("login", at, None, None, None, NOW) == "login"
    with pytest.raises(Malformed) as refused:
        party.check_event("login", NOW + timedelta(minutes=5, microseconds=1), None, None, None, NOW)
    assert (refused.value.code, refused.value.field) == ("event_in_future", "at")


@pytest.mark.parametrize(
    ("type", "device_id", "ip", "country", "field"),
    [
        ("mfa_changed", "phone 1", "2001:db8::1", "DE", None),
        ("phone_changed", None, "203.0.113.9", None, None),
        ("logout", None, None, None, "type"),
        ("login", "", None, None, "device_id"),
        ("login", None, "203.0.113.256", None, "ip"),
        ("login", None, None, "Germany", "country"),
    ],
)
def test_an_event_says_what_it_can_say(
    type: str, device_id: str | None, ip: str | None, country: str | None, field: str | None
) -> None:
    if field is None:
        assert party.check_event(type, NOW, device_id, ip, country, NOW) == type
        return
    with pytest.raises(Malformed) as refused:
        party.check_event(type, NOW, device_id, ip, country, NOW)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("kind", "until", "reason", "value", "field"),
    [
        ("freeze", None, "The customer asked\nfor it", None, None),
        ("ban", NOW + SECOND, "Fraud", None, None),
        ("withdrawal_delay", None, "New device", "1", None),
        ("withdrawal_delay", None, "New device", "8760", None),
        ("withdrawal_limit", None, "New device", "999999999999", None),
        ("trade_limit", None, "New device", "500", None),
        ("slow", None, "Fraud", None, "kind"),
        ("ban", NOW, "Fraud", None, "until"),
        ("ban", None, "  ", None, "reason"),
        ("ban", None, "r" * 501, None, "reason"),
        ("ban", None, "nul \x00", None, "reason"),
        ("freeze", None, "Fraud", "1", "value"),
        ("withdrawal_delay", None, "New device", None, "value"),
        ("withdrawal_delay", None, "New device", "0", "value"),
        ("withdrawal_delay", None, "New device", "8761", "value"),
        ("withdrawal_delay", None, "New device", "1.5", "value"),
        ("withdrawal_limit", None, "New device", None, "value"),
        ("withdrawal_limit", None, "New device", "-1", "value"),
        ("withdrawal_limit", None, "New device", "1000000000000", "value"),
    ],
)
def test_an_order_that_would_do_nothing_or_cannot_be_read_is_refused(
    kind: str, until: datetime | None, reason: str, value: str | None, field: str | None
) -> None:
    if field is None:
        assert party.check_restriction(kind, until, reason, value, NOW) == kind
        return
    with pytest.raises(Malformed) as refused:
        party.check_restriction(kind, until, reason, value, NOW)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("until", "lifted_at", "in_force"),
    [(None, None, True), (NOW + SECOND, None, True), (NOW, None, False), (None, NOW - SECOND, False)],
)
def test_a_restriction_holds_until_its_time_or_until_it_is_lifted(
    until: datetime | None, lifted_at: datetime | None, in_force: bool
) -> None:
    order = Restriction("res_1", "cus_1", "watch", until, None, "Why", "key_1", NOW, None, lifted_at, None)
    assert order.in_force(NOW) is in_force
