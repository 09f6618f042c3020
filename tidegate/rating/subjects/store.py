"""People behind merchant accounts, as the desk publishes them: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows


@dataclass(frozen=True, slots=True)
class Account:
    """One merchant account of a person."""

    merchant_id: str
    subject_id: str
    party_id: str
    certification: str


def account(conn: Conn, merchant_id: str) -> Account | None:
    """One merchant account."""
    return row(
        conn,
        Account,
        """
        SELECT merchant_id, subject_id, party_id, certification FROM p2p_merchants_v WHERE merchant_id = %(id)s
        """,
        {"id": merchant_id},
    )


def of_party(conn: Conn, party_id: str) -> list[Account]:
    """The merchant accounts of a customer, oldest first."""
    return rows(
        conn,
        Account,
        """
        SELECT merchant_id, subject_id, party_id, certification FROM p2p_merchants_v
         WHERE party_id = %(party)s ORDER BY merchant_id
        """,
        {"party": party_id},
    )


def accounts(conn: Conn, subjects: Sequence[str]) -> list[Account]:
    """Every merchant account of some people."""
    return rows(
        conn,
        Account,
        """
        SELECT merchant_id, subject_id, party_id, certification FROM p2p_merchants_v
         WHERE subject_id = ANY(%(subjects)s::text[]) ORDER BY merchant_id
        """,
        {"subjects": list(subjects)},
    )


@dataclass(frozen=True, slots=True)
class InScope:
    subject_id: str


def in_scope(conn: Conn, start: datetime, end: datetime) -> list[InScope]:
    """Everybody who was in scope (S2 Art. 2) at some moment of [start, end), in order."""
    return rows(
        conn,
        InScope,
        """
        SELECT DISTINCT subject_id FROM p2p_scope_v
         WHERE from_at < %(end)s AND (until_at IS NULL OR until_at > %(start)s) ORDER BY subject_id
        """,
        {"start": start, "end": end},
    )


@dataclass(frozen=True, slots=True)
class Dealt:
    subject_id: str
    people: int


def counterparties(conn: Conn, subjects: Sequence[str], start: datetime, end: datetime) -> list[Dealt]:
    """With how many distinct people these merchants completed orders; those without an order are absent."""
    return rows(
        conn,
        Dealt,
        """
        SELECT m.subject_id, count(DISTINCT o.taker_id)::int AS people
          FROM p2p_merchants_v m JOIN p2p_orders_v o ON o.merchant_id = m.merchant_id
         WHERE m.subject_id = ANY(%(subjects)s::text[]) AND o.status IN ('released', 'resolved_release')
           AND coalesce(o.released_at, o.ended_at) >= %(start)s AND coalesce(o.released_at, o.ended_at) < %(end)s
         GROUP BY m.subject_id
        """,
        {"subjects": list(subjects), "start": start, "end": end},
    )


@dataclass(frozen=True, slots=True)
class BondRow:
    """A bond of one of a person's accounts, in one asset. Units."""

    merchant_id: str
    asset_id: int
    required: int
    locked: int
    owed: int


def bonds(conn: Conn, subject_id: str) -> list[BondRow]:
    """The bonds of a person."""
    return rows(
        conn,
        BondRow,
        """
        SELECT b.merchant_id, b.asset_id, b.required, b.locked, b.owed
          FROM p2p_bonds_v b JOIN p2p_merchants_v m ON m.merchant_id = b.merchant_id
         WHERE m.subject_id = %(subject)s ORDER BY b.merchant_id, b.asset_id
        """,
        {"subject": subject_id},
    )
