"""A file of cases, read strictly: every field known, every fault with its path, nothing guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from tidegate.base.canonical import digest
from tidegate.base.refusals import Malformed, Refusal
from tidegate.base.times import from_rfc3339
from tidegate.policy.rating_numbers import DEFAULTS, RatingNumbers, read_over
from tidegate.policy.reading import Reader, kind
from tidegate.rating.fact import ACTIONS, LEVELS, SEVERITIES, Disposition, Fact, Kind, check

MOST_BYTES = 16 * 1024 * 1024

_COMMON = ("fact", "at")
_ALWAYS = ("id", "known_at", "source", "disposition")
_FIELDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ALERT: ("severity", "rule", "rule_version"),
    Kind.VIOLATION: ("article", "serious"),
    Kind.REFERENCE_FACTOR: ("article",),
    Kind.COUNTERPARTY_FREEZE: ("counterparty", "order", "evidence_level", "attributed"),
    Kind.AUTHORITY_ACTION: ("action", "case", "merchant_named"),
    Kind.OTHER_HARM: (),
}
_UNJUDGED = frozenset({Kind.ALERT, Kind.VIOLATION, Kind.REFERENCE_FACTOR})
"""What somebody has to judge first. Of the others a file tells only what is established, unless it says otherwise."""


def file(text: str) -> list[dict[str, object]]:
    """The cases of a file, as they stand. Raises Malformed `cases_invalid`."""
    try:
        said = json.loads(text, object_pairs_hook=_once)
    except RecursionError as bad:
        raise Malformed("cases_invalid", "The file is nested far too deep") from bad
    except ValueError as bad:
        raise Malformed("cases_invalid", f"The file is not JSON: {bad}") from bad
    reader = Reader()
    top = reader.section("", said, "cases", optional=("format",))
    found = [_case(reader, path, line) for path, line in reader.lines("cases", top["cases"])]
    ids = [str(case["id"]) for case in found]
    for id in sorted({id for id in ids if ids.count(id) > 1}):
        reader.fault("cases", f"names {id!r} twice")
    done(reader)
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise ValueError(f"the key {twice!r} is written twice in one object")
    return dict(pairs)


def _case(reader: Reader, path: str, value: object) -> dict[str, object]:
    case = reader.section(path, value, "id", "kind", "given", optional=("title", "why", "expect"))
    case["id"] = reader.text(f"{path}.id", case["id"], 100)
    return case


def done(reader: Reader) -> None:
    """Raises Malformed with everything that is wrong, in one line."""
    if reader.faults:
        words = "; ".join(f"{fault.field or 'the file'} {fault.message}" for fault in reader.faults[:5])
        more = f"; and {len(reader.faults) - 5} more" if len(reader.faults) > 5 else ""
        raise Malformed("cases_invalid", words + more, field=reader.faults[0].field)


def time(reader: Reader, path: str, value: object) -> datetime | None:
    """An instant with its zone; None where it is null or missing."""
    if value is None or reader.absent(value):
        return None
    if isinstance(value, str):
        try:
            return from_rfc3339(value)
        except (ValueError, OverflowError):
            pass
    reader.fault(path, f'is {value!r}; it must be a time with a zone, like "2026-03-12T10:00:00+08:00"'[:200])
    return None


def flag(reader: Reader, path: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if not reader.absent(value):
        reader.fault(path, f"must be true or false, not {kind(value)}")
    return False


def numbers(reader: Reader, path: str, value: object) -> RatingNumbers:
    """The rulebook's numbers, but for those that the case says."""
    return DEFAULTS if value is None or reader.absent(value) else read_over(reader, DEFAULTS, value, path)


def facts(reader: Reader, path: str, value: object) -> tuple[Fact, ...]:
    """The facts of a case. One that is told twice counts once; one name for two facts is a fault."""
    found: dict[str, Fact] = {}
    for here, line in reader.lines(path, value):
        made = _fact(reader, here, line)
        if made is None:
            continue
        if found.setdefault(made.id, made) != made:
            reader.fault(f"{here}.id", f"{made.id!r} names another fact above")
    return tuple(found.values())


def _fact(reader: Reader, path: str, value: object) -> Fact | None:
    before = len(reader.faults)
    what = _kind(reader, f"{path}.fact", value)
    if what is None:
        return None
    line = reader.section(path, value, *_COMMON, optional=(*_ALWAYS, *_FIELDS[what]))
    at = time(reader, f"{path}.at", line["at"])
    if at is None and line["at"] is None:
        reader.fault(f"{path}.at", "is null; a fact without a date cannot count")
    known_at = time(reader, f"{path}.known_at", line.get("known_at"))
    usual = Disposition.OPEN if what in _UNJUDGED else Disposition.CONFIRMED
    disposition = _word(reader, path, line, "disposition", Disposition) or usual
    texts = {name: _text(reader, path, line, name) for name in ("id", "article", "counterparty", "case")}
    for name in ("source", "rule", "rule_version", "order"):
        _text(reader, path, line, name)
    made = Fact(
        id=texts["id"] or digest(value),  # the same words twice are one fact, delivered twice
        kind=what,
        at=at or datetime.max,
        known_at=known_at or at or datetime.max,
        disposition=Disposition(disposition),
        article=texts["article"],
        severity=_word(reader, path, line, "severity", SEVERITIES),
        serious=flag(reader, f"{path}.serious", line["serious"]) if "serious" in line else False,
        counterparty=texts["counterparty"],
        level=_word(reader, path, line, "evidence_level", LEVELS),
        attributed=flag(reader, f"{path}.attributed", line["attributed"]) if "attributed" in line else None,
        action=_word(reader, path, line, "action", ACTIONS),
        case=texts["case"],
        named=flag(reader, f"{path}.merchant_named", line["merchant_named"]) if "merchant_named" in line else False,
    )
    if len(reader.faults) > before:
        return None
    try:
        check(made)
    except Refusal as fault:
        reader.fault(f"{path}.{fault.field}", fault.message)
        return None
    return made


def _kind(reader: Reader, path: str, value: object) -> Kind | None:
    said = value.get("fact") if isinstance(value, Mapping) else None
    if isinstance(said, str) and said in set(Kind):
        return Kind(said)
    reader.fault(path, f"is {said!r}; it must be one of {', '.join(Kind)}"[:200])
    return None


def _word(
    reader: Reader, path: str, line: Mapping[str, object], name: str, words: tuple[str, ...] | type[StrEnum]
) -> str | None:
    if name not in line:
        return None
    return reader.choice(f"{path}.{name}", line[name], tuple(words))


def _text(reader: Reader, path: str, line: Mapping[str, object], name: str) -> str | None:
    return reader.text(f"{path}.{name}", line[name], 200) if name in line else None
