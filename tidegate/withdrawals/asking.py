"""Reading a request: is it something that could ever be paid? Refuses what can never be right; decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tidegate.base.money import MAX_UNITS, Asset, BadAmount, to_text, to_units
from tidegate.base.refusals import Malformed
from tidegate.policy.pack import Policy
from tidegate.policy.pricing import value_micro_usd
from tidegate.screening import address as addresses
from tidegate.screening import travel_rule
from tidegate.screening.travel_rule import Statement

NOTHING_STATED = Statement()
LONGEST_DESCRIPTION = 500


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as it came in. `scope` and `key` are its idempotency key (None = every call is a new request);
    `request` is the hash of its route and body. Exactly one of address and address_id is given."""

    party_id: str
    actor: str
    asset: str
    network: str
    amount: str
    address: str | None = None
    address_id: str | None = None
    memo: str | None = None
    fee_ceiling: str | None = None
    scope: str = "platform"
    key: str | None = None
    request: str = ""
    description: str | None = None  # what the transfer is for
    stated: Mapping[str, Any] | None = None  # who receives and where, as `travel_rule.read` takes it
    alone: bool = False  # only a decision: the platform keeps the funds, the fee and the payment to itself


@dataclass(frozen=True, slots=True)
class Asked:
    """The request understood: amounts in units, the address in its canonical spelling (None = by address_id)."""

    asset: Asset
    units: int
    fee_units: int
    fee_ceiling_units: int | None
    value: int  # micro-USD
    address: str | None
    address_id: str | None
    memo: str
    description: str = ""
    stated: Statement = NOTHING_STATED


def read(ask: Ask, assets: dict[tuple[str, str], Asset], ours: Collection[str], policy: Policy) -> Asked:
    """The request as whole units and a canonical address. `ours` are addresses of ours that must not be paid.

    Raises Malformed with a stable code and the field; Policy's own refusals for a missing price or fee.
    """
    asset = assets.get((ask.asset, ask.network))
    if asset is None:
        known = ", ".join(sorted(item.name for item in assets.values())) or "none yet"
        raise Malformed(
            "asset_unknown", f"{ask.asset}@{ask.network} is not an asset here; known: {known}.", field="asset"
        )
    units = _units(ask.amount, asset, "amount")
    fee = 0 if ask.alone else policy.fee_units(asset)
    ceiling = None if ask.fee_ceiling is None else _units(ask.fee_ceiling, asset, "fee_ceiling")
    if units == 0:
        raise Malformed("amount_zero", "amount is 0; ask for more than the fee.", field="amount")
    if units <= fee:
        raise Malformed(
            "amount_not_above_fee",
            f"amount {ask.amount} leaves nothing after the fee of {to_text(fee, asset.decimals)} {asset.symbol}.",
            field="amount",
        )
    if ceiling is not None and fee > ceiling:
        raise Malformed(
            "fee_above_ceiling",
            f"the fee is {to_text(fee, asset.decimals)} {asset.symbol}, above your ceiling of {ask.fee_ceiling}.",
            field="fee_ceiling",
        )
    if (ask.address is None) == (ask.address_id is None):
        raise Malformed(
            "address_missing", "give either address or address_id, not both and not neither.", field="address"
        )
    value = value_micro_usd(units, asset.decimals, policy.price(asset.name))
    if value > MAX_UNITS:  # an amount that a row holds may be worth more than one does
        raise Malformed("amount_too_large", f"{ask.amount[:40]!r} is worth more than any row can hold.", field="amount")
    memo = ask.memo or ""
    address = None if ask.address is None else destination(ask.network, ask.address, memo, assets, ours)
    return Asked(
        asset,
        units,
        fee,
        ceiling,
        value,
        address,
        ask.address_id,
        memo,
        _description(ask.description),
        NOTHING_STATED if ask.stated is None else travel_rule.read(ask.stated),
    )


def _description(text: str | None) -> str:
    if text is not None and not (text.isprintable() and text.strip() and len(text) <= LONGEST_DESCRIPTION):
        raise Malformed(
            "description_invalid",
            f"description is {text[:60]!r}; say in 1 to {LONGEST_DESCRIPTION} letters of one line what it is for.",
            field="description",
        )
    return text or ""


def destination(network: str, text: str, memo: str, assets: dict[tuple[str, str], Asset], ours: Collection[str]) -> str:
    """The canonical spelling of an address that may be paid (section 4, address). Raises Malformed."""
    judged = addresses.judge(network, text)
    if not judged.payable or judged.normalised is None:
        code = judged.reason or "address_malformed"
        raise Malformed(code, f"{text[:100]!r} {_WRONG[code].format(network=network)}", field="address")
    if any(asset.contract == judged.normalised for asset in assets.values() if asset.network == network):
        raise Malformed(
            "address_is_token_contract",
            f"{judged.normalised} is the contract of a token; coins sent there are lost. Give the receiver's address.",
            field="address",
        )
    if judged.normalised in ours:
        raise Malformed(
            "address_is_ours",
            f"{judged.normalised} is a wallet of this platform; nothing can be paid out to it.",
            field="address",
        )
    refused = addresses.judge_memo(network, memo or None)
    if refused is not None:
        raise Malformed(refused, f"{network} carries no memo; leave it out.", field="memo")
    return judged.normalised


_WRONG = {
    "address_empty": "is empty; give the receiver's address on {network}.",
    "address_malformed": "is not an address of {network}; copy it again, whole and without spaces.",
    "address_bad_checksum": "has a wrong checksum: a character was changed. Copy it again from the receiver.",
    "address_wrong_network": "is an address of another network, not of {network}; coins sent there would be lost.",
    "address_zero": "is the zero address, which nobody owns; give the receiver's address.",
    "address_precompile": "is reserved by the network and belongs to nobody; give the receiver's address.",
    "address_burn": "is a burn address: what is sent there is gone. Give the receiver's address.",
    "address_witness_unknown": "is of a kind that no wallet can spend from today; ask the receiver for another one.",
    "address_unspendable": "is well written, but nobody can have its key; ask the receiver for another one.",
}
"""What is wrong with an address, by its code, and what would be right."""


def _units(text: str, asset: Asset, field: str) -> int:
    try:
        return to_units(text, asset.decimals)
    except BadAmount as bad:
        raise Malformed(bad.code, str(bad), field=field) from bad
