"""What a password must be like. It is hashed at the edge (`flow/hashing.py`) and never stands anywhere else."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from tidegate.base.refusals import Malformed

LEAST, MOST = 12, 128
LEAST_DIFFERENT = 5


def normal(password: str) -> str:
    """The password as it is hashed: the same letters typed on another keyboard are the same password (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, about: Collection[str] = ()) -> None:
    """Raises Malformed for a password that could be guessed: `password_short`, `password_long`, `password_unreadable`,
    `password_simple`, `password_is_name`. `about` are words that anybody knows of its owner: name, mail address."""
    plain = normal(password)
    if len(plain) < LEAST:
        raise _wrong("password_short", f"It has {len(plain)} characters; use {LEAST} or more.")
    if len(plain) > MOST:
        raise _wrong("password_long", f"It has {len(plain)} characters; use {MOST} at most.")
    if not plain.isprintable():
        raise _wrong("password_unreadable", "It has characters that cannot be typed again, such as a line break.")
    if len(set(plain.casefold())) < LEAST_DIFFERENT:
        raise _wrong("password_simple", f"It repeats few characters; use {LEAST_DIFFERENT} different ones or more.")
    if plain.casefold() in {normal(word).casefold() for word in about}:
        raise _wrong("password_is_name", "Your name or your mail address is no password.")


def _wrong(code: str, words: str) -> Malformed:
    return Malformed(code, words, field="password")
