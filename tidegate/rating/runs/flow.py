"""A month: draw a line for everybody in scope, have people decide what the text leaves to people, tell before a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound, Refusal
from tidegate.base.times import rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.p2p.bond import flow as bonds
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.policy.pack import Policy
from tidegate.rating.calendars import flow as calendars
from tidegate.rating.facts import flow as facts
from tidegate.rating.indicators.catalogue import BY_ID, Raises
from tidegate.rating.indicators.evaluation import evaluate
from tidegate.rating.indicators.reading import Reading, Span
from tidegate.rating.indicators.store import postgres
from tidegate.rating.lines import flow as lines
from tidegate.rating.lines.flow import Drawing
from tidegate.rating.lines.line import Judged, Subject, judge
from tidegate.rating.lines.store import LineRow
from tidegate.rating.publishing import flow as publishing
from tidegate.rating.readings import fingerprint
from tidegate.rating.runs import store
from tidegate.rating.runs.signal import telling
from tidegate.rating.runs.store import Counts, RunRow
from tidegate.rating.subjects import store as subjects
from tidegate.rating.window import Window, midnight, of_month

Look = Callable[[Window, Policy], list[Reading]]
"""Asks every indicator about a window, on some engine."""

BATCH = 500
"""Lines per transaction: a month of ten thousand merchants locks nobody for long."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a run."""

    run: RunRow
    drawn: int  # new lines, also those that take the place of others
    kept: int  # nothing about them has changed
    told: int  # facts that indicators told


@dataclass(slots=True)
class Told:
    """What came of telling a run."""

    published: int = 0
    waiting: list[tuple[str, str]] = field(default_factory=list)  # (line, code of what it waits for)
    late: bool = False


def run(conn: Conn, month: str, actor: str, now: datetime, look: Look | None = None) -> Done:
    """Draw a month's lines, or those whose facts have changed since: again changes nothing else. `look` asks the
    indicators first; None = they are not asked.

    A line that was told stays as it is; what has changed since makes a new one that says what it supersedes. Raises
    Malformed `month_invalid`; Conflict `month_not_over`, `CALENDAR_NOT_CONFIRMED`.
    """
    window, policy = window_of(conn, month, now)
    if window.as_of > now:
        raise Conflict("month_not_over", f"{month} is over at {rfc3339(window.as_of)}; until then try a dry run.")
    made = _open(conn, window, policy, actor, now)
    seen = [] if look is None else look(window, policy)
    told = _tell(conn, seen, window, actor, now)
    _ask(conn, seen, policies.active(conn, now), now)
    drawn = kept = 0
    for ids in _batches([line.subject_id for line in subjects.in_scope(conn, window.start, window.as_of)]):
        with act(conn, actor, now) as tx:
            store.lock_month(conn, month)
            fresh = _draw(tx, made, ids, window, policies.at_version(conn, made.policy_version))
            drawn, kept = drawn + fresh, kept + len(ids) - fresh
    return Done(_known(conn, made.id), drawn, kept, told)


def dry_run(conn: Conn, month: str, now: datetime) -> list[tuple[Subject, Judged]]:
    """What the lines of a month would be, also of one that is not over; nothing is written. Raises as `run`."""
    window, policy = window_of(conn, month, now)
    found = []
    for ids in _batches([line.subject_id for line in subjects.in_scope(conn, window.start, window.as_of)]):
        found += [(s, judge(s, window, policy.rating, policy.version, now)) for s in lines.gather(conn, ids, window)]
    return found


def window_of(conn: Conn, month: str, now: datetime) -> tuple[Window, Policy]:
    """A month's window in the platform's time zone, and the policy that judges it: in force when it began (R21)."""
    zone = policies.active(conn, now).rating.zone
    window = of_month(month, zone)
    policy = lines.policy_of(conn, window.start, now)
    return (window if policy.rating.zone == zone else of_month(month, policy.rating.zone)), policy


def _open(conn: Conn, window: Window, policy: Policy, actor: str, now: datetime) -> RunRow:
    with act(conn, actor, now) as tx:
        before = store.lock_month(conn, window.month)
        if before is not None:
            return before
        calendar = calendars.in_force(conn, policy.rating.calendar)
        last = calendar.deadline(window.month, policy.rating.publication_days)
        years = [window.as_of.astimezone(policy.rating.zone).year, last.year]
        made = RunRow(
            id=new_id("rat"),
            month=window.month,
            timezone=policy.rating.timezone,
            start_at=window.start,
            as_of=window.as_of,
            calendar=calendar.name,
            calendar_hash=calendars.fingerprint(calendar, years),
            deadline=midnight(last + timedelta(days=1), policy.rating.zone),
            policy_version=policy.version,
            readings_hash=fingerprint(),
            made_by=actor,
            made_at=now,
            late_at=None,
            published_at=None,
        )
        if store.add(conn, made):
            tx.note("rating.run", made.id, {"month": made.month, "deadline": made.deadline, "policy": policy.version})
        found = store.lock_month(conn, window.month)
        assert found is not None
        return found


def on_postgres(conn: Conn) -> Look:
    """The indicators on the system of record, as it is at one moment."""

    def look(window: Window, policy: Policy) -> list[Reading]:
        with postgres(conn, policy.rating.zone) as engine:
            return evaluate(engine, Span(window.start, window.as_of, policy.rating.zone), policy.indicators)

    return look


def _tell(conn: Conn, seen: Sequence[Reading], window: Window, actor: str, now: datetime) -> int:
    """What the indicators saw becomes facts that nobody has judged, each once. How many are new."""
    told = [made for reading in seen if (made := telling(reading, window)) is not None]
    new = 0
    for start in range(0, len(told), BATCH):
        for one in facts.record(conn, told[start : start + BATCH], actor, now):
            if isinstance(one, Refusal) and one.code != "fact_source_reused":  # the month was looked at before
                raise one
            new += not isinstance(one, Refusal) and not one.duplicate
    return new


def _ask(conn: Conn, seen: Sequence[Reading], policy: Policy, now: datetime) -> None:
    """I-22: whose bond is short is a task for people, one at a time; covered again, it closes by itself."""
    short = [reading for reading in seen if reading.fired and BY_ID[reading.indicator].raises is Raises.TASK]
    merchants = sorted({merchant for reading in short for merchant in reading.evidence})
    with act(conn, "worker", now) as tx:
        for merchant in merchants:
            bonds.ask_for_cover(tx, merchant, policy)


def _draw(tx: Tx, run: RunRow, ids: Sequence[str], window: Window, policy: Policy) -> int:
    """Lines for some people, where there is none yet or another one; how many."""
    existing = {line.subject_id: line for line in lines.of_run_about(tx.conn, run.id, ids)}
    told = lines.standing_of(tx.conn, [line.id for line in existing.values()])
    fresh: list[tuple[Subject, Judged, LineRow | None]] = []
    for subject in lines.gather(tx.conn, ids, window):
        found = judge(subject, window, policy.rating, policy.version, tx.now)
        before = existing.get(subject.subject_id)
        if before is None or not _holds(before, found, told[before.id].decided, told[before.id].published_at):
            fresh.append((subject, found, before))
    # Whose bond is kept from here on, or no longer: all at once, so that no two ever wait for each other in a ring.
    kept = [s.subject_id for s, found, before in fresh if found.person or (before is not None and before.person)]
    parties.lock(tx.conn, [account.party_id for account in subjects.accounts(tx.conn, kept)])
    for subject, found, before in fresh:
        replaced = None if before is None else before.id
        made = lines.draw(tx, Drawing(subject, "month", run.id, replaced), found, policy.version)
        lines.hand_over(tx, before, made)
        if replaced is not None:
            tx.note("rating.line_superseded", replaced, {"by": made.id, "subject": made.subject_id})
    return len(fresh)


def _holds(line: LineRow, found: Judged, decided: str | None, published_at: datetime | None) -> bool:
    """Whether a line says still what is to be said: the facts are the same, and so is what would follow from them."""
    if line.inputs_hash != found.inputs_hash:
        return False
    settled = decided is not None or published_at is not None
    return settled or (line.proposed, line.rule, line.person) == (found.move.tier, found.move.rule, found.person)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


# --- tell --------------------------------------------------------------------------------------------------------


def publish(conn: Conn, id: str, actor: str, now: datetime) -> Told:
    """Tell every line that is ready, each in a transaction of its own. What waits for people waits, and says for what.

    Lines whose facts have changed since they were drawn are drawn again first. Raises NotFound `run_unknown`.
    """
    found = _known(conn, id)
    told = Told()
    run(conn, found.month, actor, now)
    for line in lines_of(conn, id):
        if publishing.of(conn, line.id) is not None:
            continue
        try:
            told.late |= publishing.publish(conn, line.id, actor, now, found.deadline).late
            told.published += 1
        except Conflict as waits:  # one that waits keeps no other back
            told.waiting.append((line.id, waits.code))
    with act(conn, actor, now) as tx:
        counted = store.counts(conn, id)
        if counted.lines == counted.published and store.published(conn, id, now):
            tx.note("rating.run_published", id, {"month": found.month, "lines": counted.lines, "late": told.late})
    notice_late(conn, now)
    return told


def lines_of(conn: Conn, id: str) -> Iterator[LineRow]:
    """Every line of a run that holds, by merchant, a page at a time."""
    after = ""
    while page := lines.page(conn, id, after, BATCH):
        yield from page
        after = page[-1].subject_id


def notice_late(conn: Conn, now: datetime) -> int:
    """A month that nobody was told of in time is an incident, once; the old tiers stay in force. How many are new."""
    with act(conn, "worker", now) as tx:
        noticed = 0
        for overdue in store.overdue(conn, now):
            if store.late(conn, overdue.id, now):
                counted = store.counts(conn, overdue.id)
                missing = counted.lines - counted.published
                body = {"month": overdue.month, "deadline": overdue.deadline, "missing": missing}
                tx.note("rating.publication_late", overdue.id, body)
                noticed += 1
        return noticed


def get(conn: Conn, id: str) -> tuple[RunRow, Counts]:
    """One run, and how far it has come. Raises NotFound `run_unknown`."""
    return _known(conn, id), store.counts(conn, id)


def listed(conn: Conn, limit: int = 24) -> list[RunRow]:
    """Runs, the newest month first."""
    return store.listed(conn, limit)


def zone_of(run: RunRow) -> ZoneInfo:
    return ZoneInfo(run.timezone)


def _known(conn: Conn, id: str) -> RunRow:
    found = store.get(conn, id)
    if found is None:
        raise NotFound("run_unknown", f"There is no rating run {id[:40]!r}.")
    return found
