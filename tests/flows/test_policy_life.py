"""The life of a policy: rules inside it, what loosens waits, what was in force comes back as a new version."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from house import COIN_USDT as COIN
from house import House, furnish

from tidegate.base.canonical import canonical
from tidegate.base.refusals import Conflict, Malformed, Refusal
from tidegate.cases import flow as cases
from tidegate.db import Conn, act, journal
from tidegate.policy import flow
from tidegate.policy.yaml_pack import from_yaml
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import replaying, store
from tidegate.withdrawals.vocabulary import VOCABULARY
from tidegate.withdrawals.withdrawal import Status

DAY = timedelta(hours=24)
MEI, ANTON = "mei", "anton"


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def rule(name: str, when: str, mode: str = "live", **more: str) -> dict[str, str]:
    return {"name": name, "when": when, "mode": mode, **more}


def agreed(house: House, **sections: object) -> int:
    """A version that two people stand for, not in force."""
    pack = {**flow.shipped("demo"), **sections}
    version = flow.propose(house.conn, pack, MEI, house.now, VOCABULARY).version
    flow.approve(house.conn, version, ANTON, house.now)
    return version


def start(house: House, version: int, at: Any = None) -> Any:
    return flow.activate(house.conn, version, MEI, house.now, at, VOCABULARY).active_from


def decision(house: House, id: str) -> store.DecisionRow:
    row = store.decision(house.conn, house.get(id).decision_id)
    assert row is not None
    return row


def codes(row: store.DecisionRow) -> list[tuple[str, str]]:
    return [(f["code"], f["data"].get("rule", "")) for f in json.loads(row.findings)]


# --- rules ---------------------------------------------------------------------------------------------------------


def test_a_rule_holds_is_explained_and_replays_to_the_same_bytes(house: House) -> None:
    drain = rule("drain", "amount_usd > 0.8 * available_units and is_first_withdrawal -> review")
    lines = [
        rule("first_large", "is_first_withdrawal and amount_usd > 100.5 -> review", message="Ask for a video call"),
        rule("slow", "amount_usd > 50 -> delay 5"),
        rule("never_changed", "hours_since_mfa_change < 24 and amount_usd > 1000 -> decline"),
        rule("trial", "amount_usd >= 120 -> freeze", "shadow"),
    ]
    with pytest.raises(Malformed) as mixed:
        house.agree(rules=[drain])
    assert (mixed.value.code, mixed.value.field) == ("rule_kinds", "rules[0].when")
    house.agree(rules=lines)
    ada = house.customer(USDT=5_000 * COIN)
    asked = house.asked(ada, "120")
    row = decision(house, asked.id)
    assert codes(row) == [("analyst_rule", "first_large"), ("analyst_rule", "slow")]
    found = json.loads(row.findings)
    assert found[0]["detail"] == "first_large: Ask for a video call"
    assert found[1]["ends_at"] == "2026-11-24T17:00:00Z"
    assert (row.outcome, [f["data"]["rule"] for f in json.loads(row.shadow)]) == ("review", ["trial"])
    policy = flow.at_version(house.conn, row.policy_version)
    first, slow, trial = replaying.explained(row.facts, row.findings, row.shadow, policy)
    assert list(first.seen.lines()) == [
        "all of: true",
        "  is_first_withdrawal true",
        "  amount_usd 120.00 > 100.50, by 19.50",
    ]
    assert (slow.seen.distance, trial.mode, trial.seen.distance) == ("70.00", "shadow", "0.00")
    again = replaying.replay(row.facts, policy)
    assert (canonical(again.findings), canonical(again.shadow)) == (row.findings, row.shadow)
    assert house.confirm(ada, asked.id).status is Status.IN_REVIEW
    assert journal.verify(house.conn).broken is None


def test_what_nobody_knows_holds_and_names_the_fact(house: House) -> None:
    house.agree(rules=[rule("late", "hours_since_mfa_change < 24 -> step_up")])
    ada = house.customer(USDT=5_000 * COIN)
    row = decision(house, house.asked(ada, "5").id)
    (found,) = json.loads(row.findings)
    assert (found["code"], found["outcome"]) == ("rule_unknown", "review")
    assert found["data"] == {"rule": "late", "unknown": "hours_since_mfa_change"}
    house.agree(rules=[rule("late", "mfa_ever_changed and hours_since_mfa_change < 24 -> step_up")])
    assert codes(decision(house, house.asked(ada, "5").id)) == []


def test_a_person_lets_one_rule_pass_and_another_one_still_asks(house: House) -> None:
    house.agree(rules=[rule("one", "amount_usd > 50 -> review")])
    ada = house.customer(USDT=5_000 * COIN)
    asked = house.asked(ada, "60")
    house.confirm(ada, asked.id)
    house.agree(rules=[rule("one", "amount_usd > 50 -> review"), rule("two", "amount_usd > 55 -> review")])
    (case,) = cases.page(house.conn, "open")
    cases.answer(house.conn, case.id, "ola", "approve", "fine", house.now)
    with act(house.conn, "worker", house.now) as tx:
        withdrawals.answered(tx, asked.id, "approved", case.id, house.setting)
    assert house.get(asked.id).status is Status.IN_REVIEW
    assert house.get(asked.id).cleared == ["analyst_rule:one"]


def test_a_rule_that_freezes_stops_everything_of_the_customer(house: House) -> None:
    house.agree(rules=[rule("thief", "amount_usd == 66 -> freeze")])
    ada = house.customer(USDT=5_000 * COIN)
    first, second = house.request(house.ask_for(ada, "66"), house.ask_for(ada, "5"))
    assert not isinstance(first, Refusal)
    assert json.loads(first.body)["status"] == "declined"
    assert isinstance(second, Refusal)
    assert second.code == "withdrawals_blocked"
    (later,) = house.request(house.ask_for(ada, "5"))
    assert isinstance(later, Refusal)
    assert house.held(ada) == 0


BAD: list[tuple[str, Any, str]] = [
    ("a bomb of brackets", [rule("bomb", "(" * 100 + "level > 1" + ")" * 100 + " -> review")], "rule_too_deep"),
    ("a line that is too long", [rule("long", "level > 1 or " * 1_000 + "level > 1 -> review")], "rule_too_long"),
    ("letters that look Latin", [rule("dr\u0430in", "level > 1 -> review")], "rule_pack"),
    ("one name twice", [rule("drain", "level > 1 -> review")] * 2, "rule_name_taken"),
    ("names that look alike", [rule(n, "level > 1 -> review") for n in ("wal1et", "wallet")], "rule_name_alike"),
    ("an unknown fact", [rule("drain", "levle > 1 -> review")], "rule_fact"),
    ("an unknown mode", [rule("drain", "level > 1 -> review", "maybe")], "pack_invalid"),
    ("a rule that allows", [rule("drain", "level > 1 -> allow")], "rule_outcome"),
    ("an off rule that is none", [rule("drain", "level >", "off")], "rule_outcome_missing"),
    ("more rules than a pack has", [rule(f"r_{n}x", "level > 1 -> review") for n in range(201)], "rule_pack"),
]


@pytest.mark.parametrize(("lines", "code"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_rules_are_refused_and_the_last_good_version_stays(house: House, lines: Any, code: str) -> None:
    before = flow.active(house.conn, house.now)
    with pytest.raises(Malformed) as refused:
        house.agree(rules=lines)
    assert refused.value.code == code
    assert flow.active(house.conn, house.now) is before
    assert len(flow.versions(house.conn)) == 1


def test_a_pack_without_its_limits_is_refused_by_name(house: House) -> None:
    pack = flow.shipped("demo")
    del pack["limits_24h"]
    with pytest.raises(Malformed, match="limits_24h: is missing") as refused:
        flow.propose(house.conn, pack, MEI, house.now, VOCABULARY)
    assert (refused.value.code, refused.value.field) == ("pack_invalid", "limits_24h")


def test_without_a_catalogue_no_rule_is_accepted(house: House) -> None:
    pack = {**flow.shipped("demo"), "rules": [rule("one", "level > 1 -> review")]}
    with pytest.raises(Malformed) as refused:
        flow.propose(house.conn, pack, MEI, house.now)
    assert refused.value.code == "rule_fact"


# --- what loosens waits ---------------------------------------------------------------------------------------------


def test_a_tightening_acts_at_once(house: House) -> None:
    tighter = agreed(house, review={**flow.shipped("demo")["review"], "from_value": "9000"})  # type: ignore[dict-item]
    assert start(house, tighter) == house.now
    assert flow.active(house.conn, house.now).review_from == 9_000 * 10**6


def test_a_loosening_waits_a_day_from_the_second_persons_word(house: House) -> None:
    limits = {"0": "125", "1": "1000", "2": "60000", "3": "100000"}
    looser = agreed(house, limits_24h=limits)
    first = flow.active(house.conn, house.now).version
    house.wait(hours=2)
    with pytest.raises(Conflict) as locked:
        start(house, looser, house.now + timedelta(hours=21, minutes=59))
    assert locked.value.code == "loosening_locked"
    assert "limits_24h.2: 50000 to 60000 (looser)" in locked.value.message
    assert "2026-11-25T12:00:00Z" in locked.value.message
    begins = start(house, looser)
    assert begins == house.now + timedelta(hours=22)
    assert flow.active(house.conn, begins - timedelta(seconds=1)).version == first
    assert flow.active(house.conn, begins).version == looser
    entry = journal.about(house.conn, flow.subject_of(looser))[-1]
    assert entry.content["loosens"] == ["limits_24h.2"]


def test_what_has_waited_before_it_is_activated_need_not_wait_again(house: House) -> None:
    looser = agreed(house, confirmation={"minutes": 15, "tries": 6})
    house.wait(hours=24)
    assert start(house, looser, house.now) == house.now


def test_the_lock_is_that_of_the_policy_in_force_and_not_of_the_new_one(house: House) -> None:
    hasty = agreed(house, loosening_hours=1, confirmation={"minutes": 15, "tries": 6})
    assert start(house, hasty) == house.now + DAY
    house.wait(hours=24)
    looser = agreed(house, loosening_hours=1, confirmation={"minutes": 15, "tries": 7})
    assert start(house, looser) == house.now + timedelta(hours=1)


def test_a_loosening_is_compared_with_what_comes_into_force_meanwhile(house: House) -> None:
    """Otherwise a pack that equals today's would undo, at once, a tightening that begins tomorrow."""
    tighter = agreed(house, confirmation={"minutes": 10, "tries": 5})
    start(house, tighter, house.now + timedelta(hours=6))
    same = agreed(house)
    with pytest.raises(Conflict) as locked:
        start(house, same, house.now + timedelta(hours=7))
    assert locked.value.code == "loosening_locked"
    assert start(house, same) == house.now


def test_what_is_scheduled_and_would_undo_a_tightening_loses_its_time(house: House) -> None:
    """A rise of the limits is scheduled for tomorrow, and tonight somebody has to tighten: it must last until people
    who know of it say otherwise."""
    wide = {"0": "125", "1": "1000", "2": "60000", "3": "100000"}
    looser, tighter = agreed(house, limits_24h=wide), agreed(house, confirmation={"minutes": 10, "tries": 3})
    begins = start(house, looser)
    house.wait(hours=1)
    urgent = agreed(house, limits_24h=dict.fromkeys(wide, "0"))
    start(house, tighter, begins + timedelta(hours=1))  # this one is tighter than today's, but not than `urgent`
    at = start(house, urgent)
    assert at == house.now
    house.wait(hours=48)
    assert flow.active(house.conn, house.now).version == urgent
    for version in (looser, tighter):
        assert flow.get(house.conn, version).active_from is None
        entry = journal.about(house.conn, flow.subject_of(version))[-1]
        assert (entry.kind, entry.content["by"]) == ("policy.taken_off", urgent)
        assert "limits_24h.2" in entry.content["loosens"]


def test_what_is_scheduled_and_undoes_nothing_keeps_its_time(house: House) -> None:
    limits = {"0": "100", "1": "900", "2": "40000", "3": "90000"}
    later = agreed(house, confirmation={"minutes": 10, "tries": 5}, limits_24h=limits)
    begins = start(house, later, house.now + DAY)
    start(house, agreed(house, limits_24h=limits))
    house.wait(hours=24)
    assert flow.get(house.conn, later).active_from == begins
    assert flow.active(house.conn, house.now).version == later


def test_what_was_agreed_to_before_a_tightening_waits_from_that_on(house: House) -> None:
    """The second person said yes to a loosening of what was in force then, not of what came since."""
    wide = {"0": "125", "1": "1000", "2": "60000", "3": "100000"}
    looser = agreed(house, limits_24h=wide)
    house.wait(hours=23)
    start(house, agreed(house, limits_24h=dict.fromkeys(wide, "0")))
    house.wait(hours=2)
    with pytest.raises(Conflict) as locked:
        start(house, looser, house.now)
    assert locked.value.code == "loosening_locked"
    assert start(house, looser) == house.now + timedelta(hours=22)


def test_a_rule_taken_away_or_put_in_shadow_is_a_loosening(house: House) -> None:
    one, two = rule("one", "amount_usd > 50 -> review"), rule("two", "amount_usd > 55 -> decline")
    assert start(house, agreed(house, rules=[one, two])) == house.now
    for lines in ([one], [one, {**two, "mode": "shadow"}], [one, {**two, "when": "amount_usd > 56 -> decline"}]):
        assert start(house, agreed(house, rules=lines)) == house.now + DAY
    trial = rule("three", "amount_usd > 1 -> freeze", "shadow")
    assert start(house, agreed(house, rules=[one, two, trial])) == house.now


def test_an_approval_is_final(house: House) -> None:
    version = agreed(house, confirmation={"minutes": 15, "tries": 6})
    for change in ("approved_at = approved_at - interval '2 days'", "approved_by = 'eve'", "approved_by = NULL"):
        with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.CheckViolation)):
            house.conn.execute(f"UPDATE policy_version SET {change} WHERE version = {version}".encode())


# --- back and out ----------------------------------------------------------------------------------------------------


def test_an_earlier_pack_comes_back_as_a_new_version_under_the_same_law(house: House) -> None:
    first = flow.active(house.conn, house.now).version
    start(house, agreed(house, confirmation={"minutes": 10, "tries": 5}))
    back = flow.roll_back(house.conn, first, MEI, house.now, VOCABULARY)
    assert (back.restores, back.body) == (first, flow.get(house.conn, first).body)
    with pytest.raises(Conflict, match="second person"):
        flow.approve(house.conn, back.version, MEI, house.now)
    flow.approve(house.conn, back.version, ANTON, house.now)
    assert start(house, back.version) == house.now + DAY
    never = agreed(house)
    current = flow.active(house.conn, house.now).version
    for version, code in ((never, "policy_never_active"), (current, "policy_in_force")):
        with pytest.raises(Conflict) as refused:
            flow.roll_back(house.conn, version, MEI, house.now, VOCABULARY)
        assert refused.value.code == code


def test_what_is_exported_reads_back_as_the_same_pack_and_names_who_stands_for_it(house: House) -> None:
    version = agreed(house, rules=[rule("one", "country in {'NO', 'DE'} -> review", message="1e5: yes")])
    text = flow.export(house.conn, version)
    assert "# written by mei at 2026-11-24T12:00:00Z" in text
    assert "# approved by anton at 2026-11-24T12:00:00Z" in text
    assert canonical(from_yaml(text)) == flow.get(house.conn, version).body
    draft = flow.propose(house.conn, flow.shipped("demo"), MEI, house.now).version
    assert "# approved by nobody yet" in flow.export(house.conn, draft)


def test_two_versions_are_compared_by_meaning(house: House) -> None:
    first = flow.active(house.conn, house.now).version
    limits = {"3": "100000.00", "2": "40000", "1": "1000", "0": "126"}
    said = flow.compare(house.conn, first, agreed(house, limits_24h=limits), VOCABULARY)
    assert [(d.path, d.before, d.after, d.turn) for d in said] == [
        ("limits_24h.0", "125", "126", "looser"),
        ("limits_24h.2", "50000", "40000", "tighter"),
    ]
