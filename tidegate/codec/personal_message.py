"""Who signed a text: EIP-191 personal messages, the only signature that every EVM wallet makes of words.

The prefix makes the hash of a text unlike the hash of any transaction, so that nobody signs a payment by proving an
address.
"""

from __future__ import annotations

import re

from coincurve import PublicKey

from tidegate.codec.evm_address import checksum, keccak256

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Of the curve secp256k1."""

_SIGNATURE = re.compile(r"0x([0-9a-fA-F]{130})")
_HEX = re.compile(r"0x([0-9a-fA-F]{2})*")


class BadSignature(Exception):
    """It is not such a signature; `code` is stable, the message says what was seen and what would be right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def message_hash(text: str) -> bytes:
    """What a wallet signs when it is asked to sign this text."""
    raw = text.encode()
    return keccak256(b"\x19Ethereum Signed Message:\n" + str(len(raw)).encode() + raw)


def signer_of(text: str, signature: str) -> str:
    """The address whose key signed the text, with its checksum.

    Any 65 bytes recover to some address, so the caller compares. Raises BadSignature: `signature_malformed`,
    `signature_kind_unsupported` (of contract wallets), `signature_not_canonical` (its high twin: a second spelling of
    one signature would be a second proof).
    """
    match = _SIGNATURE.fullmatch(signature)
    if match is None:
        if _HEX.fullmatch(signature) and len(signature) > 132:
            raise BadSignature(
                "signature_kind_unsupported",
                f"The signature has {len(signature) // 2 - 1} bytes. Signatures of contract wallets (EIP-1271, "
                "EIP-6492) are not supported: only the contract can say whether they are good. Sign with the key of "
                "the address itself, or ask support for a review by a person.",
            )
        raise BadSignature(
            "signature_malformed", "The signature is not 0x and 130 hexadecimal digits: r, s and v of personal_sign."
        )
    raw = bytes.fromhex(match[1])
    r, s, v = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"), raw[64]
    parity = {0: 0, 1: 1, 27: 0, 28: 1}.get(v)  # some hardware wallets leave out the 27
    if parity is None:
        raise BadSignature("signature_malformed", f"v is {v}; personal_sign gives 27 or 28.")
    if not (0 < r < ORDER and 0 < s < ORDER):
        raise BadSignature("signature_malformed", "r and s must lie between 0 and the order of secp256k1.")
    if s > ORDER // 2:
        raise BadSignature("signature_not_canonical", "s is in the upper half of its range; wallets give the lower.")
    try:
        key = PublicKey.from_signature_and_message(raw[:64] + bytes([parity]), message_hash(text), hasher=None)
    except Exception as fault:  # coincurve raises bare Exception where no point of the curve has this r
        raise BadSignature("signature_malformed", "No key can have made this signature.") from fault
    return checksum(keccak256(key.format(compressed=False)[1:])[12:])
