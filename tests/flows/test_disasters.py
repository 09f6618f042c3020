"""What went wrong elsewhere, made to happen here on a real PostgreSQL, under its name.

`docs/rules/disasters.md` tells every case with what holds here and the test that shows it; those that need a chain
are in `tests/jobs/test_disasters.py`, and those that are the plain specification of a rule stand where that rule is
tested.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import psycopg
import pytest
from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from house import ETH, LISTED, RECEIVER, SANCTIONS, START, USDT, Customer, House, furnish

from tidegate.base.authorisation import Authorisation
from tidegate.base.findings import Outcome
from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict, Forbidden, NotFound, Refusal, TooMany
from tidegate.base.signing import Pay, SignerRefused, Terms
from tidegate.cases import flow as cases
from tidegate.codec import evm_address
from tidegate.codec import evm_transaction as codec
from tidegate.custody import store as custody_store
from tidegate.db import Conn, act, connect, journal, reader
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.news import READER, handlers
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.signer.desk import Desk
from tidegate.signer.settings import AssetRule, NetworkRule, SignerSettings
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs, store
from tidegate.withdrawals.flow import Answer
from tidegate.withdrawals.withdrawal import Status, Withdrawal, payload_hash

COIN = 10**6
USD = 10**6
AT_ONCE = 20
AUTHORISER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def news(house: House) -> None:
    """Let the news travel up the ladder, as the worker does."""
    acting = handlers(lambda _: house.setting)
    while reader.read(house.conn, READER, acting, house.now):
        pass
    reader.retry(house.conn, READER, acting, house.now)


def authorise(house: House, conn: Conn | None = None) -> None:
    jobs.authorise_approved(
        conn or house.conn,
        lambda payload: AUTHORISER.sign(payload).hex(),
        {"evm-local": 31337},
        lambda: house.setting,
        house.clock,
    )


def tell(house: House, kind: str, subject: str, **body: object) -> None:
    """What custody would say, told and heard."""
    with act(house.conn, "worker", house.now) as tx:
        tx.note(kind, subject, body)
    news(house)


def rewrite(house: House, sql: str, *params: object) -> None:
    """What somebody with the database's own password can do: no trigger sees it."""
    with house.conn.transaction():
        house.conn.execute("SET LOCAL session_replication_role = replica")
        house.conn.execute(sql.encode(), params)


def list_scam(house: House, name: str, *addresses: str) -> None:
    rows = "".join(f"ETH,{address}\n" for address in addresses)
    screening.import_list(house.conn, name, "asset,address\n" + rows, "test", house.now, max_age_hours=9999)


def sanction(house: House) -> None:
    screening.import_list(house.conn, "sanctions", f"asset,address\nETH,{LISTED}\nETH,{RECEIVER}\n", "test", house.now)


def approved(house: House, amount: str = "5") -> tuple[Customer, str]:
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, amount)
    house.confirm(ada, asked.id)
    return ada, asked.id


def findings(house: House, withdrawal: Withdrawal) -> dict[str, str]:
    """Code -> outcome of the newest decision."""
    row = store.decision(house.conn, withdrawal.decision_id)
    assert row is not None
    return {f["code"]: f["outcome"] for f in json.loads(row.findings)}


def at_once(house: House, url: str, do: Callable[[Conn, int], object], times: int = AT_ONCE) -> list[object]:
    """Do it in so many threads that start together, each with a connection of its own; what each gave or raised."""
    gate = Barrier(times)

    def one(n: int) -> object:
        with connect(url) as conn:
            gate.wait()
            try:
                return do(conn, n)
            except Refusal as refusal:
                return refusal

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


def sound(house: House) -> None:
    assert ledger_store.disagreements(house.conn) == []
    assert journal.verify(house.conn).broken is None


# --- double pay and ambiguous sends ------------------------------------------------------------------------------


def test_btcpay_5913_two_dispatchers_of_one_payout_make_one(house: House, database_url: str) -> None:
    """The "approve and pay" button and the automated processor each sent the same payout. Here twenty dispatchers
    at once make one decision to pay, one authorisation and one payout."""
    _, id = approved(house)
    setting = house.setting

    def dispatch(conn: Conn, _: int) -> Status:
        return withdrawals.authorise(conn, id, lambda _: "00" * 64, {"evm-local": 31337}, setting, house.now)

    assert set(at_once(house, database_url, dispatch)) == {Status.APPROVED}
    stages = [decision.stage for decision in store.decisions_of(house.conn, id)]
    assert stages.count("pay") == 1
    assert [n.kind for n in journal.about(house.conn, id)].count("withdrawal.authorised") == 1
    assert house.conn.execute("SELECT count(*) FROM payout").fetchone() == (1,)
    sound(house)


def _cancel_or_pay(house: House, ada: Customer, id: str) -> Callable[[Conn, int], str]:
    """Odd ones cancel as the customer does, even ones claim as the worker does: under the payout's row lock."""
    setting = house.setting

    def race(conn: Conn, n: int) -> str:
        if n % 2:
            withdrawals.cancel(conn, id, ada.id, setting, house.now)
            return "cancelled"
        with act(conn, "worker", house.now) as tx:
            payout = custody_store.payout_of(conn, "withdrawal", id)
            assert payout is not None
            if not custody_store.lock_payouts(conn, [payout.id]):
                return "nothing to pay"
            custody_store.set_status(conn, payout.id, "paying", None)
            tx.note("payout.paying", id)
            return "paying"

    return race


def test_btcpay_6314_of_a_cancel_and_a_payment_that_start_at_once_one_wins(house: House, database_url: str) -> None:
    """The screen acted on a payout that the processor had taken meanwhile. Here the payout's row decides: cancelled
    and free, or paying and held, and whoever lost is told."""
    ends = set()
    for _ in range(8):
        ada, id = approved(house)
        authorise(house)
        said = at_once(house, database_url, _cancel_or_pay(house, ada, id), 6)
        news(house)
        status = house.get(id).status
        ends.add(status)
        assert said.count("cancelled") + said.count("paying") == 1, said
        assert status is (Status.CANCELLED if "cancelled" in said else Status.PAYING)
        assert house.held(ada) == (0 if status is Status.CANCELLED else 5 * COIN)
    assert ends <= {Status.CANCELLED, Status.PAYING}
    sound(house)


def test_btcpay_9bb1a5b_news_that_came_before_its_reader_and_in_pieces_is_still_heard(house: House) -> None:
    """The listener subscribed after the event, and the payout stayed "in progress" for ever. Here a reader starts
    from the beginning, and what it could not digest keeps the later news of the same withdrawal waiting."""
    ada, id = approved(house)
    authorise(house)
    with act(house.conn, "worker", house.now) as tx:
        tx.note("payout.paying", id)
        tx.note("payout.paid", id, {"tx": "0xabc"})
    acting = handlers(lambda _: house.setting)

    def stumble(*_: object) -> None:
        raise RuntimeError("out of memory")

    while reader.read(house.conn, READER, {**acting, "payout.paying": stumble}, house.now):
        pass
    assert house.get(id).status is Status.APPROVED
    assert house.held(ada) == 5 * COIN
    house.wait(seconds=30)
    reader.retry(house.conn, READER, acting, house.now)
    assert house.get(id).status is Status.SETTLED
    assert (house.available(ada), house.held(ada)) == (95 * COIN, 0)
    assert house.conn.execute("SELECT count(*) FROM unread").fetchone() == (0,)
    sound(house)


def test_blnk_152_a_refund_told_by_twenty_at_once_is_posted_once(house: House, database_url: str) -> None:
    """A refund could be made of the same transaction again and again. Here "it can never be paid" frees the funds
    and the limit once, however many say it and however often."""
    ada, id = approved(house)
    authorise(house)
    tell(house, "payout.paying", id)

    def give_back(conn: Conn, _: int) -> None:
        with act(conn, "worker", house.now) as tx:
            withdrawals.returned(tx, id, "reverted")

    assert at_once(house, database_url, give_back) == [None] * AT_ONCE
    assert house.get(id).status is Status.RETURNED
    assert (house.available(ada), house.held(ada), house.used(ada)) == (100 * COIN, 0, 0)
    with pytest.raises(LookupError), act(house.conn, "worker", house.now) as tx:
        ledger.release(tx, "withdrawal", id)
    sound(house)


# --- concurrency, limits, units ----------------------------------------------------------------------------------


def test_poloniex_2014_twenty_simultaneous_requests_never_go_below_zero(house: House, database_url: str) -> None:
    """Requests at the same instant were all checked against the same balance, which then went negative. Here twenty
    that start together, each for 60 % of the balance, hold it once."""
    ada = house.customer(USDT=100 * COIN)
    setting = house.setting

    def ask(conn: Conn, _: int) -> str:
        (answer,) = withdrawals.request(conn, [house.ask_for(ada, "60")], setting, house.now)
        assert isinstance(answer, Answer)
        return str(json.loads(answer.body)["status"])

    said = at_once(house, database_url, ask)
    assert (said.count("awaiting_confirmation"), said.count("declined")) == (1, AT_ONCE - 1)
    assert (house.available(ada), house.held(ada)) == (40 * COIN, 60 * COIN)
    sound(house)


def test_flexcoin_2014_the_database_itself_refuses_a_balance_below_zero(house: House) -> None:
    """Transfers between own accounts, thousands at once, overdrew them; the audit added up totals and never looked
    for a negative one. Here no statement can write one, whoever sends it."""
    ada = house.customer(USDT=100 * COIN)
    house.asked(ada, "60")
    for sql in (
        "UPDATE ledger_account SET posted = posted - 41000000 WHERE owner = %s",
        "UPDATE ledger_account SET held = held + 41000000 WHERE owner = %s",
        "UPDATE ledger_account SET held = -1 WHERE owner = %s",
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            house.conn.execute(sql.encode(), (ada.id,))
    with pytest.raises(psycopg.errors.CheckViolation), act(house.conn, "test", house.now) as tx:
        ledger.post(tx, "settlement", "wd_by_hand", USDT.id, {ada.id: -41 * COIN, accounts.CHAIN: 41 * COIN})
    sound(house)


def test_blink_limit_before_lock_two_requests_of_sixty_percent_of_the_limit_pass_once(
    house: House, database_url: str
) -> None:
    """The limit was read before the account was locked, so two at once both passed. Here the limit is taken with the
    funds, under one lock."""
    ada = house.customer(level=1, USDT=10_000 * COIN)
    setting = house.setting

    def ask(conn: Conn, _: int) -> str:
        (answer,) = withdrawals.request(conn, [house.ask_for(ada, "600")], setting, house.now)
        assert isinstance(answer, Answer)
        return str(json.loads(answer.body)["status"])

    assert at_once(house, database_url, ask).count("awaiting_confirmation") == 1
    assert house.used(ada) == 600 * USD


def _cancel(house: House, ada: Customer, id: str) -> None:
    withdrawals.cancel(house.conn, id, ada.id, house.setting, house.now)


def _decline(house: House, ada: Customer, id: str) -> None:
    sanction(house)
    house.confirm(ada, id)


def _expire(house: House, ada: Customer, id: str) -> None:
    house.wait(minutes=16)
    jobs.expire_due(house.conn, lambda: house.setting, house.clock)


def _return(house: House, ada: Customer, id: str) -> None:
    house.confirm(ada, id)
    authorise(house)
    tell(house, "payout.paying", id)
    tell(house, "payout.failed", id, reason="reverted")


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (_cancel, Status.CANCELLED),
        (_decline, Status.DECLINED),
        (_expire, Status.EXPIRED),
        (_return, Status.RETURNED),
    ],
)
def test_blink_849_what_was_voided_counts_towards_no_limit(
    house: House, end: Callable[[House, Customer, str], None], status: Status
) -> None:
    """Payments that were voided went on counting towards the limit. Here every end without payment gives the room
    back, and only once."""
    ada = house.customer(level=1, USDT=5_000 * COIN)
    asked = house.asked(ada, "1000")
    assert house.used(ada) == 1000 * USD
    end(house, ada, asked.id)
    assert house.get(asked.id).status is status
    assert house.used(ada) == 0
    assert house.available(ada) == 5_000 * COIN


def test_peatio_counts_itself_a_withdrawal_of_the_whole_limit_passes_every_review(house: House) -> None:
    """The sum of the day already held the withdrawal under review, which then failed for being counted twice. Here
    its own reservation and its own hold never count against it."""
    ada = house.customer(level=1, USDT=1_000 * COIN)
    asked = house.asked(ada, "1000")
    assert house.confirm(ada, asked.id).status is Status.APPROVED
    authorise(house)
    assert house.get(asked.id).authorised_at is not None


def test_safe_fixed_window_the_limit_is_not_had_twice_around_an_edge(house: House) -> None:
    """A window that starts anew at fixed times let twice the allowance through around its edge. Here it slides: a
    limit used a second before midnight is used until a second before the next one."""
    house.now = house.now.replace(hour=23, minute=59, second=59)
    ada = house.customer(level=1, USDT=5_000 * COIN)
    assert house.asked(ada, "1000").status is Status.AWAITING_CONFIRMATION
    house.wait(seconds=2)
    assert house.asked(ada, "1").status is Status.DECLINED
    house.wait(hours=23, minutes=59, seconds=57)
    assert house.asked(ada, "1").status is Status.DECLINED
    house.wait(seconds=1)
    assert house.asked(ada, "1000").status is Status.AWAITING_CONFIRMATION


def test_ripple_1_25_a_reservation_counts_once_over_its_whole_life(house: House) -> None:
    """Between mined and final a transaction's reservation was counted twice. Here what is used stays the same from
    the request to the settlement."""
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "40")
    used = [house.used(ada)]
    house.confirm(ada, asked.id)
    used.append(house.used(ada))
    authorise(house)
    used.append(house.used(ada))
    tell(house, "payout.paying", asked.id)
    used.append(house.used(ada))
    tell(house, "payout.paid", asked.id, tx="0xabc")
    assert house.get(asked.id).status is Status.SETTLED
    used.append(house.used(ada))
    assert used == [40 * USD] * 5


def test_bithumb_2026_units_out_of_nothing_cannot_be_booked(house: House) -> None:
    """A reward of 620,000 won was booked as 620,000 BTC, more than the exchange owned. Here units enter an account
    only from another one, and the database refuses a posting that does not sum to zero."""
    ada = house.customer(ETH=10**18)
    with pytest.raises(psycopg.errors.CheckViolation), act(house.conn, "test", house.now) as tx:
        ledger.post(tx, "deposit", "reward-1", ETH.id, {ada.id: 620_000 * 10**18})
    assert house.available(ada, ETH) == 10**18
    sound(house)


def test_bithumb_2026_coins_booked_by_mistake_stop_at_the_limit_and_at_a_person(house: House) -> None:
    """Customers sold and withdrew what had been booked by mistake. Here a wrong balance buys no more than any other
    one: the limit is in money, and a person looks at what is large."""
    ada = house.customer(level=3, ETH=620_000 * 10**18)
    everything = house.asked(ada, "620000", asset="ETH")
    assert everything.status is Status.DECLINED
    assert findings(house, everything)["over_limit_24h"] == "decline"
    some = house.asked(ada, "39", asset="ETH")
    assert findings(house, some)["large_amount"] == "review"
    house.confirm(ada, some.id)
    assert house.get(some.id).status is Status.IN_REVIEW


def test_hollaex_limits_as_doubles_a_tenth_and_two_tenths_are_three_tenths(house: House) -> None:
    """Amounts and limits were doubles, in which 0.1 + 0.2 is more than 0.3. Here they are whole units: three tenths
    are spent to the last of 18 decimals, and one more is refused."""
    ada = house.customer(ETH=3 * 10**17)
    assert house.asked(ada, "0.1", asset="ETH").status is Status.AWAITING_CONFIRMATION
    assert house.asked(ada, "0.200000000000000001", asset="ETH").status is Status.DECLINED
    assert house.asked(ada, "0.2", asset="ETH").status is Status.AWAITING_CONFIRMATION
    assert (house.available(ada, ETH), house.held(ada, ETH)) == (0, 3 * 10**17)


def test_hollaex_limits_as_doubles_the_largest_balance_of_a_token_is_exact(house: House) -> None:
    """A double keeps 53 bits; tokens have up to 256. Here the largest balance that a contract can show goes into
    the books and comes out to the last unit."""
    most = 2**256 - 1
    ada = house.customer(USDT=most)
    assert house.available(ada) == most
    asked = house.asked(ada, "5")
    assert house.available(ada) == most - asked.units
    withdrawals.cancel(house.conn, asked.id, ada.id, house.setting, house.now)
    assert house.available(ada) == most
    sound(house)


def test_opencex_missing_price_is_a_refusal_and_not_one_dollar(house: House) -> None:
    """An asset without a price counted as 1 USDT, so any amount of it passed the limit. Here it is refused by name,
    and nothing is held."""
    gold = Asset(3, "GOLD", "evm-local", 18, "0x52908400098527886E0F7030069857D2E4169EE8")
    pack = policies.shipped("demo")
    assert isinstance(pack["fees"], dict)
    pack["fees"] = {**pack["fees"], gold.name: "0.1"}
    with act(house.conn, "test", house.now):
        ledger_store.add_asset(house.conn, gold)
    house.agree(**pack)
    ada = house.customer()
    with act(house.conn, "test", house.now) as tx:
        ledger.post(tx, "deposit", "dep_gold", gold.id, {ada.id: 10**18, accounts.CHAIN: -(10**18)})
    (refusal,) = house.request(house.ask_for(ada, "0.5", asset="GOLD"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no_price"
    assert house.held(ada, gold) == 0


# --- decisions ---------------------------------------------------------------------------------------------------


def test_marble_a_screening_hit_hides_no_declining_finding(house: House) -> None:
    """As soon as a screening had a hit, the score was not looked at, and "review" hid what would have declined. Here
    both are told, and the stricter one holds."""
    list_scam(house, "scam", RECEIVER)
    ada = house.customer(level=1, USDT=5_000 * COIN)
    asked = house.asked(ada, "1000.000001")
    assert asked.status is Status.DECLINED
    said = findings(house, asked)
    assert (said["address_listed"], said["over_limit_24h"]) == ("review", "decline")


def test_marble_a_hit_that_was_let_pass_hides_no_other_hit(house: House) -> None:
    """One finding's answer covered another one. Here a person lets pass what they have seen: the same address on one
    more list asks again, although the finding has the same name."""
    list_scam(house, "scam", RECEIVER)
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    assert house.confirm(ada, asked.id).status is Status.IN_REVIEW
    (case,) = cases.about(house.conn, asked.id)
    list_scam(house, "drainers", RECEIVER)
    cases.answer(house.conn, case.id, "key_anna", "approve", "Old report, withdrawn", house.now)
    news(house)
    assert house.get(asked.id).status is Status.IN_REVIEW
    again = [c for c in cases.about(house.conn, asked.id) if c.status == "open"]
    assert [c.reasons for c in again] == [["address_listed"]]
    cases.answer(house.conn, again[0].id, "key_ben", "approve", "The same report", house.now)
    news(house)
    assert house.get(asked.id).status is Status.APPROVED
    list_scam(house, "frauds", RECEIVER)
    authorise(house)
    assert house.get(asked.id).status is Status.IN_REVIEW


def test_marble_a_list_that_cannot_answer_is_no_miss(house: House) -> None:
    """A screening or a rule that failed counted as no hit and scored 0. Here a required list that was never imported
    is a refusal with its name, nothing is decided or held, and an old one asks a person."""
    ada = house.customer(USDT=100 * COIN)
    house.agree(required_lists=["sanctions", "scam"])
    with pytest.raises(Conflict, match="scam") as said:
        house.request(house.ask_for(ada, "5"))
    assert said.value.code == "no_list"
    assert house.held(ada) == 0
    list_scam(house, "scam", LISTED)
    assert house.asked(ada, "5").status is Status.AWAITING_CONFIRMATION
    screening.import_list(house.conn, "scam", SANCTIONS, "test", house.now, max_age_hours=1)
    house.wait(hours=1)
    assert findings(house, house.asked(ada, "5"))["list_stale"] == "review"


def test_jube_thirty_declines_do_not_turn_into_an_allowance(house: House) -> None:
    """After too many declines in an interval every rule was switched off, and the answer became "allow". Here the
    thirty-first is judged like the first, and a good one still passes."""
    ada = house.customer(USDT=100 * COIN)
    for _ in range(30):
        assert house.asked(ada, "5", LISTED).status is Status.DECLINED
    last = house.asked(ada, "5", LISTED)
    assert last.status is Status.DECLINED
    assert findings(house, last)["address_sanctioned"] == "decline"
    assert house.asked(ada, "5").status is Status.AWAITING_CONFIRMATION
    assert house.held(ada) == 5 * COIN


def test_tazama_a_list_imported_twice_does_not_stand_in_for_the_one_that_is_missing(house: House) -> None:
    """A judgement was complete when as many answers had come as there were rules, so one answer that came twice
    stood in for one that never came. Here each required list is asked for by its name."""
    for _ in range(2):
        list_scam(house, "scam", LISTED)
    assert screening.freshness(house.conn, ("scam", "drainers"), house.now) == {"scam": "fresh", "drainers": "missing"}
    house.agree(required_lists=["scam", "drainers"])
    ada = house.customer(USDT=100 * COIN)
    with pytest.raises(Conflict, match="drainers"):
        house.request(house.ask_for(ada, "5"))


def test_tazama_one_voice_given_twice_is_not_two_people(house: House) -> None:
    """Counting answers by their number, not by whose they are. Here two approvals are two people: the same one again
    is refused, also when both arrive at once."""
    ada = house.customer(level=3, USDT=300_000 * COIN)
    house.asked(ada, "1")
    house.wait(hours=49)
    asked = house.asked(ada, "60000")
    house.confirm(ada, asked.id)
    (case,) = cases.about(house.conn, asked.id)
    assert case.quorum == 2
    cases.answer(house.conn, case.id, "key_anna", "approve", "Known supplier", house.now)
    with pytest.raises(Conflict) as said:
        cases.answer(house.conn, case.id, "key_anna", "approve", "Known supplier", house.now)
    assert said.value.code == "case_answered_already"
    news(house)
    assert house.get(asked.id).status is Status.IN_REVIEW


@pytest.mark.parametrize("stage", ["request", "confirm", "release", "person", "pay"])
def test_peatio_the_path_of_a_hit_runs_at_every_stage(house: House, stage: str) -> None:
    """The branch that a hit takes used a name that did not exist, so the first real hit crashed. Here a hit is made
    at each of the five looks, and each time it ends the withdrawal and frees the funds."""
    ada = house.customer(level=3, USDT=300_000 * COIN)
    amount = {"release": "2000", "person": "20000"}.get(stage, "5")
    if stage == "person":
        house.asked(ada, "1")
        house.wait(hours=49)
    if stage == "request":
        sanction(house)
    before = house.available(ada)
    asked = house.asked(ada, amount)
    if stage == "confirm":
        sanction(house)
    if stage != "request":
        house.confirm(ada, asked.id)
    if stage in ("release", "person", "pay"):
        sanction(house)
    if stage == "release":
        assert house.get(asked.id).status is Status.DELAYED
        house.wait(hours=25)
        jobs.release_due(house.conn, lambda: house.setting, house.clock)
    if stage == "person":
        (case,) = cases.about(house.conn, asked.id)
        cases.answer(house.conn, case.id, "key_anna", "approve", "Known supplier", house.now)
        news(house)
    if stage == "pay":
        authorise(house)
    ended = house.get(asked.id)
    assert ended.status is Status.DECLINED
    assert findings(house, ended)["address_sanctioned"] == Outcome.DECLINE
    assert store.decisions_of(house.conn, asked.id)[-1].stage == stage
    assert house.available(ada) == before
    assert house.conn.execute("SELECT count(*) FROM unread").fetchone() == (0,)


def test_peatio_zero_limits_no_limit_in_the_policy_is_a_refusal_and_not_unlimited(house: House) -> None:
    """Two limits of 0 meant "unlimited", and a level that nobody found fell back to another one. Here a policy that
    is silent about a level refuses with a name."""
    pack = policies.shipped("demo")
    pack["limits_24h"] = {"1": "1000"}
    house.agree(**pack)
    ada = house.customer(level=2, USDT=100 * COIN)
    (refusal,) = house.request(house.ask_for(ada, "5"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no_limit"
    pack["limits_24h"] = {"2": "0"}
    house.agree(**pack)
    assert house.asked(ada, "5").status is Status.DECLINED
    assert house.held(ada) == 0


# --- authority ---------------------------------------------------------------------------------------------------


def test_opencex_a_code_of_one_customer_confirms_nothing_of_another(house: House) -> None:
    """The address that sent a code again was not bound to whose withdrawal it was. Here a code counts only for the
    customer whose app made it, whoever sends it."""
    ada, ben = house.customer(USDT=100 * COIN), house.customer(USDT=100 * COIN)
    theirs = house.asked(ben, "5")
    house.wait(seconds=30)
    with pytest.raises(Forbidden) as said:
        house.confirm(ada, theirs.id, ada.code(house.now))
    assert said.value.code == "code_wrong"
    assert house.get(theirs.id).status is Status.AWAITING_CONFIRMATION
    with pytest.raises(NotFound):
        withdrawals.get(house.conn, theirs.id, ada.id)


def wrong_code(who: Customer, house: House) -> str:
    """Six digits that no step around now has."""
    near = {who.code(house.now + timedelta(seconds=30 * step)) for step in range(-3, 4)}
    return next(f"{n:06}" for n in range(10) if f"{n:06}" not in near)


def test_opencex_codes_cannot_be_guessed_by_asking_again(house: House) -> None:
    """Codes could be tried without end. Here five tries end a withdrawal, and asking anew gives no new tries: the
    factor itself pauses, for every withdrawal, and then not even the right code is taken."""
    ada = house.customer(USDT=100 * COIN)
    tried = 0
    for _ in range(3):
        asked = house.asked(ada, "5")
        for _ in range(5):
            try:
                house.confirm(ada, asked.id, wrong_code(ada, house))
            except TooMany as said:
                if said.code == "codes_paused":
                    break
                tried += 1
            except Forbidden:
                tried += 1
    assert tried == 5
    asked = house.asked(ada, "5")
    with pytest.raises(TooMany) as paused:
        house.confirm(ada, asked.id)
    assert paused.value.code == "codes_paused"
    house.wait(hours=24)
    asked = house.asked(ada, "5")
    assert house.confirm(ada, asked.id).status is Status.APPROVED


def test_opencex_a_right_code_forgives_the_wrong_ones_before_it(house: House) -> None:
    """The pause is against guessing, not against typing: who gets a code right begins anew."""
    ada = house.customer(USDT=100 * COIN)
    for _ in range(3):
        asked = house.asked(ada, "5")
        for _ in range(4):
            with pytest.raises(Forbidden):
                house.confirm(ada, asked.id, wrong_code(ada, house))
        assert house.confirm(ada, asked.id).status is Status.APPROVED


def test_crypto_com_2022_nothing_is_paid_that_no_factor_was_used_for(house: House) -> None:
    """Withdrawals of 483 customers were approved without their second factor being asked. Here an approved row is
    not enough: the journal must say that a factor was used for exactly this payload, or it waits for a person."""
    ada = house.customer(USDT=100 * COIN)
    asked = house.asked(ada, "5")
    with pytest.raises(psycopg.errors.CheckViolation):
        rewrite(house, "UPDATE withdrawal SET status = 'approved', confirmed_at = now() WHERE id = %s", asked.id)
    forged = "UPDATE withdrawal SET status = 'approved', used_factors = '{totp}', confirmed_at = now() WHERE id = %s"
    rewrite(house, forged, asked.id)
    authorise(house)
    stopped = house.get(asked.id)
    assert (stopped.status, stopped.waiting_for, stopped.authorised_at) == (Status.APPROVED, "person", None)
    assert custody_store.payout_of(house.conn, "withdrawal", asked.id) is None
    assert "withdrawal.tampered" in [n.kind for n in journal.about(house.conn, asked.id)]


def test_crypto_com_2022_a_customer_without_a_factor_cannot_even_ask(house: House) -> None:
    """There must be no path on which the factor is missing and therefore skipped."""
    who = parties.register(house.conn, "new", "DE", "New", "new@example.com", "test", house.now)
    house.fund(who.id, "USDT", 100 * COIN)
    (refusal,) = house.request(house.ask_for(Customer(who.id, ""), "5"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "factor_missing"


def test_bigone_2025_a_row_rewritten_with_a_fitting_hash_is_not_authorised(house: House) -> None:
    """Attackers changed what the systems behind the wallet believed, and the coins went out by the ordinary way.
    Here the address and the row's own hash are rewritten together; the journal remembers what was asked."""
    ada, id = approved(house)
    was = house.get(id)
    forged = payload_hash(id, ada.id, USDT.name, LISTED, "", was.units, was.fee_units, None)
    rewrite(house, "UPDATE withdrawal SET address = %s, payload_hash = %s WHERE id = %s", LISTED, forged, id)
    sanctions = "asset,address,entry\nETH,0x1111111111111111111111111111111111111111,Somebody else\n"
    screening.import_list(house.conn, "sanctions", sanctions, "test", house.now, force=True)
    authorise(house)
    assert (house.get(id).waiting_for, house.get(id).authorised_at) == ("person", None)
    assert custody_store.payout_of(house.conn, "withdrawal", id) is None


def test_bigone_2025_a_balance_that_was_rewritten_pays_nothing(house: House) -> None:
    """A balance is a row as well. Here one that is not the sum of its entries is noticed before coins move, and
    every withdrawal from it waits for a person; other customers' go on."""
    ada = house.customer(USDT=10 * COIN)
    rewrite(house, "UPDATE ledger_account SET posted = 900000000 WHERE owner = %s", ada.id)
    asked = house.asked(ada, "900")
    assert house.confirm(ada, asked.id).status is Status.APPROVED
    _, other = approved(house)
    authorise(house)
    assert (house.get(asked.id).waiting_for, house.get(asked.id).authorised_at) == ("person", None)
    assert custody_store.payout_of(house.conn, "withdrawal", asked.id) is None
    assert "withdrawal.tampered" in [n.kind for n in journal.about(house.conn, asked.id)]
    assert house.get(other).authorised_at is not None


def test_btcpay_7244_another_customers_saved_address_does_not_exist(house: House) -> None:
    """An object of another tenant could be used by naming its id. Here an address-book entry is found only under its
    own customer, and the answer is that of an id that was never given."""
    ada, ben = house.customer(USDT=100 * COIN), house.customer(USDT=100 * COIN)
    house.asked(ben, "5")
    (entry,) = screening.book(house.conn, ben.id)
    ask = replace(house.ask_for(ada, "5"), address=None, address_id=entry.id)
    (theirs,) = house.request(ask)
    (nobodys,) = house.request(replace(ask, address_id="adr_nobody"))
    assert isinstance(theirs, NotFound)
    assert isinstance(nobodys, NotFound)
    assert theirs.code == nobodys.code == "address_unknown"
    assert house.held(ada) == 0


# --- the signer --------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rules = {USDT.name: AssetRule(USDT.contract, 10**12, 10**13), ETH.name: AssetRule(None, 10**20, 10**21)}
    settings = SignerSettings(
        socket=tmp_path / "unused.sock",
        keystore=tmp_path / "unused",
        ledger=tmp_path / "ledger.sqlite",
        password_file=None,
        authoriser=AUTHORISER.public_key().public_bytes_raw(),
        networks={"evm-local": NetworkRule(31337, 10**16, 10**16, rules)},
    )
    desk = Desk(settings, bytes(range(32)), lambda: START)
    yield desk
    desk.close()


ORDER = Authorisation(
    id="wd_1",
    network="evm-local",
    chain_id=31337,
    asset=USDT.name,
    contract=USDT.contract,
    address=RECEIVER,
    memo=None,
    units=5 * COIN,
    fee_ceiling_units=10**16,
    decision_id="dec_1",
    policy_version=1,
    not_after="2026-11-24T13:00:00Z",
)
TERMS = Terms(nonce=0, gas=60_000, max_fee=10**9, tip=10**8)


def order(said: Authorisation = ORDER, terms: Terms = TERMS) -> Pay:
    return Pay(said, AUTHORISER.sign(said.payload()).hex(), terms)


def test_bybit_2025_the_signer_reads_what_it_signed(desk: Desk) -> None:
    """The people who signed saw a transfer, and what they signed handed the wallet over. Here nobody hands the
    signer bytes or a hash: it builds the transaction from the order, and the bytes decode to the order alone."""
    read = codec.decode(desk.sign(order()).raw)
    assert evm_address.checksum(read.sender) == desk.hot.address
    assert read.transaction.to == evm_address.parse(USDT.contract or "")
    assert read.transaction.value == 0
    assert codec.read_transfer(read.transaction.data) == (evm_address.parse(RECEIVER), 5 * COIN)


def test_bybit_2025_bytes_that_read_back_as_something_else_never_leave(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code that made the bytes was the part that had been changed. Here the bytes are decoded after they were
    signed; what is not the order is refused, and not even kept."""
    honest = codec.sign

    def elsewhere(transaction: codec.Transaction, key: PrivateKey) -> bytes:
        return honest(replace(transaction, data=codec.transfer_data(evm_address.parse(LISTED), 10**12)), key)

    with monkeypatch.context() as changed:
        changed.setattr("tidegate.signer.desk.codec.sign", elsewhere)
        with pytest.raises(SignerRefused) as said:
            desk.sign(order())
    assert said.value.code == "signature_wrong"
    read = codec.decode(desk.sign(order()).raw)
    assert codec.read_transfer(read.transaction.data) == (evm_address.parse(RECEIVER), 5 * COIN)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"address": LISTED}, "authorisation_not_signed"),
        ({"units": 5_000 * COIN}, "authorisation_not_signed"),
        ({"id": "wd_2"}, "authorisation_not_signed"),
        ({"fee_ceiling_units": 10**18}, "authorisation_not_signed"),
    ],
)
def test_bigone_2025_an_order_changed_after_it_was_authorised_is_not_signed(
    desk: Desk, change: dict[str, object], code: str
) -> None:
    """Whoever rules the database alone can rewrite an order, but not its signature."""
    forged = replace(order(), authorisation=replace(ORDER, **change))  # type: ignore[arg-type]
    with pytest.raises(SignerRefused) as said:
        desk.sign(forged)
    assert said.value.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"contract": RECEIVER}, "contract_wrong"),
        ({"asset": "GOLD@evm-local"}, "asset_unknown"),
        ({"chain_id": 1}, "chain_wrong"),
        ({"address": USDT.contract}, "address_is_token_contract"),
        ({"units": 10**12 + 1}, "over_payout_limit"),
    ],
)
def test_bybit_2025_even_a_signed_order_stays_within_the_signers_own_table(
    desk: Desk, change: dict[str, object], code: str
) -> None:
    """With the approving side taken over, what is left is what the signer itself knows: its assets, its contracts,
    its limits."""
    with pytest.raises(SignerRefused) as said:
        desk.sign(order(replace(ORDER, **change)))  # type: ignore[arg-type]
    assert said.value.code == code


def test_orchestrate_42_the_signer_gives_an_id_no_second_nonce(desk: Desk) -> None:
    """A retry took the next nonce, and both transactions were mined. Here an id has one nonce for ever, and the same
    question gets the same bytes."""
    first = desk.sign(order())
    assert desk.sign(order()).raw == first.raw
    with pytest.raises(SignerRefused) as said:
        desk.sign(order(terms=replace(TERMS, nonce=1, max_fee=2 * 10**9, tip=2 * 10**8)))
    assert said.value.code == "nonce_changed"


def test_thirdweb_836_the_signer_gives_a_nonce_to_no_second_payment(desk: Desk) -> None:
    """A nonce that had been used was handed out again, and one payment replaced another. Here a nonce that has bytes
    belongs to their id for ever."""
    desk.sign(order())
    with pytest.raises(SignerRefused) as said:
        desk.sign(order(replace(ORDER, id="wd_2")))
    assert said.value.code == "nonce_taken"
