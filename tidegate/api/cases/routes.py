"""Calls about questions for people."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query

from tidegate.api.cases import say, shapes
from tidegate.api.door import Call, Route, Said
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit
from tidegate.api.say import page
from tidegate.base.refusals import NotFound
from tidegate.cases import flow as cases
from tidegate.cases.case import SEEN_BY
from tidegate.withdrawals import bundle
from tidegate.withdrawals import flow as withdrawals

CaseStatus = Annotated[Literal["open", "approved", "declined", "moot"] | None, Query()]


def list_cases(
    call: Call, status: CaseStatus = None, overdue: bool | None = None, before: Before = None, limit: Limit = 50
) -> Any:
    """Questions for people, newest first; `overdue=true` for those that were not answered in time."""
    kinds = SEEN_BY.get(call.identity.role)
    return page("cases", [say.case(c) for c in cases.page(call.conn, status, before, limit, overdue, kinds)], limit)


def get_case(call: Call, id: str) -> Any:
    """One case with everything people said."""
    return say.case_file(cases.file(call.conn, _case(call, id)))


def get_bundle(call: Call, id: str) -> Any:
    """The evidence in one canonical text with its SHA-256: the same bytes while nothing new is known."""
    call.identity.require("cases:read")  # beside the route's own: it shows the case and the journal
    return Said(200, bundle.sealed(withdrawals.evidence(call.conn, _case(call, id))))


def assign_case(call: Call, id: str) -> Any:
    """Take the case: everybody sees who looks at it."""
    return say.case(cases.assign(call.conn, _case(call, id), call.actor, call.actor, call.now))


def snooze_case(call: Call, id: str, body: shapes.Snooze) -> Any:
    """Let it sleep until a time: nobody is alarmed meanwhile."""
    return say.case(cases.snooze(call.conn, _case(call, id), body.until, body.reason, call.actor, call.now))


def escalate_case(call: Call, id: str, body: shapes.Escalate) -> Any:
    """Hand it up: it is more urgent and nobody's, and the reason stands in its file."""
    return say.case_file(cases.hand_up(call.conn, _case(call, id), body.reason, call.actor, call.now))


def add_evidence(call: Call, id: str, body: shapes.NewEvidence) -> Any:
    """Add to the file what was found out."""
    return say.case_file(cases.add_evidence(call.conn, _case(call, id), body.note, call.actor, call.now))


def ask_customer(call: Call, id: str, body: shapes.NewQuestion) -> Any:
    """Ask the customer something; the withdrawal waits for the answer, until the deadline."""
    withdrawals.ask(call.conn, _case(call, id), body.what, body.deadline_hours, call.actor, call.now)
    return say.case_file(cases.file(call.conn, id))


def answer_case(call: Call, id: str, body: shapes.NewAnswer) -> Any:
    """Approve or decline. One decline ends it; approvals count until the quorum is there."""
    return say.case_file(cases.answer(call.conn, _case(call, id), call.actor, body.answer, body.reason, call.now))


def _case(call: Call, id: str) -> str:
    """The id, where the caller's role sees cases of that kind. Raises NotFound, as for one that does not exist."""
    kinds = SEEN_BY.get(call.identity.role)
    if kinds is not None and cases.get(call.conn, id).kind not in kinds:
        raise NotFound("case_unknown", f"There is no case {id}.")
    return id


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/cases", "cases:read", list_cases, shapes.Cases),
    Route("GET", "/v1/cases/{id}", "cases:read", get_case, shapes.CaseWithFile, refuses=UNKNOWN),
    Route("POST", "/v1/cases/{id}/assign", "cases:answer", assign_case, shapes.Case, 200, True, refuses=UNFIT),
    Route(
        "POST", "/v1/cases/{id}/evidence", "cases:answer", add_evidence, shapes.CaseWithFile, 201, True, "json", UNFIT
    ),
    Route("GET", "/v1/cases/{id}/bundle", "journal:read", get_bundle, shapes.Bundle, refuses=UNKNOWN),
    Route("POST", "/v1/cases/{id}/snooze", "cases:answer", snooze_case, shapes.Case, 200, True, "json", UNFIT),
    Route(
        "POST", "/v1/cases/{id}/escalate", "cases:answer", escalate_case, shapes.CaseWithFile, 200, True, "json", UNFIT
    ),
    Route("POST", "/v1/cases/{id}/ask", "cases:answer", ask_customer, shapes.CaseWithFile, 201, True, "json", UNFIT),
    Route("POST", "/v1/cases/{id}/answer", "cases:answer", answer_case, shapes.CaseWithFile, 200, True, "json", UNFIT),
)
