"""How answers speak of merchants and their bonds."""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.api.say import Said, at
from tidegate.base.money import Asset, to_text
from tidegate.base.times import rfc3339
from tidegate.notifications.templates import MERCHANTS
from tidegate.p2p.bond.bond import Bond
from tidegate.p2p.bond.store import Movement
from tidegate.p2p.links.store import Link
from tidegate.p2p.merchants.merchant import Matter, Merchant
from tidegate.p2p.merchants.store import Consent
from tidegate.p2p.scope.store import Interval

Assets = Mapping[int, Asset]


def merchant(m: Merchant) -> Said:
    return {
        "id": m.id,
        "customer": m.party_id,
        "person": m.subject_id,
        "country": m.country,
        "certification": m.certification,
        "status_text": MERCHANTS[m.certification].both(),
        "reason": m.reason,
        "rules_version": m.rules_version,
        "may_trade": m.may_trade,
        "applied_at": rfc3339(m.applied_at),
        "certified_at": at(m.certified_at),
        "exit_asked_at": at(m.exit_asked_at),
        "exit_approved_at": at(m.exit_approved_at),
        "closed_at": at(m.closed_at),
    }


def bond(b: Bond, assets: Assets) -> Said:
    asset = assets[b.asset_id]

    def amount(units: int) -> str:
        return to_text(units, asset.decimals)

    return {
        "asset": asset.symbol,
        "network": asset.network,
        "required": amount(b.required),
        "locked": amount(b.locked),
        "owed": amount(b.owed),
        "demand": amount(b.demand),
        "releasing": amount(b.releasing),
        "release_at": at(b.release_at),
        "top_up_due_at": at(b.top_up_due_at),
        "overdue": b.overdue_at is not None,
    }


def movement(m: Movement, assets: Assets) -> Said:
    asset = assets[m.asset_id]
    return {
        "id": m.id,
        "number": m.number,
        "asset": asset.symbol,
        "network": asset.network,
        "kind": m.kind,
        "locked": to_text(m.locked_delta, asset.decimals),
        "owed": to_text(m.owed_delta, asset.decimals),
        "locked_after": to_text(m.locked_after, asset.decimals),
        "owed_after": to_text(m.owed_after, asset.decimals),
        "decision": m.decision,
        "reason": m.reason,
        "at": rfc3339(m.at),
    }


def scope(i: Interval) -> Said:
    return {"ground": i.ground, "from_at": rfc3339(i.from_at), "until_at": at(i.until_at)}


def matter(m: Matter) -> Said:
    return {"kind": m.kind, "ref": m.ref, "opened_at": rfc3339(m.opened_at)}


def consent(c: Consent) -> Said:
    return {"rules_version": c.rules_version, "agreed": c.agreed, "at": rfc3339(c.at)}


def link(one: Link) -> Said:
    return {
        "id": one.id,
        "merchant": one.merchant_id,
        "other": one.other_id,
        "person": one.subject_id,
        "evidence": one.evidence,
        "note": one.note,
        "by": one.actor,
        "at": rfc3339(one.at),
        "undone_by": one.undone_by,
        "undone_at": at(one.undone_at),
        "undone_reason": one.undone_reason,
    }
