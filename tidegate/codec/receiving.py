"""An extended public key as a wallet exports it for one account, and the addresses at which that wallet receives.

The first bytes of the text say what kind of address the wallet makes (SLIP-132): xpub and tpub one by its key's
hash (BIP-44), zpub and vpub a witness address (BIP-84). An EVM wallet has xpub only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from Crypto.Hash import RIPEMD160

from tidegate.codec import base58, bech32, bip32
from tidegate.codec.bech32 import Witness
from tidegate.codec.bip32 import BadKey
from tidegate.codec.bitcoin_address import NETWORKS, Kind
from tidegate.codec.spelling import BadAddress

_ACCOUNT_DEPTH = 3  # m / purpose' / coin' / account': what wallets export
_XPUB = bytes.fromhex("0488b21e")
_MAIN = {_XPUB: Kind.P2PKH, bytes.fromhex("04b24746"): Kind.P2WPKH}
_TEST = {bytes.fromhex("043587cf"): Kind.P2PKH, bytes.fromhex("045f1cf6"): Kind.P2WPKH}
_PRIVATE = {bytes.fromhex(v) for v in ("0488ade4", "04b2430c", "04358394", "045f18bc", "049d7878", "044a4e28")}


class PrivateKeyGiven(BadKey):
    """Somebody sent the private half: whoever has seen it can take the coins."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account's extended public key, read for one family of networks."""

    xpub: str  # in the one spelling that `bip32` reads
    family: str  # "evm", or a key of `bitcoin_address.NETWORKS`
    kind: Kind | None  # None = an EVM account

    def address(self, index: int) -> str:
        """The receiving address number `index` (the external chain: 0/index), in canonical spelling."""
        if self.kind is None:
            return bip32.deposit_address(self.xpub, index)
        program = RIPEMD160.new(hashlib.sha256(bip32.public_child(self.xpub, 0, index)).digest()).digest()
        prefixes = NETWORKS[self.family]
        if self.kind is Kind.P2WPKH:
            return bech32.encode_witness(Witness(prefixes.witness, 0, program))
        return base58.encode(bytes([prefixes.key]) + program)


def read(text: str, family: str) -> Account:
    """The account that the text names. Raises BadKey with what is wrong, never with the text itself.

    Raises PrivateKeyGiven for a private key.
    """
    try:
        raw = base58.decode(text, 78)
    except BadAddress as fault:
        raise BadKey("not an extended public key; copy it again, whole and without spaces") from fault
    if raw[:4] in _PRIVATE:
        raise PrivateKeyGiven("this is a private key: never give it to anybody; move its coins to a new wallet")
    kinds = {_XPUB: None} if family == "evm" else _kinds(family)
    if raw[:4] not in kinds:
        raise BadKey(f"not an extended public key of {family}; export the account's key for that network")
    if raw[4] != _ACCOUNT_DEPTH:
        raise BadKey(f"its depth is {raw[4]}; export the account's key (depth {_ACCOUNT_DEPTH})")
    account = Account(base58.encode(_XPUB + raw[4:]), family, kinds[raw[:4]])
    account.address(0)
    return account


def _kinds(family: str) -> dict[bytes, Kind | None]:
    if family not in NETWORKS:
        raise BadKey(f"addresses of {family} are not made from an extended public key")
    return dict(_MAIN if family == "bitcoin" else _TEST)
