"""What is ours, and what looks like something known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, rows, run


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """An address of this platform."""

    network: str  # where deposits to it are seen
    address: str
    kind: str  # "hot", "deposit"
    party_id: str | None  # whose deposits it receives; None = the platform's


@dataclass(frozen=True, slots=True)
class OwnRow:
    place: int  # which of those asked for
    network: str
    address: str
    kind: str
    party_id: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that shares an end with a destination."""

    place: int  # which of those asked for
    network: str
    address: str
    whose: str  # "customer", "hot", "deposit"
    since: datetime | None  # when the customer first named it; None = one of ours
    paid: bool  # a withdrawal arrived there


def add_own(conn: Conn, items: Sequence[OwnAddress], families: Sequence[str]) -> int:
    """Write down addresses of ours; how many were new."""
    return run(
        conn,
        """
        INSERT INTO own_address (network, family, address, kind, party_id)
        SELECT * FROM unnest(%(networks)s::text[], %(families)s::text[], %(addresses)s::text[], %(kinds)s::text[],
                             %(parties)s::text[])
        ON CONFLICT (network, address) DO NOTHING
        """,
        {
            "networks": [item.network for item in items],
            "families": list(families),
            "addresses": [item.address for item in items],
            "kinds": [item.kind for item in items],
            "parties": [item.party_id for item in items],
        },
    )


def own(conn: Conn, families: Sequence[str], addresses: Sequence[str]) -> list[OwnRow]:
    """Which of the addresses are ours, on whatever network of the family."""
    return rows(
        conn,
        OwnRow,
        """
        SELECT asked.place::int, o.network, o.address, o.kind, o.party_id
          FROM unnest(%(families)s::text[], %(addresses)s::text[]) WITH ORDINALITY AS asked (family, address, place)
         CROSS JOIN LATERAL (SELECT * FROM own_address k WHERE (k.family, k.address) = (asked.family, asked.address)
                              OFFSET 0) AS o  -- or a batch of 128 reads a table of 20,000 whole
        """,
        {"families": list(families), "addresses": list(addresses)},
    )


def candidates(conn: Conn, party_ids: Sequence[str], heads: Sequence[str], tails: Sequence[str]) -> list[Candidate]:
    """Addresses that a party knows and that share an end of three characters with a destination: one statement by
    (party, end) for the whole batch. The hot wallets are known to everybody."""
    return rows(
        conn,
        Candidate,
        """
        SELECT asked.place::int, k.network, k.address, k.whose, k.since, k.paid
          FROM unnest(%(parties)s::text[], %(heads)s::text[], %(tails)s::text[])
               WITH ORDINALITY AS asked (party_id, head, tail, place)
         CROSS JOIN LATERAL (
            SELECT s.network, s.address, 'customer' AS whose, s.saved_at AS since, s.paid_at IS NOT NULL AS paid
              FROM saved_address s WHERE s.party_id = asked.party_id AND s.head = asked.head
             UNION
            SELECT s.network, s.address, 'customer', s.saved_at, s.paid_at IS NOT NULL
              FROM saved_address s WHERE s.party_id = asked.party_id AND s.tail = asked.tail
             UNION
            SELECT o.network, o.address, o.kind, NULL, false
              FROM own_address o WHERE o.whose = ANY(ARRAY[asked.party_id, '']) AND o.head = asked.head
             UNION
            SELECT o.network, o.address, o.kind, NULL, false
              FROM own_address o WHERE o.whose = ANY(ARRAY[asked.party_id, '']) AND o.tail = asked.tail
         ) AS k
         ORDER BY asked.place, k.address
        """,
        {"parties": list(party_ids), "heads": list(heads), "tails": list(tails)},
    )
