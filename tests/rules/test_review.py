"""The decision, as a compliance officer reads it: the good case, then "the good case, but…"."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from facts_kit import GOOD, HOUR, NOW, assert_agreed, hit, under
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.canonical import canonical
from tidegate.base.findings import Outcome
from tidegate.notifications import templates
from tidegate.policy import flow as policies
from tidegate.policy.pack import Policy, PolicySilent, faults, parse
from tidegate.withdrawals.checks import CHECKS
from tidegate.withdrawals.facts import DESTINATION_CODE, Bound, Facts, OutsideAnswer, Resembles, State, Use
from tidegate.withdrawals.review import BLOCKING, blocked, review
from tidegate.withdrawals.vocabulary import VOCABULARY

SECOND = timedelta(seconds=1)
USD = 1_000_000


@pytest.fixture(scope="module")
def policy() -> Policy:
    limited = {
        "limits": [{"scope": "address", "hours": 1, "usd": "200000"}],
        "limits_per_transaction": {"USDT@evm-local": "20000"},
        "rules": [
            {"name": "seven_units", "when": "amount_units == 7 -> review", "mode": "live"},
            {"name": "eight_units", "when": "amount_units == 8 -> delay 48", "mode": "live"},
            {"name": "old_hand", "when": "amount_units == 9 and lifetime_usd < 100 -> step_up", "mode": "live"},
            {"name": "ten_units", "when": "amount_units == 10 -> freeze", "mode": "shadow"},
            {"name": "eleven_units", "when": "amount_units == 11 -> freeze", "mode": "off"},
        ],
    }
    pack = {**policies.shipped("default"), **limited}
    assert faults(pack, VOCABULARY) == []
    return parse(pack, version=1)


CASES: list[tuple[str, dict[str, Any], Outcome, list[str]]] = [
    ("the good case", {}, Outcome.ALLOW, []),
    ("one unit more than there is", {"units": 100_000_001}, Outcome.DECLINE, ["funds_short"]),
    ("exactly the limit", {"used_24h": 49_900 * USD, "value": 100 * USD}, Outcome.ALLOW, []),
    ("a micro-dollar over it", {"used_24h": 49_900 * USD + 1}, Outcome.DECLINE, ["over_limit_24h"]),
    ("level 0 at its limit", {"level": 0, "value": 125 * USD}, Outcome.ALLOW, []),
    ("level 0 above", {"level": 0, "value": 125 * USD + 1}, Outcome.DECLINE, ["over_limit_24h"]),
    ("level 1 at its limit", {"level": 1, "value": 1_000 * USD}, Outcome.ALLOW, []),
    ("level 1 above", {"level": 1, "value": 1_000 * USD + 1}, Outcome.DECLINE, ["over_limit_24h"]),
    ("level 3 goes further", {"level": 3, "used_24h": 60_000 * USD}, Outcome.ALLOW, []),
    ("another window at its limit", {"windows": (Use("address", 1, 199_900 * USD),)}, Outcome.ALLOW, []),
    (
        "another window, a micro-dollar over",
        {"windows": (Use("address", 1, 199_900 * USD + 1),)},
        Outcome.DECLINE,
        ["over_limit"],
    ),
    ("the most at once", {"value": 20_000 * USD}, Outcome.REVIEW, ["large_amount"]),
    (
        "a micro-dollar more at once",
        {"value": 20_000 * USD + 1},
        Outcome.DECLINE,
        ["large_amount", "over_transaction_limit"],
    ),
    ("a stormy market", {"market_percent": 25, "used_24h": 12_400 * USD}, Outcome.ALLOW, []),
    (
        "a stormy market, a micro-dollar over",
        {"market_percent": 25, "used_24h": 12_400 * USD + 1},
        Outcome.DECLINE,
        ["over_limit_24h"],
    ),
    (
        "a stormy market tightens every window",
        {"market_percent": 25, "windows": (Use("address", 1, 49_900 * USD + 1),)},
        Outcome.DECLINE,
        ["over_limit"],
    ),
    (
        "a stormy market and a size",
        {"market_percent": 25, "value": 5_000 * USD + 1},
        Outcome.DECLINE,
        ["over_transaction_limit"],
    ),
    (
        "a market never loosens",
        {"market_percent": 200, "used_24h": 49_900 * USD + 1},
        Outcome.DECLINE,
        ["over_limit_24h"],
    ),
    (
        "room taken a day ago, filled by others since",
        {"reserved_at": NOW - 24 * HOUR, "used_24h": 50_000 * USD},
        Outcome.ALLOW,
        [],
    ),
    (
        "room taken a second later, a limit lowered since",
        {"reserved_at": NOW - 24 * HOUR + SECOND, "used_24h": 50_000 * USD},
        Outcome.DECLINE,
        ["over_limit_24h"],
    ),
    ("banned country", {"country": "KP"}, Outcome.DECLINE, ["country_banned"]),
    ("restricted country", {"country": "MM"}, Outcome.REVIEW, ["country_restricted"]),
    ("address 24 h old", {"address_saved_at": NOW - 24 * HOUR}, Outcome.ALLOW, []),
    ("a second younger", {"address_saved_at": NOW - 24 * HOUR + SECOND}, Outcome.DELAY, ["address_new"]),
    ("password changed 24 h ago", {"changed": (("password_changed", NOW - 24 * HOUR),)}, Outcome.ALLOW, []),
    (
        "password changed a second later",
        {"changed": (("password_changed", NOW - 24 * HOUR + SECOND),)},
        Outcome.DELAY,
        ["credentials_changed"],
    ),
    ("factor changed", {"changed": (("mfa_changed", NOW - 23 * HOUR),)}, Outcome.DELAY, ["credentials_changed"]),
    ("e-mail changed 72 h ago", {"changed": (("email_changed", NOW - 72 * HOUR),)}, Outcome.ALLOW, []),
    (
        "e-mail changed 71 h ago",
        {"changed": (("email_changed", NOW - 71 * HOUR),)},
        Outcome.DELAY,
        ["credentials_changed"],
    ),
    (
        "phone changed 71 h ago",
        {"changed": (("phone_changed", NOW - 71 * HOUR),)},
        Outcome.DELAY,
        ["credentials_changed"],
    ),
    ("sanctioned destination", {"hits": (hit("sanctions"),)}, Outcome.DECLINE, ["address_sanctioned"]),
    ("otherwise listed destination", {"hits": (hit("scam"),)}, Outcome.REVIEW, ["address_listed"]),
    ("a known service", {"hits": (hit("exchange"),)}, Outcome.ALLOW, ["address_tagged"]),
    ("our own blocklist", {"hits": (hit("blocklist"),)}, Outcome.REVIEW, ["address_warned"]),
    (
        "our own blocklist, insisted",
        {"hits": (hit("blocklist"),), "warnings": (("a-list", "insisted"),)},
        Outcome.REVIEW,
        ["address_warned"],
    ),
    ("nothing known resembles it", {"own": ""}, Outcome.ALLOW, []),
    (
        "it resembles a known address",
        {"own": "", "resembles": Resembles("0x000000000000000000000000000000000000aaaa", "customer", 4, 4)},
        Outcome.REVIEW,
        ["address_look_alike"],
    ),
    ("another customer's deposit address", {"own": "deposit"}, Outcome.ALLOW, ["address_internal"]),
    ("ours on another network", {"own": "elsewhere"}, Outcome.DECLINE, ["address_ours_elsewhere"]),
    ("no allow-list", {"allow_list": False}, Outcome.ALLOW, []),
    ("an allow-list that lacks it", {"allow_list": True}, Outcome.DECLINE, ["address_not_in_book"]),
    ("an entry usable from now on", {"allow_list": True, "usable_at": NOW}, Outcome.ALLOW, []),
    (
        "an entry usable a second later",
        {"allow_list": True, "usable_at": NOW + SECOND},
        Outcome.DELAY,
        ["address_entry_new"],
    ),
    ("stale list", {"stale_lists": ("sanctions",)}, Outcome.REVIEW, ["list_stale"]),
    ("just below the review line", {"value": 10_000 * USD - 1}, Outcome.ALLOW, []),
    ("large amount", {"value": 10_000 * USD}, Outcome.REVIEW, ["large_amount"]),
    (
        "large, but a person looked",
        {"value": 10_000 * USD, "cleared": ("large_amount",)},
        Outcome.ALLOW,
        ["large_amount"],
    ),
    (
        "a person clears one finding, not another",
        {"value": 10_000 * USD, "hits": (hit("scam"),), "cleared": ("large_amount",)},
        Outcome.REVIEW,
        ["address_listed", "large_amount"],
    ),
    (
        "a hit that a person let pass",
        {"hits": (hit("scam"),), "cleared": ("address_listed:a-list:somebody",)},
        Outcome.ALLOW,
        ["address_listed"],
    ),
    (
        "another hit of the same name was not let pass",
        {"hits": (hit("scam"), replace(hit("scam"), list="b-list")), "cleared": ("address_listed:a-list:somebody",)},
        Outcome.REVIEW,
        ["address_listed", "address_listed"],
    ),
    (
        "nor was another entry of the same list",
        {"hits": (replace(hit("scam"), entry="somebody else"),), "cleared": ("address_listed:a-list:somebody",)},
        Outcome.REVIEW,
        ["address_listed"],
    ),
    (
        "an old list was let pass, another one is old",
        {"stale_lists": ("sanctions", "scam"), "cleared": ("list_stale:scam",)},
        Outcome.REVIEW,
        ["list_stale", "list_stale"],
    ),
    (
        "nobody clears a sanction",
        {"hits": (hit("sanctions"),), "cleared": ("address_sanctioned",)},
        Outcome.DECLINE,
        ["address_sanctioned"],
    ),
    ("step-up restriction", {"restrictions": (under("step_up"),)}, Outcome.STEP_UP, ["step_up_required"]),
    (
        "delay restriction, still running",
        {"restrictions": (under("withdrawal_delay", "48"),), "requested_at": NOW - 48 * HOUR + SECOND},
        Outcome.DELAY,
        ["withdrawals_delayed"],
    ),
    (
        "delay restriction, waited out",
        {"restrictions": (under("withdrawal_delay", "48"),), "requested_at": NOW - 48 * HOUR},
        Outcome.ALLOW,
        [],
    ),
    (
        "an outside check asks for a person",
        {
            "required": ("vendor_a",),
            "outside": (OutsideAnswer("vendor_a", State.ANSWERED, Outcome.REVIEW, "mixer"),),
        },
        Outcome.REVIEW,
        ["outside_flagged"],
    ),
    (
        "a token's contract stands there",
        {
            "required": (DESTINATION_CODE,),
            "outside": (OutsideAnswer(DESTINATION_CODE, State.ANSWERED, Outcome.DECLINE, "a token"),),
        },
        Outcome.DECLINE,
        ["address_is_token_contract"],
    ),
    (
        "no token stands there",
        {"required": (DESTINATION_CODE,), "outside": (OutsideAnswer(DESTINATION_CODE, State.ANSWERED, Outcome.ALLOW),)},
        Outcome.ALLOW,
        [],
    ),
    ("a rule fires", {"units": 7}, Outcome.REVIEW, ["analyst_rule"]),
    ("a unit beside the rule", {"units": 6}, Outcome.ALLOW, []),
    (
        "a rule that a person let pass",
        {"units": 7, "cleared": ("analyst_rule:seven_units",)},
        Outcome.ALLOW,
        ["analyst_rule"],
    ),
    ("another rule was let pass", {"units": 7, "cleared": ("analyst_rule:other",)}, Outcome.REVIEW, ["analyst_rule"]),
    ("a rule delays", {"units": 8, "requested_at": NOW - 48 * HOUR + SECOND}, Outcome.DELAY, ["analyst_rule"]),
    ("its delay was waited out", {"units": 8, "requested_at": NOW - 48 * HOUR}, Outcome.ALLOW, []),
    ("a rule that nobody can answer", {"units": 9}, Outcome.REVIEW, ["rule_unknown"]),
    (
        "the fact became known",
        {"units": 9, "windows": (Use("address", 1, 0), Use("party", None, 99 * USD))},
        Outcome.STEP_UP,
        ["analyst_rule"],
    ),
    (
        "it is known, and the rule is silent",
        {"units": 9, "windows": (Use("address", 1, 0), Use("party", None, 100 * USD))},
        Outcome.ALLOW,
        [],
    ),
    ("a rule in shadow asks for nothing", {"units": 10}, Outcome.ALLOW, []),
    ("a rule that is off asks for nothing", {"units": 11}, Outcome.ALLOW, []),
    ("own limit kept", {"restrictions": (under("withdrawal_limit", "100"),)}, Outcome.ALLOW, []),
    (
        "own limit passed",
        {"restrictions": (under("withdrawal_limit", "99"),)},
        Outcome.DECLINE,
        ["over_limit_24h"],
    ),
    ("a watch changes nothing", {"restrictions": (under("watch"),)}, Outcome.ALLOW, []),
    (
        "everything at once is told at once",
        {"units": 100_000_001, "country": "KP", "hits": (hit("sanctions"),), "address_saved_at": NOW},
        Outcome.DECLINE,
        ["address_new", "address_sanctioned", "country_banned", "funds_short"],
    ),
    ("coins are bound, and enough are free", {"bound": Bound(100_000_000, None)}, Outcome.ALLOW, []),
    (
        "a unit more than what is free of retention lots",
        {"bound": Bound(99_999_999, NOW + 24 * HOUR)},
        Outcome.DELAY,
        ["coins_retained"],
    ),
]


@pytest.mark.parametrize(("but", "outcome", "codes"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_good_case_but(policy: Policy, but: dict[str, Any], outcome: Outcome, codes: list[str]) -> None:
    verdict = review(replace(GOOD, **but), policy)
    assert (verdict.outcome, sorted(f.code for f in verdict.findings)) == (outcome, codes)


def test_what_is_said_of_each_case_is_what_was_agreed(policy: Policy) -> None:
    said = [(name, review(replace(GOOD, **but), policy).findings) for name, but, _, _ in CASES]
    assert_agreed("findings.txt", said)


TOLD_ELSEWHERE = {
    # tests/rules/test_behaviour.py
    "new_device",
    "new_network",
    "impossible_travel",
    "login_unknown",
    "many_withdrawals",
    "many_new_addresses",
    "account_drained",
    "passed_through",
    "dormant_account",
    "unusual_amount",
    "amount_implausible",
    "hot_balance_unknown",
    "egress_tripped",
}


def test_every_check_is_shown_at_least_once(policy: Policy) -> None:
    shown = {check.id for check in CHECKS for case in CASES if list(check.run(replace(GOOD, **case[1]), policy))}
    # The places' own rules have a table of their own: test_place.py.
    here = {check.id for check in CHECKS if not check.run.__module__.endswith(".place")}
    assert shown == here - TOLD_ELSEWHERE


def test_every_check_names_its_clause() -> None:
    assert all(check.run.__doc__ and "ection" in check.run.__doc__ for check in CHECKS)


def test_every_finding_has_words_for_the_customer_in_both_languages(policy: Policy) -> None:
    codes = {f.code for case in CASES for f in review(replace(GOOD, **case[1]), policy).findings}
    for code in codes:
        text = templates.finding(code)
        assert text.en
        assert text.zh
        assert not any(digit in text.en.replace("24 hours", "") for digit in "123456789"), "no thresholds to customers"


def test_an_unknown_level_is_a_refusal_not_a_limit_of_its_own(policy: Policy) -> None:
    """OpenCEX: the level look-up always gave level 0; Peatio: 0 meant unlimited."""
    with pytest.raises(PolicySilent) as silent:
        review(replace(GOOD, level=None), policy)
    assert silent.value.code == "no_level"


@pytest.mark.parametrize(
    ("category", "outcome"),
    [("sanctions", Outcome.DECLINE), ("scam", Outcome.REVIEW), ("exchange", Outcome.REVIEW)],
)
def test_a_pack_of_before_the_table_declines_sanctions_and_asks_about_the_rest(category: str, outcome: Outcome) -> None:
    old = parse({key: value for key, value in policies.shipped("default").items() if key != "screening"}, 1)
    assert review(replace(GOOD, hits=(hit(category),)), old).outcome is outcome


@pytest.mark.parametrize(("version", "data"), [(1, {}), (2, {"list": "sanctions"})])
def test_a_stale_list_is_said_as_it_was_said_then(policy: Policy, version: int, data: dict[str, str]) -> None:
    (found,) = review(replace(GOOD, stale_lists=("sanctions",), facts_version=version), policy).findings
    assert found.data == data


def test_a_delay_ends_with_its_last_reason(policy: Policy) -> None:
    verdict = review(
        replace(GOOD, address_saved_at=NOW, changed=(("email_changed", NOW), ("password_changed", NOW))), policy
    )
    assert verdict.release_at == NOW + 72 * HOUR


@pytest.mark.parametrize("kind", sorted(BLOCKING))
def test_a_blocking_restriction_stops_every_move(kind: str) -> None:
    assert blocked(replace(GOOD, restrictions=(under("watch"), under(kind)))) == kind


def test_without_one_nothing_is_stopped() -> None:
    assert blocked(replace(GOOD, restrictions=(under("step_up"), under("withdrawal_delay")))) is None


facts = st.builds(
    replace,
    st.just(GOOD),
    units=st.integers(1, 2 * 10**8),
    value=st.integers(0, 10**11),
    used_24h=st.integers(0, 10**11),
    level=st.integers(0, 3),
    country=st.sampled_from(["DE", "KP", "MM"]),
    address_saved_at=st.integers(0, 60).map(lambda h: NOW - h * HOUR),
    hits=st.lists(st.sampled_from(["sanctions", "scam"]).map(hit), max_size=2).map(tuple),
    stale_lists=st.sampled_from([(), ("sanctions",)]),
    changed=st.lists(
        st.tuples(
            st.sampled_from(["password_changed", "phone_changed"]), st.integers(0, 90).map(lambda h: NOW - h * HOUR)
        ),
        max_size=2,
    ).map(tuple),
)


@given(facts)
def test_the_outcome_is_never_milder_than_any_finding_that_nobody_cleared(f: Facts) -> None:
    """I7. Marble: a screening hit hid a declining score."""
    verdict = review(f, parse(policies.shipped("default")))
    assert all(verdict.outcome.severity >= found.outcome.severity for found in verdict.findings)


@given(facts, st.sampled_from(["sanctions", "scam"]))
def test_one_more_hit_never_weakens_the_outcome(f: Facts, category: str) -> None:
    p = parse(policies.shipped("default"))
    assert review(replace(f, hits=(*f.hits, hit(category))), p).outcome.severity >= review(f, p).outcome.severity


@given(facts)
def test_the_same_facts_give_the_same_bytes(f: Facts) -> None:
    """I11."""
    p = parse(policies.shipped("default"))
    assert canonical(review(f, p)) == canonical(review(f, p))


@given(facts)
def test_every_delay_says_when_it_ends(f: Facts) -> None:
    verdict = review(f, parse(policies.shipped("default")))
    assert all(found.ends_at for found in verdict.findings if found.outcome is Outcome.DELAY)
