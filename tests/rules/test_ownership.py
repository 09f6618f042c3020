"""Proof of ownership: what wallets sign recovers to their address, and nothing else does. eth_account is the oracle."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from facts_kit import NOW
from hypothesis import given
from hypothesis import strategies as st
from refusal_kit import refused

from tidegate.codec.personal_message import ORDER, BadSignature, message_hash, signer_of
from tidegate.screening import ownership
from tidegate.screening.ownership import Challenge

KEY = "0x" + "11" * 32
ADA = Account.from_key(KEY)
SECOND = timedelta(seconds=1)


def signed(text: str, key: str = KEY) -> str:
    return "0x" + Account.sign_message(encode_defunct(text=text), key).signature.hex()


def respelt(signature: str, v: int | None = None, flip: bool = False) -> str:
    raw = bytes.fromhex(signature[2:])
    s = int.from_bytes(raw[32:64], "big")
    parity = raw[64] ^ 1 if flip else raw[64]
    return (
        "0x" + (raw[:32] + (ORDER - s if flip else s).to_bytes(32, "big") + bytes([parity if v is None else v])).hex()
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(1, ORDER - 1))
def test_what_a_wallet_signs_is_the_wallets(text: str, secret: int) -> None:
    account = Account.from_key(secret.to_bytes(32, "big"))
    assert signer_of(text, signed(text, account.key)) == account.address


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_signature_of_one_text_is_not_of_another(one: str, other: str) -> None:
    assert (signer_of(other, signed(one)) == ADA.address) == (one == other)


def test_the_hash_is_that_of_the_standard() -> None:
    assert message_hash("验证\n1").hex() == encode_hash("验证\n1")


def encode_hash(text: str) -> str:
    from eth_account.messages import _hash_eip191_message

    return _hash_eip191_message(encode_defunct(text=text)).hex()


@pytest.mark.parametrize(
    ("signature", "code"),
    [
        ("", "signature_malformed"),
        ("0x", "signature_malformed"),
        ("0x" + "g" * 130, "signature_malformed"),
        ("11" * 65, "signature_malformed"),
        ("0x" + "11" * 64, "signature_malformed"),
        ("0x" + "１" * 130, "signature_malformed"),
        ("0x" + "11" * 65 + "\n", "signature_malformed"),
        ("0x" + "11" * 66, "signature_kind_unsupported"),
        ("0x" + "11" * 1000, "signature_kind_unsupported"),
        ("0x" + "00" * 64 + "1b", "signature_malformed"),
        ("0x" + "00" * 31 + "01" + "00" * 32 + "1b", "signature_malformed"),
        ("0x" + "ff" * 64 + "1b", "signature_malformed"),
        ("0x" + "00" * 31 + "05" + "00" * 31 + "01" + "1b", "signature_malformed"),  # no point has this r
    ],
)
def test_what_is_no_signature_is_refused(signature: str, code: str) -> None:
    with pytest.raises(BadSignature) as refused:
        signer_of("x", signature)
    assert refused.value.code == code


@pytest.mark.parametrize("v", [2, 26, 29, 255])
def test_an_odd_v_is_refused(v: int) -> None:
    with pytest.raises(BadSignature, match=f"v is {v}"):
        signer_of("x", respelt(signed("x"), v))


def test_a_v_without_the_27_is_taken() -> None:
    good = signed("x")
    assert signer_of("x", respelt(good, bytes.fromhex(good[2:])[64] - 27)) == ADA.address


def test_the_high_twin_is_refused() -> None:
    """The oracle takes it: it recovers to the same address."""
    twin = respelt(signed("x"), 55 - bytes.fromhex(signed("x")[2:])[64], True)
    assert Account.recover_message(encode_defunct(text="x"), signature=twin) == ADA.address
    with pytest.raises(BadSignature) as refused:
        signer_of("x", twin)
    assert refused.value.code == "signature_not_canonical"


TEXT = ownership.message("Tidegate", "cus_1", "evm-local", ADA.address, "ab" * 16, NOW + ownership.VALID)
GIVEN = Challenge("och_1", "adr_1", "cus_1", "ab" * 16, TEXT, NOW, NOW + ownership.VALID, None)


def test_a_challenge_says_who_asks_whom_about_what_until_when() -> None:
    for said in (
        "Tidegate",
        "cus_1",
        "evm-local",
        ADA.address,
        "ab" * 16,
        "2026-11-24T12:30:00Z",
        "签名不会转移任何资产",
    ):
        assert said in TEXT


def test_a_signed_challenge_is_a_proof_until_its_end() -> None:
    ownership.check(GIVEN, ADA.address, signed(TEXT), NOW)
    ownership.check(GIVEN, ADA.address, signed(TEXT), GIVEN.expires_at - SECOND)
    assert refused(lambda: ownership.check(GIVEN, ADA.address, signed(TEXT), GIVEN.expires_at)) == "challenge_expired"


def test_it_proves_something_once() -> None:
    used = replace(GIVEN, used_at=NOW)
    assert refused(ownership.check, used, ADA.address, signed(TEXT), NOW) == "challenge_used"


@pytest.mark.parametrize("signature", [signed(TEXT + " "), signed(TEXT, "0x" + "22" * 32)])
def test_another_text_or_another_key_proves_nothing(signature: str) -> None:
    assert refused(lambda: ownership.check(GIVEN, ADA.address, signature, NOW)) == "signature_of_another"


@pytest.mark.parametrize(
    ("network", "said", "code"),
    [
        ("evm-local", "unknown", None),
        ("ethereum", "self_hosted", None),
        ("ethereum", "vasp", "ownership_not_self_hosted"),
        ("bitcoin", "self_hosted", "ownership_network_unsupported"),
        ("tron", "self_hosted", "ownership_network_unsupported"),
    ],
)
def test_where_a_proof_can_be_given(network: str, said: str, code: str | None) -> None:
    assert refused(lambda: ownership.check_provable(network, said)) == code
