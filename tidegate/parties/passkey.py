"""Passkeys (WebAuthn): what an authenticator is asked to sign, and whether what it signed is right.

The library `webauthn` reads CBOR, COSE and signatures. What it is given and what follows is said here: user
verification always, no attestation, and a counter that never runs backwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tidegate.base.refusals import Malformed

NONCE_BYTES = 32
MOST_PER_PARTY = 10


@dataclass(frozen=True, slots=True)
class Relying:
    """Who asks, as browsers see us: the domain that keys are bound to, and the origins of its pages."""

    rp_id: str = "localhost"
    name: str = "Tidegate"
    origins: tuple[str, ...] = ("http://localhost:8800",)


@dataclass(frozen=True, slots=True)
class Made:
    """A new key of an authenticator."""

    credential: bytes
    public_key: bytes
    sign_count: int


class NotRight(Exception):
    """The authenticator's answer does not prove what it should; the words are for the journal."""


def challenge(bound_to: str, nonce: bytes) -> bytes:
    """What is signed: a hash over what it confirms and a nonce, so that it signs for nothing else."""
    return hashlib.sha256(bound_to.encode() + b"\n" + nonce).digest()


def check_name(name: str) -> None:
    """Raises Malformed `name_invalid`: the customer must be able to tell their passkeys apart."""
    if not 1 <= len(name) <= 64 or not name.isprintable() or name != name.strip():
        raise Malformed(
            "name_invalid",
            f'{name[:40]!r} names no passkey; give 1 to 64 printable characters, like "My telephone"',
            field="name",
        )


def creation_options(
    relying: Relying, party_id: str, account: str, challenge: bytes, known: Sequence[bytes], minutes: int
) -> dict[str, Any]:
    """What the browser's `navigator.credentials.create` takes. `known` keys are not made a second time."""
    made = webauthn.generate_registration_options(
        rp_id=relying.rp_id,
        rp_name=relying.name,
        user_id=hashlib.sha256(party_id.encode()).digest(),
        user_name=account,
        challenge=challenge,
        timeout=minutes * 60_000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key) for key in known],
    )
    return _plain(options_to_json(made))


def request_options(relying: Relying, challenge: bytes, known: Sequence[bytes], minutes: int) -> dict[str, Any]:
    """What the browser's `navigator.credentials.get` takes."""
    made = webauthn.generate_authentication_options(
        rp_id=relying.rp_id,
        challenge=challenge,
        timeout=minutes * 60_000,
        allow_credentials=[PublicKeyCredentialDescriptor(id=key) for key in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _plain(options_to_json(made))


def signed_challenge(credential: Mapping[str, Any]) -> bytes:
    """The challenge that an answer names, before anything about it is believed. Raises NotRight."""
    try:
        said = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return base64url_to_bytes(said["challenge"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as bad:
        raise NotRight(f"no client data: {type(bad).__name__}") from bad


def used_credential(credential: Mapping[str, Any]) -> bytes:
    """Which key an answer says it is from. Raises NotRight."""
    try:
        return parse_authentication_credential_json(dict(credential)).raw_id
    except (WebAuthnException, KeyError, TypeError, ValueError, AttributeError, RecursionError) as bad:
        raise NotRight(f"no credential: {type(bad).__name__}") from bad


def made(relying: Relying, credential: Mapping[str, Any], challenge: bytes) -> Made:
    """The new key, once its ceremony is right. Raises NotRight."""
    try:
        found = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=relying.rp_id,
            expected_origin=list(relying.origins),
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError, AttributeError, RecursionError) as bad:
        raise NotRight(str(bad) or type(bad).__name__) from bad
    return Made(found.credential_id, found.credential_public_key, found.sign_count)


def count_after(relying: Relying, credential: Mapping[str, Any], challenge: bytes, public_key: bytes) -> int:
    """The authenticator's counter, once its signature over the challenge is right. Raises NotRight."""
    try:
        found = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=relying.rp_id,
            expected_origin=list(relying.origins),
            credential_public_key=public_key,
            # The library would look at the counter before the signature, where anybody can have written it.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError, AttributeError, RecursionError) as bad:
        raise NotRight(str(bad) or type(bad).__name__) from bad
    return found.new_sign_count


def ran_backwards(before: int, after: int) -> bool:
    """Whether there is a second copy of the key, which counts on its own. Keys that never count say 0."""
    return (before > 0 or after > 0) and after <= before


def _plain(text: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(text)
    return said
