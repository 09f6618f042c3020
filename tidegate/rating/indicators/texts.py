"""The SQL texts, and filling in their numbers: whole numbers of the policy and instants, nothing that somebody typed.

A text is portable: it runs unchanged on PostgreSQL, DuckDB and Spark. It names published views, the views of `VIEWS`,
and three functions that every engine defines (`epoch_us`, `per_million`, `price_units`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

_NUMBERED = ("takers", "devices", "programs", "channels")
VIEWS = ("subjects", "people", "seen", *_NUMBERED, "ended", "completed", "pairs", "flows", "freezes")
"""What several texts read, each made of those before it."""

KEPT = frozenset(VIEWS) - {"seen", "completed", "flows"}
"""Of these what is worked out once and kept while the engine runs: what is read often, and the freezes so that
PostgreSQL knows how few they are."""

ANSWER = "answer"  # follows every indicator's own text
DIGEST = "digest"

_NAME = re.compile(r"(?<![:\w]):([a-z][a-z_0-9]*)")


@cache
def text(name: str) -> str:
    """A text of the folder as it stands."""
    return resources.files("tidegate.rating.indicators").joinpath("texts", f"{name}.sql").read_text(encoding="utf-8")


def names(text: str) -> frozenset[str]:
    """The numbers and instants that a text asks for."""
    return frozenset(_NAME.findall(text))


def filled(text: str, values: Mapping[str, int | str]) -> str:
    """The text with its numbers in place. A str is SQL of our own making: an instant, a list of limits."""
    return _NAME.sub(lambda match: str(values[match.group(1)]), text)


@cache
def version(indicator: str) -> str:
    """Which rule it was: the indicator and what its text and the views under it say. Another word, another version."""
    said = "\n".join(text(name) for name in (*VIEWS, indicator, ANSWER))
    return f"{indicator}@{hashlib.sha256(said.encode()).hexdigest()[:12]}"
