"""A furnished house for tests: two assets, a network, the demo's policy, a list, customers with funds and a factor.

Everything goes through the product's own flows on a real PostgreSQL.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyotp

from tidegate.base.money import Asset
from tidegate.base.refusals import Refusal
from tidegate.custody import flow as custody
from tidegate.db import Conn, act
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified
from tidegate.policy import flow as policies
from tidegate.rating.governance import flow as governance
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.asking import Ask
from tidegate.withdrawals.flow import Answer
from tidegate.withdrawals.vocabulary import VOCABULARY
from tidegate.withdrawals.withdrawal import Withdrawal

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DATA_KEY = bytes(range(32))
NETWORK = "evm-local"
COIN_USDT = 10**6
USDT = Asset(1, "USDT", NETWORK, 6, "0xdAC17F958D2ee523a2206206994597C13D831ec7")
ETH = Asset(2, "ETH", NETWORK, 18, None)
HOT = "0x52908400098527886E0F7030069857D2E4169EE7"
XPUB = "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"
RECEIVER = "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
LISTED = "0xde709f2102306220921060314715629080e2fb77"
SANCTIONS = f"asset,address,entry\nETH,{LISTED},Made-up Person\n"


@dataclass
class Customer:
    """A customer, and the authenticator app in their hand."""

    id: str
    secret: str

    def code(self, now: datetime) -> str:
        return pyotp.TOTP(self.secret).at(now)


@dataclass
class House:
    """The house at a time of its own; tests move the clock."""

    conn: Conn
    now: datetime = START
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def clock(self) -> datetime:
        return self.now

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    @property
    def setting(self) -> withdrawals.Setting:
        return withdrawals.setting(self.conn, self.now)

    def customer(self, level: int = 2, country: str = "DE", **funds: int) -> Customer:
        """A verified customer with an authenticator app and `funds` (units by ticker)."""
        n = next(self.numbers)
        who = parties.register(self.conn, f"user-{n}", country, f"Ada {n}", f"ada{n}@example.com", "test", self.now)
        parties.set_identity(self.conn, who.id, Verified(level), "test", self.now)
        app = parties.enrol_totp(self.conn, who.id, DATA_KEY, "test", self.now)
        for ticker, units in funds.items():
            self.fund(who.id, ticker, units)
        return Customer(who.id, app.secret)

    def fund(self, party_id: str, ticker: str, units: int) -> None:
        asset = USDT if ticker == "USDT" else ETH
        with act(self.conn, "test", self.now) as tx:
            parties.lock(self.conn, [party_id])
            ledger.post(
                tx, "deposit", f"dep_test_{next(self.numbers)}", asset.id, {party_id: units, accounts.CHAIN: -units}
            )

    def ask_for(self, who: Customer, amount: str, address: str = RECEIVER, **more: str) -> Ask:
        return Ask(
            party_id=who.id,
            actor=who.id,
            asset=more.pop("asset", "USDT"),
            network=NETWORK,
            amount=amount,
            address=address,
            **more,
        )

    def request(self, *asks: Ask) -> list[Answer | Refusal]:
        return withdrawals.request(self.conn, asks, self.setting, self.now)

    def asked(self, who: Customer, amount: str, address: str = RECEIVER, **more: str) -> Withdrawal:
        """Ask for one withdrawal that is not refused; it as stored."""
        (answer,) = self.request(self.ask_for(who, amount, address, **more))
        if isinstance(answer, Refusal):
            raise answer
        return self.get(json.loads(answer.body)["id"])

    def get(self, id: str) -> Withdrawal:
        return withdrawals.get(self.conn, id)

    def confirm(self, who: Customer, id: str, code: str | None = None) -> Withdrawal:
        """Confirm with the app's code, a step later than any code used before."""
        if code is None:
            self.wait(seconds=30)
            code = who.code(self.now)
        return withdrawals.confirm(self.conn, id, "totp", code, DATA_KEY, who.id, self.setting, self.now)

    def agree(self, **sections: object) -> None:
        """Put the demo's policy in force with other sections: now, or once what it loosens has waited long enough."""
        made = policies.propose(self.conn, {**policies.shipped("demo"), **sections}, "mei", self.now, VOCABULARY)
        if policies.moves_ratings(self.conn, made.version, self.now):
            governance.look_ahead(self.conn, made.version, "mei", self.now)
        policies.approve(self.conn, made.version, "anton", self.now)
        agreed = policies.activate(self.conn, made.version, "anton", self.now, catalogue=VOCABULARY)
        assert agreed.active_from is not None
        self.now = max(self.now, agreed.active_from)

    def available(self, who: Customer, asset: Asset = USDT) -> int:
        return sum(b.available for b in ledger.balances(self.conn, who.id) if b.asset_id == asset.id)

    def held(self, who: Customer, asset: Asset = USDT) -> int:
        found = [b for b in ledger.balances(self.conn, who.id) if b.asset_id == asset.id]
        return sum(sum(b.held.values()) for b in found)

    def used(self, who: Customer) -> int:
        """Micro-USD of the 24-hour window in use."""
        party = parties.get(self.conn, who.id)
        return withdrawals.headroom(self.conn, party, self.setting, self.now)[0].used


def furnish(
    conn: Conn,
    *,
    usdt: Asset = USDT,
    hot: str = HOT,
    xpub: str = XPUB,
    finality: int = 3,
    chain_id: int = 31337,
    start: tuple[int, str] = (0, "0x00"),
) -> House:
    """Move in."""
    now = START
    with act(conn, "test", now):
        ledger_store.add_asset(conn, usdt)
        ledger_store.add_asset(conn, ETH)
    custody.register_network(
        conn, custody.Network(NETWORK, chain_id, finality, xpub), hot, start[0], start[1], "test", now
    )
    version = policies.propose(conn, policies.shipped("demo"), "mei", now)
    policies.approve(conn, version.version, "anton", now)
    policies.activate(conn, version.version, "anton", now)
    screening.import_list(conn, "sanctions", SANCTIONS, "test", now, max_age_hours=24 * 365)
    return House(conn)
