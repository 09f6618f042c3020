"""What opens the console for whoever is signed in: their key, a password with an app, passkeys."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from tidegate.base.refusals import Malformed, Refusal
from tidegate.console.browser import asking, read_credential
from tidegate.console.visit import COOKIE, Page, Visit
from tidegate.parties import flow as parties
from tidegate.parties import passwords
from tidegate.parties.access import proof_over

HOME = "/console/me"


def page(visit: Visit) -> Response:
    """The ways in, and the forms for more of them once somebody has shown who they are."""
    return _page(visit)


def _page(visit: Visit, refusal: Refusal | None = None) -> Response:
    who, fresh = visit.session.identity, not proof_over(visit.session.proven_at, visit.now)
    return visit.render(
        "me.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        who=who,
        ways=parties.staff_ways(visit.conn, who.key_id),
        fresh=fresh,
        app=parties.new_app(who, visit.gate.data_key, visit.gate.platform, visit.given("app")) if fresh else None,
        login=visit.given("login") or who.label,
        least=passwords.LEAST,
    )


def prove(visit: Visit) -> Response:
    """Somebody who wants to change their ways in has shown who they are."""
    return visit.back_to(HOME)


def ask_proof(visit: Visit) -> Response:
    """What the passkey of whoever is signed in has to sign."""
    cookie = visit.request.cookies.get(COOKIE, "")
    return asking(
        visit.say, lambda: parties.ask_staff_proof(visit.conn, cookie, visit.gate.relying, visit.now, visit.host)
    )


def set_password(visit: Visit) -> Response:
    """A name, a password and an app that has shown a code."""

    def do() -> None:
        if visit.given("password") != visit.given("again"):
            raise Malformed("passwords_differ", "The two passwords are not the same.", field="again")
        parties.set_staff_password(
            visit.conn,
            visit.session.identity,
            visit.given("login").strip(),
            visit.given("password"),
            visit.given("app"),
            visit.given("code"),
            visit.gate.data_key,
            visit.now,
        )

    return _done(visit, "way_added", do)


def drop_password(visit: Visit) -> Response:
    """The password and its app count no more."""
    who = visit.session.identity
    return _done(visit, "way_removed", lambda: parties.drop_staff_password(visit.conn, who, visit.now))


def begin(visit: Visit) -> Response:
    """What an authenticator is asked for a new key."""

    def ask() -> dict[str, object]:
        who, name = visit.session.identity, visit.given("name").strip()
        id, options = parties.begin_staff_passkey(visit.conn, who, name, visit.gate.relying, visit.now)
        return {"factor": id, "options": options}

    return asking(visit.say, ask)


def finish(visit: Visit) -> Response:
    """The authenticator has made its key."""

    def do() -> None:
        credential = read_credential(visit.given("credential"))
        who, id = visit.session.identity, visit.given("factor")
        parties.finish_staff_passkey(visit.conn, who, id, credential, visit.gate.relying, visit.now)

    return _done(visit, "way_added", do)


def drop_passkey(visit: Visit) -> Response:
    """A passkey counts no more."""
    who = visit.session.identity
    return _done(visit, "way_removed", lambda: parties.drop_staff_passkey(visit.conn, who, visit.id, visit.now))


def _done(visit: Visit, word: str, do: Callable[[], None]) -> Response:
    try:
        do()
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return _page(visit, refusal)
    return visit.back_to(HOME, word)


PAGES = (
    Page("/me", page, None),
    Page("/me/prove", prove, None, "POST", sensitive=True),
    Page("/me/prove/passkey", ask_proof, None, "POST"),
    Page("/me/password", set_password, None, "POST", sensitive=True),
    Page("/me/password/remove", drop_password, None, "POST", sensitive=True),
    Page("/me/passkeys/begin", begin, None, "POST", sensitive=True),
    Page("/me/passkeys", finish, None, "POST", sensitive=True),
    Page("/me/passkeys/{id}/remove", drop_passkey, None, "POST", sensitive=True),
)
