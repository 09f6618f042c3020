"""Accounts, transfers, holds: the statements. Callers lock accounts in id order (`lock`), after parties."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.base.money import Asset
from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    owner: str
    asset_id: int
    posted: int
    held: int


@dataclass(frozen=True, slots=True)
class Hold:
    id: str
    account_id: int
    purpose: str
    ref: str
    units: int
    status: str


@dataclass(frozen=True, slots=True)
class NewHold:
    """A hold to be placed. `account_id` is locked by the caller."""

    id: str
    account_id: int
    purpose: str
    ref: str
    units: int
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldPart:
    asset_id: int
    posted: int
    purpose: str | None
    units: int | None


def assets(conn: Conn) -> list[Asset]:
    """Every registered asset, by id."""
    return rows(conn, Asset, "SELECT id, symbol, network, decimals, contract FROM asset ORDER BY id", {})


def add_asset(conn: Conn, asset: Asset) -> None:
    """Register an asset; its id, name and contract are for ever."""
    run(
        conn,
        """
        INSERT INTO asset (id, symbol, network, decimals, contract)
        VALUES (%(id)s, %(symbol)s, %(network)s, %(decimals)s, %(contract)s)
        """,
        {
            "id": asset.id,
            "symbol": asset.symbol,
            "network": asset.network,
            "decimals": asset.decimals,
            "contract": asset.contract,
        },
    )


def ensure(conn: Conn, owners: list[str], asset_ids: list[int]) -> None:
    """Make the accounts that do not exist yet (pairwise): `FOR UPDATE` locks nothing where there is no row."""
    run(
        conn,
        """
        INSERT INTO ledger_account (owner, asset_id)
        SELECT DISTINCT owner, asset_id FROM unnest(%(owners)s::text[], %(assets)s::int[]) AS a (owner, asset_id)
         WHERE NOT EXISTS (SELECT FROM ledger_account x WHERE x.owner = a.owner AND x.asset_id = a.asset_id)
         ORDER BY owner, asset_id
        ON CONFLICT DO NOTHING
        """,
        {"owners": owners, "assets": asset_ids},
    )


def lock(conn: Conn, owners: list[str], asset_ids: list[int]) -> list[Account]:
    """The accounts of these (owner, asset) pairs, row-locked in id order until the transaction ends."""
    return rows(
        conn,
        Account,
        """
        SELECT id, owner, asset_id, posted, held FROM ledger_account
         WHERE (owner, asset_id) IN (SELECT * FROM unnest(%(owners)s::text[], %(assets)s::int[]))
         ORDER BY id FOR NO KEY UPDATE
        """,
        {"owners": owners, "assets": asset_ids},
    )


def add_transfer(conn: Conn, id: str, kind: str, ref: str, at: datetime) -> None:
    """The head of a transfer. Unique per (kind, ref): a second posting of the same thing is a constraint error."""
    run(
        conn,
        "INSERT INTO ledger_transfer (id, kind, ref, at) VALUES (%(id)s, %(kind)s, %(ref)s, %(at)s)",
        {"id": id, "kind": kind, "ref": ref, "at": at},
    )


def add_entries(conn: Conn, transfer_id: str, account_ids: list[int], units: list[int]) -> None:
    """Move the accounts and write one entry for each; zero is no entry. The sum is checked at commit."""
    run(
        conn,
        """
        WITH moved AS (
            UPDATE ledger_account a SET posted = a.posted + e.units
              FROM unnest(%(accounts)s::bigint[], %(units)s::numeric[]) AS e (account_id, units)
             WHERE a.id = e.account_id AND e.units <> 0
            RETURNING a.id, e.units, a.posted
        )
        INSERT INTO ledger_entry (transfer_id, account_id, units, posted_after)
        SELECT %(transfer)s, id, units, posted FROM moved
        """,
        {"transfer": transfer_id, "accounts": account_ids, "units": units},
    )


def add_holds(conn: Conn, holds: list[NewHold], now: datetime) -> None:
    """Place the holds and raise each account's `held`; the account's CHECK refuses what is not available."""
    run(
        conn,
        """
        WITH placed AS (
            INSERT INTO ledger_hold (id, account_id, purpose, ref, units, expires_at, at)
            SELECT id, account_id, purpose, ref, units, expires_at, %(now)s
              FROM unnest(%(ids)s::text[], %(accounts)s::bigint[], %(purposes)s::text[], %(refs)s::text[],
                          %(units)s::numeric[], %(expires)s::timestamptz[])
                   AS h (id, account_id, purpose, ref, units, expires_at)
            RETURNING account_id, units
        )
        UPDATE ledger_account a SET held = a.held + p.units
          FROM (SELECT account_id, sum(units) AS units FROM placed GROUP BY account_id) p WHERE a.id = p.account_id
        """,
        {
            "ids": [hold.id for hold in holds],
            "accounts": [hold.account_id for hold in holds],
            "purposes": [hold.purpose for hold in holds],
            "refs": [hold.ref for hold in holds],
            "units": [hold.units for hold in holds],
            "expires": [hold.expires_at for hold in holds],
            "now": now,
        },
    )


def end_hold(conn: Conn, purpose: str, ref: str, status: str, now: datetime) -> Hold | None:
    """End the open hold as `released` or `spent` and lower its account's `held`; None if none is open."""
    return row(
        conn,
        Hold,
        """
        WITH ended AS (
            UPDATE ledger_hold SET status = %(status)s, ended_at = %(now)s
             WHERE purpose = %(purpose)s AND ref = %(ref)s AND status = 'open'
            RETURNING id, account_id, purpose, ref, units, status
        ), freed AS (
            UPDATE ledger_account a SET held = a.held - e.units FROM ended e WHERE a.id = e.account_id
        )
        SELECT id, account_id, purpose, ref, units, status FROM ended
        """,
        {"purpose": purpose, "ref": ref, "status": status, "now": now},
    )


def hold_of(conn: Conn, purpose: str, ref: str) -> Hold | None:
    """The hold of (purpose, ref), whatever became of it."""
    return row(
        conn,
        Hold,
        """
        SELECT id, account_id, purpose, ref, units, status FROM ledger_hold
         WHERE purpose = %(purpose)s AND ref = %(ref)s
        """,
        {"purpose": purpose, "ref": ref},
    )


def owner_of(conn: Conn, account_id: int) -> Account | None:
    """One account by id."""
    return row(
        conn,
        Account,
        "SELECT id, owner, asset_id, posted, held FROM ledger_account WHERE id = %(id)s",
        {"id": account_id},
    )


def parts(conn: Conn, owner: str) -> list[HeldPart]:
    """An owner's accounts with their open holds by purpose, in one snapshot: one row per account and purpose."""
    return rows(
        conn,
        HeldPart,
        """
        SELECT a.asset_id, a.posted, h.purpose, sum(h.units) AS units
          FROM ledger_account a LEFT JOIN ledger_hold h ON h.account_id = a.id AND h.status = 'open'
         WHERE a.owner = %(owner)s GROUP BY a.asset_id, a.posted, h.purpose ORDER BY a.asset_id, h.purpose
        """,
        {"owner": owner},
    )


@dataclass(frozen=True, slots=True)
class Disagreement:
    account_id: int
    owner: str
    what: str


def disagreements(conn: Conn) -> list[Disagreement]:
    """Accounts whose balance is not the sum of their entries, or whose held is not the sum of their open holds.

    Empty always: constraints and this read say the same thing in two ways (invariant I2).
    """
    return rows(
        conn,
        Disagreement,
        """
        SELECT a.id AS account_id, a.owner,
               format('posted %%s, entries %%s; held %%s, open holds %%s', a.posted, e.units, a.held, h.units) AS what
          FROM ledger_account a
         CROSS JOIN LATERAL (SELECT coalesce(sum(units), 0) AS units FROM ledger_entry WHERE account_id = a.id) e
         CROSS JOIN LATERAL (SELECT coalesce(sum(units), 0) AS units FROM ledger_hold
                              WHERE account_id = a.id AND status = 'open') h
         WHERE a.posted <> e.units OR a.held <> h.units
        """,
        {},
    )


def disagreement_of(conn: Conn, owner: str, asset_id: int) -> Disagreement | None:
    """The same question about one account, which the caller has locked; None where it adds up.

    Reads every entry of the account, 6 ms for ten thousand of them: the price of noticing a rewritten balance.
    """
    return row(
        conn,
        Disagreement,
        """
        SELECT a.id AS account_id, a.owner,
               format('posted %%s, entries %%s; held %%s, open holds %%s', a.posted, e.units, a.held, h.units) AS what
          FROM ledger_account a
         CROSS JOIN LATERAL (SELECT coalesce(sum(units), 0) AS units FROM ledger_entry WHERE account_id = a.id) e
         CROSS JOIN LATERAL (SELECT coalesce(sum(units), 0) AS units FROM ledger_hold
                              WHERE account_id = a.id AND status = 'open') h
         WHERE a.owner = %(owner)s AND a.asset_id = %(asset)s AND (a.posted <> e.units OR a.held <> h.units)
        """,
        {"owner": owner, "asset": asset_id},
    )


def posted(conn: Conn, owner: str, asset_id: int) -> int:
    """The balance of one account; 0 where there is none."""
    got = conn.execute(
        "SELECT posted FROM ledger_account WHERE owner = %(owner)s AND asset_id = %(asset)s",
        {"owner": owner, "asset": asset_id},
    ).fetchone()
    return int(got[0]) if got else 0
