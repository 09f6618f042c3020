"""The pages of `docs/rules` name tests: each of them exists, and no disaster is tested without being told."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted((ROOT / "docs" / "rules").glob("*.md"))
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def names_of_tests(path: Path) -> set[str]:
    """The names of the tests in a file."""
    return {
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    for file, name in NAMED.findall(page.read_text()):
        path = ROOT / "tests" / file
        assert path.exists(), f"{page.name} names {file}, which does not exist"
        assert name in names_of_tests(path), f"{page.name} names {name}, which is not in {file}"


def test_every_disaster_that_is_tested_is_told_and_every_invariant_has_a_test() -> None:
    told = set(NAMED.findall((ROOT / "docs" / "rules" / "disasters.md").read_text()))
    for file in ("rules/test_disasters.py", "flows/test_disasters.py", "jobs/test_disasters.py"):
        missing = names_of_tests(ROOT / "tests" / file) - {name for path, name in told if path == file}
        assert not missing, f"docs/rules/disasters.md does not tell of {sorted(missing)} in {file}"
    lines = (ROOT / "docs" / "rules" / "invariants.md").read_text().splitlines()
    shown = {line.split("|")[1].strip(): len(NAMED.findall(line)) for line in lines if line.startswith("| I")}
    assert list(shown) == [f"I{n}" for n in range(1, 12)]
    assert all(shown.values()), shown
