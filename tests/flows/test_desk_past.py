"""A simulated desk as a house's past: whole or not at all, exact money, and months that can be rated."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from house import DATA_KEY, USDT, furnish

from tidegate.base import sealing
from tidegate.db import Conn, connect, journal
from tidegate.demo.desk import jobs as desk_jobs
from tidegate.demo.desk.facts import tellings
from tidegate.demo.desk.past import flow as past
from tidegate.demo.desk.past.flow import House, Planted
from tidegate.demo.desk.simulate import Asked, Desk, simulate
from tidegate.demo.desk.store import relations
from tidegate.ledger import accounts
from tidegate.ledger import store as ledger_store
from tidegate.p2p.accounts.account import hash_of
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.ads.ad import Side
from tidegate.policy import flow as policies
from tidegate.policy.pack import parse
from tidegate.rating.indicators.evaluation import evaluate
from tidegate.rating.indicators.store import postgres
from tidegate.rating.lake import jobs as lake

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
LISTED = "0xde709f2102306220921060314715629080e2fb77"
ASKED = Asked(seed=7, merchants=40, days=85, orders=3_000, begins=date(2026, 9, 1))
DESK = simulate(ASKED)


def house(conn: Conn) -> House:
    return House(USDT, LISTED, DATA_KEY, policies.active(conn, NOW))


def planted(conn: Conn, desk: Desk = DESK) -> Planted | None:
    return past.plant(conn, desk, house(conn), NOW)


def one(conn: Conn, statement: str) -> Any:
    found = conn.execute(statement.encode()).fetchone()
    assert found is not None
    return found[0]


@pytest.fixture
def home(conn: Conn) -> Conn:
    return furnish(conn).conn


def test_a_desk_ends_with_today_and_has_the_two_months_before_this_one() -> None:
    assert past.of_two_months(NOW) == Asked(7, 100, 85, 24_000, date(2026, 9, 1))
    assert past.of_two_months(datetime(2026, 1, 1, 0, 5, tzinfo=UTC)).begins == date(2025, 11, 1)
    assert past.of_two_months(datetime(2026, 3, 31, tzinfo=UTC)).days == 31 + 28 + 30


def test_the_ledger_adds_up_and_every_bond_is_a_hold(home: Conn) -> None:
    done = planted(home)
    assert done is not None
    assert ledger_store.disagreements(home) == []
    assert one(home, "SELECT sum(posted) FROM ledger_account WHERE asset_id = 1") == 0
    assert ledger_store.posted(home, accounts.EQUITY, USDT.id) == -done.units
    locked = one(home, "SELECT sum(locked) FROM p2p_bond")
    assert locked == one(home, "SELECT sum(units) FROM ledger_hold WHERE purpose = 'bond' AND status = 'open'")
    assert locked == one(home, "SELECT sum(locked_delta) FROM p2p_bond_movement")
    short = """
        SELECT count(*) FROM p2p_bond b JOIN p2p_merchant m ON m.id = b.merchant_id
          JOIN ledger_account a ON a.owner = m.party_id
          LEFT JOIN ledger_hold h ON h.account_id = a.id AND h.ref = b.hold_ref
         WHERE h.units IS DISTINCT FROM b.locked"""
    assert one(home, short) == 0


def test_coins_that_must_stay_are_there(home: Conn) -> None:
    planted(home)
    lots = "SELECT party_id, sum(left_units) AS units FROM p2p_lot WHERE status = 'open' GROUP BY party_id"
    bare = f"""
        SELECT count(*) FROM ({lots}) l LEFT JOIN ledger_account a ON a.owner = l.party_id
         WHERE a.posted - a.held < l.units OR a.id IS NULL"""
    assert one(home, f"SELECT count(*) FROM ({lots}) l") > 0
    assert one(home, bare) == 0


def test_the_journal_names_it_imported_and_holds(home: Conn) -> None:
    done = planted(home)
    assert done is not None
    assert journal.verify(home).broken is None
    said = {news.subject: news.content for news in journal.after(home, 0, -1, 10_000) if news.kind == "desk.imported"}
    assert {table: body["rows"] for table, body in said.items() if table != "ledger"} == dict(done.rows)
    assert all(len(body["sha256"]) == 64 for table, body in said.items() if table != "ledger")
    assert said["ledger"]["units"] == done.units
    for table, rows in done.rows.items():
        assert one(home, f'SELECT count(*) FROM "{table}"') >= rows > 0, table


def test_a_second_time_changes_nothing(home: Conn) -> None:
    assert planted(home) is not None
    before = (one(home, "SELECT seq FROM journal_tip"), one(home, "SELECT sum(posted) FROM ledger_account"))
    assert past.is_there(home)
    assert planted(home) is None
    assert (one(home, "SELECT seq FROM journal_tip"), one(home, "SELECT sum(posted) FROM ledger_account")) == before


def test_two_at_once_plant_it_once(home: Conn, database_url: str) -> None:
    done: list[Planted | None] = []

    def plants() -> None:
        with connect(database_url) as conn:
            done.append(planted(conn))

    both = [threading.Thread(target=plants) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(one is None for one in done) == [False, True]


class Dies(Exception):
    """The process ended here."""


@pytest.mark.parametrize("table", ["party_event", "p2p_order", "listed_insistence", "ledger"])
def test_who_dies_in_the_middle_has_written_nothing_and_the_next_one_all_of_it(
    home: Conn, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise Dies

    before = one(home, "SELECT seq FROM journal_tip")
    with monkeypatch.context() as patched:
        if table == "ledger":
            patched.setattr(past.cases, "open_case", dies)
        else:
            real = past.store.copy_in
            patched.setattr(past.store, "copy_in", lambda conn, t, rows: dies() if t == table else real(conn, t, rows))
        with pytest.raises(Dies):
            planted(home)
    assert not past.is_there(home)
    assert one(home, "SELECT count(*) FROM party") == 0
    assert one(home, "SELECT seq FROM journal_tip") == before
    done = planted(home)
    assert done is not None
    assert one(home, "SELECT count(*) FROM p2p_order") == done.rows["p2p_order"]


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("p2p_merchants", "merchant_id, certification, country, certified_at, applied_at, exit_asked_at"),
        ("p2p_bonds", "merchant_id, required, locked, owed"),
        ("p2p_bond_movements", 'merchant_id, kind, units, value, "at"'),
        ("p2p_scope", "subject_id, from_at, until_at, ground"),
        ("coin_flows", 'ref, party_id, direction, units, value, "at", counterpart'),
        ("listed_warnings", "id, party_id, shown_at, acknowledged_at, insisted_withdrawal_id, insisted_at"),
        ("counterfeits", 'deposit_id, party_id, claimed, "at"'),
        ("account_signs", 'sign, party_id, "at"'),
        ("p2p_orders", "order_id, units, fiat_amount, price, reference_price, method, status, taker_since, known_at"),
    ],
)
def test_views_say_what_the_simulation_said(home: Conn, table: str, columns: str) -> None:
    planted(home)
    over = "WHERE greatest(ended_at, known_at) < TIMESTAMPTZ '2026-11-25 00:00:00Z'" if table == "p2p_orders" else ""
    with relations(DESK, USDT.id) as db:
        wanted = db.sql(f"SELECT {columns} FROM {table} {over}").fetchall()
    got = home.execute(f"SELECT {columns} FROM {table}_v".encode()).fetchall()
    assert wanted
    assert sorted(map(cells, got)) == sorted(map(cells, wanted))


def cells(row: tuple[Any, ...]) -> tuple[str, ...]:
    """Each cell in one spelling, whichever engine said it."""
    return tuple(
        cell.astimezone(UTC).isoformat() if isinstance(cell, datetime)
        else f"{cell:.8f}" if isinstance(cell, int | Decimal) and not isinstance(cell, bool)
        else str(cell)
        for cell in row
    )  # fmt: skip


def test_payment_accounts_open_with_the_data_key_and_one_is_used_twice_or_elsewhere(home: Conn) -> None:
    planted(home)
    shared = one(home, "SELECT count(*) - count(DISTINCT hash) FROM p2p_account")
    assert shared + one(home, "SELECT count(*) FROM p2p_account WHERE attested_elsewhere") > 0
    for id, party_id, sealed, ending, hash in home.execute(
        "SELECT id, party_id, sealed, ending, hash FROM p2p_account ORDER BY id LIMIT 50"
    ).fetchall():
        spelling = sealing.unseal(DATA_KEY, sealed, f"{id} of {party_id}").decode()
        assert (spelling[-4:], hash_of(DATA_KEY, spelling)) == (ending, hash)


def test_facts_are_told_once_however_often(home: Conn) -> None:
    done = planted(home)
    assert done is not None
    told = tellings(DESK)
    assert (
        done.facts
        == len({(fact.source, fact.source_id) for fact in told})
        == one(home, "SELECT count(*) FROM rating_fact")
    )
    assert done.facts < len(told)


def test_who_leaves_waits_for_a_person(home: Conn) -> None:
    planted(home)
    leaving = one(home, "SELECT count(*) FROM p2p_merchant WHERE certification = 'exiting'")
    assert leaving == one(home, "SELECT count(*) FROM case_file WHERE kind = 'merchant_exit' AND status = 'open'") > 0


def test_its_ads_can_be_taken(home: Conn) -> None:
    planted(home)
    for side in Side:
        offers = ads.book(home, USDT, side, "CNY", ads.desk(home, NOW), NOW)
        assert offers
        assert all(offer.price is not None for offer in offers)


def test_a_month_of_it_is_read_alike_here_and_in_the_lake(home: Conn, tmp_path: Any) -> None:
    planted(home)
    numbers = parse(policies.shipped("demo")).indicators
    _, october = desk_jobs.whole_months(ASKED.begins, ASKED.days)
    with postgres(home, october.zone) as engine:
        here = evaluate(engine, october, numbers)
    lake.export(home, tmp_path / "lake", NOW)
    with lake.engine(tmp_path / "lake", october.end, october.zone) as opened:
        there = evaluate(opened, october, numbers)
    assert here == there
    fired = {(r.subject_id, r.indicator) for r in here if r.fired}
    assert {indicator for _, indicator in fired} >= {"I-03", "I-09", "I-22"}


def test_a_desk_of_tomorrow_is_refused(home: Conn) -> None:
    with pytest.raises(ValueError, match="cannot be planted"):
        past.plant(home, DESK, house(home), NOW - timedelta(days=1))
