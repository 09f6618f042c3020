"""Out of the simulated desk with DuckDB, into the house's tables with COPY: a file of rows for each.

This is the one place that writes other rooms' tables. Their flows are for what happens; this is what somebody says has
happened before, and the journal names it so. DuckDB is asked with `sql`, PostgreSQL with `execute`.

`TABLES` are DuckDB's words over the tables of `desk/store.py` and a few beside them: `people` are names, `sealed` are
payment accounts with keyed hashes, `places` addresses, `spreads` what merchants ask beside the market's price. An order
that had not ended when the desk ends is left out: its coins would lie in escrow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from numpy.typing import NDArray
from psycopg import sql

from tidegate.db import Conn

Columns = Mapping[str, NDArray[Any]]
_NULL = "\\N"

VIEWS: Mapping[str, str] = {
    # What was over, and known, at the end; with who got the coins and for how long they stay there.
    "past": """
        SELECT o.*, CASE o.side WHEN 'sell' THEN o.taker_id ELSE e.party_id END AS buyer_id,
               e.party_id AS merchant_party,
               CASE o.method WHEN 'wallet' THEN 24 ELSE 0 END AS hours,
               o.status IN ('released', 'resolved_release') AS completed
          FROM p2p_orders o JOIN p2p_merchants e USING (merchant_id)
         WHERE greatest(o.ended_at, o.known_at) < {until}""",
    "lots": """
        SELECT 'lot_' || substr(order_id, 5) AS id, buyer_id, asset_id, order_id, units, released_at AS bought_at,
               released_at + to_hours(hours) AS matures_at,
               CASE WHEN released_at + to_hours(hours) > {now} THEN 'open' ELSE 'matured' END AS status
          FROM past WHERE completed""",
    # The least that everybody must own now: what the desk's figures leave, or what must not leave yet; a merchant
    # has a little beside it to trade with.
    "owned": """
        WITH moved AS (
            SELECT buyer_id AS party_id, units FROM past WHERE completed
            UNION ALL
            SELECT CASE side WHEN 'sell' THEN merchant_party ELSE taker_id END, -units FROM past WHERE completed
            UNION ALL
            SELECT party_id, CASE direction WHEN 'in' THEN units ELSE -units END FROM coin_flows
        ), net AS (SELECT party_id, sum(units) AS units FROM moved GROUP BY party_id
        ), kept AS (SELECT buyer_id AS party_id, sum(units) AS units FROM lots WHERE status = 'open' GROUP BY buyer_id
        ), bond AS (SELECT party_id, sum(locked) AS units FROM p2p_bonds JOIN p2p_merchants USING (merchant_id)
                     GROUP BY party_id)
        SELECT p.party_id,
               CAST(coalesce(b.units, 0)
                    + greatest(coalesce(n.units, 0),
                               coalesce(k.units, 0) + CASE WHEN b.units IS NULL THEN 0 ELSE {least} END)
                    AS DECIMAL(38,0)) AS units
          FROM people p
          LEFT JOIN net n USING (party_id) LEFT JOIN kept k USING (party_id) LEFT JOIN bond b USING (party_id)
         ORDER BY party_id""",
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "party": {
        "columns": "id, external_id, country, name, email, level, verified_name, provider, created_at, language, "
        "identified_at",
        "rows": """
            SELECT party_id, printf('desk-{seed}-%d', number), country, name, printf('desk%d@example.com', number),
                   level, name, 'imported', since, language, since
              FROM people ORDER BY party_id""",
    },
    "party_event": {
        "columns": "id, party_id, type, at, known_at, device_id",
        "rows": """
            SELECT ref, party_id, CASE sign WHEN 'device' THEN 'login' ELSE 'password_changed' END, "at", known_at,
                   'other ' || party_id
              FROM account_signs WHERE sign IN ('device', 'credential') ORDER BY ref""",
    },
    "login_seen": {
        "columns": "party_id, kind, value, first_at, last_at",
        "rows": """
            SELECT party_id, 'device', 'own ' || party_id, applied_at, greatest(applied_at, {until} - to_hours(1))
              FROM p2p_merchants
            UNION ALL
            SELECT party_id, 'device', 'other ' || party_id, min("at"), max("at") FROM account_signs
              WHERE sign = 'device'
             GROUP BY party_id
             ORDER BY ALL""",
    },
    "p2p_merchant": {
        "columns": "id, party_id, subject_id, country, certification, reason, rules_version, applied_at, certified_at, "
        "exit_from, exit_asked_at, changed_at",
        "rows": """
            SELECT merchant_id, party_id, subject_id, country, certification, 'imported', '{rules_version}', applied_at,
                   certified_at, CASE certification WHEN 'exiting' THEN 'certified' END, exit_asked_at,
                   coalesce(exit_asked_at, certified_at, applied_at)
              FROM p2p_merchants ORDER BY merchant_id""",
    },
    "p2p_consent": {
        "columns": "merchant_id, rules_version, agreed, actor, at",
        "rows": """
            SELECT merchant_id, '{rules_version}', true, party_id, applied_at FROM p2p_merchants
              ORDER BY merchant_id""",
    },
    "p2p_scope": {
        "columns": "subject_id, from_at, until_at, ground",
        "rows": "SELECT subject_id, from_at, until_at, ground FROM p2p_scope ORDER BY subject_id, from_at",
    },
    "p2p_bond": {
        "columns": "merchant_id, asset_id, required, locked, top_up_due_at, hold_ref, movements",
        "rows": """
            SELECT merchant_id, asset_id, required, locked,
                   CASE WHEN locked < required AND certification = 'certified' THEN {now} + to_days({top_up_days}) END,
                   'bmv_' || substr(merchant_id, 5), 1
              FROM p2p_bonds JOIN p2p_merchants USING (merchant_id) ORDER BY merchant_id""",
    },
    "p2p_bond_movement": {
        "columns": "id, merchant_id, asset_id, number, kind, locked_delta, owed_delta, locked_after, owed_after, "
        "reason, actor, at, value",
        "rows": """
            SELECT 'bmv_' || substr(merchant_id, 5), merchant_id, asset_id, 1, 'lock', locked, 0, locked, 0, 'imported',
                   '{actor}', applied_at, locked
              FROM p2p_bonds JOIN p2p_merchants USING (merchant_id) ORDER BY merchant_id""",
    },
    "p2p_account": {
        "columns": "id, party_id, method, institution, hash, sealed, ending, holder_name, name_score, verified, "
        "attested_elsewhere, first_at, last_at",
        "rows": """
            SELECT s.id, s.party_id, 'bank', '{bank}', s.hash, s.sealed, s.ending, p.name, 100, true,
                   a.attested_elsewhere, a.first_at, a.last_at
              FROM sealed s JOIN people p USING (party_id) JOIN p2p_accounts a USING (party_id) ORDER BY s.id""",
    },
    "p2p_attestation": {
        "columns": "account_id, platform, source, actor, at",
        "rows": """
            SELECT s.id, 'another desk', 'own_statement', s.party_id, a.first_at
              FROM sealed s JOIN p2p_accounts a USING (party_id) WHERE a.attested_elsewhere ORDER BY s.id""",
    },
    "p2p_ad": {
        "columns": "id, merchant_id, party_id, side, asset_id, fiat, percent, left_units, min_units, max_units, "
        "methods, payment_minutes, terms, status, reason, conditions_version, published_at, priced_at, changed_at, "
        "ended_at",
        "rows": """
            SELECT a.ad_id, a.merchant_id, e.party_id, a.side, a.asset_id, a.fiat,
                   10000 + CASE a.side WHEN 'sell' THEN s.bp ELSE -s.bp END, 20000000000, 10000000,
                   20000000000, '{{bank,wallet,cash}}', 15, '', a.status,
                   CASE a.status WHEN 'closed' THEN 'exit' END, 1, a.published_at, a.published_at,
                   coalesce(a.ended_at, a.published_at), a.ended_at
              FROM p2p_ads a JOIN p2p_merchants e USING (merchant_id) JOIN spreads s USING (merchant_id)
             ORDER BY a.ad_id""",
    },
    "p2p_ad_conditions": {
        "columns": "ad_id, version, body, has_any, from_at",
        "rows": """
            SELECT ad_id, 1, CASE WHEN has_conditions THEN '{some}' ELSE '{none}' END, has_conditions, published_at
              FROM p2p_ads ORDER BY ad_id""",
    },
    "p2p_order": {
        "columns": "id, ad_id, merchant_id, subject_id, merchant_party, taker_id, side, asset_id, units, value, fiat, "
        "fiat_amount, price, reference, method, conditions_version, has_conditions, payer_hash, payee_hash, "
        "payer_similarity, taker_level, taker_since, taker_orders_before, device_id, ip_net, agent, retention_hours, "
        "status, created_at, expires_at, paid_at, released_at, ended_at, cancelled_by, dispute_reason, dispute_by, "
        "dispute_lost_by, resolved_level, changed_at",
        "rows": """
            WITH hashes AS (SELECT told, min(hash) AS hash FROM sealed GROUP BY told)
            SELECT o.order_id, o.ad_id, o.merchant_id, o.subject_id, o.merchant_party, o.taker_id, o.side, o.asset_id,
                   o.units, o.value, o.fiat, CAST(o.fiat_amount * 100000000 AS HUGEINT),
                   CAST(o.price * 100000000 AS HUGEINT), CAST(o.reference_price * 100000000 AS HUGEINT),
                   o.method, 1, o.has_conditions, f.hash, t.hash, o.payer_similarity, o.taker_level, o.taker_since,
                   o.taker_orders_before, o.device_id, o.ip_net, o.agent, o.hours, o.status, o.created_at,
                   greatest(o.created_at + to_minutes(15), coalesce(o.paid_at, o.created_at)), o.paid_at, o.released_at,
                   o.ended_at, o.cancelled_by, o.dispute_reason,
                   CASE WHEN o.dispute_reason IS NULL THEN NULL WHEN o.side = 'sell' THEN 'taker' ELSE 'merchant' END,
                   o.dispute_lost_by, CASE WHEN o.dispute_reason IS NOT NULL THEN 1 END, o.known_at
              FROM past o LEFT JOIN hashes f ON f.told = o.payer_hash LEFT JOIN hashes t ON t.told = o.payee_hash
             ORDER BY o.order_id""",
    },
    "p2p_lot": {
        "columns": "id, party_id, asset_id, order_id, units, left_units, bought_at, matures_at, status",
        "rows": """
            SELECT id, buyer_id, asset_id, order_id, units, units, bought_at, matures_at, status FROM lots
              ORDER BY id""",
    },
    "saved_address": {
        "columns": "id, party_id, network, address, saved_at, paid_at",
        "rows": """
            SELECT s.ref, s.party_id, '{network}', p.address, s."at", f."at"
              FROM account_signs s JOIN coin_flows f ON substr(f.ref, 6) = substr(s.ref, 5)
                JOIN places p ON p.ref = f.ref
             WHERE s.sign = 'address' ORDER BY s.ref""",
    },
    "coin_import": {
        "columns": "ref, party_id, direction, asset_id, units, value, at, counterpart, address, reason",
        "rows": """
            SELECT f.ref, f.party_id, f.direction, f.asset_id, f.units, f.value, f."at", f.counterpart, p.address, NULL
              FROM coin_flows f JOIN places p USING (ref)
            UNION ALL
            SELECT c.deposit_id, c.party_id, 'in', c.asset_id, c.claimed, NULL, c."at", 'other', p.address,
                   'no_movement'
              FROM counterfeits c JOIN places p ON p.ref = c.deposit_id
             ORDER BY 1""",
    },
    "listed_warning": {
        "columns": "id, party_id, withdrawal_id, network, family, address, list, category, entry, listed_since, "
        "text_version, language, shown_at, shown_evidence, acknowledged_at, acknowledged_by, acknowledged_evidence",
        "rows": """
            SELECT w.id, w.party_id, 'wd_{seed:06d}1' || substr(w.id, 12), '{network}', 'evm', '{listed}', 'sanctions',
                   'sanctions', 'imported', w.listed_since, {text_version}, p.language, w.shown_at, '{evidence}',
                   w.acknowledged_at, w.party_id, '{evidence}'
              FROM listed_warnings w JOIN people p USING (party_id) ORDER BY w.id""",
    },
    "listed_insistence": {
        "columns": "warning_id, withdrawal_id, at, by, evidence",
        "rows": """
            SELECT id, insisted_withdrawal_id, insisted_at, party_id, '{evidence}'
              FROM listed_warnings WHERE insisted_at IS NOT NULL ORDER BY id""",
    },
}
"""In the order in which they refer to each other."""


def planted(conn: Conn, merchant_id: str) -> bool:
    """Whether a desk with this merchant is there already."""
    found = conn.execute("SELECT 1 FROM p2p_merchant WHERE id = %(id)s", {"id": merchant_id}).fetchone()
    return found is not None


def one_at_a_time(conn: Conn) -> None:
    """Whoever else plants a desk waits until this transaction ends."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtext('tidegate simulated desk'))")


def define(db: duckdb.DuckDBPyConnection, values: Mapping[str, object]) -> None:
    """The views that the rows are made of."""
    for name, text in VIEWS.items():
        db.execute(f"CREATE TABLE {name} AS {text.format(**values)}")


def write_rows(db: duckdb.DuckDBPyConnection, table: str, values: Mapping[str, object], to: Path) -> tuple[int, str]:
    """A table's rows as CSV; how many, and the file's SHA-256."""
    text = TABLES[table]["rows"].format(**values)
    path = str(to).replace("'", "''")
    done = db.execute(f"COPY ({text}) TO '{path}' (FORMAT csv, HEADER false, NULLSTR '{_NULL}')").fetchone()
    assert done is not None
    with to.open("rb") as file:
        return int(done[0]), hashlib.file_digest(file, "sha256").hexdigest()


def copy_in(conn: Conn, table: str, rows: Path) -> None:
    """Such a file into the house's table of that name."""
    columns = [sql.Identifier(name.strip()) for name in TABLES[table]["columns"].split(",")]
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL {})").format(
        sql.Identifier(table), sql.SQL(", ").join(columns), sql.Literal(_NULL)
    )
    with rows.open("rb") as file, conn.cursor().copy(statement) as copy:
        while piece := file.read(1 << 18):
            copy.write(piece)


def owned(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """What everybody owns now, in units; without those who own nothing."""
    found = db.sql("SELECT party_id, units FROM owned WHERE units > 0 ORDER BY party_id").fetchall()
    return {party_id: int(units) for party_id, units in found}


@dataclass(frozen=True, slots=True)
class Locked:
    """A bond that somebody has locked, units. `ref` names its movement."""

    party_id: str
    ref: str
    units: int


def bonds(db: duckdb.DuckDBPyConnection) -> list[Locked]:
    """Every bond of the desk."""
    found = db.sql(
        """
        SELECT party_id, 'bmv_' || substr(merchant_id, 5), locked FROM p2p_bonds JOIN p2p_merchants USING (merchant_id)
         ORDER BY party_id
        """
    ).fetchall()
    return [Locked(party_id, ref, int(units)) for party_id, ref, units in found]


def leaving(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Merchants who asked to leave, with their parties."""
    return db.sql(
        "SELECT merchant_id, party_id FROM p2p_merchants WHERE certification = 'exiting' ORDER BY merchant_id"
    ).fetchall()


def payment_accounts(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Every payment account as the simulation names it, with whose it is."""
    return db.sql("SELECT account_hash, party_id FROM p2p_accounts ORDER BY party_id").fetchall()


def movements(db: duckdb.DuckDBPyConnection) -> list[str]:
    """The name of every movement of coins, false ones too."""
    return [
        ref for (ref,) in db.sql("SELECT ref FROM coin_flows UNION ALL SELECT deposit_id FROM counterfeits").fetchall()
    ]


# --- what the simulation does not say, as tables beside its own; columns are lists of one length -----------------


def keep_people(db: duckdb.DuckDBPyConnection, columns: Columns) -> None:
    """`number`, `country`, `name`, `language`, `level`, `since` (microseconds since 1970)."""
    made = "SELECT party(number) AS party_id, number, country, name, language, level, instant(since) AS since"
    _keep(db, "people", made, columns)


def keep_spreads(db: duckdb.DuckDBPyConnection, columns: Columns) -> None:
    """`number` of a merchant, `bp`: what they ask beside the market's price, in hundredths of a percent."""
    _keep(db, "spreads", "SELECT mer(number) AS merchant_id, bp", columns)


def keep_sealed(db: duckdb.DuckDBPyConnection, columns: Columns) -> None:
    """`id`, `party_id`, `told` (the simulation's name), `hash`, `sealed` (as PostgreSQL reads bytes), `ending`."""
    _keep(db, "sealed", "SELECT *", columns)


def keep_places(db: duckdb.DuckDBPyConnection, columns: Columns) -> None:
    """`ref` of a movement, `address`."""
    _keep(db, "places", "SELECT *", columns)


def _keep(db: duckdb.DuckDBPyConnection, table: str, made: str, columns: Columns) -> None:
    db.register("told", columns)
    db.execute(f"CREATE TABLE {table} AS {made} FROM told")
    db.unregister("told")
