"""How answers speak of versions of the policy, back-tests, rules in shadow."""

from __future__ import annotations

import json

from tidegate.api.say import Said, at, usd
from tidegate.base.refusals import FieldError
from tidegate.base.times import rfc3339
from tidegate.policy.diff import Difference
from tidegate.policy.rules import BadRule
from tidegate.policy.store import Version
from tidegate.policy.what_if import WhatIf
from tidegate.withdrawals.backtest.flow import ShadowReport
from tidegate.withdrawals.backtest.report import Report


def policy(v: Version, in_force: bool) -> Said:
    return {
        "version": v.version,
        "hash": v.hash,
        "created_by": v.created_by,
        "created_at": rfc3339(v.created_at),
        "approved_by": v.approved_by,
        "approved_at": at(v.approved_at),
        "active_from": at(v.active_from),
        "in_force": in_force,
        "restores": v.restores,
        "pack": json.loads(v.body),
    }


def what_if(found: WhatIf) -> Said:
    moves = [
        {"merchant" if name == "subject_id" else name: value for name, value in move.items()} for move in found.told
    ]
    return {
        "version": found.version,
        "months": found.months,
        "rated": found.rated,
        "moves": moves,
        "signals": found.seen,
        "by": found.by,
        "at": rfc3339(found.at),
        "good_until": rfc3339(found.good_until),
    }


def fault(f: FieldError) -> Said:
    """What is wrong with a pack; for a rule also where in its line, and what would be right."""
    said: Said = {"field": f.field, "code": f.code, "message": f.message}
    if isinstance(f, BadRule):
        said |= {"rule": f.rule, "column": f.column, "length": f.length, "suggestion": f.suggestion}
    return said


def difference(d: Difference) -> Said:
    return {"path": d.path, "from": d.before, "to": d.after, "direction": d.turn.value}


def backtest(r: Report) -> Said:
    return {
        "decisions": r.decisions,
        "frauds": r.frauds,
        "legit": r.legit,
        "frauds_caught": r.frauds_caught,
        "outcomes": [
            {"decided": decided, "would_be": would, "decisions": count}
            for (decided, would), count in sorted(r.outcomes.items())
        ],
        "rules": [
            {
                "rule": line.rule,
                "mode": line.mode,
                "fired": line.fired,
                "unknown": line.unknown,
                "people": line.people,
                "stricter": line.stricter,
                "held_usd": usd(line.held),
                "delay_hours": line.delay_hours,
                "frauds_caught": line.frauds_caught,
                "false_positives": line.false_positives,
            }
            for line in r.rules
        ],
    }


def shadow(version: int, s: ShadowReport) -> Said:
    return {
        "version": version,
        "decisions": s.looked.decisions,
        "first_at": at(s.looked.first_at),
        "last_at": at(s.looked.last_at),
        "rules": [
            {
                "rule": line.rule,
                "fired": line.fired,
                "unknown": line.unknown,
                "people": line.people,
                "stricter": line.stricter,
                "held_usd": usd(line.held),
                "frauds_caught": line.frauds_caught,
                "false_positives": line.false_positives,
            }
            for line in s.rules
        ],
    }
