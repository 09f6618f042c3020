"""Staff subscribe to notices; nobody else sees their addresses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from house import furnish
from serving import Site, served

from tidegate.db import Conn
from tidegate.parties.access import ROLES


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


def test_the_tour_of_a_subscription(site: Site) -> None:
    body = {"topic": "market", "email": "desk@example.com", "language": "zh"}
    made = site.call("POST", "/v1/subscriptions", body, role="treasury")
    assert made.status_code == 201, made.text
    said = made.json()
    assert (said["topic"], said["email"], said["language"]) == ("market", "desk@example.com", "zh")
    again = site.call("POST", "/v1/subscriptions", body, role="analyst")
    assert (again.status_code, again.json()["code"]) == (409, "subscribed_already")
    assert site.call("GET", "/v1/subscriptions", role="auditor").json() == {"subscriptions": [said]}
    ended = site.call("DELETE", f"/v1/subscriptions/{said['id']}", role="support")
    assert (ended.status_code, ended.json()) == (200, {"subscriptions": []})
    gone = site.call("DELETE", f"/v1/subscriptions/{said['id']}", role="support")
    assert (gone.status_code, gone.json()["code"]) == (404, "subscription_unknown")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"topic": "market", "email": "desk"}, 422),
        ({"topic": "weather", "email": "desk@example.com"}, 422),
        ({"topic": "market", "email": "desk@example.com", "language": "fr"}, 422),
        ({"topic": "market"}, 422),
    ],
)
def test_a_wrong_subscription_is_refused_and_none_is_made(site: Site, body: dict[str, str], status: int) -> None:
    assert site.call("POST", "/v1/subscriptions", body, role="admin").status_code == status
    assert site.call("GET", "/v1/subscriptions", role="admin").json() == {"subscriptions": []}


def test_machines_and_customers_do_not_see_who_is_told(site: Site) -> None:
    assert site.call("GET", "/v1/subscriptions", role="integrator").status_code == 403
    assert not ROLES["customer"] & {"notices:read", "notices:write"}
