"""The book of merchants, one merchant's dossier, and what people decide about them there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from tidegate.api.ads.say import fiat
from tidegate.api.journal.say import entry
from tidegate.api.merchants import say
from tidegate.api.orders.say import order
from tidegate.base.money import to_text
from tidegate.base.refusals import Malformed
from tidegate.console.merchants import graph as graphs
from tidegate.console.merchants import store
from tidegate.console.merchants.graph import Node
from tidegate.console.merchants.outlook import by_month
from tidegate.console.merchants.typed import whole
from tidegate.console.visit import Page, Visit
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.links import flow as links
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.merchants.merchant import LINK_EVIDENCE, Certification, Merchant
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.scope import flow as scope
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.rating.appeals import flow as appeals
from tidegate.rating.fact import FACTORS
from tidegate.rating.facts import flow as facts
from tidegate.rating.facts.store import FactRow
from tidegate.rating.indicators.catalogue import BY_ID
from tidegate.rating.lines import flow as lines
from tidegate.rating.measures import flow as measures
from tidegate.rating.standing import flow as standing
from tidegate.rating.tiers import Tier

ROWS = 50
HOME = "/console/merchants"
_FEW = 10
_HISTORY = 30
_FACTS = 20
_YEAR = timedelta(days=366)


def book(visit: Visit) -> Response:
    """Merchants, newest first; by certification, tier and country."""
    certification, tier, country = visit.asked("certification"), visit.asked("tier"), visit.asked("country")
    if certification is not None and certification not in set(Certification):
        raise Malformed("certification_unknown", f"{certification[:40]!r} is none of {', '.join(Certification)}")
    if tier is not None and tier not in set(Tier):
        raise Malformed("tier_unknown", f"{tier[:20]!r} is none of {', '.join(Tier)}")
    land = country.upper() if country is not None else None
    found = store.book(visit.conn, certification, tier, land, visit.asked("before"), ROWS)
    return visit.render(
        "merchants/book.html",
        merchants=found,
        certifications=list(Certification),
        tiers=list(Tier),
        chosen={"certification": certification, "tier": tier, "country": country or ""},
        older=found[-1].id if len(found) == ROWS else None,
    )


def dossier(visit: Visit) -> Response:
    """Everything about one merchant, what is open first."""
    conn, now, may = visit.conn, visit.now, visit.may
    merchant = merchants.get(conn, visit.id)
    desk = ads.desk(conn, now)
    assets = desk.assets
    held = parties.restrictions(conn, [merchant.party_id], now).get(merchant.party_id, [])
    offers = ads.page(conn, desk, now, merchant.id, None, _FEW) if may("ads:read") else []
    traded = orders.page(conn, None, merchant.id, None, None, _FEW) if may("orders:read") else []
    return visit.render(
        "merchants/dossier.html",
        merchant=merchant,
        party=parties.get(conn, merchant.party_id),
        accounts=merchants.person(conn, merchant.subject_id),
        held=standing.of(conn, merchant.subject_id),
        moves=standing.moves(conn, merchant.subject_id),
        scope=scope.intervals(conn, merchant.subject_id),
        consents=merchants.consents(conn, merchant.id),
        links=links.of(conn, merchant.subject_id),
        matters=merchants.matters(conn, [merchant.id]),
        bonds=[say.bond(b, assets) for b in bonds.of(conn, merchant.id)],
        movements=[say.movement(m, assets) for m in bonds.movements(conn, merchant.id)][-_FEW:],
        restrictions=held if may("restrictions:read") else [],
        ads=[
            {
                "ad": o.ad,
                "unrestricted": o.unrestricted,
                "asset": assets[o.ad.asset_id].symbol,
                "price": fiat(o.price),
                "left": to_text(o.ad.left_units, assets[o.ad.asset_id].decimals),
            }
            for o in offers
        ],
        orders=[order(o, assets) for o in traded],
        names={key.id: key.label for key in parties.keys(conn)},
        tiers=list(Tier),
        factors=FACTORS,
        evidences=LINK_EVIDENCE,
        **(_rated(visit, merchant) if may("rating:read") else _unrated()),
    )


def _rated(visit: Visit, merchant: Merchant) -> dict[str, Any]:
    """What only they see who read ratings: facts, indicators, lines, measures, appeals, the timeline."""
    conn, subject = visit.conn, merchant.subject_id
    numbers = policies.active(conn, visit.now).rating
    year = facts.of_subject(conn, subject, visit.now - _YEAR, visit.now + timedelta(seconds=1))
    months, seen = by_month(year, numbers.zone)
    ordered = measures.of_subject(conn, subject)
    return {
        **_graph(visit, merchant, year),
        "facts": sorted(year, key=_open_first)[:_FACTS],
        "facts_more": max(0, len(year) - _FACTS),
        "months": months,
        "indicators": seen,
        "lines": lines.of_subject(conn, subject, _FEW),
        "measures": ordered,
        "steps": measures.steps(conn, ordered),
        "interim_hours": numbers.interim_hours,
        "appeals": appeals.of_subject(conn, subject),
        "exemptions": facts.exemptions(conn, merchant.id),
        "timeline": [entry(item) for item in store.history(conn, subject, _HISTORY)],
    }


def _graph(visit: Visit, merchant: Merchant, year: Sequence[FactRow]) -> dict[str, Any]:
    """What the facts stand on: the picture, and the same edges as rows."""
    ids = graphs.named(year)
    subject = merchant.subject_id
    found = graphs.graph(subject, year, store.orders(visit.conn, ids), store.moved(visit.conn, ids))
    picture = graphs.drawn(found, visit.say, lambda node: _label(visit, node)) if found.edges else None
    rows = [{"source": _told(visit, e.source), "why": e.why, "target": _told(visit, e.target)} for e in found.edges]
    return {"graph": picture, "graph_rows": rows, "graph_left_out": found.left_out}


def _label(visit: Visit, node: Node) -> str:
    if node.fact is not None:
        indicator = BY_ID.get(node.fact.indicator or "")
        if indicator is not None:
            return f"{indicator.id} {visit.say.pick({'en': indicator.name, 'zh': indicator.zh})}"
        return f"{visit.say.code('fact', node.fact.fact)} {node.fact.article or ''}".strip()
    return visit.say("graph_merchant") if node.kind == "merchant" else _short(node.id)


def _short(id: str) -> str:
    """The end of an id that begins with its time tells more than its beginning."""
    head, _, tail = id.rpartition("_")
    return f"{head}…{tail[-6:]}" if head and len(tail) > 12 else id if len(id) <= 14 else f"{id[:6]}…{id[-4:]}"


def _told(visit: Visit, node: Node) -> dict[str, str | None]:
    """A node in a row: its kind, its words, and where it leads."""
    area = {"fact": "facts", "merchant": "merchants", "person": "customers"}.get(node.kind)
    leads = area is not None and (node.kind != "person" or (node.id.startswith("cus_") and visit.may("customers:read")))
    words = _label(visit, node) if node.fact is not None else node.id
    return {"kind": node.kind, "words": words, "href": f"/console/{area}/{node.id}" if leads else None}


def _unrated() -> dict[str, Any]:
    nothing: list[object] = []
    names = ("facts", "months", "indicators", "lines", "measures", "appeals", "exemptions", "timeline")
    numbers = {"facts_more": 0, "interim_hours": 0, "graph_left_out": 0}
    return {**dict.fromkeys((*names, "graph_rows"), nothing), **numbers, "steps": {}, "graph": None}


def _open_first(fact: FactRow) -> tuple[bool, float]:
    return fact.disposition != "open", -fact.at.timestamp()


def certify(visit: Visit) -> Response:
    """Certify an application, or reject it, with the reason."""
    said = visit.given("decision")
    if said not in ("certify", "reject"):
        raise Malformed("decision_unknown", f"{said[:20]!r} is neither certify nor reject", field="decision")
    decide = merchants.certify if said == "certify" else merchants.reject
    decide(visit.conn, visit.id, visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{visit.id}", "merchant_certified" if said == "certify" else "merchant_rejected")


def lift(visit: Visit) -> Response:
    """End a measure early."""
    done = measures.lift(visit.conn, visit.id, visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{done.subject_id}", "measure_lifted")


def prolong(visit: Visit) -> Response:
    """Let an interim measure hold longer."""
    hours = whole(visit, "hours")
    if hours is None:
        raise Malformed("hours_invalid", "Say for how many hours more it holds.", field="hours")
    policy = policies.active(visit.conn, visit.now)
    done = measures.prolong(visit.conn, visit.id, hours, visit.given("reason"), policy, visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{done.subject_id}", "interim_prolonged")


def answer(visit: Visit) -> Response:
    """Answer an appeal; nobody who decided on it or told a fact of it may."""
    done = appeals.answer(
        visit.conn,
        visit.id,
        visit.given("answer"),
        visit.given("tier") or None,
        visit.given("reason"),
        visit.actor,
        visit.now,
    )
    return visit.back_to(f"{HOME}/{done.subject_id}", "appeal_said" if done.status == "open" else "appeal_answered")


PAGES = (
    Page("/merchants", book, "merchants:read"),
    Page("/merchants/{id}", dossier, "merchants:read"),
    Page("/merchants/{id}/certification", certify, "merchants:decide", "POST"),
    Page("/measures/{id}/lift", lift, "rating:decide", "POST", sensitive=True),
    Page("/measures/{id}/prolong", prolong, "rating:decide", "POST"),
    Page("/appeals/{id}/answer", answer, "rating:decide", "POST"),
)
