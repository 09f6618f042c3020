"""Sentences that are kept in English and worded in Chinese where they are read.

What is kept never changes its bytes: decisions, the journal, the reasons of orders. A sentence of ours is read back by
the pattern that it was written in, and its values go into the other language (decision 39).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

Sentences = tuple[tuple[str, str], ...]
"""English as it is kept, `{names}` for its values, and the same in Chinese. Of two that fit, the first counts."""

Read = Mapping[str, Callable[[str], str]]
"""Name of a value -> how it is said in Chinese; other values are said as they are."""


def chinese(sentences: Sentences, said: str, read: Read) -> str | None:
    """The Chinese of what is kept; None where no sentence of ours fits: those are another's own words."""
    for english, other in sentences:
        found = _pattern(english).fullmatch(said)
        if found is not None:
            values = found.groupdict().items()
            return other.format(**{name: read[name](value) if name in read else value for name, value in values})
    return None


def by(words: Mapping[str, str]) -> Callable[[str], str]:
    """A value that is a code: its words, or itself where it has none."""
    return lambda code: words.get(code, code)


@cache
def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", english)
    named = (re.escape(part) if place % 2 == 0 else f"(?P<{part}>.+?)" for place, part in enumerate(parts))
    return re.compile("".join(named), re.DOTALL)
