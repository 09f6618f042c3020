"""Looking back at what was told: how the tiers moved, and whether they were right."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.rating.governance import figures, store
from tidegate.rating.governance.figures import Frozen, Override, Precision
from tidegate.rating.runs import flow as runs
from tidegate.rating.runs import store as run_store
from tidegate.rating.window import month_after, of_month


@dataclass(frozen=True, slots=True)
class Figures:
    """What a month's rating looks like from outside."""

    run_id: str
    month: str
    matrix: Mapping[str, Mapping[str, int]]
    stability: Decimal | None  # against the month before
    band: str | None
    overrides: list[Override]
    precision: list[Precision]
    frozen: list[Frozen]
    rises: bool | None  # whether the share of freezes rises with the tier


def of_run(conn: Conn, run_id: str) -> Figures:
    """The figures of a month. Raises NotFound `run_unknown`."""
    run, _ = runs.get(conn, run_id)
    moves = {(line.before, line.after): line.merchants for line in store.moves(conn, run_id)}
    now = _tiers(moves)
    before = _month_before(conn, run.month)
    earlier = (
        {}
        if before is None
        else _tiers({(line.before, line.after): line.merchants for line in store.moves(conn, before)})
    )
    index = figures.stability(earlier, now)
    next_month = of_month(month_after(run.month), runs.zone_of(run))
    frozen = store.frozen(conn, run_id, run.as_of, next_month.as_of)
    decided = store.decided(conn, run.as_of, next_month.as_of)
    people = _one_key_each(conn, {line.reviewer for line in decided})
    return Figures(
        run_id=run_id,
        month=run.month,
        matrix=figures.matrix(moves),
        stability=index,
        band=figures.band(index),
        overrides=figures.overrides((people[line.reviewer], line.proposed, line.decided) for line in decided),
        precision=store.precision(conn, run.start_at, run.as_of),
        frozen=frozen,
        rises=figures.rises(frozen),
    )


def _tiers(moves: Mapping[tuple[str, str], int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, after), merchants in moves.items():
        found[after] = found.get(after, 0) + merchants
    return found


def _one_key_each(conn: Conn, keys: Collection[str]) -> dict[str, str]:
    """The key that stands for each one's person, the first of them: whoever decides with two is one reviewer."""
    who = parties.people(conn, keys)
    first = {who[key].name: key for key in sorted(keys, reverse=True)}
    return {key: first[person.name] for key, person in who.items()}


def _month_before(conn: Conn, month: str) -> str | None:
    return next((run.id for run in run_store.listed(conn, 24) if month_after(run.month) == month), None)
