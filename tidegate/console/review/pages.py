"""The list of withdrawals, one withdrawal on one page, and the answers of people."""

from __future__ import annotations

from starlette.responses import Response

from tidegate.api.cases.say import case_file
from tidegate.api.journal.say import entry
from tidegate.api.withdrawals.say import payout
from tidegate.base.refusals import Malformed
from tidegate.cases import flow as cases
from tidegate.cases.case import SEEN_BY, may_answer
from tidegate.console.visit import Page, Visit
from tidegate.console.words import STATUSES
from tidegate.custody import flow as custody
from tidegate.db import journal
from tidegate.notifications import templates as letters
from tidegate.parties import flow as parties
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as withdrawal_store

ROWS = 50


def listed(visit: Visit) -> Response:
    """Withdrawals, newest first, of one status or customer."""
    status, customer = visit.asked("status"), visit.asked("customer")
    if status is not None and status not in STATUSES:
        raise Malformed("status_unknown", f"{status[:40]!r} is not a status.")
    setting = withdrawals.setting(visit.conn, visit.now)
    found = withdrawal_store.search(visit.conn, customer, status, None, visit.asked("before"), ROWS)
    items = withdrawals.views(visit.conn, found, setting.assets)
    return visit.render(
        "review/list.html",
        items=items,
        statuses=list(STATUSES),
        chosen={"status": status or "", "customer": customer or ""},
        older=items[-1]["id"] if len(items) == ROWS else None,
    )


def withdrawal(visit: Visit) -> Response:
    """Everything about one withdrawal."""
    conn, identity = visit.conn, visit.session.identity
    setting = withdrawals.setting(conn, visit.now)
    found = withdrawals.get(conn, visit.id)
    decision = withdrawal_store.decision(conn, found.decision_id)
    assert decision is not None  # the column says so
    paid = custody.payouts_of(conn, [found.id]).get(found.id)
    seen = SEEN_BY.get(identity.role)
    about = [case for case in cases.about(conn, found.id) if seen is None or case.kind in seen]
    files = [cases.file(conn, case.id) for case in about]
    return visit.render(
        "review/withdrawal.html",
        w=withdrawals.view(conn, found, setting.assets),
        party=parties.get(conn, found.party_id),
        decision=decision,
        findings=[(f, letters.finding(f.code).both()) for f in withdrawals.findings_of(decision)],
        payout=payout(paid, visit.gate.head(found.network) if paid else None),
        timeline=[entry(news) for news in journal.about(conn, found.id)],
        cases=[case_file(file) for file in files],
        reasons={code: letters.why_asked(code).both() for file in files for code in file.case.reasons},
        may_answer={case.id: identity.may("cases:answer") and may_answer(case, identity.role) for case in about},
        voices={file.case.id: [a.person for a in file.answers] for file in files},
        names={key.id: key.label for key in parties.keys(conn)},
    )


def answer(visit: Visit) -> Response:
    """A person's answer to a case, then the withdrawal's page again."""
    said, reason = visit.given("answer"), visit.given("reason")
    done = cases.answer(visit.conn, visit.id, visit.actor, said, reason, visit.now)
    return visit.back_to(f"/console/withdrawals/{done.case.subject}", "answered")


PAGES = (
    Page("/", listed, "withdrawals:read"),
    Page("/withdrawals/{id}", withdrawal, "withdrawals:read"),
    Page("/cases/{id}/answer", answer, "cases:answer", "POST"),
)
