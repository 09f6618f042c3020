"""What tests stand on: a real PostgreSQL of their own, with every migration, one fresh database per test."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from tidegate.db import Conn, connect
from tidegate.db.migrate import migrate
from tidegate.db.server import EmbeddedServer

MIGRATIONS = Path(__file__).parent.parent / "tidegate" / "db" / "migrations"
# The same examples every time: a red build is about the change, not about luck. HYPOTHESIS_PROFILE=explore draws new
# ones, HYPOTHESIS_EXAMPLES of each property, for hours where one likes. No deadline: a slow machine is no fault.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("few", derandomize=True, deadline=None, max_examples=10)  # for tests/mutation.py
settings.register_profile(
    "explore", deadline=None, print_blob=True, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "100"))
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def ordinary_recursion() -> None:
    """As deep as the product may recurse. A library that the tests' oracles import raises the limit a hundredfold, and
    a deeply nested JSON then overflows the stack of C instead of being refused."""
    sys.setrecursionlimit(1000)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for the whole run (each test process has its own), or the one that TIDEGATE_TEST_SERVER names.

    Nothing in tests crashes the machine, so this server does not wait for the disk: several times faster.
    """
    given = os.environ.get("TIDEGATE_TEST_SERVER")
    if given is not None:
        yield given
        return
    home = tmp_path_factory.mktemp("server")
    for folder in (home, home.parent, home.parent.parent):  # the temp folders are private to us, not to the server
        folder.chmod(folder.stat().st_mode | 0o011)
    server = EmbeddedServer(home, {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
    yield server.start()
    server.stop()


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """A database with every migration, to be copied."""
    name = f"template_{os.getpid()}"
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrate(named(server_url, name), MIGRATIONS)
    return name


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """The URL of an empty, migrated database that this test has to itself."""
    with database(server_url, template) as url:
        yield url


@contextmanager
def database(server_url: str, template: str) -> Iterator[str]:
    """A migrated database, dropped in the end."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
    yield named(server_url, name)
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def conn(database_url: str) -> Iterator[Conn]:
    """A connection to that database."""
    with connect(database_url) as connection:
        yield connection


def named(url: str, database: str) -> str:
    """The URL with another database."""
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}?{query}"
