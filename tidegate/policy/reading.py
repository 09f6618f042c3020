"""Reading a policy pack strictly: every key known and present, amounts as decimal strings, every fault collected."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tidegate.base.money import BadAmount, to_units
from tidegate.base.refusals import FieldError
from tidegate.policy.pricing import PRICE_DECIMALS, VALUE_DECIMALS

STANDINGS = ("allowed", "restricted", "banned")

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COIN_DECIMALS = 30  # the most an asset may have

_ABSENT = object()


@dataclass(slots=True)
class Reader:
    """Reads a pack piece by piece and collects what is wrong instead of stopping at the first fault."""

    faults: list[FieldError] = field(default_factory=list)

    @staticmethod
    def absent(value: object) -> bool:
        """Whether `section` found nothing there: that has been said already."""
        return value is _ABSENT

    def fault(self, path: str, message: str) -> None:
        self.faults.append(FieldError(path, "pack_invalid", message))

    def section(self, path: str, value: object, *keys: str, optional: Collection[str] = ()) -> dict[str, object]:
        """An object with exactly these keys, and none but the optional ones besides; those are absent from the answer
        where the pack does not say them."""
        given = self._object(path, value)
        dot = f"{path}." if path else ""
        known = (*keys, *optional)
        for key in given:
            if key not in known:
                self.fault(f"{dot}{key}", f"is not known here; known are {', '.join(known)}")
        if value is not _ABSENT and isinstance(value, Mapping):
            for key in keys:
                if key not in given:
                    self.fault(f"{dot}{key}", "is missing")
        said = {key: given.get(key, _ABSENT) for key in keys}
        return said | {key: given[key] for key in optional if key in given}

    def lines(self, path: str, value: object) -> list[tuple[str, object]]:
        """A list, each item with its path."""
        return [(f"{path}[{place}]", item) for place, item in enumerate(self._array(path, value))]

    def choice(self, path: str, value: object, words: Collection[str]) -> str:
        """One of these words; the first where it is not."""
        if isinstance(value, str) and value in words:
            return value
        if value is not _ABSENT:
            self.fault(path, f"is {value!r}; it must be one of {', '.join(words)}"[:200])
        return next(iter(words))

    def text(self, path: str, value: object, most: int = 300) -> str:
        """Printable words of a person."""
        if isinstance(value, str) and 1 <= len(value) <= most and value.isprintable():
            return value
        if value is not _ABSENT:
            self.fault(path, f"must be 1 to {most} printable characters")
        return ""

    def day(self, path: str, value: object) -> date:
        """A day such as "2026-08-20"."""
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        if value is not _ABSENT:
            self.fault(path, f'is {value!r}; it must be a day like "2026-08-20"'[:200])
        return date.min

    def entries(self, path: str, value: object, pattern: re.Pattern[str], meaning: str) -> dict[str, object]:
        """An object whose keys are names that `pattern` describes."""
        given = self._object(path, value)
        for key in given:
            if not pattern.fullmatch(key):
                self.fault(f"{path}.{key}", f"is not {meaning}")
        return {key: item for key, item in given.items() if pattern.fullmatch(key)}

    def usd(self, path: str, value: object) -> int:
        """An amount of USD, as micro-USD."""
        return self._decimal(path, value, VALUE_DECIMALS)

    def price(self, path: str, value: object) -> int:
        price = self._decimal(path, value, PRICE_DECIMALS)
        if price == 0 and isinstance(value, str) and not self.faulty(path):
            self.fault(path, "must be more than 0: what costs nothing passes every limit")
        return price

    def coins(self, path: str, value: object, *, above_zero: bool = False) -> str:
        units = self._decimal(path, value, _COIN_DECIMALS)
        if above_zero and units == 0 and not self.faulty(path):
            self.fault(path, "must be more than 0, or nothing can ever be paid")
        return value if isinstance(value, str) else "0"

    def whole(self, path: str, value: object, least: int, most: int) -> int:
        if value is _ABSENT:
            return least
        if type(value) is not int:
            self.fault(path, f"must be a whole number, not {kind(value)}")
            return least
        if not least <= value <= most:
            self.fault(path, f"is {value}; it must be from {least} to {most}")
            return least
        return value

    def standing(self, path: str, value: object) -> str:
        if value is not _ABSENT and value not in STANDINGS:
            self.fault(path, f"is {value!r}; it must be one of {', '.join(STANDINGS)}")
        return value if isinstance(value, str) else "banned"

    def names(
        self,
        path: str,
        value: object,
        pattern: re.Pattern[str] = _NAME,
        meaning: str = "a list's name, like 'sanctions'",
    ) -> tuple[str, ...]:
        """A list of different names that `pattern` describes."""
        names: list[str] = []
        for here, item in self.lines(path, value):
            name = self.name(here, item, pattern, meaning)
            if name in names:
                self.fault(here, f"{name!r} is named twice")
            elif name:
                names.append(name)
        return tuple(names)

    def name(self, path: str, value: object, pattern: re.Pattern[str], meaning: str) -> str:
        """One name that `pattern` describes; "" where it is none."""
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        if value is not _ABSENT:
            self.fault(path, f"{value!r} is not {meaning}"[:200])
        return ""

    def quorum(self, path: str, value: object) -> tuple[tuple[int, int], ...]:
        """The quorum table: from 0 on, values rising, never fewer people for more."""
        table: list[tuple[int, int]] = []
        for place, item in enumerate(self._array(path, value)):
            line = self.section(f"{path}[{place}]", item, "from_value", "people")
            start = self.usd(f"{path}[{place}].from_value", line["from_value"])
            people = self.whole(f"{path}[{place}].people", line["people"], 1, 5)
            if not table and start != 0:
                self.fault(f"{path}[0].from_value", "must be 0: a review of any amount needs at least one person")
            if table and start <= table[-1][0]:
                self.fault(f"{path}[{place}].from_value", "must be more than in the line before")
            if table and people < table[-1][1]:
                self.fault(f"{path}[{place}].people", "must not be fewer than in the line before")
            table.append((start, people))
        if not table and not self.faulty(path) and value is not _ABSENT:
            self.fault(path, "must have at least one line, from 0")
        return tuple(table)

    def _decimal(self, path: str, value: object, decimals: int) -> int:
        if value is _ABSENT:
            return 0
        if not isinstance(value, str):
            self.fault(path, f'must be a decimal string like "12.5", not {kind(value)}')
            return 0
        try:
            return to_units(value, decimals)
        except BadAmount as bad:
            self.fault(path, str(bad))
            return 0

    def _object(self, path: str, value: object) -> dict[str, object]:
        if isinstance(value, Mapping):
            return {str(key): item for key, item in value.items()}
        if value is not _ABSENT:
            self.fault(path, f"must be an object, not {kind(value)}")
        return {}

    def _array(self, path: str, value: object) -> list[object]:
        if isinstance(value, list | tuple):
            return list(value)
        if value is not _ABSENT:
            self.fault(path, f"must be a list, not {kind(value)}")
        return []

    def faulty(self, path: str) -> bool:
        """Whether something is wrong at this very path."""
        return any(fault.field == path for fault in self.faults)


def kind(value: object) -> str:
    """What a value is, in words for a fault."""
    words = {str: "text", bool: "true or false", int: "a whole number", float: "a number with a point", list: "a list"}
    if value is None:
        return "null"
    if isinstance(value, Decimal):
        return "a number with a point"
    return words.get(type(value), "an object" if isinstance(value, Mapping) else type(value).__name__)
