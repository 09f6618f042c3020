"""The markets as the gate sees them: one line per asset, and one asset with its prices, regimes and what they did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from tidegate.base.money import Asset
from tidegate.base.refusals import Malformed, NotFound
from tidegate.console.market import store
from tidegate.console.visit import Page, Visit
from tidegate.db import journal
from tidegate.policy.market import flow as market
from tidegate.withdrawals import flow as withdrawals

_SPANS = {"1d": 1, "7d": 7, "30d": 30}
_TONES = {"calm": "good", "nervous": "wait", "stormy": "bad"}
_POINTS = 400
"""Points of a plot: more than a screen shows apart."""


def regimes(visit: Visit) -> Response:
    """Every asset's regime, why, since when, and what it leaves of a limit."""
    setting = withdrawals.setting(visit.conn, visit.now)
    found = market.regimes(visit.conn, setting.assets.keys(), visit.now, setting.policy)
    shown = [(setting.assets[id], found[id]) for id in sorted(found)]
    return visit.render("market/regimes.html", regimes=shown, tones=_TONES)


def asset(visit: Visit) -> Response:
    """One asset: its price per source, the regimes behind it, and every change with its reason."""
    span = visit.asked("span") or "7d"
    if span not in _SPANS:
        raise Malformed("span_unknown", f"{span[:20]!r} is none of {', '.join(_SPANS)}.")
    found = _asset(visit, visit.id)
    setting = withdrawals.setting(visit.conn, visit.now)
    since = visit.now - timedelta(days=_SPANS[span])
    changes = [news for news in journal.about(visit.conn, market.subject_of(found)) if news.kind == market.KIND]
    return visit.render(
        "market/asset.html",
        asset=found,
        regime=market.regimes(visit.conn, [found.id], visit.now, setting.policy)[found.id],
        tones=_TONES,
        changes=[(news.at, news.content) for news in reversed(changes)],
        plot=_plot(visit, found, since, [(news.at, news.content) for news in changes]),
        span=span,
        spans=list(_SPANS),
    )


Changes = Iterable[tuple[datetime, Any]]
"""When a regime changed, and what the journal says of it."""


def _plot(visit: Visit, asset: Asset, since: datetime, changes: Changes) -> dict[str, Any] | None:
    """Closing prices by source over bands of the regimes that were not calm; None where no price is known."""
    step = max(1, int((visit.now - since).total_seconds()) // _POINTS)
    lines: dict[str, list[list[object]]] = {}
    for close in store.closes(visit.conn, asset.id, since, step):
        lines.setdefault(close.source, []).append([close.at.isoformat(), close.price / 10**12])
    if not lines:
        return None
    return {
        "kind": "time",
        "unit": "USD",
        "scale": True,
        "zoom": True,
        "description": asset.name,
        "series": [{"name": source, "points": points} for source, points in lines.items()],
        "bands": list(_bands(visit, since, changes)),
    }


def _bands(visit: Visit, since: datetime, changes: Changes) -> Iterable[dict[str, Any]]:
    begun, name = since, "calm"
    for at, said in [*changes, (visit.now, {"to": "calm"})]:
        if name != "calm" and at > since:
            start = max(begun, since)
            words = visit.say(f"regime_{name}")
            yield {"on": "xAxis", "from": start.isoformat(), "to": at.isoformat(), "name": words, "tone": _TONES[name]}
        begun, name = at, str(said["to"])


def _asset(visit: Visit, id: str) -> Asset:
    found = withdrawals.setting(visit.conn, visit.now).assets.get(int(id) if id.isdecimal() and len(id) < 9 else -1)
    if found is None:
        raise NotFound("asset_unknown", f"There is no asset {id[:20]}.")
    return found


PAGES = (
    Page("/market", regimes, "market:read"),
    Page("/market/{id}", asset, "market:read"),
)
