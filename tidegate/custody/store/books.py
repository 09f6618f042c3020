"""What the rounds of reconciliation found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.custody.books import Checked
from tidegate.db import Conn, row, rows, run


def book_checks(conn: Conn) -> list[Checked]:
    """What the last round found, by asset."""
    return rows(
        conn,
        Checked,
        """
        SELECT asset_id, block, ledger_units, chain_units, moving_units, rounds, noted_units, checked_at
          FROM book_check ORDER BY asset_id
        """,
        {},
    )


def keep_book_check(conn: Conn, found: Checked) -> None:
    """Replace what the last round found."""
    run(
        conn,
        """
        INSERT INTO book_check (asset_id, block, ledger_units, chain_units, moving_units, rounds, noted_units,
                                checked_at)
        VALUES (%(asset)s, %(block)s, %(ledger)s, %(chain)s, %(moving)s, %(rounds)s, %(noted)s, %(at)s)
        ON CONFLICT (asset_id) DO UPDATE
           SET block = excluded.block, ledger_units = excluded.ledger_units, chain_units = excluded.chain_units,
               moving_units = excluded.moving_units, rounds = excluded.rounds, noted_units = excluded.noted_units,
               checked_at = excluded.checked_at
        """,
        {
            "asset": found.asset_id,
            "block": found.block,
            "ledger": found.ledger_units,
            "chain": found.chain_units,
            "moving": found.moving_units,
            "rounds": found.rounds,
            "noted": found.noted_units,
            "at": found.checked_at,
        },
    )


@dataclass(frozen=True, slots=True)
class LedgerChecked:
    """How many accounts did not add up when somebody last looked, and the first of them."""

    accounts: int
    what: str
    checked_at: datetime


def ledger_check(conn: Conn) -> LedgerChecked | None:
    """What the last round found; None before the first one."""
    return row(conn, LedgerChecked, "SELECT accounts, what, checked_at FROM ledger_check", {})


def keep_ledger_check(conn: Conn, found: LedgerChecked) -> None:
    """Replace what the last round found."""
    run(
        conn,
        """
        INSERT INTO ledger_check (accounts, what, checked_at) VALUES (%(accounts)s, %(what)s, %(at)s)
        ON CONFLICT (only_row) DO UPDATE
           SET accounts = excluded.accounts, what = excluded.what, checked_at = excluded.checked_at
        """,
        {"accounts": found.accounts, "what": found.what, "at": found.checked_at},
    )
