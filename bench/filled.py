"""A house with a past, for pages: withdrawals made through the flow, what became of them by one statement, the console
served to one reader."""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from bench import stage
from tidegate.api.app import ApiSettings, create_app
from tidegate.api.door import Gate
from tidegate.base.clock import utcnow
from tidegate.base.money import Asset
from tidegate.console.app import console
from tidegate.custody import flow as custody
from tidegate.db import Conn, connect
from tidegate.db.server import EmbeddedServer

USDT = Asset(1, "USDT", stage.NETWORK, 6, stage.address("usdt"))
ETH = Asset(2, "ETH", stage.NETWORK, 18, None)
XPUB = "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"


@dataclass(frozen=True, slots=True)
class House:
    """Where its database is, a connection to it, and its customers."""

    url: str
    conn: Conn
    people: list[stage.Customer]


@contextmanager
def house(many: int) -> Iterator[House]:
    """Fifty customers and so many withdrawals, each waiting for its customer's confirmation."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder))
        url = server.start()
        try:
            stage.prepare(url)
            with connect(url) as conn:
                network = custody.Network(stage.NETWORK, 31337, 3, XPUB)
                stage.furnish(conn, USDT, ETH, network, stage.address("hot"), (0, "0x00"))
                people = stage.customers(conn, USDT, 50)
                stage.grow(conn, stage.Requests(people, "past"), many)
                yield House(url, conn, people)
        finally:
            server.stop()


def end(conn: Conn, apart: timedelta, waits: int = 10) -> None:
    """What became of them, by number: every tenth (or so) waits for a person, the others are settled, the last of 750
    that many times `apart` after it was asked for."""
    conn.execute(
        """
        UPDATE withdrawal SET confirmed_at = created_at, used_factors = required_factors,
               status = CASE WHEN number %% %(waits)s = 0 THEN 'in_review' ELSE 'settled' END,
               tx = CASE WHEN number %% %(waits)s = 0 THEN NULL ELSE '0x' || number END,
               ended_at = CASE WHEN number %% %(waits)s = 0 THEN NULL
                               ELSE created_at + number %% 750 * %(apart)s::interval END
        """,
        {"waits": waits, "apart": apart},
    )


def ask_people(conn: Conn) -> None:
    """An open case about every withdrawal that waits for a person, each late by its number."""
    conn.execute(
        """
        INSERT INTO case_file (id, kind, subject, party_id, requester, reasons, quorum, opened_at, due_at, escalates_at)
        SELECT 'case_' || number, 'withdrawal_review', id, party_id, 'bench', '{large_amount}', 1, created_at,
               created_at + make_interval(secs => number), created_at + make_interval(secs => number)
          FROM withdrawal WHERE status = 'in_review'
        """
    )
    conn.execute("UPDATE case_file SET overdue_at = due_at, escalation = 1")


@contextmanager
def serving(url: str, pages: Callable[[Gate], ASGIApp] = console) -> Iterator[str]:
    """The console's address while the block runs."""
    settings = ApiSettings(url, stage.DATA_KEY, utcnow, lambda network: 100)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(settings, pages), log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
