"""One value, one text: what is hashed, signed, stored in the journal and compared byte by byte."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from tidegate.base.times import rfc3339

Quoted = Callable[[str], str]
"""A text as a JSON string."""


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, ASCII only; dataclasses become objects, times RFC 3339.

    Integers beyond 53 bits become decimal strings, so that no reader rounds them. A float raises TypeError.
    """
    return _ASCII[type(value)](value)


def readable(value: Any) -> str:
    """The canonical form with letters as people write them: for answers that people read."""
    return _READABLE[type(value)](value)


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


class _Writers(dict[type, Callable[[Any], str]]):
    """How each type is written. What comes often is found by its very type; another is worked out when it first comes.

    Written in one pass: to make plain values first and hand them to json.dumps took twice as long, to ask each value
    what it is half as long again, and an authorisation has six such texts.
    """

    def __init__(self, quoted: Quoted) -> None:
        super().__init__()
        self._quoted = quoted
        self[str] = quoted
        self[type(None)] = lambda _: "null"
        self[bool] = lambda value: "true" if value else "false"
        self[int] = _whole
        self[datetime] = _time
        self[dict] = self._object
        self[list] = self[tuple] = self._array

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        found = self._worked_out(kind)
        self[kind] = found
        return found

    def _worked_out(self, kind: type) -> Callable[[Any], str]:
        quoted = self._quoted
        if issubclass(kind, int):
            return _whole
        if issubclass(kind, datetime):
            return _time
        if issubclass(kind, str):
            return (lambda value: quoted(value.value)) if issubclass(kind, Enum) else quoted
        if issubclass(kind, dict):
            return self._object
        if issubclass(kind, list | tuple):
            return self._array
        if issubclass(kind, frozenset | set):
            return lambda value: "[" + ",".join(sorted([self[type(x)](x) for x in value], key=json.loads)) + "]"
        if dataclasses.is_dataclass(kind):
            return self._fields(kind)
        return _nothing

    def _array(self, value: Any) -> str:
        return "[" + ",".join([self[type(item)](item) for item in value]) + "]"

    def _object(self, value: Any) -> str:
        quoted, named = self._quoted, {str(key): item for key, item in value.items()}
        said = [(key, named[key]) for key in sorted(named)]
        return "{" + ",".join([f"{quoted(key)}:{self[type(item)](item)}" for key, item in said]) + "}"

    def _fields(self, kind: type) -> Callable[[Any], str]:
        """A dataclass's fields in the order of their names, each with the text before its value."""
        heads = [(name, f"{self._quoted(name)}:") for name in sorted(f.name for f in dataclasses.fields(kind))]

        def written(value: Any) -> str:
            said = [(head, getattr(value, name)) for name, head in heads]
            return "{" + ",".join([head + self[type(item)](item) for head, item in said]) + "}"

        return written


def _whole(value: int) -> str:
    return int.__repr__(value) if -(2**53) < value < 2**53 else f'"{int(value)}"'


def _time(value: datetime) -> str:
    return f'"{rfc3339(value)}"'


def _nothing(value: Any) -> str:
    raise TypeError(f"{type(value).__name__} has no canonical form: {value!r}")


_ASCII, _READABLE = _Writers(encode_basestring_ascii), _Writers(encode_basestring)
