"""In and out: a password and a code, or a passkey; the link that sets a password; the demo's link."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from tidegate.api.door import Gate
from tidegate.base.refusals import Malformed, Refusal
from tidegate.base.times import hours
from tidegate.console.portal.visit import COOKIE, DEVICE, Visit, came, outside, wanted
from tidegate.console.visit import dressed, read_credential, read_form
from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.parties import passwords
from tidegate.parties.flow import Came, CodeBound, Visiting

_YEAR = 365 * 24 * 3600


class Door:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def sign_in(self, request: Request) -> Response:
        """The sign-in page and its form; afterwards to the page that somebody wanted."""
        if request.method == "GET":
            return dressed(request, self._page(request, None, ""))
        form = await read_form(request)
        email, password = str(form.get("email", "")), str(form.get("password", ""))
        code, credential = str(form.get("code", "")).strip(), str(form.get("credential", ""))

        def enter(conn: Conn, by: Came) -> Visiting:
            now = self._gate.clock()
            if credential:
                return parties.sign_in_with_passkey(conn, read_credential(credential), by, self._gate.relying, now)
            policy = self._gate.settings.at(conn, now).policy
            codes = CodeBound(policy.confirmation_tries, hours(policy.credential_hold_hours("mfa_changed")))
            return parties.sign_in(conn, email, password, code, by, self._gate.data_key, codes, now)

        return await self._enter(request, enter, lambda refusal: self._page(request, refusal, email))

    async def options(self, request: Request) -> Response:
        """What a passkey has to sign to come in."""
        try:
            asked = await self._gate.in_thread(
                lambda: self._with(lambda conn: parties.ask_passkey(conn, self._gate.relying, self._gate.clock()))
            )
        except Refusal as refusal:
            return dressed(request, JSONResponse({"code": refusal.code}, refusal.status))
        return dressed(request, JSONResponse(asked))

    async def link(self, request: Request) -> Response:
        """The demo's way in: looking changes nothing, the button opens the session."""
        token = str(request.path_params["token"])
        if request.method == "GET":
            return dressed(request, outside(request, "portal/link.html", token=token))
        return await self._enter(
            request,
            lambda conn, by: parties.sign_in_by_link(conn, token, by, self._gate.clock()),
            lambda refusal: outside(request, "portal/refused.html", refusal.status, refusal=refusal),
        )

    async def join(self, request: Request) -> Response:
        """Behind an invitation: set a password, and get an authenticator app where there is no factor yet."""
        token = str(request.path_params["token"])
        form = await read_form(request) if request.method == "POST" else None
        return dressed(
            request, await self._gate.in_thread(lambda: self._with(lambda c: self._join(c, request, token, form)))
        )

    def _join(self, conn: Conn, request: Request, token: str, form: Any) -> Response:
        now, wrong = self._gate.clock(), None
        try:
            found = parties.invited(conn, token, now)
            if form is not None:
                try:
                    first, again = str(form.get("password", "")), str(form.get("again", ""))
                    if first != again:
                        raise Malformed("passwords_differ", "The two passwords are not the same.", field="again")
                    made = parties.join(conn, token, first, self._gate.data_key, now)
                    return outside(request, "portal/joined.html", made=made, email=found.party.email)
                except Malformed as refusal:
                    wrong = refusal
        except Refusal as refusal:
            return outside(request, "portal/refused.html", refusal.status, refusal=refusal)
        status = 200 if wrong is None else wrong.status
        return outside(
            request, "portal/join.html", status, found=found, wrong=wrong, token=token, least=passwords.LEAST
        )

    async def _enter(
        self,
        request: Request,
        enter: Callable[[Conn, Came], Visiting],
        refused: Callable[[Refusal], Response],
    ) -> Response:
        """Open a session; the device keeps a name, so that the next sign-in from it is no news."""
        device = request.cookies.get(DEVICE) or secrets.token_urlsafe(24)
        request.cookies[DEVICE] = device
        by = came(request)
        try:
            opened = await self._gate.in_thread(lambda: self._with(lambda conn: enter(conn, by)))
        except Refusal as refusal:
            return dressed(request, refused(refusal))
        answer: Response = RedirectResponse(wanted(request), 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, opened.cookie, path="/portal", httponly=True, samesite="strict", secure=secure)
        answer.set_cookie(
            DEVICE, device, path="/portal", httponly=True, samesite="strict", secure=secure, max_age=_YEAR
        )
        return dressed(request, answer)

    def _with(self, do: Callable[[Conn], Any]) -> Any:
        with self._gate.pool.connection(timeout=5) as conn:
            return do(conn)

    @staticmethod
    def _page(request: Request, wrong: Refusal | None, email: str) -> Response:
        status = 200 if wrong is None else wrong.status
        return outside(request, "portal/sign_in.html", status, wrong=wrong, wanted=wanted(request), email=email)


def sign_out(visit: Visit) -> Response:
    parties.leave(visit.conn, visit.party_id, visit.session.id, visit.now)
    answer = RedirectResponse("/portal/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/portal")
    return answer
