"""Who may answer a case, and when it is late: the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from refusal_kit import refused

from tidegate.base.refusals import Refusal
from tidegate.cases import case as rules
from tidegate.cases.case import Answer, Barred, Case
from tidegate.parties.access import ROLES, person

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CASE = Case(
    id="case_1",
    kind="withdrawal_review",
    subject="wd_1",
    party_id="cus_1",
    requester="key_machine",
    reasons=["large_amount"],
    quorum=2,
    status="open",
    assignee=None,
    opened_at=NOW,
    due_at=NOW + timedelta(hours=24),
    closed_at=None,
    policy_version=7,
)
PEOPLE = {
    "key_anna": "anna",
    "key_anna_2": "anna",
    "key_ben": "ben",
    "key_machine": "machine",
    "key_machine_2": "machine",
    "mei": "mei",
    "key_mei": "mei",
}


def voice(who: str, said: str = "approve") -> Answer:
    return Answer(who, said, "Fine", NOW)


@pytest.mark.parametrize(
    ("who", "given", "barred", "code"),
    [
        ("key_anna", [], Barred(), None),
        ("key_ben", [voice("key_anna")], Barred(policy=["mei"], earlier=["key_anna"]), None),
        ("key_anna", [voice("key_anna")], Barred(), "case_answered_already"),
        ("key_anna_2", [voice("key_anna")], Barred(), "case_answered_already"),
        ("key_machine", [], Barred(), "case_own_request"),
        ("key_machine_2", [], Barred(), "case_own_request"),
        ("mei", [], Barred(policy=["mei"]), "case_own_policy"),
        ("key_mei", [], Barred(policy=["mei"]), "case_own_policy"),
        ("key_anna", [], Barred(earlier=["key_anna"]), "case_answered_before"),
        ("key_anna_2", [], Barred(earlier=["key_anna"]), "case_answered_before"),
    ],
)
def test_people_are_compared_not_keys(who: str, given: list[Answer], barred: Barred, code: str | None) -> None:
    assert refused(lambda: rules.check_answer(CASE, given, who, "approve", "Fine", barred, PEOPLE)) == code


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([voice("key_anna")], None),
        ([voice("key_anna"), voice("key_anna_2")], None),
        ([voice("key_anna"), voice("key_ben")], "approved"),
        ([voice("key_anna"), voice("key_ben", "decline")], "declined"),
        ([voice("key_ben", "decline")], "declined"),
    ],
)
def test_the_quorum_counts_people(answers: list[Answer], outcome: str | None) -> None:
    assert rules.outcome(2, PEOPLE, answers) == outcome


@pytest.mark.parametrize(("one", "other"), [("Anna Lee", "anna  lee"), ("MÜLLER", "müller"), (" Ben", "ben")])
def test_a_person_is_the_same_however_their_label_is_written(one: str, other: str) -> None:
    assert person(one) == person(other)
    assert person(one) != person(one + "x")


@pytest.mark.parametrize(
    ("kind", "roles"),
    [
        ("withdrawal_review", {"analyst", "compliance"}),
        ("withdrawal_appeal", {"analyst", "compliance"}),
        ("seizure", {"compliance"}),
        ("books", {"treasury", "compliance"}),
    ],
)
def test_each_kind_is_answered_by_its_roles(kind: str, roles: set[str]) -> None:
    assert {role for role in ROLES if rules.may_answer(replace(CASE, kind=kind), role)} == roles
    assert all("cases:answer" in ROLES[role] for role in roles)


def test_a_late_case_is_raised_three_times_each_half_its_time_later() -> None:
    half, levels, case = timedelta(hours=12), [], CASE
    for _ in range(3):
        level, again = rules.raised(case, NOW)
        levels.append((level, again))
        case = replace(case, escalation=level)
    assert levels == [(1, NOW + half), (2, NOW + half), (3, None)]


@pytest.mark.parametrize(
    ("hours", "code"), [(0, "until_past"), (1, None), (48, None), (49, "until_too_late"), (-1, "until_past")]
)
def test_a_case_sleeps_at_most_as_long_again_as_it_had(hours: int, code: str | None) -> None:
    until = NOW + timedelta(hours=hours)
    assert refused(lambda: rules.check_snooze(CASE, until, NOW)) == code


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("x", True),
        ("x" * 500, True),
        ("a\n\tb\r", True),
        ("x" * 501, False),
        (" \n", False),
        ("", False),
        ("a\x07", False),
    ],
)
def test_words_are_readable_and_not_endless(text: str, good: bool) -> None:
    if good:
        rules.check_words(text, "reason", 500)
        return
    with pytest.raises(Refusal) as said:
        rules.check_words(text, "reason", 500)
    assert (said.value.code, said.value.field) == ("reason_invalid", "reason")


@pytest.mark.parametrize(("hours", "good"), [(0, False), (1, True), (720, True), (721, False)])
def test_a_customer_has_an_hour_to_thirty_days_to_answer(hours: int, good: bool) -> None:
    if good:
        rules.check_question("purpose", hours)
        assert rules.answer_by(NOW, hours) == NOW + timedelta(hours=hours)
        return
    assert refused(lambda: rules.check_question("purpose", hours)) == "deadline_hours_invalid"


def test_information_has_a_kind_that_we_know() -> None:
    for kind in rules.INFORMATION:
        rules.check_information(kind, "An invoice")
    assert refused(lambda: rules.check_information("story", "Once upon a time")) == "kind_unknown"


def test_what_is_no_key_has_no_role_to_be_refused_for() -> None:
    rules.check_role(CASE, None)
    rules.check_role(CASE, "analyst")
    assert refused(lambda: rules.check_role(CASE, "treasury")) == "case_other_role"


def answered(
    case: Case = CASE, who: str = "key_anna", answer: str = "approve", reason: str = "Fine", **barred: list[str]
) -> None:
    rules.check_answer(case, [voice("key_ben")], who, answer, reason, Barred(**barred), PEOPLE)


@pytest.mark.parametrize(
    ("asked", "code", "field", "words"),
    [
        (
            lambda: answered(answer="perhaps"),
            "answer_unknown",
            "answer",
            "'perhaps' is not an answer; say approve or decline",
        ),
        (
            lambda: answered(answer="x" * 41),
            "answer_unknown",
            "answer",
            f"'{'x' * 40}' is not an answer; say approve or decline",
        ),
        (lambda: answered(reason="x" * 501), "reason_invalid", "reason", "Write 1 to 500 readable characters"),
        (lambda: answered(reason=""), "reason_invalid", "reason", "Write 1 to 500 readable characters"),
        (
            lambda: answered(replace(CASE, status="moot")),
            "case_closed",
            None,
            "case_1 is moot; it takes no more answers.",
        ),
        (
            lambda: answered(who="key_ben"),
            "case_answered_already",
            None,
            "You have answered case_1; another person must.",
        ),
        (
            lambda: answered(who="key_machine"),
            "case_own_request",
            None,
            "Who asked for it may not answer the question about it; another must.",
        ),
        (
            lambda: answered(policy=["key_anna"]),
            "case_own_policy",
            None,
            "You wrote or approved policy version 7, which judged this; another must answer.",
        ),
        (
            lambda: answered(earlier=["key_anna"]),
            "case_answered_before",
            None,
            "You answered what this appeals against; other people must look now.",
        ),
        (
            lambda: rules.check_role(CASE, "treasury"),
            "case_other_role",
            None,
            "case_1 (withdrawal_review) is for analyst or compliance, not for treasury.",
        ),
        (
            lambda: rules.check_snooze(CASE, NOW, NOW),
            "until_past",
            "until",
            "2026-11-24T12:00:00Z is past; name a time to come.",
        ),
        (
            lambda: rules.check_snooze(CASE, NOW + timedelta(hours=49), NOW),
            "until_too_late",
            "until",
            "case_1 may sleep until 2026-11-26T12:00:00Z at most.",
        ),
        (lambda: rules.check_question("", 24), "what_invalid", "what", "Write 1 to 500 readable characters"),
        (
            lambda: rules.check_question("x", 721),
            "deadline_hours_invalid",
            "deadline_hours",
            "721 is not 1 to 720 hours",
        ),
        (
            lambda: rules.check_information("x" * 41, "x"),
            "kind_unknown",
            "kind",
            f"'{'x' * 40}' is none of source_of_funds, purpose, document_reference, other",
        ),
        (lambda: rules.check_information("purpose", ""), "text_invalid", "text", "Write 1 to 2000 readable characters"),
        (
            lambda: rules.check_information("purpose", "x" * 2001),
            "text_invalid",
            "text",
            "Write 1 to 2000 readable characters",
        ),
    ],
)
def test_a_no_says_what_was_wrong_and_what_would_be_right(
    asked: Callable[[], None], code: str, field: str | None, words: str
) -> None:
    with pytest.raises(Refusal) as said:
        asked()
    assert (said.value.code, said.value.field, said.value.message) == (code, field, words)
