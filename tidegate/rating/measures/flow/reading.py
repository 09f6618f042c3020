"""What is known of measures."""

from __future__ import annotations

from tidegate.base.refusals import NotFound
from tidegate.db import Conn
from tidegate.rating.measures import store
from tidegate.rating.measures.store import MeasureRow


def of_subject(conn: Conn, subject_id: str) -> list[MeasureRow]:
    """Every measure about a person, oldest first."""
    return store.of_subject(conn, subject_id)


def get(conn: Conn, id: str) -> MeasureRow:
    """One measure. Raises NotFound `measure_missing`."""
    found = store.get(conn, id)
    if found is None:
        raise NotFound("measure_missing", f"There is no measure {id[:40]!r}.")
    return found
