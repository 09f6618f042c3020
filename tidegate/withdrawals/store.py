"""Withdrawals, decisions, limit reservations: the statements. The hot ones take a whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.db import Conn, row, rows, run
from tidegate.db.journal import News
from tidegate.policy.behaviour import MOST_COUNTED
from tidegate.policy.pack import SCOPES
from tidegate.withdrawals.deciding import Lone
from tidegate.withdrawals.limits import Subject, Window, opens
from tidegate.withdrawals.withdrawal import Withdrawal


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision with everything a replay needs. findings and facts are canonical JSON."""

    id: str
    withdrawal_id: str | None  # None = it stands alone
    stage: str
    at: datetime
    outcome: str
    findings: str
    checks: str  # which answered, erred, timed out, were skipped or are awaited
    facts: str
    facts_hash: str
    policy_version: int
    engine: str
    shadow: str = "[]"  # what rules in shadow would have found: canonical JSON, like findings


@dataclass(frozen=True, slots=True)
class Question:
    """An outside check that a withdrawal's decision is pinned to, with what is known of its answer."""

    ref: str
    check_id: str
    state: str
    outcome: str | None
    detail: str
    asked_at: datetime
    due_at: datetime
    ends_at: datetime | None = None  # of a delay that was asked for


@dataclass(frozen=True, slots=True)
class Reservation:
    """Room that a withdrawal takes in every scope: `subjects` as `limits.subjects` names them."""

    ref: str
    value: int
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class UseRow:
    """One reservation and its steps: the lists run side by side."""

    ref: str
    value: int
    scopes: list[str]
    subjects: list[str]
    ats: list[datetime]
    steps: list[int]
    released_at: datetime | None


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


def insert_decisions(conn: Conn, items: Sequence[DecisionRow]) -> None:
    """Write decisions; they are never changed."""
    run(
        conn,
        """
        INSERT INTO decision (id, withdrawal_id, stage, at, outcome, findings, facts, facts_hash, policy_version,
                              engine, checks, shadow)
        SELECT * FROM unnest(%(ids)s::text[], %(withdrawals)s::text[], %(stages)s::text[], %(ats)s::timestamptz[],
                             %(outcomes)s::text[], %(findings)s::text[], %(facts)s::text[], %(hashes)s::text[],
                             %(policies)s::int[], %(engines)s::text[], %(checks)s::text[],
                             %(shadows)s::text[])
        """,
        {
            "ids": [d.id for d in items],
            "withdrawals": [d.withdrawal_id for d in items],
            "stages": [d.stage for d in items],
            "ats": [d.at for d in items],
            "outcomes": [d.outcome for d in items],
            "findings": [d.findings for d in items],
            "facts": [d.facts for d in items],
            "hashes": [d.facts_hash for d in items],
            "policies": [d.policy_version for d in items],
            "engines": [d.engine for d in items],
            "checks": [d.checks for d in items],
            "shadows": [d.shadow for d in items],
        },
    )


def lock_counters(conn: Conn, subjects: Sequence[Subject], now: datetime) -> None:
    """Make and lock limit counters in the order given (`limits.in_order`); after accounts, before withdrawals."""
    asked = {"scopes": [scope for scope, _ in subjects], "subjects": [subject for _, subject in subjects], "now": now}
    run(
        conn,
        """
        INSERT INTO limit_counter (scope, subject, at)
        SELECT scope, subject, %(now)s
          FROM unnest(%(scopes)s::text[], %(subjects)s::text[]) WITH ORDINALITY AS s (scope, subject, place)
         WHERE NOT EXISTS (SELECT FROM limit_counter c WHERE c.scope = s.scope AND c.subject = s.subject)
         ORDER BY place ON CONFLICT DO NOTHING
        """,
        asked,
    )
    run(
        conn,
        """
        SELECT 1 FROM unnest(%(scopes)s::text[], %(subjects)s::text[]) WITH ORDINALITY AS s (scope, subject, place)
          JOIN limit_counter c USING (scope, subject)
         ORDER BY place FOR NO KEY UPDATE OF c
        """,
        asked,
    )


def windows(conn: Conn, wanted: Sequence[tuple[str, str, int | None]], now: datetime) -> list[Window]:
    """What windows hold that end now, by (scope, subject, hours); a subject without a counter has none.

    Two index look-ups per window, however many withdrawals it has, and what was given back inside it.
    """
    return rows(
        conn,
        Window,
        """
        SELECT c.scope, c.subject, a.hours,
               c.total - coalesce(b.total_after, 0)
                   - CASE WHEN a.opens IS NULL THEN c.released ELSE coalesce(r.value, 0) END AS used,
               c.count - coalesce(b.step, 0)
                   - CASE WHEN a.opens IS NULL THEN c.released_count ELSE coalesce(r.count, 0) END AS count
          FROM unnest(%(scopes)s::text[], %(subjects)s::text[], %(hours)s::int[], %(opens)s::timestamptz[])
               AS a (scope, subject, hours, opens)
          JOIN limit_counter c ON c.scope = a.scope AND c.subject = a.subject
          LEFT JOIN LATERAL (SELECT total_after, step FROM limit_step s
                              WHERE s.scope = a.scope AND s.subject = a.subject AND s.at <= a.opens
                              ORDER BY s.at DESC, s.step DESC LIMIT 1) b ON true
          LEFT JOIN LATERAL (SELECT sum(s.released) AS value, sum(s.released_count) AS count FROM limit_step s
                              WHERE s.scope = a.scope AND s.subject = a.subject AND s.at > a.opens
                                AND s.released_count > 0) r ON true
        """,
        {
            "scopes": [scope for scope, _, _ in wanted],
            "subjects": [subject for _, subject, _ in wanted],
            "hours": [hours for _, _, hours in wanted],
            "opens": [opens(now, hours) for _, _, hours in wanted],
        },
    )


def reserve(conn: Conn, items: Sequence[Reservation], now: datetime) -> None:
    """Take room in every scope: move the counters on, one step each, and remember where each reservation stands.

    Counters that nobody had to look at first are locked only here, at the end of the act, in `limits.in_order`.
    """
    by_scope = {scope: [item.subjects[place][1] for item in items] for place, scope in enumerate(SCOPES)}
    run(
        conn,
        """
        WITH asked AS (
            SELECT u.ref, u.value, s.place, s.scope, s.subject
              FROM unnest(%(refs)s::text[], %(values)s::numeric[], %(party)s::text[], %(address)s::text[],
                          %(key)s::text[], %(asset)s::text[], %(network)s::text[], %(platform)s::text[])
                   AS u (ref, value, party, address, key, asset, network, platform)
             CROSS JOIN LATERAL (VALUES (1, 'party', party), (2, 'address', address), (3, 'key', key),
                                        (4, 'asset', asset), (5, 'network', network), (6, 'platform', platform))
                   AS s (place, scope, subject)
        ), taken AS (
            SELECT place, scope, subject, sum(value) AS value, count(*) AS count
              FROM asked GROUP BY place, scope, subject
        ), moved AS (
            INSERT INTO limit_counter AS c (scope, subject, at, total, count)
            SELECT scope, subject, %(now)s, value, count FROM taken ORDER BY place, subject COLLATE "C"
            ON CONFLICT (scope, subject) DO UPDATE
               SET total = c.total + excluded.total, count = c.count + excluded.count,
                   at = greatest(c.at, excluded.at)  -- never backwards, or a skewed clock would enter a window twice
            RETURNING scope, subject, at, total, count AS step
        ), stepped AS (
            INSERT INTO limit_step (scope, subject, at, step, value, count, total_after)
            SELECT scope, subject, moved.at, moved.step, taken.value, taken.count, moved.total
              FROM moved JOIN taken USING (scope, subject)
        )
        INSERT INTO limit_use (ref, value, scopes, subjects, ats, steps)
        SELECT ref, value, array_agg(scope ORDER BY place), array_agg(subject ORDER BY place),
               array_agg(at ORDER BY place), array_agg(step ORDER BY place)
          FROM asked JOIN moved USING (scope, subject) GROUP BY ref, value
        """,
        {"refs": [item.ref for item in items], "values": [item.value for item in items], "now": now, **by_scope},
    )


def use_of(conn: Conn, ref: str) -> UseRow | None:
    """The reservation of a withdrawal, standing or given back; None where it never had one."""
    return row(
        conn,
        UseRow,
        "SELECT ref, value, scopes, subjects, ats, steps, released_at FROM limit_use WHERE ref = %(ref)s",
        {"ref": ref},
    )


def give_back(conn: Conn, ref: str, now: datetime) -> int:
    """Return a withdrawal's room in every scope, once; in how many it was still standing. Its counters are locked."""
    return run(
        conn,
        """
        WITH ended AS (
            UPDATE limit_use SET released_at = %(now)s WHERE ref = %(ref)s AND released_at IS NULL
            RETURNING value, scopes, subjects, ats, steps
        ), part AS (
            SELECT e.value, p.scope, p.subject, p.at, p.step
              FROM ended e, unnest(e.scopes, e.subjects, e.ats, e.steps) AS p (scope, subject, at, step)
        ), stood AS (
            UPDATE limit_step s SET released = s.released + p.value, released_count = s.released_count + 1
              FROM part p WHERE (s.scope, s.subject, s.at, s.step) = (p.scope, p.subject, p.at, p.step)
        )
        UPDATE limit_counter c SET released = c.released + p.value, released_count = c.released_count + 1
          FROM part p WHERE (c.scope, c.subject) = (p.scope, p.subject)
        """,
        {"ref": ref, "now": now},
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


def has_failed(conn: Conn, subject: str, fault: str) -> bool:
    """Whether the journal has such a fault of a subject already: a step is tried every turn, its fault told once."""
    found = conn.execute(
        """
        SELECT EXISTS (SELECT FROM journal WHERE subject = %(subject)s AND kind = 'step.failed'
                                             AND body::jsonb ->> 'fault' = %(fault)s)
        """,
        {"subject": subject, "fault": fault},
    ).fetchone()
    assert found is not None
    return bool(found[0])


def unauthorised(conn: Conn, id: str) -> None:
    """The authorisation ran out unused: a new one needs a new review."""
    run(conn, "UPDATE withdrawal SET authorised_at = NULL WHERE id = %(id)s", {"id": id})


def clear(conn: Conn, id: str, cleared: Sequence[str], decision_id: str) -> None:
    """Remember what a person let pass and the decision that asks for another one."""
    run(
        conn,
        "UPDATE withdrawal SET cleared = %(cleared)s, decision_id = %(decision)s WHERE id = %(id)s",
        {"id": id, "cleared": list(cleared), "decision": decision_id},
    )


@dataclass(frozen=True, slots=True)
class SeizureOrder:
    """A lawful order on one withdrawal, as laid before a second person."""

    case_id: str
    withdrawal_id: str
    order_reference: str
    document_sha256: str
    proposed_by: str
    proposed_at: datetime


def add_seizure_order(conn: Conn, order: SeizureOrder) -> None:
    """Keep an order; it is never changed."""
    run(
        conn,
        """
        INSERT INTO seizure_order (case_id, withdrawal_id, order_reference, document_sha256, proposed_by, proposed_at)
        VALUES (%(case)s, %(withdrawal)s, %(reference)s, %(document)s, %(by)s, %(at)s)
        """,
        {
            "case": order.case_id,
            "withdrawal": order.withdrawal_id,
            "reference": order.order_reference,
            "document": order.document_sha256,
            "by": order.proposed_by,
            "at": order.proposed_at,
        },
    )


def seizure_order(conn: Conn, case_id: str) -> SeizureOrder | None:
    """The order that a case is about."""
    return row(
        conn,
        SeizureOrder,
        """
        SELECT case_id, withdrawal_id, order_reference, document_sha256, proposed_by, proposed_at
          FROM seizure_order WHERE case_id = %(case)s
        """,
        {"case": case_id},
    )


def requested_payload(conn: Conn, id: str) -> str | None:
    """What the journal says the customer saw when they asked."""
    got = conn.execute(
        """
        SELECT body::jsonb ->> 'payload' FROM journal
         WHERE subject = %(id)s AND kind = 'withdrawal.awaiting_confirmation' ORDER BY link, position LIMIT 1
        """,
        {"id": id},
    ).fetchone()
    return got[0] if got else None


@dataclass(frozen=True, slots=True)
class FactorNote:
    """What the journal says of a withdrawal's factors: which were asked for, or which one was used for what."""

    kind: str
    body: str  # canonical JSON


def factor_notes(conn: Conn, id: str) -> list[FactorNote]:
    """Everything that the journal says of a withdrawal's factors, oldest first."""
    return rows(
        conn,
        FactorNote,
        """
        SELECT kind, body FROM journal
         WHERE subject = %(id)s AND kind IN ('withdrawal.awaiting_confirmation', 'withdrawal.factors_raised',
                                             'factor.used')
         ORDER BY link, position
        """,
        {"id": id},
    )


def timeline(conn: Conn, party_id: str) -> list[News]:
    """What the journal says about a customer and all their withdrawals, oldest first."""
    return rows(
        conn,
        News,
        """
        SELECT link, position, at, actor, kind, subject, body FROM journal
         WHERE subject = %(party)s OR subject IN (SELECT id FROM withdrawal WHERE party_id = %(party)s)
            OR subject IN (SELECT id FROM standing WHERE party_id = %(party)s)
         ORDER BY link, position
        """,
        {"party": party_id},
    )


def due(conn: Conn, now: datetime, limit: int) -> list[str]:
    """Delayed withdrawals whose time has come, oldest first."""
    found = conn.execute(
        """
        SELECT id FROM withdrawal WHERE status = 'delayed' AND release_at <= %(now)s
         ORDER BY waiting_for IS NOT NULL, release_at, id LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    return [id for (id,) in found]


def expiring(conn: Conn, now: datetime, limit: int) -> list[str]:
    """Withdrawals that were not confirmed, or not informed about, in time."""
    found = conn.execute(
        """
        SELECT id FROM withdrawal WHERE status IN ('awaiting_confirmation', 'awaiting_information')
           AND expires_at <= %(now)s ORDER BY waiting_for IS NOT NULL, expires_at, id LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    return [id for (id,) in found]


def to_authorise(conn: Conn, limit: int) -> list[str]:
    """Approved withdrawals that have no authorisation yet, oldest first; after the others those that wait already,
    so that many which cannot move never stand before one which can."""
    found = conn.execute(
        """
        SELECT id FROM withdrawal WHERE status = 'approved' AND authorised_at IS NULL
         ORDER BY waiting_for IS NOT NULL, id LIMIT %(limit)s
        """,
        {"limit": limit},
    ).fetchall()
    return [id for (id,) in found]


def decision(conn: Conn, id: str) -> DecisionRow | None:
    """One decision."""
    return row(
        conn,
        DecisionRow,
        """
        SELECT id, withdrawal_id, stage, at, outcome, findings, checks, facts, facts_hash, policy_version, engine,
               shadow
          FROM decision WHERE id = %(id)s
        """,
        {"id": id},
    )


def decisions(conn: Conn, ids: Sequence[str]) -> list[DecisionRow]:
    """Some decisions."""
    return rows(
        conn,
        DecisionRow,
        """
        SELECT id, withdrawal_id, stage, at, outcome, findings, checks, facts, facts_hash, policy_version, engine,
               shadow
          FROM decision WHERE id = ANY(%(ids)s)
        """,
        {"ids": list(ids)},
    )


def decisions_of(conn: Conn, withdrawal_id: str) -> list[DecisionRow]:
    """Every decision about one withdrawal, oldest first."""
    return rows(
        conn,
        DecisionRow,
        """
        SELECT id, withdrawal_id, stage, at, outcome, findings, checks, facts, facts_hash, policy_version, engine,
               shadow
          FROM decision WHERE withdrawal_id = %(id)s ORDER BY at, id
        """,
        {"id": withdrawal_id},
    )


# --- outside checks ----------------------------------------------------------------------------------------------


def ask_outside(conn: Conn, items: Sequence[Question]) -> None:
    """Pin decisions to outside checks: each is open until it is answered or its time is over."""
    run(
        conn,
        """
        INSERT INTO outside_answer (ref, check_id, asked_at, due_at)
        SELECT * FROM unnest(%(refs)s::text[], %(checks)s::text[], %(asked)s::timestamptz[], %(due)s::timestamptz[])
        """,
        {
            "refs": [q.ref for q in items],
            "checks": [q.check_id for q in items],
            "asked": [q.asked_at for q in items],
            "due": [q.due_at for q in items],
        },
    )


def outside_of(conn: Conn, ref: str) -> list[Question]:
    """The outside checks of one withdrawal, by name."""
    return rows(
        conn,
        Question,
        """
        SELECT ref, check_id, state, outcome, detail, asked_at, due_at, ends_at
          FROM outside_answer WHERE ref = %(ref)s ORDER BY check_id
        """,
        {"ref": ref},
    )


def outside_open(conn: Conn, check: str, now: datetime, limit: int) -> list[Question]:
    """Questions of one check that may still be answered, oldest first: for whoever asks outside."""
    return rows(
        conn,
        Question,
        """
        SELECT ref, check_id, state, outcome, detail, asked_at, due_at, ends_at FROM outside_answer
         WHERE state = 'pending' AND check_id = %(check)s AND due_at > %(now)s ORDER BY due_at, ref LIMIT %(limit)s
        """,
        {"check": check, "now": now, "limit": limit},
    )


def answer_outside(
    conn: Conn,
    ref: str,
    check: str,
    state: str,
    outcome: str | None,
    detail: str,
    ends_at: datetime | None,
    now: datetime,
) -> int:
    """Write an answer down, once; 1 when this call did."""
    return run(
        conn,
        """
        UPDATE outside_answer SET state = %(state)s, outcome = %(outcome)s, detail = %(detail)s, answered_at = %(now)s,
               ends_at = %(ends)s
         WHERE ref = %(ref)s AND check_id = %(check)s AND state = 'pending'
        """,
        {"ref": ref, "check": check, "state": state, "outcome": outcome, "detail": detail, "now": now, "ends": ends_at},
    )


def time_out_outside(conn: Conn, ref: str, now: datetime) -> int:
    """What was not answered in time has timed out; how many."""
    return run(
        conn,
        """
        UPDATE outside_answer SET state = 'timeout', answered_at = %(now)s
         WHERE ref = %(ref)s AND state = 'pending' AND due_at <= %(now)s
        """,
        {"ref": ref, "now": now},
    )


def outside_overdue(conn: Conn, now: datetime, limit: int) -> list[str]:
    """Withdrawals with an outside check that was not answered in time, the longest overdue first."""
    found = conn.execute(
        """
        SELECT ref FROM outside_answer WHERE state = 'pending' AND due_at <= %(now)s
         GROUP BY ref ORDER BY min(due_at), ref LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    return [ref for (ref,) in found]


# --- decisions that stand alone ----------------------------------------------------------------------------------


def insert_lone(conn: Conn, items: Sequence[Lone]) -> None:
    """Write lone decisions; their decisions are there already."""
    run(
        conn,
        """
        INSERT INTO lone_decision (decision_id, party_id, requester, status, expires_at, created_at, ended_at)
        SELECT * FROM unnest(%(ids)s::text[], %(parties)s::text[], %(requesters)s::text[], %(statuses)s::text[],
                             %(expires)s::timestamptz[], %(created)s::timestamptz[], %(ended)s::timestamptz[])
        """,
        {
            "ids": [d.decision_id for d in items],
            "parties": [d.party_id for d in items],
            "requesters": [d.requester for d in items],
            "statuses": [d.status.value for d in items],
            "expires": [d.expires_at for d in items],
            "created": [d.created_at for d in items],
            "ended": [d.ended_at for d in items],
        },
    )


def lone(conn: Conn, decision_id: str) -> Lone | None:
    """One lone decision; None for one about a withdrawal."""
    return row(
        conn,
        Lone,
        """
        SELECT decision_id, party_id, requester, status, expires_at, created_at, ended_at
          FROM lone_decision WHERE decision_id = %(id)s
        """,
        {"id": decision_id},
    )


def end_lone(conn: Conn, decision_id: str, status: str, now: datetime) -> int:
    """The only move of a lone decision; 1 when it was open. Its party is locked."""
    return run(
        conn,
        """
        UPDATE lone_decision SET status = %(status)s, ended_at = %(now)s
         WHERE decision_id = %(id)s AND status = 'open'
        """,
        {"id": decision_id, "status": status, "now": now},
    )


def lone_expiring(conn: Conn, now: datetime, limit: int) -> list[str]:
    """Lone decisions whose room was kept long enough, oldest first."""
    found = conn.execute(
        """
        SELECT decision_id FROM lone_decision WHERE status = 'open' AND expires_at <= %(now)s
         ORDER BY expires_at, decision_id LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    return [id for (id,) in found]


# --- places, travel rule, vendors --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a party's account that a place's delay begins with."""

    party_id: str
    event: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClassUse:
    """What a party reserved and consumed in a window, micro-USD: of every asset, and of stablecoins alone."""

    party_id: str
    hours: int
    any: int
    stablecoin: int


@dataclass(frozen=True, slots=True)
class TravelMessage:
    """A travel-rule message as stored: what is sent, to the byte."""

    ref: str
    id: str
    vasp_id: str
    fields: str
    body: str
    created_at: datetime
    tries: int
    next_at: datetime
    answer: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class VendorAsk:
    """A question to an outside vendor that this worker has taken."""

    ref: str
    check_id: str
    id: str


def happened(conn: Conn, party_ids: Sequence[str]) -> list[Happened]:
    """When each event took place: the first and the newest deposit of a state's money, the newest deposit of coins,
    the newest purchase; for who never withdrew, the newest of money and purchases once more as `first_withdrawal`."""
    return rows(
        conn,
        Happened,
        """
        WITH asked AS (SELECT unnest(%(parties)s::text[]) AS party_id), said AS (
            SELECT e.party_id, e.type, min(e.at) AS first, max(e.at) AS newest
              FROM asked JOIN party_events_v e USING (party_id)
             WHERE e.type IN ('fiat_deposit', 'purchase') GROUP BY e.party_id, e.type
        )
        SELECT party_id, 'first_deposit' AS event, first AS at FROM said WHERE type = 'fiat_deposit'
        UNION ALL SELECT party_id, 'each_deposit', newest FROM said WHERE type = 'fiat_deposit'
        UNION ALL SELECT party_id, 'each_purchase', newest FROM said WHERE type = 'purchase'
        UNION ALL SELECT d.party_id, 'each_coin_deposit', max(d.at)
          FROM asked JOIN credited_deposits_v d USING (party_id) GROUP BY d.party_id
        UNION ALL SELECT s.party_id, 'first_withdrawal', max(s.newest)
          FROM said s
         WHERE NOT EXISTS (SELECT FROM withdrawal w WHERE w.party_id = s.party_id AND w.status = 'settled')
         GROUP BY s.party_id
         ORDER BY 1, 2
        """,
        {"parties": list(party_ids)},
    )


def class_uses(
    conn: Conn, party_ids: Sequence[str], hours: Sequence[int], stablecoins: Sequence[str], own: str, now: datetime
) -> list[ClassUse]:
    """What parties' windows hold by class of assets, `own` (a withdrawal under review) not counted: one row per party
    and length."""
    return rows(
        conn,
        ClassUse,
        """
        SELECT p.party_id, h.hours, coalesce(sum(u.value), 0) AS any,
               coalesce(sum(u.value) FILTER (WHERE u.subjects[array_position(u.scopes, 'asset')]
                                                   = ANY(%(stablecoins)s::text[])), 0) AS stablecoin
          FROM unnest(%(parties)s::text[]) AS p (party_id)
         CROSS JOIN unnest(%(hours)s::int[], %(opens)s::timestamptz[]) AS h (hours, opens)
          LEFT JOIN LATERAL (
                SELECT w.id AS ref FROM withdrawal w
                 WHERE w.party_id = p.party_id AND w.created_at > h.opens AND w.id <> %(own)s
                 UNION ALL
                SELECT l.decision_id FROM lone_decision l WHERE l.party_id = p.party_id AND l.created_at > h.opens
               ) r ON true
          LEFT JOIN limit_use u ON u.ref = r.ref AND u.released_at IS NULL
         GROUP BY p.party_id, h.hours
        """,
        {
            "parties": list(party_ids),
            "hours": list(hours),
            "opens": [opens(now, length) for length in hours],
            "stablecoins": list(stablecoins),
            "own": own,
        },
    )


def put_statements(conn: Conn, said: Sequence[tuple[str, str]], now: datetime) -> None:
    """Keep what customers stated about withdrawals' receivers: (withdrawal, canonical JSON)."""
    run(
        conn,
        """
        INSERT INTO travel_statement (ref, said, changed_at)
        SELECT ref, said, %(now)s FROM unnest(%(refs)s::text[], %(said)s::text[]) AS s (ref, said)
        ON CONFLICT (ref) DO UPDATE SET said = excluded.said, changed_at = excluded.changed_at
        """,
        {"refs": [ref for ref, _ in said], "said": [text for _, text in said], "now": now},
    )


def statement(conn: Conn, ref: str) -> str | None:
    """What the customer stated about a withdrawal's receiver, canonical JSON."""
    got = conn.execute("SELECT said FROM travel_statement WHERE ref = %(ref)s", {"ref": ref}).fetchone()
    return got[0] if got else None


def postpone_outside(conn: Conn, ref: str, check: str, due: datetime) -> int:
    """Give an open question more time; 1 when it was open."""
    return run(
        conn,
        """
        UPDATE outside_answer SET due_at = %(due)s
         WHERE ref = %(ref)s AND check_id = %(check)s AND state = 'pending' AND due_at < %(due)s
        """,
        {"ref": ref, "check": check, "due": due},
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


def travel_due(conn: Conn, now: datetime, limit: int) -> list[str]:
    """Withdrawals in screening whose counterparty has to be told, or asked again, oldest first."""
    found = conn.execute(
        """
        SELECT a.ref FROM outside_answer a JOIN withdrawal w ON w.id = a.ref
          LEFT JOIN travel_message m ON m.ref = a.ref
         WHERE a.check_id = 'travel_rule' AND a.state = 'pending' AND a.due_at > %(now)s AND w.status = 'screening'
           AND (m.ref IS NULL OR (m.answer IS NULL AND m.next_at <= %(now)s))
         ORDER BY a.due_at, a.ref LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    ).fetchall()
    return [ref for (ref,) in found]


def travel_message(conn: Conn, ref: str) -> TravelMessage | None:
    """The message about a withdrawal; None = nothing was written yet."""
    return row(
        conn,
        TravelMessage,
        """
        SELECT ref, id, vasp_id, fields, body, created_at, tries, next_at, answer, answered_at
          FROM travel_message WHERE ref = %(ref)s
        """,
        {"ref": ref},
    )


def travel_message_by_id(conn: Conn, id: str) -> TravelMessage | None:
    """A message by its own id, as the counterparty knows it."""
    return row(
        conn,
        TravelMessage,
        """
        SELECT ref, id, vasp_id, fields, body, created_at, tries, next_at, answer, answered_at
          FROM travel_message WHERE id = %(id)s
        """,
        {"id": id},
    )


def add_travel_message(conn: Conn, m: TravelMessage) -> None:
    """Keep a message before it is sent."""
    run(
        conn,
        """
        INSERT INTO travel_message (ref, id, vasp_id, fields, body, created_at, tries, next_at)
        VALUES (%(ref)s, %(id)s, %(vasp)s, %(fields)s, %(body)s, %(at)s, %(tries)s, %(next)s)
        """,
        {
            "ref": m.ref,
            "id": m.id,
            "vasp": m.vasp_id,
            "fields": m.fields,
            "body": m.body,
            "at": m.created_at,
            "tries": m.tries,
            "next": m.next_at,
        },
    )


def try_travel_message(conn: Conn, ref: str, next_at: datetime) -> None:
    """Somebody is about to send it; the caller holds the withdrawal's lock."""
    run(
        conn,
        "UPDATE travel_message SET tries = tries + 1, next_at = %(next)s WHERE ref = %(ref)s AND answer IS NULL",
        {"ref": ref, "next": next_at},
    )


def answer_travel_message(conn: Conn, id: str, answer: str, now: datetime) -> int:
    """Write the counterparty's answer down, once; 1 when this call did."""
    return run(
        conn,
        "UPDATE travel_message SET answer = %(answer)s, answered_at = %(now)s WHERE id = %(id)s AND answer IS NULL",
        {"id": id, "answer": answer, "now": now},
    )


def take_vendor_asks(
    conn: Conn, checks: Sequence[str], ids: Sequence[str], now: datetime, again_at: datetime
) -> list[VendorAsk]:
    """Take open questions that nobody else is asking just now, the most urgent first, at most as many as there are
    `ids` for new ones. One that was left by a worker that died keeps its id."""
    return rows(
        conn,
        VendorAsk,
        """
        WITH open AS (
            SELECT o.ref, o.check_id, o.due_at FROM outside_answer o
             WHERE o.state = 'pending' AND o.check_id = ANY(%(checks)s::text[]) AND o.due_at > %(now)s
               AND NOT EXISTS (SELECT FROM vendor_ask v WHERE (v.ref, v.check_id) = (o.ref, o.check_id)
                                                          AND v.again_at > %(now)s)
             ORDER BY o.due_at, o.ref LIMIT cardinality(%(ids)s::text[]) FOR UPDATE SKIP LOCKED
        ), numbered AS (
            SELECT ref, check_id, row_number() OVER (ORDER BY due_at, ref, check_id) AS place FROM open
        )
        INSERT INTO vendor_ask AS v (ref, check_id, id, asked_at, again_at)
        SELECT ref, check_id, (%(ids)s::text[])[place], %(now)s, %(again)s FROM numbered
        ON CONFLICT (ref, check_id) DO UPDATE SET again_at = excluded.again_at WHERE v.again_at <= %(now)s
        RETURNING v.ref, v.check_id, v.id
        """,
        {"checks": list(checks), "ids": list(ids), "now": now, "again": again_at},
    )


# --- habits and haste --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HabitRow:
    """The past of one customer with one asset. Nothing = 0 for what is counted, None for what is not known."""

    party_id: str
    asset_id: int
    new_addresses: int
    left_units: int
    balance_units: int
    arrived_units: int
    sent_at: datetime | None
    sent: int
    largest: int | None
    median: int | None
    largest_units: int | None
    hot_units: int | None
    hot_as_of: datetime | None


def habits(
    conn: Conn, parties: Sequence[str], asset_ids: Sequence[int], networks: Sequence[str], now: datetime, minutes: int
) -> list[HabitRow]:
    """The past of these (party, asset) pairs: 24 hours, the last `minutes`, 90 days, ever.

    At most MOST_COUNTED rows of each kind are read, the newest first, so a machine's account costs no more than that.
    """
    return rows(
        conn,
        HabitRow,
        """
        SELECT p.party_id, p.asset_id,
               (SELECT count(*)::int FROM (SELECT FROM saved_addresses_v
                                            WHERE party_id = p.party_id AND saved_at > %(day)s LIMIT %(most)s) s)
                   AS new_addresses,
               coalesce((SELECT sum(w.units) FILTER (WHERE w.asset_id = p.asset_id)
                           FROM (SELECT asset_id, units FROM withdrawal
                                  WHERE party_id = p.party_id AND created_at > %(day)s
                                    AND status NOT IN ('declined', 'cancelled', 'expired', 'returned', 'seized')
                                  ORDER BY created_at DESC LIMIT %(most)s) w), 0) AS left_units,
               coalesce((SELECT e.posted_after FROM ledger_entries_v e
                          WHERE e.owner = p.party_id AND e.asset_id = p.asset_id AND e.at <= %(day)s
                          ORDER BY e.transfer_id DESC LIMIT 1), 0) AS balance_units,
               coalesce((SELECT sum(d.credited) FROM deposits_v d
                          WHERE d.party_id = p.party_id AND d.asset_id = p.asset_id
                            AND d.decided_at > %(arriving)s), 0) AS arrived_units,
               (SELECT ended_at FROM withdrawal WHERE party_id = p.party_id AND status = 'settled'
                 ORDER BY ended_at DESC LIMIT 1) AS sent_at,
               h.sent, h.largest, h.median,
               (SELECT units FROM withdrawal
                 WHERE party_id = p.party_id AND asset_id = p.asset_id AND status = 'settled'
                 ORDER BY units DESC LIMIT 1) AS largest_units,
               b.units AS hot_units, b.as_of AS hot_as_of
          FROM unnest(%(parties)s::text[], %(assets)s::int[], %(networks)s::text[]) AS p (party_id, asset_id, network)
          LEFT JOIN LATERAL (SELECT count(*)::int AS sent, max(value) AS largest,
                                    percentile_disc(0.5) WITHIN GROUP (ORDER BY value) AS median
                               FROM (SELECT value FROM withdrawal
                                      WHERE party_id = p.party_id AND status = 'settled' AND ended_at > %(season)s
                                      ORDER BY ended_at DESC LIMIT %(most)s) w) h ON true
          LEFT JOIN hot_balances_v b ON b.network = p.network AND b.asset_id = p.asset_id
        """,
        {
            "parties": list(parties),
            "assets": list(asset_ids),
            "networks": list(networks),
            "day": now - timedelta(hours=24),
            "arriving": now - timedelta(minutes=minutes),
            "season": now - timedelta(days=90),
            "most": MOST_COUNTED,
        },
    )


@dataclass(frozen=True, slots=True)
class RushRow:
    """What stands in the breaker's window, and how the breaker stands: a trip's fields are None where none holds.

    `accounts` and `destinations` do not count those that were named; None = too few reservations to pass any line.
    """

    trips: int
    number: int | None
    since: datetime | None
    line: str | None
    seen: int | None
    allowed: int | None
    minutes: int | None
    value: int
    accounts: int | None
    destinations: int | None
    known_accounts: list[str] | None  # those of the named ones that stand in the window
    known_destinations: list[str] | None


def rush(
    conn: Conn, start: datetime, more: int, line: int, accounts: Sequence[str], destinations: Sequence[str]
) -> RushRow:
    """The platform's window since `start`, or since the newest reset.

    Its value and an upper bound of what is counted come from the platform's own counter, in a few look-ups. Only
    where the bound and `more` requests could pass `line` are the reservations themselves read and told apart.
    """
    found = row(
        conn,
        RushRow,
        """
        SELECT e.trips, e.number, e.since, e.line, e.seen, e.allowed, e.minutes,
               coalesce(c.total - coalesce(b.total_after, 0) - coalesce(r.value, 0), 0) AS value,
               d.accounts, d.destinations, d.known_accounts, d.known_destinations
          FROM (SELECT v.*, greatest(%(start)s::timestamptz, v.reset_at) AS opens FROM egress_v v) e
          LEFT JOIN limit_counter c ON c.scope = 'platform' AND c.subject = 'platform'
          LEFT JOIN LATERAL (SELECT total_after, step FROM limit_step s
                              WHERE s.scope = c.scope AND s.subject = c.subject AND s.at <= e.opens
                              ORDER BY s.at DESC, s.step DESC LIMIT 1) b ON true
          LEFT JOIN LATERAL (SELECT sum(s.released) AS value FROM limit_step s
                              WHERE s.scope = c.scope AND s.subject = c.subject AND s.at > e.opens
                                AND s.released_count > 0) r ON true
          LEFT JOIN LATERAL (
               SELECT count(DISTINCT u.party) FILTER (WHERE u.party <> ALL(%(accounts)s::text[]))::int AS accounts,
                      count(DISTINCT u.address) FILTER (WHERE u.address <> ALL(%(destinations)s::text[]))::int
                          AS destinations,
                      array_agg(DISTINCT u.party) FILTER (WHERE u.party = ANY(%(accounts)s::text[]))
                          AS known_accounts,
                      array_agg(DISTINCT u.address) FILTER (WHERE u.address = ANY(%(destinations)s::text[]))
                          AS known_destinations
                 FROM (SELECT subjects[array_position(scopes, 'party')] AS party,
                              subjects[array_position(scopes, 'address')] AS address
                         FROM limit_use WHERE ats[1] > e.opens AND released_at IS NULL) u) d
            ON e.number IS NULL AND coalesce(c.count, 0) - coalesce(b.step, 0) + %(more)s > %(line)s
        """,
        {
            "start": start,
            "more": more,
            "line": line,
            "accounts": list(accounts),
            "destinations": list(destinations),
        },
    )
    assert found is not None  # the view has one row, always
    return found


def first_facts(conn: Conn, withdrawal_id: str) -> str | None:
    """The facts of the decision at the request, as they were kept."""
    got = conn.execute(
        "SELECT facts FROM decision WHERE withdrawal_id = %(id)s AND stage = 'request'", {"id": withdrawal_id}
    ).fetchone()
    return got[0] if got else None
