"""Reading a list of addresses: what is understood counts, what is not is shown, never dropped in silence.

Official files hold rows that no parser should guess at: joined columns, a payment id in place of an address, one
address under several assets, coins of chains we do not know. A row goes where its *address* says it belongs; the
asset beside it is a hint at most (a Bitcoin address under "USDT" is a Bitcoin address).

Three formats. `csv`: who is listed now. `tags`: whose addresses are known (a tag pack). `events`: who was added
and removed when, from which the list of any day can be told.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tidegate.base.refusals import Malformed
from tidegate.base.times import from_rfc3339
from tidegate.screening import address as addresses

FORMATS = ("csv", "tags", "events")
MAX_ROWS = 500_000
MAX_KEPT = 10_000
"""Quarantined rows kept word for word; more are counted only."""
LIST_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
FAMILIES = ("evm", "tron", "bitcoin")
"""Families whose addresses we read, one network of each family standing for it."""

_NETWORK_OF = {"evm": "ethereum", "tron": "tron", "bitcoin": "bitcoin"}
_BITCOIN, _TRON, _EVM = ("XBT", "BTC"), ("TRX",), ("ETH", "ETC", "ARB", "BSC", "BNB", "MATIC", "USDC", "USDT")
_HINTS = {*_BITCOIN, *_TRON, *_EVM}
"""Assets of chains that we read: beside one of these an unreadable address is malformed, not merely foreign."""
_COLUMNS = {
    "csv": (("address",), ("asset", "network")),
    "tags": (("address",), ("currency", "network", "asset"), ("category",)),
    "events": (("address",), ("event",), ("at", "time", "commit_time")),
}
"""What a header must name, by format: one of each group."""

_WORST = ("sanction", "terrorism", "extremism", "service_hack", "ransomware", "black_list", "phishing", "scam")
_SEPARATORS = re.compile(r"[\s,;|/—]+")
_MOSTLY = 10
"""A file whose unreadable rows are more than one in so many is not a list with faults but a faulty file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One listed address. `address` is the look-up key of its family."""

    family: str
    address: str
    category: str  # "sanctions", "scam", …
    entry: str  # the list's own words for it


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry as a file names it. Of several rows about one address the lowest rank counts, then the first."""

    line: int
    entry: Entry
    rank: int = 0
    valid_from: datetime | None = None  # None = from the import on
    valid_until: datetime | None = None  # None = still listed


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row nobody could read: shown until a person has looked."""

    line: int
    reason: str
    text: str


@dataclass(slots=True)
class Tally:
    """What a file turned out to hold, counted while it passes by."""

    listed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    kept: list[Quarantined] = field(default_factory=list)

    def pick(self, rows: Iterable[Listed | Quarantined]) -> Iterator[Listed]:
        """The entries among the rows; the others are counted and kept."""
        for row in rows:
            if isinstance(row, Listed):
                self.listed += 1
                yield row
            else:
                self.reasons[row.reason] += 1
                if len(self.kept) < MAX_KEPT:
                    self.kept.append(row)

    @property
    def quarantined(self) -> int:
        return self.reasons.total()


def check_file(name: str, tally: Tally) -> None:
    """Raises Malformed `list_columns_shifted`, `list_unreadable` or `list_empty`: the file as a whole is wrong, and
    the last good version of the list stays in force."""
    shifted = tally.reasons["columns_shifted"]
    if shifted and shifted >= tally.listed:
        raise Malformed(
            "list_columns_shifted",
            f"In {shifted} rows the address stands in another column than the header says, in {tally.listed} it does "
            f"not; list {name} stays as it is. Put the columns in the header's order.",
        )
    if tally.listed == 0:
        raise Malformed("list_empty", f"The file has no row that can be read; list {name} stays as it is.")
    unreadable = tally.quarantined - tally.reasons["chain_unknown"]
    if unreadable > max(20, (tally.listed + unreadable) // _MOSTLY):
        worst = ", ".join(f"{count} {reason}" for reason, count in tally.reasons.most_common(3))
        raise Malformed(
            "list_unreadable",
            f"{unreadable} of {tally.listed + unreadable} rows cannot be read ({worst}); list {name} stays as it is.",
        )


def check_shrink(name: str, before: int, removed: int) -> None:
    """Raises Malformed `list_shrinks`: a file that drops half of the list or more is more often a broken download
    than an amnesty. A person may insist with `force`."""
    if before and removed * 2 >= before:
        raise Malformed(
            "list_shrinks",
            f"The file drops {removed} of {before} entries of list {name}; if that is right, import it with force.",
        )


def check_rewritten(name: str, rewritten: int) -> None:
    """Raises Malformed `list_history_rewritten`: a history may grow, and entries may end; it never changes what was."""
    if rewritten:
        raise Malformed(
            "list_history_rewritten",
            f"{rewritten} entries of list {name} are not in this history, or ended at another time; if the file is "
            "right and the list was wrong, import it with force.",
        )


def read(name: str, format: str, lines: Iterable[str], now: datetime) -> Iterator[Listed | Quarantined]:
    """The rows of a file, read one by one.

    `csv` names `address` and `asset` or `network`; `category` and `entry` (or `name`) may be there.
    `tags` names `address`, `currency`, `category`; `abuse` and `label` may be there.
    `events` names `address`, `event` (add, initial, remove) and `at` (or `time`, `commit_time`).

    Raises Malformed: `list_name_invalid`, `list_format_unknown`, `list_header_missing`, `list_too_long`,
    `list_not_csv`.
    """
    if not LIST_NAME.fullmatch(name):
        raise Malformed(
            "list_name_invalid", f"{name[:64]!r} is not a list's name; write it like sanctions", field="name"
        )
    if format not in FORMATS:
        raise Malformed(
            "list_format_unknown", f"{format[:20]!r} is no format; it is one of {', '.join(FORMATS)}.", field="format"
        )
    table = _Table(name, format, lines)
    return _replay(table, now) if format == "events" else _entries(table)


def sanctioned(name: str) -> bool:
    """Whether a list's rows are sanctions unless they say otherwise."""
    return name.startswith(("sanctions", "ofac"))


# A table: a header that names columns, and rows.


class _Table:
    """The rows of a CSV file with a header. Iterating raises Malformed where the text is no CSV, or too long."""

    def __init__(self, name: str, format: str, lines: Iterable[str]) -> None:
        self.name = name
        self.tags = format == "tags"
        self._lines = csv.reader(_without_mark(lines))
        try:
            header = next(self._lines, [])
        except csv.Error as fault:
            raise self._not_csv(fault) from fault
        self.width = len(header)
        self.columns: Mapping[str, int] = {
            cell.strip().lower(): place for place, cell in reversed(list(enumerate(header)))
        }
        if not all(any(column in self.columns for column in group) for group in _COLUMNS[format]):
            wanted = ", ".join(" or ".join(group) for group in _COLUMNS[format])
            raise Malformed(
                "list_header_missing",
                f"The first row must name the columns {wanted}; it says {_shown(header)!r}.",
            )

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        count = 0
        try:
            for cells in self._lines:
                count += 1
                if count > MAX_ROWS:
                    raise Malformed("list_too_long", f"The file has more than {MAX_ROWS} rows; split it into lists.")
                if any(cell.strip() for cell in cells):
                    yield self._lines.line_num, cells
        except csv.Error as fault:
            raise self._not_csv(fault) from fault

    def cell(self, cells: Sequence[str], *names: str) -> str:
        """The first of the named columns that says something."""
        places = (self.columns[name] for name in names if name in self.columns)
        return next((said for place in places if place < len(cells) and (said := cells[place].strip())), "")

    def _not_csv(self, fault: csv.Error) -> Malformed:
        return Malformed("list_not_csv", f"Line {self._lines.line_num} is not CSV: {fault}.")


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    """The lines without the byte order mark that some editors put before the first one."""
    first = True
    for line in lines:
        yield line.removeprefix("\ufeff") if first else line
        first = False


def _entries(table: _Table) -> Iterator[Listed | Quarantined]:
    for line, cells in table:
        key = _key(table, cells)
        if isinstance(key, str):
            yield Quarantined(line, key, _shown(cells))
            continue
        hint = table.cell(cells, "network", "asset", "currency")
        if table.tags:
            category, rank = _attribution(table.cell(cells, "category").lower(), table.cell(cells, "abuse").lower())
            words = table.cell(cells, "label", "entry", "name")
        else:
            category, rank = table.cell(cells, "category").lower() or _default(table.name), 0
            words = table.cell(cells, "entry", "name")
        yield Listed(line, Entry(*key, category[:40], (words or hint)[:200]), rank)
        if any(cell.strip() for cell in cells[table.width :]):
            # The rest of a joined row may name somebody too; the part that could be read counts all the same.
            yield Quarantined(line, "row_joined", _shown(cells))


def _attribution(category: str, abuse: str) -> tuple[str, int]:
    """A tag's category and its rank. An exchange stays an exchange whatever else is said of its address: thousands
    of strangers are paid through it, and blocking it would punish them for one depositor."""
    said = category if category == "exchange" else abuse or category or "tag"
    if said == "exchange":
        return said, 0
    return said, 1 + (_WORST.index(said) if said in _WORST else len(_WORST) + (said == "tag"))


def _default(name: str) -> str:
    return "sanctions" if sanctioned(name) else name


def _key(table: _Table, cells: Sequence[str]) -> tuple[str, str] | str:
    """Family and look-up key of the row's address, or why there is none."""
    said = table.cell(cells, "address")
    if any(not letter.isprintable() for cell in cells for letter in cell):
        return "not_printable"
    found = _family_and_key(said) if said else None
    if found is not None:
        return found
    pieces = [piece for cell in cells for piece in _SEPARATORS.split(cell) if _family_and_key(piece)]
    if len(pieces) > 1 or (pieces and len(_SEPARATORS.split(said)) > 1):
        return "row_joined"
    if pieces:
        return "columns_shifted"
    if not said:
        return "columns_missing"
    hint = table.cell(cells, "network", "asset", "currency")
    known = hint.upper() in _HINTS or hint.lower() in addresses.KNOWN_NETWORKS
    return "address_malformed" if known or said[:2].lower() == "0x" else "chain_unknown"


def _family_and_key(text: str) -> tuple[str, str] | None:
    if text.startswith("0X"):  # some tools write every letter large
        text = "0x" + text[2:]
    for family in FAMILIES:
        key = addresses.list_key(_NETWORK_OF[family], text)
        if key is not None:
            return family, key
    return None


# Events: a history.


def _replay(table: _Table, now: datetime) -> Iterator[Listed | Quarantined]:
    """From adds and removes to the spans in which each address was listed.

    An address that stands under several assets, or in several spellings, is listed until the last of them is
    removed: OFAC's own history adds one in small letters and removes it in mixed case in the same breath. Times
    never run backwards within a file: where they seem to, its rows were shuffled.
    """
    open_: dict[tuple[str, str], tuple[set[tuple[str, str]], Listed]] = {}
    last: datetime | None = None
    for line, cells in table:
        key, at = _key(table, cells), _time(table.cell(cells, "at", "time", "commit_time"))
        event, asset = table.cell(cells, "event").lower(), table.cell(cells, "asset", "network")
        reason = key if isinstance(key, str) else _wrong_event(event, at, last, now)
        if reason is not None or isinstance(key, str) or at is None:
            yield Quarantined(line, reason or "time_malformed", _shown(cells))
            continue
        last = at
        under, named = open_.get(key), (asset, table.cell(cells, "address"))
        if event == "remove":
            if under is None or named not in under[0]:
                yield Quarantined(line, "remove_unlisted", _shown(cells))
                continue
            under[0].discard(named)
            if not under[0]:
                first = open_.pop(key)[1]
                if at != first.valid_from:  # taken back in the same breath: it was never in force
                    yield Listed(first.line, first.entry, 0, first.valid_from, at)
        elif under is None:
            category = table.cell(cells, "category").lower() or _default(table.name)
            words = table.cell(cells, "entry", "name") or asset
            open_[key] = {named}, Listed(line, Entry(*key, category[:40], words[:200]), 0, at)
        elif named in under[0]:
            yield Quarantined(line, "add_repeated", _shown(cells))
        else:
            under[0].add(named)
    for _, listed in open_.values():
        yield listed


def _wrong_event(event: str, at: datetime | None, last: datetime | None, now: datetime) -> str | None:
    if event not in ("add", "initial", "remove"):
        return "event_unknown"
    if at is None:
        return "time_malformed"
    if at > now:
        return "time_future"
    return "time_backwards" if last is not None and at < last else None


def _time(text: str) -> datetime | None:
    """A time with its zone; None where it is no time, or could be anywhere on earth."""
    try:
        return from_rfc3339(text)
    except (ValueError, OverflowError):
        return None


def _shown(cells: Sequence[str]) -> str:
    return ",".join(cells).replace("\0", "")[:200]
