"""How much: at once, and in every window that the policy limits."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.base.findings import Finding, Outcome
from tidegate.policy.pack import Policy
from tidegate.withdrawals.check import usd
from tidegate.withdrawals.facts import Facts
from tidegate.withdrawals.limits import tightened, weighs


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
