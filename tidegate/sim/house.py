"""A furnished database beside a world: assets, a network, a policy, a list, customers with funds and a factor.

It is made once and copied. A copy is put back before every schedule, row by row: what a seed tells does not depend
on what was told in the same house before.
"""

from __future__ import annotations

import copy
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from itertools import count
from pathlib import Path
from unittest.mock import patch

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql
from psycopg.pq import TransactionStatus

from tidegate.base import ids
from tidegate.base.money import Asset
from tidegate.custody import flow as custody
from tidegate.custody import jobs
from tidegate.db import Conn, act, connect
from tidegate.db.migrate import migrate
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.signer.desk import Desk
from tidegate.signer.settings import AssetRule, NetworkRule, SignerSettings
from tidegate.sim import store
from tidegate.sim.faults import Turn, Watched
from tidegate.sim.node import Node, SigningRoom, View, Weather
from tidegate.sim.world import World

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NETWORK, CHAIN_ID, FINALITY = "evm-local", 31337, 3
USDT = Asset(1, "USDT", NETWORK, 6, "0xdAC17F958D2ee523a2206206994597C13D831ec7")
ETH = Asset(2, "ETH", NETWORK, 18, None)
ASSETS = {USDT.id: USDT, ETH.id: ETH}
FUNDS = {USDT.id: 100_000 * 10**6, ETH.id: 20 * 10**18}
"""What every customer has in the beginning."""

DATA_KEY = bytes(range(32))
SEED = bytes(range(1, 33))
AUTHORISER = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
CUSTOMERS = 2
_SANCTIONS = "asset,address,entry\nETH,0xde709f2102306220921060314715629080e2fb77,Made-up Person\n"


@dataclass
class Customer:
    """A customer, the secret in their authenticator app, and where their deposits go."""

    id: str
    secret: str
    deposit_address: str
    last_step: int = 0


@dataclass
class _Numbered:
    """Stands in for the clock and the die of ids: the same seed gives ids in the same order."""

    last: int = 0

    def time_ns(self) -> int:
        self.last += 1
        return (1_700_000_000_000 + self.last) * 1_000_000

    def randbits(self, _: int) -> int:
        return 0


@dataclass
class House:
    """One database with its world and its signer."""

    url: str
    world: World
    ledger: Path
    customers: list[Customer]
    numbers: _Numbered = field(default_factory=_Numbered)
    first: House | None = None  # what it was copied from; None for the template itself
    spare: list[Watched] = field(default_factory=list)
    room: SigningRoom = field(init=False)

    def __post_init__(self) -> None:
        self.room = SigningRoom(self.world, self.open_desk)

    def put_back(self) -> None:
        """Make everything as it was when this house was copied; the connections stay."""
        first = self.first
        assert first is not None
        conn = self.connection()
        conn.execute("CALL kept.put_back()")
        self.spare.append(conn)
        self.room.desk.close()
        for file in self.ledger.parent.glob(f"{self.ledger.name}*"):
            file.unlink()
        shutil.copyfile(first.ledger, self.ledger)
        self.world, self.customers = copy.deepcopy((first.world, first.customers))
        self.numbers = copy.copy(first.numbers)
        self.room = SigningRoom(self.world, self.open_desk)

    def connection(self) -> Watched:
        """A connection that nobody uses: a spare one, whose statements are planned already, or a new one."""
        if self.spare:
            return self.spare.pop()
        made = connect(self.url, Watched)
        assert isinstance(made, Watched)
        # One thread runs at a time: a lock that must be waited for at all would never come.
        made.execute("SET lock_timeout = '2s'")
        # The same few statements on tables of a few rows: planning them anew each time costs more than running them.
        made.execute("SET plan_cache_mode = 'force_generic_plan'")
        made.prepare_threshold = 0
        return made

    def let_go(self, conn: Watched) -> None:
        """Whoever used this connection is dead or has lost it: what was open is rolled back, as the server does.

        It is used again: one that is new has every statement to plan, which costs more than a whole schedule.
        """
        conn.turn = None
        if conn.info.transaction_status is not TransactionStatus.IDLE:
            conn.rollback()
        self.spare.append(conn)

    def open_desk(self) -> Desk:
        return Desk(_signer(self.ledger), SEED, lambda: self.world.now)


@contextmanager
def numbered_ids(house: House) -> Iterator[None]:
    """Ids are numbers that rise, for as long as this lasts: rows are found in the same order every time."""
    numbers = house.numbers
    with patch.object(ids, "time", numbers), patch.object(ids, "secrets", numbers):
        yield


def _signer(path: Path) -> SignerSettings:
    rules = {
        USDT.name: AssetRule(USDT.contract, 10**12, 10**14),
        ETH.name: AssetRule(None, 10**20, 10**22),
    }
    return SignerSettings(
        socket=path.with_suffix(".sock"),
        keystore=path.with_suffix(".key"),
        ledger=path,
        password_file=None,
        authoriser=AUTHORISER.public_key().public_bytes_raw(),
        networks={NETWORK: NetworkRule(CHAIN_ID, 10**16, 10**16, rules)},
    )


class Estate:
    """A server's furnished template, and the houses that are copied from it."""

    def __init__(self, server_url: str, folder: Path, name: str = "sim") -> None:
        """`folder` is for the signers' ledgers, `name` for the databases: give each process its own."""
        self._server, self._folder, self._name = server_url, folder, name
        self._numbers = count(1)
        self._template = f"{name}_template"
        self._create(self._template, None)
        with resources.as_file(resources.files("tidegate.db").joinpath("migrations")) as migrations:
            migrate(_named(server_url, self._template), migrations)
        first = House(_named(server_url, self._template), World(START, FINALITY), folder / f"{name}.sqlite", [])
        with numbered_ids(first), connect(first.url) as conn:
            _furnish(conn, first)
            _keep(conn)
        first.room.desk.close()
        self.first = first

    @contextmanager
    def house(self) -> Iterator[House]:
        """A house of its own, gone in the end."""
        number = next(self._numbers)
        database = f"{self._name}_{number}"
        self._create(database, self._template)
        house = House(
            _named(self._server, database),
            copy.deepcopy(self.first.world),
            self._folder / f"{database}.sqlite",
            copy.deepcopy(self.first.customers),
            copy.copy(self.first.numbers),
            self.first,
        )
        try:
            yield house
        finally:
            house.room.desk.close()
            for conn in house.spare:
                conn.close()
            self._drop(database)

    def close(self) -> None:
        """Drop the template."""
        self._drop(self._template)

    def _create(self, name: str, template: str | None) -> None:
        with psycopg.connect(self._server, autocommit=True) as conn:
            conn.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template or "template0")
                )
            )

    def _drop(self, name: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _named(url: str, database: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}?{query}"


def _furnish(conn: Conn, house: House) -> None:
    world, desk = house.world, house.room.desk
    with act(conn, "sim", world.now):
        for asset in ASSETS.values():
            ledger_store.add_asset(conn, asset)
    network = custody.Network(NETWORK, CHAIN_ID, FINALITY, desk.xpub)
    head = world.head.block
    custody.register_network(conn, network, desk.hot.address, head.number, head.hash, "sim", world.now)
    version = policies.propose(conn, policies.shipped("demo"), "mei", world.now)
    policies.approve(conn, version.version, "anton", world.now)
    policies.activate(conn, version.version, "anton", world.now)
    screening.import_list(conn, "sanctions", _SANCTIONS, "sim", world.now, max_age_hours=24 * 365)
    for asset in ASSETS.values():
        world.give(asset.contract, desk.hot.address, FUNDS[asset.id] * CUSTOMERS * 2)
    world.mine(FINALITY + 1)
    node = Node(View(world), Weather(_no_dice()), Turn(), CHAIN_ID)
    jobs.scan_deposits(conn, node, NETWORK, lambda: world.now)
    for number in range(CUSTOMERS):
        house.customers.append(_customer(conn, number, world.now))


def _customer(conn: Conn, number: int, now: datetime) -> Customer:
    """A verified customer. The operator gives the funds: coins that came by deposit would all want to be swept."""
    who = parties.register(conn, f"user-{number}", "DE", f"Ada {number}", f"ada{number}@example.com", "sim", now)
    parties.set_identity(conn, who.id, Verified(level=2), "sim", now)
    app = parties.enrol_totp(conn, who.id, DATA_KEY, "sim", now)
    for asset in ASSETS.values():
        units = FUNDS[asset.id]
        with act(conn, "sim", now) as tx:
            parties.lock(conn, [who.id])
            ledger.post(tx, "funding", f"{who.id}:{asset.id}", asset.id, {who.id: units, accounts.EQUITY: -units})
    return Customer(who.id, app.secret, custody.deposit_address(conn, who.id, NETWORK, "sim", now))


def _keep(conn: Conn) -> None:
    """Keep a copy of every table, and make the function that puts all of them back.

    Truncating would be shorter and costs thirty times as much: it makes new files for every table and index, and
    every connection plans every statement anew.
    """
    lines = ["SET LOCAL session_replication_role = replica;"]  # no trigger, no foreign key: these rows were here before
    conn.execute("CREATE SCHEMA kept")
    for table in store.tables(conn):
        name, columns = table.name, table.columns
        _run(conn, f"CREATE TABLE kept.{name} AS SELECT {columns} FROM {name} ORDER BY ctid")
        # Statistics that appear in the middle would change plans, and with them what a schedule costs.
        _run(conn, f"ALTER TABLE {name} SET (autovacuum_enabled = off)")
        lines += [
            f"DELETE FROM {name};",
            f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM kept.{name};",
        ]
    for item in store.sequences(conn):
        lines.append(f"PERFORM setval('{item.name}', {item.last or 1}, {'true' if item.last else 'false'});")
    body = "\n".join(lines)
    _run(conn, f"CREATE PROCEDURE kept.put_back() LANGUAGE plpgsql AS $$ BEGIN {body} END $$")


def _run(conn: Conn, text: str) -> None:
    conn.execute(text.encode())


def _no_dice() -> random.Random:
    return random.Random(0)
