"""Networks, and the accounts of ours that can send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Network:
    id: str  # "evm-local"
    chain_id: int
    finality: int
    deposit_xpub: str


@dataclass(frozen=True, slots=True)
class Wallet:
    """An account of ours that can send: one lane of nonces."""

    id: str  # "hot:evm-local", "dep:evm-local:17"
    network: str
    address: str
    kind: str  # "hot", "deposit"
    index: int | None
    party_id: str | None
    next_nonce: int


def add_network(conn: Conn, network: Network) -> None:
    """Register a network; what is there stays."""
    run(
        conn,
        """
        INSERT INTO network (id, chain_id, finality, deposit_xpub)
        VALUES (%(id)s, %(chain)s, %(finality)s, %(xpub)s) ON CONFLICT (id) DO NOTHING
        """,
        {"id": network.id, "chain": network.chain_id, "finality": network.finality, "xpub": network.deposit_xpub},
    )


def networks(conn: Conn) -> list[Network]:
    """Every network."""
    return rows(conn, Network, "SELECT id, chain_id, finality, deposit_xpub FROM network ORDER BY id", {})


def network(conn: Conn, id: str) -> Network | None:
    """One network."""
    return row(conn, Network, "SELECT id, chain_id, finality, deposit_xpub FROM network WHERE id = %(id)s", {"id": id})


def lock_network(conn: Conn, id: str) -> Network | None:
    """One network, row-locked: deposit addresses are numbered one at a time."""
    return row(
        conn,
        Network,
        "SELECT id, chain_id, finality, deposit_xpub FROM network WHERE id = %(id)s FOR NO KEY UPDATE",
        {"id": id},
    )


def add_wallet(conn: Conn, wallet: Wallet, now: datetime) -> int:
    """Register an account of ours; 0 where it is there."""
    return run(
        conn,
        """
        INSERT INTO wallet (id, network, address, kind, index, party_id, next_nonce, created_at)
        VALUES (%(id)s, %(network)s, %(address)s, %(kind)s, %(index)s, %(party)s, %(nonce)s, %(now)s)
        ON CONFLICT DO NOTHING
        """,
        {
            "id": wallet.id,
            "network": wallet.network,
            "address": wallet.address,
            "kind": wallet.kind,
            "index": wallet.index,
            "party": wallet.party_id,
            "nonce": wallet.next_nonce,
            "now": now,
        },
    )


def wallets(conn: Conn, network: str) -> list[Wallet]:
    """Every account of ours on a network."""
    return rows(
        conn,
        Wallet,
        """
        SELECT id, network, address, kind, index, party_id, next_nonce FROM wallet
         WHERE network = %(network)s ORDER BY kind DESC, index
        """,
        {"network": network},
    )


def wallet(conn: Conn, id: str) -> Wallet | None:
    """One account of ours."""
    return row(
        conn,
        Wallet,
        "SELECT id, network, address, kind, index, party_id, next_nonce FROM wallet WHERE id = %(id)s",
        {"id": id},
    )


def hot(conn: Conn, network: str) -> Wallet | None:
    """The wallet that pays on a network."""
    return row(
        conn,
        Wallet,
        """
        SELECT id, network, address, kind, index, party_id, next_nonce FROM wallet
         WHERE network = %(network)s AND kind = 'hot'
        """,
        {"network": network},
    )


def platform_addresses(conn: Conn) -> list[str]:
    """Addresses of the platform's own wallets on every network: those that pay, and all that were ever watched."""
    return [
        address
        for (address,) in conn.execute(
            "SELECT address FROM wallet WHERE kind = 'hot' UNION SELECT address FROM watched_wallet"
        )
    ]


def deposit_wallet(conn: Conn, network: str, party_id: str) -> Wallet | None:
    """A customer's deposit address on a network."""
    return row(
        conn,
        Wallet,
        """
        SELECT id, network, address, kind, index, party_id, next_nonce FROM wallet
         WHERE network = %(network)s AND party_id = %(party)s AND kind = 'deposit'
        """,
        {"network": network, "party": party_id},
    )


def next_index(conn: Conn, network: str) -> int:
    """The number of the next deposit address; the caller holds the network's lock."""
    found = conn.execute(
        "SELECT coalesce(max(index) + 1, 0) FROM wallet WHERE network = %(network)s", {"network": network}
    ).fetchone()
    assert found is not None
    return int(found[0])


def by_addresses(conn: Conn, network: str, addresses: Sequence[str]) -> list[Wallet]:
    """Which of the addresses are ours."""
    return rows(
        conn,
        Wallet,
        """
        SELECT id, network, address, kind, index, party_id, next_nonce FROM wallet
         WHERE network = %(network)s AND address = ANY(%(addresses)s)
        """,
        {"network": network, "addresses": list(addresses)},
    )


def lock_wallet(conn: Conn, id: str) -> Wallet | None:
    """The lane, row-locked: nonces are handed out and taken back one transaction at a time."""
    return row(
        conn,
        Wallet,
        """
        SELECT id, network, address, kind, index, party_id, next_nonce FROM wallet
         WHERE id = %(id)s FOR NO KEY UPDATE
        """,
        {"id": id},
    )


def set_next_nonce(conn: Conn, id: str, nonce: int) -> None:
    """The next free nonce of the lane; its row is locked."""
    run(conn, "UPDATE wallet SET next_nonce = %(nonce)s WHERE id = %(id)s", {"id": id, "nonce": nonce})
