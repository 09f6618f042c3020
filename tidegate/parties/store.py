"""Parties, events, factors, keys, sessions, restrictions: the statements. Party rows are locked first, by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.parties.party import Party, Restriction, Verified


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
    party_id: str
    type: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor in use. `sealed` is its secret under the platform's data key."""

    id: str
    party_id: str
    sealed: bytes
    last_step: int
    wrong_codes: int  # in a row, since the last right one
    wrong_at: datetime | None  # the newest of them
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A factor in use as its customer sees it. Keys and counts are those of a passkey."""

    id: str
    party_id: str
    kind: str  # "totp", "passkey"
    name: str
    credential: bytes | None
    public_key: bytes | None
    sign_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Challenge:
    """What an authenticator is asked to sign: once, for one thing, for a few minutes."""

    challenge: bytes
    party_id: str
    subject: str  # "fac_…" to be, or "wd_…"
    nonce: bytes
    name: str  # of the passkey to be
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as stored: its secret is nowhere. `scopes` None = all of its role, `addresses` None = anywhere."""

    id: str
    role: str
    party_id: str | None
    label: str
    scopes: list[str] | None
    addresses: list[str] | None
    expires_at: datetime | None
    created_by: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffSession:
    key_id: str
    csrf: str
    created_at: datetime
    seen_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Id:
    id: str


def add(
    conn: Conn,
    id: str,
    kind: str,
    external_id: str,
    country: str,
    name: str,
    email: str,
    language: str,
    now: datetime,
) -> Party | None:
    """Register a party; None where the external id is taken."""
    return row(
        conn,
        Party,
        """
        INSERT INTO party (id, kind, external_id, country, name, email, language, created_at)
        VALUES (%(id)s, %(kind)s, %(external)s, %(country)s, %(name)s, %(email)s, %(language)s, %(now)s)
        ON CONFLICT (external_id) DO NOTHING
        RETURNING id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
                  reference, version, created_at, language, identified_at
        """,
        {
            "id": id,
            "kind": kind,
            "external": external_id,
            "country": country,
            "name": name,
            "email": email,
            "language": language,
            "now": now,
        },
    )


def lock(conn: Conn, ids: Sequence[str]) -> list[Party]:
    """The parties, row-locked in id order until the transaction ends.

    `NO KEY` lets others insert rows that merely refer to a party (an address, a deposit) meanwhile.
    """
    return rows(
        conn,
        Party,
        """
        SELECT id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
               reference, version, created_at, language, identified_at
          FROM party WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE
        """,
        {"ids": list(ids)},
    )


def get(conn: Conn, id: str) -> Party | None:
    """One party."""
    return row(
        conn,
        Party,
        """
        SELECT id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
               reference, version, created_at, language, identified_at
          FROM party WHERE id = %(id)s
        """,
        {"id": id},
    )


def by_external_id(conn: Conn, external_id: str) -> Party | None:
    """The party that the platform calls so."""
    return row(
        conn,
        Party,
        """
        SELECT id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
               reference, version, created_at, language, identified_at
          FROM party WHERE external_id = %(external)s
        """,
        {"external": external_id},
    )


def page(conn: Conn, before: str | None, limit: int) -> list[Party]:
    """Parties, newest first, those registered before `before`."""
    return rows(
        conn,
        Party,
        """
        SELECT id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
               reference, version, created_at, language, identified_at
          FROM party WHERE %(before)s::text IS NULL OR id < %(before)s ORDER BY id DESC LIMIT %(limit)s
        """,
        {"before": before, "limit": limit},
    )


def search(conn: Conn, text: str, before: str | None, limit: int) -> list[Party]:
    """Parties whose id, external id or mail address is `text`, or whose name contains it; newest first."""
    return rows(
        conn,
        Party,
        """
        SELECT id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
               reference, version, created_at, language, identified_at
          FROM party
         WHERE (id = %(text)s OR external_id = %(text)s OR lower(email) = lower(%(text)s)
                OR position(lower(%(text)s) in lower(name)) > 0
                OR position(lower(%(text)s) in lower(coalesce(verified_name, ''))) > 0)
           AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"text": text, "before": before, "limit": limit},
    )


def bump(conn: Conn, id: str) -> None:
    """Say that something about the party changed: what was decided on the version before is looked at again."""
    run(conn, "UPDATE party SET version = version + 1 WHERE id = %(id)s", {"id": id})


def set_language(conn: Conn, id: str, language: str) -> None:
    """Write to the party in this language from now on. It decides nothing, so the version stays."""
    run(conn, "UPDATE party SET language = %(language)s WHERE id = %(id)s", {"id": id, "language": language})


def set_identity(conn: Conn, id: str, verified: Verified, now: datetime) -> None:
    """Write down what was verified, all of it, and bump the version."""
    run(
        conn,
        """
        UPDATE party SET level = %(level)s, verified_name = %(name)s, date_of_birth = %(born)s,
               country = coalesce(%(country)s, country), provider = %(provider)s, reference = %(reference)s,
               identified_at = %(now)s, version = version + 1
         WHERE id = %(id)s
        """,
        {
            "id": id,
            "level": verified.level,
            "name": verified.verified_name,
            "born": verified.date_of_birth,
            "country": verified.country,
            "provider": verified.provider,
            "reference": verified.reference,
            "now": now,
        },
    )


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


def factor(conn: Conn, party_id: str) -> Factor | None:
    """The factor in use, row-locked until the transaction ends: a code is spent by one of two at once."""
    return row(
        conn,
        Factor,
        """
        SELECT id, party_id, sealed, last_step, wrong_codes, wrong_at, created_at FROM factor
         WHERE party_id = %(party)s AND kind = 'totp' AND revoked_at IS NULL FOR UPDATE
        """,
        {"party": party_id},
    )


def add_factor(conn: Conn, id: str, party_id: str, sealed: bytes, now: datetime) -> None:
    """Put a factor in use; a second one of its kind is a constraint error."""
    run(
        conn,
        """
        INSERT INTO factor (id, party_id, kind, sealed, created_at)
        VALUES (%(id)s, %(party)s, 'totp', %(sealed)s, %(now)s)
        """,
        {"id": id, "party": party_id, "sealed": sealed, "now": now},
    )


def revoke_factor(conn: Conn, id: str, now: datetime) -> None:
    """Take a factor out of use, for good."""
    run(conn, "UPDATE factor SET revoked_at = %(now)s WHERE id = %(id)s", {"id": id, "now": now})


def spend_step(conn: Conn, id: str, step: int) -> None:
    """Remember the newest time step whose code was accepted; the wrong ones before it are forgiven."""
    run(
        conn,
        "UPDATE factor SET last_step = %(step)s, wrong_codes = 0, wrong_at = NULL WHERE id = %(id)s",
        {"id": id, "step": step},
    )


def wrong_code(conn: Conn, id: str, in_a_row: int, now: datetime) -> None:
    """Remember a wrong code and how many there were in a row with it."""
    run(
        conn,
        "UPDATE factor SET wrong_codes = %(count)s, wrong_at = %(now)s WHERE id = %(id)s",
        {"id": id, "count": in_a_row, "now": now},
    )


@dataclass(frozen=True, slots=True)
class Kind:
    party_id: str
    kind: str


def kinds_of_factors(conn: Conn, ids: Sequence[str]) -> list[Kind]:
    """Which kinds of factor each of the parties has in use."""
    return rows(
        conn,
        Kind,
        "SELECT DISTINCT party_id, kind FROM factor WHERE party_id = ANY(%(ids)s) AND revoked_at IS NULL",
        {"ids": list(ids)},
    )


def factors(conn: Conn, party_id: str) -> list[Enrolled]:
    """What the party has in use, oldest first. The party's lock is what keeps the list still."""
    return rows(
        conn,
        Enrolled,
        """
        SELECT id, party_id, kind, name, credential, public_key, sign_count, created_at FROM factor
         WHERE party_id = %(party)s AND revoked_at IS NULL ORDER BY created_at, id
        """,
        {"party": party_id},
    )


def passkey(conn: Conn, party_id: str, credential: bytes) -> Enrolled | None:
    """The party's passkey of that name, row-locked until the transaction ends: its counter is compared once."""
    return row(
        conn,
        Enrolled,
        """
        SELECT id, party_id, kind, name, credential, public_key, sign_count, created_at FROM factor
         WHERE party_id = %(party)s AND credential = %(credential)s AND revoked_at IS NULL FOR UPDATE
        """,
        {"party": party_id, "credential": credential},
    )


def add_passkey(
    conn: Conn, id: str, party_id: str, name: str, credential: bytes, public_key: bytes, count: int, now: datetime
) -> int:
    """Put a passkey in use; 0 where that key is in use already, whoever has it."""
    return run(
        conn,
        """
        INSERT INTO factor (id, party_id, kind, name, credential, public_key, sign_count, created_at)
        VALUES (%(id)s, %(party)s, 'passkey', %(name)s, %(credential)s, %(key)s, %(count)s, %(now)s)
        ON CONFLICT (credential) WHERE revoked_at IS NULL DO NOTHING
        """,
        {
            "id": id,
            "party": party_id,
            "name": name,
            "credential": credential,
            "key": public_key,
            "count": count,
            "now": now,
        },
    )


def counted(conn: Conn, id: str, count: int) -> None:
    """Remember the authenticator's counter."""
    run(conn, "UPDATE factor SET sign_count = %(count)s WHERE id = %(id)s", {"id": id, "count": count})


def add_challenge(conn: Conn, made: Challenge) -> None:
    """Keep what an authenticator is asked to sign."""
    run(
        conn,
        """
        INSERT INTO passkey_challenge (challenge, party_id, subject, nonce, name, made_at, expires_at)
        VALUES (%(challenge)s, %(party)s, %(subject)s, %(nonce)s, %(name)s, %(made)s, %(expires)s)
        """,
        {
            "challenge": made.challenge,
            "party": made.party_id,
            "subject": made.subject,
            "nonce": made.nonce,
            "name": made.name,
            "made": made.made_at,
            "expires": made.expires_at,
        },
    )


def challenge(conn: Conn, challenge: bytes) -> Challenge | None:
    """A challenge of ours, row-locked until the transaction ends."""
    return row(
        conn,
        Challenge,
        """
        SELECT challenge, party_id, subject, nonce, name, made_at, expires_at, used_at FROM passkey_challenge
         WHERE challenge = %(challenge)s FOR UPDATE
        """,
        {"challenge": challenge},
    )


def newest_challenge(conn: Conn, subject: str) -> Challenge | None:
    """The newest challenge about a factor to be, or about a withdrawal."""
    return row(
        conn,
        Challenge,
        """
        SELECT challenge, party_id, subject, nonce, name, made_at, expires_at, used_at FROM passkey_challenge
         WHERE subject = %(subject)s ORDER BY made_at DESC, challenge LIMIT 1
        """,
        {"subject": subject},
    )


def use_challenge(conn: Conn, challenge: bytes, now: datetime) -> None:
    """It was answered, rightly or not."""
    run(
        conn,
        "UPDATE passkey_challenge SET used_at = %(now)s WHERE challenge = %(challenge)s",
        {"challenge": challenge, "now": now},
    )


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


def add_key(conn: Conn, key: Key, hash: bytes) -> None:
    """Keep a key by the hash of its secret."""
    run(
        conn,
        """
        INSERT INTO api_key (id, role, party_id, label, hash, scopes, addresses, expires_at, created_by, created_at)
        VALUES (%(id)s, %(role)s, %(party)s, %(label)s, %(hash)s, %(scopes)s, %(addresses)s, %(expires)s, %(by)s,
                %(at)s)
        """,
        {
            "id": key.id,
            "role": key.role,
            "party": key.party_id,
            "label": key.label,
            "hash": hash,
            "scopes": key.scopes,
            "addresses": key.addresses,
            "expires": key.expires_at,
            "by": key.created_by,
            "at": key.created_at,
        },
    )


@dataclass(frozen=True, slots=True)
class HashedKey(Key):
    """An API key with the hash that it was asked for by."""

    hash: bytes


def keys_by_hash(conn: Conn, hashes: Sequence[str]) -> list[HashedKey]:
    """The keys whose secrets have these hashes (hex), revoked or not."""
    return rows(
        conn,
        HashedKey,
        """
        SELECT id, role, party_id, label, scopes, addresses, expires_at, created_by, created_at, revoked_at, hash
          FROM api_key WHERE hash IN (SELECT decode(asked.hash, 'hex') FROM unnest(%(hashes)s::text[]) AS asked (hash))
        """,
        {"hashes": list(hashes)},
    )


def key_by_hash(conn: Conn, hash: bytes) -> Key | None:
    """The key whose secret has this hash, revoked or not."""
    return row(
        conn,
        Key,
        """
        SELECT id, role, party_id, label, scopes, addresses, expires_at, created_by, created_at, revoked_at
          FROM api_key WHERE hash = %(hash)s
        """,
        {"hash": hash},
    )


def key(conn: Conn, id: str) -> Key | None:
    """One key."""
    return row(
        conn,
        Key,
        """
        SELECT id, role, party_id, label, scopes, addresses, expires_at, created_by, created_at, revoked_at
          FROM api_key WHERE id = %(id)s
        """,
        {"id": id},
    )


def keys_by_id(conn: Conn, ids: Sequence[str]) -> list[Key]:
    """Some keys; ids that are none are passed over."""
    return rows(
        conn,
        Key,
        """
        SELECT id, role, party_id, label, scopes, addresses, expires_at, created_by, created_at, revoked_at
          FROM api_key WHERE id = ANY(%(ids)s)
        """,
        {"ids": list(ids)},
    )


def keys(conn: Conn) -> list[Key]:
    """Every key, newest first."""
    return rows(
        conn,
        Key,
        """
        SELECT id, role, party_id, label, scopes, addresses, expires_at, created_by, created_at, revoked_at
          FROM api_key ORDER BY id DESC
        """,
        {},
    )


def revoke_key(conn: Conn, id: str, now: datetime) -> int:
    """Revoke a key that is not revoked yet; 1 where it was this call that did."""
    return run(
        conn,
        "UPDATE api_key SET revoked_at = %(now)s WHERE id = %(id)s AND revoked_at IS NULL",
        {"id": id, "now": now},
    )


def add_session(conn: Conn, hash: bytes, key_id: str, csrf: str, now: datetime) -> None:
    """Sign a person in."""
    run(
        conn,
        """
        INSERT INTO staff_session (hash, key_id, csrf, created_at, seen_at)
        VALUES (%(hash)s, %(key)s, %(csrf)s, %(now)s, %(now)s)
        """,
        {"hash": hash, "key": key_id, "csrf": csrf, "now": now},
    )


def session(conn: Conn, hash: bytes) -> StaffSession | None:
    """The session whose cookie has this hash, ended or not."""
    return row(
        conn,
        StaffSession,
        "SELECT key_id, csrf, created_at, seen_at, ended_at FROM staff_session WHERE hash = %(hash)s",
        {"hash": hash},
    )


def open_sessions(conn: Conn, seen_after: datetime, opened_after: datetime) -> list[StaffSession]:
    """Sessions that nobody ended, used and opened after these times, the latest used first."""
    return rows(
        conn,
        StaffSession,
        """
        SELECT key_id, csrf, created_at, seen_at, ended_at FROM staff_session
         WHERE ended_at IS NULL AND seen_at > %(seen)s AND created_at > %(opened)s ORDER BY seen_at DESC, key_id
        """,
        {"seen": seen_after, "opened": opened_after},
    )


def see_session(conn: Conn, hash: bytes, now: datetime) -> None:
    """Somebody is there; never backwards, whatever order two requests are written in."""
    run(
        conn,
        "UPDATE staff_session SET seen_at = greatest(seen_at, %(now)s) WHERE hash = %(hash)s AND ended_at IS NULL",
        {"hash": hash, "now": now},
    )


def end_session(conn: Conn, hash: bytes, now: datetime) -> Id | None:
    """Sign out; the key of the session that ended just now, or None."""
    return row(
        conn,
        Id,
        """
        UPDATE staff_session SET ended_at = %(now)s WHERE hash = %(hash)s AND ended_at IS NULL
        RETURNING key_id AS id
        """,
        {"hash": hash, "now": now},
    )


def add_restriction(conn: Conn, order: Restriction) -> None:
    """Put a restriction in force."""
    run(
        conn,
        """
        INSERT INTO restriction (id, party_id, kind, until, value, reason, created_by, created_at)
        VALUES (%(id)s, %(party)s, %(kind)s, %(until)s, %(value)s, %(reason)s, %(by)s, %(at)s)
        """,
        {
            "id": order.id,
            "party": order.party_id,
            "kind": order.kind,
            "until": order.until,
            "value": order.value,
            "reason": order.reason,
            "by": order.created_by,
            "at": order.created_at,
        },
    )


def end_restriction(conn: Conn, id: str, until: datetime) -> int:
    """Let a restriction end at a time; 1 where it was this call that said so."""
    return run(
        conn,
        "UPDATE restriction SET until = %(until)s WHERE id = %(id)s AND lifted_at IS NULL AND until IS NULL",
        {"id": id, "until": until},
    )


def lift_restriction(conn: Conn, id: str, by: str, reason: str, now: datetime) -> int:
    """Lift a restriction that is not lifted yet; 1 where it was this call that did."""
    return run(
        conn,
        """
        UPDATE restriction SET lifted_by = %(by)s, lifted_at = %(now)s, lift_reason = %(reason)s
         WHERE id = %(id)s AND lifted_at IS NULL
        """,
        {"id": id, "by": by, "reason": reason, "now": now},
    )


def restriction(conn: Conn, id: str) -> Restriction | None:
    """One restriction, lifted or not."""
    return row(
        conn,
        Restriction,
        """
        SELECT id, party_id, kind, until, value, reason, created_by, created_at, lifted_by, lifted_at, lift_reason
          FROM restriction WHERE id = %(id)s
        """,
        {"id": id},
    )


def restrictions(conn: Conn, ids: Sequence[str], now: datetime) -> list[Restriction]:
    """What is in force on these parties, oldest first."""
    return rows(
        conn,
        Restriction,
        """
        SELECT id, party_id, kind, until, value, reason, created_by, created_at, lifted_by, lifted_at, lift_reason
          FROM restriction
         WHERE party_id = ANY(%(ids)s) AND lifted_at IS NULL AND (until IS NULL OR until > %(now)s)
         ORDER BY created_at, id
        """,
        {"ids": list(ids), "now": now},
    )


def restriction_page(conn: Conn, party_id: str | None, before: str | None, limit: int) -> list[Restriction]:
    """Restrictions ever ordered, of one party or of all, newest first, those before `before`."""
    return rows(
        conn,
        Restriction,
        """
        SELECT id, party_id, kind, until, value, reason, created_by, created_at, lifted_by, lifted_at, lift_reason
          FROM restriction
         WHERE (%(party)s::text IS NULL OR party_id = %(party)s) AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"party": party_id, "before": before, "limit": limit},
    )


# --- what nobody needs any more ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows of each kind were deleted."""

    challenges: int
    sessions: int


def purge(conn: Conn, expired_before: datetime, used_before: datetime, limit: int) -> Purged:
    """Delete passkeys' challenges that expired, and sessions of staff last used, before these times; the oldest first,
    at most `limit` of each."""
    found = row(
        conn,
        Purged,
        """
        WITH challenges AS (
            DELETE FROM passkey_challenge WHERE challenge IN (
                SELECT challenge FROM passkey_challenge WHERE expires_at < %(expired)s
                 ORDER BY expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED) RETURNING challenge
        ), sessions AS (
            DELETE FROM staff_session WHERE hash IN (
                SELECT hash FROM staff_session WHERE greatest(seen_at, ended_at) < %(used)s
                 ORDER BY seen_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED) RETURNING hash
        )
        SELECT (SELECT count(*) FROM challenges) AS challenges, (SELECT count(*) FROM sessions) AS sessions
        """,
        {"expired": expired_before, "used": used_before, "limit": limit},
    )
    assert found is not None  # it counts
    return found
