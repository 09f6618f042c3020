"""Columns of a batch go to PostgreSQL and come back to the letter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tidegate.db import Conn

TEXTS = [
    ["plain"],
    ["", "NULL", "null", "{}", "a,b", '"', "\\", '\\"', "\\\\", " padded ", "line\nline", "\x01"],
    ['{"a":"b","c":["d\\\\"]}', "{1,2}", "\u9a8c\u8bc1", "\U0001f512", "%s", "$1", "'"],
    ["before", None, "after"],
    [None],
    [],
]


@pytest.mark.parametrize("texts", TEXTS, ids=str)
def test_texts_come_back_as_they_went(conn: Conn, texts: list[Any]) -> None:
    found = conn.execute(
        "SELECT t FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS u (t, n) ORDER BY n", {"texts": texts}
    )
    assert [text for (text,) in found.fetchall()] == texts


@pytest.mark.parametrize("numbers", [[0], [-1, 1], [2**63, -(2**255), 5], [1, None, 2], [None], []], ids=str)
def test_whole_numbers_come_back_as_they_went(conn: Conn, numbers: list[Any]) -> None:
    found = conn.execute(
        "SELECT t FROM unnest(%(numbers)s::numeric[]) WITH ORDINALITY AS u (t, n) ORDER BY n", {"numbers": numbers}
    )
    assert [number for (number,) in found.fetchall()] == numbers


AT = datetime(2026, 11, 24, 12, 0, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize("times", [[AT], [AT, None, AT, AT + timedelta(days=400)], [None]], ids=str)
def test_times_come_back_as_they_went(conn: Conn, times: list[Any]) -> None:
    found = conn.execute(
        "SELECT t FROM unnest(%(times)s::timestamptz[]) WITH ORDINALITY AS u (t, n) ORDER BY n", {"times": times}
    )
    assert [time for (time,) in found.fetchall()] == times


def test_other_lists_go_as_psycopg_writes_them(conn: Conn) -> None:
    found = conn.execute(
        "SELECT %(a)s::boolean[], %(b)s::bytea[], %(c)s::int[][]",
        {"a": [True, None, False], "b": [b"\0\\", b'"'], "c": [[1, 2], [3, 4]]},
    ).fetchone()
    assert found == ([True, None, False], [b"\0\\", b'"'], [[1, 2], [3, 4]])


@pytest.mark.parametrize("texts", [["a\0b"], ["\0"], ["a", "b\0"], [None, "\0"]], ids=ascii)
def test_a_nul_never_becomes_two_texts(conn: Conn, texts: list[Any]) -> None:
    with pytest.raises(psycopg.DataError, match="NUL"):
        conn.execute("SELECT %(texts)s::text[]", {"texts": texts})
