"""The portal: one application below /portal, made of areas that each know their own pages."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, compile_path
from starlette.types import ASGIApp

from tidegate.api.door import Gate
from tidegate.base.refusals import NotFound
from tidegate.console.browser import dressed
from tidegate.console.desk.pages import PAGES as DESK
from tidegate.console.portal import addresses, home, owning, security, standing, withdrawing
from tidegate.console.portal.door import Door
from tidegate.console.portal.live import of_customer
from tidegate.console.portal.visit import Page, guarded, outside

PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *withdrawing.PAGES,
    *owning.PAGES,
    *addresses.PAGES,
    *standing.PAGES,
    *security.PAGES,
    *DESK,
)
"""Every page and form of customers who are signed in. Areas add theirs at the end."""


_SHOWN = [compile_path(page.path)[0] for page in PAGES if page.method == "GET"]


def portal(gate: Gate) -> ASGIApp:
    """The application to mount below /portal."""
    door = Door(gate)
    return Starlette(
        routes=[
            *(Route(page.path, guarded(gate, page), methods=[page.method]) for page in PAGES),
            Route("/live", of_customer(gate).stream, methods=["GET"]),
            Route("/sign-in", door.sign_in, methods=["GET", "POST"]),
            Route("/sign-in/passkey", door.options, methods=["POST"]),
            Route("/forgotten", door.forgotten, methods=["GET", "POST"]),
            Route("/join/{token}", door.join, methods=["GET", "POST"]),
            Route("/join/{token}/passkey", door.join_with_passkey, methods=["POST"]),
            *([Route("/link/{token}", door.link, methods=["GET", "POST"])] if gate.demo else []),
        ],
        exception_handlers={404: _nowhere, 405: _to_its_page},
    )


def _to_its_page(request: Request, _: Exception) -> Response:
    """A form's target that is opened like a page, by the back button or from a bookmark: to the page above it."""
    path = request.url.path.removeprefix("/portal")
    while path and not any(page.match(path) for page in _SHOWN):
        path = path.rpartition("/")[0]
    return dressed(request, RedirectResponse(f"/portal{path or '/'}", 303))


def _nowhere(request: Request, _: Exception) -> Response:
    refusal = NotFound("page_unknown", "There is no such page.")
    return dressed(request, outside(request, "portal/refused.html", 404, refusal=refusal))
