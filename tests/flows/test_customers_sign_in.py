"""Customers come to a password, sign in, stay a while and leave; whoever guesses learns nothing and waits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from house import DATA_KEY, Customer, House, furnish
from mail_kit import Post, token
from passkey_kit import Authenticator

from tidegate.base.refusals import Conflict, Malformed, NotFound, Refusal, TooMany, Unauthorised
from tidegate.db import Conn, connect
from tidegate.demo.links import customer_link
from tidegate.parties import flow as parties
from tidegate.parties.flow import Came, CodeBound, Visiting
from tidegate.parties.passkey import Relying
from tidegate.settings import Settings, load, save

PASSWORD = "correct horse battery"
CODES = CodeBound(5, timedelta(hours=24))
HOME = Came("203.0.113.7", "Firefox", "device-1")


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def post(house: House, tmp_path: Path) -> Post:
    return Post(house, tmp_path / "mails")


def invited(house: House, post: Post, who: str) -> str:
    """The secret of the link that was mailed."""
    parties.invite(house.conn, who, 30, "platform", house.now)
    return token(next(m for m in post.deliver() if m["Subject"] == "Set your password"))


def join(house: House, link: str, password: str = PASSWORD) -> Visiting | None:
    """Follow an invitation as somebody who has a factor already."""
    return parties.join(house.conn, link, password, None, HOME, DATA_KEY, Relying(), house.now)


def with_password(house: House, post: Post, **funds: int) -> Customer:
    who = house.customer(**funds)
    join(house, invited(house, post, who.id))
    return who


def mail_of(house: House, who: Customer) -> str:
    return parties.get(house.conn, who.id).email


def enter(
    house: House, who: Customer, password: str = PASSWORD, code: str | None = None, came: Came = HOME, **more: Any
) -> Visiting:
    email = more.pop("email", None) or mail_of(house, who)
    if code is None:
        house.wait(seconds=30)
        code = who.code(house.now)
    return parties.sign_in(house.conn, email, password, code, came, DATA_KEY, CODES, house.now)


def said(refused: Any) -> str:
    return f"{refused.value.code}: {refused.value.message}"


def test_another_password_pauses_withdrawals_and_ends_every_session(house: House, post: Post) -> None:
    ada = with_password(house, post)
    opened = enter(house, ada)
    house.wait(seconds=1)
    again = join(house, invited(house, post, ada.id), "another horse battery")
    assert again is None  # the factors stay, and are shown at the door
    with pytest.raises(Unauthorised, match="signed out"):
        parties.visiting(house.conn, opened.cookie, house.now)
    events = parties.latest_events(house.conn, [ada.id], ["password_changed"])[ada.id]
    assert events == {"password_changed": house.now}
    with pytest.raises(Unauthorised):
        enter(house, ada, PASSWORD)
    enter(house, ada, "another horse battery")


def test_an_invitation_counts_once_for_a_day_and_only_the_last_of_them(house: House, post: Post) -> None:
    ada = house.customer()
    first, second = invited(house, post, ada.id), invited(house, post, ada.id)
    with pytest.raises(Malformed, match="12"):
        join(house, second, "short")
    house.wait(hours=23, minutes=59)
    assert parties.invited(house.conn, second, house.now).party.id == ada.id
    join(house, second)
    for spent in (first, second):
        with pytest.raises(Conflict, match="was set"):
            join(house, spent)
    late = invited(house, post, ada.id)
    house.wait(hours=24)
    with pytest.raises(Conflict, match="counted until"):
        parties.invited(house.conn, late, house.now)
    with pytest.raises(NotFound):
        parties.invited(house.conn, "x" * 43, house.now)


def test_of_many_at_once_with_one_invitation_one_sets_the_password(house: House, post: Post, database_url: str) -> None:
    ada = house.customer()
    secret = invited(house, post, ada.id)

    def join(n: int) -> str:
        with connect(database_url) as conn:
            try:
                parties.join(conn, secret, f"correct horse {n:04}", None, HOME, DATA_KEY, Relying(), house.now)
            except Refusal as refusal:
                return refusal.code
            return "set"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(join, range(4)))
    assert sorted(answers) == ["link_used"] * 3 + ["set"]


def test_everything_wrong_has_one_answer(house: House, post: Post) -> None:
    ada, none = with_password(house, post), house.customer()
    answers = set()
    for who, password, code, email in (
        (ada, "wrong horse battery", None, None),
        (ada, PASSWORD, "000000", None),
        (ada, PASSWORD, "", None),
        (ada, "", None, None),
        (none, PASSWORD, None, None),  # has none
        (ada, PASSWORD, None, "nobody@example.com"),
        (ada, PASSWORD, None, "naughty \0\ud800 name"),
    ):
        with pytest.raises(Unauthorised) as refused:
            enter(house, who, password, code, email=email)
        answers.add(said(refused))
    assert answers == {"sign_in_wrong: Name, password or code is wrong."}
    assert house.conn.execute("SELECT count(*) FROM customer_session").fetchall() == [(0,)]


def test_a_code_signs_in_once(house: House, post: Post) -> None:
    ada = with_password(house, post)
    enter(house, ada)
    with pytest.raises(Unauthorised):
        enter(house, ada, code=ada.code(house.now))


@pytest.mark.parametrize("known", [True, False])
def test_tries_are_bounded_alike_for_names_that_nobody_has(house: House, post: Post, known: bool) -> None:
    ada = with_password(house, post)
    email = None if known else "nobody@example.com"
    for n in range(5):
        with pytest.raises(Unauthorised):
            enter(house, ada, "wrong horse battery", email=email, came=Came(f"198.51.{n}.1", "x", None))
    with pytest.raises(TooMany) as refused:  # the right one does not help, and from elsewhere neither
        enter(house, ada, email=email, code=ada.code(house.now))
    assert refused.value.code == "sign_in_paused"
    house.wait(seconds=60)
    if known:
        enter(house, ada)
        assert house.conn.execute("SELECT wrong FROM sign_in_try WHERE subject LIKE 'login:%'").fetchall() == [(0,)]


def test_a_network_that_tries_many_names_waits(house: House, post: Post) -> None:
    ada = with_password(house, post)
    for n in range(30):
        with pytest.raises(Unauthorised):
            enter(house, ada, "x", "1", email=f"n{n}@example.com", came=Came(f"198.51.100.{n}", "x", None))
    with pytest.raises(TooMany):
        enter(house, ada, came=Came("198.51.100.200", "x", None))
    enter(house, ada, came=HOME)


def test_wrong_passwords_use_up_no_tries_of_the_app(house: House, post: Post) -> None:
    ada = with_password(house, post)
    for _ in range(4):
        with pytest.raises(Unauthorised):
            enter(house, ada, "wrong horse battery", "000000")
    assert house.conn.execute("SELECT wrong_codes FROM factor WHERE party_id = %s", (ada.id,)).fetchall() == [(0,)]


def test_a_session_ends_after_a_while_and_where_it_is_ended(house: House, post: Post) -> None:
    ada, ben = with_password(house, post), with_password(house, post)
    here, there, other = enter(house, ada), enter(house, ada, came=Came("192.0.2.1", "Safari", None)), enter(house, ben)
    assert [v.id for v in parties.visits(house.conn, ada.id, house.now)] == [there.session.id, here.session.id]
    parties.leave(house.conn, ben.id, here.session.id, house.now)  # not theirs
    parties.visiting(house.conn, here.cookie, house.now)
    assert parties.leave_elsewhere(house.conn, ada.id, here.session.id, house.now) == 1
    with pytest.raises(Unauthorised):
        parties.visiting(house.conn, there.cookie, house.now)
    house.wait(minutes=14, seconds=59)
    parties.visiting(house.conn, here.cookie, house.now, seen=False)
    parties.visiting(house.conn, here.cookie, house.now)
    house.wait(minutes=14, seconds=59)
    parties.visiting(house.conn, here.cookie, house.now)
    house.wait(minutes=15)
    for opened in (here, other):
        with pytest.raises(Unauthorised) as refused:
            parties.visiting(house.conn, opened.cookie, house.now)
        assert refused.value.code == "session_expired"


def test_no_session_outlives_half_a_day(house: House, post: Post) -> None:
    ada = with_password(house, post)
    opened = enter(house, ada)
    for _ in range(51):
        house.wait(minutes=14)
        parties.visiting(house.conn, opened.cookie, house.now)
    house.wait(minutes=5, seconds=59)
    parties.visiting(house.conn, opened.cookie, house.now)
    house.wait(seconds=1)
    with pytest.raises(Unauthorised):
        parties.visiting(house.conn, opened.cookie, house.now)


def test_a_passkey_signs_in_by_itself_once_per_challenge(house: House) -> None:
    ada, device, relying = house.customer(), Authenticator(), Relying()
    begun = parties.begin_passkey(house.conn, ada.id, "Phone", relying, 5, ada.id, house.now)
    parties.finish_passkey(house.conn, ada.id, begun.id, device.create(begun.options), relying, ada.id, house.now)
    asked = parties.ask_passkey(house.conn, relying, house.now)
    assert asked.get("allowCredentials", []) == []  # it names nobody
    answer = device.get(asked)
    opened = parties.sign_in_with_passkey(house.conn, answer, HOME, relying, house.now)
    assert (opened.session.party_id, opened.session.way) == (ada.id, "passkey")
    late = parties.ask_passkey(house.conn, relying, house.now)
    signed = device.get(late)
    house.wait(minutes=5)
    stranger = Authenticator().get(parties.ask_passkey(house.conn, relying, house.now))
    copied = device.get(parties.ask_passkey(house.conn, relying, house.now))
    device.count = 0
    backwards = device.get(parties.ask_passkey(house.conn, relying, house.now))
    parties.sign_in_with_passkey(house.conn, copied, HOME, relying, house.now)
    for wrong in (answer, signed, stranger, backwards, {}, {"response": {"clientDataJSON": "x"}}):
        with pytest.raises(Unauthorised) as refused:
            parties.sign_in_with_passkey(house.conn, wrong, HOME, relying, house.now)
        assert refused.value.code == "sign_in_wrong"


def test_a_link_of_the_demo_signs_in_once_within_a_quarter_of_an_hour(house: House) -> None:
    ada = house.customer()
    first, late = (parties.link_in(house.conn, ada.id, "demo", house.now) for _ in range(2))
    house.wait(minutes=14, seconds=59)
    assert parties.sign_in_by_link(house.conn, first, HOME, house.now).session.way == "link"
    house.wait(seconds=1)
    for over in (first, late, "x"):
        with pytest.raises(NotFound):
            parties.sign_in_by_link(house.conn, over, HOME, house.now)


def test_the_journal_knows_no_password_and_no_mail_address(house: House, post: Post) -> None:
    ada = with_password(house, post)
    enter(house, ada)
    body = "".join(str(row) for row in house.conn.execute("SELECT kind, subject, actor, body FROM journal").fetchall())
    assert PASSWORD not in body
    assert mail_of(house, ada) not in body
    assert "session.opened" in body
    stored = house.conn.execute("SELECT hash FROM customer_password").fetchall()
    assert stored[0][0].startswith("$argon2id$")


@pytest.mark.parametrize("demo", [True, False])
def test_links_that_sign_in_exist_in_the_demo_only(house: House, tmp_path: Path, demo: bool) -> None:
    ada = house.customer()
    files = (tmp_path / "sock", tmp_path / "data.key", tmp_path / "authoriser.key")
    settings = Settings("postgresql://", {}, *files, public_url="http://127.0.0.1:8800", demo=demo)
    save(settings, tmp_path / "settings.json")
    kept = load(tmp_path / "settings.json")
    if not demo:
        with pytest.raises(Conflict, match="demo only"):
            customer_link(house.conn, kept, ada.id, house.now)
        return
    for name in (ada.id, parties.get(house.conn, ada.id).external_id):
        link = customer_link(house.conn, kept, name, house.now)
        opened = parties.sign_in_by_link(house.conn, link.rpartition("/")[2], HOME, house.now)
        assert opened.session.party_id == ada.id
