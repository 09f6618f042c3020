"""What is known of the parties of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tidegate.base.findings import Outcome
from tidegate.base.refusals import Conflict
from tidegate.base.times import hours
from tidegate.db import Conn, Tx
from tidegate.parties import flow as parties
from tidegate.parties.party import Party
from tidegate.policy.pack import CREDENTIAL_EVENTS, Policy
from tidegate.screening import flow as screening
from tidegate.withdrawals.facts import FACTS_VERSION, Facts, Restricted
from tidegate.withdrawals.habits import Asking, Behaviour, Rushing, Sessions
from tidegate.withdrawals.review import Verdict


@dataclass(frozen=True, slots=True)
class People:
    """What is known of the parties of a batch, read in a few set-based statements."""

    enrolled: Mapping[str, frozenset[str]]  # the kinds of factor that each of them has
    restrictions: dict[str, list[Restricted]]
    changed: Mapping[str, Sequence[tuple[str, datetime]]]
    stale: tuple[str, ...]
    allow_lists: Mapping[str, screening.AllowList]
    sessions: Mapping[str, Sessions] = field(default_factory=dict)  # empty where the policy does not look

    @staticmethod
    def gather(conn: Conn, ids: Sequence[str], policy: Policy, now: datetime) -> People:
        fresh = screening.freshness(conn, policy.required_lists, now)
        missing = [name for name, state in fresh.items() if state == "missing"]
        if missing:
            raise Conflict("no_list", f"Required list {missing[0]} was never imported; nothing can be decided.")
        return People(
            parties.factors_of(conn, ids),
            {
                party: [Restricted(r.kind, r.until, r.value, r.created_at) for r in found]
                for party, found in parties.restrictions(conn, ids, now).items()
            },
            {
                party: sorted(latest.items())
                for party, latest in parties.latest_events(conn, ids, CREDENTIAL_EVENTS).items()
            },
            tuple(sorted(name for name, state in fresh.items() if state == "stale")),
            screening.allow_lists(conn, ids, now),
            _sessions(conn, ids, policy, now),
        )

    def freeze(self, tx: Tx, party_id: str, decision_id: str, verdict: Verdict) -> None:
        """Nothing else leaves either: not in this batch, and not until a person lifts it."""
        order = freeze(tx, party_id, decision_id, verdict)
        self.restrictions.setdefault(party_id, []).append(order)

    def facts(self, party: Party, asking: Asking | None, rushing: Rushing | None, **seen: Any) -> Facts:
        return Facts(
            behaviour=Behaviour(self.sessions.get(party.id), asking, rushing),
            party_id=party.id,
            country=party.country,
            level=party.level,
            restrictions=tuple(self.restrictions.get(party.id, ())),
            changed=tuple(sorted(self.changed.get(party.id, ()))),
            stale_lists=self.stale,
            facts_version=FACTS_VERSION,
            party_kind=party.kind,
            party_since=party.created_at,
            **seen,
        )


def _sessions(conn: Conn, ids: Sequence[str], policy: Policy, now: datetime) -> dict[str, Sessions]:
    """What the parties' logins say, where the policy looks at them."""
    numbers = None if policy.behaviour is None else policy.behaviour.sessions
    if numbers is None:
        return {}
    since = now - hours(numbers.travel.look_back_hours)
    return {
        party: Sessions(
            login_at=row.login_at,
            login_country=row.country,
            login_complete=row.complete,
            device_at=row.device_at,
            network_at=row.network_at,
            country_at=row.country_at,
            travel_at=row.travel_at,
            travel_minutes=row.travel_minutes,
            travel_from=row.travel_from,
            travel_to=row.travel_to,
        )
        for party, row in parties.logins(conn, ids, since, numbers.travel.hours).items()
    }


def freeze(tx: Tx, party_id: str, decision_id: str, verdict: Verdict) -> Restricted:
    """Carry out the strictest outcome there is."""
    why = f"{decision_id}: {', '.join(verdict.codes(Outcome.FREEZE))}"
    order = parties.impose(tx, party_id, "freeze", None, why)
    return Restricted(order.kind, order.until, order.value, order.created_at)
