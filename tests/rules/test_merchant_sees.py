"""What a merchant sees of their rating: which facts, which numbers, and what would bring the tier down."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tidegate.console.desk.evidence import OPEN_LINES, seen
from tidegate.console.desk.improving import Step, steps
from tidegate.policy.rating_numbers import DEFAULTS, RatingNumbers
from tidegate.rating.facts.store import FactRow
from tidegate.rating.indicators.catalogue import INDICATORS
from tidegate.rating.tiers import Tier
from tidegate.rating.transitions import Conditions, Effective, fall

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)

FACT = FactRow(
    id="fct_1", merchant_id="mer_1", subject_id="mer_1", party_id="cus_1", fact="violation", at=NOW, known_at=NOW,
    recorded_at=NOW, recorded_by="key_mei", source="monitoring", source_id="n1", article="5.2b", severity=None,
    serious=True, counterparty_id="cus_victim", order_id=None, evidence_level="E2", attributed=True, kind=None,
    case_number="(2026) 17", names_merchant=None, indicator=None, rule=None, rule_version=None, evidence="{}",
    supersedes=None, event_id="fct_1", content="", disposition="confirmed", corrected_by=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({}, True),
        ({"disposition": "open"}, False),  # nobody is warned of a check
        ({"disposition": "false_positive"}, False),
        ({"disposition": "exempt"}, False),
        ({"corrected_by": "fct_2"}, False),
    ],
)
def test_only_what_people_confirmed_is_shown(change: dict[str, str], shown: bool) -> None:
    assert bool(seen([replace(FACT, **change)])) is shown  # type: ignore[arg-type]


def test_neither_who_told_it_nor_the_other_customer_nor_the_file_is_shown() -> None:
    shown = repr(seen([FACT]))
    for secret in ("key_mei", "cus_victim", "17", "monitoring", "E2"):
        assert secret not in shown


def test_the_newest_fact_stands_first_and_an_alert_has_words_without_an_article() -> None:
    alert = replace(FACT, id="fct_2", fact="alert", article=None, at=NOW + DAY)
    first, second = seen([FACT, alert])
    assert first.words is not None
    assert first.words["en"].startswith("our risk checks")
    assert second.words is not None
    assert second.words["en"].startswith("trades outside")


@pytest.mark.parametrize("indicator", [one.id for one in INDICATORS])
def test_a_number_is_shown_only_where_the_rules_publish_its_line(indicator: str) -> None:
    told = {"value": "7", "threshold": "5", "evidence": ["ord_1", "cus_2", "ord_3"]}
    (fact,) = seen([replace(FACT, indicator=indicator, evidence=json.dumps(told))])
    open_line = indicator in OPEN_LINES
    assert (fact.value, fact.threshold, fact.hidden) == (("7", "5", False) if open_line else (None, None, True))
    assert fact.orders == ("ord_1", "ord_3")


def test_the_lines_against_laundering_are_not_among_them() -> None:
    assert {one.id for one in INDICATORS if one.article == "5.1"} & OPEN_LINES == set()


def numbers(fall_when: str = "either") -> RatingNumbers:
    return replace(DEFAULTS, fall_when=fall_when)


MEDIUM = Effective(Tier.MEDIUM, NOW, NOW, observation_ends=NOW + 60 * DAY, quiet_medium=NOW + 40 * DAY)
HIGH = Effective(Tier.HIGH, NOW, restriction_starts=NOW, restriction_ends=NOW + 30 * DAY, quiet_high=NOW + 20 * DAY)
"""Medium: observed for sixty days, quiet in forty; high: restricted for thirty, quiet in twenty."""


@pytest.mark.parametrize(
    ("held", "conditions", "days", "when", "expected"),
    [
        (Effective(), Conditions(True, False), 0, "either", []),
        (MEDIUM, Conditions(True, False), 0, "either", [("observation", False, 40)]),
        (MEDIUM, Conditions(True, False), 40, "either", [("observation", True, 40)]),
        (MEDIUM, Conditions(True, False), 40, "both", [("observation", False, 60)]),
        (MEDIUM, Conditions(True, False), 60, "both", [("observation", True, 60)]),
        (replace(MEDIUM, quiet_medium=None), Conditions(True, False), 0, "either", [("observation", False, 60)]),
        (replace(MEDIUM, quiet_medium=None), Conditions(True, False), 90, "both", [("observation", False, None)]),
        (
            HIGH,
            Conditions(False, False),
            0,
            "either",
            [("restriction", False, 30), ("quiet", False, 20), ("bond", False, None), ("cooperation", False, None),
             ("person", False, None)],
        ),
        (
            HIGH,
            Conditions(True, True),
            30,
            "either",
            [("restriction", True, 30), ("quiet", True, 20), ("bond", True, None), ("cooperation", True, None),
             ("person", False, None)],
        ),
        (Effective(Tier.EXTREME, NOW), Conditions(True, True), 900, "either", [("appeal_only", False, None)]),
    ],
)  # fmt: skip
def test_what_it_takes_to_fall(
    held: Effective, conditions: Conditions, days: int, when: str, expected: list[tuple[str, bool, int | None]]
) -> None:
    told = [Step(word, done, None if at is None else NOW + at * DAY) for word, done, at in expected]
    assert steps(held, conditions, NOW + days * DAY, numbers(when)) == told


def test_a_restriction_without_an_end_is_not_over_and_no_event_is_quiet() -> None:
    found = steps(Effective(Tier.HIGH, NOW), Conditions(True, True), NOW, numbers())
    assert [(step.word, step.done) for step in found[:2]] == [("restriction", False), ("quiet", True)]


@pytest.mark.parametrize("held", [MEDIUM, HIGH, replace(MEDIUM, quiet_medium=None), replace(HIGH, quiet_high=None)])
@pytest.mark.parametrize("when", ["either", "both"])
@pytest.mark.parametrize("good", [Conditions(True, True), Conditions(False, True), Conditions(True, False)])
def test_the_steps_are_the_ones_that_the_rule_takes(held: Effective, when: str, good: Conditions) -> None:
    for days in range(0, 80, 10):
        at = NOW + days * DAY
        ready = all(step.done for step in steps(held, good, at, numbers(when)) if step.word != "person")
        assert ready is (fall(held, at, 0, good, True, numbers(when)).rule is not None), days
