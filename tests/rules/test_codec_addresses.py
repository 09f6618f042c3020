"""Addresses as bytes: the vectors of EIP-55, BIP-173 and BIP-350, and what is never read as an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.codec import base58, bech32, bitcoin_address, evm_address, tron_address
from tidegate.codec.bech32 import Variant, Witness
from tidegate.codec.bitcoin_address import NETWORKS
from tidegate.codec.spelling import BadAddress, shown

EIP_55 = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
AED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
HEX = "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"


def code_of(error: pytest.ExceptionInfo[BadAddress]) -> str:
    assert str(error.value) == error.value.message
    assert error.value.message.isprintable()
    return error.value.code


# EVM


def test_keccak_is_the_hash_of_ethereum_and_not_sha3() -> None:
    assert evm_address.keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@pytest.mark.parametrize("text", EIP_55)
def test_the_examples_of_eip_55_keep_their_case(text: str) -> None:
    raw = evm_address.parse(text)
    assert raw == bytes.fromhex(text[2:])
    assert evm_address.checksum(raw) == text


@pytest.mark.parametrize("text", ["0x" + HEX, "0x" + HEX.upper(), AED])
def test_one_case_throughout_or_the_right_mixture_is_read(text: str) -> None:
    assert evm_address.parse(text).hex() == HEX


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "address_empty"),
        ("0x", "address_malformed"),
        (HEX, "address_malformed"),  # no 0x
        ("0X" + HEX, "address_malformed"),  # capital X
        ("0x" + HEX[:-1], "address_malformed"),  # 39 digits
        ("0x" + HEX + "0", "address_malformed"),  # 41 digits
        (AED + "\n", "address_malformed"),
        (" " + AED, "address_malformed"),
        (AED + "\u200b", "address_malformed"),  # zero-width space
        (AED.replace("5", "５"), "address_malformed"),  # full-width digit
        (AED.replace("5", "٥"), "address_malformed"),  # Arabic digit
        (AED.replace("e", "е"), "address_malformed"),  # Cyrillic letter
        (AED.replace("A", "G", 1), "address_malformed"),
        ("\ud800" + AED, "address_malformed"),  # half of a surrogate pair
        ("0x" + "a" * 1_000_000, "address_malformed"),
        (AED.replace("aA", "Aa"), "address_bad_checksum"),
        (AED.replace("5aA", "6aA"), "address_bad_checksum"),
        ("0x" + HEX[:-1] + "D", "address_bad_checksum"),
    ],
)
def test_what_is_not_an_evm_address_is_refused_with_a_code(text: str, code: str) -> None:
    with pytest.raises(BadAddress) as bad:
        evm_address.parse(text)
    assert code_of(bad) == code


@pytest.mark.parametrize("length", [0, 19, 21, 32])
def test_only_20_bytes_are_written_as_an_account(length: int) -> None:
    with pytest.raises(ValueError, match=f"these are {length}"):
        evm_address.checksum(bytes(length))
    with pytest.raises(ValueError, match=f"these are {length}"):
        tron_address.text_of(bytes(length))


@given(st.binary(min_size=20, max_size=20))
def test_an_evm_address_always_comes_back(raw: bytes) -> None:
    assert evm_address.parse(evm_address.checksum(raw)) == raw


def test_a_message_shows_what_is_invisible_and_stays_short() -> None:
    assert shown("a\u200bb") == r"'a\u200bb'"
    assert shown("x" * 60) == "'" + "x" * 60 + "'"
    assert shown("x" * 61) == "'" + "x" * 60 + "'…"


# Base58Check


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("0062e907b15cbf27d5425399ebf6f0fb50ebb88f18", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),  # the first block
        ("00" * 21, "1111111111111111111114oLvT2"),
        ("", "3QJmnh"),
        ("00", "1Wh4bh"),
    ],
)
def test_base58check_keeps_leading_zeros(payload: str, text: str) -> None:
    assert base58.encode(bytes.fromhex(payload)) == text
    assert base58.decode(text, len(payload) // 2) == bytes.fromhex(payload)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "address_bad_checksum"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7Div", "address_malformed"),  # three letters short
        ("11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "address_malformed"),  # a leading zero more
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7Div0Na", "address_malformed"),  # 0, O, I and l are not letters
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivONa", "address_malformed"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivINa", "address_malformed"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivlNa", "address_malformed"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\n", "address_malformed"),
        ("１A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "address_malformed"),
        ("z" * 128, "address_malformed"),
        ("z" * 1_000_000, "address_malformed"),
    ],
)
def test_what_is_not_base58check_is_refused_with_a_code(text: str, code: str) -> None:
    with pytest.raises(BadAddress) as bad:
        base58.decode(text, 21)
    assert code_of(bad) == code


def test_base58_is_not_even_begun_on_a_text_that_is_too_long() -> None:
    with pytest.raises(BadAddress, match="carries"):
        base58.decode("1" * 128, 21)
    with pytest.raises(BadAddress, match="has 129 letters"):
        base58.decode("1" * 129, 21)


@given(st.binary(max_size=78))
def test_base58check_always_comes_back(payload: bytes) -> None:
    assert base58.decode(base58.encode(payload), len(payload)) == payload


# Bech32 and bech32m


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("A12UEL5L", Variant.BECH32),
        ("a12uel5l", Variant.BECH32),
        ("an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs", Variant.BECH32),
        ("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", Variant.BECH32),
        ("1" + "1" + "q" * 82 + "c8247j", Variant.BECH32),
        ("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", Variant.BECH32),
        ("?1ezyfcl", Variant.BECH32),
        ("A1LQFN3A", Variant.BECH32M),
        ("a1lqfn3a", Variant.BECH32M),
        ("an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6", Variant.BECH32M),
        ("abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx", Variant.BECH32M),
        ("1" + "1" + "l" * 82 + "ludsr8", Variant.BECH32M),
        ("split1checkupstagehandshakeupstreamerranterredcaperredlc445v", Variant.BECH32M),
        ("?1v759aa", Variant.BECH32M),
    ],
)
def test_the_valid_strings_of_bip_173_and_350_are_one_variant_each(text: str, variant: Variant) -> None:
    read = bech32.decode(text)
    assert read.variant is variant
    assert read.prefix == text.lower().rpartition("1")[0]
    assert len(read.values) == len(text) - len(read.prefix) - 7


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # BIP-173
        ("\x201nwldj5", "address_malformed"),
        ("\x7f1axkwrx", "address_malformed"),
        ("\x801eym55h", "address_malformed"),
        (
            "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",
            "address_malformed",
        ),
        ("pzry9x0s0muk", "address_malformed"),
        ("1pzry9x0s0muk", "address_malformed"),
        ("x1b4n0q5v", "address_malformed"),
        ("li1dgmt3", "address_malformed"),
        ("de1lg7wt\xff", "address_malformed"),
        ("A1G7SGD8", "address_bad_checksum"),
        ("10a06t8", "address_malformed"),
        ("1qzzfhee", "address_malformed"),
        # BIP-350
        ("\x201xj0phk", "address_malformed"),
        ("\x7f1g6xzxy", "address_malformed"),
        ("\x801vctc34", "address_malformed"),
        (
            "an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4",
            "address_malformed",
        ),
        ("qyrz8wqd2c9m", "address_malformed"),
        ("1qyrz8wqd2c9m", "address_malformed"),
        ("y1b0jsk6g", "address_malformed"),
        ("lt1igcx5c0", "address_malformed"),
        ("in1muywd", "address_malformed"),
        ("mm1crxm3i", "address_malformed"),
        ("au1s5cgom", "address_malformed"),
        ("M1VUXWEZ", "address_bad_checksum"),
        ("16plkw9", "address_malformed"),
        ("1p2gdwpf", "address_malformed"),
        # our own
        ("", "address_malformed"),
        ("a12uel5L", "address_malformed"),  # mixed case
        ("a12uel5l\n", "address_malformed"),
        ("split1chec\u212aupstagehandshakeupstreamerranterredcaperred2y9e3w", "address_malformed"),  # Kelvin sign
        ("a1" + "q" * 1_000_000, "address_malformed"),
    ],
)
def test_the_invalid_strings_of_bip_173_and_350_are_refused(text: str, code: str) -> None:
    with pytest.raises(BadAddress) as bad:
        bech32.decode(text)
    assert code_of(bad) == code


WITNESSES = [
    ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "0014751e76e8199196d454941c45d1b3a323f1433bd6", "p2wpkh"),
    (
        "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
        "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
        "p2wsh",
    ),
    (
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
        "witness_unknown",
    ),
    ("BC1SW50QGDZ25J", "6002751e", "witness_unknown"),
    ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323", "witness_unknown"),
    (
        "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
        "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
        "p2wsh",
    ),
    (
        "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
        "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
        "p2tr",
    ),
    (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "p2tr",
    ),
]


@pytest.mark.parametrize(("text", "script", "kind"), WITNESSES)
def test_the_witness_addresses_of_bip_350_lock_what_they_should(text: str, script: str, kind: str) -> None:
    network = "bitcoin" if text.lower().startswith("bc") else "bitcoin-testnet"
    read = bitcoin_address.parse(text, network)
    assert read.script.hex() == script
    assert read.kind == kind
    assert read.text == text.lower()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # BIP-350
        ("tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut", "address_wrong_network"),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", "address_bad_checksum"),
        ("tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf", "address_bad_checksum"),
        ("BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL", "address_bad_checksum"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "address_bad_checksum"),
        ("tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47", "address_bad_checksum"),
        ("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", "address_malformed"),
        ("BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", "address_malformed"),
        ("bc1pw5dgrnzv", "address_malformed"),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav", "address_malformed"),
        ("BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", "address_malformed"),
        ("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq", "address_malformed"),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf", "address_malformed"),
        ("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j", "address_malformed"),
        ("bc1gmk9yu", "address_malformed"),
        ("bc1pppppppppq02pdl6", "address_malformed"),  # five bytes and five spare bits, all zero
        # BIP-173; its addresses of version 1 and above had the old checksum
        ("tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty", "address_wrong_network"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "address_bad_checksum"),
        ("BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2", "address_malformed"),
        ("bc1rw5uspcuh", "address_bad_checksum"),
        ("bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90", "address_bad_checksum"),
        ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7", "address_malformed"),
        ("bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du", "address_bad_checksum"),
        ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv", "address_malformed"),
        ("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7k7grplx", "address_bad_checksum"),
        ("BC1SW50QA3JX3S", "address_bad_checksum"),
        ("bc1zw508d6qejxtdg4y5r3zarvaryvg6kdaj", "address_bad_checksum"),
    ],
)
def test_the_wrong_addresses_of_bip_173_and_350_are_refused_on_every_network(text: str, code: str) -> None:
    own = {"bc": "bitcoin", "tb": "bitcoin-testnet"}.get(text[:2].lower(), "bitcoin")
    with pytest.raises(BadAddress) as bad:
        bitcoin_address.parse(text, own)
    assert code_of(bad) == code
    for network in NETWORKS:
        with pytest.raises(BadAddress):
            bitcoin_address.parse(text, network)


@pytest.mark.parametrize(
    ("version", "length", "readable"),
    [
        (0, 19, False),
        (0, 20, True),
        (0, 21, False),
        (0, 31, False),
        (0, 32, True),
        (0, 33, False),
        (1, 1, False),
        (1, 2, True),
        (1, 32, True),
        (1, 40, True),
        (1, 41, False),
        (16, 2, True),
        (17, 2, False),
        (31, 2, False),
    ],
)
def test_versions_end_at_16_and_programs_have_2_to_40_bytes(version: int, length: int, readable: bool) -> None:
    witness = Witness("bc", version, b"\x5a" * length)
    text = bech32.encode_witness(witness)
    if readable:
        assert bech32.decode_witness(text) == witness
    else:
        with pytest.raises(BadAddress) as bad:
            bech32.decode_witness(text)
        assert code_of(bad) == "address_malformed"


WITNESS = st.builds(
    Witness,
    st.sampled_from([prefixes.witness for prefixes in NETWORKS.values()]),
    st.integers(1, 16),
    st.binary(min_size=2, max_size=40),
) | st.builds(
    Witness, st.just("bc"), st.just(0), st.binary(min_size=20, max_size=20) | st.binary(min_size=32, max_size=32)
)


@given(WITNESS)
def test_a_witness_always_comes_back_in_small_and_in_capital_letters(witness: Witness) -> None:
    text = bech32.encode_witness(witness)
    assert bech32.decode_witness(text) == witness
    assert bech32.decode_witness(text.upper()) == witness


@given(WITNESS, st.data())
def test_one_wrong_letter_never_leaves_a_witness_address_readable(witness: Witness, data: st.DataObject) -> None:
    text = bech32.encode_witness(witness)
    start = len(witness.prefix) + 1
    place = data.draw(st.integers(start, len(text) - 1))
    letter = data.draw(st.sampled_from([letter for letter in bech32.ALPHABET if letter != text[place]]))
    with pytest.raises(BadAddress):
        bech32.decode_witness(text[:place] + letter + text[place + 1 :])


# Bitcoin's networks


@pytest.mark.parametrize(
    ("text", "network", "kind", "script"),
    [
        (
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "bitcoin",
            "p2pkh",
            "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac",
        ),
        ("3P14159f73E4gFr7JterCCQh9QjiTjiZrG", "bitcoin", "p2sh", "a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87"),
        (
            "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
            "bitcoin-testnet",
            "p2pkh",
            "76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac",
        ),
        (
            "2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc",
            "bitcoin-testnet",
            "p2sh",
            "a9144e9f39ca4688ff102128ea4ccda34105324305b087",
        ),
        (
            "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
            "bitcoin-regtest",
            "p2pkh",
            "76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac",
        ),
    ],
)
def test_the_old_kinds_lock_what_they_should(text: str, network: str, kind: str, script: str) -> None:
    read = bitcoin_address.parse(text, network)
    assert (read.kind, read.script.hex(), read.text) == (kind, script, text)


WITNESS_OF = {
    name: bech32.encode_witness(Witness(prefixes.witness, 0, bytes(range(20)))) for name, prefixes in NETWORKS.items()
}


@pytest.mark.parametrize("written_for", NETWORKS)
@pytest.mark.parametrize("read_as", NETWORKS)
def test_a_witness_address_belongs_to_one_network(written_for: str, read_as: str) -> None:
    if written_for == read_as:
        assert bitcoin_address.parse(WITNESS_OF[written_for], read_as).kind == "p2wpkh"
    else:
        with pytest.raises(BadAddress) as bad:
            bitcoin_address.parse(WITNESS_OF[written_for], read_as)
        assert code_of(bad) == "address_wrong_network"


@pytest.mark.parametrize(
    ("text", "network", "code"),
    [
        ("", "bitcoin", "address_empty"),
        ("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "bitcoin", "address_wrong_network"),
        ("2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc", "bitcoin", "address_wrong_network"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bitcoin-testnet", "address_wrong_network"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bitcoin-regtest", "address_wrong_network"),
        ("LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "bitcoin", "address_wrong_network"),  # Litecoin
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "bitcoin", "address_wrong_network"),  # Tron
        (bech32.encode_witness(Witness("ltc", 0, bytes(range(20)))), "bitcoin", "address_wrong_network"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "bitcoin", "address_bad_checksum"),
        ("bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bitcoin", "address_malformed"),
        ("ｂc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bitcoin", "address_malformed"),
    ],
)
def test_what_is_not_an_address_of_this_bitcoin_network_is_refused(text: str, network: str, code: str) -> None:
    with pytest.raises(BadAddress) as bad:
        bitcoin_address.parse(text, network)
    assert code_of(bad) == code


@pytest.mark.parametrize(
    ("x", "yes"),
    [
        ("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", True),  # the generator
        ("f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9", True),  # three times it
        ("00" * 32, False),
        ("00" * 31 + "05", False),
        ("00" * 31 + "01", True),
        ("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f", False),  # the field's size, like 0
        ("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30", False),  # like 1, but too large
    ],
)
def test_a_taproot_key_is_the_x_of_a_point(x: str, yes: bool) -> None:
    assert bitcoin_address.is_point(bytes.fromhex(x)) is yes


# Tron

TETHER = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


def test_the_contract_of_tether_on_tron_is_read() -> None:
    raw = tron_address.parse(TETHER)
    assert raw.hex() == "a614f803b6fd780986a42c78ec9c7f77e6ded13c"
    assert tron_address.text_of(raw) == TETHER


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "address_empty"),
        (TETHER[:-1], "address_bad_checksum"),  # still 25 bytes
        (TETHER[:-2], "address_malformed"),
        (TETHER + "t", "address_malformed"),
        (TETHER + "\n", "address_malformed"),
        (TETHER.lower(), "address_malformed"),  # has an l
        ("41a614f803b6fd780986a42c78ec9c7f77e6ded13c", "address_malformed"),
        (TETHER[:-1] + "u", "address_bad_checksum"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "address_wrong_network"),
        ("Т" + TETHER[1:], "address_malformed"),  # Cyrillic
    ],
)
def test_what_is_not_a_tron_address_is_refused_with_a_code(text: str, code: str) -> None:
    with pytest.raises(BadAddress) as bad:
        tron_address.parse(text)
    assert code_of(bad) == code


@given(st.binary(min_size=20, max_size=20))
def test_a_tron_address_always_comes_back_and_begins_with_t(raw: bytes) -> None:
    text = tron_address.text_of(raw)
    assert text.startswith("T")
    assert len(text) == 34
    assert tron_address.parse(text) == raw
