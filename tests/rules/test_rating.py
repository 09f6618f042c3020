"""Tiers: the grid of conduct and consequence, both sides of every number, and what is always true."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal_kit import refused

from tidegate.base.canonical import canonical
from tidegate.policy.rating_numbers import DEFAULTS, NAMES, RatingNumbers, read, read_over
from tidegate.policy.reading import Reader
from tidegate.rating.conduct import Conduct
from tidegate.rating.consequence import Consequence, is_mass
from tidegate.rating.fact import ACTIONS, FACTORS, LEVELS, SEVERITIES, VIOLATIONS, Disposition, Fact, Kind, check
from tidegate.rating.readings import READINGS, fingerprint
from tidegate.rating.tiers import Basis, Matter, Tier, rate
from tidegate.rating.window import days_after, first_day, month_after, month_before, months_after, of_month, trailing

MARCH = of_month("2026-03", ZoneInfo("Asia/Shanghai"))
AT = datetime(2026, 3, 12, tzinfo=UTC)
OK = Disposition.CONFIRMED


def alert(n: int = 1, severity: str = "warn", disposition: Disposition = OK) -> list[Fact]:
    return [Fact(f"alert {severity} {i}", Kind.ALERT, AT, AT, disposition, severity=severity) for i in range(n)]


def violation(n: int = 1, article: str = "5.2b", serious: bool = False) -> list[Fact]:
    return [
        Fact(f"violation {article} {i}", Kind.VIOLATION, AT, AT, OK, article=article, serious=serious) for i in range(n)
    ]


def factor(n: int = 1, article: str = "5.3b", disposition: Disposition = OK) -> list[Fact]:
    return [
        Fact(f"factor {article} {i}", Kind.REFERENCE_FACTOR, AT, AT, disposition, article=article) for i in range(n)
    ]


def freeze(n: int = 1, level: str = "E2", attributed: bool | None = None) -> list[Fact]:
    return [
        Fact(
            f"freeze {i}",
            Kind.COUNTERPARTY_FREEZE,
            AT,
            AT,
            OK,
            counterparty=f"u{i}",
            level=level,
            attributed=attributed,
        )
        for i in range(n)
    ]


def authority(case: str = "case-1", action: str = "investigation", named: bool = True) -> list[Fact]:
    return [Fact(f"authority {case}", Kind.AUTHORITY_ACTION, AT, AT, OK, action=action, case=case, named=named)]


HARM = [Fact("harm", Kind.OTHER_HARM, AT, AT, OK)]
B0: list[Fact] = []
B1, B2 = alert(), alert(3)
B3 = alert(3, "high") + violation(serious=True)
C: dict[str, list[Fact]] = {
    "C0": [],
    "C1": HARM,
    "C2": freeze(),
    "C3": authority(),
    "C2+C3": freeze() + authority(),
    "mass": freeze(5),
    "second": authority() + authority("case-2"),
    "characterised": authority(action="characterised"),
}
REPEATED = violation(3, "5.2c", True)

GRID = [
    # Conduct, facts, consequence, tier, basis, person
    ("B0", B0, "C0", "low", "text", False),
    ("B1", B1, "C0", "medium", "text", False),
    ("B1, only factors", factor(), "C0", "medium", "gap", True),
    ("B2", B2, "C0", "medium", "text", False),
    ("B3", B3, "C0", "medium", "text", True),
    ("B3, only factors", factor(3), "C0", "medium", "gap", True),
    *[(name, made, c, "high", "gap", True) for c in ("C1", "C2", "C3")
      for name, made in (("B0", B0), ("B1", B1), ("B2", B2), ("B3", B3))],
    ("B0", B0, "C2+C3", "high", "gap", True),
    ("B1", B1, "C2+C3", "high", "gap", True),
    ("B2", B2, "C2+C3", "high", "text", True),
    ("B3", B3, "C2+C3", "high", "text", True),
    *[(name, made, c, "extreme", "gap", True) for c in ("mass", "second", "characterised")
      for name, made in (("B0", B0), ("B1", B1), ("B2", B2))],
    ("B3, severe", B3, "mass", "extreme", "text", True),
    ("B3, severe", B3, "second", "extreme", "gap", True),
    ("B3, severe", B3, "characterised", "extreme", "gap", True),
    ("B3, repeated", REPEATED, "mass", "extreme", "gap", True),
    ("B3, repeated", REPEATED, "characterised", "extreme", "text", True),
]  # fmt: skip


@pytest.mark.parametrize(("conduct", "did", "came", "tier", "basis", "person"), GRID)
def test_the_grid(conduct: str, did: list[Fact], came: str, tier: str, basis: str, person: bool) -> None:
    rated = rate(Matter((*did, *C[came]), MARCH, 1000))
    assert (rated.tier, rated.basis, rated.person) == (tier, basis, person)


def test_the_text_decides_seven_of_thirty_two_combinations() -> None:
    decided = {(conduct[:2], came) for conduct, did, came, *_ in GRID if rate(Matter((*did, *C[came]))).basis == "text"}
    assert len(decided - {("B3", "mass"), ("B3", "characterised")}) == 6
    assert ("B3", "mass") in decided, "and the cell of B3 and C4"


BOUNDARIES = [
    # What is counted, one below, at the number: conduct or consequence of each
    (alert(2), "B1", alert(3), "B2"),
    (violation(2), "B1", violation(3), "B2"),
    (alert(2, "high") + violation(serious=True), "B1", B3, "B3"),
    (alert(3, "high") + violation(), "B2", alert(3, "critical") + violation(serious=True), "B3"),
    (violation(2, "5.2c"), "B1", violation(1, "5.2c") + factor(2), "B3"),
    (factor(2), "B1", factor(3), "B3"),
    (factor(3, "5.3a"), "B1", factor(3, "5.3b"), "B3"),
    (violation(2) + authority(named=False), "B1", violation(2) + authority(), "B2"),
]


@pytest.mark.parametrize(("below", "less", "at", "more"), BOUNDARIES)
def test_conduct_turns_at_its_number(below: list[Fact], less: str, at: list[Fact], more: str) -> None:
    assert rate(Matter(tuple(below))).conduct is Conduct(less)
    assert rate(Matter(tuple(at))).conduct is Conduct(more)


@pytest.mark.parametrize(
    ("people", "counterparties", "mass"),
    [
        (4, 1000, False),
        (5, 10**6, True),
        (3, 60, True),  # exactly 5 %
        (3, 61, False),
        (2, 2, False),
        (4, 80, True),
        (4, 81, False),
        (3, 0, True),  # they dealt with him before the window
        (4, None, False),  # nobody has counted
        (5, None, True),
    ],
)
def test_mass_is_a_number_or_a_share(people: int, counterparties: int | None, mass: bool) -> None:
    assert is_mass(people, counterparties, DEFAULTS) is mass
    consequence = rate(Matter(tuple(freeze(people)), counterparties=counterparties)).consequence
    assert consequence is (Consequence.C4 if mass else Consequence.C2)


@pytest.mark.parametrize(
    ("facts", "before", "consequence"),
    [
        (freeze(level="E1"), (), "C0"),
        (freeze(level="E2"), (), "C2"),
        (freeze(level="E3", attributed=False), (), "C0"),
        (freeze(level="E1", attributed=True), (), "C0"),
        ([*freeze(), replace(freeze()[0], id="again")], (), "C2"),
        (authority(named=False), (), "C0"),
        (authority(), (), "C3"),
        (authority(), ("case-1",), "C0"),  # a prolongation
        (authority(" CASE-1"), ("case-1",), "C0"),  # the same number, typed otherwise
        (authority(), ("case-0",), "C4"),
        (authority(action="characterised"), ("case-1",), "C4"),
        ([*authority(), replace(authority()[0], id="again")], (), "C3"),  # two events with one number
        (HARM, (), "C1"),
        ([replace(HARM[0], disposition=Disposition.FALSE_POSITIVE)], (), "C0"),
        ([replace(freeze()[0], disposition=Disposition.OPEN)], (), "C0"),
    ],
)
def test_consequences(facts: list[Fact], before: tuple[str, ...], consequence: str) -> None:
    from tidegate.rating.fact import case_key

    rated = rate(Matter(tuple(facts), cases_before=frozenset(map(case_key, before))))
    assert rated.consequence is Consequence(consequence)


def test_a_prolongation_is_a_serious_violation_all_the_same() -> None:
    rated = rate(Matter(tuple(authority()), cases_before=frozenset({"case-1"})))
    assert (rated.tier, rated.conduct, "S2 Art. 5.2a" in rated.clauses) == (Tier.MEDIUM, Conduct.B1, True)


def test_open_facts_count_only_as_alerts_and_then_for_a_person() -> None:
    opened = [replace(fact, disposition=Disposition.OPEN) for fact in (*violation(3), *factor(3), *freeze(9))]
    assert rate(Matter(tuple(opened))).tier is Tier.LOW
    rated = rate(Matter(tuple(alert(9, "critical", Disposition.OPEN))))
    assert (rated.tier, rated.conduct, rated.person, rated.readings) == (Tier.MEDIUM, Conduct.B1, True, ("R06",))


@pytest.mark.parametrize(
    ("facts", "readings"),
    [
        (alert(), ()),
        (alert(3), ("R07",)),
        (factor(), ("R08",)),
        (factor(1, "5.3a"), ("R08", "R17")),
        (factor(1, "5.3c"), ("R08", "R18")),
        (freeze(), ("R08", "R19")),
        (freeze(level="E0"), ("R19",)),
        (authority(action="characterised"), ("R01", "R08")),
        ([replace(alert()[0], known_at=AT + timedelta(days=3))], ("R22",)),
        ([replace(alert()[0], at=MARCH.start, known_at=MARCH.start)], ("R04",)),
    ],
)
def test_a_reading_is_named_where_it_decided(facts: list[Fact], readings: tuple[str, ...]) -> None:
    assert rate(Matter(tuple(facts), MARCH)).readings == readings


# --- windows -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [("2026-01", "2026-02"), ("2026-11", "2026-12"), ("2026-12", "2027-01"), ("2099-12", "2100-01")],
)
def test_months_follow_each_other(before: str, after: str) -> None:
    assert month_after(before) == after
    if after < "2100":
        assert month_before(after) == before


@pytest.mark.parametrize(
    ("month", "zone", "start", "as_of"),
    [
        ("2026-03", "Asia/Shanghai", "2026-02-28T16:00", "2026-03-31T16:00"),  # 31 days: from the first
        ("2026-04", "Asia/Shanghai", "2026-03-31T16:00", "2026-04-30T16:00"),  # 30 days: either way
        ("2026-02", "Asia/Shanghai", "2026-01-29T16:00", "2026-02-28T16:00"),  # 28 days: from 30 January
        ("2024-02", "Asia/Shanghai", "2024-01-30T16:00", "2024-02-29T16:00"),  # 29 days
        ("2026-12", "UTC", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("2026-03", "Europe/Berlin", "2026-02-28T23:00", "2026-03-31T22:00"),  # summer time begins within
        ("2026-11", "America/New_York", "2026-11-01T04:00", "2026-12-01T05:00"),  # and ends: 30 days and an hour
        ("2026-09", "Pacific/Auckland", "2026-08-31T12:00", "2026-09-30T11:00"),  # 30 days less an hour
        ("2018-11", "America/Sao_Paulo", "2018-11-01T03:00", "2018-12-01T02:00"),
    ],
)
def test_a_months_window(month: str, zone: str, start: str, as_of: str) -> None:
    window = of_month(month, ZoneInfo(zone))
    expected = tuple(datetime.fromisoformat(f"{text}+00:00") for text in (start, as_of))
    assert (window.start, window.as_of) == expected
    assert [window.holds(at) for at in (expected[0] - timedelta(microseconds=1), expected[0])] == [False, True]
    assert [window.holds(at) for at in (expected[1] - timedelta(microseconds=1), expected[1])] == [True, False]


@given(st.integers(2000, 2090), st.integers(1, 12), st.sampled_from(["UTC", "Asia/Shanghai", "Africa/Cairo"]))
def test_no_instant_of_a_year_is_in_no_window(year: int, month: int, zone: str) -> None:
    later = (year, month + 1) if month < 12 else (year + 1, 1)
    one, two = (of_month(f"{y}-{m:02}", ZoneInfo(zone)) for y, m in ((year, month), later))
    assert two.start <= one.as_of < two.as_of


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "1999-12", "2026-03-01", "", "２０26-03"])
def test_what_is_no_month_is_refused(text: str) -> None:
    assert refused(lambda: first_day(text)) == "month_invalid"


def test_days_are_days_where_clocks_change_and_months_end_where_months_end() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 3, 28, 11, tzinfo=UTC)  # noon, the day before summer time
    assert days_after(before, 1, berlin) - before == timedelta(hours=23)
    assert months_after(datetime(2026, 11, 30, 12, tzinfo=UTC), 3, ZoneInfo("UTC")) == datetime(
        2027, 2, 28, 12, tzinfo=UTC
    )
    assert months_after(datetime(2026, 12, 31, tzinfo=UTC), 12, ZoneInfo("UTC")) == datetime(2027, 12, 31, tzinfo=UTC)
    assert months_after(datetime(2026, 9, 15, tzinfo=UTC), 3, ZoneInfo("UTC")) == datetime(2026, 12, 15, tzinfo=UTC)


def test_between_months_the_last_thirty_days_count_and_now_does() -> None:
    window = trailing(AT, ZoneInfo("UTC"))
    assert [window.holds(at) for at in (AT, AT + timedelta(seconds=1))] == [True, False]
    assert [window.holds(AT - timedelta(days=30, microseconds=m)) for m in (0, 1)] == [True, False]


# --- facts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        (replace(alert()[0], severity="awful"), "fact_severity_invalid"),
        (replace(alert()[0], severity=None), "fact_severity_invalid"),
        (replace(violation()[0], article="5.3a"), "fact_article_invalid"),
        (replace(factor()[0], article="5.2a"), "fact_article_invalid"),
        (replace(freeze()[0], level="E4"), "fact_level_invalid"),
        (replace(freeze()[0], counterparty=None), "fact_counterparty_invalid"),
        (replace(authority()[0], action="party"), "fact_action_invalid"),
        (replace(authority()[0], case=None), "fact_case_invalid"),
        (replace(authority()[0], case=" "), "fact_case_invalid"),
        (replace(alert()[0], disposition=Disposition.EXEMPT), "fact_disposition_invalid"),
        (replace(alert()[0], at=datetime(1900, 1, 1, tzinfo=UTC)), "fact_date_sentinel"),
        (replace(alert()[0], known_at=datetime(1999, 12, 31, tzinfo=UTC)), "fact_date_sentinel"),
    ],
)
def test_a_fact_that_is_not_whole_is_refused(fact: Fact, code: str) -> None:
    assert refused(lambda: check(fact)) == code


# --- what is always true -----------------------------------------------------------------------------------------


@st.composite
def any_fact(draw: st.DrawFn) -> Fact:
    kind = draw(st.sampled_from(Kind))
    at = MARCH.start + timedelta(hours=draw(st.integers(-48, 24 * 35)))
    words = {
        Kind.ALERT: {"severity": draw(st.sampled_from(SEVERITIES))},
        Kind.VIOLATION: {"article": draw(st.sampled_from(VIOLATIONS)), "serious": draw(st.booleans())},
        Kind.REFERENCE_FACTOR: {"article": draw(st.sampled_from(FACTORS))},
        Kind.COUNTERPARTY_FREEZE: {
            "counterparty": f"u{draw(st.integers(0, 6))}",
            "level": draw(st.sampled_from(LEVELS)),
            "attributed": draw(st.sampled_from([None, True, False])),
        },
        Kind.AUTHORITY_ACTION: {
            "action": draw(st.sampled_from(ACTIONS)),
            "case": f"case-{draw(st.integers(0, 3))}",
            "named": draw(st.booleans()),
        },
        Kind.OTHER_HARM: {},
    }[kind]
    disposition = draw(st.sampled_from(Disposition))
    if disposition is Disposition.EXEMPT and kind is not Kind.REFERENCE_FACTOR:
        disposition = OK
    known = at + timedelta(hours=draw(st.integers(0, 72)))
    return Fact(f"f{draw(st.integers(0, 10**9))}", kind, at, known, disposition, **words)  # type: ignore[arg-type]


facts = st.lists(any_fact(), max_size=14, unique_by=lambda fact: fact.id)
matters = st.tuples(
    facts, st.one_of(st.none(), st.integers(0, 200)), st.frozensets(st.sampled_from(["case-0", "case-1"]))
)


@given(matters, any_fact())
def test_a_fact_more_never_lowers_the_tier(matter: tuple[list[Fact], int | None, frozenset[str]], more: Fact) -> None:
    known, counterparties, before = matter
    less = rate(Matter(tuple(known), MARCH, counterparties, before))
    after = rate(Matter((*(fact for fact in known if fact.id != more.id), more), MARCH, counterparties, before))
    if more.id not in {fact.id for fact in known}:
        assert after.tier.rank >= less.tier.rank
        assert (after.conduct, after.consequence) >= (less.conduct, less.consequence) or (
            after.conduct >= less.conduct and after.consequence >= less.consequence
        )
        assert after.person or not less.person or less.basis is Basis.GAP


@given(matters, st.randoms())
def test_order_and_repetition_do_not_matter(
    matter: tuple[list[Fact], int | None, frozenset[str]], chance: object
) -> None:
    known, counterparties, before = matter
    told = [*known, *known[:3]]
    chance.shuffle(told)  # type: ignore[attr-defined]
    one, two = (rate(Matter(tuple(said), MARCH, counterparties, before)) for said in (known, told))
    assert canonical(one) == canonical(two)


@given(matters)
def test_what_asks_for_a_person_is_said(matter: tuple[list[Fact], int | None, frozenset[str]]) -> None:
    rated = rate(Matter(tuple(matter[0]), MARCH, *matter[1:]))
    alone = rated.tier is Tier.LOW or (rated.tier is Tier.MEDIUM and rated.basis is Basis.TEXT)
    assert rated.person or alone
    assert set(rated.readings) <= set(READINGS)
    assert ("R08" in rated.readings) is (rated.basis is Basis.GAP)


# --- numbers and readings ----------------------------------------------------------------------------------------


def test_the_packs_that_are_shipped_say_the_rulebooks_numbers() -> None:
    from tidegate.policy import flow as policies

    for name in ("default", "demo"):
        reader = Reader()
        assert read(reader, policies.shipped(name)["rating"]) == DEFAULTS
        assert reader.faults == []
    assert {field.name for field in fields(RatingNumbers)} == set(NAMES)


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"multiple": 0}, "rating.multiple"),
        ({"multiple": "3"}, "rating.multiple"),
        ({"timezone": "Mars/Olympus"}, "rating.timezone"),
        ({"calendar": "cn"}, "rating.calendar"),
        ({"fall_when": "never"}, "rating.fall_when"),
        ({"restriction_days": 6}, "rating.restriction_days"),
        ({"mass_least": 6}, "rating.mass_least"),
        ({"unknown": 1}, "rating.unknown"),
    ],
)
def test_a_number_that_cannot_be_is_named_by_its_path(said: dict[str, object], path: str) -> None:
    reader = Reader()
    read_over(reader, DEFAULTS, said, "rating")
    assert [fault.field for fault in reader.faults] == [path]


def test_every_reading_is_said_in_both_languages_and_has_an_owner() -> None:
    assert list(READINGS) == [f"R{n:02}" for n in range(1, 28)]
    for line in READINGS.values():
        assert line.owner
        assert line.en.endswith(".")
        assert line.zh.endswith("。")
    assert len(fingerprint()) == 64
