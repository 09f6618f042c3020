"""Outside checks on a real PostgreSQL: awaited, answered once, overdue, and what becomes of the withdrawal."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from house import Customer, House, furnish

from tidegate.api.decisions import say
from tidegate.base.findings import Outcome
from tidegate.base.refusals import Malformed, NotFound
from tidegate.cases import flow as cases
from tidegate.db import Conn, act, connect, journal
from tidegate.policy import flow as policies
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs, store
from tidegate.withdrawals.flow import Setting
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6
CHECKS = [{"check": "vendor_a", "from_value": "0"}, {"check": "travel_rule", "from_value": "1000"}]


@pytest.fixture
def house(conn: Conn) -> House:
    furnished = furnish(conn)
    furnished.agree(outside_checks=CHECKS, deciding={"outside_seconds": 60, "reserved_minutes": 15})
    return furnished


def say_so(house: House, id: str, check: str, outcome: Outcome | None, setting: Setting | None = None) -> bool:
    with act(house.conn, "vendor", house.now) as tx:
        return withdrawals.outside_answered(tx, id, check, outcome, "seen", setting or house.setting)


def screened(house: House, amount: str = "1000") -> tuple[Customer, str]:
    """A withdrawal that was confirmed while its outside checks are open."""
    ada = house.customer(USDT=5_000 * COIN)
    asked = house.asked(ada, amount)
    assert house.confirm(ada, asked.id).status is Status.SCREENING
    return ada, asked.id


def states(house: House, id: str) -> dict[str, str]:
    """How far each outside check came, as the newest decision says."""
    row = store.decision(house.conn, house.get(id).decision_id)
    assert row is not None
    said = {item["check"]: item["state"] for item in say.decision(row, None)["checks"]}
    return {check: said[check] for check in ("vendor_a", "travel_rule") if check in said}


def test_it_waits_for_the_last_answer_and_then_goes_on(house: House) -> None:
    ada, id = screened(house)
    assert states(house, id) == {"vendor_a": "pending", "travel_rule": "pending"}
    assert house.held(ada) == 1_000 * COIN
    assert say_so(house, id, "vendor_a", Outcome.ALLOW)
    assert house.get(id).status is Status.SCREENING
    assert say_so(house, id, "travel_rule", Outcome.ALLOW)
    assert house.get(id).status is Status.APPROVED
    assert states(house, id) == {"vendor_a": "answered", "travel_rule": "answered"}


def test_what_is_answered_before_the_confirmation_is_not_waited_for(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    assert [q.ref for q in store.outside_open(house.conn, "vendor_a", house.now, 10)] == [asked.id]
    assert say_so(house, asked.id, "vendor_a", Outcome.ALLOW)
    assert house.get(asked.id).status is Status.AWAITING_CONFIRMATION
    assert house.confirm(ada, asked.id).status is Status.APPROVED


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.STEP_UP, Status.AWAITING_CONFIRMATION),
        (Outcome.REVIEW, Status.IN_REVIEW),
        (Outcome.DECLINE, Status.DECLINED),
    ],
)
def test_an_answer_counts_like_a_finding(house: House, outcome: Outcome, status: Status) -> None:
    _, id = screened(house, "5")
    say_so(house, id, "vendor_a", outcome)
    assert house.get(id).status is status


def test_a_check_that_failed_asks_for_a_person(house: House) -> None:
    _, id = screened(house, "5")
    say_so(house, id, "vendor_a", None)
    (case,) = cases.about(house.conn, id)
    assert (house.get(id).status, case.reasons) == (Status.IN_REVIEW, ["check_failed"])


def test_what_is_overdue_goes_to_a_person_and_a_late_answer_changes_nothing(house: House) -> None:
    _, id = screened(house, "5")
    house.wait(seconds=29)
    assert jobs.outside_due(house.conn, lambda: house.setting, house.clock) == 0
    house.wait(seconds=1)
    assert jobs.outside_due(house.conn, lambda: house.setting, house.clock) == 1
    (case,) = cases.about(house.conn, id)
    assert (house.get(id).status, case.reasons) == (Status.IN_REVIEW, ["check_timed_out"])
    assert states(house, id) == {"vendor_a": "timeout"}
    assert not say_so(house, id, "vendor_a", Outcome.ALLOW)
    assert house.get(id).status is Status.IN_REVIEW
    assert journal.about(house.conn, id)[-1].kind == "withdrawal.outside_late"
    assert jobs.outside_due(house.conn, lambda: house.setting, house.clock) == 0


def test_a_person_who_looked_lets_the_silent_check_pass(house: House) -> None:
    _, id = screened(house, "5")
    house.wait(seconds=60)
    jobs.outside_due(house.conn, lambda: house.setting, house.clock)
    (case,) = cases.about(house.conn, id)
    with act(house.conn, "worker", house.now) as tx:
        withdrawals.answered(tx, id, "approved", case.id, house.setting)
    assert house.get(id).status is Status.APPROVED


def test_a_page_of_broken_ones_hides_none_that_is_overdue(house: House) -> None:
    asked = [screened(house)[1] for _ in range(6)]
    for id in asked[:-1]:
        store.waits_for(house.conn, id, "person")
    house.wait(seconds=61)
    turns = [store.outside_overdue(house.conn, house.now, turn, 2) for turn in range(20)]
    assert {turn[0] for turn in turns} == {asked[-1]}
    assert {id for turn in turns for id in turn[1:]} == set(asked[:-1])


def test_a_policy_of_two_people_may_let_a_silent_check_pass_for_a_while(house: House) -> None:
    silent = {"check": "vendor_a", "on_error": "review", "on_timeout": "ignore", "until": "2026-11-27T00:00:00Z"}
    house.agree(outside_checks=CHECKS, check_failures=[silent])
    _, id = screened_late(house)
    assert house.get(id).status is Status.APPROVED
    row = store.decision(house.conn, house.get(id).decision_id)
    assert row is not None
    assert [f["code"] for f in json.loads(row.findings)] == ["check_timed_out"]


def screened_late(house: House) -> tuple[Customer, str]:
    ada = house.customer(USDT=5_000 * COIN)
    asked = house.asked(ada, "5")
    house.confirm(ada, asked.id)
    return ada, asked.id


def test_in_screening_it_can_be_cancelled(house: House) -> None:
    ada, id = screened(house)
    withdrawals.cancel(house.conn, id, ada.id, house.setting, house.now)
    assert house.available(ada) == 5_000 * COIN
    assert say_so(house, id, "vendor_a", Outcome.ALLOW)
    assert house.get(id).status is Status.CANCELLED


def test_the_letter_says_that_checks_are_running(house: House) -> None:
    _, id = screened(house)
    said = withdrawals.view(house.conn, house.get(id), house.setting.assets)
    assert said["status"] == "screening"
    assert said["hold"]["next_step"]["zh"]


@pytest.mark.parametrize(
    ("check", "outcome", "refusal"), [("vendor_b", Outcome.ALLOW, NotFound), ("vendor_a", Outcome.DELAY, Malformed)]
)
def test_an_answer_that_nobody_can_use_is_refused(
    house: House, check: str, outcome: Outcome, refusal: type[Exception]
) -> None:
    _, id = screened(house)
    with pytest.raises(refusal):
        say_so(house, id, check, outcome)


def test_of_twenty_answers_at_once_one_is_kept(house: House, database_url: str) -> None:
    _, id = screened(house, "5")
    setting = house.setting

    def answer(n: int) -> bool:
        with connect(database_url) as conn, act(conn, f"vendor {n}", house.now) as tx:
            said = Outcome.ALLOW if n % 2 else Outcome.REVIEW
            return withdrawals.outside_answered(tx, id, "vendor_a", said, str(n), setting)

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(answer, range(20))) == 1
    (kept,) = store.outside_of(house.conn, id)
    assert house.get(id).status is (Status.APPROVED if kept.outcome == "allow" else Status.IN_REVIEW)
    with pytest.raises(psycopg.errors.RestrictViolation):
        house.conn.execute("UPDATE outside_answer SET outcome = 'allow' WHERE ref = %s", (id,))


def test_what_was_pinned_stays_pinned_whatever_the_policy_says_later(house: House) -> None:
    later = policies.propose(house.conn, policies.shipped("demo"), "mei", house.now).version
    policies.approve(house.conn, later, "anton", house.now)
    house.wait(hours=24)  # what asks fewer checks is a loosening
    _, id = screened(house)
    assert policies.activate(house.conn, later, "anton", house.now).active_from == house.now
    say_so(house, id, "vendor_a", Outcome.ALLOW)
    assert house.get(id).status is Status.SCREENING
    say_so(house, id, "travel_rule", Outcome.ALLOW)
    assert house.get(id).status is Status.APPROVED
