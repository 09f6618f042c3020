"""A link of two merchants that was wrong: undone by another person, and both go on with what is their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import merchant_kit
import pytest
from house import COIN_USDT
from rating_kit import Desk, open_desk

from tidegate.base.refusals import Refusal
from tidegate.db import Conn, connect, reader
from tidegate.news import RATING, rating_handlers
from tidegate.p2p.links import flow as links
from tidegate.p2p.links.store import Link
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.p2p.scope import flow as scope
from tidegate.parties import flow as parties
from tidegate.rating.fact import Kind
from tidegate.rating.lines import flow as lines
from tidegate.rating.measures import flow as measures
from tidegate.rating.standing import flow as standing


@pytest.fixture
def desk(conn: Conn) -> Desk:
    return open_desk(conn)


def heard(desk: Desk) -> None:
    """The worker acts on what happened."""
    while reader.read(desk.conn, RATING, rating_handlers(), desk.now):
        pass
    assert desk.conn.execute("SELECT error FROM unread WHERE reader = 'rating'").fetchall() == []


def linked(desk: Desk, one: Merchant, other: Merchant) -> Link:
    links.link(desk.conn, one.id, other.id, "identity_document", "the same passport", desk.mei, desk.now)
    heard(desk)
    return links.of(desk.conn, merchants.get(desk.conn, one.id).subject_id)[-1]


def undone(desk: Desk, link: Link) -> Link:
    done = links.undo(desk.conn, link.id, "two cousins of one name", desk.anton, desk.now)
    heard(desk)
    return done


def kinds(desk: Desk, party: str) -> list[str]:
    return sorted(order.kind for order in parties.restrictions(desk.conn, [party], desk.now)[party])


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    return pytest.RaisesExc(Refusal, check=lambda refusal: refusal.code == code)


def test_another_person_undoes_a_link_with_a_reason_that_is_kept(desk: Desk) -> None:
    first, second = desk.merchant(), desk.merchant()
    link = linked(desk, first, second)
    again = merchant_kit.staff(desk.house, "Mei")
    for own in (desk.mei, again):
        with refused("link_own"):
            links.undo(desk.conn, link.id, "no", own, desk.now)
    done = undone(desk, link)
    assert (done.undone_by, done.undone_reason) == (desk.anton, "two cousins of one name")
    assert [merchants.get(desk.conn, m.id).subject_id for m in (first, second)] == [first.id, second.id]
    assert [i.until_at for i in scope.intervals(desk.conn, second.id)][-1] is None, "rated again, on their own"
    with refused("link_undone"):
        links.undo(desk.conn, link.id, "again", desk.anton, desk.now)
    with refused("link_unknown"):
        links.undo(desk.conn, "lnk_nothing", "no", desk.anton, desk.now)
    assert linked(desk, first, second).undone_at is None, "and found to be one after all"


def test_of_two_who_undo_it_at_once_one_is_told(desk: Desk, database_url: str) -> None:
    first, second = desk.merchant(), desk.merchant()
    link = linked(desk, first, second)

    def undo(person: str) -> str:
        with connect(database_url) as own:
            try:
                return links.undo(own, link.id, "two cousins", person, desk.now).id
            except Refusal as refusal:
                return refusal.code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(undo, (desk.anton, desk.olga))) == ["link_undone", link.id]


def test_the_next_rating_sees_them_apart(desk: Desk) -> None:
    first, second = desk.merchant(), desk.merchant()
    link = linked(desk, first, second)
    desk.told(second.id)
    undone(desk, link)
    desk.month_over()
    desk.run()
    found = {m.id: lines.of_subject(desk.conn, m.id)[0].computed for m in (first, second)}
    assert found == {first.id: "low", second.id: "medium"}


def test_who_was_raised_for_anothers_facts_goes_back_and_the_other_keeps_them(desk: Desk) -> None:
    first, second = desk.merchant(), desk.merchant()
    desk.raised_to_high(second.id)
    link = linked(desk, first, second)
    assert kinds(desk, first.party_id) == ["step_up", "withdrawal_delay"]
    undone(desk, link)
    assert (desk.tier(first.id).tier, desk.tier(second.id).tier) == ("medium", "high")
    assert kinds(desk, first.party_id) == []
    assert kinds(desk, second.party_id) == ["step_up", "withdrawal_delay"]
    assert [(m.after, m.rule) for m in standing.moves(desk.conn, first.id)] == [("high", "R20"), ("medium", "R20")]
    assert {m.measure for m in measures.of_subject(desk.conn, second.id)} == {"step_up", "withdrawal_delay"}


def test_nobody_escapes_their_own_facts_by_a_link_that_is_undone(desk: Desk) -> None:
    first, second = desk.merchant(), desk.merchant()
    link = linked(desk, first, second)
    desk.confirmed(second.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(first.id)
    desk.decide(line.id, "high", preset="A", secret=True)
    desk.publish(line.id)
    undone(desk, link)
    held = desk.tier(second.id)
    assert (held.tier, held.joined, held.restriction_ends) == ("high", None, desk.tier(second.id).restriction_ends)
    assert desk.tier(first.id).tier == "medium"
    assert (kinds(desk, first.party_id), kinds(desk, second.party_id)) == ([], ["step_up", "withdrawal_delay"])


def test_what_stands_on_both_holds_for_both_and_ends_apart(desk: Desk) -> None:
    first, second = desk.merchant(), desk.merchant()
    link = linked(desk, first, second)
    desk.confirmed(first.id, Kind.COUNTERPARTY_FREEZE)
    desk.confirmed(second.id, Kind.COUNTERPARTY_FREEZE, counterparty="cus_other")
    line = desk.line(first.id)
    desk.decide(line.id, "high", measures=(("freeze", None),), secret=True)
    desk.publish(line.id)
    undone(desk, link)
    assert [desk.tier(m.id).tier for m in (first, second)] == ["high", "high"]
    (own,) = measures.of_subject(desk.conn, second.id)
    measures.lift(desk.conn, own.id, "shown", desk.olga, desk.now)
    assert (kinds(desk, first.party_id), kinds(desk, second.party_id)) == (["freeze"], [])


def test_bond_and_qualification_taken_for_anothers_facts_come_back(desk: Desk) -> None:
    first, second = desk.merchant(), desk.merchant()
    link = linked(desk, first, second)
    desk.confirmed(first.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(first.id)
    chosen = (("partial_deduction", "25"), ("dismissal", None))
    desk.decide(line.id, "high", desk.olga, desk.anton, measures=chosen, secret=True)
    desk.publish(line.id)
    assert [merchant_kit.bond(desk.house, m.id).locked for m in (first, second)] == [7_500 * COIN_USDT] * 2
    undone(desk, link)
    assert [merchant_kit.bond(desk.house, m.id).locked // COIN_USDT for m in (first, second)] == [7_500, 10_000]
    assert [merchants.get(desk.conn, m.id).certification for m in (first, second)] == ["dismissed", "certified"]
    assert (desk.tier(first.id).tier, desk.tier(second.id).tier) == ("high", "low")
    merchant_kit.agree(desk.house)


def test_extreme_for_anothers_facts_is_left_to_two_people(desk: Desk) -> None:
    first, second = desk.merchant(), desk.merchant()
    desk.confirmed(second.id, Kind.AUTHORITY_ACTION, action="characterised")
    line = desk.line(second.id)
    desk.decide(line.id, "extreme", desk.mei, desk.anton, secret=True)
    desk.publish(line.id)
    link = linked(desk, first, second)
    assert desk.tier(first.id).tier == "extreme"
    undone(desk, link)
    assert [desk.tier(m.id).tier for m in (first, second)] == ["extreme", "extreme"]
    restated = desk.line(first.id)
    assert (restated.cause, restated.restates) == ("restatement", line.id)
    assert (restated.proposed, restated.rule, restated.people) == ("low", "T9", 2)
    assert "trade_block" in kinds(desk, first.party_id), "until two people have decided"
    ivan, zoe = (merchant_kit.staff(desk.house, name) for name in ("Ivan", "Zoe"))
    desk.decide(restated.id, "low", ivan, zoe)
    desk.publish(restated.id)
    assert [desk.tier(m.id).tier for m in (first, second)] == ["low", "extreme"]
    assert kinds(desk, first.party_id) == []
    assert "trade_block" in kinds(desk, second.party_id)
    assert merchants.matters(desk.conn, [first.id]) == []
    assert [m.kind for m in merchants.matters(desk.conn, [second.id])] == ["deduction"]


def test_a_proposal_on_anothers_facts_is_drawn_again(desk: Desk) -> None:
    first, second = desk.merchant(), desk.merchant()
    link = linked(desk, first, second)
    desk.confirmed(second.id, Kind.COUNTERPARTY_FREEZE)
    waiting = desk.line(first.id)
    assert waiting.proposed == "high"
    undone(desk, link)
    again = desk.line(first.id)
    assert (again.supersedes, again.proposed, again.person) == (waiting.id, "low", False)


def test_what_another_link_holds_together_stays_one(desk: Desk) -> None:
    first, second, third = desk.merchant(), desk.merchant(), desk.merchant()
    wrong = linked(desk, first, second)
    linked(desk, second, third)
    undone(desk, wrong)
    assert [merchants.get(desk.conn, m.id).subject_id for m in (first, second, third)] == [
        first.id,
        second.id,
        second.id,
    ]
