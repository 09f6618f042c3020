"""Standing withdrawals, as rules: due times, amounts, ceilings, what one text of terms covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal_kit import refused

from tidegate.codec import bip32, receiving
from tidegate.notifications import templates
from tidegate.policy import flow as policies
from tidegate.policy.pack import faults, parse
from tidegate.policy.standing_numbers import StandingNumbers, percent_share
from tidegate.withdrawals.standing import calendar, instruction, terms
from tidegate.withdrawals.standing.calendar import Schedule, next_due
from tidegate.withdrawals.standing.flow.running import _REFUSED
from tidegate.withdrawals.standing.instruction import Go, Instruction, Seen, Skip, Wait
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
    assert refused(lambda: calendar.check(schedule)) == code


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


# --- an instruction's life ---------------------------------------------------------------------------------------

NOW = at("2026-11-24 12:00")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def active(**more: Any) -> Instruction:
    """Active since yesterday, looked at now, nothing due."""
    blank: dict[str, Any] = dict.fromkeys(Instruction.__dataclass_fields__)
    known = {
        "id": "stw_1",
        "party_id": "cus_1",
        "status": "active",
        "version": 1,
        "tries": 0,
        "alarms": 0,
        "next_at": NOW,
        "armed": True,
        "blind": False,
        "runs": 4,
        "place": 2,
        "skips": 1,
        "failures": 2,
        "created_at": NOW - DAY,
        "changed_at": NOW - DAY,
        "approved_at": NOW - DAY,
    }
    return Instruction(**{**blank, **known, **more})


THRESHOLD = replace(TERMS, trigger=Threshold(100), amount=Amount("all"), keep_units=50)
PRICE = replace(TERMS, trigger=Crossing("at_or_above", 100))


@pytest.mark.parametrize(
    ("i", "t", "seen", "expected"),
    [
        # A schedule: due from its time on.
        (active(due_at=NOW), TERMS, Seen(10, 1, None), "go"),
        (active(due_at=NOW + MINUTE), TERMS, Seen(10, 1, None), "idle"),
        (active(due_at=NOW), TERMS, Seen(9, 1, None), "not_enough"),
        (active(due_at=NOW), TERMS, Seen(10, 6, None), "fee_above_ceiling"),
        # A threshold: armed, or rested for a day.
        (active(), THRESHOLD, Seen(100, 1, None), "go"),
        (active(), THRESHOLD, Seen(99, 1, None), "idle"),
        (active(due_at=NOW), THRESHOLD, Seen(99, 1, None), "idle"),
        (active(armed=False, last_at=NOW - DAY), THRESHOLD, Seen(100, 1, None), "go"),
        (active(armed=False, last_at=NOW - DAY + MINUTE), THRESHOLD, Seen(100, 1, None), "idle"),
        (active(armed=False, last_at=NOW, due_at=NOW), THRESHOLD, Seen(100, 1, None), "go"),
        # A price: once per crossing; nobody sees it, and one line says so.
        (active(), PRICE, Seen(10, 1, 100), "go"),
        (active(), PRICE, Seen(10, 1, 99), "idle"),
        (active(armed=False, last_at=NOW - 9 * DAY), PRICE, Seen(10, 1, 100), "idle"),
        (active(), PRICE, Seen(10, 1, None), "no_price"),
        (active(blind=True), PRICE, Seen(10, 1, None), "idle"),
        (active(due_at=NOW), PRICE, Seen(10, 1, None), "go"),
    ],
)
def test_what_a_look_finds(i: Instruction, t: Terms, seen: Seen, expected: str) -> None:
    got = instruction.look(i, t, seen, NUMBERS, NOW)
    assert (got.reason if isinstance(got, Skip | Wait) else type(got).__name__.lower()) == expected


def test_after_a_look_that_found_nothing() -> None:
    i = active(due_at=NOW + DAY, armed=False, blind=True, waiting_for="x", wait_until=NOW)
    after = instruction.idled(i, TERMS, Seen(0, 1, None), NUMBERS, NOW)
    assert (after.next_at, after.due_at, after.armed, after.blind, after.failures) == (
        NOW + DAY,
        NOW + DAY,
        False,
        True,
        0,
    )
    assert (after.waiting_for, after.wait_until) == (None, None)
    low = instruction.idled(replace(i, due_at=NOW), THRESHOLD, Seen(99, 1, None), NUMBERS, NOW)
    assert (low.next_at, low.due_at, low.armed) == (NOW + MINUTE, None, True)
    assert not instruction.idled(i, THRESHOLD, Seen(100, 1, None), NUMBERS, NOW).armed
    for price, armed, blind in ((99, True, False), (100, False, False), (None, False, True)):
        seen = instruction.idled(i, PRICE, Seen(10, 1, price), NUMBERS, NOW)
        assert (seen.armed, seen.blind, seen.next_at) == (armed, blind, NOW + MINUTE)


def test_a_run_waits_until_the_next_is_due() -> None:
    first = instruction.waits(active(due_at=NOW), TERMS, "fee_above_ceiling", NUMBERS, NOW)
    assert first is not None
    assert (first.due_at, first.next_at, first.waiting_for, first.wait_until, first.failures) == (
        NOW,
        NOW + MINUTE,
        "fee_above_ceiling",
        NOW + DAY,
        0,
    )
    later = NOW + DAY - MINUTE / 2
    last = instruction.waits(first, TERMS, "fee_above_ceiling", NUMBERS, later)
    assert last is not None
    assert (last.next_at, last.wait_until) == (NOW + DAY, NOW + DAY)
    assert instruction.waits(last, TERMS, "fee_above_ceiling", NUMBERS, NOW + DAY) is None
    price = instruction.waits(active(), PRICE, "fee_above_ceiling", NUMBERS, NOW)
    assert price is not None
    assert (price.due_at, price.wait_until) == (NOW, NOW + DAY)


KEY = replace(TERMS, places=(), xpub=ACCOUNT.xpub())
THREE = replace(TERMS, places=tuple(Place(f"adr_{n}", A, "") for n in range(3)))


@pytest.mark.parametrize(
    ("t", "own", "next_at", "armed"),
    [
        (TERMS, True, NOW + DAY, False),
        (TERMS, False, NOW + DAY, False),
        (THRESHOLD, True, NOW + MINUTE, False),
        (THRESHOLD, False, NOW + DAY, True),
        (PRICE, True, NOW + MINUTE, False),
        (PRICE, False, NOW + MINUTE, False),
    ],
)
def test_after_a_run(t: Terms, own: bool, next_at: datetime, armed: bool) -> None:
    i = active(due_at=NOW, waiting_for="x", wait_until=NOW)
    after = instruction.ran(i, t, NUMBERS, NOW, made=True, moved_on=True, own=own)
    assert (after.next_at, after.armed, after.runs, after.skips, after.failures) == (next_at, armed, 5, 0, 0)
    assert (after.last_at, after.waiting_for, after.wait_until) == (NOW, None, None)
    assert after.due_at == (NOW + DAY if t is TERMS else None)
    skipped = instruction.ran(i, t, NUMBERS, NOW, made=False, moved_on=False, own=False)
    assert (skipped.runs, skipped.skips, skipped.place) == (5, 2, 2)


def test_whose_turn_is_next() -> None:
    def place(t: Terms, moved_on: bool) -> int:
        return instruction.ran(active(), t, NUMBERS, NOW, made=True, moved_on=moved_on, own=True).place

    assert [place(KEY, True), place(KEY, False)] == [3, 2]
    assert [place(THREE, True), place(THREE, False)] == [0, 2]


def test_going_blind_keeps_the_crossing() -> None:
    after = instruction.went_blind(active(), NUMBERS, NOW)
    assert (after.next_at, after.blind, after.armed, after.runs, after.skips) == (NOW + MINUTE, True, True, 5, 2)
    assert (after.failures, after.last_at) == (0, None)


def test_beginning_and_stopping() -> None:
    i = active(status="paused", reason="customer", due_at=NOW - DAY, next_at=None)
    begun = instruction.begun(i, TERMS, NOW)
    assert (begun.status, begun.reason, begun.due_at, begun.next_at) == ("active", None, NOW + DAY, NOW + DAY)
    assert (begun.skips, begun.failures, begun.changed_at) == (0, 0, NOW)
    assert instruction.begun(i, PRICE, NOW).next_at == NOW
    assert instruction.begun(i, PRICE, NOW).due_at is None
    waiting = active(due_at=NOW, waiting_for="x", wait_until=NOW)
    stopped = instruction.stopped(waiting, instruction.Status.PAUSED, "customer", NOW)
    assert (stopped.status, stopped.reason, stopped.next_at, stopped.due_at) == ("paused", "customer", None, NOW)
    assert (stopped.waiting_for, stopped.wait_until, stopped.changed_at) == (None, None, NOW)


def test_room_among_others() -> None:
    others = [replace(TERMS, asset=f"C{n}@evm-local") for n in range(10)]
    instruction.check_room(TERMS, others[:9], NUMBERS)
    for taken, code in ((others, "standing_too_many"), ([TERMS], "standing_asset_taken")):
        assert refused(instruction.check_room, TERMS, taken, NUMBERS) == code
    two = replace(NUMBERS, per_asset=2)
    assert refused(instruction.check_room, TERMS, [THRESHOLD], two) == "standing_would_fight"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, None),
        ({"amount": Amount("fixed", units=2)}, None),
        ({"amount": Amount("fixed", units=1)}, "amount_not_above_fee"),
        ({"amount": Amount("percent", share=10_000)}, None),
        ({"amount": Amount("percent", share=1)}, None),
        ({"amount": Amount("percent", share=0)}, "percent_invalid"),
        ({"amount": Amount("percent", share=10_001)}, "percent_invalid"),
        ({"amount": Amount("all"), "most_units": 2}, None),
        ({"amount": Amount("all"), "most_units": 1}, "most_too_low"),
        ({"least_units": 10}, None),
        ({"least_units": 11}, "most_too_low"),
        ({"ceiling": Ceiling(None, 300)}, None),
        ({"ceiling": Ceiling(None, 301)}, "fee_ceiling_too_high"),
        ({"trigger": Threshold(52), "keep_units": 50}, None),
        ({"trigger": Threshold(51), "keep_units": 50}, "threshold_too_low"),
        ({"trigger": Threshold(60), "keep_units": 50, "least_units": 10}, None),
        ({"trigger": Threshold(59), "keep_units": 50, "least_units": 10}, "threshold_too_low"),
        ({"trigger": Crossing("below", 1)}, None),
        ({"trigger": Crossing("below", 0)}, "price_zero"),
        ({"trigger": Schedule("never", "12:00", "UTC")}, "every_unknown"),
        ({"places": tuple(Place(f"adr_{n}", A, "") for n in range(20))}, None),
        ({"places": tuple(Place(f"adr_{n}", A, "") for n in range(21))}, "addresses_invalid"),
        ({"places": (Place("adr_1", A, ""), Place("adr_1", A, ""))}, "addresses_invalid"),
        ({"places": (), "xpub": ACCOUNT.xpub()}, None),
        ({"places": (), "xpub": "xpub"}, "xpub_invalid"),
        ({"places": (), "xpub": ACCOUNT.xprv()}, "xpub_is_private"),
    ],
)
def test_which_terms_can_be_confirmed(more: dict[str, Any], code: str | None) -> None:
    t = replace(TERMS, **more)
    if code is None:
        terms.check(t, NUMBERS, 1)
    else:
        assert refused(lambda: terms.check(t, NUMBERS, 1)) == code


def test_a_destination_is_the_same_where_it_adds_nothing() -> None:
    two = replace(TERMS, places=(Place("adr_1", A, ""), Place("adr_2", B, "")))
    assert terms.same_destination(two, TERMS)
    assert not terms.same_destination(TERMS, two)
    assert terms.same_destination(KEY, KEY)
    assert not terms.same_destination(TERMS, KEY)
    assert not terms.same_destination(KEY, TERMS)
