"""The pages behind the links of mails: look and confirm, or freeze. Looking changes nothing; only a button acts.

Programs that scan mails follow every link in them, so a GET never does anything. The link's token is the only
credential: the pages show no more than the mail that carried it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tidegate.api.door import Gate
from tidegate.base.refusals import NotFound, Refusal
from tidegate.console.words import LANGUAGES, LINKS, Say, best
from tidegate.db import Conn
from tidegate.notifications import flow as notifications
from tidegate.notifications.store import Link
from tidegate.parties import flow as parties
from tidegate.policy.factor_numbers import MAIL
from tidegate.withdrawals import answer, factors
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import Status, Withdrawal

Page = Callable[[Conn, Request, str], Response]

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Stricter than the console's: these pages run nothing at all."""


def links(gate: Gate) -> ASGIApp:
    """The application to mount below /m."""
    pages = _Links(gate)
    return Starlette(
        routes=[
            Route("/{token}", pages.page(pages.show), methods=["GET"]),
            Route("/{token}", pages.page(pages.confirm), methods=["POST"]),
            Route("/{token}/freeze", pages.page(pages.show_freeze), methods=["GET"]),
            Route("/{token}/freeze", pages.page(pages.freeze), methods=["POST"]),
        ],
        exception_handlers={404: pages.unknown, 405: pages.unknown},
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is confirmed, line by line, and why it cannot be confirmed any more ("" = it can)."""

    lines: dict[str, str]
    over: str  # a word of LINKS
    status: str


class _Links:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._templates = Environment(
            loader=PackageLoader("tidegate.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, does: Page) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            answer: Response = await self._gate.in_thread(partial(self._visit, request, does))
            answer.headers["Content-Security-Policy"] = POLICY
            return answer

        return handle

    def _visit(self, request: Request, does: Page) -> Response:
        token = str(request.path_params["token"])
        try:
            with self._gate.pool.connection(timeout=5) as conn:
                return does(conn, request, token)
        except Refusal as refusal:
            return self._refused(request, refusal)

    def show(self, conn: Conn, request: Request, token: str) -> Response:
        """What the link confirms, to be compared line by line; for a link that confirms nothing, the freeze."""
        link = notifications.opened(conn, token)
        if link.subject is not None and link.subject.startswith("inv_"):
            return RedirectResponse(f"/portal/join/{token}", 303)
        if link.subject is None:
            return self.show_freeze(conn, request, token)
        return self._render("confirm.html", request, link, shown=self._shown(conn, link, link.subject), token=token)

    def confirm(self, conn: Conn, request: Request, token: str) -> Response:
        """The button: the withdrawal is confirmed, and the page says so."""
        now = self._gate.clock()
        withdrawals.confirm_by_link(conn, token, self._gate.settings.at(conn, now), now)
        return _back(request, f"/m/{token}")

    def show_freeze(self, conn: Conn, request: Request, token: str) -> Response:
        """What freezing means, and the button for it; or that it is done."""
        link, now = notifications.opened(conn, token), self._gate.clock()
        frozen = parties.frozen_by_owner(conn, link.party_id, now)
        over = not frozen and link.freeze_until <= now
        return self._render("freeze.html", request, link, frozen=frozen, over=over, token=token)

    def freeze(self, conn: Conn, request: Request, token: str) -> Response:
        """The button: nothing leaves the account any more, and the page says so."""
        parties.freeze_by_link(conn, token, self._gate.clock())
        return _back(request, f"/m/{token}/freeze")

    def unknown(self, request: Request, _: Exception) -> Response:
        answer = self._refused(request, NotFound("link_unknown", ""))
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    def _shown(self, conn: Conn, link: Link, id: str) -> _Shown:
        now = self._gate.clock()
        found = withdrawals.get(conn, id)
        lines = answer.as_lines(found, self._gate.settings.at(conn, now).assets[found.asset_id])
        return _Shown(lines, _over(link, found, now), found.status.value)

    def _refused(self, request: Request, refusal: Refusal) -> Response:
        """A "no" in the customer's words; what has none of its own is told as one that support can explain."""
        code = refusal.code if refusal.code in LINKS else "link_refused"
        return self._render("link_refused.html", request, None, refusal.status, code=code, stable=refusal.code)

    def _render(self, name: str, request: Request, link: Link | None, status: int = 200, **shown: object) -> Response:
        chosen = request.query_params.get("lang", "")
        if chosen not in LANGUAGES:
            chosen = link.language if link is not None else best(request.headers.get("accept-language", ""))
        text = self._templates.get_template(name).render(
            say=Say(chosen), languages=LANGUAGES, path=request.url.path, time=_minute, link=link, **shown
        )
        return HTMLResponse(text, status)


def _over(link: Link, found: Withdrawal, now: datetime) -> str:
    """Why there is nothing to confirm; "" where there is."""
    if MAIL in found.used_factors:
        return "link_used"
    if found.status is not Status.AWAITING_CONFIRMATION or MAIL not in factors.missing(
        found.required_factors, found.used_factors
    ):
        return "withdrawal_not_confirmable"
    late = link.confirm_until is None or link.confirm_until <= now
    return "link_expired" if late or (found.expires_at is not None and found.expires_at <= now) else ""


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _back(request: Request, path: str) -> Response:
    """To the page that says how things stand now, in the language that was chosen."""
    chosen = request.query_params.get("lang")
    return RedirectResponse(f"{path}?lang={chosen}" if chosen in LANGUAGES else path, 303)
