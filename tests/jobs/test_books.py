"""Reconciliation on a real node: coins taken behind the product's back are found, ordinary payments never alarm."""

from __future__ import annotations

from chain_house import FINALITY, ChainHouse
from chain_house import at as at
from chain_kit import anvil_url as anvil_url
from chain_kit import fresh_address
from chain_kit import node as node
from house import NETWORK, USDT

from tidegate.cases import flow as cases
from tidegate.cases.case import Case
from tidegate.custody import books, jobs
from tidegate.custody import flow as custody
from tidegate.custody.books import Checked
from tidegate.db import connect, journal
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6
NAMES = ("books:USDT@evm-local", "books:ETH@evm-local", "books:ledger")


def a_round(at: ChainHouse, holder: str = "worker-1") -> dict[int, Checked]:
    at.house.wait(seconds=60)
    found = jobs.reconcile(at.conn, at.chain, NETWORK, at.house.clock, holder)
    jobs.reconcile_ledger(at.conn, at.house.clock, holder)
    return {checked.asset_id: checked for checked in found}


def told(at: ChainHouse) -> list[str]:
    return [entry.kind for name in NAMES for entry in journal.about(at.conn, name)]


def asked(at: ChainHouse) -> list[Case]:
    return [case for name in NAMES for case in cases.about(at.conn, name)]


def take(at: ChainHouse, units: int) -> None:
    """A thief with the node's own hand on the hot wallet: no order, no ledger, no nonce of ours."""
    at.node.ask("anvil_impersonateAccount", at.hot)
    data = "0xa9059cbb" + fresh_address("thief")[2:].lower().rjust(64, "0") + f"{units:064x}"
    at.node.ask("eth_sendTransaction", {"from": at.hot, "to": at.usdt.address, "data": data})
    at.node.ask("anvil_stopImpersonatingAccount", at.hot)
    at.mine(FINALITY + 1)
    at.scan()


def test_coins_taken_from_the_hot_wallet_are_told_once_and_asked_about(at: ChainHouse) -> None:
    assert a_round(at)[USDT.id].off == 0
    take(at, 7 * COIN)
    for number in range(1, books.PATIENCE + 3):
        found = a_round(at)[USDT.id]
        assert (found.off, found.rounds) == (-7 * COIN, number)
        assert told(at).count("books.disagree") == (0 if number < books.TOLD_AFTER else 2)  # USDT, and the thief's gas
        assert len(asked(at)) == (0 if number <= books.PATIENCE else 2)
    (entry,) = journal.about(at.conn, NAMES[0])
    assert entry.content["asset"] == "USDT@evm-local"
    assert entry.content["difference"] == str(-7 * COIN)
    assert int(entry.content["ledger"]) - int(entry.content["chain"]) == 7 * COIN
    (case,) = cases.about(at.conn, NAMES[0])
    assert (case.kind, case.party_id, case.quorum, case.status) == ("books", None, 1, "open")
    assert [c.off for c in custody.book_checks(at.conn) if c.asset_id == USDT.id] == [-7 * COIN]


def test_more_that_goes_is_told_again_and_what_comes_back_too(at: ChainHouse) -> None:
    a_round(at)
    take(at, 7 * COIN)
    for _ in range(books.PATIENCE + 1):
        a_round(at)
    take(at, 2 * COIN)
    a_round(at)
    (case,) = cases.about(at.conn, NAMES[0])
    assert len(cases.file(at.conn, case.id).evidence) == 2  # the new figures, with the case that is open
    figures = [e.content["difference"] for e in journal.about(at.conn, NAMES[0])]
    assert figures == [str(-7 * COIN), str(-9 * COIN)]
    cases.answer(at.conn, case.id, "key_treasury", "approve", "Reported", at.house.now)
    a_round(at)
    assert len(cases.about(at.conn, NAMES[0])) == 1  # nothing new: not asked again each minute
    take(at, 1 * COIN)
    a_round(at)
    assert [c.status for c in cases.about(at.conn, NAMES[0])] == ["approved", "open"]


def test_ordinary_payments_deposits_and_sweeps_never_alarm(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN, wei=2 * 10**18)
    made = [at.approved(ada, "10", address=fresh_address(f"books {n}")) for n in range(3)]
    made.append(at.approved(ada, "0.25", asset="ETH"))
    for _ in range(14):
        at.turn()
        at.sweep()
        at.node.transact(at.usdt, "transfer", at.deposit_address(ada), COIN)  # on its way in, not final
        a_round(at)
        assert told(at) == []
    at.finish()
    assert {at.house.get(w.id).status for w in made} == {Status.SETTLED}
    assert {c.rounds for c in a_round(at).values()} == {0}
    assert asked(at) == []


def test_what_a_payment_under_way_may_have_taken_is_no_difference(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    at.approved(ada, "40")
    a_round(at)
    at.news()
    at.authorise()
    at.pay()
    at.mine(FINALITY + 1)
    at.scan()  # final on chain, and nobody has watched: the ledger still says that it is ours
    found = a_round(at)[USDT.id]
    assert (found.off, found.moving_units, found.rounds) == (-39_900_000, 39_900_000, 0)
    take(at, COIN)  # more than that is missing, whatever is under way
    assert a_round(at)[USDT.id].rounds == 1


def test_coins_that_are_put_back_are_new_ones_and_hide_nothing(at: ChainHouse) -> None:
    a_round(at)
    take(at, COIN)
    at.node.transact(at.usdt, "transfer", at.hot, COIN)
    at.mine(FINALITY + 1)
    at.scan()  # booked as capital that the operator put in: the gap stays
    assert [a_round(at)[USDT.id].off for _ in range(2)] == [-COIN, -COIN]
    assert "books.disagree" in told(at)


def test_an_account_that_does_not_add_up_is_told_at_once_and_once(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    a_round(at)
    at.conn.execute("UPDATE ledger_account SET posted = posted + 5 WHERE owner = %s", (ada.id,))
    for _ in range(2):
        a_round(at)
    (entry,) = journal.about(at.conn, "books:ledger")
    assert entry.kind == "books.disagree"
    assert ada.id in entry.content["what"]
    (case,) = cases.about(at.conn, "books:ledger")
    assert case.status == "open"
    at.conn.execute("UPDATE ledger_account SET posted = posted - 5 WHERE owner = %s", (ada.id,))
    a_round(at)
    assert [e.kind for e in journal.about(at.conn, "books:ledger")] == ["books.disagree", "books.agree"]


def test_of_two_workers_one_makes_the_rounds(at: ChainHouse, database_url: str) -> None:
    assert a_round(at, "worker-1")
    with connect(database_url) as conn:
        assert jobs.reconcile(conn, at.chain, NETWORK, at.house.clock, "worker-2") == []
        at.house.wait(seconds=jobs.RECONCILER_SECONDS + 1)
        assert jobs.reconcile(conn, at.chain, NETWORK, at.house.clock, "worker-2")
