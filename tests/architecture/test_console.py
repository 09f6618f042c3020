"""The console's own law: both languages everywhere, a scope at every page, nothing that needs an inline script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tidegate.console import words
from tidegate.console.app import PAGES
from tidegate.console.nav import SECTIONS
from tidegate.notifications import rating_words
from tidegate.parties.access import ROLES, SCOPES, STAFF

ROOT = Path(__file__).parent.parent.parent / "tidegate/console"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
BARE = {"Tidegate", "English", "中文", "UTC", "USD", "Enter", "YAML"}
"""Words that are the same in both languages."""

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
_TAG = re.compile(r"<[^>]*>", re.S)
_SPOKEN = re.compile(r"\b(?:title|placeholder|aria-label|alt)=\"([^\"]*)\"")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def spoken(text: str) -> set[str]:
    """What a template says itself, outside of tags and expressions, or in an attribute that people hear."""
    plain = _JINJA.sub(" ", text)
    said = _TAG.sub(" ", plain) + " ".join(_SPOKEN.findall(plain))
    return set(_LETTERS.findall(re.sub(r"&\w+;", " ", said))) - BARE


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_says_nothing_in_one_language_only(template: Path) -> None:
    allowed = {"cus", "kbd", "wd", "drain"}  # placeholders of ids
    assert spoken(template.read_text()) - allowed == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_needs_no_inline_script_or_style(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|hx-on|javascript:|\bjs:", text)
    assert not re.search(r"hx-trigger=\"[^\"]*\[", text), "filters of triggers are compiled, which the policy forbids"


@pytest.mark.parametrize(
    "name", [name for name in dir(words) if name.isupper() and isinstance(getattr(words, name), dict)]
)
def test_every_word_exists_in_both_languages(name: str) -> None:
    for word, said in getattr(words, name).items():
        assert all(part.strip() for part in said), word
        assert len(said) == 2, word


def test_every_page_names_a_scope_that_exists_and_some_member_of_staff_has() -> None:
    for page in PAGES:
        if page.scope is None:
            continue
        assert page.scope in SCOPES, page.path
        assert any(page.scope in ROLES[role] for role in STAFF), page.path


def test_every_page_is_listed_once() -> None:
    listed = [(page.method, re.sub(r"\{\w+\}", "{}", page.path)) for page in PAGES]
    assert len(listed) == len(set(listed))


def test_every_place_of_the_rail_is_a_page_with_the_same_scope() -> None:
    pages = {page.path: page.scope for page in PAGES if page.method == "GET"}
    for _, places in SECTIONS:
        for place in places:
            assert pages[place.path] == place.scope, place.path


def test_staff_read_of_merchants_in_the_third_person() -> None:
    told = {f"article.{name}" for name in rating_words.ARTICLES} | {f"taken.{name}" for name in rating_words.MEASURES}
    assert told <= words.CODES.keys()
    for code in told:
        en, zh = words.CODES[code]
        assert not re.search(r"\b(you|your|us|our)\b", en), code
        assert "您" not in zh, code
