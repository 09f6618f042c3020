"""Proof that a self-hosted address is the customer's own: a text that only its key can sign (section 4).

The text says who asks, who answers, for which address and until when, in words that a person reads before signing, so
that a signature obtained by deceit elsewhere proves nothing here. What a customer merely declares is never a proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.refusals import Conflict, Malformed
from tidegate.base.times import rfc3339
from tidegate.codec.personal_message import BadSignature, signer_of
from tidegate.screening import address as addresses

METHOD = "eip191"
VALID = timedelta(minutes=30)
"""How long a text may be signed: long enough to fetch a hardware wallet, too short to be traded."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A text that was handed out."""

    id: str  # "och_…"
    address_id: str
    party_id: str
    nonce: str
    message: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Proof:
    """An address whose key signed its text."""

    challenge_id: str
    address_id: str
    party_id: str
    method: str
    signature: str
    proved_at: datetime


def check_provable(network: str, ownership: str) -> None:
    """Raises Conflict: `ownership_not_self_hosted` (a provider keeps the key), `ownership_network_unsupported`."""
    if ownership == "vasp":
        raise Conflict(
            "ownership_not_self_hosted",
            "This address is kept by a provider, as you said; its key is not yours to sign with. "
            "Save it as self_hosted if that was wrong.",
        )
    if addresses.family(network) != "evm":
        raise Conflict(
            "ownership_network_unsupported",
            f"Proof by signed message is supported on EVM networks, not on {network}.",
        )


def message(platform: str, party_id: str, network: str, address: str, nonce: str, expires_at: datetime) -> str:
    """The text to sign, in English and Chinese."""
    return "\n".join(
        (
            f"{platform} asks you to prove that you control the address below.",
            f"{platform} 请您证明您控制以下地址。",
            "",
            "Sign only if you are asking this platform for a withdrawal yourself. Signing moves no coins and costs "
            "nothing.",
            "仅当您本人正在本平台申请提币时才签名。签名不会转移任何资产，也不产生费用。",
            "",
            f"Platform / 平台: {platform}",
            f"Customer / 客户: {party_id}",
            f"Network / 网络: {network}",
            f"Address / 地址: {address}",
            f"Valid until / 有效期至: {rfc3339(expires_at)}",
            f"Nonce / 随机数: {nonce}",
        )
    )


def check(challenge: Challenge, address: str, signature: str, now: datetime) -> None:
    """The key of the address signed the challenge in time, and it has proved nothing before.

    Raises Conflict `challenge_used`, `challenge_expired`; Malformed as `personal_message.signer_of` says, and
    `signature_of_another`.
    """
    if challenge.used_at is not None:
        raise Conflict(
            "challenge_used", f"{challenge.id} was answered at {rfc3339(challenge.used_at)}; ask for a new one."
        )
    if challenge.expires_at <= now:
        raise Conflict(
            "challenge_expired", f"{challenge.id} ended at {rfc3339(challenge.expires_at)}; ask for a new one."
        )
    try:
        signer = signer_of(challenge.message, signature)
    except BadSignature as bad:
        raise Malformed(bad.code, str(bad), field="signature") from bad
    if signer != address:
        raise Malformed(
            "signature_of_another",
            f"The signature is by {signer}, not by {address}, or of another text. Sign the whole message, letter by "
            "letter, with the key of the address; contract wallets (EIP-1271) are not supported.",
            field="signature",
        )
