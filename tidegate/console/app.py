"""The console: one application below /console, made of areas that each know their own pages."""

from __future__ import annotations

import gzip
from functools import lru_cache
from importlib import resources

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tidegate.api.door import Gate
from tidegate.base.refusals import Malformed, NotFound
from tidegate.console.admin.pages import PAGES as ADMIN
from tidegate.console.browser import dressed
from tidegate.console.compliance.pages import PAGES as COMPLIANCE
from tidegate.console.customers.pages import PAGES as CUSTOMERS
from tidegate.console.journal.pages import PAGES as JOURNAL
from tidegate.console.live import of_staff
from tidegate.console.market.pages import PAGES as MARKET
from tidegate.console.me import PAGES as ME
from tidegate.console.merchants.pages import PAGES as MERCHANTS
from tidegate.console.render import versions
from tidegate.console.review.pages import PAGES as REVIEW
from tidegate.console.rules.pages import PAGES as RULES
from tidegate.console.signing_in import SigningIn
from tidegate.console.treasury.pages import PAGES as TREASURY
from tidegate.console.visit import Page, guarded, refused

PAGES: tuple[Page, ...] = (
    *REVIEW,
    *RULES,
    *MARKET,
    *TREASURY,
    *COMPLIANCE,
    *CUSTOMERS,
    *ADMIN,
    *JOURNAL,
    *MERCHANTS,
    *ME,
)
"""Every page and form of people who are signed in. Areas add theirs at the end."""

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def console(gate: Gate) -> ASGIApp:
    """The application to mount below /console."""
    signing_in = SigningIn(gate)
    return Starlette(
        routes=[
            *(Route(page.path, guarded(gate, page), methods=[page.method]) for page in PAGES),
            Route("/sign-in", signing_in.sign_in, methods=["GET", "POST"]),
            Route("/sign-in/passkey", signing_in.options, methods=["POST"]),
            Route("/sign-in/{token}", signing_in.link, methods=["GET", "POST"]),
            Route("/sign-out", guarded(gate, Page("/sign-out", signing_in.sign_out, None, "POST")), methods=["POST"]),
            Route("/live", of_staff(gate).stream, methods=["GET"]),
            Route("/static/{name}", _static),
            Route("/style.css", _style),
        ],
        exception_handlers={404: _nowhere, 405: _nowhere},
    )


def _static(request: Request) -> Response:
    """A built file. Its address changes with its content, so it is kept for a year."""
    name = str(request.path_params["name"])
    if name not in versions() or name.rpartition(".")[2] not in _TYPES:
        return dressed(request, refused(request, NotFound("file_unknown", f"There is no file {name[:60]!r}.")))
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    packed = "gzip" in request.headers.get("accept-encoding", "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(_built(name, packed), media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


@lru_cache(maxsize=16)
def _built(name: str, packed: bool) -> bytes:
    """A built file, packed once. Pages are never packed: beside what somebody else chose, the length of a packed page
    tells of the form token in it."""
    content = resources.files("tidegate.console").joinpath("_static", name).read_bytes()
    return gzip.compress(content, mtime=0) if packed else content


def _style(_: Request) -> Response:
    """The small style sheet of the pages behind links in mails."""
    text = resources.files("tidegate.console").joinpath("style.css").read_text()
    return Response(text, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


def _nowhere(request: Request, _: Exception) -> Response:
    answer = refused(request, Malformed("page_unknown", "There is no such page."))
    answer.status_code = 404
    return dressed(request, answer)
