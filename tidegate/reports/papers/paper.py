"""A paper: what a report says on a page, before it is set in type.

All of it is plain text. Whoever typed it may have hidden something in it: characters that nobody sees, that turn the
reading direction round, or that the font does not draw are given by their numbers. Paper never tells less than what
is stored.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from tidegate.base.canonical import canonical

_UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


class Words(Protocol):
    """The reader's language: a word by its name, and the words of our codes."""

    language: str

    def __call__(self, name: str) -> str: ...

    def code(self, kind: str, name: str) -> str: ...

    def pick(self, said: dict[str, str]) -> str: ...

    def kind(self, name: str) -> str: ...

    def status(self, name: str) -> str: ...

    def outcome(self, name: str) -> str: ...

    def case(self, name: str) -> str: ...

    def case_kind(self, name: str) -> str: ...

    def clause(self, name: str) -> str: ...

    def detail(self, code: str, said: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and a table below it; without heads, each row is a label and its value."""

    heading: str
    rows: Sequence[Sequence[str]]
    heads: Sequence[str] = ()
    widths: Sequence[int] = ()  # of the columns, in shares
    empty: str = "–"  # said where there is no row
    note: str = ""  # below the heading


@dataclass(frozen=True, slots=True)
class Paper:
    """What is set on pages of A4."""

    language: str  # "en", "zh"
    title: str
    lead: Sequence[str]
    parts: Sequence[Part]
    foot: str  # on every page
    at: datetime  # of the newest thing that it tells: the date of the document
    wide: bool = False  # the page lies on its side


def as_text(paper: Paper, known: Container[int]) -> str:
    """The paper as the template reads it, each text as it is stored. `known` are the characters that the font draws."""

    def said(text: str) -> str:
        return shown(text, known)

    return canonical(
        {
            "language": paper.language,
            "title": said(paper.title),
            "lead": [said(line) for line in paper.lead],
            "parts": [_part(part, said) for part in paper.parts],
            "foot": said(paper.foot),
            "wide": paper.wide,
        }
    )


def _part(part: Part, said: Callable[[str], str]) -> dict[str, object]:
    for row in part.rows:
        assert len(row) == (len(part.heads) or 2), f"a row of {part.heading!r} has {len(row)} cells"
    assert len(part.heads) == len(part.widths)
    return {
        "heading": said(part.heading),
        "heads": [said(head) for head in part.heads],
        "widths": list(part.widths),
        "rows": [[said(cell) for cell in row] for row in part.rows],
        "empty": said(part.empty),
        "note": said(part.note),
    }


def shown(text: str, known: Container[int]) -> str:
    """The text with what cannot be seen, or not drawn, as numbers. A line ends where it was ended; a tab is a space."""
    return "".join(_seen(character, known) for character in text.replace("\r\n", "\n").replace("\t", " "))


def _seen(character: str, known: Container[int]) -> str:
    number = ord(character)
    if character == "\n" or (number in known and unicodedata.category(character) not in _UNSEEN):
        return character
    return f"[U+{number:04X}]"


def instant(at: datetime) -> str:
    """A moment to the second, in UTC, with its zone: paper knows no reader's."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
