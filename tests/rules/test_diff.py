"""What loosens and what tightens: the table of directions, path by path, and rules by their meaning."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.canonical import canonical
from tidegate.base.refusals import Malformed
from tidegate.policy import flow as policies
from tidegate.policy.diff import difference, leaves, loosening, named
from tidegate.policy.yaml_pack import from_text, from_yaml, to_yaml
from tidegate.withdrawals.vocabulary import VOCABULARY

DEFAULT = policies.shipped("default")
NODE = {"check": "destination_code", "from_value": "0"}


def but(path: str, value: Any) -> dict[str, Any]:
    """The default pack with one place changed; `...` takes the key away."""
    pack: dict[str, Any] = copy.deepcopy(DEFAULT)
    *way, last = path.split("/")
    place = pack
    for key in way:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return pack


def turns(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    return {one.path: one.turn.value for one in difference(old, new, VOCABULARY)}


@pytest.mark.parametrize("pack", ["default", "demo"])
def test_the_table_says_something_of_every_number_that_a_shipped_pack_has(pack: str) -> None:
    assert [path for path in leaves(policies.shipped(pack)) if not named(path)] == []


ROWS: list[tuple[str, Any, str, str]] = [
    ("limits_24h/2", "50001", "limits_24h.2", "looser"),
    ("limits_24h/2", "49999.999999", "limits_24h.2", "tighter"),
    ("limits_24h/2", ..., "limits_24h.2", "tighter"),
    ("limits", [{"scope": "party", "hours": 24, "usd": "5"}], "limits.party 24", "tighter"),
    ("limits_per_transaction", {"A@b": "5"}, "limits_per_transaction.A@b", "tighter"),
    ("new_address/hours", 23, "new_address.hours", "looser"),
    ("new_address/hours", 25, "new_address.hours", "tighter"),
    ("new_address/from_value", "1", "new_address.from_value", "looser"),
    ("credential_hold_hours/mfa_changed", 25, "credential_hold_hours.mfa_changed", "tighter"),
    ("confirmation/tries", 6, "confirmation.tries", "looser"),
    ("jurisdictions/default", "restricted", "jurisdictions.default", "tighter"),
    ("jurisdictions/countries/IR", "restricted", "jurisdictions.countries.IR", "looser"),
    ("jurisdictions/countries/IR", ..., "jurisdictions.countries.IR", "looser"),
    ("jurisdictions/countries/DE", "banned", "jurisdictions.countries.DE", "tighter"),
    ("review/from_value", "10000.01", "review.from_value", "looser"),
    ("review/sla_hours", 12, "review.sla_hours", "changed"),
    ("review/quorum", [{"from_value": "0", "people": 1}], "review.quorum.50000", "looser"),
    ("fees", {"A@b": "1"}, "fees.A@b", "looser"),
    ("fixed_prices", {"A@b": "1"}, "fixed_prices.A@b", "looser"),
    ("required_lists", [], "required_lists.sanctions", "looser"),
    ("required_lists", ["sanctions", "scam"], "required_lists.scam", "tighter"),
    ("outside_checks", [NODE, {"check": "v", "from_value": "0"}], "outside_checks.v", "tighter"),
    ("outside_checks", [], "outside_checks.destination_code", "looser"),
    ("behaviour/session/new_device/step_up", True, "behaviour.session.new_device.step_up", "tighter"),
    ("authorisation_minutes", 61, "authorisation_minutes", "looser"),
    ("screening/look_alike/lead", 4, "screening.look_alike.lead", "looser"),
    ("screening/actions/*/blocklist", "review", "screening.actions.*.blocklist", "tighter"),
    ("screening/actions/*/scam", "decline", "screening.actions.*.scam", "changed"),
    ("market/multipliers_percent/stormy", 30, "market.multipliers_percent.stormy", "looser"),
    ("market/dwell_minutes", 300, "market.dwell_minutes", "looser"),
    ("loosening_hours", 23, "loosening_hours", "looser"),
    ("loosening_hours", 25, "loosening_hours", "tighter"),
    ("places/HK", {}, "places.HK", "changed"),
    ("merchants/bond", {"A@b": "5"}, "merchants.bond.A@b", "looser"),
    ("merchants/release_days", 29, "merchants.release_days", "looser"),
    ("merchants/top_up_days", 8, "merchants.top_up_days", "looser"),
    ("merchants/name_score", 84, "merchants.name_score", "looser"),
    ("merchants/rules_version", "2026-12", "merchants.rules_version", "changed"),
    ("a_key_of_tomorrow", 1, "a_key_of_tomorrow", "changed"),
]


@pytest.mark.parametrize(("path", "value", "named", "turn"), ROWS, ids=[f"{r[0]}={r[1]}"[:50] for r in ROWS])
def test_one_number_and_which_way_it_goes(path: str, value: Any, named: str, turn: str) -> None:
    assert turns(DEFAULT, but(path, value)) == {named: turn}
    assert bool(loosening(difference(DEFAULT, but(path, value), VOCABULARY))) is (turn in ("looser", "changed"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("limits_24h/2", "50000.00"),
        ("deciding", ...),
        ("loosening_hours", 24),
        ("rules", []),
        ("jurisdictions/countries/DE", "allowed"),
        ("review/quorum", [{"from_value": "0.0", "people": 1}, {"from_value": "50000.0", "people": 2}]),
    ],
)
def test_another_spelling_is_no_difference(path: str, value: Any) -> None:
    assert turns(DEFAULT, but(path, value)) == {}


LINES: list[tuple[str | None, str | None, str]] = [
    (None, "live: amount_usd > 1000 -> review", "tighter"),
    ("live: amount_usd > 1000 -> review", None, "looser"),
    ("live: amount_usd > 1000 -> review", "live: amount_usd > 900 -> review", "tighter"),
    ("live: amount_usd > 1000 -> review", "live: amount_usd > 1001 -> review", "looser"),
    ("live: amount_usd > 1000 -> review", "live: amount_usd > 1000 -> decline", "tighter"),
    ("live: amount_usd > 1000 -> review", "live: sent_1h_usd > 1000 -> review", "changed"),
    ("live: amount_usd > 1000 -> review", "live:  amount_usd  >  1000 -> review", "same"),
    ("live: amount_usd > 1000 -> review", "shadow: amount_usd > 1000 -> review", "looser"),
    ("shadow: amount_usd > 1000 -> review", "live: amount_usd > 1000 -> review", "tighter"),
    ("shadow: amount_usd > 1000 -> review", "off: level > 1 -> review", "same"),
    (None, "shadow: amount_usd > 1000 -> review", "same"),
    # Where the hour is unknown the old rule asks for a person, the new one for a factor.
    ("live: level > 1 and sent_1h_usd > 5 -> step_up", "live: level > 1 -> step_up", "changed"),
    ("live: level > 1 and sent_1h_usd > 5 -> review", "live: level > 1 -> review", "tighter"),
    ("live: level > 1 -> step_up", "live: level > 0 -> step_up", "tighter"),
]


def with_rule(line: str | None) -> dict[str, Any]:
    if line is None:
        return DEFAULT
    mode, _, when = line.partition(": ")
    return {**DEFAULT, "rules": [{"name": "one", "when": when, "mode": mode}]}


@pytest.mark.parametrize(("before", "after", "turn"), LINES, ids=[f"{a} | {b}" for a, b, _ in LINES])
def test_rules_are_compared_by_what_they_mean(before: str | None, after: str | None, turn: str) -> None:
    assert turns(with_rule(before), with_rule(after)) == {"rules.one": turn}


def test_a_note_changes_no_decision() -> None:
    old = with_rule("live: amount_usd > 1000 -> review")
    new = {**old, "rules": [{**old["rules"][0], "message": "Ask."}]}
    assert turns(old, new) == {"rules.one": "same"}
    assert loosening(difference(old, new, VOCABULARY)) == []


# --- YAML ----------------------------------------------------------------------------------------------------------

values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(10**18), 10**18),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufeff\ufffe\uffff")),
        st.sampled_from(["no", "1.10", "12:30", "1e5", "~", "2026-01-01", "0x10", "<<", "true", "1_000", "Yes", ".5"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("ab1.@*- ", max_size=4), inner)),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc01.~@", min_size=1, max_size=6), values, max_size=4))
def test_what_is_written_as_yaml_reads_back(pack: dict[str, Any]) -> None:
    assert from_yaml(to_yaml(pack)) == pack


def test_the_shipped_packs_survive_yaml() -> None:
    for name in ("default", "demo"):
        pack = policies.shipped(name)
        assert canonical(from_text(to_yaml(pack))) == canonical(pack)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: no", "more than one way"),
        ("a: 1.5", "more than one way"),
        ("a: 2026-01-01", "more than one way"),
        ("a: 12:30", "more than one way"),
        ("a: 1e5", "more than one way"),
        ("a:", "more than one way"),
        ("a: 0o17", "more than one way"),
        ("a: &x [1]\nb: *x", "anchors"),
        ("a: *x", "anchors"),
        ("a: !!python/object:os.system x", "tag"),
        ("a: !!str 5", "tag"),
        ("<<: {a: 1}", "more than one way"),
        ("a: 1\na: 2", "written twice"),
        ("1: 2", "is no text"),
        ("[1]: 2", "is no text"),
        ("a: 1\n---\nb: 2", "more than one document"),
        ("- 1", "a map of sections"),
        ("", "empty"),
        ("a: [1", "not YAML"),
        ("a: " + "[" * 40 + "]" * 40, "nested deeper"),
        ("a: " + "[" * 100_000, "not YAML"),
    ],
)
def test_yaml_that_says_more_than_it_shows_is_refused(text: str, why: str) -> None:
    with pytest.raises(Malformed, match=why) as refused:
        from_yaml(text)
    assert refused.value.code == "pack_invalid"
