"""The hold letter: why a withdrawal waits, until when, what the customer can do. Derived, never typed (section 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import rfc3339
from tidegate.notifications import templates
from tidegate.withdrawals.appeals import APPEALABLE
from tidegate.withdrawals.factors import missing
from tidegate.withdrawals.facts import TRAVEL_RULE
from tidegate.withdrawals.review import standing, to_ask
from tidegate.withdrawals.withdrawal import FINAL, Status, Withdrawal


@dataclass(frozen=True, slots=True)
class Letter:
    """`reasons` are codes with the customer's words in English and Chinese; `ends_at` None = a person ends it."""

    reasons: list[dict[str, object]]
    ends_at: str | None
    next_step: dict[str, str]
    appeal: dict[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What cases know of a withdrawal: what its customer is asked, and how its newest appeal stands (a case's status).
    None = nothing is asked; there was no appeal."""

    asked: str | None = None
    appeal: str | None = None


def letter(withdrawal: Withdrawal, findings: Sequence[Finding], known: Known) -> Letter | None:
    """The letter for where the withdrawal stands; None where nothing waits and nothing was refused."""
    if withdrawal.status in FINAL and withdrawal.status not in (Status.DECLINED, Status.EXPIRED):
        return None
    step = templates.NEXT_STEPS.get(withdrawal.status)
    if withdrawal.status is Status.AWAITING_INFORMATION and to_ask(findings, withdrawal.cleared):
        step = templates.NEXT_STEPS["give_information"]
    if step is None:
        return None
    if withdrawal.status is Status.AWAITING_CONFIRMATION:
        step = _confirming(withdrawal)
    reasons: list[dict[str, object]] = [
        {"code": code, **templates.reason(code).both()} for code in _codes(withdrawal, findings)
    ]
    if withdrawal.status is Status.AWAITING_INFORMATION:
        asked = {f.code: f.data["missing"].split(", ") for f in to_ask(findings, withdrawal.cleared)}
        reasons = [r | ({"missing": asked[str(r["code"])]} if r["code"] in asked else {}) for r in reasons]
    if known.asked is not None:
        reasons.append({"code": "information_asked", **templates.information(known.asked).both()})
    if withdrawal.status is Status.EXPIRED and withdrawal.confirmed_at is not None:
        silent = any(_is_silent_counterparty(f) for f in findings)
        step = templates.NEXT_STEPS["expired_unanswered" if not silent else "expired_counterparty"]
    if withdrawal.waiting_for is not None:
        step = templates.NEXT_STEPS["waiting"]
        waiting = templates.WAITING[withdrawal.waiting_for]
        reasons.append({"code": withdrawal.waiting_for, **waiting.both()})
    ends = {
        Status.DELAYED: withdrawal.release_at,
        Status.AWAITING_CONFIRMATION: withdrawal.expires_at,
        Status.AWAITING_INFORMATION: withdrawal.expires_at,
    }.get(withdrawal.status)
    text = templates.APPEALS[_appeal(withdrawal, known)]
    appeal = {lang: words.replace("{id}", withdrawal.id) for lang, words in text.both().items()}
    to_do = {lang: words.replace("{id}", withdrawal.id) for lang, words in step.both().items()}
    return Letter(reasons, rfc3339(ends) if ends else None, to_do, appeal)


def _confirming(withdrawal: Withdrawal) -> templates.Text:
    """What the customer has to confirm with, all that is still missing."""
    steps = [templates.CONFIRM_STEPS[f] for f in missing(withdrawal.required_factors, withdrawal.used_factors)]
    return templates.Text(" ".join(step.en for step in steps), "".join(step.zh for step in steps))


def _appeal(withdrawal: Withdrawal, known: Known) -> str:
    """Which words about appeals fit: how the last one stands, or whether there can be one."""
    if known.appeal in templates.APPEALS:
        return known.appeal
    return "possible" if withdrawal.status in APPEALABLE else "support"


def _codes(withdrawal: Withdrawal, findings: Sequence[Finding]) -> list[str]:
    """Why it waits; of one that was declined only what declined it, which may be a person or too many wrong codes."""
    if withdrawal.status is Status.PAYING or (withdrawal.status is Status.EXPIRED and withdrawal.confirmed_at is None):
        return []  # nothing holds it any more, or nobody confirmed it: what its decision found is not why
    counting = [f for f in standing(findings, withdrawal.cleared) if f.outcome is not Outcome.ALLOW]
    if withdrawal.status is Status.EXPIRED and any(_is_silent_counterparty(f) for f in counting):
        return ["travel_rule_unanswered"]
    if withdrawal.status is Status.EXPIRED and withdrawal.confirmed_at is not None:
        return ["information_missing"]
    if withdrawal.status is not Status.DECLINED:
        return [f.code for f in counting]
    hard = [f.code for f in counting if f.outcome.severity >= Outcome.DECLINE.severity]
    return hard or ["code_tries_used_up" if withdrawal.confirmed_at is None else "declined_by_person"]


def _is_silent_counterparty(finding: Finding) -> bool:
    return finding.code == "check_timed_out" and finding.data.get("check") == TRAVEL_RULE
