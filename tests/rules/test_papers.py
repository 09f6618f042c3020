"""Reports on paper: text is shown as it is stored and never obeyed, and the same paper is the same bytes."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pypdf
import pytest
import real_data

from tidegate.console.words import Say
from tidegate.reports.papers.paper import Paper, Part, Words, as_text, instant, shown
from tidegate.reports.papers.press import as_pdf

AT = datetime(2026, 12, 14, 8, 30, tzinfo=UTC)


def paper(*cells: str, **more: Any) -> Paper:
    said = {"title": "Month", "lead": ["lead"], "foot": "foot", "at": AT, "language": "en", **more}
    return Paper(parts=[Part("Part", [("label", cell) for cell in cells])], **said)


def read(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


MARKUP = [
    '#panic("no")',
    '#read("/etc/passwd")',
    '#include "/etc/passwd"',
    "#set page(width: 1pt)",
    "#sys.inputs",
    "*bold* _slanted_ `code` $x^2$",
    "= A heading\n- a list\n+ a number\n/ term: text",
    "<label> @reference // comment /* block */",
    "\\u{41} \\#escaped \\",
    "-- --- ... ~ \"quoted\" 'single'",
    ")]}, (((",
    '","parts":[]}',
    "http://example.com/#a",
]


@pytest.mark.parametrize("text", MARKUP)
def test_what_somebody_typed_is_shown_and_never_obeyed(text: str) -> None:
    """In a cell, a heading of a column, the title, the line below it, and the foot."""
    made = Paper("en", text, [text], [Part(text, [[text]], [text], [1])], text, AT)
    assert read(as_pdf(made)).split() == read_of(text, 6)


def read_of(text: str, times: int) -> list[str]:
    """The words of a text said so often, and the number of the page after the foot."""
    return text.split() * times + ["1", "/", "1"]


def test_every_hostile_string_can_be_printed() -> None:
    strings = real_data.naughty()
    assert len(strings) > 400
    text = read(as_pdf(paper(*strings)))
    for one in strings:
        if one.isascii() and one.isprintable():
            assert "".join(one.split()) in "".join(text.split()), one


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("李小龍 Zoë", "李小龍 Zoë"),
        ("two\nlines\r\nthree", "two\nlines\nthree"),
        ("a\tb", "a b"),
        ("a\x00b", "a[U+0000]b"),
        ("evil\u202egpj.exe", "evil[U+202E]gpj.exe"),  # turns the reading direction round
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("soft\u00adhyphen", "soft[U+00AD]hyphen"),
        ("private\ue000", "private[U+E000]"),
        ("e\u0301", "e\u0301"),  # an accent of its own is seen
        ("", ""),
    ],
)
def test_what_nobody_would_see_is_spelled_out(text: str, said: str) -> None:
    assert shown(text, range(0x10000)) == said


def test_what_the_font_does_not_draw_is_spelled_out() -> None:
    assert shown("aé\n", {ord("a")}) == "a[U+00E9]\n"
    assert "[U+1F422] [U+0E17]" in read(as_pdf(paper("\U0001f422 \u0e17")))


def test_the_same_paper_is_the_same_bytes_and_another_is_not() -> None:
    first, again, other = as_pdf(paper("x")), as_pdf(paper("x")), as_pdf(paper("y"))
    assert first == again
    assert first != other


def test_the_date_of_the_document_is_the_papers() -> None:
    about = pypdf.PdfReader(io.BytesIO(as_pdf(paper("x")))).metadata
    assert about is not None
    assert about.creation_date == about.modification_date == AT


def test_chinese_is_set_in_the_font_that_comes_along() -> None:
    pdf = as_pdf(paper("广告方评级：超高风险", language="zh", title="评级看板"))
    assert "广告方评级：超高风险" in read(pdf)
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in pypdf.PdfReader(io.BytesIO(pdf)).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert {name.partition("+")[2].partition("-")[0] for name in fonts} == {"NotoSansSC"}


def test_a_long_hash_breaks_over_lines_and_is_copied_whole() -> None:
    hash = "0123456789abcdef" * 16
    text = read(as_pdf(paper(hash)))
    assert hash not in text, "it was wider than the page"
    assert hash in text.replace("\n", "")


@pytest.mark.parametrize("row", [("one",), ("one", "two", "three")])
def test_a_row_that_does_not_fit_its_heads_is_a_fault(row: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError):
        as_text(Paper("en", "t", [], [Part("p", [row], ("a", "b"), (1, 1))], "f", AT), set())


def test_a_moment_says_its_zone() -> None:
    assert instant(datetime.fromisoformat("2026-12-01T00:00:00+08:00")) == "2026-11-30 16:00:00 UTC"


def test_the_words_of_pages_are_the_words_of_papers() -> None:
    say: Words = Say("zh")
    assert say.language == "zh"
