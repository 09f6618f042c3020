"""A process dies after any line of a payment, and another one goes on: coins move exactly once, or not at all.

The lines are counted as they run; the run is killed at one of them, its connections fall, and a new process with a
new name takes over. Every line of the path is a place to die: there is no list of crash points to forget one in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from chain_house import FINALITY, ChainHouse, DeskSigner, open_chain_house
from chain_kit import Node, fresh_address
from chain_kit import anvil_url as anvil_url
from chain_kit import node as node
from conftest import MIGRATIONS
from crash_kit import Death, Killed

from tidegate.base.refusals import Conflict
from tidegate.custody import store
from tidegate.db import Conn, connect
from tidegate.db.migrate import migrate
from tidegate.db.server import EmbeddedServer
from tidegate.integrations.evm import EvmChain
from tidegate.signer.desk import Desk
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import FINAL, Status

COIN = 10**6
PATH = (
    "custody/jobs/*.py",
    "custody/flow.py",
    "withdrawals/flow/**/*.py",
    "db/core.py",
    "db/reader.py",
    "signer/desk.py",
    "signer/ledger.py",
)
KILLS = 132


class Processes:
    """A house whose worker and signer can die; the next ones have new names and new connections."""

    def __init__(self, at: ChainHouse, url: str, ledger: Path) -> None:
        self.at, self._url, self._ledger = at, url, ledger
        self.number = 0

    def attempt(self, work: Callable[[], object], line: int | None) -> Death:
        death = Death(PATH, line)
        try:
            death.run(work)
        except Killed:
            self.bury()
        return death

    def bury(self) -> None:
        """What a dead process leaves: open transactions fall, leases run out, files are as they were."""
        at = self.at
        at.conn.close()
        at.house.conn = connect(self._url)
        settings = at.signer.desk._settings
        at.signer.desk.close()
        at.signer = DeskSigner(Desk(settings, bytes(range(32)), at.house.clock))
        self.number += 1
        at.house.wait(seconds=21)

    def turn(self) -> None:
        """Everything that happens in a second, by the process that is alive."""
        at = self.at
        at.house.wait(seconds=4)
        at.authorise()
        at.pay(f"process-{self.number}")
        at.mine()
        at.watch()
        at.news()


@pytest.fixture
def processes(database_url: str, node: Node, tmp_path: Path) -> Iterator[Processes]:
    at = open_chain_house(connect(database_url), node, tmp_path)
    chain = at.chain
    at.fund_hot()
    yield Processes(at, database_url, tmp_path / "ledger.sqlite")
    at.signer.desk.close()
    at.conn.close()
    assert isinstance(chain, EvmChain)
    chain.close()


def lines_of_a_payment(processes: Processes) -> int:
    """How many lines one undisturbed payment runs through, from its authorisation to its end."""
    at = processes.at
    made = at.approved(at.house.customer(USDT=100 * COIN), "40", address=fresh_address("undisturbed"))
    counted = processes.attempt(lambda: [processes.turn() for _ in range(FINALITY + 2)], None)
    assert at.house.get(made.id).status is Status.SETTLED
    return counted.lines


def test_a_death_after_any_line_pays_exactly_once(processes: Processes) -> None:
    at = processes.at
    total = lines_of_a_payment(processes)
    assert total > 12 * 20, "the path has become suspiciously short"
    step = max(1, total // KILLS)
    places: dict[str, int] = {}
    killed = 0
    for line in range(1, total, step):
        who = at.house.customer(USDT=100 * COIN)
        receiver = fresh_address(f"killed at {line}")
        made = at.approved(who, "40", address=receiver)
        death = processes.attempt(lambda: [processes.turn() for _ in range(FINALITY + 2)], line)
        if death.place:
            killed += 1
            places[death.place] = line
        for _ in range(FINALITY + 4):
            if at.house.get(made.id).status in FINAL:
                break
            processes.turn()
        assert at.house.get(made.id).status is Status.SETTLED, death.place
        assert at.tokens(receiver) == made.net_units, death.place
        assert at.house.available(who) == 60 * COIN, death.place
        at.check()
    assert killed >= 120
    assert len({place.split()[-1] for place in places}) >= 12, "too few different steps were reached"
    hot = store.hot(at.conn, "evm-local")
    assert hot is not None
    assert hot.next_nonce == at.chain.nonce(at.hot), "a nonce was lost or used twice"


def test_deaths_one_after_the_other_pay_exactly_once(processes: Processes) -> None:
    """Not one death but six per payment, at lines further and further on."""
    at = processes.at
    total = lines_of_a_payment(processes)
    for first in range(7, total, total // 9):
        who = at.house.customer(USDT=100 * COIN)
        receiver = fresh_address(f"killed again and again from {first}")
        made = at.approved(who, "40", address=receiver)
        for again in range(6):
            processes.attempt(lambda: [processes.turn() for _ in range(2)], first // 2 + again * 31 + 1)
        for _ in range(FINALITY + 6):
            processes.turn()
        assert at.house.get(made.id).status is Status.SETTLED, first
        assert at.tokens(receiver) == made.net_units, first
        at.check()


def test_a_cancel_between_deaths_pays_or_returns_never_both(processes: Processes) -> None:
    at = processes.at
    total = lines_of_a_payment(processes)
    outcomes = set()
    for line in range(1, total, total // 24):
        who = at.house.customer(USDT=100 * COIN)
        receiver = fresh_address(f"cancelled at {line}")
        made = at.approved(who, "40", address=receiver)
        processes.attempt(processes.turn, line)
        with suppress(Conflict):  # too late: an attempt owns it
            withdrawals.cancel(at.conn, made.id, who.id, at.house.setting, at.house.now)
        for _ in range(FINALITY + 4):
            processes.turn()
        status = at.house.get(made.id).status
        outcomes.add(status)
        paid = at.tokens(receiver)
        assert (status, paid) in ((Status.SETTLED, made.net_units), (Status.CANCELLED, 0)), line
        assert at.house.available(who) == (60 * COIN if paid else 100 * COIN), line
        at.check()
    assert outcomes == {Status.SETTLED, Status.CANCELLED}, "both ends of the race were not reached"


def test_the_database_is_killed_in_the_middle(node: Node, tmp_path: Path) -> None:
    """A server that syncs, killed at a dozen places of the path; what was committed is there, the rest is not."""
    for folder in (tmp_path, *tmp_path.parents):
        if str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o711)
    server = EmbeddedServer(tmp_path / "server")
    url = server.start()
    migrate(url, MIGRATIONS)
    conn: Conn = connect(url)
    at = open_chain_house(conn, node, tmp_path)
    chain = at.chain
    at.fund_hot()
    processes = Processes(at, url, tmp_path / "ledger.sqlite")
    try:
        total = lines_of_a_payment(processes)
        for line in range(11, total, total // 12):
            who = at.house.customer(USDT=100 * COIN)
            receiver = fresh_address(f"database killed at {line}")
            made = at.approved(who, "40", address=receiver)
            death = Death(PATH, line)
            try:
                death.run(lambda: [processes.turn() for _ in range(FINALITY + 2)])
            except Killed:
                server.kill()
                server.start()
                processes.bury()
            for _ in range(FINALITY + 5):
                processes.turn()
            assert at.house.get(made.id).status is Status.SETTLED, death.place
            assert at.tokens(receiver) == made.net_units, death.place
            at.check()
    finally:
        at.signer.desk.close()
        at.conn.close()
        assert isinstance(chain, EvmChain)
        chain.close()
        server.stop()
