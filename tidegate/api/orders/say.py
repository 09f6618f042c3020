"""How answers speak of orders and of lots."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tidegate.api.ads.say import fiat
from tidegate.api.say import Said, at
from tidegate.base.money import Asset, to_text
from tidegate.base.times import rfc3339
from tidegate.p2p.lots.lot import Lot, Retained
from tidegate.p2p.orders.flow import Payee
from tidegate.p2p.orders.order import Order


def order(o: Order, assets: Mapping[int, Asset]) -> Said:
    asset = assets[o.asset_id]
    return {
        "id": o.id,
        "ad": o.ad_id,
        "merchant": o.merchant_id,
        "taker": o.taker_id,
        "side": o.side,
        "asset": asset.symbol,
        "network": asset.network,
        "amount": to_text(o.units, asset.decimals),
        "fiat": o.fiat,
        "fiat_amount": fiat(o.fiat_amount),
        "price": fiat(o.price),
        "method": o.method,
        "payer": o.payer,
        "seller": o.seller,
        "conditions": o.conditions_version,
        "payer_similarity": o.payer_similarity,
        "retention_hours": o.retention_hours,
        "status": o.status,
        "created_at": rfc3339(o.created_at),
        "expires_at": rfc3339(o.expires_at),
        "paid_at": at(o.paid_at),
        "released_at": at(o.released_at),
        "ended_at": at(o.ended_at),
        "cancelled_by": o.cancelled_by,
        "dispute": None
        if o.dispute_reason is None
        else {
            "reason": o.dispute_reason,
            "by": o.dispute_by,
            "lost_by": o.dispute_lost_by,
            "people": o.resolved_level,
        },
    }


def payee(found: Payee) -> Said:
    return {"institution": found.institution, "number": found.number, "holder_name": found.holder_name}


def lot(one: Lot, assets: Mapping[int, Asset]) -> Said:
    asset = assets[one.asset_id]
    return {
        "id": one.id,
        "order": one.order_id,
        "asset": asset.symbol,
        "network": asset.network,
        "amount": to_text(one.units, asset.decimals),
        "left": to_text(one.left_units, asset.decimals),
        "bought_at": rfc3339(one.bought_at),
        "matures_at": rfc3339(one.matures_at),
        "status": one.status,
    }


def withdrawable(retained: Retained, assets: Mapping[int, Asset], now: datetime) -> list[Said]:
    return [
        {
            "asset": assets[asset_id].symbol,
            "network": assets[asset_id].network,
            "amount": to_text(retained.free_units(asset_id, now), assets[asset_id].decimals),
        }
        for asset_id in sorted(retained.covers)
    ]
