"""What is known of measures."""

from __future__ import annotations

from collections.abc import Sequence

from tidegate.base.refusals import NotFound
from tidegate.db import Conn
from tidegate.rating.measures import store
from tidegate.rating.measures.store import MeasureRow, Step


def of_subject(conn: Conn, subject_id: str) -> list[MeasureRow]:
    """Every measure about a person, oldest first."""
    return store.of_subject(conn, subject_id)


def steps(conn: Conn, found: Sequence[MeasureRow]) -> dict[str, list[Step]]:
    """What became of each measure, in order."""
    told: dict[str, list[Step]] = {measure.id: [] for measure in found}
    for step in store.steps(conn, list(told)):
        told[step.measure_id].append(step)
    return told


def get(conn: Conn, id: str) -> MeasureRow:
    """One measure. Raises NotFound `measure_missing`."""
    found = store.get(conn, id)
    if found is None:
        raise NotFound("measure_missing", f"There is no measure {id[:40]!r}.")
    return found
