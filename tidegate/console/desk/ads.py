"""The merchant's ads: publish, change, pause, close. What a form says is judged by the desk's own flow."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tidegate.api.ads import say
from tidegate.base.money import to_text
from tidegate.base.refusals import NotFound, Refusal
from tidegate.console.desk.mine import HOME, asset_named, merchant_of, whole
from tidegate.console.portal.visit import Page, Visit
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.ads.ad import AdStatus, Side, Terms
from tidegate.p2p.ads.conditions import Conditions
from tidegate.p2p.ads.flow import Desk, Offer
from tidegate.p2p.lots import flow as lots
from tidegate.policy.p2p_numbers import METHODS

ROWS = 20
OWN = f"{HOME}/ads"
_FIELDS = (
    "side", "asset", "fiat", "kind", "price", "percent", "amount", "least", "most", "minutes", "level", "days",
    "orders", "completion", "countries", "words",
)  # fmt: skip


def listed(visit: Visit) -> Response:
    """Every ad of the merchant, newest first."""
    merchant, desk = merchant_of(visit), ads.desk(visit.conn, visit.now)
    found = ads.page(visit.conn, desk, visit.now, merchant.id, visit.asked("before"), ROWS)
    return visit.render(
        "desk/ads.html",
        ads=_said(visit, found, desk),
        older=found[-1].ad.id if len(found) == ROWS else None,
        may=merchant.may_trade,
    )


def new(visit: Visit) -> Response:
    """An empty form."""
    return _form(visit, None, None)


def publish(visit: Visit) -> Response:
    """Put an ad into the book."""
    merchant, desk = merchant_of(visit), ads.desk(visit.conn, visit.now)
    side, fiat = visit.given("side"), visit.given("fiat")
    try:
        traded, terms = asset_named(desk.assets, visit.given("asset")), _terms(visit)
        visit.once(
            lambda: ads.publish(visit.conn, merchant.id, side, traded, fiat, terms, visit.actor, desk, visit.now),
        )
    except Refusal as refusal:
        return _form(visit, None, refusal)
    return visit.back_to(OWN, "desk_ad_published")


def one(visit: Visit) -> Response:
    """One ad as it stands, to be changed."""
    return _form(visit, _own(visit), None)


def edit(visit: Visit) -> Response:
    """Change what it says; another price takes a new time."""
    offer, desk = _own(visit), ads.desk(visit.conn, visit.now)
    try:
        terms = _terms(visit)
        visit.once(lambda: ads.edit(visit.conn, offer.ad.id, terms, visit.actor, desk, visit.now))
    except Refusal as refusal:
        return _form(visit, offer, refusal)
    return visit.back_to(f"{OWN}/{offer.ad.id}", "desk_ad_changed")


def move(visit: Visit) -> Response:
    """Pause, put back, or close for good."""
    offer, desk = _own(visit), ads.desk(visit.conn, visit.now)
    moves = {"pause": ads.pause, "resume": ads.resume, "close": ads.close}
    to = visit.given("to")
    if to not in moves:
        raise NotFound("page_unknown", "An ad is paused, resumed or closed.")
    try:
        visit.once(lambda: moves[to](visit.conn, offer.ad.id, visit.actor, desk, visit.now))
    except Refusal as refusal:
        return _form(visit, ads.get(visit.conn, offer.ad.id, desk, visit.now), refusal)
    return visit.back_to(f"{OWN}/{offer.ad.id}", f"desk_ad_{to}d")


def _form(visit: Visit, offer: Offer | None, refusal: Refusal | None) -> Response:
    merchant, desk = merchant_of(visit), ads.desk(visit.conn, visit.now)
    return visit.render(
        "desk/ad.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        ad=None if offer is None else _said(visit, [offer], desk)[0],
        place=None if offer is None else _place(visit, offer, desk),
        typed=_typed(visit) if refusal is not None and visit.given("kind") else _as_stored(offer, desk),
        assets=[asset.name for asset in desk.assets.values()],
        fiats=sorted(desk.policy.p2p.currencies),
        methods=METHODS,
        numbers=desk.policy.p2p,
        may=merchant.may_trade,
    )


def _place(visit: Visit, offer: Offer, desk: Desk) -> int | None:
    """Where it stands among the ads of its side and currency that can be taken now; None = not among the first."""
    ad = offer.ad
    if ad.status is not AdStatus.ACTIVE:
        return None
    asset = desk.assets[ad.asset_id]
    book = ads.book(visit.conn, asset, ad.side, ad.fiat, desk, visit.now, limit=ads.MOST_OFFERS)
    return next((place for place, other in enumerate(book, 1) if other.ad.id == ad.id), None)


def _terms(visit: Visit) -> Terms:
    """What was typed. Raises Malformed `number_invalid`."""
    asked = Conditions(
        whole(visit, "level"),
        whole(visit, "days"),
        whole(visit, "orders"),
        whole(visit, "completion"),
        tuple(visit.given("countries").upper().replace(",", " ").split()),
    )
    floats = visit.given("kind") == "percent"
    return Terms(
        None if floats else visit.given("price").strip(),
        visit.given("percent").strip() if floats else None,
        visit.given("amount").strip(),
        visit.given("least").strip(),
        visit.given("most").strip(),
        _methods(visit),
        whole(visit, "minutes") or 0,
        asked,
        visit.given("words").replace("\r\n", "\n"),  # as browsers send lines
    )


def _methods(visit: Visit) -> list[str]:
    return [str(method) for method in visit.form.getlist("method")] if visit.form is not None else []


def _typed(visit: Visit) -> dict[str, Any]:
    return {**{name: visit.given(name) for name in _FIELDS}, "methods": _methods(visit)}


def _as_stored(offer: Offer | None, desk: Desk) -> dict[str, Any]:
    """The form before anybody typed: what the ad says, or nothing."""
    if offer is None:
        empty: dict[str, Any] = dict.fromkeys(_FIELDS, "")
        return {**empty, "side": Side.SELL, "kind": "price", "minutes": "30", "methods": ["bank"]}
    ad, asked = offer.ad, offer.conditions
    asset = desk.assets[ad.asset_id]
    return {
        "side": ad.side,
        "asset": asset.name,
        "fiat": ad.fiat,
        "kind": "price" if ad.percent is None else "percent",
        "price": say.fiat(ad.price) or "",
        "percent": "" if ad.percent is None else to_text(ad.percent, 2),
        "amount": to_text(ad.left_units, asset.decimals),
        "least": to_text(ad.min_units, asset.decimals),
        "most": to_text(ad.max_units, asset.decimals),
        "minutes": str(ad.payment_minutes),
        "level": str(asked.level or ""),
        "days": str(asked.account_days or ""),
        "orders": str(asked.orders or ""),
        "completion": str(asked.completion_percent or ""),
        "countries": " ".join(asked.countries),
        "words": ad.terms,
        "methods": ad.methods,
    }


def _said(visit: Visit, found: list[Offer], desk: Desk) -> list[Any]:
    tiers = lots.tiers(visit.conn, {offer.ad.party_id for offer in found})
    kept = desk.policy.p2p.retention
    return [
        {**say.ad(offer, desk.assets, tiers[offer.ad.party_id], kept), "any": offer.conditions.any} for offer in found
    ]


def _own(visit: Visit) -> Offer:
    """The ad, where it is theirs. Raises NotFound `ad_unknown`."""
    offer = ads.get(visit.conn, visit.id, ads.desk(visit.conn, visit.now), visit.now)
    if offer.ad.party_id != visit.party_id:
        raise NotFound("ad_unknown", f"There is no ad {visit.id}.")
    return offer


PAGES = (
    Page("/desk/ads", listed),
    Page("/desk/ads/new", new),
    Page("/desk/ads/new", publish, "POST"),
    Page("/desk/ads/{id}", one),
    Page("/desk/ads/{id}", edit, "POST"),
    Page("/desk/ads/{id}/move", move, "POST"),
)
