"""Payment accounts: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tidegate.db import Conn, row, rows, run
from tidegate.p2p.accounts.account import Account


@dataclass(frozen=True, slots=True)
class Attested:
    """That an account is used at another platform as well, and who said so."""

    account_id: str
    platform: str
    source: str
    since: date | None
    reference: str | None
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Shared:
    """Another person was seen with the same account."""

    account_id: str
    party_id: str
    verified: bool
    first_at: datetime


def add(conn: Conn, account: Account) -> int:
    """A new account of a person; 0 where it is known already."""
    return run(
        conn,
        """
        INSERT INTO p2p_account (id, party_id, method, institution, hash, sealed, ending, holder_name, name_score,
                                 verified, attested_elsewhere, first_at, last_at)
        VALUES (%(id)s, %(party)s, %(method)s, %(institution)s, %(hash)s, %(sealed)s, %(ending)s, %(holder)s, %(score)s,
                %(verified)s, %(attested)s, %(first)s, %(last)s)
        ON CONFLICT DO NOTHING
        """,
        {
            "id": account.id,
            "party": account.party_id,
            "method": account.method,
            "institution": account.institution,
            "hash": account.hash,
            "sealed": account.sealed,
            "ending": account.ending,
            "holder": account.holder_name,
            "score": account.name_score,
            "verified": account.verified,
            "attested": account.attested_elsewhere,
            "first": account.first_at,
            "last": account.last_at,
        },
    )


def same(conn: Conn, party_id: str, hash: str | None, institution: str) -> Account | None:
    """The person's account with this hash; of cash, the one at this place."""
    return row(
        conn,
        Account,
        """
        SELECT id, party_id, method, institution, hash, sealed, ending, holder_name, name_score, verified,
               attested_elsewhere, first_at, last_at, retired_at
          FROM p2p_account
         WHERE party_id = %(party)s
           AND CASE WHEN %(hash)s::text IS NULL THEN hash IS NULL AND institution = %(institution)s
                    ELSE hash = %(hash)s END
        """,
        {"party": party_id, "hash": hash, "institution": institution},
    )


def get(conn: Conn, id: str) -> Account | None:
    """One account."""
    return row(
        conn,
        Account,
        """
        SELECT id, party_id, method, institution, hash, sealed, ending, holder_name, name_score, verified,
               attested_elsewhere, first_at, last_at, retired_at
          FROM p2p_account WHERE id = %(id)s
        """,
        {"id": id},
    )


def of_party(conn: Conn, party_id: str) -> list[Account]:
    """Every account of a person, oldest first."""
    return rows(
        conn,
        Account,
        """
        SELECT id, party_id, method, institution, hash, sealed, ending, holder_name, name_score, verified,
               attested_elsewhere, first_at, last_at, retired_at
          FROM p2p_account WHERE party_id = %(party)s ORDER BY id
        """,
        {"party": party_id},
    )


def keep(conn: Conn, account: Account) -> None:
    """Write down what is known of an account now."""
    run(
        conn,
        """
        UPDATE p2p_account
           SET holder_name = %(holder)s, name_score = %(score)s, verified = %(verified)s,
               attested_elsewhere = %(attested)s, last_at = greatest(last_at, %(last)s), retired_at = %(retired)s
         WHERE id = %(id)s
        """,
        {
            "id": account.id,
            "holder": account.holder_name,
            "score": account.name_score,
            "verified": account.verified,
            "attested": account.attested_elsewhere,
            "last": account.last_at,
            "retired": account.retired_at,
        },
    )


def shared(conn: Conn, party_id: str, hashes: Sequence[str]) -> list[Shared]:
    """Who else was seen with the accounts of a person, the first sighting first."""
    return rows(
        conn,
        Shared,
        """
        SELECT mine.id AS account_id, other.party_id, other.verified, other.first_at
          FROM p2p_account mine JOIN p2p_account other ON other.hash = mine.hash AND other.party_id <> mine.party_id
         WHERE mine.party_id = %(party)s AND mine.hash = ANY(%(hashes)s::text[])
         ORDER BY other.first_at, other.party_id
        """,
        {"party": party_id, "hashes": list(hashes)},
    )


def add_attestation(conn: Conn, said: Attested) -> int:
    """Somebody says that an account is used elsewhere; 0 where that was said already."""
    return run(
        conn,
        """
        INSERT INTO p2p_attestation (account_id, platform, source, since, reference, actor, at)
        VALUES (%(account)s, %(platform)s, %(source)s, %(since)s, %(reference)s, %(actor)s, %(at)s)
        ON CONFLICT DO NOTHING
        """,
        {
            "account": said.account_id,
            "platform": said.platform,
            "source": said.source,
            "since": said.since,
            "reference": said.reference,
            "actor": said.actor,
            "at": said.at,
        },
    )


def attestations(conn: Conn, party_id: str) -> list[Attested]:
    """What is known of a person's accounts at other platforms, oldest first."""
    return rows(
        conn,
        Attested,
        """
        SELECT t.account_id, t.platform, t.source, t.since, t.reference, t.actor, t.at
          FROM p2p_attestation t JOIN p2p_account a ON a.id = t.account_id
         WHERE a.party_id = %(party)s ORDER BY t.at, t.account_id, t.platform
        """,
        {"party": party_id},
    )
