"""What the signer refuses, by looking only at the order, its own table and its own ledger.

It does not believe the API or the database, which cannot make an authorisation. A stolen worker can, because it holds
the key that signs them; then these limits per payment and per day are what is left, and no key is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tidegate.base.canonical import digest
from tidegate.base.signing import Cancel, Gas, Order, Pay, SignerRefused, Sweep, Terms
from tidegate.base.times import from_rfc3339
from tidegate.codec import evm_address
from tidegate.codec.evm_transaction import Transaction, transfer_data
from tidegate.signer.settings import NetworkRule

MAX_GAS = 2**24
CANCEL_GAS = 21_000
"""What moving nothing to ourselves takes."""
RAISE_PERCENT = 10
"""A replacement must be dearer by this on both prices, or nodes drop it and we would sign in vain."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account that an order spends from, and where its transaction goes."""

    address: str  # checksum spelling
    path: str  # derivation path of its key


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of an order's id: its nonce for ever, and every version that was signed."""

    network: str
    account: str
    nonce: int
    digest: str  # of the order without its terms
    versions: Sequence[Version]


@dataclass(frozen=True, slots=True)
class Version:
    kind: str  # "pay", "cancel"
    gas: int
    max_fee: int
    tip: int
    raw: bytes


def order_digest(order: Order) -> str:
    """What an id stands for: everything but the price."""
    if isinstance(order, Pay):
        return digest(["pay", order.authorisation])
    if isinstance(order, Gas):
        return digest(["gas", order.network, order.index, str(order.units)])
    if isinstance(order, Sweep):
        return digest(["sweep", order.network, order.index, order.contract, str(order.units)])
    raise TypeError("a cancellation has no digest of its own")


def check_pay(order: Pay, network: NetworkRule | None, authoriser: bytes, ours: Collection[str]) -> None:
    """The authorisation is real, and within the signer's own table. Raises SignerRefused."""
    said = order.authorisation
    try:
        Ed25519PublicKey.from_public_bytes(authoriser).verify(bytes.fromhex(order.signature), said.payload())
    except (InvalidSignature, ValueError) as fault:
        raise SignerRefused("authorisation_not_signed", f"Nobody we know authorised {said.id}.") from fault
    if network is None:
        raise SignerRefused("network_unknown", f"{said.network} is not in the signer's table.")
    if said.chain_id != network.chain_id:
        raise SignerRefused("chain_wrong", f"{said.network} has chain id {network.chain_id}, not {said.chain_id}.")
    asset = network.assets.get(said.asset)
    if asset is None:
        raise SignerRefused("asset_unknown", f"{said.asset} is not in the signer's table.")
    if asset.contract != said.contract:
        raise SignerRefused("contract_wrong", f"{said.asset} is {asset.contract}, not {said.contract}.")
    _check_address(said.address, network, ours)
    if said.memo is not None:
        raise SignerRefused("memo_not_supported", f"{said.network} carries no memo.")
    if not 0 < said.units <= asset.limit_per_payout:
        raise SignerRefused(
            "over_payout_limit", f"{said.units} units of {said.asset}; at most {asset.limit_per_payout}."
        )


def _check_address(text: str, network: NetworkRule, ours: Collection[str]) -> None:
    try:
        raw = evm_address.parse(text)
    except evm_address.BadAddress as fault:
        raise SignerRefused("address_malformed", f"{text[:60]!r}: {fault}") from fault
    if evm_address.checksum(raw) != text:
        raise SignerRefused("address_not_canonical", f"{text} must be spelt with its checksum.")
    if not any(raw[:18]):
        raise SignerRefused("address_nobody", f"{text} belongs to nobody.")
    if text in {asset.contract for asset in network.assets.values()}:
        raise SignerRefused("address_is_token_contract", f"{text} is a token; coins sent there are lost.")
    if text in ours:
        raise SignerRefused("address_is_ours", f"{text} is the wallet that pays.")


def check_first(order: Pay, spent_24h: int, network: NetworkRule, now: datetime) -> None:
    """Before a first signature: still valid, and within the day's limit. Raises SignerRefused."""
    said = order.authorisation
    try:
        until = from_rfc3339(said.not_after)
    except ValueError as fault:
        raise SignerRefused("authorisation_malformed", f"{said.id} has no last moment: {fault}.") from fault
    if until <= now:
        raise SignerRefused("authorisation_expired", f"{said.id} had to be signed before {said.not_after}.")
    limit = network.assets[said.asset].limit_24h
    if spent_24h + said.units > limit:
        raise SignerRefused(
            "over_day_limit", f"{spent_24h} units of {said.asset} in 24 hours and {said.units} pass {limit}."
        )


def check_terms(order: Order, network: NetworkRule) -> None:
    """The slot and the price are sane. Raises SignerRefused."""
    terms = order.terms
    ceiling = network.fee_ceiling
    if isinstance(order, Pay):
        ceiling = min(ceiling, order.authorisation.fee_ceiling_units)
    if not (0 <= terms.nonce < 2**63 and 21_000 <= terms.gas <= MAX_GAS and 0 <= terms.tip <= terms.max_fee):
        raise SignerRefused("terms_wrong", f"{terms} cannot be mined.")
    if terms.gas * terms.max_fee > ceiling:
        raise SignerRefused("over_fee_ceiling", f"{terms.gas * terms.max_fee} wei of fees; at most {ceiling}.")
    if isinstance(order, Gas) and not 0 < order.units <= network.gas_top_up:
        raise SignerRefused("over_gas_limit", f"{order.units} wei of gas; at most {network.gas_top_up}.")
    if isinstance(order, Sweep):
        if order.contract not in {asset.contract for asset in network.assets.values()}:
            raise SignerRefused("contract_unknown", f"{order.contract} is no asset in the signer's table.")
        if not 0 < order.units < 2**256:
            raise SignerRefused("units_wrong", f"{order.units} units cannot be moved.")
    if isinstance(order, Cancel) and terms.gas != CANCEL_GAS:
        raise SignerRefused("terms_wrong", f"A cancellation takes {CANCEL_GAS} gas, not {terms.gas}.")


def costs(order: Order, known: Known | None, network: str) -> dict[str, int]:
    """What a new version of an order takes of the day, by the ledger's name for it, in wei.

    Of the versions of one nonce one is mined, so a dearer one takes only what it may cost more. What is paid at
    last is less; a limit that counted that would have to believe a node.
    """
    before = max(v.gas * v.max_fee for v in known.versions) if known is not None else 0
    took = {f"{FEES}@{network}": max(0, order.terms.gas * order.terms.max_fee - before)}
    if isinstance(order, Gas) and known is None:
        took[f"{GAS}@{network}"] = order.units
    return took


FEES, GAS = "fees", "gas"


def check_costs(took: Mapping[str, int], used: Mapping[str, int], network: NetworkRule) -> None:
    """Fees and gas stay within the day's limits, whoever asks for them. Raises SignerRefused."""
    for what, wei in took.items():
        is_gas = what.startswith(f"{GAS}@")
        limit = network.most_gas_24h if is_gas else network.most_fees_24h
        if wei and used[what] + wei > limit:
            raise SignerRefused(
                "over_gas_day_limit" if is_gas else "over_fee_day_limit",
                f"{used[what]} wei of {'gas for deposit addresses' if is_gas else 'fees'} in 24 hours and {wei} pass "
                f"{limit}.",
            )


def same_again(order: Order, known: Known, network: str, account: str) -> Version | None:
    """The version that was signed for exactly this order at exactly this price, or None."""
    if not isinstance(order, Cancel) and order_digest(order) != known.digest:
        return None
    terms = order.terms
    if (network, account, terms.nonce) != (known.network, known.account, known.nonce):
        return None
    asked = (_kind(order), terms.gas, terms.max_fee, terms.tip)
    found = (v for v in known.versions if (v.kind, v.gas, v.max_fee, v.tip) == asked)
    return next(found, None)


def check_known(order: Order, known: Known, network: str, account: str) -> None:
    """An id that was signed before may have a dearer version, on its own nonce. Raises SignerRefused."""
    terms = order.terms
    if not isinstance(order, Cancel) and order_digest(order) != known.digest:
        raise SignerRefused("order_changed", f"{order.id} was signed with other words; an id stands for one payment.")
    # The network too: one account has the same address everywhere, and another payment has this nonce there.
    if (network, account, terms.nonce) != (known.network, known.account, known.nonce):
        raise SignerRefused(
            "nonce_changed",
            f"{order.id} has nonce {known.nonce} of {known.account} on {known.network} for ever, "
            f"not {terms.nonce} of {account} on {network[:40]}.",
        )
    if _kind(order) == "pay" and any(version.kind == "cancel" for version in known.versions):
        raise SignerRefused("cancelled", f"{order.id} was cancelled on its nonce; it is not paid any more.")
    dearest = max(known.versions, key=lambda version: version.max_fee)
    if not (_dearer(terms.max_fee, dearest.max_fee) and _dearer(terms.tip, dearest.tip)):
        raise SignerRefused(
            "not_dearer",
            f"A replacement of {order.id} must be {RAISE_PERCENT} % dearer than {dearest.max_fee}/{dearest.tip}.",
        )


def _kind(order: Order) -> str:
    return "cancel" if isinstance(order, Cancel) else "pay"


def _dearer(new: int, old: int) -> bool:
    return new * 100 >= old * (100 + RAISE_PERCENT) and new > old


def transaction(order: Order, network: NetworkRule, own: str, deposit: str | None, hot: str) -> Transaction:
    """The transaction that an order means, built here and not taken from anybody.

    `own` spends; `deposit` is the address that a Gas order serves; `hot` is the wallet that pays.
    """
    terms = order.terms
    if isinstance(order, Cancel):
        return _build(network, terms, own, 0, b"")
    if isinstance(order, Pay):
        return _move(
            network, terms, order.authorisation.contract, order.authorisation.address, order.authorisation.units
        )
    if isinstance(order, Gas):
        assert deposit is not None  # derived by the caller from the order's own index
        return _build(network, terms, deposit, order.units, b"")
    return _move(network, terms, order.contract, hot, order.units)


def _move(network: NetworkRule, terms: Terms, contract: str | None, receiver: str, units: int) -> Transaction:
    if contract is None:
        return _build(network, terms, receiver, units, b"")
    return _build(network, terms, contract, 0, transfer_data(evm_address.parse(receiver), units))


def _build(network: NetworkRule, terms: Terms, to: str, value: int, data: bytes) -> Transaction:
    return Transaction(
        network.chain_id, terms.nonce, terms.tip, terms.max_fee, terms.gas, evm_address.parse(to), value, data
    )
