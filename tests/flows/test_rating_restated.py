"""What was wrong is put right: EXTREME on corrected facts, what a line took, interim measures, bonds meanwhile."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import merchant_kit
import pytest
from house import COIN_USDT
from mail_kit import Post, words
from rating_kit import Desk, open_desk

from tidegate.base.refusals import Refusal
from tidegate.db import Conn, connect
from tidegate.db.journal import about
from tidegate.p2p.merchants import flow as merchants
from tidegate.parties import flow as parties
from tidegate.rating.appeals import flow as appeals
from tidegate.rating.decisions import flow as decisions
from tidegate.rating.decisions.decision import Terms
from tidegate.rating.fact import Kind
from tidegate.rating.lines.store import LineRow
from tidegate.rating.measures import flow as measures
from tidegate.rating.publishing import flow as publishing
from tidegate.rating.runs import flow as runs
from tidegate.rating.standing import flow as standing


@pytest.fixture
def desk(conn: Conn) -> Desk:
    return open_desk(conn)


def kinds(desk: Desk, party: str) -> list[str]:
    """The restrictions in force on somebody."""
    return sorted(order.kind for order in parties.restrictions(desk.conn, [party], desk.now)[party])


def states(desk: Desk, merchant: str) -> dict[str, str]:
    return {m.measure: m.state for m in measures.of_subject(desk.conn, merchant)}


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    return pytest.RaisesExc(Refusal, check=lambda refusal: refusal.code == code)


def raised(desk: Desk, merchant: str) -> LineRow:
    """Mei and Anton say EXTREME to what is proposed, and it is told."""
    line = desk.line(merchant)
    desk.decide(line.id, "extreme", desk.mei, desk.anton)
    desk.tell_after_check(line.id)
    assert desk.tier(merchant).tier == "extreme"
    return line


def freezes(desk: Desk, merchant: str, count: int) -> list[str]:
    """So many people frozen through the merchant."""
    return [desk.confirmed(merchant, Kind.COUNTERPARTY_FREEZE, counterparty=f"cus_{n}").id for n in range(count)]


# --- EXTREME on corrected facts ----------------------------------------------------------------------------------


def test_extreme_is_put_right_by_two_others_once_what_carried_it_is_withdrawn(desk: Desk) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION, action="characterised")
    line = raised(desk, merchant.id)
    assert merchants.get(desk.conn, merchant.id).certification == "dismissed"
    desk.judge(fact.id, "false_positive", by=desk.olga)
    restated = desk.line(merchant.id)
    assert (restated.cause, restated.restates, restated.rule) == ("restatement", line.id, "T9")
    assert (restated.computed, restated.proposed, restated.person, restated.people) == ("low", "low", True, 2)
    assert desk.tier(merchant.id).tier == "extreme", "nobody has decided"
    for had_a_part in (desk.mei, desk.anton, desk.olga):
        with refused("line_raised_by_you"):
            desk.decide(restated.id, "low", had_a_part)
    ivan, zoe = (merchant_kit.staff(desk.house, name) for name in ("Ivan", "Zoe"))
    assert desk.decide(restated.id, "low", ivan) is None
    with refused("line_undecided"):
        desk.publish(restated.id)
    with refused("decision_differs"):
        desk.decide(restated.id, "medium", zoe)
    desk.decide(restated.id, "low", zoe)
    desk.tick()
    (*_, move) = standing.moves(desk.conn, merchant.id)
    assert (move.before, move.after, move.rule, len(move.people)) == ("extreme", "low", "T9", 2)
    assert set(states(desk, merchant.id).values()) == {"reversed"}
    assert kinds(desk, merchant.party_id) == []
    assert merchants.get(desk.conn, merchant.id).certification == "certified"
    assert merchants.matters(desk.conn, [merchant.id]) == []
    assert publishing.of(desk.conn, line.id) is not None, "what was told stays told"


def test_what_is_left_of_a_mass_freeze_is_high_and_no_lower(desk: Desk) -> None:
    merchant = desk.merchant()
    first, *_ = freezes(desk, merchant.id, 5)
    raised(desk, merchant.id)
    desk.judge(first, "false_positive", by=desk.olga)
    line = desk.line(merchant.id)
    assert (line.computed, line.proposed, line.rule) == ("high", "high", "T9")
    ivan, zoe = (merchant_kit.staff(desk.house, name) for name in ("Ivan", "Zoe"))
    with refused("tier_below_facts"):
        desk.decide(line.id, "medium", ivan)
    with refused("measure_missing"):
        desk.decide(line.id, "high", ivan)
    desk.decide(line.id, "high", ivan, zoe, preset="A")
    desk.publish(line.id)
    held = desk.tier(merchant.id)
    assert (held.tier, held.restriction_ends) == ("high", desk.now + timedelta(days=30))
    assert kinds(desk, merchant.party_id) == ["step_up", "withdrawal_delay"]


def test_a_sixth_freeze_withdrawn_leaves_it_as_it_is(desk: Desk) -> None:
    merchant = desk.merchant()
    first, *_ = freezes(desk, merchant.id, 6)
    line = raised(desk, merchant.id)
    desk.judge(first, "false_positive")
    assert desk.line(merchant.id).id == line.id


def test_a_correction_that_says_less_restates_once_it_is_judged(desk: Desk) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION, action="characterised")
    line = raised(desk, merchant.id)
    less = desk.told(merchant.id, Kind.AUTHORITY_ACTION, action="evidence_request", supersedes=fact.id)
    assert desk.line(merchant.id).id == line.id, "a telling alone takes nothing away"
    desk.judge(less.id)
    restated = desk.line(merchant.id)
    assert (restated.computed, restated.proposed, restated.restates) == ("high", "high", line.id)


def test_what_holds_again_is_nobodys_to_decide(desk: Desk) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION, action="characterised")
    raised(desk, merchant.id)
    desk.judge(fact.id, "false_positive")
    waiting = desk.line(merchant.id)
    desk.judge(fact.id, by=desk.olga)
    stands = desk.line(merchant.id)
    assert (stands.supersedes, stands.proposed, stands.person, stands.rule) == (waiting.id, "extreme", False, None)
    ivan = merchant_kit.staff(desk.house, "Ivan")
    with refused("line_superseded"):
        desk.decide(waiting.id, "low", ivan)
    assert desk.tick() == 0
    assert [m.kind for m in merchants.matters(desk.conn, [merchant.id])] == ["deduction"]
    desk.judge(fact.id, "false_positive", by=desk.olga)
    assert (desk.line(merchant.id).supersedes, desk.line(merchant.id).rule) == (stands.id, "T9")


def test_extreme_for_what_came_after_a_restriction_goes_back_to_high(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.raised_to_high(merchant.id)
    desk.house.wait(days=31)
    alert = desk.confirmed(merchant.id)
    desk.house.wait(days=1)
    other = desk.confirmed(merchant.id)
    line = raised(desk, merchant.id)
    assert (line.rule, line.computed) == ("T7", "medium")
    desk.judge(alert.id, "false_positive")
    assert desk.line(merchant.id).id == line.id, "the other event carries it still"
    desk.judge(other.id, "false_positive")
    restated = desk.line(merchant.id)
    assert (restated.computed, restated.proposed) == ("low", "high"), "the tier before the rise"


def test_what_happened_since_carries_extreme_on_its_own(desk: Desk) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION, action="characterised")
    line = raised(desk, merchant.id)
    freezes(desk, merchant.id, 5)
    desk.judge(fact.id, "false_positive")
    assert desk.line(merchant.id).id == line.id
    desk.house.wait(days=31)
    again = desk.told(merchant.id)
    desk.judge(again.id, "false_positive")
    restated = desk.line(merchant.id)
    assert (restated.cause, restated.proposed) == ("restatement", "low"), "no month has said so, and 30 days are over"


def test_a_month_told_since_carries_extreme_after_its_days(desk: Desk) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION, action="characterised")
    line = raised(desk, merchant.id)
    freezes(desk, merchant.id, 5)
    desk.month_over()
    done = desk.run()
    month = desk.line(merchant.id)
    desk.decide(month.id, "extreme", desk.olga)
    runs.publish(desk.conn, done.run.id, desk.mei, desk.now)
    desk.house.wait(days=40)
    desk.judge(fact.id, "false_positive")
    assert desk.line(merchant.id).id == month.id
    assert desk.tier(merchant.id).tier == "extreme"
    assert line.id != month.id


def test_the_bond_gets_back_what_a_wrong_line_took(desk: Desk) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION, action="characterised")
    line = raised(desk, merchant.id)
    told = publishing.of(desk.conn, line.id)
    assert told is not None
    (kept,) = merchants.matters(desk.conn, [merchant.id])
    assert kept.kind == "deduction", "the bond stays until the time for an appeal is over"
    desk.house.now = told.appeal_until
    desk.tick()
    assert merchant_kit.bond(desk.house, merchant.id).locked == 0
    assert merchants.matters(desk.conn, [merchant.id]) == []
    desk.judge(fact.id, "false_positive")
    ivan, zoe = (merchant_kit.staff(desk.house, name) for name in ("Ivan", "Zoe"))
    restated = desk.line(merchant.id)
    desk.decide(restated.id, "low", ivan, zoe)
    desk.publish(restated.id)
    bond = merchant_kit.bond(desk.house, merchant.id)
    assert (bond.locked, bond.required, bond.demand) == (10_000 * COIN_USDT, 10_000 * COIN_USDT, 0)
    assert states(desk, merchant.id)["full_deduction"] == "reversed"
    merchant_kit.agree(desk.house)


def test_the_whole_bond_waits_while_people_look_at_a_restatement(desk: Desk) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION, action="characterised")
    line = raised(desk, merchant.id)
    desk.judge(fact.id, "false_positive")
    told = publishing.of(desk.conn, line.id)
    assert told is not None
    desk.house.now = told.appeal_until + timedelta(days=1)
    assert desk.tick() == 0
    with refused("tier_not_reached"):
        desk.decide(desk.line(merchant.id).id, "extreme", merchant_kit.staff(desk.house, "Ivan"))
    desk.judge(fact.id, by=desk.olga)
    assert desk.tick() == 1, "the fact holds after all, and what waited is carried out"
    assert merchant_kit.bond(desk.house, merchant.id).locked == 0
    assert desk.tier(merchant.id).tier == "extreme"


def test_two_second_people_race_and_one_is_told(desk: Desk, database_url: str) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION, action="characterised")
    raised(desk, merchant.id)
    desk.judge(fact.id, "false_positive")
    line = desk.line(merchant.id)
    ivan, zoe, ada = (merchant_kit.staff(desk.house, name) for name in ("Ivan", "Zoe", "Ada"))
    desk.decide(line.id, "low", ivan)
    said: list[object] = []
    gate = threading.Barrier(2)

    def decide(person: str) -> None:
        with connect(database_url) as own:
            gate.wait()
            try:
                said.append(decisions.agree(own, line.id, "looked at it", person, desk.now))
            except Refusal as refusal:
                said.append(refusal.code)

    threads = [threading.Thread(target=decide, args=(person,)) for person in (zoe, ada)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one for one in said if isinstance(one, str)] == ["line_decided"]


# --- an appeal takes back what a line took -----------------------------------------------------------------------


def test_an_upheld_appeal_gives_back_the_bond_and_the_qualification(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(merchant.id)
    chosen = (("partial_deduction", "25"), ("dismissal", None), ("step_up", None))
    desk.decide(line.id, "high", desk.mei, desk.olga, measures=chosen)
    desk.tell_after_check(line.id)
    assert merchants.get(desk.conn, merchant.id).certification == "dismissed"
    assert merchant_kit.bond(desk.house, merchant.id).locked == 7_500 * COIN_USDT
    made = appeals.appeal(desk.conn, line.id, merchant.party_id, "not ours", merchant.party_id, desk.now)
    appeals.answer(desk.conn, made.id, "uphold", None, "shown", desk.anton, desk.now)
    assert states(desk, merchant.id) == {
        "partial_deduction": "reversed",
        "dismissal": "reversed",
        "step_up": "reversed",
        "warning": "done",
        "observation": "active",
    }
    assert merchants.get(desk.conn, merchant.id).certification == "certified"
    bond = merchant_kit.bond(desk.house, merchant.id)
    assert (bond.locked, bond.required, bond.demand) == (10_000 * COIN_USDT, 10_000 * COIN_USDT, 0)
    merchant_kit.agree(desk.house)


def test_what_another_line_dismissed_stays_dismissed(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE)
    first = desk.line(merchant.id)
    desk.decide(first.id, "high", desk.mei, desk.olga, measures=(("dismissal", None),))
    desk.tell_after_check(first.id)
    desk.confirmed(merchant.id)
    second = desk.line(merchant.id)
    desk.decide(second.id, "high", desk.mei, desk.olga, measures=(("dismissal", None),))
    desk.publish(second.id)
    made = appeals.appeal(desk.conn, second.id, merchant.party_id, "not ours", merchant.party_id, desk.now)
    appeals.answer(desk.conn, made.id, "uphold", "medium", "shown", desk.anton, desk.now)
    assert merchants.get(desk.conn, merchant.id).certification == "dismissed"


# --- interim measures, when the rating is told -------------------------------------------------------------------


def interim(desk: Desk, fact: str, measure: str = "freeze") -> str:
    made = measures.interim(
        desk.conn, fact, measure, None, 72, "at once", desk.house.setting.policy, desk.mei, desk.now
    )
    return made.id


def why(desk: Desk, measure: str) -> list[object]:
    """What the journal, and by it the merchant's mail, says of how a measure ended."""
    return [news.content.get("why") for news in about(desk.conn, measure) if news.kind == "rating.measure_ended"]


def test_an_interim_measure_is_replaced_by_those_of_the_rating(desk: Desk) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION)
    line = desk.line(merchant.id)
    freeze = interim(desk, fact.id)
    desk.decide(line.id, "high", preset="A", secret=True)
    desk.publish(line.id)
    assert measures.get(desk.conn, freeze).state == "replaced"
    assert kinds(desk, merchant.party_id) == ["step_up", "withdrawal_delay"]
    assert why(desk, freeze) == ["replaced"]


def test_an_interim_measure_that_the_rating_does_not_keep_ends_with_a_reason(desk: Desk) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION)
    freeze = interim(desk, fact.id)
    desk.decide(desk.line(merchant.id).id, "low", code="victim")
    desk.publish(desk.line(merchant.id).id)
    assert measures.get(desk.conn, freeze).state == "lifted"
    assert kinds(desk, merchant.party_id) == []
    assert why(desk, freeze) == ["not_kept"]


def test_a_month_that_knows_nothing_of_its_ground_leaves_an_interim_measure(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.month_over()
    done = desk.run()
    freeze = interim(desk, desk.confirmed(merchant.id, severity="critical").id)
    runs.publish(desk.conn, done.run.id, desk.mei, desk.now)
    assert measures.get(desk.conn, freeze).state == "active"


def test_an_interim_measure_ends_when_its_ground_turns_out_to_be_none(desk: Desk) -> None:
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, severity="critical")
    other = interim(desk, desk.confirmed(merchant.id, severity="high").id, "step_up")
    freeze = interim(desk, fact.id)
    desk.judge(fact.id, "false_positive")
    assert (measures.get(desk.conn, freeze).state, measures.get(desk.conn, other).state) == ("lifted", "active")
    assert why(desk, freeze) == ["ground_gone"]


def test_the_merchant_is_told_why_it_ended_and_what_came_back(desk: Desk, tmp_path: Path) -> None:
    post = Post(desk.house, tmp_path)
    merchant = desk.merchant()
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION)
    interim(desk, fact.id)
    line = desk.line(merchant.id)
    desk.decide(
        line.id, "high", desk.olga, desk.anton, measures=(("partial_deduction", "25"), ("dismissal", None)), secret=True
    )
    post.deliver()
    desk.publish(line.id)
    over = next(mail for mail in post.deliver() if mail["Subject"] == "A measure until your rating has ended")
    assert "your account is frozen" in words(over)
    assert "your rating was told, and its measures hold instead" in words(over)
    made = appeals.appeal(desk.conn, line.id, merchant.party_id, "not ours", merchant.party_id, desk.now)
    appeals.answer(desk.conn, made.id, "uphold", None, "shown", desk.mei, desk.now)
    told = [str(mail["Subject"]) for mail in post.deliver()]
    assert "You are a merchant again" in told
    assert "2500 USDT are back in your bond" in told


# --- bonds while people have to decide a month -------------------------------------------------------------------


def test_no_bond_goes_back_while_a_month_waits_for_people(desk: Desk) -> None:
    quiet, frozen = desk.merchant(), desk.merchant()
    fact = desk.told(frozen.id, Kind.COUNTERPARTY_FREEZE, at=desk.now, known_at=desk.now)
    desk.judge(fact.id)
    event = desk.line(frozen.id)
    desk.month_over()
    done = desk.run()
    month = desk.line(frozen.id)
    assert month.cause == "month"
    assert {m.ref for m in merchants.matters(desk.conn, [frozen.id])} == {event.id, month.id}
    assert merchants.matters(desk.conn, [quiet.id]) == [], "the text decides, and nobody is waited for"
    desk.decide(event.id, "high", preset="A", secret=True)
    desk.publish(event.id)
    desk.decide(month.id, "high")
    assert [m.ref for m in merchants.matters(desk.conn, [frozen.id])] == [month.id], "decided is not told"
    runs.publish(desk.conn, done.run.id, desk.mei, desk.now)
    assert merchants.matters(desk.conn, [frozen.id]) == []


def test_a_month_drawn_again_keeps_the_bond_once(desk: Desk) -> None:
    merchant = desk.merchant()
    alert = desk.told(merchant.id)
    desk.month_over()
    desk.run()
    (matter,) = merchants.matters(desk.conn, [merchant.id])
    assert matter.ref == desk.line(merchant.id).id
    desk.judge(alert.id, "false_positive")
    desk.run()
    assert desk.line(merchant.id).person is False
    assert merchants.matters(desk.conn, [merchant.id]) == []


def test_a_decision_that_differs_between_the_two_is_named(desk: Desk) -> None:
    """The second person of a restatement agrees to exactly the same terms, like everybody who ends what is final."""
    merchant = desk.merchant()
    freezes(desk, merchant.id, 5)
    raised(desk, merchant.id)
    desk.judge(desk.line(merchant.id).facts[0], "false_positive", by=desk.olga)
    ivan, zoe = (merchant_kit.staff(desk.house, name) for name in ("Ivan", "Zoe"))
    line = desk.line(merchant.id).id
    desk.decide(line, "high", ivan, preset="A")
    with refused("decision_differs"):
        decisions.decide(desk.conn, line, Terms("high", "as_computed", preset="B"), "no", zoe, desk.now)
