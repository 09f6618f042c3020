"""Calls about facts: telling them, and judging them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from tidegate.api.door import Call, Route
from tidegate.api.facts import say, shapes
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit, Text
from tidegate.api.say import page
from tidegate.base.canonical import digest
from tidegate.base.refusals import Refusal
from tidegate.rating.events import flow as events
from tidegate.rating.fact import Kind
from tidegate.rating.facts import flow as facts
from tidegate.rating.facts.flow import Recorded
from tidegate.rating.facts.telling import Telling

OfKind = Annotated[shapes.FactKind | None, Query(alias="fact")]
Stands = Annotated[shapes.FactDisposition | None, Query(alias="disposition")]


def tell_facts(call: Call, body: shapes.NewFacts) -> Any:
    """Tell facts about merchants, each on its own: one bad fact keeps out no other."""
    for one in body.facts:
        if one.disposition != "open":
            call.identity.require("facts:judge")
    done = facts.record(call.conn, [_telling(call, one) for one in body.facts], call.actor, call.now)
    return {"results": [say.told(_judged(call, *pair)) for pair in zip(body.facts, done, strict=True)]}


def _telling(call: Call, one: shapes.NewFact) -> Telling:
    said = one.model_dump(mode="json", exclude={"source", "source_id", "disposition"})
    return Telling(
        merchant_id=one.merchant,
        source=one.source or call.identity.label,
        source_id=one.source_id or digest(said),
        fact=Kind(one.fact),
        at=one.at,
        known_at=one.known_at,
        article=one.article,
        severity=one.severity,
        serious=one.serious,
        counterparty=one.counterparty,
        order_id=one.order,
        level=one.evidence_level,
        attributed=one.attributed,
        action=one.action,
        case=one.case,
        named=one.merchant_named,
        indicator=one.indicator,
        rule=one.rule,
        rule_version=one.rule_version,
        evidence=one.evidence,
        supersedes=one.supersedes,
    )


def _judged(call: Call, one: shapes.NewFact, done: Recorded | Refusal) -> Recorded | Refusal:
    """Who tells a fact may have judged it already, where judging is theirs to do."""
    if isinstance(done, Refusal) or one.disposition == "open" or done.fact.disposition == one.disposition:
        return done
    try:
        judged = events.judged(call.conn, done.fact.id, one.disposition, "as it was told", call.actor, call.now)
    except Refusal as refused:  # the answer to this one
        return refused
    return Recorded(judged, done.duplicate)


def list_facts(
    call: Call,
    merchant: Text = None,
    fact: OfKind = None,
    disposition: Stands = None,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """Facts, newest first; `disposition=open` for those that wait for a person."""
    found = facts.page(call.conn, merchant, fact, disposition, before, limit)
    return page("facts", [say.fact(f) for f in found], limit)


def get_fact(call: Call, id: str) -> Any:
    """One fact, and every word that people said about it."""
    found = facts.get(call.conn, id)
    return {"fact": say.fact(found), "judgements": [say.judged(d) for d in facts.dispositions(call.conn, id)]}


def judge_fact(call: Call, id: str, body: shapes.Judgement) -> Any:
    """Say what a fact is. What follows from it follows at once: a tier moves, or people are asked to move it."""
    events.judged(call.conn, id, body.disposition, body.reason, call.actor, call.now, body.exemption)
    return get_fact(call, id)


ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/facts", "facts:write", tell_facts, shapes.ToldFacts, 201, True, "json"),
    Route("GET", "/v1/facts", "rating:read", list_facts, shapes.Facts),
    Route("GET", "/v1/facts/{id}", "rating:read", get_fact, shapes.FactFile, refuses=UNKNOWN),
    Route("POST", "/v1/facts/{id}/disposition", "facts:judge", judge_fact, shapes.FactFile, 200, True, "json", UNFIT),
)
