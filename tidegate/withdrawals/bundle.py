"""The evidence bundle: everything that was known and said about a case, in one text that can be checked offline.

The journal's links come whole: a link's root is the hash of all its entries, so one entry alone proves nothing.
docs/guides/cases.md shows how to check a bundle with nothing but SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from tidegate.base.canonical import canonical, digest

FORMAT = "tidegate-case-1"


def made(
    *,
    case: object,
    answers: Sequence[object],
    evidence: Sequence[object],
    questions: Sequence[object],
    order: object | None,
    withdrawal: object | None,
    decisions: Sequence[object],
    links: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The bundle as plain values, whole units as text. It names no time of its own: the same knowledge, the same bytes.

    `links` are {"link", "before", "root", "tip", "entries": [[at, actor, kind, subject, body]]}, oldest first.
    """
    return {
        "format": FORMAT,
        "case": _plain(case),
        "answers": [_plain(item) for item in answers],
        "evidence": [_plain(item) for item in evidence],
        "questions": [_plain(item) for item in questions],
        "order": None if order is None else _plain(order),
        "withdrawal": None if withdrawal is None else _plain(withdrawal),
        "decisions": [_plain(item) for item in decisions],
        "journal": [dict(link) for link in links],
    }


def sealed(bundle: Mapping[str, Any]) -> str:
    """The bundle with its own hash, in canonical form."""
    return canonical({"sha256": digest(bundle), "bundle": bundle})


def _plain(thing: Any) -> dict[str, Any]:
    """A row as plain values. Units may pass what a reader of JSON numbers keeps exactly, so all of them are text."""
    values = {field.name: getattr(thing, field.name) for field in fields(thing)}
    said = {
        name: str(value) if value is not None and (name == "value" or name.endswith("units")) else value
        for name, value in values.items()
    }
    plain: dict[str, Any] = json.loads(canonical(said))
    return plain
