"""How the tier that holds moves: T1 to T10, each boundary on both sides, and what never happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.policy.rating_numbers import DEFAULTS
from tidegate.rating.tiers import Basis, Tier
from tidegate.rating.transitions import (
    REASONS,
    Conditions,
    Effective,
    Event,
    Move,
    fall,
    heard,
    moved,
    on_appeal,
    reviewable,
    rise,
)

NOW = datetime(2026, 4, 14, 4, tzinfo=UTC)
GOOD = Conditions(bond_covered=True, cooperation=True)
MEDIUM = heard(moved(Effective(), Tier.MEDIUM, NOW, DEFAULTS), NOW, DEFAULTS)
HIGH = heard(moved(Effective(), Tier.HIGH, NOW, DEFAULTS), NOW, DEFAULTS)
EXTREME = moved(HIGH, Tier.EXTREME, NOW, DEFAULTS)
FALLEN = moved(MEDIUM, Tier.LOW, NOW + timedelta(days=60), DEFAULTS)
SECOND = timedelta(seconds=1)


def after(days: int) -> datetime:
    return NOW + timedelta(days=days)


RISES = [
    # What holds, computed, basis, new, when -> tier, rule, people
    (Effective(), "low", "text", True, NOW, "low", None, 0),
    (Effective(), "medium", "text", True, NOW, "medium", "T1", 0),
    (Effective(), "medium", "gap", True, NOW, "medium", "T1", 1),
    (Effective(), "high", "gap", True, NOW, "high", "T2", 1),
    (Effective(), "extreme", "text", True, NOW, "extreme", "T2", 2),
    (MEDIUM, "medium", "text", True, after(59), "high", "T4", 1),
    (MEDIUM, "medium", "text", True, after(60), "high", "T4", 1),  # within three months
    (MEDIUM, "medium", "text", True, datetime(2026, 7, 14, 4, tzinfo=UTC) - SECOND, "high", "T4", 1),
    (MEDIUM, "medium", "text", True, datetime(2026, 7, 14, 4, tzinfo=UTC), "medium", None, 0),
    (MEDIUM, "high", "gap", True, after(200), "high", "T4", 1),
    (MEDIUM, "extreme", "gap", True, after(1), "extreme", "T4", 2),
    (MEDIUM, "medium", "text", False, after(1), "medium", None, 0),
    (MEDIUM, "high", "gap", False, after(1), "high", "T4", 1),
    (FALLEN, "medium", "text", True, after(70), "high", "T5", 1),
    (FALLEN, "low", "text", True, after(70), "low", None, 0),
    (FALLEN, "medium", "text", False, after(70), "medium", "T1", 0),
    (FALLEN, "extreme", "text", True, after(70), "extreme", "T5", 2),
    (FALLEN, "medium", "text", True, after(91), "medium", "T1", 0),
    (HIGH, "medium", "text", True, after(30) - SECOND, "high", "T8", 1),
    (HIGH, "medium", "text", True, after(30), "extreme", "T7", 2),
    (HIGH, "extreme", "gap", True, after(1), "extreme", "T8", 2),
    (HIGH, "extreme", "gap", False, after(31), "extreme", "T8", 2),
    (HIGH, "high", "gap", False, after(31), "high", None, 0),
    (EXTREME, "low", "text", True, after(1), "extreme", None, 0),
]


@pytest.mark.parametrize(("e", "computed", "basis", "new", "at", "tier", "rule", "people"), RISES)
def test_rises(
    e: Effective, computed: str, basis: str, new: bool, at: datetime, tier: str, rule: str | None, people: int
) -> None:
    move = rise(e, Event(Tier(computed), Basis(basis), new), at)
    assert (move.tier, move.rule, move.people, move.person) == (tier, rule, people, people > 0)


RESTS_ON = [
    # What happens -> the readings of the text that it rests on, as each line of a rating prints them
    (rise, (Effective(), Event(Tier.MEDIUM, Basis.GAP, True), NOW), ("R08",)),
    (rise, (MEDIUM, Event(Tier.MEDIUM, Basis.TEXT, True), after(60) - SECOND), ()),  # within the observation
    (rise, (MEDIUM, Event(Tier.MEDIUM, Basis.TEXT, True), after(60)), ("R10",)),  # after it: within the three months
    (rise, (FALLEN, Event(Tier.MEDIUM, Basis.TEXT, True), after(70)), ("R10",)),
    (rise, (HIGH, Event(Tier.HIGH, Basis.TEXT, True), after(1)), ("R11",)),
    (fall, (MEDIUM, after(60), 0, GOOD, False, DEFAULTS), ("R09", "R12")),
    (fall, (MEDIUM, after(60), 1, GOOD, False, DEFAULTS), ("R26",)),
    (fall, (MEDIUM, after(60) - SECOND, 0, GOOD, False, DEFAULTS), ()),
    (fall, (HIGH, after(30), 0, GOOD, True, DEFAULTS), ("R12", "R15")),
    (on_appeal, (EXTREME, Tier.LOW), ("R14",)),
]


@pytest.mark.parametrize(("rule", "given", "readings"), RESTS_ON)
def test_a_move_names_the_readings_it_rests_on(
    rule: Callable[..., Move], given: tuple[object, ...], readings: tuple[str, ...]
) -> None:
    assert rule(*given).readings == readings


FALLS = [
    # What holds, when, open alerts, conditions, approved -> tier, rule, reasons
    (Effective(), NOW, 0, GOOD, False, "low", None, ()),
    (MEDIUM, after(60) - SECOND, 0, GOOD, False, "medium", None, ("OBSERVATION_RUNNING",)),
    (MEDIUM, after(60), 0, GOOD, False, "low", "T3", ()),
    (MEDIUM, after(60), 1, GOOD, False, "medium", None, ("OPEN_ALERT",)),
    (MEDIUM, after(1), 1, GOOD, False, "medium", None, ("OPEN_ALERT", "OBSERVATION_RUNNING")),
    (replace(MEDIUM, quiet_medium=after(5)), after(5), 0, GOOD, False, "low", "T3", ()),
    (HIGH, after(30), 0, GOOD, True, "medium", "T6", ()),
    (HIGH, after(30) - SECOND, 0, GOOD, True, "high", None, ("RESTRICTION_RUNNING", "NOT_QUIET")),
    (replace(HIGH, quiet_high=after(31)), after(30), 0, GOOD, True, "high", None, ("NOT_QUIET",)),
    (HIGH, after(30), 1, GOOD, True, "high", None, ("OPEN_ALERT",)),
    (HIGH, after(30), 0, replace(GOOD, bond_covered=False), True, "high", None, ("BOND_SHORT",)),
    (HIGH, after(30), 0, replace(GOOD, cooperation=False), True, "high", None, ("COOPERATION_MISSING",)),
    (HIGH, after(30), 0, GOOD, False, "high", None, ("NO_DECISION",)),
    (EXTREME, after(999), 0, GOOD, True, "extreme", None, ("APPEAL_ONLY",)),
]


@pytest.mark.parametrize(("e", "at", "opened", "conditions", "approved", "tier", "rule", "reasons"), FALLS)
def test_falls(
    e: Effective,
    at: datetime,
    opened: int,
    conditions: Conditions,
    approved: bool,
    tier: str,
    rule: str | None,
    reasons: tuple[str, ...],
) -> None:
    move = fall(e, at, opened, conditions, approved, DEFAULTS)
    assert (move.tier, move.rule, move.reasons) == (tier, rule, reasons)
    assert set(reasons) <= set(REASONS)
    assert move.person is (e.tier is Tier.HIGH)


def test_both_may_be_asked_instead_of_either() -> None:
    both = replace(DEFAULTS, fall_when="both")
    later = heard(MEDIUM, after(10), both)
    assert fall(later, after(60), 0, GOOD, False, DEFAULTS).tier is Tier.LOW
    assert fall(later, after(60), 0, GOOD, False, both).tier is Tier.MEDIUM
    assert fall(later, after(70), 0, GOOD, False, both).tier is Tier.LOW


def test_a_person_is_asked_once_nothing_but_their_word_is_missing() -> None:
    assert reviewable(fall(HIGH, after(30), 0, GOOD, False, DEFAULTS))
    assert not reviewable(fall(HIGH, after(29), 0, GOOD, False, DEFAULTS))
    assert not reviewable(fall(HIGH, after(30), 1, GOOD, False, DEFAULTS))


@pytest.mark.parametrize(
    ("e", "earlier", "tier", "people"),
    [
        (EXTREME, Tier.LOW, "low", 2),
        (EXTREME, Tier.HIGH, "high", 2),
        (EXTREME, Tier.EXTREME, "high", 2),
        (HIGH, Tier.LOW, "medium", 1),
        (HIGH, Tier.MEDIUM, "medium", 1),
        (MEDIUM, Tier.LOW, "low", 1),
        (MEDIUM, Tier.HIGH, "medium", 1),
    ],
)
def test_appeals(e: Effective, earlier: Tier, tier: str, people: int) -> None:
    move = on_appeal(e, earlier)
    assert (move.tier, move.rule, move.people) == (tier, "T9", people)


def test_timers_are_stored_and_no_later_policy_moves_them() -> None:
    assert (MEDIUM.observation_ends, MEDIUM.quiet_medium) == (after(60), after(60))
    assert MEDIUM.relapse_ends == datetime(2026, 7, 14, 4, tzinfo=UTC)
    assert (HIGH.restriction_ends, HIGH.quiet_high) == (after(30), after(30))
    assert moved(MEDIUM, Tier.HIGH, after(5), DEFAULTS).restriction_ends == after(35)
    slower = replace(DEFAULTS, observation_days=90, quiet_days_medium=90)
    assert fall(MEDIUM, after(60), 0, GOOD, False, slower).tier is Tier.LOW


def test_an_extension_moves_the_end_of_the_restriction_and_nothing_else() -> None:
    assert moved(HIGH, Tier.HIGH, after(10), DEFAULTS) == HIGH
    assert moved(HIGH, Tier.HIGH, after(10), DEFAULTS, 60) == replace(HIGH, restriction_ends=after(70))


def test_what_was_heard_late_never_shortens_the_quiet_time() -> None:
    assert heard(MEDIUM, NOW - timedelta(days=20), DEFAULTS) == MEDIUM
    assert heard(MEDIUM, after(3), DEFAULTS).quiet_medium == after(63)


# --- what never happens ------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.integers(0, 40),  # days later
        st.one_of(
            st.tuples(st.just("rise"), st.sampled_from(Tier), st.sampled_from(Basis), st.booleans()),
            st.tuples(st.just("fall"), st.integers(0, 1), st.booleans(), st.booleans()),
            st.tuples(st.just("appeal"), st.sampled_from(Tier), st.none(), st.none()),
        ),
    ),
    max_size=25,
)


@given(STEPS)
def test_no_path_leaves_extreme_but_by_appeal_or_takes_high_to_low_in_one_step(steps: list[tuple[int, tuple]]) -> None:  # type: ignore[type-arg]
    e, at = Effective(), NOW
    for days, (what, *said) in steps:
        at += timedelta(days=days)
        before = e.tier
        move: Move
        if what == "rise":
            e = heard(e, at, DEFAULTS)
            move = rise(e, Event(said[0], said[1], said[2]), at)
            assert move.tier.rank >= before.rank
            assert move.people == 2 or move.tier is not Tier.EXTREME or before is Tier.EXTREME
        elif what == "fall":
            move = fall(e, at, said[0], Conditions(said[1], True), said[2], DEFAULTS)
            assert move.tier is before or not said[0], "no fall with an open alert"
            assert move.tier is before or before is not Tier.HIGH or move.person
            assert before is not Tier.EXTREME or move.tier is Tier.EXTREME
        else:
            move = on_appeal(e, said[0])
            assert move.people == (2 if before is Tier.EXTREME else 1)
            assert move.tier.rank <= before.rank
        assert not (before is Tier.HIGH and move.tier is Tier.LOW)
        if move.rule is not None:
            e = moved(e, move.tier, at, DEFAULTS)
