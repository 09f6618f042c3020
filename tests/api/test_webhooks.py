"""Webhooks over the API: registered by admins, secrets shown once, deliveries seen and sent again."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from conftest import database
from house import DATA_KEY, furnish
from serving import Site, served
from travel_kit import Answering, counterpart

from tidegate.api.webhooks import shapes
from tidegate.db import connect
from tidegate.integrations.webhook import HttpReceiver
from tidegate.notifications.webhooks import endpoint, jobs

HERE = (ip_network("127.0.0.0/8"),)


@pytest.fixture(scope="module")
def site(server_url: str, template: str) -> Iterator[Site]:
    with (
        database(server_url, template) as url,
        connect(url) as conn,
        served(furnish(conn), url, webhook_networks=HERE) as site,
    ):
        yield site


def new(url: str, **more: object) -> dict[str, object]:
    return {"url": url, "label": "Back office", "types": ["*"], **more}


def test_the_life_of_an_endpoint(site: Site) -> None:
    receiver = HttpReceiver(HERE, timeout=2)
    with counterpart(lambda _: Answering(200)) as (url, heard):
        made = site.call("POST", "/v1/webhooks", new(url), role="admin", key="hook-1")
        assert made.status_code == 201, made.text
        shapes.WebhookWithSecret.model_validate(made.json())
        secret, id = made.json()["secret"], made.json()["id"]
        again = site.call("POST", "/v1/webhooks", new(url), role="admin", key="hook-1")
        assert (again.status_code, again.json()["code"]) == (409, "secret_shown_once")
        path = f"/v1/webhooks/{id}"
        shown = site.call("GET", path, role="auditor")
        shapes.Webhook.model_validate(shown.json())
        assert secret not in site.call("GET", "/v1/webhooks", role="admin").text

        site.house.wait(seconds=1)
        sent = site.call("POST", path + "/test", role="admin")
        assert (sent.status_code, sent.json()["type"], sent.json()["status"]) == (201, "webhook.test", "queued")
        assert jobs.deliver_due(site.house.conn, receiver, DATA_KEY, site.house.clock) == 1
        (got,) = heard
        assert endpoint.verify(got.headers, got.raw.decode(), endpoint.from_text(secret), site.house.now)
        listed = site.call("GET", path + "/deliveries?status=delivered", role="analyst").json()
        shapes.Deliveries.model_validate(listed)
        assert listed["deliveries"][0]["body"] == got.body
        assert listed["next"] is None

        queued = site.call("POST", path + "/deliveries/1/redeliver", role="admin")
        assert queued.json()["status"] == "queued"
        assert site.call("POST", path + "/redeliver", {"since": "2026-01-01T00:00:00Z"}, role="admin").json() == {
            "queued": 0
        }
        rotated = site.call("POST", path + "/rotate", {"overlap_hours": 1}, role="admin", key="rotate-1").json()
        assert rotated["secret"] != secret
        edited = site.call("PUT", path, new(url, types=["deposit.credited"]), role="admin").json()
        assert edited["types"] == ["deposit.credited"]
        assert site.call("POST", path + "/enable", role="admin").json()["status"] == "active"
        assert site.call("DELETE", path, role="admin").json() == {"webhooks": []}
    assert site.call("GET", path, role="admin").json()["code"] == "webhook_unknown"
    assert site.call("GET", path + "/deliveries", role="admin").json()["code"] == "webhook_unknown"
    receiver.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (new("http://hooks.example.com/"), "url_not_https"),
        (new("https://169.254.169.254/"), "url_private"),
        (new("not an address"), "url_invalid"),
        (new("https://hooks.example.com/", types=["withdrawal.setled"]), "types_invalid"),
        (new("https://hooks.example.com/", types=[]), "types_invalid"),
        (new("https://hooks.example.com/", label=""), "label_invalid"),
    ],
)
def test_what_can_never_be_right_is_refused(site: Site, body: dict[str, object], code: str) -> None:
    refused = site.call("POST", "/v1/webhooks", body, role="admin")
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert site.call("GET", "/v1/webhooks", role="admin").json() == {"webhooks": []}


def test_there_are_not_endlessly_many(site: Site) -> None:
    for n in range(endpoint.MOST):
        made = site.call("POST", "/v1/webhooks", new(f"https://hooks.example.com/{n}"), role="admin")
        assert made.status_code == 201
    refused = site.call("POST", "/v1/webhooks", new("https://hooks.example.com/one-more"), role="admin")
    assert (refused.status_code, refused.json()["code"]) == (409, "webhooks_too_many")
