"""One-time links into the portal, for the demo only: nobody has to enrol a telephone for each of its customers."""

from __future__ import annotations

from datetime import datetime

from tidegate.base.refusals import Conflict
from tidegate.db import Conn
from tidegate.p2p.merchants import store as merchants
from tidegate.parties import flow as parties
from tidegate.parties import store
from tidegate.settings import Settings


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
