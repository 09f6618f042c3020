"""Standing withdrawals, as rules: due times, amounts, ceilings, what one text of terms covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.refusals import Malformed
from tidegate.codec import bip32, receiving
from tidegate.notifications import templates
from tidegate.policy import flow as policies
from tidegate.policy.pack import faults, parse
from tidegate.policy.standing_numbers import StandingNumbers, percent_share
from tidegate.withdrawals.standing import calendar, instruction, terms
from tidegate.withdrawals.standing.calendar import Schedule, next_due
from tidegate.withdrawals.standing.flow import _REFUSED
from tidegate.withdrawals.standing.instruction import Go, Seen, Skip, Wait
from tidegate.withdrawals.standing.terms import Amount, Ceiling, Crossing, Place, Terms, Threshold

NUMBERS = StandingNumbers(10, 1, 300, 60, 24)
A, B = "0x8617E340B3D01FA5F11F306F4090FD50E238070D", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
TERMS = Terms(
    "USDT@evm-local",
    Schedule("day", "12:00", "UTC"),
    Amount("fixed", units=10),
    0,
    0,
    None,
    Ceiling(5, None),
    (Place("adr_1", A, ""),),
    None,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- when --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        # Every day, in UTC and elsewhere.
        (Schedule("day", "09:00", "UTC"), "2026-11-24 08:59:59", "2026-11-24 09:00"),
        (Schedule("day", "09:00", "UTC"), "2026-11-24 09:00:00", "2026-11-25 09:00"),
        (Schedule("day", "09:00", "Europe/Berlin"), "2026-11-24 08:00", "2026-11-25 08:00"),
        (Schedule("day", "09:00", "Europe/Berlin"), "2026-06-24 06:00", "2026-06-24 07:00"),
        (Schedule("day", "00:30", "Asia/Shanghai"), "2026-11-24 16:29", "2026-11-24 16:30"),
        (Schedule("day", "23:45", "Asia/Kathmandu"), "2026-11-24 17:59", "2026-11-24 18:00"),
        # A time that the clock leaves out is taken by the offset before it.
        (Schedule("day", "02:30", "Europe/Berlin"), "2026-03-28 12:00", "2026-03-29 01:30"),
        (Schedule("day", "02:30", "Europe/Berlin"), "2026-03-29 01:30", "2026-03-30 00:30"),
        (Schedule("day", "02:30", "America/New_York"), "2026-03-08 00:00", "2026-03-08 07:30"),
        # A time that comes twice is its first.
        (Schedule("day", "02:30", "Europe/Berlin"), "2026-10-24 12:00", "2026-10-25 00:30"),
        (Schedule("day", "02:30", "Europe/Berlin"), "2026-10-25 00:30", "2026-10-26 01:30"),
        (Schedule("day", "01:30", "America/New_York"), "2026-11-01 00:00", "2026-11-01 05:30"),
        # Half an hour's change, and a day that an island left out.
        (Schedule("day", "02:15", "Australia/Lord_Howe"), "2026-10-03 12:00", "2026-10-03 15:45"),
        (Schedule("day", "10:00", "Pacific/Apia"), "2011-12-29 20:00", "2011-12-30 20:00"),
        (Schedule("day", "10:00", "Pacific/Apia"), "2011-12-30 20:00", "2011-12-31 20:00"),
        # Every week: 2026-11-24 is a Tuesday.
        (Schedule("week", "09:00", "UTC", weekday=2), "2026-11-24 08:00", "2026-11-24 09:00"),
        (Schedule("week", "09:00", "UTC", weekday=2), "2026-11-24 09:00", "2026-12-01 09:00"),
        (Schedule("week", "09:00", "UTC", weekday=1), "2026-11-24 08:00", "2026-11-30 09:00"),
        (Schedule("week", "01:00", "Asia/Tokyo", weekday=3), "2026-11-24 12:00", "2026-11-24 16:00"),
        # Every month, and days that not every month has.
        (Schedule("month", "09:00", "UTC", day=1), "2026-11-24 08:00", "2026-12-01 09:00"),
        (Schedule("month", "09:00", "UTC", day=31), "2026-11-24 08:00", "2026-11-30 09:00"),
        (Schedule("month", "09:00", "UTC", day=31), "2026-11-30 09:00", "2026-12-31 09:00"),
        (Schedule("month", "09:00", "UTC", day=30), "2027-02-01 00:00", "2027-02-28 09:00"),
        (Schedule("month", "09:00", "UTC", day=29), "2028-02-01 00:00", "2028-02-29 09:00"),
        (Schedule("month", "09:00", "UTC", day=28), "2027-01-28 09:00", "2027-02-28 09:00"),
        (Schedule("month", "23:00", "America/New_York", day=31), "2026-12-31 12:00", "2027-01-01 04:00"),
    ],
)
def test_when_a_schedule_is_due(schedule: Schedule, after: str, due: str) -> None:
    calendar.check(schedule)
    assert next_due(schedule, at(after)) == at(due)


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"]


@given(
    zone=st.sampled_from(ZONES),
    minute=st.integers(0, 24 * 60 - 1),
    every=st.sampled_from(["day", "week", "month"]),
    n=st.integers(1, 31),
    after=st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)),
)
def test_due_times_only_rise_and_none_is_left_out(zone: str, minute: int, every: str, n: int, after: datetime) -> None:
    s = Schedule(
        every,
        f"{minute // 60:02}:{minute % 60:02}",
        zone,
        weekday=(n - 1) % 7 + 1 if every == "week" else None,
        day=n if every == "month" else None,
    )
    now = after.replace(tzinfo=UTC)
    first = next_due(s, now)
    assert now < first
    longest = {"day": 2, "week": 8, "month": 32}[every]
    assert first - now <= timedelta(days=longest)
    second = next_due(s, first)
    assert second > first
    between = first + (second - first) / 2
    assert next_due(s, between) == second
    assert next_due(s, first - timedelta(microseconds=1)) == first


@pytest.mark.parametrize(
    ("schedule", "code"),
    [
        (Schedule("year", "09:00", "UTC"), "every_unknown"),
        (Schedule("day", "09:00", "UTC", day=1), "day_invalid"),
        (Schedule("day", "09:00", "UTC", weekday=1), "weekday_invalid"),
        (Schedule("week", "09:00", "UTC"), "weekday_invalid"),
        (Schedule("week", "09:00", "UTC", weekday=0), "weekday_invalid"),
        (Schedule("week", "09:00", "UTC", weekday=8), "weekday_invalid"),
        (Schedule("month", "09:00", "UTC"), "day_invalid"),
        (Schedule("month", "09:00", "UTC", day=0), "day_invalid"),
        (Schedule("month", "09:00", "UTC", day=32), "day_invalid"),
        *[
            (Schedule("day", text, "UTC"), "time_of_day_invalid")
            for text in ("24:00", "12:60", "9:00", "0900", "12:00:00", "１２:00", "-1:00", "", "ab:cd")
        ],
        *[
            (Schedule("day", "09:00", zone), "zone_unknown")
            for zone in ("CET", "EST5EDT", "Mars/Olympus", "../etc/passwd", "Europe/../UTC", "", "/UTC", "Europe/")
        ],
    ],
)
def test_a_schedule_that_means_nothing_is_refused(schedule: Schedule, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        calendar.check(schedule)
    assert caught.value.code == code
    assert (caught.value.field or "").startswith("trigger.")


# --- how much ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "available", "fee", "expected"),
    [
        ({}, 10, 1, Go(10, 5)),
        ({}, 9, 1, "not_enough"),
        ({"keep_units": 1}, 10, 1, "not_enough"),
        ({"keep_units": 1}, 11, 1, Go(10, 5)),
        ({"amount": Amount("all")}, 11, 1, Go(11, 5)),
        ({"amount": Amount("all"), "keep_units": 9}, 11, 1, Go(2, 5)),
        ({"amount": Amount("all"), "keep_units": 10}, 11, 1, "not_enough"),
        ({"amount": Amount("all"), "keep_units": 20}, 11, 1, "not_enough"),
        ({"amount": Amount("all"), "most_units": 7}, 11, 1, Go(7, 5)),
        ({"amount": Amount("all"), "least_units": 11}, 11, 1, Go(11, 5)),
        ({"amount": Amount("all"), "least_units": 12}, 11, 1, "not_enough"),
        ({"amount": Amount("percent", share=3333)}, 100, 1, Go(33, 5)),
        ({"amount": Amount("percent", share=10_000)}, 100, 1, Go(100, 5)),
        ({"amount": Amount("percent", share=5_000), "keep_units": 60}, 100, 1, Go(40, 5)),
        ({"amount": Amount("percent", share=1)}, 100, 0, "not_enough"),
        ({}, 10, 5, Go(10, 5)),
        ({}, 10, 6, "fee_above_ceiling"),
        ({"ceiling": Ceiling(None, 5_000)}, 10, 5, Go(10, 5)),
        ({"ceiling": Ceiling(None, 4_999)}, 10, 5, "fee_above_ceiling"),
        ({"ceiling": Ceiling(0, None)}, 10, 0, Go(10, 0)),
    ],
)
def test_how_much_a_run_takes(more: dict[str, Any], available: int, fee: int, expected: Go | str) -> None:
    got = instruction.take(replace(TERMS, **more), Seen(available, fee, None))
    assert got == expected or (isinstance(got, Skip | Wait) and got.reason == expected)


@given(
    st.sampled_from([Amount("fixed", units=10), Amount("all"), Amount("percent", share=777)]),
    st.integers(0, 10**30),
    st.integers(0, 10**30),
    st.integers(0, 100),
    st.integers(0, 10**6),
    st.one_of(st.none(), st.integers(1, 10**25)),
)
def test_never_more_than_keep_back_and_terms_allow(
    amount: Amount, available: int, keep: int, fee: int, least: int, most: int | None
) -> None:
    t = replace(TERMS, amount=amount, keep_units=keep, least_units=least, most_units=most)
    got = instruction.take(t, Seen(available, fee, None))
    if isinstance(got, Go):
        assert got.units <= available - keep
        assert got.units <= t.bound
        assert max(fee, least - 1) < got.units
        assert terms.covers(t, t.asset, A, "", got.units, None)


def test_a_price_counts_only_where_every_source_sees_it() -> None:
    above, below = Crossing("at_or_above", 100), Crossing("below", 100)
    assert [instruction.crossed(above, p) for p in (99, 100, 101)] == [False, True, True]
    assert [instruction.crossed(below, p) for p in (99, 100, 101)] == [True, False, False]
    assert instruction.most_doubtful(above, [90, 110]) == 90
    assert instruction.most_doubtful(below, [90, 110]) == 110
    assert instruction.most_doubtful(above, []) is None


# --- what is confirmed -------------------------------------------------------------------------------------------

ACCOUNT = bip32.derive(bip32.master(bytes(range(32))), "m/44'/60'/0'")


@pytest.mark.parametrize(
    "t",
    [
        TERMS,
        replace(TERMS, trigger=Threshold(2**70), most_units=2**200, keep_units=7, least_units=3),
        replace(TERMS, trigger=Crossing("below", 10**20), amount=Amount("percent", share=1)),
        replace(TERMS, trigger=Schedule("month", "23:59", "Asia/Tokyo", day=31), ceiling=Ceiling(None, 300)),
        replace(TERMS, places=(), xpub=ACCOUNT.xpub()),
        replace(TERMS, places=(Place("adr_1", A, ""), Place("adr_2", B, "memo"))),
    ],
)
def test_terms_come_back_to_the_letter(t: Terms) -> None:
    body = terms.body_of(t)
    assert terms.from_body(body) == t
    assert terms.body_of(terms.from_body(body)) == body


def test_the_hash_tells_everything_apart() -> None:
    body = terms.body_of(TERMS)
    said = [
        ("stw_1", "cus_1", 1, body),
        ("stw_2", "cus_1", 1, body),
        ("stw_1", "cus_2", 1, body),
        ("stw_1", "cus_1", 2, body),
        ("stw_1", "cus_1", 1, terms.body_of(replace(TERMS, keep_units=1))),
    ]
    assert len({terms.hash_of(*args) for args in said}) == len(said)


@pytest.mark.parametrize(
    ("asset", "address", "memo", "units", "expected"),
    [
        ("USDT@evm-local", A, "", 10, True),
        ("USDT@evm-local", A, "", 1, True),
        ("USDT@evm-local", A, "", 11, False),
        ("USDT@evm-local", A, "", 0, False),
        ("ETH@evm-local", A, "", 10, False),
        ("USDT@evm-local", B, "", 10, False),
        ("USDT@evm-local", A, "7", 10, False),
    ],
)
def test_what_terms_cover(asset: str, address: str, memo: str, units: int, expected: bool) -> None:
    assert terms.covers(TERMS, asset, address, memo, units, None) is expected


def test_a_key_covers_the_address_of_its_number_only() -> None:
    t = replace(TERMS, places=(), xpub=ACCOUNT.xpub())
    first, second = (terms.account(t).address(n) for n in (0, 1))
    assert terms.covers(t, t.asset, first, "", 10, 0)
    for address, memo, index in ((first, "", 1), (second, "", 0), (first, "", None), (first, "7", 0), (A, "", 0)):
        assert not terms.covers(t, t.asset, address, memo, 10, index)


def test_who_fights() -> None:
    fixed, other = TERMS, replace(TERMS, asset="ETH@evm-local")
    assert not terms.fights(fixed, fixed)
    for more in ({"trigger": Threshold(1)}, {"amount": Amount("all")}, {"keep_units": 1}):
        greedy = replace(TERMS, **more)  # type: ignore[arg-type]
        assert terms.fights(greedy, fixed)
        assert terms.fights(fixed, greedy)
        assert not terms.fights(greedy, other)


# --- keys --------------------------------------------------------------------------------------------------------

ZPUB = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs"
"""The account of the vector that BIP-84 publishes."""

XPUB = "xpub6BosfCnifzxcFwrSzQiqu2DBVTshkCXacvNsWGYJVVhhawA7d4R5WSWGFNbi8Aw6ZRc1brxMyWMzG3DSSSSoekkudhUd9yLb6qx39T9nMdj"
"""Account m/44'/0'/0' of the phrase "abandon … about", whose addresses many wallets publish."""


def test_addresses_of_bip_84() -> None:
    account = receiving.read(ZPUB, "bitcoin")
    assert account.address(0) == "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
    assert account.address(1) == "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g"


def test_addresses_of_an_evm_account_are_those_of_its_keys() -> None:
    account = receiving.read(ACCOUNT.xpub(), "evm")
    for n in (0, 1, 19):
        key = bip32.derive(bip32.master(bytes(range(32))), f"m/44'/60'/0'/0/{n}")
        assert account.address(n).lower() == "0x" + bip32.evm_address_of(key.public).hex()


def test_an_xpub_of_bitcoin_makes_addresses_by_the_keys_hash() -> None:
    assert receiving.read(XPUB, "bitcoin").address(0) == "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA"


@pytest.mark.parametrize(
    ("text", "family", "error"),
    [
        (ACCOUNT.xprv(), "evm", receiving.PrivateKeyGiven),
        (ACCOUNT.xprv(), "tron", receiving.PrivateKeyGiven),
        (ACCOUNT.xpub(), "tron", bip32.BadKey),
        (ACCOUNT.xpub(), "bitcoin-testnet", bip32.BadKey),
        (ZPUB, "evm", bip32.BadKey),
        (bip32.master(bytes(32)).xpub(), "evm", bip32.BadKey),
        (bip32.derive(bip32.master(bytes(32)), "m/44'/60'/0'/0").xpub(), "evm", bip32.BadKey),
        (ACCOUNT.xpub()[:-1] + "1", "evm", bip32.BadKey),
        ("", "evm", bip32.BadKey),
        ("xpub", "evm", bip32.BadKey),
    ],
)
def test_what_is_no_account_key_is_refused_without_repeating_it(text: str, family: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        receiving.read(text, family)
    assert not text or len(text) < 8 or text[:8] not in str(caught.value)


# --- numbers, words ----------------------------------------------------------------------------------------------


def test_the_shipped_packs_say_what_the_rulebook_says() -> None:
    for name in ("default", "demo"):
        n = parse(policies.shipped(name)).standing
        assert (n.most, n.per_asset, n.fee_share) == (10, 1, 300)


@pytest.mark.parametrize(
    "change",
    [{"most": 0}, {"per_asset": "1"}, {"fee_percent": 3}, {"fee_percent": "3.001"}, {"fee_percent": "101"}, {"x": 1}],
)
def test_a_wrong_section_is_named(change: dict[str, object]) -> None:
    section = {**policies.shipped("demo")["standing"], **change}  # type: ignore[dict-item]
    found = faults({**policies.shipped("demo"), "standing": section})
    assert [fault.field for fault in found] == [f"standing.{next(iter(change))}"]


@pytest.mark.parametrize(
    ("text", "share"),
    [("3", 300), ("0.5", 50), ("12.34", 1234), ("100", 10_000), ("0", 0), ("100.01", None), ("1.234", None),
     ("-1", None), ("1e1", None), ("", None), ("03", None), ("٣", None)],
)  # fmt: skip
def test_percentages(text: str, share: int | None) -> None:
    assert percent_share(text) == share
    if share:
        assert percent_share(terms.percent_text(share)) == share


def test_every_reason_has_words_in_both_languages() -> None:
    codes = {"no_price", "not_enough", "fee_above_ceiling", "over_limit", "declined", "address_refused", "paused"}
    codes |= {"customer", "deleted", "not_confirmed", "code_tries_used_up", "security_event", "changed", "not_decided"}
    assert codes | set(_REFUSED.values()) == set(templates.STANDING)
    for text in templates.STANDING.values():
        assert any("一" <= letter <= "鿿" for letter in text.zh)
        assert text.en.endswith(".")
