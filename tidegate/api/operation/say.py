"""How answers speak of status, assets and metrics: what everybody may know."""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.api.say import Said
from tidegate.base.money import Asset


def assets_by_id(assets: Mapping[int, Asset]) -> list[Said]:
    return [
        {"asset": a.symbol, "network": a.network, "decimals": a.decimals, "contract": a.contract}
        for a in assets.values()
    ]
