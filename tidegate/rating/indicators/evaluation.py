"""A window through an engine: define the views, digest the rows, ask every indicator, put the answers together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from tidegate.policy.indicator_numbers import IndicatorNumbers
from tidegate.rating.indicators import texts
from tidegate.rating.indicators.catalogue import INDICATORS, Indicator
from tidegate.rating.indicators.reading import EVIDENCE_MOST, NO_ROWS, Digest, Reading, Span, asked, inputs_hash

Row = Mapping[str, Any]
Digests = Mapping[str, Mapping[str, Digest]]
"""Of each kind of record: subject -> digest of its rows."""

_FIXED = frozenset(("subject", "evidence", "s", "n", "part", "whole", "limit_part", "limit_whole", "enough", "grade"))
_LATE_DAYS = 8
"""An order may become known so late and still be compared with the days before it."""


class Engine(Protocol):
    """Where the texts run. Days are those of the zone it was opened with."""

    def define(self, view: str, text: str, kept: bool) -> None:
        """Name what a query gives, for the queries after it; kept = work it out now."""
        ...

    def rows(self, text: str) -> Sequence[Row]:
        """What a query gives, each row by column name."""
        ...

    def instant(self, at: datetime) -> str:
        """An instant as the engine writes one."""
        ...


def evaluate(engine: Engine, span: Span, numbers: IndicatorNumbers, only: Iterable[str] | None = None) -> list[Reading]:
    """Every indicator (or those named) of every subject in scope, in the order of the catalogue and of the subjects."""
    wanted = [one for one in INDICATORS if only is None or one.id in set(only)]
    values = filling(engine, span, numbers)
    for view in texts.VIEWS:
        engine.define(view, texts.filled(texts.text(view), values), view in texts.KEPT)
    digests = {record: _digested(engine, record, values) for record in sorted({r for one in wanted for r in one.reads})}
    return [reading for one in wanted for reading in _asked(engine, one, span, values, digests)]


def filling(engine: Engine, span: Span, numbers: IndicatorNumbers) -> dict[str, int | str]:
    """What stands for each name in a text."""
    back = numbers.values["jump_days"] + _LATE_DAYS
    return {
        **numbers.values,
        "structuring_limits": _limits(numbers.structuring_limits),
        "evidence_most": EVIDENCE_MOST,
        "start": engine.instant(span.start),
        "end": engine.instant(span.end),
        "history": engine.instant(span.before(back)),
    }


def _limits(limits: Sequence[int]) -> str:
    """The lines of a VALUES list; where no limit is said, one that no value meets."""
    return ", ".join(f"(CAST({limit} AS DECIMAL(38,0)))" for limit in limits or ("NULL",))


def _digested(engine: Engine, record: str, values: Mapping[str, int | str]) -> dict[str, Digest]:
    text = texts.filled(texts.text(f"of-{record}"), values) + texts.text(texts.DIGEST)
    return {
        row["subject"]: Digest(int(row["lines"]), int(row["first"]), int(row["second"])) for row in engine.rows(text)
    }


def _asked(
    engine: Engine, indicator: Indicator, span: Span, values: Mapping[str, int | str], digests: Digests
) -> list[Reading]:
    own = texts.text(indicator.id)
    rows = engine.rows(texts.filled(own + texts.text(texts.ANSWER), values))
    said = asked(span, {name: values[name] for name in texts.names(own) if name not in ("start", "end", "history")})
    rule = texts.version(indicator.id)
    desk = {record: sum(digests[record].values(), NO_ROWS) for record in indicator.reads if indicator.peers}
    return [
        _reading(indicator, rule, row, said, {record: digests[record] for record in indicator.reads}, desk)
        for row in sorted(rows, key=lambda row: str(row["subject"]))
    ]


def _reading(
    indicator: Indicator, rule: str, row: Row, said: str, digests: Digests, desk: Mapping[str, Digest]
) -> Reading:
    subject = row["subject"]
    read = [(record, of.get(subject, NO_ROWS)) for record, of in digests.items()]
    read += [(f"all {record}", digest) for record, digest in desk.items()]
    return Reading(
        subject_id=subject,
        indicator=indicator.id,
        rule_version=rule,
        n=int(row["n"] or 0),
        part=_whole(row["part"]),
        whole=_whole(row["whole"]),
        limit_part=_whole(row["limit_part"]),
        limit_whole=int(row["limit_whole"] or 1),
        enough=bool(row["enough"]),
        grade=int(row["grade"] or 0),
        figures=tuple((name, _whole(value)) for name, value in row.items() if name not in _FIXED),
        evidence=tuple(sorted(row["evidence"].split(","))) if row["evidence"] else (),
        inputs_hash=inputs_hash(rule, said, read),
    )


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
