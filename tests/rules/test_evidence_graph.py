"""The picture of what a merchant's facts stand on: which edges, in which order, and what is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tidegate.console.merchants.graph import MOST_EDGES, Graph, Moved, Order, drawn, graph, named
from tidegate.rating.facts.store import FactRow

NOW = datetime(2026, 11, 24, tzinfo=UTC)
FACT = FactRow(
    id="fct_1",
    merchant_id="mer_1",
    subject_id="mer_1",
    party_id="cus_m",
    fact="alert",
    at=NOW,
    known_at=NOW,
    recorded_at=NOW,
    recorded_by="monitor",
    source="indicator",
    source_id="s",
    article="5.1",
    severity="high",
    serious=None,
    counterparty_id=None,
    order_id=None,
    evidence_level=None,
    attributed=None,
    kind=None,
    case_number=None,
    names_merchant=None,
    indicator="I-11",
    rule=None,
    rule_version=None,
    evidence="{}",
    supersedes=None,
    event_id="fct_1",
    content="",
    disposition="confirmed",
    corrected_by=None,
)
HASH = "ab" * 32


def fact(id: str = "fct_1", *evidence: str, **more: object) -> FactRow:
    return replace(FACT, id=id, evidence=json.dumps({"evidence": list(evidence)}), **more)  # type: ignore[arg-type]


def order(id: str, taker: str = "cus_t", device: str | None = None, paid: str | None = None) -> Order:
    return Order(id, NOW, taker, device, paid, None)


def edges(found: Graph) -> list[tuple[str, str, str]]:
    return [(edge.source.id, edge.why, edge.target.id) for edge in found.edges]


def test_what_a_fact_says_itself() -> None:
    freeze = fact("fct_1", fact="counterparty_freeze", counterparty_id="cus_f", order_id="ord_1")
    case = fact("fct_2", fact="authority_action", case_number=" No. 7 ", names_merchant=True)
    insisted = replace(
        fact("fct_3"), evidence=json.dumps({"address": "0xA", "withdrawal": "wd_1", "evidence": ["evt_1", HASH]})
    )
    found = graph("mer_1", [insisted, freeze, case], [order("ord_1", "cus_f")], [Moved("wd_1", "0xA")])
    assert edges(found) == [
        ("mer_1", "speaks", "fct_2"),
        ("fct_2", "case", "no.7"),
        ("mer_1", "speaks", "fct_1"),
        ("fct_1", "frozen", "cus_f"),
        ("mer_1", "speaks", "fct_3"),
        ("fct_3", "address", "0xA"),
        ("fct_1", "names", "ord_1"),
        ("ord_1", "traded", "cus_f"),
        ("fct_3", "names", "wd_1"),
        ("wd_1", "address", "0xA"),
        ("fct_3", "names", HASH),
    ], "an authority first, then a freeze, then alerts; an order with somebody frozen before other things"
    assert found.left_out == 0
    assert [node.id for node in found.nodes][:5] == ["mer_1", "fct_2", "fct_1", "fct_3", "ord_1"]


def test_a_device_or_account_of_one_order_ties_nothing() -> None:
    one, two = order("ord_1", "cus_a", "phone", HASH), order("ord_2", "cus_b", "phone", "cd" * 32)
    told = fact("fct_1", "ord_1", "ord_2")
    assert ("ord_1", "device", "phone") in edges(graph("mer_1", [told], [one, two], []))
    assert [why for _, why, _ in edges(graph("mer_1", [told], [one, two], []))].count("device") == 2
    assert "device" not in [why for _, why, _ in edges(graph("mer_1", [fact("fct_1", "ord_1")], [one], []))]
    assert "paid_from" not in [why for _, why, _ in edges(graph("mer_1", [told], [one, two], []))]
    shared = replace(two, payee_hash=HASH)
    ties = edges(graph("mer_1", [told], [one, shared], []))
    assert ("ord_1", "paid_from", HASH) in ties
    assert ("ord_2", "paid_to", HASH) in ties


@pytest.mark.parametrize(
    ("disposition", "corrected", "shown"),
    [
        ("confirmed", None, True),
        ("open", None, True),
        ("false_positive", None, False),
        ("exempt", None, False),
        ("confirmed", "fct_9", False),
    ],
)
def test_only_what_counts_or_waits_is_shown(disposition: str, corrected: str | None, shown: bool) -> None:
    told = fact("fct_1", "ord_1", disposition=disposition, corrected_by=corrected)
    assert bool(graph("mer_1", [told], [order("ord_1")], []).edges) is shown
    assert named([told]) == (["ord_1"] if shown else [])


def test_confirmed_before_open_graver_before_lighter_newer_before_older() -> None:
    told = [
        fact("fct_open", disposition="open", fact="authority_action"),
        fact("fct_old", at=NOW - timedelta(days=1)),
        fact("fct_new"),
        fact("fct_critical", severity="critical", at=NOW - timedelta(days=9)),
        fact("fct_factor", fact="reference_factor", severity=None),
    ]
    spoken = [target for _, why, target in edges(graph("mer_1", told, [], [])) if why == "speaks"]
    assert spoken == ["fct_critical", "fct_new", "fct_old", "fct_factor", "fct_open"]


@pytest.mark.parametrize(("orders", "shown", "left"), [(29, 59, 0), (30, 59, 2), (40, 59, 22)])
def test_what_is_left_out_is_counted_and_groups_stay_whole(orders: int, shown: int, left: int) -> None:
    """One edge to the fact and two per order: the fact names it, somebody traded."""
    ids = [f"ord_{n:02}" for n in range(orders)]
    found = graph("mer_1", [fact("fct_1", *ids)], [order(id, f"cus_{id}") for id in ids], [])
    assert (len(found.edges), found.left_out) == (shown, left)
    assert len(found.edges) <= MOST_EDGES


def test_the_thirteenth_fact_is_left_out_and_the_rest_stays() -> None:
    told = [fact(f"fct_{n:02}", "ord_1") for n in range(13)]
    found = graph("mer_1", told, [order("ord_1")], [])
    assert found.left_out == 1
    assert [why for _, why, _ in edges(found)].count("speaks") == 12
    assert ("ord_1", "traded", "cus_t") in edges(found)


def test_the_order_of_facts_does_not_matter() -> None:
    told = [fact(f"fct_{n}", "ord_1", "ord_2") for n in range(3)]
    orders = [order("ord_1", device="phone"), order("ord_2", device="phone")]
    assert graph("mer_1", told, orders, []) == graph("mer_1", told[::-1], orders[::-1], [])


def test_the_picture_has_each_node_once_in_its_column() -> None:
    found = graph("mer_1", [fact("fct_1", "ord_1"), fact("fct_2", "ord_1", disposition="open")], [order("ord_1")], [])
    told = drawn(found, str, lambda node: node.id)
    assert [(n["name"], n["x"], n["y"], n["tone"]) for n in told["nodes"]] == [
        ("mer_1", 0, 0, None),
        ("fct_1", 1, 0, "bad"),
        ("fct_2", 1, 1, "wait"),
        ("ord_1", 2, 0, None),
        ("cus_t", 3, 0, None),
    ]
    assert told["edges"] == [[0, 1], [0, 2], [1, 3], [2, 3], [3, 4]]
    assert (told["rows"], [kind["id"] for kind in told["kinds"]]) == (2, ["merchant", "fact", "order", "person"])
