"""The regime over a file of real prices: where it would have tightened, and for how long."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from tidegate.base.money import BadAmount, to_units
from tidegate.base.refusals import Malformed
from tidegate.base.times import rfc3339
from tidegate.policy.market.hearing import hear
from tidegate.policy.market.params import Level, Market
from tidegate.policy.market.regime import TICK, Change, begin, pass_time
from tidegate.policy.market.series import DAY, Bar, RefusedPrice, Series, fault
from tidegate.policy.pricing import PRICE_DECIMALS

COLUMNS = ("ts_utc", "open", "high", "low", "close", "volume")
SOURCE = "file"
_UNIT = Decimal(1)
_MOST = Decimal(10) ** (78 - PRICE_DECIMALS)
_LATEST = 253_402_300_799  # the last second of the year 9999


@dataclass(frozen=True, slots=True)
class Row:
    line: int  # in the file; the header is line 1
    bar: Bar


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the regime would have done. A bar that was not believed is listed and changes no estimate."""

    bars: int
    bar_seconds: int
    first: datetime
    last: datetime
    changes: list[Change]
    time: dict[Level, timedelta]  # spent at each level from the first bar to the last
    refused: list[tuple[int, RefusedPrice]]  # (line, why)


def read(text: str) -> list[Row]:
    """Bars of a CSV text with the columns `COLUMNS`, each as long as the file's bars usually are.

    `ts_utc` is the start of the bar: seconds since 1970 or RFC 3339 (without a zone: UTC). Prices are rounded to
    10^-12. A row that is there twice counts once. Raises Malformed `prices_unreadable` naming the line: not six
    columns, not a number, zero or less, impossible, or earlier than the row before.
    """
    lines = csv.reader(text.splitlines())
    head = next(lines, [])
    if tuple(name.strip() for name in head) != COLUMNS:
        raise Malformed("prices_unreadable", f"Line 1: the columns must be {','.join(COLUMNS)}, not {','.join(head)!r}")
    rows: list[Row] = []
    for fields in lines:
        if not fields:
            continue
        row = Row(lines.line_num, _bar(fields, lines.line_num))
        if rows and row.bar == rows[-1].bar:
            continue
        if rows and row.bar.at <= rows[-1].bar.at:
            raise _unreadable(row.line, f"{fields[0]!r} is not after the row before")
        rows.append(row)
    if not rows:
        raise Malformed("prices_unreadable", "The file has no prices")
    seconds = _spacing([row.bar.at for row in rows])
    return [Row(row.line, replace(row.bar, seconds=seconds)) for row in rows]


def replay(rows: Sequence[Row], asset: str, p: Market) -> Replayed:
    """One source, bar by bar, exactly as the feed would have told it; time goes on to the last bar."""
    first, last = rows[0].bar.at, rows[-1].bar.at
    state = begin(first)
    known: dict[str, Series] = {}
    changes: list[Change] = []
    refused = []
    for row in rows:
        heard = hear(state, known, SOURCE, row.bar, None, asset, p)
        state = heard.state
        changes += heard.changes
        if heard.series is not None:
            known[SOURCE] = heard.series
        if heard.refused is not None:
            refused.append((row.line, heard.refused))
    _, made = pass_time(state, list(known.values()), last + TICK, p)
    changes += made
    return Replayed(len(rows), rows[0].bar.seconds, first, last, changes, _time(first, last, changes), refused)


def _bar(fields: Sequence[str], line: int) -> Bar:
    if len(fields) != len(COLUMNS):
        raise _unreadable(line, f"has {len(fields)} fields instead of {len(COLUMNS)}")
    opened, high, low, close = (_price(COLUMNS[n], fields[n], line) for n in range(1, 5))
    bar = Bar(_time_of(fields[0], line), 0, opened, high, low, close, _number("volume", fields[5], line))
    wrong = fault(None, bar, None, Market())
    if wrong is not None:
        raise _unreadable(line, wrong.message)
    return bar


def _price(name: str, text: str, line: int) -> int:
    price = _number(name, text, line)
    if price == 0:
        raise _unreadable(line, f"{name} {text!r} is 0; a price must be more than 0")
    return price


def _number(name: str, text: str, line: int) -> int:
    """A plain or scientific number as whole 10^-12. Files of other makers write 1e-05."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise _unreadable(line, f"{name} {text[:40]!r} is not a number") from None
    if not number.is_finite() or not 0 <= number < _MOST:
        raise _unreadable(line, f"{name} {text[:40]!r} must be a number that is not below 0")
    return int(number.scaleb(PRICE_DECIMALS).quantize(_UNIT)) if number.adjusted() > -20 else 0


def _time_of(text: str, line: int) -> datetime:
    try:
        if text.strip().isdecimal():
            if int(text) > _LATEST:
                raise ValueError(text)
            return datetime.fromtimestamp(int(text), UTC)
        at = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise _unreadable(line, f"ts_utc {text[:40]!r} is neither seconds since 1970 nor RFC 3339") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _spacing(times: Sequence[datetime]) -> int:
    """Seconds between bars: the commonest distance, the shorter of two that are as common."""
    steps = Counter(int((b - a).total_seconds()) for a, b in pairwise(times))
    return min(steps, key=lambda seconds: (-steps[seconds], seconds)) if steps else 0


def _time(first: datetime, last: datetime, changes: Sequence[Change]) -> dict[Level, timedelta]:
    spent = dict.fromkeys(Level, timedelta())
    for level, start, end in _stretches(first, last, changes):
        spent[level] += end - start
    return spent


def _stretches(
    first: datetime, last: datetime, changes: Sequence[Change]
) -> Iterator[tuple[Level, datetime, datetime]]:
    level, start = Level.CALM, first
    for change in changes:
        yield level, start, change.at
        level, start = change.after, change.at
    yield level, start, last


def _unreadable(line: int, words: str) -> Malformed:
    return Malformed("prices_unreadable", f"Line {line}: {words}", field=f"line {line}")


def pegged(p: Market, asset: str, text: str) -> Market:
    """The same numbers with a peg in USD for one asset. Raises Malformed `peg_malformed`."""
    try:
        peg = to_units(text, PRICE_DECIMALS)
    except BadAmount as bad:
        raise Malformed("peg_malformed", f"The peg: {bad}", field="peg") from bad
    if peg == 0:
        raise Malformed("peg_malformed", "A peg must be more than 0", field="peg")
    return replace(p, pegs={**p.pegs, asset: peg})


def answer(done: Replayed, p: Market) -> dict[str, object]:
    """The replay as the command line prints it. Multipliers and days are numbers for people to read."""
    return {
        "bars": done.bars,
        "bar_minutes": done.bar_seconds / 60,
        "first": rfc3339(done.first),
        "last": rfc3339(done.last),
        "changes": [_said(change, p) for change in done.changes],
        "days": {level.word: round(spent / DAY, 3) for level, spent in done.time.items()},
        "refused": [{"line": line, "code": wrong.code, "message": wrong.message} for line, wrong in done.refused],
    }


def _said(change: Change, p: Market) -> dict[str, object]:
    percent = p.multiplier_percent(change.after)
    return {
        "at": rfc3339(change.at),
        "from": change.before.word,
        "to": change.after.word,
        "reason": change.reason,
        "multiplier": percent / 100 if percent % 100 else percent // 100,
    }
