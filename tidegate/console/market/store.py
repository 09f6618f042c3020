"""Prices for a plot: the last one of each step, so that a month draws as fast as a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, rows


@dataclass(frozen=True, slots=True)
class Close:
    """What one source said last in a step. `price`: 10^-12 USD per coin."""

    source: str
    at: datetime
    price: int


def closes(conn: Conn, asset_id: int, since: datetime, step: int) -> list[Close]:
    """The last believed price of each source in every `step` seconds, oldest first."""
    return rows(
        conn,
        Close,
        """
        SELECT DISTINCT ON (source, floor(extract(epoch FROM at) / %(step)s)) source, at, close AS price
          FROM market_tick WHERE asset_id = %(asset)s AND at >= %(since)s
         ORDER BY source, floor(extract(epoch FROM at) / %(step)s), at DESC
        """,
        {"asset": asset_id, "since": since, "step": step},
    )
