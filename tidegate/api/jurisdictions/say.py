"""How answers speak of what places ask for, and who is exempt."""

from __future__ import annotations

from datetime import datetime

from tidegate.api.say import Said, at, usd
from tidegate.base.times import rfc3339
from tidegate.policy.exemption import Exemption
from tidegate.policy.jurisdictions import Law, Rule


def exemption(e: Exemption, now: datetime) -> Said:
    return {
        "id": e.id,
        "customer": e.party_id,
        "place": e.place,
        "status": e.status(now),
        "until": rfc3339(e.until),
        "reason": e.reason,
        "proposed_by": e.proposed_by,
        "proposed_at": rfc3339(e.proposed_at),
        "approved_by": e.approved_by,
        "approved_at": at(e.approved_at),
        "ended_by": e.ended_by,
        "ended_at": at(e.ended_at),
    }


def jurisdiction(place: str, held: Law, standing: str) -> Said:
    """The rules of a place and of the wider ones that it lies in, as they hold on a day."""
    return {
        "place": place,
        "standing": standing,
        "places": [p.code for p in held.places],
        "rules": [place_rule(where, rule) for where, rule in held.rules],
    }


def place_rule(where: str, rule: Rule) -> Said:
    says = {
        "amount": f"{usd(rule.amount)} {rule.currency}" if rule.amount else "",
        "over": rule.over if rule.amount else "",
        "fields": rule.fields if rule.ask == "travel_rule" else "",
        "event": rule.event,
        "hours": str(rule.hours or ""),
        "assets": rule.assets if rule.ask == "out_cap" else "",
        "percent": str(rule.percent or ""),
        "characters": str(rule.characters or ""),
        "words": rule.words,
        "spared_by_travel_rule": "yes" if rule.spared_by_travel_rule else "",
    }
    return {
        "place": where,
        "ask": rule.ask.value,
        "since": rule.since.isoformat(),
        "until": rule.until.isoformat() if rule.until else None,
        "source": rule.source,
        "says": {name: text for name, text in says.items() if text},
    }
