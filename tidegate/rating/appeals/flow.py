"""Appealing, and answering appeals by people who had no part in what is appealed against."""

from __future__ import annotations

from datetime import datetime

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound
from tidegate.db import Conn, Tx, act
from tidegate.p2p.merchants import flow as merchants
from tidegate.parties import flow as parties
from tidegate.parties.party import check_reason
from tidegate.policy import flow as policies
from tidegate.rating import transitions
from tidegate.rating.appeals import appeal as rules
from tidegate.rating.appeals import store
from tidegate.rating.appeals.store import AppealRow, Voice
from tidegate.rating.decisions import flow as decisions
from tidegate.rating.decisions import store as decision_store
from tidegate.rating.lines import flow as lines
from tidegate.rating.measures import flow as measures
from tidegate.rating.measures.measure import wanted
from tidegate.rating.publishing import flow as publishing
from tidegate.rating.standing import flow as standing
from tidegate.rating.standing.flow import Decided
from tidegate.rating.standing.store import TierRow
from tidegate.rating.subjects import flow as subjects
from tidegate.rating.tiers import Tier
from tidegate.rating.window import days_after


def appeal(conn: Conn, line_id: str, party_id: str, text: str, actor: str, now: datetime) -> AppealRow:
    """The merchant says that what was told is wrong. The bond stays locked meanwhile, and waiting measures wait on.

    Raises NotFound `line_unknown`, also for another's line; Malformed `text_invalid`; Conflict `appeal_too_late`,
    `appeal_exists`, `appeal_pointless`.
    """
    check_reason(text, "text")
    with act(conn, actor, now) as tx:
        line = lines.get(conn, line_id)
        owners = {account.party_id for account in subjects.lock(tx, line.subject_id)}
        told = publishing.of(conn, line_id)
        if party_id not in owners or told is None:
            raise NotFound("line_unknown", f"There is no line {line_id[:40]!r}.")
        rules.check_in_time(line_id, told.appeal_until, now)
        if Tier(told.after) is Tier.LOW:
            raise Conflict("appeal_pointless", "There is nothing lower than low.")
        made = AppealRow(new_id("apl"), line_id, line.subject_id, party_id, text, now, "open", None)
        if store.add(conn, made) == 0:
            raise Conflict("appeal_exists", f"{line_id} was appealed against already.")
        for account in subjects.accounts(conn, line.subject_id):
            merchants.open_matter(tx, account.merchant_id, "appeal", made.id)
        tx.note("rating.appeal", made.id, {"line": line_id, "subject": line.subject_id, "party": party_id})
    return made


def answer(conn: Conn, id: str, said: str, tier: str | None, reason: str, actor: str, now: datetime) -> AppealRow:
    """One person's answer. The first rejection, or everybody's agreement that is needed, ends it.

    Raises NotFound `appeal_unknown`; Conflict `appeal_answered`; Malformed, Conflict, Forbidden as `appeal.answered`
    and `check_voice` say.
    """
    check_reason(reason)
    with act(conn, actor, now) as tx:
        held = standing.lock(tx, get(conn, id).subject_id)
        found = store.lock(conn, id)
        assert found is not None  # appeals are never deleted
        if found.status != "open":
            raise Conflict("appeal_answered", f"{id} was {found.status} already.")
        told = publishing.of(conn, found.line_id)
        assert told is not None  # only what was told is appealed against
        to = rules.answered(said, tier, Tier(told.before), Tier(held.tier))
        given = store.voices(conn, id)
        barred = _barred(conn, found.line_id)
        who = parties.people(conn, {actor, *barred, *(voice.person for voice in given)})
        names = {key: person.name for key, person in who.items()}
        rules.check_voice(id, given if to is not None else [], actor, (said, to), barred, names)
        voice = Voice(actor, said, to, reason, now)
        store.add_voice(conn, id, len(given) + 1, voice)
        tx.note("rating.appeal_voice", id, {"answer": said, "tier": to, "reason": reason})
        if to is None:
            _end(tx, found, "rejected")
            return get(conn, id)
        move = transitions.on_appeal(held.effective(), to)
        if len(given) + 1 >= move.people:
            _uphold(tx, found, held, move.tier, [*(voice.person for voice in given), actor], reason)
            _end(tx, found, "upheld")
    return get(conn, id)


def _barred(conn: Conn, line_id: str) -> set[str]:
    """Who decided the line, and who told the facts that it stands on."""
    voices = {voice.person for voice in decision_store.voices(conn, line_id)}
    return voices | {teller.recorded_by for teller in decision_store.tellers(conn, line_id)}


def _uphold(tx: Tx, appeal: AppealRow, held: TierRow, to: Tier, people: list[str], reason: str) -> None:
    """T9: the earlier tier, or the lowest that may follow; what the line brought with it is reversed."""
    policy = policies.active(tx.conn, tx.now)
    measures.reverse(tx, held.subject_id, appeal.line_id, f"{appeal.id} was upheld", policy)
    line = lines.get(tx.conn, appeal.line_id)
    decided = Decided(
        line_id=appeal.line_id,
        rule="T9",
        people=tuple(people),
        reason=reason,
        facts=tuple(line.facts),
        clauses=tuple(line.clauses),
        wanted=wanted(to, False, None, (), policy.rating) if to is Tier.MEDIUM else (),
        events=(),
        appeal_until=days_after(tx.now, policy.rating.appeal_days, policy.rating.zone),
    )
    standing.move(tx, held, to, decided, policy)


def _end(tx: Tx, appeal: AppealRow, status: str) -> None:
    store.end(tx.conn, appeal.id, status, tx.now)
    for account in subjects.accounts(tx.conn, appeal.subject_id):
        merchants.close_matter(tx, account.merchant_id, appeal.id)
    body = {"line": appeal.line_id, "subject": appeal.subject_id, "status": status}
    tx.note("rating.appeal_answered", appeal.id, body)


def get(conn: Conn, id: str) -> AppealRow:
    """One appeal. Raises NotFound `appeal_unknown`."""
    found = store.get(conn, id)
    if found is None:
        raise NotFound("appeal_unknown", f"There is no appeal {id[:40]!r}.")
    return found


def page(conn: Conn, status: str | None = None, before: str | None = None, limit: int = 50) -> list[AppealRow]:
    """Appeals, newest first."""
    return store.page(conn, status, before, limit)


def of_line(conn: Conn, line_id: str) -> AppealRow | None:
    """The appeal against a line."""
    return store.of_line(conn, line_id)


def of_subject(conn: Conn, subject_id: str) -> list[AppealRow]:
    """The appeals about a person, newest first."""
    return store.of_subject(conn, subject_id)


def decided_by(conn: Conn, line_id: str) -> list[str]:
    """Who decided a line; empty = the text did."""
    found = decisions.get(conn, line_id)
    return [] if found is None else found.decided_by
