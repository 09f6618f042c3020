"""docs/reference.md is what the program's own tables say now, and nothing in those tables is missing from it."""

from __future__ import annotations

import re
from pathlib import Path

from tidegate import reference
from tidegate.api.routes import ROUTES
from tidegate.notifications import templates
from tidegate.parties.access import ROLES, SCOPES
from tidegate.withdrawals.checks import CHECKS
from tidegate.withdrawals.review import failed

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference.md"


def test_the_committed_page_is_what_is_generated() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.page(), (
        "run: .venv/bin/python -m tidegate.reference > docs/reference.md"
    )


def test_every_route_role_scope_and_check_is_on_the_page() -> None:
    page = reference.page()
    for route in ROUTES:
        assert f"| `{route.method} {route.path}` |" in page
    for name in (*ROLES, *SCOPES, *(check.id for check in CHECKS)):
        assert name in page, name


def test_every_finding_has_words_in_both_languages_and_every_word_a_finding() -> None:
    found = {code for check in CHECKS for code, _ in reference._findings_of(check.run)}
    found |= {code for code, _ in reference._findings_of(failed)}
    assert found == set(templates.FINDINGS)
    for text in (*templates.FINDINGS.values(), *templates.NEXT_STEPS.values(), *templates.WAITING.values()):
        assert re.search("[a-z]{3}", text.en)
        assert re.search("[一-鿿]{2}", text.zh)


def test_every_check_names_its_section_of_the_rulebook() -> None:
    for check in CHECKS:
        assert re.match(r"(Rating rulebook, s|S)ections? \d+", reference._first_line(check.run.__doc__)), check.id
