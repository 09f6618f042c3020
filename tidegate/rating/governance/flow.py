"""Looking back at what was told, and ahead: who would move under other numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from tidegate.base.canonical import canonical
from tidegate.base.refusals import Malformed
from tidegate.db import Conn, act
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.policy.rating_numbers import RatingNumbers, read_over
from tidegate.policy.reading import Reader
from tidegate.policy.what_if import MONTHS as MONTHS_BEFORE_A_CHANGE
from tidegate.policy.what_if import WhatIf as LookedAhead
from tidegate.rating.governance import figures, store
from tidegate.rating.governance.figures import Frozen, Override, Precision
from tidegate.rating.lines import flow as lines
from tidegate.rating.runs import flow as runs
from tidegate.rating.runs import store as run_store
from tidegate.rating.subjects import store as subjects
from tidegate.rating.tiers import Basis, Matter, Tier, rate
from tidegate.rating.window import of_month

MONTHS = range(1, 25)
BATCH = 500


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
    next_month = of_month(_next(run.month), runs.zone_of(run))
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
    return next((run.id for run in run_store.listed(conn, 24) if _next(run.month) == month), None)


def _next(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02}"


# --- what if -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WouldMove:
    """Somebody whose month would have another tier."""

    month: str
    subject_id: str
    before: Tier
    after: Tier
    basis: Basis
    clauses: tuple[str, ...]


@dataclass(slots=True)
class WhatIf:
    """The last months under other numbers. Facts are those that are known today, judged as they are."""

    months: list[str] = field(default_factory=list)
    rated: int = 0
    moves: list[WouldMove] = field(default_factory=list)


def draft(conn: Conn, said: Mapping[str, object], now: datetime) -> RatingNumbers:
    """The numbers in force but for those that are said. Raises Malformed `numbers_invalid`."""
    reader = Reader()
    made = read_over(reader, policies.active(conn, now).rating, said, "rating")
    if reader.faults:
        words = "; ".join(f"{fault.field} {fault.message}" for fault in reader.faults)
        raise Malformed("numbers_invalid", words, field=reader.faults[0].field)
    return made


def what_if(conn: Conn, numbers: RatingNumbers, now: datetime, months: int = 12) -> WhatIf:
    """Rate the last months again under other numbers, and say who would move; nothing is written.

    Raises Malformed `months_invalid`.
    """
    if months not in MONTHS:
        raise Malformed("months_invalid", f"{months} is not {MONTHS[0]} to {MONTHS[-1]} months", field="months")
    found = WhatIf(months=_last(now, numbers, months))
    for month in found.months:
        window, policy = runs.window_of(conn, month, now)
        ids = [line.subject_id for line in subjects.in_scope(conn, window.start, window.as_of)]
        for start in range(0, len(ids), BATCH):
            for s in lines.gather(conn, ids[start : start + BATCH], window):
                matter = Matter(s.facts, window, s.counterparties, s.cases_before)
                was, would = rate(matter, policy.rating), rate(matter, numbers)
                found.rated += 1
                if was.tier is not would.tier:
                    moved = WouldMove(month, s.subject_id, was.tier, would.tier, would.basis, would.clauses)
                    found.moves.append(moved)
    return found


def look_ahead(conn: Conn, version: int, actor: str, now: datetime) -> LookedAhead:
    """Ask who would move under a draft of the policy, and keep the answer for whoever approves it.

    Raises NotFound `policy_unknown`.
    """
    numbers = policies.at_version(conn, version).rating
    found = what_if(conn, numbers, now, MONTHS_BEFORE_A_CHANGE)
    good_until = of_month(_next(found.months[-1]), numbers.zone).as_of
    moves = canonical([asdict(move) for move in found.moves])
    made = LookedAhead(version, found.months, found.rated, moves, actor, now, good_until)
    with act(conn, actor, now) as tx:
        policies.keep_what_if(tx, made, len(found.moves))
    return made


def _last(now: datetime, numbers: RatingNumbers, months: int) -> list[str]:
    """The last months that are over, oldest first."""
    found: list[str] = []
    first = now.astimezone(numbers.zone).date().replace(day=1)
    while len(found) < months:
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(f"{first:%Y-%m}")
    return found[::-1]
