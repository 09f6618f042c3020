"""A furnished house with a desk: merchants, ads and orders through the product's own flows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import merchant_kit as merchants
from house import COIN_USDT, DATA_KEY, USDT, Customer, House, furnish

from tidegate.db import Conn, act
from tidegate.ledger import flow as ledger
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.ads.ad import Terms
from tidegate.p2p.ads.conditions import Conditions
from tidegate.p2p.ads.flow import Desk, Offer
from tidegate.p2p.lots import flow as lots
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders.flow import Code, Payer, Wanted
from tidegate.p2p.orders.order import Order, Role
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified
from tidegate.parties.totp import STEP_SECONDS

TERMS = Terms("7.20", None, "1000", "10", "500", ("bank", "wallet"), 15, Conditions(level=1))


@dataclass(frozen=True)
class Merchant:
    """A certified merchant, and the customer that they are."""

    id: str
    who: Customer


@dataclass
class Hall(House):
    """The house with its desk."""

    people: dict[str, Customer] = field(default_factory=dict)
    used: dict[str, float] = field(default_factory=dict)  # of the codes of each one's app: the last step of time

    def customer(self, level: int = 2, country: str = "DE", **funds: int) -> Customer:
        who = super().customer(level, country, **funds)
        self.people[who.id] = who
        return who

    @property
    def desk(self) -> Desk:
        return ads.desk(self.conn, self.now)

    def person(self, name: str = "Zhang Wei", level: int = 2, country: str = "DE", **funds: int) -> Customer:
        """A customer whose name was verified."""
        who = self.customer(level, country, **funds)
        parties.set_identity(self.conn, who.id, Verified(level, verified_name=name), "test", self.now)
        return who

    def merchant(self, name: str = "Li Na", usdt: int = 10_000, country: str = "DE") -> Merchant:
        """A certified merchant with so many coins."""
        who = self.person(name, country=country, USDT=usdt * COIN_USDT + merchants.REQUIRED)
        return Merchant(merchants.certified(self, who).id, who)

    def publish(self, merchant: Merchant, side: str = "sell", fiat: str = "CNY", **terms: Any) -> Offer:
        return ads.publish(
            self.conn, merchant.id, side, USDT, fiat, replace(TERMS, **terms), merchant.who.id, self.desk, self.now
        )

    def take(self, offer: Offer, taker: Customer, amount: str = "100", method: str = "bank", **more: Any) -> Order:
        wanted = Wanted(offer.ad.id, taker.id, amount, method, **more)
        return orders.create(self.conn, wanted, taker.id, self.desk, self.now)

    def paid(self, order: Order, holder: str | None = None) -> Order:
        return orders.paid(
            self.conn, order.id, order.payer, Payer(holder_name=holder), order.payer_party, self.desk, self.now
        )

    def code(self, party_id: str) -> Code:
        """The next code of somebody's app: each is good once, so that time passes where it was used."""
        if self.used.get(party_id) == self.now.timestamp() // STEP_SECONDS:
            self.wait(seconds=STEP_SECONDS)
        self.used[party_id] = self.now.timestamp() // STEP_SECONDS
        return Code(self.people[party_id].code(self.now), DATA_KEY)

    def release(self, order: Order, holder: str | None = None) -> Order:
        code = self.code(order.seller_party)
        return orders.release(self.conn, order.id, order.seller, holder, code, order.seller_party, self.desk, self.now)

    def cancel(self, order: Order, by: Role) -> Order:
        return orders.cancel(self.conn, order.id, by, order.party(by), self.now)

    def traded(self, offer: Offer, taker: Customer, amount: str = "100", method: str = "bank") -> Order:
        """One order from beginning to end."""
        return self.release(self.paid(self.take(offer, taker, amount, method)))

    def stand(self, merchant: Merchant, tier: str) -> None:
        with act(self.conn, "rating", self.now) as tx:
            lots.set_standing(tx, merchant.id, tier)

    def escrow(self, party_id: str) -> int:
        return sum(b.held.get("escrow", 0) for b in ledger.balances(self.conn, party_id) if b.asset_id == USDT.id)

    def left(self, offer: Offer) -> int:
        return ads.get(self.conn, offer.ad.id, self.desk, self.now).ad.left_units


def open_hall(conn: Conn) -> Hall:
    """Move in."""
    return Hall(furnish(conn).conn)
