"""Devices and factors, where they are signed in, the language of mails, "freeze me", and what happened."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from tidegate.api.journal.say import entry
from tidegate.base.refusals import Refusal
from tidegate.console.browser import asking, read_credential
from tidegate.console.customers import store as customers_store
from tidegate.console.customers.pages import place
from tidegate.console.portal.door import sign_out
from tidegate.console.portal.visit import Page, Visit
from tidegate.db import act
from tidegate.parties import flow as parties
from tidegate.parties.access import proof_over
from tidegate.parties.party import RestrictionKind

OWN = "/portal/security"
_HISTORY = 40
_INSIDE = ("party.restricted", "party.unrestricted", "case.")
"""Kinds of entries that are the house's own: who is watched must not read it."""


def page(visit: Visit) -> Response:
    """Everything about who can act for the account."""
    return _page(visit, None)


def _page(visit: Visit, refusal: Refusal | None) -> Response:
    conn, party_id = visit.conn, visit.party_id
    orders = parties.restrictions(conn, [party_id], visit.now)[party_id]
    owner, fresh = visit.party(), not proof_over(visit.session.created_at, visit.now)
    news = customers_store.history(conn, party_id, place(visit.asked("before")), _HISTORY)
    return visit.render(
        "portal/security.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        party=owner,
        factors=parties.factors(conn, party_id),
        fresh=fresh,
        app=parties.new_own_app(owner, visit.gate.data_key, visit.gate.platform, visit.given("app")) if fresh else None,
        sessions=parties.visits(conn, party_id, visit.now),
        frozen=any(order.kind == RestrictionKind.FREEZE for order in orders),
        timeline=[entry(item) for item in news if not item.kind.startswith(_INSIDE)],
        older=f"{news[-1].link}.{news[-1].position}" if len(news) == _HISTORY else None,
    )


def begin(visit: Visit) -> Response:
    """What an authenticator is asked for a new key."""
    minutes = visit.setting().policy.factors.challenge_minutes

    def ask() -> dict[str, object]:
        name = visit.given("name").strip()
        made = parties.begin_passkey(
            visit.conn, visit.party_id, name, visit.gate.relying, minutes, visit.actor, visit.now
        )
        return {"factor": made.id, "options": made.options}

    return asking(visit.say, ask)


def finish(visit: Visit) -> Response:
    """The authenticator has made its key: beside another factor withdrawals pause, as after any change."""
    return _done(
        visit,
        "portal_factor_added",
        lambda: parties.finish_passkey(
            visit.conn,
            visit.party_id,
            visit.given("factor"),
            read_credential(visit.given("credential")),
            visit.gate.relying,
            visit.actor,
            visit.now,
        ),
    )


def set_app(visit: Visit) -> Response:
    """An authenticator app that has shown a code, in the place of the one before."""

    def do() -> None:
        kept, code = visit.given("app"), visit.given("code")
        parties.set_own_app(visit.conn, visit.party_id, kept, code, visit.gate.data_key, visit.actor, visit.now)

    return _done(visit, "portal_app_added", do)


def remove(visit: Visit) -> Response:
    """Take a factor out of use; the last one stays."""
    return _done(
        visit,
        "portal_factor_removed",
        lambda: parties.remove_factor(visit.conn, visit.party_id, visit.id, visit.actor, visit.now),
    )


def end(visit: Visit) -> Response:
    """Sign out in another place."""
    return _done(visit, "portal_signed_out", lambda: parties.leave(visit.conn, visit.party_id, visit.id, visit.now))


def end_others(visit: Visit) -> Response:
    """Sign out everywhere but here."""
    return _done(
        visit,
        "portal_signed_out",
        lambda: parties.leave_elsewhere(visit.conn, visit.party_id, visit.session.id, visit.now),
    )


def language(visit: Visit) -> Response:
    """The language of mails."""
    return _done(
        visit,
        "portal_saved",
        lambda: parties.set_language(visit.conn, visit.party_id, visit.given("language"), visit.actor, visit.now),
    )


def freeze(visit: Visit) -> Response:
    """Nothing leaves the account any more."""

    def do() -> None:
        with act(visit.conn, visit.actor, visit.now) as tx:
            parties.freeze_own(tx, visit.party_id, f"The customer froze their account in {visit.session.id}.")

    return _done(visit, "portal_froze", do)


def _done(visit: Visit, word: str, do: Callable[[], object]) -> Response:
    try:
        visit.once(do)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return _page(visit, refusal)
    return visit.back_to(OWN, word)


PAGES = (
    Page("/security", page),
    Page("/factors/begin", begin, "POST", sensitive=True),
    Page("/factors", finish, "POST", sensitive=True),
    Page("/factors/app", set_app, "POST", sensitive=True),
    Page("/factors/{id}/remove", remove, "POST", sensitive=True),
    Page("/sessions/{id}/end", end, "POST"),
    Page("/sessions/others", end_others, "POST"),
    Page("/language", language, "POST"),
    Page("/freeze", freeze, "POST"),
    Page("/sign-out", sign_out, "POST"),
)
