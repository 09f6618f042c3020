"""Counterparties at the door: they have no key of ours, they sign their messages with a key of theirs.

`Tidegate-Key` is the Ed25519 public key in hex and says who calls; `Tidegate-Signature` is the signature of the body.
That is what `integrations/travel_rule.py` sends, so that two platforms of the kind understand each other.
"""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.requests import Request

from tidegate.base.refusals import Unauthorised
from tidegate.parties.access import Identity

KEY, SIGNATURE = "tidegate-key", "tidegate-signature"


class Counterparties:
    """Whom the settings know by a public key, by our name for them."""

    def __init__(self, keys: Mapping[str, bytes] | None = None) -> None:
        self._by_key = {key.hex(): vasp_id for vasp_id, key in (keys or {}).items()}

    def who(self, request: Request) -> Identity:
        """Whose key the request names; the body has yet to prove it. Raises Unauthorised."""
        said, signatures = request.headers.getlist(KEY), request.headers.getlist(SIGNATURE)
        if len(said) != 1 or len(signatures) != 1:
            raise Unauthorised(
                "signature_missing", "Sign the body: Tidegate-Key and Tidegate-Signature, in hex, once each."
            )
        vasp_id = self._by_key.get(said[0].lower())
        if vasp_id is None:
            raise Unauthorised("signature_unknown", "This Tidegate-Key is of no counterparty of ours.")
        return Identity(vasp_id, "counterparty", frozenset(), None, vasp_id)

    def check(self, request: Request, body: bytes) -> None:
        """The body is signed with the key that was named. Raises Unauthorised."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(request.headers[KEY]))
            key.verify(bytes.fromhex(request.headers[SIGNATURE]), body)
        except (InvalidSignature, ValueError) as fault:
            raise Unauthorised(
                "signature_wrong", "Tidegate-Signature is not the Ed25519 signature of this body by this key."
            ) from fault
