"""One request of a person who is signed in, and the ways to answer it."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from tidegate.api.door import Gate
from tidegate.base.refusals import Conflict, Forbidden, Malformed, Refusal, TooMany, Unauthorised
from tidegate.console.nav import sections
from tidegate.console.render import LANGUAGE, draw, language
from tidegate.console.words import LANGUAGES, Say
from tidegate.db import Conn, act, replay
from tidegate.parties import flow as parties
from tidegate.parties.access import proof_over
from tidegate.parties.flow import Session

COOKIE, THEME = "tidegate_session", "tidegate_theme"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_MOST_FORM_BYTES = 64 * 1024
_FORMS = "console"
_PROOF, _CODE, _SIGNED = "proof", "proof_code", "proof_credential"
_BACK, _AGAIN = "proof_back", "proof_again"
_PROVING = {"csrf", _PROOF, _CODE, _SIGNED, _BACK, _AGAIN}
"""Fields of the page on which somebody shows once more who they are."""

_MOST_UPLOAD_BYTES = 16 * 1024 * 1024


Made = TypeVar("Made")


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

    @property
    def host(self) -> str | None:
        """The network address that asks."""
        return self.request.client.host if self.request.client else None

    def may(self, scope: str) -> bool:
        return self.session.identity.may(scope)

    def asked(self, name: str) -> str | None:
        """A parameter of the address, without spaces around; None when it is missing or empty."""
        return (self.request.query_params.get(name) or "").strip() or None

    def given(self, name: str) -> str:
        """A field of the form as it was typed; "" when it is missing."""
        return str(self.form.get(name, "")) if self.form is not None else ""

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
        """The page; asked for by htmx with a `part`, only the block of that name."""
        part = self.asked("part") if "hx-request" in self.request.headers else None
        return HTMLResponse(draw(template, part, **_frame(self), **shown), status)

    def once(self, make: Callable[[], Made]) -> Made:
        """Make something whose secret is shown in this answer only. The same form sent again makes no second one.

        Raises Conflict `form_sent_already`, and Malformed `form_old` for a form without its number.
        """
        number = self.given("once")
        if not 20 <= len(number) <= 100:
            raise Malformed("form_old", "Open the page again; this form is not complete.")
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
        "fragment": visit.asked("part") is not None and "hx-request" in visit.request.headers,
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
        form = await read_form(request, page.upload) if request.method == "POST" else None
        try:
            answer: Response = await gate.in_thread(lambda: _visit(gate, request, form, page))
        except Unauthorised:
            answer = _to_sign_in(request, form)
        except Refusal as refusal:
            answer = refused(request, refusal)
        finally:
            if form is not None:
                await form.close()  # a file that was sent along
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


def read_credential(text: str) -> dict[str, Any]:
    """A passkey's answer as the browser wrote it into a form. Raises Malformed `credential_malformed`."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as bad:
        raise Malformed("credential_malformed", "This is no passkey's answer.", field="credential") from bad
    if not isinstance(said, dict):
        raise Malformed("credential_malformed", "This is no passkey's answer.", field="credential")
    return said


def asking(say: Say, ask: Callable[[], Mapping[str, Any]]) -> Response:
    """What an authenticator is asked, for the script of a page; a refusal is told there in the reader's words."""
    try:
        return JSONResponse(ask())
    except Refusal as refusal:
        told = {"code": refusal.code, "message": say.refused(refusal.code, refusal.message)}
        return JSONResponse(told, refusal.status)


def _came_from(request: Request, form: FormData | None) -> str:
    """Where a form stood: a path of the console, whatever the browser says. A page that asks for a proof in between
    hands on where it was asked from."""
    told = form.get(_BACK) if form is not None else None
    if isinstance(told, str):
        return inside(told)
    _, found, path = request.headers.get("referer", "").partition("/console/")
    return f"/console/{path}" if found else "/console/"


def inside(path: str) -> str:
    """The path where it is one of the console, else the console's first page."""
    return path if path.startswith("/console/") and "\\" not in path and "//" not in path else "/console/"


def _to_sign_in(request: Request, form: FormData | None) -> Response:
    """A form's page rather than the form's target: what was typed waits there in the browser."""
    here = _came_from(request, form) if request.method == "POST" else f"/console{_inside(request)}"
    target = f"/console/sign-in?next={quote(here)}" if here != "/console/" else "/console/sign-in"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def _inside(request: Request) -> str:
    path = request.url.path.removeprefix("/console")
    return f"{path}?{request.url.query}" if request.url.query else path


def refused(request: Request, refusal: Refusal, back: str = "/console/") -> Response:
    """A refusal outside of any session's frame."""
    return HTMLResponse(draw("refused.html", None, **bare(request), refusal=refusal, back=back), refusal.status)


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


async def read_form(request: Request, upload: bool = False) -> FormData:
    """The form's fields, and a file where it may carry one; none of a form that is too long, breaks off or holds NUL,
    which no text of the database can."""
    size = request.headers.get("content-length", "")
    most = _MOST_UPLOAD_BYTES if upload else _MOST_FORM_BYTES
    if not size.isdigit() or int(size) > most:
        return FormData()
    try:
        form = await request.form(max_files=1 if upload else 0, max_fields=200, max_part_size=most)
        return FormData() if any("\0" in v for _, v in form.multi_items() if isinstance(v, str)) else form
    except ClientDisconnect:  # nobody is left to read the answer
        return FormData()
