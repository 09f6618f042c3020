"""What an indicator read of one merchant in one window."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from tidegate.base.canonical import canonical

EVIDENCE_MOST = 50


@dataclass(frozen=True, slots=True)
class Span:
    """The window that is rated: from `start` on and before `end`; days are those of `zone`."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    def before(self, days: int) -> datetime:
        """How far back a text may have to look that compares with so many days before the window."""
        return self.start - timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Reading:
    """One indicator's answer about one subject.

    The value is `part` of `whole`, the threshold `limit_part` of `limit_whole`; both None where there was nothing to
    read: no order is no rate, not a rate of 0. `fired` means that everything the indicator asks for was met, of which
    the threshold is one thing.
    """

    subject_id: str
    indicator: str
    rule_version: str
    n: int  # what its minimum of activity counts
    part: int | None
    whole: int | None
    limit_part: int | None
    limit_whole: int
    enough: bool  # the minimum of activity was there
    grade: int  # 0 = did not fire, 1 = fired, 2 = see `Indicator.second`
    figures: tuple[tuple[str, int | None], ...]  # further numbers that the text shows
    evidence: tuple[str, ...]  # ids in order, at most EVIDENCE_MOST: the earliest
    inputs_hash: str

    @property
    def fired(self) -> bool:
        return self.grade > 0

    @property
    def value(self) -> Fraction | None:
        return None if self.part is None or not self.whole else Fraction(self.part, self.whole)

    @property
    def threshold(self) -> Fraction | None:
        return None if self.limit_part is None else Fraction(self.limit_part, self.limit_whole)


@dataclass(frozen=True, slots=True)
class Digest:
    """Rows in any order as three numbers: how many, and two sums of 60 bits of each row's MD5.

    It tells whether two engines read the same rows. It is not made against somebody who forges rows: those are in
    the journal's chain.
    """

    rows: int = 0
    first: int = 0
    second: int = 0

    def __add__(self, other: Digest) -> Digest:
        return Digest(self.rows + other.rows, self.first + other.first, self.second + other.second)

    def told(self) -> str:
        return f"{self.rows}:{self.first:x}:{self.second:x}"


NO_ROWS = Digest()


def inputs_hash(rule_version: str, asked: str, read: Iterable[tuple[str, Digest]]) -> str:
    """The SHA-256 of everything that an answer depends on: the rule, the window with its numbers, the rows."""
    rows = ";".join(f"{name}={digest.told()}" for name, digest in read)
    return hashlib.sha256(f"{rule_version}\n{asked}\n{rows}".encode()).hexdigest()


def asked(span: Span, numbers: Mapping[str, int | str]) -> str:
    """Window and numbers in one spelling."""
    window = {"start": span.start, "end": span.end, "zone": span.zone.key}
    return canonical({"window": window, "numbers": dict(numbers)})
