"""Calls about customers, what happened to them, their factors, balances and mails."""

from __future__ import annotations

from typing import Any

from tidegate.api.customers import say, shapes
from tidegate.api.door import Call, Route, Secret
from tidegate.api.journal.say import entry
from tidegate.api.journal.shapes import Timeline
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit, Text
from tidegate.api.restrictions.say import restriction
from tidegate.api.restrictions.shapes import Restriction
from tidegate.api.say import page
from tidegate.base.refusals import Malformed
from tidegate.base.times import rfc3339
from tidegate.ledger import flow as ledger
from tidegate.notifications import flow as notifications
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as withdrawal_store


def create_customer(call: Call, body: shapes.NewCustomer) -> Any:
    """Take a customer in. They have no identity level yet, so nothing can leave."""
    made = parties.register(
        call.conn,
        body.external_id,
        body.country,
        body.name,
        body.email,
        call.actor,
        call.now,
        language=body.language,
    )
    return say.customer(made)


def list_customers(call: Call, q: Text = None, before: Before = None, limit: Limit = 50) -> Any:
    """Customers, newest first; `q` looks in ids, names and mail addresses."""
    if call.party_id is not None:
        return page("customers", [say.customer(parties.get(call.conn, call.party_id))], limit + 1)
    return page("customers", [say.customer(p) for p in parties.page(call.conn, q, before, limit)], limit)


def get_customer(call: Call, id: str) -> Any:
    """One customer."""
    return say.customer(call.party(id))


def set_identity(call: Call, id: str, body: shapes.Identity) -> Any:
    """Write down who somebody verified the customer to be. It replaces what was known before."""
    verified = Verified(body.level, body.verified_name, body.date_of_birth, body.country, body.provider, body.reference)
    return say.customer(parties.set_identity(call.conn, call.customer(id), verified, call.actor, call.now))


def record_event(call: Call, id: str, body: shapes.NewEvent) -> Any:
    """Tell what happened to the customer's account: a changed password makes withdrawals wait."""
    said = parties.record_event(
        call.conn,
        call.customer(id),
        body.type,
        body.at,
        call.actor,
        call.now,
        body.device_id,
        body.ip,
        body.country,
    )
    return say.event(said)


def get_balances(call: Call, id: str) -> Any:
    """What the customer has, explained by purpose of hold."""
    call.party(id)
    assets = call.setting().assets
    return {"balances": [say.balance(b, assets[b.asset_id]) for b in ledger.balances(call.conn, id)]}


def get_limits(call: Call, id: str) -> Any:
    """What still fits into each window."""
    found = withdrawals.headroom(call.conn, call.party(id), call.setting(), call.now, call.actor)
    return {"currency": "USD", "windows": [say.window(h) for h in found]}


def get_timeline(call: Call, id: str) -> Any:
    """Everything the journal says about the customer and their withdrawals, oldest first."""
    call.party(id)
    return {"entries": [entry(n) for n in withdrawal_store.timeline(call.conn, id)]}


def freeze_customer(call: Call, id: str, body: shapes.Freeze) -> Any:
    """Stop everything outgoing of the customer, at once, until somebody lifts it."""
    return restriction(parties.freeze(call.conn, call.customer(id), body.reason, call.actor, call.now))


def enrol_factor(call: Call, id: str, body: shapes.NewFactor) -> Any:
    """Give the customer an authenticator app, or begin to make a passkey. A second factor is a change of factor."""
    if body.type == "passkey":
        minutes = call.setting().policy.factors.challenge_minutes
        begun = parties.begin_passkey(
            call.conn, call.customer(id), body.name or "", call.gate.relying, minutes, call.actor, call.now
        )
        return {"id": begun.id, "options": begun.options, "expires_at": rfc3339(begun.expires_at)}
    if body.name is not None:
        raise Malformed("name_unexpected", "An authenticator app has no name here; leave it out.", field="name")
    made = parties.enrol_totp(call.conn, call.customer(id), call.gate.data_key, call.actor, call.now)
    return Secret({"id": made.id, "secret": made.secret, "otpauth_uri": made.otpauth_uri}, made.id)


def list_factors(call: Call, id: str) -> Any:
    """What the customer can confirm with."""
    return {"factors": [say.factor(f) for f in parties.factors(call.conn, call.customer(id))]}


def finish_factor(call: Call, id: str, factor: str, body: shapes.PasskeyMade) -> Any:
    """Finish making a passkey: from now on it confirms withdrawals."""
    made = parties.finish_passkey(
        call.conn, call.customer(id), factor, body.credential, call.gate.relying, call.actor, call.now
    )
    return say.factor(made)


def remove_factor(call: Call, id: str, factor: str) -> Any:
    """Take a factor out of use; the last one stays. It counts as a change of factor."""
    left = parties.remove_factor(call.conn, call.customer(id), factor, call.actor, call.now)
    return {"factors": [say.factor(f) for f in left]}


def invite_customer(call: Call, id: str) -> Any:
    """Mail the customer a link to set a password, also another one than before: good once, for a day."""
    days = call.setting().policy.factors.freeze_link_days
    return say.invitation(parties.invite(call.conn, call.customer(id), days, call.actor, call.now))


def set_language(call: Call, id: str, body: shapes.NewLanguage) -> Any:
    """Write to the customer in this language from now on."""
    return say.customer(parties.set_language(call.conn, call.customer(id), body.language, call.actor, call.now))


def list_mails(call: Call, id: str, before: Before = None, limit: Limit = 50) -> Any:
    """The mails to the customer, newest first: which, when, and what became of them. Never their words or links."""
    call.party(id)
    return page("mails", [say.mail(m) for m in notifications.page(call.conn, id, before, limit)], limit)


_C = "/v1/customers"

ROUTES: tuple[Route, ...] = (
    Route("POST", _C, "customers:write", create_customer, shapes.Customer, 201, True, "json", (409,)),
    Route("GET", _C, "customers:read", list_customers, shapes.Customers),
    Route("GET", _C + "/{id}", "customers:read", get_customer, shapes.Customer, refuses=UNKNOWN),
    Route("PUT", _C + "/{id}/identity", "identity:write", set_identity, shapes.Customer, takes="json", refuses=UNKNOWN),
    Route("POST", _C + "/{id}/events", "customers:write", record_event, shapes.Event, 201, True, "json", UNKNOWN),
    Route("GET", _C + "/{id}/balances", "customers:read", get_balances, shapes.Balances, refuses=UNKNOWN),
    Route("GET", _C + "/{id}/limits", "customers:read", get_limits, shapes.Limits, refuses=UNFIT),
    Route("GET", _C + "/{id}/timeline", "customers:read", get_timeline, Timeline, refuses=UNKNOWN),
    Route("POST", _C + "/{id}/freeze", "customers:freeze", freeze_customer, Restriction, 201, True, "json", UNKNOWN),
    Route("POST", _C + "/{id}/factors", "factors:write", enrol_factor, shapes.Factor, 201, True, "json", UNFIT),
    Route("GET", _C + "/{id}/factors", "customers:read", list_factors, shapes.Factors, refuses=UNKNOWN),
    Route(
        "POST",
        _C + "/{id}/factors/{factor}/finish",
        "factors:write",
        finish_factor,
        shapes.EnrolledFactor,
        201,
        True,
        "json",
        UNFIT,
    ),
    Route(
        "POST",
        _C + "/{id}/factors/{factor}/remove",
        "factors:write",
        remove_factor,
        shapes.Factors,
        200,
        True,
        refuses=UNFIT,
    ),
    Route(
        "POST",
        _C + "/{id}/invitations",
        "factors:write",
        invite_customer,
        shapes.Invitation,
        201,
        True,
        refuses=UNKNOWN,
    ),
    Route(
        "PUT", _C + "/{id}/language", "customers:write", set_language, shapes.Customer, takes="json", refuses=UNKNOWN
    ),
    Route("GET", _C + "/{id}/mails", "customers:read", list_mails, shapes.Mails, refuses=UNKNOWN),
)
