"""What the places that a withdrawal touches ask for: the customer's, the operator's, the counterparty's.

Every rule of each place counts, and of two the stricter. Where the policy describes no places, nobody has gathered
these facts, and nothing here says anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import rfc3339
from tidegate.policy import jurisdictions
from tidegate.policy.jurisdictions import Law
from tidegate.policy.pack import Policy
from tidegate.withdrawals.check import usd
from tidegate.withdrawals.facts import TRAVEL_RULE, Facts, PlaceFacts, State
from tidegate.withdrawals.limits import weighs

OWNERSHIP_PROOF = "ownership_proof"
"""What a customer gives when an address has to be shown to be theirs."""


def held(f: Facts, p: Policy, seen: PlaceFacts) -> Law:
    """The rules in force for this withdrawal on its day, UTC."""
    return jurisdictions.law(p.places, (f.country, p.operator, seen.counterparty), f.now.date())


def place_delay(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, jurisdiction, required delays: a place lets coins leave only some time after money came in."""
    if f.place is None:
        return
    for wait in jurisdictions.delays(
        held(f, p, f.place), dict(f.place.happened), f.now, exchanged(f), frozenset(f.place.exempt)
    ):
        yield Finding(
            "place_delay",
            Outcome.DELAY,
            "W4 jurisdiction",
            f"{wait.place} asks for {wait.hours} hours after {wait.event}; they end {rfc3339(wait.ends)}.",
            ends_at=rfc3339(wait.ends),
            data={"place": wait.place, "event": wait.event},
        )


def place_cap(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, jurisdiction: no more than a place lets leave, per class of assets and window.

    Data that are still being exchanged count as exchanged: nothing is approved before the answer, and a "no" to what
    may yet be allowed could not be taken back.
    """
    if f.place is None:
        return
    is_stablecoin = f.asset in p.stablecoins
    for cap in jurisdictions.caps(held(f, p, f.place), is_stablecoin, p.fx, exchanged(f) or awaited(f)):
        used = f.place.used_by(cap.assets, cap.hours)
        if used + (f.value if weighs(f.reserved_at, f.now, cap.hours) else 0) > cap.limit:
            yield Finding(
                "place_cap",
                Outcome.DECLINE,
                "W4 jurisdiction",
                f"{usd(used)} used in {cap.hours} hours ({cap.assets}) and {usd(f.value)} asked pass {usd(cap.limit)}, "
                f"which {cap.place} allows.",
                data={"place": cap.place, "assets": cap.assets, "hours": str(cap.hours)},
            )


def allow_list_required(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, jurisdiction: a place lets coins go only to addresses that the customer has saved."""
    if f.place is None or f.place.booked:
        return
    place = jurisdictions.allow_list(held(f, p, f.place))
    if place is not None:
        yield Finding(
            "allow_list_required",
            Outcome.DECLINE,
            "W4 jurisdiction",
            f"{place} lets coins go only to addresses in the book; this one is not there.",
            data={"place": place},
        )


def description_missing(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, jurisdiction: a place wants every transfer to say what it is for. It is part of what the customer
    confirms, so it cannot be added later: ask again with one."""
    if f.place is None:
        return
    asked = jurisdictions.description(held(f, p, f.place))
    if asked is not None and len(f.place.description.strip()) < asked[0]:
        yield Finding(
            "description_missing",
            Outcome.DECLINE,
            "W4 jurisdiction",
            f"{asked[1]} wants {asked[0]} characters; there are {len(f.place.description.strip())}.",
            data={"place": asked[1]},
        )


def travel_rule_asked(f: Facts, p: Policy) -> tuple[str, str] | None:
    """The fields that must reach the counterparty, and the place that asks for most; None = nobody asks.

    An address that the customer controls has no provider to write to, and of one of ours we know everything. Where
    nobody said whose it is, a provider's is assumed: silence must not be the way around the rule.
    """
    if f.place is None or f.own or f.ownership == "self_hosted" or f.place.proved_at is not None:
        return None
    return jurisdictions.travel_rule(held(f, p, f.place), f.value, p.fx)


def travel_rule_pending(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, travel rule: what only the customer knows has to be known before anything is sent."""
    asked = travel_rule_asked(f, p)
    ended = any(a.check == TRAVEL_RULE and a.state is not State.PENDING for a in f.outside)
    if asked is None or f.place is None or ended:
        return
    fields, place = asked
    missing = f.place.lacks_extended if fields == "extended" else f.place.lacks_basic
    if missing:
        yield Finding(
            "travel_rule_pending",
            Outcome.REVIEW,
            "W4 travel rule",
            f"{place} asks for travel-rule data ({fields}); missing: {', '.join(missing)}.",
            data={"place": place, "missing": ", ".join(missing)},
        )
    elif TRAVEL_RULE not in f.required:
        yield Finding(
            "travel_rule_pending",
            Outcome.REVIEW,
            "W4 travel rule",
            f"{place} asks for travel-rule data ({fields}) since this was requested; none were exchanged.",
            data={"place": place},
        )


def ownership_unproven(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, ownership of self-hosted wallets: where a place wants proof, the customer's word is none."""
    if f.place is None or f.own or f.ownership == "vasp" or f.place.proved_at is not None:
        return
    place = jurisdictions.ownership_proof(held(f, p, f.place), f.value, p.fx)
    if place is not None:
        yield Finding(
            "ownership_unproven",
            Outcome.REVIEW,
            "W4 travel rule",
            f"{place} asks for proof that the address is the customer's; they say {f.ownership or 'nothing'}.",
            data={"place": place, "missing": OWNERSHIP_PROOF},
        )


def exchanged(f: Facts) -> bool:
    """Whether travel-rule data were exchanged and the counterparty took them."""
    return any(a.check == TRAVEL_RULE and a.state is State.ANSWERED and a.outcome is Outcome.ALLOW for a in f.outside)


def awaited(f: Facts) -> bool:
    """Whether the counterparty's answer is still to come."""
    return any(a.check == TRAVEL_RULE and a.state is State.PENDING for a in f.outside)
