"""Merchants for tests: applied, bonded, certified through the product's own flows."""

from __future__ import annotations

from collections.abc import Sequence

from house import COIN_USDT, DATA_KEY, USDT, Customer, House

from tidegate.base.money import Asset
from tidegate.cases import flow as cases
from tidegate.db import act, reader
from tidegate.ledger import store as ledger_store
from tidegate.news import READER, handlers
from tidegate.p2p.accounts import flow as accounts
from tidegate.p2p.accounts.account import Account
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.bond import store as bond_store
from tidegate.p2p.bond.bond import Bond
from tidegate.p2p.bond.store import Movement
from tidegate.p2p.merchants import flow, jobs
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified
from tidegate.policy.pack import Policy

REQUIRED = 10_000 * COIN_USDT
RULES = "2026-11"


def policy(house: House) -> Policy:
    return house.setting.policy


def person(house: House, name: str | None = "Ada Lovelace", usdt: int = 20_000 * COIN_USDT, eth: int = 0) -> Customer:
    """A customer whose name somebody verified (None = nobody did), with funds."""
    who = house.customer(USDT=usdt, ETH=eth) if eth else house.customer(USDT=usdt)
    parties.set_identity(house.conn, who.id, Verified(2, verified_name=name), "test", house.now)
    return who


def applied(house: House, who: Customer) -> Merchant:
    return flow.apply(house.conn, who.id, RULES, policy(house), who.id, house.now)


def lock(house: House, id: str, units: int = REQUIRED, asset: Asset = USDT) -> Movement:
    return bonds.lock(house.conn, id, asset, units, policy(house), "cus_test", house.now)


def top_up(house: House, id: str, units: int, asset: Asset = USDT) -> Movement:
    return bonds.top_up(house.conn, id, asset, units, policy(house), "cus_test", house.now)


def deduct(house: House, id: str, units: int, decision: str = "measure", victim: str | None = None) -> Movement:
    """What the rating does once its people have decided."""
    with act(house.conn, "mei", house.now) as tx:
        return bonds.deduct(
            tx, id, USDT, units, decision=decision, reason="agreed", policy=policy(house), victim_id=victim
        )


def certified(house: House, who: Customer | None = None) -> Merchant:
    """A merchant with the whole bond locked, certified."""
    merchant = applied(house, who or person(house))
    lock(house, merchant.id)
    return flow.certify(house.conn, merchant.id, "all there", "mei", house.now)


def leave(house: House, id: str) -> Merchant:
    """Ask to leave, and a person agrees."""
    flow.ask_exit(house.conn, id, "moving on", policy(house), "cus_test", house.now)
    answer(house, id, "merchant_exit", "approve")
    return flow.get(house.conn, id)


def staff(house: House, name: str, role: str = "compliance") -> str:
    """A key of somebody who may answer cases."""
    return parties.create_key(house.conn, role, name, "test", house.now).id


def answer(house: House, subject: str, kind: str, said: str, people: Sequence[str] = ("Mei",)) -> None:
    """People answer the open case of a kind, and the worker reads what it means."""
    (case,) = [case for case in cases.about(house.conn, subject) if case.kind == kind and case.status == "open"]
    for name in people:
        cases.answer(house.conn, case.id, staff(house, name), said, "looked at it", house.now)
    news(house)


def news(house: House) -> None:
    acting = handlers(lambda _: house.setting)
    while reader.read(house.conn, READER, acting, house.now):
        pass


def time(house: House, **span: float) -> int:
    """Time passes, and the worker does what is due; how much it did."""
    house.wait(**span)
    done = 0
    while step := jobs.run_due(house.conn, house.clock):
        done += step
    return done


def bond(house: House, id: str, asset: Asset = USDT) -> Bond:
    return next(one for one in bonds.of(house.conn, id) if one.asset_id == asset.id)


def account(
    house: House, who: Customer, number: str = "DE89370400440532013000", holder: str = "Ada Lovelace"
) -> Account:
    return accounts.register(
        house.conn,
        who.id,
        "bank",
        "Some Bank",
        number,
        holder,
        data_key=DATA_KEY,
        policy=policy(house),
        actor=who.id,
        now=house.now,
    )


def agree(house: House) -> None:
    """The bonds, their movements, what is claimed and the ledger say one number."""
    assert bond_store.disagreements(house.conn) == []
    assert ledger_store.disagreements(house.conn) == []
