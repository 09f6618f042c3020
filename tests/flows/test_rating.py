"""Ratings on a real database: facts, events between months, a month's run, decisions, telling, falls, appeals."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from rating_kit import Desk, open_desk

from tidegate.base.refusals import Refusal
from tidegate.db import Conn, connect
from tidegate.db.journal import about
from tidegate.parties import flow as parties
from tidegate.rating.appeals import flow as appeals
from tidegate.rating.calendars import flow as calendars
from tidegate.rating.decisions import flow as decisions
from tidegate.rating.decisions.decision import Terms
from tidegate.rating.events import flow as events
from tidegate.rating.fact import Kind
from tidegate.rating.facts import flow as facts
from tidegate.rating.lines import flow as lines
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


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    return pytest.RaisesExc(Refusal, check=lambda refusal: refusal.code == code)


# --- facts -------------------------------------------------------------------------------------------------------


def test_a_fact_that_is_told_twice_counts_once(desk: Desk) -> None:
    merchant = desk.merchant()
    told = desk.telling(merchant.id)
    first, second = (facts.record(desk.conn, [told], "monitor", desk.now)[0] for _ in range(2))
    assert isinstance(first, facts.Recorded)
    assert isinstance(second, facts.Recorded)
    assert (first.duplicate, second.duplicate, first.fact.id) == (False, True, second.fact.id)


def test_another_fact_under_the_same_name_is_refused_and_keeps_out_no_other(desk: Desk) -> None:
    merchant = desk.merchant()
    told = desk.telling(merchant.id, source_id="x")
    other = desk.telling(merchant.id, source_id="x", severity="high")
    good = desk.telling(merchant.id)
    done = facts.record(desk.conn, [told, other, good], "monitor", desk.now)
    assert [getattr(one, "code", "kept") for one in done] == ["kept", "fact_source_reused", "kept"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("at", datetime(1900, 1, 1, tzinfo=UTC), "fact_date_sentinel"),
        ("known_at", datetime(1900, 1, 1, tzinfo=UTC), "fact_date_sentinel"),
        ("at", datetime(2099, 1, 1, tzinfo=UTC), "fact_in_future"),
        ("known_at", datetime(2099, 1, 1, tzinfo=UTC), "fact_in_future"),
        ("severity", "awful", "fact_severity_invalid"),
        ("source", "", "fact_source_invalid"),
        ("merchant_id", "mer_nobody", "merchant_unknown"),
        ("supersedes", "fct_nothing", "fact_unknown"),
    ],
)
def test_a_bad_fact_is_refused_with_its_code(desk: Desk, field: str, value: object, code: str) -> None:
    told = desk.telling(desk.merchant().id)
    import dataclasses

    (done,) = facts.record(desk.conn, [dataclasses.replace(told, **{field: value})], "monitor", desk.now)  # type: ignore[arg-type]
    assert isinstance(done, Refusal)
    assert done.code == code


def test_a_claim_cannot_be_told_as_attributed(desk: Desk) -> None:
    told = desk.telling(desk.merchant().id, Kind.COUNTERPARTY_FREEZE, level="E1", attributed=True)
    (done,) = facts.record(desk.conn, [told], "monitor", desk.now)
    assert isinstance(done, Refusal)
    assert done.code == "fact_unattributable"


def test_a_correction_takes_the_place_of_a_fact_once_a_person_has_judged_it(desk: Desk) -> None:
    merchant = desk.merchant()
    wrong = desk.confirmed(merchant.id)
    right = desk.told(merchant.id, supersedes=wrong.id)
    assert facts.get(desk.conn, wrong.id).corrected_by is None, "a telling alone takes nothing away"
    desk.judge(right.id, "false_positive")
    assert facts.get(desk.conn, wrong.id).corrected_by == right.id
    with refused("fact_corrected_already"):
        desk.judge(wrong.id, "false_positive")
    with refused("fact_corrected_already"):
        desk.told(merchant.id, supersedes=wrong.id)


def test_facts_are_never_changed(desk: Desk) -> None:
    desk.told(desk.merchant().id)
    for statement in ("UPDATE rating_fact SET severity = 'high'", "DELETE FROM rating_fact"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            desk.conn.execute(statement)


def test_an_exemption_is_applied_by_another_person_while_it_holds(desk: Desk) -> None:
    merchant = desk.merchant()
    factor = desk.told(merchant.id, Kind.REFERENCE_FACTOR)
    span = (desk.now - timedelta(days=1), desk.now + timedelta(days=30))
    known = facts.exempt(desk.conn, merchant.id, "5.3b", "salaries", "Compliance", span, desk.mei, desk.now)
    other = facts.exempt(desk.conn, merchant.id, "5.3a", "salaries", "Compliance", span, desk.mei, desk.now)

    def exempt(exemption: str, by: str) -> None:
        events.judged(desk.conn, factor.id, "exempt", "documented", by, desk.now, exemption)

    with refused("exemption_own"):
        exempt(known.id, desk.mei)
    with refused("exemption_not_in_force"):
        exempt(other.id, desk.anton)
    overlapping = facts.exempt(desk.conn, merchant.id, "5.3b", "rents", "Compliance", span, desk.mei, desk.now)
    facts.end_exemption(desk.conn, known.id, desk.mei, desk.now)
    with refused("exemption_not_in_force"):
        exempt(known.id, desk.anton)
    exempt(overlapping.id, desk.anton)
    assert facts.get(desk.conn, factor.id).disposition == "exempt"
    assert desk.tier(merchant.id).tier == "low"


# --- between months ----------------------------------------------------------------------------------------------


def test_a_confirmed_alert_moves_low_to_medium_at_once_with_warning_and_observation(desk: Desk) -> None:
    merchant = desk.merchant()
    alert = desk.told(merchant.id)
    assert desk.tier(merchant.id).tier == "low", "an alert that nobody has judged moves nothing between months"
    desk.judge(alert.id)
    held = desk.tier(merchant.id)
    assert (held.tier, held.since) == ("medium", desk.now)
    assert held.observation_ends == desk.now + timedelta(days=60)
    assert kinds(desk, merchant.party_id) == ["watch"]
    assert [m.measure for m in measures.of_subject(desk.conn, merchant.id)] == ["warning", "observation"]
    assert [m.rule for m in standing.moves(desk.conn, merchant.id)] == ["T1"]


def test_a_false_alert_moves_nothing(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.judge(desk.told(merchant.id).id, "false_positive")
    assert desk.tier(merchant.id).since is None


def test_a_new_event_in_observation_is_proposed_as_high_and_holds_once_decided_and_told(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id)
    desk.house.wait(days=1)
    desk.confirmed(merchant.id)
    line = desk.line(merchant.id)
    assert (line.computed, line.proposed, line.rule, line.person) == ("medium", "high", "T4", True)
    assert desk.tier(merchant.id).tier == "medium"
    desk.decide(line.id, "high", preset="A")
    with refused("check_running"):
        desk.publish(line.id)
    desk.tell_after_check(line.id)
    held = desk.tier(merchant.id)
    assert (held.tier, held.restriction_ends) == ("high", desk.now + timedelta(days=30))
    assert kinds(desk, merchant.party_id) == ["step_up", "watch", "withdrawal_delay"]


def test_an_event_lifts_once(desk: Desk) -> None:
    merchant = desk.merchant()
    alert = desk.confirmed(merchant.id)
    desk.house.wait(days=1)
    corrected = desk.told(merchant.id, severity="high", supersedes=alert.id)
    desk.judge(corrected.id)
    assert desk.tier(merchant.id).tier == "medium"
    assert [m.after for m in standing.moves(desk.conn, merchant.id)] == ["medium"], "the same event, said better"


def test_a_retracted_fact_draws_its_proposal_again(desk: Desk) -> None:
    merchant = desk.merchant()
    freeze = desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(merchant.id)
    assert line.proposed == "high"
    desk.judge(freeze.id, "false_positive")
    again = desk.line(merchant.id)
    assert (again.supersedes, again.proposed, again.person) == (line.id, "low", False)
    with refused("line_superseded"):
        desk.decide(line.id, "high", preset="A")


# --- deciding ----------------------------------------------------------------------------------------------------


def test_two_people_racing_to_decide_one_line_one_wins_and_the_other_is_told(desk: Desk, database_url: str) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(merchant.id)
    said: list[object] = []
    gate = threading.Barrier(2)

    def decide(person: str, tier: str) -> None:
        with connect(database_url) as own:
            gate.wait()
            terms = Terms(tier, "context", preset="A" if tier == "high" else None)
            try:
                said.append(decisions.decide(own, line.id, terms, "looked at it", person, desk.now))
            except Refusal as refusal:
                said.append(refusal.code)

    threads = [threading.Thread(target=decide, args=a) for a in ((desk.mei, "high"), (desk.anton, "medium"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(one, str) for one in said) == [False, True]
    assert "line_decided" in said


def extreme(desk: Desk, merchant: str) -> str:
    """Facts that amount to EXTREME; the line."""
    desk.confirmed(merchant, Kind.AUTHORITY_ACTION, action="characterised")
    return desk.line(merchant).id


def test_extreme_takes_two_people_who_told_none_of_its_facts_and_agree_to_the_same(desk: Desk) -> None:
    merchant = desk.merchant()
    told = desk.told(merchant.id, Kind.AUTHORITY_ACTION, by=desk.olga, action="characterised")
    desk.judge(told.id)
    line = desk.line(merchant.id).id
    with refused("line_raised_by_you"):
        desk.decide(line, "extreme", desk.olga)
    assert desk.decide(line, "extreme", desk.mei) is None
    with refused("line_voted_already"):
        desk.decide(line, "extreme", desk.mei)
    with refused("decision_differs"):
        desk.decide(line, "extreme", desk.anton, secret=True)
    made = desk.decide(line, "extreme", desk.anton)
    assert made is not None
    assert made.decided_by == sorted([desk.mei, desk.anton])
    desk.tell_after_check(line)
    assert desk.tier(merchant.id).tier == "extreme"
    assert kinds(desk, merchant.party_id) == ["trade_block", "trade_block", "withdrawal_block"]
    states = {m.measure: m.state for m in measures.of_subject(desk.conn, merchant.id)}
    assert states["full_deduction"] == "waiting", "the whole bond waits for the appeal"


def test_secrecy_skips_the_check(desk: Desk) -> None:
    merchant = desk.merchant()
    line = extreme(desk, merchant.id)
    made = desk.decide(line, "extreme", desk.mei, desk.anton, secret=True)
    assert made is not None
    assert made.check_until is None
    desk.publish(line)
    with refused("line_unknown"):
        decisions.comment(desk.conn, line, merchant.party_id, "not us", merchant.party_id, desk.now)


def test_the_whole_bond_is_taken_once_nobody_can_appeal_any_more(desk: Desk) -> None:
    merchant = desk.merchant()
    line = extreme(desk, merchant.id)
    desk.decide(line, "extreme", desk.mei, desk.anton)
    told = desk.tell_after_check(line)
    assert desk.tick() == 0
    assert sum(b.locked for b in desk_bonds(desk, merchant.id)) > 0
    desk.house.now = told.appeal_until
    assert desk.tick() == 1
    assert sum(b.locked for b in desk_bonds(desk, merchant.id)) == 0
    assert desk.tick() == 0


def desk_bonds(desk: Desk, merchant: str) -> list[object]:
    from tidegate.rating.subjects import flow as subjects

    return list(subjects.bonds(desk.conn, merchant))


def test_a_merchant_answers_a_decision_before_it_is_told_and_nobody_else_does(desk: Desk) -> None:
    merchant, other = desk.merchant(), desk.merchant()
    desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(merchant.id)
    with refused("line_unknown"):
        decisions.comment(desk.conn, line.id, merchant.party_id, "too early", merchant.party_id, desk.now)
    made = desk.decide(line.id, "high", preset="B")
    assert made is not None
    with refused("line_unknown"):
        decisions.comment(desk.conn, line.id, other.party_id, "not mine", other.party_id, desk.now)
    decisions.comment(desk.conn, line.id, merchant.party_id, "we paid him back", merchant.party_id, desk.now)
    assert made.check_until is not None
    desk.house.now = made.check_until
    with refused("check_over"):
        decisions.comment(desk.conn, line.id, merchant.party_id, "too late", merchant.party_id, desk.now)


@pytest.mark.parametrize(
    ("tier", "more", "code"),
    [
        ("awful", {}, "tier_unknown"),
        ("high", {"code": "because"}, "code_unknown"),
        ("high", {}, "measure_missing"),
        ("high", {"preset": "D"}, "preset_unknown"),
        ("medium", {"preset": "A"}, "measure_not_of_tier"),
        ("high", {"measures": (("freeze", None), ("freeze", None))}, "measure_twice"),
        ("high", {"measures": (("hug", None),)}, "measure_unknown"),
        ("high", {"measures": (("freeze", "3"),)}, "measure_value_invalid"),
        ("high", {"measures": (("withdrawal_delay", "0"),)}, "measure_value_invalid"),
        ("high", {"measures": (("partial_deduction", "100"),)}, "measure_value_invalid"),
        ("high", {"measures": (("full_deduction", None),)}, "measure_not_of_tier"),
        ("high", {"preset": "A", "restriction_days": 6}, "restriction_days_invalid"),
        ("medium", {"restriction_days": 30}, "restriction_days_invalid"),
        ("extreme", {}, "tier_not_reached"),
    ],
)
def test_a_bad_decision_is_refused_with_its_code(desk: Desk, tier: str, more: dict[str, object], code: str) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE)
    with refused(code):
        desk.decide(desk.line(merchant.id).id, tier, **more)


def test_a_partial_deduction_takes_its_share_of_the_bond_and_two_people(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(merchant.id).id
    chosen = (("partial_deduction", "25"), ("top_up_demand", None))
    assert desk.decide(line, "high", desk.mei, measures=chosen) is None
    desk.decide(line, "high", desk.anton, measures=chosen)
    desk.tell_after_check(line)
    (bond,) = desk_bonds(desk, merchant.id)
    assert (bond.locked, bond.required) == (7_500 * 10**6, 10_000 * 10**6)  # type: ignore[attr-defined]


# --- a month -----------------------------------------------------------------------------------------------------


def test_a_month_is_drawn_decided_and_told_before_its_deadline(desk: Desk) -> None:
    quiet, alerted, frozen = (desk.merchant() for _ in range(3))
    desk.told(alerted.id)
    desk.told(frozen.id, Kind.COUNTERPARTY_FREEZE)
    with refused("month_not_over"):
        desk.run()
    desk.month_over()
    for fact in facts.page(desk.conn):
        facts_judged = fact.id
        with desk.conn.transaction():
            pass
        events.judged(desk.conn, facts_judged, "confirmed", "looked at it", desk.mei, desk.now)
    done = desk.run()
    assert (done.drawn, done.kept) == (3, 0)
    assert done.run.deadline == datetime(2026, 12, 14, 16, 0, tzinfo=UTC), "the tenth working day, in Shanghai"
    assert desk.run().kept == 3
    by = {line.subject_id: line for line in lines.page(desk.conn, done.run.id)}
    assert (by[quiet.id].computed, by[quiet.id].person) == ("low", False)
    assert (by[alerted.id].computed, by[alerted.id].person) == ("medium", False)
    assert (by[frozen.id].computed, by[frozen.id].basis, by[frozen.id].person) == ("high", "gap", True)
    first = runs.publish(desk.conn, done.run.id, desk.mei, desk.now)
    assert (first.published, first.waiting) == (2, [(by[frozen.id].id, "line_undecided")])
    desk.decide(by[frozen.id].id, "high", preset="C")
    desk.house.wait(days=3)
    second = runs.publish(desk.conn, done.run.id, desk.mei, desk.now)
    assert (second.published, second.waiting, second.late) == (1, [], False)
    assert runs.get(desk.conn, done.run.id)[0].published_at == desk.now
    assert [desk.tier(m.id).tier for m in (quiet, alerted, frozen)] == ["low", "medium", "high"]
    assert "freeze" in kinds(desk, frozen.party_id)


def test_a_line_whose_facts_changed_is_drawn_again_and_a_told_one_is_never_rewritten(desk: Desk) -> None:
    merchant = desk.merchant()
    alert = desk.confirmed(merchant.id)
    desk.month_over()
    done = desk.run()
    runs.publish(desk.conn, done.run.id, desk.mei, desk.now)
    (before,) = lines.page(desk.conn, done.run.id)
    assert before.computed == "medium"
    desk.judge(alert.id, "false_positive")
    assert desk.run().drawn == 1
    (after,) = lines.page(desk.conn, done.run.id)
    assert (after.computed, after.supersedes) == ("low", before.id)
    assert publishing.of(desk.conn, before.id) is not None
    runs.publish(desk.conn, done.run.id, desk.mei, desk.now)
    assert desk.tier(merchant.id).tier == "medium", "a month's tier never lowers the one that holds"
    for statement in ("UPDATE rating_line SET computed = 'low'", "UPDATE rating_publication SET tier = 'low'"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            desk.conn.execute(statement)


def test_an_open_alert_makes_a_line_that_a_person_decides_and_not_as_low(desk: Desk) -> None:
    merchant = desk.merchant()
    alert = desk.told(merchant.id)
    desk.month_over()
    desk.run()
    line = desk.line(merchant.id)
    assert (line.computed, line.person, line.rule) == ("medium", True, "T1")
    with refused("alert_open"):
        desk.decide(line.id, "low")
    desk.decide(line.id, "medium")
    desk.publish(line.id)
    assert desk.tier(merchant.id).tier == "medium"
    desk.judge(alert.id)
    assert [m.after for m in standing.moves(desk.conn, merchant.id)] == ["medium"], "it has lifted already"


def test_publishing_after_the_deadline_is_an_incident_once(desk: Desk) -> None:
    desk.merchant()
    desk.month_over()
    done = desk.run()
    desk.house.now = done.run.deadline
    assert desk.tick() == 1
    assert desk.tick() == 0
    assert runs.publish(desk.conn, done.run.id, desk.mei, desk.now).late
    kinds_told = [news.kind for news in about(desk.conn, done.run.id)]
    assert kinds_told == ["rating.run", "rating.publication_late", "rating.run_published"]


def test_an_exemption_that_was_over_is_not_longer_for_being_ended_later(desk: Desk) -> None:
    merchant = desk.merchant()
    span = (desk.now, desk.now + timedelta(days=1))
    known = facts.exempt(desk.conn, merchant.id, "5.3b", "salaries", "Compliance", span, desk.mei, desk.now)
    desk.house.wait(days=2)
    factor = desk.told(merchant.id, Kind.REFERENCE_FACTOR)
    desk.house.wait(days=2)
    facts.end_exemption(desk.conn, known.id, desk.mei, desk.now)
    with refused("exemption_not_in_force"):
        events.judged(desk.conn, factor.id, "exempt", "documented", desk.anton, desk.now, known.id)


def test_the_last_instant_of_the_tenth_working_day_is_in_time(desk: Desk) -> None:
    desk.merchant()
    desk.month_over()
    run = desk.run().run
    assert run.deadline.isoformat() == "2026-12-14T16:00:00+00:00", "14 December is over in Shanghai"
    desk.house.now = run.deadline - timedelta(microseconds=1)
    assert runs.notice_late(desk.conn, desk.now) == 0
    assert not runs.publish(desk.conn, run.id, desk.mei, desk.now).late
    desk.house.now = run.deadline
    assert runs.notice_late(desk.conn, desk.now) == 0, "everybody was told"
    assert [news.kind for news in about(desk.conn, run.id)] == ["rating.run", "rating.run_published"]


def test_a_month_in_an_unconfirmed_year_is_refused(desk: Desk) -> None:
    desk.house.now = datetime(2027, 1, 2, tzinfo=UTC)
    with refused("CALENDAR_NOT_CONFIRMED"):
        desk.run("2026-12")


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.told(merchant.id)
    ((subject, judged),) = runs.dry_run(desk.conn, "2026-11", desk.now)
    assert (subject.subject_id, judged.rated.tier) == (merchant.id, "medium")
    assert runs.listed(desk.conn) == []


def test_the_policy_at_the_start_of_the_window_judges_it(desk: Desk) -> None:
    merchant = desk.merchant()
    for _ in range(3):
        desk.told(merchant.id)
    pack = desk.house.setting.policy
    from tidegate.policy import flow as policies

    numbers = {**policies.shipped("demo")["rating"], "multiple": 2}  # type: ignore[dict-item]
    desk.house.agree(rating=numbers)
    desk.month_over()
    done = desk.run()
    assert done.run.policy_version == pack.version, "not the tighter one of the middle of the month"


# --- time --------------------------------------------------------------------------------------------------------


def test_medium_falls_after_sixty_quiet_days_and_its_measures_end(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id)
    assert desk.tick(days=59, hours=23) == 0
    assert desk.tick(hours=1) > 0
    held = desk.tier(merchant.id)
    assert held.tier == "low"
    assert kinds(desk, merchant.party_id) == []
    assert [m.rule for m in standing.moves(desk.conn, merchant.id)] == ["T1", "T3"]
    assert desk.tick() == 0


def test_an_open_alert_keeps_medium_from_falling(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id)
    desk.house.wait(days=30)
    alert = desk.told(merchant.id)
    desk.tick(days=40)
    assert desk.tier(merchant.id).tier == "medium"
    desk.judge(alert.id, "false_positive")
    desk.tick()
    assert desk.tier(merchant.id).tier == "low"


def test_a_rise_that_waits_for_a_person_keeps_medium_from_falling(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id)
    desk.house.wait(days=2)
    desk.confirmed(merchant.id)
    desk.tick(days=70)
    assert desk.tier(merchant.id).tier == "medium"


def test_a_months_rise_that_waits_keeps_medium_from_falling(desk: Desk) -> None:
    """R26: nothing falls while a rise is due, whoever drew it."""
    merchant = desk.merchant()
    desk.confirmed(merchant.id)
    desk.house.wait(days=5)
    desk.confirmed(merchant.id)
    event = desk.line(merchant.id)
    desk.month_over()
    desk.run()
    month = desk.line(merchant.id)
    assert (month.cause, month.proposed) == ("month", "high")
    desk.decide(event.id, "medium")
    desk.publish(event.id)
    desk.tick(days=70)
    assert desk.tier(merchant.id).tier == "medium"
    desk.decide(month.id, "medium")
    runs.publish(desk.conn, month.run_id or "", desk.mei, desk.now)
    desk.tick()
    assert desk.tier(merchant.id).tier == "low"


def test_relapse_within_three_months_is_proposed_as_high_and_a_person_may_choose_medium(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id)
    desk.tick(days=61)
    assert desk.tier(merchant.id).tier == "low"
    desk.house.wait(days=10)
    desk.confirmed(merchant.id)
    line = desk.line(merchant.id)
    assert (line.proposed, line.rule, "R10" in line.readings) == ("high", "T5", True)
    desk.decide(line.id, "medium")
    desk.publish(line.id)
    assert desk.tier(merchant.id).tier == "medium"


def cooperates(desk: Desk, merchant: str) -> None:
    standing.record_cooperation(desk.conn, merchant, "answers within a day", desk.mei, desk.now)


def test_high_falls_to_medium_only_by_a_person_and_only_when_everything_is_there(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.raised_to_high(merchant.id)
    held = desk.tier(merchant.id)
    assert held.restriction_ends is not None
    desk.house.now = held.restriction_ends
    desk.tick()
    assert desk.line(merchant.id).cause == "event", "nobody has recorded that they cooperate"
    cooperates(desk, merchant.id)
    desk.tick()
    line = desk.line(merchant.id)
    assert (line.cause, line.proposed, line.rule, line.person) == ("review", "medium", "T6", True)
    with refused("tier_never_falls_so"):
        desk.decide(line.id, "low")
    desk.decide(line.id, "medium")
    desk.tick()
    assert desk.tier(merchant.id).tier == "medium"
    assert kinds(desk, merchant.party_id) == ["watch"]


def test_a_review_is_blocked_by_what_has_changed_since(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.raised_to_high(merchant.id)
    held = desk.tier(merchant.id)
    assert held.restriction_ends is not None
    cooperates(desk, merchant.id)
    desk.house.now = held.restriction_ends
    desk.tick()
    line = desk.line(merchant.id)
    desk.decide(line.id, "medium")
    desk.told(merchant.id)
    with refused("fall_blocked"):
        desk.publish(line.id)
    assert desk.tick() == 0
    assert desk.tier(merchant.id).tier == "high"


def test_a_new_event_after_the_restriction_is_proposed_as_extreme(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.raised_to_high(merchant.id)
    desk.house.wait(days=31)
    desk.confirmed(merchant.id)
    line = desk.line(merchant.id)
    assert (line.proposed, line.rule, line.people) == ("extreme", "T7", 2)


def test_a_new_event_during_the_restriction_may_extend_it(desk: Desk) -> None:
    merchant = desk.merchant()
    desk.raised_to_high(merchant.id)
    desk.house.wait(days=10)
    desk.confirmed(merchant.id)
    line = desk.line(merchant.id)
    assert (line.proposed, line.rule) == ("high", "T8")
    desk.decide(line.id, "high", restriction_days=60)
    desk.publish(line.id)
    assert desk.tier(merchant.id).restriction_ends == desk.now + timedelta(days=60)


# --- interim measures --------------------------------------------------------------------------------------------


def test_an_interim_measure_needs_its_ground_and_ends_by_itself(desk: Desk) -> None:
    merchant = desk.merchant()
    policy = desk.house.setting.policy

    def interim(fact: str, **more: int) -> object:
        hours = more.get("hours")
        return measures.interim(desk.conn, fact, "freeze", None, hours, "at once", policy, desk.mei, desk.now)

    with refused("interim_without_ground"):
        interim(desk.told(merchant.id, severity="critical").id)
    with refused("interim_without_ground"):
        interim(desk.confirmed(merchant.id).id)
    severe = desk.judge(desk.told(merchant.id, severity="critical").id).id
    with refused("hours_invalid"):
        interim(severe, hours=73)
    made = interim(severe)
    assert "freeze" in kinds(desk, merchant.party_id)
    measures.prolong(desk.conn, made.id, 24, "still looking", policy, desk.mei, desk.now)  # type: ignore[attr-defined]
    desk.house.wait(hours=95)
    assert "freeze" in kinds(desk, merchant.party_id)
    desk.tick(hours=1)
    assert "freeze" not in kinds(desk, merchant.party_id)
    assert measures.get(desk.conn, made.id).state == "expired"  # type: ignore[attr-defined]


# --- appeals -----------------------------------------------------------------------------------------------------


def test_an_appeal_is_answered_by_others_and_high_goes_back_no_lower_than_medium(desk: Desk) -> None:
    merchant, other = desk.merchant(), desk.merchant()
    line = desk.raised_to_high(merchant.id).id
    with refused("line_unknown"):
        appeals.appeal(desk.conn, line, other.party_id, "not mine", other.party_id, desk.now)
    made = appeals.appeal(desk.conn, line, merchant.party_id, "we paid him back", merchant.party_id, desk.now)
    with refused("appeal_exists"):
        appeals.appeal(desk.conn, line, merchant.party_id, "again", merchant.party_id, desk.now)
    with refused("appeal_not_yours"):
        appeals.answer(desk.conn, made.id, "uphold", None, "shown", desk.mei, desk.now)
    done = appeals.answer(desk.conn, made.id, "uphold", None, "shown", desk.anton, desk.now)
    assert done.status == "upheld"
    assert desk.tier(merchant.id).tier == "medium", "never to low in one step"
    assert kinds(desk, merchant.party_id) == ["watch"]
    with refused("appeal_answered"):
        appeals.answer(desk.conn, made.id, "reject", None, "no", desk.olga, desk.now)


def test_extreme_is_left_by_two_people_on_an_appeal_and_nothing_else(desk: Desk) -> None:
    merchant = desk.merchant()
    line = extreme(desk, merchant.id)
    desk.decide(line, "extreme", desk.mei, desk.anton)
    told = desk.tell_after_check(line)
    desk.tick(days=10)
    assert desk.tier(merchant.id).tier == "extreme"
    made = appeals.appeal(desk.conn, line, merchant.party_id, "another firm", merchant.party_id, desk.now)
    desk.house.now = told.appeal_until + timedelta(days=1)
    assert desk.tick() == 0, "an open appeal keeps the bond where it is"
    assert appeals.answer(desk.conn, made.id, "uphold", "low", "mixed up", desk.olga, desk.now).status == "open"
    with refused("appeal_voted_already"):
        appeals.answer(desk.conn, made.id, "uphold", "low", "mixed up", desk.olga, desk.now)
    import merchant_kit

    ivan = merchant_kit.staff(desk.house, "Ivan")
    with refused("appeal_differs"):
        appeals.answer(desk.conn, made.id, "uphold", "medium", "mixed up", ivan, desk.now)
    assert appeals.answer(desk.conn, made.id, "uphold", "low", "mixed up", ivan, desk.now).status == "upheld"
    assert desk.tier(merchant.id).tier == "low"
    assert "withdrawal_block" not in kinds(desk, merchant.party_id)
    assert {m.state for m in measures.of_subject(desk.conn, merchant.id) if m.measure == "full_deduction"} == {
        "reversed"
    }


def test_an_appeal_after_its_window_is_refused(desk: Desk) -> None:
    merchant = desk.merchant()
    line = desk.raised_to_high(merchant.id).id
    told = publishing.of(desk.conn, line)
    assert told is not None
    desk.house.now = told.appeal_until
    with refused("appeal_too_late"):
        appeals.appeal(desk.conn, line, merchant.party_id, "sorry", merchant.party_id, desk.now)


def test_a_rejected_appeal_changes_nothing(desk: Desk) -> None:
    merchant = desk.merchant()
    line = desk.raised_to_high(merchant.id).id
    made = appeals.appeal(desk.conn, line, merchant.party_id, "no", merchant.party_id, desk.now)
    assert appeals.answer(desk.conn, made.id, "reject", None, "it holds", desk.anton, desk.now).status == "rejected"
    assert desk.tier(merchant.id).tier == "high"


# --- calendars ---------------------------------------------------------------------------------------------------


def test_a_calendar_counts_once_a_person_confirmed_the_table_they_saw(desk: Desk) -> None:
    year = calendars.propose(desk.conn, "SG", 2026, "key_admin", desk.now)
    assert calendars.in_force(desk.conn, "SG").years == {}
    with refused("calendar_changed"):
        calendars.confirm(desk.conn, year.row.id, "another", desk.mei, desk.now)
    calendars.confirm(desk.conn, year.row.id, year.row.hash, desk.mei, desk.now)
    with refused("calendar_confirmed"):
        calendars.confirm(desk.conn, year.row.id, year.row.hash, desk.mei, desk.now)
    assert list(calendars.in_force(desk.conn, "SG").years) == [2026]
    with refused("calendar_not_announced"):
        calendars.propose(desk.conn, "CN", 2027, "key_admin", desk.now)
    with refused("calendar_unknown"):
        calendars.propose(desk.conn, "MOON", 2026, "key_admin", desk.now)


def test_no_bond_goes_back_while_people_have_to_decide(desk: Desk) -> None:
    from tidegate.p2p.merchants import flow as merchants

    merchant = desk.merchant()
    freeze = desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE)
    (matter,) = merchants.matters(desk.conn, [merchant.id])
    assert (matter.kind, matter.ref) == ("rating", desk.line(merchant.id).id)
    desk.confirmed(merchant.id)
    (matter,) = merchants.matters(desk.conn, [merchant.id])
    assert matter.ref == desk.line(merchant.id).id
    desk.judge(freeze.id, "false_positive")
    assert merchants.matters(desk.conn, [merchant.id]) == []
    assert desk.tier(merchant.id).tier == "medium"
