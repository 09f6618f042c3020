"""Poisoned addresses: what a person would confuse, what nobody would, and how often strangers agree by chance."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.codec import bech32, evm_address, tron_address
from tidegate.codec.bech32 import Witness
from tidegate.policy.screening_numbers import LookAlike
from tidegate.screening.lookalike import KEY_LENGTH, Known, agreement, body, chance, closest, keys, likeness

NUMBERS = LookAlike(lead=3, tail=3, score=6, one_end=7)
GENUINE = "0xd9A1b0B1e1aE382DbDc898Ea68012FfcB2853a91"
POISON = "0xd9A1C3788D81257612E2581A6ea0aDa244853a91"
"""The pair of 3 May 2024, when 1,155 WBTC went to the second one (etherscan.io, widely reported)."""
TETHER = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


def evm(digits: str) -> str:
    return evm_address.checksum(bytes.fromhex(digits))


def test_the_pair_of_may_2024_is_confusable() -> None:
    like = likeness("ethereum", POISON, Known("ethereum", GENUINE, "customer"), NUMBERS)
    assert like is not None
    assert (like.lead, like.tail, like.score) == (4, 6, 10)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (GENUINE, GENUINE[2:].lower()),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "ar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "w508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"),
        ("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "w508d6qejxtdg4y5r3zarvary0c5xw7kygt080"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "a1zp1ep5qgefi2dmptftl5slmv7divfna"),
        (TETHER, TETHER[1:].lower()),
    ],
)
def test_what_every_address_of_a_kind_begins_with_is_not_compared(address: str, expected: str) -> None:
    assert body(address) == expected
    assert keys(address) == (expected[:3], expected[-3:])


BASE = "abcdef" + "0" * 28 + "fedcba"


@pytest.mark.parametrize(
    ("other", "lead", "tail", "confusable"),
    [
        ("abc999" + "1" * 28 + "111cba", 3, 3, True),  # both ends, just far enough
        ("abc999" + "1" * 28 + "1111ba", 3, 2, False),  # one short at the end
        ("ab9999" + "1" * 28 + "111cba", 2, 3, False),  # one short at the beginning
        ("abcdef" + "9" + "1" * 33, 6, 0, False),  # one end alone, one short
        ("abcdef0" + "1" * 33, 7, 0, True),  # one end alone
        ("1" * 33 + "0fedcba", 0, 7, True),
        ("1" * 34 + "fedcba", 0, 6, False),
        ("abcdef" + "1" * 28 + "fedcba", 6, 6, True),
        (BASE[:20] + "1" + BASE[21:], 20, 19, True),  # one character in the middle
    ],
)
def test_both_ends_or_one_end_very_far(other: str, lead: int, tail: int, confusable: bool) -> None:
    assert agreement(evm(BASE), evm(other)) == (lead, tail)
    found = likeness("bsc", evm(other), Known("ethereum", evm(BASE), "hot"), NUMBERS)
    assert (found is not None) is confusable


def test_both_ends_need_the_score_as_well() -> None:
    strict = LookAlike(lead=3, tail=3, score=8, one_end=12)
    base = Known("ethereum", evm(BASE), "customer")
    assert likeness("ethereum", evm("abc9" + "1" * 32 + "1cba"), base, strict) is None  # 3 + 3
    assert likeness("ethereum", evm("abcd9" + "1" * 30 + "1dcba"), base, strict) is not None  # 4 + 4


def test_an_address_never_resembles_itself_in_whatever_spelling() -> None:
    assert likeness("bsc", GENUINE, Known("ethereum", GENUINE.lower(), "customer"), NUMBERS) is None


def test_families_are_not_compared_with_each_other() -> None:
    text = "TR7NzzzzzzzzzzzzzzzzzzzzzzzzzzLj6t"
    assert likeness("tron", text, Known("tron", TETHER, "customer"), NUMBERS) is not None
    assert likeness("bitcoin", text, Known("tron", TETHER, "customer"), NUMBERS) is None


def test_case_does_not_save_a_base58_address() -> None:
    """A thief who need not match the case has less work, and nobody notices."""
    like = likeness("tron", "Tr7nXXXXXXXXXXXXXXXXXXXXXXXXXXlJ6T", Known("tron", TETHER, "customer"), NUMBERS)
    assert like is not None
    assert (like.lead, like.tail) == (3, 4)


def test_the_closest_of_several_is_named() -> None:
    far = Known("ethereum", evm("abc" + "2" * 34 + "cba"), "deposit")
    near = Known("ethereum", evm("abcde" + "3" * 30 + "edcba"), "customer")
    found = closest("ethereum", evm(BASE), [far, near, Known("ethereum", evm("1" * 40), "hot")], NUMBERS)
    assert found is not None
    assert found.known is near
    assert closest("ethereum", evm(BASE), [], NUMBERS) is None


ADDRESS = (
    st.binary(min_size=20, max_size=20).map(evm_address.checksum)
    | st.binary(min_size=20, max_size=20).map(tron_address.text_of)
    | st.binary(min_size=20, max_size=20).map(lambda raw: bech32.encode_witness(Witness("bc", 0, raw)))
)


@given(ADDRESS, ADDRESS)
def test_the_ends_never_overlap_and_the_order_does_not_matter(one: str, other: str) -> None:
    lead, tail = agreement(one, other)
    assert 0 <= lead + tail <= min(len(body(one)), len(body(other)))
    assert agreement(other, one) == (lead, tail)


@given(ADDRESS, ADDRESS)
def test_what_is_confusable_is_always_found_by_one_end(one: str, other: str) -> None:
    lead, tail = agreement(one, other)
    if lead >= KEY_LENGTH:
        assert keys(one)[0] == keys(other)[0]
    if tail >= KEY_LENGTH:
        assert keys(one)[1] == keys(other)[1]


def test_strangers_agree_as_often_as_the_formula_says() -> None:
    """A million pairs of random EVM addresses at a low threshold, where chance is large enough to be counted."""
    numbers = LookAlike(lead=1, tail=1, score=3, one_end=4)
    dice = random.Random(7)
    book = [f"{dice.getrandbits(160):040x}" for _ in range(1000)]
    found = 0
    for _ in range(1000):
        one = Known("evm", "0x" + book[dice.randrange(1000)], "customer")
        other = f"0x{dice.getrandbits(160):040x}"
        found += sum(
            likeness("evm", other, Known("evm", "0x" + digits, one.whose), numbers) is not None for digits in book[:200]
        )
    expected = 200_000 * chance(16, numbers)
    assert abs(found - expected) < 4 * expected**0.5  # four standard deviations; the dice are loaded with one seed


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (LookAlike(lead=1, tail=1, score=2, one_end=5), 1 / 4 + 2 / 32),
        (LookAlike(lead=1, tail=1, score=3, one_end=5), 1 / 8 * (1 + 1 / 2) + 2 / 32),
        (LookAlike(lead=1, tail=1, score=4, one_end=4), 1 / 16 * (1 + 2 / 2) + 2 / 16),
        (LookAlike(lead=3, tail=2, score=1, one_end=6), 1 / 32 + 2 / 64),  # the ends alone ask for more
    ],
)
def test_chance_by_hand_for_coins_that_are_tossed(numbers: LookAlike, expected: float) -> None:
    assert chance(2, numbers) == expected


def test_the_shipped_numbers_disturb_nobody_with_a_book_of_a_hundred() -> None:
    assert 100 * chance(16, NUMBERS) < 1e-5
    assert 100 * chance(32, NUMBERS) < 1e-5
