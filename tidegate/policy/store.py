"""Policy versions and kill switches: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.policy.breaker import Reset, Trip
from tidegate.policy.exemption import Exemption
from tidegate.policy.switch import Switch
from tidegate.policy.what_if import WhatIf


@dataclass(frozen=True, slots=True)
class Version:
    """One version as stored. `active_from` None = nobody has put it in force."""

    version: int
    body: str  # canonical JSON of the pack
    hash: str  # sha256 of the body, hex
    created_by: str
    created_at: datetime
    approved_by: str | None
    active_from: datetime | None
    approved_at: datetime | None  # a loosening waits from here on
    restores: int | None  # a roll-back: the version whose pack it proposes again


@dataclass(frozen=True, slots=True)
class InForce:
    version: int
    hash: str


@dataclass(frozen=True, slots=True)
class SwitchFile:
    """A kill switch with its whole story."""

    id: str
    scope: str
    subject: str
    reason: str
    since: datetime
    on_by: str
    off_at: datetime | None
    off_by: str | None


def add(conn: Conn, body: str, hash: str, author: str, now: datetime, restores: int | None = None) -> Version:
    """Keep a pack as a new version, a draft."""
    added = row(
        conn,
        Version,
        """
        INSERT INTO policy_version (body, hash, created_by, created_at, restores)
        VALUES (%(body)s, %(hash)s, %(author)s, %(now)s, %(restores)s)
        RETURNING version, body, hash, created_by, created_at, approved_by, active_from, approved_at, restores
        """,
        {"body": body, "hash": hash, "author": author, "now": now, "restores": restores},
    )
    assert added is not None
    return added


def lock(conn: Conn, version: int) -> Version | None:
    """One version, row-locked until the transaction ends."""
    return row(
        conn,
        Version,
        """
        SELECT version, body, hash, created_by, created_at, approved_by, active_from, approved_at,
               restores
          FROM policy_version
         WHERE version = %(version)s FOR UPDATE
        """,
        {"version": version},
    )


def get(conn: Conn, version: int) -> Version | None:
    """One version."""
    return row(
        conn,
        Version,
        """
        SELECT version, body, hash, created_by, created_at, approved_by, active_from, approved_at,
               restores
          FROM policy_version
         WHERE version = %(version)s
        """,
        {"version": version},
    )


def versions(conn: Conn) -> list[Version]:
    """Every version, newest first."""
    return rows(
        conn,
        Version,
        """
        SELECT version, body, hash, created_by, created_at, approved_by, active_from, approved_at,
               restores
          FROM policy_version
         ORDER BY version DESC
        """,
        {},
    )


def approve(conn: Conn, version: int, approver: str, now: datetime) -> None:
    """Name the second person."""
    run(
        conn,
        "UPDATE policy_version SET approved_by = %(approver)s, approved_at = %(now)s WHERE version = %(version)s",
        {"version": version, "approver": approver, "now": now},
    )


def add_what_if(conn: Conn, made: WhatIf) -> None:
    """Keep who would move under a version; the newest counts."""
    run(
        conn,
        """
        INSERT INTO policy_what_if (version, months, rated, moves, by, at, good_until, signals)
        VALUES (%(version)s, %(months)s::text[], %(rated)s, %(moves)s, %(by)s, %(at)s, %(good_until)s, %(signals)s)
        """,
        {
            "version": made.version,
            "months": made.months,
            "rated": made.rated,
            "moves": made.moves,
            "by": made.by,
            "at": made.at,
            "good_until": made.good_until,
            "signals": made.signals,
        },
    )


def what_if(conn: Conn, version: int) -> WhatIf | None:
    """The newest answer for a version."""
    return row(
        conn,
        WhatIf,
        """
        SELECT version, months, rated, moves, by, at, good_until, signals FROM policy_what_if
         WHERE version = %(version)s ORDER BY n DESC LIMIT 1
        """,
        {"version": version},
    )


def lock_order(conn: Conn) -> None:
    """Activations take turns: each is compared with what the one before it has put in force."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('policy in force', 0))")


def standing(conn: Conn, now: datetime, until: datetime) -> list[Version]:
    """What is in force now, and every version that comes into force after now and not later than `until`."""
    return rows(
        conn,
        Version,
        """
        (SELECT version, body, hash, created_by, created_at, approved_by, active_from, approved_at, restores
           FROM policy_version WHERE active_from <= %(now)s ORDER BY active_from DESC, version DESC LIMIT 1)
        UNION ALL
        SELECT version, body, hash, created_by, created_at, approved_by, active_from, approved_at, restores
          FROM policy_version WHERE active_from > %(now)s AND active_from <= %(until)s
        """,
        {"now": now, "until": until},
    )


def scheduled(conn: Conn, after: datetime) -> list[Version]:
    """Every version that comes into force after a time."""
    return rows(
        conn,
        Version,
        """
        SELECT version, body, hash, created_by, created_at, approved_by, active_from, approved_at, restores
          FROM policy_version WHERE active_from > %(after)s ORDER BY active_from, version
        """,
        {"after": after},
    )


def take_off(conn: Conn, version: int) -> None:
    """Take a scheduled version's time away: it is agreed, and no more."""
    run(conn, "UPDATE policy_version SET active_from = NULL WHERE version = %(version)s", {"version": version})


def activate(conn: Conn, version: int, active_from: datetime) -> None:
    """Say from when it is in force. Once that time has come the row never changes."""
    run(
        conn,
        "UPDATE policy_version SET active_from = %(active_from)s WHERE version = %(version)s",
        {"version": version, "active_from": active_from},
    )


def in_force(conn: Conn, now: datetime) -> InForce | None:
    """The version in force: of those whose time has come, the one whose time came last."""
    return row(
        conn,
        InForce,
        """
        SELECT version, hash FROM policy_version WHERE active_from <= %(now)s
         ORDER BY active_from DESC, version DESC LIMIT 1
        """,
        {"now": now},
    )


def add_switch(conn: Conn, id: str, scope: str, subject: str, reason: str, by: str, now: datetime) -> Switch | None:
    """Switch it on; None where it is on already."""
    return row(
        conn,
        Switch,
        """
        INSERT INTO kill_switch (id, scope, subject, reason, since, on_by)
        VALUES (%(id)s, %(scope)s, %(subject)s, %(reason)s, %(now)s, %(by)s)
        ON CONFLICT (scope, subject) WHERE off_at IS NULL DO NOTHING
        RETURNING id, scope, subject, reason, since
        """,
        {"id": id, "scope": scope, "subject": subject, "reason": reason, "by": by, "now": now},
    )


def end_switch(conn: Conn, id: str, by: str, now: datetime) -> Switch | None:
    """Switch it off; None where no such switch is on."""
    return row(
        conn,
        Switch,
        """
        UPDATE kill_switch SET off_at = %(now)s, off_by = %(by)s WHERE id = %(id)s AND off_at IS NULL
        RETURNING id, scope, subject, reason, since
        """,
        {"id": id, "by": by, "now": now},
    )


def switch(conn: Conn, id: str) -> SwitchFile | None:
    """One switch with its whole story."""
    return row(
        conn,
        SwitchFile,
        "SELECT id, scope, subject, reason, since, on_by, off_at, off_by FROM kill_switch WHERE id = %(id)s",
        {"id": id},
    )


def switches(conn: Conn) -> list[Switch]:
    """The switches that are on, oldest first."""
    return rows(conn, Switch, "SELECT id, scope, subject, reason, since FROM kill_switches_v ORDER BY since, id", {})


def add_exemption(conn: Conn, made: Exemption) -> int:
    """Keep a proposal; 0 where the customer has an exemption there that has not ended."""
    return run(
        conn,
        """
        INSERT INTO exemption (id, place, party_id, reason, until, proposed_by, proposed_at)
        VALUES (%(id)s, %(place)s, %(party)s, %(reason)s, %(until)s, %(by)s, %(at)s)
        ON CONFLICT (place, party_id) WHERE ended_at IS NULL DO NOTHING
        """,
        {
            "id": made.id,
            "place": made.place,
            "party": made.party_id,
            "reason": made.reason,
            "until": made.until,
            "by": made.proposed_by,
            "at": made.proposed_at,
        },
    )


def lock_exemption(conn: Conn, id: str) -> Exemption | None:
    """One exemption, row-locked."""
    return row(
        conn,
        Exemption,
        """
        SELECT id, place, party_id, reason, until, proposed_by, proposed_at, approved_by, approved_at,
               ended_by, ended_at
          FROM exemption WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def lock_place(conn: Conn, place: str) -> None:
    """Approvals of one place take turns: each counts what the one before it has agreed on."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('exemption ' || %(place)s, 0))", {"place": place})


def approve_exemption(conn: Conn, id: str, person: str, now: datetime) -> None:
    """Name the second person."""
    run(
        conn,
        "UPDATE exemption SET approved_by = %(person)s, approved_at = %(now)s WHERE id = %(id)s",
        {"id": id, "person": person, "now": now},
    )


def end_exemption(conn: Conn, id: str, person: str, now: datetime) -> int:
    """End it; 0 where it has ended."""
    return run(
        conn,
        "UPDATE exemption SET ended_by = %(person)s, ended_at = %(now)s WHERE id = %(id)s AND ended_at IS NULL",
        {"id": id, "person": person, "now": now},
    )


def end_expired(conn: Conn, place: str, party_id: str, now: datetime) -> None:
    """Close what ran out, so that a new one may be proposed."""
    run(
        conn,
        """
        UPDATE exemption SET ended_by = 'expired', ended_at = until
         WHERE place = %(place)s AND party_id = %(party)s AND ended_at IS NULL AND until <= %(now)s
        """,
        {"place": place, "party": party_id, "now": now},
    )


def exemptions(conn: Conn, place: str | None, party_id: str | None, before: str | None, limit: int) -> list[Exemption]:
    """Exemptions, newest first."""
    return rows(
        conn,
        Exemption,
        """
        SELECT id, place, party_id, reason, until, proposed_by, proposed_at, approved_by, approved_at,
               ended_by, ended_at
          FROM exemption
         WHERE (%(place)s::text IS NULL OR place = %(place)s) AND (%(party)s::text IS NULL OR party_id = %(party)s)
           AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"place": place, "party": party_id, "before": before, "limit": limit},
    )


@dataclass(frozen=True, slots=True)
class Exempt:
    party_id: str
    place: str


def exempt(conn: Conn, party_ids: Sequence[str], now: datetime) -> list[Exempt]:
    """The places whose delays do not hold these parties now."""
    return rows(
        conn,
        Exempt,
        "SELECT party_id, place FROM exemptions_v WHERE party_id = ANY(%(ids)s) AND until > %(now)s",
        {"ids": list(party_ids), "now": now},
    )


@dataclass(frozen=True, slots=True)
class Share:
    in_force: int
    customers: int


def share(conn: Conn, place: str, countries: Sequence[str], now: datetime) -> Share:
    """How many customers a place has, and how many of them are exempt from its delays."""
    found = row(
        conn,
        Share,
        """
        SELECT (SELECT count(*) FROM exemptions_v WHERE place = %(place)s AND until > %(now)s) AS in_force,
               (SELECT count(*) FROM party WHERE country = ANY(%(countries)s)) AS customers
        """,
        {"place": place, "countries": list(countries), "now": now},
    )
    assert found is not None
    return found


# The egress breaker.


@dataclass(frozen=True, slots=True)
class BreakerRow:
    """How the breaker stands: the fields of a trip are None where none holds."""

    trips: int
    reset_at: datetime | None
    number: int | None
    since: datetime | None
    line: str | None
    seen: int | None
    allowed: int | None
    minutes: int | None


def breaker(conn: Conn) -> BreakerRow:
    """How the breaker stands."""
    found = row(
        conn, BreakerRow, "SELECT trips, reset_at, number, since, line, seen, allowed, minutes FROM egress_v", {}
    )
    assert found is not None  # the view has one row, always
    return found


def trip(conn: Conn, made: Trip) -> int:
    """Open the breaker; 0 where this trip is known already."""
    return run(
        conn,
        """
        INSERT INTO egress_trip (number, since, line, seen, allowed, minutes)
        VALUES (%(number)s, %(since)s, %(line)s, %(seen)s, %(allowed)s, %(minutes)s) ON CONFLICT DO NOTHING
        """,
        {
            "number": made.number,
            "since": made.since,
            "line": made.line,
            "seen": made.seen,
            "allowed": made.allowed,
            "minutes": made.minutes,
        },
    )


def lock_trip(conn: Conn) -> Trip | None:
    """The trip that holds, row-locked: those who ask for its reset take turns."""
    return row(
        conn,
        Trip,
        "SELECT number, since, line, seen, allowed, minutes FROM egress_trip WHERE reset_at IS NULL FOR UPDATE",
        {},
    )


def add_reset(conn: Conn, voice: Reset) -> None:
    """One person asks for the reset; the caller looked whether they did before."""
    run(
        conn,
        """
        INSERT INTO egress_reset (trip, person, reason, at) VALUES (%(trip)s, %(person)s, %(reason)s, %(at)s)
        """,
        {"trip": voice.trip, "person": voice.person, "reason": voice.reason, "at": voice.at},
    )


def resets(conn: Conn, number: int) -> list[Reset]:
    """Who asked for the reset of a trip, oldest first."""
    return rows(
        conn,
        Reset,
        "SELECT trip, person, reason, at FROM egress_reset WHERE trip = %(trip)s ORDER BY at, person",
        {"trip": number},
    )


def end_trip(conn: Conn, number: int, now: datetime) -> None:
    """Close the breaker; its row is locked."""
    run(conn, "UPDATE egress_trip SET reset_at = %(now)s WHERE number = %(number)s", {"number": number, "now": now})
