"""What an outside vendor is told: the facts of a decision that it needs, and nothing of limits, funds or people."""

from __future__ import annotations

from typing import Any

from tidegate.base.canonical import readable
from tidegate.base.money import to_text
from tidegate.base.times import rfc3339
from tidegate.withdrawals.facts import Facts

VALUE_DECIMALS = 6
"""Values are micro-USD."""


def question(id: str, check: str, withdrawal_id: str, f: Facts) -> str:
    """The question as it is sent, to the byte: asked again it is the same."""
    asset, network = f.asset.split("@")
    said: dict[str, Any] = {
        "id": id,
        "check": check,
        "withdrawal": {
            "id": withdrawal_id,
            "customer": f.party_id,
            "customer_since": None if f.party_since is None else rfc3339(f.party_since),
            "country": f.country,
            "level": f.level,
            "asset": asset,
            "network": network,
            "address": f.address,
            "memo": f.memo or None,
            "units": str(f.units),
            "value_usd": to_text(f.value, VALUE_DECIMALS),
            "ownership": f.ownership,
            "address_saved_at": rfc3339(f.address_saved_at),
            "address_paid_before": f.address_paid_at is not None,
            "requested_at": rfc3339(f.requested_at),
        },
    }
    return readable(said)
