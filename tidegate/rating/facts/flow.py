"""Telling facts, judging them, exempting merchants. What a confirmed fact does to a tier is `standing`'s affair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.canonical import canonical
from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, Forbidden, Malformed, NotFound, Refusal
from tidegate.base.times import rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.parties import flow as parties
from tidegate.parties.party import check_reason
from tidegate.rating.fact import FACTORS, Disposition, Fact
from tidegate.rating.facts import store
from tidegate.rating.facts.exemption import covers
from tidegate.rating.facts.store import DispositionRow, ExemptionRow, FactRow
from tidegate.rating.facts.telling import Telling, check_disposition, checked
from tidegate.rating.subjects import store as subjects


@dataclass(frozen=True, slots=True)
class Recorded:
    """One telling's outcome."""

    fact: FactRow
    duplicate: bool  # the source had told it before


def record(conn: Conn, told: Sequence[Telling], actor: str, now: datetime) -> list[Recorded | Refusal]:
    """Take down what is told, each on its own: one bad fact does not keep out the others.

    A telling that was told before changes nothing. Refusals: Malformed as `telling.checked` says; NotFound
    `merchant_unknown`, `fact_unknown`; Conflict `fact_source_reused`, `fact_corrected_already`.
    """
    done: list[Recorded | Refusal] = []
    with act(conn, actor, now) as tx:
        for telling in told:
            try:
                with conn.transaction():  # a savepoint: a refused one leaves nothing behind
                    done.append(put(tx, telling))
            except Refusal as refused:  # the answer to this one
                done.append(refused)
    return done


def put(tx: Tx, told: Telling) -> Recorded:
    """Take down one fact inside somebody's act. Raises as `record` says."""
    before = store.by_source(tx.conn, told.source, told.source_id)
    if before is not None:
        return _again(before, told)
    account = subjects.account(tx.conn, told.merchant_id)
    if account is None:
        raise NotFound("merchant_unknown", f"There is no merchant {told.merchant_id[:40]!r}.", field="merchant")
    id = new_id("fct")
    fact = checked(told, id, tx.now)
    event = id if told.supersedes is None else _corrected(tx, told).event_id
    made = FactRow(
        id=id,
        merchant_id=account.merchant_id,
        subject_id=account.subject_id,
        party_id=account.party_id,
        fact=told.fact,
        at=fact.at,
        known_at=fact.known_at,
        recorded_at=tx.now,
        recorded_by=tx.actor,
        source=told.source,
        source_id=told.source_id,
        article=told.article,
        severity=told.severity,
        serious=told.serious,
        counterparty_id=told.counterparty,
        order_id=told.order_id,
        evidence_level=told.level,
        attributed=told.attributed,
        kind=told.action,
        case_number=told.case,
        names_merchant=told.named,
        indicator=told.indicator,
        rule=told.rule,
        rule_version=told.rule_version,
        evidence=canonical(dict(told.evidence)),
        supersedes=told.supersedes,
        event_id=event,
        content=told.content,
        disposition=Disposition.OPEN,
        corrected_by=None,
    )
    if store.add(tx.conn, made, fact.case_key) == 0:  # told by somebody else at this very moment
        return put(tx, told)
    tx.note("rating.fact", id, {"merchant": made.merchant_id, "fact": made.fact, "source": made.source, "at": made.at})
    return Recorded(made, duplicate=False)


def _again(before: FactRow, told: Telling) -> Recorded:
    if before.content != told.content:
        raise Conflict(
            "fact_source_reused",
            f"{told.source} has told {told.source_id} before, as {before.id}, and otherwise; to correct it, tell a new "
            f"one that supersedes {before.id}.",
            field="source_id",
        )
    return Recorded(before, duplicate=True)


def _corrected(tx: Tx, told: Telling) -> FactRow:
    assert told.supersedes is not None
    wrong = store.get(tx.conn, told.supersedes)
    if wrong is None or wrong.merchant_id != told.merchant_id:
        raise NotFound("fact_unknown", f"{told.merchant_id} has no fact {told.supersedes[:40]}.", field="supersedes")
    later = store.correction(tx.conn, wrong.id)
    if later is not None:
        raise Conflict(
            "fact_corrected_already", f"{wrong.id} was corrected by {later.id}; correct that one.",
            field="supersedes",
        )  # fmt: skip
    return wrong


def judge(
    tx: Tx, fact_id: str, disposition: Disposition, reason: str, exemption_id: str | None = None
) -> tuple[Fact, FactRow]:
    """A person says what a fact is; the last word counts, and every word is kept. The party is locked first.

    Raises NotFound `fact_unknown`, `exemption_missing`; Malformed `disposition_invalid`, `reason_invalid`; Conflict
    `disposition_unchanged`, `fact_corrected_already`, `exemption_not_in_force`; Forbidden `exemption_own`.
    """
    check_reason(reason)
    found = _known(tx.conn, fact_id)
    parties.lock(tx.conn, [found.party_id])
    found = _known(tx.conn, fact_id)  # who held the lock may have judged it
    if found.corrected_by is not None:
        raise Conflict("fact_corrected_already", f"{fact_id} was corrected by {found.corrected_by}; judge that one.")
    check_disposition(found.as_fact(), disposition)
    if (disposition is Disposition.EXEMPT) != (exemption_id is not None):
        raise Malformed("disposition_invalid", "exempt, and only exempt, names an exemption", field="exemption")
    if exemption_id is not None:
        _check_exemption(tx, found, exemption_id)
    number = len(store.dispositions(tx.conn, fact_id)) + 1
    store.add_disposition(tx.conn, DispositionRow(fact_id, number, disposition, reason, exemption_id, tx.actor, tx.now))
    said = {"merchant": found.merchant_id, "fact": found.fact, "disposition": disposition, "reason": reason}
    tx.note("rating.fact_judged", fact_id, said)
    judged = _known(tx.conn, fact_id)
    return judged.as_fact(), judged


def _check_exemption(tx: Tx, found: FactRow, exemption_id: str) -> None:
    known = store.exemption(tx.conn, exemption_id)
    if known is None or known.merchant_id != found.merchant_id:
        raise NotFound("exemption_missing", f"{found.merchant_id} has no exemption {exemption_id[:40]}.")
    if known.article != found.article or not covers(known.from_at, known.until, known.ended_at, found.at):
        raise Conflict(
            "exemption_not_in_force",
            f"{known.id} is about {known.article} from {rfc3339(known.from_at)} to {rfc3339(known.until)}; the fact is "
            f"about {found.article} at {rfc3339(found.at)}.",
        )
    people = {id: who.name for id, who in parties.people(tx.conn, [known.made_by, tx.actor]).items()}
    if people[known.made_by] == people[tx.actor]:
        raise Forbidden("exemption_own", "Who wrote the exemption does not apply it; another person must.")


def exempt(
    conn: Conn,
    merchant_id: str,
    article: str,
    reason: str,
    owner: str,
    span: tuple[datetime, datetime],
    actor: str,
    now: datetime,
) -> ExemptionRow:
    """Write down that a warning sign of a merchant has a documented reason, from when to when. It never has no end.

    Raises NotFound `merchant_unknown`; Malformed `article_unknown`, `reason_invalid`, `owner_invalid`, `until_invalid`.
    """
    check_reason(reason)
    check_reason(owner, "owner")
    if article not in FACTORS:
        raise Malformed("article_unknown", f"{article[:20]!r} is none of {', '.join(FACTORS)}", field="article")
    start, until = span
    if not start < until or until <= now:
        raise Malformed("until_invalid", f"{rfc3339(until)} must lie after the start and after now", field="until")
    made = ExemptionRow(new_id("exm"), merchant_id, article, reason, owner, start, until, actor, now, None, None)
    with act(conn, actor, now) as tx:
        if subjects.account(conn, merchant_id) is None:
            raise NotFound("merchant_unknown", f"There is no merchant {merchant_id[:40]!r}.", field="merchant")
        store.add_exemption(conn, made)
        tx.note("rating.exemption", made.id, {"merchant": merchant_id, "article": article, "until": until})
    return made


def end_exemption(conn: Conn, id: str, actor: str, now: datetime) -> ExemptionRow:
    """It counts no longer. Raises NotFound `exemption_missing`, Conflict `exemption_ended`."""
    with act(conn, actor, now) as tx:
        if store.exemption(conn, id) is None:
            raise NotFound("exemption_missing", f"There is no exemption {id[:40]}.")
        if store.end_exemption(conn, id, actor, now) == 0:
            raise Conflict("exemption_ended", f"{id} has ended already.")
        tx.note("rating.exemption_ended", id)
    found = store.exemption(conn, id)
    assert found is not None
    return found


def exemptions(conn: Conn, merchant_id: str) -> list[ExemptionRow]:
    """The exemptions of a merchant, newest first."""
    return store.exemptions(conn, merchant_id)


def get(conn: Conn, id: str) -> FactRow:
    """One fact. Raises NotFound `fact_unknown`."""
    return _known(conn, id)


def some(conn: Conn, ids: Sequence[str]) -> list[FactRow]:
    """Some facts, oldest first."""
    return store.some(conn, ids)


def of_subject(conn: Conn, subject_id: str, start: datetime, end: datetime) -> list[FactRow]:
    """The facts about a person that count in [start, end), corrected ones left out, oldest first."""
    return store.of_subjects(conn, [subject_id], start, end)


def page(
    conn: Conn,
    merchant: str | None = None,
    fact: str | None = None,
    disposition: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[FactRow]:
    """Facts, newest first."""
    return store.page(conn, merchant, fact, disposition, before, limit)


def dispositions(conn: Conn, fact_id: str) -> list[DispositionRow]:
    """Every word that people said about a fact."""
    return store.dispositions(conn, fact_id)


def _known(conn: Conn, id: str) -> FactRow:
    found = store.get(conn, id)
    if found is None:
        raise NotFound("fact_unknown", f"There is no fact {id[:40]!r}.")
    return found
