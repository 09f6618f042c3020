"""The mails: every kind in both languages, nothing from outside as markup, and a way to freeze in each of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.notifications import letters

DATA = {name: f"<{name}>" for name in letters.FIELDS}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", letters.KINDS)
def test_every_kind_says_what_happened_and_how_to_freeze(kind: str, language: str) -> None:
    letter = letters.compose(kind, language, DATA, None, "https://x.example/m/tok/freeze")
    for part in (letter.text, letter.html):
        assert "https://x.example/m/tok/freeze" in part
    for name in letters.FIELDS:
        assert f"<{name}>" in letter.text
        assert f"&lt;{name}&gt;" in letter.html
        assert f"<{name}>" not in letter.html
    assert bool(re.search("[一-鿿]{2}", letter.subject)) is (language == "zh")


def test_only_what_there_is_to_confirm_has_a_link_for_it() -> None:
    with_link = letters.compose("confirm", "en", DATA, "https://x.example/m/tok", "https://x.example/m/tok/freeze")
    assert "Look at it and confirm:\nhttps://x.example/m/tok\n" in with_link.text
    assert 'href="https://x.example/m/tok"' in with_link.html
    assert "Look at it" not in letters.compose("settled", "en", DATA, None, "https://x.example/f").text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("0x52908400098527886E0F7030069857D2E4169EE7", "0x 5290 8400 0985 2788 6E0F 7030 0698 57D2 E416 9EE7"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "bc1q ar0s rrr7 xfkv y5l6 43ly dnw9 re59 gtzz wf5m dq"),
        ("TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", "TJRa bPrw bZy4 5sba vfcj inPJ C18k jpRT v8"),
    ],
)
def test_an_address_is_shown_in_fours(address: str, shown: str) -> None:
    assert letters.in_fours(address) == shown


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=100))
def test_no_character_of_an_address_is_lost_or_moved(address: str) -> None:
    assert letters.in_fours(address).replace(" ", "") == address
