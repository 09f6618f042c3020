"""A counterparty's message: read strictly, compared with whose address it is, answered by rule where that is plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tidegate.base.money import Asset, BadAmount, to_units
from tidegate.base.refusals import Malformed
from tidegate.policy.screening_numbers import ScreeningNumbers
from tidegate.screening import address as addresses
from tidegate.screening import ivms101, names
from tidegate.screening.ivms101 import Payload

LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message understood."""

    message_id: str
    asset: Asset
    address: str  # canonical spelling
    units: int
    payload: Payload


@dataclass(frozen=True, slots=True)
class Message:
    """A message as stored."""

    id: str  # "tri_…"
    vasp_id: str
    message_id: str
    body_hash: str
    body: str
    received_at: datetime
    asset_id: int
    network: str
    address: str
    units: int
    party_id: str | None
    status: str  # "pending", "accepted", "rejected"
    reason: str  # as the counterparty reads it
    why: str  # for our own people
    ended_at: datetime | None
    deposit_id: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a rule says of a message: `reason` is told to the counterparty, `why` to our own people."""

    status: str
    reason: str
    why: str


def read(said: Mapping[str, Any], assets: Mapping[tuple[str, str], Asset]) -> Incoming:
    """A message from its JSON: {id, asset, network, address, memo, amount, ivms101}, the shape that we send ourselves.

    Raises Malformed: `asset_unknown`, `address_…`, the codes of amounts, `ivms101_invalid`, `account_differs`.
    """
    asset = assets.get((said["asset"], said["network"]))
    if asset is None:
        raise Malformed("asset_unknown", f"{said['asset']}@{said['network']} is not an asset here.", field="asset")
    judged = addresses.judge(asset.network, said["address"])
    if judged.normalised is None:
        code = judged.reason or "address_malformed"
        raise Malformed(code, f"{said['address'][:100]!r} is no address of {asset.network}.", field="address")
    try:
        units = to_units(said["amount"], asset.decimals)
    except BadAmount as bad:
        raise Malformed(bad.code, str(bad), field="amount") from bad
    if units == 0:
        raise Malformed("amount_zero", "amount is 0; there is nothing to tell of.", field="amount")
    payload = ivms101.read(said["ivms101"])
    named = {addresses.judge(asset.network, account).normalised for account in payload.beneficiary_accounts}
    if judged.normalised not in named:
        raise Malformed(
            "account_differs",
            f"The receiver's accounts in ivms101 do not name {judged.normalised}, which is the address of the message.",
            field="ivms101.beneficiary.accountNumber",
        )
    return Incoming(said["id"], asset, judged.normalised, units, payload)


def judge(incoming: Incoming, owner: str | None, numbers: ScreeningNumbers | None) -> Judged:
    """Section 4, travel rule: the receiver they name is the customer whose address it is, or a person looks.

    `owner`: the name of that customer; None = the address is nobody's here. A rule never refuses a name: people
    marry, and spell their names in many ways.
    """
    if owner is None:
        return Judged("rejected", "The address is not one of ours.", "The address is not one of ours.")
    if numbers is None:
        return Judged("pending", "", "The policy does not say from which score on two names are one.")
    told = [" ".join(part for part in (n.secondary, n.primary) if part) for n in _names(incoming.payload)]
    score, best = max(((names.alike(name, owner), name) for name in told), default=(Decimal(0), ""))
    words = f"They name {best!r}, which is like our customer's name by {score}; {numbers.name_hit} is enough."
    return Judged("accepted" if score >= numbers.name_hit else "pending", "", words)


def _names(payload: Payload) -> list[ivms101.Name]:
    return [n for p in payload.beneficiaries for n in (*p.names, *p.local_names, *p.phonetic_names)]
