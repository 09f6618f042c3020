"""A merchant's life on a real PostgreSQL (S2 Art. 2)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import merchant_kit as kit
import psycopg
import pytest
from house import COIN_USDT as COIN
from house import USDT, House, furnish
from merchant_kit import REQUIRED, RULES, applied, bond, certified, leave, lock, person, policy, time

from tidegate.base.refusals import Refusal
from tidegate.cases import flow as cases
from tidegate.db import Conn, act, connect, journal
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.links import flow as links
from tidegate.p2p.merchants import flow
from tidegate.p2p.merchants.merchant import Certification
from tidegate.p2p.scope import flow as scope
from tidegate.parties import flow as parties

C = Certification


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def refused(does: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught:
        does()
    return caught.value.code


def grounds(house: House, subject: str) -> list[str]:
    return [one.ground for one in scope.intervals(house.conn, subject)]


def standing(house: House, id: str) -> Certification:
    return flow.get(house.conn, id).certification


# --- the whole way -----------------------------------------------------------------------------------------------


def test_a_life_from_application_to_the_bond_back(house: House) -> None:
    who = person(house)
    merchant = applied(house, who)
    assert (merchant.certification, merchant.subject_id, merchant.country) == (C.PENDING, merchant.id, "DE")
    assert scope.intervals(house.conn, merchant.id) == [], "an application without a bond is not rated"
    house.wait(hours=1)
    lock(house, merchant.id)
    house.wait(hours=1)
    assert flow.certify(house.conn, merchant.id, "all there", "mei", house.now).may_trade
    house.wait(days=40)
    assert leave(house, merchant.id).certification is C.EXITING
    assert time(house, days=29, hours=23) == 0
    assert kit.bond(house, merchant.id).locked == REQUIRED
    assert time(house, hours=1) == 2
    gone = flow.get(house.conn, merchant.id)
    assert (gone.certification, gone.closed_at) == (C.CLOSED, house.now)
    assert house.available(who) == 20_000 * COIN
    assert grounds(house, merchant.id) == ["application", "certified", "exit"]
    first, second, third = scope.intervals(house.conn, merchant.id)
    assert (first.until_at, second.until_at, third.until_at) == (second.from_at, third.from_at, house.now)
    kit.agree(house)


def test_the_journal_tells_the_life_and_names_nobody(house: House) -> None:
    merchant = certified(house)
    leave(house, merchant.id)
    time(house, days=30)
    told = [news.kind for news in journal.about(house.conn, merchant.id)]
    assert [kind for kind in told if kind.startswith("merchant.") and kind != "merchant.scope"] == [
        "merchant.applied",
        "merchant.certified",
        "merchant.exit_asked",
        "merchant.exit_approved",
        "merchant.closed",
    ]
    assert not any("Lovelace" in news.body for news in journal.about(house.conn, merchant.id))


# --- apply and agree ---------------------------------------------------------------------------------------------


def test_consent_is_recorded_and_declining_the_rules_asks_to_leave(house: House) -> None:
    merchant = certified(house)
    said = flow.consent(house.conn, merchant.id, RULES, False, policy(house), "cus_test", house.now)
    assert (said.certification, said.rules_version) == (C.EXITING, None)
    assert [(one.rules_version, one.agreed) for one in flow.consents(house.conn, merchant.id)] == [
        (RULES, True),
        (RULES, False),
    ]
    again = flow.consent(house.conn, merchant.id, RULES, False, policy(house), "cus_test", house.now)
    assert again.certification is C.EXITING


def test_nobody_agrees_to_rules_of_yesterday(house: House) -> None:
    who = person(house)
    late = lambda: flow.apply(house.conn, who.id, "2026-10", policy(house), who.id, house.now)  # noqa: E731
    assert refused(late) == "rules_version_stale"
    merchant = applied(house, who)
    stale = lambda: flow.consent(house.conn, merchant.id, "1", True, policy(house), who.id, house.now)  # noqa: E731
    assert refused(stale) == "rules_version_stale"


def test_one_merchant_account_at_a_time_and_a_new_one_after_leaving_is_the_same_person(house: House) -> None:
    who = person(house)
    first = certified(house, who)
    assert refused(lambda: applied(house, who)) == "merchant_exists"
    leave(house, first.id)
    assert refused(lambda: applied(house, who)) == "merchant_exists"
    time(house, days=30)
    second = applied(house, who)
    assert (second.id != first.id, second.subject_id) == (True, first.id)
    assert refused(lambda: flow.apply(house.conn, "cus_0", RULES, policy(house), "x", house.now)) == "customer_unknown"


def at_once(url: str, count: int, does: Callable[[Conn, int], object]) -> list[str]:
    """So many people do something at once, each on their own connection: "done", or the code of the refusal."""

    def one(number: int) -> str:
        with connect(url) as conn:
            try:
                does(conn, number)
            except Refusal as refusal:
                return refusal.code
        return "done"

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_twenty_applications_of_one_customer_make_one_merchant(house: House, database_url: str) -> None:
    who, numbers = person(house), policy(house)
    said = at_once(database_url, 20, lambda conn, _: flow.apply(conn, who.id, RULES, numbers, who.id, house.now))
    assert (said.count("done"), said.count("merchant_exists")) == (1, 19)


# --- a person decides --------------------------------------------------------------------------------------------


def test_what_certification_needs(house: House) -> None:
    def certify(id: str) -> Callable[[], object]:
        return lambda: flow.certify(house.conn, id, "all there", "mei", house.now)

    nameless = applied(house, person(house, name=None))
    assert refused(certify(nameless.id)) == "identity_missing"
    merchant = applied(house, who := person(house))
    assert refused(certify(merchant.id)) == "bond_short"
    lock(house, merchant.id, REQUIRED - 1)
    assert refused(certify(merchant.id)) == "bond_short"
    lock(house, merchant.id, 1)
    parties.restrict(house.conn, who.id, "trade_block", None, "looked at", "mei", house.now)
    assert refused(certify(merchant.id)) == "party_restricted"
    assert refused(certify("mer_0")) == "merchant_unknown"
    assert refused(lambda: flow.certify(house.conn, merchant.id, " ", "mei", house.now)) == "reason_invalid"


def test_who_declined_the_rules_is_not_certified(house: House) -> None:
    merchant = applied(house, person(house))
    lock(house, merchant.id)
    flow.consent(house.conn, merchant.id, RULES, False, policy(house), "cus_test", house.now)
    kit.answer(house, merchant.id, "merchant_exit", "decline")
    assert standing(house, merchant.id) is C.PENDING
    assert refused(lambda: flow.certify(house.conn, merchant.id, "why not", "mei", house.now)) == "rules_not_agreed"


def test_a_rejected_merchant_is_rated_while_the_bond_is_locked_and_may_apply_again(house: House) -> None:
    who = person(house)
    merchant = applied(house, who)
    lock(house, merchant.id)
    assert flow.reject(house.conn, merchant.id, "papers missing", "mei", house.now).certification is C.REJECTED
    assert grounds(house, merchant.id) == ["application"]
    assert scope.intervals(house.conn, merchant.id)[-1].until_at is None
    assert refused(lambda: flow.reject(house.conn, merchant.id, "again", "mei", house.now)) == "merchant_not_pending"
    again = applied(house, who)
    assert (again.id, again.certification, again.reason) == (merchant.id, C.PENDING, None)
    assert flow.certify(house.conn, merchant.id, "papers came", "mei", house.now).certification is C.CERTIFIED


def test_a_rejected_merchant_gets_the_bond_back_by_leaving(house: House) -> None:
    merchant = applied(house, who := person(house))
    lock(house, merchant.id, 5)
    flow.reject(house.conn, merchant.id, "papers missing", "mei", house.now)
    leave(house, merchant.id)
    assert grounds(house, merchant.id)[-1] == "exit"
    time(house, days=30)
    assert standing(house, merchant.id) is C.CLOSED
    assert house.available(who) == 20_000 * COIN


def test_two_people_decide_at_once_and_one_is_told(house: House, database_url: str) -> None:
    merchant = applied(house, person(house))
    lock(house, merchant.id)

    def decide(conn: Conn, number: int) -> None:
        if number % 2:
            flow.certify(conn, merchant.id, "all there", "mei", house.now)
        else:
            flow.reject(conn, merchant.id, "not all there", "anton", house.now)

    said = at_once(database_url, 10, decide)
    assert (said.count("done"), said.count("merchant_not_pending")) == (1, 9)


def test_dismissal_ends_the_qualification_and_keeps_what_is_left_of_the_bond_for_them(house: House) -> None:
    merchant = certified(house, who := person(house))
    with act(house.conn, "mei", house.now) as tx:
        assert flow.dismiss(tx, merchant.id, "mea_1", "extreme", policy(house)).certification is C.DISMISSED
        flow.dismiss(tx, merchant.id, "mea_1", "extreme", policy(house))
    (noted,) = [news for news in journal.about(house.conn, merchant.id) if news.kind == "merchant.dismissed"]
    assert noted.content["decision"] == "mea_1"
    assert grounds(house, merchant.id) == []  # certified and dismissed at one instant
    assert bond(house, merchant.id).locked == REQUIRED
    assert bond(house, merchant.id).demand == 0
    assert refused(lambda: applied(house, who)) == "merchant_dismissed"
    leave(house, merchant.id)
    assert standing(house, merchant.id) is C.DISMISSED
    time(house, days=30)
    assert (standing(house, merchant.id), house.available(who)) == (C.DISMISSED, 20_000 * COIN)
    assert flow.get(house.conn, merchant.id).closed_at == house.now
    assert refused(lambda: flow.ask_exit(house.conn, merchant.id, "?", policy(house), "x", house.now)) != "exit_asked"


# --- linking -----------------------------------------------------------------------------------------------------


def test_a_person_links_two_accounts_and_the_scope_goes_on_under_the_first(house: House) -> None:
    first, second = certified(house), applied(house, person(house))
    house.wait(hours=1)
    lock(house, second.id)
    house.wait(hours=1)
    linked = links.link(house.conn, second.id, first.id, "identity_document", "the same passport", "mei", house.now)
    assert linked.subject_id == first.id
    assert [one.id for one in flow.person(house.conn, first.id)] == [first.id, second.id]
    (ended,) = scope.intervals(house.conn, second.id)
    assert ended.until_at == house.now
    assert grounds(house, first.id) == ["certified"]
    again = lambda: links.link(house.conn, first.id, second.id, "authority", "again", "mei", house.now)  # noqa: E731
    assert refused(again) == "linked_already"
    (link,) = links.of(house.conn, first.id)
    assert (link.merchant_id, link.subject_before, link.evidence) == (second.id, second.id, "identity_document")


def test_the_person_stays_rated_while_one_of_the_accounts_is(house: House) -> None:
    first, second = certified(house), certified(house, person(house))
    links.link(house.conn, second.id, first.id, "own_statement", "said so", "mei", house.now)
    leave(house, first.id)
    time(house, days=30)
    assert standing(house, first.id) is C.CLOSED
    assert scope.intervals(house.conn, first.id)[-1].until_at is None


def test_a_shared_phone_links_nobody(house: House) -> None:
    first, second = certified(house), certified(house, person(house))
    does = lambda: links.link(house.conn, second.id, first.id, "shared_device", "one phone", "mei", house.now)  # noqa: E731
    assert refused(does) == "link_evidence_weak"


def test_accounts_linked_from_both_sides_at_once_end_as_one_person(house: House, database_url: str) -> None:
    ids = [certified(house, person(house)).id for _ in range(4)]

    def link(conn: Conn, number: int) -> None:
        one, other = ids[number % 4], ids[(number + 1) % 4]
        links.link(conn, one, other, "own_statement", "said so", "mei", house.now)

    assert set(at_once(database_url, 8, link)) <= {"done", "linked_already", "merchant_changed"}
    for number in range(4):  # whoever was told to look again does
        try:
            link(house.conn, number)
        except Refusal as refusal:
            assert refusal.code == "linked_already"  # noqa: PT017
    assert {flow.get(house.conn, id).subject_id for id in ids} == {ids[0]}


# --- leave -------------------------------------------------------------------------------------------------------


def test_who_asks_to_leave_is_rated_as_certified_until_a_person_agrees(house: House) -> None:
    merchant = certified(house)
    house.wait(days=1)
    asked = flow.ask_exit(house.conn, merchant.id, "moving on", policy(house), "cus_test", house.now)
    assert (asked.certification, asked.may_trade) == (C.EXITING, False)
    assert grounds(house, merchant.id) == ["certified"]
    twice = lambda: flow.ask_exit(house.conn, merchant.id, "now", policy(house), "cus_test", house.now)  # noqa: E731
    assert refused(twice) == "exit_asked"
    kit.deduct(house, merchant.id, REQUIRED)
    assert scope.intervals(house.conn, merchant.id)[-1].until_at is None, "an empty bond is no way out of the rating"


def test_a_declined_wish_changes_nothing(house: House) -> None:
    merchant = certified(house)
    flow.ask_exit(house.conn, merchant.id, "moving on", policy(house), "cus_test", house.now)
    kit.answer(house, merchant.id, "merchant_exit", "decline")
    back = flow.get(house.conn, merchant.id)
    assert (back.certification, back.exit_asked_at) == (C.CERTIFIED, None)
    assert bond(house, merchant.id).release_at is None
    flow.ask_exit(house.conn, merchant.id, "moving on", policy(house), "cus_test", house.now)


def test_the_merchant_does_not_answer_their_own_wish(house: House) -> None:
    merchant = certified(house)
    key = kit.staff(house, "Mei")
    flow.ask_exit(house.conn, merchant.id, "for them", policy(house), key, house.now)
    (case,) = cases.about(house.conn, merchant.id)
    own = lambda: cases.answer(house.conn, case.id, key, "approve", "fine", house.now)  # noqa: E731
    assert refused(own) == "case_own_request"


def test_no_bond_goes_back_while_something_is_open_or_owed(house: House) -> None:
    merchant = certified(house, who := person(house))
    leave(house, merchant.id)
    with act(house.conn, "mei", house.now) as tx:
        flow.open_matter(tx, merchant.id, "dispute", "ord_1")
        flow.open_matter(tx, merchant.id, "dispute", "ord_1")
    assert time(house, days=60) == 0
    kit.deduct(house, merchant.id, REQUIRED + 1)
    with act(house.conn, "mei", house.now) as tx:
        flow.close_matter(tx, merchant.id, "ord_1")
        flow.close_matter(tx, merchant.id, "ord_1")
    assert time(house, days=60) <= 1  # the debt is overdue; nothing else happens
    assert standing(house, merchant.id) is C.EXITING
    kit.top_up(house, merchant.id, 1)
    assert time(house) == 1
    assert (standing(house, merchant.id), house.available(who)) == (C.CLOSED, 10_000 * COIN - 1)
    kit.agree(house)


def test_a_matter_that_opens_after_the_approval_holds_the_bond_and_lets_go_of_it(house: House) -> None:
    merchant = certified(house)
    leave(house, merchant.id)
    house.wait(days=29)
    with act(house.conn, "rating", house.now) as tx:
        flow.open_matter(tx, merchant.id, "rating", "rat_1")
    assert [(m.kind, m.ref) for m in flow.matters(house.conn, [merchant.id])] == [("rating", "rat_1")]
    assert time(house, days=2) == 0
    with act(house.conn, "rating", house.now) as tx:
        flow.close_matter(tx, merchant.id, "rat_1")
    assert time(house) == 2
    assert standing(house, merchant.id) is C.CLOSED


def test_a_merchant_without_a_bond_leaves_as_soon_as_a_person_agrees(house: House) -> None:
    merchant = applied(house, person(house))
    leave(house, merchant.id)
    assert time(house) == 1
    assert standing(house, merchant.id) is C.CLOSED


def test_a_dismissal_that_was_wrong_is_taken_back_with_what_was_taken(house: House) -> None:
    merchant = certified(house)
    kit.deduct(house, merchant.id, REQUIRED, decision="mea_2")
    with act(house.conn, "mei", house.now) as tx:
        flow.dismiss(tx, merchant.id, "mea_1", "extreme", policy(house))
    leave(house, merchant.id)
    house.wait(days=1)
    with act(house.conn, "ines", house.now) as tx:
        back = flow.reinstate(tx, merchant.id, "apl_1", "the appeal was right", policy(house))
        bonds.give_back(tx, merchant.id, USDT, decision="mea_2", reason="the appeal was right", policy=policy(house))
        assert flow.reinstate(tx, merchant.id, "apl_1", "again", policy(house)) == back
    assert (back.certification, back.exit_open) == (C.CERTIFIED, False)
    now = bond(house, merchant.id)
    assert (now.required, now.locked, now.demand, now.top_up_due_at) == (REQUIRED, REQUIRED, 0, None)
    assert scope.intervals(house.conn, merchant.id)[-1].ground == "certified"
    kit.agree(house)


def test_who_was_dismissed_wrongly_and_has_left_may_apply_anew(house: House) -> None:
    merchant = certified(house, who := person(house))
    with act(house.conn, "mei", house.now) as tx:
        flow.dismiss(tx, merchant.id, "mea_1", "extreme", policy(house))
    leave(house, merchant.id)
    time(house, days=30)
    with act(house.conn, "ines", house.now) as tx:
        assert flow.reinstate(tx, merchant.id, "apl_1", "right", policy(house)).certification is C.CLOSED
    assert applied(house, who).subject_id == merchant.id


def test_dismissed_while_leaving_the_bond_stops_going_back(house: House) -> None:
    merchant = certified(house)
    leave(house, merchant.id)
    with act(house.conn, "mei", house.now) as tx:
        flow.dismiss(tx, merchant.id, "mea_1", "extreme", policy(house))
    assert time(house, days=60) == 0
    assert bond(house, merchant.id).locked == REQUIRED


def test_dismissed_while_the_wish_waits_the_question_is_moot(house: House) -> None:
    merchant = certified(house)
    flow.ask_exit(house.conn, merchant.id, "moving on", policy(house), "cus_test", house.now)
    with act(house.conn, "mei", house.now) as tx:
        flow.dismiss(tx, merchant.id, "mea_1", "extreme", policy(house))
    (case,) = cases.about(house.conn, merchant.id)
    assert case.status == "moot"


# --- what the database refuses -----------------------------------------------------------------------------------


def test_a_closed_interval_never_changes(house: House) -> None:
    merchant = certified(house)
    house.wait(days=1)
    leave(house, merchant.id)
    for change in (
        "UPDATE p2p_scope SET until_at = now() WHERE ground = 'certified'",
        "UPDATE p2p_scope SET ground = 'certified' WHERE until_at IS NULL",
        "DELETE FROM p2p_scope",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            house.conn.execute(change)


def test_intervals_of_a_person_never_overlap(house: House) -> None:
    merchant = certified(house)
    leave(house, merchant.id)
    time(house, days=30)
    found = scope.intervals(house.conn, merchant.id)
    for before, after in pairwise(found):
        assert before.until_at is not None
        assert before.until_at <= after.from_at
    with pytest.raises(psycopg.errors.UniqueViolation):
        house.conn.execute(
            "INSERT INTO p2p_scope (subject_id, from_at, ground) VALUES (%s, now(), 'exit'), (%s, now(), 'exit')",
            [merchant.id, merchant.id],
        )


def test_pages_of_merchants(house: House) -> None:
    ids = [applied(house, person(house)).id for _ in range(3)]
    flow.reject(house.conn, ids[1], "papers missing", "mei", house.now)
    assert [one.id for one in flow.page(house.conn)] == ids[::-1]
    assert [one.id for one in flow.page(house.conn, "pending", limit=1)] == [ids[2]]
    assert [one.id for one in flow.page(house.conn, "pending", before=ids[2])] == [ids[0]]
    assert refused(lambda: flow.page(house.conn, "famous")) == "certification_unknown"
    assert bonds.of(house.conn, ids[0]) == []
