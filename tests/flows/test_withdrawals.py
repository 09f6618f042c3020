"""The life of a withdrawal on a real PostgreSQL: every move, every refusal, twenty at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from house import DATA_KEY, ETH, HOT, LISTED, NETWORK, RECEIVER, USDT, Customer, House, furnish

from tidegate.base.money import MAX_UNITS
from tidegate.base.refusals import Conflict, Forbidden, Malformed, NotFound, Refusal, TooMany
from tidegate.cases import flow as cases
from tidegate.custody import flow as custody
from tidegate.custody import store as custody_store
from tidegate.db import Conn, act, connect, journal, reader
from tidegate.db.replay import KeyReused
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.news import READER, handlers
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs, store
from tidegate.withdrawals.flow import Answer
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def news(house: House) -> None:
    """Let the news travel up the ladder, as the worker does."""
    reader.read(house.conn, READER, handlers(lambda c: house.setting), house.now)


def authorise(house: House) -> None:
    jobs.authorise_approved(
        house.conn, lambda payload: "00" * 64, {"evm-local": 31337}, lambda: house.setting, house.clock
    )


def note(house: House, kind: str, subject: str, **body: object) -> None:
    with act(house.conn, "worker", house.now) as tx:
        tx.note(kind, subject, body)
    news(house)


def test_a_small_withdrawal_goes_from_request_to_settled(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "40")
    assert asked.status is Status.AWAITING_CONFIRMATION
    assert (house.available(ada), house.held(ada)) == (60 * COIN, 40 * COIN)
    assert house.confirm(ada, asked.id).status is Status.APPROVED
    authorise(house)
    assert house.get(asked.id).authorised_at is not None
    note(house, "payout.paying", asked.id)
    assert house.get(asked.id).status is Status.PAYING
    note(house, "payout.paid", asked.id, tx="0xabc")
    done = house.get(asked.id)
    assert (done.status, done.tx) == (Status.SETTLED, "0xabc")
    assert (house.available(ada), house.held(ada)) == (60 * COIN, 0)
    fees = ledger.balances(house.conn, accounts.FEES)
    assert [b.total for b in fees] == [asked.fee_units]
    assert ledger_store.disagreements(house.conn) == []
    assert journal.verify(house.conn).broken is None


def test_every_status_change_has_exactly_one_journal_entry(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "40")
    house.confirm(ada, asked.id)
    withdrawals.cancel(house.conn, asked.id, ada.id, house.setting, house.now)
    kinds = [n.kind for n in journal.about(house.conn, asked.id)]
    assert kinds == ["withdrawal.awaiting_confirmation", "factor.used", "withdrawal.approved", "withdrawal.cancelled"]


def test_what_is_refused_for_funds_holds_nothing(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "100.000001")
    assert asked.status is Status.DECLINED
    assert (house.available(ada), house.held(ada), house.used(ada)) == (100 * COIN, 0, 0)


def test_a_sanctioned_address_is_declined_in_any_spelling(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    for spelling in (LISTED, "0x" + LISTED[2:].upper()):
        assert house.asked(ada, "5", spelling).status is Status.DECLINED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "0"}, "amount_zero"),
        ({"amount": "0.1"}, "amount_not_above_fee"),
        ({"amount": "1.0000001"}, "amount_too_precise"),
        ({"amount": "1e3"}, "amount_malformed"),
        ({"amount": "-5"}, "amount_malformed"),
        ({"amount": "١٢"}, "amount_malformed"),
        ({"amount": "1" + "0" * 80}, "amount_malformed"),
        ({"amount": "9" * 77}, "amount_too_large"),
        ({"asset": "DOGE"}, "asset_unknown"),
        ({"address": RECEIVER.replace("8617E", "8617e")}, "address_bad_checksum"),
        ({"address": RECEIVER + "\n"}, "address_malformed"),
        ({"address": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"}, "address_wrong_network"),
        ({"address": USDT.contract}, "address_is_token_contract"),
        ({"address": "0x" + "0" * 40}, "address_zero"),
        ({"address": HOT}, "address_is_ours"),
        ({"memo": "hello"}, "memo_not_supported"),
        ({"fee_ceiling": "0.05"}, "fee_above_ceiling"),
    ],
)
def test_what_can_never_be_right_is_refused_and_changes_nothing(
    house: House, change: dict[str, Any], code: str
) -> None:
    ada = house.customer(USDT=100 * COIN)
    before = journal.verify(house.conn).tip
    amount = change.pop("amount", "5")
    (refusal,) = house.request(house.ask_for(ada, amount, **{"address": RECEIVER, **change}))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.status) == (code, 422)
    assert house.available(ada) == 100 * COIN
    assert journal.verify(house.conn).tip == before


def test_an_amount_may_be_worth_as_much_as_a_row_holds_and_no_more(house: House) -> None:
    house.agree(fixed_prices={"USDT@evm-local": "60000", "ETH@evm-local": "2500"})
    ada, coins = house.customer(), MAX_UNITS // 60_000 // COIN
    assert house.asked(ada, str(coins)).status is Status.DECLINED
    (refusal,) = house.request(house.ask_for(ada, str(coins + 1)))
    assert isinstance(refusal, Malformed)
    assert (refusal.code, refusal.field) == ("amount_too_large", "amount")


def test_a_saved_address_is_judged_like_one_that_is_typed(house: House) -> None:
    """What nobody can send would be approved, and fail at the signer until a person looks: each a step towards the
    ten failures that stop the wallet for everybody."""
    ada = house.customer(USDT=100 * COIN)
    saved = house.asked(ada, "5").saved_address_id
    ask = replace(house.ask_for(ada, "5"), address=None, address_id=saved)

    def refused() -> str:
        (refusal,) = house.request(replace(ask, memo="hello"))
        assert isinstance(refusal, Refusal)
        return refusal.code

    def said() -> str | None:
        (answer,) = house.request(ask)
        return answer.code if isinstance(answer, Refusal) else None

    assert (refused(), said()) == ("memo_of_address", None)
    custody.watch_wallet(house.conn, NETWORK, RECEIVER, "cold", "vault", "mei", house.now)
    assert said() == "address_is_ours"
    assert house.held(ada) == 10 * COIN  # of the two that were taken


def test_a_customer_without_a_factor_is_told_to_enrol_one(house: House) -> None:
    who = parties.register(house.conn, "new", "DE", "New", "new@example.com", "test", house.now)
    (refusal,) = house.request(house.ask_for(Customer(who.id, ""), "5"))
    assert isinstance(refusal, Conflict)
    assert refusal.code == "factor_missing"
    assert screening.book(house.conn, who.id) == []


def test_a_customer_without_a_level_has_no_limit_to_draw_on(house: House) -> None:
    who = parties.register(house.conn, "new", "DE", "New", "new@example.com", "test", house.now)
    parties.enrol_totp(house.conn, who.id, DATA_KEY, "test", house.now)
    (refusal,) = house.request(house.ask_for(Customer(who.id, ""), "5"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no_level"


def test_the_same_key_gives_the_same_bytes_and_another_body_is_refused(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    first, again = (house.request(house.ask_for(ada, "5", key="k1", request="r1"))[0] for _ in range(2))
    (other,) = house.request(house.ask_for(ada, "6", key="k1", request="r2"))
    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert (first.body, first.replayed, again.body, again.replayed) == (first.body, False, first.body, True)
    assert isinstance(other, KeyReused)
    assert house.held(ada) == 5 * COIN


def test_one_key_twice_in_one_batch_makes_one_withdrawal(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    ask = house.ask_for(ada, "5", key="k1", request="r1")
    first, again = house.request(ask, ask)
    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert first.body == again.body
    assert house.held(ada) == 5 * COIN


def test_in_one_batch_the_second_sees_what_the_first_took(house: House) -> None:
    ada, ben = house.customer(USDT=10 * COIN), house.customer(USDT=10 * COIN)
    answers = house.request(
        house.ask_for(ada, "6"), house.ask_for(ada, "6"), house.ask_for(ada, "4"), house.ask_for(ben, "10")
    )
    assert [json.loads(a.body)["status"] for a in answers if isinstance(a, Answer)] == [
        "awaiting_confirmation",
        "declined",
        "awaiting_confirmation",
        "awaiting_confirmation",
    ]
    assert (house.available(ada), house.available(ben)) == (0, 0)


def test_a_batch_answers_as_its_members_would_alone(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    good, bad, unknown = house.request(
        house.ask_for(ada, "5"), house.ask_for(ada, "5", "nonsense"), house.ask_for(Customer("cus_nobody", ""), "5")
    )
    assert isinstance(good, Answer)
    assert isinstance(bad, Refusal)
    assert bad.code == "address_malformed"
    assert isinstance(unknown, NotFound)


def test_twenty_at_once_take_no_more_than_there_is(house: House, database_url: str) -> None:
    ada = house.customer(USDT=100 * COIN)
    setting = house.setting

    def ask(_: int) -> str:
        with connect(database_url) as conn:
            (answer,) = withdrawals.request(conn, [house.ask_for(ada, "10")], setting, house.now)
        assert isinstance(answer, Answer)
        return str(json.loads(answer.body)["status"])

    with ThreadPoolExecutor(20) as threads:
        said = list(threads.map(ask, range(20)))
    assert (said.count("awaiting_confirmation"), said.count("declined")) == (10, 10)
    assert (house.available(ada), house.held(ada)) == (0, 100 * COIN)
    assert house.used(ada) == 100 * 10**6
    assert ledger_store.disagreements(house.conn) == []
    assert journal.verify(house.conn).broken is None


def test_twenty_with_one_key_make_one_withdrawal(house: House, database_url: str) -> None:
    ada = house.customer(USDT=100 * COIN)
    setting = house.setting

    def ask(_: int) -> Answer | Refusal:
        with connect(database_url) as conn:
            return withdrawals.request(conn, [house.ask_for(ada, "10", key="k", request="r")], setting, house.now)[0]

    with ThreadPoolExecutor(20) as threads:
        said = list(threads.map(ask, range(20)))
    assert len({a.body for a in said if isinstance(a, Answer)}) == 1
    assert house.held(ada) == 10 * COIN


# --- confirm -----------------------------------------------------------------------------------------------------


def test_a_code_works_once(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    one, two = house.asked(ada, "5"), house.asked(ada, "5")
    house.wait(seconds=30)
    code = ada.code(house.now)
    house.confirm(ada, one.id, code)
    with pytest.raises(Forbidden, match="left: 4") as said:
        house.confirm(ada, two.id, code)
    assert said.value.code == "code_wrong"
    assert house.get(two.id).tries == 1


def test_the_fifth_wrong_code_declines_and_frees_the_funds(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    wrong = "000000" if ada.code(house.now) != "000000" else "000001"
    for _ in range(4):
        with pytest.raises(Forbidden):
            house.confirm(ada, asked.id, wrong)
    with pytest.raises(TooMany):
        house.confirm(ada, asked.id, wrong)
    assert house.get(asked.id).status is Status.DECLINED
    assert (house.available(ada), house.used(ada)) == (100 * COIN, 0)


def test_confirming_twice_is_a_conflict(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    house.confirm(ada, asked.id)
    with pytest.raises(Conflict) as said:
        house.confirm(ada, asked.id)
    assert said.value.code == "withdrawal_not_confirmable"


@pytest.mark.parametrize(("seconds", "confirmed"), [(-1, True), (0, False)])
def test_the_time_to_confirm_ends_on_the_second(house: House, seconds: int, confirmed: bool) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    assert asked.expires_at is not None
    house.now = asked.expires_at + timedelta(seconds=seconds)
    if confirmed:
        assert house.confirm(ada, asked.id, ada.code(house.now)).status is Status.APPROVED
        return
    with pytest.raises(Conflict, match="ended") as said:
        house.confirm(ada, asked.id, ada.code(house.now))
    assert said.value.code == "confirmation_expired"
    jobs.expire_due(house.conn, lambda: house.setting, house.clock)
    assert house.get(asked.id).status is Status.EXPIRED
    assert house.available(ada) == 100 * COIN


def test_a_freeze_between_request_and_confirmation_stops_it(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    parties.freeze(house.conn, ada.id, "Stolen phone", "key_officer", house.now)
    with pytest.raises(Forbidden) as said:
        house.confirm(ada, asked.id)
    assert said.value.code == "withdrawals_blocked"
    (refusal,) = house.request(house.ask_for(ada, "5"))
    assert isinstance(refusal, Forbidden)


def test_an_address_listed_between_request_and_confirmation_declines_it(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    rows = f"asset,address\nETH,{LISTED}\nETH,{RECEIVER}\n"
    screening.import_list(house.conn, "sanctions", rows, "test", house.now)
    assert house.confirm(ada, asked.id).status is Status.DECLINED
    assert house.available(ada) == 100 * COIN


def test_a_row_changed_behind_our_back_is_not_confirmed(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    with house.conn.transaction():
        house.conn.execute("ALTER TABLE withdrawal DISABLE TRIGGER withdrawal_moves")
        house.conn.execute("UPDATE withdrawal SET address = %s WHERE id = %s", (LISTED, asked.id))
        house.conn.execute("ALTER TABLE withdrawal ENABLE TRIGGER withdrawal_moves")
    with pytest.raises(Conflict) as said:
        house.confirm(ada, asked.id)
    assert said.value.code == "payload_changed"


# --- wait --------------------------------------------------------------------------------------------------------


def test_a_new_address_waits_above_its_line_and_is_reviewed_again(house: House) -> None:
    ada = house.customer(USDT=5_000 * COIN)
    asked = house.asked(ada, "1000.000001")
    confirmed = house.confirm(ada, asked.id)
    assert confirmed.status is Status.DELAYED
    assert confirmed.release_at == asked.created_at + timedelta(hours=24)
    house.now = confirmed.release_at - timedelta(seconds=1)
    jobs.release_due(house.conn, lambda: house.setting, house.clock)
    assert house.get(asked.id).status is Status.DELAYED
    house.wait(seconds=1)
    jobs.release_due(house.conn, lambda: house.setting, house.clock)
    assert house.get(asked.id).status is Status.APPROVED


def test_exactly_a_thousand_does_not_wait(house: House) -> None:
    ada = house.customer(USDT=5_000 * COIN)
    asked = house.asked(ada, "1000")
    assert house.confirm(ada, asked.id).status is Status.APPROVED


def test_a_changed_password_makes_what_was_asked_before_wait(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    parties.record_event(house.conn, ada.id, "password_changed", house.now, "test", house.now)
    confirmed = house.confirm(ada, asked.id)
    assert (confirmed.status, confirmed.release_at) == (Status.DELAYED, asked.created_at + timedelta(hours=24))


def test_a_delay_that_ends_under_a_freeze_waits_on_and_goes_on_when_lifted(house: House) -> None:
    ada = house.customer(USDT=5_000 * COIN)
    asked = house.asked(ada, "2000")
    house.confirm(ada, asked.id)
    freeze = parties.freeze(house.conn, ada.id, "Stolen phone", "key_officer", house.now)
    house.wait(hours=25)
    jobs.release_due(house.conn, lambda: house.setting, house.clock)
    held = house.get(asked.id)
    assert (held.status, held.waiting_for) == (Status.DELAYED, "freeze")
    parties.lift(house.conn, freeze.id, "Phone found", "key_officer", house.now)
    jobs.release_due(house.conn, lambda: house.setting, house.clock)
    assert house.get(asked.id).status is Status.APPROVED


# --- people ------------------------------------------------------------------------------------------------------


def in_review(house: House, amount: str = "20000") -> tuple[Customer, str, str]:
    """A withdrawal that waits for a person, at an address old enough; its customer, its id, its case."""
    ada = house.customer(level=3, USDT=300_000 * COIN)
    house.asked(ada, "1")
    house.wait(hours=49)
    asked = house.asked(ada, amount)
    assert house.confirm(ada, asked.id).status is Status.IN_REVIEW
    (case,) = cases.about(house.conn, asked.id)
    return ada, asked.id, case.id


def test_a_person_approves_and_it_goes_on(house: House) -> None:
    ada, id, case = in_review(house)
    cases.answer(house.conn, case, "key_anna", "approve", "Known supplier", house.now)
    news(house)
    assert house.get(id).status is Status.APPROVED
    assert house.held(ada) >= 20_000 * COIN


def test_a_person_declines_and_the_funds_are_free(house: House) -> None:
    ada, id, case = in_review(house)
    before = house.available(ada)
    cases.answer(house.conn, case, "key_anna", "decline", "No answer from the customer", house.now)
    news(house)
    assert house.get(id).status is Status.DECLINED
    assert house.available(ada) == before + 20_000 * COIN


def test_above_the_second_line_it_takes_two_people(house: House) -> None:
    _, id, case = in_review(house, "100000")
    cases.answer(house.conn, case, "key_anna", "approve", "Known supplier", house.now)
    news(house)
    assert house.get(id).status is Status.IN_REVIEW
    with pytest.raises(Conflict, match="another person"):
        cases.answer(house.conn, case, "key_anna", "approve", "Really", house.now)
    cases.answer(house.conn, case, "key_ben", "approve", "Checked the invoice", house.now)
    news(house)
    assert house.get(id).status is Status.APPROVED


def test_a_quorum_that_was_raised_meanwhile_is_asked_anew(house: House) -> None:
    _, id, case = in_review(house)
    people = {**policies.shipped("demo")["review"], "quorum": [{"from_value": "0", "people": 2}]}  # type: ignore[dict-item]
    house.agree(review=people)
    cases.answer(house.conn, case, "key_anna", "approve", "Known supplier", house.now)
    news(house)
    assert house.get(id).status is Status.IN_REVIEW
    (again,) = (found for found in cases.about(house.conn, id) if found.status == "open")
    assert (again.id != case, again.quorum) == (True, 2)
    for person in ("key_anna", "key_ben"):
        cases.answer(house.conn, again.id, person, "approve", "Checked the invoice", house.now)
    news(house)
    assert house.get(id).status is Status.APPROVED


def test_who_asked_may_not_answer(house: House) -> None:
    ada, _, case = in_review(house)
    with pytest.raises(Forbidden) as said:
        cases.answer(house.conn, case, ada.id, "approve", "It is me", house.now)
    assert said.value.code == "case_own_request"


def test_an_approval_does_not_outvote_a_list_that_came_since(house: House) -> None:
    _, id, case = in_review(house)
    rows = f"asset,address\nETH,{LISTED}\nETH,{RECEIVER}\n"
    screening.import_list(house.conn, "sanctions", rows, "test", house.now)
    cases.answer(house.conn, case, "key_anna", "approve", "Known supplier", house.now)
    news(house)
    assert house.get(id).status is Status.DECLINED


def test_cancelling_while_people_look_closes_their_question(house: House) -> None:
    ada, id, case = in_review(house)
    withdrawals.cancel(house.conn, id, ada.id, house.setting, house.now)
    assert cases.get(house.conn, case).status == "moot"
    with pytest.raises(Conflict):
        cases.answer(house.conn, case, "key_anna", "approve", "Late", house.now)


# --- pay ---------------------------------------------------------------------------------------------------------


def approved(house: House) -> tuple[Customer, str]:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    house.confirm(ada, asked.id)
    return ada, asked.id


def test_a_row_changed_after_confirmation_is_not_authorised(house: House) -> None:
    _, id = approved(house)
    with house.conn.transaction():
        house.conn.execute("ALTER TABLE withdrawal DISABLE TRIGGER withdrawal_moves")
        house.conn.execute("UPDATE withdrawal SET address = %s WHERE id = %s", (LISTED, id))
        house.conn.execute("ALTER TABLE withdrawal ENABLE TRIGGER withdrawal_moves")
    authorise(house)
    stopped = house.get(id)
    assert (stopped.authorised_at, stopped.waiting_for) == (None, "person")
    assert custody_store.payout_of(house.conn, "withdrawal", id) is None


def test_cancel_wins_while_the_payout_is_queued_and_loses_once_it_has_started(house: House) -> None:
    ada, id = approved(house)
    authorise(house)
    withdrawals.cancel(house.conn, id, ada.id, house.setting, house.now)
    assert house.get(id).status is Status.CANCELLED
    payout = custody_store.payout_of(house.conn, "withdrawal", id)
    assert payout is not None
    assert payout.status == "cancelled"

    ben, second = approved(house)
    authorise(house)
    house.conn.execute("UPDATE payout SET status = 'paying' WHERE ref = %s", (second,))
    with pytest.raises(Conflict) as said:
        withdrawals.cancel(house.conn, second, ben.id, house.setting, house.now)
    assert said.value.code == "withdrawal_not_cancellable"
    assert house.held(ben) == 5 * COIN


def test_of_twenty_cancels_at_once_one_succeeds(house: House, database_url: str) -> None:
    ada, id = approved(house)
    authorise(house)
    setting = house.setting

    def cancel(_: int) -> bool:
        with connect(database_url) as conn:
            try:
                withdrawals.cancel(conn, id, ada.id, setting, house.now)
            except Conflict:
                return False
            return True

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(cancel, range(20))) == 1
    assert house.available(ada) == 100 * COIN


def lapse(house: House, id: str) -> None:
    """Custody held the authorisation for over, and says so."""
    house.conn.execute("UPDATE payout SET waiting_for = 'authorisation' WHERE ref = %s", (id,))
    note(house, "payout.lapsed", id)


def test_a_lapsed_authorisation_is_reviewed_again_and_renewed(house: House) -> None:
    ada, id = approved(house)
    authorise(house)
    lapse(house, id)
    assert house.get(id).authorised_at is None
    authorise(house)
    assert house.get(id).authorised_at is not None
    assert house.held(ada) == 5 * COIN


def test_a_lapsed_one_whose_address_was_listed_since_is_declined_and_its_payout_recalled(house: House) -> None:
    ada, id = approved(house)
    authorise(house)
    rows = f"asset,address\nETH,{LISTED}\nETH,{RECEIVER}\n"
    screening.import_list(house.conn, "sanctions", rows, "test", house.now)
    lapse(house, id)
    authorise(house)
    assert house.get(id).status is Status.DECLINED
    payout = custody_store.payout_of(house.conn, "withdrawal", id)
    assert payout is not None
    assert payout.status == "cancelled"
    assert house.available(ada) == 100 * COIN


def test_news_of_a_lapse_that_comes_late_leaves_the_newer_authorisation_alone(house: House) -> None:
    _, id = approved(house)
    authorise(house)
    lapse(house, id)
    authorise(house)
    note(house, "payout.lapsed", id)  # of the first authorisation, told when the second is in the queue
    assert house.get(id).authorised_at is not None
    house.conn.execute("UPDATE payout SET status = 'paying' WHERE ref = %s", (id,))
    note(house, "payout.lapsed", id)  # and when it has started
    assert house.get(id).authorised_at is not None


def test_one_that_meets_a_bug_is_set_aside_and_the_next_is_authorised(house: House) -> None:
    _, broken = approved(house)
    authorise(house)
    house.conn.execute("UPDATE payout SET status = 'paying' WHERE ref = %s", (broken,))
    store.unauthorised(house.conn, broken)  # no path leads here: a payout that has started lost its authorisation
    _, sound = approved(house)
    for _ in range(2):
        authorise(house)
    assert house.get(sound).authorised_at is not None
    assert house.get(broken).waiting_for == "person"
    (told,) = [entry.content for entry in journal.about(house.conn, broken) if entry.kind == "step.failed"]
    assert told["fault"] == "LookupError", "said once, though tried twice"
    assert "has started or ended" in told["detail"]


def test_many_that_wait_do_not_stand_before_one_that_can_go(house: House) -> None:
    waiting = [approved(house)[1] for _ in range(5)]
    for id in waiting:
        store.waits_for(house.conn, id, "person")
    _, last = approved(house)
    turns = [store.to_authorise(house.conn, turn, 2) for turn in range(20)]
    assert {turn[0] for turn in turns} == {last}
    assert {id for turn in turns for id in turn[1:]} == set(waiting), "each of those that wait has its turn"
    assert store.to_authorise(house.conn, 7, 2) == turns[7], "within one turn the order holds"
    assert len(store.to_authorise(house.conn, 0, 9)) == 6, "nobody twice"


def test_a_page_of_frozen_delays_hides_none_that_was_thawed(house: House) -> None:
    delayed = []
    for _ in range(6):
        ada = house.customer(USDT=5_000 * COIN)
        asked = house.asked(ada, "2000")
        house.confirm(ada, asked.id)
        assert house.get(asked.id).status is Status.DELAYED
        delayed.append((asked.id, parties.freeze(house.conn, ada.id, "Stolen phone", "key_officer", house.now)))
    house.wait(hours=25)
    assert jobs.release_due(house.conn, lambda: house.setting, house.clock, limit=9) == 0, "all wait now"
    thawed, freeze = delayed[-1]
    parties.lift(house.conn, freeze.id, "Phone found", "key_officer", house.now)
    for _ in range(30):  # two at a time: five that stay frozen are more than a page
        house.wait(seconds=1)
        jobs.release_due(house.conn, lambda: house.setting, house.clock, limit=2)
    assert house.get(thawed).status is Status.APPROVED
    assert {house.get(id).waiting_for for id, _ in delayed[:-1]} == {"freeze"}


def test_a_page_of_broken_deadlines_hides_none_that_has_passed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    who = [house.customer(USDT=100 * COIN) for _ in range(6)]
    asked = [house.asked(ada, "5").id for ada in who]
    house.wait(hours=1)
    sound, expire = asked[-1], withdrawals.expire

    def stumbles(conn: Conn, id: str, setting: withdrawals.Setting, now: datetime) -> Status:
        if id != sound or house.now < cured:
            raise LookupError(id)
        return expire(conn, id, setting, now)

    monkeypatch.setattr(withdrawals, "expire", stumbles)
    cured = house.now + timedelta(seconds=5)
    for _ in range(40):
        house.wait(seconds=1)
        jobs.expire_due(house.conn, lambda: house.setting, house.clock, limit=2)
    assert house.get(sound).status is Status.EXPIRED
    assert {house.get(id).waiting_for for id in asked[:-1]} == {"person"}


def test_what_was_proven_never_to_be_paid_is_returned_once(house: House) -> None:
    ada, id = approved(house)
    authorise(house)
    note(house, "payout.paying", id)
    note(house, "payout.failed", id, reason="reverted")
    note(house, "payout.failed", id, reason="reverted")
    assert house.get(id).status is Status.RETURNED
    assert (house.available(ada), house.used(ada)) == (100 * COIN, 0)


def test_news_told_twice_settles_once(house: House) -> None:
    ada, id = approved(house)
    authorise(house)
    note(house, "payout.paying", id)
    for _ in range(3):
        note(house, "payout.paid", id, tx="0xabc")
    assert house.get(id).status is Status.SETTLED
    assert house.available(ada) == 95 * COIN


# --- limits ------------------------------------------------------------------------------------------------------


def test_the_window_rolls_and_gives_back(house: House) -> None:
    ada = house.customer(level=1, USDT=5_000 * COIN)
    first = house.asked(ada, "600")
    assert house.asked(ada, "400.000001").status is Status.DECLINED
    assert house.asked(ada, "400").status is Status.AWAITING_CONFIRMATION
    withdrawals.cancel(house.conn, first.id, ada.id, house.setting, house.now)
    assert house.used(ada) == 400 * 10**6
    assert house.asked(ada, "600").status is Status.AWAITING_CONFIRMATION
    house.wait(hours=24)
    assert house.used(ada) == 0


def test_a_restriction_lowers_the_limit(house: House) -> None:
    ada = house.customer(USDT=5_000 * COIN)
    parties.restrict(house.conn, ada.id, "withdrawal_limit", None, "Medium tier", "key_officer", house.now, "100")
    assert house.asked(ada, "100.000001").status is Status.DECLINED
    assert house.asked(ada, "100").status is Status.AWAITING_CONFIRMATION


def test_without_a_required_list_nothing_is_decided(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    house.wait(hours=24 * 365)
    asked = house.asked(ada, "5")
    assert house.confirm(ada, asked.id).status is Status.IN_REVIEW
    (case,) = cases.about(house.conn, asked.id)
    assert case.reasons == ["list_stale"]


def test_a_decision_replays_to_the_same_bytes(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5", asset="USDT")
    row = store.decision(house.conn, asked.decision_id)
    assert row is not None
    assert row.policy_version == policies.active(house.conn, house.now).version


def test_native_coins_are_asked_for_like_any_asset(house: House) -> None:
    ada = house.customer(ETH=10**18)
    asked = house.asked(ada, "0.1", asset="ETH")
    assert (asked.status, asked.units) == (Status.AWAITING_CONFIRMATION, 10**17)
    assert house.held(ada, ETH) == 10**17


def test_the_database_itself_refuses_to_rewrite_what_has_ended(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    withdrawals.cancel(house.conn, asked.id, ada.id, house.setting, house.now)
    for sql in (
        "UPDATE withdrawal SET status = 'approved', ended_at = NULL",
        "DELETE FROM withdrawal",
        "UPDATE journal SET actor = 'nobody'",
        "UPDATE ledger_entry SET units = 1",
        "UPDATE ledger_hold SET status = 'open', ended_at = NULL",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            house.conn.execute(sql.encode())


def test_deposit_addresses_are_one_per_customer_and_need_no_private_key(house: House, database_url: str) -> None:
    ada, ben = house.customer(), house.customer()

    def address(who: Customer) -> str:
        with connect(database_url) as conn:
            return custody.deposit_address(conn, who.id, "evm-local", "test", house.now)

    with ThreadPoolExecutor(10) as threads:
        said = list(threads.map(address, [ada, ben] * 5))
    assert len(set(said)) == 2
