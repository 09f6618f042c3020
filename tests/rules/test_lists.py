"""Reading lists: every row is understood or shown, and a file that is wrong as a whole is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tidegate.base.refusals import Malformed
from tidegate.screening.lists import Listed, Quarantined, Tally, check_file, read

NOW = datetime(2026, 11, 24, tzinfo=UTC)
A, B = "0x" + "a1" * 20, "0x" + "b2" * 20
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
TETHER = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


def rows(text: str, format: str = "csv", name: str = "sanctions") -> list[Listed | Quarantined]:
    return list(read(name, format, text.splitlines(keepends=True), NOW))


def said(text: str, format: str = "csv") -> list[str]:
    """Each row as the key it lists, or the reason why it does not."""
    return [row.entry.address if isinstance(row, Listed) else row.reason for row in rows(text, format)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"ETH,{A}", [A]),
        (f"ETH,0X{A[2:].upper()}", [A]),
        (f"USDT,{GENESIS}", [GENESIS]),  # the address says where it belongs, not the asset beside it
        (f"USDT,{TETHER}", [TETHER]),
        (f"ETH, {A} ", [A]),
        (f"ETH,{A[:-1]}", ["address_malformed"]),
        (f"ETH,{A[:-2]}A1", ["address_malformed"]),  # mixed case is a checksum, and this one is wrong
        ("XMR,5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320", ["chain_unknown"]),  # a payment id
        ("ETH", ["columns_missing"]),
        (f"ETH{A}", ["columns_missing"]),
        (f"{A},ETH", ["columns_shifted"]),
        (f"ETH,{A},ETH,{B}", [A, "row_joined"]),  # what can be read counts, and the rest is shown
        (f"ETH,{A} {B}", ["row_joined"]),
        (f'ETH,{A}—"Kim"', ["row_joined"]),  # so it stands in a real history
        (f"ETH,{A},,", [A]),
        ("ETH,\u202e" + A, ["not_printable"]),
        (",", []),
    ],
)
def test_a_row_is_listed_or_shown_with_a_reason(row: str, expected: list[str]) -> None:
    assert said(f"asset,address\n{row}\n") == expected


def test_the_byte_order_mark_and_the_order_of_columns_do_not_matter() -> None:
    assert said(f"\ufeffaddress,entry,network\r\n{A},Somebody,ethereum\r\n") == [A]


@pytest.mark.parametrize(
    ("name", "category"), [("sanctions", "sanctions"), ("ofac-sdn", "sanctions"), ("blocklist", "blocklist")]
)
def test_a_list_without_categories_is_one_of_its_own(name: str, category: str) -> None:
    (row,) = rows(f"asset,address\nETH,{A}\n", name=name)
    assert isinstance(row, Listed)
    assert row.entry.category == category


@pytest.mark.parametrize(
    ("text", "format", "code"),
    [
        ("", "csv", "list_header_missing"),
        (f"ETH,{A}\n", "csv", "list_header_missing"),
        ("asset,address\n", "tags", "list_header_missing"),
        ("event,address\n", "events", "list_header_missing"),
        ("asset,address\n", "xml", "list_format_unknown"),
        ('asset,address\n"' + "x" * 200_000, "csv", "list_not_csv"),
    ],
)
def test_what_is_no_list_is_refused_with_a_code(text: str, format: str, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        rows(text, format)
    assert refused.value.code == code


def events(*lines: str) -> list[tuple[str, str | None, str | None] | str]:
    """Spans as (address, first day, last day), or reasons."""

    def day(at: datetime | None) -> str | None:
        return at.strftime("%d.%m.") if at else None

    return [
        (row.entry.address, day(row.valid_from), day(row.valid_until)) if isinstance(row, Listed) else row.reason
        for row in rows("at,event,asset,address\n" + "\n".join(lines), "events")
    ]


JAN, FEB, MAR = "2024-01-05T00:00:00Z", "2024-02-05T00:00:00Z", "2024-03-05T00:00:00Z"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([f"{JAN},add,ETH,{A}"], [(A, "05.01.", None)]),
        ([f"{JAN},initial,ETH,{A}", f"{FEB},remove,ETH,{A}"], [(A, "05.01.", "05.02.")]),
        # listed anew
        (
            [f"{JAN},add,ETH,{A}", f"{FEB},remove,ETH,{A}", f"{MAR},add,ETH,{A}"],
            [(A, "05.01.", "05.02."), (A, "05.03.", None)],
        ),
        # under two assets: the last removal counts
        ([f"{JAN},add,ETH,{A}", f"{JAN},add,USDT,{A}", f"{FEB},remove,ETH,{A}"], [(A, "05.01.", None)]),
        # spelt anew in one breath
        ([f"{JAN},add,ETH,{A}", f"{FEB},add,ETH,0X{A[2:]}", f"{FEB},remove,ETH,{A}"], [(A, "05.01.", None)]),
        # never in force
        ([f"{JAN},add,ETH,{A}", f"{JAN},remove,ETH,{A}"], []),
        ([f"{JAN},remove,ETH,{A}"], ["remove_unlisted"]),
        ([f"{JAN},add,ETH,{A}", f"{FEB},add,ETH,{A}"], ["add_repeated", (A, "05.01.", None)]),
        ([f"{FEB},add,ETH,{A}", f"{JAN},add,ETH,{B}"], ["time_backwards", (A, "05.02.", None)]),
        ([f"2027-01-01T00:00:00Z,add,ETH,{A}"], ["time_future"]),
        ([f"2024-01-05T00:00:00,add,ETH,{A}"], ["time_malformed"]),  # anywhere on earth
        ([f"soon,add,ETH,{A}"], ["time_malformed"]),
        ([f"{JAN},pardon,ETH,{A}"], ["event_unknown"]),
        ([f"{JAN},add,{A},ETH"], ["columns_shifted"]),
    ],
)
def test_events_become_spans(lines: list[str], expected: list[object]) -> None:
    assert events(*lines) == expected


@pytest.mark.parametrize(
    ("listed", "reasons", "code"),
    [
        (0, {}, "list_empty"),
        (0, {"address_malformed": 3}, "list_empty"),
        (5, {"columns_shifted": 4}, None),
        (5, {"columns_shifted": 5}, "list_columns_shifted"),
        (0, {"columns_shifted": 1}, "list_columns_shifted"),
        (10, {"address_malformed": 20}, None),  # a short list may be bad for the most part: each row is shown
        (10, {"address_malformed": 21}, "list_unreadable"),
        (900, {"address_malformed": 100}, None),
        (900, {"address_malformed": 101}, "list_unreadable"),
        (10, {"chain_unknown": 1000}, None),  # coins that we do not handle
    ],
)
def test_a_file_is_refused_when_most_of_it_is_wrong(listed: int, reasons: dict[str, int], code: str | None) -> None:
    tally = Tally(listed)
    tally.reasons.update(reasons)
    if code is None:
        check_file("sanctions", tally)
        return
    with pytest.raises(Malformed) as refused:
        check_file("sanctions", tally)
    assert refused.value.code == code


def test_of_many_unreadable_rows_some_are_kept_and_all_are_counted() -> None:
    tally = Tally()
    bad = (Quarantined(n, "chain_unknown", "x") for n in range(10_050))
    assert list(tally.pick(bad)) == []
    assert (tally.quarantined, len(tally.kept)) == (10_050, 10_000)
