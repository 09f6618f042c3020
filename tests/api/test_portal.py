"""The customers' portal over HTTP: only what is theirs, forms that count once, and a door that tells nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from house import RECEIVER, Customer, House, furnish
from portal_kit import enter, signed_in
from real_data import naughty
from serving import Site, served

from tidegate.codec.evm_address import checksum
from tidegate.console.portal.app import PAGES
from tidegate.console.portal.visit import COOKIE
from tidegate.db import Conn, act
from tidegate.parties import flow as parties
from tidegate.screening import flow as screening
from tidegate.withdrawals import store as withdrawal_store
from tidegate.withdrawals.standing import flow as standing
from tidegate.withdrawals.standing.calendar import Schedule
from tidegate.withdrawals.standing.wanted import Wanted

DESK = "/desk"


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def site(house: House, database_url: str) -> Iterator[Site]:
    with served(house, database_url, demo=True) as site:
        yield site


def wants(amount: str = "25", **more: str) -> dict[str, str]:
    return {"asset": "USDT@evm-local", "address_id": "", "address": RECEIVER, "amount": amount, **more}


def saved(house: House, who: Customer) -> str:
    with act(house.conn, who.id, house.now) as tx:
        parties.lock(house.conn, [who.id])
        entry, _ = screening.save(tx, who.id, "evm-local", RECEIVER, "", "Home", "unknown")
    return entry.id


def owned(site: Site, who: Customer) -> dict[str, str]:
    """One of each thing that a customer has, by the place of the portal where it stands."""
    house = site.house
    entry = saved(house, who)
    house.wait(hours=200)  # the address is known long enough for a standing withdrawal
    daily = Schedule("day", "09:00", "UTC", None, None)
    wanted = Wanted(schedule=daily, amount="5", fee_ceiling="5", address_ids=(entry,))
    order = standing.create(house.conn, who.id, ("USDT", "evm-local"), wanted, who.id, house.setting, house.now)
    return {
        "withdrawals": house.asked(who, "25").id,
        "addresses": entry,
        "standing": order.id,
        "factors": parties.factors(house.conn, who.id)[0].id,
        "sessions": signed_in(site, who.id).session.id,
    }


def state(house: House, id: dict[str, str], who: Customer) -> object:
    """What somebody else could have changed."""
    return (
        house.get(id["withdrawals"]).status,
        [a.booked_at for a in screening.book(house.conn, who.id)],
        standing.get(house.conn, id["standing"]).status,
        len(parties.factors(house.conn, who.id)),
        [v.id for v in parties.visits(house.conn, who.id, house.now)],
    )


def test_nobody_sees_or_moves_what_is_another_customers(site: Site) -> None:
    house = site.house
    ada, ben = house.customer(USDT=10**9), house.customer(USDT=10**9)
    theirs = owned(site, ben)
    before = state(house, theirs, ben)
    form = enter(site, ada.id)
    pages = [page for page in PAGES if "{id}" in page.path and not page.path.startswith(DESK)]
    assert {page.path.split("/")[1] for page in pages} == theirs.keys()
    for page in pages:
        for id in (theirs[page.path.split("/")[1]], "nothing", "x" * 500):
            fields = {**form, "code": "000000", "text": "x", "kind": "other", "warning": "x", "name": "x"}
            answer = site.http.request(
                page.method, "/portal" + page.path.replace("{id}", id), data=fields if page.method == "POST" else None
            )
            if page.path == "/sessions/{id}/end":  # as harmless as signing out twice
                assert answer.status_code == 303
            else:
                assert answer.status_code == 404, (page.method, page.path, answer.status_code)
            assert ben.id not in answer.text
    assert state(house, theirs, ben) == before


def test_without_a_session_every_page_leads_to_the_sign_in(site: Site) -> None:
    for page in PAGES:
        answer = site.http.request(page.method, "/portal" + page.path.replace("{id}", "nothing"), data={})
        assert answer.status_code == 303, page.path
        assert answer.headers["location"].startswith("/portal/sign-in"), page.path
        assert "content-security-policy" in answer.headers


def test_a_form_without_the_sessions_token_changes_nothing(site: Site) -> None:
    ada = site.house.customer(USDT=10**9)
    enter(site, ada.id)
    for page in PAGES:
        if page.method == "POST":
            path = "/portal" + page.path.replace("{id}", "nothing")
            for token in ("x", "\u6f6e", ""):
                answer = site.http.post(path, data={**wants(), "csrf": token, "once": "a" * 30})
                assert answer.status_code == 403, page.path
                assert "form_token_wrong" in answer.text
    assert withdrawal_store.search(site.house.conn, ada.id, None, None, None, 9) == []


def test_one_form_asks_once_however_often_it_is_sent(site: Site) -> None:
    ada = site.house.customer(USDT=10**9)
    form = enter(site, ada.id)
    answers = [site.http.post("/portal/withdraw", data={**form, **wants()}) for _ in range(3)]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(withdrawal_store.search(site.house.conn, ada.id, None, None, None, 9)) == 1
    other = site.http.post("/portal/withdraw", data={**form, **wants("26")})  # the back button, then another amount
    assert (other.status_code, "idempotency_key_reused" in other.text) == (422, True)
    assert html.escape(RECEIVER) in other.text  # what was typed stays


def test_what_is_shown_is_what_a_code_confirms(site: Site) -> None:
    house = site.house
    ada = house.customer(USDT=10**9)
    form = enter(site, ada.id)
    path = site.http.post("/portal/withdraw", data={**form, **wants()}).headers["location"]
    page = site.http.get(path).text
    shown = re.sub(r"<[^>]+>|\s", "", re.findall(r"data-payload>(.*?)</dl>", page, re.S)[0])
    assert RECEIVER in shown
    id = path.rpartition("/")[2]
    wrong = site.http.post(f"{path}/confirm", data={**form, "code": "000000"})
    assert "code_wrong" in wrong.text
    house.wait(seconds=30)
    right = {**form, "code": ada.code(house.now)}
    done = site.http.post(f"{path}/confirm", data=right)
    assert done.status_code == 303, done.text
    assert house.get(id).confirmed_at is not None
    again = site.http.post(f"{path}/confirm", data=right)  # a double click: the same page, nothing more
    assert again.headers["location"] == done.headers["location"]


def test_a_look_alike_and_the_wait_are_shown_before_anything_is_confirmed(site: Site) -> None:
    house = site.house
    ada = house.customer(USDT=10**10)
    house.confirm(ada, house.asked(ada, "25").id)  # the address that she knows
    form = enter(site, ada.id)
    poison = checksum(bytes.fromhex(RECEIVER[2:8] + "b" * 27 + RECEIVER[-7:]))
    path = site.http.post("/portal/withdraw", data={**form, **wants("2000", address=poison)}).headers["location"]
    page = site.http.get(path).text
    alike = re.findall(r'<section class="note bad" role="alert" data-look-alike>(.*?)</section>', page, re.S)[0]
    groups = re.findall(r'<span class="(same|other)">(.*?)</span>', alike)
    shown, known = groups[:11], groups[11:]
    bare = ["".join(re.sub("<[^>]+>", "", text) for _, text in side) for side in (shown, known)]
    assert bare == [poison, RECEIVER]
    marked = ["".join(re.findall("<b>(.)</b>", "".join(text for _, text in side))) for side in (shown, known)]
    differing = [(a, b) for a, b in zip(poison, RECEIVER, strict=True) if a.lower() != b.lower()]
    assert marked == ["".join(pair[side] for pair in differing) for side in (0, 1)]
    assert [kind for kind, _ in shown] == ["same", "same", *["other"] * 8, "same"]
    waits = re.findall(r'data-waits>.*?datetime="(.*?)"', page, re.S)
    assert waits == [f"{house.now + timedelta(hours=24):%Y-%m-%dT%H:%M:%SZ}"]
    mine = site.http.post("/portal/withdraw", data={**form, **wants("2000"), "once": "b" * 30}).headers["location"]
    assert "data-look-alike" not in site.http.get(mine).text


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"amount": "0"}, "amount_zero"),
        ({"amount": "1e9"}, "amount_malformed"),
        ({"address": "0x123"}, "address_malformed"),
        ({"asset": "DOGE@moon"}, "asset_unknown"),
        ({"address_id": "adr_nobody"}, "address_unknown"),
        ({"address": ""}, "address_empty"),
    ],
)
def test_a_refusal_says_its_code_and_keeps_what_was_typed(site: Site, more: dict[str, str], code: str) -> None:
    form = enter(site, site.house.customer(USDT=10**9).id)
    answer = site.http.post("/portal/withdraw", data={**form, **wants(), "description": "<b>rent</b>", **more})
    assert answer.status_code >= 400
    assert f"<code>{code}</code>" in answer.text
    assert "&lt;b&gt;rent&lt;/b&gt;" in answer.text


def test_freeze_me_stops_everything_and_again_changes_nothing(site: Site) -> None:
    ada = site.house.customer(USDT=10**9)
    form = enter(site, ada.id)
    for number in ("a" * 30, "b" * 30):
        assert site.http.post("/portal/freeze", data={**form, "once": number}).status_code == 303
    assert len(parties.restrictions(site.house.conn, [ada.id], site.house.now)[ada.id]) == 1
    assert "withdrawals_blocked" in site.http.post("/portal/withdraw", data={**form, **wants()}).text


def test_a_watched_customer_does_not_read_it(site: Site) -> None:
    ada = site.house.customer()
    parties.restrict(site.house.conn, ada.id, "watch", None, "smells of layering", "mei", site.house.now)
    enter(site, ada.id)
    for path in ("/", "/security", "/withdrawals"):
        page = site.http.get(f"/portal{path}").text
        assert "layering" not in page
        assert "restricted" not in page


def test_the_door_sets_a_cookie_that_only_the_portal_gets(site: Site) -> None:
    link = parties.link_in(site.house.conn, site.house.customer().id, "test", site.house.now)
    assert site.http.get(f"/portal/link/{link}").status_code == 200  # looking changes nothing
    answer = site.http.post(f"/portal/link/{link}")
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith(COOKIE)]
    assert {"HttpOnly", "Path=/portal", "SameSite=strict"} <= set(cookie.split("; "))
    assert "link_unknown" in site.http.post(f"/portal/link/{link}").text


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example", "/console/", "/portal/\\evil", "/portal//evil"]
)
def test_the_door_leads_nowhere_else(site: Site, next: str) -> None:
    link = parties.link_in(site.house.conn, site.house.customer().id, "test", site.house.now)
    answer = site.http.post(f"/portal/link/{link}", params={"next": next})
    assert answer.headers["location"] == "/portal/"


def test_naughty_names_of_addresses_are_shown_unchanged_and_harmless(site: Site) -> None:
    ada = site.house.customer()
    form = enter(site, ada.id)
    for number, text in enumerate(naughty()[:120]):
        answer = site.http.post(
            "/portal/addresses",
            data={**form, "once": f"{number:030}", "network": "evm-local", "address": RECEIVER, "label": text},
        )
        assert answer.status_code in (303, 422), text
    page = site.http.get("/portal/addresses").text
    assert "<script>alert" not in page


def test_naughty_strings_in_every_form_are_answered_and_come_back_harmless(site: Site) -> None:
    ada = site.house.customer(USDT=10**9)
    form, id = enter(site, ada.id), site.house.asked(ada, "25").id
    forms = {
        "/withdraw": ("asset", "address_id", "address", "memo", "amount", "description"),
        "/standing": ("asset", "address_id", "trigger", "every", "at", "zone", "take", "amount", "ceiling"),
        f"/withdrawals/{id}/inform": ("kind", "text"),
        f"/withdrawals/{id}/receiver": ("name", "vasp", "country"),
        f"/withdrawals/{id}/appeal": ("text",),
        f"/withdrawals/{id}/ownership": ("signature",),
        f"/withdrawals/{id}/confirm": ("code", "credential"),
        "/factors/begin": ("name",),
        "/language": ("language",),
    }
    for number, text in enumerate(naughty()[::43]):
        for path, fields in forms.items():
            given = {**form, "once": f"{path[-9:]}{number:030}", **dict.fromkeys(fields, text)}
            answer = site.http.post(f"/portal{path}", data=given)
            assert answer.status_code < 500, (path, text)
            assert "<script>alert" not in answer.text, (path, text)
    assert [w.id for w in withdrawal_store.search(site.house.conn, ada.id, None, None, None, 9)] == [id]
    assert site.house.get(id).confirmed_at is None


def test_a_forms_target_opened_as_a_page_leads_to_the_page_above_it(site: Site) -> None:
    enter(site, site.house.customer().id)
    for path, page in (
        ("/withdrawals/wd_1/confirm", "/withdrawals/wd_1"),
        ("/withdrawals/wd_1/ownership/text", "/withdrawals/wd_1/ownership"),
        ("/factors/fac_1/remove", "/"),
        ("/desk/orders/ord_1/release", "/desk/orders/ord_1"),
    ):
        answer = site.http.get(f"/portal{path}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/portal{page}")
    assert site.http.get("/portal/withdrawals/wd_1/nothing").status_code == 404


@pytest.mark.parametrize(("minutes", "changes"), [(4, True), (5, False)])
def test_who_can_act_for_the_account_is_changed_by_somebody_who_signed_in_just_now(
    site: Site, minutes: int, changes: bool
) -> None:
    """A session that was left open adds no passkey of a stranger, and removes no factor."""
    house = site.house
    ada = house.customer()
    form = enter(site, ada.id)
    house.wait(minutes=minutes)
    assert sorted(page.path for page in PAGES if page.sensitive) == [
        "/factors",
        "/factors/app",
        "/factors/begin",
        "/factors/{id}/remove",
    ]
    begun = site.http.post("/portal/factors/begin", data={**form, "name": "Thief"})
    assert (begun.status_code == 200) is changes
    for path in ("/portal/factors", f"/portal/factors/{parties.factors(house.conn, ada.id)[0].id}/remove"):
        answer = site.http.post(path, data=form)
        assert answer.headers.get("location", "").startswith("/portal/sign-in") is not changes, path
    shown = site.http.get("/portal/security").text
    assert ("/portal/sign-in?next=/portal/security" in shown) is not changes
    assert len(parties.factors(house.conn, ada.id)) == 1
