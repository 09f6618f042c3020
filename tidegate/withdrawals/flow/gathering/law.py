"""What the rules of places look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tidegate.db import Conn
from tidegate.parties.party import Party
from tidegate.policy import flow as policies
from tidegate.policy import jurisdictions
from tidegate.policy.pack import Policy
from tidegate.screening import flow as screening
from tidegate.screening import travel_rule
from tidegate.screening.ownership import Proof
from tidegate.screening.travel_rule import Sender, Statement
from tidegate.withdrawals import store
from tidegate.withdrawals.facts import PlaceFacts, Use


@dataclass(slots=True)
class Law:
    """What the rules of places look at, read for a whole batch; nothing where the policy describes no places."""

    policy: Policy
    exempt: Mapping[str, Sequence[str]] = field(default_factory=dict)
    happened: Mapping[str, Sequence[tuple[str, datetime]]] = field(default_factory=dict)
    uses: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)  # (party, hours) -> class -> micro-USD
    proofs: Mapping[str, Proof] = field(default_factory=dict)

    @staticmethod
    def gather(
        conn: Conn, party_ids: Sequence[str], entry_ids: Sequence[str], policy: Policy, now: datetime, own: str = ""
    ) -> Law:
        """`own` is a withdrawal under review, which does not count against itself."""
        if not policy.places:
            return Law(policy)
        rules = [rule for place in policy.places.values() for rule in place.rules]
        lengths = sorted({rule.hours for rule in rules if rule.ask is jurisdictions.Ask.OUT_CAP})
        stablecoins = sorted(policy.stablecoins)
        found = store.class_uses(conn, party_ids, lengths, stablecoins, own, now) if lengths else []
        happened: dict[str, list[tuple[str, datetime]]] = {}
        for item in store.happened(conn, party_ids):
            happened.setdefault(item.party_id, []).append((item.event, item.at))
        return Law(
            policy,
            policies.exempt(conn, party_ids, now),
            happened,
            {(use.party_id, use.hours): {"any": use.any, "stablecoin": use.stablecoin} for use in found},
            screening.proofs(conn, entry_ids),
        )

    def add(self, subjects: Mapping[str, str], value: int) -> None:
        """What this batch took counts for the requests that follow in it."""
        for (party, _), used in self.uses.items():
            if party == subjects["party"]:
                used["any"] += value
                used["stablecoin"] += value if subjects["asset"] in self.policy.stablecoins else 0

    def facts(
        self, party: Party, entry: screening.SavedAddress, description: str, stated: Statement
    ) -> PlaceFacts | None:
        if not self.policy.places:
            return None
        proof = self.proofs.get(entry.id)
        sender = sender_of(party)
        return PlaceFacts(
            counterparty=None if stated.counterparty is None else stated.counterparty.country,
            happened=tuple(self.happened.get(party.id, ())),
            exempt=tuple(sorted(self.exempt.get(party.id, ()))),
            used=tuple(
                Use(assets, length, used[assets])
                for (whose, length), used in sorted(self.uses.items())
                if whose == party.id
                for assets in sorted(used)
            ),
            booked=entry.booked_at is not None,
            description=description,
            proved_at=None if proof is None else proof.proved_at,
            lacks_basic=travel_rule.missing("basic", sender, stated),
            lacks_extended=travel_rule.missing("extended", sender, stated),
        )


def sender_of(party: Party) -> Sender:
    """The customer as a counterparty hears of them. A merchant of whom nobody knows a day of birth is a firm."""
    is_legal = party.kind == "merchant" and party.date_of_birth is None
    return Sender(party.id, party.verified_name or party.name, party.country, party.date_of_birth, is_legal)
