"""Worked cases from a file: the acceptance table, and what a file may not say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from real_data import FOLDER

from tidegate.base.refusals import Malformed
from tidegate.rating.evaluation.answering import answers

OWN = Path(__file__).parent / "rating_cases.json"
GIVEN = FOLDER.parent / "rules" / "rating-cases.json"
"""More of them, where they lie beside the repository."""


def cases(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text())["cases"] if path.exists() else []  # type: ignore[no-any-return]


ALL = cases(OWN) + cases(GIVEN)


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case['id']} {case['title']}")
def test_a_worked_case(case: dict[str, Any]) -> None:
    (answer,) = answers(json.dumps({"cases": [case]}))
    result: dict[str, Any] = answer["result"]  # type: ignore[assignment]
    assert {name: result.get(name) for name in case["expect"]} == case["expect"], case["why"]
    assert result["clauses"]
    assert isinstance(result["measures"], list)


def one(kind: str = "month", **given: object) -> str:
    usual: dict[str, object] = {"month": "2026-03", "facts": []} if kind == "month" else {}
    return json.dumps({"cases": [{"id": "x", "kind": kind, "given": {**usual, **given}}]})


ALERT = {"fact": "alert", "at": "2026-03-12T10:00:00+08:00", "severity": "warn"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[]", "must be an object"),
        ('{"cases": {}}', "cases must be a list"),
        ('{"cases": [], "more": 1}', "more is not known here"),
        ('{"cases": [], "cases": []}', "written twice"),
        ("[" * 100_000, "nested far too deep"),
        ('{"cases": [{"id": "x", "kind": "moon", "given": {}}]}', "x.kind is 'moon'"),
        ('{"cases": [{"kind": "bond", "given": {}}]}', "cases[0].id is missing"),
        ('{"cases": [{"id": "a", "kind": "bond"}, {"id": "a", "kind": "bond", "given": 1}]}', "names 'a' twice"),
        (one(month="2026-3"), "must be a month"),
        (one(month=3), "must be a month"),
        (one(timezone="Mars"), "must be a time zone"),
        (one(counterparties=-1), "counterparties is -1"),
        (one(counterparties="many"), "must be a whole number, not text"),
        (one(counterparties=1.5), "not a number with a point"),
        (one(policy={"several": 3}), "policy.several is not known here"),
        (one(authority_cases_before=[1]), "authority_cases_before[0] must be 1 to 200"),
        (one(facts=[{**ALERT, "fact": "rumour"}]), "facts[0].fact is 'rumour'"),
        (one(facts=[{**ALERT, "colour": "red"}]), "facts[0].colour is not known here"),
        (one(facts=[{**ALERT, "article": "5.1"}]), "facts[0].article is not known here"),
        (one(facts=[{**ALERT, "at": "2026-03-12T10:00:00"}]), "must be a time with a zone"),
        (one(facts=[{**ALERT, "at": None}]), "a fact without a date cannot count"),
        (one(facts=[{**ALERT, "at": "1900-01-01T00:00:00Z"}]), "stands for no date"),
        (one(facts=[{**ALERT, "known_at": "1900-01-01T00:00:00Z"}]), "stands for no date"),
        (one(facts=[{**ALERT, "severity": "huge"}]), "severity is 'huge'"),
        (one(facts=[{"fact": "alert", "at": ALERT["at"]}]), "needs severity"),
        (one(facts=[{**ALERT, "disposition": "maybe"}]), "disposition is 'maybe'"),
        (one(facts=[{**ALERT, "disposition": "exempt"}]), "Only reference factors can be exempt"),
        (one(facts=[{**ALERT, "id": "a"}, {**ALERT, "id": "a", "severity": "high"}]), "names another fact above"),
        (one("deadline", month="2026-03", calendar="XX", confirmed_years=[2026]), "no calendar that is known"),
        (one("deadline", month="2026-03", calendar="CN", confirmed_years=["2026"]), "must be a whole number"),
        (one("transition", effective={"tier": "grey"}, at=ALERT["at"]), "tier is 'grey'"),
        (one("transition", effective={"tier": "low"}, at=None), "at is null"),
        (one("transition", effective={"tier": "low"}, at=ALERT["at"], decision="yes"), "decision is 'yes'"),
        (one("transition", effective={"tier": "high", "bond_locked": 5}, at=ALERT["at"]), "must be a decimal string"),
        (one("scope", certification="certified", bond_locked="0", exit_requested="no"), "must be true or false"),
        (one("bond", required="1e3", locked="5", deduct="1"), "is not an amount"),
        (one("bond", required="10", locked="5", deduct="0"), "must be more than 0"),
        (one("ads", side="sell", ads=[{"id": "A", "price": "0", "at": ALERT["at"]}]), "must be more than 0"),
        (one("ads", side="sell", ads=[], edits=[{"id": "A", "price": "1", "at": ALERT["at"]}]), "no ad above"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_line_that_says_where(text: str, words: str) -> None:
    with pytest.raises(Malformed) as refused:
        answers(text)
    assert refused.value.code == "cases_invalid"
    assert words in refused.value.message
    assert "\n" not in refused.value.message


def test_what_needs_a_judgement_counts_as_open_until_a_file_says_more() -> None:
    fine = {"fact": "violation", "at": ALERT["at"], "article": "5.2b"}
    (answer,) = answers(one(facts=[ALERT, fine]))
    result: dict[str, Any] = answer["result"]  # type: ignore[assignment]
    assert (result["tier"], result["person"], result["clauses"]) == (
        "medium",
        True,
        ["S2 Art. 6 MEDIUM", "S2 Art. 5.1"],
    )
