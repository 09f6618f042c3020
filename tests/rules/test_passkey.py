"""Passkeys: the good ceremony first, then the good ceremony, but…"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from passkey_kit import Authenticator, b64, unb64

from tidegate.base.refusals import Malformed
from tidegate.parties import passkey
from tidegate.parties.passkey import NotRight, Relying

US = Relying()
ASKED = passkey.challenge("a payload", bytes(32))


def enrolled(device: Authenticator) -> passkey.Made:
    options = passkey.creation_options(US, "cus_1", "ada@example.com", ASKED, [], 5)
    return passkey.made(US, device.create(options), ASKED)


def asked_for(device: Authenticator) -> dict[str, Any]:
    return passkey.request_options(US, ASKED, [device.id], 5)


@pytest.mark.parametrize("key", [None, ed25519.Ed25519PrivateKey.generate()], ids=["P-256", "Ed25519"])
def test_a_key_is_made_and_signs(key: ed25519.Ed25519PrivateKey | None) -> None:
    device = Authenticator() if key is None else Authenticator(key=key)
    made = enrolled(device)
    assert (made.credential, made.sign_count) == (device.id, 1)
    answer = device.get(asked_for(device))
    assert passkey.signed_challenge(answer) == ASKED
    assert passkey.used_credential(answer) == device.id
    assert passkey.count_after(US, answer, ASKED, made.public_key) == 2


def test_the_browser_is_asked_for_verification_and_for_no_attestation() -> None:
    made = passkey.creation_options(US, "cus_1", "ada@example.com", ASKED, [b"known"], 5)
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert made["attestation"] == "none"
    assert [item["id"] for item in made["excludeCredentials"]] == [b64(b"known")]
    assert unb64(made["challenge"]) == ASKED
    assert (unb64(made["user"]["id"]), made["timeout"]) == (hashlib.sha256(b"cus_1").digest(), 300_000)
    asked = passkey.request_options(US, ASKED, [b"known"], 5)
    assert (asked["userVerification"], asked["rpId"], asked["timeout"]) == ("required", "localhost", 300_000)


def test_the_challenge_is_bound_to_what_is_confirmed_and_to_its_nonce() -> None:
    assert passkey.challenge("another payload", bytes(32)) != ASKED
    assert passkey.challenge("a payload", bytes(31) + b"\x01") != ASKED


@pytest.mark.parametrize(
    "wrong", [{"verifies": False}, {"origin": "http://evil.example"}, {"rp_id": "evil.example"}], ids=str
)
def test_without_verification_or_from_elsewhere_nothing_is_made_or_signed(wrong: dict[str, Any]) -> None:
    options = passkey.creation_options(US, "cus_1", "ada@example.com", ASKED, [], 5)
    with pytest.raises(NotRight):
        passkey.made(US, Authenticator(**wrong).create(options), ASKED)
    device = Authenticator()
    public = enrolled(device).public_key
    for name, value in wrong.items():
        setattr(device, name, value)
    with pytest.raises(NotRight):
        passkey.count_after(US, device.get(asked_for(device)), ASKED, public)


def test_a_signature_counts_for_its_challenge_and_its_key_only() -> None:
    device, other = Authenticator(), Authenticator()
    public = enrolled(device).public_key
    answer = device.get(asked_for(device))
    with pytest.raises(NotRight):
        passkey.count_after(US, answer, passkey.challenge("another payload", bytes(32)), public)
    with pytest.raises(NotRight):
        passkey.count_after(US, answer, ASKED, enrolled(other).public_key)


def _without(part: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda answer: {**answer, "response": {k: v for k, v in answer["response"].items() if k != part}}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: {},
        lambda answer: {**answer, "id": "x" * 30},
        lambda answer: {**answer, "response": []},
        lambda answer: {**answer, "response": {**answer["response"], "signature": b64(b"no signature")}},
        lambda answer: {**answer, "response": {**answer["response"], "authenticatorData": b64(b"\xff" * 40)}},
        lambda answer: {**answer, "response": {**answer["response"], "clientDataJSON": b64(b"[" * 100_000)}},
        lambda answer: {**answer, "response": {**answer["response"], "clientDataJSON": 7}},
        _without("clientDataJSON"),
        _without("authenticatorData"),
        _without("signature"),
    ],
)
def test_rubbish_is_refused_and_never_a_bug(spoil: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    device = Authenticator()
    public = enrolled(device).public_key
    answer = spoil(device.get(asked_for(device)))

    def believe() -> None:
        passkey.signed_challenge(answer)
        passkey.used_credential(answer)
        passkey.count_after(US, answer, ASKED, public)

    with pytest.raises(NotRight):
        believe()
    with pytest.raises(NotRight):
        passkey.made(US, answer, ASKED)


@pytest.mark.parametrize(
    ("before", "after", "backwards"),
    [(0, 0, False), (0, 1, False), (1, 2, False), (1, 1, True), (2, 1, True), (3, 0, True)],
)
def test_a_counter_that_does_not_rise_is_an_alarm(before: int, after: int, backwards: bool) -> None:
    assert passkey.ran_backwards(before, after) is backwards


@pytest.mark.parametrize("name", ["", " padded", "a" * 65, "line\nbreak"])
def test_a_passkey_has_a_name_that_people_can_read(name: str) -> None:
    with pytest.raises(Malformed):
        passkey.check_name(name)
    passkey.check_name("手机 " + "a" * 61)
    passkey.check_name("a")
