"""The worker dies at each statement of the daily tick, and another goes on: everything that was due is done once."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from crash_kit import Killed
from rating_kit import Desk, open_desk

from tidegate.db import Conn, connect, journal
from tidegate.rating import jobs
from tidegate.rating.fact import Kind
from tidegate.rating.lines import flow as lines
from tidegate.rating.measures import flow as measures
from tidegate.rating.standing import flow as standing


class Dying(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose process dies at its n-th statement."""

    left = 0

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        Dying.left -= 1
        if Dying.left == 0:
            raise Killed
        return super().cursor(*args, **kwargs)


@pytest.fixture
def desk(conn: Conn) -> Desk:
    return open_desk(conn)


def test_what_is_due_is_done_once_wherever_the_worker_dies(desk: Desk, database_url: str) -> None:
    falls, asks, decided = (desk.merchant().id for _ in range(3))
    desk.confirmed(falls)
    desk.raised_to_high(asks)
    standing.record_cooperation(desk.conn, asks, "answers", desk.mei, desk.now)
    desk.confirmed(decided, Kind.OTHER_HARM)
    line = desk.line(decided).id
    desk.decide(line, "high", preset="B")
    desk.house.wait(days=65)
    before = journal.verify(desk.conn).entries
    kills = 0
    while True:
        kills += 1
        Dying.left = kills
        try:
            with connect(database_url, Dying) as own:
                jobs.tick(own, desk.house.clock)
            break
        except Killed:
            assert journal.verify(desk.conn).broken is None
    assert kills > 20
    assert [m.rule for m in standing.moves(desk.conn, falls)] == ["T1", "T3"]
    assert [one.cause for one in lines.of_subject(desk.conn, asks)] == ["review", "event"]
    assert [m.rule for m in standing.moves(desk.conn, decided)] == ["T2"]
    assert len(measures.of_subject(desk.conn, decided)) == 4
    assert {m.state for m in measures.of_subject(desk.conn, falls)} == {"done", "expired"}
    assert {m.state for m in measures.of_subject(desk.conn, asks)} == {"expired"}
    after = journal.verify(desk.conn)
    assert after.broken is None
    assert after.entries > before
    assert jobs.tick(desk.conn, desk.house.clock) == 0
    assert journal.verify(desk.conn).entries == after.entries
