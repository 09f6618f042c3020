"""One request of a person who is signed in, and the ways to answer it."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tidegate.api.door import Gate
from tidegate.base.refusals import Forbidden, Refusal, Unauthorised
from tidegate.console.nav import sections
from tidegate.console.render import LANGUAGE, draw, language
from tidegate.console.words import LANGUAGES, Say
from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.parties.flow import Session

COOKIE, THEME = "tidegate_session", "tidegate_theme"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_MOST_FORM_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page needs to answer: who asks, in which language, a connection, and the form that was sent."""

    gate: Gate
    conn: Conn
    session: Session
    request: Request
    say: Say
    form: FormData | None
    now: datetime

    @property
    def id(self) -> str:
        """The `{id}` of the path."""
        return str(self.request.path_params["id"])

    @property
    def actor(self) -> str:
        return self.session.identity.actor

    def may(self, scope: str) -> bool:
        return self.session.identity.may(scope)

    def asked(self, name: str) -> str | None:
        """A parameter of the address, without spaces around; None when it is missing or empty."""
        return (self.request.query_params.get(name) or "").strip() or None

    def given(self, name: str) -> str:
        """A field of the form as it was typed; "" when it is missing."""
        return str(self.form.get(name, "")) if self.form is not None else ""

    def render(self, template: str, status: int = 200, **shown: object) -> HTMLResponse:
        """The page; asked for by htmx with a `part`, only the block of that name."""
        part = self.asked("part") if "hx-request" in self.request.headers else None
        return HTMLResponse(draw(template, part, **_frame(self), **shown), status)

    def back_to(self, path: str, done: str = "") -> Response:
        """After a form: to a page of the console, which says what was done (a word's name)."""
        return RedirectResponse(
            f"{path}{'&' if '?' in path else '?'}{urlencode({'done': done})}" if done else path, 303
        )


def _frame(visit: Visit) -> dict[str, Any]:
    path, identity = visit.request.url.path.removeprefix("/console") or "/", visit.session.identity
    return {
        "say": visit.say,
        "session": visit.session,
        "may": identity.may,
        "sections": sections(identity.may),
        "path": path,
        "here": visit.request.url,
        "done": visit.asked("done"),
        "theme": visit.request.cookies.get(THEME, "auto"),
        "languages": LANGUAGES,
        "now": visit.now,
    }


Show = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """A page or a form's target: who may open it (None = whoever is signed in), and the function that answers."""

    path: str
    show: Show
    scope: str | None
    method: str = "GET"


def guarded(gate: Gate, page: Page) -> Callable[[Request], Any]:
    """The page for people who are signed in and may; others go to the sign-in page, and come back here afterwards."""

    async def handle(request: Request) -> Response:
        form = await read_form(request) if request.method == "POST" else None
        try:
            answer: Response = await gate.in_thread(lambda: _visit(gate, request, form, page))
        except Unauthorised:
            answer = _to_sign_in(request)
        except Refusal as refusal:
            answer = refused(request, refusal)
        return dressed(request, answer)

    return handle


def _visit(gate: Gate, request: Request, form: FormData | None, page: Page) -> Response:
    host, now = (request.client.host if request.client else None), gate.clock()
    with gate.pool.connection(timeout=5) as conn:
        session = parties.session(conn, request.cookies.get(COOKIE, ""), now, host)
        if form is not None and not hmac.compare_digest(str(form.get("csrf", "")), session.csrf):
            raise Forbidden("form_token_wrong", "This form is not from this session; open the page again.")
        if page.scope is not None:
            session.identity.require(page.scope)
        visit = Visit(gate, conn, session, request, language(request), form, now)
        try:
            return page.show(visit)
        except Refusal as refusal:
            return visit.render("refused.html", refusal.status, refusal=refusal, back=_came_from(request))


def _came_from(request: Request) -> str:
    """Where a form stood: a path of the console, whatever the browser says."""
    _, found, path = request.headers.get("referer", "").partition("/console/")
    return f"/console/{path}" if found else "/console/"


def _to_sign_in(request: Request) -> Response:
    """A form's page rather than the form's target: what was typed waits there in the browser."""
    here = _came_from(request) if request.method == "POST" else f"/console{_inside(request)}"
    target = f"/console/sign-in?next={quote(here)}" if here != "/console/" else "/console/sign-in"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def _inside(request: Request) -> str:
    path = request.url.path.removeprefix("/console")
    return f"{path}?{request.url.query}" if request.url.query else path


def refused(request: Request, refusal: Refusal) -> Response:
    """A refusal outside of any session's frame."""
    return HTMLResponse(draw("refused.html", None, **bare(request), refusal=refusal, back="/console/"), refusal.status)


def bare(request: Request) -> Mapping[str, Any]:
    """What a page shows when nobody is signed in."""
    theme = request.cookies.get(THEME, "auto")
    return {"say": language(request), "languages": LANGUAGES, "here": request.url, "theme": theme, "session": None}


def dressed(request: Request, answer: Response) -> Response:
    """With the content security policy, and the language and theme that somebody just chose."""
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Referrer-Policy"] = "same-origin"  # a form that is refused leads back to its page
    answer.headers.setdefault("Cache-Control", "no-store")
    for name, cookie, known in (("lang", LANGUAGE, LANGUAGES), ("theme", THEME, ("auto", "light", "dark"))):
        chosen = request.query_params.get(name)
        if chosen is not None and chosen in known:
            answer.set_cookie(cookie, chosen, path="/", samesite="strict", max_age=365 * 24 * 3600)
    return answer


async def read_form(request: Request) -> FormData:
    """The form's fields; none of a form that is too long or breaks off."""
    size = request.headers.get("content-length", "")
    if not size.isdigit() or int(size) > _MOST_FORM_BYTES:
        return FormData()
    try:
        return await request.form(max_files=0, max_fields=200)
    except ClientDisconnect:  # nobody is left to read the answer
        return FormData()
