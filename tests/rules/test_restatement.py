"""How far EXTREME stands on what holds, and what two people may then decide."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from refusal_kit import refused

from tidegate.policy.rating_numbers import DEFAULTS
from tidegate.rating.decisions.decision import Open, Terms, checked, needed
from tidegate.rating.fact import Disposition, Fact, Kind
from tidegate.rating.lines.line import Subject, judge
from tidegate.rating.measures.measure import Measure
from tidegate.rating.restatements.restatement import Left, amounts_to
from tidegate.rating.tiers import Tier
from tidegate.rating.transitions import Effective

L, M, H, X = Tier
AT = datetime(2026, 5, 6, tzinfo=UTC)
EXTREME = Open("rln_1", computed=L, proposed=M, before=X, rule="T9", open_alerts=0, characterised=False)


def frozen(people: int) -> list[Fact]:
    return [
        Fact(f"f{n}", Kind.COUNTERPARTY_FREEZE, AT, AT, Disposition.CONFIRMED, counterparty=f"cus_{n}", level="E2")
        for n in range(people)
    ]


def left(people: int, rule: str | None = "T2", grounds: bool = True) -> Left:
    """A line of which so many frozen people are left."""
    facts = frozen(people)
    subject = Subject("mer_1", tuple(facts), {f.id: f.id for f in facts}, 1000, frozenset(), Effective(X), frozenset())
    return Left(rule, judge(subject, None, DEFAULTS, 1, AT), grounds)


@pytest.mark.parametrize(
    ("before", "lines", "today", "to"),
    [
        (L, [left(0)], L, L),
        (M, [left(0)], L, M),  # never lower than the tier before the rise
        (H, [left(0)], L, H),
        (L, [left(1)], L, H),  # nor than what is left
        (L, [left(4)], L, H),
        (L, [left(5)], L, X),  # it stands
        (L, [left(0)], M, M),  # nor than the last 30 days
        (L, [left(0)], X, X),
        (L, [left(0), left(1)], L, H),  # nor than a line that was told since
        (L, [left(0), left(5)], L, X),
        (H, [left(0, "T7", grounds=True)], L, X),  # one event after a restriction is enough
        (H, [left(0, "T7", grounds=False)], L, H),
        (H, [left(0, "T8", grounds=True)], L, H),  # by another rule the facts have to amount to it
    ],
)
def test_the_tier_to_go_back_to(before: Tier, lines: list[Left], today: Tier, to: Tier) -> None:
    assert amounts_to(before, lines, today) is to


@pytest.mark.parametrize(
    ("tier", "more", "measures"),
    [
        (M, {}, [Measure.WARNING, Measure.OBSERVATION]),
        (H, {"preset": "C"}, [Measure.FREEZE]),
        (L, {}, "tier_below_facts"),
        (H, {}, "measure_missing"),
        (X, {}, "tier_not_reached"),
        (M, {"preset": "A"}, "measure_not_of_tier"),
    ],
)
def test_what_may_be_decided_of_a_restatement(tier: Tier, more: dict[str, str], measures: list[Measure] | str) -> None:
    terms = Terms(tier, "as_computed", **more)  # type: ignore[arg-type]
    if isinstance(measures, str):
        assert refused(lambda: checked(EXTREME, terms, "as the facts say", DEFAULTS)) == measures
    else:
        assert [line.measure for line in checked(EXTREME, terms, "as the facts say", DEFAULTS)] == measures


@pytest.mark.parametrize(
    ("before", "rule", "tier", "people"),
    [
        (L, "T2", M, 1),
        (L, "T2", H, 1),
        (L, "T2", X, 2),
        (H, "T7", X, 2),
        (X, "T9", H, 2),  # EXTREME is left by two
        (X, "T9", L, 2),
        (X, None, H, 1),  # a month's line below what holds moves nothing
        (X, None, X, 1),
        (H, "T6", M, 1),
    ],
)
def test_how_many_decide(before: Tier, rule: str | None, tier: Tier, people: int) -> None:
    line = Open("rln_1", computed=tier, proposed=tier, before=before, rule=rule, open_alerts=0, characterised=False)
    assert needed(line, tier, ()) == people
