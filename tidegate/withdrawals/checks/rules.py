"""What analysts wrote: the rules of the policy in force, which can only add findings (rulebook section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import hours, rfc3339
from tidegate.policy import rules
from tidegate.policy.language import Program, RuleFault, Seen, canonical, check, compile_pack, explain
from tidegate.policy.pack import Policy
from tidegate.policy.rules import Mode, RuleBook
from tidegate.withdrawals.facts import Facts
from tidegate.withdrawals.vocabulary import VOCABULARY, values


class UnreadableRules(Exception):
    """A stored rule that cannot be read over today's facts: a bug of ours, for facts are never taken away."""


CODES = ("analyst_rule", "rule_unknown")


def analyst_rules(f: Facts, p: Policy, mode: Mode = Mode.LIVE) -> Iterator[Finding]:
    """Section 3, analyst rules: each rule that fires asks for its outcome; one that nobody can answer, for a person."""
    if not p.rules.key:
        return
    program = _program(p.rules, mode)
    for fired in program.run(values(f, program.facts)):
        line, data = p.rules.named(fired.name), {"rule": fired.name}
        note = f"{fired.name}: {line.message or canonical(fired.rule)}"
        if not fired.certain:
            unknown = ", ".join(fired.unknown)
            yield Finding(
                "rule_unknown",
                Outcome.REVIEW,
                "W3 analyst rules",
                f"{note} (unknown: {unknown})",
                data={**data, "unknown": unknown},
            )
            continue
        outcome, ends = fired.rule.outcome, None
        if fired.rule.hours is not None:
            until = f.requested_at + hours(fired.rule.hours)
            if f.now >= until:  # it has waited long enough; what else the facts say now, other rules say
                continue
            ends = rfc3339(until)
        yield Finding("analyst_rule", outcome, "W3 analyst rules", note, ends_at=ends, data=data)


def shadowed(f: Facts, p: Policy) -> tuple[Finding, ...]:
    """What the rules in shadow would have said. A failure of theirs is written down too, and decides nothing."""
    try:
        return tuple(analyst_rules(f, p, Mode.SHADOW))
    except Exception as fault:
        why = f"The rules in shadow could not be run ({type(fault).__name__})."
        return (Finding("check_failed", Outcome.REVIEW, "W3 failing checks", why, data={"check": "shadow_rules"}),)


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule that fired or could not be answered, with everything it saw."""

    rule: str
    mode: Mode
    when: str
    message: str
    seen: Seen


def explained(f: Facts, p: Policy, findings: Iterable[Finding], mode: Mode) -> list[Explained]:
    """Each rule that a decision names, part by part with exact values, from the facts it was made on."""
    told: list[Explained] = []
    for finding in findings:
        if finding.code in CODES:
            line = p.rules.named(finding.data["rule"])
            rule = check(line.when, VOCABULARY)
            seen = explain(rule, values(f, (name for name, _ in rule.facts)))
            told.append(Explained(line.name, mode, canonical(rule), line.message, seen))
    return told


@lru_cache(maxsize=16)
def _program(book: RuleBook, mode: Mode) -> Program:
    """The rules of one policy version, compiled once: some milliseconds that no decision should pay again."""
    try:
        return compile_pack(rules.understood(book, (mode,), VOCABULARY), VOCABULARY)
    except RuleFault as fault:  # not the caller's doing: the check has failed, and a person has to look
        raise UnreadableRules(str(fault)) from fault
