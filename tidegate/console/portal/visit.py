"""One request of a customer who is signed in, and the ways to answer it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from starlette.datastructures import URL, FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tidegate.api.door import Gate
from tidegate.base.refusals import Forbidden, Malformed, Refusal, Unauthorised
from tidegate.console.render import draw, language
from tidegate.console.visit import THEME, bare, dressed, read_form
from tidegate.console.words import LANGUAGES, Say
from tidegate.db import Conn, act, replay
from tidegate.parties import flow as parties
from tidegate.parties.access import proof_over
from tidegate.parties.flow import Came
from tidegate.parties.party import Party
from tidegate.parties.store import CustomerSession
from tidegate.withdrawals.flow import Setting

COOKIE, DEVICE = "tidegate_portal", "tidegate_device"
HOME = "/portal/"
_FORMS = "portal"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page needs to answer: whose it is, in which language, a connection, and the form that was sent."""

    gate: Gate
    conn: Conn
    session: CustomerSession
    request: Request
    say: Say
    form: FormData | None
    now: datetime

    @property
    def id(self) -> str:
        """The `{id}` of the path."""
        return str(self.request.path_params["id"])

    @property
    def party_id(self) -> str:
        return self.session.party_id

    @property
    def actor(self) -> str:
        """By which name the journal knows them."""
        return self.session.party_id

    def party(self) -> Party:
        return parties.get(self.conn, self.party_id)

    def setting(self) -> Setting:
        """Assets, our wallets and the policy in force, read now."""
        return self.gate.settings.at(self.conn, self.now)

    def asked(self, name: str) -> str | None:
        """A parameter of the address, without spaces around; None when it is missing or empty."""
        return (self.request.query_params.get(name) or "").strip() or None

    def given(self, name: str) -> str:
        """A field of the form as it was typed; "" when it is missing."""
        return str(self.form.get(name, "")) if self.form is not None else ""

    def render(self, template: str, status: int = 200, **shown: object) -> HTMLResponse:
        """The page in the portal's frame; asked for by htmx with a `part`, only the block of that name."""
        part = self.asked("part") if "hx-request" in self.request.headers else None
        return HTMLResponse(draw(template, part, **_frame(self), **shown), status)

    def back_to(self, path: str, done: str = "") -> Response:
        """After a form: to a page, which says what was done (a word's name)."""
        return RedirectResponse(f"{path}?{urlencode({'done': done})}" if done else path, 303)

    def number(self) -> str:
        """The form's own number. Raises Malformed `form_old` for a form without one."""
        number = self.given("once")
        if not 20 <= len(number) <= 100:
            raise Malformed("form_old", "Open the page again; this form is not complete.")
        return number

    def once(self, do: Callable[[], object]) -> None:
        """Do what a form asks. The same form sent again does nothing more: its page shows what it did the first time.

        A refusal is raised and not remembered, but what its flow wrote down on purpose (a wrong code that was counted)
        stays.
        """
        key = f"{self.party_id} {self.number()}"
        refused: Refusal | None = None
        with act(self.conn, self.actor, self.now):
            replay.claim(self.conn, _FORMS, key)
            if replay.find_many(self.conn, [(_FORMS, key)]):
                return
            try:
                do()
            except Refusal as refusal:
                refused = refusal
            else:
                replay.keep_many(self.conn, [replay.First(_FORMS, key, "", 201, "")], self.now)
        if refused is not None:
            raise refused


def _frame(visit: Visit) -> dict[str, Any]:
    return {
        "say": visit.say,
        "session": visit.session,
        "path": visit.request.url.path.removeprefix("/portal") or "/",
        "here": visit.request.url,
        "done": visit.asked("done"),
        "theme": visit.request.cookies.get(THEME, "auto"),
        "languages": LANGUAGES,
        "now": visit.now,
        "number": secrets.token_urlsafe(18),
    }


@dataclass(frozen=True, slots=True)
class Page:
    """A page or a form's target below /portal. Whoever is signed in may open it; what it shows is their own."""

    path: str
    show: Callable[[Visit], Response]
    method: str = "GET"
    sensitive: bool = False  # it changes who can act for the account: whoever sends it signed in just now


def guarded(gate: Gate, page: Page) -> Callable[[Request], Any]:
    """The page for customers who are signed in; others go to the sign-in page, and come back here afterwards."""

    async def handle(request: Request) -> Response:
        form = await read_form(request) if request.method == "POST" else None
        try:
            answer: Response = await gate.in_thread(lambda: _visit(gate, request, form, page))
        except Unauthorised:
            answer = _to_sign_in(request)
        except Refusal as refusal:
            answer = outside(request, "portal/refused.html", refusal.status, refusal=refusal)
        finally:
            if form is not None:
                await form.close()
        return dressed(request, answer)

    return handle


def _visit(gate: Gate, request: Request, form: FormData | None, page: Page) -> Response:
    now = gate.clock()
    with gate.pool.connection(timeout=5) as conn:
        session = parties.visiting(
            conn, request.cookies.get(COOKIE, ""), now, seen="hx-request" not in request.headers
        )  # a page that asks for its parts again by itself does not keep a session alive
        if form is not None and not hmac.compare_digest(str(form.get("csrf", "")).encode(), session.csrf.encode()):
            raise Forbidden("form_token_wrong", "This form is not from this session; open the page again.")
        if page.sensitive and proof_over(session.created_at, now):
            raise Unauthorised("sign_in_again", "Sign in once more: this changes who can act for your account.")
        visit = Visit(gate, conn, session, request, language(request), form, now)
        try:
            return page.show(visit)
        except Refusal as refusal:
            return visit.render("portal/refused.html", refusal.status, refusal=refusal)


def outside(request: Request, template: str, status: int = 200, **shown: object) -> Response:
    """A page for somebody who is not signed in."""
    return HTMLResponse(draw(template, None, **{**bare(request), "done": None}, **shown), status)


def came(request: Request, device: str) -> Came:
    """From where somebody comes. The device is named by the hash of its cookie, so that the journal has no cookie."""
    named = f"portal:{hashlib.sha256(device.encode('utf-8', 'replace')).hexdigest()[:32]}"
    host = request.client.host if request.client else None
    agent = "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())
    return Came(host, agent, named)


def wanted(request: Request) -> str:
    """Where somebody wanted to go: a path of the portal, nothing else."""
    path = request.query_params.get("next", "")
    return path if path.startswith(HOME) and "\\" not in path and "//" not in path else HOME


def _to_sign_in(request: Request) -> Response:
    """A form's page rather than the form's target: what was typed waits there in the browser."""
    if request.method == "POST":
        _, found, path = request.headers.get("referer", "").partition(HOME)
        here = f"{HOME}{path}" if found else HOME
    else:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    here = str(URL(here).remove_query_params("done"))  # that was said before
    target = f"/portal/sign-in?next={quote(here)}" if here != HOME else "/portal/sign-in"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)
