"""Reading a list of addresses: what is understood counts, what is not is shown, never dropped in silence.

Official files hold rows that no parser should guess at: joined columns, a payment id in place of an address, one
address under several assets, coins of chains we do not know. A row goes where its *address* says it belongs; the
asset beside it is a hint at most (a Bitcoin address under "USDT" is a Bitcoin address).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidegate.base.refusals import Malformed
from tidegate.screening import address as addresses

MAX_ROWS = 200_000
LIST_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
FAMILIES = ("evm", "tron", "bitcoin")
"""Families whose addresses we read, one network of each family standing for it."""

_NETWORK_OF = {"evm": "ethereum", "tron": "tron", "bitcoin": "bitcoin"}
_BITCOIN, _TRON, _EVM = ("XBT", "BTC"), ("TRX",), ("ETH", "ETC", "ARB", "BSC", "BNB", "MATIC", "USDC", "USDT")
_HINTS = {*_BITCOIN, *_TRON, *_EVM}
"""Assets of chains that we read: beside one of these an unreadable address is malformed, not merely foreign."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One listed address. `address` is the look-up key of its family."""

    family: str
    address: str
    category: str  # "sanctions", "scam", …
    entry: str  # the list's own words for it


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row nobody could read: shown until a person has looked."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Parsed:
    entries: tuple[Entry, ...]
    quarantined: tuple[Quarantined, ...]


def parse(name: str, text: str) -> Parsed:
    """The rows of a CSV file whose header names `address` and `asset` or `network`; others are optional:
    `category`, `entry` (or `name`).

    Raises Malformed: `list_name_invalid`, `list_header_missing`, `list_too_long`.
    """
    if not LIST_NAME.fullmatch(name):
        raise Malformed(
            "list_name_invalid", f"{name[:64]!r} is not a list's name; write it like sanctions", field="name"
        )
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        columns = _columns(next(lines, []))
        entries: dict[tuple[str, str], Entry] = {}
        quarantined: list[Quarantined] = []
        for count, cells in enumerate(lines):
            if count >= MAX_ROWS:
                raise Malformed("list_too_long", f"The file has more than {MAX_ROWS} rows; split it into lists.")
            if not any(cell.strip() for cell in cells):
                continue
            read = _row(name, columns, cells)
            if isinstance(read, Entry):
                entries.setdefault((read.family, read.address), read)
            else:
                quarantined.append(Quarantined(lines.line_num, read, _shown(cells)))
    except csv.Error as fault:
        raise Malformed("list_not_csv", f"Line {lines.line_num} is not CSV: {fault}.") from fault
    return Parsed(tuple(entries.values()), tuple(quarantined))


def check_shrink(name: str, before: int, removed: int, after: int) -> None:
    """Raises Malformed `list_empty` or `list_shrinks`: a file that names nobody, or drops more than half of the
    list, is more often a broken download than an amnesty. A person may insist with `force`."""
    if after == 0:
        raise Malformed("list_empty", f"The file has no row that can be read; list {name} stays as it is.")
    if before and removed * 2 > before:
        raise Malformed(
            "list_shrinks",
            f"The file drops {removed} of {before} entries of list {name}; if that is right, import it with force.",
        )


def _columns(header: Sequence[str]) -> Mapping[str, int]:
    columns = {cell.strip().lower(): place for place, cell in reversed(list(enumerate(header)))}
    if "address" not in columns or not {"asset", "network"} & set(columns):
        raise Malformed(
            "list_header_missing",
            f"The first row must name the columns address and asset (or network); it says {_shown(header)!r}.",
        )
    return columns


def _row(name: str, columns: Mapping[str, int], cells: Sequence[str]) -> Entry | str:
    """The entry, or why the row cannot be read."""

    def cell(*names: str) -> str:
        return next((cells[columns[n]].strip() for n in names if n in columns and columns[n] < len(cells)), "")

    said = cell("address")
    if not said:
        return "columns_missing"
    if any(not letter.isprintable() for item in cells for letter in item):
        return "not_printable"
    hint = cell("network", "asset")
    for family in FAMILIES:
        key = addresses.list_key(_NETWORK_OF[family], said)
        if key is not None:
            category = cell("category").lower() or ("sanctions" if name.startswith("sanctions") else name)
            return Entry(family, key, category[:40], (cell("entry", "name") or hint)[:200])
    known = hint.upper() in _HINTS or hint.lower() in addresses.KNOWN_NETWORKS
    return "address_malformed" if known else "chain_unknown"


def _shown(cells: Sequence[str]) -> str:
    return ",".join(cells).replace("\0", "")[:200]
