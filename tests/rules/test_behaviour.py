"""People's ways, as a compliance officer reads them: the quiet day, then "but…", both sides of each line."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from facts_kit import GOOD, HOUR, NOW, PAST, QUIET, SESSIONS, USD, assert_agreed
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.findings import Outcome
from tidegate.base.money import Asset
from tidegate.base.refusals import Malformed
from tidegate.notifications import templates
from tidegate.parties.party import network_of
from tidegate.policy import breaker
from tidegate.policy import flow as policies
from tidegate.policy.behaviour import Egress, Supply
from tidegate.policy.breaker import Reset, Rush
from tidegate.policy.pack import parse
from tidegate.withdrawals.checks import CHECKS
from tidegate.withdrawals.facts import Facts, State
from tidegate.withdrawals.habits import NOTHING, Behaviour, Rushing
from tidegate.withdrawals.haste import Haste, rushing_under
from tidegate.withdrawals.review import named, review

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
COIN = 10**6
PACK = policies.shipped("default")
POLICY = parse(PACK, 1)
BEHAVIOUR: Any = PACK["behaviour"]
STRICT = parse(
    {
        **PACK,
        "behaviour": {
            **BEHAVIOUR,
            "session": {**BEHAVIOUR["session"], "logins_required": True},
            "units": {**BEHAVIOUR["units"], "hot": {**BEHAVIOUR["units"]["hot"], "required": True}},
        },
    },
    1,
)
WITHOUT = parse({key: value for key, value in PACK.items() if key != "behaviour"}, 1)


def seen(**but: Any) -> dict[str, Any]:
    return {"behaviour": replace(QUIET, sessions=replace(SESSIONS, **but))}


def past(value: int = 100 * USD, units: int = 100 * COIN, **but: Any) -> dict[str, Any]:
    return {
        "value": value,
        "units": units,
        "available_units": units,
        "behaviour": replace(QUIET, asking=replace(PAST, **but)),
    }


def travel(minutes: int, ago: timedelta) -> dict[str, Any]:
    return seen(travel_at=NOW - ago, travel_minutes=minutes, travel_from="DE", travel_to="BR")


CASES: list[tuple[str, str, dict[str, Any], Outcome | None]] = [
    ("new_device", "seen 24 h ago", seen(device_at=NOW - 24 * HOUR), None),
    ("new_device", "seen a second later", seen(device_at=NOW - 24 * HOUR + SECOND), Outcome.DELAY),
    ("new_device", "its clock is ahead of ours", seen(device_at=NOW + 5 * MINUTE), Outcome.DELAY),
    ("new_device", "no device was ever told", seen(device_at=None), None),
    ("new_network", "both 24 h old", seen(network_at=NOW - 24 * HOUR, country_at=NOW - 24 * HOUR), None),
    ("new_network", "both new", seen(network_at=NOW - HOUR, country_at=NOW - HOUR), Outcome.DELAY),
    ("new_network", "the country is known", seen(network_at=NOW - HOUR, country_at=NOW - 24 * HOUR), None),
    ("new_network", "the network is known", seen(network_at=NOW - 24 * HOUR, country_at=NOW - HOUR), None),
    (
        "new_network",
        "a second younger",
        seen(network_at=NOW - 24 * HOUR + SECOND, country_at=NOW - 24 * HOUR + SECOND),
        Outcome.DELAY,
    ),
    ("new_network", "no country was ever told", seen(network_at=NOW - HOUR, country_at=None), Outcome.DELAY),
    ("new_network", "no network was ever told", seen(network_at=None, country_at=NOW), None),
    ("impossible_travel", "3 hours between countries", travel(180, HOUR), None),
    ("impossible_travel", "a minute less", travel(179, HOUR), Outcome.REVIEW),
    ("impossible_travel", "24 h ago", travel(1, 24 * HOUR), None),
    ("impossible_travel", "a second less ago", travel(1, 24 * HOUR - SECOND), Outcome.REVIEW),
    ("impossible_travel", "at once", travel(0, 0 * HOUR), Outcome.REVIEW),
    ("login_unknown", "none is known, none is required", seen(login_at=None, login_complete=False), None),
    ("many_withdrawals", "the 10th in an hour", past(count_1h=9, count_24h=9), None),
    ("many_withdrawals", "the 11th in an hour", past(count_1h=10, count_24h=10), Outcome.REVIEW),
    ("many_withdrawals", "the 30th in 24 hours", past(count_24h=29), None),
    ("many_withdrawals", "the 31st in 24 hours", past(count_24h=30), Outcome.REVIEW),
    ("many_new_addresses", "5 in 24 hours", past(new_addresses_24h=5), None),
    ("many_new_addresses", "6 in 24 hours", past(new_addresses_24h=6), Outcome.REVIEW),
    ("account_drained", "a unit below 90 %", past(5_000 * USD, 89, balance_24h_units=100), None),
    ("account_drained", "90 %", past(5_000 * USD, 90, balance_24h_units=100), Outcome.REVIEW),
    (
        "account_drained",
        "90 % with what left before",
        past(5_000 * USD, 10, left_24h_units=80, balance_24h_units=100),
        Outcome.REVIEW,
    ),
    ("account_drained", "all of a little", past(5_000 * USD - 1, 100, balance_24h_units=100), None),
    ("account_drained", "there was nothing a day ago", past(5_000 * USD, 100, balance_24h_units=0), None),
    ("account_drained", "the platform keeps the ledger", past(5_000 * USD, 100, balance_24h_units=None), None),
    (
        "account_drained",
        "beyond what a float tells apart",
        past(5_000 * USD, 9 * 10**40 - 1, balance_24h_units=10**41),
        None,
    ),
    ("passed_through", "90 % of what arrived", past(5_000 * USD, 90, arrived_units=100), Outcome.REVIEW),
    ("passed_through", "a unit less", past(5_000 * USD, 89, arrived_units=100), None),
    ("passed_through", "a little", past(5_000 * USD - 1, 100, arrived_units=100), None),
    ("passed_through", "nothing arrived", past(5_000 * USD, 100, arrived_units=0), None),
    ("dormant_account", "180 days", past(1_000 * USD, sent_at=NOW - 180 * DAY), Outcome.REVIEW),
    ("dormant_account", "a second less", past(1_000 * USD, sent_at=NOW - 180 * DAY + SECOND), None),
    ("dormant_account", "180 days and a little", past(1_000 * USD - 1, sent_at=NOW - 180 * DAY), None),
    (
        "dormant_account",
        "never, and taken in 180 days ago",
        {**past(1_000 * USD, sent_at=None), "party_since": NOW - 180 * DAY},
        Outcome.REVIEW,
    ),
    (
        "dormant_account",
        "never, and taken in lately",
        {**past(1_000 * USD, sent_at=None), "party_since": NOW - 180 * DAY + SECOND},
        None,
    ),
    ("unusual_amount", "10 times the largest", past(5_000 * USD, largest_90d=500 * USD), None),
    (
        "unusual_amount",
        "a micro-dollar more",
        past(5_000 * USD + 1, largest_90d=500 * USD, median_90d=500 * USD),
        Outcome.REVIEW,
    ),
    ("unusual_amount", "50 times the median", past(5_000 * USD, largest_90d=5_000 * USD, median_90d=100 * USD), None),
    (
        "unusual_amount",
        "a micro-dollar over it",
        past(5_000 * USD + 1, largest_90d=5_000 * USD, median_90d=100 * USD),
        Outcome.REVIEW,
    ),
    ("unusual_amount", "of a little", past(5_000 * USD - 1, largest_90d=1, median_90d=1), None),
    ("unusual_amount", "without a past", past(5_000 * USD, largest_90d=None, median_90d=None), None),
    ("amount_implausible", "1,000 times the largest ever", past(1_000 * USD, 1_000, largest_units=1), None),
    ("amount_implausible", "a unit more", past(1_000 * USD, 1_001, largest_units=1), Outcome.REVIEW),
    ("amount_implausible", "of a little", past(1_000 * USD - 1, 1_001, largest_units=1), None),
    ("amount_implausible", "without a past", past(1_000 * USD, 1_001, largest_units=None), None),
    ("amount_implausible", "half of the hot wallet", past(units=50, hot_units=100), None),
    ("amount_implausible", "a unit more than half", past(units=51, hot_units=100), Outcome.REVIEW),
    (
        "amount_implausible",
        "more than half, seen 30 minutes ago",
        past(units=51, hot_units=100, hot_as_of=NOW - 30 * MINUTE),
        Outcome.REVIEW,
    ),
    (
        "amount_implausible",
        "more than half, seen a second earlier",
        past(units=51, hot_units=100, hot_as_of=NOW - 30 * MINUTE - SECOND),
        None,
    ),
    ("amount_implausible", "a thousandth of all coins", past(units=1, supply_units=1_000), None),
    ("amount_implausible", "a unit more than that", past(units=2, supply_units=1_000), Outcome.DECLINE),
    ("amount_implausible", "nobody knows how many there are", past(units=2, supply_units=None), None),
    ("hot_balance_unknown", "never seen, and not required", past(hot_units=None, hot_as_of=None), None),
    (
        "egress_tripped",
        "the breaker holds",
        {"behaviour": replace(QUIET, rushing=Rushing(7, "accounts", 3, 2, 10))},
        Outcome.REVIEW,
    ),
    ("egress_tripped", "it does not", {"behaviour": QUIET}, None),
]  # fmt: skip


def asked_by(check: str, facts: Facts, policy: object = POLICY) -> Outcome | None:
    """What the one check asks for; None = nothing."""
    (found,) = [c for c in CHECKS if c.id == check]
    asked = [f.outcome for f in found.run(facts, policy)]  # type: ignore[arg-type]
    return max(asked, key=lambda o: o.severity, default=None)


def test_on_a_quiet_day_nobody_says_anything() -> None:
    assert review(replace(GOOD, behaviour=QUIET), POLICY).findings == ()


@pytest.mark.parametrize(
    ("check", "but", "outcome"), [(c[0], *c[2:]) for c in CASES], ids=[f"{c[0]}: {c[1]}" for c in CASES]
)
def test_the_quiet_day_but(check: str, but: dict[str, Any], outcome: Outcome | None) -> None:
    facts = replace(GOOD, **{"behaviour": QUIET, **but})
    assert asked_by(check, facts) == outcome
    assert [f.code for f in review(facts, POLICY).findings if f.code == check] == ([check] if outcome else [])


@pytest.mark.parametrize(
    ("but", "outcome"),
    [
        ({}, None),
        (seen(login_complete=False), Outcome.REVIEW),
        (seen(login_at=None, login_complete=False), Outcome.REVIEW),
    ],
)
def test_where_logins_are_required_one_that_says_too_little_needs_a_person(
    but: dict[str, Any], outcome: Outcome | None
) -> None:
    assert asked_by("login_unknown", replace(GOOD, **{"behaviour": QUIET, **but}), STRICT) == outcome


SESSION = BEHAVIOUR["session"]
BOTH = parse(
    {
        **PACK,
        "behaviour": {
            **BEHAVIOUR,
            "session": {
                **SESSION,
                "new_device": {**SESSION["new_device"], "step_up": True},
                "new_network": {**SESSION["new_network"], "step_up": True},
                "travel": {**SESSION["travel"], "outcome": "delay", "step_up": True},
            },
        },
    },
    1,
)


@pytest.mark.parametrize(
    ("but", "checks"),
    [
        ({}, []),
        (seen(device_at=NOW - 24 * HOUR), []),
        (seen(device_at=NOW - 24 * HOUR + SECOND), ["new_device"]),
        (seen(network_at=NOW, country_at=NOW), ["new_network"]),
        (travel(180, HOUR), []),
        (travel(179, HOUR), ["impossible_travel"]),
        (seen(device_at=NOW, network_at=NOW, country_at=NOW), ["new_device", "new_network"]),
    ],
)
def test_a_delay_may_ask_for_a_stronger_factor_as_well(but: dict[str, Any], checks: list[str]) -> None:
    facts = replace(GOOD, **{"behaviour": QUIET, **but})
    both, alone = review(facts, BOTH), review(facts, POLICY)
    asked = [f.data["check"] for f in both.findings if f.outcome is Outcome.STEP_UP]
    assert (both.asks_step_up, asked) == (bool(checks), checks)
    assert both.outcome is (Outcome.DELAY if checks else Outcome.ALLOW)
    assert not alone.asks_step_up


@pytest.mark.parametrize("outcome", ["step_up", "review", "decline"])
def test_only_beside_a_delay_is_a_factor_asked_as_well(outcome: str) -> None:
    line = {"hours": 24, "outcome": outcome, "step_up": True}
    pack = {**PACK, "behaviour": {**BEHAVIOUR, "session": {**SESSION, "new_device": line}}}
    with pytest.raises(Malformed) as said:
        parse(pack, 1)
    assert said.value.field == "behaviour.session.new_device.step_up"


@pytest.mark.parametrize(
    ("but", "outcome"),
    [
        (past(hot_as_of=NOW - 30 * MINUTE), None),
        (past(hot_as_of=NOW - 30 * MINUTE - SECOND), Outcome.REVIEW),
        (past(hot_units=None, hot_as_of=None), Outcome.REVIEW),
    ],
)
def test_where_the_hot_wallet_must_be_known_not_knowing_it_needs_a_person(
    but: dict[str, Any], outcome: Outcome | None
) -> None:
    assert asked_by("hot_balance_unknown", replace(GOOD, **but), STRICT) == outcome


def test_what_is_said_of_each_case_is_what_was_agreed() -> None:
    """Under the strictest policy: there, what is not known is said as well."""
    quiet = {
        "nobody knows a login": seen(login_at=None, login_complete=False),
        "a login that says too little": seen(login_complete=False),
        "the hot wallet was never seen": past(hot_units=None, hot_as_of=None),
        "the hot wallet was seen long ago": past(hot_as_of=NOW - 31 * MINUTE),
    }
    all_cases = [*((f"{check}: {name}", but) for check, name, but, _ in CASES), *quiet.items()]
    said = [(name, review(replace(GOOD, **{"behaviour": QUIET, **but}), STRICT).findings) for name, but in all_cases]
    assert_agreed("findings_behaviour.txt", said)


OURS = [check for check in CHECKS if check.id in {case[0] for case in CASES}]


def test_a_pack_without_the_section_skips_these_checks_and_says_so() -> None:
    verdict = review(GOOD, WITHOUT)
    assert {a.check for a in verdict.answers if a.state is State.SKIPPED} >= {check.id for check in OURS}
    assert len(OURS) == 13
    # Facts that another policy looked at are no reason to find anything.
    loud = replace(QUIET, sessions=replace(SESSIONS, device_at=NOW), asking=replace(PAST, count_1h=10**6))
    assert review(replace(GOOD, behaviour=loud), WITHOUT).findings == ()
    assert review(replace(GOOD, behaviour=NOTHING), STRICT).findings == ()


@pytest.mark.parametrize("part", [f.name for f in dataclasses.fields(Behaviour)])
def test_each_part_may_be_left_out(part: str) -> None:
    facts = replace(GOOD, behaviour=replace(QUIET, **{part: None}))
    skipped = {a.check for a in review(facts, POLICY).answers if a.state is State.SKIPPED}
    assert skipped & {c.id for c in OURS} == {c.id for c in OURS if not c.applies(facts)} != set()


def test_every_finding_has_words_without_thresholds() -> None:
    for check, _, but, outcome in CASES:
        if outcome is not None:
            for found in review(replace(GOOD, **{"behaviour": QUIET, **but}), POLICY).findings:
                if found.code == check:
                    assert not any(letter.isdigit() for letter in templates.finding(found.code).en)
                    assert any(letter.isdigit() for letter in found.detail)


def test_a_person_clears_one_trip_and_not_the_next() -> None:
    first = review(replace(GOOD, behaviour=replace(QUIET, rushing=Rushing(1, "value", 2, 1, 5))), POLICY)
    (found,) = first.findings
    again = replace(GOOD, behaviour=replace(QUIET, rushing=Rushing(2, "value", 2, 1, 5)), cleared=(named(found),))
    assert review(again, POLICY).outcome is Outcome.REVIEW
    assert (
        review(replace(again, behaviour=replace(QUIET, rushing=Rushing(1, "value", 2, 1, 5))), POLICY).outcome
        is Outcome.ALLOW
    )


# --- more evidence never weakens ------------------------------------------------------------------------------------

hours_ago = st.integers(0, 60).map(lambda h: NOW - h * HOUR)
pasts = st.builds(
    replace,
    st.just(PAST),
    count_1h=st.integers(0, 20),
    count_24h=st.integers(0, 40),
    new_addresses_24h=st.integers(0, 10),
    left_24h_units=st.integers(0, 10**9),
    arrived_units=st.integers(0, 10**9),
    balance_24h_units=st.none() | st.integers(0, 10**9),
    largest_90d=st.none() | st.integers(0, 10**11),
    median_90d=st.none() | st.integers(0, 10**11),
)
sessions = st.builds(
    replace,
    st.just(SESSIONS),
    device_at=st.none() | hours_ago,
    network_at=st.none() | hours_ago,
    country_at=st.none() | hours_ago,
)
loud = st.builds(
    lambda s, p, value: replace(GOOD, value=value, behaviour=Behaviour(s, p, Rushing(None))),
    sessions,
    pasts,
    st.integers(0, 10**10),
)


def severity(facts: Facts) -> int:
    return review(facts, POLICY).outcome.severity


@given(loud, st.sampled_from(["count_1h", "count_24h", "new_addresses_24h", "left_24h_units"]), st.integers(0, 10**9))
def test_more_of_what_left_never_weakens(facts: Facts, what: str, more: int) -> None:
    asking = facts.behaviour.asking
    assert asking is not None
    grown = replace(asking, **{what: getattr(asking, what) + more})
    assert severity(replace(facts, behaviour=replace(facts.behaviour, asking=grown))) >= severity(facts)


@given(loud, hours_ago)
def test_one_more_new_device_or_trip_never_weakens(facts: Facts, at: datetime) -> None:
    known = facts.behaviour.sessions
    assert known is not None
    newest = at if known.device_at is None else max(at, known.device_at)
    for more in (
        replace(facts.behaviour, sessions=replace(known, device_at=newest)),
        replace(facts.behaviour, sessions=replace(known, travel_at=at, travel_minutes=5)),
        replace(facts.behaviour, rushing=Rushing(1, "value", 2, 1, 5)),
    ):
        assert severity(replace(facts, behaviour=more)) >= severity(facts)


@given(loud, st.integers(0, 10**10))
def test_asking_for_more_never_weakens(facts: Facts, more: int) -> None:
    dearer = replace(facts, value=facts.value + more, units=facts.units + more, available_units=10**12)
    assert severity(dearer) >= severity(replace(facts, available_units=10**12))


@given(loud)
def test_every_delay_says_when_it_ends(facts: Facts) -> None:
    assert all(f.ends_at for f in review(facts, POLICY).findings if f.outcome is Outcome.DELAY)


# --- the breaker ----------------------------------------------------------------------------------------------------

LINE = Egress(10, 3, 4, 100, 2)


@pytest.mark.parametrize(
    ("rush", "line"),
    [
        (Rush(3, 4, 100), None),
        (Rush(4, 4, 100), ("accounts", 4, 3)),
        (Rush(3, 5, 100), ("destinations", 5, 4)),
        (Rush(3, 4, 101), ("value", 101, 100)),
        (Rush(9, 9, 999), ("accounts", 9, 3)),
    ],
)
def test_the_line_itself_is_still_allowed(rush: Rush, line: tuple[str, int, int] | None) -> None:
    assert breaker.passed(rush, LINE) == line


def test_a_breaker_that_is_open_is_told_as_it_tripped() -> None:
    assert rushing_under(None) == Rushing(None)
    assert rushing_under(breaker.Trip(5, NOW, "value", 101, 100, 10)) == Rushing(5, "value", 101, 100, 10)


def test_where_too_few_are_there_to_pass_a_line_nobody_counts_them() -> None:
    alone = Haste(LINE, 5, None, 60, None, {"a"}, {"x"})
    assert alone.rush == Rush(0, 0, 60)
    assert alone.would_pass("b", "y", 40) is None
    assert alone.would_pass("b", "y", 41) == Rushing(5, "value", 101, 100, 10)


def test_a_batch_counts_its_own_requests_each_account_once() -> None:
    haste = Haste(LINE, 5, None, 60, (1, 0), {"a"}, set())
    for _ in range(3):
        assert haste.would_pass("a", "x", 10) is None
        haste.took("a", "x", 10)
    assert haste.rush == Rush(2, 1, 90)
    assert haste.would_pass("b", "y", 10) is None
    assert haste.would_pass("b", "y", 11) == Rushing(5, "value", 101, 100, 10)
    haste.took("b", "y", 0)
    assert haste.would_pass("c", "x", 0) == Rushing(5, "accounts", 4, 3, 10)
    assert haste.would_pass("b", "z", 0) is None


@given(st.permutations([("a", "x", 30), ("b", "y", 30), ("a", "z", 30), ("c", "x", 5)]))
def test_the_order_of_requests_does_not_change_what_is_counted(asks: list[tuple[str, str, int]]) -> None:
    haste = Haste(LINE, 1, None, 0, (0, 0))
    for ask in asks:
        haste.took(*ask)
    assert haste.rush == Rush(3, 3, 95)


@pytest.mark.parametrize(
    ("people", "needed", "done"),
    [(["ada"], 1, True), (["ada"], 2, False), (["ada", "ada"], 2, False), (["ada", "ben"], 2, True)],
)
def test_a_reset_takes_different_people(people: list[str], needed: int, done: bool) -> None:
    assert breaker.enough([Reset(1, person, "looked", NOW) for person in people], needed) is done


# --- small rules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        (None, None),
        ("203.0.113.77", "203.0.113.0/24"),
        ("203.0.114.77", "203.0.114.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("2001:db8:2:2::3", "2001:db8:2::/48"),
        ("fe80::1%eth0", "fe80::/48"),
    ],
)
def test_an_address_is_remembered_by_its_neighbourhood(ip: str | None, network: str | None) -> None:
    assert network_of(ip) == network


@pytest.mark.parametrize(
    ("coins", "units"),
    [({}, None), ({"BTC@bitcoin": "21000000"}, 21 * 10**14), ({"BTC@bitcoin": "0.123456789"}, 12345678)],
)
def test_a_supply_is_known_in_units_rounded_down(coins: dict[str, str], units: int | None) -> None:
    assert Supply(coins, 1, Outcome.REVIEW).units(Asset(1, "BTC", "bitcoin", 8, None)) == units


@pytest.mark.parametrize("outcome", ["step_up", "review", "decline"])
def test_the_outcomes_and_values_of_a_pack_stand_where_they_were_written(outcome: str) -> None:
    fast = BEHAVIOUR["velocity"]
    velocity = fast | {part: {**fast[part], "outcome": outcome} for part in ("drain", "pass_through", "dormant")}
    egress = BEHAVIOUR["egress"] | {"value": "1234567.5"}
    read = parse({**PACK, "behaviour": {**BEHAVIOUR, "velocity": velocity, "egress": egress}}, 1).behaviour
    assert read is not None
    assert read.velocity is not None
    assert read.egress is not None
    found = {read.velocity.drain.outcome, read.velocity.pass_through.outcome, read.velocity.dormant.outcome}
    assert found == {Outcome(outcome)}
    assert read.egress.value == 1_234_567_500_000


def test_a_pack_without_velocity_has_none() -> None:
    rest = {key: value for key, value in BEHAVIOUR.items() if key != "velocity"}
    read = parse({**PACK, "behaviour": rest}, 1).behaviour
    assert read is not None
    assert read.velocity is None
