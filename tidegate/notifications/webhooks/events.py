"""What webhooks tell: a name, a version and a fixed set of fields for each kind of event.

Thin on purpose: ids, states and times, never a name, an address or why somebody was suspected. Whoever needs more asks
the API with a key of their own, and a body that ends up in a log tells nobody anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tidegate.base.canonical import canonical

VERSION = 1
"""Of every body below. Fields may be added under the same number; none goes away or changes its meaning."""

EVERY = "*"


@dataclass(frozen=True, slots=True)
class Event:
    """One type of event: the journal's kind that it comes from, and which of its fields it shows under which name."""

    type: str
    meaning: str
    kind: str  # of the journal
    subject: str  # what the journal's subject is called
    fields: Mapping[str, str] = field(default_factory=dict)  # our name -> the journal's


_WITHDRAWAL = {
    "customer": "party",
    "status": "status",
    "previous_status": "from",
    "decision": "decision",
    "release_at": "release_at",
    "tx": "tx",
}
_WITHDRAWAL_MEANS = {
    "awaiting_confirmation": "The customer has to confirm it.",
    "awaiting_information": "The customer has to say more about it.",
    "screening": "Somebody outside is asked about it.",
    "delayed": "It waits until a time.",
    "in_review": "A person looks at it.",
    "approved": "It may be paid.",
    "paying": "Its payment has begun.",
    "settled": "It was paid, for good.",
    "declined": "It was refused.",
    "cancelled": "It was taken back.",
    "expired": "Nobody did in time what it waited for.",
    "returned": "Its payment failed and the coins are the customer's again.",
    "seized": "A lawful order took it.",
}
_RESTRICTION = {"restriction": "restriction", "kind": "kind", "until": "until"}

EVENTS: tuple[Event, ...] = (
    *(Event(f"withdrawal.{s}", m, f"withdrawal.{s}", "withdrawal", _WITHDRAWAL) for s, m in _WITHDRAWAL_MEANS.items()),
    Event("withdrawal.waits", "Its payment waits for something.", "withdrawal.waits", "withdrawal", {"for": "for"}),
    *(
        Event(f"decision.{s}", m, f"decision.{s}", "decision", {"customer": "party", "status": "status"})
        for s, m in {
            "open": "A lone decision keeps its room in the limits.",
            "committed": "The platform has paid.",
            "released": "The platform does not pay.",
            "expired": "The platform said nothing in time.",
            "declined": "A lone decision was a no.",
        }.items()
    ),
    *(
        Event(f"deposit.{s}", m, f"deposit.{s}", "customer", {"deposit": "deposit", "asset": "asset", "tx": "tx"})
        for s, m in {
            "seen": "Coins are on their way.",
            "credited": "Coins arrived, for good.",
            "refused": "Coins arrived that count for nothing.",
            "gone": "Coins that were seen are not there any more.",
        }.items()
    ),
    Event("customer.registered", "A customer was taken in.", "party.registered", "customer"),
    Event("customer.identified", "Somebody verified who they are.", "party.identified", "customer", {"level": "level"}),
    Event("customer.frozen", "Nothing of theirs leaves.", "party.frozen", "customer", _RESTRICTION),
    Event("customer.unfrozen", "A freeze has ended.", "party.unfrozen", "customer", _RESTRICTION),
    Event("customer.restricted", "A restriction was ordered.", "party.restricted", "customer", _RESTRICTION),
    Event("customer.unrestricted", "A restriction has ended.", "party.unrestricted", "customer", _RESTRICTION),
    Event(
        "address.saved",
        "An address was put into a book; its waiting time begins.",
        "address.saved",
        "customer",
        {"address_id": "address", "network": "network", "ownership": "ownership"},
    ),
    Event(
        "address.removed",
        "An address was taken out of a book.",
        "address.removed",
        "customer",
        {"address_id": "address", "network": "network"},
    ),
    *(
        Event(f"standing_withdrawal.{s}", m, f"standing.{s}", "standing_withdrawal", {"customer": "party"} | more)
        for s, m, more in (
            ("ran", "A run asked for a withdrawal.", {"withdrawal": "withdrawal"}),
            ("skipped", "A run was skipped.", {}),
            ("paused", "It stopped running.", {}),
            ("resumed", "It runs again.", {}),
        )
    ),
    *(
        Event(f"case.{s}", m, f"case.{s}", "case", {"about": "subject"} | more)
        for s, m, more in (
            ("opened", "People are asked something.", {"kind": "kind", "due_at": "due"}),
            ("answered", "People have answered.", {"kind": "kind", "answer": "answer"}),
            ("overdue", "Nobody answered in time.", {"due_at": "due"}),
        )
    ),
    Event("policy.activated", "Another version of the policy is in force.", "policy.activated", "policy"),
    Event("kill_switch.on", "Payments were stopped.", "switch.on", "switch", {"scope": "scope", "about": "subject"}),
    Event("kill_switch.off", "A stop has ended.", "switch.off", "switch", {"scope": "scope", "about": "subject"}),
    Event("egress.tripped", "Too much left at once: payments wait.", "egress.tripped", "trip", {"line": "line"}),
    Event("egress.reset", "Payments go on.", "egress.reset", "trip"),
    Event("list.imported", "A screening list was replaced.", "list.imported", "list"),
    Event(
        "travel_rule.received",
        "A counterparty told of coins for a customer.",
        "travel_rule.received",
        "message",
        {"customer": "party", "status": "status"},
    ),
    Event(
        "travel_rule.answered",
        "A person answered a counterparty.",
        "travel_rule.answered",
        "message",
        {"customer": "party", "status": "status"},
    ),
    Event("webhook.disabled", "An endpoint was switched off.", "webhook.disabled", "endpoint"),
)
"""Every type but `webhook.test`, which is asked for. Rooms above append theirs."""

TEST = "webhook.test"
TYPES = frozenset(event.type for event in EVENTS) | {TEST}
BY_KIND = {event.kind: event for event in EVENTS}


@dataclass(frozen=True, slots=True)
class Told:
    """An event that happened, before anybody is told."""

    id: str  # "msg_…"
    type: str
    at: datetime
    cursor: str | None  # its place in `GET /v1/events`; None = it has none
    data: Mapping[str, Any]

    def body(self, sequence: int) -> str:
        """What one endpoint is sent, to the byte. `sequence` counts that endpoint's deliveries."""
        return canonical(
            {
                "id": self.id,
                "type": self.type,
                "version": VERSION,
                "timestamp": self.at,
                "sequence": sequence,
                "cursor": self.cursor,
                "data": dict(self.data),
            }
        )


def told(place: tuple[int, int], at: datetime, kind: str, subject: str, said: Mapping[str, Any]) -> Told | None:
    """What a journal entry is to the outside; None = nothing. The same place gives the same id for ever."""
    event = BY_KIND.get(kind)
    if event is None:
        return None
    data = {event.subject: subject} | {name: said.get(of) for name, of in event.fields.items()}
    link, position = place
    return Told(f"msg_{link}_{position}", event.type, at, f"{link}.{position}", data)


def wants(types: Collection[str], type: str) -> bool:
    """Whether an endpoint that asked for these types is told of this one."""
    return EVERY in types or type in types
