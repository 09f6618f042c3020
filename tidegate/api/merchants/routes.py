"""Calls about merchants and their bonds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query

from tidegate.api import money
from tidegate.api.door import Call, Route
from tidegate.api.merchants import say, shapes
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit, Text
from tidegate.api.payment_accounts.say import accounts_of
from tidegate.api.say import page
from tidegate.base.refusals import Malformed, NotFound
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.bond.store import Movement
from tidegate.p2p.deductions import flow as deductions
from tidegate.p2p.links import flow as links
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.p2p.scope import flow as scope
from tidegate.parties.access import STAFF

Stands = Annotated[
    Literal["pending", "certified", "rejected", "exiting", "closed", "dismissed"] | None, Query(alias="certification")
]
MOVES = ("lock", "unlock", "top_up", "deduct")


def list_merchants(
    call: Call, certification: Stands = None, customer: Text = None, before: Before = None, limit: Limit = 50
) -> Any:
    """Merchant accounts, newest first; `certification=pending` for applications that wait for a person."""
    found = merchants.page(call.conn, certification, call.whose(customer), before, limit)
    return page("merchants", [say.merchant(m) for m in found], limit)


def apply_as_merchant(call: Call, body: shapes.NewMerchant) -> Any:
    """A customer applies and agrees to the rules in force."""
    policy = call.setting().policy
    made = merchants.apply(call.conn, call.customer(body.customer), body.rules_version, policy, call.actor, call.now)
    return say.merchant(made)


def get_merchant(call: Call, id: str) -> Any:
    """One merchant account."""
    return say.merchant(_merchant(call, id))


def consent_to_rules(call: Call, id: str, body: shapes.MerchantConsent) -> Any:
    """Agree to the rules in force, or decline them, which asks to leave."""
    policy = call.setting().policy
    said = merchants.consent(
        call.conn, _merchant(call, id).id, body.rules_version, body.agreed, policy, call.actor, call.now
    )
    return say.merchant(said)


def decide_certification(call: Call, id: str, body: shapes.Certify) -> Any:
    """Certify or reject an application."""
    decide = merchants.certify if body.decision == "certify" else merchants.reject
    return say.merchant(decide(call.conn, _merchant(call, id).id, body.reason, call.actor, call.now))


def ask_exit(call: Call, id: str, body: shapes.MerchantExit) -> Any:
    """Ask to leave. A person looks at it; then the bond comes back after the delay, once nothing is open or owed."""
    policy = call.setting().policy
    return say.merchant(
        merchants.ask_exit(call.conn, _merchant(call, id).id, body.reason, policy, call.actor, call.now)
    )


def link_merchants(call: Call, id: str, body: shapes.NewMerchantLink) -> Any:
    """A person found two merchant accounts to be one person's: from now on they carry one tier."""
    return say.merchant(links.link(call.conn, id, body.merchant, body.evidence, body.note, call.actor, call.now))


def undo_link(call: Call, id: str, body: shapes.LinkUndone) -> Any:
    """Another person found that a link was wrong: from now on they are rated apart."""
    return say.link(links.undo(call.conn, id, body.reason, call.actor, call.now))


def get_bond(call: Call, id: str) -> Any:
    """What is required, locked and owed, and every movement."""
    merchant, assets = _merchant(call, id), call.setting().assets
    return {
        "bonds": [say.bond(b, assets) for b in bonds.of(call.conn, merchant.id)],
        "movements": [say.movement(m, assets) for m in bonds.movements(call.conn, merchant.id)],
    }


def move_bond(call: Call, id: str, body: shapes.MoveBond) -> Any:
    """Lock, unlock or top up (the merchant), or propose a deduction (staff), which others must agree to."""
    said = [name for name in MOVES if getattr(body, name) is not None]
    if len(said) != 1:
        raise Malformed(
            "move_unclear", f"Say exactly one of {', '.join(MOVES)}, as an amount.", field=said[1] if said else "lock"
        )
    (move,) = said
    call.identity.require("bonds:deduct" if move == "deduct" else "merchants:write")
    merchant, setting = _merchant(call, id), call.setting()
    asset = money.asset(setting, body.asset, body.network)
    units = money.units(getattr(body, move), asset, move)
    done: Movement | None = None
    case = None
    match move:
        case "lock":
            done = bonds.lock(call.conn, merchant.id, asset, units, setting.policy, call.actor, call.now)
        case "top_up":
            done = bonds.top_up(call.conn, merchant.id, asset, units, setting.policy, call.actor, call.now)
        case "unlock":
            bonds.ask_unlock(call.conn, merchant.id, asset, units, setting.policy, call.actor, call.now)
        case _:
            case = deductions.propose(
                call.conn,
                merchant.id,
                asset,
                units,
                reference=body.reference or "",
                reason=body.reason or "",
                victim_id=body.victim,
                policy=setting.policy,
                actor=call.actor,
                now=call.now,
            )
    proposal = None if case is None else deductions.get(call.conn, case)
    return {
        "bonds": [say.bond(b, setting.assets) for b in bonds.of(call.conn, merchant.id)],
        "movement": None if done is None else say.movement(done, setting.assets),
        "case": None if proposal is None else {"id": proposal.case_id, "people": proposal.people},
    }


def change_bond_asset(call: Call, id: str, body: shapes.BondAsset) -> Any:
    """Take another asset for the bond; what is locked in the old one can be unlocked once the new one is covered."""
    merchant, setting = _merchant(call, id), call.setting()
    old = money.asset(setting, body.asset, body.network)
    new = money.asset(setting, body.new_asset, body.new_network, "new_asset")
    own = bonds.change_asset(call.conn, merchant.id, old, new, setting.policy, call.actor, call.now)
    return {"bonds": [say.bond(b, setting.assets) for b in own], "movement": None, "case": None}


def get_dossier(call: Call, id: str) -> Any:
    """Everything about one merchant: profile, scope, bond, payment accounts, what is open."""
    merchant, assets = _merchant(call, id), call.setting().assets
    staff = call.identity.role in STAFF
    linked = links.of(call.conn, merchant.subject_id) if staff else None
    return {
        "merchant": say.merchant(merchant),
        "accounts_of_person": [
            own.id for own in merchants.person(call.conn, merchant.subject_id) if call.party_id in (None, own.party_id)
        ],
        "scope": [say.scope(i) for i in scope.intervals(call.conn, merchant.subject_id)],
        "consents": [say.consent(c) for c in merchants.consents(call.conn, merchant.id)],
        "bonds": [say.bond(b, assets) for b in bonds.of(call.conn, merchant.id)],
        "movements": [say.movement(m, assets) for m in bonds.movements(call.conn, merchant.id)],
        "payment_accounts": accounts_of(call.conn, merchant.party_id, staff),
        "matters": [say.matter(m) for m in merchants.matters(call.conn, [merchant.id])],
        "links": None if linked is None else [say.link(one) for one in linked],
    }


def _merchant(call: Call, id: str) -> Merchant:
    """The merchant, where the caller may see it. Raises NotFound, as for one that does not exist."""
    found = merchants.get(call.conn, id)
    if call.party_id not in (None, found.party_id):
        raise NotFound("merchant_unknown", f"There is no merchant {id}.")
    return found


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/merchants", "merchants:read", list_merchants, shapes.Merchants),
    Route("POST", "/v1/merchants", "merchants:write", apply_as_merchant, shapes.Merchant, 201, True, "json", UNFIT),
    Route("GET", "/v1/merchants/{id}", "merchants:read", get_merchant, shapes.Merchant, refuses=UNKNOWN),
    Route(
        "POST",
        "/v1/merchants/{id}/consent",
        "merchants:write",
        consent_to_rules,
        shapes.Merchant,
        200,
        True,
        "json",
        UNFIT,
    ),
    Route(
        "POST",
        "/v1/merchants/{id}/certification",
        "merchants:decide",
        decide_certification,
        shapes.Merchant,
        200,
        True,
        "json",
        UNFIT,
    ),
    Route("POST", "/v1/merchants/{id}/exit", "merchants:write", ask_exit, shapes.Merchant, 200, True, "json", UNFIT),
    Route(
        "POST",
        "/v1/merchants/{id}/links",
        "merchants:decide",
        link_merchants,
        shapes.Merchant,
        201,
        True,
        "json",
        UNFIT,
    ),
    Route(
        "POST",
        "/v1/merchant-links/{id}/undo",
        "merchants:decide",
        undo_link,
        shapes.MerchantLink,
        200,
        True,
        "json",
        UNFIT,
    ),
    Route("GET", "/v1/merchants/{id}/bond", "merchants:read", get_bond, shapes.BondView, refuses=UNKNOWN),
    Route("POST", "/v1/merchants/{id}/bond", "bonds:write", move_bond, shapes.BondMoved, 200, True, "json", UNFIT),
    Route(
        "POST",
        "/v1/merchants/{id}/bond/asset",
        "merchants:write",
        change_bond_asset,
        shapes.BondMoved,
        200,
        True,
        "json",
        UNFIT,
    ),
    Route("GET", "/v1/merchants/{id}/dossier", "merchants:read", get_dossier, shapes.Dossier, refuses=UNKNOWN),
)
