"""How answers speak of deposits and the addresses at which they arrive."""

from __future__ import annotations

from tidegate.api.say import Said, at
from tidegate.base.money import Asset, to_text
from tidegate.base.times import rfc3339
from tidegate.custody.flow import DepositRow


def deposit(d: DepositRow, asset: Asset) -> Said:
    return {
        "id": d.id,
        "customer": d.party_id,
        "asset": asset.symbol,
        "network": d.network,
        "tx": d.tx,
        "sender": d.sender,
        "claimed": to_text(d.claimed, asset.decimals),
        "credited": to_text(d.credited, asset.decimals),
        "status": d.status,
        "reason": d.reason,
        "seen_at": rfc3339(d.seen_at),
        "decided_at": at(d.decided_at),
    }
