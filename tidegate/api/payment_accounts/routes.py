"""Calls about payment accounts."""

from __future__ import annotations

from typing import Any

from tidegate.api.door import Call, Route
from tidegate.api.params import UNFIT, UNKNOWN
from tidegate.api.payment_accounts import say, shapes
from tidegate.base.refusals import NotFound
from tidegate.p2p.accounts import flow as accounts
from tidegate.p2p.accounts.account import Account, Attestation, check_attests
from tidegate.parties.access import STAFF


def list_payment_accounts(call: Call, id: str) -> Any:
    """A customer's payment accounts, oldest first."""
    return {"payment_accounts": say.accounts_of(call.conn, call.party(id).id, call.identity.role in STAFF)}


def register_payment_account(call: Call, id: str, body: shapes.NewPaymentAccount) -> Any:
    """Name an account to pay from or into. One whose holder is not the customer is kept and is not verified."""
    made = accounts.register(
        call.conn,
        call.customer(id),
        body.method,
        body.institution,
        body.number,
        body.holder_name,
        data_key=call.gate.data_key,
        policy=call.setting().policy,
        actor=call.actor,
        now=call.now,
    )
    return _said(call, made)


def attest_payment_account(call: Call, id: str, body: shapes.NewAttestation) -> Any:
    """Say that the account is used at another platform as well."""
    check_attests(body.source, own=call.party_id is not None)
    said = Attestation(body.platform, body.source, body.since, body.reference)
    return _said(call, accounts.attest(call.conn, _account(call, id).id, said, call.actor, call.now))


def retire_payment_account(call: Call, id: str) -> Any:
    """Use it no more. What it was seen with stays known."""
    return _said(call, accounts.retire(call.conn, _account(call, id).id, call.actor, call.now))


def _said(call: Call, account: Account) -> Any:
    own = say.accounts_of(call.conn, account.party_id, call.identity.role in STAFF)
    return next(one for one in own if one["id"] == account.id)


def _account(call: Call, id: str) -> Account:
    """The account, where the caller may see it. Raises NotFound, as for one that does not exist."""
    found = accounts.get(call.conn, id)
    if call.party_id not in (None, found.party_id):
        raise NotFound("account_unknown", f"There is no payment account {id}.")
    return found


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/v1/customers/{id}/payment-accounts",
        "merchants:read",
        list_payment_accounts,
        shapes.PaymentAccounts,
        refuses=UNKNOWN,
    ),
    Route(
        "POST",
        "/v1/customers/{id}/payment-accounts",
        "accounts:write",
        register_payment_account,
        shapes.PaymentAccount,
        201,
        True,
        "json",
        UNKNOWN,
    ),
    Route(
        "POST",
        "/v1/payment-accounts/{id}/attestations",
        "accounts:attest",
        attest_payment_account,
        shapes.PaymentAccount,
        201,
        True,
        "json",
        UNKNOWN,
    ),
    Route(
        "DELETE",
        "/v1/payment-accounts/{id}",
        "accounts:write",
        retire_payment_account,
        shapes.PaymentAccount,
        refuses=UNFIT,
    ),
)
