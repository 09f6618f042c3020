"""The pages of `docs/rules` name tests, functions and numbers: each of them exists, and nothing is left untold."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tidegate.policy import flow as policies
from tidegate.policy.diff import leaves
from tidegate.withdrawals.check import Check
from tidegate.withdrawals.checks import CHECKS

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted((ROOT / "docs" / "rules").glob("*.md"))
CLAUSES = (ROOT / "docs" / "rules" / "withdrawals.md").read_text()
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


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_stands_on_its_page_with_its_clause_its_function_and_a_test(check: Check) -> None:
    path = check.run.__module__.removeprefix("tidegate.").replace(".", "/")
    row = f"| `{check.id}` | {check.clause} | `{path}.py: {check.run.__name__}` |"
    (found,) = [line for line in CLAUSES.splitlines() if line.startswith(f"| `{check.id}` |")]
    assert found.startswith(row), f"docs/rules/withdrawals.md should say {row}"
    assert NAMED.findall(found), f"no test is named for {check.id}"


def test_the_checks_stand_in_the_order_in_which_they_run() -> None:
    section = CLAUSES.split("## Checks")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [check.id for check in CHECKS]


@pytest.mark.parametrize("line", [line for line in CLAUSES.splitlines() if ".py: " in line and line.startswith("|")])
def test_every_function_that_a_clause_names_exists(line: str) -> None:
    for file, name in re.findall(r"`([\w/]+\.py): (\w+)`", line):
        path = ROOT / "tidegate" / file
        assert path.exists(), f"docs/rules/withdrawals.md names {file}, which does not exist"
        defined = {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
        assert name in defined, f"docs/rules/withdrawals.md names {name}, which is not in {file}"
    assert NAMED.findall(line), f"no test is named in {line}"


def test_every_number_that_a_clause_names_is_one_of_a_pack() -> None:
    known = {".".join(path[:length]) for name in ("default", "demo") for path in leaves(policies.shipped(name))
             for length in range(1, len(path) + 1)} | OPTIONAL  # fmt: skip
    cells = [line.split("|")[-3] for line in CLAUSES.splitlines() if line.startswith("|") and "::" in line]
    named = {number for cell in cells for number in re.findall(r"`([a-z_.0-9*]+)`", cell)}
    assert {number for number in named if number.split(".*")[0] not in known and number not in ASKS} == set()
    assert len(named) > 40


OPTIONAL = {"limits", "limits_per_transaction", "rules", "check_failures", "outside_checks"}
"""Sections that a pack may leave out, as the shipped ones do."""

ASKS = {"delay", "out_cap", "allow_list", "description", "travel_rule", "ownership_proof"}
"""What a rule of a place asks for; named behind its section."""
