"""Telling a fact and judging it: what is refused, with both sides of each boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from refusal_kit import refused

from tidegate.rating.fact import EARLIEST, Disposition, Fact, Kind
from tidegate.rating.facts.telling import Telling, check_disposition, checked

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ALERT = Telling("mer_1", "monitoring", "n1", Kind.ALERT, NOW, severity="warn")
FREEZE = Telling("mer_1", "bank", "n2", Kind.COUNTERPARTY_FREEZE, NOW, counterparty="cus_1", level="E2")
ACTION = Telling("mer_1", "police", "n3", Kind.AUTHORITY_ACTION, NOW, action="freeze", case="7", named=True)

TOLD = {
    "now": (ALERT, None),
    "a tick ahead": (replace(ALERT, at=NOW + TICK), "fact_in_future"),
    "known a tick ahead": (replace(ALERT, known_at=NOW + TICK), "fact_in_future"),
    "known before it happened": (replace(ALERT, known_at=NOW - TICK), None),
    "the first day there is": (replace(ALERT, at=EARLIEST), None),
    "a tick before it": (replace(ALERT, at=EARLIEST - TICK), "fact_date_sentinel"),
    "no date at all": (replace(ALERT, at=datetime(1900, 1, 1, tzinfo=UTC)), "fact_date_sentinel"),
    "no severity": (replace(ALERT, severity=None), "fact_severity_invalid"),
    "a source of 200": (replace(ALERT, source_id="x" * 200), None),
    "a source of 201": (replace(ALERT, source_id="x" * 201), "fact_source_invalid"),
    "a source without a name": (replace(ALERT, source=""), "fact_source_invalid"),
    "a source with a line break": (replace(ALERT, source="a\nb"), "fact_source_invalid"),
    "attributed from E2 on": (replace(FREEZE, attributed=True), None),
    "E1 is no proof": (replace(FREEZE, level="E1", attributed=True), "fact_unattributable"),
    "E1 that nobody calls theirs": (replace(FREEZE, level="E1"), None),
    "E1 that is not theirs": (replace(FREEZE, level="E1", attributed=False), None),
    "nobody's account": (replace(FREEZE, counterparty=None), "fact_counterparty_invalid"),
    "named with a number": (ACTION, None),
    "named without one": (replace(ACTION, case=" "), "fact_case_invalid"),
    "a witness needs no number": (replace(ACTION, case=None, named=False), None),
    "an action that is none": (replace(ACTION, action="letter"), "fact_action_invalid"),
}


@pytest.mark.parametrize(("told", "said"), TOLD.values(), ids=TOLD)
def test_what_can_be_told(told: Telling, said: str | None) -> None:
    assert refused(checked, told, "fct_1", NOW) == said


def test_everything_that_is_told_is_in_the_fact() -> None:
    told = replace(FREEZE, attributed=True, known_at=NOW - TICK, at=NOW - 2 * TICK)
    theirs = Fact("fct_1", Kind.COUNTERPARTY_FREEZE, told.at, NOW - TICK, Disposition.OPEN)
    assert checked(told, "fct_1", NOW) == replace(theirs, counterparty="cus_1", level="E2", attributed=True)
    assert checked(ACTION, "fct_2", NOW) == Fact(
        "fct_2", Kind.AUTHORITY_ACTION, NOW, NOW, Disposition.OPEN, action="freeze", case="7", named=True
    )
    broken = Telling("mer_1", "staff", "1", Kind.VIOLATION, NOW, article="5.2c", serious=True)
    assert checked(broken, "fct_3", NOW) == Fact(
        "fct_3", Kind.VIOLATION, NOW, NOW, Disposition.OPEN, article="5.2c", serious=True
    )
    odd = Telling("mer_1", "staff", "2", Kind.ALERT, NOW, severity="high")
    assert checked(odd, "fct_4", NOW) == Fact("fct_4", Kind.ALERT, NOW, NOW, Disposition.OPEN, severity="high")


def test_a_telling_is_open_and_known_now_unless_it_says_when() -> None:
    made = checked(ALERT, "fct_1", NOW)
    assert (made.id, made.disposition, made.known_at) == ("fct_1", Disposition.OPEN, NOW)
    assert checked(replace(ALERT, known_at=NOW - TICK), "fct_1", NOW).known_at == NOW - TICK


def test_the_same_words_are_the_same_telling() -> None:
    assert replace(ALERT, evidence={"a": 1, "b": 2}).content == replace(ALERT, evidence={"b": 2, "a": 1}).content
    other = [replace(ALERT, severity="high"), replace(ALERT, evidence={"a": 1}), replace(ALERT, at=NOW - TICK)]
    assert len({told.content for told in (ALERT, *other)}) == 4


D = Disposition


@pytest.mark.parametrize(
    ("kind", "now_is", "said", "code"),
    [
        (Kind.ALERT, D.OPEN, D.CONFIRMED, None),
        (Kind.ALERT, D.OPEN, D.FALSE_POSITIVE, None),
        (Kind.ALERT, D.CONFIRMED, D.FALSE_POSITIVE, None),
        (Kind.ALERT, D.CONFIRMED, D.CONFIRMED, "disposition_unchanged"),
        (Kind.ALERT, D.CONFIRMED, D.OPEN, "disposition_invalid"),
        (Kind.ALERT, D.OPEN, D.EXEMPT, "disposition_invalid"),
        (Kind.VIOLATION, D.OPEN, D.EXEMPT, "disposition_invalid"),
        (Kind.REFERENCE_FACTOR, D.OPEN, D.EXEMPT, None),
        (Kind.REFERENCE_FACTOR, D.EXEMPT, D.EXEMPT, "disposition_unchanged"),
        (Kind.REFERENCE_FACTOR, D.EXEMPT, D.CONFIRMED, None),
    ],
)
def test_what_a_person_can_make_of_it(kind: Kind, now_is: Disposition, said: Disposition, code: str | None) -> None:
    fact = Fact("fct_1", kind, NOW, NOW, now_is)
    assert refused(check_disposition, fact, said) == code
