"""Cases on a real PostgreSQL: who may answer, timers, questions to the customer, appeals, seizures, the bundle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from house import COIN_USDT as COIN
from house import USDT, Customer, House, furnish

from tidegate.base.canonical import canonical
from tidegate.base.refusals import Conflict, Forbidden, Malformed, NotFound, Refusal
from tidegate.cases import flow as cases
from tidegate.cases import jobs as case_jobs
from tidegate.cases.case import ANSWERED_BY, Kind
from tidegate.custody import store as custody_store
from tidegate.db import Conn, act, connect, journal, reader
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.news import READER, handlers
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.withdrawals import bundle, jobs
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import Status

DOCUMENT = hashlib.sha256(b"order").hexdigest()


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def news(house: House) -> None:
    reader.read(house.conn, READER, handlers(lambda _: house.setting), house.now)


def key(house: House, label: str, role: str = "compliance") -> str:
    """A key of somebody's; its id is how the journal names them."""
    return parties.create_key(house.conn, role, label, "test", house.now).id


def in_review(house: House, amount: str = "20000") -> tuple[Customer, str, str]:
    """A withdrawal that waits for a person; its customer, its id, its case."""
    ada = house.customer(level=3, USDT=300_000 * COIN)
    house.asked(ada, "1")
    house.wait(hours=49)
    asked = house.asked(ada, amount)
    assert house.confirm(ada, asked.id).status is Status.IN_REVIEW
    (case,) = cases.about(house.conn, asked.id)
    return ada, asked.id, case.id


def approved(house: House) -> tuple[Customer, str]:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    assert house.confirm(ada, asked.id).status is Status.APPROVED
    return ada, asked.id


def authorise(house: House) -> None:
    jobs.authorise_approved(house.conn, lambda _: "00" * 64, {"evm-local": 31337}, lambda: house.setting, house.clock)


def refused(code: str, do: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as said:
        do()
    assert said.value.code == code
    return said.value


def hold(house: House, id: str) -> dict[str, Any]:
    """The hold letter as the customer reads it."""
    said: dict[str, Any] = withdrawals.view(house.conn, house.get(id), house.setting.assets)["hold"]
    return said


def kinds(house: House, subject: str) -> list[str]:
    return [entry.kind for entry in journal.about(house.conn, subject)]


# --- who may answer ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["approve", "decline"])
@pytest.mark.parametrize("person", ["mei", "anton"])
def test_who_wrote_or_approved_the_policy_may_not_answer_for_it(house: House, person: str, said: str) -> None:
    _, id, case = in_review(house)
    refused("case_own_policy", lambda: cases.answer(house.conn, case, person, said, "Fine", house.now))
    refused(
        "case_own_policy",
        lambda: cases.answer(house.conn, case, key(house, person.title()), said, "x", house.now),
    )
    assert cases.file(house.conn, case).answers == []
    assert house.get(id).status is Status.IN_REVIEW


def test_who_wrote_a_later_policy_may_answer_what_the_earlier_one_judged(house: House) -> None:
    _, id, case = in_review(house)
    later = policies.propose(house.conn, policies.shipped("demo"), "cora", house.now)
    policies.approve(house.conn, later.version, "mei", house.now)
    policies.activate(house.conn, later.version, "cora", house.now)
    refused("case_own_policy", lambda: cases.answer(house.conn, case, "mei", "approve", "Fine", house.now))
    cases.answer(house.conn, case, "cora", "approve", "Fine", house.now)
    news(house)
    assert house.get(id).status is Status.APPROVED


def test_two_keys_of_one_person_are_one_voice(house: House) -> None:
    _, id, case = in_review(house, "100000")
    one, same, other = key(house, "Anna Lee"), key(house, "anna  lee", "analyst"), key(house, "Ben")
    cases.answer(house.conn, case, one, "approve", "Known supplier", house.now)
    refused("case_answered_already", lambda: cases.answer(house.conn, case, same, "approve", "Really", house.now))
    assert cases.get(house.conn, case).status == "open"
    cases.answer(house.conn, case, other, "approve", "Checked the invoice", house.now)
    news(house)
    assert house.get(id).status is Status.APPROVED


def test_of_two_keys_of_one_person_at_once_one_counts(house: House, database_url: str) -> None:
    _, _, case = in_review(house, "100000")
    keys = [key(house, label) for label in ("Anna", "anna", "ANNA ", "aNNa") if label == label.strip()]

    def say(who: str) -> str:
        with connect(database_url) as conn:
            try:
                return cases.answer(conn, case, who, "approve", "Fine", house.now).case.status
            except Conflict as refusal:
                return refusal.code

    with ThreadPoolExecutor(len(keys)) as threads:
        said = sorted(threads.map(say, keys))
    assert said == ["case_answered_already", "case_answered_already", "open"]
    assert len(cases.file(house.conn, case).answers) == 1


def test_who_asked_may_not_answer_with_another_key(house: House) -> None:
    ada = house.customer(level=3, USDT=300_000 * COIN)
    house.asked(ada, "1")
    house.wait(hours=49)
    machine = key(house, "Dana", "integrator")
    ask = house.ask_for(ada, "20000")
    (answer,) = house.request(type(ask)(**{name: getattr(ask, name) for name in ask.__slots__} | {"actor": machine}))
    assert not isinstance(answer, Refusal)
    id = json.loads(answer.body)["id"]
    house.confirm(ada, id)
    (case,) = cases.about(house.conn, id)
    refused(
        "case_own_request", lambda: cases.answer(house.conn, case.id, key(house, "dana"), "approve", "x", house.now)
    )


@pytest.mark.parametrize("role", ["treasury", "support", "auditor", "admin", "integrator"])
def test_a_review_is_for_reviewers(house: House, role: str) -> None:
    _, _, case = in_review(house)
    who = key(house, "Somebody", role)
    refused("case_other_role", lambda: cases.answer(house.conn, case, who, "approve", "Fine", house.now))
    refused("case_other_role", lambda: cases.assign(house.conn, case, who, who, house.now))
    refused("case_other_role", lambda: withdrawals.ask(house.conn, case, "purpose", 1, who, house.now))


# --- timers ------------------------------------------------------------------------------------------------------


def late(house: House) -> int:
    return case_jobs.escalate_late(house.conn, house.clock)


def test_a_late_case_is_marked_once_raised_three_times_and_belongs_to_nobody(house: House) -> None:
    _, _, id = in_review(house)
    anna = key(house, "Anna")
    case = cases.assign(house.conn, id, anna, anna, house.now)
    house.now = case.due_at - timedelta(seconds=1)
    assert late(house) == 0
    assert cases.page(house.conn, overdue=True) == []
    house.now = case.due_at
    assert (late(house), late(house)) == (1, 0)
    marked = cases.get(house.conn, id)
    assert (marked.overdue_at, marked.escalation, marked.assignee) == (case.due_at, 1, None)
    assert [c.id for c in cases.page(house.conn, overdue=True)] == [id]
    for level in (2, 3):
        house.now += case.span / 2
        assert late(house) == 1
        assert cases.get(house.conn, id).escalation == level
    house.now += 10 * case.span
    assert late(house) == 0
    assert kinds(house, id).count("case.overdue") == 1
    assert kinds(house, id).count("case.escalated") == 3
    assert cases.get(house.conn, id).due_at == case.due_at


def test_a_person_hands_a_case_up_before_it_is_late(house: House) -> None:
    _, _, id = in_review(house)
    anna, case = key(house, "Anna"), cases.get(house.conn, id)
    cases.assign(house.conn, id, anna, anna, house.now)
    refused("reason_invalid", lambda: cases.hand_up(house.conn, id, " ", anna, house.now))
    refused("case_other_role", lambda: cases.hand_up(house.conn, id, "x", key(house, "Tom", "treasury"), house.now))
    for level in (1, 2, 3):
        cases.snooze(house.conn, id, case.due_at, "Waits for the bank", anna, house.now)
        file = cases.hand_up(house.conn, id, f"Reason {level}", anna, house.now)
        raised = file.case
        assert (raised.escalation, raised.assignee, raised.snoozed_until) == (level, None, None)
        assert (raised.due_at, raised.overdue_at) == (case.due_at, None)
        assert file.evidence[-1].note == f"Reason {level}"
    refused("case_raised_fully", lambda: cases.hand_up(house.conn, id, "x", anna, house.now))
    assert kinds(house, id).count("case.escalated") == 3
    cases.answer(house.conn, id, anna, "decline", "No", house.now)
    refused("case_closed", lambda: cases.hand_up(house.conn, id, "x", anna, house.now))


def test_of_four_workers_one_raises_a_late_case(house: House, database_url: str) -> None:
    _, _, id = in_review(house)
    house.now = cases.get(house.conn, id).due_at

    def raise_it(_: int) -> int:
        with connect(database_url) as conn:
            return case_jobs.escalate_late(conn, house.clock)

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(raise_it, range(4))) == 1
    assert kinds(house, id).count("case.overdue") == 1


def test_a_case_sleeps_until_its_time_and_no_longer_than_it_may(house: House) -> None:
    _, _, id = in_review(house)
    anna, case = key(house, "Anna"), cases.get(house.conn, id)
    last = case.due_at + case.span

    def snooze(until: Any, reason: str = "Waits for the bank") -> Any:
        return cases.snooze(house.conn, id, until, reason, anna, house.now)

    refused("until_past", lambda: snooze(house.now))
    refused("until_too_late", lambda: snooze(last + timedelta(seconds=1)))
    refused("reason_invalid", lambda: snooze(last, " "))
    assert snooze(last).snoozed_until == last
    house.now = last - timedelta(seconds=1)
    assert late(house) == 0
    house.now = last
    assert late(house) == 1
    assert cases.get(house.conn, id).snoozed_until is None


def test_an_answered_case_is_never_late(house: House) -> None:
    _, _, id = in_review(house)
    cases.answer(house.conn, id, key(house, "Anna"), "decline", "No", house.now)
    house.wait(days=30)
    assert late(house) == 0
    refused(
        "case_closed", lambda: cases.snooze(house.conn, id, house.now + timedelta(hours=1), "x", "key_a", house.now)
    )


# --- information -------------------------------------------------------------------------------------------------


def test_the_customer_is_asked_answers_and_the_same_case_goes_on(house: House) -> None:
    ada, id, case = in_review(house)
    due, anna = cases.get(house.conn, case).due_at, key(house, "Anna")
    asked = withdrawals.ask(house.conn, case, "source_of_funds", 48, anna, house.now)
    assert (asked.status, asked.expires_at) == (Status.AWAITING_INFORMATION, house.now + timedelta(hours=48))
    letter = hold(house, id)
    (reason,) = [r for r in letter["reasons"] if r["code"] == "information_asked"]
    assert "where the funds" in reason["en"]
    assert "资金的来源" in reason["zh"]
    assert letter["ends_at"] == "2026-11-28T13:00:30Z"
    house.wait(hours=10)
    done = withdrawals.inform(house.conn, id, "source_of_funds", "My salary", ada.id, house.now)
    assert done.status is Status.IN_REVIEW
    file = cases.file(house.conn, case)
    assert [(q.kind, q.text, q.answered_by) for q in file.questions] == [("source_of_funds", "My salary", ada.id)]
    assert file.case.due_at == due + timedelta(hours=10)  # the customer's time is not the reviewer's
    assert [c.id for c in cases.about(house.conn, id)] == [case]
    cases.answer(house.conn, case, anna, "approve", "Salary slip seen", house.now)
    news(house)
    assert house.get(id).status is Status.APPROVED
    assert kinds(house, id) == [
        "withdrawal.awaiting_confirmation",
        "factor.used",
        "withdrawal.in_review",
        "withdrawal.awaiting_information",
        "withdrawal.in_review",
        "withdrawal.approved",
    ]
    assert kinds(house, case)[:3] == ["case.opened", "case.asked", "case.informed"]


def test_what_is_asked_in_own_words_is_read_as_written(house: House) -> None:
    _, id, case = in_review(house)
    withdrawals.ask(house.conn, case, "Who owns {id}?", 1, "key_anna", house.now)
    words = next(r for r in hold(house, id)["reasons"] if r["code"] == "information_asked")
    assert words["en"].endswith("Who owns {id}?")
    assert words["zh"].endswith("Who owns {id}?")


def test_no_answer_in_time_expires_with_a_reason_of_its_own(house: House) -> None:
    ada, id, case = in_review(house)
    withdrawals.ask(house.conn, case, "purpose", 24, "key_anna", house.now)
    before = house.available(ada)
    house.wait(hours=24, seconds=-1)
    jobs.expire_due(house.conn, lambda: house.setting, house.clock)
    assert house.get(id).status is Status.AWAITING_INFORMATION
    house.wait(seconds=1)
    refused("information_too_late", lambda: withdrawals.inform(house.conn, id, "purpose", "x", ada.id, house.now))
    jobs.expire_due(house.conn, lambda: house.setting, house.clock)
    assert house.get(id).status is Status.EXPIRED
    assert house.available(ada) == before + 20_001 * COIN  # and the coin that was never confirmed
    letter = hold(house, id)
    assert [r["code"] for r in letter["reasons"]] == ["information_missing"]
    assert "not confirmed" not in letter["next_step"]["en"]
    file = cases.file(house.conn, case)
    assert file.case.status == "moot"
    assert file.questions[0].ended_at is not None
    refused("information_not_asked", lambda: withdrawals.inform(house.conn, id, "purpose", "x", ada.id, house.now))


def test_what_cannot_be_asked_or_answered_is_refused_by_name(house: House) -> None:
    ada, id, case = in_review(house)
    ask, inform, conn, now = withdrawals.ask, withdrawals.inform, house.conn, house.now
    refused("information_not_asked", lambda: inform(conn, id, "purpose", "x", ada.id, now))
    refused("deadline_hours_invalid", lambda: ask(conn, case, "purpose", 0, "key_a", now))
    refused("deadline_hours_invalid", lambda: ask(conn, case, "purpose", 721, "key_a", now))
    refused("what_invalid", lambda: ask(conn, case, " ", 1, "key_a", now))
    refused("case_unknown", lambda: ask(conn, "case_no", "purpose", 1, "key_a", now))
    ask(conn, case, "purpose", 720, "key_a", now)
    refused("case_asks_already", lambda: ask(conn, case, "purpose", 1, "key_a", now))
    refused("kind_unknown", lambda: inform(conn, id, "story", "x", ada.id, now))
    refused("text_invalid", lambda: inform(conn, id, "purpose", "", ada.id, now))
    assert house.get(id).status is Status.AWAITING_INFORMATION


def test_a_case_that_waits_for_the_customer_is_not_late(house: House) -> None:
    _, _, case = in_review(house)
    withdrawals.ask(house.conn, case, "purpose", 720, "key_anna", house.now)
    house.wait(hours=719)
    assert late(house) == 0


@pytest.mark.parametrize(("said", "status"), [("approve", Status.APPROVED), ("decline", Status.DECLINED)])
def test_a_reviewer_may_answer_without_waiting_for_the_customer(house: House, said: str, status: Status) -> None:
    ada, id, case = in_review(house)
    withdrawals.ask(house.conn, case, "purpose", 24, "key_anna", house.now)
    cases.answer(house.conn, case, "key_ben", said, "Found out elsewhere", house.now)
    refused("information_not_asked", lambda: withdrawals.inform(house.conn, id, "purpose", "x", ada.id, house.now))
    news(house)
    assert house.get(id).status is status


# --- appeals -----------------------------------------------------------------------------------------------------


def appeal(house: House, who: Customer, id: str, text: str = "It is my own address") -> str:
    withdrawals.appeal(house.conn, id, text, who.id, house.setting, house.now)
    return next(c.id for c in cases.about(house.conn, id) if c.kind == "withdrawal_appeal" and c.status == "open")


def declined(house: House) -> tuple[Customer, str]:
    ada, id, case = in_review(house)
    cases.answer(house.conn, case, "key_anna", "decline", "No answer", house.now)
    news(house)
    assert house.get(id).status is Status.DECLINED
    return ada, id


def test_an_appeal_is_answered_by_people_who_did_not_decide_before(house: House) -> None:
    ada, id = declined(house)
    assert f"/v1/withdrawals/{id}/appeal" in hold(house, id)["appeal"]["en"]
    case = appeal(house, ada, id)
    assert [e.note for e in cases.file(house.conn, case).evidence] == ["It is my own address"]
    assert "being looked at" in hold(house, id)["appeal"]["en"]
    refused("case_answered_before", lambda: cases.answer(house.conn, case, "key_anna", "decline", "x", house.now))
    again = key(house, "KEY_ANNA")  # the same person with a key of another id
    refused("case_answered_before", lambda: cases.answer(house.conn, case, again, "approve", "x", house.now))
    refused("case_own_policy", lambda: cases.answer(house.conn, case, "mei", "approve", "x", house.now))
    refused("case_own_request", lambda: cases.answer(house.conn, case, ada.id, "approve", "x", house.now))
    cases.answer(house.conn, case, "key_ben", "decline", "Rightly so", house.now)
    news(house)
    assert "withdrawal.appeal_upheld" in kinds(house, id)
    assert "stands" in hold(house, id)["appeal"]["en"]
    refused("appeal_answered", lambda: appeal(house, ada, id))


def test_what_has_ended_stays_ended_and_nothing_is_cleared_for_the_next_request(house: House) -> None:
    ada, id = declined(house)
    before = house.available(ada)
    case = appeal(house, ada, id)
    cases.answer(house.conn, case, "key_ben", "approve", "It is the customer's own", house.now)
    news(house)
    assert house.get(id).status is Status.DECLINED
    assert house.available(ada) == before
    assert "ask again" in hold(house, id)["appeal"]["en"]
    assert "withdrawal.appeal_overturned" in kinds(house, id)
    again = house.asked(ada, "20000")
    assert house.confirm(ada, again.id).status is Status.IN_REVIEW


def test_an_appeal_shortens_no_delay(house: House) -> None:
    ada = house.customer(USDT=5_000 * COIN)
    asked = house.asked(ada, "2000")
    held = house.confirm(ada, asked.id)
    assert held.status is Status.DELAYED
    case = appeal(house, ada, asked.id)
    cases.answer(house.conn, case, "key_ben", "approve", "Own address", house.now)
    news(house)
    after = house.get(asked.id)
    assert (after.status, after.release_at) == (Status.DELAYED, held.release_at)


def test_a_review_goes_on_and_is_told_that_an_appeal_was_right(house: House) -> None:
    ada, id, review = in_review(house)
    case = appeal(house, ada, id)
    cases.answer(house.conn, case, "key_ben", "approve", "Should not have been held", house.now)
    news(house)
    assert house.get(id).status is Status.IN_REVIEW
    assert case in cases.file(house.conn, review).evidence[-1].note


def test_one_appeal_at_a_time_and_only_where_something_can_be_wrong(house: House) -> None:
    ada, id, _ = in_review(house)
    appeal(house, ada, id)
    refused("appeal_open", lambda: appeal(house, ada, id))
    other = house.asked(ada, "5")
    refused("withdrawal_not_appealable", lambda: appeal(house, ada, other.id))
    assert "support" in hold(house, other.id)["appeal"]["en"]
    refused("withdrawal_unknown", lambda: appeal(house, ada, "wd_no"))
    ben, declined_id = declined(house)
    refused("text_invalid", lambda: appeal(house, ben, declined_id, "  "))
    assert [c.kind for c in cases.about(house.conn, declined_id)] == ["withdrawal_review"]


def test_an_appeal_outlives_a_decline_and_ends_with_a_cancellation(house: House) -> None:
    ada, id, review = in_review(house)
    case = appeal(house, ada, id)
    cases.answer(house.conn, review, "key_anna", "decline", "No", house.now)
    news(house)
    assert cases.get(house.conn, case).status == "open"
    refused("case_answered_before", lambda: cases.answer(house.conn, case, "key_anna", "approve", "x", house.now))
    ben, other, _ = in_review(house)
    theirs = appeal(house, ben, other)
    withdrawals.cancel(house.conn, other, ben.id, house.setting, house.now)
    assert cases.get(house.conn, theirs).status == "moot"


def test_of_ten_appeals_at_once_one_is_opened(house: House, database_url: str) -> None:
    ada, id = declined(house)
    setting = house.setting

    def say(_: int) -> str:
        with connect(database_url) as conn:
            try:
                withdrawals.appeal(conn, id, "Mine", ada.id, setting, house.now)
            except Conflict as refusal:
                return refusal.code
            return "opened"

    with ThreadPoolExecutor(10) as threads:
        said = list(threads.map(say, range(10)))
    assert (said.count("opened"), said.count("appeal_open")) == (1, 9)


# --- seizures ----------------------------------------------------------------------------------------------------


def propose(house: House, id: str, who: str, document: str = DOCUMENT, reference: str = "35 Gs 1234/26") -> str:
    return withdrawals.propose_seizure(house.conn, id, reference, document, who, house.setting, house.now)


def seized_units(house: House) -> int:
    return ledger_store.posted(house.conn, accounts.LEGAL_HOLD, USDT.id)


@pytest.mark.parametrize("standing", ["awaiting_confirmation", "approved", "queued", "in_review", "delayed"])
def test_two_people_seize_what_has_not_been_paid(house: House, standing: str) -> None:
    ada = house.customer(level=3, USDT=300_000 * COIN)
    house.asked(ada, "1")
    if standing != "delayed":
        house.wait(hours=49)
    asked = house.asked(ada, {"in_review": "20000", "delayed": "2000"}.get(standing, "5"))
    if standing != "awaiting_confirmation":
        house.confirm(ada, asked.id)
    if standing == "queued":
        authorise(house)
    assert house.get(asked.id).status.value == {"queued": "approved"}.get(standing, standing)
    free, used = house.available(ada), house.used(ada)
    anna, same, ben = key(house, "Anna"), key(house, "anna"), key(house, "Ben")
    case = propose(house, asked.id, anna)
    assert [v.person for v in cases.file(house.conn, case).answers] == [anna]
    for who in (anna, same):
        refused("case_answered_already", lambda who=who: cases.answer(house.conn, case, who, "approve", "x", house.now))
    analyst = key(house, "Cleo", "analyst")
    refused("case_other_role", lambda: cases.answer(house.conn, case, analyst, "approve", "x", house.now))
    news(house)
    assert house.get(asked.id).status is not Status.SEIZED
    cases.answer(house.conn, case, ben, "approve", "Order read", house.now)
    news(house)
    assert house.get(asked.id).status is Status.SEIZED
    assert seized_units(house) == asked.units
    assert house.available(ada) == free
    assert house.used(ada) == used - asked.value
    total = next(b for b in ledger.balances(house.conn, ada.id) if b.asset_id == USDT.id).total
    assert total == 300_000 * COIN - asked.units
    (said,) = [e for e in journal.about(house.conn, asked.id) if e.kind == "withdrawal.seized"]
    assert DOCUMENT in said.content["why"]
    assert all(c.status != "open" for c in cases.about(house.conn, asked.id))
    assert ledger_store.disagreements(house.conn) == []
    payout = custody_store.payout_of(house.conn, "withdrawal", asked.id)
    assert payout is None or payout.status == "cancelled"
    refused("withdrawal_not_seizable", lambda: propose(house, asked.id, anna))
    refused(
        "withdrawal_not_cancellable", lambda: withdrawals.cancel(house.conn, asked.id, ada.id, house.setting, house.now)
    )


def test_the_customer_is_not_told_of_a_proposal(house: House) -> None:
    _, id = approved(house)
    before = kinds(house, id), hold(house, id)
    propose(house, id, key(house, "Anna"))
    assert (kinds(house, id), hold(house, id)) == before


def test_a_second_person_who_says_no_ends_it(house: House) -> None:
    _, id = approved(house)
    case = propose(house, id, key(house, "Anna"))
    refused("case_open", lambda: propose(house, id, key(house, "Ben")))
    cases.answer(house.conn, case, key(house, "Ben"), "decline", "Another customer is meant", house.now)
    news(house)
    assert house.get(id).status is Status.APPROVED
    assert seized_units(house) == 0


def test_an_order_says_what_it_is_and_only_compliance_may_bring_one(house: House) -> None:
    _, id = approved(house)
    anna = key(house, "Anna")
    for wrong in ("", "ab", DOCUMENT.upper(), DOCUMENT + "0", DOCUMENT[:-1] + "\n"):
        refused("document_sha256_invalid", lambda wrong=wrong: propose(house, id, anna, wrong))
    for wrong in ("", " 1", "a\nb", "x" * 201):
        refused("order_reference_invalid", lambda wrong=wrong: propose(house, id, anna, reference=wrong))
    refused("case_other_role", lambda: propose(house, id, key(house, "Cleo", "analyst")))
    refused("withdrawal_unknown", lambda: propose(house, "wd_no", anna))
    assert cases.about(house.conn, id) == []


def test_what_a_payment_owns_is_not_seized_and_people_are_told(house: House) -> None:
    ada, id = approved(house)
    authorise(house)
    anna, ben = key(house, "Anna"), key(house, "Ben")
    case = propose(house, id, anna)
    house.conn.execute("UPDATE payout SET status = 'paying' WHERE ref = %s", (id,))
    cases.answer(house.conn, case, ben, "approve", "Order read", house.now)
    news(house)
    assert house.get(id).status is Status.APPROVED
    assert house.held(ada) == 5 * COIN
    assert seized_units(house) == 0
    assert kinds(house, case)[-1] == "case.order_too_late"
    with act(house.conn, "worker", house.now) as tx:
        tx.note("payout.paying", id)
    news(house)
    refused("withdrawal_not_seizable", lambda: propose(house, id, anna))


@pytest.mark.parametrize("round_", range(6))
def test_seizure_and_payout_race_and_one_of_them_has_the_coins(house: House, database_url: str, round_: int) -> None:
    ada, id = approved(house)
    authorise(house)
    case = propose(house, id, key(house, "Anna"))
    cases.answer(house.conn, case, key(house, "Ben"), "approve", "Order read", house.now)
    payout = custody_store.payout_of(house.conn, "withdrawal", id)
    assert payout is not None

    def claim() -> bool:
        """As `custody.jobs` claims: the payout's row decides."""
        with connect(database_url) as conn, act(conn, "worker", house.now) as tx:
            if not custody_store.lock_payouts(conn, [payout.id]):
                return False
            custody_store.set_status(conn, payout.id, "paying", None)
            tx.note("payout.paying", id)
            return True

    def seize() -> None:
        with connect(database_url) as conn:
            reader.read(conn, READER, handlers(lambda _: house.setting), house.now)

    with ThreadPoolExecutor(2) as threads:
        first, second = (claim, seize) if round_ % 2 else (seize, claim)
        a, b = threads.submit(first), threads.submit(second)
        claimed = bool(a.result()) | bool(b.result())
    news(house)
    status = house.get(id).status
    assert status is (Status.PAYING if claimed else Status.SEIZED)
    assert seized_units(house) == (0 if claimed else 5 * COIN)
    assert house.held(ada) == (5 * COIN if claimed else 0)
    assert ledger_store.disagreements(house.conn) == []


@pytest.mark.parametrize("round_", range(6))
def test_seizure_and_cancel_race_and_one_of_them_wins(house: House, database_url: str, round_: int) -> None:
    ada, id = approved(house)
    case = propose(house, id, key(house, "Anna"))
    cases.answer(house.conn, case, key(house, "Ben"), "approve", "Order read", house.now)
    setting = house.setting

    def cancel() -> bool:
        with connect(database_url) as conn:
            try:
                withdrawals.cancel(conn, id, ada.id, setting, house.now)
            except Conflict:
                return False
            return True

    def seize() -> bool:
        with connect(database_url) as conn:
            reader.read(conn, READER, handlers(lambda _: setting), house.now)
        return False

    with ThreadPoolExecutor(2) as threads:
        order = (cancel, seize) if round_ % 2 else (seize, cancel)
        cancelled = True in [f.result() for f in [threads.submit(one) for one in order]]
    status = house.get(id).status
    assert status is (Status.CANCELLED if cancelled else Status.SEIZED)
    assert (house.available(ada), seized_units(house)) == ((100 * COIN, 0) if cancelled else (95 * COIN, 5 * COIN))
    assert ledger_store.disagreements(house.conn) == []


def test_news_of_a_seizure_told_twice_seizes_once(house: House) -> None:
    _, id = approved(house)
    case = propose(house, id, key(house, "Anna"))
    cases.answer(house.conn, case, key(house, "Ben"), "approve", "Order read", house.now)
    for _ in range(2):
        with act(house.conn, "worker", house.now) as tx:
            withdrawals.seizure_answered(tx, id, "approved", case)
    assert seized_units(house) == 5 * COIN
    assert kinds(house, id).count("withdrawal.seized") == 1


# --- the bundle --------------------------------------------------------------------------------------------------


def whole(house: House) -> tuple[str, str]:
    """A case with everything in it: asked, informed, appealed, answered."""
    ada, id, case = in_review(house)
    withdrawals.ask(house.conn, case, "purpose", 24, "key_anna", house.now)
    withdrawals.inform(house.conn, id, "purpose", "Rechnung für Müller 发票", ada.id, house.now)
    cases.add_evidence(house.conn, case, "Invoice 77", "key_anna", house.now)
    cases.answer(house.conn, case, "key_anna", "approve", "Fits", house.now)
    news(house)
    return id, case


def test_a_bundle_is_the_same_bytes_and_holds_everything(house: House) -> None:
    id, case = whole(house)
    said = bundle.sealed(withdrawals.evidence(house.conn, case))
    house.wait(days=400)
    house.customer(USDT=5)
    assert bundle.sealed(withdrawals.evidence(house.conn, case)) == said
    inside = json.loads(said)["bundle"]
    assert inside["withdrawal"]["id"] == id
    assert inside["withdrawal"]["units"] == str(20_000 * COIN)
    assert [d["stage"] for d in inside["decisions"]] == ["request", "confirm", "person"]
    assert all(hashlib.sha256(d["facts"].encode()).hexdigest() == d["facts_hash"] for d in inside["decisions"])
    assert [a["reason"] for a in inside["answers"]] == ["Fits"]
    assert inside["questions"][0]["text"] == "Rechnung für Müller 发票"
    told = {(e[2], e[3]) for link in inside["journal"] for e in link["entries"]}
    assert {("case.answered", case), ("withdrawal.approved", id), ("case.informed", case)} <= told
    cases_kinds = kinds(house, case) + kinds(house, id)
    assert len([e for link in inside["journal"] for e in link["entries"] if e[3] in (id, case)]) == len(cases_kinds)


def checker() -> Callable[[str], bool]:
    """The program that docs/guides/cases.md gives to auditors: it uses nothing of ours."""
    guide = (Path(__file__).parent.parent.parent / "docs" / "guides" / "cases.md").read_text()
    names: dict[str, Any] = {}
    exec(guide.split("```python")[1].split("```")[0], names)
    check: Callable[[str], bool] = names["check"]
    return check


def test_a_bundle_is_checked_offline_and_a_changed_one_is_found(house: House) -> None:
    _, case = whole(house)
    check = checker()
    said = bundle.sealed(withdrawals.evidence(house.conn, case))
    assert check(said)
    assert not check(said.replace("Invoice 77", "Invoice 78"))
    changed = json.loads(said)
    changed["bundle"]["journal"][-1]["entries"][0][1] = "somebody else"
    resealed = bundle.sealed(changed["bundle"])  # whoever makes the outer hash anew still breaks the link
    assert not check(resealed)
    assert canonical(json.loads(said)) == said


def test_a_bundle_of_nothing_does_not_exist(house: House) -> None:
    with pytest.raises(NotFound):
        withdrawals.evidence(house.conn, "case_no")


def test_malformed_is_what_words_are_when_nobody_can_read_them(house: House) -> None:
    _, _, case = in_review(house)
    with pytest.raises(Malformed):
        cases.add_evidence(house.conn, case, "\x07", "key_anna", house.now)
    with pytest.raises(Forbidden):
        cases.answer(house.conn, case, "mei", "approve", "Fine", house.now)


def test_the_database_knows_the_kinds_that_the_rules_know(conn: Conn) -> None:
    """A kind that one of the two lacks is asked about nobody, or by nobody."""
    kinds = {kind for (kind,) in conn.execute("SELECT kind FROM case_kind").fetchall()}
    assert kinds == set(get_args(Kind)) == set(ANSWERED_BY)
