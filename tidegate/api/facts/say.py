"""How answers speak of facts."""

from __future__ import annotations

import json

from tidegate.api.say import Said
from tidegate.base.refusals import Refusal
from tidegate.base.times import rfc3339
from tidegate.rating.facts.flow import Recorded
from tidegate.rating.facts.store import DispositionRow, FactRow


def fact(f: FactRow) -> Said:
    return {
        "id": f.id,
        "merchant": f.merchant_id,
        "person": f.subject_id,
        "fact": f.fact,
        "at": rfc3339(f.at),
        "known_at": rfc3339(f.known_at),
        "recorded_at": rfc3339(f.recorded_at),
        "recorded_by": f.recorded_by,
        "source": f.source,
        "source_id": f.source_id,
        "disposition": f.disposition,
        "article": f.article,
        "severity": f.severity,
        "serious": f.serious,
        "counterparty": f.counterparty_id,
        "order": f.order_id,
        "evidence_level": f.evidence_level,
        "attributed": f.attributed,
        "action": f.kind,
        "case": f.case_number,
        "merchant_named": f.names_merchant,
        "indicator": f.indicator,
        "rule": f.rule,
        "rule_version": f.rule_version,
        "evidence": json.loads(f.evidence),
        "supersedes": f.supersedes,
        "corrected_by": f.corrected_by,
    }


def told(one: Recorded | Refusal) -> Said:
    if isinstance(one, Refusal):
        error = {"field": one.field, "code": one.code, "message": one.message}
        return {"fact": None, "duplicate": False, "error": error}
    return {"fact": fact(one.fact), "duplicate": one.duplicate, "error": None}


def judged(d: DispositionRow) -> Said:
    return {
        "disposition": d.disposition,
        "reason": d.reason,
        "exemption": d.exemption_id,
        "by": d.by,
        "at": rfc3339(d.at),
    }
