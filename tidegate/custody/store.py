"""SQL of wallets, deposits and payouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.custody.books import Checked
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


@dataclass(frozen=True, slots=True)
class Payout:
    id: str
    purpose: str
    ref: str
    party_id: str | None
    network: str
    wallet_id: str
    asset_id: int
    address: str
    units: int
    order_text: str
    signature: str | None
    status: str
    waiting_for: str | None
    detail: str | None
    failures: int
    next_at: datetime
    created_at: datetime
    stopped_at: datetime | None = None  # failed too often: until a person resumes it


@dataclass(frozen=True, slots=True)
class Attempt:
    """One nonce, with its payout."""

    id: str
    payout_id: str
    wallet_id: str
    nonce: int
    status: str
    gas: int
    max_fee: int
    tip: int
    mined_block: int | None
    mined_hash: str | None
    created_at: datetime
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bytes:
    """One version of an attempt."""

    hash: str
    attempt_id: str
    seq: int
    kind: str
    raw: bytes
    max_fee: int
    tip: int
    gas: int
    created_at: datetime
    sent: int


@dataclass(frozen=True, slots=True)
class DepositRow:
    id: str
    network: str
    tx: str
    index: int
    block: int
    block_hash: str
    wallet_id: str
    party_id: str
    asset_id: int
    sender: str
    claimed: int
    credited: int
    status: str
    reason: str | None
    seen_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Cursor:
    network: str
    block: int
    hash: str


@dataclass(frozen=True, slots=True)
class PayoutView:
    """How far the payment of something has come, for the rungs above."""

    id: str
    ref: str
    status: str
    waiting_for: str | None
    attempt_status: str | None
    nonce: int | None
    mined_hash: str | None
    mined_block: int | None
    newest_hash: str | None


@dataclass(frozen=True, slots=True)
class OpenUnits:
    asset_id: int
    units: int
    gas_wei: int


@dataclass(frozen=True, slots=True)
class Unswept:
    wallet_id: str
    asset_id: int
    units: int


@dataclass(frozen=True, slots=True)
class Blocked:
    party_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Switched:
    scope: str
    subject: str


@dataclass(frozen=True, slots=True)
class Text:
    text: str


# Networks and wallets.


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


def hot_addresses(conn: Conn) -> list[Text]:
    """Addresses that pay, on every network."""
    return rows(conn, Text, "SELECT address AS text FROM wallet WHERE kind = 'hot'", {})


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


# Payouts.


def add_payout(conn: Conn, payout: Payout) -> int:
    """Queue a payout, or renew the order of one that is still queued; 0 where it has started or ended."""
    return run(
        conn,
        """
        INSERT INTO payout (id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text,
                            signature, next_at, created_at)
        VALUES (%(id)s, %(purpose)s, %(ref)s, %(party)s, %(network)s, %(wallet)s, %(asset)s, %(address)s, %(units)s,
                %(order)s, %(signature)s, %(now)s, %(now)s)
        ON CONFLICT (purpose, ref) DO UPDATE
           SET order_text = excluded.order_text, signature = excluded.signature, next_at = excluded.next_at,
               waiting_for = NULL, detail = NULL
         WHERE payout.status = 'queued' AND (payout.address, payout.units, payout.asset_id)
                                          = (excluded.address, excluded.units, excluded.asset_id)
        """,
        {
            "id": payout.id,
            "purpose": payout.purpose,
            "ref": payout.ref,
            "party": payout.party_id,
            "network": payout.network,
            "wallet": payout.wallet_id,
            "asset": payout.asset_id,
            "address": payout.address,
            "units": payout.units,
            "order": payout.order_text,
            "signature": payout.signature,
            "now": payout.created_at,
        },
    )


def payout(conn: Conn, id: str) -> Payout | None:
    """One payout."""
    return row(
        conn,
        Payout,
        """
        SELECT id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text, signature, status,
               waiting_for, detail, failures, next_at, created_at, stopped_at
          FROM payout WHERE id = %(id)s
        """,
        {"id": id},
    )


def payout_of(conn: Conn, purpose: str, ref: str) -> Payout | None:
    """The payout for something."""
    return row(
        conn,
        Payout,
        """
        SELECT id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text, signature, status,
               waiting_for, detail, failures, next_at, created_at, stopped_at
          FROM payout WHERE purpose = %(purpose)s AND ref = %(ref)s
        """,
        {"purpose": purpose, "ref": ref},
    )


def recall(conn: Conn, ref: str, now: datetime) -> int:
    """Take a queued payout back; 0 where there is none or an attempt owns it."""
    return run(
        conn,
        """
        UPDATE payout SET status = 'cancelled', waiting_for = NULL, ended_at = %(now)s
         WHERE purpose = 'withdrawal' AND ref = %(ref)s AND status = 'queued'
        """,
        {"ref": ref, "now": now},
    )


def lanes(conn: Conn, network: str, now: datetime) -> list[Text]:
    """Wallets of a network that have something to sign: queued payouts that are due, or attempts that are open."""
    return rows(
        conn,
        Text,
        """
        SELECT w.id AS text FROM wallet w WHERE w.network = %(network)s
           AND (EXISTS (SELECT FROM payout p WHERE p.wallet_id = w.id AND p.status = 'queued' AND p.next_at <= %(now)s
                         AND p.stopped_at IS NULL)
                OR EXISTS (SELECT FROM payout_attempt a WHERE a.wallet_id = w.id AND a.ended_at IS NULL))
         ORDER BY w.kind DESC, w.id
        """,
        {"network": network, "now": now},
    )


def due(conn: Conn, wallet_id: str, now: datetime, limit: int) -> list[Payout]:
    """Queued payouts of a lane whose time has come, oldest first. Not locked: a look before the claim."""
    return rows(
        conn,
        Payout,
        """
        SELECT id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text, signature, status,
               waiting_for, detail, failures, next_at, created_at, stopped_at
          FROM payout WHERE wallet_id = %(wallet)s AND status = 'queued' AND next_at <= %(now)s AND stopped_at IS NULL
         ORDER BY next_at, id LIMIT %(limit)s
        """,
        {"wallet": wallet_id, "now": now, "limit": limit},
    )


def share_parties(conn: Conn, ids: Sequence[str]) -> list[Text]:
    """Lock parties against change while a payout of theirs starts: a freeze comes before or after, not during."""
    return rows(
        conn,
        Text,
        "SELECT id AS text FROM party WHERE id = ANY(%(ids)s) ORDER BY id FOR SHARE",
        {"ids": list(ids)},
    )


def lock_payouts(conn: Conn, ids: Sequence[str]) -> list[Payout]:
    """The payouts that are still queued, row-locked in id order."""
    return rows(
        conn,
        Payout,
        """
        SELECT id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text, signature, status,
               waiting_for, detail, failures, next_at, created_at, stopped_at
          FROM payout WHERE id = ANY(%(ids)s) AND status = 'queued' AND stopped_at IS NULL
         ORDER BY id FOR UPDATE
        """,
        {"ids": list(ids)},
    )


def lock_payout(conn: Conn, id: str) -> Payout | None:
    """One payout, row-locked."""
    return row(
        conn,
        Payout,
        """
        SELECT id, purpose, ref, party_id, network, wallet_id, asset_id, address, units, order_text, signature, status,
               waiting_for, detail, failures, next_at, created_at, stopped_at
          FROM payout WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def blocking(conn: Conn, party_ids: Sequence[str], now: datetime) -> list[Blocked]:
    """Restrictions in force that stop everything outgoing."""
    return rows(
        conn,
        Blocked,
        """
        SELECT party_id, kind FROM restrictions_v
         WHERE party_id = ANY(%(ids)s) AND kind IN ('freeze', 'withdrawal_block', 'ban')
           AND (until IS NULL OR until > %(now)s)
        """,
        {"ids": list(party_ids), "now": now},
    )


def switches(conn: Conn) -> list[Switched]:
    """Kill switches that are on."""
    return rows(conn, Switched, "SELECT scope, subject FROM kill_switches_v", {})


def wait(conn: Conn, id: str, what: str, detail: str, next_at: datetime, failed: int) -> int:
    """Say why a payout does not move; 1 where that is new."""
    return run(
        conn,
        """
        WITH before AS (SELECT id, waiting_for FROM payout WHERE id = %(id)s)
        , done AS (
            UPDATE payout SET waiting_for = %(what)s, detail = %(detail)s, next_at = %(next)s,
                   failures = failures + %(failed)s
             WHERE id = %(id)s AND ended_at IS NULL RETURNING id
        )
        SELECT 1 FROM before JOIN done USING (id) WHERE before.waiting_for IS DISTINCT FROM %(what)s
        """,
        {"id": id, "what": what, "detail": detail, "next": next_at, "failed": failed},
    )


def unwait(conn: Conn, id: str) -> None:
    """It moves again."""
    run(
        conn,
        "UPDATE payout SET waiting_for = NULL, detail = NULL WHERE id = %(id)s AND waiting_for IS NOT NULL",
        {"id": id},
    )


def all_wait(conn: Conn, network: str, what: str, detail: str) -> None:
    """Say of every queued payout of a network why it does not move."""
    run(
        conn,
        """
        UPDATE payout SET waiting_for = %(what)s, detail = %(detail)s
         WHERE network = %(network)s AND status = 'queued' AND waiting_for IS NULL
        """,
        {"network": network, "what": what, "detail": detail},
    )


def set_status(conn: Conn, id: str, status: str, ended_at: datetime | None) -> None:
    """Move a payout; its row is locked."""
    run(
        conn,
        """
        UPDATE payout SET status = %(status)s, ended_at = %(ended)s,
               waiting_for = CASE WHEN %(status)s = 'queued' THEN waiting_for END,
               detail = CASE WHEN %(status)s = 'queued' THEN detail END
         WHERE id = %(id)s
        """,
        {"id": id, "status": status, "ended": ended_at},
    )


# Payers that fail.


@dataclass(frozen=True, slots=True)
class LaneRow:
    """How a wallet's lane has worked lately."""

    wallet_id: str
    failures: int  # in a row
    last_payout: str | None
    detail: str | None
    next_at: datetime
    stopped_at: datetime | None


def lane(conn: Conn, wallet_id: str) -> LaneRow | None:
    """How a lane has worked; None = it never failed."""
    return row(
        conn,
        LaneRow,
        "SELECT wallet_id, failures, last_payout, detail, next_at, stopped_at FROM lane WHERE wallet_id = %(wallet)s",
        {"wallet": wallet_id},
    )


def stopped_lanes(conn: Conn) -> list[LaneRow]:
    """Lanes that wait for a person."""
    return rows(
        conn,
        LaneRow,
        """
        SELECT wallet_id, failures, last_payout, detail, next_at, stopped_at FROM lane
         WHERE stopped_at IS NOT NULL ORDER BY stopped_at, wallet_id
        """,
        {},
    )


def lane_failed(conn: Conn, state: LaneRow) -> None:
    """Write down a failure; one that has stopped stays so. The lane is fenced."""
    run(
        conn,
        """
        INSERT INTO lane AS l (wallet_id, failures, last_payout, detail, next_at, stopped_at)
        VALUES (%(wallet)s, %(failures)s, %(payout)s, %(detail)s, %(next)s, %(stopped)s)
        ON CONFLICT (wallet_id) DO UPDATE
           SET failures = excluded.failures, last_payout = excluded.last_payout, detail = excluded.detail,
               next_at = excluded.next_at, stopped_at = coalesce(l.stopped_at, excluded.stopped_at)
        """,
        {
            "wallet": state.wallet_id,
            "failures": state.failures,
            "payout": state.last_payout,
            "detail": state.detail,
            "next": state.next_at,
            "stopped": state.stopped_at,
        },
    )


def lane_worked(conn: Conn, wallet_id: str) -> None:
    """Something was signed: the row of failures is broken."""
    run(
        conn,
        """
        UPDATE lane SET failures = 0, last_payout = NULL, detail = NULL
         WHERE wallet_id = %(wallet)s AND failures > 0 AND stopped_at IS NULL
        """,
        {"wallet": wallet_id},
    )


def resume_lane(conn: Conn, wallet_id: str, now: datetime) -> int:
    """Let it work again; 0 where it had not stopped."""
    return run(
        conn,
        """
        UPDATE lane SET failures = 0, last_payout = NULL, detail = NULL, next_at = %(now)s, stopped_at = NULL
         WHERE wallet_id = %(wallet)s AND stopped_at IS NOT NULL
        """,
        {"wallet": wallet_id, "now": now},
    )


def lane_waits(conn: Conn, wallet_id: str, detail: str) -> None:
    """Say of what is queued in a stopped lane that a person has to look."""
    run(
        conn,
        """
        UPDATE payout SET waiting_for = 'person', detail = %(detail)s
         WHERE wallet_id = %(wallet)s AND status = 'queued' AND waiting_for IS DISTINCT FROM 'person'
        """,
        {"wallet": wallet_id, "detail": detail},
    )


def lane_goes_on(conn: Conn, wallet_id: str, now: datetime) -> None:
    """What is queued in a resumed lane waits for nobody, but for what has stopped by itself."""
    run(
        conn,
        """
        UPDATE payout SET waiting_for = NULL, detail = NULL, next_at = least(next_at, %(now)s)
         WHERE wallet_id = %(wallet)s AND status = 'queued' AND waiting_for = 'person' AND stopped_at IS NULL
        """,
        {"wallet": wallet_id, "now": now},
    )


def stop(conn: Conn, id: str, detail: str, now: datetime) -> None:
    """A queued payout has failed too often; its row is locked."""
    run(
        conn,
        """
        UPDATE payout SET waiting_for = 'person', detail = %(detail)s, failures = failures + 1, stopped_at = %(now)s
         WHERE id = %(id)s AND status = 'queued'
        """,
        {"id": id, "detail": detail, "now": now},
    )


def resume(conn: Conn, id: str, now: datetime) -> int:
    """Try a stopped payout again, its failures forgotten; 0 where it had not stopped."""
    return run(
        conn,
        """
        UPDATE payout SET waiting_for = NULL, detail = NULL, failures = 0, stopped_at = NULL, next_at = %(now)s
         WHERE id = %(id)s AND status = 'queued' AND stopped_at IS NOT NULL
        """,
        {"id": id, "now": now},
    )


@dataclass(frozen=True, slots=True)
class HoldsRow:
    number: int | None


def egress_trip(conn: Conn) -> int | None:
    """The trip of the platform's egress breaker that holds just now, or None."""
    found = row(conn, HoldsRow, "SELECT number FROM egress_v", {})
    return None if found is None else found.number


# What the wallets hold, as last seen.


@dataclass(frozen=True, slots=True)
class SeenBalance:
    wallet_id: str
    asset_id: int
    units: int
    as_of: datetime


def observe(conn: Conn, seen: Sequence[SeenBalance]) -> None:
    """Keep what wallets hold; what is newer stays."""
    run(
        conn,
        """
        INSERT INTO wallet_balance AS b (wallet_id, asset_id, units, as_of)
        SELECT * FROM unnest(%(wallets)s::text[], %(assets)s::int[], %(units)s::numeric[], %(ats)s::timestamptz[])
        ON CONFLICT (wallet_id, asset_id) DO UPDATE SET units = excluded.units, as_of = excluded.as_of
         WHERE b.as_of < excluded.as_of
        """,
        {
            "wallets": [s.wallet_id for s in seen],
            "assets": [s.asset_id for s in seen],
            "units": [s.units for s in seen],
            "ats": [s.as_of for s in seen],
        },
    )


def observed(conn: Conn, wallet_id: str) -> list[SeenBalance]:
    """What a wallet was last seen to hold, by asset."""
    return rows(
        conn,
        SeenBalance,
        "SELECT wallet_id, asset_id, units, as_of FROM wallet_balance WHERE wallet_id = %(wallet)s ORDER BY asset_id",
        {"wallet": wallet_id},
    )


@dataclass(frozen=True, slots=True)
class HotFlow:
    """One asset of a paying wallet: what it held at the last look, and what left it on balance before that."""

    asset_id: int
    hot_units: int
    net_1h_units: int
    net_24h_units: int


def hot_flows(conn: Conn, since: datetime) -> list[HotFlow]:
    """What left each paying wallet, less what was swept into it, where the last look is newer than `since`.

    What is in a block counts as gone, final or not: the look counts it as gone, too. Coins that the operator puts in
    are no inflow: a refill does not end a run, it only makes a greater whole of which the run is a part.
    """
    return rows(
        conn,
        HotFlow,
        """
        WITH look AS (
            SELECT b.asset_id, b.units, b.as_of, w.id AS wallet_id, w.network, w.address
              FROM wallet_balance b JOIN wallet w ON w.id = b.wallet_id WHERE w.kind = 'hot' AND b.as_of > %(since)s
        ), moved AS (
            SELECT p.asset_id, p.wallet_id, p.network, p.address, p.units, p.ended_at AS at
              FROM look l JOIN payout p ON p.asset_id = l.asset_id AND p.status = 'paid'
                                       AND p.ended_at > l.as_of - interval '24 hours'
            UNION ALL
            SELECT p.asset_id, p.wallet_id, p.network, p.address, p.units, NULL
              FROM payout_attempt a JOIN payout p ON p.id = a.payout_id
             WHERE a.ended_at IS NULL AND a.mined_block IS NOT NULL AND a.status = 'confirming'
        ), told AS (
            SELECT l.asset_id, l.units AS hot, coalesce(m.at, l.as_of) > l.as_of - interval '1 hour' AS within_hour,
                   CASE WHEN m.wallet_id = l.wallet_id THEN m.units
                        WHEN m.network = l.network AND m.address = l.address THEN -m.units END AS net
              FROM look l LEFT JOIN moved m ON m.asset_id = l.asset_id
        )
        SELECT asset_id, hot AS hot_units, coalesce(sum(net) FILTER (WHERE within_hour), 0) AS net_1h_units,
               coalesce(sum(net), 0) AS net_24h_units
          FROM told GROUP BY asset_id, hot ORDER BY asset_id
        """,
        {"since": since},
    )


# Attempts.


def add_attempt(conn: Conn, attempt: Attempt) -> None:
    """Give a payout its nonce; a second live attempt or a nonce in use is a constraint error."""
    run(
        conn,
        """
        INSERT INTO payout_attempt (id, payout_id, wallet_id, nonce, status, gas, max_fee, tip, created_at)
        VALUES (%(id)s, %(payout)s, %(wallet)s, %(nonce)s, 'signing', %(gas)s, %(fee)s, %(tip)s, %(now)s)
        """,
        {
            "id": attempt.id,
            "payout": attempt.payout_id,
            "wallet": attempt.wallet_id,
            "nonce": attempt.nonce,
            "gas": attempt.gas,
            "fee": attempt.max_fee,
            "tip": attempt.tip,
            "now": attempt.created_at,
        },
    )


def open_attempts(conn: Conn, wallet_id: str) -> list[Attempt]:
    """Attempts of a lane that have not ended, by nonce."""
    return rows(
        conn,
        Attempt,
        """
        SELECT id, payout_id, wallet_id, nonce, status, gas, max_fee, tip, mined_block, mined_hash, created_at,
               checked_at
          FROM payout_attempt WHERE wallet_id = %(wallet)s AND ended_at IS NULL ORDER BY nonce
        """,
        {"wallet": wallet_id},
    )


def network_attempts(conn: Conn, network: str) -> list[Attempt]:
    """Attempts of a network that have bytes and have not ended, longest unchecked first."""
    return rows(
        conn,
        Attempt,
        """
        SELECT a.id, a.payout_id, a.wallet_id, a.nonce, a.status, a.gas, a.max_fee, a.tip, a.mined_block,
               a.mined_hash, a.created_at, a.checked_at
          FROM payout_attempt a JOIN wallet w ON w.id = a.wallet_id
         WHERE w.network = %(network)s AND a.ended_at IS NULL AND a.status <> 'signing'
         ORDER BY a.checked_at NULLS FIRST, a.wallet_id, a.nonce
        """,
        {"network": network},
    )


def lock_attempt(conn: Conn, id: str) -> Attempt | None:
    """One attempt, row-locked, unless it has ended."""
    return row(
        conn,
        Attempt,
        """
        SELECT id, payout_id, wallet_id, nonce, status, gas, max_fee, tip, mined_block, mined_hash, created_at,
               checked_at
          FROM payout_attempt WHERE id = %(id)s AND ended_at IS NULL FOR UPDATE
        """,
        {"id": id},
    )


def set_attempt(conn: Conn, id: str, status: str, ended_at: datetime | None = None, gas_paid: int | None = None) -> int:
    """Move an attempt."""
    return run(
        conn,
        """
        UPDATE payout_attempt SET status = %(status)s, ended_at = %(ended)s, gas_paid = %(gas)s
         WHERE id = %(id)s AND ended_at IS NULL
        """,
        {"id": id, "status": status, "ended": ended_at, "gas": gas_paid},
    )


def mined(conn: Conn, id: str, block: int | None, hash: str | None, now: datetime) -> None:
    """Where the chain has the attempt just now; None = nowhere."""
    run(
        conn,
        """
        UPDATE payout_attempt SET mined_block = %(block)s, mined_hash = %(hash)s, checked_at = %(now)s
         WHERE id = %(id)s AND ended_at IS NULL
        """,
        {"id": id, "block": block, "hash": hash, "now": now},
    )


def add_bytes(conn: Conn, version: Bytes) -> None:
    """Keep what will be sent, before it is sent."""
    run(
        conn,
        """
        INSERT INTO payout_bytes (hash, attempt_id, seq, kind, raw, max_fee, tip, gas, created_at)
        VALUES (%(hash)s, %(attempt)s, %(seq)s, %(kind)s, %(raw)s, %(fee)s, %(tip)s, %(gas)s, %(now)s)
        """,
        {
            "hash": version.hash,
            "attempt": version.attempt_id,
            "seq": version.seq,
            "kind": version.kind,
            "raw": version.raw,
            "fee": version.max_fee,
            "tip": version.tip,
            "gas": version.gas,
            "now": version.created_at,
        },
    )


def versions(conn: Conn, attempt_ids: Sequence[str]) -> list[Bytes]:
    """Every version of some attempts, oldest first."""
    return rows(
        conn,
        Bytes,
        """
        SELECT hash, attempt_id, seq, kind, raw, max_fee, tip, gas, created_at, sent
          FROM payout_bytes WHERE attempt_id = ANY(%(ids)s) ORDER BY attempt_id, seq
        """,
        {"ids": list(attempt_ids)},
    )


def sent(conn: Conn, hash: str, words: str) -> None:
    """Note that bytes were handed to the node, and what it said."""
    run(
        conn,
        "UPDATE payout_bytes SET sent = sent + 1, words = %(words)s WHERE hash = %(hash)s",
        {"hash": hash, "words": words[:500]},
    )


def open_units(conn: Conn, wallet_id: str) -> list[OpenUnits]:
    """What open attempts of a lane that are not mined yet will take from it, per asset, and their gas in wei."""
    return rows(
        conn,
        OpenUnits,
        """
        SELECT p.asset_id, sum(p.units) AS units, sum(a.gas * a.max_fee) AS gas_wei
          FROM payout_attempt a JOIN payout p ON p.id = a.payout_id
         WHERE a.wallet_id = %(wallet)s AND a.ended_at IS NULL AND a.mined_block IS NULL
         GROUP BY p.asset_id
        """,
        {"wallet": wallet_id},
    )


def may_have_left(conn: Conn, network: str) -> list[OpenUnits]:
    """What attempts that have not ended may have taken from all our wallets together, per asset, and gas in wei.

    Gas and sweeps only move between our own wallets, so of them it is the network fee alone.
    """
    return rows(
        conn,
        OpenUnits,
        """
        SELECT p.asset_id, coalesce(sum(p.units) FILTER (WHERE p.purpose NOT IN ('gas', 'sweep')), 0) AS units,
               sum(a.gas * a.max_fee) AS gas_wei
          FROM payout_attempt a JOIN payout p ON p.id = a.payout_id
         WHERE p.network = %(network)s AND a.ended_at IS NULL GROUP BY p.asset_id
        """,
        {"network": network},
    )


def book_checks(conn: Conn) -> list[Checked]:
    """What the last round found, by asset."""
    return rows(
        conn,
        Checked,
        """
        SELECT asset_id, block, ledger_units, chain_units, moving_units, rounds, noted_units, checked_at
          FROM book_check ORDER BY asset_id
        """,
        {},
    )


def keep_book_check(conn: Conn, found: Checked) -> None:
    """Replace what the last round found."""
    run(
        conn,
        """
        INSERT INTO book_check (asset_id, block, ledger_units, chain_units, moving_units, rounds, noted_units,
                                checked_at)
        VALUES (%(asset)s, %(block)s, %(ledger)s, %(chain)s, %(moving)s, %(rounds)s, %(noted)s, %(at)s)
        ON CONFLICT (asset_id) DO UPDATE
           SET block = excluded.block, ledger_units = excluded.ledger_units, chain_units = excluded.chain_units,
               moving_units = excluded.moving_units, rounds = excluded.rounds, noted_units = excluded.noted_units,
               checked_at = excluded.checked_at
        """,
        {
            "asset": found.asset_id,
            "block": found.block,
            "ledger": found.ledger_units,
            "chain": found.chain_units,
            "moving": found.moving_units,
            "rounds": found.rounds,
            "noted": found.noted_units,
            "at": found.checked_at,
        },
    )


@dataclass(frozen=True, slots=True)
class LedgerChecked:
    """How many accounts did not add up when somebody last looked, and the first of them."""

    accounts: int
    what: str
    checked_at: datetime


def ledger_check(conn: Conn) -> LedgerChecked | None:
    """What the last round found; None before the first one."""
    return row(conn, LedgerChecked, "SELECT accounts, what, checked_at FROM ledger_check", {})


def keep_ledger_check(conn: Conn, found: LedgerChecked) -> None:
    """Replace what the last round found."""
    run(
        conn,
        """
        INSERT INTO ledger_check (accounts, what, checked_at) VALUES (%(accounts)s, %(what)s, %(at)s)
        ON CONFLICT (only_row) DO UPDATE
           SET accounts = excluded.accounts, what = excluded.what, checked_at = excluded.checked_at
        """,
        {"accounts": found.accounts, "what": found.what, "at": found.checked_at},
    )


def own_hashes(conn: Conn, hashes: Sequence[str], purposes: Sequence[str]) -> list[Text]:
    """Which of the transactions are ours, for one of the purposes."""
    return rows(
        conn,
        Text,
        """
        SELECT b.hash AS text FROM payout_bytes b JOIN payout_attempt a ON a.id = b.attempt_id
          JOIN payout p ON p.id = a.payout_id
         WHERE b.hash = ANY(%(hashes)s) AND p.purpose = ANY(%(purposes)s)
        """,
        {"hashes": list(hashes), "purposes": list(purposes)},
    )


def view_of(conn: Conn, refs: Sequence[str]) -> list[PayoutView]:
    """How far the payouts for some withdrawals have come."""
    return rows(
        conn,
        PayoutView,
        """
        SELECT id, ref, status, waiting_for, attempt_status, nonce, mined_hash, mined_block, newest_hash
          FROM payouts_v WHERE purpose = 'withdrawal' AND ref = ANY(%(refs)s)
        """,
        {"refs": list(refs)},
    )


# Deposits.


def cursor(conn: Conn, network: str) -> Cursor | None:
    """How far deposits are decided."""
    return row(
        conn,
        Cursor,
        "SELECT network, block, hash FROM chain_cursor WHERE network = %(network)s",
        {"network": network},
    )


def start_cursor(conn: Conn, network: str, block: int, hash: str) -> None:
    """Decide deposits from the block after this one."""
    run(
        conn,
        """
        INSERT INTO chain_cursor (network, block, hash) VALUES (%(network)s, %(block)s, %(hash)s)
        ON CONFLICT DO NOTHING
        """,
        {"network": network, "block": block, "hash": hash},
    )


def move_cursor(conn: Conn, network: str, before: int, block: int, hash: str) -> int:
    """One block further; 0 where another worker was first."""
    return run(
        conn,
        """
        UPDATE chain_cursor SET block = %(block)s, hash = %(hash)s WHERE network = %(network)s AND block = %(before)s
        """,
        {"network": network, "before": before, "block": block, "hash": hash},
    )


def see_deposit(conn: Conn, deposit: DepositRow) -> int:
    """Keep a transfer that may become a deposit; 0 where it is known."""
    return run(
        conn,
        """
        INSERT INTO deposit (id, network, tx, index, block, block_hash, wallet_id, party_id, asset_id, sender, claimed,
                             status, seen_at)
        VALUES (%(id)s, %(network)s, %(tx)s, %(index)s, %(block)s, %(hash)s, %(wallet)s, %(party)s, %(asset)s,
                %(sender)s, %(claimed)s, 'seen', %(now)s)
        ON CONFLICT (network, tx, index, block_hash) DO NOTHING
        """,
        {
            "id": deposit.id,
            "network": deposit.network,
            "tx": deposit.tx,
            "index": deposit.index,
            "block": deposit.block,
            "hash": deposit.block_hash,
            "wallet": deposit.wallet_id,
            "party": deposit.party_id,
            "asset": deposit.asset_id,
            "sender": deposit.sender,
            "claimed": deposit.claimed,
            "now": deposit.seen_at,
        },
    )


def seen_at_block(conn: Conn, network: str, block: int) -> list[DepositRow]:
    """Undecided deposits at or below a height, row-locked."""
    return rows(
        conn,
        DepositRow,
        """
        SELECT id, network, tx, index, block, block_hash, wallet_id, party_id, asset_id, sender, claimed, credited,
               status, reason, seen_at, decided_at
          FROM deposit WHERE network = %(network)s AND block <= %(block)s AND status = 'seen' ORDER BY id FOR UPDATE
        """,
        {"network": network, "block": block},
    )


def decide_deposit(conn: Conn, id: str, status: str, credited: int, reason: str | None, now: datetime) -> None:
    """Credit a deposit, refuse it, or say that its block is gone."""
    run(
        conn,
        """
        UPDATE deposit SET status = %(status)s, credited = %(credited)s, reason = %(reason)s, decided_at = %(now)s
         WHERE id = %(id)s AND status = 'seen'
        """,
        {"id": id, "status": status, "credited": credited, "reason": reason, "now": now},
    )


def deposits(conn: Conn, party_id: str | None, before: str | None, limit: int) -> list[DepositRow]:
    """Deposits, newest first, of one customer or of all, those before `before`."""
    return rows(
        conn,
        DepositRow,
        """
        SELECT id, network, tx, index, block, block_hash, wallet_id, party_id, asset_id, sender, claimed, credited,
               status, reason, seen_at, decided_at
          FROM deposit
         WHERE (%(party)s::text IS NULL OR party_id = %(party)s) AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"party": party_id, "before": before, "limit": limit},
    )


def unswept(conn: Conn, network: str) -> list[Unswept]:
    """What deposit addresses were credited and have not sent on, where no payout of theirs is under way."""
    return rows(
        conn,
        Unswept,
        """
        SELECT d.wallet_id, d.asset_id,
               sum(d.credited) - coalesce((SELECT sum(p.units) FROM payout p
                                            WHERE p.wallet_id = d.wallet_id AND p.asset_id = d.asset_id
                                              AND p.purpose = 'sweep' AND p.status = 'paid'), 0) AS units
          FROM deposit d JOIN wallet w ON w.id = d.wallet_id
         WHERE d.network = %(network)s AND d.status = 'credited'
           AND NOT EXISTS (SELECT FROM payout p
                            WHERE p.status IN ('queued', 'paying') AND p.purpose IN ('gas', 'sweep')
                              AND (p.wallet_id = d.wallet_id OR p.address = w.address))
         GROUP BY d.wallet_id, d.asset_id
        """,
        {"network": network},
    )


def hashes_of(conn: Conn, wallet_id: str, first: int, last: int) -> list[Text]:
    """Every version of the attempts on some nonces of a lane."""
    return rows(
        conn,
        Text,
        """
        SELECT b.hash AS text FROM payout_bytes b JOIN payout_attempt a ON a.id = b.attempt_id
         WHERE a.wallet_id = %(wallet)s AND a.nonce BETWEEN %(first)s AND %(last)s
        """,
        {"wallet": wallet_id, "first": first, "last": last},
    )


def moving(conn: Conn, wallet_id: str, address: str) -> list[Text]:
    """Gas and sweeps under way for a deposit address; its row is locked."""
    return rows(
        conn,
        Text,
        """
        SELECT id AS text FROM payout
         WHERE status IN ('queued', 'paying') AND purpose IN ('gas', 'sweep')
           AND (wallet_id = %(wallet)s OR address = %(address)s)
        """,
        {"wallet": wallet_id, "address": address},
    )
