"""Findings, ids, canonical text, times."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.canonical import canonical, digest, readable
from tidegate.base.findings import Finding, Outcome, strictest
from tidegate.base.ids import new_id
from tidegate.base.times import from_rfc3339, rfc3339

findings = st.lists(st.builds(Finding, st.just("c"), st.sampled_from(Outcome), st.just("W"), st.just("")), max_size=8)


def test_outcomes_stand_in_the_order_of_the_rulebook() -> None:
    assert [o.value for o in sorted(Outcome, key=lambda o: o.severity)] == [
        "allow",
        "step_up",
        "delay",
        "review",
        "decline",
        "freeze",
    ]


@given(findings, findings)
def test_more_evidence_never_weakens_an_outcome(some: list[Finding], more: list[Finding]) -> None:
    assert strictest(some + more).severity >= strictest(some).severity


@given(findings)
def test_the_order_of_findings_never_matters(some: list[Finding]) -> None:
    assert strictest(some) is strictest(some[::-1])


def test_nothing_found_is_allowed() -> None:
    assert strictest([]) is Outcome.ALLOW


def test_ids_sort_by_time_and_never_repeat() -> None:
    ids = [new_id("wd") for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert all(i.startswith("wd_") and len(i) == 29 for i in ids)
    assert sorted(i[:13] for i in ids) == [i[:13] for i in ids]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(json_values)
def test_canonical_text_is_one_ascii_line_of_json(value: object) -> None:
    text = canonical(value)
    assert text.isascii()
    assert "\n" not in text
    assert canonical(json.loads(text)) == text


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(plain_values)
def test_canonical_text_is_what_json_writes_of_sorted_keys(value: object) -> None:
    assert canonical(value) == json.dumps(value, sort_keys=True, separators=(",", ":"))
    assert readable(value) == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_every_kind_of_value_has_the_text_that_its_hashes_were_made_of() -> None:
    at = datetime(2026, 11, 24, 18, 39, 0, 5, tzinfo=timezone(timedelta(hours=8)))
    value = {
        2: [Outcome.DELAY, at, None, True, -1],
        "b": (2**53, 2**53 - 1),
        "a": Finding("c", Outcome.ALLOW, "W", 'é"', data={"z": "1", "y": "2"}),
        "s": frozenset({"b", "a"}),
    }
    assert canonical(value) == (
        '{"2":["delay","2026-11-24T10:39:00.000005Z",null,true,-1],'
        '"a":{"clause":"W","code":"c","data":{"y":"2","z":"1"},"detail":"\\u00e9\\"","ends_at":null,'
        '"outcome":"allow"},"b":["9007199254740992",9007199254740991],"s":["a","b"]}'
    )


def test_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1}) == '{"a":2,"b":1}'


def test_integers_that_readers_would_round_are_written_as_text() -> None:
    assert canonical([2**53 - 1, 2**53, -(2**60)]) == f'[9007199254740991,"9007199254740992","-{2**60}"]'


def test_a_float_has_no_canonical_form() -> None:
    with pytest.raises(TypeError):
        digest({"amount": 0.1})


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])))
def test_times_go_to_text_and_back(at: datetime) -> None:
    assert from_rfc3339(rfc3339(at)) == at
    assert rfc3339(at).endswith("Z")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        from_rfc3339("2026-11-24T10:00:00")
