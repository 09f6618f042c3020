"""The decision: facts in, findings and one outcome out (rulebook sections 3 and 4).

Every check runs and says what it saw; the strictest outcome wins; more evidence never weakens it. A check is
one function with its clause and one line in `CHECKS`, from which the reference is made. Nothing here reads a
clock or a table, so the same facts and policy give the same bytes years later (I11).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.findings import Finding, Outcome, strictest
from tidegate.base.money import to_text
from tidegate.base.times import hours, rfc3339
from tidegate.policy.pack import Policy
from tidegate.withdrawals.facts import Facts
from tidegate.withdrawals.limits import tightened, weighs


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, and every finding that led to it: nobody is told "no" without being told every reason."""

    outcome: Outcome
    findings: tuple[Finding, ...]

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


Check = Callable[[Facts, Policy], Iterator[Finding]]


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


CHECKS: tuple[Check, ...] = (
    country_banned,
    funds_short,
    over_limit_24h,
    over_limit,
    over_transaction_limit,
    address_listed,
    list_stale,
    large_amount,
    address_new,
    credentials_changed,
    restricted,
)

BLOCKING = frozenset({"freeze", "withdrawal_block", "ban"})
"""Restrictions that stop every move of a withdrawal without rewriting its status (section 1, overlay)."""


TOLD_APART_BY: Mapping[str, tuple[str, ...]] = {"address_listed": ("list", "entry"), "list_stale": ("list",)}
"""Codes that can be found more than once, and the data that says which one it is."""


def review(facts: Facts, policy: Policy) -> Verdict:
    """Run every check. What a person has cleared asks for no second person; everything else stands."""
    findings = tuple(finding for check in CHECKS for finding in check(facts, policy))
    return Verdict(strictest(standing(findings, facts.cleared)), findings)


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
