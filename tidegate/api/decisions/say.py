"""How answers speak of decisions: asked for alone, shown, replayed, labelled."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.policy.language import Seen
from tidegate.withdrawals.backtest.store import Label
from tidegate.withdrawals.checks.rules import Explained
from tidegate.withdrawals.deciding import Lone
from tidegate.withdrawals.store import DecisionRow


def decision(d: DecisionRow, lone: Lone | None, told: Sequence[Explained] = ()) -> Said:
    return {
        "id": d.id,
        "withdrawal": d.withdrawal_id,
        "stage": d.stage,
        "at": rfc3339(d.at),
        "outcome": d.outcome,
        "findings": json.loads(d.findings),
        "shadow": json.loads(d.shadow),
        "rules": [explained(one) for one in told],
        "checks": json.loads(d.checks),
        "reservation": None
        if lone is None
        else {"status": lone.status.value, "expires_at": at(lone.expires_at), "ended_at": at(lone.ended_at)},
        "facts": _units_as_text(json.loads(d.facts)),
        "facts_hash": d.facts_hash,
        "policy_version": d.policy_version,
        "engine": d.engine,
    }


_UNITS = ("units", "fee_units", "value", "available_units", "used_24h")


def _units_as_text(facts: Said) -> Said:
    """Whole units are text wherever they appear: a reader of JSON numbers would round large ones."""
    said = {**facts, **{name: str(facts[name]) for name in _UNITS if facts[name] is not None}}
    if "windows" in facts:
        said["windows"] = [{**window, "used": str(window["used"])} for window in facts["windows"]]
    return said


def explained(e: Explained) -> Said:
    """Why a rule fired: as lines for people, and as a tree for programs."""
    return {
        "rule": e.rule,
        "mode": e.mode.value,
        "when": e.when,
        "message": e.message or None,
        "lines": list(e.seen.lines()),
        "explanation": seen(e.seen),
    }


def seen(s: Seen) -> Said:
    return {
        "text": s.text,
        "value": s.value,
        "said": s.said,
        "distance": s.distance,
        "parts": [seen(part) for part in s.parts],
    }


def label(given: Label) -> Said:
    return {"label": given.label, "reason": given.reason, "by": given.by, "at": rfc3339(given.at)}
