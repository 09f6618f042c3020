"""Deciding a line, by one person or two, and hearing the merchant before HIGH or EXTREME is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from tidegate.base.canonical import canonical
from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound
from tidegate.db import Conn, Tx, act
from tidegate.parties import flow as parties
from tidegate.parties.party import check_reason
from tidegate.policy import flow as policies
from tidegate.policy.pack import Policy
from tidegate.rating.calendars import flow as calendars
from tidegate.rating.decisions import decision as rules
from tidegate.rating.decisions import store
from tidegate.rating.decisions.decision import Open, Terms, Voice
from tidegate.rating.decisions.store import CommentRow, DecisionRow
from tidegate.rating.facts import store as facts
from tidegate.rating.lines import flow as lines
from tidegate.rating.lines import store as line_store
from tidegate.rating.lines.store import LineRow
from tidegate.rating.measures.measure import Measure, Wanted
from tidegate.rating.standing import flow as standing
from tidegate.rating.subjects import flow as subjects
from tidegate.rating.tiers import Tier
from tidegate.rating.window import midnight


def decide(conn: Conn, line_id: str, terms: Terms, reason: str, actor: str, now: datetime) -> DecisionRow | None:
    """One person's word on a line. None = a second person has to agree to exactly the same.

    Raises NotFound `line_unknown`; Malformed, Conflict and Forbidden as `decision.checked` and `check_voice` say;
    Conflict `line_decided`, `line_published`, `line_superseded`, `line_needs_nobody`, `CALENDAR_NOT_CONFIRMED`.
    """
    with act(conn, actor, now) as tx:
        line, held = _locked(tx, line_id)
        policy = policies.active(conn, now)
        opened = {found.subject_id: found.alerts for found in facts.open_alerts(conn, [line.subject_id])}
        about = Open(
            line.id,
            Tier(line.computed),
            Tier(line.proposed),
            held,
            line.rule,
            opened.get(line.subject_id, 0),
            line.characterised,
        )
        wanted = rules.checked(about, terms, reason, policy.rating)
        needed = rules.needed(about, Tier(terms.tier), wanted)
        given = store.voices(conn, line_id)
        barred = _barred(conn, line) if needed > 1 or line.restates is not None else set()
        who = parties.people(conn, {actor, *barred, *(voice.person for voice in given)})
        names = {id: person.name for id, person in who.items()}
        rules.check_voice(line_id, given, actor, terms, barred, names)
        voice = Voice(actor, terms.text(), reason, now)
        store.add_voice(conn, line_id, len(given) + 1, voice)
        tx.note("rating.voice", line_id, {"tier": terms.tier, "code": terms.code, "reason": reason})
        if len(given) + 1 < needed:
            return None
        return _decided(tx, line, held, terms, wanted, [*given, voice], policy)


def agree(conn: Conn, line_id: str, reason: str, actor: str, now: datetime) -> DecisionRow | None:
    """A second person's word: exactly what the first one said. Raises Conflict `line_not_voted`, and as `decide`."""
    given = store.voices(conn, line_id)
    if not given:
        raise Conflict("line_not_voted", f"Nobody has said anything about {line_id} yet; decide it.")
    return decide(conn, line_id, Terms.of_text(given[0].terms), reason, actor, now)


def _locked(tx: Tx, line_id: str) -> tuple[LineRow, Tier]:
    """The line, locked after the person whom it is about, and the tier that holds for them."""
    found = lines.get(tx.conn, line_id)
    held = standing.lock(tx, found.subject_id)
    line = line_store.lock(tx.conn, line_id)
    assert line is not None  # lines are never deleted
    at = lines.standing_of(tx.conn, [line_id])[line_id]
    if at.decided is not None:
        raise Conflict("line_decided", f"{line_id} was decided already: {at.decided}.")
    if at.published_at is not None:
        raise Conflict("line_published", f"{line_id} was told already; what comes later makes a new line.")
    if at.superseded_by is not None:
        raise Conflict("line_superseded", f"{line_id} was drawn again as {at.superseded_by}; decide that one.")
    if not line.person:
        raise Conflict("line_needs_nobody", f"The text decides {line_id}: {line.computed}.")
    return line, Tier(held.tier)


def _barred(conn: Conn, line: LineRow) -> set[str]:
    """Who told a fact that a line stands on; and of a restatement who had decided, told, or now corrected it."""
    told = {teller.recorded_by for teller in store.tellers(conn, line.id)}
    if line.restates is None:
        return told
    before = {teller.recorded_by for teller in store.tellers(conn, line.restates)}
    return told | before | {voice.person for voice in store.voices(conn, line.restates)} | {line.made_by}


def _decided(
    tx: Tx, line: LineRow, held: Tier, terms: Terms, wanted: Sequence[Wanted], voices: Sequence[Voice], policy: Policy
) -> DecisionRow:
    tier = Tier(terms.tier)
    asks = tier.rank >= Tier.HIGH.rank and tier.rank > held.rank and not terms.secret
    made = DecisionRow(
        line_id=line.id,
        tier=tier,
        code=terms.code,
        reason=voices[0].reason,
        measures=_text(wanted, terms.at_once),
        restriction_days=terms.restriction_days,
        secret=terms.secret,
        decided_by=sorted({voice.person for voice in voices}),
        decided_at=tx.now,
        check_until=_check_until(tx.conn, policy, tx.now) if asks else None,
    )
    store.add(tx.conn, made)
    body = {
        "subject": line.subject_id, "computed": line.computed, "proposed": line.proposed, "tier": tier,
        "code": terms.code, "people": made.decided_by, "check_until": made.check_until, "secret": made.secret,
        "clauses": line.clauses,
    }  # fmt: skip
    tx.note("rating.decided", line.id, body)
    return made


def _check_until(conn: Conn, policy: Policy, now: datetime) -> datetime:
    """The end of the working day in which the merchant can correct facts. Raises Conflict `CALENDAR_NOT_CONFIRMED`."""
    numbers = policy.rating
    today = now.astimezone(numbers.zone).date()
    last = calendars.in_force(conn, numbers.calendar).after(today, numbers.check_days)
    return midnight(last + timedelta(days=1), numbers.zone)


def _text(wanted: Sequence[Wanted], at_once: bool) -> str:
    lines = [{"measure": line.measure, "value": line.value, "by_text": line.by_text} for line in wanted]
    return canonical({"wanted": lines, "at_once": at_once})


def wanted_of(decision: DecisionRow) -> tuple[tuple[Wanted, ...], bool]:
    """The measures of a decision, and whether they wait for no appeal."""
    said = json.loads(decision.measures)
    wanted = [Wanted(Measure(line["measure"]), line["value"], line["by_text"]) for line in said["wanted"]]
    return tuple(wanted), bool(said["at_once"])


def comment(conn: Conn, line_id: str, party_id: str, text: str, actor: str, now: datetime) -> CommentRow:
    """What the merchant says to a decision before it is told. What they show is for people to judge: facts that are
    false are called so, and the line is drawn again.

    Raises NotFound `line_unknown`, also for another's line and for one that nobody has told them of; Malformed
    `text_invalid`; Conflict `check_over`.
    """
    check_reason(text, "text")
    with act(conn, actor, now) as tx:
        line = lines.get(conn, line_id)
        decided = store.get(conn, line_id)
        owners = {account.party_id for account in subjects.accounts(conn, line.subject_id)}
        if party_id not in owners or decided is None or decided.secret or decided.check_until is None:
            raise NotFound("line_unknown", f"There is no line {line_id[:40]!r}.")
        if now >= decided.check_until:
            raise Conflict("check_over", f"The time for corrections of {line_id} is over; you can appeal.")
        made = CommentRow(new_id("rcm"), line_id, party_id, text, now)
        store.add_comment(conn, made)
        tx.note("rating.comment", line_id, {"comment": made.id, "party": party_id})
    return made


def comments(conn: Conn, line_id: str) -> list[CommentRow]:
    """What the merchant said to a line."""
    return store.comments(conn, line_id)


def get(conn: Conn, line_id: str) -> DecisionRow | None:
    """What was decided about a line; None = nothing yet."""
    return store.get(conn, line_id)


def voices(conn: Conn, line_id: str) -> list[Voice]:
    """What people said about a line, in the order they did."""
    return store.voices(conn, line_id)
