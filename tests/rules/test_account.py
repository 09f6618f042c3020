"""One spelling for one payment account, whoever writes it, and a hash that only we can make (S2 Art. 5.2d)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal_kit import refused

from tidegate.p2p.accounts import account as rules
from tidegate.p2p.accounts.account import Attestation

NOW = datetime(2026, 11, 24, tzinfo=UTC)
KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("method", "institution", "number", "paid_to"),
    [
        ("bank", "Some Bank", "de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("bank", "工商银行", "4111-1111-1111-1111", "4111111111111111"),
        ("bank", "Some Bank", "12-34567", "1234567"),
        ("wallet", "Alipay", "+86 138 0000 0000", "+8613800000000"),
        ("wallet", "Alipay", "li.na:2@mail.example", "li.na:2@mail.example"),
    ],
)
def test_who_pays_is_told_the_number_alone(method: str, institution: str, number: str, paid_to: str) -> None:
    spelling = rules.normalised(method, institution, number)
    assert spelling is not None
    assert rules.number_in(spelling) == paid_to


@pytest.mark.parametrize(
    ("method", "institution", "number", "spelling"),
    [
        ("bank", "Some Bank", "DE89 3704 0044 0532 0130 00", "iban:DE89370400440532013000"),
        ("bank", "another name", "de89370400440532013000", "iban:DE89370400440532013000"),
        ("bank", "ICBC", "6222 0212 3456 7890 128", "card:6222021234567890128"),
        ("bank", "工商银行", "６２２２０２１２３４５６７８９０１２８", "card:6222021234567890128"),  # full width
        ("bank", "ICBC", "6222021234567890129", "bank:icbc:6222021234567890129"),  # no card: its sum is wrong
        ("bank", "I.C.B.C. ", "12-34 567", "bank:icbc:1234567"),
        ("bank", "icbc", "1234567", "bank:icbc:1234567"),
        ("wallet", "Alipay", " Ada@Example.COM", "wallet:alipay:ada@example.com"),
        ("wallet", "alipay", "+86 138-0000 0000", "wallet:alipay:+8613800000000"),
        ("wallet", "alipay", "+86 (138) 0000.0000", "wallet:alipay:+8613800000000"),
        ("wallet", "Ａlipay", "ａda", "wallet:alipay:ada"),
        ("bank", "ICBC", "4111111111111111", "card:4111111111111111"),
        ("bank", "ICBC", "411111111111116", "bank:icbc:411111111111116"),  # 15 digits are no card here
        ("bank", "ICBC", "00000000000000000000", "bank:icbc:00000000000000000000"),  # nor are 20
        ("bank", "ICBC", "0000000000000000000", "card:0000000000000000000"),
        ("wallet", "WeChat", "ADA_1999", "wallet:wechat:ada_1999"),
        ("wallet", "Alipay", "2088123412341234", "wallet:alipay:2088123412341234"),
    ],
)
def test_one_spelling(method: str, institution: str, number: str, spelling: str) -> None:
    assert rules.normalised(method, institution, number) == spelling


@pytest.mark.parametrize(
    ("method", "institution", "number", "code"),
    [
        ("cheque", "A", "12345", "method_unknown"),
        ("bank", "", "12345", "institution_invalid"),
        ("bank", "\n", "12345", "institution_invalid"),
        ("bank", "---", "12345", "institution_invalid"),
        ("bank", "A", None, "number_missing"),
        ("wallet", "A", None, "number_missing"),
        ("cash", "Hamburg", "12345", "number_unexpected"),
        ("bank", "A", "1234", "number_invalid"),
        ("bank", "A", "1" * 35, "number_invalid"),
        ("bank", "A", "12345\u00e9", "number_invalid"),
        ("bank", "A" * 80, "1" * 34, None),
        ("bank", "A" * 81, "12345", "institution_invalid"),
        ("cheque" * 9, "A", "12345", "method_unknown"),
        ("bank", "A", "12345", None),
        ("bank", "A", "DE89370400440532013001", "number_checksum"),
        ("wallet", "A", "13800000000", "number_without_country"),
        ("wallet", "A", "138 0000 0000", "number_without_country"),
        ("wallet", "A", "1" * 15, "number_without_country"),
        ("wallet", "A", "1" * 16, None),  # a wallet's own number
        ("wallet", "A", "ab", "number_invalid"),
        ("wallet", "A", "abc", None),
        ("wallet", "A", "+86 1", "number_invalid"),
        ("wallet", "A", "a@b@c", "number_invalid"),
    ],
)
def test_what_is_no_account_is_refused(method: str, institution: str, number: str | None, code: str) -> None:
    assert refused(lambda: rules.normalised(method, institution, number)) == code


def test_a_place_for_cash_is_nobodys_account() -> None:
    assert rules.normalised("cash", "Hamburg", None) is None
    assert rules.hashed(KEY, "cash", "Hamburg", None) is None


def test_the_hash_is_the_same_for_one_account_and_needs_the_key() -> None:
    one = rules.hashed(KEY, "bank", "ICBC", "6222 0212 3456 7890 128")
    assert one == rules.hashed(KEY, "bank", "工商银行", "6222021234567890128")
    assert one != rules.hashed(KEY, "bank", "ICBC", "6222 0212 3456 7890 110")
    assert one != rules.hashed(bytes(32), "bank", "ICBC", "6222 0212 3456 7890 128")
    assert one is not None
    assert len(one) == 64


@given(st.text("0123456789", min_size=6, max_size=15), st.data())
def test_gaps_never_make_two_accounts_of_one(digits: str, data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.sampled_from(["", " ", "-", "\u00a0", "\u3000"]), min_size=15, max_size=15))
    written = "".join(digit + gap for digit, gap in zip(digits, gaps, strict=False))
    assert rules.normalised("bank", "A", written) == rules.normalised("bank", "a", digits)


@pytest.mark.parametrize(
    ("holder", "verified", "score"),
    [("王小明", "Wang Xiaoming", 100), ("ADA LOVELACE", "Lovelace Ada", 100), ("Ada", None, None)],
)
def test_names_are_compared_whatever_their_order_case_and_script(
    holder: str, verified: str | None, score: int | None
) -> None:
    assert rules.name_score(holder, verified) == score


def test_both_sides_of_the_names_boundary() -> None:
    assert rules.is_verified(85, 85)
    assert not rules.is_verified(84, 85)
    assert not rules.is_verified(None, 50), "nobody has verified a name to compare with"
    score = rules.name_score("Bob Miller", "Ada Lovelace")
    assert score is not None
    assert score < 50


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Attestation("Other", "own_statement", date(1900, 1, 1), None), "since_impossible"),  # a sentinel
        (Attestation("Other", "own_statement", date(2009, 1, 2), None), "since_impossible"),
        (Attestation("Other", "own_statement", date(2026, 11, 25), None), "since_impossible"),
        (Attestation("", "own_statement", None, None), "platform_invalid"),
        (Attestation(" ", "own_statement", None, None), "platform_invalid"),
        (Attestation("x" * 101, "own_statement", None, None), "platform_invalid"),
        (Attestation("Other\n", "own_statement", None, None), "platform_invalid"),
        (Attestation("Other", "rumour", None, None), "source_unknown"),
        (Attestation("Other", "document", None, None), "reference_missing"),
        (Attestation("Other", "document", None, " "), "reference_missing"),
        (Attestation("Other", "own_statement", None, "x" * 201), "reference_invalid"),
        (Attestation("Other", "own_statement", None, "a\nb"), "reference_invalid"),
        (Attestation("x", "own_statement", date(2009, 1, 3), "x" * 200), None),
        (Attestation("x" * 100, "other_platform", date(2026, 11, 24), "x"), None),
    ],
)
def test_what_is_no_attestation(said: Attestation, code: str) -> None:
    assert refused(lambda: rules.check_attestation(said, NOW)) == code


@pytest.mark.parametrize("since", [None, date(2009, 1, 3), date(2026, 11, 24)])
def test_an_attestation(since: date | None) -> None:
    rules.check_attestation(Attestation("Other", "own_statement", since, None), NOW)
    rules.check_attestation(Attestation("Other", "document", since, "doc-1"), NOW)


@pytest.mark.parametrize(
    ("score", "least", "verified"), [(85, 85, True), (84, 85, False), (None, 0, False), (100, 85, True)]
)
def test_a_name_is_verified_from_the_policys_score_on(score: int | None, least: int, verified: bool) -> None:
    assert rules.is_verified(score, least) is verified


def _account(**changes: object) -> rules.Account:
    fields: dict[str, object] = {
        "id": "pac_1", "party_id": "cus_1", "method": "bank", "institution": "Some Bank", "hash": None, "sealed": None,
        "ending": None, "holder_name": "Li Na", "name_score": None, "verified": False, "attested_elsewhere": False,
        "first_at": NOW, "last_at": NOW, "retired_at": None,
    }  # fmt: skip
    return rules.Account(**{**fields, **changes})  # type: ignore[arg-type]


def test_an_account_that_was_retired_is_named_no_more() -> None:
    rules.check_open(_account())
    assert refused(lambda: rules.check_open(_account(retired_at=NOW))) == "account_retired"


@pytest.mark.parametrize(
    ("source", "own", "said"),
    [
        ("own_statement", True, None),
        ("own_statement", False, None),
        ("document", False, None),
        ("document", True, "attestation_not_yours"),
        ("other_platform", True, "attestation_not_yours"),
    ],
)
def test_a_customer_speaks_for_themself_and_is_no_document(source: str, own: bool, said: str | None) -> None:
    assert refused(lambda: rules.check_attests(source, own)) == said


@pytest.mark.parametrize(
    ("holder", "right"),
    [("L", True), ("", False), ("n" * 200, True), ("n" * 201, False), (" Li Na", False), ("Li\nNa", False)],
)
def test_a_holders_name_is_what_the_bank_shows(holder: str, right: bool) -> None:
    assert refused(lambda: rules.check_holder(holder)) == (None if right else "holder_name_invalid")
