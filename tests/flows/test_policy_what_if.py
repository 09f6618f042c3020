"""Numbers of the rating change only once somebody has asked who would move under them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import merchant_kit
import pytest
from desk_kit import Hall
from rating_kit import Desk, open_desk

from tidegate.base.refusals import Refusal
from tidegate.db import Conn
from tidegate.policy import flow as policies
from tidegate.rating.fact import Kind
from tidegate.rating.facts import flow as facts
from tidegate.rating.governance import flow as governance
from tidegate.rating.runs import flow as runs


@pytest.fixture
def desk(conn: Conn) -> Desk:
    return open_desk(conn)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Refusal) as caught:
        yield
    assert caught.value.code == code


def draft(desk: Desk, section: str = "rating", **numbers: object) -> int:
    shipped = policies.shipped("demo")
    own = shipped[section]
    assert isinstance(own, dict)
    return policies.propose(desk.conn, {**shipped, section: {**own, **numbers}}, desk.mei, desk.now).version


def test_other_numbers_are_approved_once_somebody_has_asked_who_would_move(desk: Desk) -> None:
    busy = desk.merchant()
    for n in range(2):
        desk.confirmed(busy.id, Kind.COUNTERPARTY_FREEZE, counterparty=f"u{n}")
    desk.month_over()
    version = draft(desk, mass_counterparties=2, mass_least=2)
    with refused("what_if_missing"):
        policies.approve(desk.conn, version, desk.anton, desk.now)
    governance.look_ahead(desk.conn, version, desk.mei, desk.now)
    seen = policies.looked_ahead(desk.conn, version)
    assert seen is not None
    assert (seen.months[0], seen.months[-1], len(seen.months), seen.rated) == ("2025-12", "2026-11", 12, 1)
    assert [(m["month"], m["subject_id"], m["before"], m["after"]) for m in seen.told] == [
        ("2026-11", busy.id, "high", "extreme")
    ]
    assert policies.approve(desk.conn, version, desk.anton, desk.now).approved_by == desk.anton


def test_the_answer_for_another_draft_does_not_count(desk: Desk) -> None:
    first, second = draft(desk, multiple=2), draft(desk, multiple=4)
    governance.look_ahead(desk.conn, first, desk.mei, desk.now)
    with refused("what_if_missing"):
        policies.approve(desk.conn, second, desk.anton, desk.now)
    assert policies.approve(desk.conn, first, desk.anton, desk.now).approved_by == desk.anton


def test_an_answer_is_good_until_another_month_is_over(desk: Desk) -> None:
    version = draft(desk, multiple=2)
    made = governance.look_ahead(desk.conn, version, desk.mei, desk.now)
    desk.house.now = made.good_until
    assert made.good_until.isoformat() == "2026-11-30T16:00:00+00:00", "the first instant of December in Shanghai"
    with refused("what_if_outdated"):
        policies.approve(desk.conn, version, desk.anton, desk.now)
    governance.look_ahead(desk.conn, version, desk.mei, desk.now)
    policies.approve(desk.conn, version, desk.anton, desk.now)


def test_what_leaves_the_rating_alone_needs_no_answer(desk: Desk) -> None:
    version = draft(desk, "merchants", top_up_days=8)
    assert not policies.moves_ratings(desk.conn, version, desk.now)
    assert policies.approve(desk.conn, version, desk.anton, desk.now).approved_by == desk.anton


def thresholds(desk: Desk, group: str, **numbers: int) -> int:
    """A draft with other thresholds of one indicator."""
    section = policies.shipped("demo")["indicators"]
    assert isinstance(section, dict)
    return draft(desk, "indicators", **{group: {**section[group], **numbers}})


def test_thresholds_of_indicators_move_people_too(desk: Desk) -> None:
    """Two share an account, and a person confirmed it of one of them: under the draft nobody would have been asked."""
    people = [merchant_kit.person(desk.house) for _ in range(2)]
    one, two = (merchant_kit.certified(desk.house, who) for who in people)
    for who in people:
        merchant_kit.account(desk.house, who)
    desk.month_over()
    runs.run(desk.conn, "2026-11", desk.mei, desk.now, runs.on_postgres(desk.conn))
    (told,) = facts.page(desk.conn, one.id)
    desk.judge(told.id)
    version = thresholds(desk, "shared_account", accounts=2)
    with refused("what_if_missing"):
        policies.approve(desk.conn, version, desk.anton, desk.now)
    made = governance.look_ahead(desk.conn, version, desk.mei, desk.now)
    assert [(m["month"], m["subject_id"], m["before"], m["after"]) for m in made.told] == [
        ("2026-11", one.id, "medium", "low")
    ]
    assert made.seen == [{"indicator": "I-03", "more": 0, "fewer": 2}]
    assert policies.looked_ahead(desk.conn, version) == made
    assert [fact.disposition for fact in facts.page(desk.conn, two.id)] == ["open"], "nothing was written about anybody"
    assert policies.approve(desk.conn, version, desk.anton, desk.now).approved_by == desk.anton


def test_what_a_tighter_threshold_would_have_told_is_open(desk: Desk) -> None:
    """An alert that nobody has judged lifts to medium, and no further."""
    hall = Hall(desk.conn, desk.house.now)
    shop = hall.merchant()
    hall.traded(hall.publish(shop), hall.person())
    desk.month_over()
    made = governance.look_ahead(desk.conn, thresholds(desk, "concentration", orders=1), desk.mei, desk.now)
    assert [(m["month"], m["subject_id"], m["before"], m["after"]) for m in made.told] == [
        ("2026-11", shop.id, "low", "medium")
    ]
    assert made.seen == [{"indicator": "I-14", "more": 1, "fewer": 0}]
    same = governance.look_ahead(desk.conn, thresholds(desk, "bond", percent=99), desk.mei, desk.now)
    assert (same.told, same.seen) == ([], []), "a task is no fact about conduct"
