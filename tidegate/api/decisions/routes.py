"""Calls about decisions: asked for alone, shown, replayed, labelled."""

from __future__ import annotations

import json
from typing import Any

import tidegate
from tidegate.api.decisions import say, shapes
from tidegate.api.door import Asking, Call, Route, Said, replay_scope
from tidegate.api.params import UNFIT, UNKNOWN
from tidegate.api.withdrawals.reading import stated
from tidegate.base.canonical import canonical, digest
from tidegate.base.refusals import NotFound
from tidegate.policy import flow as policies
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import replaying
from tidegate.withdrawals import store as withdrawal_store
from tidegate.withdrawals.asking import Ask
from tidegate.withdrawals.backtest import flow as backtests


async def decide_alone(asking: Asking, body: shapes.NewDecision) -> Said:
    """Ask for a decision alone: the platform keeps the funds and pays by itself. Its room in the limits is reserved.

    No funds are looked at and none are held. Commit once it is paid, release if it is not; else it expires.
    """
    ask = Ask(
        party_id=body.customer,
        actor=asking.identity.actor,
        asset=body.asset,
        network=body.network,
        amount=body.amount,
        address=body.address,
        address_id=body.address_id,
        memo=body.memo,
        description=body.description,
        stated=stated(body),
        scope=replay_scope(asking.identity),
        key=asking.key,
        request=asking.asked,
        alone=True,
    )
    answer = await asking.gate.batching.request(ask)
    return Said(answer.status, answer.body, replayed=answer.replayed)


def commit_decision(call: Call, id: str) -> Any:
    """The platform has paid: the room in the limits is consumed."""
    return withdrawals.alone_view(call.conn, withdrawals.commit(call.conn, id, call.actor, call.now))


def release_decision(call: Call, id: str) -> Any:
    """The platform does not pay: the room in the limits is free again."""
    return withdrawals.alone_view(call.conn, withdrawals.let_go(call.conn, id, call.actor, call.now))


def get_decision(call: Call, id: str) -> Any:
    """A decision with its findings, everything it saw, why each rule fired, and the versions that judged."""
    row = _decision(call, id)
    told = replaying.explained(row.facts, row.findings, row.shadow, policies.at_version(call.conn, row.policy_version))
    labels = [say.label(one) for one in backtests.labels(call.conn, id)]
    return {**say.decision(row, withdrawal_store.lone(call.conn, id), told), "labels": labels}


def replay_decision(call: Call, id: str) -> Any:
    """Judge the stored facts again under the stored policy: the same bytes, years later."""
    row = _decision(call, id)
    again = replaying.replay(row.facts, policies.at_version(call.conn, row.policy_version))
    findings = canonical(again.findings)
    return {
        "identical": findings == row.findings and again.outcome.value == row.outcome,
        "outcome": again.outcome.value,
        "findings": json.loads(findings),
        "stored_outcome": row.outcome,
        "facts_intact": digest(json.loads(row.facts)) == row.facts_hash,
        "engine": tidegate.__version__,
        "stored_engine": row.engine,
    }


def _decision(call: Call, id: str) -> withdrawal_store.DecisionRow:
    row = withdrawal_store.decision(call.conn, id)
    if row is None:
        raise NotFound("decision_unknown", f"There is no decision {id}.")
    return row


def label_decision(call: Call, id: str, body: shapes.NewLabel) -> Any:
    """Say what came of a decision: back-tests count it."""
    given = backtests.label(call.conn, id, body.label, body.reason, call.actor, call.now)
    return {"decision": id, "labels": [say.label(one) for one in given]}


_D = "/v1/decisions"

ROUTES: tuple[Route, ...] = (
    Route("POST", _D, "decisions:write", decide_alone, shapes.LoneDecision, 201, True, "json", UNFIT),
    Route(
        "POST", _D + "/{id}/commit", "decisions:write", commit_decision, shapes.LoneDecision, 200, True, refuses=UNFIT
    ),
    Route(
        "POST", _D + "/{id}/release", "decisions:write", release_decision, shapes.LoneDecision, 200, True, refuses=UNFIT
    ),
    Route("GET", "/v1/decisions/{id}", "decisions:read", get_decision, shapes.Decision, refuses=UNKNOWN),
    Route("POST", "/v1/decisions/{id}/replay", "decisions:read", replay_decision, shapes.Replay, refuses=UNKNOWN),
    Route(
        "POST", "/v1/decisions/{id}/label", "cases:answer", label_decision, shapes.Labels, 201, True, "json", UNKNOWN
    ),
)
