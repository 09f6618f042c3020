"""What every page of the desk shares: whose desk it is, what people typed."""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.base.money import Asset
from tidegate.base.refusals import Malformed, NotFound
from tidegate.console.portal.visit import Visit
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.merchants.merchant import Merchant

HOME = "/portal/desk"


def merchant_of(visit: Visit) -> Merchant:
    """The merchant who is signed in. Raises NotFound `merchant_none`."""
    found = merchants.of_party(visit.conn, visit.party_id)
    if found is None:
        raise NotFound("merchant_none", "You are no merchant yet; apply at the desk first.")
    return found


def whole(visit: Visit, field: str) -> int | None:
    """A whole number that was typed; None = the field is empty. Raises Malformed `number_invalid`."""
    text = visit.given(field).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Malformed("number_invalid", f"{text[:20]!r} is no whole number.", field=field)
    return int(text)


def asset_named(assets: Mapping[int, Asset], name: str) -> Asset:
    """The asset of a form, "USDT@evm-local". Raises Malformed `asset_unknown`."""
    for asset in assets.values():
        if asset.name == name:
            return asset
    raise Malformed("asset_unknown", f"{name[:60]!r} is not an asset here.", field="asset")
