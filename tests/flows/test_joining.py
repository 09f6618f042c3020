"""Somebody new follows an invitation: a password and a factor in one step, and they are in."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyotp
import pytest
from house import DATA_KEY, House, furnish
from mail_kit import Post, token
from passkey_kit import Authenticator

from tidegate.base.refusals import Conflict, Forbidden, Malformed, NotFound, Refusal, TooMany, Unauthorised
from tidegate.db import Conn, connect
from tidegate.parties import flow as parties
from tidegate.parties.flow import Came, CodeBound, FirstApp, FirstPasskey, Visiting
from tidegate.parties.passkey import Relying
from tidegate.parties.store import CustomerSession

PASSWORD, EMAIL, RELYING = "correct horse battery", "Ben@Example.com", Relying()
HERE = Came("203.0.113.7", "Firefox", "device-1")


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def post(house: House, tmp_path: Path) -> Post:
    return Post(house, tmp_path / "mails")


@pytest.fixture
def ben(house: House) -> str:
    """Somebody without a password and without a factor."""
    return parties.register(house.conn, "new", "DE", "Ben New", EMAIL, "test", house.now).id


def invited(house: House, post: Post, who: str) -> str:
    parties.invite(house.conn, who, 30, "platform", house.now)
    return token(next(m for m in post.deliver() if m["Subject"] == "Set your password"))


def offered(house: House, link: str, kept: str = "") -> parties.App:
    return parties.first_app(parties.invited(house.conn, link, house.now), DATA_KEY, "Tidegate", kept)


def join(
    house: House, link: str, first: FirstApp | FirstPasskey | None, password: str = PASSWORD, conn: Conn | None = None
) -> Visiting | None:
    return parties.join(conn or house.conn, link, password, first, HERE, DATA_KEY, RELYING, house.now)


def with_app(house: House, link: str) -> tuple[str, CustomerSession]:
    """The app's secret, and the session that joining opened."""
    app = offered(house, link)
    opened = join(house, link, FirstApp(app.kept, pyotp.TOTP(app.secret).at(house.now)))
    assert opened is not None
    return app.secret, opened.session


def begun(house: House, link: str, name: str = "Telephone", password: str = PASSWORD) -> parties.Ceremony:
    return parties.begin_first_passkey(house.conn, link, password, name, RELYING, 5, house.now)


def sign_in(house: House, code: str, password: str = PASSWORD) -> Visiting:
    codes = CodeBound(5, house.now - house.now)
    return parties.sign_in(house.conn, " ben@example.COM ", password, code, HERE, DATA_KEY, codes, house.now)


def refusal(do: Callable[[], object], kind: type[Refusal] = Refusal) -> str:
    with pytest.raises(kind) as refused:
        do()
    return refused.value.code


def nothing_happened(house: House, who: str) -> bool:
    found = house.conn.execute(
        "SELECT (SELECT count(*) FROM customer_password), (SELECT count(*) FROM customer_session)"
    ).fetchall()
    return found == [(0, 0)] and parties.factors(house.conn, who) == []


def test_an_app_that_has_shown_a_code_lets_in_and_pauses_nothing(house: House, post: Post, ben: str) -> None:
    secret, session = with_app(house, invited(house, post, ben))
    assert (session.party_id, session.way) == (ben, "totp")
    latest = parties.latest_events(house.conn, [ben], ["login", "password_changed", "mfa_changed"])[ben]
    assert latest == {"login": house.now}
    shown = pyotp.TOTP(secret).at(house.now)
    assert refusal(lambda: sign_in(house, shown), Unauthorised) == "sign_in_wrong"  # each code counts once
    house.wait(seconds=30)
    assert sign_in(house, pyotp.TOTP(secret).at(house.now)).session.party_id == ben


def test_a_passkey_lets_in_and_signs_in_afterwards(house: House, post: Post, ben: str) -> None:
    link, device = invited(house, post, ben), Authenticator()
    asked = begun(house, link)
    opened = join(house, link, FirstPasskey(asked.id, device.create(asked.options)))
    assert opened is not None
    assert (opened.session.party_id, opened.session.way) == (ben, "passkey")
    assert [(f.kind, f.name) for f in parties.factors(house.conn, ben)] == [("passkey", "Telephone")]
    assert "mfa_changed" not in parties.latest_events(house.conn, [ben], ["login", "mfa_changed"])[ben]
    signed = device.get(parties.ask_passkey(house.conn, RELYING, house.now))
    assert parties.sign_in_with_passkey(house.conn, signed, HERE, RELYING, house.now).session.party_id == ben


def test_without_a_factor_that_was_shown_nothing_happens(house: House, post: Post, ben: str) -> None:
    ada = parties.register(house.conn, "other", "DE", "Ada", "ada@example.com", "test", house.now).id
    link, hers = invited(house, post, ben), invited(house, post, ada)
    app, foreign = offered(house, link), offered(house, hers)
    code = pyotp.TOTP(app.secret).at(house.now)
    wrong = "000000" if code != "000000" else "111111"
    asked, other = begun(house, link), begun(house, hers)
    made = Authenticator().create(asked.options)
    for first, password, said in (
        (None, PASSWORD, "factor_needed"),
        (FirstApp(app.kept, wrong), PASSWORD, "app_code_wrong"),
        (FirstApp(app.kept, ""), PASSWORD, "app_code_wrong"),
        (FirstApp(foreign.kept, pyotp.TOTP(foreign.secret).at(house.now)), PASSWORD, "app_unknown"),
        (FirstApp("é", code), PASSWORD, "app_unknown"),
        (FirstApp(app.kept, code), "short", "password_short"),
        (FirstApp(app.kept, code), EMAIL, "password_is_name"),
        (FirstPasskey(asked.id, {}), PASSWORD, "passkey_refused"),
        (FirstPasskey(asked.id, Authenticator().create(other.options)), PASSWORD, "passkey_refused"),
        (FirstPasskey(other.id, made), PASSWORD, "ceremony_unknown"),
        (FirstPasskey("wd_1", made), PASSWORD, "ceremony_unknown"),
    ):
        assert refusal(lambda f=first, p=password: join(house, link, f, p)) == said  # type: ignore[misc]
        assert nothing_happened(house, ben), said
    assert join(house, link, FirstPasskey(asked.id, made)) is not None  # and the link still counts


def test_a_form_that_comes_back_shows_the_app_that_was_scanned(house: House, post: Post, ben: str) -> None:
    link = invited(house, post, ben)
    app = offered(house, link)
    assert offered(house, link, app.kept).secret == app.secret
    assert offered(house, invited(house, post, ben), app.kept).secret != app.secret
    assert offered(house, link, "nonsense").secret != app.secret


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("", PASSWORD, "name_invalid"),
        ("x" * 65, PASSWORD, "name_invalid"),
        ("Telephone", "short", "password_short"),
        ("Telephone", "Ben New", "password_short"),
    ],
)
def test_no_authenticator_is_asked_before_the_form_is_right(
    house: House, post: Post, ben: str, name: str, password: str, code: str
) -> None:
    link = invited(house, post, ben)
    assert refusal(lambda: begun(house, link, name, password), Malformed) == code


def test_who_has_a_factor_adds_none_by_a_link_alone(house: House, post: Post, ben: str) -> None:
    """Whoever reads somebody's mails sets a password with it, and is not let in."""
    link = invited(house, post, ben)
    asked, app = begun(house, link), offered(house, link)
    parties.enrol_totp(house.conn, ben, DATA_KEY, "platform", house.now)  # meanwhile
    shown = FirstApp(app.kept, pyotp.TOTP(app.secret).at(house.now))
    made = FirstPasskey(asked.id, Authenticator().create(asked.options))
    for first in (shown, made):
        assert refusal(lambda f=first: join(house, link, f), Conflict) == "factor_there"  # type: ignore[misc]
    assert refusal(lambda: begun(house, link), Conflict) == "factor_there"
    assert join(house, link, None) is None
    assert [f.kind for f in parties.factors(house.conn, ben)] == ["totp"]
    assert parties.visits(house.conn, ben, house.now) == []


def test_a_spent_link_asks_no_authenticator(house: House, post: Post, ben: str) -> None:
    link = invited(house, post, ben)
    with_app(house, link)
    assert refusal(lambda: begun(house, link), Conflict) == "link_used"
    assert refusal(lambda: begun(house, "x" * 43), NotFound) == "link_unknown"


def test_of_many_at_once_one_joins_with_one_factor(house: House, post: Post, ben: str, database_url: str) -> None:
    link = invited(house, post, ben)
    apps = [offered(house, link) for _ in range(3)]
    asked = begun(house, link)
    ways: list[FirstApp | FirstPasskey] = [FirstApp(a.kept, pyotp.TOTP(a.secret).at(house.now)) for a in apps]
    ways.append(FirstPasskey(asked.id, Authenticator().create(asked.options)))

    def do(first: FirstApp | FirstPasskey) -> str:
        with connect(database_url) as conn:
            try:
                join(house, link, first, conn=conn)
            except Refusal as refused:
                return refused.code
            return "in"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(do, ways)) == ["in"] + ["link_used"] * 3
    assert len(parties.factors(house.conn, ben)) == 1
    assert len(parties.visits(house.conn, ben, house.now)) == 1


def test_whoever_guessed_at_the_old_password_keeps_nobody_out(house: House, post: Post, ben: str) -> None:
    secret, _ = with_app(house, invited(house, post, ben))
    for _ in range(5):
        assert refusal(lambda: sign_in(house, "000000", "a thief's guess")) == "sign_in_wrong"
    house.wait(seconds=30)
    code = pyotp.TOTP(secret).at(house.now)
    assert refusal(lambda: sign_in(house, code), TooMany) == "sign_in_paused"
    assert join(house, invited(house, post, ben), None, "another horse battery") is None
    assert sign_in(house, code, "another horse battery").session.party_id == ben


def test_a_passkey_of_somebody_else_is_not_taken_over(house: House, post: Post, ben: str) -> None:
    device, ada = Authenticator(), house.customer()
    hers = parties.begin_passkey(house.conn, ada.id, "Phone", RELYING, 5, ada.id, house.now)
    parties.finish_passkey(house.conn, ada.id, hers.id, device.create(hers.options), RELYING, ada.id, house.now)
    link = invited(house, post, ben)
    asked = begun(house, link)
    taken = FirstPasskey(asked.id, device.create(asked.options))
    assert refusal(lambda: join(house, link, taken), Conflict) == "passkey_taken"
    assert nothing_happened(house, ben)


def test_an_answer_from_another_site_is_refused(house: House, post: Post, ben: str) -> None:
    link = invited(house, post, ben)
    asked = begun(house, link)
    phished = FirstPasskey(asked.id, Authenticator(origin="https://evil.example").create(asked.options))
    assert refusal(lambda: join(house, link, phished), Forbidden) == "passkey_refused"
    house.wait(minutes=5)
    late = FirstPasskey(asked.id, Authenticator().create(asked.options))
    assert refusal(lambda: join(house, link, late), Conflict) == "challenge_expired"
    assert nothing_happened(house, ben)
