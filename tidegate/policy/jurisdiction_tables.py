"""Two tables that people keep, as the section `places` of a pack; what cannot be read is set aside with its reason.

`places`: code, status, name, status_source, status_date, confidence. `rules`: code, rule, value, unit, scope,
effective_from, effective_to, source, confidence. Rows that contradict an earlier one, or say what nobody can apply,
harm nobody else: they are quarantined and shown, and the earlier row stands.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from tidegate.base.refusals import FieldError, Malformed
from tidegate.policy import jurisdictions
from tidegate.policy.reading import Reader

PLACES = ("code", "status", "name", "status_source", "status_date", "confidence")
RULES = ("code", "rule", "value", "unit", "scope", "effective_from", "effective_to", "source", "confidence")

GENESIS = "2009-01-03"
"""A standing without a day holds since the first block: before it there was nothing to withdraw."""

_STANDING = {
    "allowed": "allowed",
    "restricted": "restricted",
    "banned": "banned",
    "blocked_by_policy": "banned",
    "edd_by_policy": "restricted",
}
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")
_WHOLE = re.compile(r"[0-9]{1,15}")

Line = dict[str, object]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that was set aside."""

    table: str  # "places", "rules"
    line: int  # of the file, its header is 1
    code: str  # stable
    reason: str


@dataclass(frozen=True, slots=True)
class Converted:
    """The section `places` of a pack, ready to be proposed, and what is not in it."""

    places: dict[str, Line]
    quarantined: tuple[Quarantined, ...]


class _Unfit(Exception):
    """A row that cannot be used: a code and the reason in words."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def convert(places: str, rules: str) -> Converted:
    """Both tables as one section. Raises Malformed `table_unreadable` where a header is not the one above."""
    aside: list[Quarantined] = []
    made: dict[str, Line] = {}
    for number, row in _rows(places, "places", PLACES, aside):
        try:
            _add_place(made, row)
        except _Unfit as unfit:
            aside.append(Quarantined("places", number, unfit.code, str(unfit)))
    for number, row in _rows(rules, "rules", RULES, aside):
        try:
            _add_rules(made, row)
        except _Unfit as unfit:
            aside.append(Quarantined("rules", number, unfit.code, str(unfit)))
    return Converted(made, tuple(aside))


def _rows(
    text: str, table: str, header: tuple[str, ...], aside: list[Quarantined]
) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        first = next(reader, [])
    except csv.Error as fault:
        raise Malformed("table_unreadable", f"{table}: the header cannot be read: {fault}") from fault
    if tuple(first) != header:
        raise Malformed("table_unreadable", f"{table}: the header is {first}; it must be {','.join(header)}"[:400])
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as fault:
            aside.append(Quarantined(table, reader.line_num, "row_unreadable", str(fault)))
            continue
        if cells is None:
            return
        if len(cells) != len(header):
            said = f"{len(cells)} columns instead of {len(header)}: shifted, or two rows joined"
            aside.append(Quarantined(table, reader.line_num, "columns_wrong", said))
        else:
            yield reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))


def _add_place(made: dict[str, Line], row: Mapping[str, str]) -> None:
    standing = _STANDING.get(row["status"])
    if standing is None:
        raise _Unfit("standing_unknown", f"{row['status'][:40]!r} is none of {', '.join(_STANDING)}")
    if row["code"] in made:
        raise _Unfit("place_twice", f"{row['code']} stands in the table before; the earlier row holds")
    since = _day(row["status_date"]) if row["status_date"] else GENESIS
    place: Line = {"standing": standing, "since": since, "source": _source(row, "status_source"), "rules": []}
    _check({row["code"]: place})
    made[row["code"]] = place


def _add_rules(made: dict[str, Line], row: Mapping[str, str]) -> None:
    place = made.get(row["code"])
    if place is None:
        raise _Unfit("place_unknown", f"{row['code'][:20]!r} is no place of the other table")
    common: Line = {"since": _day(row["effective_from"]), "source": _source(row, "source")}
    if row["effective_to"]:
        common["until"] = _day(row["effective_to"])
    kept = place["rules"]
    assert isinstance(kept, list)  # made above
    added = [{**line, **common} for line in _READERS.get(row["rule"], _note)(row)]
    _check({row["code"]: {**place, "rules": [*kept, *added]}})
    kept.extend(added)


def _check(places: dict[str, Line]) -> None:
    """What a pack would refuse is refused here, row by row."""
    reader = Reader()
    jurisdictions.read(reader, "places", places)
    if reader.faults:
        fault: FieldError = reader.faults[0]
        contradicts = "says something else" in fault.message
        raise _Unfit("contradicts" if contradicts else "row_unfit", f"{fault.field.rpartition('.')[2]} {fault.message}")


def _day(text: str) -> str:
    """A whole day; of a year or a month its first."""
    parts = _DAY.fullmatch(text)
    if parts is None:
        raise _Unfit("day_unreadable", f"{text[:40]!r} is no day like 2026-08-20; a rule without one cannot be dated")
    year, month, day = parts.groups()
    found = f"{year}-{month or '01'}-{day or '01'}"
    try:
        date.fromisoformat(found)
    except ValueError as fault:
        raise _Unfit("day_unreadable", f"{text!r}: {fault}") from fault
    return found


def _source(row: Mapping[str, str], column: str) -> str:
    return f"{row[column]} [{row['confidence']}]"[:300] if row[column] else f"[{row['confidence']}]"


def _number(row: Mapping[str, str], unit: str) -> int:
    if not _WHOLE.fullmatch(row["value"]) or (unit and row["unit"] != unit):
        wanted = f" {unit}" if unit else ""
        raise _Unfit("value_unreadable", f"{row['value'][:40]!r} {row['unit'][:40]!r} is no whole number of{wanted}")
    return int(row["value"])


def _travel_rule(row: Mapping[str, str]) -> list[Line]:
    amount = _number(row, "")
    return [
        {
            "ask": "travel_rule",
            "amount": str(amount),
            "currency": row["unit"],
            "over": "more_than" if "strictly greater" in row["scope"] else "at_least",
            "fields": "basic" if re.search(r"fields=basic(?!\+)", row["scope"]) else "extended",
        }
    ]


def _ownership(row: Mapping[str, str]) -> list[Line]:
    amount = str(_number(row, ""))
    return [{"ask": "ownership_proof", "amount": amount, "currency": row["unit"], "over": "more_than"}]


def _delay(*events: str) -> Callable[[Mapping[str, str]], list[Line]]:
    def read(row: Mapping[str, str]) -> list[Line]:
        spared = "where the travel rule is not applied" in row["scope"]
        extra = {"spared_by_travel_rule": True} if spared else {}
        hours = _number(row, "hours")
        return [{"ask": "delay", "event": event, "hours": hours, **extra} for event in events]

    return read


def _cap(hours: int) -> Callable[[Mapping[str, str]], list[Line]]:
    def read(row: Mapping[str, str]) -> list[Line]:
        amount = str(_number(row, ""))
        return [{"ask": "out_cap", "amount": amount, "currency": row["unit"], "assets": "stablecoin", "hours": hours}]

    return read


def _allow_list(row: Mapping[str, str]) -> list[Line]:
    # Where only an operator's own cold wallets are meant, a customer's address book has nothing to do with it.
    return [{"ask": "allow_list"}] if "withdrawal addresses" in row["scope"] else _note(row)


def _note(row: Mapping[str, str]) -> list[Line]:
    said = " ".join(filter(None, (row["rule"], row["value"], row["unit"])))
    return [{"ask": "note", "words": (f"{said}: {row['scope']}" if row["scope"] else said)[:300]}]


_READERS: dict[str, Callable[[Mapping[str, str]], list[Line]]] = {
    "travel_rule_tier": _travel_rule,
    "self_hosted_ownership_proof_over": _ownership,
    "withdrawal_delay_first_deposit": _delay("first_deposit"),
    "withdrawal_delay_each_deposit": _delay("each_deposit"),
    "withdrawal_delay_first": _delay("first_withdrawal"),
    "withdrawal_delay_each": _delay("each_deposit", "each_coin_deposit", "each_purchase"),
    "stablecoin_out_daily_max": _cap(24),
    "stablecoin_out_monthly_max": _cap(24 * 30),
    "stablecoin_cap_multiplier_with_measures": lambda row: [
        {"ask": "cap_with_travel_rule", "percent": 100 * _number(row, "x")}
    ],
    "withdrawal_whitelist_required": _allow_list,
    "transfer_description_min_chars": lambda row: [{"ask": "description", "characters": _number(row, "characters")}],
    "delay_exempt_share_max": lambda row: [{"ask": "exempt_share", "percent": _number(row, "percent_of_users")}],
}
