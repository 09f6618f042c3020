"""What a back-test found, put together from the groups that the database counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tidegate.base.findings import Outcome
from tidegate.base.refusals import Malformed
from tidegate.base.times import rfc3339
from tidegate.policy.language import Rule
from tidegate.policy.rules import Mode

STAGES = {"request": ("request", "decide"), "confirm": ("confirm",)}
"""Which decisions are looked at: the first one about each withdrawal, or the one at its confirmation."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule of a back-test. `sql` is its condition over `decision_facts_v`."""

    name: str
    rule: Rule
    mode: Mode
    sql: str


@dataclass(frozen=True, slots=True)
class Group:
    """Decisions with one outcome, one would-be outcome and one truth; the lists run beside the rules."""

    outcome: str
    would: str
    truth: str | None
    decisions: int
    fired: Sequence[int]
    unknown: Sequence[int]
    usd_fired: Sequence[int]  # micro-USD
    usd_unknown: Sequence[int]


@dataclass(slots=True)
class RuleReport:
    """What one rule would have done."""

    rule: str
    mode: str
    fired: int = 0
    unknown: int = 0  # it could not be answered, so a person would have been asked
    people: int = 0  # different customers among both
    held: int = 0  # micro-USD of both, where the outcome would have been stricter than what was decided
    stricter: int = 0  # decisions of both whose outcome this rule alone would have made stricter
    delay_hours: int = 0  # hours of waiting asked for, over all that fired
    frauds_caught: int = 0
    false_positives: int = 0


@dataclass(slots=True)
class Report:
    """What all of them together would have done."""

    decisions: int = 0
    frauds: int = 0  # decisions that are known to be fraud
    legit: int = 0
    frauds_caught: int = 0  # by a live rule or what was decided then
    outcomes: dict[tuple[str, str], int] = field(default_factory=dict)  # (decided, would be) -> decisions
    rules: list[RuleReport] = field(default_factory=list)


def put_together(tried: Sequence[Tried], groups: Iterable[Group], people: Mapping[str, int]) -> Report:
    """The report. A rule's own numbers count it alone; the outcomes count every live rule beside what was decided."""
    report = Report(rules=[RuleReport(one.name, one.mode.value, people=people.get(one.name, 0)) for one in tried])
    for group in groups:
        report.decisions += group.decisions
        report.frauds += group.decisions if group.truth == "fraud" else 0
        report.legit += group.decisions if group.truth == "legit" else 0
        pair = (group.outcome, group.would)
        report.outcomes[pair] = report.outcomes.get(pair, 0) + group.decisions
        if group.truth == "fraud" and Outcome(group.would).severity >= Outcome.DELAY.severity:
            report.frauds_caught += group.decisions
        for place, (one, line) in enumerate(zip(tried, report.rules, strict=True)):
            _count(line, one.rule, group, place)
    return report


def _count(line: RuleReport, rule: Rule, group: Group, place: int) -> None:
    fired, unknown = group.fired[place], group.unknown[place]
    decided = Outcome(group.outcome).severity
    line.fired += fired
    line.unknown += unknown
    line.delay_hours += fired * (rule.hours or 0)
    if rule.outcome.severity > decided:
        line.stricter += fired
        line.held += group.usd_fired[place]
    if Outcome.REVIEW.severity > decided:
        line.stricter += unknown
        line.held += group.usd_unknown[place]
    line.frauds_caught += fired + unknown if group.truth == "fraud" else 0
    line.false_positives += fired + unknown if group.truth == "legit" else 0


@dataclass(frozen=True, slots=True)
class Shadowed:
    """What one rule in shadow asked for, over the decisions of one outcome, as it was written down beside them."""

    rule: str
    code: str  # "analyst_rule", "rule_unknown"
    asked: str
    outcome: str  # what was decided
    decisions: int
    usd: int  # micro-USD
    frauds: int
    legit: int


def on_trial(names: Iterable[str], lines: Iterable[Shadowed], people: Mapping[str, int]) -> list[RuleReport]:
    """The sums, rule by rule; a rule that never said anything is told as well."""
    told = {name: RuleReport(name, Mode.SHADOW.value, people=people.get(name, 0)) for name in names}
    for line in lines:
        one = told[line.rule]
        if line.code == "rule_unknown":
            one.unknown += line.decisions
        else:
            one.fired += line.decisions
        if Outcome(line.asked).severity > Outcome(line.outcome).severity:
            one.stricter += line.decisions
            one.held += line.usd
        one.frauds_caught += line.frauds
        one.false_positives += line.legit
    return list(told.values())


def check_span(since: datetime | None, until: datetime | None) -> None:
    """Raises Malformed `span_empty`."""
    if since is not None and until is not None and since >= until:
        raise Malformed(
            "span_empty", f"{rfc3339(since)} is not before {rfc3339(until)}: there is nothing between", field="until"
        )


def check_stage(stage: str) -> tuple[str, ...]:
    """The stages of decisions behind the word. Raises Malformed `stage_unknown`."""
    if stage not in STAGES:
        raise Malformed("stage_unknown", f"{stage[:20]!r} is none of {', '.join(STAGES)}", field="stage")
    return STAGES[stage]
