"""What is forgotten and when: mails with their links, challenges, sessions of staff. The journal forgets nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from house import COIN_USDT as COIN
from house import House, furnish
from mail_kit import Post, token

from tidegate import worker
from tidegate.base.refusals import NotFound
from tidegate.db import Conn, journal
from tidegate.notifications import flow as notifications
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def post(house: House, tmp_path: Path) -> Post:
    return Post(house, tmp_path / "mails")


def retention(house: House) -> int:
    """A turn of the worker's own loop."""
    made = worker.loops({}, lambda: None, lambda _: "", house.clock, "worker-1")  # type: ignore[arg-type,return-value]
    return next(loop.step for loop in made if loop.name == "retention")(house.conn)


def count(house: House, table: str) -> int:
    (found,) = house.conn.execute(f"SELECT count(*) FROM {table}").fetchall()  # type: ignore[call-overload]
    return int(found[0])


def test_the_shipped_policies_say_how_long() -> None:
    for name in ("demo", "default"):
        assert policies.shipped(name)["retention"] == {"mail_days": 180, "challenge_days": 30, "session_days": 90}


def test_a_mail_is_forgotten_with_its_link_once_its_time_is_over_and_not_before(house: House, post: Post) -> None:
    ada = house.customer()
    (mail,) = post.deliver()
    house.wait(days=180)
    assert retention(house) == 0
    assert notifications.page(house.conn, ada.id) != []
    house.wait(seconds=1)
    assert retention(house) == 1
    assert (count(house, "mail"), count(house, "mail_token")) == (0, 0)
    with pytest.raises(NotFound, match="not one of ours"):
        notifications.opened(house.conn, token(mail))
    assert retention(house) == 0
    assert "mail.sent" in [news.kind for news in journal.about(house.conn, ada.id)], "the journal stays"
    (purged,) = journal.about(house.conn, "mails")
    assert (purged.kind, purged.content) == ("retention.purged", {"mails": 1, "subscriptions": 0})
    assert journal.verify(house.conn).broken is None


def test_a_mail_that_was_never_sent_and_one_whose_link_still_freezes_are_kept(house: House, post: Post) -> None:
    factors = {**policies.shipped("demo")["factors"], "freeze_link_days": 365}  # type: ignore[dict-item]
    house.agree(factors=factors)
    house.customer()
    post.deliver()
    house.customer()
    post.order()  # nobody sends this one
    house.wait(days=300)
    assert retention(house) == 0
    assert count(house, "mail") == 2
    house.wait(days=66)
    assert retention(house) == 1, "the link's time is over; what waits to be sent is kept"
    assert count(house, "mail") == 1


def test_an_ended_subscription_goes_once_its_last_mail_has_gone(house: House) -> None:
    made = notifications.subscribe(house.conn, "market", "desk@example.com", "en", "key_desk", house.now)
    notifications.unsubscribe(house.conn, made.id, "key_desk", house.now)
    kept = notifications.subscribe(house.conn, "market", "desk@example.com", "en", "key_desk", house.now)
    house.wait(days=181)
    assert retention(house) == 1
    assert [s.id for s in notifications.subscriptions(house.conn)] == [kept.id]


def test_challenges_and_sessions_are_forgotten_by_their_own_numbers(house: House) -> None:
    ada = house.customer(USDT=100 * COIN)
    key = parties.create_key(house.conn, "analyst", "mei", "test", house.now)
    parties.open_session(house.conn, key.secret, house.now)
    house.conn.execute(
        "INSERT INTO passkey_challenge (challenge, party_id, subject, nonce, made_at, expires_at)"
        " VALUES ('\\x01', %s, 'wd_x', '\\x02', %s, %s)",
        (ada.id, house.now, house.now),
    )
    house.wait(days=30)
    assert retention(house) == 0
    house.wait(seconds=1)
    assert (retention(house), count(house, "passkey_challenge"), count(house, "staff_session")) == (1, 0, 1)
    house.wait(days=60)
    assert (retention(house), count(house, "staff_session")) == (1, 0)


def test_invitations_and_links_into_the_portal_go_with_the_sessions(house: House) -> None:
    ada = house.customer()
    parties.link_in(house.conn, ada.id, "demo", house.now)  # for a quarter of an hour
    parties.invite(house.conn, ada.id, 30, "platform", house.now)  # for a day
    tables = ("sign_in_link", "invitation")
    house.wait(days=90, minutes=15)
    assert (retention(house), [count(house, table) for table in tables]) == (0, [1, 1])
    house.wait(seconds=1)
    assert (retention(house), [count(house, table) for table in tables]) == (1, [0, 1])
    house.wait(hours=23, minutes=45)
    assert (retention(house), [count(house, table) for table in tables]) == (1, [0, 0])


def test_a_policy_without_the_section_deletes_nothing(house: House, post: Post) -> None:
    pack = policies.shipped("demo")
    del pack["retention"]
    made = policies.propose(house.conn, pack, "mei", house.now)
    policies.approve(house.conn, made.version, "anton", house.now)
    agreed = policies.activate(house.conn, made.version, "anton", house.now)
    assert agreed.active_from is not None
    house.now = max(house.now, agreed.active_from)
    house.customer()
    post.deliver()
    house.wait(days=4000)
    assert retention(house) == 0


def test_a_deployment_without_a_policy_yet_deletes_nothing_and_complains_of_nothing(conn: Conn) -> None:
    assert retention(House(conn)) == 0


def test_much_is_forgotten_in_bounded_bites(house: House, post: Post) -> None:
    for _ in range(5):
        house.customer()
    post.deliver()
    house.wait(days=181)
    keep = house.setting.policy.retention
    assert keep is not None
    bites = [notifications.purge(house.conn, keep.mails, house.now, limit=2) for _ in range(4)]
    assert bites == [2, 2, 1, 0]
