"""How answers speak of the travel rule."""

from __future__ import annotations

import json

from tidegate.api.say import Said, at
from tidegate.base.money import Asset, to_text
from tidegate.base.times import rfc3339
from tidegate.screening.inbox.message import Message


def message(m: Message, asset: Asset) -> Said:
    return {
        "id": m.id,
        "counterparty": m.vasp_id,
        "message": m.message_id,
        "customer": m.party_id,
        "asset": asset.symbol,
        "network": m.network,
        "address": m.address,
        "amount": to_text(m.units, asset.decimals),
        "status": m.status,
        "reason": m.reason,
        "why": m.why,
        "deposit": m.deposit_id,
        "received_at": rfc3339(m.received_at),
        "ended_at": at(m.ended_at),
    }


def whole(m: Message, asset: Asset) -> Said:
    return {**message(m, asset), "ivms101": json.loads(m.body)["ivms101"]}
