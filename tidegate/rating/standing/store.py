"""Tiers that hold, moves, and which events have justified a rise: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.rating.tiers import Tier
from tidegate.rating.transitions import Effective


@dataclass(frozen=True, slots=True)
class TierRow:
    """The tier that holds, as stored."""

    subject_id: str
    tier: str
    since: datetime | None
    medium_since: datetime | None
    observation_ends: datetime | None
    relapse_ends: datetime | None
    restriction_starts: datetime | None
    restriction_ends: datetime | None
    last_event: datetime | None
    quiet_medium: datetime | None
    quiet_high: datetime | None
    cooperation_by: str | None
    cooperation_at: datetime | None
    closed_at: datetime | None
    joined: str | None

    def effective(self) -> Effective:
        return Effective(
            tier=Tier(self.tier),
            since=self.since,
            medium_since=self.medium_since,
            observation_ends=self.observation_ends,
            relapse_ends=self.relapse_ends,
            restriction_starts=self.restriction_starts,
            restriction_ends=self.restriction_ends,
            last_event=self.last_event,
            quiet_medium=self.quiet_medium,
            quiet_high=self.quiet_high,
        )


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A change of the tier that holds."""

    subject_id: str
    before: str
    after: str
    rule: str
    line_id: str | None
    people: list[str]
    at: datetime


def lock(conn: Conn, subject_id: str) -> TierRow:
    """A person's tier, row-locked; LOW for somebody whom nobody has rated yet.

    The row is made first: ``FOR UPDATE`` locks nothing where there is no row.
    """
    run(
        conn,
        "INSERT INTO rating_tier (subject_id, tier) VALUES (%(subject)s, 'low') ON CONFLICT DO NOTHING",
        {"subject": subject_id},
    )
    found = row(
        conn,
        TierRow,
        """
        SELECT subject_id, tier, since, medium_since, observation_ends, relapse_ends, restriction_starts,
               restriction_ends, last_event, quiet_medium, quiet_high, cooperation_by, cooperation_at, closed_at,
               joined
          FROM rating_tier WHERE subject_id = %(subject)s FOR UPDATE
        """,
        {"subject": subject_id},
    )
    assert found is not None
    return found


def tiers(conn: Conn, subjects: Sequence[str]) -> list[TierRow]:
    """The tiers of some people; those whom nobody has rated are absent."""
    return rows(
        conn,
        TierRow,
        """
        SELECT subject_id, tier, since, medium_since, observation_ends, relapse_ends, restriction_starts,
               restriction_ends, last_event, quiet_medium, quiet_high, cooperation_by, cooperation_at, closed_at,
               joined
          FROM rating_tier WHERE subject_id = ANY(%(subjects)s::text[])
        """,
        {"subjects": list(subjects)},
    )


def keep(conn: Conn, subject_id: str, e: Effective) -> None:
    """Write a tier and its timers; the row is locked. A word on cooperation counts for the tier it was said in."""
    run(
        conn,
        """
        UPDATE rating_tier
           SET tier = %(tier)s, since = %(since)s, medium_since = %(medium_since)s,
               observation_ends = %(observation_ends)s, relapse_ends = %(relapse_ends)s,
               restriction_starts = %(restriction_starts)s, restriction_ends = %(restriction_ends)s,
               last_event = %(last_event)s, quiet_medium = %(quiet_medium)s, quiet_high = %(quiet_high)s,
               cooperation_by = CASE WHEN tier = %(tier)s THEN cooperation_by END,
               cooperation_at = CASE WHEN tier = %(tier)s THEN cooperation_at END
         WHERE subject_id = %(subject)s
        """,
        {
            "subject": subject_id,
            "tier": e.tier,
            "since": e.since,
            "medium_since": e.medium_since,
            "observation_ends": e.observation_ends,
            "relapse_ends": e.relapse_ends,
            "restriction_starts": e.restriction_starts,
            "restriction_ends": e.restriction_ends,
            "last_event": e.last_event,
            "quiet_medium": e.quiet_medium,
            "quiet_high": e.quiet_high,
        },
    )


def record_cooperation(conn: Conn, subject_id: str, by: str, now: datetime) -> None:
    """Somebody says that the merchant cooperates."""
    run(
        conn,
        "UPDATE rating_tier SET cooperation_by = %(by)s, cooperation_at = %(now)s WHERE subject_id = %(subject)s",
        {"subject": subject_id, "by": by, "now": now},
    )


def close(conn: Conn, subject_id: str, now: datetime) -> None:
    """T10: nobody rates them any more."""
    run(
        conn,
        "UPDATE rating_tier SET closed_at = %(now)s WHERE subject_id = %(subject)s",
        {"subject": subject_id, "now": now},
    )


def join(conn: Conn, subject_id: str, into: str) -> None:
    """R20: another subject carries their tier from now on."""
    run(
        conn,
        "UPDATE rating_tier SET joined = %(into)s WHERE subject_id = %(subject)s",
        {"subject": subject_id, "into": into},
    )


def part(conn: Conn, subject_id: str) -> None:
    """They carry their own tier again."""
    run(conn, "UPDATE rating_tier SET joined = NULL WHERE subject_id = %(subject)s", {"subject": subject_id})


@dataclass(frozen=True, slots=True)
class Raised:
    """The last rise of a tier: the line behind it, what held before, and whose facts the line stands on by now."""

    line_id: str | None
    before: str
    owners: list[str]


def raised(conn: Conn, subject_id: str) -> Raised | None:
    """How somebody came to the tier that holds, or to a higher one since; None = they never rose."""
    return row(
        conn,
        Raised,
        """
        SELECT v.line_id, v.before,
               ARRAY(SELECT DISTINCT m.subject_id FROM rating_line l JOIN rating_fact f ON f.id = ANY(l.facts)
                       JOIN p2p_merchants_v m ON m.merchant_id = f.merchant_id
                      WHERE l.id = v.line_id ORDER BY 1) AS owners
          FROM rating_move v
         WHERE v.subject_id = %(subject)s
           AND array_position(ARRAY['low', 'medium', 'high', 'extreme'], v.after)
               > array_position(ARRAY['low', 'medium', 'high', 'extreme'], v.before)
         ORDER BY v.id DESC LIMIT 1
        """,
        {"subject": subject_id},
    )


def add_move(conn: Conn, made: MoveRow) -> None:
    """Keep a move."""
    run(
        conn,
        """
        INSERT INTO rating_move (subject_id, before, after, rule, line_id, people, at)
        VALUES (%(subject)s, %(before)s, %(after)s, %(rule)s, %(line)s, %(people)s::text[], %(at)s)
        """,
        {
            "subject": made.subject_id,
            "before": made.before,
            "after": made.after,
            "rule": made.rule,
            "line": made.line_id,
            "people": made.people,
            "at": made.at,
        },
    )


def moves(conn: Conn, subject_id: str) -> list[MoveRow]:
    """Every move of a person's tier, oldest first."""
    return rows(
        conn,
        MoveRow,
        """
        SELECT subject_id, before, after, rule, line_id, people, at FROM rating_move
         WHERE subject_id = %(subject)s ORDER BY id
        """,
        {"subject": subject_id},
    )


def add_lifts(conn: Conn, events: Sequence[str], line_id: str, now: datetime) -> None:
    """These events have justified a rise, and justify no other."""
    run(
        conn,
        """
        INSERT INTO rating_lift (event_id, line_id, at)
        SELECT DISTINCT event, %(line)s, %(now)s::timestamptz FROM unnest(%(events)s::text[]) AS e (event)
        ON CONFLICT DO NOTHING
        """,
        {"events": list(events), "line": line_id, "now": now},
    )


@dataclass(frozen=True, slots=True)
class Lifted:
    event_id: str


def lifted(conn: Conn, events: Sequence[str]) -> list[Lifted]:
    """Those of these events that have justified a rise."""
    return rows(
        conn,
        Lifted,
        "SELECT event_id FROM rating_lift WHERE event_id = ANY(%(events)s::text[])",
        {"events": list(events)},
    )


@dataclass(frozen=True, slots=True)
class Due:
    subject_id: str
    tier: str


def due(conn: Conn, now: datetime, after: str, limit: int) -> list[Due]:
    """People whose tier may fall by now, in order from a subject on."""
    return rows(
        conn,
        Due,
        """
        SELECT subject_id, tier FROM rating_tier
         WHERE closed_at IS NULL AND joined IS NULL AND subject_id > %(after)s
           AND ((tier = 'medium' AND least(observation_ends, quiet_medium) <= %(now)s)
             OR (tier = 'high' AND restriction_ends <= %(now)s))
         ORDER BY subject_id LIMIT %(limit)s
        """,
        {"now": now, "after": after, "limit": limit},
    )
