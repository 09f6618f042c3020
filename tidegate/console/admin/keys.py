"""Keys and their roles, who is signed in, and what waits for a second person."""

from __future__ import annotations

from datetime import UTC, datetime, time

from starlette.responses import Response

from tidegate.base.refusals import Malformed, NotFound
from tidegate.console.visit import Page, Visit
from tidegate.parties import flow as parties
from tidegate.parties.access import ROLES, STAFF
from tidegate.parties.store import Key
from tidegate.policy import flow as policies

ROWS = 50
HOME = "/console/keys"
VIEWS = ("valid", "all")
MOST_PROPOSED = 100
"""Of the newest exemptions; older ones that nobody agreed to stand on the exemptions' own page."""


def keys(visit: Visit) -> Response:
    """Keys, newest first: those that still count, or all; and who is signed in with one."""
    view, role, before = visit.asked("view") or "valid", visit.asked("role"), visit.asked("before")
    if view not in VIEWS:
        raise Malformed("view_unknown", f"{view[:40]!r} is none of {', '.join(VIEWS)}.")
    if role is not None and role not in ROLES:
        raise Malformed("role_unknown", f"{role[:40]!r} is not a role; known are {', '.join(ROLES)}.")
    known = parties.keys(visit.conn)
    found = [
        (key, _state(key, visit.now))
        for key in known
        if (role is None or key.role == role) and (before is None or key.id < before)
    ]
    shown = [(key, state) for key, state in found if view == "all" or state == "valid"][:ROWS]
    return visit.render(
        "admin/keys.html",
        keys=shown,
        signed_in=parties.signed_in(visit.conn, visit.now),
        labels={key.id: (key.label, key.role) for key in known},
        names={key.id: key.label for key in known},
        roles={name: sorted(scopes) for name, scopes in ROLES.items()},
        chosen={"view": view, "role": role or ""},
        views=VIEWS,
        older=shown[-1][0].id if len(shown) == ROWS else None,
    )


def _state(key: Key, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "valid"


def new(visit: Visit) -> Response:
    """The form for another key, for one role: its scopes can be narrowed."""
    role = visit.asked("role") or "analyst"
    if role not in ROLES:
        raise Malformed("role_unknown", f"{role[:40]!r} is not a role; known are {', '.join(ROLES)}.")
    return visit.render("admin/new_key.html", role=role, roles=list(ROLES), scopes=sorted(ROLES[role]))


def create(visit: Visit) -> Response:
    """Give somebody a key. It is shown in this answer and nowhere else."""
    assert visit.form is not None  # only POST comes here
    role, addresses = visit.given("role"), visit.given("addresses").replace(",", " ").split()
    chosen = [str(scope) for scope in visit.form.getlist("scopes")]
    narrowed = None if role in ROLES and set(chosen) == ROLES[role] else chosen
    made = visit.once(
        lambda: parties.create_key(
            visit.conn,
            role,
            visit.given("label").strip(),
            visit.actor,
            visit.now,
            visit.given("customer").strip() or None,
            narrowed,
            addresses or None,
            _expiry(visit.given("expires")),
        )
    )
    return visit.render(
        "admin/secret.html", title="key_made", secret=made.secret, about=visit.given("label").strip(), back=HOME
    )


def _expiry(text: str) -> datetime | None:
    """The end of a day, UTC; None = it does not expire."""
    if not text:
        return None
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(23, 59, 59), UTC)
    except ValueError as bad:
        raise Malformed("day_malformed", f"{text[:20]!r} is no day of the calendar.", field="expires") from bad


def key(visit: Visit) -> Response:
    """One key: what it may, what else opens the console for its person, and what an admin can take away."""
    found = next((key for key in parties.keys(visit.conn) if key.id == visit.id), None)
    if found is None:
        raise NotFound("key_missing", f"There is no key {visit.id[:40]!r}.")
    person = found.role in STAFF
    return visit.render(
        "admin/key.html",
        key=found,
        state=_state(found, visit.now),
        person=person,
        ways=parties.staff_ways(visit.conn, found.id) if person else None,
        signed_in=[s for s in parties.signed_in(visit.conn, visit.now) if s.key_id == found.id],
    )


def take_ways(visit: Visit) -> Response:
    """A device was lost: nothing but the key opens the console for this person, and every session ends."""
    parties.take_staff_ways(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{visit.id}", "ways_taken")


def bar(visit: Visit) -> Response:
    """The key itself opens the console no more."""
    parties.bar_key(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{visit.id}", "key_barred")


def allow(visit: Visit) -> Response:
    """The key itself opens the console again."""
    parties.allow_key(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(f"{HOME}/{visit.id}", "key_allowed")


def revoke(visit: Visit) -> Response:
    """Take a key away for good, and its sessions with it."""
    parties.revoke_key(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(HOME, "key_revoked")


def approvals(visit: Visit) -> Response:
    """What somebody proposed and nobody has agreed to yet."""
    waiting = [v for v in policies.versions(visit.conn) if v.approved_by is None and v.active_from is None]
    found = policies.exemption_page(visit.conn, limit=MOST_PROPOSED)
    proposed = [e for e in found if e.status(visit.now) == "proposed"]
    breaker = policies.breaker(visit.conn)
    return visit.render(
        "admin/approvals.html",
        policies=waiting,
        exemptions=proposed,
        breaker=breaker,
        names={key.id: key.label for key in parties.keys(visit.conn)},
    )


PAGES = (
    Page("/keys", keys, "keys:read"),
    Page("/keys/new", new, "keys:write"),
    Page("/keys/create", create, "keys:write", "POST", sensitive=True),
    Page("/keys/{id}", key, "keys:read"),
    Page("/keys/{id}/ways/take", take_ways, "keys:write", "POST"),
    Page("/keys/{id}/bar", bar, "keys:write", "POST"),
    Page("/keys/{id}/allow", allow, "keys:write", "POST", sensitive=True),
    Page("/keys/{id}/revoke", revoke, "keys:write", "POST", sensitive=True),
    Page("/approvals", approvals, "policy:read"),
)
