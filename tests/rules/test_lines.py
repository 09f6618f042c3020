"""A line of a rating: which events may lift the tier that holds, who has to look, and what its hash stands on (R21)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tidegate.base.canonical import digest
from tidegate.policy.rating_numbers import DEFAULTS
from tidegate.rating.fact import Disposition, Fact, Kind
from tidegate.rating.lines.line import Judged, Subject, judge
from tidegate.rating.readings import fingerprint
from tidegate.rating.tiers import Tier
from tidegate.rating.transitions import Effective, Move
from tidegate.rating.window import of_month

L, M, H, X = Tier
AT = datetime(2026, 3, 12, tzinfo=UTC)
MARCH = of_month("2026-03", ZoneInfo("UTC"))
US = timedelta(microseconds=1)


def freezes(n: int) -> list[Fact]:
    return [
        Fact(f"f{i}", Kind.COUNTERPARTY_FREEZE, AT, AT, Disposition.CONFIRMED, counterparty=f"cus_{i}", level="E2")
        for i in range(n)
    ]


def alerts(n: int, disposition: Disposition = Disposition.CONFIRMED) -> list[Fact]:
    return [Fact(f"a{i}", Kind.ALERT, AT, AT, disposition, severity="warn") for i in range(n)]


def subject(facts: list[Fact], held: Effective, lifted: frozenset[str] = frozenset()) -> Subject:
    return Subject("mer_1", tuple(facts), {f.id: f"event {f.id}" for f in facts}, 1000, frozenset(), held, lifted)


def judged(facts: list[Fact], held: Effective | None = None, lifted: frozenset[str] = frozenset()) -> Judged:
    return judge(subject(facts, held or Effective(L), lifted), MARCH, DEFAULTS, 3, AT)


OPEN = alerts(1, Disposition.OPEN)


@pytest.mark.parametrize(
    ("facts", "held", "lifted", "rated", "proposed", "fresh", "people"),
    [
        ([], L, [], L, L, [], 0),
        (alerts(1), L, [], M, M, ["a0"], 0),
        (alerts(1), L, ["a0"], M, L, [], 0),  # it has justified a rise before
        (alerts(2), L, ["a0"], M, M, ["a1"], 0),
        (freezes(1), L, [], H, H, ["f0"], 1),
        (freezes(5), L, [], X, X, ["f0", "f1", "f2", "f3", "f4"], 2),
        (freezes(5), X, ["f0", "f1", "f2", "f3", "f4"], X, X, [], 2),
        (OPEN, L, [], M, M, ["a0"], 1),  # a person says whether an open alert lifts LOW
        (OPEN, L, ["a0"], M, L, [], 1),
        (OPEN, M, [], M, M, ["a0"], 1),  # and nothing higher
        ([*OPEN, *freezes(1)], L, [], H, H, ["f0"], 1),
    ],
)
def test_each_event_justifies_one_rise(
    facts: list[Fact], held: Tier, lifted: list[str], rated: Tier, proposed: Tier, fresh: list[str], people: int
) -> None:
    line = judged(facts, Effective(held), frozenset(f"event {id}" for id in lifted))
    assert (line.rated.tier, line.move.tier, line.people) == (rated, proposed, people)
    assert line.fresh == tuple(f"event {id}" for id in fresh)
    assert line.person is (people > 0)


@pytest.mark.parametrize(("since", "tier"), [(None, H), (AT - US, H), (AT, H), (AT + US, M)])
def test_under_observation_one_more_event_is_high_and_an_old_one_is_not(since: datetime | None, tier: Tier) -> None:
    watched = Effective(M, since, observation_ends=AT + timedelta(days=1))
    assert judged(alerts(1), watched).move.tier is tier


def test_a_characterisation_is_told() -> None:
    action = Fact(
        "x", Kind.AUTHORITY_ACTION, AT, AT, Disposition.CONFIRMED, action="characterised", case="1", named=True
    )
    assert judged([action]).characterised
    assert not judged([replace(action, action="investigation")]).characterised
    assert not judged([replace(action, disposition=Disposition.FALSE_POSITIVE)]).characterised


BASE = subject(freezes(2), Effective(L))
OUTSIDE = replace(freezes(1)[0], id="later", at=MARCH.as_of, known_at=MARCH.as_of)


@pytest.mark.parametrize(
    ("but", "same"),
    [
        ({}, True),
        ({"facts": tuple(reversed(BASE.facts))}, True),
        ({"facts": (*BASE.facts, OUTSIDE), "events": {**BASE.events, "later": "event later"}}, True),
        ({"held": Effective(H)}, True),  # the tier of a window stands on the window
        ({"lifted": frozenset({"event f0"})}, True),
        ({"facts": BASE.facts[:1]}, False),
        ({"events": {"f0": "event f0", "f1": "event f0"}}, False),
        ({"counterparties": 1001}, False),
        ({"cases_before": frozenset({"1"})}, False),
    ],
)
def test_what_a_lines_hash_stands_on(but: dict[str, Any], same: bool) -> None:
    one, other = (judge(s, MARCH, DEFAULTS, 3, AT).inputs_hash for s in (BASE, replace(BASE, **but)))
    assert (one == other) is same


def test_a_lines_hash_is_of_these_words() -> None:
    """Lines that were drawn before are compared with it: other words would look like other facts."""
    said = {
        "facts": [{"fact": fact, "event": f"event {fact.id}"} for fact in BASE.facts],
        "counterparties": 1000,
        "cases_before": [],
        "numbers": DEFAULTS,
        "policy": 3,
        "readings": fingerprint(),
    }
    assert judge(BASE, MARCH, DEFAULTS, 3, AT).inputs_hash == digest(said)


def test_another_proposal_is_about_the_same_facts() -> None:
    line, other = judged(alerts(1)), Move(L, "T3", person=False)
    assert (line.proposing(other).move, line.proposing(other).rated) == (other, line.rated)


def test_other_numbers_or_another_policy_are_another_hash() -> None:
    first = judge(BASE, MARCH, DEFAULTS, 3, AT).inputs_hash
    assert judge(BASE, MARCH, DEFAULTS, 4, AT).inputs_hash != first
    assert judge(BASE, MARCH, replace(DEFAULTS, multiple=4), 3, AT).inputs_hash != first
    assert judge(BASE, None, DEFAULTS, 3, AT).inputs_hash == first, "without a window every fact counts"
