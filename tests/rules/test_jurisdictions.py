"""What places ask for (rulebook section 4, jurisdiction): dated, several at once, the stricter one wins."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.refusals import Malformed
from tidegate.policy import jurisdictions as law
from tidegate.policy.jurisdiction_tables import convert
from tidegate.policy.jurisdictions import Ask, Delayed, Place, Rule
from tidegate.policy.pack import from_json
from tidegate.policy.reading import Reader

USD = 1_000_000
LONG_AGO = date(2020, 1, 1)
TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHARED = Path(__file__).parents[3] / "shared" / "data" / "jurisdictions"


def rule(ask: str, **more: object) -> Rule:
    return Rule(Ask(ask), **{"since": LONG_AGO, "until": None, "source": "a law", **more})  # type: ignore[arg-type]


def place(code: str, *rules: Rule, standing: str = "allowed", since: date = LONG_AGO) -> dict[str, Place]:
    return {code: Place(code, standing, since, "a law", rules)}


def read(section: object) -> tuple[dict[str, Place], list[str]]:
    reader = Reader()
    return law.read(reader, "places", section), [fault.field for fault in reader.faults]


# --- which places ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "touched"),
    [
        ("DE", ("DE", "EU")),
        ("IS", ("IS", "EU")),  # of the Economic Area, not of the Union
        ("GB", ("GB",)),
        ("CH", ("CH",)),
        ("AE-DU", ("AE-DU", "AE")),
        ("US-NY", ("US-NY", "US")),
        ("EU", ("EU",)),
    ],
)
def test_a_place_lies_in_wider_ones(code: str, touched: tuple[str, ...]) -> None:
    assert law.places_of(code) == touched


@pytest.mark.parametrize(("code", "countries"), [("DE", ("DE",)), ("US-NY", ("US",)), ("AE-DU", ("AE",))])
def test_a_place_concerns_customers_of_its_country(code: str, countries: tuple[str, ...]) -> None:
    assert law.countries_of(code) == countries


def test_the_union_concerns_customers_of_the_whole_economic_area() -> None:
    found = law.countries_of("EU")
    assert len(found) == 30
    assert {"DE", "IS", "LI", "NO"} < set(found)
    assert not {"GB", "CH", "EU"} & set(found)


def test_of_two_standings_the_worse_counts() -> None:
    order = ("allowed", "restricted", "banned")
    for one in order:
        for other in order:
            assert law.worse(one, other) == order[max(order.index(one), order.index(other))]


@pytest.mark.parametrize(
    ("day", "standing"),
    [(date(2025, 7, 23), "allowed"), (date(2025, 7, 24), "banned"), (date(2030, 1, 1), "banned")],
)
def test_a_standing_begins_on_its_day(day: date, standing: str) -> None:
    algeria = place("DZ", standing="banned", since=date(2025, 7, 24))
    assert law.law(algeria, ["DZ"], day).standing == standing


def test_of_customer_operator_and_counterparty_the_worst_counts() -> None:
    places = place("DE") | place("EG", standing="restricted") | place("CN", standing="banned")
    assert law.law(places, ["DE", None, None], TODAY).standing == "allowed"
    assert law.law(places, ["DE", "EG", None], TODAY).standing == "restricted"
    assert law.law(places, ["DE", "EG", "CN"], TODAY).standing == "banned"
    assert law.law(places, ["XK", None], TODAY).standing == "allowed"  # nobody described it


@pytest.mark.parametrize(
    ("day", "amount"), [(date(2026, 8, 19), 1_000_000), (date(2026, 8, 20), 0), (date(2022, 3, 24), None)]
)
def test_of_two_versions_of_a_rule_one_holds_on_each_day(day: date, amount: int | None) -> None:
    korea = place(
        "KR",
        rule("travel_rule", amount=1_000_000, currency="KRW", since=date(2022, 3, 25), until=date(2026, 8, 19)),
        rule("travel_rule", amount=0, currency="KRW", since=date(2026, 8, 20)),
    )
    found = law.law(korea, ["KR"], day).of(Ask.TRAVEL_RULE)
    assert [r.amount for _, r in found] == ([] if amount is None else [amount])


# --- amounts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("over", "value", "reached"),
    [
        ("at_least", 1_079_999_999, False),
        ("at_least", 1_080_000_000, True),
        ("more_than", 1_080_000_000, False),
        ("more_than", 1_080_000_001, True),
    ],
)
def test_a_line_is_converted_and_has_two_sides(over: str, value: int, reached: bool) -> None:
    line = rule("ownership_proof", amount=1000 * USD, currency="EUR", over=over)
    assert law.reaches(line, value, {"EUR": 1_080_000}) is reached


def test_a_line_without_a_rate_is_reached_by_everything_even_nothing() -> None:
    assert law.reaches(rule("travel_rule", amount=10**12, currency="KRW"), 0, {"EUR": USD})


def test_the_tier_with_most_fields_wins() -> None:
    singapore = place(
        "SG",
        rule("travel_rule", amount=0, currency="SGD", fields="basic"),
        rule("travel_rule", amount=1500 * USD, currency="SGD", over="more_than", fields="extended"),
    )
    rates = {"SGD": 700_000}
    held = law.law(singapore, ["SG"], TODAY)
    assert law.travel_rule(held, 1050 * USD, rates) == ("basic", "SG")
    assert law.travel_rule(held, 1050 * USD + 1, rates) == ("extended", "SG")
    assert law.travel_rule(law.law(singapore, ["DE"], TODAY), 10**12, rates) is None


def test_ownership_is_proven_where_any_place_asks() -> None:
    places = place("EU", rule("ownership_proof", amount=1000 * USD, currency="EUR", over="more_than")) | place("GB")
    rates = {"EUR": USD}
    assert law.ownership_proof(law.law(places, ["DE"], TODAY), 1000 * USD, rates) is None
    assert law.ownership_proof(law.law(places, ["DE"], TODAY), 1000 * USD + 1, rates) == "EU"
    assert law.ownership_proof(law.law(places, ["GB", "FR"], TODAY), 2000 * USD, rates) == "EU"
    assert law.ownership_proof(law.law(places, ["GB"], TODAY), 2000 * USD, rates) is None


# --- waits -------------------------------------------------------------------------------------------------------

TURKIYE = place(
    "TR",
    rule("delay", event="first_withdrawal", hours=72),
    rule("delay", event="each_purchase", hours=48, spared_by_travel_rule=True),
)
HELD = law.law(TURKIYE, ["TR"], TODAY)


@pytest.mark.parametrize(
    ("ago", "waits"), [(timedelta(0), True), (timedelta(hours=48, microseconds=-1), True), (timedelta(hours=48), False)]
)
def test_a_wait_ends_on_the_hour(ago: timedelta, waits: bool) -> None:
    found = law.delays(HELD, {"each_purchase": NOW - ago}, NOW, travel_rule_met=False)
    assert found == ([Delayed("TR", "each_purchase", 48, NOW - ago + timedelta(hours=48))] if waits else [])


def test_travel_rule_data_spare_one_wait_and_not_the_other() -> None:
    happened = {"first_withdrawal": NOW, "each_purchase": NOW}
    assert [d.event for d in law.delays(HELD, happened, NOW, travel_rule_met=False)] == [
        "first_withdrawal",
        "each_purchase",
    ]
    assert [d.event for d in law.delays(HELD, happened, NOW, travel_rule_met=True)] == ["first_withdrawal"]


def test_what_did_not_happen_makes_nobody_wait() -> None:
    assert law.delays(HELD, {"first_deposit": NOW}, NOW, travel_rule_met=False) == []


def test_an_exemption_spares_the_waits_of_its_own_place_only() -> None:
    places = TURKIYE | place("KR", rule("delay", event="each_purchase", hours=24))
    held = law.law(places, ["TR", "KR"], TODAY)
    happened = {"each_purchase": NOW}
    assert [d.place for d in law.delays(held, happened, NOW, False, exempt=["TR"])] == ["KR"]
    assert [d.place for d in law.delays(held, happened, NOW, False, exempt=["KR"])] == ["TR"]


# --- caps and the rest -------------------------------------------------------------------------------------------


def test_a_cap_holds_stablecoins_and_grows_with_travel_rule_data() -> None:
    turkiye = place(
        "TR",
        rule("out_cap", amount=3000 * USD, assets="stablecoin", hours=24),
        rule("out_cap", amount=50_000 * USD, assets="stablecoin", hours=720),
        rule("cap_with_travel_rule", percent=200),
    )
    held = law.law(turkiye, ["TR"], TODAY)
    assert law.caps(held, is_stablecoin=False, rates={}, travel_rule_met=True) == []
    plain = law.caps(held, is_stablecoin=True, rates={}, travel_rule_met=False)
    assert [(c.hours, c.limit) for c in plain] == [(24, 3000 * USD), (720, 50_000 * USD)]
    met = law.caps(held, is_stablecoin=True, rates={}, travel_rule_met=True)
    assert [(c.hours, c.limit) for c in met] == [(24, 6000 * USD), (720, 100_000 * USD)]


def test_a_cap_without_a_rate_is_nothing_at_all() -> None:
    held = law.law(place("KR", rule("out_cap", amount=10**12, currency="KRW", hours=24)), ["KR"], TODAY)
    assert [c.limit for c in law.caps(held, False, {}, False)] == [0]
    assert [c.limit for c in law.caps(held, False, {"KRW": 600}, False)] == [10**12 * 600 // USD]


def test_what_a_place_asks_of_addresses_descriptions_and_exemptions() -> None:
    places = (
        place("BH", rule("allow_list"))
        | place("TR", rule("description", characters=20), rule("exempt_share", percent=5))
        | place("SG", rule("description", characters=5))
    )
    held = law.law(places, ["BH", "TR", "SG"], TODAY)
    assert law.allow_list(held) == "BH"
    assert law.description(held) == (20, "TR")
    assert (law.exempt_share(held, "TR"), law.exempt_share(held, "SG")) == (5, 100)
    nothing = law.law(places, ["DE"], TODAY)
    assert (law.allow_list(nothing), law.description(nothing)) == (None, None)


codes = st.sampled_from(["DE", "EU", "TR", "SG", "KR", "BH", "AE-DU"])
rules = st.one_of(
    st.builds(rule, st.just("travel_rule"), amount=st.integers(0, 10**10), fields=st.sampled_from(law.FIELDS)),
    st.builds(rule, st.just("ownership_proof"), amount=st.integers(0, 10**10)),
    st.builds(rule, st.just("delay"), event=st.sampled_from(law.EVENTS), hours=st.integers(1, 200)),
    st.builds(rule, st.just("out_cap"), amount=st.integers(0, 10**10), hours=st.just(24)),
)
worlds = st.dictionaries(codes, st.lists(rules, max_size=4), max_size=5)


@given(worlds, st.lists(codes, max_size=3), codes, st.integers(0, 10**11))
def test_one_more_place_never_asks_for_less(
    world: dict[str, list[Rule]], touched: list[str], more: str, value: int
) -> None:
    places = {code: Place(code, "allowed", LONG_AGO, "a law", tuple(own)) for code, own in world.items()}
    few, many = law.law(places, touched, TODAY), law.law(places, [*touched, more], TODAY)
    fields = [found[0] if (found := law.travel_rule(held, value, {})) else "" for held in (few, many)]
    assert ["", *law.FIELDS].index(fields[0]) <= ["", *law.FIELDS].index(fields[1])
    assert law.ownership_proof(few, value, {}) is None or law.ownership_proof(many, value, {}) is not None
    happened = dict.fromkeys(law.EVENTS, NOW)
    longest = [max((d.ends for d in law.delays(held, happened, NOW, False)), default=NOW) for held in (few, many)]
    assert longest[0] <= longest[1]
    lowest = [min((c.limit for c in law.caps(held, True, {}, False)), default=10**12) for held in (few, many)]
    assert lowest[1] <= lowest[0]


# --- the section of a pack ---------------------------------------------------------------------------------------

GOOD = {"standing": "allowed", "since": "2020-01-01", "source": "a law"}
DELAY = {"ask": "delay", "event": "each_deposit", "hours": 24, "since": "2020-01-01", "source": "a law"}


def test_a_section_is_read() -> None:
    places, faults = read({"KR": {**GOOD, "rules": [DELAY, {**DELAY, "event": "first_deposit", "hours": 72}]}})
    assert faults == []
    assert [(r.event, r.hours) for r in places["KR"].rules] == [("each_deposit", 24), ("first_deposit", 72)]
    assert read({"KR": {**GOOD, "rules": [{**DELAY, "hours": 24 * 400}]}})[1] == []


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ({**DELAY, "ask": "wait"}, "rules[0].ask"),
        ({**DELAY, "event": "birthday"}, "rules[0].event"),
        ({**DELAY, "hours": 0}, "rules[0].hours"),
        ({**DELAY, "hours": 24 * 400 + 1}, "rules[0].hours"),
        ({**DELAY, "hours": "24"}, "rules[0].hours"),
        ({**DELAY, "since": "2020-02-30"}, "rules[0].since"),
        ({**DELAY, "since": "2020"}, "rules[0].since"),
        ({**DELAY, "until": "2019-12-31"}, "rules[0].until"),
        ({**DELAY, "source": ""}, "rules[0].source"),
        ({**DELAY, "amount": "5"}, "rules[0].amount"),
        ({**DELAY, "spared_by_travel_rule": 1}, "rules[0].spared_by_travel_rule"),
        ({"ask": "allow_list", "since": "2020-01-01", "source": "x", "spared_by_travel_rule": True},
         "rules[0].spared_by_travel_rule"),
        ({"ask": "out_cap", "amount": 3000, "currency": "USD", "assets": "any", "hours": 24, "since": "2020-01-01",
          "source": "x"}, "rules[0].amount"),
        ({"ask": "out_cap", "amount": "3000", "currency": "usd", "assets": "any", "hours": 24, "since": "2020-01-01",
          "source": "x"}, "rules[0].currency"),
        ("a delay", "rules[0]"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_right_is_named(rule: object, fault: str) -> None:
    _, faults = read({"KR": {**GOOD, "rules": [rule]}})
    assert f"places.KR.{fault}" in faults


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ({"UK": {**GOOD, "rules": []}}, "places.UK"),
        ({"AE-": {**GOOD, "rules": []}}, "places.AE-"),
        ({"KR": {**GOOD, "standing": "open", "rules": []}}, "places.KR.standing"),
        ({"KR": GOOD}, "places.KR.rules"),
        ({"KR": {**GOOD, "rules": {}}}, "places.KR.rules"),
        ([], "places"),
    ],
)
def test_a_place_that_cannot_be_right_is_named(section: object, fault: str) -> None:
    assert fault in read(section)[1]


@pytest.mark.parametrize(
    ("second", "fits"),
    [
        ({"hours": 48}, False),
        ({"hours": 48, "since": "2026-01-01"}, False),  # the first one has no end
        ({"hours": 48, "event": "first_deposit"}, True),
        ({"hours": 48, "until": "2019-12-31", "since": "2019-01-01"}, True),
        ({"hours": 48, "until": "2020-01-01", "since": "2019-01-01"}, False),  # both on one day
    ],
)
def test_two_rules_may_not_speak_of_one_matter_on_one_day(second: dict[str, object], fits: bool) -> None:
    _, faults = read({"KR": {**GOOD, "rules": [DELAY, {**DELAY, **second}]}})
    assert faults == ([] if fits else ["places.KR.rules[1]"])


def test_rates_are_positive_and_of_currencies() -> None:
    reader = Reader()
    assert law.rates(reader, "fx", {"EUR": "1.08", "eur": "1", "KRW": "0", "JPY": 0.006}) == {
        "EUR": 1_080_000,
        "KRW": 0,
        "JPY": 0,
    }
    assert {fault.field for fault in reader.faults} == {"fx.eur", "fx.KRW", "fx.JPY"}


# --- from two tables ---------------------------------------------------------------------------------------------

PLACES = """code,status,name,status_source,status_date,confidence
KR,allowed,Korea,a law,,high
IR,blocked_by_policy,Iran,a list,2020-02,high
"""
RULES = "code,rule,value,unit,scope,effective_from,effective_to,source,confidence\n"


def test_tables_become_a_section_that_a_pack_takes() -> None:
    done = convert(
        PLACES,
        RULES
        + "KR,withdrawal_delay_first_deposit,72,hours,,2025-05,,press,high\n"
        + 'KR,travel_rule_tier,1000000,KRW,"vasp_to_vasp;fields=extended",2022-03-25,2026-08-19,a law,high\n'
        + "KR,bank_reserve_min,3000000000,KRW,cap,2023-07,,a law,medium\n",
    )
    assert done.quarantined == ()
    places, faults = read(done.places)
    assert faults == []
    assert (places["IR"].standing, places["IR"].standing_since) == ("banned", date(2020, 2, 1))
    assert [r.ask for r in places["KR"].rules] == [Ask.DELAY, Ask.TRAVEL_RULE, Ask.NOTE]
    assert places["KR"].rules[0].since == date(2025, 5, 1)
    assert places["KR"].rules[2].words == "bank_reserve_min 3000000000 KRW: cap"


@pytest.mark.parametrize(
    ("scope", "ask"),
    [("withdrawal addresses", Ask.ALLOW_LIST), ("the operator's cold wallets", Ask.NOTE)],
)
def test_a_book_of_addresses_is_asked_of_customers_where_theirs_are_meant(scope: str, ask: Ask) -> None:
    done = convert(PLACES, f"{RULES}KR,withdrawal_whitelist_required,1,bool,{scope},2021,,a law,high\n")
    places, faults = read(done.places)
    assert (faults, [r.ask for r in places["KR"].rules]) == ([], [ask])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("KR,withdrawal_delay_each_deposit,24,hours,,2021,,a law", "columns_wrong"),  # one column short
        (
            "KR,withdrawal_delay_each_deposit,24,hours,,2021,,a law,high,KR,other,1,x",
            "columns_wrong",
        ),  # two rows joined
        ("KR,withdrawal_delay_each_deposit,soon,hours,,2021,,a law,high", "value_unreadable"),
        ("KR,withdrawal_delay_each_deposit,24,days,,2021,,a law,high", "value_unreadable"),
        ("KR,withdrawal_delay_each_deposit,24,hours,,,,a law,high", "day_unreadable"),
        ("KR,withdrawal_delay_each_deposit,24,hours,,2021-13,,a law,high", "day_unreadable"),
        ("KR,withdrawal_delay_each_deposit,24,hours,,2021,2020,a law,high", "row_unfit"),
        ("KR,withdrawal_delay_first_deposit,48,hours,,2021,,another law,low", "contradicts"),
        ("XX-FATF,travel_rule_baseline,1000,USD/EUR,,2025,,a list,medium", "place_unknown"),
        ("KR,travel_rule_tier,1000,KR,fields=basic,2021,,a law,high", "row_unfit"),
        ('KR,"unclosed', "row_unreadable"),
    ],
)
def test_a_row_that_nobody_can_apply_is_set_aside_and_the_rest_stands(row: str, code: str) -> None:
    good = "KR,withdrawal_delay_first_deposit,72,hours,,2020,,a law,high\n"
    done = convert(PLACES, f"{RULES}{good}{row}\n")
    assert [(q.table, q.line, q.code) for q in done.quarantined] == [("rules", 3, code)]
    places, faults = read(done.places)
    assert faults == []
    assert [r.hours for r in places["KR"].rules] == [72]


def test_a_shifted_header_is_no_table() -> None:
    with pytest.raises(Malformed, match="header") as refused:
        convert(PLACES, RULES.replace("code,rule", "rule,code"))
    assert refused.value.code == "table_unreadable"
    with pytest.raises(Malformed, match=r"^places: the header cannot be read: ") as refused:
        convert('"code', RULES)
    assert refused.value.code == "table_unreadable"


def test_a_place_twice_keeps_its_first_row() -> None:
    done = convert(f"{PLACES}KR,banned,Korea,a rumour,,low\nDE,unclear,Germany,,,low\n", RULES)
    assert [(q.line, q.code) for q in done.quarantined] == [(4, "place_twice"), (5, "standing_unknown")]
    assert read(done.places)[0]["KR"].standing == "allowed"


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_a_table_or_refused(one: str, other: str) -> None:
    for places, rules in ((one, other), (PLACES + one, RULES + other)):
        with suppress(Malformed):  # a header that is none; anything else that is raised is a fault
            assert read(convert(places, rules).places)[1] == []


def test_the_shipped_places_are_a_section() -> None:
    text = resources.files("tidegate.policy").joinpath("packs", "default.places.json").read_text()
    places, faults = read(from_json(text))
    assert faults == []
    assert (places["CN"].standing, places["DZ"].standing, places["SG"].standing) == ("banned", "banned", "allowed")
    held = law.law(places, ["TR"], TODAY)
    assert {ask for ask in Ask if held.of(ask)} >= {Ask.DELAY, Ask.OUT_CAP, Ask.DESCRIPTION, Ask.TRAVEL_RULE}


def test_the_compiled_tables_give_what_is_shipped() -> None:
    if not SHARED.exists():
        pytest.skip("the compiled tables are not kept in the repository and are not beside it here")
    done = convert(*((SHARED / f"{name}.csv").read_text() for name in ("jurisdictions", "jurisdiction_rules")))
    assert {(q.line, q.code) for q in done.quarantined} == {
        (33, "day_unreadable"),
        (64, "contradicts"),
        (83, "day_unreadable"),
        (84, "day_unreadable"),
        (96, "place_unknown"),
        (97, "place_unknown"),
    }
    shipped = resources.files("tidegate.policy").joinpath("packs", "default.places.json").read_text()
    assert json.loads(shipped) == json.loads(json.dumps(done.places))
