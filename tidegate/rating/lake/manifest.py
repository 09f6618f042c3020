"""What a closed day's manifest says, and whether files are what it says they are.

One manifest per day, in canonical JSON. It names the manifest of the day before by its hash, so that no day can be
exchanged later without all days after it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from tidegate.base.canonical import canonical
from tidegate.base.refusals import Conflict

FORMAT = 1
CLOSED_AFTER = timedelta(hours=1)
"""A day is closed so long after its end: what was under way at midnight is written down by then."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a day."""

    path: str  # within the lake: "p2p_orders/day=2026-09-01.parquet"
    rows: int
    sums: Mapping[str, str]  # column -> its total, a decimal string
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A closed day (UTC). A day without states has events alone."""

    day: date
    before: str | None  # SHA-256 of the manifest of the day before; None = the lake's first day
    files: Mapping[str, File]  # table -> its file

    def text(self) -> str:
        files = {
            table: {"path": f.path, "rows": f.rows, "sums": dict(f.sums), "sha256": f.sha256}
            for table, f in self.files.items()
        }
        said = {"format": FORMAT, "day": self.day.isoformat(), "before": self.before, "files": files}
        return canonical(said) + "\n"

    def hash(self) -> str:
        return hashlib.sha256(self.text().encode()).hexdigest()


def read(text: str, name: str) -> Manifest:
    """The manifest behind a text. Raises Conflict `lake_manifest_unreadable`."""
    try:
        said = json.loads(text)
        files = {
            table: File(f["path"], int(f["rows"]), dict(f["sums"]), f["sha256"]) for table, f in said["files"].items()
        }
        manifest = Manifest(date.fromisoformat(said["day"]), said["before"], files)
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise Conflict("lake_manifest_unreadable", f"{name} is no manifest of a day: {fault!r}"[:300]) from fault
    if manifest.text() != text:
        raise Conflict("lake_manifest_unreadable", f"{name} is not spelt as it was written; somebody changed it.")
    return manifest


def closed_days(first: date | None, now: datetime) -> list[date]:
    """Every closed day from the first one on."""
    newest = (now - CLOSED_AFTER).astimezone(UTC).date() - timedelta(days=1)
    if first is None:
        return []
    return [first + timedelta(days=n) for n in range((newest - first).days + 1)]


def chained(manifests: Sequence[Manifest]) -> None:
    """Days without a gap, each naming the one before. Raises Conflict `lake_day_missing`, `lake_chain_broken`."""
    for before, after in pairwise(manifests):
        if after.day != before.day + timedelta(days=1):
            raise Conflict("lake_day_missing", f"The lake has no {before.day + timedelta(days=1)}; export it again.")
        if after.before != before.hash():
            raise Conflict(
                "lake_chain_broken", f"The manifest of {after.day} was written after another one of {before.day}."
            )


def needed(manifests: Sequence[Manifest], end: datetime) -> tuple[list[Manifest], Manifest]:
    """The days whose events were known before `end`, and the first day since then that holds the states.

    Raises Conflict: `lake_day_missing`, `lake_state_missing`.
    """
    last = (end.astimezone(UTC) - timedelta(microseconds=1)).date()
    if not manifests or manifests[-1].day < last:
        newest = f"ends with {manifests[-1].day}" if manifests else "is empty"
        raise Conflict("lake_day_missing", f"The lake {newest}; the window needs {last}. Export again once it is over.")
    state = next((m for m in manifests if m.day >= last and "p2p_merchants" in m.files), None)
    if state is None:
        raise Conflict(
            "lake_state_missing", f"No export since {last} wrote the states down (merchants, bonds, …). Export again."
        )
    return [m for m in manifests if m.day <= last], state
