"""Factors, confirmations and mails over HTTP: the ceremony, the challenge, the resend, and the pages of links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from house import Customer, furnish
from mail_kit import Post, token
from passkey_kit import Authenticator
from serving import Site, served

from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


@pytest.fixture
def post(site: Site, tmp_path: Path) -> Post:
    return Post(site.house, tmp_path / "mails")


def stepped_up(site: Site, **more: str) -> tuple[Customer, str]:
    """A customer of whom more is asked, and their withdrawal."""
    ada = site.house.customer(USDT=100 * COIN)
    parties.restrict(site.house.conn, ada.id, "step_up", None, "a test", "officer", site.house.now)
    return ada, site.house.asked(ada, "5").id


def test_a_passkey_is_enrolled_confirms_and_is_removed(site: Site) -> None:
    ada, device = site.house.customer(USDT=100 * COIN), Authenticator()
    factors = f"/v1/customers/{ada.id}/factors"
    begun = site.call("POST", factors, {"type": "passkey", "name": "My telephone"})
    assert begun.status_code == 201
    assert begun.json()["options"]["rp"] == {"id": "localhost", "name": "Tidegate"}
    made = device.create(begun.json()["options"])
    done = site.call("POST", f"{factors}/{begun.json()['id']}/finish", {"credential": made}, key="finish-1")
    assert (done.status_code, done.json()["name"]) == (201, "My telephone")
    again = site.call("POST", f"{factors}/{begun.json()['id']}/finish", {"credential": made}, key="finish-1")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert [f["type"] for f in site.call("GET", factors).json()["factors"]] == ["totp", "passkey"]
    site.house.wait(hours=25)
    id = site.house.asked(ada, "5").id
    own = site.key_of(ada)
    options = site.call("POST", f"/v1/withdrawals/{id}/challenge", secret=own).json()["options"]
    confirmed = site.call(
        "POST", f"/v1/withdrawals/{id}/confirm", {"factor": "passkey", "credential": device.get(options)}, secret=own
    )
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "approved")
    assert confirmed.json()["required_factors"] == [{"factor": "totp", "done": True}]
    removed = site.call("POST", f"{factors}/{begun.json()['id']}/remove")
    assert [f["type"] for f in removed.json()["factors"]] == ["totp"]
    last = site.call("POST", f"{factors}/{removed.json()['factors'][0]['id']}/remove")
    assert (last.status_code, last.json()["code"]) == (409, "factor_last")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"factor": "totp"}, "confirmation_incomplete"),
        ({"factor": "passkey", "code": "123456"}, "confirmation_incomplete"),
        ({"factor": "totp", "code": "123456", "credential": {}}, "confirmation_incomplete"),
        ({"factor": "passkey", "credential": {}}, "passkey_refused"),
    ],
    ids=str,
)
def test_a_confirmation_names_its_factor_and_brings_what_that_needs(
    site: Site, body: dict[str, object], code: str
) -> None:
    ada = site.house.customer(USDT=100 * COIN)
    answer = site.call("POST", f"/v1/withdrawals/{site.house.asked(ada, '5').id}/confirm", body)
    assert answer.json()["code"] == code


def test_a_passkey_needs_a_name_and_an_app_has_none(site: Site) -> None:
    ada = site.house.customer()
    path = f"/v1/customers/{ada.id}/factors"
    assert site.call("POST", path, {"type": "passkey"}).json()["code"] == "name_invalid"
    assert site.call("POST", path, {"type": "totp", "name": "Mine"}).json()["code"] == "name_unexpected"


def test_what_is_asked_and_what_is_done_is_shown(site: Site) -> None:
    ada, id = stepped_up(site)
    site.house.confirm(ada, id)
    said = site.call("GET", f"/v1/withdrawals/{id}").json()
    assert said["required_factor"] == "totp"
    assert said["required_factors"] == [{"factor": "totp", "done": True}, {"factor": "mail", "done": False}]
    assert said["hold"]["next_step"]["en"] == "Open the link in the mail that we sent you."


def test_resending_is_for_who_may_see_it_and_waits_a_minute(site: Site, post: Post) -> None:
    ada, id = stepped_up(site)
    post.deliver()
    path = f"/v1/withdrawals/{id}/resend"
    assert site.call("POST", path, secret=site.key_of(site.house.customer())).status_code == 404
    soon = site.call("POST", path, secret=site.key_of(ada))
    assert (soon.status_code, soon.json()["code"]) == (429, "resend_too_soon")
    site.house.wait(seconds=60)
    assert site.call("POST", path, secret=site.key_of(ada)).status_code == 200
    post.deliver()
    mails = site.call("GET", f"/v1/customers/{ada.id}/mails").json()["mails"]
    assert [m["kind"] for m in mails[:2]] == ["confirm", "confirm"]
    assert {m["status"] for m in mails} == {"sent"}


def test_the_language_is_set_at_the_beginning_or_later(site: Site) -> None:
    body = {"external_id": "u-1", "country": "SG", "name": "陈", "email": "chen@example.com", "language": "zh"}
    made = site.call("POST", "/v1/customers", body).json()
    assert made["language"] == "zh"
    changed = site.call("PUT", f"/v1/customers/{made['id']}/language", {"language": "en"})
    assert changed.json()["language"] == "en"
    wrong = site.call("PUT", f"/v1/customers/{made['id']}/language", {"language": "fr"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "language_unknown")


def test_a_link_is_looked_at_as_often_as_anybody_likes_and_confirmed_once(site: Site, post: Post) -> None:
    ada, id = stepped_up(site)
    site.house.confirm(ada, id)
    (secret,) = [token(m) for m in post.deliver() if m["Subject"].startswith("Confirm")]
    for method in ("GET", "HEAD", "GET"):
        assert site.http.request(method, f"/m/{secret}").status_code == 200
    assert site.house.get(id).status is Status.AWAITING_CONFIRMATION
    answer = site.http.post(f"/m/{secret}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/m/{secret}")
    assert site.house.get(id).status is Status.APPROVED
    again = site.http.post(f"/m/{secret}")
    assert again.status_code == 409
    assert "link_used" in again.text
    page = site.http.get(f"/m/{secret}")
    assert "You have confirmed this withdrawal." in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/m/nothing", "/m/nothing/freeze", "/m/" + "A" * 43, "/m/a/b/c", "/m/", "/m/%F0%9F%94%92"]
)
def test_a_link_that_is_not_ours_is_a_page_that_says_so(site: Site, path: str) -> None:
    for method in ("GET", "POST"):
        answer = site.http.request(method, path)
        assert answer.status_code == 404
        assert "link_unknown" in answer.text


def test_freeze_me_freezes_and_only_compliance_ends_it_after_a_verification(site: Site, post: Post) -> None:
    ada = site.house.customer(USDT=100 * COIN)
    (mail,) = post.deliver()
    assert site.http.get(f"/m/{token(mail)}/freeze").status_code == 200
    assert site.call("GET", f"/v1/restrictions?customer={ada.id}").json()["restrictions"] == []
    for _ in range(2):
        assert site.http.post(f"/m/{token(mail)}/freeze").status_code == 303
    (order,) = site.call("GET", f"/v1/restrictions?customer={ada.id}").json()["restrictions"]
    assert (order["kind"], order["created_by"]) == ("freeze", ada.id)
    lift, body = f"/v1/restrictions/{order['id']}/lift", {"reason": "Seen on video"}
    assert site.call("POST", lift, body, role="admin").json()["code"] == "lift_not_yours"
    assert site.call("POST", lift, body, role="compliance").json()["code"] == "reverification_missing"
    site.house.wait(minutes=1)
    site.call("PUT", f"/v1/customers/{ada.id}/identity", {"level": 2})
    agreed = site.call("POST", lift, body, role="compliance").json()
    assert (agreed["until"], agreed["lifted_at"]) == ("2026-11-25T12:01:00Z", None)
