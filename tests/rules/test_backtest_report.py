"""What a back-test tells of rules: each alone, all together, and those on trial; counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from refusal_kit import refused

from tidegate.policy.language import check
from tidegate.policy.rules import Mode
from tidegate.withdrawals.backtest.report import (
    Group,
    RuleReport,
    Shadowed,
    Tried,
    check_span,
    check_stage,
    on_trial,
    put_together,
)
from tidegate.withdrawals.vocabulary import VOCABULARY

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def tried(name: str, line: str, mode: Mode = Mode.LIVE) -> Tried:
    return Tried(name, check(line, VOCABULARY), mode, "true")


WAIT, LOOK = tried("wait", "amount_usd > 5 -> delay 48"), tried("look", "amount_usd > 9 -> review", Mode.SHADOW)


def test_each_rule_alone_and_all_together() -> None:
    groups = [
        # decided, would be, truth, decisions; fired, unknown, usd of both: of `wait` and of `look`
        Group("allow", "delay", "fraud", 10, [4, 2], [1, 0], [400, 200], [10, 0]),
        Group("allow", "step_up", "fraud", 3, [0, 0], [0, 0], [0, 0], [0, 0]),
        Group("delay", "review", "legit", 5, [2, 3], [2, 1], [50, 60], [7, 8]),
        Group("delay", "review", None, 1, [0, 1], [0, 0], [0, 9], [0, 0]),
        Group("review", "review", "fraud", 2, [2, 2], [1, 1], [5, 5], [5, 5]),
    ]
    report = put_together([WAIT, LOOK], groups, {"wait": 7})
    assert (report.decisions, report.frauds, report.legit, report.frauds_caught) == (21, 15, 5, 12)
    assert report.outcomes == {
        ("allow", "delay"): 10, ("allow", "step_up"): 3, ("delay", "review"): 6, ("review", "review"): 2,
    }  # fmt: skip
    assert report.rules == [
        RuleReport(
            "wait", "live", fired=8, unknown=4, people=7, held=400 + 10 + 7, stricter=4 + 1 + 2, delay_hours=8 * 48,
            frauds_caught=5 + 3, false_positives=4,
        ),
        RuleReport(
            "look", "shadow", fired=8, unknown=2, people=0, held=200 + 60 + 8 + 9, stricter=2 + 3 + 1 + 1,
            delay_hours=0, frauds_caught=2 + 3, false_positives=4,
        ),
    ]  # fmt: skip


def test_what_rules_on_trial_asked_for() -> None:
    lines = [
        Shadowed("look", "analyst_rule", "review", "allow", 4, 100, 1, 2),
        Shadowed("look", "analyst_rule", "review", "review", 3, 50, 1, 0),  # no stricter than what was decided
        Shadowed("look", "rule_unknown", "review", "delay", 2, 10, 0, 1),
    ]
    assert on_trial(["look", "silent"], lines, {"look": 6}) == [
        RuleReport(
            "look", "shadow", fired=7, unknown=2, people=6, held=110, stricter=6, frauds_caught=2, false_positives=3
        ),
        RuleReport("silent", "shadow"),
    ]


def test_a_span_has_something_between_its_ends() -> None:
    for since, until in ((None, None), (None, NOW), (NOW, None), (NOW, NOW + timedelta(microseconds=1))):
        assert refused(check_span, since, until) is None
    assert refused(check_span, NOW, NOW) == "span_empty"
    assert refused(check_span, NOW + timedelta(microseconds=1), NOW) == "span_empty"


def test_which_decisions_are_looked_at() -> None:
    assert [check_stage("request"), check_stage("confirm")] == [("request", "decide"), ("confirm",)]
    assert refused(check_stage, "settle" * 9) == "stage_unknown"
