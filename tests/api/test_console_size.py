"""A full page of each list of the console is small: under 100 kB of HTML, whatever stands in the database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from house import NETWORK, RECEIVER, USDT, House, furnish
from serving import Site, served

from tidegate.console.render import versions
from tidegate.custody import store as custody
from tidegate.db import Conn, act
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening

COIN = 10**6
MANY = 55
MOST_BYTES = 100_000
LONG = "The customer called from the number of 2024 and answered what only they can know. " * 2


@pytest.fixture
def site(conn: Conn, database_url: str) -> Iterator[Site]:
    with served(furnish(conn), database_url) as site:
        yield site


def crowded(house: House) -> str:
    """More than a page of everything; a customer with a full page of their own."""
    house.agree(places=policies.shipped("default")["places"])
    place = sorted(policies.active(house.conn, house.now).places)[0]
    ada = house.customer(level=3, USDT=10_000 * COIN)
    withdrawals = [house.asked(ada, "10").id for _ in range(12)]
    for n in range(MANY):
        who = house.customer()
        parties.create_key(house.conn, "analyst", f"Person {n}", "test", house.now)
        parties.restrict(house.conn, who.id, "watch", None, LONG, "test", house.now)
        policies.propose_exemption(
            house.conn, place, who.id, house.now.replace(year=2027), LONG, "key_other", house.now
        )
        address = f"0x{n + 1_000:040x}"
        with act(house.conn, "test", house.now) as tx:
            parties.lock(house.conn, [ada.id])
            screening.save(tx, ada.id, NETWORK, address, "", f"Wallet {n}", "self_hosted")
            made = custody.Payout(
                f"pay_{n}", "withdrawal", f"{withdrawals[0][:-2]}{n:02}", ada.id, NETWORK, f"hot:{NETWORK}", USDT.id,
                RECEIVER, COIN, "{}", "signed", "queued", None, None, 0, house.now, house.now,
            )  # fmt: skip
            custody.add_payout(house.conn, made)
            custody.stop(house.conn, f"pay_{n}", LONG, house.now)
    return ada.id


def test_a_full_page_is_small(site: Site) -> None:
    ada = crowded(site.house)
    opened = parties.open_session(site.house.conn, site.keys["admin"], site.house.now)
    site.http.cookies.set("tidegate_session", opened.cookie)
    sizes = {}
    for path in (
        "/treasury", "/payments", "/lists", "/jurisdictions", "/exemptions", "/restrictions", "/customers",
        f"/customers/{ada}", "/keys", "/keys/new?role=admin", "/approvals", "/webhooks/new", "/journal",
    ):  # fmt: skip
        answer = site.http.get(f"/console{path}")
        assert answer.status_code == 200, path
        sizes[path] = len(answer.content)
    assert [(path, size) for path, size in sizes.items() if size > MOST_BYTES] == []


@pytest.mark.parametrize("name", sorted(name for name in versions() if name != "NOTICE"))
def test_a_built_file_is_packed_for_whoever_can_unpack_and_kept_for_good(site: Site, name: str) -> None:
    plain, packed = (
        site.http.get(f"/console/static/{name}", headers={"Accept-Encoding": accepted})
        for accepted in ("identity", "br, gzip")
    )
    assert (plain.headers.get("content-encoding"), packed.headers["content-encoding"]) == (None, "gzip")
    assert plain.content == packed.content, "as the client unpacked it"
    for answer in (plain, packed):
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"


def test_the_first_look_at_the_console_takes_little(site: Site) -> None:
    """What every page needs, packed: styles, scripts, icons."""
    files = ("theme.js", "console.css", "console.js", "icons.svg")
    took = [int(site.http.get(f"/console/static/{name}").headers["content-length"]) for name in files]
    assert sum(took) < 120_000


def test_a_page_is_never_packed_for_its_length_would_tell_of_the_form_token(site: Site) -> None:
    opened = parties.open_session(site.house.conn, site.keys["admin"], site.house.now)
    site.http.cookies.set("tidegate_session", opened.cookie)
    answer = site.http.get("/console/keys", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers
