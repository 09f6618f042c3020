"""Judging again what was judged: stored facts in, the same bytes out (I11)."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from tidegate.policy.pack import Policy
from tidegate.withdrawals.facts import Facts
from tidegate.withdrawals.review import Verdict, review


def replay(facts: str, policy: Policy) -> Verdict:
    """The verdict on stored facts (canonical JSON) under the policy of then."""
    return review(read(facts), policy)


def read(text: str) -> Facts:
    """Facts from their canonical text, each field by its type. One that the text lacks keeps its default, which means
    that nobody had looked."""
    facts = _record(Facts)(json.loads(text))
    assert isinstance(facts, Facts)
    return facts


Read = Callable[[Any], Any]


@cache
def _record(shape: type) -> Read:
    hints = typing.get_type_hints(shape)
    readers = {f.name: _reader(hints[f.name]) for f in dataclasses.fields(shape)}
    return lambda said: shape(**{name: read(said[name]) for name, read in readers.items() if name in said})


def _reader(kind: Any) -> Read:
    """How a value of this type comes back from JSON: times and large integers are texts there, tuples are lists."""
    parts = typing.get_args(kind)
    if isinstance(kind, types.UnionType):
        (inner,) = (_reader(part) for part in parts if part is not types.NoneType)
        return lambda value: None if value is None else inner(value)
    if typing.get_origin(kind) is tuple:
        if parts[1:] == (...,):
            each = _reader(parts[0])
            return lambda items: tuple(each(item) for item in items)
        readers = [_reader(part) for part in parts]
        return lambda items: tuple(read(item) for read, item in zip(readers, items, strict=True))
    if kind is datetime:
        return datetime.fromisoformat
    if kind in (int, str, bool) or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return typing.cast(Read, kind)
    assert dataclasses.is_dataclass(kind), kind  # no fact is made of anything else
    return _record(typing.cast(type, kind))
