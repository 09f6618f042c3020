"""What happened to a party's account, and what its logins say: the statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, rows, run


@dataclass(frozen=True, slots=True)
class Event:
    """Something the platform told us about a customer's account."""

    id: str
    party_id: str
    type: str
    at: datetime  # when it happened
    known_at: datetime  # when we were told
    device_id: str | None
    ip: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class Latest:
    """An event of a type, and when it happened."""

    party_id: str
    type: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LoginRow:
    """What a party's logins say. Without a login only the party."""

    party_id: str
    login_at: datetime | None
    country: str | None
    complete: bool
    device_at: datetime | None
    network_at: datetime | None
    country_at: datetime | None
    travel_at: datetime | None
    travel_minutes: int | None
    travel_from: str | None
    travel_to: str | None


def add_event(conn: Conn, event: Event) -> None:
    """Keep an event."""
    run(
        conn,
        """
        INSERT INTO party_event (id, party_id, type, at, known_at, device_id, ip, country)
        VALUES (%(id)s, %(party)s, %(type)s, %(at)s, %(known)s, %(device)s, %(ip)s, %(country)s)
        """,
        {
            "id": event.id,
            "party": event.party_id,
            "type": event.type,
            "at": event.at,
            "known": event.known_at,
            "device": event.device_id,
            "ip": event.ip,
            "country": event.country,
        },
    )


def see_login(conn: Conn, party_id: str, seen: Mapping[str, str], at: datetime) -> None:
    """Remember device, network and country of a login by kind: the earliest and the latest time, in any order."""
    run(
        conn,
        """
        INSERT INTO login_seen AS s (party_id, kind, value, first_at, last_at)
        SELECT %(party)s, kind, value, %(at)s, %(at)s
          FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS u (kind, value)
        ON CONFLICT (party_id, kind, value) DO UPDATE
           SET first_at = least(s.first_at, excluded.first_at), last_at = greatest(s.last_at, excluded.last_at)
        """,
        {"party": party_id, "kinds": list(seen), "values": list(seen.values()), "at": at},
    )


def logins(conn: Conn, ids: Sequence[str], since: datetime, minutes: int) -> list[LoginRow]:
    """What the logins of these parties say; travel: in different countries less than `minutes` apart, after `since`.

    Neighbours in time are enough: between two logins in different countries lie two neighbours in different countries.
    Nobody's logins are read who was seen in one country only.
    """
    return rows(
        conn,
        LoginRow,
        """
        SELECT p.id AS party_id, n.at AS login_at, n.country, coalesce(n.complete, false) AS complete,
               (SELECT first_at FROM login_seen WHERE party_id = p.id AND kind = 'device'
                 ORDER BY first_at DESC LIMIT 1) AS device_at,
               (SELECT first_at FROM login_seen WHERE party_id = p.id AND kind = 'network'
                 ORDER BY first_at DESC LIMIT 1) AS network_at,
               (SELECT first_at FROM login_seen WHERE party_id = p.id AND kind = 'country'
                 ORDER BY first_at DESC LIMIT 1) AS country_at,
               t.at AS travel_at, t.minutes AS travel_minutes, t.before AS travel_from, t.country AS travel_to
          FROM unnest(%(ids)s::text[]) AS p (id)
          LEFT JOIN LATERAL (SELECT e.at, e.country,
                                    e.device_id IS NOT NULL AND e.ip IS NOT NULL AND e.country IS NOT NULL AS complete
                               FROM party_event e WHERE e.party_id = p.id AND e.type = 'login'
                              ORDER BY e.at DESC, e.country, e.device_id, e.ip LIMIT 1) n ON true
          LEFT JOIN LATERAL (SELECT c.at, c.country, c.before, floor(extract(epoch FROM c.gap) / 60)::int AS minutes
                               FROM (SELECT e.at, e.country, lag(e.country) OVER so_far AS before,
                                            e.at - lag(e.at) OVER so_far AS gap
                                       FROM party_event e
                                      WHERE e.party_id = p.id AND e.type = 'login' AND e.country IS NOT NULL
                                        AND e.at > %(since)s::timestamptz - make_interval(mins => %(minutes)s::int)
                                     WINDOW so_far AS (ORDER BY e.at, e.country)) c
                              WHERE c.before <> c.country AND c.at > %(since)s::timestamptz
                                AND c.gap < make_interval(mins => %(minutes)s::int)
                              ORDER BY c.at DESC, c.gap, c.country LIMIT 1) t
            ON (SELECT count(*) FROM login_seen WHERE party_id = p.id AND kind = 'country') > 1
        """,
        {"ids": list(ids), "since": since, "minutes": minutes},
    )


def latest_events(conn: Conn, ids: Sequence[str], types: Sequence[str]) -> list[Latest]:
    """When each of these types last happened to each of these parties: one index look-up per pair."""
    return rows(
        conn,
        Latest,
        """
        SELECT p.id AS party_id, t.type, e.at
          FROM unnest(%(ids)s::text[]) AS p (id) CROSS JOIN unnest(%(types)s::text[]) AS t (type)
         CROSS JOIN LATERAL (SELECT at FROM party_event
                              WHERE party_id = p.id AND type = t.type ORDER BY at DESC LIMIT 1) AS e
        """,
        {"ids": list(ids), "types": list(types)},
    )


def events_since(conn: Conn, party_id: str, types: Sequence[str], since: datetime) -> list[Latest]:
    """Every event of these types that happened to a party after `since`, oldest first."""
    return rows(
        conn,
        Latest,
        """
        SELECT party_id, type, at FROM party_event
         WHERE party_id = %(party)s AND type = ANY(%(types)s::text[]) AND at > %(since)s ORDER BY at, type
        """,
        {"party": party_id, "types": list(types), "since": since},
    )


def alarms(conn: Conn, party_id: str, events: Sequence[str], kinds: Sequence[str]) -> int:
    """How many events of these types and restrictions of these kinds a party ever had."""
    got = conn.execute(
        """
        SELECT (SELECT count(*) FROM party_event WHERE party_id = %(party)s AND type = ANY(%(events)s::text[]))
             + (SELECT count(*) FROM restriction WHERE party_id = %(party)s AND kind = ANY(%(kinds)s::text[]))
        """,
        {"party": party_id, "events": list(events), "kinds": list(kinds)},
    ).fetchone()
    return int(got[0]) if got else 0


def seen_device_before(conn: Conn, event_id: str) -> bool:
    """Whether the login's device is no news: known from an earlier one, or the first we ever heard of, or unnamed."""
    found = conn.execute(
        """
        SELECT e.device_id IS NULL
            OR EXISTS (SELECT FROM party_event b WHERE b.party_id = e.party_id AND b.id <> e.id AND b.at <= e.at
                          AND b.type = 'login' AND b.device_id = e.device_id)
            OR NOT EXISTS (SELECT FROM party_event b WHERE b.party_id = e.party_id AND b.id <> e.id AND b.at <= e.at
                              AND b.type = 'login')
          FROM party_event e WHERE e.id = %(id)s
        """,
        {"id": event_id},
    ).fetchone()
    return found is None or bool(found[0])
