"""A customer at the portal: signed in by a session of their own, as after any sign-in."""

from __future__ import annotations

from playwright.sync_api import Page
from serving import Site

from tidegate.console.portal.visit import COOKIE
from tidegate.parties import flow as parties
from tidegate.parties.flow import Came, Visiting


def signed_in(site: Site, party_id: str) -> Visiting:
    """A session that was opened just now."""
    conn, now = site.house.conn, site.house.now
    link = parties.link_in(conn, party_id, "test", now)
    return parties.sign_in_by_link(conn, link, Came("127.0.0.1", "test browser", "device-1"), now)


def enter(site: Site, party_id: str, number: str = "a-number-of-thirty-characters!") -> dict[str, str]:
    """Become this customer in calls; what every form of theirs carries."""
    opened = signed_in(site, party_id)
    site.http.cookies.set(COOKIE, opened.cookie)
    return {"csrf": opened.session.csrf, "once": number}


def visit(page: Page, site: Site, party_id: str, path: str = "/") -> None:
    """Open a page of the portal as this customer in a browser."""
    cookie = signed_in(site, party_id).cookie
    page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": f"{site.url}/portal"}])
    page.goto(f"{site.url}/portal{path}")
