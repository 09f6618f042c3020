"""What places ask for, as a compliance officer reads it: the good case, then both sides of every boundary."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from facts_kit import GOOD, HOUR, NOW, USD, assert_agreed

from tidegate.base.canonical import canonical
from tidegate.base.findings import Outcome
from tidegate.policy import flow as policies
from tidegate.policy.pack import Policy, parse
from tidegate.withdrawals.checks import CHECKS
from tidegate.withdrawals.facts import Facts, OutsideAnswer, PlaceFacts, State, Use
from tidegate.withdrawals.replaying import read, replay
from tidegate.withdrawals.review import Verdict, named, review, to_ask
from tidegate.withdrawals.withdrawal import payload_hash

SINCE = {"since": "2025-01-01", "source": "made up"}


def place(*rules: dict[str, Any], standing: str = "allowed", since: str = "2020-01-01") -> dict[str, Any]:
    return {"standing": standing, "since": since, "source": "made up", "rules": [{**SINCE, **rule} for rule in rules]}


def usd(ask: str, amount: str, **more: Any) -> dict[str, Any]:
    return {"ask": ask, "amount": amount, "currency": "USD", **more}


PLACES = {
    "AT": place(
        usd("travel_rule", "50", over="at_least", fields="basic"),
        usd("travel_rule", "1000", over="more_than", fields="extended"),
        usd("ownership_proof", "500", over="more_than"),
    ),
    "KR": place({"ask": "delay", "event": "each_deposit", "hours": 72}),
    "JP": place({"ask": "delay", "event": "first_withdrawal", "hours": 24, "spared_by_travel_rule": True}),
    "HK": place({"ask": "allow_list"}),
    "RU": place({"ask": "description", "characters": 10}),
    "IN": place(
        usd("travel_rule", "0", over="at_least", fields="basic"),
        usd("out_cap", "1000", assets="any", hours=24),
        usd("out_cap", "200", assets="stablecoin", hours=1),
        {"ask": "cap_with_travel_rule", "percent": 200},
    ),
    "FI": place({"ask": "travel_rule", "amount": "50", "currency": "EUR", "over": "at_least", "fields": "basic"}),
    "BD": place(standing="banned", since="2026-11-24"),
    "NP": place(standing="restricted"),
}
SEEN = PlaceFacts(
    counterparty=None,
    happened=(),
    exempt=(),
    used=(Use("any", 24, 0), Use("stablecoin", 1, 0)),
    booked=True,
    description="",
    proved_at=None,
    lacks_basic=(),
    lacks_extended=(),
)
BASE = replace(GOOD, country="DE", ownership="vasp", place=SEEN)


@pytest.fixture(scope="module")
def policy() -> Policy:
    pack = {**policies.shipped("default"), "stablecoins": ["USDT@evm-local"]}
    return parse({**pack, "places": PLACES, "operator": "DE", "fx": {"EUR": "2"}}, 1)


def look(policy: Policy, seen: dict[str, Any], **but: Any) -> Verdict:
    return review(replace(BASE, place=replace(SEEN, **seen), **but), policy)


CHECK = ("travel_rule",)
ACCEPTED = (OutsideAnswer("travel_rule", State.ANSWERED, Outcome.ALLOW),)
REJECTED = (OutsideAnswer("travel_rule", State.ANSWERED, Outcome.DECLINE),)
PENDING = (OutsideAnswer("travel_rule", State.PENDING),)
SILENT = (OutsideAnswer("travel_rule", State.TIMEOUT),)
ASKED = {"required": CHECK, "outside": PENDING}
CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("no place has a rule", {}, {}, []),
    # standings
    ("banned since today", {}, {"country": "BD"}, ["country_banned"]),
    ("a day before", {}, {"country": "BD", "now": datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)}, []),
    ("a restricted place", {}, {"country": "NP"}, ["country_restricted"]),
    ("the policy's own list is worse", {}, {"country": "KP"}, ["country_banned"]),
    ("a counterparty there", {"counterparty": "BD"}, {}, ["country_banned"]),
    ("a counterparty under restriction", {"counterparty": "NP"}, {}, ["country_restricted"]),
    (
        "they live under restriction, and it goes where it is banned",
        {"counterparty": "BD"},
        {"country": "NP"},
        ["country_banned"],
    ),
    (
        "they live where it is banned, and it goes to a restricted place",
        {"counterparty": "NP"},
        {"country": "BD"},
        ["country_banned"],
    ),
    (
        "restricted by the policy's own list, banned where it goes",
        {"counterparty": "BD"},
        {"country": "MM"},
        ["country_banned"],
    ),
    (
        "banned by the policy and where it goes: both are told",
        {"counterparty": "BD"},
        {"country": "KP"},
        ["country_banned"],
    ),
    ("restricted by both: both are told", {"counterparty": "NP"}, {"country": "MM"}, ["country_restricted"]),
    # delays
    ("no deposit yet", {}, {"country": "KR"}, []),
    ("72 hours after a deposit", {"happened": (("each_deposit", NOW - 72 * HOUR),)}, {"country": "KR"}, []),
    ("an hour less", {"happened": (("each_deposit", NOW - 71 * HOUR),)}, {"country": "KR"}, ["place_delay"]),
    ("a purchase is no deposit", {"happened": (("each_purchase", NOW),)}, {"country": "KR"}, []),
    ("exempt", {"happened": (("each_deposit", NOW),), "exempt": ("KR",)}, {"country": "KR"}, []),
    ("exempt elsewhere", {"happened": (("each_deposit", NOW),), "exempt": ("JP",)}, {"country": "KR"}, ["place_delay"]),
    ("a first withdrawal", {"happened": (("first_withdrawal", NOW),)}, {"country": "JP"}, ["place_delay"]),
    (
        "spared: the counterparty took the data",
        {"happened": (("first_withdrawal", NOW),)},
        {"country": "JP", "required": CHECK, "outside": ACCEPTED},
        [],
    ),
    (
        "not spared before they did",
        {"happened": (("first_withdrawal", NOW),)},
        {"country": "JP", **ASKED},
        ["place_delay"],
    ),
    # caps
    (
        "a cap reached",
        {"used": (Use("any", 24, 900 * USD), Use("stablecoin", 1, 0))},
        {"country": "IN", "required": CHECK, "outside": SILENT},
        ["check_timed_out"],
    ),
    (
        "a micro-dollar over it",
        {"used": (Use("any", 24, 900 * USD + 1), Use("stablecoin", 1, 0))},
        {"country": "IN", "required": CHECK, "outside": SILENT},
        ["place_cap", "check_timed_out"],
    ),
    (
        "data under way double it",
        {"used": (Use("any", 24, 1900 * USD), Use("stablecoin", 1, 0))},
        {"country": "IN", **ASKED},
        [],
    ),
    (
        "a micro-dollar over the double",
        {"used": (Use("any", 24, 1900 * USD + 1), Use("stablecoin", 1, 0))},
        {"country": "IN", **ASKED},
        ["place_cap"],
    ),
    (
        "a stablecoin's own cap",
        {"used": (Use("any", 24, 0), Use("stablecoin", 1, 300 * USD + 1))},
        {"country": "IN", **ASKED},
        ["place_cap"],
    ),
    (
        "which another coin does not have",
        {"used": (Use("any", 24, 0), Use("stablecoin", 1, 300 * USD + 1))},
        {"country": "IN", "asset": "ETH@evm-local", **ASKED},
        [],
    ),
    (
        "its own room is a day old",
        {"used": (Use("any", 24, 1901 * USD), Use("stablecoin", 1, 0))},
        {"country": "IN", "reserved_at": NOW - 24 * HOUR, **ASKED},
        [],
    ),
    (
        "its own room is a day old, and others have just filled the cap",
        {"used": (Use("any", 24, 2000 * USD), Use("stablecoin", 1, 0))},
        {"country": "IN", "reserved_at": NOW - 24 * HOUR, **ASKED},
        [],
    ),
    # book and description
    ("saved", {"booked": True}, {"country": "HK"}, []),
    ("not saved", {"booked": False}, {"country": "HK"}, ["allow_list_required"]),
    ("ten characters", {"description": "Rent May 5"}, {"country": "RU"}, []),
    ("nine", {"description": " Rent May "}, {"country": "RU"}, ["description_missing"]),
    # travel rule
    ("below the line", {"lacks_basic": ("x",)}, {"country": "AT", "value": 50 * USD - 1}, []),
    ("at the line, nothing lacks", {}, {"country": "AT", "value": 50 * USD, **ASKED}, []),
    ("at the line, a name lacks", {"lacks_basic": ("x",)}, {"country": "AT", **ASKED}, ["travel_rule_pending"]),
    (
        "where nobody says whose it is",
        {"lacks_basic": ("x",)},
        {"country": "AT", "ownership": "unknown", **ASKED},
        ["travel_rule_pending"],
    ),
    (
        "extended is not asked of this much",
        {"lacks_extended": ("x",)},
        {"country": "AT", "value": 1000 * USD, **ASKED},
        [],
    ),
    (
        "a micro-dollar more",
        {"lacks_extended": ("x",)},
        {"country": "AT", "value": 1000 * USD + 1, **ASKED},
        ["travel_rule_pending"],
    ),
    ("self-hosted", {"lacks_basic": ("x",)}, {"country": "AT", "ownership": "self_hosted"}, []),
    ("proven", {"lacks_basic": ("x",), "proved_at": NOW}, {"country": "AT", "ownership": "unknown"}, []),
    ("one of ours", {"lacks_basic": ("x",)}, {"country": "AT", "own": "deposit"}, ["address_internal"]),
    ("answered already", {"lacks_basic": ("x",)}, {"country": "AT", "required": CHECK, "outside": ACCEPTED}, []),
    ("the counterparty says no", {}, {"country": "AT", "required": CHECK, "outside": REJECTED}, ["outside_flagged"]),
    ("the law came after the request", {}, {"country": "AT"}, ["travel_rule_pending"]),
    ("a line in euros, a micro-dollar below", {"lacks_basic": ("x",)}, {"country": "FI", "value": 100 * USD - 1}, []),
    (
        "a line in euros",
        {"lacks_basic": ("x",)},
        {"country": "FI", "value": 100 * USD, **ASKED},
        ["travel_rule_pending"],
    ),
    ("the counterparty's law", {"counterparty": "AT", "lacks_basic": ("x",)}, ASKED, ["travel_rule_pending"]),
    # ownership
    ("500 need no proof", {}, {"country": "AT", "ownership": "self_hosted", "value": 500 * USD}, []),
    ("more do", {}, {"country": "AT", "ownership": "self_hosted", "value": 500 * USD + 1}, ["ownership_unproven"]),
    (
        "which was given",
        {"proved_at": NOW},
        {"country": "AT", "ownership": "self_hosted", "value": 500 * USD + 1},
        [],
    ),
    ("a provider's is not proven", {}, {"country": "AT", "value": 501 * USD, **ASKED}, []),
    (
        "nobody's is",
        {},
        {"country": "AT", "ownership": "unknown", "value": 501 * USD, **ASKED},
        ["ownership_unproven"],
    ),
    (
        "ours needs none",
        {},
        {"country": "AT", "ownership": "unknown", "value": 501 * USD, "own": "deposit"},
        ["address_internal"],
    ),
]


@pytest.mark.parametrize(("seen", "but", "codes"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_place_is_obeyed(policy: Policy, seen: dict[str, Any], but: dict[str, Any], codes: list[str]) -> None:
    assert [f.code for f in look(policy, seen, **but).findings] == codes


def test_what_is_said_of_each_case_is_what_was_agreed(policy: Policy) -> None:
    assert_agreed("findings_place.txt", [(name, look(policy, seen, **but).findings) for name, seen, but, _ in CASES])


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("country_banned", Outcome.DECLINE),
        ("country_restricted", Outcome.REVIEW),
        ("place_delay", Outcome.DELAY),
        ("place_cap", Outcome.DECLINE),
        ("allow_list_required", Outcome.DECLINE),
        ("description_missing", Outcome.DECLINE),
        ("travel_rule_pending", Outcome.REVIEW),
        ("ownership_unproven", Outcome.REVIEW),
    ],
)
def test_each_finding_asks_for_this(policy: Policy, code: str, outcome: Outcome) -> None:
    found = {f.code: f.outcome for _, seen, but, _ in CASES for f in look(policy, seen, **but).findings}
    assert found[code] is outcome


@pytest.mark.parametrize(("seen", "but"), [c[1:3] for c in CASES], ids=[c[0] for c in CASES])
def test_it_is_replayed_to_the_same_bytes(policy: Policy, seen: dict[str, Any], but: dict[str, Any]) -> None:
    facts = replace(BASE, place=replace(SEEN, **seen), **but)
    assert read(canonical(facts)) == facts
    assert canonical(replay(canonical(facts), policy)) == canonical(review(facts, policy))


@pytest.mark.parametrize(("seen", "but"), [c[1:3] for c in CASES], ids=[c[0] for c in CASES])
def test_facts_of_before_know_no_places(policy: Policy, seen: dict[str, Any], but: dict[str, Any]) -> None:
    facts = replace(BASE, **but, place=None)
    text = json.loads(canonical(facts))
    del text["place"]
    codes = {f.code for f in replay(json.dumps(text), policy).findings}
    assert not codes & {"place_delay", "place_cap", "allow_list_required", "travel_rule_pending"}
    assert "ownership_unproven" not in codes


def test_every_check_of_places_is_shown() -> None:
    shown = {code for *_, codes in CASES for code in codes}
    assert {check.id for check in CHECKS if check.run.__module__.endswith(".place")} <= shown


def test_a_delay_says_which_and_when(policy: Policy) -> None:
    verdict = look(policy, {"happened": (("each_deposit", NOW - 71 * HOUR),)}, country="KR")
    (delay,) = verdict.findings
    assert verdict.release_at == NOW + HOUR
    assert named(delay) == "place_delay:KR:each_deposit"


def test_what_lacks_is_asked_of_the_customer_before_a_person(policy: Policy) -> None:
    facts = {"country": "AT", "ownership": "unknown", "value": 501 * USD, **ASKED}
    verdict = look(policy, {"lacks_basic": ("counterparty", "beneficiary.name")}, **facts)
    asked = {f.code: f.data["missing"] for f in to_ask(verdict.findings, ())}
    assert asked == {
        "travel_rule_pending": "counterparty, beneficiary.name",
        "ownership_unproven": "ownership_proof",
    }
    assert to_ask(verdict.findings, ("travel_rule_pending", "ownership_unproven")) == []
    late = look(policy, {}, country="AT")
    assert [f.code for f in late.findings] == ["travel_rule_pending"]
    assert to_ask(late.findings, ()) == [], "nothing is missing: a person has to look"


def test_a_vendor_may_ask_for_time(policy: Policy) -> None:
    def asks(ends: datetime) -> Facts:
        answer = OutsideAnswer("v", State.ANSWERED, Outcome.DELAY, "cooling off", ends)
        return replace(BASE, required=("v",), outside=(answer,))

    assert review(asks(NOW + HOUR), policy).release_at == NOW + HOUR
    assert review(asks(NOW), policy).outcome is Outcome.ALLOW


def test_a_description_is_part_of_what_is_confirmed_where_there_is_one() -> None:
    plain = payload_hash("wd_1", "cus_1", "USDT@evm-local", "0x1", "", 10, 1, None)
    assert plain == payload_hash("wd_1", "cus_1", "USDT@evm-local", "0x1", "", 10, 1, None, "")
    assert plain == "7e1a8220ea6fb972c733d2cf466169163fb36c92f1b3a75599d53bff365b9a65"
    assert plain != payload_hash("wd_1", "cus_1", "USDT@evm-local", "0x1", "", 10, 1, None, "Rent")


def test_a_pack_says_how_long_to_wait() -> None:
    assert parse(policies.shipped("default"), 1).travel_rule_wait_hours == 24
