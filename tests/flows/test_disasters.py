"""What went wrong elsewhere, made to happen here on a real PostgreSQL, under its name.

`docs/rules/disasters.md` tells every case with what holds here and the test that shows it; those that need a chain
are in `tests/jobs/test_disasters.py`, and those that are the plain specification of a rule stand where that rule is
tested.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from house import ETH, LISTED, RECEIVER, START, USDT, Customer, House, furnish

from tidegate.base.authorisation import Authorisation
from tidegate.base.refusals import Forbidden, Refusal, TooMany
from tidegate.base.signing import Pay, Terms
from tidegate.cases import flow as cases
from tidegate.custody import store as custody_store
from tidegate.db import Conn, act, connect, journal, reader
from tidegate.ledger import store as ledger_store
from tidegate.news import READER, handlers
from tidegate.screening import flow as screening
from tidegate.signer.desk import Desk
from tidegate.signer.settings import AssetRule, NetworkRule, SignerSettings
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs, store
from tidegate.withdrawals.withdrawal import Status, Withdrawal

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


# --- concurrency, limits, units ----------------------------------------------------------------------------------


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


# --- decisions ---------------------------------------------------------------------------------------------------


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


# --- authority ---------------------------------------------------------------------------------------------------


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
