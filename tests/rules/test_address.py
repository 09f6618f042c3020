"""What the gate says of an address: valid, payable, in which spelling, or why not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tidegate.base.refusals import Malformed
from tidegate.codec import bech32, bitcoin_address, evm_address, tron_address
from tidegate.codec.bech32 import Witness
from tidegate.screening.address import (
    KNOWN_NETWORKS,
    Judged,
    UnknownNetwork,
    family,
    judge,
    judge_memo,
    list_key,
)

AED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
P2SH = "3P14159f73E4gFr7JterCCQh9QjiTjiZrG"
P2WPKH = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
P2TR = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
TESTNET_KEY = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"
TESTNET_WITNESS = "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7"
TETHER = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
REGTEST_WITNESS = bech32.encode_witness(Witness("bcrt", 0, bytes(range(20))))

EVM_NETWORKS = [network for network, of in KNOWN_NETWORKS.items() if of == "evm"]


def evm(number: int) -> str:
    return evm_address.checksum(number.to_bytes(20, "big"))


def tron(number: int) -> str:
    return tron_address.text_of(number.to_bytes(20, "big"))


@pytest.mark.parametrize(
    ("network", "text", "kind", "normalised"),
    [
        ("ethereum", AED, "account", AED),
        ("ethereum", AED.lower(), "account", AED),
        ("ethereum", "0x" + AED[2:].upper(), "account", AED),
        ("evm-local", AED, "account", AED),
        ("bitcoin", GENESIS, "p2pkh", GENESIS),
        ("bitcoin", P2SH, "p2sh", P2SH),
        ("bitcoin", P2WPKH, "p2wpkh", P2WPKH),
        ("bitcoin", P2WPKH.upper(), "p2wpkh", P2WPKH),
        ("bitcoin", P2TR, "p2tr", P2TR),
        ("bitcoin-testnet", TESTNET_WITNESS, "p2wsh", TESTNET_WITNESS),
        ("bitcoin-testnet", TESTNET_KEY, "p2pkh", TESTNET_KEY),
        ("bitcoin-regtest", TESTNET_KEY, "p2pkh", TESTNET_KEY),
        ("bitcoin-regtest", REGTEST_WITNESS, "p2wpkh", REGTEST_WITNESS),
        ("tron", TETHER, "tron", TETHER),
    ],
)
def test_a_good_address_is_payable_in_one_spelling(network: str, text: str, kind: str, normalised: str) -> None:
    assert judge(network, text) == Judged(True, kind, normalised, None, True)


@pytest.mark.parametrize(
    ("network", "text", "reason"),
    [
        *[(network, "", "address_empty") for network in KNOWN_NETWORKS],
        *[(network, " ", "address_malformed") for network in KNOWN_NETWORKS],
        *[(network, "9" * 1_000_000, "address_malformed") for network in KNOWN_NETWORKS],
        ("ethereum", AED + "\n", "address_malformed"),
        ("ethereum", "\t" + AED, "address_malformed"),
        ("ethereum", "0X" + AED[2:], "address_malformed"),
        ("ethereum", AED[:-1], "address_malformed"),
        ("ethereum", AED + "0", "address_malformed"),
        ("ethereum", AED + "\u200d", "address_malformed"),  # zero-width joiner
        ("ethereum", "\ufeff" + AED, "address_malformed"),  # byte-order mark
        ("ethereum", AED.replace("9", "９"), "address_malformed"),  # full-width
        ("ethereum", AED.replace("A", "А"), "address_malformed"),  # Cyrillic
        ("ethereum", "alice.eth", "address_malformed"),
        ("ethereum", AED.replace("5aAe", "5aae"), "address_bad_checksum"),
        ("bitcoin", GENESIS + "\n", "address_malformed"),
        ("bitcoin", GENESIS[:-1] + "b", "address_bad_checksum"),
        ("bitcoin", GENESIS.lower(), "address_malformed"),
        ("bitcoin", P2WPKH + "\n", "address_malformed"),
        ("bitcoin", P2WPKH[:-1] + "5", "address_bad_checksum"),
        ("bitcoin", "Bc1" + P2WPKH[3:], "address_malformed"),
        ("bitcoin", P2WPKH.replace("k", "\u212a"), "address_malformed"),  # Kelvin sign
        ("tron", TETHER + " ", "address_malformed"),
        ("tron", TETHER[:-1] + "u", "address_bad_checksum"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(network: str, text: str, reason: str) -> None:
    assert judge(network, text) == Judged(False, None, None, reason, False)


@pytest.mark.parametrize(
    ("network", "text"),
    [
        ("ethereum", GENESIS),
        ("ethereum", P2WPKH),
        ("ethereum", TETHER),
        ("ethereum", TESTNET_KEY),
        ("bitcoin", AED),
        ("bitcoin", AED.lower()),
        ("bitcoin", TETHER),
        ("bitcoin", TESTNET_KEY),
        ("bitcoin", TESTNET_WITNESS),
        ("bitcoin", REGTEST_WITNESS),
        ("bitcoin-testnet", GENESIS),
        ("bitcoin-testnet", P2SH),
        ("bitcoin-testnet", P2WPKH),
        ("bitcoin-testnet", REGTEST_WITNESS),
        ("bitcoin-regtest", TESTNET_WITNESS),
        ("tron", AED),
        ("tron", GENESIS),
        ("tron", P2TR),
    ],
)
def test_an_address_of_another_network_is_named_as_such(network: str, text: str) -> None:
    assert judge(network, text) == Judged(False, None, None, "address_wrong_network", False)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (0, "address_zero"),
        (1, "address_precompile"),
        (9, "address_precompile"),
        (0x100, "address_precompile"),
        (0x1FF, "address_precompile"),
        (0x200, None),
        (0xDEAC, None),
        (0xDEAD, "address_burn"),
        (0xDEAD000000000000000042069420694206942069, "address_burn"),
        (0xEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE, "address_burn"),
        (0x77944D19C052B73EE2286823AA83F8138CB7032F, "address_burn"),
        (2**160 - 2, None),
        (2**160 - 1, "address_burn"),
    ],
)
def test_what_belongs_to_nobody_is_refused_on_ethereum_and_on_tron(number: int, reason: str | None) -> None:
    good = reason is None
    assert judge("ethereum", evm(number)) == Judged(good, "account", evm(number), reason, good)
    assert judge("ethereum", evm(number).lower()) == Judged(good, "account", evm(number), reason, good)
    assert judge("tron", tron(number)) == Judged(good, "tron", tron(number), reason, good)


def test_the_black_hole_of_tron_is_known_by_its_usual_spelling() -> None:
    assert judge("tron", "TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy").reason == "address_burn"
    assert judge("tron", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb").reason == "address_zero"


def witness(version: int, program: bytes) -> str:
    return bech32.encode_witness(Witness("bc", version, program))


@pytest.mark.parametrize(
    ("text", "valid", "kind", "reason"),
    [
        ("1111111111111111111114oLvT2", False, "p2pkh", "address_zero"),
        (witness(0, bytes(20)), False, "p2wpkh", "address_zero"),
        (witness(0, bytes(32)), False, "p2wsh", "address_zero"),
        (witness(0, bytes(19) + b"\1"), True, "p2wpkh", None),
        (witness(1, bytes(31) + b"\1"), True, "p2tr", None),
        (witness(1, bytes(31) + b"\5"), True, "p2tr", "address_unspendable"),  # no point has this x
        (witness(1, b"\1" * 31), True, "witness_unknown", "address_witness_unknown"),
        (witness(1, b"\x4e\x73"), True, "witness_unknown", "address_witness_unknown"),  # pay to anchor
        (witness(2, bytes(31) + b"\1"), True, "witness_unknown", "address_witness_unknown"),
        (witness(16, b"\1\1"), True, "witness_unknown", "address_witness_unknown"),
    ],
)
def test_bitcoin_that_nobody_or_anybody_could_spend_is_not_payable(
    text: str, valid: bool, kind: str, reason: str | None
) -> None:
    assert judge("bitcoin", text) == Judged(valid, kind, text, reason, reason is None)


@pytest.mark.parametrize("network", ["", "Ethereum", "ethereum ", "dogecoin", "bitcoin\n", "x" * 1_000_000])
def test_an_unknown_network_is_refused_and_the_known_ones_are_named(network: str) -> None:
    for ask in (
        lambda: judge(network, AED),
        lambda: list_key(network, AED),
        lambda: judge_memo(network, None),
        lambda: family(network),
    ):
        with pytest.raises(UnknownNetwork) as unknown:
            ask()
        refusal = unknown.value
        assert isinstance(refusal, Malformed)
        assert (refusal.code, refusal.field) == ("network_unknown", "network")
        assert all(known in refusal.message for known in KNOWN_NETWORKS)
        assert len(refusal.message) < 400


@pytest.mark.parametrize(
    ("network", "of"),
    [
        ("evm-local", "evm"),
        ("ethereum", "evm"),
        ("base", "evm"),
        ("evm", "evm"),
        ("bitcoin", "bitcoin"),
        ("bitcoin-testnet", "bitcoin-testnet"),
        ("bitcoin-regtest", "bitcoin-regtest"),
        ("tron", "tron"),
    ],
)
def test_a_network_has_one_family(network: str, of: str) -> None:
    assert family(network) == of


@pytest.mark.parametrize("network", KNOWN_NETWORKS)
@pytest.mark.parametrize(
    ("memo", "reason"),
    [(None, None), ("", None), ("104", "memo_not_supported"), (" ", "memo_not_supported")],
)
def test_a_memo_is_refused_where_the_network_carries_none(network: str, memo: str | None, reason: str | None) -> None:
    assert judge_memo(network, memo) == reason


@pytest.mark.parametrize("network", [*EVM_NETWORKS, "evm"])
@pytest.mark.parametrize("text", [AED, AED.lower(), "0x" + AED[2:].upper()])
def test_an_evm_address_has_one_key_on_every_evm_network(network: str, text: str) -> None:
    assert list_key(network, text) == AED.lower()


@pytest.mark.parametrize(
    ("network", "text", "key"),
    [
        ("bitcoin", GENESIS, GENESIS),
        ("bitcoin", P2WPKH.upper(), P2WPKH),
        ("tron", TETHER, TETHER),
        ("ethereum", evm(0), "0x" + "0" * 40),  # a list may name what cannot be paid
        ("bitcoin", "BC1SW50QGDZ25J", "bc1sw50qgdz25j"),
        ("ethereum", "", None),
        ("ethereum", GENESIS, None),
        ("ethereum", AED.replace("5aAe", "5aae"), None),
        ("bitcoin", AED, None),
        ("bitcoin", TESTNET_KEY, None),
        ("tron", AED, None),
        ("tron", TETHER + "\n", None),
    ],
)
def test_a_list_key_is_one_spelling_or_none(network: str, text: str, key: str | None) -> None:
    assert list_key(network, text) == key


NETWORK = st.sampled_from(list(KNOWN_NETWORKS))
NUMBER = st.integers(0x1_0000, 2**160 - 2).filter(lambda number: judge("ethereum", evm(number)).payable)
KEY_HASH = st.binary(min_size=20, max_size=20).filter(any)
POINT = st.binary(min_size=32, max_size=32).filter(bitcoin_address.is_point)
ADDRESS = (
    st.tuples(st.sampled_from(EVM_NETWORKS), NUMBER.map(evm))
    | st.tuples(st.just("tron"), NUMBER.map(tron))
    | st.tuples(st.just("bitcoin"), KEY_HASH.map(lambda raw: witness(0, raw)))
    | st.tuples(st.just("bitcoin"), POINT.map(lambda x: witness(1, x)))
    | st.sampled_from([("bitcoin", GENESIS), ("bitcoin", P2SH), ("bitcoin-testnet", TESTNET_KEY)])
)
INVISIBLE = st.sampled_from(list(" \n\r\t\0\u200b\u200d\u2060\ufeff\u202e\u00ad"))
LIKELY = st.text("0123456789abcdefABCDEFxXTtbcr1qpzyl\n\u200b０", max_size=95)


@given(NETWORK, st.text(st.characters(exclude_categories=())) | LIKELY | ADDRESS.map(lambda pair: pair[1]))
@example("bitcoin", "bc1")
@example("bitcoin", "1")
@example("bitcoin", "\ud800")
@example("tron", "1" * 25)
def test_no_text_ever_breaks_the_judgement(network: str, text: str) -> None:
    judged = judge(network, text)
    assert judged.payable == (judged.reason is None)
    assert judged.valid or not judged.payable
    assert (judged.normalised is None) == (judged.kind is None)
    assert (list_key(network, text) is None) == (judged.normalised is None)
    if judged.normalised is not None:
        assert judge(network, judged.normalised) == judged


@given(ADDRESS)
def test_a_payable_address_always_comes_back_as_itself(place: tuple[str, str]) -> None:
    network, text = place
    judged = judge(network, text)
    assert judged.payable
    assert judged.normalised == text


@given(ADDRESS, st.data())
def test_one_changed_character_is_never_the_same_address(place: tuple[str, str], data: st.DataObject) -> None:
    network, text = place
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda letter: letter.lower() != text[at].lower()))
    changed = text[:at] + other + text[at + 1 :]
    assert judge(network, changed).normalised != text
    assert list_key(network, changed) != list_key(network, text)


@given(ADDRESS, INVISIBLE, st.data())
def test_an_invisible_character_is_never_overlooked(place: tuple[str, str], what: str, data: st.DataObject) -> None:
    network, text = place
    at = data.draw(st.integers(0, len(text)))
    assert judge(network, text[:at] + what + text[at:]).reason == "address_malformed"


@given(ADDRESS, NETWORK)
def test_an_address_is_never_payable_in_two_families_unless_bitcoins_test_networks_share_it(
    place: tuple[str, str], elsewhere: str
) -> None:
    network, text = place
    if family(elsewhere) == family(network):
        assert judge(elsewhere, text).payable
    elif {network, elsewhere} == {"bitcoin-testnet", "bitcoin-regtest"}:
        assert judge(elsewhere, text).kind == "p2pkh"
    else:
        assert judge(elsewhere, text).reason == "address_wrong_network"
