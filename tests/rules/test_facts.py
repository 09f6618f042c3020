"""The catalogue of facts: what each one reads, what is unknown, and that old decisions still mean the same."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from facts_kit import GOOD, HOUR, NOW, PAST, QUIET, SESSIONS, hit, under

from tidegate.base.canonical import canonical
from tidegate.base.money import Asset
from tidegate.policy import flow as policies
from tidegate.policy.pack import parse
from tidegate.withdrawals import seen as dossier
from tidegate.withdrawals.facts import (
    BY_NAME,
    CATALOGUE,
    FACTS_VERSION,
    Bound,
    Facts,
    FactType,
    Resembles,
    Seen,
    Use,
    seen,
)
from tidegate.withdrawals.habits import NOTHING, Behaviour, Rushing
from tidegate.withdrawals.replaying import read, replay

FULL = replace(
    GOOD,
    facts_version=FACTS_VERSION,
    windows=(Use("party", 1, 1), Use("party", 168, 3), Use("party", 720, 4), Use("party", None, 5)),
    used_24h=2,
    count_24h=1,
    count_ever=7,
    ownership="vasp",
    memo="",
    party_kind="customer",
    party_since=NOW - 1000 * HOUR,
    behaviour=QUIET,
)


def _past(**but: Any) -> dict[str, Any]:
    return {"behaviour": Behaviour(asking=replace(PAST, **but))}


CASES: list[tuple[str, dict[str, Any], Seen]] = [
    ("amount_usd", {}, 100_000_000),
    ("amount_units", {}, 100_000_000),
    ("fee_units", {}, 100_000),
    ("available_units", {}, 100_000_000),
    ("available_units", {"available_units": None}, None),
    ("level", {}, 2),
    ("country", {}, "DE"),
    ("party_kind", {}, "customer"),
    ("account_age_hours", {}, 1000),
    ("asset", {}, "USDT"),
    ("network", {}, "evm-local"),
    ("address", {}, "0x0000000000000000000000000000000000001234"),
    ("has_memo", {}, False),
    ("has_memo", {"memo": "7"}, True),
    ("address_age_hours", {}, 72),
    ("address_age_hours", {"address_saved_at": NOW - HOUR + timedelta(microseconds=1)}, 0),
    ("address_age_hours", {"address_saved_at": NOW + HOUR}, 0),
    ("address_paid_before", {}, False),
    ("address_paid_before", {"address_paid_at": NOW}, True),
    ("ownership", {}, "vasp"),
    ("sent_1h_usd", {}, 1),
    ("sent_4h_usd", {}, None),  # of a decision from before it was counted
    ("sent_4h_usd", {"windows": (Use("party", 4, 6_000_000),)}, 6_000_000),
    ("sent_24h_usd", {}, 2),
    ("sent_7d_usd", {}, 3),
    ("sent_30d_usd", {}, 4),
    ("lifetime_usd", {}, 5),
    ("withdrawals_24h", {}, 1),
    ("is_first_withdrawal", {}, False),
    ("is_first_withdrawal", {"count_ever": 0}, True),
    ("hours_since_password_change", {}, None),
    ("hours_since_password_change", {"changed": (("password_changed", NOW - 25 * HOUR),)}, 25),
    ("hours_since_mfa_change", {"changed": (("mfa_changed", NOW - 25 * HOUR),)}, 25),
    ("hours_since_email_change", {"changed": (("email_changed", NOW - 25 * HOUR),)}, 25),
    ("hours_since_phone_change", {"changed": (("phone_changed", NOW - 25 * HOUR),)}, 25),
    ("password_ever_changed", {}, False),
    ("password_ever_changed", {"changed": (("mfa_changed", NOW),)}, False),
    ("password_ever_changed", {"changed": (("password_changed", NOW),)}, True),
    ("mfa_ever_changed", {"changed": (("mfa_changed", NOW),)}, True),
    ("email_ever_changed", {"changed": (("email_changed", NOW),)}, True),
    ("phone_ever_changed", {"changed": (("phone_changed", NOW),)}, True),
    ("requested_hour_utc", {}, 12),
    ("on_list_categories", {}, frozenset()),
    ("on_list_categories", {"hits": (hit("scam"), hit("scam"), hit("sanctions"))}, frozenset({"scam", "sanctions"})),
    ("stale_lists", {"stale_lists": ("sanctions",)}, frozenset({"sanctions"})),
    ("hours_since_login", {}, 1),
    ("hours_since_login", {"behaviour": NOTHING}, None),
    ("login_country", {}, "DE"),
    ("login_country", {"behaviour": NOTHING}, None),
    ("hours_since_new_device", {}, 900),
    ("hours_since_new_network", {}, 800),
    ("hours_since_new_country", {}, 900),
    ("hours_since_fast_travel", {}, None),
    ("hours_since_fast_travel", {"behaviour": Behaviour(replace(SESSIONS, travel_at=NOW - 5 * HOUR))}, 5),
    ("withdrawals_1h", {}, 1),
    ("withdrawals_1h", {"behaviour": NOTHING}, None),
    ("new_addresses_24h", {}, 1),
    ("drain_percent", {}, 0),
    ("drain_percent", _past(left_24h_units=100_000_000, balance_24h_units=201_000_000), 99),
    ("drain_percent", _past(balance_24h_units=0), None),
    ("drain_percent", _past(balance_24h_units=None), None),
    ("arrived_units", {}, 0),
    ("arrived_units", _past(arrived_minutes=0), None),
    ("hours_since_last_sent", {}, 240),
    ("hours_since_last_sent", _past(sent_at=None), None),
    ("settled_90d", {}, 3),
    ("largest_90d_usd", {}, 200_000_000),
    ("median_90d_usd", {}, 100_000_000),
    ("median_90d_usd", _past(median_90d=None), None),
    ("largest_ever_units", {}, 200_000_000),
    ("hot_wallet_units", {}, 10**15),
    ("hot_wallet_units", _past(hot_units=None), None),
    ("egress_tripped", {}, False),
    ("egress_tripped", {"behaviour": Behaviour(rushing=Rushing(1))}, True),
    ("egress_tripped", {"behaviour": NOTHING}, None),
    ("unbound_units", {}, None),
    ("unbound_units", {"bound": Bound(7, None)}, 7),
    ("restriction_kinds", {"restrictions": (under("watch"), under("step_up"))}, frozenset({"watch", "step_up"})),
    ("market", {}, None),
    ("market", {"market": "stormy"}, "stormy"),
    ("market_percent", {"market_percent": 25}, None),
    ("market_percent", {"market": "stormy", "market_percent": 25}, 25),
    ("resembles_known_address", {}, None),
    ("resembles_known_address", {"own": ""}, False),
    ("resembles_known_address", {"own": "", "resembles": Resembles("0xaa", "customer", 4, 4)}, True),
    ("is_own_platform", {}, None),
    ("is_own_platform", {"own": ""}, False),
    ("is_own_platform", {"own": "deposit"}, True),
    ("allow_list_on", {}, None),
    ("allow_list_on", {"allow_list": False}, False),
]


@pytest.mark.parametrize(("name", "but", "expected"), CASES, ids=[f"{c[0]} {c[1]}"[:60] for c in CASES])
def test_a_fact_reads_what_it_says(name: str, but: dict[str, Any], expected: Seen) -> None:
    assert BY_NAME[name].read(replace(FULL, **but)) == expected


def test_every_fact_is_shown_at_least_once() -> None:
    assert {name for name, _, _ in CASES} == {fact.name for fact in CATALOGUE}


def test_names_are_unique_and_each_fact_says_what_it_is_in_both_languages() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    for fact in CATALOGUE:
        assert re.fullmatch("[a-z][a-z0-9_]*", fact.name)
        assert fact.clause.startswith("W")
        assert re.search("[a-z]", fact.en)
        assert re.search("[一-鿿]", fact.zh)


KINDS: dict[FactType, type] = {
    FactType.MONEY_USD: int,
    FactType.UNITS: int,
    FactType.COUNT: int,
    FactType.HOURS: int,
    FactType.BOOL: bool,
    FactType.TEXT: str,
    FactType.TEXTS: frozenset,
}


def test_a_fact_is_of_its_type_or_unknown() -> None:
    for facts in (FULL, GOOD, replace(FULL, changed=(("password_changed", NOW),))):
        for name, value in seen(facts).items():
            assert value is None or type(value) is KINDS[BY_NAME[name].type], name


# --- decisions made before a fact existed --------------------------------------------------------------------------

TEXT_OF_VERSION_1 = (
    '{"address":"0x8617E340B3D01FA5F11F306F4090FD50E238070D","address_saved_at":"2026-11-24T12:00:00Z",'
    '"asset":"USDT@evm-local","available_units":5000000000,"changed":[["password_changed","2026-11-24T11:00:00Z"]],'
    '"cleared":[],"country":"DE","fee_units":100000,"hits":[{"as_of":"2026-11-24T12:00:00Z","category":"scam",'
    '"entry":"Made-up","list":"own"}],"level":1,"now":"2026-11-24T12:00:00Z","party_id":"cus_1",'
    '"requested_at":"2026-11-24T12:00:00Z","restrictions":[{"kind":"step_up","since":"2026-11-24T12:00:00Z",'
    '"until":null,"value":null}],"stale_lists":["sanctions"],"units":1000000001,"used_24h":1,"value":1000000001}'
)
FINDINGS_OF_VERSION_1 = (
    '[{"clause":"W4 limits","code":"over_limit_24h","data":{"limit":"1000000000","used":"1","value":"1000000001"},'
    '"detail":"0.000001 USD used in 24 hours and 1000.000001 USD asked pass the limit of 1000 USD.","ends_at":null,'
    '"outcome":"decline"},{"clause":"W4 lists","code":"address_listed","data":{"category":"scam","entry":"Made-up",'
    '"list":"own"},"detail":"On list own as \'Made-up\' (scam) since 2026-11-24T12:00:00Z.","ends_at":null,'
    '"outcome":"review"},{"clause":"W4 lists","code":"list_stale","data":{},'
    '"detail":"List sanctions is older than it may be.","ends_at":null,"outcome":"review"},'
    '{"clause":"W4 new address","code":"address_new","data":{},"detail":"First named at 2026-11-24T12:00:00Z; '
    '24 hours must pass for 1000.000001 USD.","ends_at":"2026-11-25T12:00:00Z","outcome":"delay"},'
    '{"clause":"W4 session","code":"credentials_changed","data":{"event":"password_changed"},'
    '"detail":"password_changed at 2026-11-24T11:00:00Z; the pause ends 2026-11-25T11:00:00Z.",'
    '"ends_at":"2026-11-25T11:00:00Z","outcome":"delay"},{"clause":"W4 restrictions","code":"step_up_required",'
    '"data":{},"detail":"A restriction asks for step-up.","ends_at":null,"outcome":"step_up"}]'
)
PACK_OF_VERSION_1 = {
    key: value
    for key, value in policies.shipped("demo").items()
    if key not in ("limits", "limits_per_transaction", "check_failures", "outside_checks", "deciding")
}


def test_a_decision_of_before_still_replays_to_the_same_bytes() -> None:
    verdict = replay(TEXT_OF_VERSION_1, parse(PACK_OF_VERSION_1, 1))
    assert verdict.outcome == "decline"
    assert canonical(verdict.findings) == FINDINGS_OF_VERSION_1


def test_what_nobody_had_looked_at_is_unknown_and_not_nothing() -> None:
    old = read(TEXT_OF_VERSION_1)
    assert old.facts_version == 1
    unknown = {name for name, value in seen(old).items() if value is None}
    assert {"sent_7d_usd", "lifetime_usd", "withdrawals_24h", "is_first_withdrawal", "address_paid_before"} <= unknown


def test_a_decision_of_version_2_from_before_people_s_ways_is_read_too() -> None:
    said = json.loads(canonical(replace(FULL, behaviour=NOTHING)))
    del said["behaviour"]
    assert read(json.dumps(said)) == replace(FULL, behaviour=NOTHING)


def test_facts_survive_their_text() -> None:
    full = replace(FULL, hits=(hit("scam"),), restrictions=(under("withdrawal_delay", "5"),), reserved_at=NOW - HOUR)
    assert read(canonical(full)) == full
    assert set(json.loads(canonical(full))) == {field.name for field in fields(Facts)}


def test_people_read_facts_with_their_units_and_what_nobody_knew_says_so() -> None:
    looked = replace(GOOD, hits=(hit("scam"), hit("mixer")), behaviour=QUIET)
    lines = {line.name: line for line in dossier.read(canonical(looked), Asset(1, "USDT", "evm-local", 6, None))}
    assert list(lines) == [fact.name for fact in CATALOGUE]
    assert {name: (lines[name].value, lines[name].unit) for name in SHOWN} == SHOWN
    amount = BY_NAME["amount_usd"]
    assert lines["amount_usd"].said == {"en": amount.en, "zh": amount.zh}
    assert lines["amount_usd"].clause == amount.clause


SHOWN = {
    "amount_usd": ("100", "USD"),
    "fee_units": ("0.1", "USDT"),
    "level": ("2", ""),
    "account_age_hours": (None, "hours"),
    "address_age_hours": ("72", "hours"),
    "address_paid_before": (False, ""),
    "country": ("DE", "ISO 3166-1"),
    "settled_90d": ("3", ""),
    "on_list_categories": ("mixer, scam", ""),
    "restriction_kinds": ("–", ""),
}
