"""Everything that a person sees is in their language: each page of console, portal and desk, and the public status."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lived_in import live_in
from portal_kit import enter
from reading_kit import read, strange, walk
from serving import served

from tidegate.console.app import PAGES
from tidegate.console.portal.app import PAGES as PORTAL
from tidegate.db import Conn
from tidegate.parties import flow as parties

NAMES = frozenset(
    {
        "Tidegate", "Webhook", "Safe", "personal_sign", "YAML", "nonce", "https", "evm-local", "English", "中文",
        "address", "asset", "network",  # columns of a list
        "blocklist", "sanctions", "larger", "odd", "Made-up", "Person",  # what people called lists, entries and rules
        "Ada", "Lovelace", "Mei", "Anton", "Olga", "mei", "anton", "test", "monitor", "user",  # who people are,
        "person", "admin", "support", "auditor", "compliance", "treasury", "analyst", "integrator",  # and their keys
    }
)  # fmt: skip

TYPED = "as the facts say"
"""A reason that a person typed, inside a sentence of ours."""

DOWNLOADS = {
    "/console/cases/{id}/bundle", "/console/cases/{id}/paper", "/console/journal/file", "/console/journal/{id}/proof",
    "/console/policies/{id}/export", "/console/rating/{id}/paper",
}  # fmt: skip


def unseen(paths: Iterable[str]) -> set[str]:
    """Pages that nobody has come to."""
    listed = {f"{below}{page.path}" for below, all_ in (("/console", PAGES), ("/portal", PORTAL)) for page in all_
              if page.method == "GET"}  # fmt: skip
    seen = [path.partition("?")[0] for path in paths]
    return {
        page for page in listed if not any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", page), path) for path in seen)
    } - DOWNLOADS


def test_no_page_speaks_another_language_than_its_own(conn: Conn, database_url: str) -> None:
    lived = live_in(conn)
    starts = {
        "admin": ["/console/", "/console/nothing", "/console/sign-in"],
        "compliance": ["/console/travel-rule/received", f"/console/travel-rule/{lived.told}"],  # it alone reads them
    }
    found: dict[tuple[str, str], str] = {}  # word of another language -> where it stands
    with served(lived.hall, database_url) as site:
        for language in ("zh", "en"):
            pages: dict[str, str] = {}
            for role, start in starts.items():
                opened = parties.open_session(conn, site.keys[role], lived.hall.now)
                site.http.cookies.set("tidegate_session", opened.cookie)
                pages |= walk(site, start, language, pages)
            for who in (lived.ada.id, lived.shop.who.id):
                enter(site, who)
                pages |= walk(site, ["/portal/", "/portal/desk", "/portal/sign-in", "/portal/forgotten"], language)
            proof = f"/portal/withdrawals/{lived.unproven}/ownership"
            site.http.post(f"{proof}/text", data=enter(site, lived.eva.id, f"the-text-to-sign-in-{language}-once"))
            pages |= walk(site, [proof], language, pages)
            pages |= walk(site, ["/status"], language)
            assert unseen(pages) == set()
            for path, page in pages.items():
                for own, said in read(page.replace(TYPED, "")):
                    found |= {(language, word): path for word in strange(said, own, NAMES)}
    assert found == {}
