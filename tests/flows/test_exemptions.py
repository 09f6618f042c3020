"""Exemptions from a place's delays: two people, a share that is counted, an end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from house import House, furnish

from tidegate.base.refusals import Conflict, Malformed, NotFound, Refusal
from tidegate.db import Conn, connect, journal
from tidegate.parties import flow as parties
from tidegate.policy import flow

MEI, OLA = "key_mei", "key_ola"
YEAR = timedelta(days=366)


@pytest.fixture
def house(conn: Conn) -> House:
    """A house whose policy lets half of Korea's customers be exempt."""
    made = furnish(conn)
    source = {"since": "2020-01-01", "source": "a law"}
    korea = {"standing": "allowed", **source, "rules": [{"ask": "exempt_share", "percent": 50, **source}]}
    made.agree(places={"KR": korea})
    made.wait(seconds=1)
    return made


def proposed(house: House, who: str, place: str = "KR", days: int = 30) -> str:
    until = house.now + timedelta(days=days)
    return flow.propose_exemption(house.conn, place, who, until, "A market maker", MEI, house.now).id


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code


def test_two_people_make_an_exemption_and_it_ends_by_itself(house: House) -> None:
    kim = house.customer(country="KR").id
    house.customer(country="KR")
    id = proposed(house, kim)
    assert flow.exempt(house.conn, [kim], house.now) == {}
    with pytest.raises(Conflict, match="second person"):
        flow.approve_exemption(house.conn, id, MEI, house.now)
    assert flow.approve_exemption(house.conn, id, OLA, house.now).status(house.now) == "in_force"
    assert flow.exempt(house.conn, [kim], house.now) == {kim: ["KR"]}
    house.wait(days=30)
    assert flow.exempt(house.conn, [kim], house.now) == {}
    assert [n.kind for n in journal.about(house.conn, id)] == ["exemption.proposed", "exemption.approved"]
    assert proposed(house, kim) != id  # what ran out stands in nobody's way


def test_two_keys_of_one_person_are_no_two_people(house: House) -> None:
    mine, mine_too = (
        parties.create_key(house.conn, "compliance", label, "test", house.now).id for label in ("Mei", "mei")
    )
    kim = house.customer(country="KR").id
    house.customer(country="KR")
    until = house.now + timedelta(days=30)
    id = flow.propose_exemption(house.conn, "KR", kim, until, "A market maker", mine, house.now).id
    assert code_of(lambda: flow.approve_exemption(house.conn, id, mine_too, house.now)) == "approver_is_author"


def test_an_exemption_is_ended_at_once_and_once(house: House) -> None:
    kim = house.customer(country="KR").id
    house.customer(country="KR")
    id = proposed(house, kim)
    flow.approve_exemption(house.conn, id, OLA, house.now)
    flow.end_exemption(house.conn, id, MEI, house.now)
    assert flow.exempt(house.conn, [kim], house.now) == {}
    assert code_of(lambda: flow.end_exemption(house.conn, id, MEI, house.now)) == "exemption_not_open"
    assert code_of(lambda: flow.approve_exemption(house.conn, id, OLA, house.now)) == "exemption_not_open"


def test_the_share_of_a_place_is_never_passed_by_twenty_at_once(house: House, database_url: str) -> None:
    ids = [proposed(house, house.customer(country="KR").id) for _ in range(20)]
    house.customer(country="DE")  # counts for another place

    def approve(id: str) -> str:
        with connect(database_url) as conn:
            try:
                return flow.approve_exemption(conn, id, OLA, house.now).status(house.now)
            except Refusal as refused:
                return refused.code

    with ThreadPoolExecutor(20) as pool:
        said = sorted(pool.map(approve, ids))
    assert said == ["exemption_share_full"] * 10 + ["in_force"] * 10


def test_what_cannot_be_an_exemption_is_refused(house: House) -> None:
    kim = house.customer(country="KR").id
    now = house.now

    def propose(place: str = "KR", who: str = kim, until: timedelta = YEAR, why: str = "x") -> Callable[[], object]:
        return lambda: flow.propose_exemption(house.conn, place, who, now + until, why, MEI, now)

    assert code_of(propose(place="SG")) == "place_unknown"
    assert code_of(propose(who="cus_nobody")) == "customer_unknown"
    assert code_of(propose(until=YEAR + timedelta(microseconds=1))) == "until_invalid"
    assert code_of(propose(until=timedelta(0))) == "until_invalid"
    assert code_of(propose(why=" ")) == "reason_invalid"
    propose()()
    assert code_of(propose()) == "exemption_exists"
    with pytest.raises(NotFound):
        flow.approve_exemption(house.conn, "exm_nothing", OLA, now)
    with pytest.raises(Malformed):
        flow.propose_exemption(house.conn, "UK", kim, now + YEAR, "x", MEI, now)
