"""One request of a customer who is signed in, and the ways to answer it. What the staff's visits share is in
`console/browser.py`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tidegate.api.door import Gate
from tidegate.api.proxy import country_of
from tidegate.base.refusals import Refusal, Unauthorised
from tidegate.console import browser
from tidegate.console.browser import AnyVisit, bare, dressed
from tidegate.console.render import draw, language
from tidegate.db import act, replay
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
class Visit(AnyVisit[CustomerSession]):
    """A visit of a customer: what they see and move is their own."""

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

    def render(self, template: str, status: int = 200, **shown: object) -> HTMLResponse:
        """The page in the portal's frame."""
        path = self.request.url.path.removeprefix("/portal") or "/"
        return self.framed(template, status, {"path": path, "number": secrets.token_urlsafe(18)}, shown)

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
        async with browser.sent(request) as form:
            try:
                answer: Response = await gate.in_thread(lambda: _visit(gate, request, form, page))
            except Unauthorised:
                was = browser.here(request) if form is None else browser.came_from(request, HOME)
                answer = browser.to_sign_in(request, HOME, was)
            except Refusal as refusal:
                answer = outside(request, "portal/refused.html", refusal.status, refusal=refusal)
        return dressed(request, answer)

    return handle


def _visit(gate: Gate, request: Request, form: FormData | None, page: Page) -> Response:
    now = gate.clock()
    with gate.pool.connection(timeout=5) as conn:
        session = parties.visiting(
            conn, request.cookies.get(COOKIE, ""), now, seen="hx-request" not in request.headers
        )  # a page that asks for its parts again by itself does not keep a session alive
        browser.check_token(form, session.csrf)
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
    agent = "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())
    return Came(browser.host_of(request), agent, named, country_of(request))


def wanted(request: Request) -> str:
    """Where somebody wanted to go: a path of the portal, nothing else."""
    return browser.inside(request.query_params.get("next", ""), HOME)
