"""Is this text an address of that network, and would coins paid there still belong to somebody?"""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.base.refusals import Malformed
from tidegate.codec import bitcoin_address, evm_address, tron_address
from tidegate.codec.bitcoin_address import Kind
from tidegate.codec.spelling import BadAddress, shown

KNOWN_NETWORKS = {
    "evm-local": "evm",
    "ethereum": "evm",
    "bsc": "evm",
    "polygon": "evm",
    "arbitrum": "evm",
    "optimism": "evm",
    "base": "evm",
    "avalanche": "evm",
    "bitcoin": "bitcoin",
    "bitcoin-testnet": "bitcoin-testnet",
    "bitcoin-regtest": "bitcoin-regtest",
    "tron": "tron",
}
"""Each network and its family: one address means the same owner on every network of a family."""

_FAMILIES = tuple(dict.fromkeys(KNOWN_NETWORKS.values()))

_LAST_RESERVED = 0x1FF
"""EVM chains keep their built-in contracts at 1 to 0x1ff; Tron took that over."""

_BURNS = frozenset(
    bytes.fromhex(digits)
    for digits in (
        "000000000000000000000000000000000000dead",
        "dead000000000000000042069420694206942069",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",  # stands for the native coin in many contracts
        "ffffffffffffffffffffffffffffffffffffffff",
        "77944d19c052b73ee2286823aa83f8138cb7032f",  # Tron's black hole
    )
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What an address turned out to be.

    `valid` without `payable`: well-formed Bitcoin, but no rule or no key could keep the coins for the receiver.
    Only what is `payable` may be paid.
    """

    valid: bool
    kind: str | None  # account, p2pkh, p2sh, p2wpkh, p2wsh, p2tr, witness_unknown, tron; None = cannot be read
    normalised: str | None  # canonical spelling; None = cannot be read
    reason: str | None  # why it is not payable; None = it is
    payable: bool


class UnknownNetwork(Malformed):
    """A network that nobody here can read addresses of (422)."""

    def __init__(self, network: str) -> None:
        known = ", ".join(KNOWN_NETWORKS)
        super().__init__(
            "network_unknown", f"{shown(network)} is not a network we know; it is one of {known}.", field="network"
        )


def family(network: str) -> str:
    """The family whose addresses the network uses; a family is its own. Raises UnknownNetwork."""
    found = KNOWN_NETWORKS.get(network) or (network if network in _FAMILIES else None)
    if found is None:
        raise UnknownNetwork(network)
    return found


def judge(network: str, text: str) -> Judged:
    """The network's reading of an address (section 4, address). Raises UnknownNetwork, and nothing for any text."""
    own = family(network)
    try:
        return _read(own, text)
    except BadAddress as bad:
        elsewhere = any(_can_read(other, text) for other in _FAMILIES)
        return Judged(False, None, None, "address_wrong_network" if elsewhere else bad.code, False)


def judge_memo(network: str, memo: str | None) -> str | None:
    """Why this memo cannot be sent along: `memo_not_supported`, or None. Raises UnknownNetwork.

    A memo given by mistake means that the receiver expects it to arrive, so it is refused, not dropped.
    """
    family(network)
    return "memo_not_supported" if memo else None


def list_key(network: str, text: str) -> str | None:
    """How lists spell this address, None when it cannot be read. Raises UnknownNetwork.

    Small letters for an EVM address, the canonical spelling for all others. Burnt and unspendable addresses have
    a key too: a list may name them.
    """
    own = family(network)
    try:
        # Of an EVM address the key needs no second checksum: half the time of a look-up goes there.
        return "0x" + evm_address.parse(text).hex() if own == "evm" else _read(own, text).normalised
    except BadAddress:
        return None


def _can_read(family: str, text: str) -> bool:
    try:
        _read(family, text)
    except BadAddress:
        return False
    return True


def _read(family: str, text: str) -> Judged:
    """The address as the family reads it. Raises BadAddress."""
    if family == "evm":
        raw = evm_address.parse(text)
        return _account("account", evm_address.checksum(raw), raw)
    if family == "tron":
        raw = tron_address.parse(text)
        return _account("tron", tron_address.text_of(raw), raw)
    address = bitcoin_address.parse(text, family)
    reason = None
    if address.kind is Kind.WITNESS_UNKNOWN:
        reason = "address_witness_unknown"
    elif not any(address.program):
        reason = "address_zero"
    elif address.kind is Kind.P2TR and not bitcoin_address.is_point(address.program):
        reason = "address_unspendable"
    return Judged(reason != "address_zero", address.kind.value, address.text, reason, reason is None)


def _account(kind: str, spelling: str, raw: bytes) -> Judged:
    """An address of 20 bytes, which anything that runs the EVM may also reserve or burn."""
    number = int.from_bytes(raw, "big")
    reason = None
    if number == 0:
        reason = "address_zero"
    elif number <= _LAST_RESERVED:
        reason = "address_precompile"
    elif raw in _BURNS:
        reason = "address_burn"
    return Judged(reason is None, kind, spelling, reason, reason is None)
