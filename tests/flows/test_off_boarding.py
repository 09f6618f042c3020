"""After EXTREME: whose own coins wait to leave through people, and that a person's act lets them go."""

from __future__ import annotations

from datetime import timedelta

from desk_kit import Hall, open_hall
from rating_kit import Desk, staffed

from tidegate.db import Conn
from tidegate.p2p.orders.order import Role
from tidegate.parties import flow as parties
from tidegate.rating.fact import Kind
from tidegate.rating.measures import flow as measures
from tidegate.rating.off_boarding import flow as off_boarding
from tidegate.rating.off_boarding.flow import Waiting


def made_extreme(desk: Desk, merchant: str) -> str:
    desk.judge(desk.told(merchant, Kind.AUTHORITY_ACTION, by=desk.olga, action="characterised", case=merchant).id)
    line = desk.line(merchant).id
    desk.decide(line, "extreme", desk.mei, desk.anton)
    desk.tell_after_check(line)
    return line


def queue(hall: Hall, after: str = "", limit: int = 50) -> list[Waiting]:
    return off_boarding.queue(hall.conn, after, limit, hall.now)


def test_who_waits_is_seen_with_what_is_open_until_a_person_lets_the_coins_go(conn: Conn) -> None:
    hall = open_hall(conn)
    desk = staffed(hall)
    merchant, taker = hall.merchant(), hall.person()
    order = hall.take(hall.publish(merchant), taker)
    line = made_extreme(desk, merchant.id)
    (waits,) = queue(hall)
    since = waits.measure.starts_at
    assert (waits.measure.line_id, waits.measure.reason, since) == (line, "as the facts say", hall.now)
    assert (waits.merchants, waits.orders, waits.bonds) == ((merchant.id,), (order.id,), (merchant.id,))
    assert (
        "deduction",
        next(m.id for m in measures.of_subject(conn, merchant.id) if m.measure == "full_deduction"),
    ) in (waits.matters), "the bond waits for the appeal"
    assert not waits.clear
    assert waits.due_at == since + timedelta(hours=hall.setting.policy.review_sla_hours)
    assert off_boarding.ACTS == ("analyst", "compliance")
    hall.cancel(order, Role.TAKER)
    assert queue(hall)[0].orders == ()
    assert "withdrawal_block" in ordered(hall, merchant.who.id)
    measures.lift(conn, waits.measure.id, "their coins may go", desk.mei, hall.now)
    assert queue(hall) == []
    assert set(ordered(hall, merchant.who.id)) == {"trade_block"}, "trading stays disabled"


def test_the_longest_waits_first(conn: Conn) -> None:
    hall = open_hall(conn)
    desk = staffed(hall)
    first, second = hall.merchant(), hall.merchant("Wang Fang")
    made_extreme(desk, first.id)
    hall.wait(days=1)
    made_extreme(desk, second.id)
    assert [w.merchants for w in queue(hall)] == [(first.id,), (second.id,)]
    (one,) = queue(hall, limit=1)
    assert [w.merchants for w in queue(hall, after=one.measure.id)] == [(second.id,)]


def ordered(hall: Hall, party: str) -> list[str]:
    return [str(found.kind) for found in parties.restrictions(hall.conn, [party], hall.now).get(party, [])]
