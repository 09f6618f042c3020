"""How the things of the house look in an answer. Amounts are decimal strings in coins, times RFC 3339."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tidegate.base.money import Asset, to_text
from tidegate.base.times import rfc3339
from tidegate.cases.case import Case, Question
from tidegate.cases.flow import File
from tidegate.custody.books import Checked
from tidegate.custody.flow import DepositRow, LaneRow, LedgerChecked, PayoutView
from tidegate.db.journal import News
from tidegate.ledger.accounts import Balance
from tidegate.notifications import templates
from tidegate.parties.party import Party, Restriction
from tidegate.parties.store import Event, Key
from tidegate.policy.breaker import Breaker, Trip
from tidegate.policy.exemption import Exemption
from tidegate.policy.jurisdictions import Law, Rule
from tidegate.policy.market.params import Level
from tidegate.policy.market.regime import Regime
from tidegate.policy.store import Version
from tidegate.policy.switch import Switch
from tidegate.screening.flow import AllowList, SavedAddress
from tidegate.screening.ownership import Challenge, Proof
from tidegate.screening.warning import ListedWarning
from tidegate.withdrawals.deciding import Lone
from tidegate.withdrawals.haste import Haste
from tidegate.withdrawals.limits import Headroom
from tidegate.withdrawals.store import DecisionRow

Said = dict[str, Any]


def at(time: datetime | None) -> str | None:
    return None if time is None else rfc3339(time)


def usd(micro: int) -> str:
    return to_text(micro, 6)


def customer(p: Party) -> Said:
    return {
        "id": p.id,
        "external_id": p.external_id,
        "country": p.country,
        "name": p.name,
        "email": p.email,
        "level": p.level,
        "verified_name": p.verified_name,
        "date_of_birth": p.date_of_birth.isoformat() if p.date_of_birth else None,
        "provider": p.provider,
        "reference": p.reference,
        "created_at": rfc3339(p.created_at),
    }


def event(e: Event) -> Said:
    return {
        "id": e.id,
        "customer": e.party_id,
        "type": e.type,
        "at": rfc3339(e.at),
        "known_at": rfc3339(e.known_at),
        "device_id": e.device_id,
        "ip": e.ip,
        "country": e.country,
    }


def balance(b: Balance, asset: Asset) -> Said:
    return {
        "asset": asset.symbol,
        "network": asset.network,
        "available": to_text(b.available, asset.decimals),
        "held": {purpose: to_text(units, asset.decimals) for purpose, units in sorted(b.held.items())},
        "total": to_text(b.total, asset.decimals),
    }


def window(h: Headroom) -> Said:
    return {
        "scope": h.scope,
        "subject": h.subject,
        "hours": h.hours,
        "limit": usd(h.limit),
        "used": usd(h.used),
        "left": usd(h.left),
    }


def entry(n: News) -> Said:
    return {
        "cursor": f"{n.link}.{n.position}",
        "at": rfc3339(n.at),
        "actor": n.actor,
        "kind": n.kind,
        "subject": n.subject,
        "body": n.content,
    }


def deposit(d: DepositRow, asset: Asset) -> Said:
    return {
        "id": d.id,
        "customer": d.party_id,
        "asset": asset.symbol,
        "network": d.network,
        "tx": d.tx,
        "sender": d.sender,
        "claimed": to_text(d.claimed, asset.decimals),
        "credited": to_text(d.credited, asset.decimals),
        "status": d.status,
        "reason": d.reason,
        "seen_at": rfc3339(d.seen_at),
        "decided_at": at(d.decided_at),
    }


def regime(asset: Asset, r: Regime) -> Said:
    review = at(r.review_at)
    return {
        "asset": asset.symbol,
        "network": asset.network,
        "regime": r.name,
        "multiplier_percent": r.multiplier_percent,
        "reason": r.reason,
        "since": at(r.since),
        "as_of": at(r.as_of),
        "sources": r.sources,
        "review_at": review,
        "notice": None if r.level is Level.CALM else templates.market(r.name, asset.symbol, review).both(),
    }


def address(a: SavedAddress, usable_at: datetime | None, warnings: list[str]) -> Said:
    return {
        "id": a.id,
        "customer": a.party_id,
        "network": a.network,
        "address": a.address,
        "memo": a.memo or None,
        "label": a.label,
        "ownership": a.ownership,
        "saved_at": rfc3339(a.saved_at),
        "booked_at": at(a.booked_at),
        "usable_at": at(usable_at),
        "warnings": warnings,
    }


def challenge(c: Challenge) -> Said:
    return {"id": c.id, "address_id": c.address_id, "message": c.message, "expires_at": rfc3339(c.expires_at)}


def proof(p: Proof) -> Said:
    return {
        "address_id": p.address_id,
        "challenge": p.challenge_id,
        "method": p.method,
        "proved_at": rfc3339(p.proved_at),
    }


def allow_list(party_id: str, a: AllowList | None, now: datetime) -> Said:
    return {
        "customer": party_id,
        "on": a is not None and a.is_on(now),
        "since": at(a.since if a else None),
        "on_by": a.on_by if a else None,
        "off_asked_at": at(a.off_asked_at if a else None),
        "off_by": a.off_by if a else None,
        "off_from": at(a.off_from if a else None),
    }


def payout(view: PayoutView | None, head: int | None) -> Said | None:
    if view is None:
        return None
    mined = view.mined_block
    return {
        "status": view.status,
        "waiting_for": view.waiting_for,
        "tx": view.mined_hash or view.newest_hash,
        "confirmations": None if mined is None or head is None else max(0, head - mined + 1),
    }


def decision(d: DecisionRow, lone: Lone | None) -> Said:
    return {
        "id": d.id,
        "withdrawal": d.withdrawal_id,
        "stage": d.stage,
        "at": rfc3339(d.at),
        "outcome": d.outcome,
        "findings": json.loads(d.findings),
        "checks": json.loads(d.checks),
        "reservation": None
        if lone is None
        else {"status": lone.status.value, "expires_at": at(lone.expires_at), "ended_at": at(lone.ended_at)},
        "facts": _units_as_text(json.loads(d.facts)),
        "facts_hash": d.facts_hash,
        "policy_version": d.policy_version,
        "engine": d.engine,
    }


_UNITS = ("units", "fee_units", "value", "available_units", "used_24h")


def _units_as_text(facts: Said) -> Said:
    """Whole units are text wherever they appear: a reader of JSON numbers would round large ones."""
    said = {**facts, **{name: str(facts[name]) for name in _UNITS if facts[name] is not None}}
    if "windows" in facts:
        said["windows"] = [{**window, "used": str(window["used"])} for window in facts["windows"]]
    return said


def restriction(r: Restriction) -> Said:
    return {
        "id": r.id,
        "party": r.party_id,
        "kind": r.kind,
        "until": at(r.until),
        "value": r.value,
        "reason": r.reason,
        "created_by": r.created_by,
        "created_at": rfc3339(r.created_at),
        "lifted_by": r.lifted_by,
        "lifted_at": at(r.lifted_at),
        "lift_reason": r.lift_reason,
    }


def case(c: Case) -> Said:
    return {
        "id": c.id,
        "kind": c.kind,
        "subject": c.subject,
        "customer": c.party_id,
        "reasons": c.reasons,
        "quorum": c.quorum,
        "status": c.status,
        "assignee": c.assignee,
        "opened_at": rfc3339(c.opened_at),
        "due_at": rfc3339(c.due_at),
        "closed_at": at(c.closed_at),
        "policy_version": c.policy_version,
        "overdue": c.overdue_at is not None,
        "overdue_at": at(c.overdue_at),
        "escalation": c.escalation,
        "snoozed_until": at(c.snoozed_until),
        "snooze_reason": c.snooze_reason,
    }


def case_file(f: File) -> Said:
    return {
        **case(f.case),
        "answers": [
            {"person": a.person, "answer": a.answer, "reason": a.reason, "at": rfc3339(a.at)} for a in f.answers
        ],
        "evidence": [{"person": e.person, "note": e.note, "at": rfc3339(e.at)} for e in f.evidence],
        "questions": [question(q) for q in f.questions],
    }


def question(q: Question) -> Said:
    return {
        "id": q.id,
        "what": q.what,
        "asked_by": q.asked_by,
        "asked_at": rfc3339(q.asked_at),
        "due_at": rfc3339(q.due_at),
        "kind": q.kind,
        "text": q.text,
        "answered_by": q.answered_by,
        "ended_at": at(q.ended_at),
    }


def book_check(b: Checked, asset: Asset) -> Said:
    return {
        "asset": asset.symbol,
        "network": asset.network,
        "block": b.block,
        "ledger": to_text(b.ledger_units, asset.decimals),
        "chain": to_text(b.chain_units, asset.decimals),
        "difference": ("-" if b.off < 0 else "") + to_text(abs(b.off), asset.decimals),
        "moving": to_text(b.moving_units, asset.decimals),
        "unexplained_rounds": b.rounds,
        "checked_at": rfc3339(b.checked_at),
    }


def ledger_check(c: LedgerChecked | None) -> Said | None:
    if c is None:
        return None
    return {"accounts": c.accounts, "what": c.what, "checked_at": rfc3339(c.checked_at)}


def policy(v: Version, in_force: bool) -> Said:
    return {
        "version": v.version,
        "hash": v.hash,
        "created_by": v.created_by,
        "created_at": rfc3339(v.created_at),
        "approved_by": v.approved_by,
        "active_from": at(v.active_from),
        "in_force": in_force,
        "pack": json.loads(v.body),
    }


def switch(s: Switch) -> Said:
    return {"id": s.id, "scope": s.scope, "subject": s.subject, "reason": s.reason, "since": rfc3339(s.since)}


def warning(w: ListedWarning) -> Said:
    return {
        "id": w.id,
        "list": w.list,
        "category": w.category,
        "text": templates.WARNINGS[w.text_version].both(),
        "text_version": w.text_version,
        "shown_at": rfc3339(w.shown_at),
        "acknowledged_at": at(w.acknowledged_at),
    }


def trip(t: Trip | None) -> Said | None:
    """A trip of the egress breaker; value in USD."""
    if t is None:
        return None
    seen, allowed = (usd(n) if t.line == "value" else str(n) for n in (t.seen, t.allowed))
    return {
        "number": t.number,
        "since": rfc3339(t.since),
        "line": t.line,
        "seen": seen,
        "allowed": allowed,
        "minutes": t.minutes,
    }


def egress(b: Breaker, haste: Haste | None, now: datetime) -> Said:
    """The egress breaker: how it stands, its line, and how near the line it is; None = the policy has none."""
    line = None if haste is None else haste.line
    return {
        "at": rfc3339(now),
        "tripped": trip(b.trip),
        "resets": [{"person": v.person, "reason": v.reason, "at": rfc3339(v.at)} for v in b.voices],
        "trips": b.trips,
        "reset_at": at(b.reset_at),
        "line": None
        if line is None
        else {
            "minutes": line.minutes,
            "accounts": line.accounts,
            "destinations": line.destinations,
            "value": usd(line.value),
            "reset_people": line.reset_people,
        },
        "now": None
        if haste is None
        else {
            "value": usd(haste.rush.value),
            "accounts": None if haste.others is None else haste.rush.accounts,
            "destinations": None if haste.others is None else haste.rush.destinations,
        },
    }


def lane(item: LaneRow) -> Said:
    """A wallet that stopped after too many failures."""
    assert item.stopped_at is not None  # only such are shown
    return {
        "wallet": item.wallet_id,
        "failures": item.failures,
        "detail": item.detail,
        "stopped_at": rfc3339(item.stopped_at),
    }


def exemption(e: Exemption, now: datetime) -> Said:
    return {
        "id": e.id,
        "customer": e.party_id,
        "place": e.place,
        "status": e.status(now),
        "until": rfc3339(e.until),
        "reason": e.reason,
        "proposed_by": e.proposed_by,
        "proposed_at": rfc3339(e.proposed_at),
        "approved_by": e.approved_by,
        "approved_at": at(e.approved_at),
        "ended_by": e.ended_by,
        "ended_at": at(e.ended_at),
    }


def jurisdiction(place: str, held: Law, standing: str) -> Said:
    """The rules of a place and of the wider ones that it lies in, as they hold on a day."""
    return {
        "place": place,
        "standing": standing,
        "places": [p.code for p in held.places],
        "rules": [place_rule(where, rule) for where, rule in held.rules],
    }


def place_rule(where: str, rule: Rule) -> Said:
    says = {
        "amount": f"{usd(rule.amount)} {rule.currency}" if rule.amount else "",
        "over": rule.over if rule.amount else "",
        "fields": rule.fields if rule.ask == "travel_rule" else "",
        "event": rule.event,
        "hours": str(rule.hours or ""),
        "assets": rule.assets if rule.ask == "out_cap" else "",
        "percent": str(rule.percent or ""),
        "characters": str(rule.characters or ""),
        "words": rule.words,
        "spared_by_travel_rule": "yes" if rule.spared_by_travel_rule else "",
    }
    return {
        "place": where,
        "ask": rule.ask.value,
        "since": rule.since.isoformat(),
        "until": rule.until.isoformat() if rule.until else None,
        "source": rule.source,
        "says": {name: text for name, text in says.items() if text},
    }


def key(k: Key) -> Said:
    return {
        "id": k.id,
        "role": k.role,
        "customer": k.party_id,
        "label": k.label,
        "scopes": k.scopes,
        "addresses": k.addresses,
        "expires_at": at(k.expires_at),
        "created_by": k.created_by,
        "created_at": rfc3339(k.created_at),
        "revoked_at": at(k.revoked_at),
    }


def page(name: str, items: list[Said], limit: int, cursor: str = "id") -> Said:
    """A page of a list: `next` goes on from it, null where this was the last."""
    return {name: items, "next": items[-1][cursor] if len(items) == limit else None}


def assets_by_id(assets: Mapping[int, Asset]) -> list[Said]:
    return [
        {"asset": a.symbol, "network": a.network, "decimals": a.decimals, "contract": a.contract}
        for a in assets.values()
    ]
