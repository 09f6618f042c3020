"""What a merchant's facts stand on, as a picture: who and what ties them together, the strongest first.

Merchant – facts – orders and coins that moved – people, devices, accounts, addresses, an authority's cases. A device or
an account that one order alone names ties nothing together, and is left away.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.rating.fact import Disposition, Kind, case_key
from tidegate.rating.facts.store import FactRow

MOST_EDGES = 60
MOST_FACTS = 12

COLUMN = {
    "merchant": 0,
    "fact": 1,
    "order": 2,
    "coins": 2,
    "person": 3,
    "device": 3,
    "account": 3,
    "address": 3,
    "case": 3,
}
"""Where each kind of node stands, from left to right."""

_WEIGHT = {Kind.AUTHORITY_ACTION: 0, Kind.COUNTERPARTY_FREEZE: 1, Kind.VIOLATION: 2, Kind.OTHER_HARM: 3, Kind.ALERT: 4}
_SEVERE = {"critical": 0, "high": 1, "warn": 2}
_HASH = re.compile(r"[0-9a-f]{64}")  # the keyed hash of a payment account


@dataclass(frozen=True, slots=True)
class Order:
    """An order that a fact names, and what it hangs on."""

    id: str
    created_at: datetime
    taker_id: str
    device_id: str | None
    payer_hash: str | None
    payee_hash: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """Coins that came from or went to an address outside."""

    id: str  # "wd_…", "dep_…"
    address: str


@dataclass(frozen=True, slots=True)
class Node:
    kind: str  # of COLUMN
    id: str
    fact: FactRow | None = None  # of a fact


@dataclass(frozen=True, slots=True)
class Edge:
    """One thing that hangs on another."""

    source: Node
    target: Node
    why: str  # "speaks", "names", "traded", "device", "paid_from", "paid_to", "frozen", "case", "address"


@dataclass(frozen=True, slots=True)
class Graph:
    edges: tuple[Edge, ...] = ()
    left_out: int = 0  # edges that are weaker than those shown

    @property
    def nodes(self) -> list[Node]:
        """Each once, by column and then as they were met."""
        met = dict.fromkeys(node for edge in self.edges for node in (edge.source, edge.target))
        return sorted(met, key=lambda node: COLUMN[node.kind])


def named(facts: Sequence[FactRow]) -> list[str]:
    """The ids of orders, coins and people that facts name, in order."""
    return list(dict.fromkeys(ref for fact in _speaking(facts) for ref in _refs(fact)))


def graph(merchant: str, facts: Sequence[FactRow], orders: Sequence[Order], moved: Sequence[Moved]) -> Graph:
    """The strongest edges: facts, confirmed before open, the gravest first; then what most of them name, each with
    everything that hangs on it, or not at all."""
    speaking = _speaking(facts)
    shown, more = speaking[:MOST_FACTS], speaking[MOST_FACTS:]
    left = sum(len(_own(merchant, fact)) for fact in more)
    known = {order.id: order for order in orders}
    groups = [_own(merchant, fact) for fact in shown]
    groups += _through(shown, known, {one.id: one.address for one in moved})
    kept: dict[Edge, None] = {}
    full = False
    for group in groups:
        new = [edge for edge in group if edge not in kept]
        full = full or len(kept) + len(new) > MOST_EDGES
        if full:
            left += len(new)
        else:
            kept.update(dict.fromkeys(new))
    return Graph(tuple(kept), left)


def _speaking(facts: Sequence[FactRow]) -> list[FactRow]:
    """What counts, or would count once a person confirms it; corrected ones are not told again."""
    told = {Disposition.CONFIRMED: 0, Disposition.OPEN: 1}
    speak = [f for f in facts if f.disposition in told and f.corrected_by is None]
    return sorted(
        speak,
        key=lambda f: (
            told[Disposition(f.disposition)],
            _WEIGHT.get(Kind(f.fact), 5),
            _SEVERE.get(f.severity or "", 3),
            -f.at.timestamp(),
            f.id,
        ),
    )


def _own(merchant: str, fact: FactRow) -> list[Edge]:
    """What a fact says itself: about whom, whose account was frozen, which case, which address."""
    here = Node("fact", fact.id, fact)
    said: dict[str, Any] = json.loads(fact.evidence)
    edges = [Edge(Node("merchant", merchant), here, "speaks")]
    if fact.counterparty_id is not None:
        edges.append(Edge(here, Node("person", fact.counterparty_id), "frozen"))
    if fact.case_number is not None:
        edges.append(Edge(here, Node("case", case_key(fact.case_number)), "case"))
    if isinstance(said.get("address"), str):
        edges.append(Edge(here, Node("address", said["address"]), "address"))
    return edges


def _through(
    facts: Sequence[FactRow], orders: Mapping[str, Order], addresses: Mapping[str, str]
) -> Iterator[list[Edge]]:
    """What facts name, with what hangs on each: named by most first, then of somebody frozen, then tied to most."""
    by: dict[Node, list[FactRow]] = {}
    for fact in facts:
        for ref in _refs(fact):
            kind = _kind(ref, orders, addresses)
            if kind is not None:
                by.setdefault(Node(kind, ref), []).append(fact)
    ties = {node: _ties(orders[node.id]) for node in by if node.kind == "order"}
    shared = Counter(tie for own in ties.values() for tie in {tie for tie, _ in own})
    frozen = {fact.counterparty_id for fact in facts}

    def hangs(node: Node) -> list[tuple[Node, str]]:
        if node.kind == "coins":
            return [(Node("address", addresses[node.id]), "address")]
        if node.kind == "order":
            own = [(tie, why) for tie, why in ties[node] if shared[tie] > 1]
            return [(Node("person", orders[node.id].taker_id), "traded"), *own]
        return []

    def strength(node: Node) -> tuple[int, bool, int, str]:
        dealt = orders[node.id].taker_id if node.kind == "order" else node.id
        return -len(by[node]), dealt not in frozen, -len(hangs(node)), node.id

    for node in sorted(by, key=strength):
        named_by = [Edge(Node("fact", fact.id, fact), node, "names") for fact in by[node]]
        yield [*named_by, *(Edge(node, other, why) for other, why in hangs(node))]


def _kind(ref: str, orders: Mapping[str, Order], addresses: Mapping[str, str]) -> str | None:
    """What an id that a fact names is; None = nothing that ties anybody to anybody."""
    if ref in orders:
        return "order"
    if ref in addresses:
        return "coins"
    return "person" if ref.startswith("cus_") else "account" if _HASH.fullmatch(ref) else None


def _ties(order: Order) -> list[tuple[Node, str]]:
    return [
        (Node(kind, value), why)
        for kind, value, why in (
            ("device", order.device_id, "device"),
            ("account", order.payer_hash, "paid_from"),
            ("account", order.payee_hash, "paid_to"),
        )
        if value is not None
    ]


def _refs(fact: FactRow) -> list[str]:
    """What a fact names as its evidence, in an order of its own."""
    said: dict[str, Any] = json.loads(fact.evidence)
    told = said.get("evidence")
    refs = [ref for ref in told if isinstance(ref, str)] if isinstance(told, list) else []
    more = (fact.order_id, said.get("withdrawal"))
    return [*refs, *(ref for ref in more if isinstance(ref, str))]


def drawn(found: Graph, say: Callable[[str], str], label: Callable[[Node], str]) -> dict[str, Any]:
    """The picture for `charts.js`: each node with its column and its place in it."""
    nodes = found.nodes
    rows: Counter[int] = Counter()
    told: list[dict[str, Any]] = []
    for node in nodes:
        column = COLUMN[node.kind]
        tone = None if node.fact is None else "bad" if node.fact.disposition == Disposition.CONFIRMED else "wait"
        told.append({"name": label(node), "kind": node.kind, "x": column, "y": rows[column], "tone": tone})
        rows[column] += 1
    places = {node: place for place, node in enumerate(nodes)}
    kinds = [kind for kind in COLUMN if any(node.kind == kind for node in nodes)]
    return {
        "kind": "graph",
        "kinds": [{"id": kind, "name": say(f"graph_{kind}")} for kind in kinds],
        "nodes": told,
        "rows": max(rows.values(), default=0),
        "edges": [[places[edge.source], places[edge.target]] for edge in found.edges],
        "description": say("graph_hint"),
    }
