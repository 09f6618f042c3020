"""In and out: a passkey, a password with a code, a key or a link of one use opens a session of at most twelve hours."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tidegate.api.door import Gate
from tidegate.base.refusals import Refusal
from tidegate.console.render import draw, language
from tidegate.console.visit import COOKIE, Visit, asking, bare, dressed, inside, read_credential, read_form
from tidegate.parties import flow as parties


class SigningIn:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def sign_in(self, request: Request) -> Response:
        """The sign-in page and its form; afterwards to the page that somebody wanted."""
        wanted = inside(request.query_params.get("next", ""))  # where somebody wanted to go
        wrong, login = None, ""
        if request.method == "POST":
            form = await read_form(request)
            login = str(form.get("login", ""))
            try:
                cookie = await self._gate.in_thread(lambda: self._open(request, form))
            except Refusal as refusal:
                wrong = refusal
            else:
                return _let_in(request, cookie, wanted)
        text = draw("sign_in.html", None, **bare(request), wrong=wrong, wanted=wanted, login=login)
        return dressed(request, HTMLResponse(text, wrong.status if wrong else 200))

    def _open(self, request: Request, form: FormData) -> str:
        gate, now = self._gate, self._gate.clock()
        host = request.client.host if request.client else None
        said = {name: str(form.get(name, "")) for name in ("key", "credential", "login", "password", "code")}
        with gate.pool.connection(timeout=5) as conn:
            if said["credential"]:
                shown = read_credential(said["credential"])
                return parties.staff_sign_in_with_passkey(conn, shown, gate.relying, now, host).cookie
            if said["login"]:
                who = (said["login"], said["password"], said["code"])
                return parties.staff_sign_in(conn, *who, gate.data_key, now, host).cookie
            return parties.open_session(conn, said["key"].strip(), now, host).cookie

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
                cookie = await self._gate.in_thread(lambda: self._open_by_link(request))
            except Refusal as refusal:
                wrong = refusal
            else:
                return _let_in(request, cookie, "/console/")
        text = draw("sign_in_link.html", None, **bare(request), wrong=wrong)
        return dressed(request, HTMLResponse(text, wrong.status if wrong else 200))

    def _open_by_link(self, request: Request) -> str:
        host = request.client.host if request.client else None
        with self._gate.pool.connection(timeout=5) as conn:
            return parties.open_by_link(conn, str(request.path_params["token"]), self._gate.clock(), host).cookie

    def sign_out(self, visit: Visit) -> Response:
        parties.end_session(visit.conn, visit.request.cookies.get(COOKIE, ""), visit.now)
        answer = RedirectResponse("/console/sign-in", 303)
        answer.delete_cookie(COOKIE, path="/console")
        return answer


def _let_in(request: Request, cookie: str, wanted: str) -> Response:
    answer = RedirectResponse(wanted, 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, cookie, path="/console", httponly=True, samesite="strict", secure=secure)
    return dressed(request, answer)
