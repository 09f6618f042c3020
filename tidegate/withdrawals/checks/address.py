"""Where to: how long the address has been known, and what lists say of it."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import hours, rfc3339
from tidegate.policy.pack import Policy
from tidegate.withdrawals.check import usd
from tidegate.withdrawals.facts import Facts


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


def address_listed(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, lists: what the policy says of each hit. Sanctions end it; our own blocklist warns the customer and
    asks a person; a known service is told and asks for nothing."""
    for hit in f.hits:
        action = _action(p, hit.list, hit.category)
        outcome = _OUTCOMES[action]
        detail = (
            f"On list {hit.list} as {hit.entry!r} ({hit.category}) since {rfc3339(hit.as_of)}{_warned(f, hit.list)}."
        )
        data = {"list": hit.list, "entry": hit.entry, "category": hit.category}
        if hit.category == "sanctions":
            yield Finding("address_sanctioned", outcome, "W4 lists", detail, data=data)
        elif action == "warn":
            yield Finding("address_warned", Outcome.REVIEW, "W4 lists", detail, data=data)
        elif action == "allow":
            yield Finding("address_tagged", Outcome.ALLOW, "W4 lists", detail, data=data)
        else:
            yield Finding("address_listed", outcome, "W4 lists", detail, data=data)


_OUTCOMES = {
    "allow": Outcome.ALLOW,
    "warn": Outcome.REVIEW,
    "review": Outcome.REVIEW,
    "decline": Outcome.DECLINE,
    "freeze": Outcome.FREEZE,
}


def _action(p: Policy, list: str, category: str) -> str:
    """What a hit asks for; a pack from before the table declines sanctions and asks a person about the rest."""
    if p.screening_numbers is None:
        return "decline" if category == "sanctions" else "review"
    return p.screening_numbers.action(list, category)


def _warned(f: Facts, list: str) -> str:
    state = dict(f.warnings).get(list)
    return "" if state is None else f"; its warning is {state}"


def address_look_alike(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, look-alike: poisoning. It resembles an address that this customer knows, and is another one."""
    known = f.resembles
    if known is not None:
        yield Finding(
            "address_look_alike",
            Outcome.REVIEW,
            "W4 look-alike",
            f"{known.lead} characters at the beginning and {known.tail} at the end agree with {known.address} "
            f"({known.whose}).",
            data={"known": known.address, "whose": known.whose},
        )


def address_ours(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, address: a customer's deposit address here is paid within the books; one of ours on another network
    is watched by nobody there."""
    if f.own == "deposit":
        yield Finding("address_internal", Outcome.ALLOW, "W4 address", "A deposit address of this platform.")
    if f.own == "elsewhere":
        yield Finding(
            "address_ours_elsewhere", Outcome.DECLINE, "W4 address", "Ours on another network; nobody watches it here."
        )


def address_not_in_book(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, allow-list mode: only addresses of the customer's own book, new entries after their wait."""
    if not f.allow_list:
        return
    if f.usable_at is None:
        yield Finding(
            "address_not_in_book", Outcome.DECLINE, "W4 allow-list", "The allow-list is on and does not hold it."
        )
    elif f.now < f.usable_at:
        yield Finding(
            "address_entry_new",
            Outcome.DELAY,
            "W4 allow-list",
            f"In the book, and usable from {rfc3339(f.usable_at)}.",
            ends_at=rfc3339(f.usable_at),
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
