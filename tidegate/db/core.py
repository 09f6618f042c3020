"""Connections, and the one shape of a transaction: an act that somebody does at a time.

Everything that changes goes through `act`. It commits the rows and their journal entries together, with one
hash link, or nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import NoneType
from typing import Any, LiteralString, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg.abc import Buffer, DumperKey
from psycopg.adapt import Loader, PyFormat
from psycopg.rows import class_row
from psycopg.types.array import BaseListDumper, ListDumper
from psycopg_pool import ConnectionPool

from tidegate.db import journal

Conn = psycopg.Connection[tuple[Any, ...]]
R = TypeVar("R")


class _WholeNumeric(Loader):
    """NUMERIC as int where it is whole, which is every amount of ours; Decimal only where it is not."""

    def load(self, data: Buffer) -> int | Decimal:
        text = bytes(data).decode()
        return Decimal(text) if "." in text or "N" in text else int(text)


def _texts(items: list[Any]) -> str:
    if None in items:
        return ",".join(["NULL" if item is None else f'"{_escaped(item)}"' for item in items])
    # Escaped all at once, with NUL between them: no text of PostgreSQL holds one. An item that does is refused.
    joined = "\0".join(items)
    if joined.count("\0") != len(items) - 1:
        raise _nul()
    return '"' + joined.replace("\\", "\\\\").replace('"', '\\"').replace("\0", '","') + '"'


def _escaped(item: str) -> str:
    if "\0" in item:
        raise _nul()
    return item.replace("\\", "\\\\").replace('"', '\\"')


def _nul() -> psycopg.DataError:
    return psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")


def _numbers(items: list[Any]) -> str:
    return ",".join(["NULL" if item is None else str(item) for item in items])


def _times(items: list[Any]) -> str:
    said = {item: "NULL" if item is None else f'"{item}"' for item in set(items)}  # mostly one and the same
    return ",".join([said[item] for item in items])


_LITERALS: dict[type, Callable[[list[Any]], str]] = {str: _texts, int: _numbers, datetime: _times}


class _Column(ListDumper):
    """A list of texts, whole numbers or times as an array literal, made in a few passes over the list.

    psycopg's own goes item by item in Python, with a regular expression for each: 30 % of an authorisation. The
    literal has no type of its own (every statement of ours says which it wants), so that a statement is prepared
    once and not once per size of number. Other lists are left to psycopg.
    """

    literal: Callable[[list[Any]], str] | None = None

    def get_key(self, obj: list[Any], format: PyFormat) -> DumperKey:
        kinds = set(map(type, obj))
        kinds.discard(NoneType)
        if len(kinds) == 1 and (kind := kinds.pop()) in _LITERALS:
            return (list, kind)
        return super().get_key(obj, format)

    def upgrade(self, obj: list[Any], format: PyFormat) -> BaseListDumper:
        key = self.get_key(obj, format)
        if not isinstance(key, tuple) or key[1] not in _LITERALS:
            return super().upgrade(obj, format)
        dumper = _Column(list, self._tx)
        dumper.literal = _LITERALS[key[1]]
        return dumper

    def dump(self, obj: list[Any]) -> Buffer | None:
        return f"{{{self.literal(obj)}}}".encode() if self.literal is not None else super().dump(obj)


def _configure(conn: Conn) -> None:
    conn.adapters.register_loader("numeric", _WholeNumeric)
    conn.adapters.register_dumper(list, _Column)


_HOW: dict[str, Any] = {"autocommit": True, "application_name": "tidegate", "client_encoding": "utf8"}


def connect(url: str, shape: type[Conn] = psycopg.Connection, planned_once: bool = False) -> Conn:
    """An autocommit connection: a transaction exists only inside `act` (or `conn.transaction()`).

    Without autocommit psycopg opens one implicitly, and `transaction()` inside it is merely a savepoint. `shape` is
    the class of the connection: drills hand in one that watches or fails. `planned_once` is for who runs the same few
    statements all day: PostgreSQL plans each once, and again when its tables' statistics change. Left to itself it
    finds a plan for the very arrays of a small batch a little cheaper, and makes one every time.
    """
    conn = shape.connect(url, **_HOW)
    _configure(conn)
    if planned_once:
        conn.execute("SET plan_cache_mode = force_generic_plan")
    return conn


def pool(url: str, size: int) -> ConnectionPool[Conn]:
    """Up to `size` connections as `connect` makes them, checked before each loan; opened at once."""
    return ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        kwargs=dict(_HOW),
        configure=_configure,
        check=ConnectionPool.check_connection,
        open=True,
    )


def row(conn: Conn, shape: type[R], sql: LiteralString, params: Mapping[str, object]) -> R | None:
    """The first row as `shape` (columns are its fields), or None."""
    with conn.cursor(row_factory=class_row(shape)) as cursor:
        return cursor.execute(sql, params).fetchone()


def rows(conn: Conn, shape: type[R], sql: LiteralString, params: Mapping[str, object]) -> list[R]:
    """All rows as `shape`."""
    with conn.cursor(row_factory=class_row(shape)) as cursor:
        return cursor.execute(sql, params).fetchall()


def run(conn: Conn, sql: LiteralString, params: Mapping[str, object]) -> int:
    """Do it, and say how many rows it touched; within `unawaited`, which does not know yet, -1."""
    return conn.execute(sql, params).rowcount


@contextmanager
def unawaited(conn: Conn) -> Iterator[None]:
    """Statements whose answers nobody reads travel together, and only the last one is waited for.

    Each answer that is waited for costs the thread its turn, and in a busy API it gets the next one milliseconds
    later. What a statement complains of is raised at the end of the block. Rows can be read in the block (they wait
    for all that was sent so far), counts cannot.
    """
    with conn.pipeline():
        yield


@dataclass(slots=True)
class Tx:
    """One act in progress: who does it, when, on which connection, and what it has noted so far."""

    conn: Conn
    actor: str
    now: datetime
    _entries: list[journal.Entry] = field(default_factory=list)

    def note(self, kind: str, subject: str, body: Mapping[str, object] | None = None, by: str | None = None) -> None:
        """Write a journal entry, `kind` like "withdrawal.settled"; readers of the journal get it as news.

        `body` is anything that has a canonical form; `by` names who did it where one act serves several
        people (a batch). It is committed with the act or not at all.
        """
        self._entries.append(journal.entry(self.now, by or self.actor, kind, subject, body or {}))


@contextmanager
def act(conn: Conn, actor: str, now: datetime) -> Iterator[Tx]:
    """One transaction: everything done in the block and its journal entries, or nothing.

    The journal is sealed last, because the chain's tip is one row that everybody queues for: it is locked
    only from here to the commit. An act inside another one on the same connection is a part of it, with a
    savepoint: what it noted is sealed with the outer act, what it raises takes back only its own work.
    """
    outer = _in_progress.get(conn)
    tx = Tx(conn, actor, now)
    with conn.transaction():
        if outer is not None:
            yield tx
        else:
            _in_progress[conn] = tx
            try:
                yield tx
            finally:
                del _in_progress[conn]
            if tx._entries:
                journal.seal(conn, tx._entries, now)
    if outer is not None:
        outer._entries.extend(tx._entries)


_in_progress: WeakKeyDictionary[Conn, Tx] = WeakKeyDictionary()
"""The outermost act of each connection. A connection belongs to one thread at a time, so no lock is needed."""
