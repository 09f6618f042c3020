"""Sets a paper as PDF: typst, our one template, and one open font that knows Chinese; nothing of the machine's own.

A function of its paper: no clock, no network, no folder of the machine is looked at, so an auditor who sets the same
paper again gets the same bytes. The font is embedded, and of it only the characters that are used.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import typst
from fontTools.ttLib import TTFont

from tidegate.reports.papers.paper import Paper, as_text

_TEMPLATE = resources.files("tidegate.reports.papers").joinpath("paper.typ").read_bytes()
_FOLDER = resources.files("pylopdf_fonts_zh_cn")


def as_pdf(paper: Paper) -> bytes:
    """The paper on pages of A4, for archives (PDF/A-2a): text that can be copied and read aloud."""
    made = typst.Compiler(_TEMPLATE, font_paths=_fonts(), sys_inputs={"paper": as_text(paper, _known())}).compile(
        format="pdf", pdf_standards=["a-2a"], timestamp=paper.at
    )
    assert isinstance(made, bytes)
    return made


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FOLDER)])


@cache
def _known() -> frozenset[int]:
    """The characters that the font draws: 30,890, of which Latin, Greek, Cyrillic, kana and Chinese of both kinds."""
    with TTFont(str(_FOLDER.joinpath("NotoSansSC-Regular.otf")), lazy=True) as font:
        return frozenset(font.getBestCmap())
