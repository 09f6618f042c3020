"""BIP-32: its first official vector, an independent library, and a public half that agrees with the private one."""

from __future__ import annotations

import pytest
from eth_account.hdaccount import key_from_seed
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.codec import base58
from tidegate.codec.bip32 import BadKey, deposit_address, derive, evm_address_of, master, public_child
from tidegate.codec.evm_address import checksum

SEED = bytes(range(16))

# Test vector 1 of BIP-32: the root of the seed 00 01 … 0f.
XPUB = "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"
XPRV = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"


def test_the_root_of_the_official_seed() -> None:
    root = master(SEED)
    assert (root.xpub(), root.xprv()) == (XPUB, XPRV)


@given(st.binary(min_size=16, max_size=64), st.lists(st.tuples(st.integers(0, 2**31 - 1), st.booleans()), max_size=5))
@settings(max_examples=60, deadline=None)
def test_keys_are_those_of_an_independent_library(seed: bytes, steps: list[tuple[int, bool]]) -> None:
    path = "/".join(["m", *(f"{number}'" if hard else f"{number}" for number, hard in steps)])
    assert derive(master(seed), path).key == key_from_seed(seed, path)


@given(st.binary(min_size=16, max_size=64), st.integers(0, 2**31 - 1))
@settings(max_examples=60, deadline=None)
def test_the_public_half_finds_the_addresses_that_the_private_half_can_sign_for(seed: bytes, index: int) -> None:
    account = derive(master(seed), "m/44'/60'/0'")
    assert public_child(account.xpub(), 0, index) == derive(account, f"m/0/{index}").public
    assert deposit_address(account.xpub(), index) == checksum(
        evm_address_of(derive(master(seed), f"m/44'/60'/0'/0/{index}").public)
    )


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_seed_of_another_size_is_no_seed(size: int) -> None:
    with pytest.raises(BadKey, match=f"not {size}"):
        master(bytes(size))


def broken(at: int, byte: int) -> str:
    """The official public key with one byte changed and its checksum made anew."""
    raw = bytearray(base58.decode(XPUB, 78))
    raw[at] = byte
    return base58.encode(bytes(raw))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not an extended key"),
        ("xpub", "not an extended key"),
        (XPUB[:-1] + "9", "not an extended key"),
        (XPRV, "starts with xpub"),
        (broken(4 + 4, 1), "no parent and no number"),
        (broken(45, 5), "no point of the curve"),
    ],
)
def test_what_is_no_extended_public_key_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadKey, match=why):
        public_child(text, 0)


@pytest.mark.parametrize("number", [-1, 2**31])
def test_hardened_keys_need_the_private_half(number: int) -> None:
    with pytest.raises(BadKey, match="without the private key"):
        public_child(XPUB, number)
