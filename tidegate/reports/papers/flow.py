"""Papers, each read in one look: nothing is written, and nothing can change between its first line and its last."""

from __future__ import annotations

from datetime import datetime

from tidegate.db import Conn, journal
from tidegate.parties import flow as parties
from tidegate.rating.governance import flow as governance
from tidegate.rating.runs import flow as runs
from tidegate.reports.papers import case, month, store
from tidegate.reports.papers.paper import Paper, Words
from tidegate.withdrawals import flow as withdrawals


def of_month(conn: Conn, run_id: str, say: Words) -> Paper:
    """A month's rating. Raises NotFound `run_unknown`."""
    with journal.snapshot(conn):
        run, _ = runs.get(conn, run_id)
        figures = governance.of_run(conn, run_id)
        lines = store.lines(conn, run_id)
        names = {key.id: key.label for key in parties.keys(conn)}
    told = month.Month(
        run_id=run.id,
        month=run.month,
        start_at=run.start_at,
        as_of=run.as_of,
        deadline=run.deadline,
        calendar=run.calendar,
        calendar_hash=run.calendar_hash,
        readings_hash=run.readings_hash,
        policy_version=run.policy_version,
        made_at=run.made_at,
        published_at=run.published_at,
        lines=lines,
        matrix=figures.matrix,
        stability=figures.stability,
        band=figures.band,
        overrides=figures.overrides,
        precision=figures.precision,
        frozen=figures.frozen,
        rises=figures.rises,
    )
    return month.paper(told, names, say)


def of_case(conn: Conn, case_id: str, say: Words, now: datetime) -> Paper:
    """A case with its withdrawal, as its sealed file tells it. Raises NotFound `case_unknown`."""
    bundle = withdrawals.evidence(conn, case_id)
    names = {key.id: key.label for key in parties.keys(conn)}
    assets = withdrawals.setting(conn, now).assets
    return case.paper(bundle, assets, names, say)
