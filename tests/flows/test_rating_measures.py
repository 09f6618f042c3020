"""A measure on its own: who decided and who agreed, what it stands on, what the merchant is told, every step."""

from __future__ import annotations

import pytest
from rating_kit import Desk, open_desk

from tidegate.db import Conn
from tidegate.rating.fact import Kind
from tidegate.rating.measures import flow as measures
from tidegate.rating.measures.store import MeasureRow


@pytest.fixture
def desk(conn: Conn) -> Desk:
    return open_desk(conn)


def ordered(desk: Desk, merchant: str) -> dict[str, MeasureRow]:
    return {found.measure: found for found in measures.of_subject(desk.conn, merchant)}


def test_who_decided_and_who_agreed_are_kept_apart(desk: Desk) -> None:
    alone, two = desk.merchant(), desk.merchant()
    desk.raised_to_high(alone.id)
    desk.confirmed(two.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(two.id)
    # Whoever speaks second is named second, whatever the order of their keys.
    people = sorted([desk.mei, desk.anton], reverse=True)
    desk.decide(line.id, "high", *people, measures=(("partial_deduction", "50"),))
    desk.tell_after_check(line.id)
    found = ordered(desk, alone.id)["withdrawal_delay"]
    assert (found.decided_by, found.approved_by) == ([desk.mei], [])
    found = ordered(desk, two.id)["partial_deduction"]
    assert (found.decided_by, found.approved_by) == (people[:1], people[1:])
    assert found.evidence == line.facts != []


def test_what_follows_from_the_text_names_nobody(desk: Desk) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id)
    found = ordered(desk, merchant.id)["observation"]
    assert (found.decided_by, found.approved_by, found.evidence) == ([], [], [fact.id])


def test_the_merchant_is_told_what_and_why_in_both_languages(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.raised_to_high(merchant.id)
    found = ordered(desk, merchant.id)["withdrawal_delay"]
    assert found.notice_en == ("withdrawals wait (24): accounts of people who dealt with you were frozen (Art. 5.2)")
    assert found.notice_zh == "延迟提币 (24)：与您交易的其他用户账户被冻结（第五条 5.2）"
    for told in (found.notice_en, found.notice_zh):
        assert found.reason not in told, "what people write to each other is not for the merchant"


def test_every_step_of_a_measure_is_kept(desk: Desk) -> None:
    merchant = desk.merchant()
    policy = desk.house.setting.policy
    fact = desk.confirmed(merchant.id, severity="critical")
    made = measures.interim(desk.conn, fact.id, "freeze", None, 10, "at once", policy, desk.mei, desk.now)
    first = made.ends_at
    desk.house.wait(hours=1)
    measures.prolong(desk.conn, made.id, 24, "still looking", policy, desk.anton, desk.now)
    desk.house.wait(hours=1)
    measures.lift(desk.conn, made.id, "they are back", desk.olga, desk.now)
    found = measures.get(desk.conn, made.id)
    steps = measures.steps(desk.conn, [found])[made.id]
    assert [(s.number, s.state, s.by, s.reason) for s in steps] == [
        (1, "active", desk.mei, "at once"),
        (2, "active", desk.anton, "still looking"),
        (3, "lifted", desk.olga, "they are back"),
    ]
    assert (steps[0].ends_at, steps[1].ends_at) == (first, found.ends_at)
    assert found.evidence == [fact.id]
    with pytest.raises(Exception, match="rating_measure_step"):
        desk.conn.execute("DELETE FROM rating_measure_step")
