"""The whole answer to a case of each kind, and what follows from what a case leaves out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tidegate.base.refusals import Malformed
from tidegate.rating.evaluation.answering import answers

AT = "2026-03-12T10:00:00+08:00"
ALERT = {"fact": "alert", "at": AT, "severity": "warn", "disposition": "confirmed"}
NAMED = {"fact": "authority_action", "at": AT, "case": "K-1", "merchant_named": True}
ADS = [{"id": "B", "price": "2", "at": AT}, {"id": "A", "price": "1", "at": AT}]


def told(kind: str, **given: object) -> dict[str, Any]:
    """The answer to one case, as a file has it."""
    (answer,) = answers(json.dumps({"format": 1, "cases": [{"id": "x", "kind": kind, "given": given}]}))
    assert list(answer) == ["id", "result"]
    assert answer["id"] == "x"
    return answer["result"]  # type: ignore[return-value]


def by(who: str, reversible: bool, *measures: str) -> list[dict[str, object]]:
    return [{"measure": measure, "chosen_by": who, "reversible": reversible} for measure in measures]


WATCHED = by("text", True, "warning", "observation")
LIMITED = [
    *by("person", True, "step_up", "trade_limit", "withdrawal_delay", "withdrawal_limit", "freeze"),
    *by("person", False, "dismissal", "partial_deduction"),
    *by("person", True, "top_up_demand"),
]
ENDED = [*by("text", False, "trading_disabled"), *by("text", True, "off_boarding")]

MONTHS: list[tuple[str, dict[str, object], dict[str, object]]] = [
    (
        "nothing happened",
        {"facts": []},
        {"tier": "low", "basis": "text", "person": False, "conduct": "B0", "consequence": "C0",
         "clauses": ["S2 Art. 6 LOW"], "readings": [], "measures": []},
    ),
    (
        "a confirmed alert, with everything that can be said of one",
        {"facts": [{**ALERT, "id": "f", "known_at": AT, "source": "desk", "rule": "I-01", "rule_version": "1"}]},
        {"tier": "medium", "basis": "text", "person": False, "conduct": "B1", "consequence": "C0",
         "clauses": ["S2 Art. 6 MEDIUM", "S2 Art. 5.1"], "readings": [], "measures": WATCHED},
    ),
    (
        "named by an authority",
        {"facts": [{**NAMED, "action": "detention"}]},
        {"tier": "high", "basis": "gap", "person": True, "conduct": "B1", "consequence": "C3",
         "clauses": ["S2 Art. 6 HIGH", "S2 Art. 5.2a"], "readings": ["R08"], "measures": LIMITED},
    ),
    (
        "characterised by it: the bond goes by the text",
        {"facts": [{**NAMED, "action": "characterised"}]},
        {"tier": "extreme", "basis": "gap", "person": True, "conduct": "B1", "consequence": "C4",
         "clauses": ["S2 Art. 6 EXTREME", "S2 Art. 5.2a"], "readings": ["R01", "R08"],
         "measures": [*ENDED, *by("text", False, "dismissal", "full_deduction")]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "answer"), [row[1:] for row in MONTHS], ids=[row[0] for row in MONTHS])
def test_a_month_says_tier_basis_clauses_readings_and_measures(
    given: dict[str, object], answer: dict[str, object]
) -> None:
    assert told("month", month="2026-03", counterparties=10, **given) == answer


OTHERS: list[tuple[str, dict[str, object], dict[str, object]]] = [
    ("deadline", {"month": "2026-03", "calendar": "CN", "confirmed_years": [2026]},
     {"deadline": "2026-04-15", "clauses": ["S2 Art. 4"], "readings": ["R05"], "measures": []}),
    ("deadline", {"month": "2026-03", "calendar": "CN", "confirmed_years": [2026], "policy": {"publication_days": 3}},
     {"deadline": "2026-04-03", "clauses": ["S2 Art. 4"], "readings": ["R05"], "measures": []}),
    ("deadline", {"month": "2026-03", "calendar": "CN", "confirmed_years": []},
     {"error": "CALENDAR_NOT_CONFIRMED", "clauses": ["S2 Art. 4"], "readings": ["R05"], "measures": []}),
    ("scope", {"certification": "certified", "bond_locked": "1", "exit_requested": False},
     {"in_scope": True, "clauses": ["S2 Art. 2"], "readings": ["R02", "R03"], "measures": []}),
    ("bond", {"required": "10", "locked": "5", "deduct": "7"},
     {"taken": "5", "locked": "0", "owed": "2", "demand": "12",
      "clauses": ["S2 Art. 7"], "readings": ["R13"], "measures": []}),
    ("ads", {"side": "sell", "ads": ADS},
     {"before": ["A", "B"], "after": ["A", "B"], "clauses": ["S2, page text below: ads"], "readings": [],
      "measures": []}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "given", "answer"), OTHERS)
def test_every_other_kind_says_what_it_rests_on(kind: str, given: dict[str, object], answer: dict[str, object]) -> None:
    assert told(kind, **given) == answer


SINCE = {"since": "2026-05-06T00:00:00+08:00"}
HEARD = {"last_confirmed_event": "2026-05-06T00:00:00+08:00"}
COVERED = {"bond_required": "500", "bond_locked": "500"}
AGREED = {**SINCE, **HEARD, **COVERED, "cooperation_recorded": True}

# What the tier is and what is known of it; the moment and what happens; the move.
MOVES: list[tuple[str, dict[str, object], str, dict[str, object], dict[str, object]]] = [
    ("low", {}, "2026-05-06T00:00:00", {}, {"tier": "low"}),
    # An observation of sixty days runs from when they became MEDIUM, which is since when they are.
    ("medium", SINCE, "2026-07-04T23:59:59", {}, {"tier": "medium", "reasons": ["OBSERVATION_RUNNING"]}),
    ("medium", SINCE, "2026-07-05T00:00:00", {}, {"tier": "low", "rule": "T3", "readings": ["R09", "R12"]}),
    ("medium", SINCE, "2026-07-04T23:59:59", {"confirmed_event": {"computed": "medium"}},
     {"tier": "high", "person": True, "people": 1, "rule": "T4", "measures": LIMITED}),
    # Three months they are remembered: as MEDIUM, and as LOW where the case says when they were MEDIUM.
    ("medium", SINCE, "2026-08-05T23:59:59", {"confirmed_event": {"computed": "medium"}},
     {"tier": "high", "person": True, "people": 1, "rule": "T4", "readings": ["R10"], "measures": LIMITED}),
    ("medium", SINCE, "2026-08-06T00:00:00", {"confirmed_event": {"computed": "medium"}}, {"tier": "medium"}),
    ("low", {"medium_since": SINCE["since"]}, "2026-08-05T23:59:59", {"confirmed_event": {"computed": "medium"}},
     {"tier": "high", "person": True, "people": 1, "rule": "T5", "readings": ["R10"], "measures": LIMITED}),
    ("low", SINCE, "2026-08-05T23:59:59", {"confirmed_event": {"computed": "medium"}},
     {"tier": "medium", "rule": "T1", "measures": WATCHED}),
    # A restriction of thirty days runs from when they became HIGH.
    ("high", SINCE, "2026-06-04T23:59:59", {"confirmed_event": {"computed": "medium"}},
     {"tier": "high", "person": True, "people": 1, "rule": "T8", "readings": ["R11"], "measures": LIMITED}),
    ("high", SINCE, "2026-06-05T00:00:00", {"confirmed_event": {"computed": "medium"}},
     {"tier": "extreme", "person": True, "people": 2, "rule": "T7",
      "measures": [*ENDED, *by("person", False, "dismissal")]}),
    ("high", AGREED, "2026-06-04T23:59:59", {"decision": "approved"},
     {"tier": "high", "person": True, "people": 1, "reasons": ["RESTRICTION_RUNNING", "NOT_QUIET"]}),
    ("high", AGREED, "2026-06-05T00:00:00", {"decision": "approved"},
     {"tier": "medium", "person": True, "people": 1, "rule": "T6", "readings": ["R12", "R15"], "measures": WATCHED}),
    ("high", AGREED, "2026-06-05T00:00:00", {"decision": "approved", "open_alerts": 1},
     {"tier": "high", "person": True, "people": 1, "reasons": ["OPEN_ALERT"]}),
    ("high", {**SINCE, **HEARD, **COVERED}, "2026-06-05T00:00:00", {"decision": "approved"},
     {"tier": "high", "person": True, "people": 1, "reasons": ["COOPERATION_MISSING"]}),
    ("high", {**AGREED, "bond_locked": "499.999999"}, "2026-06-05T00:00:00", {"decision": "approved"},
     {"tier": "high", "person": True, "people": 1, "reasons": ["BOND_SHORT"]}),
    ("high", AGREED, "2026-06-05T00:00:00", {}, {"tier": "high", "person": True, "people": 1,
                                                 "reasons": ["NO_DECISION"]}),
]  # fmt: skip


@pytest.mark.parametrize(("tier", "known", "at", "happens", "move"), MOVES)
def test_a_transition_from_what_is_known_of_the_tier_that_holds(
    tier: str, known: dict[str, object], at: str, happens: dict[str, object], move: dict[str, object]
) -> None:
    nothing = {"person": False, "people": 0, "rule": None, "reasons": [], "readings": [], "measures": []}
    answer = told("transition", effective={"tier": tier, **known}, at=f"{at}+08:00", **happens)
    assert answer == {**nothing, "clauses": ["S2 Art. 8"], **move}


FREEZE = {"fact": "counterparty_freeze", "at": AT, "counterparty": "c-1"}


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("month", {"month": "2026-3", "facts": []}, "x.given.month is '2026-3'"),
        ("month", {"month": "2026-03", "facts": [{**ALERT, "known_at": 1}]}, "x.given.facts[0].known_at is 1"),
        ("month", {"month": "2026-03", "facts": [{**ALERT, "severity": "huge"}]}, "x.given.facts[0].severity is"),
        ("month", {"month": "2026-03", "facts": [{**ALERT, "source": 1}]}, "x.given.facts[0].source must be"),
        ("month", {"month": "2026-03", "facts": [{**ALERT, "rule": 1}]}, "x.given.facts[0].rule must be"),
        ("month", {"month": "2026-03", "facts": [{**FREEZE, "order": 1}]}, "x.given.facts[0].order must be"),
        ("deadline", {"calendar": "CN", "confirmed_years": []}, "x.given.month is missing"),
        ("transition", {"effective": {"tier": "low"}}, "x.given.at is missing"),
        ("transition", {"effective": {}, "at": AT}, "x.given.effective.tier is missing"),
        ("transition", {"effective": {"tier": "low"}, "at": AT, "open_alerts": -1}, "x.given.open_alerts is -1"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_place(kind: str, given: dict[str, object], words: str) -> None:
    with pytest.raises(Malformed) as refused:
        told(kind, **given)
    assert words in refused.value.message


@pytest.mark.parametrize(("faults", "end"), [(5, "exit_requested"), (6, "; and 1 more"), (8, "; and 3 more")])
def test_a_refusal_names_five_faults_and_counts_the_rest(faults: int, end: str) -> None:
    more = dict.fromkeys("abcdefgh"[:faults], 1)
    with pytest.raises(Malformed) as refused:
        told("scope", certification="certified", bond_locked="1", exit_requested=False, **more)
    assert refused.value.message.endswith(end)
    assert refused.value.message.count("not known here") == 5
