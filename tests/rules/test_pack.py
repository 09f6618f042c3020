"""Policy packs (rulebook section 10): strict to read, silent never means unlimited."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal_kit import refused

from tidegate.base.money import Asset
from tidegate.base.refusals import Malformed
from tidegate.base.times import from_rfc3339
from tidegate.policy import pack as packs
from tidegate.policy.market.params import DEFAULTS, Steps
from tidegate.policy.pack import Policy, parse
from tidegate.policy.pricing import value_micro_usd
from tidegate.policy.switch import Switch, check, stopping

USD = 1_000_000
USDT = Asset(1, "USDT", "evm-local", 6, "0xdAC17F958D2ee523a2206206994597C13D831ec7")
ETH = Asset(2, "ETH", "evm-local", 18, None)


def shipped(name: str) -> dict[str, object]:
    return packs.from_json(resources.files("tidegate.policy").joinpath("packs", f"{name}.json").read_text())


def changed(path: str, value: object) -> dict[str, object]:
    """The demo pack, but with one place changed; `...` takes the key away."""
    pack = copy.deepcopy(shipped("demo"))
    *way, last = path.split("/")
    place: dict[str, object] = pack
    for key in way:
        inner = place[key]
        assert isinstance(inner, dict)
        place = inner
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return pack


@pytest.fixture
def demo() -> Policy:
    return parse(shipped("demo"), 7)


def test_the_default_pack_says_what_the_rulebook_says() -> None:
    policy = parse(shipped("default"))
    assert [policy.limit_24h(level) for level in (0, 1, 2, 3)] == [125 * USD, 1_000 * USD, 50_000 * USD, 100_000 * USD]
    assert policy.new_address_hours(0) == 24
    assert {event: policy.credential_hold_hours(event) for event in packs.CREDENTIAL_EVENTS} == {
        "password_changed": 24,
        "mfa_changed": 24,
        "email_changed": 72,
        "phone_changed": 72,
    }
    assert (policy.confirmation_minutes, policy.confirmation_tries) == (15, 5)
    assert policy.authorisation_minutes == 60
    assert policy.required_lists == ("sanctions",)
    assert policy.outside_required(0) == ("destination_code",)


def test_the_demo_pack_differs_only_where_a_demonstration_needs_it() -> None:
    default, demo = shipped("default"), shipped("demo")
    assert {key for key in default if default[key] != demo.get(key)} == {
        "fx",
        "new_address",
        "fees",
        "network_fee_ceiling",
        "fixed_prices",
        "outside_checks",
        "behaviour",
        "merchants",
    }
    assert demo["new_address"] == {**_section(default, "new_address"), "from_value": "1000.000001"}


def test_the_shipped_packs_say_the_defaults_of_the_market_and_a_pack_may_say_nothing() -> None:
    assert parse(shipped("default")).market == parse(shipped("demo")).market == DEFAULTS
    assert parse(changed("market", ...)).market == DEFAULTS


def test_a_pack_says_how_limits_follow_the_market() -> None:
    edge = parse(changed("market/dwell_minutes", 1440)).market
    assert (edge.dwell, edge.expiry) == (edge.expiry, edge.dwell)
    flat = {"calm": 25, "nervous": 25, "stormy": 25}
    assert set(parse(changed("market/multipliers_percent", flat)).market.multipliers.values()) == {25}
    assert parse(changed("market/fall_percent", {"nervous": 13, "stormy": 13})).market.fall == Steps(13, 13)
    falls = parse(changed("market/falls_percent", {"ETH@ethereum": {"nervous": 15, "stormy": 25}})).market
    assert falls.fall_of("ETH@ethereum") == Steps(15, 25)
    assert parse(changed("market/pegs", {"USDC@ethereum": "0.5"})).market.pegs == {"USDC@ethereum": 10**12 // 2}


def _section(pack: Mapping[str, object], key: str) -> dict[str, object]:
    section = pack[key]
    assert isinstance(section, dict)
    return section


@pytest.mark.parametrize(
    ("value", "hours"),
    [
        (0, None),
        (1_000 * USD, None),
        (1_000 * USD + 1, 24),
        (10_000 * USD - 1, 24),
        (10_000 * USD, 48),
    ],
)
def test_a_new_address_waits_from_a_value_on_and_longer_above_a_size(
    demo: Policy, value: int, hours: int | None
) -> None:
    assert demo.new_address_hours(value) == hours


@pytest.mark.parametrize(("value", "people"), [(0, 1), (50_000 * USD - 1, 1), (50_000 * USD, 2), (10**30, 2)])
def test_more_people_look_at_more(demo: Policy, value: int, people: int) -> None:
    assert demo.quorum(value) == people


@pytest.mark.parametrize(("country", "standing"), [("DE", "allowed"), ("MM", "restricted"), ("KP", "banned")])
def test_a_country_has_a_standing_and_the_default_otherwise(demo: Policy, country: str, standing: str) -> None:
    assert demo.jurisdiction(country) == standing


def test_prices_and_fees_are_exact(demo: Policy) -> None:
    assert demo.price("ETH@evm-local") == 2_500 * 10**12
    assert demo.fee_units(USDT) == 100_000
    assert demo.fee_units(ETH) == 2 * 10**14
    assert demo.fee_ceiling_units(ETH) == 10**16


def test_what_the_policy_does_not_say_is_a_refusal_never_unlimited(demo: Policy) -> None:
    other = Asset(3, "BTC", "bitcoin", 8, None)
    no_level_two = parse(changed("limits_24h/2", ...))
    coarse = Asset(4, "USDT", "evm-local", 0, None)
    late = ("screening", "standing", "merchants", "p2p", "indicators")
    silent_pack = parse({key: value for key, value in shipped("demo").items() if key not in late}, 7)
    silent: list[tuple[str, Callable[[], object]]] = [
        ("no_level", lambda: demo.limit_24h(None)),
        ("no_limit", lambda: no_level_two.limit_24h(2)),
        ("no_limit", lambda: demo.limit_24h(4)),
        ("no_price", lambda: demo.price("BTC@bitcoin")),
        ("no_fee", lambda: demo.fee_units(other)),
        ("no_fee_ceiling", lambda: demo.fee_ceiling_units(other)),
        ("no_hold", lambda: demo.credential_hold_hours("login")),
        ("no_screening", lambda: silent_pack.screening),
        ("no_standing", lambda: silent_pack.standing),
        ("no_merchants", lambda: silent_pack.merchants),
        ("no_p2p", lambda: silent_pack.p2p),
        ("no_indicators", lambda: silent_pack.indicators),
        ("no_bond", lambda: demo.bond_units(other)),
        ("no_bond", lambda: parse(changed("merchants/bond", {})).bond_units(other)),
        ("bond_too_precise", lambda: parse(changed("merchants/bond", {"USDT@evm-local": "0.5"})).bond_units(coarse)),
        ("fee_too_precise", lambda: demo.fee_units(coarse)),
    ]
    for code, ask in silent:
        assert refused(ask) == code


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("surprise", 1, "surprise"),
        ("fees", ..., "fees"),
        ("fees", [], "fees"),
        ("new_address/hours", ..., "new_address.hours"),
        ("new_address/days", 1, "new_address.days"),
        ("new_address/hours", -1, "new_address.hours"),
        ("new_address/hours", 24.0, "new_address.hours"),
        ("new_address/hours", True, "new_address.hours"),
        ("new_address/hours", "24", "new_address.hours"),
        ("new_address/large_hours", 23, "new_address.large_hours"),
        ("new_address/large_from_value", "999.999999", "new_address.large_from_value"),
        ("limits_24h/4", "1", "limits_24h.4"),
        ("limits_24h/1", 1000, "limits_24h.1"),
        ("limits_24h/1", 1000.5, "limits_24h.1"),
        ("limits_24h/1", "-1", "limits_24h.1"),
        ("limits_24h/1", "1e3", "limits_24h.1"),
        ("limits_24h/1", "1,000", "limits_24h.1"),
        ("limits_24h/1", "0.0000001", "limits_24h.1"),
        ("limits_24h/1", None, "limits_24h.1"),
        ("credential_hold_hours/login", 1, "credential_hold_hours.login"),
        ("credential_hold_hours/mfa_changed", ..., "credential_hold_hours.mfa_changed"),
        ("confirmation/minutes", 0, "confirmation.minutes"),
        ("confirmation/tries", 0, "confirmation.tries"),
        ("confirmation/tries", 21, "confirmation.tries"),
        ("jurisdictions/default", "maybe", "jurisdictions.default"),
        ("jurisdictions/countries", {"de": "allowed"}, "jurisdictions.countries.de"),
        ("jurisdictions/countries", {"UK": "banned"}, "jurisdictions.countries.UK"),
        ("jurisdictions/countries", {"DE": "open"}, "jurisdictions.countries.DE"),
        ("review/quorum", [], "review.quorum"),
        ("review/quorum", [{"from_value": "1", "people": 1}], "review.quorum[0].from_value"),
        ("review/quorum", [{"from_value": "0", "people": 6}], "review.quorum[0].people"),
        ("review/quorum", [{"from_value": "0"}], "review.quorum[0].people"),
        (
            "review/quorum",
            [{"from_value": "0", "people": 1}, {"from_value": "0", "people": 2}],
            "review.quorum[1].from_value",
        ),
        (
            "review/quorum",
            [{"from_value": "0", "people": 2}, {"from_value": "1", "people": 1}],
            "review.quorum[1].people",
        ),
        ("fees/USDT", "1", "fees.USDT"),
        ("fees/USDT@evm-local", 0.1, "fees.USDT@evm-local"),
        ("network_fee_ceiling/evm-local", "0", "network_fee_ceiling.evm-local"),
        ("fixed_prices/ETH", "1", "fixed_prices.ETH"),
        ("fixed_prices/ETH@evm-local", "0", "fixed_prices.ETH@evm-local"),
        ("fixed_prices/ETH@evm-local", "0.0000000000001", "fixed_prices.ETH@evm-local"),
        ("required_lists", ["sanctions", "sanctions"], "required_lists[1]"),
        ("required_lists", ["No list"], "required_lists[0]"),
        ("required_lists", "sanctions", "required_lists"),
        ("authorisation_minutes", 0, "authorisation_minutes"),
        ("market", None, "market"),
        ("market", {}, "market.multipliers_percent"),
        ("market/surprise", 1, "market.surprise"),
        ("market/dwell_minutes", ..., "market.dwell_minutes"),
        ("market/dwell_minutes", 1441, "market.expiry_hours"),
        ("market/multipliers_percent/calm", 101, "market.multipliers_percent.calm"),
        ("market/multipliers_percent/stormy", 24, "market.multipliers_percent.stormy"),
        ("market/multipliers_percent/stormy", 51, "market.multipliers_percent"),
        ("market/multipliers_percent/calm", 49, "market.multipliers_percent"),
        ("market/multipliers_percent/wild", 10, "market.multipliers_percent.wild"),
        ("market/floor_percent", 0, "market.floor_percent"),
        ("market/floor_percent", 26, "market.multipliers_percent.stormy"),
        ("market/fall_percent/stormy", 12, "market.fall_percent.stormy"),
        ("market/fall_percent/nervous", 0, "market.fall_percent.nervous"),
        ("market/volatility_percent/nervous", 99, "market.volatility_percent.nervous"),
        ("market/falls_percent", {"ETH": {"nervous": 1, "stormy": 2}}, "market.falls_percent.ETH"),
        ("market/falls_percent", {"ETH@e": {"nervous": 3, "stormy": 2}}, "market.falls_percent.ETH@e.stormy"),
        ("market/pegs", {"USDC@ethereum": "0"}, "market.pegs.USDC@ethereum"),
        ("market/pegs", {"USDC@ethereum": 1}, "market.pegs.USDC@ethereum"),
        ("market/exit_percent", 100, "market.exit_percent"),
        ("market/jump_factor", 1, "market.jump_factor"),
        ("market/outflow_percent/hour", ..., "market.outflow_percent.hour"),
        ("market/outflow_percent/day/stormy", 101, "market.outflow_percent.day.stormy"),
        ("behaviour", None, "behaviour"),
        ("behaviour/surprise", {}, "behaviour.surprise"),
        ("behaviour/session/travel", ..., "behaviour.session.travel"),
        ("behaviour/session/travel/hours", 49, "behaviour.session.travel.hours"),
        (
            "behaviour/session/new_device",
            {"hours": 24, "outcome": "delay", "step_up": "yes"},
            "behaviour.session.new_device.step_up",
        ),
        (
            "behaviour/session/new_device",
            {"hours": 24, "outcome": "review", "step_up": True},
            "behaviour.session.new_device.step_up",
        ),
        ("behaviour/session/new_device/outcome", "freeze", "behaviour.session.new_device.outcome"),
        ("behaviour/session/logins_required", 1, "behaviour.session.logins_required"),
        ("behaviour/session/logins_required", None, "behaviour.session.logins_required"),
        ("behaviour/session/logins_required", ..., "behaviour.session.logins_required"),
        ("behaviour/velocity/drain/outcome", "delay", "behaviour.velocity.drain.outcome"),
        ("behaviour/velocity/count_24h/most", 501, "behaviour.velocity.count_24h.most"),
        ("behaviour/velocity/drain/percent", 0, "behaviour.velocity.drain.percent"),
        ("behaviour/velocity/pass_through/percent", 101, "behaviour.velocity.pass_through.percent"),
        ("behaviour/velocity/dormant/from_value", 1, "behaviour.velocity.dormant.from_value"),
        ("behaviour/history/median_factor", 0, "behaviour.history.median_factor"),
        ("behaviour/units/supply/coins", {"BTC": "21000000"}, "behaviour.units.supply.coins.BTC"),
        ("behaviour/units/supply/coins", {"B@b": "0"}, "behaviour.units.supply.coins.B@b"),
        ("behaviour/units/supply/ppm", 1_000_001, "behaviour.units.supply.ppm"),
        ("behaviour/units/hot/required", "yes", "behaviour.units.hot.required"),
        ("behaviour/egress/reset_people", 3, "behaviour.egress.reset_people"),
        ("behaviour/egress/minutes", ..., "behaviour.egress.minutes"),
        ("indicators/pass_through/least_sell_percent", 76, "indicators.pass_through.least_sell_percent"),
        ("indicators/structuring/limits", [str(n) for n in range(1, 99)], "indicators.structuring.limits"),
        ("merchants/rules_version", "next one", "merchants.rules_version"),
        ("p2p/payment_minutes/most", 9, "p2p.payment_minutes.most"),
        ("p2p/open_orders", 1001, "p2p.open_orders"),
        ("rating/timezone", "Mars/" + "Olympus" * 60, "rating.timezone"),
        ("rules", [{"name": "one", "when": 5, "mode": "live"}], "rules[0].when"),
        ("screening/names/show", "0.71", "screening.names.show"),
        ("screening/actions/*", {"*": "review", "sanctions": "allow"}, "screening.actions.*.sanctions"),
        ("screening/actions/*", {"*": "maybe", "sanctions": "freeze"}, "screening.actions.*.*"),
    ],
)
def test_the_demo_pack_but_with_one_fault_is_refused_by_name(path: str, value: object, named: str) -> None:
    assert refused(parse, changed(path, value)) == "pack_invalid"
    assert packs.faults(changed(path, value))[0].field == named


def test_every_fault_is_named_at_once() -> None:
    pack = changed("confirmation/tries", 0)
    pack["authorisation_minutes"] = -1
    assert [fault.field for fault in packs.faults(pack)] == ["confirmation.tries", "authorisation_minutes"]
    strange = {**pack, "one": 1, "two": 2, "three": 3, "four": 4}
    assert [fault.field for fault in packs.faults(strange)][:4] == ["one", "two", "three", "four"], "as they stand"
    assert packs.faults(shipped("demo")) == []


HOURLY = {"scope": "party", "hours": 1, "usd": "5"}
SILENT = {"check": "vendor_a", "on_error": "review", "on_timeout": "ignore", "until": "2026-12-31T00:00:00Z"}


@pytest.mark.parametrize(
    ("section", "value", "named"),
    [
        ("limits", {}, "limits"),
        ("limits", [{**HOURLY, "scope": "planet"}], "limits[0].scope"),
        ("limits", [{**HOURLY, "hours": 0}], "limits[0].hours"),
        ("limits", [{**HOURLY, "hours": 24 * 366 + 1}], "limits[0].hours"),
        ("limits", [{**HOURLY, "hours": "ever"}], "limits[0].hours"),
        ("limits", [{**HOURLY, "usd": 5}], "limits[0].usd"),
        ("limits", [{"scope": "party", "hours": 1}], "limits[0].usd"),
        ("limits", [HOURLY, {**HOURLY, "usd": "6"}], "limits[1]"),
        ("limits", [{**HOURLY, "hours": "lifetime"}, {**HOURLY, "hours": "lifetime"}], "limits[1]"),
        ("limits_per_transaction", {"USDT": "5"}, "limits_per_transaction.USDT"),
        ("check_failures", [{**SILENT, "on_error": "allow"}], "check_failures[0].on_error"),
        ("check_failures", [{**SILENT, "until": None}], "check_failures[0].until"),
        ("check_failures", [{**SILENT, "until": "2026-12-31"}], "check_failures[0].until"),
        ("check_failures", [{k: v for k, v in SILENT.items() if k != "until"}], "check_failures[0].until"),
        ("check_failures", [SILENT, SILENT], "check_failures[1].check"),
        ("outside_checks", [{"check": "Vendor A", "from_value": "0"}], "outside_checks[0].check"),
        ("outside_checks", [{"from_value": "0"}], "outside_checks[0].check"),
        ("outside_checks", [{"check": "a", "from_value": "0"}] * 2, "outside_checks[1].check"),
        ("deciding", {"outside_seconds": 0, "reserved_minutes": 15}, "deciding.outside_seconds"),
        ("deciding", {"outside_seconds": 10}, "deciding.reserved_minutes"),
    ],
)
def test_a_later_section_is_read_as_strictly(section: str, value: object, named: str) -> None:
    pack = {**shipped("demo"), section: value}
    assert [fault.field for fault in packs.faults(pack)] == [named]
    assert refused(parse, pack) == "pack_invalid"


def test_what_a_later_section_says(demo: Policy) -> None:
    said = {
        "limits": [HOURLY, {"scope": "platform", "hours": "lifetime", "usd": "7"}],
        "check_failures": [SILENT],
        "outside_checks": [{"check": "b", "from_value": "100"}, {"check": "a", "from_value": "0"}],
    }
    policy = parse({**shipped("demo"), **said})
    assert policy.limits == (packs.Limit("party", 1, 5 * USD), packs.Limit("platform", None, 7 * USD))
    assert [policy.outside_required(v * USD) for v in (99, 100)] == [("a",), ("a", "b")]
    day = from_rfc3339("2026-12-31T00:00:00Z")
    assert policy.failing("vendor_a", day - timedelta(seconds=1)) == policy.check_failures[0]
    assert policy.failing("vendor_a", day) is None
    assert policy.failing("vendor_b", day - timedelta(days=1)) is None
    assert (demo.limits, demo.outside_seconds, demo.reserved_minutes) == ((), 10, 15)


@pytest.mark.parametrize("text", ["", "[]", '{"fees": NaN', '{"fees": {}, "fees": {}}', "[" * 100_000])
def test_a_text_that_is_not_one_plain_object_is_refused(text: str) -> None:
    assert refused(packs.from_json, text) == "pack_invalid"


@pytest.mark.parametrize(
    ("path", "text", "misfit"),
    [
        ("fees/USDT@evm-local", "0.000001", None),
        ("fees/USDT@evm-local", "0.0000010", None),  # zeros at the end say nothing
        ("fees/USDT@evm-local", "0.0000001", "0.0000001 has more than the 6 decimals of USDT@evm-local"),
        ("merchants/bond/USDT@evm-local", "10000.000001", None),
        ("merchants/bond/USDT@evm-local", "1.0000001", "1.0000001 has more than the 6 decimals of USDT@evm-local"),
        ("network_fee_ceiling/evm-local", "0.0000001", None),  # of the native coin, not of every asset there
        ("network_fee_ceiling/evm-local", "0." + "0" * 17 + "1", None),
        (
            "network_fee_ceiling/evm-local",
            "0." + "0" * 18 + "1",
            "0.0000000000000000001 has more than the 18 decimals of ETH@evm-local",
        ),
    ],
)
def test_what_no_whole_units_can_pay_is_named_before_it_is_in_force(path: str, text: str, misfit: str | None) -> None:
    found = packs.misfits(parse(changed(path, text)), [USDT, ETH])
    assert [(fault.field, fault.message) for fault in found] == (
        [] if misfit is None else [(path.replace("/", "."), misfit)]
    )


ENDLESS = {"step_up", "review", "decline"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        *((f"session/{key}", ENDLESS | {"delay"}) for key in ("new_device", "new_network", "travel")),
        *(
            (f"velocity/{key}", ENDLESS)
            for key in ("count_1h", "count_24h", "new_addresses_24h", "drain", "pass_through", "dormant")
        ),
        ("history", ENDLESS),
        *((f"units/{key}", ENDLESS) for key in ("largest", "hot", "supply")),
    ],
)
def test_only_what_ends_by_itself_may_ask_for_a_delay(path: str, words: set[str]) -> None:
    for outcome in ("allow", "step_up", "delay", "review", "decline", "freeze"):
        named = f"behaviour.{path.replace('/', '.')}.outcome"
        wrong = [fault.field for fault in packs.faults(changed(f"behaviour/{path}/outcome", outcome))]
        assert wrong == ([] if outcome in words else [named])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("new_address/large_from_value", "1000.000001"),  # as much as from_value
        ("new_address/large_hours", 24),
        ("review/quorum", [{"from_value": "0", "people": 2}, {"from_value": "0.000001", "people": 2}]),
        ("review/quorum", [{"from_value": "0", "people": 5}]),
        ("limits_24h/1", "0"),
        ("limits_24h/1", "0.000001"),
        ("fees/USDT@evm-local", "0"),
        ("fixed_prices/ETH@evm-local", "0.000000000001"),
        ("required_lists", []),
        ("market/floor_percent", 25),
        ("indicators/pass_through/least_sell_percent", 75),
        ("p2p/payment_minutes/most", 10),
        ("p2p/open_orders", 1000),
        ("screening/names/show", "0.70"),
        ("market/fall_percent", {"nervous": 13, "stormy": 13}),
    ],
)
def test_what_stands_on_the_line_is_taken(path: str, value: object) -> None:
    assert packs.faults(changed(path, value)) == []


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)


@given(
    st.sampled_from(sorted(shipped("demo"))),
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)),
)
def test_a_pack_is_read_or_refused_and_never_crashes(key: str, value: object) -> None:
    pack = changed(key, value)
    if packs.faults(pack):
        with pytest.raises(Malformed):
            parse(pack)
    else:
        parse(pack)


@pytest.mark.parametrize(
    ("units", "decimals", "price", "value"),
    [
        (1_000_000, 6, 10**12, 1_000_000),
        (0, 6, 10**12, 0),
        (1, 18, 2_500 * 10**12, 1),  # far below a micro-USD: rounded up, never nothing
        (10**18, 18, 2_500 * 10**12, 2_500 * USD),
        (10**18 + 1, 18, 2_500 * 10**12, 2_500 * USD + 1),
        (7, 0, 1, 1),
        (2**256 - 1, 18, 10**12, -(-(2**256 - 1) // 10**12)),
    ],
)
def test_a_value_is_exact_and_rounded_up(units: int, decimals: int, price: int, value: int) -> None:
    assert value_micro_usd(units, decimals, price) == value


@given(st.integers(0, 10**40), st.integers(0, 10**40), st.integers(0, 30), st.integers(1, 10**20))
def test_splitting_an_amount_never_makes_it_worth_less(a: int, b: int, decimals: int, price: int) -> None:
    parts = value_micro_usd(a, decimals, price) + value_micro_usd(b, decimals, price)
    assert parts - 1 <= value_micro_usd(a + b, decimals, price) <= parts


def test_a_switch_stops_its_asset_its_network_or_everything() -> None:
    since = from_rfc3339("2026-11-24T12:00:00Z")
    elsewhere = Asset(9, "USDT", "ethereum", 6, "0xdAC17F958D2ee523a2206206994597C13D831ec7")
    for scope, subject, stopped in [
        ("asset", "USDT@evm-local", [USDT]),
        ("network", "evm-local", [USDT, ETH]),
        ("platform", "platform", [USDT, ETH, elsewhere]),
    ]:
        switch = Switch("swi_1", scope, subject, "Node upgrade", since)
        assert [asset for asset in (USDT, ETH, elsewhere) if switch.stops(asset)] == stopped
    assert stopping([], USDT) is None
    assert stopping([switch], USDT) is switch


@pytest.mark.parametrize(
    ("scope", "subject", "reason", "code"),
    [
        ("world", "platform", "Drill", "switch_scope_unknown"),
        ("asset", "USDC@evm-local", "Drill", "switch_subject_unknown"),
        ("asset", "evm-local", "Drill", "switch_subject_unknown"),
        ("network", "evm", "Drill", "switch_subject_unknown"),
        ("platform", "all", "Drill", "switch_subject_unknown"),
        ("platform", "platform", " ", "reason_invalid"),
    ],
)
def test_a_switch_that_would_stop_nothing_is_refused(scope: str, subject: str, reason: str, code: str) -> None:
    assert check("asset", "USDT@evm-local", "Drill", [USDT, ETH]) == "asset"
    with pytest.raises(Malformed) as refused:
        check(scope, subject, reason, [USDT, ETH])
    assert refused.value.code == code


def test_a_pack_read_from_its_own_text_is_the_same_policy() -> None:
    pack = shipped("demo")
    assert parse(packs.from_json(json.dumps(pack))) == parse(pack)
