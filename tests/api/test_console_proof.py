"""Coming in by a link, and showing once more who one is before what loosens something or cannot be undone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from threading import Barrier, Thread

import pytest
from house import House, furnish
from serving import Site, served

from tidegate.base.refusals import Forbidden, Refusal, Unauthorised
from tidegate.console.app import PAGES
from tidegate.db import Conn, connect
from tidegate.parties import flow as parties
from tidegate.parties.access import ROLES

SENSITIVE = [
    "/exemptions/{id}/approve",
    "/calendars/{id}/confirm",
    "/keys/create",
    "/keys/{id}/allow",
    "/keys/{id}/revoke",
    "/lists/import",
    "/me/passkeys",
    "/me/passkeys/begin",
    "/me/passkeys/{id}/remove",
    "/me/password",
    "/me/password/remove",
    "/me/prove",
    "/measures/{id}/lift",
    "/merchant-links/{id}/undo",
    "/payments/{id}/cancel",
    "/payments/{id}/resume",
    "/policies/{id}/activate",
    "/policies/{id}/approve",
    "/policies/{id}/rollback",
    "/rating-lines/{id}/publish",
    "/rating/{id}/publish",
    "/restrictions/{id}/lift",
    "/treasury/egress/reset",
    "/treasury/switches/{id}/off",
    "/treasury/wallets/{id}/resume",
    "/webhooks/{id}/rotate",
]
"""What loosens, or cannot be taken back. A stop (a freeze, a switch turned on) never waits for a proof."""


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def site(house: House, database_url: str) -> Iterator[Site]:
    with served(house, database_url) as site:
        yield site


def signed_in(site: Site, role: str) -> parties.Opened:
    opened = parties.open_session(site.house.conn, site.keys[role], site.house.now)
    site.http.cookies.set("tidegate_session", opened.cookie)
    return opened


def kinds(house: House, id: str) -> list[str]:
    return [one.kind for one in parties.restrictions(house.conn, [id], house.now).get(id, [])]


def hidden(text: str) -> dict[str, str]:
    """The hidden fields of the first form of a page."""
    form = text[text.index('<form method="post" class="stack">') :]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[: form.index("</form>")])
    return {unescape(name): unescape(value) for name, value in found}


def test_the_acts_that_loosen_or_cannot_be_undone_are_these() -> None:
    assert sorted(page.path for page in PAGES if page.sensitive) == sorted(SENSITIVE)
    assert all(page.method == "POST" for page in PAGES if page.sensitive)


@pytest.mark.parametrize(("minutes", "asked"), [(0, False), (4, False), (5, True), (29, True)])
def test_five_minutes_after_the_last_proof_it_is_asked_again(site: Site, minutes: int, asked: bool) -> None:
    opened = signed_in(site, "admin")
    site.house.wait(minutes=minutes)
    for page in (one for one in PAGES if one.sensitive and one.scope in ROLES["admin"] | {None}):
        path = "/console" + page.path.replace("{id}", "nothing")
        answer = site.http.post(path, data={"csrf": opened.csrf})
        assert ('name="proof"' in answer.text) is asked, (page.path, answer.status_code)
        assert (answer.status_code == 401) is asked, page.path


def test_who_may_not_do_it_is_told_so_before_any_proof(site: Site) -> None:
    opened = signed_in(site, "auditor")
    site.house.wait(minutes=6)
    answer = site.http.post("/console/restrictions/x/lift", data={"csrf": opened.csrf})
    assert answer.status_code == 403
    assert "scope_missing" in answer.text


def test_what_was_typed_goes_through_the_proof_unchanged_and_counts_once(site: Site) -> None:
    house = site.house
    ada = house.customer()
    frozen = parties.restrict(house.conn, ada.id, "freeze", None, "a thief", "officer", house.now)
    opened = signed_in(site, "compliance")
    house.wait(minutes=6)
    reason = 'It was <b>her</b> & "him",\r\nsays 王芳\'s mail'
    path = f"/console/restrictions/{frozen.id}/lift"
    here = {"referer": f"{site.url}/console/customers/{ada.id}"}
    asked = site.http.post(path, data={"csrf": opened.csrf, "reason": reason}, headers=here)
    fields = hidden(asked.text)
    assert fields["reason"].replace("\n", "\r\n").replace("\r\r", "\r") == reason
    assert fields["proof_back"] == f"/console/customers/{ada.id}"
    assert kinds(house, ada.id) == ["freeze"]

    wrong = site.http.post(path, data={**fields, "reason": reason, "proof": site.keys["analyst"]})
    assert (wrong.status_code, "proof_wrong" in wrong.text) == (403, True)
    assert hidden(wrong.text)["proof_back"] == f"/console/customers/{ada.id}"
    assert kinds(house, ada.id) == ["freeze"]

    done = site.http.post(path, data={**fields, "reason": reason, "proof": site.keys["compliance"]})
    assert done.status_code == 303, done.text
    assert kinds(house, ada.id) == []
    again = site.http.post(path, data={**fields, "reason": reason})  # proven now: told that it was lifted already
    assert (again.status_code, f'href="/console/customers/{ada.id}"' in again.text) == (409, True)


def test_a_file_is_chosen_again_after_the_proof(site: Site) -> None:
    opened = signed_in(site, "compliance")
    site.house.wait(minutes=6)
    sent = {"csrf": opened.csrf, "name": "watch"}
    files = {"file": ("watch.csv", b"network,address\n", "text/csv")}
    here = {"referer": f"{site.url}/console/lists"}
    asked = site.http.post("/console/lists/import", data=sent, files=files, headers=here)
    assert asked.status_code == 401
    fields = hidden(asked.text)
    assert fields["proof_again"] == "1"
    led = site.http.post("/console/lists/import", data={**fields, "proof": site.keys["compliance"]}, files={"x": b""})
    assert (led.status_code, led.headers["location"]) == (303, "/console/lists")


@pytest.mark.parametrize("path", ["https://elsewhere.example/", "//elsewhere.example", "/portal/", "/console/../x//y"])
def test_a_proof_leads_nowhere_outside(site: Site, path: str) -> None:
    opened = signed_in(site, "compliance")
    site.house.wait(minutes=6)
    sent = {"csrf": opened.csrf, "proof_back": path, "proof_again": "1", "proof": site.keys["compliance"]}
    answer = site.http.post("/console/restrictions/x/lift", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")


def test_only_the_key_of_this_session_proves_it(house: House) -> None:
    mine = parties.create_key(house.conn, "admin", "ola", "setup", house.now).secret
    other = parties.create_key(house.conn, "admin", "ola", "setup", house.now).secret  # of the same name, even
    opened = parties.open_session(house.conn, mine, house.now)
    house.wait(minutes=10)
    for wrong in (other, "tg_nobody", ""):
        with pytest.raises(Forbidden) as refused:
            parties.prove(house.conn, opened.cookie, wrong, house.now)
        assert refused.value.code == "proof_wrong"
    assert parties.session(house.conn, opened.cookie, house.now).proven_at != house.now
    parties.prove(house.conn, opened.cookie, mine, house.now)
    assert parties.session(house.conn, opened.cookie, house.now).proven_at == house.now
    parties.end_session(house.conn, opened.cookie, house.now)
    with pytest.raises(Unauthorised):
        parties.prove(house.conn, opened.cookie, mine, house.now)


def test_a_link_is_looked_at_freely_and_lets_in_once(site: Site) -> None:
    secret = parties.make_link(site.house.conn, site.keys["analyst"], "demo", site.house.now)
    path = f"/console/sign-in/{secret}"
    assert [site.http.get(path).status_code for _ in range(3)] == [200, 200, 200]
    came = site.http.post(path)
    assert (came.status_code, came.headers["location"]) == (303, "/console/")
    assert "HttpOnly" in came.headers["set-cookie"]
    assert site.http.get("/console/").status_code == 200
    late = site.http.post(path)
    assert (late.status_code, "sign_in_link_over" in late.text) == (401, True)


@pytest.mark.parametrize(("minutes", "lets_in"), [(14, True), (15, False)])
def test_a_link_is_over_after_a_quarter_of_an_hour(house: House, minutes: int, lets_in: bool) -> None:
    key = parties.create_key(house.conn, "analyst", "mei", "setup", house.now)
    secret = parties.make_link(house.conn, key.secret, "demo", house.now)
    house.wait(minutes=minutes)
    if lets_in:
        assert parties.open_by_link(house.conn, secret, house.now).identity.key_id == key.id
        return
    with pytest.raises(Unauthorised) as refused:
        parties.open_by_link(house.conn, secret, house.now)
    assert refused.value.code == "sign_in_link_over"


def test_a_link_ends_with_its_key_and_is_made_for_staff_alone(house: House) -> None:
    key = parties.create_key(house.conn, "analyst", "mei", "setup", house.now)
    secret = parties.make_link(house.conn, key.secret, "demo", house.now)
    parties.revoke_key(house.conn, key.id, "admin", house.now)
    with pytest.raises(Unauthorised) as refused:
        parties.open_by_link(house.conn, secret, house.now)
    assert refused.value.code == "key_revoked"
    machine = parties.create_key(house.conn, "integrator", "backend", "setup", house.now)
    with pytest.raises(Forbidden) as not_staff:
        parties.make_link(house.conn, machine.secret, "demo", house.now)
    assert not_staff.value.code == "not_staff"


def test_ten_at_once_use_a_link_and_one_comes_in(house: House, database_url: str) -> None:
    key = parties.create_key(house.conn, "analyst", "mei", "setup", house.now)
    secret = parties.make_link(house.conn, key.secret, "demo", house.now)
    start, said = Barrier(10), list[str]()

    def come() -> None:
        with connect(database_url) as conn:
            start.wait()
            try:
                said.append(parties.open_by_link(conn, secret, house.now).identity.role)
            except Refusal as refusal:
                said.append(refusal.code)

    threads = [Thread(target=come) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["analyst"] + ["sign_in_link_over"] * 9
