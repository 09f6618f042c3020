"""One value, one text: what is hashed, signed, stored in the journal and compared byte by byte."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import cache
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from tidegate.base.times import rfc3339

Quoted = Callable[[str], str]
"""A text as a JSON string."""


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, ASCII only; dataclasses become objects, times RFC 3339.

    Integers beyond 53 bits become decimal strings, so that no reader rounds them. A float raises TypeError.
    """
    return _text(value, encode_basestring_ascii)


def readable(value: Any) -> str:
    """The canonical form with letters as people write them: for answers that people read."""
    return _text(value, encode_basestring)


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


# Written in one pass: to make plain values first and hand them to json.dumps took twice as long, and an authorisation
# has six such texts.
def _text(value: Any, quoted: Quoted) -> str:
    kind: type = type(value)
    if kind is str:
        return quoted(value)
    if value is None:
        return "null"
    if kind is dict:
        named = {str(key): item for key, item in value.items()}
        return "{" + ",".join([f"{quoted(key)}:{_text(named[key], quoted)}" for key in sorted(named)]) + "}"
    if kind is list or kind is tuple:
        return "[" + ",".join([_text(item, quoted) for item in value]) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value) if -(2**53) < value < 2**53 else f'"{value}"'
    if isinstance(value, datetime):
        return f'"{rfc3339(value)}"'
    if isinstance(value, str):
        return quoted(value.value if isinstance(value, Enum) else value)
    if isinstance(value, dict):
        return _text(dict(value), quoted)
    if isinstance(value, list | tuple):
        return _text(list(value), quoted)
    if isinstance(value, frozenset | set):
        return "[" + ",".join(sorted([_text(item, quoted) for item in value], key=json.loads)) + "]"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return "{" + ",".join([head + _text(getattr(value, name), quoted) for name, head in _heads(kind, quoted)]) + "}"
    raise TypeError(f"{type(value).__name__} has no canonical form: {value!r}")


@cache
def _heads(kind: type, quoted: Quoted) -> list[tuple[str, str]]:
    """A dataclass's fields in the order of their names, each with the text before its value."""
    names = sorted(field.name for field in dataclasses.fields(kind))
    return [(name, f"{quoted(name)}:") for name in names]
