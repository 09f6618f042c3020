"""Every page and form of the console against every role: the matrix is made from the list of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from house import furnish
from serving import Site, served

from tidegate.console.app import PAGES
from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.parties.access import ROLES, STAFF


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


def test_a_page_opens_for_those_with_its_scope_and_for_nobody_else(site: Site) -> None:
    for role in sorted(STAFF):
        opened = parties.open_session(site.house.conn, site.keys[role], site.house.now)
        site.http.cookies.set("tidegate_session", opened.cookie)
        for page in PAGES:
            path = "/console" + page.path.replace("{id}", "nothing")
            answer = site.http.request(page.method, path, data={"csrf": opened.csrf} if page.method == "POST" else None)
            may = page.scope is None or page.scope in ROLES[role]
            assert ("scope_missing" in answer.text) is not may, (role, page.method, page.path, answer.status_code)
            assert answer.status_code < 500, (role, page.method, page.path)
            if not may:
                assert answer.status_code == 403
        site.http.cookies.clear()


def test_without_a_session_every_page_leads_to_the_sign_in(site: Site) -> None:
    for page in PAGES:
        answer = site.http.request(page.method, "/console" + page.path.replace("{id}", "nothing"), data={})
        assert answer.status_code == 303, page.path
        assert answer.headers["location"].startswith("/console/sign-in"), page.path
        assert "content-security-policy" in answer.headers


def test_a_form_without_the_sessions_token_changes_nothing(site: Site) -> None:
    opened = parties.open_session(site.house.conn, site.keys["admin"], site.house.now)
    site.http.cookies.set("tidegate_session", opened.cookie)
    for page in PAGES:
        if page.method == "POST":
            answer = site.http.post("/console" + page.path.replace("{id}", "nothing"), data={"csrf": "x"})
            assert answer.status_code == 403, page.path
            assert "form_token_wrong" in answer.text


def test_a_character_that_nothing_can_keep_is_refused_and_never_a_fault(site: Site) -> None:
    opened = parties.open_session(site.house.conn, site.keys["compliance"], site.house.now)
    site.http.cookies.set("tidegate_session", opened.cookie)
    for path in (
        "/console/journal?subject=%00",
        "/console/customers/%00",
        "/portal/?done=a%00b",
        "/m/%00",
    ):
        answer = site.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (400, "character_refused"), path
    said = {"csrf": opened.csrf, "reason": "a\0b"}
    assert "form_token_wrong" in site.http.post(f"/console/customers/{site.house.customer().id}/freeze", data=said).text
    (upload,) = {page.path for page in PAGES if page.upload}
    file = ("a.csv", b"asset,address\nETH,0x\0\n", "text/csv")
    fields = {"csrf": opened.csrf, "name": "sanctions", "format": "csv"}
    answer = site.http.post(f"/console{upload}", data=fields, files={"file": file})
    assert "holds the character NUL" in answer.text
