"""What banks and authorities told the simulated desk, as the rating takes facts down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tidegate.base.times import rfc3339
from tidegate.demo.desk.naming import merchant_id, order_id, taker_id
from tidegate.demo.desk.simulate import Desk
from tidegate.rating.fact import Kind
from tidegate.rating.facts.telling import Telling

MOST = 200
"""So many facts the API takes at once."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tellings(desk: Desk) -> list[Telling]:
    """Every fact in the order in which it became known; some are told twice, under one name."""
    seed = desk.asked.seed
    told: list[Telling] = []
    for number, freeze in enumerate(desk.fates.freezes):
        one = Telling(
            merchant_id=merchant_id(seed, freeze.merchant),
            source="banks",
            source_id=f"desk-{seed}-freeze-{number}",
            fact=Kind.COUNTERPARTY_FREEZE,
            at=instant(freeze.at),
            known_at=instant(freeze.known),
            counterparty=taker_id(desk.asked, freeze.counterparty),
            order_id=order_id(seed, freeze.order),
            level=freeze.level,
        )
        told += [one, one] if freeze.told_twice else [one]
    for number, act in enumerate(desk.fates.acts):
        told.append(
            Telling(
                merchant_id=merchant_id(seed, act.merchant),
                source="authorities",
                source_id=f"desk-{seed}-act-{number}",
                fact=Kind.AUTHORITY_ACTION,
                at=instant(act.at),
                known_at=instant(act.known),
                action=act.kind,
                case=act.case,
                named=act.names_merchant,
            )
        )
    return sorted(told, key=lambda one: (one.known_at or one.at, one.source_id))


def bodies(told: Sequence[Telling]) -> list[dict[str, Any]]:
    """The same as bodies of `POST /v1/facts`."""
    facts = [_body(one) for one in told]
    return [{"facts": facts[first : first + MOST]} for first in range(0, len(facts), MOST)]


def _body(one: Telling) -> dict[str, Any]:
    said = {
        "merchant": one.merchant_id,
        "fact": one.fact.value,
        "at": rfc3339(one.at),
        "known_at": rfc3339(one.known_at or one.at),
        "source": one.source,
        "source_id": one.source_id,
        "counterparty": one.counterparty,
        "order": one.order_id,
        "evidence_level": one.level,
        "action": one.action,
        "case": one.case,
        "merchant_named": one.named,
    }
    return {name: value for name, value in said.items() if value is not None}


def instant(us: int) -> datetime:
    """Microseconds since 1970 as an instant, exactly."""
    return _EPOCH + timedelta(microseconds=us)
