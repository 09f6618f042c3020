"""The pages. A page reads through the same flows as the API, and every form carries the session's token."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tidegate.api.cases.say import case_file
from tidegate.api.door import Gate
from tidegate.api.journal.say import entry
from tidegate.api.withdrawals.say import payout
from tidegate.base.refusals import Forbidden, Malformed, Refusal, Unauthorised
from tidegate.cases import flow as cases
from tidegate.cases.case import SEEN_BY, may_answer
from tidegate.console.words import LANGUAGES, STATUSES, Say, best
from tidegate.custody import flow as custody
from tidegate.db import Conn, journal
from tidegate.notifications import templates as letters
from tidegate.parties import flow as parties
from tidegate.parties.flow import Session
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as withdrawal_store

COOKIE, LANGUAGE = "tidegate_session", "tidegate_language"
PAGE = 50
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_MOST_FORM_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a person who is signed in."""

    conn: Conn
    session: Session
    request: Request
    say: Say
    form: FormData | None


Page = Callable[[Visit], Response]


def console(gate: Gate) -> ASGIApp:
    """The application to mount below /console."""
    pages = _Pages(gate)
    return Starlette(
        routes=[
            Route("/", pages.guarded(pages.list), name="list"),
            Route("/withdrawals/{id}", pages.guarded(pages.withdrawal), name="withdrawal"),
            Route("/cases/{id}/answer", pages.guarded(pages.answer), methods=["POST"]),
            Route("/sign-in", pages.sign_in, methods=["GET", "POST"]),
            Route("/sign-out", pages.guarded(pages.sign_out), methods=["POST"]),
            Route("/style.css", _style),
        ],
        exception_handlers={404: pages.not_found, 405: pages.not_found},
    )


def _style(_: Request) -> Response:
    text = resources.files("tidegate.console").joinpath("style.css").read_text()
    return Response(text, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


class _Pages:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._templates = Environment(
            loader=PackageLoader("tidegate.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def guarded(self, page: Page) -> Callable[[Request], Any]:
        """The page for people who are signed in; others go to the sign-in page. A form must carry its token."""

        async def handle(request: Request) -> Response:
            form = await _form(request) if request.method == "POST" else None
            try:
                answer: Response = await self._gate.in_thread(lambda: self._visit(request, form, page))
            except Unauthorised:
                answer = RedirectResponse("/console/sign-in", 303)
            except Refusal as refusal:
                answer = self._refused(request, refusal)
            return _dressed(request, answer)

        return handle

    def _visit(self, request: Request, form: FormData | None, page: Page) -> Response:
        host = request.client.host if request.client else None
        with self._gate.pool.connection(timeout=5) as conn:
            session = parties.session(conn, request.cookies.get(COOKIE, ""), self._gate.clock(), host)
            if form is not None and not hmac.compare_digest(str(form.get("csrf", "")), session.csrf):
                raise Forbidden("form_token_wrong", "This form is not from this session; open the page again.")
            return page(Visit(conn, session, request, _language(request), form))

    def _render(self, name: str, request: Request, status: int = 200, **shown: object) -> Response:
        said = _language(request)
        text = self._templates.get_template(name).render(say=said, languages=LANGUAGES, path=_path(request), **shown)
        return HTMLResponse(text, status)

    def _refused(self, request: Request, refusal: Refusal) -> Response:
        return self._render("refused.html", request, refusal.status, session=None, refusal=refusal)

    def not_found(self, request: Request, _: Exception) -> Response:
        refusal = Malformed("page_unknown", "There is no such page.")
        return _dressed(request, self._render("refused.html", request, 404, session=None, refusal=refusal))

    # Who.

    async def sign_in(self, request: Request) -> Response:
        """The sign-in page, and its form: a staff key for a session of at most twelve hours."""
        wrong = None
        if request.method == "POST":
            key = str((await _form(request)).get("key", "")).strip()
            try:
                cookie = await self._gate.in_thread(lambda: self._open(request, key))
            except Refusal as refusal:
                wrong = refusal
            else:
                answer: Response = RedirectResponse("/console/", 303)
                secure = request.url.scheme == "https"
                answer.set_cookie(COOKIE, cookie, path="/console", httponly=True, samesite="strict", secure=secure)
                return _dressed(request, answer)
        status = wrong.status if wrong else 200
        return _dressed(request, self._render("sign_in.html", request, status, session=None, wrong=wrong))

    def _open(self, request: Request, key: str) -> str:
        host = request.client.host if request.client else None
        with self._gate.pool.connection(timeout=5) as conn:
            return parties.open_session(conn, key, self._gate.clock(), host).cookie

    def sign_out(self, visit: Visit) -> Response:
        parties.end_session(visit.conn, visit.request.cookies.get(COOKIE, ""), self._gate.clock())
        answer = RedirectResponse("/console/sign-in", 303)
        answer.delete_cookie(COOKIE, path="/console")
        return answer

    # What.

    def list(self, visit: Visit) -> Response:
        visit.session.identity.require("withdrawals:read")
        asked = visit.request.query_params
        status, customer = asked.get("status") or None, (asked.get("customer") or "").strip() or None
        if status is not None and status not in STATUSES:
            raise Malformed("status_unknown", f"{status[:40]!r} is not a status.")
        setting = withdrawals.setting(visit.conn, self._gate.clock())
        found = withdrawal_store.search(visit.conn, customer, status, None, asked.get("before") or None, PAGE)
        items = withdrawals.views(visit.conn, found, setting.assets)
        return self._render(
            "list.html",
            visit.request,
            session=visit.session,
            items=items,
            statuses=list(STATUSES),
            chosen={"status": status or "", "customer": customer or ""},
            older=items[-1]["id"] if len(items) == PAGE else None,
            paged="before" in asked,
        )

    def withdrawal(self, visit: Visit) -> Response:
        visit.session.identity.require("withdrawals:read")
        return self._show(visit, visit.request.path_params["id"], answered="answered" in visit.request.query_params)

    def _show(self, visit: Visit, id: str, answered: bool) -> Response:
        conn, identity = visit.conn, visit.session.identity
        setting = withdrawals.setting(conn, self._gate.clock())
        found = withdrawals.get(conn, id)
        decision = withdrawal_store.decision(conn, found.decision_id)
        assert decision is not None  # the column says so
        view = custody.payouts_of(conn, [id]).get(id)
        seen = SEEN_BY.get(identity.role)
        about = [case for case in cases.about(conn, id) if seen is None or case.kind in seen]
        files = [cases.file(conn, case.id) for case in about]
        return self._render(
            "withdrawal.html",
            visit.request,
            session=visit.session,
            w=withdrawals.view(conn, found, setting.assets),
            party=parties.get(conn, found.party_id),
            decision=decision,
            findings=[(f, letters.finding(f.code).both()) for f in withdrawals.findings_of(decision)],
            payout=payout(view, self._gate.head(found.network) if view else None),
            timeline=[entry(news) for news in journal.about(conn, id)],
            cases=[case_file(file) for file in files],
            reasons={code: letters.why_asked(code).both() for file in files for code in file.case.reasons},
            may_answer={case.id: identity.may("cases:answer") and may_answer(case, identity.role) for case in about},
            voices={file.case.id: [a.person for a in file.answers] for file in files},
            answered=answered,
            names={key.id: key.label for key in parties.keys(conn)},
        )

    def answer(self, visit: Visit) -> Response:
        """A person's answer to a case, then the withdrawal's page again."""
        visit.session.identity.require("cases:answer")
        assert visit.form is not None  # the route takes POST only
        said, reason = str(visit.form.get("answer", "")), str(visit.form.get("reason", ""))
        id = visit.request.path_params["id"]
        done = cases.answer(visit.conn, id, visit.session.identity.actor, said, reason, self._gate.clock())
        return RedirectResponse(f"/console/withdrawals/{done.case.subject}?answered=1", 303)


async def _form(request: Request) -> FormData:
    size = request.headers.get("content-length", "")
    if not size.isdigit() or int(size) > _MOST_FORM_BYTES:
        return FormData()
    try:
        return await request.form(max_files=0, max_fields=20)
    except ClientDisconnect:  # nobody is left to read the answer
        return FormData()


def _language(request: Request) -> Say:
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE, "")
    return Say(chosen if chosen in LANGUAGES else best(request.headers.get("accept-language", "")))


def _path(request: Request) -> str:
    """This page without its language, so that the other one can be chosen."""
    return request.url.path


def _dressed(request: Request, answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = POLICY
    chosen = request.query_params.get("lang")
    if chosen in LANGUAGES:
        answer.set_cookie(LANGUAGE, chosen, path="/console", samesite="strict", max_age=365 * 24 * 3600)
    return answer
