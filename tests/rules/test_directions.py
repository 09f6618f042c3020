"""Which way each number of a pack goes, and that this is true: a tighter number never makes a decision milder."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from facts_kit import GOOD, HOUR, NOW, PAST, SESSIONS, USD, hit, under
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.base.findings import Outcome
from tidegate.policy import flow as policies
from tidegate.policy.diff import WAYS, difference
from tidegate.policy.language import Turn
from tidegate.policy.pack import Policy, PolicySilent, faults, parse
from tidegate.withdrawals.facts import Facts, Use
from tidegate.withdrawals.habits import Behaviour, Rushing
from tidegate.withdrawals.review import Verdict, review
from tidegate.withdrawals.vocabulary import VOCABULARY

DEMO = policies.shipped("demo")
PACK: dict[str, Any] = {
    **DEMO,
    "places": {},
    "fx": {"EUR": "1"},
    "limits": [{"scope": "address", "hours": 1, "usd": "30000"}],
    "limits_per_transaction": {"USDT@evm-local": "20000"},
}

# Each number, and what it means when it goes up; of words, when it becomes the next stricter one.
UP: dict[str, str] = {
    "limits_24h.2": "looser",
    "limits.address 1": "looser",
    "limits_per_transaction.USDT@evm-local": "looser",
    "new_address.from_value": "looser",
    "new_address.hours": "tighter",
    "new_address.large_from_value": "looser",
    "new_address.large_hours": "tighter",
    "credential_hold_hours.password_changed": "tighter",
    "confirmation.minutes": "looser",
    "confirmation.tries": "looser",
    "jurisdictions.default": "tighter",
    "jurisdictions.countries.MM": "tighter",
    "review.from_value": "looser",
    "review.sla_hours": "changed",
    "authorisation_minutes": "looser",
    "network_fee_ceiling.evm-local": "looser",
    "fixed_prices.USDT@evm-local": "changed",
    "fees.USDT@evm-local": "changed",
    "fx.EUR": "changed",
    "travel_rule_wait_hours": "changed",
    "screening.look_alike.lead": "looser",
    "screening.look_alike.tail": "looser",
    "screening.look_alike.score": "looser",
    "screening.look_alike.one_end": "looser",
    "screening.actions.*.exchange": "tighter",
    "screening.insist_hours": "looser",
    "screening.allow_list.off_hours": "tighter",
    "screening.allow_list.entry_hours": "tighter",
    "screening.names.show": "looser",
    "screening.names.hit": "looser",
    "behaviour.session.logins_required": "tighter",
    "behaviour.session.new_device.hours": "tighter",
    "behaviour.session.new_network.hours": "tighter",
    "behaviour.session.travel.hours": "changed",
    "behaviour.session.travel.look_back_hours": "changed",
    "behaviour.session.travel.outcome": "tighter",
    "behaviour.velocity.count_1h.most": "looser",
    "behaviour.velocity.count_24h.most": "looser",
    "behaviour.velocity.new_addresses_24h.most": "looser",
    "behaviour.velocity.drain.percent": "looser",
    "behaviour.velocity.drain.from_value": "looser",
    "behaviour.velocity.pass_through.minutes": "changed",
    "behaviour.velocity.pass_through.percent": "looser",
    "behaviour.velocity.pass_through.from_value": "looser",
    "behaviour.velocity.dormant.days": "looser",
    "behaviour.velocity.dormant.from_value": "looser",
    "behaviour.velocity.dormant.outcome": "tighter",
    "behaviour.history.largest_factor": "looser",
    "behaviour.history.median_factor": "looser",
    "behaviour.history.from_value": "looser",
    "behaviour.history.outcome": "tighter",
    "behaviour.units.largest.factor": "looser",
    "behaviour.units.largest.from_value": "looser",
    "behaviour.units.largest.outcome": "tighter",
    "behaviour.units.hot.percent": "looser",
    "behaviour.units.hot.stale_minutes": "changed",
    "behaviour.units.hot.required": "tighter",
    "behaviour.units.supply.ppm": "looser",
    "behaviour.units.supply.coins.ETH@evm-local": "looser",
    "behaviour.egress.minutes": "tighter",
    "behaviour.egress.accounts": "looser",
    "behaviour.egress.destinations": "looser",
    "behaviour.egress.value": "looser",
    "standing.most": "looser",
    "standing.per_asset": "looser",
    "standing.fee_percent": "looser",
    "standing.look_seconds": "changed",
    "standing.again_hours": "changed",
    "merchants.release_days": "tighter",
    "merchants.top_up_days": "looser",
    "merchants.exit_review_hours": "changed",
    "merchants.name_score": "tighter",
    "retention.mail_days": "changed",
    "factors.link_hours": "looser",
    "factors.challenge_minutes": "looser",
    "factors.resend_seconds": "tighter",
    "factors.freeze_link_days": "tighter",
    "factors.unfreeze_hours": "tighter",
    "factors.step_up.passkey": "tighter",
}
STRICTER = {
    "allowed": "restricted",
    "restricted": "banned",
    "allow": "warn",
    "review": "decline",
    False: True,
    ("passkey",): ["passkey", "mail"],
}


def at(pack: Any, path: str) -> Any:
    """What stands at a path of `difference`."""
    if path == "limits.address 1":
        return pack["limits"][0]["usd"]
    place = pack
    for key in _keys(path):
        place = place[key]
    return place


def put(path: str, value: Any) -> dict[str, Any]:
    pack: dict[str, Any] = copy.deepcopy(PACK)
    if path == "limits.address 1":
        pack["limits"][0]["usd"] = value
        return pack
    *way, last = _keys(path)
    place = pack
    for key in way:
        place = place[key]
    place[last] = value
    return pack


def _keys(path: str) -> list[str]:
    head, _, last = path.partition(".coins.")
    return [*head.split("."), *(["coins", last] if last else [])]


def greater(value: Any) -> Any:
    match value:
        case bool():
            return STRICTER[value]
        case int():
            return value + 1
        case list():
            return STRICTER[tuple(value)]
        case str() if value[0].isdigit():
            return str(Decimal(value) + Decimal("0.01"))
    return STRICTER[value]


@pytest.mark.parametrize("path", UP)
def test_a_number_that_goes_up(path: str) -> None:
    up = put(path, greater(at(PACK, path)))
    assert [(one.path, one.turn.value) for one in difference(PACK, up, VOCABULARY)] == [(path, UP[path])]
    back = {"tighter": "looser", "looser": "tighter", "changed": "changed"}[UP[path]]
    assert [one.turn.value for one in difference(up, PACK, VOCABULARY)] == [back]


def test_the_table_above_knows_every_line_of_the_gate() -> None:
    """Of the sections that it shows; other rooms have tables of their own. What no line names is "changed"."""
    shown = {way for path in UP for way, _ in [_line(path)]}
    others = {
        ("places", "*"), ("operator",), ("stablecoins", "*"), ("required_lists", "*"), ("check_failures", "*"),
        ("outside_checks", "*"), ("merchants", "bond", "*"),
        ("deciding", "outside_seconds"), ("deciding", "reserved_minutes"),
        ("loosening_hours",), ("review", "quorum", "*"), ("behaviour", "egress", "reset_people"),
        ("behaviour", "session", "*", "step_up"), ("behaviour", "session", "*", "outcome"),
        ("behaviour", "velocity", "*", "outcome"),
    }  # fmt: skip
    sections = {path.split(".")[0] for path in UP}
    assert {way for way, _ in WAYS if way[0] in sections} - shown - others == set()


def _line(path: str) -> tuple[tuple[str, ...], Any]:
    parts = path.split(".")
    return next(
        (pattern, way)
        for pattern, way in WAYS
        if len(pattern) == len(parts) and all(p in ("*", q) for p, q in zip(pattern, parts, strict=True))
    )


@pytest.mark.parametrize(
    ("before", "after", "turn"),
    [
        ("step_up", "delay", "changed"),  # the stronger factor is no longer asked
        ("step_up", "review", "changed"),
        ("step_up", "decline", "tighter"),
        ("delay", "step_up", "looser"),
        ("delay", "review", "tighter"),
        ("review", "delay", "looser"),
        ("decline", "step_up", "looser"),
    ],
)
def test_a_stronger_factor_is_asked_beside_the_others(before: str, after: str, turn: str) -> None:
    path = "behaviour.session.new_device.outcome"
    (found,) = difference(put(path, before), put(path, after), VOCABULARY)
    assert found.turn.value == turn
    old, new = (
        {**PACK, "rules": [{"name": "one", "when": f"amount_usd > 5 -> {said}", "mode": "live"}]}
        for said in (word if word != "delay" else "delay 24" for word in (before, after))
    )
    (found,) = difference(old, new, VOCABULARY)
    assert found.turn.value == turn


def test_leaving_the_factors_out_means_the_rulebooks_own() -> None:
    assert difference({k: v for k, v in DEMO.items() if k != "factors"}, DEMO, VOCABULARY) == []


# --- a tighter number never makes a decision milder ------------------------------------------------------------------

ago = st.integers(0, 60).map(lambda h: NOW - h * HOUR)
usd = st.sampled_from([0, 1, 10, 999, 1_000, 1_001, 5_000, 9_999, 10_000, 20_000, 30_000, 49_000, 60_000])
values = usd.map(lambda dollars: dollars * USD)
units = st.integers(1, 20).map(lambda coins: coins * 10**6)
few = st.integers(0, 45)

# What each part of a pack looks at: these facts vary freely, the others are those of a quiet day, but for one.
LOOKS_AT: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "limits_24h": {"value": values, "used_24h": values},
    "limits.": {"value": values, "windows": values.map(lambda used: (Use("address", 1, used),))},
    "limits_per_transaction": {"value": values, "market_percent": st.sampled_from([100, 50, 25])},
    "new_address": {"value": values, "address_saved_at": ago},
    "credential_hold_hours": {"changed": ago.map(lambda at: (("password_changed", at), ("email_changed", NOW)))},
    "jurisdictions": {"country": st.sampled_from(["DE", "KP", "MM"])},
    "review": {"value": values},
    "screening.actions": {
        "hits": st.lists(st.sampled_from(["sanctions", "scam", "blocklist", "exchange"]).map(hit), max_size=2).map(
            tuple
        )
    },
    "behaviour.session": {
        "sessions.login_complete": st.booleans(),
        "sessions.device_at": st.none() | ago,
        "sessions.network_at": st.none() | ago,
        "sessions.country_at": st.none() | ago,
        "sessions.travel_at": st.none() | ago,
        "sessions.travel_minutes": st.none() | st.integers(0, 400),
    },
    "behaviour.velocity.count": {"asking.count_1h": few, "asking.count_24h": few},
    "behaviour.velocity.new_addresses": {"asking.new_addresses_24h": few},
    "behaviour.velocity.drain": {
        "value": values,
        "units": units,
        "asking.left_24h_units": units,
        "asking.balance_24h_units": st.none() | units,
    },
    "behaviour.velocity.pass_through": {"value": values, "units": units, "asking.arrived_units": units},
    "behaviour.velocity.dormant": {
        "value": values,
        "asking.sent_at": st.none() | st.integers(0, 400).map(lambda days: NOW - 24 * days * HOUR),
    },
    "behaviour.history": {
        "value": values,
        "asking.largest_90d": st.none() | values,
        "asking.median_90d": st.none() | values,
    },
    "behaviour.units": {
        "value": values,
        "units": units,
        "asset": st.just("ETH@evm-local"),
        "asking.largest_units": st.none() | st.integers(1, 10**6),
        "asking.hot_units": st.none() | units,
        "asking.hot_as_of": st.none() | st.integers(0, 90).map(lambda minutes: NOW - minutes * HOUR / 60),
        "asking.supply_units": st.none() | st.integers(10**9, 10**11),
    },
}
SOMETHING_ELSE: list[dict[str, Any]] = [
    {},
    {"restrictions": (under("step_up"),)},
    {"restrictions": (under("withdrawal_limit", "900"),)},
    {"address_saved_at": NOW - HOUR},
    {"hits": (hit("scam"),)},
    {"rushing.trip": 7},
    {"level": 1},
]
# Numbers that other parts of the product act on, where a decision does not see them.
NOT_SEEN = {"behaviour.egress", "behaviour.units.supply.coins"}
SEEN = [
    (path, prefix) for path in UP for prefix in LOOKS_AT if path.startswith(prefix) and UP[path] != "changed"
    and not any(path.startswith(unseen) for unseen in NOT_SEEN)
]  # fmt: skip


def people(but: Mapping[str, Any]) -> Facts:
    """The quiet day, with these facts changed."""
    parts: dict[str, dict[str, Any]] = {"": {}, "sessions": {}, "asking": {}, "rushing": {}}
    for name, value in but.items():
        part, _, field = name.rpartition(".")
        parts[part][field] = value
    behaviour = Behaviour(
        replace(SESSIONS, **parts["sessions"]),
        replace(PAST, **parts["asking"]),
        replace(Rushing(None, "accounts", 3, 2, 10), **parts["rushing"]),
    )
    return replace(GOOD, **{"available_units": 10**12, "behaviour": behaviour, **parts[""]})


def others(value: Any) -> list[Any]:
    """Other values of this kind."""
    match value:
        case bool():
            return [not value]
        case int():
            return [0, 1, value // 2, value - 1, value + 1, value * 2, value * 100]
        case str() if value[0].isdigit():
            return [str(some) for some in (Decimal(0), Decimal(value) / 2, Decimal(value) * 2, Decimal(value) + 1)]
    return ["allowed", "restricted", "banned", "allow", "warn", "step_up", "delay", "review", "decline", "freeze"]


@cache
def tightened(path: str) -> list[tuple[Policy, Policy]]:
    """Pairs of policies of which the second is tighter in this one number, by the table's own word."""
    pairs = []
    for value in others(at(PACK, path)):
        changed = put(path, value)
        if not faults(changed, VOCABULARY):
            for one, two in ((PACK, changed), (changed, PACK)):
                if [found.turn for found in difference(one, two, VOCABULARY)] == [Turn.TIGHTER]:
                    pairs.append((parse(one, 1), parse(two, 1)))
    assert pairs, f"nothing that the table calls tighter was tried for {path}"
    return pairs


def judged(facts: Facts, policy: Policy) -> Verdict | None:
    """None = the policy refuses to say: nothing leaves."""
    try:
        return review(facts, policy)
    except PolicySilent:
        return None


@pytest.mark.parametrize(("path", "prefix"), SEEN, ids=[path for path, _ in SEEN])
def test_a_tighter_number_never_makes_a_decision_milder(path: str, prefix: str) -> None:
    matters = 0

    @settings(max_examples=100)
    @given(st.fixed_dictionaries(LOOKS_AT[prefix]), st.sampled_from(SOMETHING_ELSE))
    def holds(seen: dict[str, Any], also: dict[str, Any]) -> None:
        nonlocal matters
        facts = people({**also, **seen})
        for looser, tighter in tightened(path):
            before, after = judged(facts, looser), judged(facts, tighter)
            if before is None or after is None:
                assert after is None
                continue
            assert after.outcome.severity >= before.outcome.severity
            assert after.asks_step_up or not before.asks_step_up or after.outcome.severity >= Outcome.DECLINE.severity
            if before.outcome is after.outcome is Outcome.DELAY:
                assert before.release_at is not None
                assert after.release_at is not None
                assert after.release_at >= before.release_at
            matters += before != after

    holds()
    assert matters, "no decision depended on this number: the test says nothing"
