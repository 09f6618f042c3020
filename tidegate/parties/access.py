"""Who may do what: roles, their scopes, and how long a person stays signed in.

A key's own scopes can only narrow its role's. Nobody both asks and answers: the integrator moves money and
answers no case, staff answer cases and ask for no withdrawal.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.refusals import Forbidden, Malformed

READS = frozenset(
    {
        "customers:read",
        "addresses:read",
        "deposits:read",
        "withdrawals:read",
        "decisions:read",
        "cases:read",
        "lists:read",
        "restrictions:read",
        "policy:read",
        "treasury:read",
        "keys:read",
        "journal:read",
        "market:read",
        "merchants:read",  # merchants, bonds, payment accounts
        "rating:read",  # facts, runs, lines, appeals, figures
        "ads:read",
        "orders:read",  # orders, and how long bought coins stay
        "notices:read",
        "webhooks:read",
    }
)
WRITES = frozenset(
    {
        "customers:write",  # register, record events
        "customers:freeze",  # stop everything outgoing of one customer
        "identity:write",
        "factors:write",
        "addresses:write",
        "deposits:write",  # hand out deposit addresses
        "withdrawals:write",  # ask, confirm, cancel
        "withdrawals:seize",  # propose that a lawful order takes effect
        "decisions:write",  # ask for a decision alone, commit, release
        "cases:answer",
        "lists:write",
        "restrictions:write",
        "policy:write",  # draft and put in force
        "policy:approve",
        "switches:write",
        "treasury:write",
        "keys:write",
        "market:write",  # tell prices
        "market:confirm",  # say that a price which was not believed is right
        "egress:reset",  # let payments go on after the egress breaker has tripped
        "merchants:write",  # apply, agree to the rules, leave, lock and unlock a bond
        "merchants:decide",  # certify, reject, link accounts of one person, delist an asset of the desk
        "ads:write",
        "orders:write",  # take an ad, pay, release, give up, dispute
        "orders:resolve",  # decide a dispute
        "bonds:write",  # move a bond: what exactly is asked of the two scopes beside it
        "bonds:deduct",  # propose to take from a bond
        "accounts:write",  # name and retire payment accounts
        "accounts:attest",  # say that one is used elsewhere
        "facts:write",  # tell what happened about a merchant
        "facts:judge",  # say what a fact is
        "rating:write",  # confirm calendars, draw and publish a month, exempt
        "rating:decide",  # decide lines, order interim measures, answer appeals
        "appeals:write",  # appeal against a rating, and say which facts of it are wrong
        "notices:write",  # have staff told about a topic, or no more
        "webhooks:write",  # say which servers are told what happens
        "travel_rule:review",  # read what counterparties write about our customers, and ask them for more
    }
)
SCOPES = READS | WRITES

ROLES: dict[str, frozenset[str]] = {
    "integrator": frozenset(  # the platform's own backend
        {
            "customers:read",
            "customers:write",
            "customers:freeze",
            "identity:write",
            "factors:write",
            "addresses:read",
            "addresses:write",
            "deposits:read",
            "deposits:write",
            "withdrawals:read",
            "withdrawals:write",
            "decisions:read",
            "decisions:write",
            "lists:read",
            "restrictions:read",
            "policy:read",
            "market:read",
            "market:write",
            "merchants:read",
            "merchants:write",
            "ads:read",
            "ads:write",
            "orders:read",
            "orders:write",
            "bonds:write",
            "accounts:write",
            "accounts:attest",
            "facts:write",
            "rating:read",
            "appeals:write",
        }
    ),
    "analyst": READS - {"keys:read"}
    | {
        "cases:answer",
        "customers:freeze",
        "policy:write",
        "orders:resolve",
        "bonds:write",
        "bonds:deduct",
        "accounts:attest",
        "notices:write",
        "travel_rule:review",
    }
    | {"facts:write", "facts:judge", "rating:decide"},
    "compliance": READS - {"keys:read"}
    | {
        "cases:answer",
        "withdrawals:seize",
        "customers:freeze",
        "identity:write",
        "lists:write",
        "restrictions:write",
        "policy:write",
        "policy:approve",
        "switches:write",
        "egress:reset",
        "merchants:decide",
        "orders:resolve",
        "bonds:write",
        "bonds:deduct",
        "accounts:attest",
        "notices:write",
        "travel_rule:review",
    }
    | {"facts:write", "facts:judge", "rating:write", "rating:decide"},
    # Of cases only those about the books: `cases.case.SEEN_BY`.
    "treasury": READS - {"keys:read"}
    | {"cases:answer", "treasury:write", "switches:write", "policy:approve", "market:write", "market:confirm"}
    | {"egress:reset", "notices:write"},
    "support": frozenset(
        {
            "customers:read",
            "customers:freeze",
            "addresses:read",
            "deposits:read",
            "withdrawals:read",
            "cases:read",
            "market:read",
            "ads:read",
            "orders:read",
            "merchants:read",
            "notices:read",
            "notices:write",
        }
    ),
    "auditor": READS,
    "admin": READS
    | {
        "customers:freeze",
        "lists:write",
        "restrictions:write",
        "policy:write",
        "policy:approve",
        "switches:write",
        "treasury:write",
        "keys:write",
        "market:confirm",
        "notices:write",
        "webhooks:write",
    },
    "customer": frozenset(  # their own objects only
        {
            "customers:read",
            "customers:freeze",
            "addresses:read",
            "addresses:write",
            "deposits:read",
            "deposits:write",
            "withdrawals:read",
            "withdrawals:write",
            "market:read",
            "merchants:read",
            "merchants:write",
            "ads:read",
            "ads:write",
            "orders:read",
            "orders:write",
            "bonds:write",
            "accounts:write",
            "accounts:attest",
            "appeals:write",
        }
    ),
}
"""Role -> scopes. The route table names one scope per route; the reference is made from this."""

STAFF = frozenset(ROLES) - {"integrator", "customer"}
"""Roles of people: they may sign in at the console."""

PROOF_LASTS = timedelta(minutes=5)
LINK_LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls: a machine, a person of ours, or a customer. `scopes` are those that are left of the role's."""

    key_id: str
    role: str
    scopes: frozenset[str]
    party_id: str | None  # the customer whose objects it sees; None = everybody's
    label: str

    @property
    def actor(self) -> str:
        """How the journal names them: the customer themself, or the key."""
        return self.party_id or self.key_id

    def may(self, needed: str) -> bool:
        return needed in self.scopes

    def require(self, needed: str) -> None:
        """Raises Forbidden `scope_missing` when they may not."""
        if needed not in self.scopes:
            raise Forbidden("scope_missing", f'This needs the scope {needed}; "{self.label}" ({self.role}) lacks it.')


def allows(role: str, scopes: Collection[str] | None, needed: str) -> bool:
    """Whether a key of this role, narrowed to `scopes` (None = not narrowed), may do it."""
    return needed in effective(role, scopes)


def effective(role: str, scopes: Collection[str] | None) -> frozenset[str]:
    """What is left of the role's scopes. A role nobody knows may do nothing."""
    own = ROLES.get(role, frozenset())
    return own if scopes is None else own & frozenset(scopes)


def check_key(
    role: str,
    label: str,
    party_id: str | None,
    scopes: Collection[str] | None,
    addresses: Collection[str] | None,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    """Raises Malformed for a key that could do nothing, or more than its role."""
    if role not in ROLES:
        raise Malformed("role_unknown", f"{role[:40]!r} is not a role; known are {', '.join(ROLES)}", field="role")
    if not 1 <= len(label) <= 100 or not label.isprintable() or label != label.strip():
        raise Malformed("label_invalid", "Name whose key it is in 1 to 100 printable characters", field="label")
    if (role == "customer") != (party_id is not None):
        raise Malformed("party_mismatch", "Exactly the role customer names a customer", field="party_id")
    if scopes is not None:
        beyond = sorted(set(scopes) - ROLES[role])
        if beyond or not scopes:
            raise Malformed(
                "scopes_invalid",
                f"{', '.join(beyond) or 'No scope'} does not narrow the role {role}, which has "
                f"{', '.join(sorted(ROLES[role]))}",
                field="scopes",
            )
    if addresses is not None:
        if not addresses:
            raise Malformed("addresses_invalid", "A key without any address could not be used", field="addresses")
        for text in addresses:
            try:
                ipaddress.ip_network(text)
            except ValueError as bad:
                raise Malformed(
                    "addresses_invalid",
                    f"{text[:60]!r} is not a network like 10.0.0.0/8 or 2001:db8::/32: {bad}",
                    field="addresses",
                ) from bad
    if expires_at is not None and expires_at <= now:
        raise Malformed("expires_at_past", "The key would have expired already", field="expires_at")


def check_login(login: str) -> None:
    """Raises Malformed `login_invalid`: a name that somebody can type again."""
    if not 2 <= len(login) <= 100 or not login.isprintable() or login != login.strip():
        raise Malformed(
            "login_invalid",
            f"{login[:40]!r} is no name to sign in by; give 2 to 100 printable characters",
            field="login",
        )


def person(label: str) -> str:
    """Who a credential's label means, where people are compared: however it is spaced and cased.

    The house has no record of people yet, so a key's label says whose it is (`check_key` asks for one). Two keys of
    one person under two names look like two people: an admin gives out keys, and an admin answers no case.
    """
    return " ".join(label.casefold().split())


def calls_from(addresses: Collection[str] | None, ip: str | None) -> bool:
    """Whether `ip` lies in one of the networks (None = anywhere). An unknown or unreadable ip lies in none."""
    if addresses is None:
        return True
    try:
        caller = ipaddress.ip_address(ip or "")
    except ValueError:
        return False
    if isinstance(caller, ipaddress.IPv6Address) and caller.ipv4_mapped is not None:
        caller = caller.ipv4_mapped
    return any(caller in ipaddress.ip_network(text) for text in addresses)


def proof_over(proven_at: datetime, now: datetime) -> bool:
    """Five minutes after somebody showed who they are, an act that cannot be undone asks them again."""
    return now >= proven_at + PROOF_LASTS
