"""Reading lists: every row is understood or shown, and a file that is wrong as a whole is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from refusal_kit import refused

from tidegate.base.refusals import Malformed
from tidegate.screening.lists import Listed, Quarantined, Tally, check_file, check_rewritten, check_shrink, read

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
    assert said(f"asset,address\nETH,{A}\n\ufeffETH,{B}\n") == [A, "not_printable"], "a mark inside is a letter"


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("sanctions-eu", "sanctions"),
        ("ofac-sdn", "sanctions"),
        ("blocklist", "blocklist"),
        ("eu-sanctions", "eu-sanctions"),
    ],
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
    assert refused(lambda: rows(text, format)) == code


def test_a_refused_format_or_file_says_what_is_wrong() -> None:
    with pytest.raises(Malformed, match=f"^'{'x' * 20}' is no format; it is one of csv, tags, events.$") as format:
        rows("asset,address\n", "x" * 21)
    assert format.value.field == "format"
    with pytest.raises(Malformed, match=r"^Line 2 is not CSV: field larger than field limit"):
        rows('asset,address\n"' + "x" * 200_000)


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.screening.lists.MAX_ROWS", 2)
    assert said(f"asset,address\nETH,{A}\nETH,{B}\n") == [A, B]
    assert refused(lambda: said(f"asset,address\nETH,{A}\nETH,{B}\nETH,{A}\n")) == "list_too_long"


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


def test_a_row_of_a_history_that_is_wrong_is_shown_with_its_line_and_the_next_are_read() -> None:
    lines = [f"{FEB},remove,ETH,{A}", f"soon,add,ETH,{A}", f"{FEB},add,ETH,{B}", f"{MAR},remove,ETH,{B}"]
    unlisted, timeless, listed = rows("commit_time,event,asset,address\n" + "\n".join(lines) + "\n", "events")
    assert unlisted == Quarantined(2, "remove_unlisted", lines[0])
    assert timeless == Quarantined(3, "time_malformed", lines[1])
    assert isinstance(listed, Listed)
    assert (listed.line, listed.entry.address) == (4, B)


def test_what_stands_joined_to_a_row_is_shown_whole() -> None:
    _, joined = rows(f"asset,address\nETH,{A},ETH,{B}\n")
    assert joined == Quarantined(2, "row_joined", f"ETH,{A},ETH,{B}")


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
    assert refused(lambda: check_file("sanctions", tally)) == code


def test_a_refused_file_says_how_much_of_it_is_wrong() -> None:
    tally = Tally(10)
    tally.reasons.update({"address_malformed": 29, "row_joined": 2, "chain_unknown": 7, "not_printable": 1})
    worst = "29 address_malformed, 7 chain_unknown, 2 row_joined"
    with pytest.raises(Malformed) as refused:
        check_file("sanctions", tally)
    assert str(refused.value) == f"32 of 42 rows cannot be read ({worst}); list sanctions stays as it is."


@pytest.mark.parametrize(
    ("before", "removed", "refused"), [(0, 0, False), (100, 49, False), (100, 50, True), (100, 100, True), (1, 1, True)]
)
def test_a_file_that_drops_half_of_a_list_is_refused(before: int, removed: int, refused: bool) -> None:
    if not refused:
        check_shrink("sanctions", before, removed)
        return
    with pytest.raises(Malformed, match=f"^The file drops {removed} of {before} entries of list sanctions") as fault:
        check_shrink("sanctions", before, removed)
    assert fault.value.code == "list_shrinks"


def test_a_history_that_was_rewritten_is_refused() -> None:
    check_rewritten("sanctions", 0)
    with pytest.raises(Malformed, match=r"^1 entries of list sanctions are not in this history") as fault:
        check_rewritten("sanctions", 1)
    assert fault.value.code == "list_history_rewritten"


def test_what_is_listed_is_counted_too() -> None:
    tally = Tally()
    listed = list(tally.pick(rows(f"asset,address\nETH,{A}\nETH,x\nETH,{B}\n")))
    assert [row.entry.address for row in listed] == [A, B]
    assert (tally.listed, tally.quarantined) == (2, 1)


# --- what is kept of a row ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "format", "category", "words"),
    [
        (f"network,address,category,entry\nETH,{A},Scam,Kim\n", "csv", "scam", "Kim"),
        (f"network,address,name\nETH,{A},Kim\n", "csv", "sanctions", "Kim"),
        (f"network,address,entry,name\nETH,{A},,Kim\n", "csv", "sanctions", "Kim"),
        (f"asset,address\nETH,{A}\n", "csv", "sanctions", "ETH"),
        (f"asset,network,address\nUSDT,ethereum,{A}\n", "csv", "sanctions", "ethereum"),
        (f"asset,address,category,entry\nETH,{A},{'c' * 41},{'e' * 201}\n", "csv", "c" * 40, "e" * 200),
        (f"currency,address,category,abuse,label\nETH,{A},Exchange,scam,Big\n", "tags", "exchange", "Big"),
        (f"currency,address,category,entry\nETH,{A},wallet,Shop\n", "tags", "wallet", "Shop"),
        (f"currency,address,category\nETH,{A},\n", "tags", "tag", "ETH"),
        (f"at,event,asset,address\n{JAN},add,ETH,{A}\n", "events", "sanctions", "ETH"),
        (f"at,event,network,address,category,entry\n{JAN},add,ETH,{A},Scam,Kim\n", "events", "scam", "Kim"),
        (f"time,event,address,name\n{JAN},add,{A},Kim\n", "events", "sanctions", "Kim"),
        (
            f"commit_time,event,address,category,entry\n{JAN},add,{A},{'c' * 41},{'e' * 201}\n",
            "events",
            "c" * 40,
            "e" * 200,
        ),
    ],
)
def test_category_and_words_of_an_entry(text: str, format: str, category: str, words: str) -> None:
    (row,) = rows(text, format)
    assert isinstance(row, Listed)
    assert (row.line, row.entry.category, row.entry.entry) == (2, category, words)


def test_a_row_that_nobody_could_read_is_shown_with_its_line() -> None:
    nobody = rows(f"asset,address\nETH,{A}\n\nETH,x\0y\n")[1]
    assert nobody == Quarantined(4, "not_printable", "ETH,xy")
    (long,) = rows("asset,address\nETH," + "x" * 300 + "\n")
    assert isinstance(long, Quarantined)
    assert long.text == "ETH," + "x" * 196


@pytest.mark.parametrize(
    ("columns", "row", "reason"),
    [
        ("network,asset", "monero,XMR", "chain_unknown"),
        ("network,asset", "ethereum,XMR", "address_malformed"),  # the network is asked first
        ("network,asset", ",eth", "address_malformed"),
        ("network,asset", "ETHEREUM,", "address_malformed"),
        ("currency,asset", "BTC,", "address_malformed"),
        ("network,asset", ",", "chain_unknown"),
    ],
)
def test_an_address_that_cannot_be_read_is_malformed_on_a_chain_that_we_know(
    columns: str, row: str, reason: str
) -> None:
    assert said(f"{columns},address\n{row},nobody\n") == [reason]
    assert said(f"{columns},address\n{row},0Xnobody\n") == ["address_malformed"], "however foreign it says it is"


def test_of_what_is_said_of_an_address_the_worst_ranks_first_and_an_exchange_before_all() -> None:
    tagged = [
        ("exchange", ""),
        ("exchange", "sanction"),
        ("wallet", "sanction"),
        ("", "terrorism"),
        ("", "scam"),
        ("scam", ""),
        ("wallet", "other"),
        ("wallet", ""),
        ("", ""),
    ]
    text = "".join(f"ETH,{A},{category},{abuse}\n" for category, abuse in tagged)
    found = [row for row in rows(f"currency,address,category,abuse\n{text}", "tags") if isinstance(row, Listed)]
    assert [(row.entry.category, row.rank) for row in found] == [
        ("exchange", 0),
        ("exchange", 0),  # whatever else is said of it
        ("sanction", 1),
        ("terrorism", 2),
        ("scam", 8),
        ("scam", 8),
        ("other", 9),
        ("wallet", 9),
        ("tag", 10),
    ]


@pytest.mark.parametrize("name", ["", "Sanctions", "-x", "a b", "x" * 65])
def test_a_list_has_a_name_like_a_file(name: str) -> None:
    with pytest.raises(Malformed) as refused:
        rows("asset,address\n", name=name)
    assert (refused.value.code, refused.value.field) == ("list_name_invalid", "name")
    assert str(refused.value) == f"{name[:64]!r} is not a list's name; write it like sanctions"
    assert rows("asset,address\n", name="x" * 64) == []


def test_a_header_that_lacks_a_column_is_told_which() -> None:
    with pytest.raises(Malformed) as refused:
        rows("asset,address\n", "tags")
    assert str(refused.value) == (
        "The first row must name the columns address, currency or network or asset, category; it says 'asset,address'."
    )


def test_of_many_unreadable_rows_some_are_kept_and_all_are_counted() -> None:
    tally = Tally()
    bad = (Quarantined(n, "chain_unknown", "x") for n in range(10_050))
    assert list(tally.pick(bad)) == []
    assert (tally.quarantined, len(tally.kept)) == (10_050, 10_000)
