"""The payment accounts of whoever is signed in: name one, say that it is used elsewhere, use it no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from starlette.responses import Response

from tidegate.api.payment_accounts import say
from tidegate.base.refusals import Malformed, NotFound, Refusal
from tidegate.console.desk.mine import HOME
from tidegate.console.portal.visit import Page, Visit
from tidegate.p2p.accounts import flow as accounts
from tidegate.p2p.accounts.account import METHODS, Account, Attestation
from tidegate.policy import flow as policies

OWN = f"{HOME}/accounts"
_FIELDS = ("method", "institution", "number", "holder_name", "platform", "since", "id")


def listed(visit: Visit) -> Response:
    """Their accounts, those in use first."""
    return _listed(visit, None)


def _listed(visit: Visit, refusal: Refusal | None) -> Response:
    found = say.accounts_of(visit.conn, visit.party_id, staff=False)
    return visit.render(
        "desk/accounts.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        accounts=sorted(found, key=lambda one: one["retired_at"] is not None),
        methods=METHODS,
        typed={name: visit.given(name) for name in _FIELDS},
    )


def register(visit: Visit) -> Response:
    """Name an account to pay from or into."""
    policy = policies.active(visit.conn, visit.now)
    method, institution = visit.given("method"), visit.given("institution").strip()
    number, holder = visit.given("number").strip() or None, visit.given("holder_name").strip()
    return _done(
        visit,
        "desk_account_added",
        lambda: accounts.register(
            visit.conn,
            visit.party_id,
            method,
            institution,
            number,
            holder,
            data_key=visit.gate.data_key,
            policy=policy,
            actor=visit.actor,
            now=visit.now,
        ),
    )


def attest(visit: Visit) -> Response:
    """Say that the account is used at another platform as well."""

    def do() -> object:
        said = Attestation(visit.given("platform").strip(), "own_statement", _day(visit.given("since").strip()), None)
        return accounts.attest(visit.conn, _own(visit).id, said, visit.actor, visit.now)

    return _done(visit, "desk_account_attested", do)


def retire(visit: Visit) -> Response:
    """Use it no more."""
    return _done(
        visit, "desk_account_retired", lambda: accounts.retire(visit.conn, _own(visit).id, visit.actor, visit.now)
    )


def _done(visit: Visit, word: str, do: Callable[[], object]) -> Response:
    try:
        visit.once(do)
    except Refusal as refusal:
        return _listed(visit, refusal)
    return visit.back_to(OWN, word)


def _own(visit: Visit) -> Account:
    """The account, where it is theirs. Raises NotFound `account_unknown`."""
    found = accounts.get(visit.conn, visit.id)
    if found.party_id != visit.party_id:
        raise NotFound("account_unknown", f"There is no payment account {visit.id}.")
    return found


def _day(text: str) -> date | None:
    """A day of a form; None = left empty. Raises Malformed `date_malformed`."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as bad:
        raise Malformed("date_malformed", f"{text[:20]!r} is no day like 2026-11-24.", field="since") from bad


PAGES = (
    Page("/desk/accounts", listed),
    Page("/desk/accounts", register, "POST"),
    Page("/desk/accounts/{id}/attest", attest, "POST"),
    Page("/desk/accounts/{id}/retire", retire, "POST"),
)
