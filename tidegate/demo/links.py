"""Links of one use, for the demo only: nobody carries a key to the console, or enrols a telephone for the portal."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from tidegate.base.refusals import Conflict
from tidegate.db import Conn
from tidegate.p2p.merchants import store as merchants
from tidegate.parties import flow as parties
from tidegate.parties import store
from tidegate.parties.access import STAFF
from tidegate.settings import Settings


def link(conn: Conn, settings: Settings, who: str, now: datetime) -> str:
    """A link that signs somebody in, once, for a quarter of an hour: a role of staff, or a customer by our id or the
    platform's. Raises Conflict `demo_only` where this is no demo; NotFound `customer_unknown`."""
    if not settings.demo:
        raise Conflict("demo_only", "Links that sign somebody in exist in the demo only; invite the customer instead.")
    return staff_links(conn, settings, now, [who])[who] if who in STAFF else customer_link(conn, settings, who, now)


def staff_links(conn: Conn, settings: Settings, now: datetime, roles: Iterable[str] = sorted(STAFF)) -> dict[str, str]:
    """A link into the console for each of these roles, made with the demo's own keys."""
    keys = json.loads((settings.data_key_file.parent / "keys.json").read_text())
    made = {role: parties.make_link(conn, keys[role], "demo", now) for role in roles}
    return {role: f"{settings.public_url}/console/sign-in/{secret}" for role, secret in made.items()}


def customer_link(conn: Conn, settings: Settings, who: str, now: datetime) -> str:
    """A link that signs the customer in, once, for a quarter of an hour. `who` is our id or the platform's.

    Raises Conflict `demo_only` where this is no demo; NotFound `customer_unknown`.
    """
    if not settings.demo:
        raise Conflict("demo_only", "Links that sign somebody in exist in the demo only; invite the customer instead.")
    found = store.by_external_id(conn, who) or parties.get(conn, who)
    return f"{settings.public_url}/portal/link/{parties.link_in(conn, found.id, 'demo', now)}"


def shown_links(conn: Conn, settings: Settings, customer: str | None, now: datetime) -> dict[str, str]:
    """A link for this customer, and one for a merchant, as far as they are there."""
    links = {}
    if customer is not None and store.get(conn, customer) is not None:
        links["customer"] = customer_link(conn, settings, customer, now)
    merchant = next(iter(merchants.page(conn, "certified", None, None, 1)), None)
    if merchant is not None:
        links["merchant"] = customer_link(conn, settings, merchant.party_id, now)
    return links
