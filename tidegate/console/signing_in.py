"""In and out: a passkey, a password with a code, a key or a link of one use opens a session of at most twelve hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tidegate.api.door import Gate
from tidegate.api.proxy import country_of
from tidegate.base.refusals import Refusal
from tidegate.console import browser
from tidegate.console.browser import asking, bare, dressed, read_credential
from tidegate.console.render import draw, language
from tidegate.console.visit import COOKIE, HOME, Visit
from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.parties.flow import Opened


class SigningIn:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def sign_in(self, request: Request) -> Response:
        """The sign-in page and its form; afterwards to the page that somebody wanted."""
        wanted = browser.inside(request.query_params.get("next", ""), HOME)  # where somebody wanted to go
        wrong, login = None, ""
        if request.method == "POST":
            form = await browser.typed(request)
            login = str(form.get("login", ""))
            try:
                cookie = await self._gate.in_thread(lambda: self._by_form(request, form))
            except Refusal as refusal:
                wrong = refusal
            else:
                return _let_in(request, cookie, wanted)
        text = draw("sign_in.html", None, **bare(request), wrong=wrong, wanted=wanted, login=login)
        return dressed(request, HTMLResponse(text, wrong.status if wrong else 200))

    def _by_form(self, request: Request, form: FormData) -> str:
        gate, now = self._gate, self._gate.clock()
        came = browser.host_of(request), country_of(request)
        said = {name: str(form.get(name, "")) for name in ("key", "credential", "login", "password", "code")}

        def enter(conn: Conn) -> Opened:
            if said["credential"]:
                shown = read_credential(said["credential"])
                return parties.staff_sign_in_with_passkey(conn, shown, gate.relying, now, *came)
            if said["login"]:
                who = (said["login"], said["password"], said["code"])
                return parties.staff_sign_in(conn, *who, gate.data_key, now, *came)
            return parties.open_session(conn, said["key"].strip(), now, *came)

        return self._enter(request, enter)

    def _enter(self, request: Request, enter: Callable[[Conn], Opened]) -> str:
        """Open a session; the one that was open in this browser ends. What the new one's cookie says."""
        with self._gate.pool.connection(timeout=5) as conn:
            opened = enter(conn)
            parties.end_session(conn, request.cookies.get(COOKIE, ""), self._gate.clock())
            return opened.cookie

    async def options(self, request: Request) -> Response:
        """What a passkey has to sign to come in."""
        say = language(request)
        return dressed(request, await self._gate.in_thread(lambda: asking(say, self._ask)))

    def _ask(self) -> dict[str, Any]:
        with self._gate.pool.connection(timeout=5) as conn:
            return parties.ask_passkey(conn, self._gate.relying, self._gate.clock())

    async def link(self, request: Request) -> Response:
        """The page of a link of one use, and its button. Programs that scan mails and chats follow links, so that
        looking at it uses nothing up."""
        wrong = None
        if request.method == "POST":
            try:
                cookie = await self._gate.in_thread(lambda: self._by_link(request))
            except Refusal as refusal:
                wrong = refusal
            else:
                return _let_in(request, cookie, HOME)
        text = draw("sign_in_link.html", None, **bare(request), wrong=wrong)
        return dressed(request, HTMLResponse(text, wrong.status if wrong else 200))

    def _by_link(self, request: Request) -> str:
        token, now = str(request.path_params["token"]), self._gate.clock()
        came = browser.host_of(request), country_of(request)
        return self._enter(request, lambda conn: parties.open_by_link(conn, token, now, *came))

    def sign_out(self, visit: Visit) -> Response:
        parties.end_session(visit.conn, visit.request.cookies.get(COOKIE, ""), visit.now)
        answer = RedirectResponse("/console/sign-in", 303)
        answer.delete_cookie(COOKIE, path="/console")
        return answer


def _let_in(request: Request, cookie: str, wanted: str) -> Response:
    answer = RedirectResponse(wanted, 303)
    browser.keep(answer, request, COOKIE, cookie, "/console")
    return dressed(request, answer)
