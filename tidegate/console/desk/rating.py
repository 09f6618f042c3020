"""How a merchant is rated and why: this month and those before, correcting facts in time, appealing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from tidegate.api.merchants import say
from tidegate.base.refusals import NotFound, Refusal
from tidegate.console.desk import store
from tidegate.console.desk.evidence import seen, words_of
from tidegate.console.desk.improving import steps
from tidegate.console.desk.mine import HOME, merchant_of
from tidegate.console.portal.visit import Page, Visit
from tidegate.ledger import store as ledger
from tidegate.notifications import rating_words
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.merchants import flow as merchants
from tidegate.policy import flow as policies
from tidegate.rating.appeals import flow as appeals
from tidegate.rating.decisions import flow as decisions
from tidegate.rating.facts import flow as facts
from tidegate.rating.lines import flow as lines
from tidegate.rating.lines.store import LineRow
from tidegate.rating.measures import flow as measures
from tidegate.rating.measures.store import MeasureRow
from tidegate.rating.publishing import flow as publishing
from tidegate.rating.publishing.store import PublicationRow
from tidegate.rating.readings import READINGS
from tidegate.rating.standing import flow as standing
from tidegate.rating.tiers import Tier

OWN = f"{HOME}/rating"
_TOLD = 24
_SERVICE = timedelta(days=30)
_LIVE = ("active", "waiting")


def open_to(visit: Visit) -> list[tuple[str, str, datetime]]:
    """("check" or "appeal", line, until) of the ratings that the merchant can answer still."""
    merchant = merchants.of_party(visit.conn, visit.party_id)
    if merchant is None:
        return []
    subject = merchant.subject_id
    found = [("check", check.line_id, check.until) for check in store.checks(visit.conn, subject, visit.now)]
    appealed = {appeal.line_id for appeal in appeals.of_subject(visit.conn, subject)}
    told = publishing.of_subject(visit.conn, subject, _TOLD)
    return found + [("appeal", p.line_id, p.appeal_until) for p in told if _appealable(p, appealed, visit.now)]


def _appealable(told: PublicationRow, appealed: set[str], now: datetime) -> bool:
    return told.line_id not in appealed and now < told.appeal_until and told.after != Tier.LOW


def rating(visit: Visit) -> Response:
    """The tier that holds and why, what would improve it, what was ordered, and every month that was told."""
    conn, now, merchant = visit.conn, visit.now, merchant_of(visit)
    subject = merchant.subject_id
    policy = policies.active(conn, now)
    held = standing.of(conn, subject)
    told = publishing.of_subject(conn, subject, _TOLD)
    about = {line.id: line for line in lines.of_subject(conn, subject, 4 * _TOLD)}
    months = _months(visit, about.values())
    assets = {asset.id: asset for asset in ledger.assets(conn)}
    accounts = merchants.person(conn, subject)
    return visit.render(
        "desk/rating.html",
        held=held,
        newest=_newest(visit, told[0], months) if told else None,
        told=[(p, months.get(p.line_id)) for p in told],
        checks=store.checks(conn, subject, now),
        steps=steps(held.effective(), standing.conditions(conn, held), now, policy.rating),
        **_ordered(visit, [m for m in measures.of_subject(conn, subject) if m.state in _LIVE]),
        service=store.service(conn, [account.party_id for account in accounts], now - _SERVICE),
        bonds=[say.bond(bond, assets) for account in accounts for bond in bonds.of(conn, account.id)],
    )


def line(visit: Visit) -> Response:
    """One rating: told, or decided and open for corrections."""
    return _line(visit, None)


def _line(visit: Visit, refusal: Refusal | None) -> Response:
    conn, now = visit.conn, visit.now
    merchant = merchant_of(visit)
    found = lines.get(conn, visit.id)
    told = publishing.of(conn, found.id)
    check = next((c for c in store.checks(conn, merchant.subject_id, now) if c.line_id == found.id), None)
    comments = [c for c in decisions.comments(conn, found.id) if c.party_id == visit.party_id]
    if found.subject_id != merchant.subject_id or (told is None and check is None and not comments):
        raise NotFound("line_unknown", f"There is no rating {visit.id[:40]}.")
    appeal = appeals.of_line(conn, found.id)
    return visit.render(
        "desk/line.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        told=told,
        check=check,
        comments=comments,
        appeal=appeal,
        may_appeal=told is not None and _appealable(told, {found.id} if appeal else set(), now),
        month=_months(visit, [found]).get(found.id),
        tier=told.tier if told is not None else None if check is None else check.tier,
        **_ordered(visit, [m for m in measures.of_subject(conn, found.subject_id) if m.line_id == found.id]),
        typed=visit.given("text"),
        **_why(visit, found),
    )


def comment(visit: Visit) -> Response:
    """Say before it is told what is wrong about the facts."""
    text = visit.given("text")
    try:
        visit.once(lambda: decisions.comment(visit.conn, visit.id, visit.party_id, text, visit.actor, visit.now))
    except Refusal as refusal:
        return _line(visit, refusal)
    return visit.back_to(f"{OWN}/{visit.id}", "desk_commented")


def appeal(visit: Visit) -> Response:
    """Ask others than those who decided to look at it again."""
    text = visit.given("text")
    try:
        visit.once(lambda: appeals.appeal(visit.conn, visit.id, visit.party_id, text, visit.actor, visit.now))
    except Refusal as refusal:
        return _line(visit, refusal)
    return visit.back_to(f"{OWN}/{visit.id}", "desk_appealed")


def _newest(visit: Visit, told: PublicationRow, months: Mapping[str, str]) -> dict[str, Any]:
    return {"told": told, "month": months.get(told.line_id), **_why(visit, lines.get(visit.conn, told.line_id))}


def _why(visit: Visit, found: LineRow) -> dict[str, Any]:
    """The clauses in the merchant's words, the readings that were needed, and the facts they may see."""
    return {
        "basis": found.basis,
        "clauses": [(clause, _words(clause)) for clause in found.clauses],
        "readings": [READINGS[id] for id in found.readings],
        "facts": seen(facts.some(visit.conn, found.facts)),
    }


def _ordered(visit: Visit, found: Sequence[MeasureRow]) -> dict[str, Any]:
    """Measures, and what those of before any rating were ordered for."""
    grounds = facts.some(visit.conn, [m.fact_id for m in found if m.fact_id is not None])
    return {"measures": found, "grounds": {fact.id: words_of(fact) for fact in grounds}}


def _words(clause: str) -> dict[str, str] | None:
    found = rating_words.ARTICLES.get(clause.removeprefix("S2 Art. "))
    return None if found is None else found.both()


def _months(visit: Visit, found: Iterable[LineRow]) -> dict[str, str]:
    """The month that each rating is of; those that came between months are absent."""
    runs = {line.id: line.run_id for line in found if line.run_id is not None}
    known = store.months(visit.conn, runs.values())
    return {line: known[run] for line, run in runs.items()}


PAGES = (
    Page("/desk/rating", rating),
    Page("/desk/rating/{id}", line),
    Page("/desk/rating/{id}/comment", comment, "POST"),
    Page("/desk/rating/{id}/appeal", appeal, "POST"),
)
