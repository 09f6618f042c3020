"""One-time codes and sealed secrets. The first table is RFC 6238, appendix B, cut to six digits."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base import sealing
from tidegate.parties import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30
KEY, NONCE = b"k" * 32, b"n" * 12


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.accept(SECRET, code, 0, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize(
    ("step", "last_step", "accepted"),
    [
        (STEP, 0, True),
        (STEP - 1, 0, True),
        (STEP + 1, 0, True),
        (STEP - 2, 0, False),
        (STEP + 2, 0, False),
        (STEP, STEP - 1, True),
        (STEP, STEP, False),  # used
        (STEP - 1, STEP, False),  # older than one that was used
        (STEP + 1, STEP, True),
    ],
)
def test_a_code_counts_one_step_around_now_and_once(step: int, last_step: int, accepted: bool) -> None:
    code = totp.code_at(SECRET, step)
    assert totp.accept(SECRET, code, last_step, NOW) == (step if accepted else None)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", " 123456", "123456\n", "１２３４５６", "-12345"])
def test_what_is_not_six_digits_is_no_code(code: str) -> None:
    assert totp.accept(SECRET, code, 0, NOW) is None


@given(st.integers(0, 999_999), st.integers(0, 3))
def test_a_code_that_was_accepted_is_never_accepted_again(number: int, ahead: int) -> None:
    step = totp.accept(SECRET, f"{number:06}", 0, NOW)
    if step is not None:
        later = datetime.fromtimestamp(NOW.timestamp() + 30 * ahead, UTC)
        again = totp.accept(SECRET, f"{number:06}", step, later)
        assert again is None or again > step


@pytest.mark.parametrize(
    ("wrong", "ago", "paused"),
    [(0, None, False), (4, 0, False), (5, 0, True), (6, 3599, True), (5, 3600, False), (9, 7200, False)],
)
def test_after_so_many_wrong_codes_in_a_row_none_counts_for_a_while(wrong: int, ago: int | None, paused: bool) -> None:
    hour = timedelta(hours=1)
    newest = None if ago is None else NOW - timedelta(seconds=ago)
    until = totp.paused_until(wrong, newest, 5, hour, NOW)
    assert until == (None if newest is None or not paused else newest + hour)


def test_the_link_names_account_and_issuer() -> None:
    assert totp.uri(SECRET, "ana@example.com", "Shop") == (
        f"otpauth://totp/Shop:ana%40example.com?secret={SECRET}&issuer=Shop"
    )


@given(st.binary(max_size=64), st.text(max_size=20))
def test_a_sealed_secret_comes_back_and_does_not_show(secret: bytes, about: str) -> None:
    sealed = sealing.seal(KEY, NONCE, secret, about)
    assert sealing.unseal(KEY, sealed, about) == secret
    assert len(secret) < 4 or secret not in sealed


def test_a_sealed_secret_opens_only_where_it_belongs() -> None:
    sealed = sealing.seal(KEY, NONCE, b"secret", "fac_1 of cus_1")
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for key, text, about in [
        (b"x" * 32, sealed, "fac_1 of cus_1"),
        (KEY, sealed, "fac_1 of cus_2"),
        (KEY, flipped, "fac_1 of cus_1"),
        (KEY, b"", "fac_1 of cus_1"),
    ]:
        with pytest.raises(sealing.NotSealedHere):
            sealing.unseal(key, text, about)


@pytest.mark.parametrize(("key", "nonce"), [(b"k" * 31, NONCE), (KEY, b"n" * 11)])
def test_a_short_key_or_nonce_is_a_bug(key: bytes, nonce: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        sealing.seal(key, nonce, b"secret", "fac_1")
