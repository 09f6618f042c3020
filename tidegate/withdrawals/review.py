"""The decision: facts in, findings and one outcome out (rulebook sections 3 and 4).

Every check of `checks/` runs and says what it saw; the strictest outcome wins; more evidence never weakens it.
Nothing here reads a clock or a table, so the same facts and policy give the same bytes years later (I11).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from tidegate.base.findings import Finding, Outcome, strictest
from tidegate.base.refusals import Refusal
from tidegate.base.times import rfc3339
from tidegate.policy.pack import Policy
from tidegate.withdrawals.check import Check
from tidegate.withdrawals.checks import CHECKS
from tidegate.withdrawals.checks.rules import shadowed
from tidegate.withdrawals.facts import Facts, State


@dataclass(frozen=True, slots=True)
class Answered:
    """How far one check came. `fault` is for the log: it may say what is different every time."""

    check: str
    state: State
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, and every finding that led to it: nobody is told "no" without being told every reason."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    answers: tuple[Answered, ...] = ()  # of every check, each once
    shadow: tuple[Finding, ...] = ()  # what rules on trial would have said: written down, never counted

    @property
    def pending(self) -> tuple[str, ...]:
        """Checks whose answer is still awaited: until then nothing is approved."""
        return tuple(answer.check for answer in self.answers if answer.state is State.PENDING)

    def complete(self, required: Iterable[str]) -> bool:
        """Whether each of these checks has an end of its own. By identity and never by count (Tazama counted):
        one that answers twice does not stand for one that is silent."""
        ended = [answer.check for answer in self.answers if answer.state is not State.PENDING]
        return all(ended.count(check) == 1 for check in required)

    @property
    def release_at(self) -> datetime | None:
        """When the last delay ends; None when nothing delays."""
        ends = [
            datetime.fromisoformat(finding.ends_at)
            for finding in self.findings
            if finding.outcome is Outcome.DELAY and finding.ends_at is not None
        ]
        return max(ends, default=None)

    @property
    def asks_step_up(self) -> bool:
        """Whether anything asks for a stronger factor. Not the outcome: a delay beside it would hide it."""
        return any(finding.outcome is Outcome.STEP_UP for finding in self.findings)

    def codes(self, outcome: Outcome) -> list[str]:
        return sorted({finding.code for finding in self.findings if finding.outcome is outcome})


BLOCKING = frozenset({"freeze", "withdrawal_block", "ban"})
"""Restrictions that stop every move of a withdrawal without rewriting its status (section 1, overlay)."""


TOLD_APART_BY: Mapping[str, tuple[str, ...]] = {
    "address_listed": ("list", "entry"),
    "address_warned": ("list", "entry"),
    "address_look_alike": ("known",),
    "list_stale": ("list",),
    "check_failed": ("check",),
    "check_timed_out": ("check",),
    "outside_flagged": ("check",),
    "step_up_required": ("check",),
    "place_delay": ("place", "event"),
    "place_cap": ("place", "assets", "hours"),
    "new_device": ("since",),
    "new_network": ("since",),
    "impossible_travel": ("at",),
    "many_withdrawals": ("hours",),
    "unusual_amount": ("against",),
    "amount_implausible": ("against",),
    "egress_tripped": ("trip",),
    "analyst_rule": ("rule",),
    "rule_unknown": ("rule",),
}
"""Codes that can be found more than once, and the data that says which one it is."""


def review(facts: Facts, policy: Policy, checks: Sequence[Check] = CHECKS) -> Verdict:
    """Run every check. What a person has cleared asks for no second person; everything else stands.

    A check that fails asks for a person, by name: a decision never rests on what nobody looked at. A refusal (no
    level, no limit) is an answer of the policy and passes through.
    """
    findings: list[Finding] = []
    answers: list[Answered] = []
    for check in checks:
        if not check.applies(facts):
            answers.append(_answered(check.id, State.SKIPPED))
            continue
        try:
            findings += check.run(facts, policy)
        except Refusal:
            raise
        except Exception as fault:  # a bug of ours must not let coins pass, nor hide what the other checks saw
            answers.append(Answered(check.id, State.ERROR, f"{type(fault).__name__}: {fault}"))
            findings.append(failed(facts, policy, check.id, State.ERROR, type(fault).__name__, check.on_error))
        else:
            answers.append(_answered(check.id, State.ANSWERED))
    for id in facts.required:
        answers.append(Answered(id, _state_of(facts, id)))
    for answer in facts.outside:
        if answer.state in (State.ERROR, State.TIMEOUT):
            findings.append(failed(facts, policy, answer.check, answer.state, answer.detail, Outcome.REVIEW))
    outcome = strictest(standing(findings, facts.cleared))
    return Verdict(outcome, tuple(findings), tuple(answers), shadowed(facts, policy))


@cache
def _answered(check: str, state: State) -> Answered:
    """What nearly every check says of itself, made once: a decision has three dozen of them."""
    return Answered(check, state)


def failed(facts: Facts, policy: Policy, check: str, state: State, why: str, asks: Outcome) -> Finding:
    """A check that erred or timed out, and what follows: what the check says, or the policy until its day."""
    said = policy.failing(check, facts.now)
    outcome = asks
    until = ""
    if said is not None:
        what = said.on_error if state is State.ERROR else said.on_timeout
        outcome = {"review": Outcome.REVIEW, "decline": Outcome.DECLINE, "ignore": Outcome.ALLOW}[what]
        until = f"; by policy {what} until {rfc3339(said.until)}"
    return Finding(
        "check_failed" if state is State.ERROR else "check_timed_out",
        outcome,
        "W3 failing checks",
        f"{check} gave no answer ({state}{': ' if why else ''}{why}){until}.",
        data={"check": check},
    )


def _state_of(facts: Facts, check: str) -> State:
    """How far an outside check has come: one answer is enough, none at all is still awaited."""
    states = [answer.state for answer in facts.outside if answer.check == check]
    return next((s for s in (State.ANSWERED, State.ERROR, State.TIMEOUT) if s in states), State.PENDING)


def required_of(facts: Facts) -> tuple[str, ...]:
    """Every check that must have come to an end before anything is approved."""
    return (*(check.id for check in CHECKS), *facts.required)


def standing(findings: Iterable[Finding], cleared: Collection[str]) -> list[Finding]:
    """The findings that still count: a person lets pass what they have seen, not what has the same code."""
    return [f for f in findings if not (f.outcome is Outcome.REVIEW and named(f) in cleared)]


ASKED_OF_CUSTOMER = frozenset({"travel_rule_pending", "ownership_unproven"})
"""Findings that the customer can answer: what is missing stands in their data. They are asked before a person is."""


def to_ask(findings: Iterable[Finding], cleared: Collection[str]) -> list[Finding]:
    """What the customer has to give before anything else can happen, of what no person has let pass."""
    return [f for f in standing(findings, cleared) if f.code in ASKED_OF_CUSTOMER and "missing" in f.data]


def named(finding: Finding) -> str:
    """What a person lets pass: the code, and where it can be found more than once, which one of them."""
    which = [finding.data[key] for key in TOLD_APART_BY.get(finding.code, ()) if key in finding.data]
    return ":".join([finding.code, *which])


def blocked(facts: Facts) -> str | None:
    """The restriction that stops this party's withdrawals just now, or None."""
    return next((r.kind for r in facts.restrictions if r.kind in BLOCKING), None)
