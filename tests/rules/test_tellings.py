"""A fact as somebody tells it: what is taken or refused, what an indicator tells, what a person says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from refusal_kit import refused

from tidegate.rating.fact import Disposition, Fact, Kind
from tidegate.rating.facts.telling import Telling, check_disposition, checked
from tidegate.rating.indicators.catalogue import INDICATORS, Raises
from tidegate.rating.indicators.reading import Reading
from tidegate.rating.runs.signal import ELSEWHERE, telling
from tidegate.rating.window import of_month

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
US = timedelta(microseconds=1)
FREEZE = Telling("mer_1", "bank", "notice 7", Kind.COUNTERPARTY_FREEZE, NOW, NOW, counterparty="cus_1", level="E2")
ACTION = Telling("mer_1", "police", "letter 1", Kind.AUTHORITY_ACTION, NOW, action="freeze", case="case-1", named=True)


def test_everything_that_is_told_is_in_the_fact() -> None:
    told = replace(FREEZE, attributed=True, known_at=NOW - US, at=NOW - 2 * US)
    assert checked(told, "fct_1", NOW) == Fact(
        "fct_1", Kind.COUNTERPARTY_FREEZE, NOW - 2 * US, NOW - US, Disposition.OPEN, counterparty="cus_1", level="E2",
        attributed=True,
    )  # fmt: skip
    assert checked(ACTION, "fct_2", NOW) == Fact(
        "fct_2", Kind.AUTHORITY_ACTION, NOW, NOW, Disposition.OPEN, action="freeze", case="case-1", named=True
    )
    broken = Telling("mer_1", "staff", "1", Kind.VIOLATION, NOW, article="5.2c", serious=True)
    assert checked(broken, "fct_3", NOW) == Fact(
        "fct_3", Kind.VIOLATION, NOW, NOW, Disposition.OPEN, article="5.2c", serious=True
    )
    odd = Telling("mer_1", "staff", "2", Kind.ALERT, NOW, severity="high")
    assert checked(odd, "fct_4", NOW) == Fact("fct_4", Kind.ALERT, NOW, NOW, Disposition.OPEN, severity="high")


@pytest.mark.parametrize(
    ("but", "said"),
    [
        ({}, None),
        ({"at": NOW + US}, "fact_in_future"),
        ({"known_at": NOW + US}, "fact_in_future"),
        ({"known_at": None}, None),  # now
        ({"source": ""}, "fact_source_invalid"),
        ({"source": "x" * 200}, None),
        ({"source": "x" * 201}, "fact_source_invalid"),
        ({"source_id": "a\nb"}, "fact_source_invalid"),
        ({"source_id": ""}, "fact_source_invalid"),
        ({"level": "E1", "attributed": True}, "fact_unattributable"),
        ({"level": "E1", "attributed": False}, None),
        ({"level": "E2", "attributed": True}, None),
        ({"level": "E9"}, "fact_level_invalid"),
    ],
)
def test_the_good_telling_but(but: dict[str, Any], said: str | None) -> None:
    assert refused(checked, replace(FREEZE, **but), "fct_1", NOW) == said


def test_only_a_freeze_can_be_somebodys() -> None:
    assert refused(checked, replace(ACTION, attributed=True), "fct_1", NOW) == "fact_unattributable"


def test_two_tellings_are_one_where_every_word_is_the_same() -> None:
    assert FREEZE.content == replace(FREEZE).content
    for but in ({"level": "E3"}, {"evidence": {"paper": "1"}}, {"merchant_id": "mer_2"}, {"supersedes": "fct_0"}):
        assert replace(FREEZE, **but).content != FREEZE.content  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "before", "said", "code"),
    [
        (Kind.ALERT, Disposition.OPEN, Disposition.CONFIRMED, None),
        (Kind.ALERT, Disposition.OPEN, Disposition.FALSE_POSITIVE, None),
        (Kind.ALERT, Disposition.CONFIRMED, Disposition.FALSE_POSITIVE, None),  # a person may find out more
        (Kind.ALERT, Disposition.CONFIRMED, Disposition.OPEN, "disposition_invalid"),
        (Kind.ALERT, Disposition.OPEN, Disposition.OPEN, "disposition_invalid"),
        (Kind.ALERT, Disposition.CONFIRMED, Disposition.CONFIRMED, "disposition_unchanged"),
        (Kind.ALERT, Disposition.OPEN, Disposition.EXEMPT, "disposition_invalid"),
        (Kind.REFERENCE_FACTOR, Disposition.OPEN, Disposition.EXEMPT, None),
    ],
)
def test_what_a_person_may_say_of_a_fact(kind: Kind, before: Disposition, said: Disposition, code: str | None) -> None:
    assert refused(check_disposition, Fact("fct_1", kind, NOW, NOW, before), said) == code


# --- what an indicator tells -------------------------------------------------------------------------------------

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
