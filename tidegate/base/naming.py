"""A person as screening sees one, and what an outside service that knows sanctioned names has to offer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Person:
    """Whom we ask about. None = we do not know."""

    name: str
    born: date | None = None
    country: str | None = None  # ISO 3166-1 alpha-2


@dataclass(frozen=True, slots=True)
class NameFound:
    """Somebody on a list whose name is like the person's."""

    id: str  # the service's own, "Q7747" or "NK-…"
    name: str
    score: Decimal  # 0..1, as the service sees it
    lists: tuple[str, ...]
    topics: tuple[str, ...]  # "sanction", "role.pep", …


class NoAnswer(Exception):
    """The service gave no usable answer: late, unreachable, or not what it promises. Never "nobody found"."""


class NameScreening(Protocol):
    """An outside service that matches names against lists."""

    def match(self, person: Person) -> list[NameFound]:
        """Whom the service found, best first. Raises NoAnswer."""
        ...
