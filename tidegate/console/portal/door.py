"""In and out: a password and a code, or a passkey; an invitation's link; the demo's link."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from starlette.background import BackgroundTask
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tidegate.api.door import Gate
from tidegate.base.refusals import Malformed, Refusal
from tidegate.base.times import hours
from tidegate.console import browser
from tidegate.console.browser import asking, dressed, read_credential
from tidegate.console.portal.visit import COOKIE, DEVICE, Visit, came, outside, wanted
from tidegate.console.render import language
from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.parties import passwords
from tidegate.parties.flow import Came, CodeBound, FirstApp, FirstPasskey, Visiting

_YEAR = 365 * 24 * 3600


class Door:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def sign_in(self, request: Request) -> Response:
        """The sign-in page and its form; afterwards to the page that somebody wanted."""
        if request.method == "GET":
            return dressed(request, self._page(request, None, ""))
        form = await browser.typed(request)
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
        return await self._asking(
            request, lambda conn: parties.ask_passkey(conn, self._gate.relying, self._gate.clock())
        )

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

    async def forgotten(self, request: Request) -> Response:
        """A mail to whoever signs in by an address, and one answer to whoever asks; the mail is ordered after it."""
        if request.method == "GET":
            return dressed(request, outside(request, "portal/forgotten.html", wrong=None, email="", sent=False))
        email = str((await browser.typed(request)).get("email", ""))
        host, wrong = browser.host_of(request), None
        try:
            await self._gate.in_thread(
                lambda: self._with(lambda conn: parties.count_forgotten(conn, email, host, self._gate.clock()))
            )
        except Refusal as refusal:
            wrong = refusal
        status = 200 if wrong is None else wrong.status
        shown = {"wrong": wrong, "email": email, "sent": wrong is None}
        answer = dressed(request, outside(request, "portal/forgotten.html", status, **shown))
        if wrong is None:
            answer.background = BackgroundTask(self._invite_again, email)
        return answer

    async def _invite_again(self, email: str) -> None:
        def do(conn: Conn) -> None:
            now = self._gate.clock()
            days = self._gate.settings.at(conn, now).policy.factors.freeze_link_days
            parties.invite_again(conn, email, days, now)

        await self._gate.in_thread(lambda: self._with(do))

    async def join(self, request: Request) -> Response:
        """Behind an invitation: set a password, and with the first one a passkey or an authenticator app."""
        token = str(request.path_params["token"])
        form = await browser.typed(request)

        def enter(conn: Conn, by: Came) -> Visiting | None:
            first, data_key = _first(form), self._gate.data_key
            return parties.join(
                conn, token, _password(form), first, by, data_key, self._gate.relying, self._gate.clock()
            )

        def page(refusal: Refusal | None) -> Response:
            shown = {"name": str(form.get("name", "")), "app": str(form.get("app", ""))}
            return self._with(lambda conn: self._join_page(conn, request, token, shown, refusal))  # type: ignore[no-any-return]

        if request.method == "GET":
            return dressed(request, await self._gate.in_thread(lambda: page(None)))
        joined = outside(request, "portal/joined.html")
        return await self._enter(request, enter, page, joined)

    async def join_with_passkey(self, request: Request) -> Response:
        """What an authenticator is asked for the passkey that comes with a first password."""
        token, form = str(request.path_params["token"]), await browser.typed(request)

        def ask(conn: Conn) -> Mapping[str, Any]:
            now, name = self._gate.clock(), str(form.get("name", "")).strip()
            minutes = self._gate.settings.at(conn, now).policy.factors.challenge_minutes
            made = parties.begin_first_passkey(conn, token, _password(form), name, self._gate.relying, minutes, now)
            return {"factor": made.id, "options": made.options}

        return await self._asking(request, ask)

    def _join_page(
        self, conn: Conn, request: Request, token: str, typed: Mapping[str, str], wrong: Refusal | None
    ) -> Response:
        """The form, with the app that was shown before: it may have been scanned already."""
        try:
            found = parties.invited(conn, token, self._gate.clock())
        except Refusal as refusal:
            return outside(request, "portal/refused.html", refusal.status, refusal=refusal)
        return outside(
            request,
            "portal/join.html",
            200 if wrong is None else wrong.status,
            found=found,
            wrong=wrong,
            token=token,
            least=passwords.LEAST,
            name=typed["name"],
            app=parties.first_app(found, self._gate.data_key, self._gate.platform, typed["app"]),
        )

    async def _asking(self, request: Request, ask: Callable[[Conn], Mapping[str, Any]]) -> Response:
        say = language(request)
        answer = await self._gate.in_thread(lambda: self._with(lambda conn: asking(say, lambda: ask(conn))))
        return dressed(request, answer)

    async def _enter(
        self,
        request: Request,
        enter: Callable[[Conn, Came], Visiting | None],
        refused: Callable[[Refusal], Response],
        outside: Response | None = None,
    ) -> Response:
        """Open a session; the device keeps a name, so that the next sign-in from it is no news. The session that was
        open in this browser ends. `outside` is the answer where nobody is let in yet."""
        device = request.cookies.get(DEVICE) or secrets.token_urlsafe(24)
        before, by = request.cookies.get(COOKIE, ""), came(request, device)

        def do(conn: Conn) -> Visiting | None:
            opened = enter(conn, by)
            if opened is not None:
                parties.leave_by_cookie(conn, before, self._gate.clock())
            return opened

        try:
            opened = await self._gate.in_thread(lambda: self._with(do))
        except Refusal as refusal:
            wrong = refusal  # the name of a caught one ends with its block
            return dressed(request, await self._gate.in_thread(lambda: refused(wrong)))
        if opened is None:
            assert outside is not None  # an invitation alone
            return dressed(request, outside)
        answer: Response = RedirectResponse(wanted(request), 303)
        browser.keep(answer, request, COOKIE, opened.cookie, "/portal")
        browser.keep(answer, request, DEVICE, device, "/portal", _YEAR)
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


def _password(form: FormData) -> str:
    """The new password, typed twice. Raises Malformed `passwords_differ`."""
    password = str(form.get("password", ""))
    if password != str(form.get("again", "")):
        raise Malformed("passwords_differ", "The two passwords are not the same.", field="again")
    return password


def _first(form: FormData) -> FirstApp | FirstPasskey | None:
    """The factor that comes with a first password; None where the form has none. Raises Malformed
    `credential_malformed`."""
    if form.get("credential"):
        return FirstPasskey(str(form.get("factor", "")), read_credential(str(form["credential"])))
    if form.get("code"):
        return FirstApp(str(form.get("app", "")), str(form["code"]))
    return None
