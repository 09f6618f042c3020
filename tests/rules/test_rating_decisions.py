"""Who may decide a line, answer an appeal, and with which measures: both sides of every line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from refusal_kit import refused

from tidegate.policy.rating_numbers import DEFAULTS
from tidegate.policy.what_if import WhatIf
from tidegate.policy.what_if import check as check_what_if
from tidegate.rating.appeals import appeal
from tidegate.rating.decisions import decision
from tidegate.rating.decisions.decision import Open, Terms, Voice
from tidegate.rating.measures.measure import (
    CHOSEN,
    Measure,
    Wanted,
    by_text,
    chosen_from,
    irreversible,
    valued,
    wanted,
)
from tidegate.rating.tiers import Tier

LOW, MEDIUM, HIGH, EXTREME = Tier.LOW, Tier.MEDIUM, Tier.HIGH, Tier.EXTREME
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
US = timedelta(microseconds=1)
PEOPLE = {"key_a": "anna", "key_a2": "anna", "key_b": "ben", "key_c": "chen"}
LINE = Open("rln_1", HIGH, HIGH, MEDIUM, "T4", 0, False)


def line(**changes: object) -> Open:
    fields = {name: getattr(LINE, name) for name in LINE.__slots__}
    return Open(**{**fields, **changes})  # type: ignore[arg-type]


# --- which decisions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "terms", "said"),
    [
        (line(), Terms("high", "as_computed", "A"), None),
        (line(), Terms("high", "as_computed"), "measure_missing"),
        (line(), Terms("higher" * 9, "as_computed", "A"), "tier_unknown"),
        (line(), Terms("high", "because", "A"), "code_unknown"),
        (line(), Terms("medium", "context"), None),
        (line(), Terms("medium", "context", "A"), "measure_not_of_tier"),
        (line(), Terms("low", "victim"), None),
        (line(open_alerts=1), Terms("low", "victim"), "alert_open"),
        (line(open_alerts=1), Terms("medium", "victim"), None),
        (line(), Terms("extreme", "as_computed"), "tier_not_reached"),
        (line(computed=EXTREME), Terms("extreme", "as_computed"), None),
        (line(proposed=EXTREME), Terms("extreme", "as_computed"), None),
        (line(before=HIGH, rule="T6", proposed=MEDIUM), Terms("medium", "remedied"), None),
        (line(before=HIGH, rule="T6", proposed=MEDIUM), Terms("high", "context"), None),
        (line(before=HIGH, rule="T6", proposed=MEDIUM), Terms("low", "remedied"), "tier_never_falls_so"),
        (line(before=EXTREME, rule="T9", proposed=MEDIUM), Terms("medium", "context"), None),
        (line(before=EXTREME, rule="T9", proposed=MEDIUM), Terms("low", "context"), "tier_below_facts"),
        (line(), Terms("high", "as_computed", "A", restriction_days=7), None),
        (line(), Terms("high", "as_computed", "A", restriction_days=6), "restriction_days_invalid"),
        (line(), Terms("high", "as_computed", "A", restriction_days=90), None),
        (line(), Terms("high", "as_computed", "A", restriction_days=91), "restriction_days_invalid"),
        (line(), Terms("medium", "context", restriction_days=30), "restriction_days_invalid"),
        (line(before=HIGH), Terms("high", "as_computed"), None),
        (line(before=HIGH), Terms("medium", "context", measures=(("freeze", None),)), "measure_not_of_tier"),
    ],
)
def test_what_a_person_may_decide(about: Open, terms: Terms, said: str | None) -> None:
    assert refused(lambda: decision.checked(about, terms, "looked at it", DEFAULTS)) == said


@pytest.mark.parametrize(
    ("about", "to", "measures", "people"),
    [
        (line(), HIGH, (Wanted(Measure.FREEZE, None, by_text=False),), 1),
        (line(), HIGH, (Wanted(Measure.PARTIAL_DEDUCTION, "10", by_text=False),), 2),
        (line(), HIGH, (Wanted(Measure.DISMISSAL, None, by_text=False),), 2),
        (line(), EXTREME, (), 2),
        (line(before=EXTREME), EXTREME, (), 1),
        (line(before=EXTREME, rule="T9"), HIGH, (), 2),
        (line(before=EXTREME, rule="T9"), EXTREME, (), 1),
    ],
)
def test_what_cannot_be_undone_takes_two(about: Open, to: Tier, measures: tuple[Wanted, ...], people: int) -> None:
    assert decision.needed(about, to, measures) == people


SAID = Terms("high", "as_computed", "A")


@pytest.mark.parametrize(
    ("given", "person", "terms", "barred", "said"),
    [
        ([], "key_b", SAID, [], None),
        (["key_a"], "key_b", SAID, [], None),
        (["key_a"], "key_a", SAID, [], "line_voted_already"),
        (["key_a"], "key_a2", SAID, [], "line_voted_already"),
        (["key_a"], "key_b", Terms("high", "as_computed", "B"), [], "decision_differs"),
        (["key_a"], "key_b", Terms("high", "as_computed", "A", secret=True), [], "decision_differs"),
        ([], "key_a2", SAID, ["key_a"], "line_raised_by_you"),
        ([], "key_b", SAID, ["key_a"], None),
    ],
)
def test_two_voices_are_of_two_people_who_say_the_same(
    given: list[str], person: str, terms: Terms, barred: list[str], said: str | None
) -> None:
    voices = [Voice(who, SAID.text(), "as the facts say", NOW) for who in given]
    assert refused(lambda: decision.check_voice("rln_1", voices, person, terms, barred, PEOPLE)) == said


@pytest.mark.parametrize(
    ("about", "terms", "follows"),
    [
        (line(), Terms("high", "as_computed", "A"), ["step_up", "withdrawal_delay 24"]),
        (line(), Terms("high", "as_computed", "A", (("partial_deduction", "5"),)),
         ["step_up", "withdrawal_delay 24", "partial_deduction 5"]),
        (line(before=LOW), Terms("medium", "context"), ["warning by text", "observation by text"]),
        (line(before=HIGH, computed=EXTREME), Terms("extreme", "as_computed"),
         ["trading_disabled by text", "off_boarding by text"]),
        (line(before=HIGH, computed=EXTREME, characterised=True), Terms("extreme", "authority"),
         ["trading_disabled by text", "off_boarding by text", "dismissal by text", "full_deduction by text"]),
        (line(before=HIGH), Terms("high", "context"), []),  # what holds goes on
        (line(before=HIGH), Terms("high", "context", "C"), ["freeze"]),
        (line(before=HIGH), Terms("medium", "context"), []),
        (line(before=HIGH, rule="T8"), Terms("high", "relapse"), []),  # extended with the measures it has
        (line(before=HIGH, rule="T8"), Terms("high", "relapse", "C"), ["freeze"]),
        (line(before=MEDIUM), Terms("medium", "context"), []),
        (line(before=MEDIUM, rule="T8"), Terms("medium", "context"), ["warning by text", "observation by text"]),
        (line(before=HIGH, rule="T6", proposed=MEDIUM), Terms("medium", "remedied"), []),
        (line(before=EXTREME, rule="T9", proposed=LOW), Terms("high", "context", "C"), ["freeze"]),
        (line(before=EXTREME, rule="T9", proposed=LOW), Terms("medium", "context"),
         ["warning by text", "observation by text"]),
    ],
)  # fmt: skip
def test_what_follows_from_a_decision(about: Open, terms: Terms, follows: list[str]) -> None:
    made = decision.checked(about, terms, "looked at it", DEFAULTS)
    said = [f"{w.measure}{f' {w.value}' if w.value else ''}{' by text' if w.by_text else ''}" for w in made]
    assert said == follows


def test_a_decision_has_a_reason() -> None:
    assert refused(decision.checked, line(), Terms("high", "as_computed", "A"), " ", DEFAULTS) == "reason_invalid"


def test_terms_are_what_they_were_when_they_are_read_again() -> None:
    terms = Terms("high", "relapse", "B", (("partial_deduction", "20"), ("freeze", None)), 14, True, True)
    assert Terms.of_text(terms.text()) == terms
    assert terms.text() == (
        '{"at_once":true,"code":"relapse","measures":[["partial_deduction","20"],["freeze",null]],"preset":"B",'
        '"restriction_days":14,"secret":true,"tier":"high"}'
    )


@pytest.mark.parametrize(
    ("decided", "person", "check_until", "said"),
    [
        (False, False, None, None),
        (False, True, None, "line_undecided"),
        (True, True, None, None),
        (True, True, NOW, None),
        (True, True, NOW + US, "check_running"),
    ],
)
def test_a_line_is_told_once_decided_and_checked(
    decided: bool, person: bool, check_until: datetime | None, said: str | None
) -> None:
    assert refused(lambda: decision.check_publishable("rln_1", decided, person, check_until, NOW)) == said


# --- measures --------------------------------------------------------------------------------------------------------


def test_what_each_tier_brings_and_what_may_be_chosen() -> None:
    assert by_text(LOW, False) == chosen_from(LOW, False) == chosen_from(MEDIUM, False) == ()
    assert by_text(MEDIUM, True) == (Measure.WARNING, Measure.OBSERVATION)
    assert by_text(HIGH, False) == ()
    assert by_text(EXTREME, False) == (Measure.TRADING_DISABLED, Measure.OFF_BOARDING)
    assert by_text(EXTREME, True)[2:] == (Measure.DISMISSAL, Measure.FULL_DEDUCTION)
    assert chosen_from(EXTREME, False) == (Measure.DISMISSAL,)
    assert chosen_from(EXTREME, True) == ()
    assert Measure.FULL_DEDUCTION not in CHOSEN[HIGH], "only an official characterisation takes the whole bond"


@pytest.mark.parametrize(
    ("tier", "preset", "chosen", "said"),
    [
        (HIGH, "A", [], None),
        (HIGH, "D" * 30, [], "preset_unknown"),
        (HIGH, "B", [], None),
        (HIGH, None, [("fine" * 20, None)], "measure_unknown"),
        (MEDIUM, "A", [], "measure_not_of_tier"),
        (HIGH, None, [], "measure_missing"),
        (HIGH, None, [("fine", None)], "measure_unknown"),
        (HIGH, "A", [("freeze", None)], None),
        (HIGH, "A", [("step_up", None)], "measure_twice"),
        (HIGH, None, [("trading_disabled", None)], "measure_not_of_tier"),
        (LOW, None, [("freeze", None)], "measure_not_of_tier"),
        (LOW, None, [], None),
        (MEDIUM, None, [], None),
        (EXTREME, None, [("dismissal", None)], None),
        (EXTREME, None, [("partial_deduction", "10")], "measure_not_of_tier"),
    ],
)
def test_which_measures_go_with_a_tier(
    tier: Tier, preset: str | None, chosen: list[tuple[str, str | None]], said: str | None
) -> None:
    assert refused(lambda: wanted(tier, False, preset, chosen, DEFAULTS)) == said


@pytest.mark.parametrize(
    ("measure", "value", "means"),
    [
        (Measure.PARTIAL_DEDUCTION, "1", "1"),
        (Measure.PARTIAL_DEDUCTION, "99", "99"),
        (Measure.PARTIAL_DEDUCTION, "100", "measure_value_invalid"),
        (Measure.PARTIAL_DEDUCTION, "0", "measure_value_invalid"),
        (Measure.PARTIAL_DEDUCTION, None, "measure_value_invalid"),
        (Measure.WITHDRAWAL_DELAY, None, "24"),
        (Measure.WITHDRAWAL_DELAY, "48", "48"),
        (Measure.WITHDRAWAL_DELAY, "048", "measure_value_invalid"),
        (Measure.TRADE_LIMIT, "999999999999", "999999999999"),
        (Measure.TRADE_LIMIT, "1000000000000", "measure_value_invalid"),
        (Measure.TRADE_LIMIT, "٣", "measure_value_invalid"),
        (Measure.TRADE_LIMIT, None, "10000"),
        (Measure.FREEZE, None, None),
        (Measure.FREEZE, "1", "measure_value_invalid"),
    ],
)
def test_the_value_of_a_measure(measure: Measure, value: str | None, means: str | None) -> None:
    no = refused(lambda: valued(measure, value, DEFAULTS))
    assert (no or valued(measure, value, DEFAULTS)) == means


def test_what_follows_by_the_text_is_not_chosen() -> None:
    chosen = [("dismissal", None)]
    assert [line.by_text for line in wanted(EXTREME, False, None, chosen, DEFAULTS)] == [True, True, False]
    assert refused(wanted, EXTREME, True, None, chosen, DEFAULTS) == "measure_not_of_tier"


def test_what_cannot_be_undone() -> None:
    final = {m for m in Measure if irreversible([Wanted(m, None, by_text=False)])}
    assert final == {
        Measure.PARTIAL_DEDUCTION, Measure.DISMISSAL, Measure.TRADING_DISABLED, Measure.FULL_DEDUCTION,
    }  # fmt: skip


# --- appeals ----------------------------------------------------------------------------------------------------


def test_an_appeal_has_until_its_day() -> None:
    assert refused(lambda: appeal.check_in_time("rln_1", NOW, NOW - US)) is None
    assert refused(lambda: appeal.check_in_time("rln_1", NOW, NOW)) == "appeal_too_late"


@pytest.mark.parametrize(
    ("answer", "tier", "before", "holds", "means"),
    [
        ("uphold", None, MEDIUM, HIGH, MEDIUM),
        ("uphold", "low", MEDIUM, HIGH, LOW),
        ("uphold", "high", MEDIUM, HIGH, "tier_not_lower"),
        ("uphold", "extreme", MEDIUM, HIGH, "tier_not_lower"),
        ("uphold", None, HIGH, HIGH, "tier_not_lower"),
        ("uphold", "lower" * 9, MEDIUM, HIGH, "tier_unknown"),
        ("reject", None, MEDIUM, HIGH, None),
        ("reject", "medium", MEDIUM, HIGH, "tier_unknown"),
        ("perhaps" * 9, None, MEDIUM, HIGH, "answer_unknown"),
    ],
)
def test_an_answer_goes_back_to_a_lower_tier_or_nowhere(
    answer: str, tier: str | None, before: Tier, holds: Tier, means: object
) -> None:
    no = refused(lambda: appeal.answered(answer, tier, before, holds))
    assert (no or appeal.answered(answer, tier, before, holds)) == means


class Said:
    def __init__(self, person: str, answer: str, tier: str | None) -> None:
        self.person, self.answer, self.tier = person, answer, tier


@pytest.mark.parametrize(
    ("given", "person", "to", "barred", "said"),
    [
        ([], "key_a", HIGH, ["key_b"], None),
        ([], "key_a", HIGH, ["key_a2"], "appeal_not_yours"),
        ([Said("key_a", "uphold", "high")], "key_b", HIGH, [], None),
        ([Said("key_a", "uphold", "high")], "key_a2", HIGH, [], "appeal_voted_already"),
        ([Said("key_a", "uphold", "high")], "key_b", MEDIUM, [], "appeal_differs"),
        ([Said("key_a", "reject", "high")], "key_b", HIGH, [], "appeal_differs"),
        ([Said("key_a", "uphold", "high"), Said("key_b", "uphold", "high")], "key_b", HIGH, [], "appeal_voted_already"),
    ],
)
def test_an_appeal_is_answered_by_others_who_agree(
    given: list[Said], person: str, to: Tier, barred: list[str], said: str | None
) -> None:
    assert refused(lambda: appeal.check_voice("apl_1", given, person, ("uphold", to), barred, PEOPLE)) == said


# --- before other numbers hold --------------------------------------------------------------------------------------


def test_an_answer_is_good_until_another_month_is_over() -> None:
    found = WhatIf(7, ["2025-11"], 1, "[]", "mei", NOW - timedelta(days=1), NOW)
    assert refused(lambda: check_what_if(7, None, NOW)) == "what_if_missing"
    assert refused(lambda: check_what_if(7, found, NOW - US)) is None
    assert refused(lambda: check_what_if(7, found, NOW)) == "what_if_outdated"
