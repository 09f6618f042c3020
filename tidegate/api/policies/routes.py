"""Calls about versions of the policy, back-tests, rules in shadow."""

from __future__ import annotations

from typing import Any

from tidegate.api.door import Call, Route, Said
from tidegate.api.params import UNFIT, UNKNOWN
from tidegate.api.policies import say, shapes
from tidegate.base.refusals import NotFound, Refusal
from tidegate.policy import flow as policies
from tidegate.rating.governance import flow as governance
from tidegate.withdrawals.backtest import flow as backtests
from tidegate.withdrawals.vocabulary import VOCABULARY


def list_policies(call: Call) -> Any:
    """Every version, newest first."""
    current = _in_force(call)
    return {"policies": [say.policy(v, v.version == current) for v in policies.versions(call.conn)]}


def propose_policy(call: Call, body: dict[str, Any]) -> Any:
    """Keep a pack as a draft; a second person must approve it."""
    return say.policy(policies.propose(call.conn, body, call.actor, call.now, VOCABULARY), False)


def check_policy(call: Call, body: dict[str, Any]) -> Any:
    """Say everything that is wrong with a pack, without keeping it."""
    wrong = policies.check(body, call.setting().assets.values(), VOCABULARY)
    return {"valid": not wrong, "errors": [say.fault(f) for f in wrong]}


def approve_policy(call: Call, version: int) -> Any:
    """Agree to somebody else's draft."""
    return say.policy(policies.approve(call.conn, version, call.actor, call.now), False)


def activate_policy(call: Call, version: int) -> Any:
    """Put an approved version in force: a tightening now, a loosening once it has waited."""
    done = policies.activate(call.conn, version, call.actor, call.now, catalogue=VOCABULARY)
    return say.policy(done, _in_force(call) == version)


def schedule_policy(call: Call, version: int, body: shapes.Schedule) -> Any:
    """Put an approved version in force at a time; a loosening may not start before it has waited."""
    done = policies.activate(call.conn, version, call.actor, call.now, body.active_from, VOCABULARY)
    return say.policy(done, _in_force(call) == version)


def roll_back_policy(call: Call, version: int) -> Any:
    """Propose the pack of an earlier version again, as a new version."""
    return say.policy(policies.roll_back(call.conn, version, call.actor, call.now, VOCABULARY), False)


def compare_policies(call: Call, version: int, other: int) -> Any:
    """What `other` means beside `version`: every number that differs, and which way."""
    found = policies.compare(call.conn, version, other, VOCABULARY)
    return {
        "from": version,
        "to": other,
        "loosens": any(one.loosens for one in found),
        "differences": [say.difference(one) for one in found],
    }


def export_policy(call: Call, version: int) -> Any:
    """A version as YAML, with who stands for it."""
    return Said(200, policies.export(call.conn, version), "application/yaml")


def backtest_policy(call: Call, version: int, body: shapes.Span) -> Any:
    """What the rules of a version would have done to stored decisions."""
    book = policies.at_version(call.conn, version).rules
    return say.backtest(backtests.run(call.conn, book, body.since, body.until, call.now, body.stage))


def backtest_draft(call: Call, body: shapes.NewBacktest) -> Any:
    """What rules that nobody has proposed yet would have done to stored decisions."""
    book = policies.draft_rules(body.rules, VOCABULARY)
    return say.backtest(backtests.run(call.conn, book, body.since, body.until, call.now, body.stage))


def look_ahead(call: Call, version: int) -> Any:
    """Ask who would have moved in the last twelve months under a version's numbers of the rating; the answer is kept.
    Where those numbers change, nobody can approve the version without it."""
    return say.what_if(governance.look_ahead(call.conn, version, call.actor, call.now))


def get_what_if(call: Call, version: int) -> Any:
    """Who would move under a version, as it was asked last."""
    found = policies.looked_ahead(call.conn, policies.get(call.conn, version).version)
    if found is None:
        raise NotFound("what_if_missing", f"Nobody has asked who would move under policy version {version} yet.")
    return say.what_if(found)


def get_shadow(call: Call, version: int) -> Any:
    """What the rules in shadow would have done since the version is in force, beside what was decided."""
    return say.shadow(version, backtests.shadow(call.conn, version, call.now))


def _in_force(call: Call) -> int | None:
    try:
        return policies.active(call.conn, call.now).version
    except Refusal:  # none is in force yet: a state to show, not a fault
        return None


_P = "/v1/policies/{version}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/policies", "policy:read", list_policies, shapes.Policies),
    Route("POST", "/v1/policies", "policy:write", propose_policy, shapes.PolicyVersion, 201, True, "json"),
    Route("POST", "/v1/policies/check", "policy:read", check_policy, shapes.PolicyCheck, takes="json"),
    Route(
        "POST",
        "/v1/policies/{version}/approve",
        "policy:approve",
        approve_policy,
        shapes.PolicyVersion,
        200,
        True,
        refuses=UNFIT,
    ),
    Route(
        "POST",
        "/v1/policies/{version}/activate",
        "policy:write",
        activate_policy,
        shapes.PolicyVersion,
        200,
        True,
        refuses=UNFIT,
    ),
    Route("POST", _P + "/schedule", "policy:write", schedule_policy, shapes.PolicyVersion, 200, True, "json", UNFIT),
    Route("POST", _P + "/rollback", "policy:write", roll_back_policy, shapes.PolicyVersion, 201, True, refuses=UNFIT),
    Route("GET", _P + "/diff/{other}", "policy:read", compare_policies, shapes.PolicyDiff, refuses=UNKNOWN),
    Route("GET", _P + "/export", "policy:read", export_policy, None, refuses=UNKNOWN),
    Route("POST", _P + "/backtest", "policy:read", backtest_policy, shapes.Backtest, takes="json", refuses=UNKNOWN),
    Route("POST", "/v1/policies/backtest", "policy:read", backtest_draft, shapes.Backtest, takes="json"),
    Route("POST", _P + "/what-if", "policy:write", look_ahead, shapes.WhatIf, 201, True, refuses=UNFIT),
    Route("GET", _P + "/what-if", "policy:read", get_what_if, shapes.WhatIf, refuses=UNKNOWN),
    Route("GET", _P + "/shadow", "policy:read", get_shadow, shapes.Shadow, refuses=UNKNOWN),
)
