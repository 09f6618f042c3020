"""Judging again what was judged: stored facts in, the same bytes out (I11)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tidegate.base.findings import Finding, Outcome
from tidegate.policy.pack import Policy
from tidegate.policy.rules import Mode
from tidegate.withdrawals.checks import rules
from tidegate.withdrawals.checks.rules import Explained
from tidegate.withdrawals.facts import Facts, Hit, OutsideAnswer, Restricted, State, Use
from tidegate.withdrawals.review import Verdict, review


def explained(facts: str, findings: str, shadow: str, policy: Policy) -> list[Explained]:
    """Why each rule that a decision names fired, or could not be answered; from the facts as they are kept."""
    seen = read(facts)
    return [
        *rules.explained(seen, policy, findings_of(findings), Mode.LIVE),
        *rules.explained(seen, policy, findings_of(shadow), Mode.SHADOW),
    ]


def findings_of(text: str) -> list[Finding]:
    """Findings from their canonical text."""
    return [
        Finding(f["code"], Outcome(f["outcome"]), f["clause"], f["detail"], f["ends_at"], f["data"])
        for f in json.loads(text)
    ]


def replay(facts: str, policy: Policy) -> Verdict:
    """The verdict on stored facts (canonical JSON) under the policy of then."""
    return review(read(facts), policy)


def read(text: str) -> Facts:
    """Facts from their canonical text: times become times again, whole numbers whole numbers.

    A text of version 1 names no version and lacks what came later; the fields' defaults say "nobody had looked".
    """
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
        available_units=None if said["available_units"] is None else int(said["available_units"]),
        used_24h=int(said["used_24h"]),
        address_saved_at=_time(said["address_saved_at"]),
        restrictions=tuple(
            Restricted(r["kind"], _maybe(r["until"]), r["value"], _time(r["since"])) for r in said["restrictions"]
        ),
        changed=tuple((what, _time(at)) for what, at in said["changed"]),
        hits=tuple(Hit(h["list"], h["entry"], h["category"], _time(h["as_of"])) for h in said["hits"]),
        stale_lists=tuple(said["stale_lists"]),
        cleared=tuple(said["cleared"]),
        requested_at=_time(said["requested_at"]),
        **(_later(said) if "facts_version" in said else {}),
    )


def _later(said: dict[str, Any]) -> dict[str, Any]:
    """The fields since version 2."""
    return {
        "facts_version": said["facts_version"],
        "windows": tuple(Use(w["scope"], w["hours"], int(w["used"])) for w in said["windows"]),
        "count_24h": said["count_24h"],
        "count_ever": said["count_ever"],
        "reserved_at": _maybe(said["reserved_at"]),
        "market_percent": said["market_percent"],
        "address_paid_at": _maybe(said["address_paid_at"]),
        "ownership": said["ownership"],
        "memo": said["memo"],
        "party_kind": said["party_kind"],
        "party_since": _maybe(said["party_since"]),
        "required": tuple(said["required"]),
        "outside": tuple(
            OutsideAnswer(
                a["check"], State(a["state"]), None if a["outcome"] is None else Outcome(a["outcome"]), a["detail"]
            )
            for a in said["outside"]
        ),
    }


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else _time(text)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
