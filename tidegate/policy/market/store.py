"""Prices, sources and regimes: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.policy.market.params import Level
from tidegate.policy.market.regime import State
from tidegate.policy.market.series import Bar, Claims, Series, Witness


@dataclass(frozen=True, slots=True)
class StateRow:
    asset_id: int
    level: int
    reason: str
    since: datetime
    clock: datetime
    nervous_entered: datetime | None
    stormy_entered: datetime | None
    nervous_held: datetime | None
    stormy_held: datetime | None

    @property
    def state(self) -> State:
        run = Claims(self.nervous_entered, self.stormy_entered, self.nervous_held, self.stormy_held)
        return State(Level(self.level), self.reason, self.since, self.clock, run)


@dataclass(frozen=True, slots=True)
class SeriesRow:
    asset_id: int
    source: str
    at: datetime
    seconds: int
    close: int
    slow: float
    nervous_entered: datetime | None
    stormy_entered: datetime | None
    nervous_held: datetime | None
    stormy_held: datetime | None
    why: str
    suspect_at: datetime | None
    back_at: datetime
    mark_at: datetime
    mark: int
    span_at: datetime | None
    span_high: int
    span_low: int
    returns: float
    ranges: float
    samples: list[float]
    highs_at: list[datetime]
    highs: list[int]

    @property
    def series(self) -> Series:
        return Series(
            source=self.source,
            at=self.at,
            seconds=self.seconds,
            close=self.close,
            slow=self.slow,
            claims=Claims(self.nervous_entered, self.stormy_entered, self.nervous_held, self.stormy_held),
            why=self.why,
            suspect_at=self.suspect_at,
            back_at=self.back_at,
            mark_at=self.mark_at,
            mark=self.mark,
            span_at=self.span_at,
            span_high=self.span_high,
            span_low=self.span_low,
            returns=self.returns,
            ranges=self.ranges,
            samples=tuple(self.samples),
            highs_at=tuple(self.highs_at),
            highs=tuple(self.highs),
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """An asset with its regime and one of its sources. `level` None = no regime yet; `source` None = no source."""

    asset_id: int
    symbol: str
    network: str
    level: int | None
    reason: str | None
    since: datetime | None
    clock: datetime | None
    run_nervous_entered: datetime | None
    run_stormy_entered: datetime | None
    run_nervous_held: datetime | None
    run_stormy_held: datetime | None
    source: str | None
    at: datetime | None
    seconds: int | None
    close: int | None
    slow: float | None
    nervous_entered: datetime | None
    stormy_entered: datetime | None
    nervous_held: datetime | None
    stormy_held: datetime | None
    why: str | None
    suspect_at: datetime | None
    back_at: datetime | None

    @property
    def state(self) -> State | None:
        if self.level is None or self.reason is None or self.since is None or self.clock is None:
            return None
        run = Claims(self.run_nervous_entered, self.run_stormy_entered, self.run_nervous_held, self.run_stormy_held)
        return State(Level(self.level), self.reason, self.since, self.clock, run)

    @property
    def witness(self) -> Witness | None:
        if self.source is None or self.at is None or self.close is None or self.slow is None:
            return None
        assert self.seconds is not None
        assert self.why is not None
        assert self.back_at is not None
        claims = Claims(self.nervous_entered, self.stormy_entered, self.nervous_held, self.stormy_held)
        return Witness(
            self.source, self.at, self.seconds, self.close, self.slow, claims, self.why, self.suspect_at, self.back_at
        )


@dataclass(frozen=True, slots=True)
class Told:
    asset_id: int
    at: datetime
    seconds: int
    open: int
    high: int
    low: int
    close: int
    volume: int | None

    @property
    def bar(self) -> Bar:
        return Bar(self.at, self.seconds, self.open, self.high, self.low, self.close, self.volume)


def ensure(conn: Conn, asset_ids: Sequence[int], times: Sequence[datetime]) -> None:
    """Make the regimes that do not exist yet, calm, each from its time on."""
    run(
        conn,
        """
        INSERT INTO market_regime (asset_id, level, reason, since, clock)
        SELECT asset_id, 0, 'calm', at, at
          FROM unnest(%(ids)s::int[], %(times)s::timestamptz[]) AS n (asset_id, at)
         WHERE NOT EXISTS (SELECT FROM market_regime m WHERE m.asset_id = n.asset_id)
         ORDER BY asset_id
        ON CONFLICT DO NOTHING
        """,
        {"ids": list(asset_ids), "times": list(times)},
    )


def lock(conn: Conn, asset_ids: Sequence[int]) -> list[StateRow]:
    """The regimes of these assets, row-locked in id order until the transaction ends. They guard the sources too."""
    return rows(
        conn,
        StateRow,
        """
        SELECT asset_id, level, reason, since, clock, nervous_entered, stormy_entered, nervous_held, stormy_held
          FROM market_regime WHERE asset_id = ANY(%(ids)s) ORDER BY asset_id FOR NO KEY UPDATE
        """,
        {"ids": list(asset_ids)},
    )


def lock_idle(conn: Conn) -> list[StateRow]:
    """Every regime that nobody is writing just now, row-locked in id order until the transaction ends."""
    return rows(
        conn,
        StateRow,
        """
        SELECT asset_id, level, reason, since, clock, nervous_entered, stormy_entered, nervous_held, stormy_held
          FROM market_regime ORDER BY asset_id FOR NO KEY UPDATE SKIP LOCKED
        """,
        {},
    )


def series(conn: Conn, asset_ids: Sequence[int]) -> list[SeriesRow]:
    """Every source of these assets; their regimes are locked by the caller."""
    return rows(
        conn,
        SeriesRow,
        """
        SELECT asset_id, source, at, seconds, close, slow, nervous_entered, stormy_entered, nervous_held, stormy_held,
               why, suspect_at, back_at, mark_at, mark, span_at, span_high, span_low, returns, ranges, samples,
               highs_at, highs
          FROM market_source WHERE asset_id = ANY(%(ids)s) ORDER BY asset_id, source
        """,
        {"ids": list(asset_ids)},
    )


def seen(conn: Conn, asset_ids: Sequence[int]) -> list[Seen]:
    """Assets with regime and sources as they stand: one row per source, or one for an asset without any."""
    return rows(
        conn,
        Seen,
        """
        SELECT a.id AS asset_id, a.symbol, a.network, m.level, m.reason, m.since, m.clock,
               m.nervous_entered AS run_nervous_entered, m.stormy_entered AS run_stormy_entered,
               m.nervous_held AS run_nervous_held, m.stormy_held AS run_stormy_held,
               s.source, s.at, s.seconds, s.close, s.slow, s.nervous_entered, s.stormy_entered, s.nervous_held,
               s.stormy_held, s.why, s.suspect_at, s.back_at
          FROM asset a
          LEFT JOIN market_regime m ON m.asset_id = a.id
          LEFT JOIN market_source s ON s.asset_id = a.id
         WHERE a.id = ANY(%(ids)s) ORDER BY a.id, s.source
        """,
        {"ids": list(asset_ids)},
    )


def told(conn: Conn, source: str, asset_ids: Sequence[int], times: Sequence[datetime]) -> list[Told]:
    """What the source said before for these (asset, time) pairs."""
    return rows(
        conn,
        Told,
        """
        SELECT t.asset_id, t.at, t.seconds, t.open, t.high, t.low, t.close, t.volume
          FROM market_tick t
          JOIN unnest(%(ids)s::int[], %(times)s::timestamptz[]) AS n (asset_id, at)
            ON n.asset_id = t.asset_id AND n.at = t.at
         WHERE t.source = %(source)s
        """,
        {"source": source, "ids": list(asset_ids), "times": list(times)},
    )


def add_ticks(conn: Conn, source: str, asset_ids: Sequence[int], bars: Sequence[Bar], by: str, now: datetime) -> None:
    """Keep what was believed (pairwise)."""
    run(
        conn,
        """
        INSERT INTO market_tick
               (asset_id, source, at, seconds, open, high, low, close, volume, received_at, received_by)
        SELECT asset_id, %(source)s, at, seconds, open, high, low, close, volume, %(now)s, %(by)s
          FROM unnest(%(ids)s::int[], %(at)s::timestamptz[], %(seconds)s::int[], %(open)s::numeric[],
                      %(high)s::numeric[], %(low)s::numeric[], %(close)s::numeric[], %(volume)s::numeric[])
               AS n (asset_id, at, seconds, open, high, low, close, volume)
        """,
        {
            "source": source,
            "ids": list(asset_ids),
            "at": [bar.at for bar in bars],
            "seconds": [bar.seconds for bar in bars],
            "open": [bar.open for bar in bars],
            "high": [bar.high for bar in bars],
            "low": [bar.low for bar in bars],
            "close": [bar.close for bar in bars],
            "volume": [bar.volume for bar in bars],
            "by": by,
            "now": now,
        },
    )


def keep_state(conn: Conn, asset_id: int, state: State) -> None:
    """The regime as it is now."""
    run(
        conn,
        """
        UPDATE market_regime
           SET level = %(level)s, reason = %(reason)s, since = %(since)s, clock = %(clock)s,
               nervous_entered = %(nervous_entered)s, stormy_entered = %(stormy_entered)s,
               nervous_held = %(nervous_held)s, stormy_held = %(stormy_held)s
         WHERE asset_id = %(id)s
        """,
        {
            "id": asset_id,
            "level": int(state.level),
            "reason": state.reason,
            "since": state.since,
            "clock": state.clock,
            **_claims(state.run),
        },
    )


def keep_series(conn: Conn, asset_id: int, series: Series) -> None:
    """The source as it is now."""
    run(
        conn,
        """
        INSERT INTO market_source
               (asset_id, source, at, seconds, close, slow, nervous_entered, stormy_entered, nervous_held, stormy_held,
                why, suspect_at, back_at, mark_at, mark, span_at, span_high, span_low, returns, ranges, samples,
                highs_at, highs)
        VALUES (%(id)s, %(source)s, %(at)s, %(seconds)s, %(close)s, %(slow)s, %(nervous_entered)s,
                %(stormy_entered)s, %(nervous_held)s, %(stormy_held)s, %(why)s, %(suspect_at)s, %(back_at)s,
                %(mark_at)s, %(mark)s, %(span_at)s, %(span_high)s, %(span_low)s, %(returns)s, %(ranges)s,
                %(samples)s::float8[], %(highs_at)s::timestamptz[], %(highs)s::numeric[])
        ON CONFLICT (asset_id, source) DO UPDATE
           SET (at, seconds, close, slow, nervous_entered, stormy_entered, nervous_held, stormy_held, why, suspect_at,
                back_at, mark_at, mark, span_at, span_high, span_low, returns, ranges, samples, highs_at, highs)
             = (excluded.at, excluded.seconds, excluded.close, excluded.slow, excluded.nervous_entered,
                excluded.stormy_entered, excluded.nervous_held, excluded.stormy_held, excluded.why,
                excluded.suspect_at, excluded.back_at, excluded.mark_at, excluded.mark, excluded.span_at,
                excluded.span_high, excluded.span_low, excluded.returns, excluded.ranges, excluded.samples,
                excluded.highs_at, excluded.highs)
        """,
        {
            "id": asset_id,
            "source": series.source,
            "at": series.at,
            "seconds": series.seconds,
            "close": series.close,
            "slow": series.slow,
            **_claims(series.claims),
            "why": series.why,
            "suspect_at": series.suspect_at,
            "back_at": series.back_at,
            "mark_at": series.mark_at,
            "mark": series.mark,
            "span_at": series.span_at,
            "span_high": series.span_high,
            "span_low": series.span_low,
            "returns": series.returns,
            "ranges": series.ranges,
            "samples": list(series.samples),
            "highs_at": list(series.highs_at),
            "highs": list(series.highs),
        },
    )


@dataclass(frozen=True, slots=True)
class Forgotten:
    at: datetime


def forget(conn: Conn, asset_id: int, source: str) -> Forgotten | None:
    """Drop what was measured on a source's prices; the prices stay. None where it has no such source."""
    return row(
        conn,
        Forgotten,
        "DELETE FROM market_source WHERE asset_id = %(id)s AND source = %(source)s RETURNING at",
        {"id": asset_id, "source": source},
    )


def _claims(claims: Claims) -> dict[str, datetime | None]:
    return {
        "nervous_entered": claims.nervous_entered,
        "stormy_entered": claims.stormy_entered,
        "nervous_held": claims.nervous_held,
        "stormy_held": claims.stormy_held,
    }
