"""Limits in every scope on a real PostgreSQL: counted under lock, given back once, and never passed by many at once."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import MIGRATIONS, named
from house import RECEIVER, START, House, furnish
from psycopg import sql

from tidegate.base.refusals import Refusal
from tidegate.db import Conn, connect, journal
from tidegate.db.migrate import migrate
from tidegate.parties import flow as parties
from tidegate.policy.pack import SCOPES
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs, limits, store
from tidegate.withdrawals.flow import Answer
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6
OTHER = "0x27b1fdb04752bbc536007a920d24acb045561c26"


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def limit(scope: str, hours: int | str, usd: str) -> dict[str, object]:
    return {"scope": scope, "hours": hours, "usd": usd}


def findings(house: House, id: str) -> list[dict[str, Any]]:
    row = store.decision(house.conn, house.get(id).decision_id)
    assert row is not None
    found: list[dict[str, Any]] = json.loads(row.findings)
    return found


def counters(house: House) -> dict[str, int]:
    """What stands in each scope's counters, in whole coins."""
    found = house.conn.execute(
        "SELECT scope, sum(total - released)::bigint FROM limit_counter GROUP BY scope"
    ).fetchall()
    return {scope: int(total) // COIN for scope, total in found}


@pytest.mark.parametrize("scope", SCOPES)
def test_a_limit_of_any_scope_is_kept_to_the_micro_dollar(house: House, scope: str) -> None:
    house.agree(limits=[limit(scope, 24, "100")])
    ada = house.customer(USDT=1_000 * COIN)
    house.asked(ada, "60")
    over = house.asked(ada, "40.000001")
    assert over.status is Status.DECLINED
    (said,) = findings(house, over.id)
    assert (said["code"], said["data"]) == (
        "over_limit",
        {"scope": scope, "hours": "24", "used": "60000000", "value": "40000001", "limit": "100000000"},
    )
    assert house.asked(ada, "40").status is Status.AWAITING_CONFIRMATION
    house.wait(hours=24)
    assert house.asked(ada, "100").status is Status.AWAITING_CONFIRMATION


@pytest.mark.parametrize(
    ("scope", "shared"),
    [("party", False), ("address", False), ("key", False), ("asset", True), ("network", True), ("platform", True)],
)
def test_a_scope_is_shared_by_those_whom_it_counts_together(house: House, scope: str, shared: bool) -> None:
    house.agree(limits=[limit(scope, "lifetime", "100")])
    ada, ben = house.customer(USDT=1_000 * COIN), house.customer(USDT=1_000 * COIN)
    house.asked(ada, "60")
    house.wait(hours=1_000)
    other = house.asked(ben, "60", OTHER)
    assert (other.status is Status.DECLINED) is shared
    assert [f["data"]["hours"] for f in findings(house, other.id)] == (["lifetime"] if shared else [])


def test_two_customers_meet_at_one_address(house: House) -> None:
    house.agree(limits=[limit("address", 1, "100")])
    ada, ben = house.customer(USDT=1_000 * COIN), house.customer(USDT=1_000 * COIN)
    house.asked(ada, "60")
    assert house.asked(ben, "60").status is Status.DECLINED
    assert house.asked(ben, "60", OTHER).status is Status.AWAITING_CONFIRMATION


def test_every_window_that_is_passed_is_a_finding_of_its_own(house: House) -> None:
    house.agree(limits=[limit("party", 1, "10"), limit("party", 24 * 30, "20"), limit("asset", 4, "5")])
    ada = house.customer(level=0, USDT=1_000 * COIN)
    said = findings(house, house.asked(ada, "126").id)
    assert [(f["code"], f["data"].get("scope"), f["data"].get("hours")) for f in said] == [
        ("over_limit_24h", None, None),
        ("over_limit", "party", "1"),
        ("over_limit", "party", "720"),
        ("over_limit", "asset", "4"),
    ]


def test_a_limit_that_is_introduced_later_counts_what_was_before(house: House) -> None:
    ada, ben = house.customer(USDT=1_000 * COIN), house.customer(USDT=1_000 * COIN)
    house.asked(ada, "60")
    gone = house.asked(ada, "30")
    withdrawals.cancel(house.conn, gone.id, ada.id, house.setting, house.now)
    house.agree(limits=[limit("platform", 24, "100"), limit("asset", 24, "101")])
    assert house.asked(ben, "40.000001").status is Status.DECLINED
    assert house.asked(ben, "40").status is Status.AWAITING_CONFIRMATION


def test_in_one_batch_the_second_sees_what_the_first_took_of_the_platform(house: House) -> None:
    house.agree(limits=[limit("platform", 24, "100")])
    ada, ben = house.customer(USDT=1_000 * COIN), house.customer(USDT=1_000 * COIN)
    said = house.request(house.ask_for(ada, "60"), house.ask_for(ben, "60"), house.ask_for(ben, "40"))
    assert [json.loads(a.body)["status"] for a in said if isinstance(a, Answer)] == [
        "awaiting_confirmation",
        "declined",
        "awaiting_confirmation",
    ]
    assert counters(house) == dict.fromkeys(SCOPES, 100)


def test_a_transaction_limit_holds_for_its_asset(house: House) -> None:
    house.agree(limits_per_transaction={"USDT@evm-local": "50"})
    ada = house.customer(USDT=1_000 * COIN, ETH=10**18)
    assert [f["code"] for f in findings(house, house.asked(ada, "50.000001").id)] == ["over_transaction_limit"]
    assert house.asked(ada, "50").status is Status.AWAITING_CONFIRMATION
    assert house.asked(ada, "0.1", asset="ETH").status is Status.AWAITING_CONFIRMATION


def test_a_market_tightens_new_requests_and_leaves_what_has_its_room(house: House) -> None:
    ada = house.customer(level=1, USDT=2_000 * COIN)
    asked = house.asked(ada, "600")
    regime = replace(house.setting.regimes[1], name="stormy", multiplier_percent=25, reason="volatility")
    stormy = replace(house.setting, regimes={1: regime})
    (new,) = withdrawals.request(house.conn, [house.ask_for(ada, "1")], stormy, house.now)
    assert isinstance(new, Answer)
    assert json.loads(new.body)["status"] == "declined"
    house.wait(seconds=30)
    code = ada.code(house.now)
    done = withdrawals.confirm(house.conn, asked.id, "totp", code, bytes(range(32)), ada.id, stormy, house.now)
    assert done.status is Status.APPROVED


# --- given back ----------------------------------------------------------------------------------------------------


def test_room_is_given_back_once_and_in_every_scope(house: House) -> None:
    ada = house.customer(USDT=1_000 * COIN)
    kept, gone = house.asked(ada, "60"), house.asked(ada, "30")
    assert counters(house) == dict.fromkeys(SCOPES, 90)
    withdrawals.cancel(house.conn, gone.id, ada.id, house.setting, house.now)
    assert counters(house) == dict.fromkeys(SCOPES, 60)
    assert store.give_back(house.conn, gone.id, house.now) == 0
    with pytest.raises(psycopg.errors.RestrictViolation):
        house.conn.execute("UPDATE limit_use SET released_at = NULL WHERE ref = %s", (gone.id,))
    with pytest.raises(psycopg.errors.CheckViolation):
        house.conn.execute("UPDATE limit_step SET released = value + 1 WHERE scope = 'party'")
    assert counters(house) == dict.fromkeys(SCOPES, 60)
    assert house.get(kept.id).status is Status.AWAITING_CONFIRMATION


def test_of_twenty_that_end_it_at_once_one_gives_the_room_back(house: House, database_url: str) -> None:
    ada = house.customer(USDT=1_000 * COIN)
    asked = house.asked(ada, "60")
    assert asked.expires_at is not None
    late, setting = asked.expires_at, house.setting

    def end(n: int) -> None:
        with connect(database_url) as conn:
            if n % 2:
                withdrawals.expire(conn, asked.id, setting, late)
            else:
                try:
                    withdrawals.cancel(conn, asked.id, ada.id, setting, late)
                except Refusal:
                    return

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(end, range(20)))
    assert counters(house) == dict.fromkeys(SCOPES, 0)
    assert (house.available(ada), house.held(ada)) == (1_000 * COIN, 0)


# --- reviewed again ------------------------------------------------------------------------------------------------


def test_a_withdrawal_never_counts_against_itself(house: House) -> None:
    house.agree(limits=[limit(scope, 24, "100") for scope in SCOPES])
    ada = house.customer(USDT=1_000 * COIN)
    asked = house.asked(ada, "100")
    assert house.confirm(ada, asked.id).status is Status.APPROVED


def test_who_waited_longer_than_the_window_is_not_pushed_out_by_those_who_came_since(house: House) -> None:
    house.agree(limits=[limit("party", 24, "5000")])
    ada = house.customer(USDT=20_000 * COIN)
    first = house.asked(ada, "4000")
    delayed = house.confirm(ada, first.id)
    assert delayed.release_at is not None
    house.now = delayed.release_at
    assert house.asked(ada, "5000").status is not Status.DECLINED
    jobs.release_due(house.conn, lambda: house.setting, house.clock)
    assert house.get(first.id).status is Status.APPROVED


def test_a_level_lowered_since_declines_at_confirmation_and_frees_the_room(house: House) -> None:
    ada = house.customer(USDT=20_000 * COIN)
    asked = house.asked(ada, "2000")
    parties.restrict(house.conn, ada.id, "withdrawal_limit", None, "Medium tier", "key_officer", house.now, "100")
    assert house.confirm(ada, asked.id).status is Status.DECLINED
    assert counters(house) == dict.fromkeys(SCOPES, 0)


# --- headroom ------------------------------------------------------------------------------------------------------


def test_headroom_shows_the_windows_of_the_party_of_its_addresses_and_of_the_key(house: House) -> None:
    house.agree(
        limits=[
            limit("party", "lifetime", "500"),
            limit("address", 24, "200"),
            limit("key", 1, "300"),
            limit("platform", 24, "999"),
        ]
    )
    ada = house.customer(level=1, USDT=1_000 * COIN)
    house.asked(ada, "60")
    party = parties.get(house.conn, ada.id)
    seen = withdrawals.headroom(house.conn, party, house.setting, house.now, ada.id)
    assert [(h.scope, h.subject, h.hours, h.limit // COIN, h.used // COIN, h.left // COIN) for h in seen] == [
        ("party", None, 24, 1000, 60, 940),
        ("party", None, None, 500, 60, 440),
        ("address", f"evm:{RECEIVER.lower()}", 24, 200, 60, 140),
        ("key", ada.id, 1, 300, 60, 240),
    ]


# --- many at once --------------------------------------------------------------------------------------------------


LIMITS = [
    limit("party", 1, "300"),
    limit("party", "lifetime", "450"),
    limit("address", 24, "500"),
    limit("key", 4, "700"),
    limit("asset", 24, "900"),
    limit("network", 24 * 7, "1000"),
    limit("platform", 24 * 30, "950"),
]


def approved(house: House) -> list[tuple[str, str, str, int]]:
    """What stands: party, address, key, micro-USD."""
    found = house.conn.execute(
        "SELECT party_id, lower(address), requester, value FROM withdrawal WHERE status = 'awaiting_confirmation'"
    ).fetchall()
    return [(party, address, key, int(value)) for party, address, key, value in found]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_hundred_that_fit_alone_never_pass_a_limit_together(house: House, database_url: str, seed: int) -> None:
    house.agree(limits=LIMITS)
    dice = random.Random(seed)
    people = [house.customer(USDT=10_000 * COIN) for _ in range(5)]
    places = ["0x" + f"{n:040x}" for n in range(0xA000, 0xA004)]
    setting = house.setting
    asks = [house.ask_for(dice.choice(people), str(dice.randrange(1, 60)), dice.choice(places)) for _ in range(200)]
    batches = [asks[n : n + dice.choice([1, 1, 3])] for n in range(0, 200, 3)]

    def ask(batch: Sequence[Any]) -> int:
        with connect(database_url) as conn:
            return sum(isinstance(a, Answer) for a in withdrawals.request(conn, batch, setting, house.now))

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(ask, batches)) == sum(map(len, batches))
    stands = approved(house)
    sums: dict[tuple[str, str], int] = {}
    for party, address, key, value in stands:
        for subject in (
            ("party", party),
            ("address", address),
            ("key", key),
            ("asset", ""),
            ("network", ""),
            ("platform", ""),
        ):
            sums[subject] = sums.get(subject, 0) + value
    for row in LIMITS:
        most = max(total for (scope, _), total in sums.items() if scope == row["scope"])
        assert most <= int(str(row["usd"])) * COIN, row
    assert sum(value for *_, value in stands) > 850 * COIN, "the limits were reached, or the test shows nothing"
    assert counters(house)["platform"] == sum(value for *_, value in stands) // COIN
    assert journal.verify(house.conn).broken is None


def test_requests_and_releases_under_two_policies_never_wait_for_each_other_in_a_circle(
    house: House, database_url: str
) -> None:
    people = [house.customer(USDT=10_000 * COIN) for _ in range(4)]
    loose = house.setting
    house.agree(limits=[limit("platform", 24, "100000"), limit("address", 24, "100000")])
    strict = house.setting
    places = ["0x" + f"{n:040x}" for n in range(0xA000, 0xA003)]

    def live(n: int) -> None:
        dice = random.Random(n)
        with connect(database_url) as conn:
            for _ in range(12):
                setting = dice.choice([loose, strict])
                asks = [house.ask_for(who, "5", dice.choice(places)) for who in dice.sample(people, 3)]
                for answer, ask in zip(withdrawals.request(conn, asks, setting, house.now), asks, strict=True):
                    assert isinstance(answer, Answer)
                    withdrawals.cancel(
                        conn, json.loads(answer.body)["id"], ask.party_id, dice.choice([loose, strict]), house.now
                    )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(live, range(8)))
    assert counters(house) == dict.fromkeys(SCOPES, 0)


@pytest.mark.parametrize("seed", range(4))
def test_windows_are_what_adding_up_gives_on_a_random_schedule(house: House, seed: int) -> None:
    dice = random.Random(seed)
    ada = house.customer(level=3, USDT=1_000_000 * COIN)
    kept: list[tuple[Any, int, str]] = []
    newest = house.now
    house.wait(days=1)  # room for a clock that runs behind
    for _ in range(25):
        house.wait(seconds=dice.choice([0, 0, 1, 1800, 3600, 90_000, -600]))
        asked = house.asked(ada, str(dice.randrange(1, 500)))
        newest = max(newest, house.now)
        if asked.status is not Status.DECLINED:
            kept.append((newest, asked.value, asked.id))
        if kept and dice.random() < 0.4:
            *_, id = kept.pop(dice.randrange(len(kept)))
            withdrawals.cancel(house.conn, id, ada.id, house.setting, house.now)
        for hours in limits.PARTY_HOURS:
            start = limits.opens(house.now, hours)
            inside = [value for at, value, _ in kept if start is None or at > start]
            for subject in (("party", ada.id), ("platform", "platform")):
                (window,) = store.windows(house.conn, [(*subject, hours)], house.now)
                assert (window.used, window.count) == (sum(inside), len(inside))


# --- from before ---------------------------------------------------------------------------------------------------


def test_what_was_reserved_before_counts_in_every_scope_after_the_migration(server_url: str, tmp_path: Path) -> None:
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier("limits_before")))
    url = named(server_url, "limits_before")
    for file in MIGRATIONS.glob("[0-9]*.sql"):
        if file.name < "0009":
            (tmp_path / file.name).write_text(file.read_text())
    migrate(url, tmp_path)
    with connect(url) as conn:
        conn.execute("INSERT INTO asset (id, symbol, network, decimals) VALUES (1, 'USDT', 'evm-local', 6)")
        for party in ("cus_1", "cus_2"):
            conn.execute(
                """
                INSERT INTO party (id, external_id, country, name, email, created_at)
                VALUES (%s, %s, 'DE', 'A', 'a@b.c', %s)
                """,
                (party, party, START),
            )
            conn.execute(
                """
                INSERT INTO saved_address (id, party_id, network, address, saved_at)
                VALUES (%s, %s, 'evm-local', '0xAb', %s)
                """,
                (f"adr_{party}", party, START),
            )
        totals = {"cus_1": 0, "cus_2": 0}
        for n, (party, value, gone) in enumerate([("cus_1", 5, False), ("cus_2", 7, True), ("cus_1", 11, False)]):
            at = START + timedelta(hours=n)
            totals[party] += value
            conn.execute(
                """
                INSERT INTO withdrawal (id, party_id, requester, asset_id, network, address, saved_address_id, units,
                    fee_units, value, payload_hash, status, decision_id, ended_at, created_at, changed_at)
                VALUES (%(id)s, %(party)s, 'key_1', 1, 'evm-local', '0xAb', 'adr_' || %(party)s, 2, 1, %(value)s, '',
                        'cancelled', '', %(at)s, %(at)s, %(at)s)
                """,
                {"id": f"wd_{n}", "party": party, "value": value, "at": at},
            )
            conn.execute(
                "INSERT INTO limit_use VALUES ('party', %s, %s, %s, %s, %s, %s)",
                (party, f"wd_{n}", at, value, totals[party], at if gone else None),
            )
    migrate(url, MIGRATIONS)
    with connect(url) as conn:
        subjects = [*limits.subjects("cus_1", "evm-local", "0xaB", "key_1", "USDT@evm-local"), ("party", "cus_2")]
        wanted = [(*subject, hours) for subject in subjects for hours in (2, None)]
        seen = {
            (w.scope, w.subject, w.hours): (w.used, w.count)
            for w in store.windows(conn, wanted, START + timedelta(hours=2))
        }
        for scope, subject in subjects:
            own = (scope, subject) == ("party", "cus_2")
            assert seen[scope, subject, 2] == ((0, 0) if own else (11, 1))
            assert seen[scope, subject, None] == ((0, 0) if own else (16, 2))
        use = store.use_of(conn, "wd_1")
        assert use is not None
        assert (use.value, len(use.scopes), use.released_at) == (7, 6, START + timedelta(hours=1))
        assert store.give_back(conn, "wd_1", START) == 0
        assert store.give_back(conn, "wd_2", START) == 6
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE limits_before WITH (FORCE)")


def test_two_keys_have_two_counters(house: House) -> None:
    house.agree(limits=[limit("key", 24, "100")])
    ada = house.customer(USDT=1_000 * COIN)
    asks = [replace(house.ask_for(ada, "60"), actor=f"key_{n}") for n in (1, 2, 1)]
    said = [json.loads(a.body)["status"] for a in house.request(*asks) if isinstance(a, Answer)]
    assert said == ["awaiting_confirmation", "awaiting_confirmation", "declined"]
