"""The address book and its allow-list over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import database
from house import LISTED, NETWORK, RECEIVER, START, furnish
from serving import Site, served

from tidegate.base.times import hours, rfc3339
from tidegate.codec.evm_address import checksum
from tidegate.db import connect


@pytest.fixture
def site(server_url: str, template: str) -> Iterator[Site]:
    with database(server_url, template) as url, connect(url) as conn, served(furnish(conn), url) as site:
        yield site


def save(site: Site, who: str, address: str) -> dict[str, object]:
    answer = site.call("POST", f"/v1/customers/{who}/addresses", {"network": NETWORK, "address": address})
    assert answer.status_code == 201, answer.text
    said: dict[str, object] = answer.json()
    return said


def test_an_allow_list_is_switched_on_at_once_and_off_later(site: Site) -> None:
    ada = site.house.customer()
    path, key = f"/v1/customers/{ada.id}/allow-list", site.key_of(ada)
    nothing = {"on_by": None, "off_asked_at": None, "off_by": None, "off_from": None}
    assert site.call("GET", path).json() == {"customer": ada.id, "on": False, "since": None, **nothing}
    on = site.call("PUT", path, {"on": True}, secret=key)
    assert on.status_code == 200
    by = on.json()["on_by"]
    assert on.json() == {"customer": ada.id, "on": True, "since": rfc3339(START), **nothing, "on_by": by}
    off = site.call("PUT", path, {"on": False}).json()
    assert (off["on"], off["off_from"]) == (True, rfc3339(START + hours(48)))
    assert off["off_by"] not in (None, by), "who asked for it is kept apart from who switched it on"
    site.house.wait(hours=48)
    assert site.call("GET", path, role="support").json()["on"] is False


@pytest.mark.parametrize(
    ("body", "code"),
    [({"on": "yes"}, "not_a_boolean"), ({}, "field_missing"), ({"on": True, "of": 1}, "field_unknown")],
)
def test_a_switch_is_on_or_off(site: Site, body: dict[str, object], code: str) -> None:
    answer = site.call("PUT", f"/v1/customers/{site.house.customer().id}/allow-list", body)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["code"] == code


def test_an_entry_can_be_taken_out_of_the_book(site: Site) -> None:
    ada, ben = site.house.customer(), site.house.customer()
    entry = save(site, ada.id, RECEIVER)
    assert entry["booked_at"] == rfc3339(START)
    path = f"/v1/addresses/{entry['id']}/remove"
    assert site.call("POST", path, secret=site.key_of(ben)).json()["code"] == "address_unknown"
    assert site.call("POST", "/v1/addresses/adr_nobody/remove").status_code == 404
    for _ in range(2):
        done = site.call("POST", path, secret=site.key_of(ada))
        assert (done.status_code, done.json()["booked_at"]) == (200, None)
    (listed,) = site.call("GET", f"/v1/customers/{ada.id}/addresses").json()["addresses"]
    assert (listed["id"], listed["booked_at"], listed["saved_at"]) == (entry["id"], None, rfc3339(START))
    kinds = [e["kind"] for e in site.call("GET", f"/v1/customers/{ada.id}/timeline").json()["entries"]]
    assert kinds.count("address.removed") == 1
    assert save(site, ada.id, RECEIVER)["booked_at"] is not None


def test_the_book_warns_of_listed_addresses_and_of_look_alikes(site: Site) -> None:
    ada = site.house.customer()
    assert save(site, ada.id, RECEIVER)["warnings"] == []
    digits = RECEIVER[2:].lower()
    twin = checksum(bytes.fromhex(digits[:4] + "7" * 32 + digits[-4:]))
    site.house.wait(minutes=1)
    assert save(site, ada.id, twin)["warnings"] == ["address_look_alike"]
    assert save(site, ada.id, checksum(bytes.fromhex(LISTED[2:])))["warnings"] == ["address_listed"]
    exchange = "0x" + "12" * 20
    text = f"asset,address,category\nETH,{exchange},exchange\n"
    headers = {"Content-Type": "text/csv"}
    done = site.call("POST", "/v1/lists/tags/import", content=text, headers=headers, role="compliance")
    assert done.status_code == 200
    assert save(site, ada.id, exchange)["warnings"] == [], "that an address is an exchange's warns nobody"


def test_a_history_is_imported_over_http(site: Site) -> None:
    text = (
        f"at,event,asset,address\n2024-01-01T00:00:00Z,add,ETH,{LISTED}\n2024-02-01T00:00:00Z,remove,ETH,0x{'9' * 40}\n"
    )
    path, headers = "/v1/lists/ofac/import?format=events", {"Content-Type": "text/csv"}
    done = site.call("POST", path, content=text, headers=headers, role="compliance")
    assert done.json() == {"imported": 1, "removed": 0, "quarantined": [{"line": 3, "reason": "remove_unlisted"}]}
    wrong = site.call("POST", path.replace("events", "xml"), content=text, headers=headers, role="compliance")
    assert wrong.status_code == 422
