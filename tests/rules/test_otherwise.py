"""Which facts there would be under other thresholds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tidegate.policy import flow as policies
from tidegate.policy.indicator_numbers import IndicatorNumbers
from tidegate.policy.pack import parse
from tidegate.rating.fact import Disposition, Fact, Kind
from tidegate.rating.governance.otherwise import Change, Sign, Signal, asked_anew, change, signals, without
from tidegate.rating.indicators.reading import Reading
from tidegate.rating.lines.line import Subject
from tidegate.rating.transitions import Effective
from tidegate.rating.window import of_month

WINDOW = of_month("2026-11", ZoneInfo("Asia/Shanghai"))
LAST = WINDOW.as_of - timedelta(microseconds=1)
NUMBERS = parse(policies.shipped("demo")).indicators
SIGN: Sign = ("mer_1", "I-03", LAST)


def with_(name: str, value: int) -> IndicatorNumbers:
    assert NUMBERS.values[name] != value
    return replace(NUMBERS, values={**NUMBERS.values, name: value})


ASKED = {
    "the same numbers": (NUMBERS, []),
    "one of I-01's": (with_("one_sided_orders", 21), ["I-01"]),
    "one of I-14's": (with_("concentration_percent", 41), ["I-14"]),
    "limits of I-09": (replace(NUMBERS, structuring_limits=(1,)), ["I-09"]),
    "I-04 is told as it happens": (with_("insisted_hours", 25), []),
    "I-06 is told as it happens": (with_("freezes_people", 2), []),
    "I-22 makes a task": (with_("bond_percent", 99), []),
}


@pytest.mark.parametrize(("would", "asked"), ASKED.values(), ids=ASKED)
def test_only_indicators_whose_numbers_differ_look_again(would: IndicatorNumbers, asked: list[str]) -> None:
    assert asked_anew(NUMBERS, would) == asked


def reading(indicator: str = "I-03", grade: int = 1, subject: str = "mer_1") -> Reading:
    return Reading(subject, indicator, "v", 1, 1, 1, 1, 1, True, grade, (), (), "hash")


def fact(id: str, disposition: Disposition = Disposition.CONFIRMED) -> Fact:
    return Fact(id, Kind.VIOLATION, LAST, LAST, disposition, "5.2d")


def subject(*facts: Fact) -> Subject:
    events = {one.id: f"event of {one.id}" for one in facts}
    return Subject("mer_1", facts, events, None, frozenset(), Effective(), frozenset())


def test_what_both_see_changes_nothing() -> None:
    assert change([reading()], [reading()], WINDOW) == Change({}, frozenset())
    assert change([reading(grade=0)], [reading(grade=0)], WINDOW) == Change({}, frozenset())
    assert change([], [reading("I-04"), reading("I-22"), reading("I-21")], WINDOW) == Change({}, frozenset())


def test_what_only_the_draft_sees_is_an_open_fact_of_that_window() -> None:
    made = change([reading(grade=0)], [reading(), reading("I-09", subject="mer_2")], WINDOW)
    assert set(made.more) == {SIGN, ("mer_2", "I-09", LAST)}
    new = made.more[SIGN]
    assert (new.kind, new.article, new.disposition, new.counts_at) == (Kind.VIOLATION, "5.2d", Disposition.OPEN, LAST)
    assert made.more["mer_2", "I-09", LAST].severity == "high"
    own = fact("a")
    assert without(subject(own), {}, [made]) == (own, new), "another person's is another person's"
    assert without(subject(own), {"event of a": SIGN}, [made]) == (own,), "it was told already, under earlier numbers"


def test_what_the_draft_does_not_see_is_gone_whatever_people_made_of_it() -> None:
    made = change([reading()], [], WINDOW)
    assert made.fewer == {SIGN}
    a, b = fact("a"), fact("b", Disposition.OPEN)
    assert without(subject(a, b), {"event of a": SIGN}, [made]) == (b,)
    assert without(subject(a, b), {"event of a": SIGN, "event of b": SIGN}, [made]) == ()
    month_before = ("mer_1", "I-03", LAST - timedelta(days=30))
    assert without(subject(a), {"event of a": month_before}, [made]) == (a,), "another window's is another event"


def test_signals_are_counted_per_indicator() -> None:
    months = [change([reading()], [reading("I-09")], WINDOW), change([reading(subject="mer_2")], [], WINDOW)]
    assert signals(months) == [Signal("I-03", 0, 2), Signal("I-09", 1, 0)]
    assert signals([]) == []
