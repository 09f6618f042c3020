"""Facts that wait for a person, one fact with what shows it, and what people make of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from tidegate.base.refusals import Malformed
from tidegate.console.merchants.typed import whole
from tidegate.console.render import plain
from tidegate.console.visit import Page, Visit
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.rating.events import flow as events
from tidegate.rating.fact import Disposition, Kind
from tidegate.rating.facts import flow as facts
from tidegate.rating.indicators.catalogue import BY_ID
from tidegate.rating.measures import flow as measures
from tidegate.rating.measures.measure import INTERIM

ROWS = 50
HOME = "/console/facts"


def listed(visit: Visit) -> Response:
    """Facts, newest first; without a choice those that wait for a person."""
    kind, stands = visit.asked("fact"), visit.asked("disposition") or "open"
    if kind is not None and kind not in set(Kind):
        raise Malformed("fact_unknown", f"{kind[:40]!r} is none of {', '.join(Kind)}", field="fact")
    if stands not in {*Disposition, "any"}:
        raise Malformed("disposition_unknown", f"{stands[:40]!r} is none of {', '.join(Disposition)}")
    chosen = None if stands == "any" else stands
    found = facts.page(visit.conn, visit.asked("merchant"), kind, chosen, visit.asked("before"), ROWS)
    return visit.render(
        "merchants/facts.html",
        facts=found,
        kinds=list(Kind),
        dispositions=list(Disposition),
        chosen={"fact": kind, "disposition": stands, "merchant": visit.asked("merchant") or ""},
        older=found[-1].id if len(found) == ROWS else None,
    )


def fact(visit: Visit) -> Response:
    """One fact: what was told, what shows it, and every word that people said about it."""
    found = facts.get(visit.conn, visit.id)
    return visit.render(
        "merchants/fact.html",
        fact=found,
        evidence=_told(json.loads(found.evidence)),
        indicator=BY_ID.get(found.indicator or ""),
        judgements=facts.dispositions(visit.conn, visit.id),
        exemptions=[e for e in facts.exemptions(visit.conn, found.merchant_id) if e.ended_at is None],
        names={key.id: key.label for key in parties.keys(visit.conn)},
        interim=INTERIM,
        hours=policies.active(visit.conn, visit.now).rating.interim_hours,
    )


def _told(said: Mapping[str, Any], under: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], list[Any]]]:
    """Evidence line by line, however deep it was told: the names that lead to each value, and the value or values."""
    lines: list[tuple[tuple[str, ...], list[Any]]] = []
    for name, value in sorted(said.items()):
        if isinstance(value, dict):
            lines += _told(value, (*under, name))
        else:
            lines.append(((*under, name), [plain(one) if _deep(one) else one for one in _each(value)]))
    return lines


def _each(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _deep(value: object) -> bool:
    return isinstance(value, list | dict)


def judge(visit: Visit) -> Response:
    """Say what a fact is. What follows from it follows at once."""
    exemption = visit.given("exemption").strip() or None
    said, reason = visit.given("disposition"), visit.given("reason")
    events.judged(visit.conn, visit.id, said, reason, visit.actor, visit.now, exemption)
    return visit.back_to(f"{HOME}/{visit.id}", "fact_judged")


def order_interim(visit: Visit) -> Response:
    """Order a measure before any rating, for hours, on what a person has confirmed."""
    measures.interim(
        visit.conn,
        visit.id,
        visit.given("measure"),
        visit.given("value").strip() or None,
        whole(visit, "hours"),
        visit.given("reason"),
        policies.active(visit.conn, visit.now),
        visit.actor,
        visit.now,
    )
    merchant = facts.get(visit.conn, visit.id).merchant_id
    return visit.back_to(f"/console/merchants/{merchant}", "interim_ordered")


PAGES = (
    Page("/facts", listed, "rating:read"),
    Page("/facts/{id}", fact, "rating:read"),
    Page("/facts/{id}/judge", judge, "facts:judge", "POST"),
    Page("/facts/{id}/interim", order_interim, "rating:decide", "POST"),
)
