"""Where callers come from: a proxy that we believe says it, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from house import Customer, House, furnish
from serving import Site, served

from tidegate.api.proxy import Proxy
from tidegate.console.visit import COOKIE
from tidegate.db import Conn, journal
from tidegate.parties import flow as parties

FAR = "203.0.113.7"
HEADER = "CF-IPCountry"


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def believed(house: House, database_url: str) -> Iterator[Site]:
    """A site whose proxy is this very machine, as these tests are."""
    with served(house, database_url, demo=True, proxy=Proxy(country_header=HEADER)) as site:
        yield site


def seen(site: Site, who: Customer, *headers: tuple[str, str]) -> tuple[str | None, str | None]:
    """From which address and country somebody has just signed in at the portal, by what the session says and what a
    decision reads of the login."""
    house = site.house
    link = parties.link_in(house.conn, who.id, "test", house.now)
    answer = site.http.post(f"/portal/link/{link}", headers=list(headers), data={})
    assert answer.status_code == 303, answer.text
    session = parties.visits(house.conn, who.id, house.now)[0]
    ((ip, country),) = house.conn.execute(
        "SELECT ip, country FROM party_event WHERE party_id = %s ORDER BY id DESC LIMIT 1", (who.id,)
    ).fetchall()
    assert (ip, country) == (session.ip, session.country)
    return session.ip, session.country


@pytest.mark.parametrize(
    ("said", "country"),
    [
        (["DE"], "DE"),
        (["de"], "DE"),
        ([], None),
        ([""], None),
        (["XX"], None),
        (["T1"], None),
        (["UK"], None),
        (["Germany"], None),
        (["DE", "DE"], None),
        (["CN", "DE"], None),
    ],
    ids=str,
)
def test_what_a_proxy_says_is_one_assigned_code(believed: Site, said: Sequence[str], country: str | None) -> None:
    headers = [("X-Forwarded-For", FAR), *((HEADER, code) for code in said)]
    assert seen(believed, believed.house.customer(), *headers) == (FAR, country)


@pytest.mark.parametrize(
    ("proxy", "ip"),
    [
        (Proxy(("10.1.2.3", "192.0.2.0/24"), HEADER), "127.0.0.1"),  # it is another machine that is believed
        (Proxy((), HEADER), "127.0.0.1"),
        (Proxy(), FAR),  # our proxy tells no countries, so whoever asks does not either
    ],
)
def test_nobody_says_themself_where_they_come_from(house: House, database_url: str, proxy: Proxy, ip: str) -> None:
    with served(house, database_url, demo=True, proxy=proxy) as site:
        assert seen(site, house.customer(), ("X-Forwarded-For", FAR), (HEADER, "DE")) == (ip, None)


def test_two_countries_within_an_hour_are_told_at_the_next_withdrawal(believed: Site) -> None:
    house = believed.house
    ada = house.customer(USDT=10**9)
    seen(believed, ada, ("X-Forwarded-For", FAR), (HEADER, "DE"))
    house.wait(minutes=59)
    seen(believed, ada, ("X-Forwarded-For", "198.51.100.9"), (HEADER, "BR"))
    found = codes(house, house.asked(ada, "25").id)
    assert {"impossible_travel", "new_network"} <= found
    ben = house.customer(USDT=10**9)
    seen(believed, ben, ("X-Forwarded-For", FAR), (HEADER, "DE"))
    house.wait(minutes=59)
    seen(believed, ben, ("X-Forwarded-For", FAR), (HEADER, "DE"))
    assert "impossible_travel" not in codes(house, house.asked(ben, "25").id)


def codes(house: House, id: str) -> set[str]:
    rows = house.conn.execute("SELECT findings FROM decision WHERE withdrawal_id = %s", (id,)).fetchall()
    return {finding["code"] for (findings,) in rows for finding in json.loads(findings)}


def test_staff_are_seen_where_they_are_too(believed: Site) -> None:
    house = believed.house
    answer = sign_in(believed, {"key": believed.keys["admin"]}, country="AT")
    assert COOKIE in answer.headers["set-cookie"]
    (here,) = parties.signed_in(house.conn, house.now)
    assert here.country == "AT"
    assert journal.about(house.conn, here.key_id)[-1].content["country"] == "AT"
    assert "AT · " in believed.http.get(f"/console/keys/{here.key_id}").text


def sign_in(site: Site, form: dict[str, str], country: str) -> Any:
    return site.http.post("/console/sign-in", data=form, headers=[(HEADER, country)])
