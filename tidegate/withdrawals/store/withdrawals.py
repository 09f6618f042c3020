"""The withdrawals themselves: written, read, moved, and those that are due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.withdrawals.withdrawal import Withdrawal


def insert(conn: Conn, items: Sequence[Withdrawal]) -> None:
    """Write new withdrawals. `number` is drawn by the database in the order given."""
    run(
        conn,
        """
        INSERT INTO withdrawal (id, party_id, requester, asset_id, network, address, memo, saved_address_id, units,
                                fee_units, fee_ceiling_units, value, payload_hash, status, required_factor, decision_id,
                                expires_at, created_at, changed_at, ended_at, description, required_factors)
        SELECT id, party_id, requester, asset_id, network, address, memo, saved_address_id, units, fee_units,
               fee_ceiling_units, value, payload_hash, status, split_part(required, ' ', 1), decision_id, expires_at,
               created_at, created_at, ended_at, description, coalesce(string_to_array(required, ' '), '{}')
          FROM unnest(%(ids)s::text[], %(parties)s::text[], %(requesters)s::text[], %(assets)s::int[],
                      %(networks)s::text[], %(addresses)s::text[], %(memos)s::text[], %(saved)s::text[],
                      %(units)s::numeric[], %(fees)s::numeric[], %(ceilings)s::numeric[], %(values)s::numeric[],
                      %(payloads)s::text[], %(statuses)s::text[], %(factors)s::text[], %(decisions)s::text[],
                      %(expires)s::timestamptz[], %(created)s::timestamptz[], %(ended)s::timestamptz[],
                      %(descriptions)s::text[])
               AS w (id, party_id, requester, asset_id, network, address, memo, saved_address_id, units, fee_units,
                     fee_ceiling_units, value, payload_hash, status, required, decision_id, expires_at, created_at,
                     ended_at, description)
        """,
        {
            "ids": [w.id for w in items],
            "parties": [w.party_id for w in items],
            "requesters": [w.requester for w in items],
            "assets": [w.asset_id for w in items],
            "networks": [w.network for w in items],
            "addresses": [w.address for w in items],
            "memos": [w.memo for w in items],
            "saved": [w.saved_address_id for w in items],
            "units": [w.units for w in items],
            "fees": [w.fee_units for w in items],
            "ceilings": [w.fee_ceiling_units for w in items],
            "values": [w.value for w in items],
            "payloads": [w.payload_hash for w in items],
            "statuses": [w.status.value for w in items],
            # Lists of lists are no columns: names without spaces, joined. NULL = it was declined, nothing is asked.
            "factors": [" ".join(w.required_factors) or None for w in items],
            "decisions": [w.decision_id for w in items],
            "expires": [w.expires_at for w in items],
            "created": [w.created_at for w in items],
            "ended": [w.ended_at for w in items],
            "descriptions": [w.description for w in items],
        },
    )


def get(conn: Conn, id: str) -> Withdrawal | None:
    """One withdrawal."""
    return row(
        conn,
        Withdrawal,
        """
        SELECT id, number, party_id, requester, asset_id, network, address, memo, saved_address_id, units, fee_units,
               fee_ceiling_units, value, payload_hash, status, waiting_for, required_factor, tries, decision_id,
               release_at, expires_at, cleared, confirmed_at, authorised_at, tx, created_at, changed_at, ended_at,
               description, required_factors, used_factors
          FROM withdrawal WHERE id = %(id)s
        """,
        {"id": id},
    )


def lock(conn: Conn, id: str) -> Withdrawal | None:
    """One withdrawal, row-locked until the transaction ends."""
    return row(
        conn,
        Withdrawal,
        """
        SELECT id, number, party_id, requester, asset_id, network, address, memo, saved_address_id, units, fee_units,
               fee_ceiling_units, value, payload_hash, status, waiting_for, required_factor, tries, decision_id,
               release_at, expires_at, cleared, confirmed_at, authorised_at, tx, created_at, changed_at, ended_at,
               description, required_factors, used_factors
          FROM withdrawal WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def search(
    conn: Conn, party_id: str | None, status: str | None, asset_id: int | None, before: str | None, limit: int
) -> list[Withdrawal]:
    """Newest first; `before` is the id that the last page ended with."""
    return rows(
        conn,
        Withdrawal,
        """
        SELECT id, number, party_id, requester, asset_id, network, address, memo, saved_address_id, units, fee_units,
               fee_ceiling_units, value, payload_hash, status, waiting_for, required_factor, tries, decision_id,
               release_at, expires_at, cleared, confirmed_at, authorised_at, tx, created_at, changed_at, ended_at,
               description, required_factors, used_factors
          FROM withdrawal
         WHERE (%(party)s::text IS NULL OR party_id = %(party)s) AND (%(status)s::text IS NULL OR status = %(status)s)
           AND (%(asset)s::int IS NULL OR asset_id = %(asset)s) AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"party": party_id, "status": status, "asset": asset_id, "before": before, "limit": limit},
    )


def move(
    conn: Conn,
    id: str,
    sources: Sequence[str],
    target: str,
    *,
    decision_id: str | None,
    release_at: datetime | None,
    cleared: Sequence[str] | None,
    tx: str | None,
    ended_at: datetime | None,
    now: datetime,
    required: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> int:
    """The only status update: 1 when the withdrawal stood in one of `sources`, else 0. None keeps what is there,
    but for release_at, which a move always sets. Whoever is asked to confirm again confirms in person: the terms of a
    standing withdrawal count no more."""
    return run(
        conn,
        """
        UPDATE withdrawal
           SET status = %(target)s, decision_id = coalesce(%(decision)s, decision_id), release_at = %(release)s,
               cleared = coalesce(%(cleared)s::text[], cleared), tx = coalesce(%(tx)s, tx), ended_at = %(ended)s,
               waiting_for = NULL, changed_at = %(now)s, expires_at = coalesce(%(expires)s, expires_at),
               required_factors = coalesce(%(required)s::text[], required_factors),
               required_factor = coalesce((%(required)s::text[])[1], required_factor),
               used_factors = CASE WHEN %(target)s = 'awaiting_confirmation' THEN array_remove(used_factors, 'standing')
                                   ELSE used_factors END,
               confirmed_at = CASE WHEN %(target)s = 'awaiting_confirmation' AND used_factors <@ '{standing}' THEN NULL
                                   ELSE confirmed_at END,
               authorised_at = CASE WHEN %(target)s IN ('delayed', 'in_review', 'screening', 'awaiting_confirmation')
                                    THEN NULL ELSE authorised_at END
         WHERE id = %(id)s AND status = ANY (%(sources)s)
        """,
        {
            "id": id,
            "sources": list(sources),
            "target": target,
            "decision": decision_id,
            "release": release_at,
            "cleared": None if cleared is None else list(cleared),
            "tx": tx,
            "ended": ended_at,
            "now": now,
            "required": None if required is None else list(required),
            "expires": expires_at,
        },
    )


def factor_used(conn: Conn, id: str, factor: str, now: datetime) -> None:
    """A factor was used for what the withdrawal says; `confirmed_at` is when the newest one was."""
    run(
        conn,
        """
        UPDATE withdrawal SET used_factors = used_factors || %(factor)s::text, confirmed_at = %(now)s,
                              changed_at = %(now)s
         WHERE id = %(id)s
        """,
        {"id": id, "factor": factor, "now": now},
    )


def ask_factors(conn: Conn, id: str, required: Sequence[str], expires_at: datetime) -> None:
    """Ask for these factors, until then. The withdrawal awaits its confirmation."""
    run(
        conn,
        """
        UPDATE withdrawal SET required_factors = %(required)s::text[], required_factor = (%(required)s::text[])[1],
                              expires_at = %(expires)s
         WHERE id = %(id)s AND status = 'awaiting_confirmation'
        """,
        {"id": id, "required": list(required), "expires": expires_at},
    )


def wrong_code(conn: Conn, id: str) -> int:
    """Count a wrong code; how many there were."""
    got = conn.execute(
        "UPDATE withdrawal SET tries = tries + 1 WHERE id = %(id)s RETURNING tries", {"id": id}
    ).fetchone()
    return int(got[0]) if got else 0


def authorised(conn: Conn, id: str, now: datetime) -> None:
    """An authorisation was issued and queued for payout."""
    run(
        conn,
        "UPDATE withdrawal SET authorised_at = %(now)s, waiting_for = NULL, changed_at = %(now)s WHERE id = %(id)s",
        {"id": id, "now": now},
    )


def unauthorised(conn: Conn, id: str) -> None:
    """The authorisation ran out unused: a new one needs a new review."""
    run(conn, "UPDATE withdrawal SET authorised_at = NULL WHERE id = %(id)s", {"id": id})


def waits_for(conn: Conn, id: str, what: str | None) -> int:
    """Say why an approved withdrawal does not move (an overlay, not a status); 1 when that is news."""
    return run(
        conn,
        "UPDATE withdrawal SET waiting_for = %(what)s WHERE id = %(id)s AND waiting_for IS DISTINCT FROM %(what)s",
        {"id": id, "what": what},
    )


def wait_until(conn: Conn, id: str, deadline: datetime) -> None:
    """Say until when the customer may answer."""
    run(conn, "UPDATE withdrawal SET expires_at = %(deadline)s WHERE id = %(id)s", {"id": id, "deadline": deadline})


def clear(conn: Conn, id: str, cleared: Sequence[str], decision_id: str) -> None:
    """Remember what a person let pass and the decision that asks for another one."""
    run(
        conn,
        "UPDATE withdrawal SET cleared = %(cleared)s, decision_id = %(decision)s WHERE id = %(id)s",
        {"id": id, "cleared": list(cleared), "decision": decision_id},
    )


def waiting_for_address(conn: Conn, address_id: str) -> list[str]:
    """Withdrawals to a saved address whose customer was asked for something."""
    found = conn.execute(
        """
        SELECT w.id FROM saved_address a JOIN withdrawal w ON w.party_id = a.party_id AND w.saved_address_id = a.id
         WHERE a.id = %(address)s AND w.status = 'awaiting_information' ORDER BY w.id
        """,
        {"address": address_id},
    ).fetchall()
    return [id for (id,) in found]


# The four queues below: first what never had to wait, the oldest first, and then as many of those that wait, for a
# freeze to end or for a person. These in an order that is another one at every `turn` and holds within it: so many
# which cannot move never stand before one which can, however many they are and however often the worker looks.


def due(conn: Conn, now: datetime, turn: int, limit: int) -> list[str]:
    """Delayed withdrawals whose time has come."""
    found = conn.execute(
        """
        (SELECT id FROM withdrawal WHERE status = 'delayed' AND release_at <= %(now)s AND waiting_for IS NULL
          ORDER BY release_at, id LIMIT %(limit)s)
        UNION ALL
        (SELECT id FROM withdrawal WHERE status = 'delayed' AND release_at <= %(now)s AND waiting_for IS NOT NULL
          ORDER BY hashtextextended(id, %(turn)s) LIMIT %(limit)s)
        """,
        {"now": now, "turn": turn, "limit": limit},
    ).fetchall()
    return [id for (id,) in found]


def expiring(conn: Conn, now: datetime, turn: int, limit: int) -> list[str]:
    """Withdrawals that were not confirmed, or not informed about, in time."""
    found = conn.execute(
        """
        (SELECT id FROM withdrawal WHERE status IN ('awaiting_confirmation', 'awaiting_information')
            AND expires_at <= %(now)s AND waiting_for IS NULL ORDER BY expires_at, id LIMIT %(limit)s)
        UNION ALL
        (SELECT id FROM withdrawal WHERE status IN ('awaiting_confirmation', 'awaiting_information')
            AND expires_at <= %(now)s AND waiting_for IS NOT NULL
          ORDER BY hashtextextended(id, %(turn)s) LIMIT %(limit)s)
        """,
        {"now": now, "turn": turn, "limit": limit},
    ).fetchall()
    return [id for (id,) in found]


def outside_overdue(conn: Conn, now: datetime, turn: int, limit: int) -> list[str]:
    """Withdrawals with an outside check that was not answered in time."""
    found = conn.execute(
        """
        WITH overdue AS (
            SELECT a.ref, min(a.due_at) AS due_at, bool_or(w.waiting_for IS NOT NULL) AS waits
              FROM outside_answer a LEFT JOIN withdrawal w ON w.id = a.ref
             WHERE a.state = 'pending' AND a.due_at <= %(now)s GROUP BY a.ref
        )
        (SELECT ref FROM overdue WHERE NOT waits ORDER BY due_at, ref LIMIT %(limit)s)
        UNION ALL
        (SELECT ref FROM overdue WHERE waits ORDER BY hashtextextended(ref, %(turn)s) LIMIT %(limit)s)
        """,
        {"now": now, "turn": turn, "limit": limit},
    ).fetchall()
    return [ref for (ref,) in found]


def to_authorise(conn: Conn, turn: int, limit: int) -> list[str]:
    """Approved withdrawals that have no authorisation yet."""
    found = conn.execute(
        """
        (SELECT id FROM withdrawal WHERE status = 'approved' AND authorised_at IS NULL AND waiting_for IS NULL
          ORDER BY id LIMIT %(limit)s)
        UNION ALL
        (SELECT id FROM withdrawal WHERE status = 'approved' AND authorised_at IS NULL AND waiting_for IS NOT NULL
          ORDER BY hashtextextended(id, %(turn)s) LIMIT %(limit)s)
        """,
        {"turn": turn, "limit": limit},
    ).fetchall()
    return [id for (id,) in found]


def several(conn: Conn, ids: Sequence[str]) -> list[Withdrawal]:
    """These withdrawals, in no order."""
    return rows(
        conn,
        Withdrawal,
        """
        SELECT id, number, party_id, requester, asset_id, network, address, memo, saved_address_id, units, fee_units,
               fee_ceiling_units, value, payload_hash, status, waiting_for, required_factor, tries, decision_id,
               release_at, expires_at, cleared, confirmed_at, authorised_at, tx, created_at, changed_at, ended_at,
               description, required_factors, used_factors
          FROM withdrawal WHERE id = ANY(%(ids)s::text[])
        """,
        {"ids": list(ids)},
    )


def to_address(conn: Conn, network: str, address: str, but: str, limit: int) -> list[Withdrawal]:
    """The newest other withdrawals to a destination, whoever asked for them."""
    return rows(
        conn,
        Withdrawal,
        """
        SELECT id, number, party_id, requester, asset_id, network, address, memo, saved_address_id, units, fee_units,
               fee_ceiling_units, value, payload_hash, status, waiting_for, required_factor, tries, decision_id,
               release_at, expires_at, cleared, confirmed_at, authorised_at, tx, created_at, changed_at, ended_at,
               description, required_factors, used_factors
          FROM withdrawal
         WHERE network = %(network)s AND address = %(address)s AND id <> %(but)s ORDER BY id DESC LIMIT %(limit)s
        """,
        {"network": network, "address": address, "but": but, "limit": limit},
    )
