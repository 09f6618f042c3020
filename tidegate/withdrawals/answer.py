"""A withdrawal as the API, the webhooks and the console say it. Amounts are decimal strings in coins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidegate.base.findings import Finding, Outcome
from tidegate.base.money import Asset, to_text
from tidegate.base.times import rfc3339
from tidegate.notifications import templates
from tidegate.withdrawals.letter import Known, letter
from tidegate.withdrawals.withdrawal import Withdrawal


def findings(found: Sequence[Finding]) -> list[dict[str, str]]:
    """Findings in the customer's words; their numbers are for `GET /v1/decisions/{id}`."""
    return [
        {
            "code": item.code,
            "outcome": item.outcome.value,
            "message": templates.finding(item.code).en,
            "message_zh": templates.finding(item.code).zh,
        }
        for item in found
    ]


def as_json(
    withdrawal: Withdrawal, asset: Asset, outcome: Outcome, found: Sequence[Finding], known: Known
) -> dict[str, Any]:
    """The body of `POST /v1/withdrawals` and the core of `GET /v1/withdrawals/{id}`."""
    said = letter(withdrawal, found, known)
    return {
        "id": withdrawal.id,
        "customer": withdrawal.party_id,
        "status": withdrawal.status.value,
        "waiting_for": withdrawal.waiting_for,
        "required_factor": withdrawal.required_factor,
        "asset": asset.symbol,
        "network": asset.network,
        "address": withdrawal.address,
        "memo": withdrawal.memo or None,
        "description": withdrawal.description or None,
        "amount": to_text(withdrawal.units, asset.decimals),
        "fee": to_text(withdrawal.fee_units, asset.decimals),
        "net_amount": to_text(withdrawal.net_units, asset.decimals),
        "decision": {
            "id": withdrawal.decision_id,
            "outcome": outcome.value,
            "findings": findings(found),
        },
        "hold": None
        if said is None
        else {
            "reasons": said.reasons,
            "ends_at": said.ends_at,
            "next_step": said.next_step,
            "appeal": said.appeal,
        },
        "tx": withdrawal.tx,
        "created_at": rfc3339(withdrawal.created_at),
        "changed_at": rfc3339(withdrawal.changed_at),
    }
