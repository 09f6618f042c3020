"""What a "no" says: the refusals that the tables of rules meet stand in rules/refusals.txt, to the word."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tidegate.base.refusals import Refusal

PAGE = Path(__file__).parent / "rules" / "refusals.txt"


def refused(act: Callable[..., object], *given: object) -> str | None:
    """The code of `act(*given)`'s refusal; None where there is none. Its status, field and words stand in the page.

    After a change that is meant: empty the page, TIDEGATE_AGREE=1 pytest tests/rules, and read the difference.
    """
    try:
        act(*given)
    except Refusal as no:
        agree(f"{no.code} ({no.status}, {no.field or 'no field'}): {no.message}")
        return no.code
    return None


def agree(line: str) -> None:
    """One line of the page: somebody has read it."""
    agreed = PAGE.read_text().splitlines()
    if os.environ.get("TIDEGATE_AGREE") and line not in agreed:
        PAGE.write_text("".join(f"{one}\n" for one in sorted([*agreed, line])))
    else:
        assert line in agreed, f"rules/refusals.txt does not say: {line}"
