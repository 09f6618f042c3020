"""Bytes that are kept go to the node, and say which versions there are."""

from __future__ import annotations

from collections.abc import Sequence

from tidegate.base.chain import Unreachable
from tidegate.custody import store
from tidegate.custody.chain import Chain
from tidegate.custody.store import Attempt, Bytes
from tidegate.db import Conn


def send(conn: Conn, chain: Chain, version: Bytes) -> None:
    """Hand bytes to the node. Its words are kept for people; they decide nothing."""
    try:
        said = chain.send(version.raw)
        words = "accepted" if said.accepted else said.words
    except Unreachable as away:
        words = f"no answer: {away}"
    store.sent(conn, version.hash, words)


def versions_of(conn: Conn, attempts: Sequence[Attempt]) -> dict[str, list[Bytes]]:
    grouped: dict[str, list[Bytes]] = {a.id: [] for a in attempts}
    for version in store.versions(conn, list(grouped)):
        grouped[version.attempt_id].append(version)
    return grouped
