"""Screening on a real database: what resembles what, what is ours, histories of lists, warnings, allow-lists."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import LiteralString

import psycopg
import pytest
from house import HOT, NETWORK, RECEIVER, START, Customer, House, furnish
from real_data import data

from tidegate.base.refusals import Conflict, Malformed, NotFound
from tidegate.codec.evm_address import checksum
from tidegate.custody import flow as custody
from tidegate.db import Conn, act, rows
from tidegate.policy.screening_numbers import LookAlike
from tidegate.screening import flow as screening
from tidegate.screening import lookalike
from tidegate.screening.address import judge
from tidegate.screening.store import OwnAddress, listed, resembling

NUMBERS = LookAlike(lead=3, tail=3, score=6, one_end=7)


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def evm(digits: str) -> str:
    return checksum(bytes.fromhex(digits))


def twin(address: str, ends: int = 4, fill: str = "7") -> str:
    """An address that begins and ends like another one, as a thief would make it."""
    digits = address[2:].lower()
    return evm(digits[:ends] + fill * (40 - 2 * ends) + digits[-ends:])


def saved(house: House, who: Customer, address: str, label: str = "mine") -> screening.SavedAddress:
    with act(house.conn, who.id, house.now) as tx:
        return screening.save(tx, who.id, NETWORK, address, "", label, "unknown")[0]


def named(house: House, who: Customer, address: str) -> screening.SavedAddress:
    """The destination as a batch sees it: from the book, or new."""
    found, _ = screening.entries_for(house.conn, [(who.id, NETWORK, address, "")], house.now)
    return found[who.id, NETWORK, address, ""]


def resembles(house: House, who: Customer, address: str) -> lookalike.Likeness | None:
    entry = named(house, who, address)
    return screening.look_alikes(house.conn, [entry], NUMBERS).get((who.id, NETWORK, address))


# Look-alikes.


def test_a_poisoned_twin_of_a_saved_address_is_found(house: House) -> None:
    who = house.customer()
    saved(house, who, RECEIVER)
    like = resembles(house, who, twin(RECEIVER))
    assert like is not None
    assert (like.known.address, like.known.whose, like.lead, like.tail) == (RECEIVER, "customer", 4, 4)
    assert resembles(house, who, RECEIVER) is None
    assert resembles(house, who, evm("12" * 20)) is None


def test_what_another_customer_uses_is_not_known_to_this_one(house: House) -> None:
    saved(house, house.customer(), RECEIVER)
    assert resembles(house, house.customer(), twin(RECEIVER)) is None


def test_a_twin_in_the_book_is_still_a_twin_until_it_was_paid(house: House) -> None:
    """People copy poison into their books too: only a payment that arrived makes an address trusted."""
    who = house.customer()
    saved(house, who, RECEIVER)
    house.wait(hours=1)
    entry = saved(house, who, twin(RECEIVER), "copied from the history")
    assert resembles(house, who, twin(RECEIVER)) is not None
    assert resembles(house, who, RECEIVER) is None, "the older of the two is the genuine one"
    with act(house.conn, "test", house.now) as tx:
        screening.mark_paid(tx, entry.id)
    assert resembles(house, who, twin(RECEIVER)) is None


def test_an_older_entry_that_was_never_paid_resembles_a_younger_one_that_was(house: House) -> None:
    who = house.customer()
    saved(house, who, twin(RECEIVER))
    house.wait(hours=1)
    entry = saved(house, who, RECEIVER)
    assert resembles(house, who, twin(RECEIVER)) is None
    with act(house.conn, "test", house.now) as tx:
        screening.mark_paid(tx, entry.id)
    like = resembles(house, who, twin(RECEIVER))
    assert like is not None
    assert like.known.address == RECEIVER


def test_a_twin_of_our_hot_wallet_or_of_the_own_deposit_address_is_found(house: House) -> None:
    who, other = house.customer(), house.customer()
    mine = custody.deposit_address(house.conn, who.id, NETWORK, "test", house.now)
    theirs = custody.deposit_address(house.conn, other.id, NETWORK, "test", house.now)
    hot, own = resembles(house, who, twin(HOT)), resembles(house, who, twin(mine))
    assert hot is not None
    assert own is not None
    assert (hot.known.whose, own.known.whose) == ("hot", "deposit")
    assert resembles(house, who, twin(theirs)) is None


def test_who_sent_dust_to_a_deposit_address_is_not_known_for_it(house: House) -> None:
    """Poison is laid by sending something worthless to the victim. It must not become a used address by that."""
    who = house.customer()
    saved(house, who, RECEIVER)
    poison = twin(RECEIVER)
    mine = custody.deposit_address(house.conn, who.id, NETWORK, "test", house.now)
    wallet = next(w.id for w in custody.wallets(house.conn, NETWORK) if w.address == mine)
    for index, (claimed, status) in enumerate([(0, "refused"), (1, "credited")]):
        house.conn.execute(
            "INSERT INTO deposit (id, network, tx, index, block, block_hash, wallet_id, party_id, asset_id, sender,"
            " claimed, credited, status, seen_at, decided_at) VALUES (%s, %s, '0xd', %s, 9, '0xb', %s, %s, 1, %s,"
            " %s, %s, %s, %s, %s)",
            (
                f"dep_{index}",
                NETWORK,
                index,
                wallet,
                who.id,
                poison,
                claimed,
                claimed,
                status,
                house.now,
                house.now,
            ),
        )
    assert screening.book(house.conn, who.id)[0].address == RECEIVER
    like = resembles(house, who, poison)
    assert like is not None
    assert like.known.address == RECEIVER


def test_a_withdrawal_that_arrived_makes_an_address_known(house: House) -> None:
    who = house.customer(USDT=100 * 10**6)
    asked = house.asked(who, "5", RECEIVER)
    assert resembles(house, who, twin(RECEIVER)) is not None, "what was asked for is known too"
    assert asked.saved_address_id == named(house, who, RECEIVER).id


def test_a_batch_is_asked_in_one_statement(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [house.customer() for _ in range(5)]
    for who in people:
        saved(house, who, RECEIVER)
    entries = [named(house, who, twin(RECEIVER, 5, str(n % 10))) for n, who in enumerate(people)]
    asked: list[str] = []
    for file in (listed, resembling):
        monkeypatch.setattr(file, "rows", lambda *said: (asked.append(said[2]), rows(*said))[1])
    assert len(screening.look_alikes(house.conn, entries, NUMBERS)) == 5
    screening.own(house.conn, [(e.network, e.address) for e in entries])
    screening.hits(house.conn, [(e.network, e.address) for e in entries], house.now)
    assert len(asked) == 3


def test_sql_and_python_cut_an_address_at_the_same_places(house: House) -> None:
    texts = [
        HOT,
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
        "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
    ]
    rows = house.conn.execute("SELECT address_body(t) FROM unnest(%s::text[]) AS t", (texts,)).fetchall()
    assert [text for (text,) in rows] == [lookalike.body(text) for text in texts]


# What is ours.


def test_a_deposit_address_is_known_as_ours_on_its_network_and_elsewhere(house: House) -> None:
    who = house.customer()
    mine = custody.deposit_address(house.conn, who.id, NETWORK, "test", house.now)
    found = screening.own(house.conn, [(NETWORK, mine), ("ethereum", mine), (NETWORK, HOT), (NETWORK, RECEIVER)])
    deposit = OwnAddress(NETWORK, mine, "deposit", who.id)
    assert found == {
        (NETWORK, mine): [deposit],
        ("ethereum", mine): [deposit],
        (NETWORK, HOT): [OwnAddress(NETWORK, HOT, "hot", None)],
    }


def test_every_wallet_is_known_as_ours(house: House) -> None:
    for _ in range(3):
        custody.deposit_address(house.conn, house.customer().id, NETWORK, "test", house.now)
    wallets = [(w.network, w.address) for w in custody.wallets(house.conn, NETWORK)]
    assert len(wallets) == 4
    assert set(screening.own(house.conn, wallets)) == set(wallets)


# Lists: histories, bad files.

DAY = timedelta(days=1)
ONE, TWO, THREE = (evm(digit * 40) for digit in "123")
EVENTS = (
    "at,event,asset,address,name\n"
    f"2022-08-08T00:00:00Z,add,ETH,{ONE},First\n"
    f"2022-08-08T00:00:00Z,add,USDT,{ONE},First\n"
    f"2022-09-01T00:00:00Z,add,ETH,{TWO.lower()},Second\n"
    f"2023-01-01T00:00:00Z,remove,ETH,{ONE},\n"
    f"2023-02-01T00:00:00Z,remove,USDT,{ONE},\n"
    f"2023-03-01T00:00:00Z,add,ETH,{ONE},First again\n"
)


def on(house: House, address: str, *date: int, network: str = "ethereum") -> list[str]:
    at = datetime(*date, tzinfo=UTC)  # type: ignore[misc, arg-type]
    return [hit.entry for hit in screening.hits(house.conn, [(network, address)], at)[network, address]]


def test_a_history_answers_for_every_day(house: House) -> None:
    done = screening.import_list(house.conn, "ofac", EVENTS, "test", house.now, format="events")
    assert (done.imported, done.removed, done.quarantined) == (2, 0, ())
    assert on(house, ONE, 2022, 8, 7) == []
    assert on(house, ONE, 2022, 8, 8) == ["First"]
    assert on(house, ONE, 2023, 1, 15, network="bsc") == ["First"], "it stood under USDT still"
    assert on(house, ONE, 2023, 2, 1) == []
    assert on(house, ONE, 2023, 3, 1) == ["First again"]
    assert on(house, TWO, 2024, 1, 1) == ["Second"]


def test_the_same_history_again_changes_nothing_and_a_longer_one_goes_on(house: House) -> None:
    screening.import_list(house.conn, "ofac", EVENTS, "test", house.now, format="events")
    rows = "SELECT id, family, address, valid_from, valid_until FROM list_entry ORDER BY id"
    before = house.conn.execute(rows).fetchall()
    screening.import_list(house.conn, "ofac", EVENTS, "test", house.now + DAY, format="events")
    assert house.conn.execute(rows).fetchall() == before
    longer = EVENTS + f"2024-01-01T00:00:00Z,remove,ETH,{TWO},\n2024-01-02T00:00:00Z,add,ETH,{THREE},Third\n"
    with pytest.raises(Malformed, match="1 of 2"):
        screening.import_list(house.conn, "ofac", longer, "test", house.now + DAY, format="events")
    done = screening.import_list(house.conn, "ofac", longer, "test", house.now + DAY, format="events", force=True)
    assert (done.imported, done.removed) == (2, 1)
    assert on(house, TWO, 2023, 12, 31) == ["Second"]
    assert on(house, TWO, 2024, 1, 1) == []
    assert on(house, THREE, 2024, 1, 2) == ["Third"]


@pytest.mark.parametrize(
    "changed", [("2022-09-01", "2022-09-02"), ("2023-02-01", "2023-02-02"), ("add,ETH,0x2", "add,ETH,0x4")]
)
def test_a_history_that_was_rewritten_is_refused(house: House, changed: tuple[str, str]) -> None:
    screening.import_list(house.conn, "ofac", EVENTS, "test", house.now, format="events")
    with pytest.raises(Malformed) as refused:
        screening.import_list(house.conn, "ofac", EVENTS.replace(*changed), "test", house.now, format="events")
    assert refused.value.code == "list_history_rewritten"
    assert on(house, TWO, 2024, 1, 1) == ["Second"]


def addresses(count: int, start: int = 1) -> list[str]:
    return [f"0x{number * 0x1_0000_0001:040x}" for number in range(start, start + count)]


def csv_of(items: list[str], header: str = "asset,address") -> str:
    return header + "\n" + "".join(f"ETH,{item}\n" for item in items)


def in_force(house: House, name: str) -> int:
    return next(item.entries for item in screening.all_lists(house.conn) if item.name == name)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (csv_of([]), "list_empty"),
        ("", "list_header_missing"),
        ("ETH,0x" + "1" * 40 + "\n", "list_header_missing"),
        (csv_of(addresses(50), "address,asset"), "list_columns_shifted"),
        (csv_of(addresses(50)), "list_shrinks"),  # half of the last version
        (csv_of([*addresses(100), *(item[:-1] for item in addresses(30))]), "list_unreadable"),
        ("asset,address\n" + 'ETH,"' + "x" * 200_000, "list_not_csv"),
    ],
)
def test_a_bad_file_is_refused_and_the_last_good_version_counts(house: House, text: str, code: str) -> None:
    screening.import_list(house.conn, "scams", csv_of(addresses(100)), "test", house.now)
    with pytest.raises(Malformed) as refused:
        screening.import_list(house.conn, "scams", text, "test", house.now + DAY)
    assert refused.value.code == code
    assert in_force(house, "scams") == 100
    (item,) = [item for item in screening.all_lists(house.conn) if item.name == "scams"]
    assert item.imported_at == house.now, "a refused file does not make the list fresh"
    assert house.conn.execute("SELECT count(*) FROM list_staging").fetchone() == (0,)


def test_less_than_half_may_go_without_being_forced(house: House) -> None:
    screening.import_list(house.conn, "scams", csv_of(addresses(100)), "test", house.now)
    done = screening.import_list(house.conn, "scams", csv_of(addresses(51)), "test", house.now + DAY)
    assert (done.imported, done.removed, in_force(house, "scams")) == (51, 49, 51)


def test_an_entry_of_which_the_list_says_something_else_is_listed_anew(house: House) -> None:
    text = f"asset,address,category\nETH,{ONE},{{}}\n"
    screening.import_list(house.conn, "scams", text.format("scam"), "test", house.now)
    screening.import_list(house.conn, "scams", text.format("blocklist"), "test", house.now + DAY)
    for at, category in ((house.now, "scam"), (house.now + DAY, "blocklist")):
        (hit,) = screening.hits(house.conn, [(NETWORK, ONE)], at)[NETWORK, ONE]
        assert hit.category == category


def test_an_exchange_stays_one_whatever_else_a_tag_pack_says(house: House) -> None:
    text = (
        "address,currency,label,category,abuse\n"
        f"{ONE},ETH,Phisher,,phishing\n{ONE},ETH,Some Exchange,exchange,\n{ONE},USDT,frozen,black_list,\n"
        f"{TWO},ETH,named,,\n{TWO},ETH,Locker,,ransomware\n"
    )
    done = screening.import_list(house.conn, "tags", text, "test", house.now, format="tags")
    assert done.imported == 2
    found = screening.hits(house.conn, [(NETWORK, ONE), (NETWORK, TWO)], house.now)
    assert [(h.category, h.entry) for h in found[NETWORK, ONE]] == [("exchange", "Some Exchange")]
    assert [(h.category, h.entry) for h in found[NETWORK, TWO]] == [("ransomware", "Locker")]


@pytest.mark.parametrize(
    "spelling", [ONE, RECEIVER, RECEIVER.lower(), "0x" + RECEIVER[2:].upper(), "0X" + RECEIVER[2:].upper()]
)
def test_a_list_may_spell_an_evm_address_as_it_likes(house: House, spelling: str) -> None:
    screening.import_list(house.conn, "scams", f"asset,address\nETH,{spelling}\n", "test", house.now)
    target = ONE if spelling == ONE else RECEIVER
    for network in ("ethereum", "bsc", "polygon", NETWORK):
        assert [h.list for h in screening.hits(house.conn, [(network, target)], house.now)[network, target]] == [
            "scams"
        ]
    assert screening.hits(house.conn, [("tron", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")], house.now) == {
        ("tron", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"): []
    }


def test_a_list_may_spell_bech32_in_capitals(house: House) -> None:
    small = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
    screening.import_list(house.conn, "scams", f"asset,address\nXBT,{small.upper()}\n", "test", house.now)
    assert screening.hits(house.conn, [("bitcoin", small)], house.now)["bitcoin", small]


# Warnings.


def blocked(house: House, since: datetime) -> screening.HitRow:
    screening.import_list(house.conn, "blocklist", f"asset,address,entry\nETH,{RECEIVER},Rug 7\n", "test", since)
    (hit,) = screening.hits(house.conn, [(NETWORK, RECEIVER)], since)[NETWORK, RECEIVER]
    assert hit.category == "blocklist"
    assert house.setting.policy.screening.action(hit.list, hit.category) == "warn"
    return hit


def warn(house: House, who: Customer, hit: screening.HitRow, withdrawal: str = "wd_1") -> str:
    with act(house.conn, "api", house.now) as tx:
        return screening.warn(tx, who.id, withdrawal, NETWORK, hit, "zh", {"channel": "app"}).id


def insist(house: House, who: Customer, warning: str, withdrawal: str = "wd_1", address: str = RECEIVER) -> datetime:
    numbers = house.setting.policy.screening
    with act(house.conn, who.id, house.now) as tx:
        return screening.insist(tx, warning, who.id, withdrawal, (NETWORK, address), {"ip": "::1"}, numbers).at


def acknowledge(house: House, who: Customer, warning: str) -> datetime | None:
    return screening.acknowledge(house.conn, warning, who.id, {"device": "d1"}, who.id, house.now).acknowledged_at


def test_shown_acknowledged_insisted_are_kept_with_their_times(house: House) -> None:
    who = house.customer()
    id = warn(house, who, blocked(house, house.now))
    house.wait(minutes=1)
    acknowledge(house, who, id)
    house.wait(minutes=1)
    insist(house, who, id)
    house.wait(minutes=1)
    insist(house, who, id, "wd_2")
    rows = house.conn.execute(
        "SELECT party_id, list, category, entry, text_version, language, shown_at, acknowledged_at,"
        " insisted_withdrawal_id, insisted_at FROM listed_warnings_v ORDER BY insisted_at"
    ).fetchall()
    minute = timedelta(minutes=1)
    fixed = (who.id, "blocklist", "blocklist", "Rug 7", 1, "zh", START, START + minute)
    assert rows == [(*fixed, "wd_1", START + 2 * minute), (*fixed, "wd_2", START + 3 * minute)]
    kinds = house.conn.execute("SELECT kind FROM journal WHERE kind LIKE 'warning.%' ORDER BY link").fetchall()
    assert [k for (k,) in kinds] == ["warning.shown", "warning.acknowledged", "warning.insisted", "warning.insisted"]


def test_each_step_twice_is_the_first_one(house: House) -> None:
    who = house.customer()
    hit = blocked(house, house.now)
    id = warn(house, who, hit)
    house.wait(minutes=1)
    assert warn(house, who, hit) == id
    first = acknowledge(house, who, id)
    at = insist(house, who, id)
    house.wait(minutes=1)
    assert acknowledge(house, who, id) == first
    assert insist(house, who, id) == at
    assert house.conn.execute("SELECT count(*) FROM listed_warnings_v").fetchone() == (1,)


@pytest.mark.parametrize(
    ("acknowledged", "wait", "address", "code"),
    [
        (False, 0, RECEIVER, "warning_not_acknowledged"),
        (True, 24, RECEIVER, "warning_too_old"),
        (True, 0, HOT, "warning_elsewhere"),
    ],
)
def test_nobody_insists_on_what_they_were_not_warned_about(
    house: House, acknowledged: bool, wait: int, address: str, code: str
) -> None:
    who = house.customer()
    id = warn(house, who, blocked(house, house.now))
    if acknowledged:
        acknowledge(house, who, id)
    house.wait(hours=wait)
    with pytest.raises(Conflict) as refused:
        insist(house, who, id, address=address)
    assert refused.value.code == code
    house.now = START + timedelta(hours=23, minutes=59)
    if code == "warning_too_old":
        assert insist(house, who, id) == house.now


def test_another_customers_warning_does_not_exist(house: House) -> None:
    ada, ben = house.customer(), house.customer()
    id = warn(house, ada, blocked(house, house.now))
    with pytest.raises(NotFound):
        acknowledge(house, ben, id)
    with pytest.raises(NotFound):
        insist(house, ben, id)


def test_the_decision_sees_how_far_a_warning_has_come(house: House) -> None:
    who, place = house.customer(), ("bsc", RECEIVER)
    numbers = house.setting.policy.screening

    def state(withdrawal: str = "wd_1") -> list[str]:
        found = screening.warned(house.conn, [(who.id, *place)], numbers, house.now).get((who.id, *place), [])
        return [item.state(withdrawal) for item in found]

    assert state() == []
    id = warn(house, who, blocked(house, house.now))
    assert state() == ["shown"]
    acknowledge(house, who, id)
    assert state() == ["acknowledged"]
    insist(house, who, id)
    assert (state(), state("wd_2")) == (["insisted"], ["acknowledged"])
    house.wait(hours=25)
    assert state() == [], "too old: it must be shown again"


def test_a_warning_is_evidence(house: House) -> None:
    who = house.customer()
    id = warn(house, who, blocked(house, house.now))
    for sql in (
        "UPDATE listed_warning SET shown_at = shown_at - interval '1 day'",
        "DELETE FROM listed_warning",
        "TRUNCATE listed_warning CASCADE",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            house.conn.execute(sql)  # type: ignore[arg-type]
    acknowledge(house, who, id)
    with pytest.raises(psycopg.errors.RestrictViolation):
        house.conn.execute("UPDATE listed_warning SET acknowledged_by = 'somebody'")


def test_what_is_listed_later_cannot_have_been_warned_of(house: House) -> None:
    who = house.customer()
    hit = blocked(house, house.now + DAY)
    with pytest.raises(psycopg.errors.CheckViolation):
        warn(house, who, hit)


# Allow-lists.


def switch(house: House, who: Customer, on: bool) -> screening.AllowList | None:
    return screening.set_allow_list(house.conn, who.id, on, who.id, house.setting.policy.screening, house.now)


def is_on(house: House, who: Customer) -> bool:
    return who.id in screening.allow_lists(house.conn, [who.id], house.now)


def test_an_allow_list_is_on_at_once_and_off_after_48_hours(house: House) -> None:
    who = house.customer()
    assert not is_on(house, who)
    assert switch(house, who, False) is None
    switch(house, who, True)
    assert is_on(house, who)
    switch(house, who, False)
    house.wait(hours=47)
    later = switch(house, who, False)
    assert later is not None
    assert later.off_from == START + timedelta(hours=48), "asking again does not start the wait anew"
    assert is_on(house, who)
    house.wait(hours=1)
    assert not is_on(house, who)
    assert not is_on(house, house.customer())


def test_the_owner_may_take_the_wish_back(house: House) -> None:
    who = house.customer()
    switch(house, who, True)
    switch(house, who, False)
    house.wait(hours=1)
    on = switch(house, who, True)
    assert on is not None
    assert (on.off_from, on.since) == (None, START)
    house.wait(hours=100)
    assert is_on(house, who)
    bodies = house.conn.execute("SELECT kind, actor, body FROM journal WHERE kind LIKE 'allow_list.%' ORDER BY link")
    assert [(kind, actor == who.id, json.loads(body)) for kind, actor, body in bodies] == [
        ("allow_list.on", True, {"off_from": None}),
        ("allow_list.off_asked", True, {"off_from": "2026-11-26T12:00:00Z"}),
        ("allow_list.on", True, {"off_from": None}),
    ]


def test_only_what_the_customer_saved_is_in_the_book(house: House) -> None:
    who = house.customer(USDT=100 * 10**6)
    house.asked(who, "5", RECEIVER)
    assert named(house, who, RECEIVER).booked_at is None, "a withdrawal alone does not put it there"
    house.wait(hours=1)
    entry = saved(house, who, RECEIVER)
    assert (entry.saved_at, entry.booked_at) == (START, house.now)
    assert named(house, who, RECEIVER) == entry


# Grown tables.


def plan(conn: Conn, call: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> str:
    """How the database runs the statement that the call makes, with its real parameters."""
    plans: list[str] = []

    def explained(conn: Conn, shape: type, sql: LiteralString, params: Mapping[str, object]) -> list[object]:
        found = conn.execute("EXPLAIN (ANALYZE, TIMING OFF) " + sql, params).fetchall()
        plans.append("\n".join(line for (line,) in found))
        return rows(conn, shape, sql, params)

    with monkeypatch.context() as patched:
        for file in (listed, resembling):
            patched.setattr(file, "rows", explained)
        call()
    (only,) = plans
    return only


def test_a_batch_of_128_against_grown_tables_goes_by_the_indexes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """150,000 listed and 20,000 saved addresses, 20,000 of our own: one statement each, and no table is scanned."""
    conn = house.conn
    listed = addresses(150_000)
    screening.import_list(
        conn, "scams", (line + "\n" for line in ["asset,address", *(f"ETH,{a}" for a in listed)]), "test", house.now
    )
    people = [house.customer() for _ in range(8)]
    conn.execute(
        "INSERT INTO saved_address (id, party_id, network, address, saved_at) SELECT 'adr_' || n, "
        " (%s::text[])[1 + n %% 8],"
        " %s, '0x' || left(md5(n::text) || md5((-n)::text), 40), %s FROM generate_series(1, 20000) AS n",
        ([who.id for who in people], NETWORK, house.now),
    )
    conn.execute(
        "INSERT INTO own_address (network, family, address, kind, party_id) SELECT %s, 'evm',"
        " '0x' || left(md5('own' || n) || md5('o' || n), 40), 'deposit', (%s::text[])[1 + n %% 8]"
        " FROM generate_series(1, 20000) AS n",
        (NETWORK, [who.id for who in people]),
    )
    conn.execute("ANALYZE")
    wanted = [checksum(bytes.fromhex(a[2:])) for a in listed[::2400]] + [
        evm(f"{n:040x}") for n in range(2**100, 2**100 + 65)
    ]
    assert len(wanted) == 128
    places = [(NETWORK, a) for a in wanted]
    batch = [
        screening.SavedAddress(f"adr_x{n}", people[n % 8].id, NETWORK, a, "", "", "unknown", house.now, None)
        for n, a in enumerate(wanted)
    ]
    found = screening.hits(conn, places, house.now)
    assert sum(map(bool, found.values())) == 63
    for call in (
        lambda: screening.hits(conn, places, house.now),
        lambda: screening.look_alikes(conn, batch, NUMBERS),
        lambda: screening.own(conn, places),
    ):
        said = plan(conn, call, monkeypatch)
        assert "Seq Scan" not in said, said
        assert "Index" in said


# Real lists, where they are at hand (see tests/real_data.py).

RONIN = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
"""The Ronin bridge's thief, on OFAC's list since 14 April 2022 (home.treasury.gov/news)."""


def file_of(name: str) -> Iterator[str]:
    path = data(name)
    raw = path.read_bytes()
    yield from StringIO((gzip.decompress(raw) if path.suffix == ".gz" else raw).decode(), newline="")


def in_force_on(house: House, name: str, *date: int) -> int:
    at = datetime(*date, tzinfo=UTC)  # type: ignore[misc, arg-type]
    said = house.conn.execute(
        "SELECT count(*) FROM list_entry WHERE list = %s AND valid_from <= %s"
        " AND (valid_until IS NULL OR valid_until > %s)",
        (name, at, at),
    ).fetchone()
    assert said is not None
    return int(said[0])


def test_the_history_of_ofac_is_told_as_of_any_day(house: House) -> None:
    done = screening.import_list(
        house.conn, "ofac", file_of("ofac/ofac_list_events.csv"), "test", house.now, format="events"
    )
    reasons = Counter(q.reason for q in done.quarantined)
    assert set(reasons) == {"chain_unknown"}
    respelt = evm("ca0840578f57fe71599d29375e16783424023357")  # added in small letters, removed in mixed case
    assert on(house, respelt, 2022, 11, 10) != []
    assert on(house, RONIN, 2022, 9, 2) == []
    assert on(house, RONIN, 2022, 9, 4) != []
    assert 0 < in_force_on(house, "ofac", 2022, 9, 4) < in_force_on(house, "ofac", 2024, 9, 28) == done.imported
    removed = evm("6acdfba02d390b97ac2b2d42a63e85293bcc160e")
    assert on(house, removed, 2024, 1, 11) != []
    assert on(house, removed, 2024, 1, 13) == []


def test_the_delisting_of_march_2025_is_seen_on_its_day(house: House) -> None:
    """91 addresses left the list together: an amnesty that looks like a broken download, and is a history."""
    done = screening.import_list(
        house.conn, "ofac", file_of("ofac/ofac_eth_list_events.csv"), "test", house.now, format="events"
    )
    assert {q.reason for q in done.quarantined} == {"row_joined"}
    before, after = in_force_on(house, "ofac", 2025, 3, 21), in_force_on(house, "ofac", 2025, 3, 23)
    assert 85 <= before - after <= 91
    assert after == done.imported
    tornado = "0x910Cbd523D972eb0a6f4cAe4618aD62622b39DbF"
    assert on(house, tornado, 2025, 3, 21) != []
    assert on(house, tornado, 2025, 3, 23) == []


def test_the_list_of_2024_reads_row_by_row(house: House) -> None:
    done = screening.import_list(house.conn, "ofac", file_of("ofac/ofac_addresses_2024-09-27.csv"), "test", house.now)
    assert {q.reason for q in done.quarantined} <= {"chain_unknown", "address_malformed"}
    (hit,) = screening.hits(house.conn, [("bsc", RONIN)], house.now)["bsc", RONIN]
    assert hit.category == "sanctions"


def test_a_tag_pack_of_120_thousand_addresses_blocks_no_exchange(house: House) -> None:
    name = "tags/tags_risk_and_exchanges.csv.gz"
    done = screening.import_list(house.conn, "tags", file_of(name), "test", house.now, format="tags")
    assert done.imported > 115_000
    exchanges = {row["address"] for row in csv.DictReader(file_of(name)) if row["category"] == "exchange"}
    places = [
        (network, normal)
        for text in exchanges
        for network in ("ethereum", "bitcoin", "tron")
        if (normal := judge(network, text).normalised) is not None
    ]
    assert len(places) > 1_400
    numbers = house.setting.policy.screening
    for found in screening.hits(house.conn, places, house.now).values():
        assert [numbers.action(hit.list, hit.category) for hit in found] == ["allow"], found
