"""Staff come in by a password and a code, or a passkey: whoever they are stays their key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyotp
import pytest
from house import DATA_KEY, House, furnish
from passkey_kit import Authenticator
from serving import Site, served

from tidegate.base.refusals import Conflict, Forbidden, Malformed, NotFound, Refusal, TooMany, Unauthorised
from tidegate.console.visit import COOKIE
from tidegate.db import Conn, connect
from tidegate.parties import flow as parties
from tidegate.parties.access import Identity
from tidegate.parties.flow import NewKey, Shown
from tidegate.parties.passkey import Relying

PASSWORD, RELYING, HERE = "a boat without oars", Relying(), "203.0.113.7"


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def mei(house: House) -> NewKey:
    return parties.create_key(house.conn, "analyst", "Mei", "setup", house.now)


def who(house: House, key: NewKey) -> Identity:
    return parties.whoami(house.conn, key.secret, house.now, None)


def with_password(house: House, key: NewKey, login: str = "Mei") -> str:
    """A name, a password and an app; the app's secret."""
    app = parties.new_app(who(house, key), DATA_KEY, "Tidegate")
    code = pyotp.TOTP(app.secret).at(house.now)
    parties.set_staff_password(house.conn, who(house, key), login, PASSWORD, app.kept, code, DATA_KEY, house.now)
    house.wait(seconds=30)
    return app.secret


def with_passkey(house: House, key: NewKey, device: Authenticator, name: str = "telephone") -> str:
    id, options = parties.begin_staff_passkey(house.conn, who(house, key), name, RELYING, house.now)
    made = device.create(options)
    parties.finish_staff_passkey(house.conn, who(house, key), id, made, RELYING, house.now)
    return id


def enter(
    house: House, secret: str, login: str = "mei", password: str = PASSWORD, code: str = "", ip: str = HERE
) -> Any:
    shown = code or pyotp.TOTP(secret).at(house.now)
    return parties.staff_sign_in(house.conn, login, password, shown, DATA_KEY, house.now, ip)


def refusal(do: Callable[[], object], kind: type[Refusal] = Refusal) -> str:
    with pytest.raises(kind) as refused:
        do()
    return refused.value.code


def test_a_password_and_a_code_open_a_session_of_the_key(house: House, mei: NewKey) -> None:
    secret = with_password(house, mei)
    opened = enter(house, secret, " MEI ")
    assert opened.identity == who(house, mei)
    assert [s.way for s in parties.signed_in(house.conn, house.now)] == ["password"]


def test_a_passkey_says_itself_whose_it_is(house: House, mei: NewKey) -> None:
    device = Authenticator()
    with_passkey(house, mei, device)
    asked = parties.ask_passkey(house.conn, RELYING, house.now)
    signed = device.get(asked)
    assert parties.staff_sign_in_with_passkey(house.conn, signed, RELYING, house.now).identity.key_id == mei.id
    again = refusal(lambda: parties.staff_sign_in_with_passkey(house.conn, signed, RELYING, house.now))
    assert again == "sign_in_wrong"  # the challenge is used up


def test_a_customers_passkey_opens_no_console_and_a_persons_no_portal(house: House, mei: NewKey) -> None:
    theirs, ours = Authenticator(), Authenticator()
    ada = house.customer()
    made = parties.begin_passkey(house.conn, ada.id, "mine", RELYING, 5, ada.id, house.now)
    parties.finish_passkey(house.conn, ada.id, made.id, theirs.create(made.options), RELYING, ada.id, house.now)
    with_passkey(house, mei, ours)
    came = parties.Came(HERE, "", None)
    signed = theirs.get(parties.ask_passkey(house.conn, RELYING, house.now))
    assert (
        refusal(lambda: parties.staff_sign_in_with_passkey(house.conn, signed, RELYING, house.now)) == "sign_in_wrong"
    )
    signed = ours.get(parties.ask_passkey(house.conn, RELYING, house.now))
    assert (
        refusal(lambda: parties.sign_in_with_passkey(house.conn, signed, came, RELYING, house.now)) == "sign_in_wrong"
    )


def test_whoever_guesses_gets_one_answer_and_waits(house: House, mei: NewKey) -> None:
    secret = with_password(house, mei)
    answers = {
        refusal(lambda: enter(house, secret, "nobody")),
        refusal(lambda: enter(house, secret, password="another boat here")),
        refusal(lambda: enter(house, secret, code="000000")),
    }
    assert answers == {"sign_in_wrong"}
    for _ in range(3):
        refusal(lambda: enter(house, secret, password="another boat here"))
    assert refusal(lambda: enter(house, secret), TooMany) == "sign_in_paused"
    house.wait(seconds=60)
    assert enter(house, secret).identity.key_id == mei.id


def test_wrong_tries_at_one_door_keep_nobody_out_at_the_other(house: House, mei: NewKey) -> None:
    secret = with_password(house, mei, "mei@example.com")
    codes, came = parties.CodeBound(5, house.now - house.now), parties.Came(HERE, "", None)
    for _ in range(6):
        refusal(lambda: parties.sign_in(house.conn, "mei@example.com", "x", "1", came, DATA_KEY, codes, house.now))
    assert enter(house, secret, "mei@example.com").identity.key_id == mei.id


def test_a_code_counts_once_of_ten_at_the_same_time(house: House, mei: NewKey, database_url: str) -> None:
    secret = with_password(house, mei)
    code = pyotp.TOTP(secret).at(house.now)

    def come(_: int) -> str:
        with connect(database_url) as conn:
            try:
                parties.staff_sign_in(conn, "mei", PASSWORD, code, DATA_KEY, house.now, HERE)
            except Refusal as refused:
                return refused.code
            return "in"

    with ThreadPoolExecutor(10) as pool:
        said = sorted(pool.map(come, range(10)))
    assert said.count("in") == 1
    assert set(said) <= {"in", "sign_in_wrong", "sign_in_paused"}


@pytest.mark.parametrize(
    ("login", "password", "code"),
    [
        ("", PASSWORD, "login_invalid"),
        ("m", PASSWORD, "login_invalid"),
        ("Mei\n", PASSWORD, "login_invalid"),
        ("Mei", "short", "password_short"),
        ("some longer name", "some longer name", "password_is_name"),
    ],
)
def test_what_is_no_name_or_password_is_refused(
    house: House, mei: NewKey, login: str, password: str, code: str
) -> None:
    app = parties.new_app(who(house, mei), DATA_KEY, "Tidegate")
    shown = pyotp.TOTP(app.secret).at(house.now)

    def do() -> None:
        parties.set_staff_password(house.conn, who(house, mei), login, password, app.kept, shown, DATA_KEY, house.now)

    assert refusal(do, Malformed) == code


def test_an_app_counts_after_it_showed_a_code_and_for_its_own_person(house: House, mei: NewKey) -> None:
    other = parties.create_key(house.conn, "admin", "Ola", "setup", house.now)
    app = parties.new_app(who(house, mei), DATA_KEY, "Tidegate")
    assert parties.new_app(who(house, mei), DATA_KEY, "Tidegate", app.kept).secret == app.secret
    assert parties.new_app(who(house, other), DATA_KEY, "Tidegate", app.kept).secret != app.secret
    code = pyotp.TOTP(app.secret).at(house.now)

    def do(key: NewKey, kept: str, shown: str) -> None:
        parties.set_staff_password(house.conn, who(house, key), "Mei", PASSWORD, kept, shown, DATA_KEY, house.now)

    assert refusal(lambda: do(mei, app.kept, "000000" if code != "000000" else "111111")) == "app_code_wrong"
    for kept in (app.kept[:-4] + "AAA=", "", "nonsense", "é"):
        assert refusal(lambda kept=kept: do(mei, kept, code)) == "app_unknown"  # type: ignore[misc]
    assert refusal(lambda: do(other, app.kept, code)) == "app_unknown"
    do(mei, app.kept, code)
    assert refusal(lambda: with_password(house, other, "MEI"), Conflict) == "login_taken"


def test_a_revoked_key_takes_every_way_in_with_it(house: House, mei: NewKey) -> None:
    secret, device = with_password(house, mei), Authenticator()
    with_passkey(house, mei, device)
    cookie = enter(house, secret).cookie
    house.wait(seconds=30)
    parties.revoke_key(house.conn, mei.id, "admin", house.now)
    assert refusal(lambda: enter(house, secret), Unauthorised) == "key_revoked"
    signed = device.get(parties.ask_passkey(house.conn, RELYING, house.now))
    assert refusal(lambda: parties.staff_sign_in_with_passkey(house.conn, signed, RELYING, house.now)) == "key_revoked"
    assert refusal(lambda: parties.session(house.conn, cookie, house.now)) == "key_revoked"


def test_a_lost_device_is_taken_away_and_its_sessions_end(house: House, mei: NewKey) -> None:
    secret, device = with_password(house, mei), Authenticator()
    with_passkey(house, mei, device)
    cookie = enter(house, secret).cookie
    parties.take_staff_ways(house.conn, mei.id, "admin", house.now)
    house.wait(seconds=30)
    assert refusal(lambda: enter(house, secret)) == "sign_in_wrong"
    signed = device.get(parties.ask_passkey(house.conn, RELYING, house.now))
    assert (
        refusal(lambda: parties.staff_sign_in_with_passkey(house.conn, signed, RELYING, house.now)) == "sign_in_wrong"
    )
    assert refusal(lambda: parties.session(house.conn, cookie, house.now)) == "session_ended"
    assert parties.open_session(house.conn, mei.secret, house.now).identity.key_id == mei.id


def test_a_barred_key_opens_the_api_and_no_longer_the_console(house: House, mei: NewKey) -> None:
    assert refusal(lambda: parties.bar_key(house.conn, mei.id, "admin", house.now), Conflict) == "way_missing"
    device = Authenticator()
    id = with_passkey(house, mei, device)
    opened = parties.open_session(house.conn, mei.secret, house.now)
    parties.bar_key(house.conn, mei.id, "admin", house.now)
    assert refusal(lambda: parties.open_session(house.conn, mei.secret, house.now), Forbidden) == "key_barred"
    assert refusal(lambda: parties.make_link(house.conn, mei.secret, "demo", house.now)) == "key_barred"
    assert refusal(lambda: parties.prove(house.conn, opened.cookie, mei.secret, house.now)) == "proof_wrong"
    assert refusal(lambda: parties.drop_staff_passkey(house.conn, who(house, mei), id, house.now)) == "way_last"
    assert who(house, mei).key_id == mei.id  # the API takes it
    parties.allow_key(house.conn, mei.id, "admin", house.now)
    assert parties.open_session(house.conn, mei.secret, house.now).identity.key_id == mei.id
    parties.drop_staff_passkey(house.conn, who(house, mei), id, house.now)
    assert (
        refusal(lambda: parties.drop_staff_passkey(house.conn, who(house, mei), id, house.now), NotFound)
        == "way_unknown"
    )


@pytest.mark.parametrize("act", [parties.take_staff_ways, parties.bar_key, parties.allow_key])
def test_ways_in_are_of_people_alone(house: House, act: Callable[..., None]) -> None:
    machine = parties.create_key(house.conn, "integrator", "backend", "setup", house.now)
    for id in (machine.id, "key_nothing"):
        assert refusal(lambda id=id: act(house.conn, id, "admin", house.now), NotFound) == "key_missing"  # type: ignore[misc]


def test_a_code_or_a_passkey_of_ones_own_proves_it_again(house: House, mei: NewKey) -> None:
    secret, device, stranger = with_password(house, mei), Authenticator(), Authenticator()
    with_passkey(house, mei, device)
    other = parties.create_key(house.conn, "analyst", "Ola", "setup", house.now)
    with_passkey(house, other, stranger)
    cookie = enter(house, secret).cookie
    house.wait(minutes=6)

    def prove(shown: Shown) -> None:
        parties.prove_otherwise(house.conn, cookie, shown, DATA_KEY, RELYING, house.now, HERE)

    def asked() -> dict[str, Any]:
        return parties.ask_staff_proof(house.conn, cookie, RELYING, house.now)

    assert refusal(lambda: prove(Shown("000000")), Forbidden) == "proof_wrong"
    assert refusal(lambda: prove(Shown(credential=stranger.get(asked())))) == "proof_wrong"
    at_the_door = device.get(parties.ask_passkey(house.conn, RELYING, house.now))  # signed for something else
    assert refusal(lambda: prove(Shown(credential=at_the_door))) == "proof_wrong"
    assert refusal(lambda: prove(Shown(credential={}))) == "proof_wrong"
    prove(Shown(credential=device.get(asked())))
    assert parties.session(house.conn, cookie, house.now).proven_at == house.now
    house.wait(minutes=6)
    prove(Shown(pyotp.TOTP(secret).at(house.now)))
    assert parties.session(house.conn, cookie, house.now).proven_at == house.now
    for _ in range(5):
        refusal(lambda: prove(Shown("000000")))
    assert refusal(lambda: prove(Shown("000000")), TooMany) == "sign_in_paused"


def test_a_copied_passkey_opens_nothing(house: House, mei: NewKey) -> None:
    device = Authenticator()
    with_passkey(house, mei, device)
    copy = Authenticator(device.key, device.id, device.count)
    ask = lambda: parties.ask_passkey(house.conn, RELYING, house.now)  # noqa: E731
    parties.staff_sign_in_with_passkey(house.conn, device.get(ask()), RELYING, house.now)
    signed = copy.get(ask())
    assert (
        refusal(lambda: parties.staff_sign_in_with_passkey(house.conn, signed, RELYING, house.now)) == "sign_in_wrong"
    )


@pytest.fixture
def site(house: House, database_url: str) -> Iterator[Site]:
    with served(house, database_url) as site:
        yield site


def test_the_sign_in_page_takes_a_password_and_shows_no_difference(site: Site, mei: NewKey) -> None:
    secret = with_password(site.house, mei)
    wrong = site.http.post("/console/sign-in", data={"login": "mei", "password": PASSWORD, "code": "000000"})
    assert (wrong.status_code, "sign_in_wrong" in wrong.text, 'value="mei"' in wrong.text) == (401, True, True)
    sent = {"login": "mei", "password": PASSWORD, "code": pyotp.TOTP(secret).at(site.house.now)}
    came = site.http.post("/console/sign-in?next=/console/me", data=sent)
    assert (came.status_code, came.headers["location"]) == (303, "/console/me")
    page = site.http.get("/console/me")
    assert page.status_code == 200
    assert "<svg" in page.text
    for credential in ("{", "[]", "{}", '{"response": {}}'):
        bad = site.http.post("/console/sign-in", data={"credential": credential})
        assert bad.status_code in (401, 422), credential


def test_what_a_person_typed_stays_when_the_code_is_wrong(site: Site, mei: NewKey) -> None:
    opened = parties.open_session(site.house.conn, mei.secret, site.house.now)
    site.http.cookies.set("tidegate_session", opened.cookie)
    app = parties.new_app(opened.identity, DATA_KEY, "Tidegate")
    sent = {"csrf": opened.csrf, "app": app.kept, "login": "Mei Lin", "password": PASSWORD, "again": PASSWORD}
    wrong = site.http.post("/console/me/password", data={**sent, "code": "x"})
    assert (wrong.status_code, app.secret in wrong.text, 'value="Mei Lin"' in wrong.text) == (422, True, True)
    other = site.http.post("/console/me/password", data={**sent, "again": "else", "code": "x"})
    assert "passwords_differ" in other.text
    done = site.http.post("/console/me/password", data={**sent, "code": pyotp.TOTP(app.secret).at(site.house.now)})
    assert (done.status_code, done.headers["location"]) == (303, "/console/me?done=way_added")


def test_signing_in_again_in_one_browser_ends_the_session_before(site: Site, house: House) -> None:
    def signed_in() -> list[str]:
        return sorted(s.key_id for s in parties.signed_in(house.conn, house.now))

    def come(role: str, secret: str | None = None) -> str:
        answer = site.http.post("/console/sign-in", data={"key": secret or site.keys[role]})
        return answer.cookies.get(COOKIE) or ""

    first = come("analyst")
    wrong = come("analyst", "tg_nothing")
    assert (wrong, len(signed_in())) == ("", 1)  # who gets it wrong stays who they are
    second = come("treasury")
    assert first != second
    assert [parties.whoami(house.conn, site.keys["treasury"], house.now, None).key_id] == signed_in()
    with pytest.raises(Unauthorised, match="signed out"):
        parties.session(house.conn, first, house.now)
    link = parties.make_link(house.conn, site.keys["admin"], "test", house.now)
    site.http.post(f"/console/sign-in/{link}")
    assert [parties.whoami(house.conn, site.keys["admin"], house.now, None).key_id] == signed_in()
    made_up = "x" * 43  # a cookie that somebody else has put there is not taken over
    site.http.cookies.clear()
    third = site.http.post(
        "/console/sign-in", data={"key": site.keys["auditor"]}, headers={"Cookie": f"{COOKIE}={made_up}"}
    )
    assert third.cookies[COOKIE] not in ("", made_up)
