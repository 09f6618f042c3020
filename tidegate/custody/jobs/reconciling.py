"""Rounds: the ledger against the chain, and against itself."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.base.money import Asset
from tidegate.cases import flow as cases
from tidegate.custody import books as books_rules
from tidegate.custody import store
from tidegate.custody.books import Checked
from tidegate.custody.chain import Chain
from tidegate.custody.jobs.lane import Clock
from tidegate.db import Conn, Tx, act, journal, lease
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store

RECONCILER_SECONDS = 180
"""Who makes the rounds keeps them: three missed ones, and another worker takes over."""


@dataclass(frozen=True, slots=True)
class Book:
    """One asset: what the ledger says our wallets hold, and what they hold."""

    asset: str
    ledger_units: int
    chain_units: int


def books(conn: Conn, chain: Chain, network: str) -> list[Book]:
    """Ledger against chain, per asset. They differ by what is under way; at rest they are equal."""
    owned = {b.asset_id: -b.total for b in ledger.balances(conn, accounts.CHAIN)}
    wallets = store.wallets(conn, network)
    return [
        Book(asset.name, owned.get(asset.id, 0), sum(chain.balance(w.address, asset.contract) for w in wallets))
        for asset in ledger_store.assets(conn)
        if asset.network == network
    ]


def reconcile(conn: Conn, chain: Chain, network: str, clock: Clock, holder: str) -> list[Checked]:
    """One round: ledger against chain at the newest block that deposits are decided up to; what was found.

    The wallets are read at a final block, so coins that are only on their way in do not show. Of any number of
    workers one makes the rounds. A difference is told in the journal once per change; people are asked when it stays.
    """
    cursor = store.cursor(conn, network)
    if cursor is None or lease.take(conn, f"books:{network}", holder, clock(), RECONCILER_SECONDS) is None:
        return []
    with journal.snapshot(conn):
        cursor = store.cursor(conn, network)
        assert cursor is not None  # it was there, and rows of it are never deleted
        owned = {b.asset_id: -b.total for b in ledger.balances(conn, accounts.CHAIN)}
        open_work = store.may_have_left(conn, network)
        wallets = store.wallets(conn, network)
        assets = [asset for asset in ledger_store.assets(conn) if asset.network == network]
    gas = sum(item.gas_wei for item in open_work)
    left = {item.asset_id: item.units for item in open_work}
    held = {a.id: sum(chain.balance(w.address, a.contract, cursor.block) for w in wallets) for a in assets}
    found = []
    with act(conn, "worker", clock()) as tx:
        before = {checked.asset_id: checked for checked in store.book_checks(conn)}
        for asset in assets:
            moving = left.get(asset.id, 0) + (gas if asset.is_native else 0)
            checked = books_rules.round_of(
                before.get(asset.id), asset.id, cursor.block, owned.get(asset.id, 0), held[asset.id], moving, tx.now
            )
            store.keep_book_check(conn, checked)
            _tell(tx, asset, before.get(asset.id), checked)
            found.append(checked)
    return found


def _tell(tx: Tx, asset: Asset, before: Checked | None, found: Checked) -> None:
    subject = f"books:{asset.name}"
    if found.noted_units != (before.noted_units if before else 0):
        figures = {"asset": asset.name, "ledger": str(found.ledger_units), "chain": str(found.chain_units)}
        kind = "books.disagree" if found.noted_units else "books.agree"
        tx.note(kind, subject, {**figures, "difference": str(found.off), "block": found.block})
    if books_rules.asks(before, found):
        _ask(tx, subject, f"{asset.name}: ledger {found.ledger_units}, chain {found.chain_units} at {found.block}")


def _ask(tx: Tx, subject: str, what: str) -> None:
    last = cases.latest(tx.conn, [subject], "books").get(subject)
    if last is None or last.status != "open":
        cases.open_case(
            tx,
            kind="books",
            subject=subject,
            party_id=None,
            requester=tx.actor,
            reasons=["books_disagree"],
            quorum=1,
            sla_hours=books_rules.SLA_HOURS,
        )
    cases.tell(tx, subject, "books", what)


def reconcile_ledger(conn: Conn, clock: Clock, holder: str) -> int:
    """One round: every account against its entries and holds; how many do not add up. One is one too many: nothing
    that is under way explains it, so it is told and asked about at once."""
    if lease.take(conn, "books:ledger", holder, clock(), RECONCILER_SECONDS) is None:
        return 0
    off = ledger_store.disagreements(conn)
    what = f"{off[0].owner}: {off[0].what}" if off else ""
    with act(conn, "worker", clock()) as tx:
        before = store.ledger_check(conn)
        store.keep_ledger_check(conn, store.LedgerChecked(len(off), what, tx.now))
        if (len(off), what) != ((before.accounts, before.what) if before else (0, "")):
            tx.note("books.disagree" if off else "books.agree", "books:ledger", {"accounts": len(off), "what": what})
            if off:
                _ask(tx, "books:ledger", f"{len(off)} accounts do not add up: {what}")
    return len(off)
