"""What an indicator that fired tells: one fact per person and window, with what it saw (rating rulebook, section 9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tidegate.rating.fact import Kind
from tidegate.rating.facts.telling import Telling
from tidegate.rating.indicators.catalogue import INDICATORS, Raises
from tidegate.rating.indicators.reading import Reading
from tidegate.rating.runs.signal import ELSEWHERE, telling
from tidegate.rating.window import of_month

US = timedelta(microseconds=1)
MARCH = of_month("2026-03", ZoneInfo("UTC"))
SEEN = Reading("mer_1", "I-01", "v7", 9, 3, 4, 1, 2, True, 1, (("coins", 5),), ("ord_1", "ord_2"), "hash")


def test_an_indicator_that_fired_is_a_fact_of_the_windows_last_instant() -> None:
    last = datetime(2026, 4, 1, tzinfo=UTC) - US
    assert telling(SEEN, MARCH) == Telling(
        merchant_id="mer_1",
        source="indicator",
        source_id="I-01:mer_1:2026-03",
        fact=Kind.REFERENCE_FACTOR,
        at=last,
        known_at=last,
        article="5.3b",
        indicator="I-01",
        rule="I-01",
        rule_version="v7",
        evidence={
            "value": "3/4",
            "threshold": "1/2",
            "grade": 1,
            "figures": {"coins": 5},
            "inputs_hash": "hash",
            "evidence": ["ord_1", "ord_2"],
        },
    )
    unknown = telling(replace(SEEN, part=None, limit_part=None), MARCH)
    assert unknown is not None
    assert (unknown.evidence["value"], unknown.evidence["threshold"]) == (None, None)


@pytest.mark.parametrize(("grade", "tells"), [(0, False), (1, True), (2, True)])
def test_what_did_not_fire_tells_nothing(grade: int, tells: bool) -> None:
    assert (telling(replace(SEEN, grade=grade), MARCH) is not None) is tells


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda one: one.id)
def test_each_indicator_tells_what_its_line_says_and_those_told_elsewhere_nothing(indicator: Any) -> None:
    told = telling(replace(SEEN, indicator=indicator.id), MARCH)
    if indicator.raises in (Raises.TASK, Raises.NOTHING) or indicator.id in ("I-04", "I-06"):
        assert told is None
    else:
        assert told is not None
        assert (str(told.fact), told.article) == (str(indicator.raises), indicator.article)
        assert told.severity == (indicator.severity if indicator.raises is Raises.ALERT else None)
    assert sorted(ELSEWHERE) == ["I-04", "I-06"]
