"""Bonds on a real PostgreSQL (rulebook section 7): every movement exact, held in the ledger, and never below zero."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import merchant_kit as kit
import psycopg
import pytest
from house import COIN_USDT as COIN
from house import ETH, USDT, House, furnish
from merchant_kit import REQUIRED, applied, bond, certified, deduct, leave, lock, person, policy, time, top_up

from tidegate.base.refusals import Refusal
from tidegate.cases import flow as cases
from tidegate.db import Conn, act, connect, journal
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.p2p.bond import flow, store
from tidegate.p2p.bond.bond import Kind
from tidegate.p2p.deductions import flow as deductions
from tidegate.p2p.delisting import flow as delisting
from tidegate.p2p.links import flow as links
from tidegate.p2p.merchants import flow as merchants
from tidegate.policy import flow as policies


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture(autouse=True)
def books(house: House) -> object:
    """Whatever a test does, in the end the bonds, their movements, the claims and the ledger say one number."""
    yield
    kit.agree(house)


def refused(does: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught:
        does()
    return caught.value.code


def taken(house: House) -> int:
    """What the platform keeps of bonds."""
    return ledger_store.posted(house.conn, accounts.BONDS, USDT.id)


# --- lock --------------------------------------------------------------------------------------------------------


def test_a_bond_is_held_on_the_merchants_own_account(house: House) -> None:
    merchant = applied(house, who := person(house))
    lock(house, merchant.id, 6_000 * COIN)
    lock(house, merchant.id, 4_000 * COIN)
    (balance,) = ledger.balances(house.conn, who.id)
    assert (balance.total, balance.held) == (20_000 * COIN, {"bond": 10_000 * COIN})
    now = bond(house, merchant.id)
    assert (now.required, now.locked, now.owed, now.covered) == (REQUIRED, REQUIRED, 0, True)
    assert [(m.number, m.kind, m.locked_delta) for m in flow.movements(house.conn, merchant.id)] == [
        (1, "lock", 6_000 * COIN),
        (2, "lock", 4_000 * COIN),
    ]


def test_what_cannot_be_locked(house: House) -> None:
    merchant = applied(house, person(house, usdt=5, eth=10**18))
    assert refused(lambda: lock(house, merchant.id, 0)) == "amount_zero"
    assert refused(lambda: lock(house, merchant.id, 6)) == "funds_short"
    assert refused(lambda: lock(house, merchant.id, 1, ETH)) == "no_bond"
    assert refused(lambda: lock(house, "mer_0", 1)) == "merchant_unknown"
    lock(house, merchant.id, 5)
    assert refused(lambda: lock(house, merchant.id, 1)) == "funds_short", "what is locked is not available"


def test_a_bond_cannot_be_withdrawn(house: House) -> None:
    who = person(house, usdt=REQUIRED)
    merchant = applied(house, who)
    lock(house, merchant.id)
    (answer,) = house.request(house.ask_for(who, "1"))
    assert not isinstance(answer, Refusal)
    assert "funds_short" in {one["code"] for one in json.loads(answer.body)["decision"]["findings"]}


# --- deduct ------------------------------------------------------------------------------------------------------


def test_a_deduction_above_the_bond_takes_what_is_there_and_the_rest_is_owed(house: House) -> None:
    """The rulebook's example: required 10,000, locked 6,000, deduct 8,000."""
    merchant = applied(house, who := person(house))
    lock(house, merchant.id, 6_000 * COIN)
    movement = deduct(house, merchant.id, 8_000 * COIN)
    assert (movement.locked_delta, movement.owed_delta) == (-6_000 * COIN, 2_000 * COIN)
    now = bond(house, merchant.id)
    assert (now.locked, now.owed, now.demand) == (0, 2_000 * COIN, 12_000 * COIN)
    assert now.hold_ref is None
    assert taken(house) == 6_000 * COIN
    assert house.available(who) == 14_000 * COIN, "the rest of the balance was not touched"


def test_a_decision_takes_once(house: House) -> None:
    merchant = certified(house)
    first = deduct(house, merchant.id, 5, decision="mea_1")
    assert deduct(house, merchant.id, 5, decision="mea_1") == first
    deduct(house, merchant.id, 5, decision="mea_2")
    assert (bond(house, merchant.id).locked, taken(house)) == (REQUIRED - 10, 10)


def test_a_demand_has_its_day_and_is_late_once(house: House) -> None:
    merchant = certified(house)
    deduct(house, merchant.id, COIN)
    due = bond(house, merchant.id).top_up_due_at
    assert due is not None
    assert (due - house.now).days == 7
    house.wait(days=3)
    deduct(house, merchant.id, COIN, decision="another")
    assert bond(house, merchant.id).top_up_due_at == due, "a second deduction gives no more time for the first"
    assert time(house, days=3, hours=23) == 0
    assert time(house, hours=1) == 1
    assert [n.kind for n in journal.about(house.conn, merchant.id)].count("bond.overdue") == 1
    top_up(house, merchant.id, 2 * COIN)
    now = bond(house, merchant.id)
    assert (now.covered, now.top_up_due_at, now.overdue_at) == (True, None, None)


def test_who_only_applies_is_never_late(house: House) -> None:
    merchant = applied(house, person(house))
    lock(house, merchant.id, 1)
    assert bond(house, merchant.id).top_up_due_at is None
    assert time(house, days=90) == 0


def test_a_top_up_pays_what_is_owed_first(house: House) -> None:
    merchant = certified(house, person(house, usdt=3 * REQUIRED))
    deduct(house, merchant.id, REQUIRED + 3)
    assert refused(lambda: lock(house, merchant.id, 1)) == "bond_owed"
    movement = top_up(house, merchant.id, 5)
    assert (movement.kind, movement.locked_delta, movement.owed_delta) == (Kind.TOP_UP, 2, -3)
    assert taken(house) == REQUIRED + 3
    assert refused(lambda: top_up(house, merchant.id, REQUIRED)) == "top_up_above_demand"
    top_up(house, merchant.id, REQUIRED - 2)
    assert refused(lambda: top_up(house, merchant.id, 1)) == "nothing_demanded"
    assert refused(lambda: top_up(house, merchant.id, 0)) == "amount_zero"
    assert refused(lambda: top_up(house, merchant.id, 1, ETH)) == "bond_unknown"


def test_a_victim_is_compensated_and_gets_the_rest_when_it_is_paid(house: House) -> None:
    merchant = certified(house)
    ada, bob = house.customer(), house.customer()
    deduct(house, merchant.id, REQUIRED - 1, decision="freeze_1", victim=ada.id)
    deduct(house, merchant.id, 4, decision="freeze_2", victim=bob.id)
    deduct(house, merchant.id, 2, decision="mea_1")
    assert (house.available(ada), house.available(bob), taken(house)) == (REQUIRED - 1, 1, 0)
    assert bond(house, merchant.id).owed == 5
    top_up(house, merchant.id, 2)
    assert (house.available(bob), taken(house)) == (3, 0), "the oldest claim first"
    top_up(house, merchant.id, 3)
    assert (house.available(bob), taken(house), bond(house, merchant.id).locked) == (4, 2, 0)
    kinds = [m.kind for m in flow.movements(house.conn, merchant.id)]
    assert kinds == ["lock", "compensate", "compensate", "deduct", "top_up", "top_up"]


def test_nobody_compensates_themself(house: House) -> None:
    merchant = certified(house, who := person(house))
    other = certified(house, second := person(house))
    links.link(house.conn, other.id, merchant.id, "own_statement", "said so", "mei", house.now)
    assert refused(lambda: deduct(house, merchant.id, 1, victim=who.id)) == "victim_is_merchant"
    assert refused(lambda: deduct(house, merchant.id, 1, victim=second.id)) == "victim_is_merchant"
    assert refused(lambda: deduct(house, merchant.id, 1, victim="cus_0")) == "customer_unknown"
    assert refused(lambda: deduct(house, "mer_0", 1)) == "merchant_unknown"


def give_back(house: House, id: str, decision: str) -> object:
    with act(house.conn, "ines", house.now) as tx:
        return flow.give_back(tx, id, USDT, decision=decision, reason="the appeal was right", policy=policy(house))


def test_a_wrong_decision_gives_back_what_it_took_and_what_is_owed_for_it_is_owed_no_more(house: House) -> None:
    merchant = certified(house)
    deduct(house, merchant.id, REQUIRED + 10, decision="mea_1")
    top_up(house, merchant.id, 4)
    first = give_back(house, merchant.id, "mea_1")
    assert give_back(house, merchant.id, "mea_1") == first
    now = bond(house, merchant.id)
    assert (now.locked, now.owed, taken(house)) == (REQUIRED + 4, 0, 0)
    assert give_back(house, merchant.id, "mea_0") is None


def test_what_comes_back_pays_other_debts_first(house: House) -> None:
    merchant, ada = certified(house), house.customer()
    deduct(house, merchant.id, REQUIRED, decision="mea_1")
    deduct(house, merchant.id, 7, decision="freeze_1", victim=ada.id)
    give_back(house, merchant.id, "mea_1")
    assert (house.available(ada), bond(house, merchant.id).locked, taken(house)) == (7, REQUIRED - 7, 0)
    assert bond(house, merchant.id).demand == 7


def test_to_who_has_left_it_is_paid(house: House) -> None:
    merchant = certified(house, who := person(house))
    deduct(house, merchant.id, 5, decision="mea_1")
    leave(house, merchant.id)
    time(house, days=30)
    give_back(house, merchant.id, "mea_1")
    assert (house.available(who), bond(house, merchant.id).locked) == (20_000 * COIN, 0)


# --- unlock ------------------------------------------------------------------------------------------------------


def unlock(house: House, id: str, units: int) -> object:
    return flow.ask_unlock(house.conn, id, USDT, units, policy(house), "cus_test", house.now)


def test_a_surplus_comes_back_after_the_delay(house: House) -> None:
    merchant = certified(house, who := person(house))
    lock(house, merchant.id, 5)
    assert refused(lambda: unlock(house, merchant.id, 6)) == "unlock_above_surplus"
    unlock(house, merchant.id, 5)
    assert refused(lambda: unlock(house, merchant.id, 1)) == "unlock_waiting"
    assert house.available(who) == 10_000 * COIN - 5
    assert time(house, days=30) == 1
    assert (house.available(who), bond(house, merchant.id).locked) == (10_000 * COIN, REQUIRED)
    assert merchants.get(house.conn, merchant.id).may_trade


def test_nothing_is_unlocked_while_a_matter_is_open(house: House) -> None:
    merchant = certified(house)
    lock(house, merchant.id, 5)
    with act(house.conn, "desk", house.now) as tx:
        merchants.open_matter(tx, merchant.id, "dispute", "ord_1")
    assert refused(lambda: unlock(house, merchant.id, 5)) == "matter_open"
    with act(house.conn, "desk", house.now) as tx:
        merchants.close_matter(tx, merchant.id, "ord_1")
    unlock(house, merchant.id, 5)


def test_a_deduction_reaches_what_waits_to_go_back(house: House) -> None:
    merchant = certified(house, who := person(house))
    leave(house, merchant.id)
    house.wait(days=29)
    deduct(house, merchant.id, REQUIRED - 3)
    assert (bond(house, merchant.id).releasing, bond(house, merchant.id).demand) == (3, 0)
    time(house, days=1)
    assert house.available(who) == 10_000 * COIN + 3
    assert merchants.get(house.conn, merchant.id).closed_at == house.now


def test_a_deduction_takes_of_a_surplus_that_waits_to_go_back(house: House) -> None:
    merchant = certified(house, who := person(house))
    lock(house, merchant.id, 50)
    unlock(house, merchant.id, 50)
    deduct(house, merchant.id, 30)
    now = bond(house, merchant.id)
    assert (now.releasing, now.locked, now.demand) == (20, REQUIRED + 20, 0)
    assert time(house, days=30) == 1
    now = bond(house, merchant.id)
    assert (now.locked, now.demand, now.release_at) == (REQUIRED, 0, None), "what is required stays"
    assert house.available(who) == 10_000 * COIN - 30


def test_what_is_required_meanwhile_does_not_go_back(house: House) -> None:
    merchant = certified(house)
    lock(house, merchant.id, 50)
    unlock(house, merchant.id, 50)
    require(house, merchant.id, REQUIRED + 49)
    assert bond(house, merchant.id).releasing == 1
    require(house, merchant.id, REQUIRED + 50)
    now = bond(house, merchant.id)
    assert (now.releasing, now.release_at, now.demand) == (0, None, 0)
    assert time(house, days=30) == 0
    assert bond(house, merchant.id).locked == REQUIRED + 50


def test_who_leaves_or_is_gone_locks_nothing_new(house: House) -> None:
    merchant = certified(house)
    leave(house, merchant.id)
    assert refused(lambda: lock(house, merchant.id, 1)) == "merchant_over"
    assert refused(lambda: unlock(house, merchant.id, 1)) == "merchant_over"


# --- required ----------------------------------------------------------------------------------------------------


def require(house: House, id: str, units: int) -> None:
    with act(house.conn, "mei", house.now) as tx:
        flow.require(tx, id, USDT, units, "high tier", policy(house))


def test_a_person_raises_what_one_merchant_must_lock(house: House) -> None:
    merchant = certified(house)
    require(house, merchant.id, REQUIRED + 7)
    now = bond(house, merchant.id)
    assert (now.demand, now.top_up_due_at is not None) == (7, True)
    top_up(house, merchant.id, 7)
    require(house, merchant.id, REQUIRED)
    unlock(house, merchant.id, 7)


def test_a_later_policy_changes_no_bond_by_itself(house: House) -> None:
    merchant = certified(house)
    section = policies.shipped("demo")["merchants"]
    house.agree(merchants={**section, "bond": {"USDT@evm-local": "12000"}})  # type: ignore[dict-item]
    assert bond(house, merchant.id).covered
    assert kit.bond(house, merchant.id).required == REQUIRED


# --- staff propose -----------------------------------------------------------------------------------------------


def propose(house: House, id: str, units: int, by: str = "zoe", victim: str | None = None) -> str:
    return deductions.propose(
        house.conn,
        id,
        USDT,
        units,
        reference="freeze notice 7",
        reason="the freeze was theirs",
        victim_id=victim,
        policy=policy(house),
        actor=by,
        now=house.now,
    )


def test_a_part_is_taken_once_another_person_agrees(house: House) -> None:
    merchant = certified(house)
    key = kit.staff(house, "Mei")
    case = propose(house, merchant.id, 5, key)
    assert refused(lambda: propose(house, merchant.id, 5, key)) == "case_open"
    own = lambda: cases.answer(house.conn, case, key, "approve", "yes", house.now)  # noqa: E731
    assert refused(own) == "case_own_request"
    assert bond(house, merchant.id).locked == REQUIRED
    kit.answer(house, merchant.id, "bond_deduction", "approve", ["Anton"])
    assert bond(house, merchant.id).locked == REQUIRED - 5
    (movement,) = [m for m in flow.movements(house.conn, merchant.id) if m.kind == "deduct"]
    assert (movement.decision, movement.reason) == (case, "the freeze was theirs")


def test_all_of_it_takes_two_others(house: House) -> None:
    merchant = certified(house)
    propose(house, merchant.id, REQUIRED, kit.staff(house, "Mei"))
    kit.answer(house, merchant.id, "bond_deduction", "approve", ["Anton"])
    assert bond(house, merchant.id).locked == REQUIRED
    kit.answer(house, merchant.id, "bond_deduction", "approve", ["Ines"])
    assert (bond(house, merchant.id).locked, taken(house)) == (0, REQUIRED)


def test_a_declined_proposal_takes_nothing_and_lets_the_bond_go_again(house: House) -> None:
    merchant = certified(house)
    lock(house, merchant.id, 5)
    propose(house, merchant.id, 5)
    assert refused(lambda: unlock(house, merchant.id, 5)) == "matter_open"
    kit.answer(house, merchant.id, "bond_deduction", "decline")
    assert bond(house, merchant.id).locked == REQUIRED + 5
    unlock(house, merchant.id, 5)


def test_what_was_a_part_and_would_now_be_all_has_to_be_proposed_anew(house: House) -> None:
    merchant = certified(house)
    propose(house, merchant.id, 10)
    deduct(house, merchant.id, REQUIRED - 10)
    kit.answer(house, merchant.id, "bond_deduction", "approve")
    assert bond(house, merchant.id).locked == 10
    assert "bond.deduction_void" in [n.kind for n in journal.about(house.conn, merchant.id)]


def test_a_proposal_compensates_a_victim(house: House) -> None:
    merchant = certified(house, who := person(house))
    ada = house.customer()
    propose(house, merchant.id, 5, victim=ada.id)
    kit.answer(house, merchant.id, "bond_deduction", "approve")
    assert house.available(ada) == 5
    assert refused(lambda: propose(house, merchant.id, 5, victim=who.id)) == "victim_is_merchant"
    assert refused(lambda: propose(house, merchant.id, 0)) == "amount_zero"


# --- delisting ---------------------------------------------------------------------------------------------------


def delist(house: House, conn: Conn | None = None) -> object:
    return delisting.delist(
        conn or house.conn, USDT, date(2026, 12, 31), "third batch", policy(house), "mei", house.now
    )


def test_an_asset_that_is_let_go_opens_a_task_for_each_bond_and_takes_no_new_one(house: House) -> None:
    merchant, newcomer = certified(house), applied(house, person(house))
    delist(house)
    (case,) = cases.about(house.conn, f"{merchant.id}:USDT@evm-local")
    assert (case.kind, case.status) == ("bond_delisting", "open")
    assert refused(lambda: lock(house, newcomer.id, 1)) == "asset_delisting"
    assert refused(lambda: delist(house)) == "asset_delisting"
    assert bond(house, merchant.id).locked == REQUIRED
    assert [one.asset_id for one in delisting.orders(house.conn)] == [USDT.id]


def test_a_day_that_is_past_is_refused(house: House) -> None:
    late = lambda: delisting.delist(house.conn, USDT, date(1900, 1, 1), "x", policy(house), "mei", house.now)  # noqa: E731
    assert refused(late) == "last_day_past"


def test_a_bond_moves_to_another_asset_and_the_old_one_comes_back(house: House) -> None:
    section = policies.shipped("demo")["merchants"]
    merchant = certified(house, who := person(house, eth=5 * 10**18))
    house.agree(merchants={**section, "bond": {"USDT@evm-local": "10000", "ETH@evm-local": "4"}})  # type: ignore[dict-item]
    delist(house)
    flow.change_asset(house.conn, merchant.id, USDT, ETH, policy(house), who.id, house.now)
    assert refused(lambda: unlock(house, merchant.id, REQUIRED)) == "bond_short"
    top_up(house, merchant.id, 4 * 10**18, ETH)
    unlock(house, merchant.id, REQUIRED)
    time(house, days=30)
    assert (house.available(who), house.available(who, ETH)) == (20_000 * COIN, 10**18)
    assert flow.covered(house.conn, merchant.id)
    back = lambda: flow.change_asset(house.conn, merchant.id, ETH, USDT, policy(house), who.id, house.now)  # noqa: E731
    assert refused(back) == "asset_delisting"


# --- many at once, and what the database refuses -----------------------------------------------------------------


def at_once(url: str, count: int, does: Callable[[Conn, int], object]) -> list[str]:
    def one(number: int) -> str:
        with connect(url) as conn:
            try:
                does(conn, number)
            except Refusal as refusal:
                return refusal.code
        return "done"

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_twenty_lockings_at_once_lock_what_is_there(house: House, database_url: str) -> None:
    merchant = applied(house, who := person(house, usdt=7))
    numbers = policy(house)
    said = at_once(database_url, 20, lambda c, _: flow.lock(c, merchant.id, USDT, 1, numbers, who.id, house.now))
    assert (said.count("done"), said.count("funds_short")) == (7, 13)
    assert bond(house, merchant.id).locked == 7


def test_twenty_decisions_at_once_take_no_more_than_is_locked(house: House, database_url: str) -> None:
    merchant = applied(house, person(house))
    lock(house, merchant.id, 7)
    numbers = policy(house)

    def take(conn: Conn, number: int) -> None:
        with act(conn, "mei", house.now) as tx:
            flow.deduct(tx, merchant.id, USDT, 1, decision=f"mea_{number % 10}", reason="agreed", policy=numbers)

    assert at_once(database_url, 20, take) == ["done"] * 20
    now = bond(house, merchant.id)
    assert (now.locked, now.owed, taken(house)) == (0, 3, 7), "ten decisions, each once"


def test_victims_in_both_directions_at_once_do_not_wait_for_each_other(house: House, database_url: str) -> None:
    people = [person(house) for _ in range(2)]
    ids = [certified(house, who).id for who in people]
    numbers = policy(house)

    def take(conn: Conn, number: int) -> None:
        with act(conn, "mei", house.now) as tx:
            flow.deduct(
                tx, ids[number % 2], USDT, 1, decision=f"mea_{number}", reason="agreed", policy=numbers,
                victim_id=people[(number + 1) % 2].id,
            )  # fmt: skip

    assert at_once(database_url, 16, take) == ["done"] * 16
    assert [bond(house, id).locked for id in ids] == [REQUIRED - 8] * 2


def test_a_bond_locked_while_its_asset_is_delisted_is_either_refused_or_has_its_task(
    house: House, database_url: str
) -> None:
    ids = [applied(house, person(house)).id for _ in range(10)]
    numbers = policy(house)

    def act_(conn: Conn, number: int) -> None:
        if number == 5:
            delisting.delist(conn, USDT, date(2026, 12, 31), "third batch", numbers, "mei", house.now)
        else:
            flow.lock(conn, ids[number], USDT, 1, numbers, "cus_test", house.now)

    at_once(database_url, 10, act_)
    for id in ids:
        locked = any(one.locked for one in flow.of(house.conn, id))
        assert locked == bool(cases.about(house.conn, f"{id}:USDT@evm-local"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE p2p_bond SET locked = -1, hold_ref = 'x'",
        "UPDATE p2p_bond SET owed = 1",
        "UPDATE p2p_bond SET releasing = locked + 1, release_at = now()",
        "INSERT INTO p2p_bond_movement SELECT 'bmv_x', merchant_id, asset_id, number + 1, 'lock', 5, 0, 4, 0, NULL,"
        " NULL, 'x', 'x', at FROM p2p_bond_movement",
        "INSERT INTO p2p_bond_movement SELECT 'bmv_x', merchant_id, asset_id, number + 1, 'deduct', -1, 0,"
        " locked_after - 1, 0, NULL, NULL, 'x', 'x', at FROM p2p_bond_movement",
    ],
)
def test_the_database_refuses_a_bond_that_cannot_be(house: House, change: str) -> None:
    certified(house)
    with pytest.raises(psycopg.errors.CheckViolation):
        house.conn.execute(change)


def test_movements_are_never_rewritten(house: House) -> None:
    certified(house)
    for change in ("UPDATE p2p_bond_movement SET reason = 'other'", "DELETE FROM p2p_bond_movement"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            house.conn.execute(change)


class Undone(Exception):
    """Takes back what a test broke on purpose."""


def test_a_bond_whose_hold_is_gone_is_found(house: House) -> None:
    merchant = certified(house)
    now = bond(house, merchant.id)
    assert now.hold_ref is not None
    found = []
    with contextlib.suppress(Undone), act(house.conn, "thief", house.now) as tx:
        ledger.release(tx, "bond", now.hold_ref)
        found = store.disagreements(house.conn)
        raise Undone
    assert [(one.merchant_id, "held 0;" in one.what) for one in found] == [(merchant.id, True)]
