"""The decision as a lattice: more evidence never weakens it, order is nothing, and no failure is swallowed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from facts_kit import GOOD, HOUR, NOW, QUIET, USD, hit
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.canonical import canonical
from tidegate.base.findings import Finding, Outcome, strictest
from tidegate.base.refusals import Conflict
from tidegate.policy import flow as policies
from tidegate.policy.pack import Policy, parse
from tidegate.withdrawals.check import Check
from tidegate.withdrawals.checks import CHECKS
from tidegate.withdrawals.facts import Facts, OutsideAnswer, State
from tidegate.withdrawals.review import Answered, Verdict, required_of, review

POLICY = parse(policies.shipped("default"), 1)
SECOND = timedelta(seconds=1)


def breaks(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 3: a check with a bug."""
    yield Finding("large_amount", Outcome.REVIEW, "W1", "seen before it broke")
    raise ZeroDivisionError(f"object at {id(f)}")


def refuses(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 3: a check whose policy is silent."""
    raise Conflict("no_price", "There is no price.")
    yield


BROKEN = (*CHECKS, Check("broken", "W3", breaks))


def lenient(on_error: str, on_timeout: str = "review") -> Policy:
    until = "2026-11-24T12:00:01Z"
    failing = [{"check": c, "on_error": on_error, "on_timeout": on_timeout, "until": until} for c in ("broken", "v")]
    return parse({**policies.shipped("default"), "check_failures": failing}, 1)


# --- failing checks ------------------------------------------------------------------------------------------------


def test_a_check_that_breaks_asks_for_a_person_and_hides_nothing() -> None:
    verdict = review(replace(GOOD, hits=(hit("scam"),)), POLICY, BROKEN)
    assert verdict.outcome is Outcome.REVIEW
    assert [f.code for f in verdict.findings] == ["address_listed", "large_amount", "check_failed"]
    failed = verdict.findings[-1]
    assert (failed.data, "ZeroDivisionError" in failed.detail) == ({"check": "broken"}, True)
    assert verdict.answers[-1].state is State.ERROR
    assert "object at" in verdict.answers[-1].fault
    assert "object at" not in failed.detail, "what differs every time would break a replay"


def test_a_refusal_of_the_policy_is_no_failure_of_a_check() -> None:
    with pytest.raises(Conflict):
        review(GOOD, POLICY, (Check("silent", "W4", refuses),))


def test_a_check_may_fail_hard_by_itself() -> None:
    hard = (Check("broken", "W3", breaks, on_error=Outcome.DECLINE),)
    assert review(GOOD, POLICY, hard).outcome is Outcome.DECLINE


@pytest.mark.parametrize(
    ("said", "now", "outcome"),
    [
        ("decline", NOW, Outcome.DECLINE),
        ("ignore", NOW, Outcome.REVIEW),  # the finding before the break still counts
        ("decline", NOW + SECOND, Outcome.REVIEW),  # its day is over
    ],
)
def test_the_policy_may_say_otherwise_until_its_day(said: str, now: object, outcome: Outcome) -> None:
    assert review(replace(GOOD, now=now), lenient(said), BROKEN).outcome is outcome


def test_what_is_ignored_is_still_said() -> None:
    timed_out = replace(GOOD, required=("v",), outside=(OutsideAnswer("v", State.TIMEOUT),))
    verdict = review(timed_out, lenient("review", "ignore"))
    assert verdict.outcome is Outcome.ALLOW
    assert [(f.code, f.outcome) for f in verdict.findings] == [("check_timed_out", Outcome.ALLOW)]
    assert "ignore until 2026-11-24T12:00:01Z" in verdict.findings[0].detail
    assert review(replace(timed_out, now=NOW + SECOND), lenient("review", "ignore")).outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    ("answer", "policy", "code", "outcome", "detail"),
    [
        (OutsideAnswer("v", State.TIMEOUT), POLICY, "check_timed_out", Outcome.REVIEW, "v gave no answer (timeout)."),
        (
            OutsideAnswer("v", State.ERROR, detail="HTTP 500"),
            POLICY,
            "check_failed",
            Outcome.REVIEW,
            "v gave no answer (error: HTTP 500).",
        ),
        (
            OutsideAnswer("v", State.ERROR, detail="HTTP 500"),
            lenient("decline"),
            "check_failed",
            Outcome.DECLINE,
            "v gave no answer (error: HTTP 500); by policy decline until 2026-11-24T12:00:01Z.",
        ),
        (
            OutsideAnswer("v", State.TIMEOUT),
            lenient("decline"),  # of errors: what is late is still a person's
            "check_timed_out",
            Outcome.REVIEW,
            "v gave no answer (timeout); by policy review until 2026-11-24T12:00:01Z.",
        ),
    ],
)
def test_a_silent_check_is_told_with_its_reason_and_whose_word_it_is(
    answer: OutsideAnswer, policy: Policy, code: str, outcome: Outcome, detail: str
) -> None:
    (told,) = review(replace(GOOD, required=("v",), outside=(answer,)), policy).findings
    assert told == Finding(code, outcome, "W3 failing checks", detail, data={"check": "v"})


def test_a_bug_is_named_for_whoever_reads_the_log() -> None:
    def bug(_: Facts, __: Policy) -> Iterator[Finding]:
        raise ZeroDivisionError("by nothing")

    (broken,) = review(GOOD, POLICY, (Check("broken", "W3", bug),)).answers
    assert broken == Answered("broken", State.ERROR, "ZeroDivisionError: by nothing")


def test_the_reasons_of_a_verdict_are_listed_by_what_they_ask() -> None:
    seen = replace(GOOD, country="KP", hits=(hit("scam"), hit("sanctions")), stale_lists=("a", "b"))
    verdict = review(seen, POLICY)
    assert verdict.codes(Outcome.DECLINE) == ["address_sanctioned", "country_banned"]
    assert verdict.codes(Outcome.REVIEW) == ["address_listed", "list_stale"]
    assert verdict.codes(Outcome.FREEZE) == []


def test_a_person_lets_one_failed_check_pass_and_not_another() -> None:
    two = replace(
        GOOD,
        required=("v", "w"),
        outside=(OutsideAnswer("v", State.TIMEOUT), OutsideAnswer("w", State.TIMEOUT)),
        cleared=("check_timed_out:v",),
    )
    assert review(two, POLICY).outcome is Outcome.REVIEW
    assert review(replace(two, cleared=("check_timed_out:v", "check_timed_out:w")), POLICY).outcome is Outcome.ALLOW


# --- completeness --------------------------------------------------------------------------------------------------


def test_every_check_is_named_once_with_how_far_it_came() -> None:
    said = review(replace(GOOD, available_units=None, required=("v",), behaviour=QUIET), POLICY).answers
    assert [a.check for a in said] == [*(check.id for check in CHECKS), "v"]
    assert {a.check: a.state for a in said if a.state is not State.ANSWERED} == {
        "funds_short": State.SKIPPED,
        "address_look_alike": State.SKIPPED,  # nobody had looked
        "address_ours": State.SKIPPED,
        "address_not_in_book": State.SKIPPED,
        "coins_retained": State.SKIPPED,
        **{check.id: State.SKIPPED for check in CHECKS if check.run.__module__.endswith(".place")},
        "v": State.PENDING,
    }


def test_complete_is_by_identity_and_never_by_count() -> None:
    twice = replace(GOOD, required=("v", "w"), outside=(OutsideAnswer("v", State.ANSWERED, Outcome.ALLOW),) * 2)
    verdict = review(twice, POLICY)
    assert verdict.pending == ("w",)
    assert not verdict.complete(required_of(twice))
    assert not Verdict(Outcome.ALLOW, (), (Answered("v", State.ANSWERED),) * 2).complete(["v"])
    assert not Verdict(Outcome.ALLOW, (), (Answered("x", State.ANSWERED),)).complete(["v"])
    done = replace(twice, outside=(*twice.outside, OutsideAnswer("w", State.ERROR)))
    assert review(done, POLICY).complete(required_of(done))


def test_an_answer_that_nobody_asked_for_still_counts() -> None:
    verdict = review(replace(GOOD, outside=(OutsideAnswer("x", State.ANSWERED, Outcome.DECLINE),)), POLICY)
    assert verdict.outcome is Outcome.DECLINE


def test_ids_are_unique() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)


# --- always and never ----------------------------------------------------------------------------------------------


outcomes = st.sampled_from([o for o in Outcome if o is not Outcome.DELAY])
answers = st.one_of(
    st.builds(OutsideAnswer, st.sampled_from("vwx"), st.just(State.ANSWERED), outcomes, st.just("seen")),
    st.builds(OutsideAnswer, st.sampled_from("vwx"), st.sampled_from([State.ERROR, State.TIMEOUT, State.PENDING])),
)
facts = st.builds(
    replace,
    st.just(GOOD),
    value=st.integers(0, 60_000 * USD),
    country=st.sampled_from(["DE", "KP", "MM"]),
    address_saved_at=st.integers(0, 60).map(lambda h: NOW - h * HOUR),
    hits=st.lists(st.sampled_from(["sanctions", "scam"]).map(hit), max_size=2).map(tuple),
    outside=st.lists(answers, max_size=4).map(tuple),
    required=st.sampled_from([(), ("v",), ("v", "w")]),
)


@given(facts, answers)
def test_one_more_outside_answer_never_makes_it_milder(f: Facts, more: OutsideAnswer) -> None:
    before, after = review(f, POLICY), review(replace(f, outside=(*f.outside, more)), POLICY)
    assert after.outcome.severity >= before.outcome.severity
    assert set(after.pending) <= set(before.pending)


@given(facts, st.lists(st.sampled_from(list(Outcome)), max_size=3))
def test_one_more_finding_never_makes_it_milder(f: Facts, asked: list[Outcome]) -> None:
    def says(_: Facts, __: Policy) -> Iterator[Finding]:
        return iter([Finding("extra", o, "W0", "") for o in asked])

    before, after = review(f, POLICY), review(f, POLICY, (*CHECKS, Check("extra", "W0", says)))
    assert after.outcome.severity >= before.outcome.severity
    assert after.outcome is strictest([*before.findings, *after.findings])


@given(facts, st.randoms(use_true_random=False))
def test_the_order_of_checks_does_not_matter(f: Facts, dice: random.Random) -> None:
    shuffled = list(BROKEN)
    dice.shuffle(shuffled)
    one, other = review(f, POLICY, BROKEN), review(f, POLICY, shuffled)
    assert one.outcome is other.outcome
    assert sorted(map(canonical, one.findings)) == sorted(map(canonical, other.findings))


@given(facts)
def test_the_same_facts_give_the_same_bytes_even_where_a_check_breaks(f: Facts) -> None:
    assert canonical(review(f, POLICY, BROKEN).findings) == canonical(review(f, POLICY, BROKEN).findings)
