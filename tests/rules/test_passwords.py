"""What a password must be like, and how long somebody waits who tries wrong ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tidegate.base.refusals import Malformed
from tidegate.parties import passwords, tries

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ABOUT = ("Ada Example-Long", "ada.example@example.com")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("abcdefghijk", "password_short"),  # 11
        ("abcdefghijkl", None),  # 12
        ("ab" * 64, "password_simple"),
        ("abcde" * 25 + "abc", None),  # 128
        ("abcde" * 25 + "abcd", "password_long"),  # 129
        ("abcdabcdabcd", "password_simple"),  # 4 different
        ("abcdeabcdabc", None),  # 5 different
        ("AbCdaBcDabcd", "password_simple"),  # a capital is no other letter
        ("correct horse\nbattery", "password_unreadable"),
        ("correct\0horse battery", "password_unreadable"),
        ("ADA.EXAMPLE@example.com", "password_is_name"),
        ("ada example-long", "password_is_name"),
        ("ada example-longer", None),
    ],
)
def test_a_password_is_taken_or_refused_with_a_code(password: str, code: str | None) -> None:
    if code is None:
        passwords.check(password, ABOUT)
        return
    with pytest.raises(Malformed) as refused:
        passwords.check(password, ABOUT)
    assert (refused.value.code, refused.value.field) == (code, "password")
    assert password not in refused.value.message


def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    assert passwords.normal("ｐａｓｓｗｏｒｄ　１２３４") == passwords.normal("password 1234")


@pytest.mark.parametrize(
    ("wrong", "minutes"),
    [(0, None), (4, None), (5, 1), (6, 2), (7, 4), (10, 32), (11, 60), (12, 60), (1000, 60)],
)
def test_the_wait_doubles_up_to_an_hour(wrong: int, minutes: int | None) -> None:
    until = tries.waits_until(wrong, NOW, tries.ACCOUNT, NOW)
    assert until == (None if minutes is None else NOW + timedelta(minutes=minutes))
    if until is not None:
        assert tries.waits_until(wrong, NOW, tries.ACCOUNT, until - timedelta(microseconds=1)) == until
        assert tries.waits_until(wrong, NOW, tries.ACCOUNT, until) is None


def test_tries_are_forgotten_after_a_day() -> None:
    day = tries.FORGOTTEN
    assert tries.after(7, NOW, NOW + day - timedelta(seconds=1)) == 8
    assert tries.after(7, NOW, NOW + day) == 1


def test_a_network_is_bounded_more_widely_than_an_account() -> None:
    assert tries.waits_until(29, NOW, tries.NETWORK, NOW) is None
    assert tries.waits_until(30, NOW, tries.NETWORK, NOW) == NOW + timedelta(minutes=1)
