"""How stored values are read on pages: instants as instants, lists by their parts, codes in words."""

from __future__ import annotations

import pytest

from tidegate.console.nav import SECTIONS
from tidegate.console.render import plain, when
from tidegate.console.words import Say

AT = "2026-11-28T15:17:42.617727Z"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("drain_1", "drain_1"),
        (AT, when(AT)),
        ("2026-11-28T15:17:42Z", when("2026-11-28T15:17:42Z")),
        (f"not after {AT}", f"not after {AT}"),
        ("2026-11-28", "2026-11-28"),
        (["a", "b"], "a, b"),
        ([], "–"),
        ({}, "–"),
        ({"sold": 3}, "sold 3"),
        (True, "true"),
        (7, "7"),
    ],
)
def test_a_stored_value_is_read_as_people_write_it(value: object, read: str) -> None:
    assert plain(value) == read


@pytest.mark.parametrize(("most", "read"), [(5, "abcde"), (4, "abcd…")])
def test_a_long_text_is_cut_where_a_list_has_no_room(most: int, read: str) -> None:
    assert plain("abcde", most) == read
    assert plain(AT, most) == when(AT)


@pytest.mark.parametrize(
    ("name", "value", "en", "zh"),
    [
        ("outcome", "review", "review", "人工审核"),
        ("from", "in_review", "in review", "人工审核中"),
        ("from", "Berlin", "Berlin", "Berlin"),
        ("factors", ["totp"], ["authenticator app"], ["验证器应用"]),
        ("reason", "review", "review", "review"),
        ("nonce", 7, 7, 7),
    ],
)
def test_a_code_of_ours_is_said_in_words(name: str, value: object, en: object, zh: object) -> None:
    assert (Say("en").value(name, value), Say("zh").value(name, value)) == (en, zh)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/", "/"),
        ("/withdrawals/wd_1", "/"),
        ("/cases", "/cases"),
        ("/cases/case_1", "/cases"),
        ("/rating/rat_1/figures", "/rating"),
        ("/rating-lines/rln_1", "/rating"),
        ("/facts", "/rating"),
        ("/off-boarding", "/rating"),
        ("/calendars/cal_1", "/rating"),
        ("/treasury", "/treasury"),
        ("/me", None),
    ],
)
def test_a_page_belongs_to_one_place_of_the_rail(path: str, place: str | None) -> None:
    assert [one.path for _, places in SECTIONS for one in places if one.holds(path)] == ([place] if place else [])
