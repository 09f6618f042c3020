"""The portal's door over HTTP: invitations, factors that are set up, sessions of one browser, waits that are told."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from house import House, furnish
from mail_kit import Post, token
from passkey_kit import Authenticator
from portal_kit import enter, signed_in
from serving import Site, served

from tidegate.console.portal.visit import COOKIE
from tidegate.db import Conn
from tidegate.parties import flow as parties

PASSWORD = "correct horse battery"
TWICE = {"password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def site(house: House, database_url: str) -> Iterator[Site]:
    with served(house, database_url, demo=True) as site:
        yield site


@pytest.fixture
def ben(house: House) -> str:
    """Somebody without a password and without a factor."""
    return parties.register(house.conn, "new", "DE", "Ben New", "ben@example.com", "test", house.now).id


@pytest.fixture
def path(house: House, ben: str, tmp_path: Path) -> str:
    """Where Ben's invitation leads."""
    parties.invite(house.conn, ben, 30, "platform", house.now)
    mail = next(m for m in Post(house, tmp_path / "mails").deliver() if m["Subject"] == "Set your password")
    return f"/portal/join/{token(mail)}"


def shown_app(page: str) -> dict[str, str]:
    """The app of a page as its form sends it back, and its secret."""
    (kept,), (secret,) = re.findall(r'name="app" value="([^"]+)"', page), re.findall(r'data-secret="([^"]+)"', page)
    return {"app": html.unescape(kept), "secret": secret}


def code(site: Site, secret: str) -> str:
    return pyotp.TOTP(secret).at(site.house.now)


def test_looking_at_an_invitation_changes_nothing(site: Site, house: House, ben: str, path: str) -> None:
    before = house.conn.execute("SELECT count(*) FROM journal").fetchall()
    first, second = site.http.get(path), site.http.head(path)
    assert (first.status_code, second.status_code, "<svg" in first.text) == (200, 200, True)
    assert "set-cookie" not in first.headers
    assert house.conn.execute("SELECT count(*) FROM journal").fetchall() == before


def test_a_code_of_the_scanned_app_joins_and_is_signed_in(site: Site, house: House, ben: str, path: str) -> None:
    app = shown_app(site.http.get(path).text)
    wrong = site.http.post(path, data={**TWICE, **app, "code": "x"})
    assert (wrong.status_code, app["secret"] in wrong.text, PASSWORD in wrong.text) == (422, True, False)
    assert COOKIE not in wrong.headers.get("set-cookie", "")
    done = site.http.post(path, data={**TWICE, **app, "code": code(site, app["secret"])})
    assert (done.status_code, done.headers["location"]) == (303, "/portal/")
    assert site.http.get("/portal/").status_code == 200
    spent = site.http.get(path)
    assert (spent.status_code, "link_used" in spent.text) == (409, True)


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({}, 422, "factor_needed"),
        ({"again": "else"}, 422, "passwords_differ"),
        ({"password": "short", "again": "short"}, 422, "password_short"),
        ({"credential": "{"}, 422, "credential_malformed"),
        ({"credential": "[]"}, 422, "credential_malformed"),
        ({"credential": "{}", "factor": "fac_nothing"}, 404, "ceremony_unknown"),
        ({"credential": "{}", "factor": "x" * 400}, 404, "ceremony_unknown"),
        ({"code": "123456", "app": "nonsense"}, 422, "app_unknown"),
        ({"code": "123456", "app": "\u6f6e"}, 422, "app_unknown"),
        ({"code": "123456", "app": "\u6f6e\u0000"}, 422, "password_short"),  # a form with NUL counts as an empty one
    ],
)
def test_what_is_wrong_is_said_on_the_form_and_nothing_happens(
    site: Site, house: House, ben: str, path: str, sent: dict[str, str], status: int, said: str
) -> None:
    answer = site.http.post(path, data={**TWICE, **sent})
    assert (answer.status_code, f"<code>{said}</code>" in answer.text) == (status, True), answer.text
    assert 'name="password"' in answer.text  # the form is there again
    assert parties.factors(house.conn, ben) == []
    assert house.conn.execute("SELECT count(*) FROM customer_password").fetchall() == [(0,)]


def test_what_an_authenticator_is_asked_comes_after_the_password(site: Site, house: House, ben: str, path: str) -> None:
    chinese = {"accept-language": "zh-CN"}
    refused = site.http.post(f"{path}/passkey", data={**TWICE, "again": "else", "name": "x"}, headers=chinese)
    assert (refused.status_code, refused.json()) == (
        422,
        {"code": "passwords_differ", "message": "两次输入的密码不一致。"},
    )
    assert site.http.post("/portal/join/nothing/passkey", data=TWICE).json()["code"] == "link_unknown"
    asked = site.http.post(f"{path}/passkey", data={**TWICE, "name": " Telephone "}).json()
    made = Authenticator(origin=site.url).create(asked["options"])
    sent = {"factor": asked["factor"], "credential": json.dumps(made)}
    done = site.http.post(path, data={**TWICE, **sent})
    assert (done.status_code, done.headers["location"]) == (303, "/portal/"), done.text
    assert [f.name for f in parties.factors(house.conn, ben)] == ["Telephone"]


def test_signing_in_again_ends_the_session_of_this_browser_alone(site: Site, house: House) -> None:
    ada, link = house.customer(), ""
    elsewhere = signed_in(site, ada.id).session.id
    here = []
    for _ in range(2):
        link = parties.link_in(house.conn, ada.id, "test", house.now)
        cookie = site.http.post(f"/portal/link/{link}").cookies[COOKIE]
        here.append(parties.visiting(house.conn, cookie, house.now).id)
    open_now = {visit.id for visit in parties.visits(house.conn, ada.id, house.now)}
    assert open_now == {elsewhere, here[1]}
    refused = site.http.post(f"/portal/link/{link}")  # used: whoever is signed in stays so
    assert refused.status_code == 404
    assert {visit.id for visit in parties.visits(house.conn, ada.id, house.now)} == open_now


def test_another_app_counts_once_it_has_shown_a_code(site: Site, house: House) -> None:
    ada = house.customer()
    form = enter(site, ada.id)
    before = parties.factors(house.conn, ada.id)
    app = shown_app(site.http.get("/portal/security").text)
    wrong = site.http.post("/portal/factors/app", data={**form, **app, "code": "x"})
    assert (wrong.status_code, app["secret"] in wrong.text, '<details class="choice" open' in wrong.text) == (
        422,
        True,
        True,
    )
    assert parties.factors(house.conn, ada.id) == before
    right = {**form, "once": "b" * 30, **app, "code": code(site, app["secret"])}
    for _ in range(2):  # a double click: once
        done = site.http.post("/portal/factors/app", data=right)
        assert (done.status_code, done.headers["location"]) == (303, "/portal/security?done=portal_app_added")
    (now_used,) = parties.factors(house.conn, ada.id)
    assert now_used.id != before[0].id
    events = parties.latest_events(house.conn, [ada.id], ["mfa_changed"])[ada.id]
    assert events == {"mfa_changed": house.now}  # withdrawals pause


def test_an_app_that_was_shown_to_somebody_else_is_not_taken(site: Site, house: House) -> None:
    ada, ben = house.customer(), house.customer()
    enter(site, ada.id)
    app = shown_app(site.http.get("/portal/security").text)
    form = enter(site, ben.id)
    answer = site.http.post("/portal/factors/app", data={**form, **app, "code": code(site, app["secret"])})
    assert (answer.status_code, "app_unknown" in answer.text) == (422, True)


@pytest.mark.parametrize(("language", "words"), [("en", "The next try counts"), ("zh-CN", "下次可尝试")])
def test_whoever_has_to_wait_reads_until_when(site: Site, house: House, language: str, words: str) -> None:
    sent = {"email": "nobody@example.com", "password": "x", "code": "1"}
    answers = [site.http.post("/portal/sign-in", data=sent, headers={"accept-language": language}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert words not in answers[4].text
    assert words in answers[5].text
    ends = house.now.replace(microsecond=0) + timedelta(minutes=1)
    assert f'<time datetime="{ends:%Y-%m-%dT%H:%M:%SZ}" data-until>' in answers[5].text


def invitations(house: House) -> list[str]:
    return [row[0] for row in house.conn.execute("SELECT party_id FROM invitation WHERE made_by = 'portal'").fetchall()]


def test_who_forgot_their_password_is_mailed_a_link_and_a_stranger_learns_nothing(
    site: Site, house: House, ben: str, path: str
) -> None:
    app = shown_app(site.http.get(path).text)
    site.http.post(path, data={**TWICE, **app, "code": code(site, app["secret"])})
    answers = []
    for email in ("nobody@example.com", "naughty \u0000\u6f6e", "", " Ben@example.COM "):
        sent = site.http.post("/portal/forgotten", data={"email": email})
        answers.append((sent.status_code, sent.text.replace(html.escape(email), "")))
    assert len(set(answers)) == 1
    for _ in range(100):  # ordered after the answer
        if invitations(house):
            break
        time.sleep(0.05)
    assert invitations(house) == [ben]
    assert len(parties.visits(house.conn, ben, house.now)) == 1  # asking ends nothing


def test_nobody_fills_a_strangers_mailbox(site: Site, house: House) -> None:
    answers = [site.http.post("/portal/forgotten", data={"email": "x@example.com"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert "The next try counts" in answers[5].text
    assert 'value="x@example.com"' in answers[5].text
    wrong = site.http.post("/portal/sign-in", data={"email": "x@example.com", "password": "x", "code": "1"})
    assert wrong.status_code == 401  # asking for links keeps nobody out
