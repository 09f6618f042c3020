"""Versions of the policy, one version with its rules and what they did, and the editor that answers while one types."""

from __future__ import annotations

from starlette.responses import Response

from tidegate.base.refusals import Conflict, Malformed
from tidegate.console.visit import Page, Visit
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.policy import rules
from tidegate.policy.language import OUTCOMES
from tidegate.policy.pack import from_json
from tidegate.policy.reading import Reader
from tidegate.policy.rules import BadRule, Mode
from tidegate.policy.store import Version
from tidegate.rating.governance import flow as governance
from tidegate.rating.indicators.catalogue import INDICATORS
from tidegate.withdrawals.backtest import flow as backtests
from tidegate.withdrawals.backtest.report import RuleReport
from tidegate.withdrawals.facts import CATALOGUE
from tidegate.withdrawals.vocabulary import VOCABULARY


def versions(visit: Visit) -> Response:
    """Every version, newest first, and which one is in force."""
    current = policies.active_or_none(visit.conn, visit.now)
    return visit.render(
        "rules/versions.html",
        versions=policies.versions(visit.conn),
        current=current.version if current else None,
        names=_names(visit),
    )


def version(visit: Visit) -> Response:
    """One version: its rules, what differs from the one in force and which way, and what its shadow rules would do."""
    found = policies.get(visit.conn, _number(visit.id))
    current = policies.active_or_none(visit.conn, visit.now)
    policy = policies.at_version(visit.conn, found.version)
    differences = (
        policies.compare(visit.conn, current.version, found.version, VOCABULARY)
        if current is not None and current.version != found.version
        else []
    )
    shadow = backtests.shadow(visit.conn, found.version, visit.now) if policy.rules.of(Mode.SHADOW) else None
    return visit.render(
        "rules/version.html",
        v=found,
        rules=policy.rules.lines,
        current=current.version if current else None,
        differences=differences,
        shadow=shadow,
        moves_ratings=policies.moves_ratings(visit.conn, found.version, visit.now),
        ahead=policies.looked_ahead(visit.conn, found.version),
        indicators={one.id: {"en": one.name, "zh": one.zh} for one in INDICATORS},
        report=_tried(visit, found) if visit.asked("try") else None,
        names=_names(visit),
    )


def _tried(visit: Visit, found: Version) -> object:
    """The back-test of a version, or why there is none."""
    try:
        return backtests.run(visit.conn, policies.at_version(visit.conn, found.version).rules, None, None, visit.now)
    except Malformed as refused:
        return refused


def edit(visit: Visit) -> Response:
    """The editor of one rule of the pack in force: a new one, or another line under the same name."""
    current = policies.active(visit.conn, visit.now)
    name = visit.asked("rule")
    rule = next((line for line in current.rules.lines if line.name == name), None)
    return visit.render(
        "rules/edit.html", rule=rule, current=current.version, facts=CATALOGUE, outcomes=OUTCOMES, modes=list(Mode)
    )


def attempt(visit: Visit) -> Response:
    """What the line in the editor means: what is wrong with it and where, or what it would have done."""
    name, when = visit.given("name").strip() or "draft", visit.given("when").strip()
    if not when:
        return visit.render("rules/tried.html", wrong=[], line=None, report=None, when="")
    book = rules.read(Reader(), "rules", [{"name": name, "when": when, "mode": "shadow"}])
    wrong = rules.faults(book, VOCABULARY)
    line: RuleReport | None = None
    report = None
    if not wrong:
        report = backtests.run(visit.conn, book, None, None, visit.now)
        line = report.rules[0]
    return visit.render("rules/tried.html", wrong=[_marked(when, fault) for fault in wrong], line=line, report=report)


def _marked(when: str, fault: object) -> dict[str, object]:
    """The line in three pieces, the middle one being what is wrong."""
    assert isinstance(fault, BadRule)  # `faults` makes no other
    start = fault.column - 1 if fault.field.endswith(".when") else 0
    end = start + fault.length if fault.field.endswith(".when") else 0
    pieces = (when[:start], when[start:end], when[end:])
    return {"message": fault.message, "code": fault.code, "pieces": pieces, "suggestion": fault.suggestion}


def propose(visit: Visit) -> Response:
    """The pack in force with this rule in it, as a draft for a second person."""
    based, name = visit.given("based"), visit.given("name").strip()
    current = policies.active(visit.conn, visit.now)
    if based != str(current.version):
        raise Conflict(
            "policy_moved_on",
            f"Version {current.version} is in force since you opened the editor; look at it, then send yours again.",
        )
    pack = from_json(policies.get(visit.conn, current.version).body)
    line = {"name": name, "when": visit.given("when").strip(), "mode": visit.given("mode")}
    if visit.given("message").strip():
        line["message"] = visit.given("message").strip()
    done = policies.propose(visit.conn, rules.with_rule(pack, line), visit.actor, visit.now, VOCABULARY)
    return visit.back_to(f"/console/policies/{done.version}", "proposed")


def look_ahead(visit: Visit) -> Response:
    """Ask who would move under this version; the second person looks at the answer here."""
    done = governance.look_ahead(visit.conn, _number(visit.id), visit.actor, visit.now)
    return visit.back_to(f"/console/policies/{done.version}", "looked_ahead")


def approve(visit: Visit) -> Response:
    done = policies.approve(visit.conn, _number(visit.id), visit.actor, visit.now)
    return visit.back_to(f"/console/policies/{done.version}", "policy_approved")


def activate(visit: Visit) -> Response:
    done = policies.activate(visit.conn, _number(visit.id), visit.actor, visit.now, catalogue=VOCABULARY)
    return visit.back_to(f"/console/policies/{done.version}", "policy_activated")


def roll_back(visit: Visit) -> Response:
    done = policies.roll_back(visit.conn, _number(visit.id), visit.actor, visit.now, VOCABULARY)
    return visit.back_to(f"/console/policies/{done.version}", "proposed")


def export(visit: Visit) -> Response:
    number = _number(visit.id)
    headers = {"Content-Disposition": f'attachment; filename="policy-{number}.yaml"'}
    return Response(policies.export(visit.conn, number), media_type="application/yaml", headers=headers)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise Malformed("version_invalid", f"{text[:20]!r} is not the number of a version.")
    return int(text)


def _names(visit: Visit) -> dict[str, str]:
    return {key.id: key.label for key in parties.keys(visit.conn)}


PAGES = (
    Page("/policies", versions, "policy:read"),
    Page("/policies/edit", edit, "policy:write"),
    Page("/policies/try", attempt, "policy:write", "POST"),
    Page("/policies/propose", propose, "policy:write", "POST"),
    Page("/policies/{id}", version, "policy:read"),
    Page("/policies/{id}/export", export, "policy:read"),
    Page("/policies/{id}/what-if", look_ahead, "policy:write", "POST"),
    Page("/policies/{id}/approve", approve, "policy:approve", "POST", sensitive=True),
    Page("/policies/{id}/activate", activate, "policy:write", "POST", sensitive=True),
    Page("/policies/{id}/rollback", roll_back, "policy:write", "POST", sensitive=True),
)
