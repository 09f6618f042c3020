"""What open pages cost: many live streams of the console or of the portal, while withdrawals are asked for.

    .venv/bin/python bench/streams.py console|portal [STREAMS …]

A server of its own process answers over loopback. For each number of streams: its CPU time, the database's
transactions, and how long a page takes beside them. Five withdrawals a second make news, a tenth of the customers has
some of it.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import uvicorn

sys.path.insert(0, str(Path(__file__).parent.parent))  # the folder is no package of the product

from bench import stage
from bench.status import ETH, USDT, XPUB
from tidegate.api.app import ApiSettings, create_app
from tidegate.base.clock import utcnow
from tidegate.console import visit as console_visit
from tidegate.console.app import console
from tidegate.console.portal import visit as portal_visit
from tidegate.console.portal.app import portal
from tidegate.custody import flow as custody
from tidegate.db import Conn, connect
from tidegate.db.server import EmbeddedServer
from tidegate.parties import flow as parties
from tidegate.parties.flow import Came
from tidegate.withdrawals import flow as withdrawals

PEOPLE, SECONDS, NEWS_EVERY = 100, 20, 0.2
TICKS = os.sysconf("SC_CLK_TCK")


def answer(url: str, listener: socket.socket) -> None:
    """The server's process."""
    app = create_app(ApiSettings(url, stage.DATA_KEY, utcnow, lambda network: 100), console, None, None, portal)
    uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on", proxy_headers=False)).run([listener])


@contextmanager
def serving(url: str) -> Iterator[tuple[int, int]]:
    """Its process and its port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(4096)
    process = multiprocessing.get_context("fork").Process(target=answer, args=(url, listener))
    process.start()
    assert process.pid is not None
    yield process.pid, listener.getsockname()[1]
    process.terminate()
    process.join(20)


def cookies(conn: Conn, door: str, people: Sequence[str]) -> list[str]:
    """Somebody signed in, a hundred times."""
    if door == "console":
        keys = [parties.create_key(conn, "auditor", f"auditor {n}", "bench", utcnow()) for n in range(PEOPLE)]
        return [f"{console_visit.COOKIE}={parties.open_session(conn, key.secret, utcnow()).cookie}" for key in keys]
    opened = [
        parties.sign_in_by_link(
            conn, parties.link_in(conn, id, "bench", utcnow()), Came("127.0.0.1", "bench", None), utcnow()
        )
        for id in people
    ]
    return [f"{portal_visit.COOKIE}={one.cookie}" for one in opened]


def listen(port: int, door: str, said: Sequence[str], many: int) -> tuple[list[socket.socket], dict[str, int]]:
    """Open streams, each person's in turn, and what the server answered to how many."""
    streams, answers = [], dict[str, int]()
    for n in range(many):
        stream = socket.create_connection(("127.0.0.1", port))
        stream.sendall(
            f"GET /{door}/live HTTP/1.1\r\nHost: localhost\r\nCookie: {said[n % len(said)]}\r\n\r\n".encode()
        )
        status = stream.recv(64)[9:12].decode()
        answers[status] = answers.get(status, 0) + 1
        stream.setblocking(False)
        streams.append(stream)
    return streams, answers


def drain(streams: Sequence[socket.socket]) -> int:
    """Read what came, as browsers do; how many bytes."""
    read = 0
    for stream in streams:
        try:
            read += len(stream.recv(65536))
        except BlockingIOError:
            continue
    return read


def cpu(pid: int) -> float:
    """Seconds of processor that a process has used."""
    said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / TICKS


def transactions(conn: Conn) -> tuple[int, int]:
    """Committed so far, and connections open now."""
    conn.execute("SELECT pg_stat_clear_snapshot()")
    found = conn.execute(
        "SELECT xact_commit, numbackends FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    assert found is not None
    return found[0], found[1]


def main() -> None:
    door = sys.argv[1] if len(sys.argv) > 1 else "portal"
    steps = [int(said) for said in sys.argv[2:]] or [0, 100, 1000]
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder))
        url = server.start()
        try:
            stage.prepare(url)
            with connect(url) as conn, serving(url) as (pid, port):
                stage.furnish(
                    conn, USDT, ETH, custody.Network(stage.NETWORK, 31337, 3, XPUB), stage.address("hot"), (0, "0x00")
                )
                people = stage.customers(conn, USDT, PEOPLE)
                said = cookies(conn, door, [who.id for who in people])
                print("| streams | CPU, s per minute | transactions a second | connections | page, ms p50 | p95 |")
                print("|---|---|---|---|---|---|")
                for many in steps:
                    measure(conn, pid, port, door, said, many, stage.Requests(people[: PEOPLE // 10], f"news {many}"))
        finally:
            server.stop()


def measure(conn: Conn, pid: int, port: int, door: str, said: Sequence[str], many: int, news: stage.Requests) -> None:
    streams, answers = listen(port, door, said, many)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, headers={"Cookie": said[0]}) as http:
        http.get(f"/{door}/")
        time.sleep(3)  # the first looks
        before, done, began = cpu(pid), transactions(conn)[0], time.monotonic()
        pages, asked, setting = list[float](), 0, withdrawals.setting(conn, utcnow())
        while (passed := time.monotonic() - began) < SECONDS:
            if asked < passed / NEWS_EVERY:
                withdrawals.request(conn, [news.ask()], setting, utcnow())
                asked += 1
            if len(pages) < passed * 2:
                at = time.perf_counter()
                http.get(f"/{door}/")
                pages.append(1000 * (time.perf_counter() - at))
            drain(streams)
            time.sleep(0.02)
        took = time.monotonic() - began
        after, backends = transactions(conn)
        tail = statistics.quantiles(pages, n=20)[-1]
        print(
            f"| {many} ({', '.join(f'{n} x {status}' for status, n in answers.items())}) "
            f"| {60 * (cpu(pid) - before) / took:.1f} | {(after - done) / took:.0f} | {backends} "
            f"| {statistics.median(pages):.0f} | {tail:.0f} |",
            flush=True,
        )
    for stream in streams:
        stream.close()
    time.sleep(4)


if __name__ == "__main__":
    main()
