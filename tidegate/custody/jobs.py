"""Reaching out: pay, watch, credit, sweep. Claim in one transaction, reach out with nothing locked, record in another.

What will be sent is committed before it is sent, so that sending again sends the same bytes. After a timeout nobody
guesses: the chain is asked, again and again, until a final block says what happened.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from tidegate.base.canonical import canonical
from tidegate.base.chain import Block, Fees, Receipt, Transfer, Unreachable, WouldRevert
from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.signing import Cancel, Gas, Order, Pay, SignerRefused, Sweep, Terms
from tidegate.base.times import from_rfc3339
from tidegate.cases import flow as cases
from tidegate.custody import books as books_rules
from tidegate.custody import deposits as crediting
from tidegate.custody import payouts as rules
from tidegate.custody import store
from tidegate.custody.books import Checked
from tidegate.custody.chain import Chain, Signer
from tidegate.custody.flow import authorisation_of
from tidegate.custody.payouts import Fate, Judged, Owed, Version
from tidegate.custody.store import Attempt, Bytes, DepositRow, Network, Payout, Wallet
from tidegate.db import Conn, Tx, act, journal, lease
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.parties import flow as parties

log = structlog.get_logger("custody")

Clock = Callable[[], datetime]

TURN_SECONDS = 20
"""How long a worker owns a lane without renewing: a killed one is replaced after this."""

ROOM = 16
"""Open nonces per lane: as many as nodes keep of one sender before they drop some."""

DEARER_AFTER = timedelta(seconds=90)
RESEND_AFTER = timedelta(seconds=3)
REVERTS = 5
"""How often the node may say "this would revert", with growing pauses, before the payout is given back. As often the
signer may refuse a move of our own before it is given up."""

LAGGING = 32
"""Blocks by which a machine behind the node's address may be behind the others. Its word that it knows no receipt is
evidence only about what lies deeper. Full nodes keep the states of 128 blocks: finality and this stay below that."""

TRANSFER_GAS = 21_000
SWEEP_GAS = 120_000


RECONCILER_SECONDS = 180
"""Who makes the rounds keeps them: three missed ones, and another worker takes over."""


class LostTurn(Exception):
    """Another worker took the lane over while we were away: stop at once, it has gone on."""


class WrongChain(Exception):
    """The node disagrees with what is stored; nothing is sent until a person has looked."""


@dataclass(slots=True)
class _Lane:
    """One wallet's turn: fenced by a token, so that a worker that slept wakes up to nothing."""

    conn: Conn
    chain: Chain
    signer: Signer
    wallet: Wallet
    network: Network
    assets: Mapping[int, Asset]
    clock: Clock
    holder: str
    token: int = 0

    @property
    def name(self) -> str:
        return f"lane:{self.wallet.id}"

    def take(self) -> bool:
        token = lease.take(self.conn, self.name, self.holder, self.clock(), TURN_SECONDS)
        if token is None:
            return False
        self.token = token
        return True

    def renew(self) -> None:
        if lease.take(self.conn, self.name, self.holder, self.clock(), TURN_SECONDS) != self.token:
            raise LostTurn(self.name)

    def fence(self) -> None:
        """Inside an act: nobody else has the lane, and nobody gets it before this commits."""
        if not lease.holds(self.conn, self.name, self.token):
            raise LostTurn(self.name)


# --- pay ---------------------------------------------------------------------------------------------------------


def pay(conn: Conn, chain: Chain, signer: Signer, network: str, clock: Clock, holder: str) -> int:
    """Give due payouts a nonce, have them signed, keep the bytes, send them; how many versions were sent.

    Any number of workers may call this; each wallet's lane is worked by one at a time.
    """
    known = store.network(conn, network)
    if known is None:
        return 0
    assets = {asset.id: asset for asset in ledger_store.assets(conn)}
    done = 0
    for item in store.lanes(conn, network, clock()):
        wallet = store.wallet(conn, item.text)
        assert wallet is not None  # the query named it
        lane = _Lane(conn, chain, signer, wallet, known, assets, clock, holder)
        if not lane.take():
            continue
        try:
            done += _work(lane)
        except Unreachable as away:
            store.all_wait(conn, network, "node", str(away)[:300])
            raise
        except LostTurn:
            continue
        lease.give_up(conn, lane.name, holder, clock())
    return done


def _work(lane: _Lane) -> int:
    state = store.lane(lane.conn, lane.wallet.id)
    if state is not None and state.stopped_at is not None:
        why = f"the wallet stopped after {state.failures} failures in a row; the last: {state.detail}"
        store.lane_waits(lane.conn, lane.wallet.id, why)
        return _press(lane)  # what was sent is still looked after: only new nonces wait
    if state is not None and lane.clock() < state.next_at:
        return _press(lane)
    done = 0
    for attempt in _unsigned(lane):  # claimed by somebody who was killed before there were bytes
        if not _sign(lane, attempt):
            return done
        done += 1
    for attempt in _claim(lane):
        if not _sign(lane, attempt):
            return done
        done += 1
    return done + _press(lane)


def _unsigned(lane: _Lane) -> list[Attempt]:
    return [a for a in store.open_attempts(lane.conn, lane.wallet.id) if a.status == "signing"]


def _claim(lane: _Lane) -> list[Attempt]:
    """Give nonces to as many due payouts as may go now; the others say why they wait."""
    conn, now = lane.conn, lane.clock()
    room = ROOM - len(store.open_attempts(conn, lane.wallet.id))
    peeked = store.due(conn, lane.wallet.id, now, room) if room > 0 else []
    if not peeked:
        return []
    fees = lane.chain.fees()
    native = next(a for a in lane.assets.values() if a.network == lane.network.id and a.is_native)
    wanted = {native.id, *(p.asset_id for p in peeked)}
    purse = {id: lane.chain.balance(lane.wallet.address, lane.assets[id].contract) for id in wanted}
    # A node that is asked about coins we do not have answers with an error, not with "would revert".
    gas = {p.id: _gas_for(lane, p) if purse[p.asset_id] >= p.units else None for p in peeked}
    tried = False
    lane.renew()
    with act(conn, "worker", lane.clock()) as tx:
        lane.fence()
        wallet = store.lock_wallet(conn, lane.wallet.id)
        assert wallet is not None
        for spoken in store.open_units(conn, wallet.id):
            purse[spoken.asset_id] = purse.get(spoken.asset_id, 0) - spoken.units
            purse[native.id] -= spoken.gas_wei
        people = sorted({p.party_id for p in peeked if p.party_id is not None})
        store.share_parties(conn, people)
        overlays = _Overlays.gather(conn, people, tx.now)
        nonce, made = wallet.next_nonce, []
        # What failed before goes last, and one at a time: refused again, it takes nobody's nonce back but its own.
        for payout in sorted(store.lock_payouts(conn, [p.id for p in peeked]), key=lambda p: (p.failures, p.id)):
            estimate = gas[payout.id]
            if payout.failures and tried:
                continue
            allowed = estimate if isinstance(estimate, int) else 0
            terms = Terms(nonce, allowed, fees.max_fee, fees.tip)
            if _stopped(tx, lane, payout, overlays, terms, estimate, purse, native):
                continue
            tried = tried or payout.failures > 0
            attempt = Attempt(
                id=new_id("att"),
                payout_id=payout.id,
                wallet_id=wallet.id,
                nonce=nonce,
                status="signing",
                gas=terms.gas,
                max_fee=terms.max_fee,
                tip=terms.tip,
                mined_block=None,
                mined_hash=None,
                created_at=tx.now,
                checked_at=None,
            )
            store.add_attempt(conn, attempt)
            store.set_status(conn, payout.id, "paying", None)
            purse[payout.asset_id] -= payout.units
            purse[native.id] -= terms.gas * terms.max_fee
            nonce += 1
            made.append(attempt)
        store.set_next_nonce(conn, wallet.id, nonce)
    return made


Estimate = int | Unreachable | None
"""Gas to allow; no answer about this payout; None = the node says that it would revert."""


def _gas_for(lane: _Lane, payout: Payout) -> Estimate:
    """What the node says of one payout. It has just answered about fees and balances, so no answer here is about this
    payout: it must not make the others wait."""
    asset = lane.assets[payout.asset_id]
    try:
        return lane.chain.gas_for(lane.wallet.address, asset.contract, payout.address, payout.units)
    except WouldRevert:
        return None
    except Unreachable as away:
        return away


@dataclass(frozen=True, slots=True)
class _Overlays:
    """What stops payouts just now without having changed their status."""

    blocked: Mapping[str, str]
    switches: frozenset[tuple[str, str]]
    trip: int | None  # of the platform's egress breaker

    @staticmethod
    def gather(conn: Conn, people: Sequence[str], now: datetime) -> _Overlays:
        return _Overlays(
            {b.party_id: b.kind for b in store.blocking(conn, people, now)},
            frozenset((s.scope, s.subject) for s in store.switches(conn)),
            store.egress_trip(conn),
        )

    def switch(self, asset: Asset) -> str | None:
        for scope, subject in (("platform", "platform"), ("network", asset.network), ("asset", asset.name)):
            if (scope, subject) in self.switches:
                return f"{scope} {subject} is switched off"
        return None


def _stopped(
    tx: Tx,
    lane: _Lane,
    payout: Payout,
    overlays: _Overlays,
    terms: Terms,
    gas: Estimate,
    purse: Mapping[int, int],
    native: Asset,
) -> bool:
    """Whether the payout may not start now; then it says why, and when to look again."""
    if payout.waiting_for == "authorisation":
        # Held for over once, it stays over until a newer one comes, even for a worker whose clock is behind: the
        # withdrawal may have been taken back meanwhile. Told once, too, whatever else stops it in between.
        return _lapse(tx, payout)
    asset = lane.assets[payout.asset_id]
    switched = overlays.switch(asset)
    if switched is not None:
        return _wait(tx, payout, "kill_switch", switched)
    blocked = overlays.blocked.get(payout.party_id or "")
    if blocked is not None:
        return _wait(tx, payout, "freeze", f"{payout.party_id} is under {blocked}")
    if overlays.trip is not None and payout.purpose == "withdrawal":
        return _wait(tx, payout, "egress", f"trip {overlays.trip} of the egress breaker holds all payments")
    ceiling = None
    if payout.purpose == "withdrawal":
        order = authorisation_of(payout)
        ceiling = order.fee_ceiling_units
        if from_rfc3339(order.not_after) <= tx.now:
            return _lapse(tx, payout)
    fee = terms.gas * terms.max_fee
    if isinstance(gas, Unreachable):
        return _fails(tx, payout, "node", f"no estimate: {gas}"[:300])
    if gas is not None and ceiling is not None and fee > ceiling:
        return _wait(tx, payout, "fee_ceiling", f"the network asks up to {fee} wei, the ceiling is {ceiling}")
    need = {payout.asset_id: payout.units}
    need[native.id] = need.get(native.id, 0) + fee
    short = [id for id, units in need.items() if purse.get(id, 0) < units]
    if short:
        id = short[0]
        return _wait(tx, payout, "liquidity", f"{need[id]} units of {lane.assets[id].name} needed, {purse[id]} there")
    if gas is None:
        return _would_revert(tx, payout)
    return False


def _wait(tx: Tx, payout: Payout, what: str, detail: str, seconds: int = 3, failed: int = 0) -> bool:
    if store.wait(tx.conn, payout.id, what, detail, tx.now + timedelta(seconds=seconds), failed):
        tx.note("payout.waits", payout.ref, {"for": what, "detail": detail})
    return True


def _fails(tx: Tx, payout: Payout, what: str, detail: str) -> bool:
    """One more failure: the next try comes later each time, and in the end only after a person has looked."""
    failures = payout.failures + 1
    if failures < rules.FAILURES:
        return _wait(tx, payout, what, detail, rules.pause(failures), failed=1)
    store.stop(tx.conn, payout.id, detail, tx.now)
    tx.note("payout.alarm", payout.ref, {"fate": "stopped", "failures": failures, "detail": detail})
    log.error("payout stopped", payout=payout.ref, failures=failures, detail=detail)
    return True


def _lane_fails(lane: _Lane, tx: Tx, payout_id: str | None, detail: str) -> None:
    """The signer refused, or gave no answer (`payout_id` None): then the whole lane waits a little longer each time.
    After ten in a row it claims nothing more until a person resumes it. The lane is fenced."""
    before = store.lane(lane.conn, lane.wallet.id)
    failures = rules.in_a_row(before.failures if before else 0, before.last_payout if before else None, payout_id)
    wait = rules.pause(failures) if payout_id is None else 0  # others may go on where one was refused
    stops = failures >= rules.FAILURES
    store.lane_failed(
        lane.conn,
        store.LaneRow(
            lane.wallet.id,
            failures,
            payout_id,
            detail,
            tx.now + timedelta(seconds=wait),
            tx.now if stops else None,
        ),
    )
    if stops and (before is None or before.stopped_at is None):
        tx.note("lane.stopped", lane.wallet.id, {"failures": failures, "detail": detail})
        log.error("lane stopped", wallet=lane.wallet.id, failures=failures, detail=detail)


def _lapse(tx: Tx, payout: Payout) -> bool:
    """Ask for a newer authorisation; the withdrawal is reviewed once more before it gets one."""
    if payout.waiting_for != "authorisation":
        tx.note("payout.lapsed", payout.ref)
    return _wait(tx, payout, "authorisation", "its authorisation ended before a payout started", seconds=60)


def _would_revert(tx: Tx, payout: Payout) -> bool:
    """The receiver takes no such payment, says the node. It never had bytes, so giving it back is safe."""
    if payout.failures + 1 < REVERTS:
        pause = 2**payout.failures
        return _wait(tx, payout, "receiver", "the node says that it would revert", pause, failed=1)
    store.set_status(tx.conn, payout.id, "failed", tx.now)
    tx.note("payout.paying", payout.ref)
    tx.note("payout.failed", payout.ref, {"reason": "receiver_refuses"})
    return True


def _sign(lane: _Lane, attempt: Attempt) -> bool:
    """Have the first bytes of an attempt made, keep them, then send them. False = the lane must stop here."""
    payout = store.payout(lane.conn, attempt.payout_id)
    assert payout is not None
    terms = Terms(attempt.nonce, attempt.gas, attempt.max_fee, attempt.tip)
    lane.renew()
    try:
        signed = lane.signer.sign(_order(lane, payout, terms))
    except SignerRefused as no:
        _void(lane, attempt, no)
        return False
    except Unreachable as away:
        with act(lane.conn, "worker", lane.clock()) as tx:
            lane.fence()  # who slept here must not write over what the next one found out
            _wait(tx, payout, "signer", str(away)[:300])
            _lane_fails(lane, tx, None, str(away)[:300])
        return False
    version = Bytes(
        hash=signed.hash,
        attempt_id=attempt.id,
        seq=0,
        kind="pay",
        raw=signed.raw,
        max_fee=terms.max_fee,
        tip=terms.tip,
        gas=terms.gas,
        created_at=lane.clock(),
        sent=0,
    )
    with act(lane.conn, "worker", lane.clock()) as tx:
        lane.fence()
        store.lock_payout(lane.conn, payout.id)
        store.add_bytes(lane.conn, version)
        store.set_attempt(lane.conn, attempt.id, "unknown")
        store.unwait(lane.conn, payout.id)
        store.lane_worked(lane.conn, lane.wallet.id)
        tx.note("payout.paying", payout.ref, {"nonce": attempt.nonce, "hash": signed.hash, "wallet": lane.wallet.id})
    _send(lane.conn, lane.chain, version)
    return True


def _order(lane: _Lane, payout: Payout, terms: Terms) -> Order:
    if payout.purpose == "withdrawal":
        assert payout.signature is not None  # the schema says so
        return Pay(authorisation_of(payout), payout.signature, terms)
    said = json.loads(payout.order_text)
    if payout.purpose == "gas":
        return Gas(payout.id, payout.network, int(said["index"]), payout.units, terms)
    return Sweep(payout.id, payout.network, int(said["index"]), said["contract"], payout.units, terms)


def _void(lane: _Lane, attempt: Attempt, no: SignerRefused) -> None:
    """No bytes exist and none will: the nonce goes back, with those after it, which have none either."""
    with act(lane.conn, "worker", lane.clock()) as tx:
        lane.fence()
        store.lock_wallet(lane.conn, lane.wallet.id)
        after = [a for a in store.open_attempts(lane.conn, lane.wallet.id) if a.nonce >= attempt.nonce]
        for later in sorted(after, key=lambda a: a.payout_id):
            store.lock_payout(lane.conn, later.payout_id)
            store.set_attempt(lane.conn, later.id, "void", tx.now)  # the schema refuses it where bytes exist
            store.set_status(lane.conn, later.payout_id, "queued", None)
        store.set_next_nonce(lane.conn, lane.wallet.id, attempt.nonce)
        payout = store.payout(lane.conn, attempt.payout_id)
        assert payout is not None
        if no.code == "authorisation_expired":
            _lapse(tx, payout)
            return
        _lane_fails(lane, tx, payout.id, f"{no.code}: {no}"[:300])
        if payout.purpose != "withdrawal" and payout.failures + 1 >= REVERTS:
            # A move of our own, sized by the prices of the day it was planned. Given up, it is planned anew.
            store.set_status(tx.conn, payout.id, "failed", tx.now)
            tx.note("payout.failed", payout.ref, {"reason": no.code})
        else:
            _fails(tx, payout, "signer", f"{no.code}: {no}"[:300])


def _press(lane: _Lane) -> int:
    """Raise the price of what hangs, and cancel what shall be abandoned: always on the same nonce."""
    conn, now = lane.conn, lane.clock()
    hanging = [a for a in store.open_attempts(conn, lane.wallet.id) if a.status in ("unknown", "abandoning")]
    versions = _versions(conn, hanging)
    done = 0
    for attempt in hanging:
        known = versions[attempt.id]
        newest = known[-1]
        cancelling = attempt.status == "abandoning" and all(v.kind == "pay" for v in known)
        if attempt.mined_block is None and (cancelling or now >= newest.created_at + DEARER_AFTER):
            done += _replace(lane, attempt, newest, "cancel" if attempt.status == "abandoning" else "pay")
    return done


def _replace(lane: _Lane, attempt: Attempt, newest: Bytes, kind: str) -> int:
    payout = store.payout(lane.conn, attempt.payout_id)
    assert payout is not None
    price = rules.dearer(newest.max_fee, newest.tip, lane.chain.fees())
    terms = Terms(attempt.nonce, TRANSFER_GAS if kind == "cancel" else attempt.gas, price.max_fee, price.tip)
    ceiling = authorisation_of(payout).fee_ceiling_units if payout.purpose == "withdrawal" else None
    if ceiling is not None and terms.gas * terms.max_fee > ceiling:
        with act(lane.conn, "worker", lane.clock()) as tx:
            _wait(tx, payout, "fee_ceiling", f"a replacement would cost {terms.gas * terms.max_fee} of {ceiling} wei")
        return 0
    # Dearer than the account can pay would never be mined, and it is the newest version that is sent again.
    moved = payout.units if kind == "pay" and lane.assets[payout.asset_id].is_native else 0
    need, coins = moved + terms.gas * terms.max_fee, lane.chain.balance(lane.wallet.address, None)
    if need > coins:
        with act(lane.conn, "worker", lane.clock()) as tx:
            _wait(tx, payout, "liquidity", f"a replacement needs {need} wei, {coins} there")
        return 0
    order: Order = (
        Cancel(_order(lane, payout, terms).id, payout.network, terms, lane.wallet.index)
        if kind == "cancel"
        else _order(lane, payout, terms)
    )
    lane.renew()
    try:
        signed = lane.signer.sign(order)
    except (SignerRefused, Unreachable) as no:
        with act(lane.conn, "worker", lane.clock()) as tx:
            _wait(tx, payout, "signer", f"{no}"[:300])
        return 0
    version = Bytes(
        hash=signed.hash,
        attempt_id=attempt.id,
        seq=newest.seq + 1,
        kind=kind,
        raw=signed.raw,
        max_fee=terms.max_fee,
        tip=terms.tip,
        gas=terms.gas,
        created_at=lane.clock(),
        sent=0,
    )
    with act(lane.conn, "worker", lane.clock()) as tx:
        lane.fence()
        store.lock_payout(lane.conn, payout.id)
        if store.lock_attempt(lane.conn, attempt.id) is None:
            return 0  # it ended meanwhile
        store.add_bytes(lane.conn, version)
        store.unwait(lane.conn, payout.id)
        tx.note(
            "payout.cancelling" if kind == "cancel" else "payout.dearer",
            payout.ref,
            {"nonce": attempt.nonce, "hash": signed.hash, "max_fee": str(terms.max_fee)},
        )
    _send(lane.conn, lane.chain, version)
    return 1


def _send(conn: Conn, chain: Chain, version: Bytes) -> None:
    """Hand bytes to the node. Its words are kept for people; they decide nothing."""
    try:
        said = chain.send(version.raw)
        words = "accepted" if said.accepted else said.words
    except Unreachable as away:
        words = f"no answer: {away}"
    store.sent(conn, version.hash, words)


def _versions(conn: Conn, attempts: Sequence[Attempt]) -> dict[str, list[Bytes]]:
    grouped: dict[str, list[Bytes]] = {a.id: [] for a in attempts}
    for version in store.versions(conn, list(grouped)):
        grouped[version.attempt_id].append(version)
    return grouped


# --- watch -------------------------------------------------------------------------------------------------------


def watch(conn: Conn, chain: Chain, network: str, clock: Clock) -> int:
    """Ask the chain about everything that was sent and is not final; how many changed.

    What does not show is sent again, the same bytes.
    """
    attempts = store.network_attempts(conn, network)
    known = store.network(conn, network)
    if not attempts or known is None:
        return 0
    assets = {asset.id: asset for asset in ledger_store.assets(conn)}
    addresses = {wallet.id: wallet.address for wallet in store.wallets(conn, network)}
    head = chain.head()
    # The spent nonce is read before the receipts: one that is mined in between is then found, not missed. And it is
    # read so deep that a machine which is behind shows the receipt as well: otherwise its silence looks like theft.
    settled = max(head.number - known.finality + 1 - LAGGING, 0)
    spent = {id: chain.nonce_at(addresses[id], settled) for id in sorted({a.wallet_id for a in attempts})}
    versions = _versions(conn, attempts)
    blocks: dict[int, Block] = {}
    changed = 0
    for attempt in attempts:
        payout = store.payout(conn, attempt.payout_id)
        assert payout is not None
        owed = Owed(
            addresses[attempt.wallet_id],
            attempt.nonce,
            assets[payout.asset_id].contract,
            payout.address,
            payout.units,
        )
        receipts = {
            version.hash: receipt
            for version in versions[attempt.id]
            if (receipt := chain.receipt(version.hash)) is not None
        }
        judged = rules.judge(
            owed,
            [Version(v.hash, v.kind) for v in versions[attempt.id]],
            receipts,
            min(
                (_reached(chain, r.block, r.block_hash, head, known.finality, blocks) for r in receipts.values()),
                default=head.number,
            ),
            known.finality,
            spent[attempt.wallet_id],
        )
        changed += _record(conn, attempt, payout, judged, assets, clock())
        if judged.fate is Fate.MISSING:
            _resend(conn, chain, attempt, versions[attempt.id], clock())
    return changed


def _reached(chain: Chain, number: int, hash: str, head: Block, finality: int, blocks: dict[int, Block]) -> int:
    """The height up to which blocks stand on this one, each the parent of the next; no higher than finality asks.

    Behind the node's address there may be several machines, and one of them may still be on a branch that the others
    gave up. A receipt from there and a head from elsewhere look final together. No such branch ever grows as long as
    finality demands, so the blocks between are counted only as far as they connect. `blocks`: what was asked already.
    """
    last = number + finality - 1
    if head.number < last:
        return head.number  # not final by any count
    while number < last:
        found = blocks.get(number + 1) or chain.block(number + 1)
        if found is None or found.parent != hash:
            blocks.pop(number + 1, None)  # whichever of the two machines is wrong: ask again
            break
        blocks[found.number] = found
        number, hash = found.number, found.hash
    return number


def _record(
    conn: Conn, attempt: Attempt, payout: Payout, judged: Judged, assets: Mapping[int, Asset], now: datetime
) -> int:
    """Write down what the chain says; 1 where it is new."""
    block = judged.receipt.block if judged.receipt else None
    hash = judged.receipt.tx if judged.receipt else None
    moved = (block, hash) != (attempt.mined_block, attempt.mined_hash)
    ends = judged.fate in (Fate.PAID, Fate.FAILED)
    asks = judged.fate in (Fate.WRONG, Fate.FOREIGN)
    if not (moved or ends or asks):
        return 0
    with act(conn, "worker", now) as tx:
        store.lock_payout(conn, payout.id)
        if store.lock_attempt(conn, attempt.id) is None:
            return 0  # another worker recorded its end
        if moved:
            _moved(tx, attempt, payout, judged, block, hash)
        if asks:
            if store.wait(conn, payout.id, "person", judged.words, now, 1):
                tx.note("payout.alarm", payout.ref, {"fate": judged.fate, "detail": judged.words})
                log.error("payout needs a person", payout=payout.ref, detail=judged.words)
                return 1
            return 0
        if ends:
            assert judged.receipt is not None  # only a receipt ends an attempt
            _end(tx, attempt, payout, judged, judged.receipt, assets)
    return 1


def _moved(tx: Tx, attempt: Attempt, payout: Payout, judged: Judged, block: int | None, hash: str | None) -> None:
    store.mined(tx.conn, attempt.id, block, hash, tx.now)
    if attempt.status != "abandoning":
        store.set_attempt(tx.conn, attempt.id, "unknown" if block is None else "confirming")
    if attempt.mined_block is not None and (block is None or hash != attempt.mined_hash):
        tx.note("payout.reorged", payout.ref, {"from": attempt.mined_block, "hash": attempt.mined_hash})
    elif block is not None and attempt.mined_block is None:
        store.unwait(tx.conn, payout.id)
        tx.note("payout.mined", payout.ref, {"block": block, "hash": hash})


def _end(
    tx: Tx, attempt: Attempt, payout: Payout, judged: Judged, receipt: Receipt, assets: Mapping[int, Asset]
) -> None:
    paid = judged.fate is Fate.PAID
    cost = receipt.gas_used * receipt.gas_price
    store.set_attempt(tx.conn, attempt.id, "paid" if paid else "failed", tx.now, cost)
    store.set_status(tx.conn, payout.id, "paid" if paid else "failed", tx.now)
    native = next(a for a in assets.values() if a.network == payout.network and a.is_native)
    if cost:
        ledger.post(tx, "gas", attempt.id, native.id, {accounts.CHAIN: cost, accounts.GAS: -cost})
    if paid:
        tx.note("payout.paid", payout.ref, {"tx": receipt.tx, "block": receipt.block, "gas": str(cost)})
    else:
        tx.note("payout.failed", payout.ref, {"reason": judged.words, "tx": receipt.tx, "gas": str(cost)})


def _resend(conn: Conn, chain: Chain, attempt: Attempt, versions: Sequence[Bytes], now: datetime) -> None:
    if attempt.checked_at is not None and now < attempt.checked_at + RESEND_AFTER:
        return
    _send(conn, chain, versions[-1])
    store.mined(conn, attempt.id, None, None, now)


# --- deposits ----------------------------------------------------------------------------------------------------


def scan_deposits(
    conn: Conn, chain: Chain, network: str, clock: Clock, seen: set[str] | None = None, most: int = 50
) -> int:
    """Decide the deposits of blocks that became final, and show those that are on their way; blocks decided.

    `seen` remembers which unfinal blocks this worker has shown already. Raises WrongChain where a block that was
    final has been replaced.
    """
    known, cursor = store.network(conn, network), store.cursor(conn, network)
    if known is None or cursor is None:
        return 0
    head = chain.head()
    done = 0
    blocks: dict[int, Block] = {}
    while done < most and crediting.is_final(cursor.block + 1, head.number, known.finality):
        block = blocks.get(cursor.block + 1) or chain.block(cursor.block + 1)
        if block is None:
            return done
        # Believed only under as many blocks as make it final, and from here on all about it is asked by its hash:
        # another machine behind the same address may have another block of this number.
        if _reached(chain, block.number, block.hash, head, known.finality, blocks) < block.number + known.finality - 1:
            return done
        if block.parent != cursor.hash:
            raise WrongChain(
                f"{network}: block {cursor.block} was final as {cursor.hash}, and now block {block.number} follows "
                f"{block.parent}. Deposits stop until a person has looked."
            )
        if not _decide(conn, chain, known, block, head, clock):
            return done
        done += 1
        cursor = store.Cursor(network, block.number, block.hash)
    _show(conn, chain, known, cursor.block, head, clock, seen if seen is not None else set())
    return done


@dataclass(frozen=True, slots=True)
class _Found:
    """A transfer to an account of ours, of an asset that we know."""

    wallet: Wallet
    asset: Asset
    transfer: Transfer


def _incoming(conn: Conn, network: str, transfers: Sequence[Transfer]) -> list[_Found]:
    """Transfers to us that are not our own gas and sweeps. A contract we do not know is no asset, whatever its name."""
    by_contract = {a.contract: a for a in ledger_store.assets(conn) if a.network == network}
    ours = {w.address: w for w in store.by_addresses(conn, network, sorted({t.receiver for t in transfers}))}
    own = {item.text for item in store.own_hashes(conn, sorted({t.tx for t in transfers}), ["gas", "sweep"])}
    return [
        _Found(ours[t.receiver], by_contract[t.contract], t)
        for t in transfers
        if t.receiver in ours and t.contract in by_contract and t.tx not in own and t.units > 0
    ]


def _row(found: _Found, now: datetime) -> DepositRow:
    assert found.wallet.party_id is not None  # deposit addresses have an owner
    t = found.transfer
    return DepositRow(
        id=new_id("dep"),
        network=found.wallet.network,
        tx=t.tx,
        index=t.index,
        block=t.block,
        block_hash=t.block_hash,
        wallet_id=found.wallet.id,
        party_id=found.wallet.party_id,
        asset_id=found.asset.id,
        sender=t.sender,
        claimed=t.units,
        credited=0,
        status="seen",
        reason=None,
        seen_at=now,
        decided_at=None,
    )


def _show(conn: Conn, chain: Chain, network: Network, decided: int, head: Block, clock: Clock, seen: set[str]) -> None:
    """Let customers see what is on its way: it is not money yet."""
    for number in range(max(decided + 1, head.number - network.finality + 2), head.number + 1):
        block = chain.block(number)
        if block is None or block.hash in seen:
            continue
        transfers = chain.transfers(number)
        if transfers is None:
            continue
        arriving = [f for f in _incoming(conn, network.id, transfers) if f.wallet.kind == "deposit"]
        if arriving:
            with act(conn, "worker", clock()) as tx:
                for found in arriving:
                    deposit = _row(found, tx.now)
                    if store.see_deposit(conn, deposit):
                        tx.note("deposit.seen", deposit.party_id, {"deposit": deposit.id, "tx": deposit.tx})
        seen.add(block.hash)


def _decide(conn: Conn, chain: Chain, network: Network, block: Block, head: Block, clock: Clock) -> bool:
    """Credit what really arrived in a final block. False where the node does not show all of that block now."""
    transfers = chain.transfers(block.number, block.hash)
    if transfers is None or any(t.block_hash != block.hash for t in transfers):
        return False
    may_lag = head.number - block.number < network.finality + LAGGING
    groups: dict[tuple[str, int], list[_Found]] = {}
    for found in _incoming(conn, network.id, transfers):
        groups.setdefault((found.wallet.id, found.asset.id), []).append(found)
    credits: list[tuple[_Found, crediting.Credit]] = []
    for group in groups.values():
        first = group[0]
        gained = _gained(conn, chain, first.wallet, first.asset, block, transfers)
        if first.asset.is_native:
            gas = _gas_of(conn, chain, first.wallet, block, may_lag)
            if gas is None:
                return False
            gained += gas
        by_transfer = {f.transfer: f for f in group}
        credits += [(by_transfer[c.transfer], c) for c in crediting.credit(list(by_transfer), gained)]
    with act(conn, "worker", clock()) as tx:
        people = sorted({f.wallet.party_id for f, _ in credits if f.wallet.party_id is not None})
        parties.lock(conn, people)
        if store.move_cursor(conn, network.id, block.number - 1, block.number, block.hash) != 1:
            return False  # another worker decided it
        _book(tx, network, block, credits)
    return True


def _gained(conn: Conn, chain: Chain, wallet: Wallet, asset: Asset, block: Block, transfers: Sequence[Transfer]) -> int:
    """What the account has more after the block: its own spending added back, our own gas for it left out. What it
    paid for the network is not in it."""
    after = chain.balance(wallet.address, asset.contract, block.hash)
    before = chain.balance(wallet.address, asset.contract, block.parent)
    own = {item.text for item in store.own_hashes(conn, sorted({t.tx for t in transfers}), ["gas", "sweep"])}
    same = [t for t in transfers if t.contract == asset.contract]
    out = sum(t.units for t in same if t.sender == wallet.address)
    sent_ourselves = sum(t.units for t in same if t.receiver == wallet.address and t.tx in own)
    return after - before + out - sent_ourselves


def _gas_of(conn: Conn, chain: Chain, wallet: Wallet, block: Block, may_lag: bool) -> int | None:
    """Network fees that the account paid in one block: by its nonces, since a failed transaction shows no transfer.

    None where a receipt is missing that a machine which is behind (`may_lag`) may show later: less gas than was paid
    would be credited as less than arrived, for good.
    """
    first, after = chain.nonce_at(wallet.address, block.parent), chain.nonce_at(wallet.address, block.hash)
    if first == after:
        return 0
    hashes = [item.text for item in store.hashes_of(conn, wallet.id, first, after - 1)]
    receipts = [r for h in hashes if (r := chain.receipt(h)) is not None and r.block_hash == block.hash]
    if len(receipts) < after - first and may_lag:
        return None
    return sum(r.gas_used * r.gas_price for r in receipts)


def _book(tx: Tx, network: Network, block: Block, credits: Sequence[tuple[_Found, crediting.Credit]]) -> None:
    conn = tx.conn
    for found, _ in credits:
        if found.wallet.kind == "deposit":
            store.see_deposit(conn, _row(found, tx.now))
    rows = {(d.tx, d.index, d.block_hash): d for d in store.seen_at_block(conn, network.id, block.number)}
    for found, credit in credits:
        t = found.transfer
        if found.wallet.kind == "hot":
            if credit.units:
                ref = f"{network.id}:{t.tx}:{t.index}"
                ledger.post(
                    tx,
                    "funding",
                    ref,
                    found.asset.id,
                    {accounts.EQUITY: credit.units, accounts.CHAIN: -credit.units},
                )
                tx.note(
                    "wallet.funded",
                    found.wallet.id,
                    {"asset": found.asset.name, "units": str(credit.units), "tx": t.tx},
                )
            continue
        deposit = rows.pop((t.tx, t.index, t.block_hash))
        status = "credited" if credit.units else "refused"
        store.decide_deposit(conn, deposit.id, status, credit.units, credit.reason, tx.now)
        if credit.units:
            ledger.post(
                tx,
                "deposit",
                deposit.id,
                found.asset.id,
                {deposit.party_id: credit.units, accounts.CHAIN: -credit.units},
            )
        tx.note(
            f"deposit.{status}",
            deposit.party_id,
            {
                "deposit": deposit.id,
                "asset": found.asset.name,
                "claimed": str(t.units),
                "credited": str(credit.units),
                "tx": t.tx,
                "reason": credit.reason,
            },
        )
    for gone in rows.values():  # shown once, but not in the block that became final
        store.decide_deposit(conn, gone.id, "gone", 0, "reorganised", tx.now)
        tx.note("deposit.gone", gone.party_id, {"deposit": gone.id, "tx": gone.tx})


# --- sweep -------------------------------------------------------------------------------------------------------


def sweep(conn: Conn, chain: Chain, network: str, clock: Clock) -> int:
    """Queue what moves customers' deposits into the hot wallet, gas first; how many payouts were queued.

    The books do not change: what customers own and what the wallets hold together stay the same.
    """
    hot = store.hot(conn, network)
    if hot is None:
        return 0
    assets = {asset.id: asset for asset in ledger_store.assets(conn)}
    native = next(a for a in assets.values() if a.network == network and a.is_native)
    queued = 0
    for item in store.unswept(conn, network):
        asset = assets[item.asset_id]
        if not crediting.worth_sweeping(item.units, asset.is_native, asset.decimals, _fee(chain.fees(), TRANSFER_GAS)):
            continue
        wallet = store.wallet(conn, item.wallet_id)
        assert wallet is not None
        queued += _queue(conn, _next_move(chain, hot, wallet, asset, native), wallet, clock())
    return queued


def _fee(fees: Fees, gas: int) -> int:
    return gas * fees.max_fee


@dataclass(frozen=True, slots=True)
class _Move:
    purpose: str
    payer: Wallet
    asset: Asset
    address: str
    units: int
    contract: str | None


def _next_move(chain: Chain, hot: Wallet, wallet: Wallet, asset: Asset, native: Asset) -> _Move | None:
    """Gas for the address, or the sweep itself where it can pay for it. Twice the fee is kept: prices move."""
    fees = chain.fees()
    coins = chain.balance(wallet.address, None)
    if asset.is_native:
        units = coins - 2 * _fee(fees, TRANSFER_GAS)
        return _Move("sweep", wallet, asset, hot.address, units, None) if units > 0 else None
    if coins < _fee(fees, SWEEP_GAS):
        return _Move("gas", hot, native, wallet.address, 2 * _fee(fees, SWEEP_GAS), None)
    units = chain.balance(wallet.address, asset.contract)
    return _Move("sweep", wallet, asset, hot.address, units, asset.contract) if units > 0 else None


def _queue(conn: Conn, move: _Move | None, wallet: Wallet, now: datetime) -> int:
    if move is None:
        return 0
    id = new_id("pay")
    with act(conn, "worker", now) as tx:
        store.lock_wallet(conn, wallet.id)
        if store.moving(conn, wallet.id, wallet.address):
            return 0  # another worker queued it
        store.add_payout(
            conn,
            Payout(
                id=id,
                purpose=move.purpose,
                ref=id,
                party_id=None,
                network=wallet.network,
                wallet_id=move.payer.id,
                asset_id=move.asset.id,
                address=move.address,
                units=move.units,
                order_text=canonical({"index": wallet.index, "contract": move.contract}),
                signature=None,
                status="queued",
                waiting_for=None,
                detail=None,
                failures=0,
                next_at=now,
                created_at=now,
            ),
        )
        tx.note(f"{move.purpose}.queued", id, {"wallet": wallet.id, "asset": move.asset.name, "units": str(move.units)})
    return 1


# --- look before starting, reconcile ----------------------------------------------------------------------------


def check_wallets(conn: Conn, chain: Chain, signer: Signer, network: str) -> None:
    """Refuse to start where the node, the signer and the database do not speak of the same thing.

    Raises WrongChain: another chain id, another key, or a wallet whose next nonce disagrees with the chain, as
    after a restored backup.
    """
    known, hot = store.network(conn, network), store.hot(conn, network)
    if known is None or hot is None:
        raise WrongChain(f"No network {network} is registered in this database.")
    if chain.chain_id() != known.chain_id:
        raise WrongChain(f"{network} has chain id {known.chain_id}, the node says {chain.chain_id()}.")
    said = signer.describe(network)
    if said.hot_address != hot.address or said.deposit_xpub != known.deposit_xpub:
        raise WrongChain(
            f"The signer pays {network} from {said.hot_address}, the database knows {hot.address}: another key store."
        )
    for wallet in store.wallets(conn, network):
        open_nonces = [a.nonce for a in store.open_attempts(conn, wallet.id)]
        if wallet.next_nonce == 0 and not open_nonces and wallet.kind == "deposit":
            continue  # never used: nothing to compare, and there may be very many
        fault = rules.nonce_fault(wallet.address, wallet.next_nonce, chain.nonce(wallet.address), open_nonces)
        if fault is not None:
            raise WrongChain(fault)


OBSERVE_EVERY = timedelta(seconds=30)


def observe(conn: Conn, chain: Chain, network: str, clock: Clock) -> int:
    """Look what the paying wallet holds and keep it with its time, for decisions, which ask no node; assets seen.

    0 while the last look is fresh.
    """
    hot = store.hot(conn, network)
    if hot is None:
        return 0
    now = clock()
    assets = [asset for asset in ledger_store.assets(conn) if asset.network == network]
    known = {seen.asset_id: seen.as_of for seen in store.observed(conn, hot.id)}
    due = [asset for asset in assets if asset.id not in known or now - known[asset.id] >= OBSERVE_EVERY]
    if due:
        # The time before the look: a balance is never called younger than it is.
        seen = [store.SeenBalance(hot.id, a.id, chain.balance(hot.address, a.contract), now) for a in due]
        store.observe(conn, seen)
    return len(due)


@dataclass(frozen=True, slots=True)
class Book:
    """One asset: what the ledger says our wallets hold, and what they hold."""

    asset: str
    ledger_units: int
    chain_units: int


def books(conn: Conn, chain: Chain, network: str) -> list[Book]:
    """Ledger against chain, per asset. They differ by what is under way; at rest they are equal."""
    owned = {b.asset_id: -b.total for b in ledger.balances(conn, accounts.CHAIN)}
    wallets = store.wallets(conn, network)
    return [
        Book(asset.name, owned.get(asset.id, 0), sum(chain.balance(w.address, asset.contract) for w in wallets))
        for asset in ledger_store.assets(conn)
        if asset.network == network
    ]


def reconcile(conn: Conn, chain: Chain, network: str, clock: Clock, holder: str) -> list[Checked]:
    """One round: ledger against chain at the newest block that deposits are decided up to; what was found.

    The wallets are read at a final block, so coins that are only on their way in do not show. Of any number of
    workers one makes the rounds. A difference is told in the journal once per change; people are asked when it stays.
    """
    cursor = store.cursor(conn, network)
    if cursor is None or lease.take(conn, f"books:{network}", holder, clock(), RECONCILER_SECONDS) is None:
        return []
    with journal.snapshot(conn):
        cursor = store.cursor(conn, network)
        assert cursor is not None  # it was there, and rows of it are never deleted
        owned = {b.asset_id: -b.total for b in ledger.balances(conn, accounts.CHAIN)}
        open_work = store.may_have_left(conn, network)
        wallets = store.wallets(conn, network)
        assets = [asset for asset in ledger_store.assets(conn) if asset.network == network]
    gas = sum(item.gas_wei for item in open_work)
    left = {item.asset_id: item.units for item in open_work}
    held = {a.id: sum(chain.balance(w.address, a.contract, cursor.block) for w in wallets) for a in assets}
    found = []
    with act(conn, "worker", clock()) as tx:
        before = {checked.asset_id: checked for checked in store.book_checks(conn)}
        for asset in assets:
            moving = left.get(asset.id, 0) + (gas if asset.is_native else 0)
            checked = books_rules.round_of(
                before.get(asset.id), asset.id, cursor.block, owned.get(asset.id, 0), held[asset.id], moving, tx.now
            )
            store.keep_book_check(conn, checked)
            _tell(tx, asset, before.get(asset.id), checked)
            found.append(checked)
    return found


def _tell(tx: Tx, asset: Asset, before: Checked | None, found: Checked) -> None:
    subject = f"books:{asset.name}"
    if found.noted_units != (before.noted_units if before else 0):
        figures = {"asset": asset.name, "ledger": str(found.ledger_units), "chain": str(found.chain_units)}
        kind = "books.disagree" if found.noted_units else "books.agree"
        tx.note(kind, subject, {**figures, "difference": str(found.off), "block": found.block})
    if books_rules.asks(before, found):
        _ask(tx, subject, f"{asset.name}: ledger {found.ledger_units}, chain {found.chain_units} at {found.block}")


def _ask(tx: Tx, subject: str, what: str) -> None:
    last = cases.latest(tx.conn, [subject], "books").get(subject)
    if last is None or last.status != "open":
        cases.open_case(
            tx,
            kind="books",
            subject=subject,
            party_id=None,
            requester=tx.actor,
            reasons=["books_disagree"],
            quorum=1,
            sla_hours=books_rules.SLA_HOURS,
        )
    cases.tell(tx, subject, "books", what)


def reconcile_ledger(conn: Conn, clock: Clock, holder: str) -> int:
    """One round: every account against its entries and holds; how many do not add up. One is one too many: nothing
    that is under way explains it, so it is told and asked about at once."""
    if lease.take(conn, "books:ledger", holder, clock(), RECONCILER_SECONDS) is None:
        return 0
    off = ledger_store.disagreements(conn)
    what = f"{off[0].owner}: {off[0].what}" if off else ""
    with act(conn, "worker", clock()) as tx:
        before = store.ledger_check(conn)
        store.keep_ledger_check(conn, store.LedgerChecked(len(off), what, tx.now))
        if (len(off), what) != ((before.accounts, before.what) if before else (0, "")):
            tx.note("books.disagree" if off else "books.agree", "books:ledger", {"accounts": len(off), "what": what})
            if off:
                _ask(tx, "books:ledger", f"{len(off)} accounts do not add up: {what}")
    return len(off)
