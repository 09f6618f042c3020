"""One request of a person who is signed in, and the ways to answer it. What customers' visits share is
in `browser.py`."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tidegate.api.door import Gate
from tidegate.base.refusals import Conflict, Forbidden, Malformed, Refusal, TooMany, Unauthorised
from tidegate.console import browser
from tidegate.console.browser import AnyVisit, bare, dressed, read_credential
from tidegate.console.nav import sections
from tidegate.console.render import draw, language
from tidegate.db import act, replay
from tidegate.parties import flow as parties
from tidegate.parties.access import proof_over
from tidegate.parties.flow import Session

COOKIE, HOME = "tidegate_session", "/console/"
_FORMS = "console"
_PROOF, _CODE, _SIGNED = "proof", "proof_code", "proof_credential"
_BACK, _AGAIN = "proof_back", "proof_again"
_PROVING = {"csrf", _PROOF, _CODE, _SIGNED, _BACK, _AGAIN}
"""Fields of the page on which somebody shows once more who they are."""

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Visit(AnyVisit[Session]):
    """A visit of the staff: a person with a role."""

    @property
    def actor(self) -> str:
        return self.session.identity.actor

    def may(self, scope: str) -> bool:
        return self.session.identity.may(scope)

    def file(self, name: str) -> str:
        """A file of the form as text; "" when none was chosen. Raises Malformed `file_not_text`."""
        found = self.form.get(name) if self.form is not None else None
        if not isinstance(found, UploadFile):
            return ""
        try:
            text = found.file.read().decode("utf-8-sig")
        except UnicodeDecodeError as bad:
            raise Malformed("file_not_text", f"{found.filename} is not UTF-8 text: {bad}.", field=name) from bad
        if "\0" in text:
            raise Malformed("file_not_text", f"{found.filename} holds the character NUL.", field=name)
        return text

    def after(self, name: str) -> tuple[datetime, str] | None:
        """Where a page of a list ended, "<instant> <id>". Raises Malformed `<name>_invalid`."""
        text = self.asked(name)
        if text is None:
            return None
        at, _, id = text.rpartition(" ")
        try:
            moment = datetime.fromisoformat(at)
        except ValueError as bad:
            raise Malformed(f"{name}_invalid", f"{text[:60]!r} is not where a page of this list ended.") from bad
        if moment.tzinfo is None:
            raise Malformed(f"{name}_invalid", f"{text[:60]!r} is not where a page of this list ended.")
        return moment, id

    def render(self, template: str, status: int = 200, **shown: object) -> HTMLResponse:
        """The page in the console's frame."""
        return self.framed(template, status, _frame(self), shown)

    def once(self, make: Callable[[], Made]) -> Made:
        """Make something whose secret is shown in this answer only. The same form sent again makes no second one.

        Raises Conflict `form_sent_already`, and Malformed `form_old` for a form without its number.
        """
        number = self.number()
        with act(self.conn, self.actor, self.now):
            replay.claim(self.conn, _FORMS, number)
            if replay.find_many(self.conn, [(_FORMS, number)]):
                raise Conflict(
                    "form_sent_already",
                    "This form was sent already, and what it made is in the list. Its secret was shown once, then; "
                    "if nobody has it, make another one and take this one away.",
                )
            made = make()
            replay.keep_many(self.conn, [replay.First(_FORMS, number, "", 201, "")], self.now)
            return made


def _frame(visit: Visit) -> dict[str, Any]:
    identity = visit.session.identity
    return {
        "may": identity.may,
        "sections": sections(identity.may),
        "path": visit.request.url.path.removeprefix("/console") or "/",
        "fragment": visit.part is not None,
        "number": secrets.token_urlsafe(18),
    }


Show = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """A page or a form's target: who may open it (None = whoever is signed in), and the function that answers."""

    path: str
    show: Show
    scope: str | None
    method: str = "GET"
    upload: bool = False  # its form carries a file
    sensitive: bool = False  # it loosens, or cannot be undone: whoever sends it showed who they are lately


def guarded(gate: Gate, page: Page) -> Callable[[Request], Any]:
    """The page for people who are signed in and may; others go to the sign-in page, and come back here afterwards."""

    async def handle(request: Request) -> Response:
        async with browser.sent(request, page.upload) as form:
            try:
                answer: Response = await gate.in_thread(lambda: _visit(gate, request, form, page))
            except Unauthorised:
                answer = browser.to_sign_in(request, HOME, _where(request, form))
            except Refusal as refusal:
                answer = refused(request, refusal)
        return dressed(request, answer)

    return handle


def _visit(gate: Gate, request: Request, form: FormData | None, page: Page) -> Response:
    now = gate.clock()
    with gate.pool.connection(timeout=5) as conn:
        session = parties.session(conn, request.cookies.get(COOKIE, ""), now, browser.host_of(request))
        browser.check_token(form, session.csrf)
        if page.scope is not None:
            session.identity.require(page.scope)
        visit = Visit(gate, conn, session, request, language(request), form, now)
        try:
            if page.sensitive and proof_over(session.proven_at, now):
                wrong = _prove(visit)
                if wrong is not None:
                    return wrong
            return page.show(visit)
        except Refusal as refusal:
            return visit.render("refused.html", refusal.status, refusal=refusal, back=_came_from(request, form))


def _prove(visit: Visit) -> Response | None:
    """None once the form carries what shows who is signed in: their key, a code, or their passkey's answer; else the
    page that asks for it and keeps what was typed. A file cannot be kept: there the form is filled in once more, by
    somebody who has shown who they are."""
    wrong: Refusal | None = None
    sent = [(name, text) for name, text in (visit.form or FormData()).multi_items() if name not in _PROVING]
    kept = [(name, text) for name, text in sent if isinstance(text, str)]
    back, again = _came_from(visit.request, visit.form), bool(visit.given(_AGAIN)) or len(kept) < len(sent)
    if visit.given(_PROOF) or visit.given(_CODE) or visit.given(_SIGNED):
        try:
            _shown(visit)
        except (Forbidden, TooMany, Malformed) as refusal:
            wrong = refusal
        else:
            return visit.back_to(back) if again else None
    ways = parties.staff_ways(visit.conn, visit.session.identity.key_id)
    status = wrong.status if wrong else 401
    return visit.render("prove.html", status, kept=kept, again=again, wrong=wrong, back=back, ways=ways)


def _shown(visit: Visit) -> None:
    """Somebody shows once more who they are. Raises as `parties.prove` and `parties.prove_otherwise` do."""
    conn, gate, now = visit.conn, visit.gate, visit.now
    cookie, host = visit.request.cookies.get(COOKIE, ""), visit.host
    if visit.given(_PROOF):
        parties.prove(conn, cookie, visit.given(_PROOF).strip(), now, host)
        return
    signed = visit.given(_SIGNED)
    shown = parties.Shown(visit.given(_CODE), read_credential(signed) if signed else None)
    parties.prove_otherwise(conn, cookie, shown, gate.data_key, gate.relying, now, host)


def _came_from(request: Request, form: FormData | None) -> str:
    """Where a form stood: a path of the console, whatever the browser says. A page that asks for a proof in between
    hands on where it was asked from."""
    told = form.get(_BACK) if form is not None else None
    if isinstance(told, str):
        return browser.inside(told, HOME)
    return browser.came_from(request, HOME)


def _where(request: Request, form: FormData | None) -> str:
    return _came_from(request, form) if form is not None else browser.here(request)


def refused(request: Request, refusal: Refusal, back: str = HOME) -> Response:
    """A refusal outside of any session's frame."""
    return HTMLResponse(draw("refused.html", None, **bare(request), refusal=refusal, back=back), refusal.status)
