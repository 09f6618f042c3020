"""How answers speak of ads."""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.api.say import Said, at
from tidegate.base.money import Asset, to_text
from tidegate.base.times import rfc3339
from tidegate.p2p.ads.ad import Side
from tidegate.p2p.ads.flow import Offer
from tidegate.p2p.orders.flow import Quote
from tidegate.p2p.price import FIAT_DECIMALS
from tidegate.policy.p2p_numbers import Retention


def fiat(price: int | None) -> str | None:
    return None if price is None else to_text(price, FIAT_DECIMALS)


def ad(offer: Offer, assets: Mapping[int, Asset], tier: str, retention: Retention) -> Said:
    one = offer.ad
    asset = assets[one.asset_id]
    most = max(retention.hours(tier, method, first=True) for method in one.methods)
    return {
        "id": one.id,
        "merchant": one.merchant_id,
        "side": one.side,
        "asset": asset.symbol,
        "network": asset.network,
        "fiat": one.fiat,
        "price": fiat(offer.price),
        "percent": None if one.percent is None else to_text(one.percent, 2),
        "amount": to_text(one.left_units, asset.decimals),
        "min_amount": to_text(one.min_units, asset.decimals),
        "max_amount": to_text(one.max_units, asset.decimals),
        "methods": one.methods,
        "payment_minutes": one.payment_minutes,
        "conditions": offer.conditions.body(),
        "unrestricted": offer.unrestricted,
        "terms": one.terms,
        "status": one.status,
        "reason": one.reason,
        "retention_hours": most if one.side is Side.SELL else None,
        "published_at": rfc3339(one.published_at),
        "priced_at": rfc3339(one.priced_at),
        "ended_at": at(one.ended_at),
    }


def quote(q: Quote) -> Said:
    return {
        "ad": q.ad.id,
        "price": fiat(q.price),
        "fiat_amount": fiat(q.fiat_amount),
        "retention_hours": q.retention_hours,
        "conditions_unmet": list(q.unmet),
    }
