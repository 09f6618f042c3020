"""Asking a service of names: claim in a transaction, ask with nothing locked, record in a second one.

Where no answer comes in time, `withdrawals/jobs.py: outside_due` lets the check time out, and a person looks.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from tidegate.base.ids import new_id
from tidegate.base.naming import NameScreening, NoAnswer, Person
from tidegate.db import Conn
from tidegate.withdrawals.jobs import ASK_AGAIN, TOGETHER, SettingNow, apart
from tidegate.withdrawals.names import flow
from tidegate.withdrawals.names.flow import Found

Clock = Callable[[], datetime]


def ask(conn: Conn, service: NameScreening, setting: SettingNow, clock: Clock) -> int:
    """Ask about the people of every withdrawal that waits for it, and keep what came of it; how many questions.

    About all people of one or none: half an answer is no answer.
    """
    now = clock()
    taken = flow.take(conn, [new_id("ask") for _ in range(TOGETHER)], now, now + ASK_AGAIN)

    def about(people: list[Person]) -> Found | NoAnswer:
        try:
            return [(person, service.match(person)) for person in people]
        except NoAnswer as none:
            return none

    if taken:
        with ThreadPoolExecutor(max_workers=len(taken)) as pool:
            answers = list(pool.map(about, [people for _, people in taken]))
        for (asked, _), said in zip(taken, answers, strict=True):
            apart(conn, asked.ref, partial(flow.answered, conn, asked, said, setting(), clock()), clock)
    return len(taken)
