"""Judging again what was judged: stored facts in, the same bytes out (I11)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tidegate.policy.pack import Policy
from tidegate.withdrawals.review import Facts, Hit, Restricted, Verdict, review


def replay(facts: str, policy: Policy) -> Verdict:
    """The verdict on stored facts (canonical JSON) under the policy of then."""
    return review(read(facts), policy)


def read(text: str) -> Facts:
    """Facts from their canonical text: times become times again, whole numbers whole numbers."""
    said: dict[str, Any] = json.loads(text)
    return Facts(
        now=_time(said["now"]),
        party_id=said["party_id"],
        country=said["country"],
        level=said["level"],
        asset=said["asset"],
        address=said["address"],
        units=int(said["units"]),
        fee_units=int(said["fee_units"]),
        value=int(said["value"]),
        available_units=int(said["available_units"]),
        used_24h=int(said["used_24h"]),
        address_saved_at=_time(said["address_saved_at"]),
        restrictions=tuple(
            Restricted(r["kind"], _time(r["until"]) if r["until"] else None, r["value"], _time(r["since"]))
            for r in said["restrictions"]
        ),
        changed=tuple((what, _time(at)) for what, at in said["changed"]),
        hits=tuple(Hit(h["list"], h["entry"], h["category"], _time(h["as_of"])) for h in said["hits"]),
        stale_lists=tuple(said["stale_lists"]),
        cleared=tuple(said["cleared"]),
        requested_at=_time(said["requested_at"]),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
