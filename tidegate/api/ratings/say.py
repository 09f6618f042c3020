"""How answers speak of tiers, measures and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.notifications import rating_words
from tidegate.rating.facts.store import ExemptionRow
from tidegate.rating.governance.figures import text
from tidegate.rating.governance.flow import Figures, WhatIf
from tidegate.rating.lines.store import LineRow
from tidegate.rating.measures.store import MeasureRow, Step
from tidegate.rating.off_boarding.flow import ACTS, Waiting
from tidegate.rating.publishing.store import PublicationRow
from tidegate.rating.readings import Reading
from tidegate.rating.standing.store import MoveRow, TierRow


def rating(
    merchant: str,
    held: TierRow,
    told: Sequence[tuple[PublicationRow, LineRow]],
    measures: Sequence[MeasureRow],
    steps: Mapping[str, Sequence[Step]],
    moves: Sequence[MoveRow],
    *,
    to_staff: bool,
) -> Said:
    return {
        "merchant": merchant,
        "person": held.subject_id,
        "tier": held.tier,
        "since": at(held.since),
        "observation_ends": at(held.observation_ends),
        "relapse_ends": at(held.relapse_ends),
        "restriction_ends": at(held.restriction_ends),
        "quiet_since": at(held.last_event),
        "cooperation_recorded": held.cooperation_at is not None,
        "closed_at": at(held.closed_at),
        "told": [_told(*one) for one in told],
        "measures": [measure(m, steps[m.id], to_staff=to_staff) for m in measures],
        "moves": [{"before": m.before, "after": m.after, "rule": m.rule, "at": rfc3339(m.at)} for m in moves],
    }


def _told(p: PublicationRow, line: LineRow) -> Said:
    return {
        "line": p.line_id,
        "tier": p.tier,
        "before": p.before,
        "after": p.after,
        "reasons": {lang: rating_words.reasons(line.clauses, lang) for lang in ("en", "zh")},
        "clauses": line.clauses,
        "readings": line.readings,
        "appeal_until": rfc3339(p.appeal_until),
        "at": rfc3339(p.at),
    }


def measure(m: MeasureRow, steps: Sequence[Step], *, to_staff: bool = True) -> Said:
    """A measure; who of the staff decided, and on which facts, is for staff."""
    return {
        "id": m.id,
        "measure": m.measure,
        "value": m.value,
        "by_text": m.by_text,
        "interim": m.line_id is None,
        "article": m.article,
        "readings": m.readings,
        "reversible": m.reversible,
        "state": m.state,
        "starts_at": rfc3339(m.starts_at),
        "ends_at": at(m.ends_at),
        "decided_by": m.decided_by if to_staff else None,
        "approved_by": m.approved_by if to_staff else None,
        "reason": m.reason if to_staff else None,
        "evidence": m.evidence if to_staff else None,
        "notice": None if m.notice_en is None else {"en": m.notice_en, "zh": m.notice_zh},
        "history": [
            {
                "state": step.state,
                "ends_at": at(step.ends_at),
                "by": step.by if to_staff else None,
                "reason": step.reason if to_staff else None,
                "at": rfc3339(step.at),
            }
            for step in steps
        ],
    }


def off_boarding(one: Waiting) -> Said:
    return {
        "measure": one.measure.id,
        "person": one.measure.subject_id,
        "since": rfc3339(one.measure.starts_at),
        "line": one.measure.line_id,
        "reason": one.measure.reason,
        "merchants": list(one.merchants),
        "open": {
            "orders": list(one.orders),
            "bonds": list(one.bonds),
            "matters": [{"kind": kind, "ref": ref} for kind, ref in one.matters],
            "cases": list(one.cases),
        },
        "acts": list(ACTS),
        "due_at": rfc3339(one.due_at),
    }


def exemption(e: ExemptionRow) -> Said:
    return {
        "id": e.id,
        "merchant": e.merchant_id,
        "article": e.article,
        "reason": e.reason,
        "owner": e.owner,
        "from_at": rfc3339(e.from_at),
        "until": rfc3339(e.until),
        "made_by": e.made_by,
        "made_at": rfc3339(e.made_at),
        "ended_by": e.ended_by,
        "ended_at": at(e.ended_at),
    }


def what_if(found: WhatIf) -> Said:
    moves = [
        {
            "month": m.month,
            "merchant": m.subject_id,
            "before": m.before,
            "after": m.after,
            "basis": m.basis,
            "clauses": list(m.clauses),
        }
        for m in found.moves
    ]
    signals = [asdict(signal) for signal in found.signals]
    return {"months": found.months, "rated": found.rated, "moves": moves, "signals": signals}


def figures(f: Figures) -> Said:
    return {
        "run": f.run_id,
        "month": f.month,
        "matrix": f.matrix,
        "stability_index": None if f.stability is None else str(f.stability),
        "band": f.band,
        "overrides": [
            {
                "reviewer": o.reviewer,
                "decided": o.decided,
                "up": o.up,
                "down": o.down,
                "rate": text(o.rate),
                "look": o.look,
            }
            for o in f.overrides
        ],
        "indicators": [
            {
                "indicator": p.indicator,
                "confirmed": p.confirmed,
                "false_positive": p.false,
                "open": p.open,
                "precision": text(p.share),
            }
            for p in f.precision
        ],
        "frozen": [
            {"tier": one.tier, "merchants": one.merchants, "frozen": one.frozen, "share": text(one.share)}
            for one in f.frozen
        ],
        "freezes_rise_with_tier": f.rises,
    }


def reading(r: Reading) -> Said:
    return {"id": r.id, "text": {"en": r.en, "zh": r.zh}, "owner": r.owner, "since": r.since.isoformat()}
