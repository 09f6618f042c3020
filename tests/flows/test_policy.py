"""Agreeing on numbers with two people, and switching things off at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict, Malformed, NotFound, Refusal, Unavailable
from tidegate.db import Conn, connect, journal
from tidegate.ledger import store as ledger
from tidegate.parties import flow as parties
from tidegate.policy import flow

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MEI, OLA = "key_mei", "key_ola"

Refused = tuple[str, Callable[[], object]]


def put_in_force(conn: Conn, name: str, at: datetime) -> int:
    version = flow.propose(conn, flow.shipped(name), MEI, at).version
    flow.approve(conn, version, OLA, at)
    return flow.activate(conn, version, MEI, at).version


def test_a_version_needs_two_people_and_then_its_time(conn: Conn) -> None:
    with pytest.raises(Unavailable) as refused:
        flow.active(conn, NOW)
    assert refused.value.code == "no_policy"
    first = put_in_force(conn, "default", NOW)
    second = flow.propose(conn, flow.shipped("demo"), MEI, NOW).version
    flow.approve(conn, second, OLA, NOW)
    flow.activate(conn, second, OLA, NOW, NOW + 25 * HOUR)
    assert flow.active(conn, NOW).version == first
    assert flow.active(conn, NOW + 25 * HOUR - timedelta(microseconds=1)).version == first
    assert flow.active(conn, NOW + 25 * HOUR).version == second
    assert flow.active(conn, NOW + 25 * HOUR) is flow.active(conn, NOW + 26 * HOUR)  # parsed once
    assert flow.at_version(conn, first).new_address_from == 0
    assert [item.version for item in flow.versions(conn)] == [second, first]
    kinds = [item.kind for item in journal.about(conn, flow.subject_of(second))]
    assert kinds == ["policy.proposed", "policy.approved", "policy.activated"]
    assert journal.verify(conn).broken is None


def test_of_two_versions_the_one_whose_time_came_last_is_in_force(conn: Conn) -> None:
    tighter = {**flow.shipped("demo"), "confirmation": {"minutes": 10, "tries": 5}}
    later = flow.propose(conn, tighter, MEI, NOW).version
    flow.approve(conn, later, OLA, NOW)
    flow.activate(conn, later, MEI, NOW, NOW + 2 * HOUR)
    sooner = put_in_force(conn, "demo", NOW + HOUR)
    assert flow.active(conn, NOW + HOUR).version == sooner
    assert flow.active(conn, NOW + 2 * HOUR).version == later


def test_two_keys_of_one_person_are_no_two_people(conn: Conn) -> None:
    mine, mine_too, hers = (
        parties.create_key(conn, "analyst", label, "test", NOW).id for label in ("Mei Chen", "mei  chen", "Ola")
    )
    version = flow.propose(conn, flow.shipped("default"), mine, NOW).version
    for key in (mine, mine_too):
        with pytest.raises(Conflict) as refused:
            flow.approve(conn, version, key, NOW)
        assert refused.value.code == "approver_is_author"
    assert flow.approve(conn, version, hers, NOW).approved_by == hers


def test_nobody_alone_puts_a_number_in_force(conn: Conn) -> None:
    version = flow.propose(conn, flow.shipped("default"), MEI, NOW).version
    refusals: list[Refused] = [
        ("approver_is_author", lambda: flow.approve(conn, version, MEI, NOW)),
        ("policy_not_approved", lambda: flow.activate(conn, version, MEI, NOW)),
        ("policy_unknown", lambda: flow.approve(conn, 999, OLA, NOW)),
        ("policy_unknown", lambda: flow.activate(conn, 999, OLA, NOW)),
        ("policy_unknown", lambda: flow.at_version(conn, 999)),
    ]
    for code, act in refusals:
        with pytest.raises((Conflict, NotFound)) as refused:
            act()
        assert refused.value.code == code
    flow.approve(conn, version, OLA, NOW)
    with pytest.raises(Malformed) as past:
        flow.activate(conn, version, MEI, NOW, NOW - timedelta(seconds=1))
    assert past.value.code == "active_from_past"
    flow.activate(conn, version, MEI, NOW)
    refusals = [
        ("policy_already_approved", lambda: flow.approve(conn, version, "key_third", NOW)),
        ("policy_already_active", lambda: flow.activate(conn, version, MEI, NOW + HOUR)),
    ]
    for code, act in refusals:
        with pytest.raises(Conflict) as again:
            act()
        assert again.value.code == code


def test_an_active_version_never_changes_whoever_asks(conn: Conn) -> None:
    version = put_in_force(conn, "default", NOW)
    for statement in (
        "UPDATE policy_version SET active_from = active_from + interval '1 day'",
        "UPDATE policy_version SET body = '{}'",
        "DELETE FROM policy_version",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            conn.execute(statement)
    assert flow.active(conn, NOW).version == version


def test_a_pack_that_is_wrong_leaves_nothing_behind(conn: Conn) -> None:
    ledger.add_asset(conn, Asset(1, "USDT", "evm-local", 6, "0xdAC17F958D2ee523a2206206994597C13D831ec7"))
    pack = flow.shipped("demo")
    for wrong in ({**pack, "surprise": 1}, {**pack, "fees": {"USDT@evm-local": "0.0000001"}}):
        with pytest.raises(Malformed) as refused:
            flow.propose(conn, wrong, MEI, NOW)
        assert refused.value.code == "pack_invalid"
    assert flow.versions(conn) == []


def test_of_twenty_approvers_at_once_one_is_the_second_person(database_url: str, conn: Conn) -> None:
    version = flow.propose(conn, flow.shipped("default"), MEI, NOW).version

    def approve(n: int) -> str:
        with connect(database_url) as own:
            try:
                flow.approve(own, version, f"key_{n}", NOW)
                return "approved"
            except Refusal as refused:
                return refused.code

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(approve, range(20)))
    assert sorted(answers) == ["approved"] + ["policy_already_approved"] * 19


def test_a_kill_switch_is_on_once_and_off_once(conn: Conn) -> None:
    ledger.add_asset(conn, Asset(1, "ETH", "evm-local", 18, None))
    switch = flow.switch_on(conn, "asset", "ETH@evm-local", "Node upgrade", MEI, NOW)
    flow.switch_on(conn, "platform", "platform", "Drill", MEI, NOW + HOUR)
    assert [item.subject for item in flow.switches(conn)] == ["ETH@evm-local", "platform"]
    refusals: list[Refused] = [
        ("switch_already_on", lambda: flow.switch_on(conn, "asset", "ETH@evm-local", "Again", OLA, NOW)),
        ("switch_unknown", lambda: flow.switch_off(conn, "swi_none", OLA, NOW)),
        ("switch_subject_unknown", lambda: flow.switch_on(conn, "network", "ethereum", "Drill", OLA, NOW)),
    ]
    for code, act in refusals:
        with pytest.raises(Refusal) as refused:
            act()
        assert refused.value.code == code
    flow.switch_off(conn, switch.id, OLA, NOW + HOUR)
    with pytest.raises(Conflict) as again:
        flow.switch_off(conn, switch.id, MEI, NOW + HOUR)
    assert again.value.code == "switch_already_off"
    assert OLA in again.value.message
    assert [item.subject for item in flow.switches(conn)] == ["platform"]
    assert flow.switch_on(conn, "asset", "ETH@evm-local", "Once more", MEI, NOW + 2 * HOUR).id != switch.id
    assert [item.kind for item in journal.about(conn, switch.id)] == ["switch.on", "switch.off"]
