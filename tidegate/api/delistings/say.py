"""How answers speak of assets that the desk lets go."""

from __future__ import annotations

from tidegate.api.say import Said
from tidegate.base.money import Asset
from tidegate.base.times import rfc3339
from tidegate.p2p.delisting.store import Delisting


def delisting(d: Delisting, asset: Asset) -> Said:
    return {
        "asset": asset.symbol,
        "network": asset.network,
        "last_day": d.last_day.isoformat(),
        "reason": d.reason,
        "ordered_by": d.ordered_by,
        "ordered_at": rfc3339(d.ordered_at),
    }
