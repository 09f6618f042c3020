"""How answers speak of prices told and regimes shown."""

from __future__ import annotations

from tidegate.api.say import Said, at
from tidegate.base.money import Asset
from tidegate.notifications import templates
from tidegate.policy.market.params import Level
from tidegate.policy.market.regime import Regime


def regime(asset: Asset, r: Regime) -> Said:
    review = at(r.review_at)
    return {
        "asset": asset.symbol,
        "network": asset.network,
        "regime": r.name,
        "multiplier_percent": r.multiplier_percent,
        "reason": r.reason,
        "since": at(r.since),
        "as_of": at(r.as_of),
        "sources": r.sources,
        "review_at": review,
        "notice": None if r.level is Level.CALM else templates.market(r.name, asset.symbol, review).both(),
    }
