"""The decision: facts in, findings and one outcome out (rulebook sections 3 and 4).

Every check runs and says what it saw; the strictest outcome wins; more evidence never weakens it. A check is
one function with its clause and one line in `CHECKS`, from which the reference is made. Nothing here reads a
clock or a table, so the same facts and policy give the same bytes years later (I11).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.findings import Finding, Outcome, strictest
from tidegate.base.money import to_text
from tidegate.base.refusals import Refusal
from tidegate.base.times import hours, rfc3339
from tidegate.policy.pack import Policy
from tidegate.withdrawals.facts import Facts, State
from tidegate.withdrawals.limits import tightened, weighs


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

    def codes(self, outcome: Outcome) -> list[str]:
        return sorted({finding.code for finding in self.findings if finding.outcome is outcome})


def _always(_: Facts) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it is called, the clause it carries out, and what follows when it fails.

    A pack may say otherwise for a while (`check_failures`): to ignore a failure takes two people and an end.
    """

    id: str
    clause: str
    run: Callable[[Facts, Policy], Iterator[Finding]]
    on_error: Outcome = Outcome.REVIEW
    on_timeout: Outcome = Outcome.REVIEW
    applies: Callable[[Facts], bool] = _always  # where it does not, it is skipped, and the decision says so


def country_banned(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, jurisdiction: nothing leaves for a banned place; a restricted one needs a person."""
    standing = p.jurisdiction(f.country)
    if standing == "banned":
        yield Finding("country_banned", Outcome.DECLINE, "W4 jurisdiction", f"{f.country} is banned by this policy.")
    if standing == "restricted":
        yield Finding("country_restricted", Outcome.REVIEW, "W4 jurisdiction", f"{f.country} is restricted.")


def funds_short(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, funds: settled only, minus holds."""
    if f.available_units is not None and f.units > f.available_units:
        yield Finding(
            "funds_short",
            Outcome.DECLINE,
            "W4 funds",
            f"{f.units} units asked, {f.available_units} available.",
            data={"units": str(f.units), "available": str(f.available_units)},
        )


def over_limit_24h(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, limits: no more than the level's limit in any 24 hours, at the value frozen at the request."""
    limit = party_limit(f, p)
    if f.used_24h + _weight(f, 24) > limit:
        yield Finding(
            "over_limit_24h",
            Outcome.DECLINE,
            "W4 limits",
            f"{usd(f.used_24h)} used in 24 hours and {usd(f.value)} asked pass the limit of {usd(limit)}.",
            data={"used": str(f.used_24h), "value": str(f.value), "limit": str(limit)},
        )


def party_limit(f: Facts, p: Policy) -> int:
    """Micro-USD in any 24 hours: the level's limit, or a lower one that a restriction sets, as the market leaves it.

    Refuses with `no_level` or `no_limit` where the policy does not say: never "unlimited".
    """
    own = [int(r.value) * 1_000_000 for r in f.restrictions if r.kind == "withdrawal_limit" and r.value is not None]
    return tightened(min([p.limit_24h(f.level), *own]), f.market_percent)


def over_limit(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, limits: every other window that the policy limits, one finding for each that would be passed."""
    for limit in p.limits:
        used, most = f.used(limit.scope, limit.hours), tightened(limit.value, f.market_percent)
        if used + _weight(f, limit.hours) > most:
            length = "a lifetime" if limit.hours is None else f"{limit.hours} hours"
            yield Finding(
                "over_limit",
                Outcome.DECLINE,
                "W4 limits",
                f"{usd(used)} used by this {limit.scope} in {length} and {usd(f.value)} asked pass {usd(most)}.",
                data={
                    "scope": limit.scope,
                    "hours": "lifetime" if limit.hours is None else str(limit.hours),
                    "used": str(used),
                    "value": str(f.value),
                    "limit": str(most),
                },
            )


def over_transaction_limit(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, limits: no more than so much of an asset in one withdrawal."""
    limit = p.limits_per_transaction.get(f.asset)
    if limit is None:
        return
    most = tightened(limit, f.market_percent)
    if f.value > most:
        yield Finding(
            "over_transaction_limit",
            Outcome.DECLINE,
            "W4 limits",
            f"{usd(f.value)} asked at once pass the limit of {usd(most)} for {f.asset}.",
            data={"value": str(f.value), "limit": str(most)},
        )


def _weight(f: Facts, hours: int | None) -> int:
    """What this withdrawal adds to the window that ends now."""
    return f.value if weighs(f.reserved_at, f.now, hours) else 0


def address_new(f: Facts, p: Policy) -> Iterator[Finding]:
    """Sections 4 and 10, new address: 24 hours to notice a theft, 48 above a size."""
    wait = p.new_address_hours(f.value)
    if wait is None:
        return
    ends = f.address_saved_at + hours(wait)
    if f.now < ends:
        yield Finding(
            "address_new",
            Outcome.DELAY,
            "W4 new address",
            f"First named at {rfc3339(f.address_saved_at)}; {wait} hours must pass for {usd(f.value)}.",
            ends_at=rfc3339(ends),
        )


def credentials_changed(f: Facts, p: Policy) -> Iterator[Finding]:
    """Sections 4 and 10, session: a pause after the password, a factor, e-mail or phone was changed."""
    for what, at in f.changed:
        ends = at + hours(p.credential_hold_hours(what))
        if f.now < ends:
            yield Finding(
                "credentials_changed",
                Outcome.DELAY,
                "W4 session",
                f"{what} at {rfc3339(at)}; the pause ends {rfc3339(ends)}.",
                ends_at=rfc3339(ends),
                data={"event": what},
            )


def address_listed(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, lists: an exact match on a sanctions list ends it; any other list needs a person."""
    for hit in f.hits:
        yield Finding(
            "address_sanctioned" if hit.category == "sanctions" else "address_listed",
            Outcome.DECLINE if hit.category == "sanctions" else Outcome.REVIEW,
            "W4 lists",
            f"On list {hit.list} as {hit.entry!r} ({hit.category}) since {rfc3339(hit.as_of)}.",
            data={"list": hit.list, "entry": hit.entry, "category": hit.category},
        )


def list_stale(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, lists: freshness is a gate; what an old list does not say is not evidence."""
    for name in f.stale_lists:
        yield Finding(
            "list_stale",
            Outcome.REVIEW,
            "W4 lists",
            f"List {name} is older than it may be.",
            data={"list": name} if f.facts_version > 1 else {},  # as it was said then: a replay gives the same bytes
        )


def large_amount(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 1, in_review: above a size a person looks, and above another one more than one."""
    if f.value >= p.review_from:
        yield Finding(
            "large_amount",
            Outcome.REVIEW,
            "W1 quorum by amount",
            f"{usd(f.value)} reaches the review line of {usd(p.review_from)}.",
        )


def restricted(f: Facts, _: Policy) -> Iterator[Finding]:
    """Sections 1 and 4, restrictions: a merchant's measures and an officer's orders arrive here."""
    for r in f.restrictions:
        if r.kind == "step_up":
            yield Finding("step_up_required", Outcome.STEP_UP, "W4 restrictions", "A restriction asks for step-up.")
        if r.kind == "withdrawal_delay":
            wait = timedelta(hours=int(r.value or 24))
            ends = f.requested_at + wait
            if f.now < ends:
                yield Finding(
                    "withdrawals_delayed",
                    Outcome.DELAY,
                    "W4 restrictions",
                    f"A restriction delays every withdrawal by {wait}.",
                    ends_at=rfc3339(ends),
                )


def usd(micro: int) -> str:
    """Micro-USD as people read it."""
    return f"{to_text(micro, 6)} USD"


def outside_flagged(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, outside vendors: whatever one of them asks for counts like a finding of ours."""
    for answer in f.outside:
        if answer.state is State.ANSWERED and answer.outcome not in (None, Outcome.ALLOW):
            outcome = answer.outcome
            yield Finding("outside_flagged", outcome, "W4 outside", answer.detail, data={"check": answer.check})


CHECKS: tuple[Check, ...] = (
    Check("country_banned", "W4 jurisdiction", country_banned),
    Check("funds_short", "W4 funds", funds_short, applies=lambda f: f.available_units is not None),
    Check("over_limit_24h", "W4 limits", over_limit_24h),
    Check("over_limit", "W4 limits", over_limit),
    Check("over_transaction_limit", "W4 limits", over_transaction_limit),
    Check("address_listed", "W4 lists", address_listed),
    Check("list_stale", "W4 lists", list_stale),
    Check("large_amount", "W1 quorum by amount", large_amount),
    Check("address_new", "W4 new address", address_new),
    Check("credentials_changed", "W4 session", credentials_changed),
    Check("restricted", "W4 restrictions", restricted),
    Check("outside_flagged", "W4 outside", outside_flagged),
)

BLOCKING = frozenset({"freeze", "withdrawal_block", "ban"})
"""Restrictions that stop every move of a withdrawal without rewriting its status (section 1, overlay)."""


TOLD_APART_BY: Mapping[str, tuple[str, ...]] = {
    "address_listed": ("list", "entry"),
    "list_stale": ("list",),
    "check_failed": ("check",),
    "check_timed_out": ("check",),
    "outside_flagged": ("check",),
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
            answers.append(Answered(check.id, State.SKIPPED))
            continue
        try:
            findings += check.run(facts, policy)
        except Refusal:
            raise
        except Exception as fault:  # a bug of ours must not let coins pass, nor hide what the other checks saw
            answers.append(Answered(check.id, State.ERROR, f"{type(fault).__name__}: {fault}"))
            findings.append(failed(facts, policy, check.id, State.ERROR, type(fault).__name__, check.on_error))
        else:
            answers.append(Answered(check.id, State.ANSWERED))
    for id in facts.required:
        answers.append(Answered(id, _state_of(facts, id)))
    for answer in facts.outside:
        if answer.state in (State.ERROR, State.TIMEOUT):
            findings.append(failed(facts, policy, answer.check, answer.state, answer.detail, Outcome.REVIEW))
    return Verdict(strictest(standing(findings, facts.cleared)), tuple(findings), tuple(answers))


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


def named(finding: Finding) -> str:
    """What a person lets pass: the code, and where it can be found more than once, which one of them."""
    which = [finding.data[key] for key in TOLD_APART_BY.get(finding.code, ()) if key in finding.data]
    return ":".join([finding.code, *which])


def blocked(facts: Facts) -> str | None:
    """The restriction that stops this party's withdrawals just now, or None."""
    return next((r.kind for r in facts.restrictions if r.kind in BLOCKING), None)
