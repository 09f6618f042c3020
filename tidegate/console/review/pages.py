"""The queue, the list of withdrawals, one withdrawal on one page, and what people do about it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from tidegate.api.cases.say import case_file
from tidegate.api.journal.say import entry
from tidegate.api.withdrawals.say import payout
from tidegate.base.money import Asset, to_text
from tidegate.base.refusals import Malformed, NotFound
from tidegate.cases import flow as cases
from tidegate.cases import store as case_store
from tidegate.cases.case import ANSWERED_BY, SEEN_BY, Case, may_answer
from tidegate.console import store
from tidegate.console.papers import as_file
from tidegate.console.visit import Page, Visit
from tidegate.console.words import STATUSES
from tidegate.custody import flow as custody
from tidegate.custody.store import DepositRow
from tidegate.db import journal
from tidegate.ledger import store as ledger
from tidegate.notifications import flow as notifications
from tidegate.notifications import templates as letters
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.reports.papers import flow as papers
from tidegate.withdrawals import bundle as bundles
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import replaying
from tidegate.withdrawals import store as withdrawal_store
from tidegate.withdrawals.seen import read

ROWS = 50
VIEWS = ("all", "mine", "free", "late", "raised")
_OTHERS = 5


def queue(visit: Visit) -> Response:
    """Open cases, the soonest due first: all, one's own, those of nobody, those that are late or were raised."""
    view, kind, id = visit.asked("view") or "all", visit.asked("kind"), visit.asked("about")
    kinds = _seen(visit)
    if view not in VIEWS:
        raise Malformed("view_unknown", f"{view[:40]!r} is none of {', '.join(VIEWS)}.")
    if kind is not None and kind not in (kinds or ANSWERED_BY):
        raise Malformed("kind_unknown", f"{kind[:40]!r} is no kind of case that you see.")
    assignee = visit.actor if view == "mine" else None
    after = visit.after("before")
    found = case_store.queue(
        visit.conn, kinds, kind, assignee, view == "free", view == "late", view == "raised", id, after, ROWS
    )
    counted = case_store.count_open(visit.conn, kinds, kind, id, visit.actor)
    about = _withdrawals(visit, [case.subject for case in found])
    last = found[-1] if len(found) == ROWS else None
    return visit.render(
        "review/queue.html",
        cases=[(case, about.get(case.subject)) for case in found],
        view=view,
        views_of=VIEWS,
        kind=kind or "",
        sought=id or "",
        why={code: letters.why_asked(code).both() for case in found for code in case.reasons},
        kinds=list(kinds or ANSWERED_BY),
        counted=asdict(counted),
        names=_names(visit),
        older=f"{last.due_at.isoformat()} {last.id}" if last else None,
        **_kept(visit, "/cases"),
    )


def listed(visit: Visit) -> Response:
    """Withdrawals, newest first, of one status or customer."""
    status, customer = visit.asked("status"), visit.asked("customer")
    if status is not None and status not in STATUSES:
        raise Malformed("status_unknown", f"{status[:40]!r} is not a status.")
    found = withdrawal_store.search(visit.conn, customer, status, None, visit.asked("before"), ROWS)
    items = withdrawals.views(visit.conn, found, withdrawals.setting(visit.conn, visit.now).assets)
    return visit.render(
        "review/list.html",
        items=items,
        looks_like=withdrawal_store.looked_alike(visit.conn, [w.id for w in found]),
        statuses=list(STATUSES),
        chosen={"status": status or "", "customer": customer or ""},
        older=items[-1]["id"] if len(items) == ROWS else None,
        **_kept(visit, "/"),
    )


def withdrawal(visit: Visit) -> Response:
    """Everything about one withdrawal."""
    conn, identity = visit.conn, visit.session.identity
    setting = withdrawals.setting(conn, visit.now)
    found = withdrawals.get(conn, visit.id)
    decision = withdrawal_store.decision(conn, found.decision_id)
    assert decision is not None  # the column says so
    asset = setting.assets[found.asset_id]
    paid = custody.payouts_of(conn, [found.id]).get(found.id)
    kinds = _seen(visit)
    about = [case for case in cases.about(conn, found.id) if kinds is None or case.kind in kinds]
    files = [cases.file(conn, case.id) for case in about] if visit.may("cases:read") else []
    others = withdrawal_store.search(conn, found.party_id, None, None, None, _OTHERS + 1)
    same = withdrawal_store.to_address(conn, found.network, found.address, found.id, _OTHERS)
    alike = _alike(visit, about)
    findings = withdrawals.findings_of(decision)
    stand = " ".join(_stand(file) for file in files)
    return visit.render(
        "review/withdrawal.html",
        w=withdrawals.view(conn, found, setting.assets),
        party=parties.get(conn, found.party_id),
        decision=decision,
        findings=[(f, letters.finding(f.code).both()) for f in findings],
        resembles=next((f.data["known"] for f in findings if f.code == "address_look_alike"), None),
        rules=_rules(visit, decision) if visit.may("decisions:read") else [],
        shadow=json.loads(decision.shadow),
        facts=read(decision.facts, asset) if visit.may("decisions:read") else [],
        payout=payout(paid, visit.gate.head(found.network) if paid else None),
        timeline=[entry(news) for news in journal.about(conn, found.id)],
        cases=[case_file(file) for file in files],
        reasons={code: letters.why_asked(code).both() for file in files for code in file.case.reasons},
        may_answer={case.id: identity.may("cases:answer") and may_answer(case, identity.role) for case in about},
        voices={file.case.id: [a.person for a in file.answers] for file in files},
        others=withdrawals.views(conn, [w for w in others if w.id != found.id][:_OTHERS], setting.assets),
        same=withdrawals.views(conn, same, setting.assets),
        alike=[(case, _withdrawals(visit, [c.subject for c in alike]).get(case.subject)) for case in alike],
        parts_of=_money(visit, found.party_id, asset),
        deposits=_deposits(visit, found.party_id, asset),
        mail=notifications.last_link(conn, found.id),
        stand=stand,
        moved=visit.asked("seen") not in (None, stand),
        asset=asset,
        names=_names(visit),
    )


def _stand(file: cases.File) -> str:
    """Changes whenever there is something new for whoever reads the case: a page that is open asks whether it did."""
    case, told = file.case, (len(file.answers), len(file.evidence), len(file.questions))
    return f"{case.id}.{case.status}.{case.assignee}.{case.escalation}.{'.'.join(map(str, told))}"


def case_page(visit: Visit) -> Response:
    """One case by itself; one about a withdrawal is shown on the withdrawal's page."""
    file = cases.file(visit.conn, _case(visit))
    if file.case.subject.startswith("wd_"):
        return visit.back_to(f"/console/withdrawals/{file.case.subject}")
    identity = visit.session.identity
    return visit.render(
        "review/case.html",
        w=None,
        case=case_file(file),
        about=_page_about(visit, file.case),
        reasons={code: letters.why_asked(code).both() for code in file.case.reasons},
        may_answer={file.case.id: identity.may("cases:answer") and may_answer(file.case, identity.role)},
        voices={file.case.id: [a.person for a in file.answers]},
        timeline=[entry(news) for news in journal.about(visit.conn, file.case.id)],
        names=_names(visit),
    )


def _page_about(visit: Visit, case: Case) -> str | None:
    """Where the thing that a case is about is shown, for whoever may look at it."""
    pages = {"mer_": ("/console/merchants/", "merchants:read"), "whk_": ("/console/webhooks/", "webhooks:read")}
    path, scope = pages.get(case.subject[:4], ("", ""))
    return f"{path}{case.subject}" if path and visit.may(scope) else None


def _money(visit: Visit, party_id: str, asset: Asset) -> tuple[str, list[tuple[str, str]], str] | None:
    """What the customer has of the asset, what of it is held and for which purpose, and what is free."""
    found = [part for part in ledger.parts(visit.conn, party_id) if part.asset_id == asset.id]
    if not found:
        return None
    held = [(part.purpose, part.units) for part in found if part.purpose is not None and part.units is not None]
    free = found[0].posted - sum(units for _, units in held)
    said = [(purpose, to_text(units, asset.decimals)) for purpose, units in held]
    return to_text(found[0].posted, asset.decimals), said, to_text(free, asset.decimals)


def _deposits(visit: Visit, party_id: str, asset: Asset) -> list[tuple[DepositRow, str]]:
    """Where the customer's coins of the asset came from, newest first, each with its coins."""
    if not visit.may("deposits:read"):
        return []
    newest = custody.deposits(visit.conn, party_id, None, ROWS)
    of_asset = [deposit for deposit in newest if deposit.asset_id == asset.id][:_OTHERS]
    return [(deposit, to_text(deposit.claimed, asset.decimals)) for deposit in of_asset]


def _rules(visit: Visit, decision: withdrawal_store.DecisionRow) -> list[Any]:
    policy = policies.at_version(visit.conn, decision.policy_version)
    return list(replaying.explained(decision.facts, decision.findings, decision.shadow, policy))


def _alike(visit: Visit, about: list[Case]) -> list[Case]:
    """Cases that ended and shared a reason with the newest one about this withdrawal."""
    newest = next((case for case in reversed(about) if case.kind == "withdrawal_review"), None)
    if newest is None or not visit.may("cases:read"):
        return []
    return case_store.alike(visit.conn, newest.kind, newest.reasons, newest.subject, _OTHERS)


# What people do. Each is one flow; then the page again, which says what was done.


def answer(visit: Visit) -> Response:
    done = cases.answer(visit.conn, _case(visit), visit.actor, visit.given("answer"), visit.given("reason"), visit.now)
    return _back(visit, done.case, "answered")


def bundle(visit: Visit) -> Response:
    """The evidence in one canonical text with its hash, as a file."""
    text = bundles.sealed(withdrawals.evidence(visit.conn, _case(visit)))
    headers = {"Content-Disposition": f'attachment; filename="{visit.id}.json"'}
    return Response(text, media_type="application/json", headers=headers)


def paper(visit: Visit) -> Response:
    """The same on paper."""
    return as_file(papers.of_case(visit.conn, _case(visit), visit.say, visit.now), visit.id)


def take(visit: Visit) -> Response:
    return _back(visit, cases.assign(visit.conn, _case(visit), visit.actor, visit.actor, visit.now), "taken")


def escalate(visit: Visit) -> Response:
    file = cases.hand_up(visit.conn, _case(visit), visit.given("reason"), visit.actor, visit.now)
    return _back(visit, file.case, "raised_up")


def note(visit: Visit) -> Response:
    file = cases.add_evidence(visit.conn, _case(visit), visit.given("note"), visit.actor, visit.now)
    return _back(visit, file.case, "noted")


def ask(visit: Visit) -> Response:
    """Ask the customer: the withdrawal waits for the answer."""
    hours = visit.given("deadline_hours")
    if not hours.isdecimal() or len(hours) > 4:
        raise Malformed("deadline_hours_invalid", f"{hours[:20]!r} is not a number of hours", field="deadline_hours")
    withdrawals.ask(visit.conn, _case(visit), visit.given("what"), int(hours), visit.actor, visit.now)
    return _back(visit, cases.get(visit.conn, visit.id), "asked")


def snooze(visit: Visit) -> Response:
    hours = visit.given("hours")
    if not hours.isdecimal() or len(hours) > 4:
        raise Malformed("hours_invalid", f"{hours[:20]!r} is not a number of hours", field="hours")
    until = visit.now + timedelta(hours=int(hours))
    case = cases.snooze(visit.conn, _case(visit), until, visit.given("reason"), visit.actor, visit.now)
    return _back(visit, case, "snoozed")


def keep_view(visit: Visit) -> Response:
    """Keep a list's filters under a name, for oneself."""
    place, name = visit.given("place"), visit.given("name").strip()
    if place not in ("/", "/cases"):
        raise Malformed("place_unknown", f"{place[:40]!r} is no list that keeps views.")
    if not 1 <= len(name) <= 40 or not name.isprintable():
        raise Malformed("name_invalid", "Name the view in 1 to 40 printable characters.", field="name")
    query = visit.given("query")[:500]
    if visit.given("drop"):
        store.drop_view(visit.conn, visit.session.identity.key_id, place, name)
        return visit.back_to(f"/console{place}", "view_dropped")
    store.keep_view(visit.conn, visit.session.identity.key_id, place, store.View(name, query), visit.now)
    return visit.back_to(f"/console{place}?{query}" if query else f"/console{place}", "view_kept")


def _back(visit: Visit, case: Case, done: str) -> Response:
    """To the withdrawal that the case is about, or to the case itself."""
    page = f"/console/withdrawals/{case.subject}" if case.subject.startswith("wd_") else f"/console/cases/{case.id}"
    return visit.back_to(page, done)


def _case(visit: Visit) -> str:
    """The id, where the role sees cases of that kind. Raises NotFound, as for one that does not exist."""
    kinds = _seen(visit)
    if kinds is not None and cases.get(visit.conn, visit.id).kind not in kinds:
        raise NotFound("case_unknown", f"There is no case {visit.id}.")
    return visit.id


def _seen(visit: Visit) -> list[str] | None:
    kinds = SEEN_BY.get(visit.session.identity.role)
    return None if kinds is None else sorted(kinds)


def _names(visit: Visit) -> dict[str, str]:
    return {key.id: key.label for key in parties.keys(visit.conn)}


def _withdrawals(visit: Visit, subjects: Iterable[str]) -> dict[str, dict[str, Any]]:
    ids = [subject for subject in subjects if subject.startswith("wd_")]
    found = withdrawal_store.several(visit.conn, ids) if ids else []
    assets = withdrawals.setting(visit.conn, visit.now).assets
    return {said["id"]: said for said in withdrawals.views(visit.conn, found, assets)}


def _kept(visit: Visit, place: str) -> dict[str, Any]:
    return {"views": store.views(visit.conn, visit.session.identity.key_id, place), "place": place}


PAGES = (
    Page("/", listed, "withdrawals:read"),
    Page("/withdrawals/{id}", withdrawal, "withdrawals:read"),
    Page("/cases", queue, "cases:read"),
    Page("/cases/{id}", case_page, "cases:read"),
    Page("/cases/{id}/answer", answer, "cases:answer", "POST"),
    Page("/cases/{id}/bundle", bundle, "journal:read"),
    Page("/cases/{id}/paper", paper, "journal:read"),
    Page("/cases/{id}/take", take, "cases:answer", "POST"),
    Page("/cases/{id}/escalate", escalate, "cases:answer", "POST"),
    Page("/cases/{id}/note", note, "cases:answer", "POST"),
    Page("/cases/{id}/ask", ask, "cases:answer", "POST"),
    Page("/cases/{id}/snooze", snooze, "cases:answer", "POST"),
    Page("/views", keep_view, None, "POST"),
)
