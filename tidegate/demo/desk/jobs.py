"""The simulated desk as files, and the indicators asked about them."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tidegate.base.refusals import Malformed
from tidegate.demo.desk import oracle
from tidegate.demo.desk.facts import bodies, tellings
from tidegate.demo.desk.oracle import Truth
from tidegate.demo.desk.simulate import Asked, simulate
from tidegate.demo.desk.store import TABLES, relations, write_parquet
from tidegate.policy.indicator_numbers import IndicatorNumbers
from tidegate.rating.indicators.evaluation import evaluate
from tidegate.rating.indicators.reading import Reading, Span
from tidegate.rating.lake.store import duck

_ASSET = 1
_UTC = ZoneInfo("UTC")


def write(asked: Asked, folder: Path) -> dict[str, Any]:
    """Simulate a desk and write it down: a Parquet file per view, the facts as bodies of API calls, the truth.

    The folder is made where it is missing; raises Malformed `folder_not_empty`, so that no two desks are ever mixed,
    and as `simulate`.
    """
    desk = simulate(asked)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Malformed("folder_not_empty", f"{folder} is not empty; name a new folder.")
    with relations(desk, _ASSET) as db:
        rows = {name: write_parquet(db, name, folder / f"{name}.parquet") for name in TABLES}
    _put(folder / "facts.json", bodies(tellings(desk)))
    _put(folder / "oracle.json", {"asked": _asked(asked), "merchants": oracle.written(oracle.truths(desk))})
    return {"folder": str(folder), "rows": rows}


def score(folder: Path, numbers: IndicatorNumbers) -> dict[str, Any]:
    """Ask every indicator about every whole month of a written desk, and compare with the truth.

    Raises Malformed `desk_unreadable` for a folder that `write` did not write.
    """
    try:
        said = json.loads((folder / "oracle.json").read_text())
        begins, days = date.fromisoformat(said["asked"]["begins"]), int(said["asked"]["days"])
        known = oracle.read(said["merchants"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError) as fault:
        raise Malformed(
            "desk_unreadable", f"{folder} holds no desk that `tidegate desk simulate` wrote: {fault}"
        ) from fault
    missing = [name for name in TABLES if not (folder / f"{name}.parquet").is_file()]
    if missing:
        raise Malformed("desk_unreadable", f"{folder} lacks {', '.join(missing)}.")
    spans = whole_months(begins, days)
    if not spans:
        raise Malformed("desk_too_short", f"No whole month lies in {days} days from {begins} on.")
    files = {name: [folder / f"{name}.parquet"] for name in TABLES}
    read: list[Reading] = []
    for span in spans:
        with duck(files, _UTC) as engine:
            read += evaluate(engine, span, numbers)
    return report(known, read)


def report(known: list[Truth], read: list[Reading]) -> dict[str, Any]:
    """Precision and recall per indicator, and what was raised per kind of merchant."""
    fired = {(one.subject_id, one.indicator) for one in read if one.fired}
    return {
        "indicators": [
            {
                "indicator": one.indicator,
                "fired": one.fired,
                "right": one.right,
                "planted": one.planted,
                "precision": _percent(one.precision),
                "recall": _percent(one.recall),
                "elsewhere": one.by_kind,
            }
            for one in oracle.score(known, fired)
        ],
        "kinds": [asdict(one) for one in oracle.score_kinds(known, fired)],
    }


def whole_months(begins: date, days: int) -> list[Span]:
    """The calendar months that lie in it from end to end, in UTC."""
    ends, spans = begins + timedelta(days=days), []
    first = begins if begins.day == 1 else _next(begins)
    while _next(first) <= ends:
        spans.append(Span(_midnight(first), _midnight(_next(first)), _UTC))
        first = _next(first)
    return spans


def _next(day: date) -> date:
    return day.replace(day=1) + timedelta(days=monthrange(day.year, day.month)[1])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _percent(share: Fraction | None) -> int | None:
    """Whole percent, rounded down; None of nothing."""
    return None if share is None else share.numerator * 100 // share.denominator


def _asked(asked: Asked) -> Mapping[str, Any]:
    return asdict(asked) | {"begins": asked.begins.isoformat()}


def _put(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
