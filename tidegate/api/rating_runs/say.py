"""How answers speak of rating runs and lines."""

from __future__ import annotations

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.rating.decisions.flow import wanted_of
from tidegate.rating.decisions.store import CommentRow, DecisionRow
from tidegate.rating.lines.line import Judged, Subject
from tidegate.rating.lines.store import LineRow, Standing
from tidegate.rating.runs.store import Counts, RunRow


def run(r: RunRow, counts: Counts) -> Said:
    return {
        "id": r.id,
        "month": r.month,
        "timezone": r.timezone,
        "window_start": rfc3339(r.start_at),
        "as_of": rfc3339(r.as_of),
        "calendar": r.calendar,
        "calendar_hash": r.calendar_hash,
        "deadline": rfc3339(r.deadline),
        "policy_version": r.policy_version,
        "readings_hash": r.readings_hash,
        "made_by": r.made_by,
        "made_at": rfc3339(r.made_at),
        "late_at": at(r.late_at),
        "published_at": at(r.published_at),
        "lines": counts.lines,
        "waiting": counts.waiting,
        "published": counts.published,
    }


def line(row: LineRow, standing: Standing) -> Said:
    return {
        "id": row.id,
        "run": row.run_id,
        "merchant": row.subject_id,
        "cause": row.cause,
        "computed": row.computed,
        "basis": row.basis,
        "conduct": row.conduct,
        "consequence": row.consequence,
        "person": row.person,
        "people": row.people,
        "clauses": row.clauses,
        "readings": row.readings,
        "facts": row.facts,
        "counterparties": row.counterparties,
        "cases_before": row.cases_before,
        "effective_before": row.effective_before,
        "proposed": row.proposed,
        "rule": row.rule,
        "policy_version": row.policy_version,
        "inputs_hash": row.inputs_hash,
        "supersedes": row.supersedes,
        "restates": row.restates,
        "superseded_by": standing.superseded_by,
        "decided": standing.decided,
        "voices": standing.voices,
        "check_until": at(standing.check_until),
        "published_at": at(standing.published_at),
        "after": standing.after,
        "made_at": rfc3339(row.made_at),
    }


def dry(subject: Subject, judged: Judged) -> Said:
    rated, move = judged.rated, judged.move
    return {
        "merchant": subject.subject_id,
        "computed": rated.tier,
        "basis": rated.basis,
        "conduct": rated.conduct,
        "consequence": rated.consequence,
        "person": judged.person,
        "clauses": list(rated.clauses),
        "readings": list(rated.readings),
        "effective_before": subject.held.tier,
        "proposed": move.tier,
        "rule": move.rule,
    }


def decision(d: DecisionRow) -> Said:
    wanted, _ = wanted_of(d)
    return {
        "tier": d.tier,
        "code": d.code,
        "reason": d.reason,
        "measures": [{"measure": w.measure, "value": w.value, "by_text": w.by_text} for w in wanted],
        "restriction_days": d.restriction_days,
        "secret": d.secret,
        "people": d.decided_by,
        "at": rfc3339(d.decided_at),
        "check_until": at(d.check_until),
    }


def comment(c: CommentRow) -> Said:
    return {"id": c.id, "text": c.text, "by": c.party_id, "at": rfc3339(c.at)}
