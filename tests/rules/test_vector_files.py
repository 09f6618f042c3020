"""The published vectors of addresses: what our own tables do not say yet, and the files whole, where they are at hand.

Sources: BIP-21, BIP-173, BIP-350 (github.com/bitcoin/bips), ERC-55 (github.com/ethereum/ERCs), the fixtures of
bitcoinjs/bech32 (MIT) and of petertodd/python-bitcoinlib. See tests/real_data.py for the folder.
"""

from __future__ import annotations

import json
import re

import pytest
from real_data import data

from tidegate.codec import base58, bech32, bitcoin_address, evm_address
from tidegate.codec.bech32 import Variant, Witness
from tidegate.codec.spelling import BadAddress
from tidegate.screening.address import judge

BIP_21 = "175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W"


def test_the_example_of_bip_21_has_a_wrong_checksum_and_its_links_are_no_addresses() -> None:
    assert judge("bitcoin", BIP_21).reason == "address_bad_checksum"
    for link in (f"bitcoin:{BIP_21}", f"BITCOIN:{BIP_21}", f"{BIP_21}?amount=20.3", "bitcoin:?label=Luke-Jr"):
        assert judge("bitcoin", link).reason == "address_malformed"


def test_25_bytes_that_look_like_an_address_still_need_its_checksum() -> None:
    """The fixtures encode 25 arbitrary bytes; the last four are not the hash of the others."""
    assert judge("bitcoin", "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L").reason == "address_bad_checksum"


@pytest.mark.parametrize("text", ["2g", "a3gV", "aPEr", "2cFupjhnEsSn59qHXstmK2ffpLv2", "ABnLTmg", "1111111111"])
def test_plain_base58_without_a_checksum_is_no_address(text: str) -> None:
    assert not judge("bitcoin", text).valid


@pytest.mark.parametrize(
    "text",
    [
        "A12Uel5l",
        "A1LQfN3A",
        "abc1rzg",
        "abc1rzgt4",
        "s1vcsyn",
        "s1vcsynde1lg7ww",
        "11" + "q" * 89 + "c8247j",
        bytes.fromhex("6465316c67377774ff").decode("latin-1"),
    ],
)
def test_what_the_bech32_fixtures_call_wrong_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        bech32.decode(text)


def test_spare_bits_that_are_not_zero_or_too_many_are_refused() -> None:
    """The fixtures' `fromWords`: the same words behind a prefix of Bitcoin's and with a right checksum."""
    padded = "bc1pw5dgrnzv"  # no program left
    for text in (padded, "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv"):
        with pytest.raises(BadAddress):
            bech32.decode_witness(text)


# The files, whole.


def strings(name: str, heading: str) -> list[str]:
    """What stands in <tt> on the lines of a BIP's list under a heading, control characters spelt out."""
    text = data(f"address-vectors/bips/{name}").read_text()
    assert heading in text, f"{name} has no {heading!r}"
    lines = text[text.index(heading) :].splitlines()[1:]
    found: list[str] = []
    for line in lines:
        if line.startswith("*"):
            found += [_spelt(item) for item in re.findall(r"<tt>(.*?)</tt>", line)[:1]]
        elif found and line.strip() and not line.startswith((" ", ":")):
            break
    assert len(found) > 5
    return found


def _spelt(text: str) -> str:
    text = text.replace("&lt;", "<").replace("&gt;", ">")
    return re.sub(r"0x([0-9A-F]{2})( \+ )?", lambda match: chr(int(match[1], 16)), text)


@pytest.mark.parametrize(
    ("name", "heading", "variant"),
    [
        ("bip-0173.mediawiki", "The following strings are valid Bech32", Variant.BECH32),
        ("bip-0350.mediawiki", "The following strings are valid Bech32m", Variant.BECH32M),
    ],
)
def test_every_valid_string_of_the_bips_is_read(name: str, heading: str, variant: Variant) -> None:
    for text in strings(name, heading):
        assert bech32.decode(text).variant is variant, text


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("bip-0173.mediawiki", "The following string are not valid Bech32"),
        ("bip-0350.mediawiki", "The following string are not valid Bech32m"),
    ],
)
def test_every_invalid_string_of_the_bips_is_refused(name: str, heading: str) -> None:
    for text in strings(name, heading):
        with pytest.raises(BadAddress):
            bech32.decode(text)


def test_every_address_of_bip_350_is_judged_right() -> None:
    for text in strings("bip-0350.mediawiki", "The following list gives valid segwit addresses"):
        network = "bitcoin" if text.lower().startswith("bc") else "bitcoin-testnet"
        assert judge(network, text).valid, text
    for text in strings("bip-0350.mediawiki", "The following list gives invalid segwit addresses"):
        for network in ("bitcoin", "bitcoin-testnet", "bitcoin-regtest"):
            assert not judge(network, text).valid, text


def test_every_fixture_of_bitcoinjs_is_judged_right() -> None:
    said = json.loads(data("address-vectors/bech32-fixtures.json").read_text())
    read = refused = 0
    for name, variant in (("bech32", Variant.BECH32), ("bech32m", Variant.BECH32M)):
        for item in said[name]["valid"]:
            if "limit" in item:  # longer than Bitcoin allows: their option, not ours
                with pytest.raises(BadAddress):
                    bech32.decode(item["string"])
                continue
            found = bech32.decode(item["string"])
            assert (found.prefix, list(found.values), found.variant) == (item["prefix"].lower(), item["words"], variant)
            read += 1
        for item in said[name]["invalid"]:
            text = item.get("string") or bytes.fromhex(item.get("stringHex", "")).decode("latin-1")
            if not text:  # words to be written, which nobody asks of us
                continue
            assert not _is(text, variant), text
            refused += 1
    assert (read, refused) == (12, 29)


def _is(text: str, variant: Variant) -> bool:
    try:
        return bech32.decode(text).variant is variant
    except BadAddress:
        return False


def test_every_fixture_of_python_bitcoinlib_is_judged_right() -> None:
    for hex, text in json.loads(data("address-vectors/bitcoinlib/base58_encode_decode.json").read_text()):
        assert not judge("bitcoin", text).valid, text
        with_checksum = base58.encode(bytes.fromhex(hex))
        assert base58.decode(with_checksum, len(hex) // 2).hex() == hex
    for script, text in json.loads(data("address-vectors/bitcoinlib/bech32_encode_decode.json").read_text()):
        network = "bitcoin" if text.lower().startswith("bc") else "bitcoin-testnet"
        if script.startswith("00"):
            assert bitcoin_address.parse(text, network).script.hex() == script
        else:  # from before BIP-350: versions above 0 had the old checksum, which is refused today
            assert judge(network, text).reason == "address_bad_checksum"
            version, program = int(script[:2], 16) - 0x50, bytes.fromhex(script[4:])
            assert judge(network, bech32.encode_witness(Witness(text[:2].lower(), version, program))).valid
    for text, _ in json.loads(data("address-vectors/bitcoinlib/bech32_invalid.json").read_text()):
        assert not judge("bitcoin", text).valid, text
        assert not judge("bitcoin-testnet", text).valid, text


def test_every_address_of_erc_55_keeps_its_case() -> None:
    found = set(re.findall(r"0x[0-9a-fA-F]{40}\b", data("address-vectors/erc-55.md").read_text()))
    assert len(found) >= 8
    for text in found:
        own = evm_address.checksum(evm_address.parse(text))
        assert own == text or text in (text.lower(), text.upper()), text
