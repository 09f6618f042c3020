"""A worker dies after any line of a standing withdrawal's run, and another one goes on: one withdrawal, or none yet.

As in `test_crash.py` the lines are counted as they run, so there is no list of places to forget one in.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import standing_kit as kit
from crash_kit import Death, Killed
from house import COIN_USDT as COIN
from house import Customer, House, furnish

from tidegate.db import connect, journal
from tidegate.ledger import store as ledger_store
from tidegate.withdrawals.standing import jobs
from tidegate.withdrawals.withdrawal import Status as WithdrawalStatus

PATH = (
    "withdrawals/standing/flow/*.py",
    "withdrawals/standing/jobs.py",
    "withdrawals/standing/store.py",
    "withdrawals/standing/instruction.py",
    "withdrawals/flow/**/*.py",
    "withdrawals/store/*.py",
    "screening/flow.py",
    "db/core.py",
    "db/replay.py",
)
KILLS = 150


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    made = furnish(connect(database_url))
    yield made
    made.conn.close()


@pytest.fixture
def ada(house: House) -> Customer:
    who = house.customer(level=3, USDT=100_000 * COIN)
    house.wait(days=3)
    return who


def test_a_death_after_any_line_makes_one_withdrawal_per_run(house: House, ada: Customer, database_url: str) -> None:
    i = kit.standing(house, ada, xpub=kit.ACCOUNT_XPUB, amount="2")
    house.wait(days=2)
    kit.run_due(house)  # the first one is undisturbed
    counted = Death(PATH, None)
    kit.at_noon(house)
    due = kit.get(house, i.id).due_at
    assert due is not None
    house.now = due
    counted.run(lambda: kit.run_due(house))
    assert counted.lines > 150, "the path has become suspiciously short"
    places = set[str]()
    for line in range(1, counted.lines, max(1, counted.lines // KILLS)):
        due = kit.get(house, i.id).due_at
        assert due is not None
        house.now = due
        before, available = len(kit.runs(house, i.id)), house.available(ada)
        death = Death(PATH, line)
        try:
            death.run(lambda: kit.run_due(house))
        except Killed:
            house.conn.close()
            house.conn = connect(database_url)
        assert len(kit.runs(house, i.id)) in (before, before + 1)
        kit.run_due(house)
        kit.run_due(house)
        run = kit.runs(house, i.id)[-1]
        assert (len(kit.runs(house, i.id)), run.due_at, run.address_index) == (before + 1, due, before), death.place
        assert run.withdrawal_id is not None
        made = house.get(run.withdrawal_id)
        assert (made.status, made.units) == (WithdrawalStatus.APPROVED, 2 * COIN), death.place
        assert house.available(ada) == available - 2 * COIN, death.place
        places.add(death.place)
    assert len(places) >= 60, "too few different places were reached"
    counts = house.conn.execute("SELECT (SELECT count(*) FROM withdrawal), (SELECT count(*) FROM standing_run)")
    assert counts.fetchone() == (len(kit.runs(house, i.id)),) * 2
    assert ledger_store.disagreements(house.conn) == []
    assert journal.verify(house.conn).broken is None


def test_workers_beside_each_other_share_the_runs(house: House, database_url: str) -> None:
    """Eight workers, twelve customers, three days: every run once."""
    all_of_them = [house.customer(USDT=100 * COIN) for _ in range(12)]
    house.wait(days=3)
    made = [kit.standing(house, who, amount="5") for who in all_of_them]
    setting = house.setting

    def work(_: int) -> int:
        with connect(database_url) as conn:
            return jobs.run_due(conn, lambda: setting, house.clock)

    house.now = house.now.replace(hour=12, minute=0, second=0)
    for _ in range(3):
        house.wait(days=1)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        kit.run_due(house)  # one that was another worker's turn when everybody looked is nobody's loss
    for who, i in zip(all_of_them, made, strict=True):
        assert [run.number for run in kit.runs(house, i.id)] == [1, 2, 3]
        assert kit.reasons(house, i.id) == [None] * 3
        assert house.available(who) == 85 * COIN
    assert ledger_store.disagreements(house.conn) == []
