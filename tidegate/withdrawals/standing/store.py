"""Instructions, their terms and their runs: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.withdrawals.standing.instruction import Instruction, Run


@dataclass(frozen=True, slots=True)
class TermsRow:
    """One version of an instruction's terms, as the customer was shown it."""

    standing_id: str
    version: int
    body: str
    hash: str
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Which run made a withdrawal, and from which number below the extended public key."""

    standing_id: str
    version: int
    address_index: int | None


def insert(conn: Conn, i: Instruction) -> None:
    """Write a new instruction. Its customer is locked."""
    run(
        conn,
        """
        INSERT INTO standing (id, party_id, asset_id, created_by, status, draft, draft_until, created_at, changed_at)
        VALUES (%(id)s, %(party_id)s, %(asset_id)s, %(created_by)s, %(status)s, %(draft)s, %(draft_until)s,
                %(created_at)s, %(changed_at)s)
        """,
        asdict(i),
    )


def keep(conn: Conn, i: Instruction) -> None:
    """Write where an instruction stands now. Its customer and its row are locked."""
    run(
        conn,
        """
        UPDATE standing
           SET status = %(status)s, reason = %(reason)s, version = %(version)s, draft = %(draft)s,
               draft_until = %(draft_until)s, tries = %(tries)s, approved_at = %(approved_at)s, alarms = %(alarms)s,
               due_at = %(due_at)s, next_at = %(next_at)s, waiting_for = %(waiting_for)s,
               wait_until = %(wait_until)s, armed = %(armed)s, blind = %(blind)s, runs = %(runs)s,
               last_at = %(last_at)s, place = %(place)s, skips = %(skips)s, failures = %(failures)s,
               changed_at = %(changed_at)s
         WHERE id = %(id)s
        """,
        asdict(i),
    )


def get(conn: Conn, id: str) -> Instruction | None:
    """One instruction."""
    return row(
        conn,
        Instruction,
        """
        SELECT id, party_id, asset_id, created_by, status, reason, version, draft, draft_until, tries, approved_at,
               alarms, due_at, next_at, waiting_for, wait_until, armed, blind, runs, last_at, place, skips, failures,
               created_at, changed_at
          FROM standing WHERE id = %(id)s
        """,
        {"id": id},
    )


def lock(conn: Conn, id: str) -> Instruction | None:
    """One instruction, row-locked until the transaction ends; after its party."""
    return row(
        conn,
        Instruction,
        """
        SELECT id, party_id, asset_id, created_by, status, reason, version, draft, draft_until, tries, approved_at,
               alarms, due_at, next_at, waiting_for, wait_until, armed, blind, runs, last_at, place, skips, failures,
               created_at, changed_at
          FROM standing WHERE id = %(id)s FOR NO KEY UPDATE
        """,
        {"id": id},
    )


def of_party(conn: Conn, party_id: str) -> list[Instruction]:
    """Everything of a customer that is not deleted, oldest first, row-locked; after their party."""
    return rows(
        conn,
        Instruction,
        """
        SELECT id, party_id, asset_id, created_by, status, reason, version, draft, draft_until, tries, approved_at,
               alarms, due_at, next_at, waiting_for, wait_until, armed, blind, runs, last_at, place, skips, failures,
               created_at, changed_at
          FROM standing WHERE party_id = %(party)s AND status <> 'deleted' ORDER BY id FOR NO KEY UPDATE
        """,
        {"party": party_id},
    )


def page(conn: Conn, party_id: str | None, status: str | None, before: str | None, limit: int) -> list[Instruction]:
    """Newest first; `before` is the id that the last page ended with."""
    return rows(
        conn,
        Instruction,
        """
        SELECT id, party_id, asset_id, created_by, status, reason, version, draft, draft_until, tries, approved_at,
               alarms, due_at, next_at, waiting_for, wait_until, armed, blind, runs, last_at, place, skips, failures,
               created_at, changed_at
          FROM standing
         WHERE (%(party)s::text IS NULL OR party_id = %(party)s) AND (%(status)s::text IS NULL OR status = %(status)s)
           AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"party": party_id, "status": status, "before": before, "limit": limit},
    )


def claim(conn: Conn, id: str) -> bool:
    """Whether this worker may look at it until the transaction ends; another one's turn is not waited for.

    Not the row's own lock with SKIP LOCKED: that would stand before the party's, and everybody else locks the party
    first.
    """
    got = conn.execute(
        "SELECT pg_try_advisory_xact_lock(hashtextextended('standing ' || %(id)s::text, 0))", {"id": id}
    ).fetchone()
    return bool(got and got[0])


def due(conn: Conn, now: datetime, limit: int) -> list[str]:
    """Active instructions that are to be looked at, the longest waiting first."""
    found = conn.execute(
        """
        SELECT id FROM standing WHERE status = 'active' AND next_at <= %(now)s ORDER BY next_at, id LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    return [id for (id,) in found]


def unconfirmed(conn: Conn, now: datetime, limit: int) -> list[str]:
    """Instructions whose draft nobody confirmed in time."""
    found = conn.execute(
        """
        SELECT id FROM standing WHERE draft IS NOT NULL AND draft_until <= %(now)s
         ORDER BY draft_until, id LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    return [id for (id,) in found]


def add_terms(conn: Conn, item: TermsRow) -> None:
    """Keep terms as they were shown; they are never changed."""
    run(
        conn,
        """
        INSERT INTO standing_terms (standing_id, version, body, hash, proposed_at)
        VALUES (%(standing_id)s, %(version)s, %(body)s, %(hash)s, %(proposed_at)s)
        """,
        asdict(item),
    )


def terms(conn: Conn, pairs: Sequence[tuple[str, int]]) -> dict[tuple[str, int], TermsRow]:
    """Terms by (instruction, version); wiped ones are absent."""
    found = rows(
        conn,
        TermsRow,
        """
        SELECT standing_id, version, body, hash, proposed_at FROM standing_terms
         WHERE (standing_id, version) IN (SELECT * FROM unnest(%(ids)s::text[], %(versions)s::int[]))
        """,
        {"ids": [id for id, _ in pairs], "versions": [version for _, version in pairs]},
    )
    return {(item.standing_id, item.version): item for item in found}


def newest_version(conn: Conn, id: str) -> int:
    """The highest version that was ever shown of it, confirmed or not; 0 = none."""
    got = conn.execute(
        "SELECT coalesce(max(version), 0) FROM standing_terms WHERE standing_id = %(id)s", {"id": id}
    ).fetchone()
    return int(got[0]) if got else 0


def wipe(conn: Conn, id: str) -> None:
    """Forget every setting of an instruction: addresses, keys, amounts."""
    run(conn, "DELETE FROM standing_terms WHERE standing_id = %(id)s", {"id": id})


def proposed_hash(conn: Conn, id: str, version: int) -> str | None:
    """What the journal says the customer was shown as this version."""
    got = conn.execute(
        """
        SELECT body::jsonb ->> 'payload' FROM journal
         WHERE subject = %(id)s AND kind = 'standing.proposed' AND (body::jsonb ->> 'version')::int = %(version)s
         ORDER BY link, position LIMIT 1
        """,
        {"id": id, "version": version},
    ).fetchone()
    return got[0] if got else None


def confirmed_hash(conn: Conn, id: str) -> str | None:
    """What the journal says the customer's newest code for this instruction was bound to."""
    got = conn.execute(
        """
        SELECT body::jsonb ->> 'payload' FROM journal
         WHERE subject = %(id)s AND kind = 'factor.used' ORDER BY link DESC, position DESC LIMIT 1
        """,
        {"id": id},
    ).fetchone()
    return got[0] if got else None


def was_confirmed(conn: Conn, id: str, hash: str) -> bool:
    """Whether the journal says that a code of the customer was once bound to exactly this."""
    got = conn.execute(
        """
        SELECT 1 FROM journal
         WHERE subject = %(id)s AND kind = 'factor.used' AND body::jsonb ->> 'payload' = %(hash)s LIMIT 1
        """,
        {"id": id, "hash": hash},
    ).fetchone()
    return got is not None


def add_run(conn: Conn, item: Run) -> None:
    """Write a run's line. A second one for its number or its due time is a constraint error."""
    run(
        conn,
        """
        INSERT INTO standing_run (standing_id, number, due_at, at, version, reason, detail, withdrawal_id, address,
                                  address_index)
        VALUES (%(standing_id)s, %(number)s, %(due_at)s, %(at)s, %(version)s, %(reason)s, %(detail)s,
                %(withdrawal_id)s, %(address)s, %(address_index)s)
        """,
        asdict(item),
    )


def runs(conn: Conn, id: str, before: int | None, limit: int) -> list[Run]:
    """The record of an instruction, newest first, numbers below `before`."""
    return rows(
        conn,
        Run,
        """
        SELECT standing_id, number, due_at, at, version, reason, detail, withdrawal_id, address, address_index
          FROM standing_run
         WHERE standing_id = %(id)s AND (%(before)s::int IS NULL OR number < %(before)s)
         ORDER BY number DESC LIMIT %(limit)s
        """,
        {"id": id, "before": before, "limit": limit},
    )


def run_of(conn: Conn, withdrawal_id: str) -> Place | None:
    """The run that made a withdrawal; None for one that a person asked for."""
    return row(
        conn,
        Place,
        "SELECT standing_id, version, address_index FROM standing_run WHERE withdrawal_id = %(id)s",
        {"id": withdrawal_id},
    )


def open_withdrawals(conn: Conn, id: str) -> list[str]:
    """Withdrawals that runs of this instruction made and that have not ended, oldest first."""
    found = conn.execute(
        """
        SELECT w.id FROM standing_run r JOIN withdrawal w ON w.id = r.withdrawal_id
         WHERE r.standing_id = %(id)s AND w.ended_at IS NULL ORDER BY w.id
        """,
        {"id": id},
    ).fetchall()
    return [found_id for (found_id,) in found]
