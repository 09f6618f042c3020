"""The section `screening` of a policy pack: what it must say, and what no policy may allow."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from tidegate.policy import flow as policies
from tidegate.policy.pack import PolicySilent, faults, parse
from tidegate.policy.screening_numbers import LookAlike


def pack(**sections: Any) -> dict[str, object]:
    """The default pack with parts of `screening` replaced; `...` takes the part away."""
    said = copy.deepcopy(policies.shipped("default"))
    screening = said["screening"]
    assert isinstance(screening, dict)
    screening.update(sections)
    for name in [name for name, value in screening.items() if value is ...]:
        del screening[name]
    return said


def test_the_shipped_packs_say_what_the_rulebook_says() -> None:
    for name in ("default", "demo"):
        numbers = parse(policies.shipped(name)).screening
        assert numbers.look_alike == LookAlike(3, 3, 6, 7)
        assert (numbers.name_show, numbers.name_hit) == (Decimal("0.50"), Decimal("0.70"))
        assert (numbers.allow_list_off_hours, numbers.allow_list_entry_hours, numbers.insist_hours) == (48, 24, 24)
        assert numbers.action("ofac", "sanctions") == "decline"
        assert numbers.action("ours", "blocklist") == "warn"
        assert numbers.action("tags", "exchange") == "allow"
        assert numbers.action("tags", "ransomware") == "review"


def test_a_pack_from_before_these_checks_is_still_a_policy_and_is_silent() -> None:
    old = policies.shipped("default")
    del old["screening"]
    assert faults(old) == []
    with pytest.raises(PolicySilent) as silent:
        _ = parse(old, 3).screening
    assert silent.value.code == "no_screening"


ANY = {"*": "review", "sanctions": "freeze"}


@pytest.mark.parametrize(
    ("list", "category", "action"),
    [
        ("tags", "exchange", "decline"),  # the list's own word on the category
        ("tags", "sanctions", "freeze"),  # a word on the category before a word on the list
        ("tags", "scam", "allow"),  # the list's word on any
        ("other", "scam", "review"),  # everybody's word on any
        ("other", "exchange", "review"),
    ],
)
def test_the_more_special_word_counts(list: str, category: str, action: str) -> None:
    numbers = parse(pack(actions={"*": ANY, "tags": {"*": "allow", "exchange": "decline"}})).screening
    assert numbers.action(list, category) == action


@pytest.mark.parametrize(
    ("sections", "field"),
    [
        ({"look_alike": ...}, "screening.look_alike"),
        ({"insist_hours": 0}, "screening.insist_hours"),
        ({"insist_hours": "24"}, "screening.insist_hours"),
        ({"look_alike": {"lead": 2, "tail": 3, "score": 6, "one_end": 7}}, "screening.look_alike.lead"),
        ({"look_alike": {"lead": 3, "tail": 3, "score": 6}}, "screening.look_alike.one_end"),
        ({"actions": {"*": {"sanctions": "decline"}}}, "screening.actions.*.*"),
        ({"actions": {"*": {"*": "review"}}}, "screening.actions.*.sanctions"),
        ({"actions": {"*": ANY, "mine": {"sanctions": "allow"}}}, "screening.actions.mine.sanctions"),
        ({"actions": {"*": {**ANY, "sanctions": "review"}}}, "screening.actions.*.sanctions"),
        ({"actions": {"*": {**ANY, "scam": "shrug"}}}, "screening.actions.*.scam"),
        ({"actions": {"*": {**ANY, "scam": 1}}}, "screening.actions.*.scam"),
        ({"actions": {"*": {**ANY, "Scam!": "allow"}}}, "screening.actions.*.Scam!"),
        ({"actions": []}, "screening.actions"),
        ({"allow_list": {"off_hours": 0, "entry_hours": 24}}, "screening.allow_list.off_hours"),
        ({"names": {"show": "0.80", "hit": "0.70"}}, "screening.names.show"),
        ({"names": {"show": "0.50", "hit": "1.01"}}, "screening.names.hit"),
        ({"names": {"show": 0.5, "hit": "0.70"}}, "screening.names.show"),
        ({"names": {"show": "0.50"}}, "screening.names.hit"),
        ({"surprise": 1}, "screening.surprise"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(sections: dict[str, Any], field: str) -> None:
    assert field in {fault.field for fault in faults(pack(**sections))}
