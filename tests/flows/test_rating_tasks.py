"""What indicators ask for at once: a task where a bond is short, a hold where an account was taken over."""

from __future__ import annotations

import merchant_kit
import pytest
from house import COIN_USDT
from rating_kit import Desk, open_desk

from tidegate.cases import flow as cases
from tidegate.cases.case import Case
from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.rating.measures import flow as measures
from tidegate.rating.runs import flow as runs


@pytest.fixture
def desk(conn: Conn) -> Desk:
    return open_desk(conn)


def tasks(desk: Desk, merchant: str) -> list[Case]:
    return [case for case in cases.about(desk.conn, merchant) if case.kind == "bond_cover"]


def drawn(desk: Desk) -> None:
    runs.run(desk.conn, "2026-11", desk.mei, desk.now, runs.on_postgres(desk.conn))


def test_a_bond_that_is_short_is_a_task_until_it_is_covered(desk: Desk) -> None:
    short, whole = desk.merchant(), desk.merchant()
    merchant_kit.deduct(desk.house, short.id, 100 * COIN_USDT)
    desk.month_over()
    drawn(desk)
    drawn(desk)
    (task,) = tasks(desk, short.id)
    assert (task.status, task.reasons, task.party_id, task.requester) == (
        "open", ["bond_short"], short.party_id, "worker",
    )  # fmt: skip
    assert tasks(desk, whole.id) == []
    merchant_kit.top_up(desk.house, short.id, 99 * COIN_USDT)
    assert tasks(desk, short.id)[0].status == "open", "a part covers nothing"
    merchant_kit.top_up(desk.house, short.id, COIN_USDT)
    assert tasks(desk, short.id)[0].status == "moot"


def test_a_task_that_was_answered_comes_again_while_the_bond_is_short(desk: Desk) -> None:
    short = desk.merchant()
    merchant_kit.deduct(desk.house, short.id, 1)
    desk.month_over()
    drawn(desk)
    merchant_kit.answer(desk.house, short.id, "bond_cover", "approve")
    drawn(desk)
    assert sorted(task.status for task in tasks(desk, short.id)) == ["approved", "open"]


def test_a_confirmed_takeover_is_held_at_once(desk: Desk) -> None:
    victim, other = desk.merchant(), desk.merchant()
    signs = desk.told(victim.id, indicator="I-17", severity="critical")
    assert held(desk, victim.party_id) == set(), "signs alone hold nobody: a person says what they are"
    desk.judge(signs.id)
    desk.confirmed(other.id, indicator="I-09", severity="critical")
    (hold,) = [m for m in measures.of_subject(desk.conn, victim.id) if m.measure == "freeze"]
    assert (hold.by_text, hold.fact_id, hold.decided_by, hold.readings) == (True, signs.id, [desk.mei], ["R25"])
    assert "freeze" in held(desk, victim.party_id)
    assert "freeze" not in held(desk, other.party_id), "any other severe alert leaves it to people"
    desk.house.wait(hours=71)
    assert "freeze" in held(desk, victim.party_id)
    desk.tick(hours=1)
    assert "freeze" not in held(desk, victim.party_id)


def test_signs_that_were_none_hold_nobody(desk: Desk) -> None:
    merchant = desk.merchant()
    signs = desk.told(merchant.id, indicator="I-17", severity="critical")
    desk.judge(signs.id)
    desk.judge(signs.id, "false_positive")
    assert "freeze" not in held(desk, merchant.party_id)


def held(desk: Desk, party: str) -> set[str]:
    return {str(found.kind) for found in parties.restrictions(desk.conn, [party], desk.now).get(party, [])}
