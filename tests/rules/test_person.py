"""Which accounts are one person's, and who may say that a link was wrong."""

from __future__ import annotations

import pytest
from refusal_kit import refused

from tidegate.p2p.links.person import check_undo, persons
from tidegate.rating.tiers import Tier
from tidegate.rating.transitions import put_apart

FOUR = {"a": "p1", "b": "p2", "c": "p3", "d": "p4"}


@pytest.mark.parametrize(
    ("parties", "links", "person"),
    [
        (FOUR, [], "abcd"),
        (FOUR, [("b", "a")], "aacd"),
        (FOUR, [("b", "a"), ("c", "b")], "aaad"),
        (FOUR, [("c", "b"), ("b", "a")], "aaad"),  # in whichever order
        (FOUR, [("d", "c"), ("b", "a"), ("d", "b")], "aaaa"),
        (FOUR, [("d", "b")], "abcb"),
        ({"a": "p1", "b": "p1", "c": "p2"}, [], "aac"),  # a customer who came back
        ({"a": "p1", "b": "p1", "c": "p2"}, [("c", "b")], "aaa"),
    ],
)
def test_accounts_hang_together_by_customer_and_by_link(
    parties: dict[str, str], links: list[tuple[str, str]], person: str
) -> None:
    assert persons(parties, links) == dict(zip(parties, person, strict=True))


@pytest.mark.parametrize(
    ("undone", "by", "code"),
    [
        (False, "key_anton", None),
        (False, "key_mei", "link_own"),
        (False, "key_mei_2", "link_own"),  # people are compared, not keys
        (True, "key_anton", "link_undone"),
    ],
)
def test_another_person_undoes_it_once(undone: bool, by: str, code: str | None) -> None:
    names = {"key_mei": "Mei", "key_mei_2": "Mei", "key_anton": "Anton"}
    assert refused(lambda: check_undo("lnk_1", undone, "key_mei", by, names)) == code


@pytest.mark.parametrize(
    ("holds", "before", "to"),
    [
        ("medium", "low", "low"),
        ("high", "low", "medium"),  # never in one step
        ("high", "medium", "medium"),
        ("extreme", "low", "extreme"),  # for two people
        ("low", "low", "low"),
        ("medium", "high", "medium"),  # it never rises
    ],
)
def test_where_somebody_goes_back_to_whom_only_the_others_facts_had_raised(holds: str, before: str, to: str) -> None:
    assert put_apart(Tier(holds), Tier(before)) == to
