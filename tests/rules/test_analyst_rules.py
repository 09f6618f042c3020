"""Analysts' rules in a decision: they can only add, and a failure of one on trial decides nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from facts_kit import GOOD, HOUR, NOW, USD, hit
from hypothesis import given
from hypothesis import strategies as st
from rule_kit import line_about

from tidegate.base.canonical import canonical, digest
from tidegate.base.findings import Finding, Outcome
from tidegate.policy import flow as policies
from tidegate.policy.language import check, compile_pack, explain
from tidegate.policy.pack import Policy, faults, parse
from tidegate.policy.rules import Mode, PackRule, RuleBook, with_rule
from tidegate.withdrawals import replaying
from tidegate.withdrawals.checks.rules import analyst_rules, explained, shadowed
from tidegate.withdrawals.facts import CATALOGUE, FactType, Use
from tidegate.withdrawals.review import review
from tidegate.withdrawals.vocabulary import KINDS, VOCABULARY, values

POLICY = parse(policies.shipped("default"), 1)
SECOND = timedelta(seconds=1)


def with_rules(*lines: PackRule) -> Policy:
    return replace(POLICY, rules=RuleBook(lines, digest(list(lines))))


def live(name: str, when: str, mode: Mode = Mode.LIVE) -> PackRule:
    return PackRule(name, when, mode)


facts = st.builds(
    replace,
    st.just(GOOD),
    value=st.integers(0, 60_000 * USD),
    units=st.sampled_from([1, 7, 10**6, 10**8]),
    country=st.sampled_from(["DE", "KP", "MM"]),
    level=st.integers(0, 3),
    ownership=st.sampled_from([None, "vasp", "self_hosted"]),
    memo=st.sampled_from([None, "", "7"]),
    address_saved_at=st.integers(0, 250).map(lambda h: NOW - h * HOUR),
    party_since=st.one_of(st.none(), st.just(NOW - 71 * HOUR)),
    count_24h=st.sampled_from([None, 0, 2, 3]),
    count_ever=st.sampled_from([None, 0, 3]),
    windows=st.sampled_from([(), (Use("party", 168, 10**9), Use("party", 720, 2 * 10**9))]),
    hits=st.lists(st.sampled_from(["sanctions", "scam"]).map(hit), max_size=2).map(tuple),
    cleared=st.sampled_from([(), ("analyst_rule:two",), ("large_amount", "rule_unknown:one")]),
)
lines = st.integers(0, 2**32).map(lambda seed: line_about(Random(seed), VOCABULARY))


@given(facts, lines, lines)
def test_a_live_rule_more_never_weakens_the_outcome(f: Any, one: str, two: str) -> None:
    without, before = review(f, POLICY), review(f, with_rules(live("one", one)))
    after = review(f, with_rules(live("one", one), live("two", two)))
    assert without.outcome.severity <= before.outcome.severity <= after.outcome.severity
    assert set(map(canonical, without.findings)) <= set(map(canonical, before.findings))
    assert set(map(canonical, before.findings)) <= set(map(canonical, after.findings))


@given(facts, lines)
def test_a_rule_in_shadow_says_what_it_would_say_and_changes_nothing(f: Any, line: str) -> None:
    alone = review(f, POLICY)
    shadowed = review(f, with_rules(live("one", line, Mode.SHADOW)))
    acting = review(f, with_rules(live("one", line)))
    assert (shadowed.outcome, shadowed.findings, shadowed.answers) == (alone.outcome, alone.findings, alone.answers)
    assert (*alone.findings, *shadowed.shadow) == acting.findings
    assert review(f, with_rules(live("one", line, Mode.OFF))) == alone


@given(facts, lines)
def test_what_is_explained_later_is_what_the_program_found(f: Any, line: str) -> None:
    rule = check(line, VOCABULARY)
    fired = compile_pack({"one": rule}, VOCABULARY).run(values(f, VOCABULARY))
    held = explain(rule, values(f, VOCABULARY)).holds
    assert held is (False if not fired else True if fired[0].certain else None)


def test_a_rule_that_cannot_be_read_any_more_asks_for_a_person_or_says_so_in_shadow() -> None:
    gone = live("gone", "a_fact_of_old > 1 -> step_up")
    verdict = review(GOOD, with_rules(gone))
    assert [(found.code, found.outcome) for found in verdict.findings] == [("check_failed", Outcome.REVIEW)]
    assert verdict.findings[0].data == {"check": "analyst_rules"}
    trial = review(GOOD, with_rules(live("gone", gone.when, Mode.SHADOW)))
    assert (trial.outcome, trial.findings) == (Outcome.ALLOW, ())
    assert trial.shadow[0].data == {"check": "shadow_rules"}


UNKNOWN = live("unknown", "sent_7d_usd > 5 and sent_30d_usd > 5 -> step_up")
SEVEN = PackRule("seven", "amount_units == 7 -> review", Mode.LIVE, "Sevens are looked at")
WAITS = live("waits", "amount_units == 7 -> delay 48")
RULES = with_rules(UNKNOWN, WAITS, SEVEN)
SAID = [
    Finding(
        "rule_unknown",
        Outcome.REVIEW,
        "W3 analyst rules",
        "unknown: sent_7d_usd > 5 and sent_30d_usd > 5 -> step_up (unknown: sent_30d_usd, sent_7d_usd)",
        data={"rule": "unknown", "unknown": "sent_30d_usd, sent_7d_usd"},
    ),
    Finding(
        "analyst_rule",
        Outcome.DELAY,
        "W3 analyst rules",
        "waits: amount_units == 7 -> delay 48",
        ends_at="2026-11-26T11:59:59Z",
        data={"rule": "waits"},
    ),
    Finding("analyst_rule", Outcome.REVIEW, "W3 analyst rules", "seven: Sevens are looked at", data={"rule": "seven"}),
]
YOUNG = replace(GOOD, units=7, requested_at=NOW - SECOND, windows=())
OLD = replace(YOUNG, requested_at=NOW - 48 * HOUR)


def test_what_rules_say_to_the_word_one_after_the_other() -> None:
    assert list(analyst_rules(YOUNG, RULES)) == SAID
    assert list(analyst_rules(OLD, RULES)) == [SAID[0], SAID[2]], "48 hours to the second, and the next is asked too"
    assert list(analyst_rules(replace(OLD, requested_at=OLD.requested_at + SECOND), RULES))[1].code == "analyst_rule"
    assert list(analyst_rules(YOUNG, RULES, Mode.SHADOW)) == []


def test_rules_on_trial_that_cannot_be_run_are_written_down() -> None:
    trial = with_rules(live("gone", "a_fact_of_old > 1 -> step_up", Mode.SHADOW))
    why = "The rules in shadow could not be run (UnreadableRules)."
    written = Finding("check_failed", Outcome.REVIEW, "W3 failing checks", why, data={"check": "shadow_rules"})
    assert shadowed(YOUNG, trial) == (written,)


def test_of_each_rule_that_a_decision_names_everything_it_saw_is_told() -> None:
    other = Finding("large_amount", Outcome.REVIEW, "W1", "")
    told = explained(YOUNG, RULES, [other, *SAID], Mode.LIVE)
    assert [(one.rule, one.mode, one.when, one.message) for one in told] == [
        ("unknown", Mode.LIVE, "sent_7d_usd > 5 and sent_30d_usd > 5 -> step_up", ""),
        ("waits", Mode.LIVE, WAITS.when, ""),
        ("seven", Mode.LIVE, SEVEN.when, "Sevens are looked at"),
    ]
    seen = values(YOUNG, VOCABULARY)
    assert [one.seen for one in told] == [explain(check(r.when, VOCABULARY), seen) for r in (UNKNOWN, WAITS, SEVEN)]
    assert [one.seen.holds for one in told] == [None, True, True]


def test_from_what_is_stored_the_same_is_told_of_rules_that_acted_and_of_those_on_trial() -> None:
    trial = PackRule("trial", "amount_units == 7 -> decline", Mode.SHADOW)
    both = with_rules(*RULES.rules.lines, trial)
    verdict = review(YOUNG, both)
    facts, findings, shadow = map(canonical, (YOUNG, verdict.findings, verdict.shadow))
    assert replaying.findings_of(findings) == list(verdict.findings)
    told = replaying.explained(facts, findings, shadow, both)
    assert [(one.rule, one.mode) for one in told] == [
        ("unknown", Mode.LIVE), ("waits", Mode.LIVE), ("seven", Mode.LIVE), ("trial", Mode.SHADOW),
    ]  # fmt: skip
    assert told[:3] == explained(YOUNG, both, verdict.findings, Mode.LIVE)


def test_a_pack_without_rules_has_no_shadow_and_the_bytes_of_before() -> None:
    verdict = review(GOOD, POLICY)
    assert (canonical(verdict.findings), canonical(verdict.shadow)) == ("[]", "[]")


def test_every_fact_has_a_kind_of_the_language() -> None:
    assert set(VOCABULARY) == {fact.name for fact in CATALOGUE}
    assert set(KINDS) == set(FactType)


@pytest.mark.parametrize(
    ("when", "column", "suggestion"),
    [
        ("amuont_usd > 5 -> review", 1, "amount_usd"),
        ("level > 1 -> reveiw", 14, "review"),
        ("level > 1", 10, " -> review"),
    ],
)
def test_a_fault_says_which_rule_where_and_what_would_be_right(when: str, column: int, suggestion: str) -> None:
    pack = {**policies.shipped("default"), "rules": [{"name": "one", "when": when, "mode": "live"}]}
    (fault,) = faults(pack, VOCABULARY)
    assert (fault.field, getattr(fault, "rule", None)) == ("rules[0].when", "one")
    assert (getattr(fault, "column", None), getattr(fault, "suggestion", None)) == (column, suggestion)


def test_a_name_that_is_none_is_said_with_its_rule() -> None:
    pack = {**policies.shipped("default"), "rules": [{"name": "r();x", "when": "level > 1 -> review", "mode": "live"}]}
    assert [(fault.field, getattr(fault, "rule", None)) for fault in faults(pack, VOCABULARY)] == [
        ("rules[0].name", "r();x")
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], ["new"]),
        (["a", "b"], ["a", "b", "new"]),
        (["a", "new", "b"], ["a", "new", "b"]),  # it stays where it was: the order of findings is part of a decision
    ],
)
def test_a_rule_takes_the_place_of_the_one_of_its_name_or_goes_to_the_end(before: list[str], after: list[str]) -> None:
    old = [{"name": name, "when": "amount_usd > 1 -> review", "mode": "live"} for name in before]
    new = {"name": "new", "when": "amount_usd > 2 -> review", "mode": "shadow"}
    pack = {"limits": [], "rules": old} if before else {"limits": []}
    made: Any = with_rule(pack, new)
    assert [rule["name"] for rule in made["rules"]] == after
    assert new in made["rules"]
    assert [rule for rule in made["rules"] if rule["name"] != "new"] == [r for r in old if r["name"] != "new"]
    assert made["limits"] == []
