"""The public status page: for everybody, without signing in. What it may say is decided in `reports.status`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tidegate.api.door import Gate
from tidegate.base.refusals import Refusal
from tidegate.console.browser import bare, dressed
from tidegate.console.render import draw
from tidegate.console.visit import refused
from tidegate.notifications import templates
from tidegate.reports.status.published import FEWEST, WINDOWS


def status_page(gate: Gate) -> Callable[[Request], Awaitable[Response]]:
    """What answers at /status."""

    async def show(request: Request) -> Response:
        now = gate.clock()
        try:
            status = await gate.noticeboard.status(now)
        except Refusal as refusal:
            return dressed(request, refused(request, refusal, "/status"))
        part = request.query_params.get("part") if "hx-request" in request.headers else None
        text = draw(
            "status.html",
            part,
            **bare(request),
            platform=gate.platform,
            status=status,
            now=now,
            windows=WINDOWS,
            fewest=FEWEST,
            egress=templates.WAITING["egress"].both(),
            markets={(m.asset.id): templates.market(m.level, m.asset.symbol, None).both() for m in status.slowed},
            networks={late.network: templates.NETWORKS[late.why].both() for late in status.late},
        )
        return dressed(request, HTMLResponse(text))

    return show
