"""Reading what a call says about money: which asset, how much of it."""

from __future__ import annotations

from tidegate.base.money import Asset, BadAmount, to_units
from tidegate.base.refusals import Malformed
from tidegate.withdrawals.flow import Setting


def asset(setting: Setting, symbol: str, network: str, field: str = "asset") -> Asset:
    """The asset of that name. Raises Malformed `asset_unknown`."""
    found = setting.by_name.get((symbol, network))
    if found is None:
        raise Malformed("asset_unknown", f"{symbol}@{network} is not an asset here.", field=field)
    return found


def units(amount: str, of: Asset, field: str = "amount") -> int:
    """The amount in whole units. Raises Malformed with the code of `BadAmount`."""
    try:
        return to_units(amount, of.decimals)
    except BadAmount as bad:
        raise Malformed(bad.code, str(bad), field=field) from bad
