"""A customer is taken in and known: who they are, the language they read, what happened so far."""

from __future__ import annotations

from datetime import datetime

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, Malformed
from tidegate.db import Conn, act, journal
from tidegate.parties import party, store
from tidegate.parties.flow.looking import lock_one, unknown
from tidegate.parties.party import Party, Verified


def register(
    conn: Conn,
    external_id: str,
    country: str,
    name: str,
    email: str,
    actor: str,
    now: datetime,
    kind: str = "customer",
    language: str = "en",
) -> Party:
    """Take a customer in. Raises Malformed naming the field; Conflict `external_id_taken`."""
    party.check_customer(external_id, country, name, email)
    party.check_language(language)
    if kind not in ("customer", "merchant"):
        raise Malformed("kind_unknown", f"{kind[:40]!r} is not a kind of party; use customer or merchant", field="kind")
    with act(conn, actor, now) as tx:
        made = store.add(conn, new_id("cus"), kind, external_id, country, name, email, language, now)
        if made is None:
            raise Conflict(
                "external_id_taken", f"external_id {external_id!r} belongs to another customer.", field="external_id"
            )
        tx.note("party.registered", made.id, {"kind": kind, "country": country})
        return made


def set_identity(conn: Conn, party_id: str, verified: Verified, actor: str, now: datetime) -> Party:
    """Write down who somebody verified the customer to be; it replaces what was known before."""
    party.check_verified(verified, now)
    with act(conn, actor, now) as tx:
        before = lock_one(conn, party_id)
        store.set_identity(conn, party_id, verified, now)
        tx.note(
            "party.identified",
            party_id,
            {
                "level": verified.level,
                "level_before": before.level,
                "country": verified.country or before.country,
                "provider": verified.provider,
                "reference": verified.reference,
            },
        )
        return get(conn, party_id)


def set_language(conn: Conn, party_id: str, language: str, actor: str, now: datetime) -> Party:
    """Write to the customer in this language from now on. Raises Malformed `language_unknown`."""
    party.check_language(language)
    with act(conn, actor, now) as tx:
        before = lock_one(conn, party_id)
        if before.language != language:
            store.set_language(conn, party_id, language)
            tx.note("party.language", party_id, {"language": language})
        return get(conn, party_id)


def get(conn: Conn, party_id: str) -> Party:
    """One customer; NotFound `customer_unknown`."""
    found = store.get(conn, party_id)
    if found is None:
        raise unknown(party_id)
    return found


def page(conn: Conn, text: str | None = None, before: str | None = None, limit: int = 50) -> list[Party]:
    """Customers, newest first; with `text` those whose id, external id or mail it is, or whose name contains it."""
    if not text:
        return store.page(conn, before, limit)
    return store.search(conn, text, before, limit) if text.isprintable() else []


def timeline(conn: Conn, party_id: str) -> list[journal.News]:
    """Everything the journal says about a customer, oldest first; NotFound `customer_unknown`."""
    get(conn, party_id)
    return journal.about(conn, party_id)
