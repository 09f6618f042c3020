"""What time does to ratings, daily and within minutes: each person's turn is a transaction of its own.

Whoever is interrupted goes on where they were: what is due is found by stored instants, and done once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tidegate.base.refusals import Conflict
from tidegate.db import Conn
from tidegate.policy import flow as policies
from tidegate.rating.events import flow as events
from tidegate.rating.lines import store as lines
from tidegate.rating.measures import flow as measures
from tidegate.rating.measures import store as measure_store
from tidegate.rating.publishing import flow as publishing
from tidegate.rating.runs import flow as runs
from tidegate.rating.standing import store as standing
from tidegate.rating.tiers import Tier

Clock = Callable[[], datetime]
PAGE = 100


def tick(conn: Conn, clock: Clock) -> int:
    """Everything that is due: rises before falls (R26). How much was done."""
    return publish_ready(conn, clock) + end_measures(conn, clock) + fall_due(conn, clock) + _late(conn, clock)


def publish_ready(conn: Conn, clock: Clock) -> int:
    """Tell decided lines between months, once the merchant has had the time to correct facts."""
    done = 0
    for ready in lines.ready(conn, clock(), PAGE):
        try:
            publishing.publish(conn, ready.id, "worker", clock())
            done += 1
        except Conflict as waits:  # a bond fell short since: people see the line, and its merchant tops up
            if waits.code != "fall_blocked":
                raise
    return done


def end_measures(conn: Conn, clock: Clock) -> int:
    """End measures whose time is over, and carry out those that waited for an appeal."""
    now = clock()
    done = sum(measures.expire(conn, due.id, now) for due in measure_store.over(conn, now, PAGE))
    for due in measure_store.waiting(conn, now, PAGE):
        done += measures.carry_out_due(conn, due.id, policies.active(conn, now), now)
    return done


def fall_due(conn: Conn, clock: Clock) -> int:
    """MEDIUM falls where its time is over; for HIGH a person is asked."""
    done, after = 0, ""
    while page := standing.due(conn, clock(), after, PAGE):
        for due in page:
            if due.tier == Tier.MEDIUM:
                done += events.fall_due(conn, due.subject_id, clock())
            else:
                done += events.review(conn, due.subject_id, clock()) is not None
        after = page[-1].subject_id
    return done


def _late(conn: Conn, clock: Clock) -> int:
    return runs.notice_late(conn, clock())
