"""Setting up, confirming, pausing and running standing withdrawals: one transaction per step.

Lock order: the party, its instructions by id, then as in `withdrawals/flow`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tidegate.base.canonical import digest
from tidegate.base.ids import new_id
from tidegate.base.money import Asset, to_text
from tidegate.base.refusals import Conflict, Forbidden, Malformed, NotFound, Refusal, TooMany
from tidegate.base.times import hours, rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.ledger import store as ledger_store
from tidegate.parties import flow as parties
from tidegate.policy.market import flow as market
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.asking import Ask, destination
from tidegate.withdrawals.flow import Answer, Setting
from tidegate.withdrawals.review import BLOCKING
from tidegate.withdrawals.standing import answer, instruction, store
from tidegate.withdrawals.standing import terms as rules
from tidegate.withdrawals.standing.instruction import Go, Idle, Instruction, Run, Seen, Skip, Status, Wait
from tidegate.withdrawals.standing.terms import Crossing, Place, Terms
from tidegate.withdrawals.standing.wanted import Wanted, read
from tidegate.withdrawals.withdrawal import Status as WithdrawalStatus

SCOPE = "standing"
"""Of the idempotency keys of runs: nobody's credential uses it."""


# --- set up ------------------------------------------------------------------------------------------------------


def create(
    conn: Conn, party_id: str, asset_name: tuple[str, str], wanted: Wanted, actor: str, setting: Setting, now: datetime
) -> Instruction:
    """Set one up. Nothing runs before the customer has confirmed it with a code.

    Raises Malformed naming the field; NotFound `customer_unknown`, `address_unknown`; Conflict `factor_missing`,
    `address_not_in_book`, `standing_too_many`, `standing_asset_taken`, `standing_would_fight`.
    """
    asset = setting.by_name.get(asset_name)
    if asset is None:
        raise Malformed("asset_unknown", f"{'@'.join(asset_name)} is not an asset here.", field="asset")
    with act(conn, actor, now) as tx:
        if party_id not in parties.lock(conn, [party_id]):
            raise NotFound("customer_unknown", f"There is no customer {party_id}.", field="customer")
        if "totp" not in parties.factors_of(conn, [party_id])[party_id]:
            raise Conflict("factor_missing", "This customer has no totp factor to confirm this with; enrol one first.")
        terms = read(wanted, asset, _places(conn, party_id, asset, wanted.address_ids), setting.policy)
        instruction.check_room(terms, _others(conn, party_id, "", now), setting.policy.standing)
        until = now + timedelta(minutes=setting.policy.confirmation_minutes)
        made = _new(party_id, asset, actor, until, now)
        store.insert(conn, made)
        _propose(tx, made, 1, terms)
        return made


def _new(party_id: str, asset: Asset, actor: str, until: datetime, now: datetime) -> Instruction:
    return Instruction(
        id=new_id("stw"),
        party_id=party_id,
        asset_id=asset.id,
        created_by=actor,
        status=Status.AWAITING_CONFIRMATION,
        reason=None,
        version=0,
        draft=1,
        draft_until=until,
        tries=0,
        approved_at=None,
        alarms=0,
        due_at=None,
        next_at=None,
        waiting_for=None,
        wait_until=None,
        armed=True,
        blind=False,
        runs=0,
        last_at=None,
        place=0,
        skips=0,
        failures=0,
        created_at=now,
        changed_at=now,
    )


def edit(conn: Conn, id: str, wanted: Wanted, actor: str, setting: Setting, now: datetime) -> Instruction:
    """Draft new terms. Those in force stay in force until a code confirms the draft. Raises as `create`."""
    with act(conn, actor, now) as tx:
        i = _locked(tx, id)
        asset = setting.assets[i.asset_id]
        terms = read(wanted, asset, _places(conn, i.party_id, asset, wanted.address_ids), setting.policy)
        instruction.check_fight(terms, _others(conn, i.party_id, id, now))
        version = store.newest_version(conn, id) + 1
        until = now + timedelta(minutes=setting.policy.confirmation_minutes)
        drafted = replace(i, draft=version, draft_until=until, tries=0, changed_at=now)
        store.keep(conn, drafted)
        _propose(tx, drafted, version, terms)
        return drafted


def _propose(tx: Tx, i: Instruction, version: int, terms: Terms) -> None:
    body = rules.body_of(terms)
    hash = rules.hash_of(i.id, i.party_id, version, body)
    store.add_terms(tx.conn, store.TermsRow(i.id, version, body, hash, tx.now))
    tx.note("standing.proposed", i.id, {"party": i.party_id, "version": version, "payload": hash})


def _places(conn: Conn, party_id: str, asset: Asset, ids: Sequence[str]) -> dict[str, Place]:
    """The entries of the customer's book, as they stand. What is not in the book cannot be paid by itself."""
    found = screening.entries_by_id(conn, [(party_id, id) for id in ids])
    places = {}
    for id in ids:
        entry = found.get((party_id, id))
        field = "destination.address_ids"
        if entry is None:
            raise NotFound("address_unknown", f"There is no saved address {id}.", field=field)
        if entry.network != asset.network:
            raise Conflict("address_wrong_network", f"{id} is on {entry.network}, not {asset.network}.", field=field)
        if entry.booked_at is None:
            raise Conflict("address_not_in_book", f"{id} is not in the address book; save it there first.", field=field)
        places[id] = Place(entry.id, entry.address, entry.memo)
    return places


def _others(conn: Conn, party_id: str, id: str, now: datetime) -> list[Terms]:
    """The terms of the customer's other instructions; a draft that nobody confirmed in time counts no more."""
    standing = [
        other
        for other in store.of_party(conn, party_id)
        if other.id != id and (other.version > 0 or (other.draft_until is not None and other.draft_until > now))
    ]
    pairs = [(other.id, other.version or other.draft or 0) for other in standing]
    found = store.terms(conn, pairs)
    return [rules.from_body(found[pair].body) for pair in pairs]


def confirm(
    conn: Conn, id: str, factor: str, code: str, data_key: bytes, actor: str, setting: Setting, now: datetime
) -> Instruction:
    """The customer confirms the draft they saw: it is in force from now on.

    A wrong code is counted and refused (`code_wrong`); the last allowed one drops the draft (`code_tries_used_up`),
    and so many in a row pause the factor (`codes_paused`). Raises Conflict `standing_not_confirmable`,
    `confirmation_expired`, `payload_changed`; Forbidden `withdrawals_blocked`.
    """
    refusal: Refusal | None = None
    with act(conn, actor, now) as tx:
        i = _locked(tx, id)
        if i.draft is None or i.draft_until is None:
            raise Conflict("standing_not_confirmable", f"{id} has nothing that waits for a code.")
        if i.draft_until <= now:
            raise Conflict("confirmation_expired", f"The time to confirm ended at {rfc3339(i.draft_until)}.")
        row = _terms_row(conn, id, i.draft)
        hash = rules.hash_of(id, i.party_id, row.version, row.body)
        if not hash == row.hash == store.proposed_hash(conn, id, row.version):
            raise Conflict("payload_changed", f"{id} is not what the customer saw any more; nothing is confirmed.")
        terms = rules.from_body(row.body)
        _allowed(tx, i, factor)
        instruction.check_fight(terms, _others(conn, i.party_id, id, now))
        if not _check_code(tx, i, code, data_key, setting):
            refusal = _wrong_code(tx, i, setting)
        else:
            tx.note("factor.used", id, {"factor": factor, "payload": hash})
            store.keep(conn, _confirmed(tx, i, terms))
            tx.note("standing.confirmed", id, {"party": i.party_id, "version": i.draft})
    if refusal is not None:
        raise refusal
    return get(conn, id)


def _confirmed(tx: Tx, i: Instruction, terms: Terms) -> Instruction:
    """The draft is in force. One that was paused stays paused: only `resume` makes it active again."""
    now = tx.now
    before = None if i.version == 0 else rules.from_body(_terms_row(tx.conn, i.id, i.version).body)
    known = before is not None and rules.same_destination(before, terms)
    done = replace(
        i,
        version=i.draft or 0,
        draft=None,
        draft_until=None,
        tries=0,
        approved_at=i.approved_at if known else now,
        place=i.place if before is not None and before.xpub == terms.xpub and before.places == terms.places else 0,
        armed=i.armed if before is not None and before.trigger == terms.trigger else True,
        blind=False,
        alarms=_alarms(tx.conn, i.party_id),
        changed_at=now,
    )
    if i.status is Status.PAUSED:
        return done
    return instruction.begun(done, terms, now)


def _allowed(tx: Tx, i: Instruction, factor: str) -> None:
    """Raises where no code can count just now."""
    if factor != "totp":
        raise Conflict("factor_not_asked", f"This asks for totp, not {factor!r}.", field="factor")
    orders = parties.restrictions(tx.conn, [i.party_id], tx.now)[i.party_id]
    stopped = next((order.kind for order in orders if order.kind in BLOCKING), None)
    if stopped is not None:
        raise Forbidden("withdrawals_blocked", f"Withdrawals of this customer are stopped by a {stopped}.")


def _check_code(tx: Tx, i: Instruction, code: str, data_key: bytes, setting: Setting) -> bool:
    policy = setting.policy
    pause = hours(policy.credential_hold_hours("mfa_changed"))
    return parties.check_totp(tx, i.party_id, code, data_key, policy.confirmation_tries, pause)


def _wrong_code(tx: Tx, i: Instruction, setting: Setting) -> Refusal:
    tries, most = i.tries + 1, setting.policy.confirmation_tries
    tx.note("factor.refused", i.id, {"tries": tries})
    if tries >= most:
        _drop_draft(tx, i, "code_tries_used_up")
        return TooMany("code_tries_used_up", f"{tries} wrong codes: the draft is dropped; set it up again.")
    store.keep(tx.conn, replace(i, tries=tries))
    return _code_wrong(f"; tries left: {most - tries}")


def _code_wrong(more: str = "") -> Forbidden:
    return Forbidden("code_wrong", f"The code is wrong, used already or expired{more}.", field="code")


def _drop_draft(tx: Tx, i: Instruction, reason: str) -> None:
    """Nobody confirmed it. What never was in force is gone with it."""
    dropped = replace(i, draft=None, draft_until=None, tries=0, changed_at=tx.now)
    if i.version == 0:
        _wipe(tx, dropped, reason)
    else:
        store.keep(tx.conn, dropped)
        tx.note("standing.draft_dropped", i.id, {"party": i.party_id, "version": i.draft, "reason": reason})


def expire_draft(conn: Conn, id: str, now: datetime) -> None:
    """A draft was not confirmed in time."""
    with act(conn, "worker", now) as tx:
        i = _lock(tx, id)
        if i.draft_until is not None and i.draft_until <= now:
            _drop_draft(tx, i, "not_confirmed")


# --- pause, resume, delete ---------------------------------------------------------------------------------------


def pause(conn: Conn, id: str, actor: str, now: datetime) -> Instruction:
    """Stop running and keep the settings; doing so again changes nothing. Raises Conflict `standing_not_active`."""
    with act(conn, actor, now) as tx:
        i = _locked(tx, id)
        if i.status is Status.AWAITING_CONFIRMATION:
            raise Conflict("standing_not_active", f"{id} is {i.status}; only an active one can be paused.")
        if i.status is Status.ACTIVE:
            _pause(tx, i, "customer")
    return get(conn, id)


def resume(
    conn: Conn, id: str, factor: str, code: str, data_key: bytes, actor: str, setting: Setting, now: datetime
) -> Instruction:
    """The customer lets it run again, with a code bound to the very terms. What was due meanwhile is not made up for.

    Raises Conflict `standing_not_paused`, `payload_changed`; Forbidden `code_wrong`, `withdrawals_blocked`; TooMany
    `codes_paused`.
    """
    refusal: Refusal | None = None
    with act(conn, actor, now) as tx:
        i = _locked(tx, id)
        if i.status is not Status.PAUSED:
            raise Conflict("standing_not_paused", f"{id} is {i.status}; only a paused one can be resumed.")
        _allowed(tx, i, factor)
        row = _terms_row(conn, id, i.version)
        hash = rules.hash_of(id, i.party_id, row.version, row.body)
        # A code for the terms in force, not for others that somebody put into the row meanwhile.
        if store.confirmed_hash(conn, id) != hash:
            raise Conflict("payload_changed", f"{id} is not what the customer confirmed; edit it and confirm it anew.")
        if not _check_code(tx, i, code, data_key, setting):
            tx.note("factor.refused", id, {"for": "resume"})
            refusal = _code_wrong()
        else:
            tx.note("factor.used", id, {"factor": factor, "payload": hash})
            if i.due_at is not None and i.due_at <= now:
                i = _skipped(tx, i, "paused")
            terms = rules.from_body(row.body)
            known = replace(i, alarms=_alarms(conn, i.party_id))
            store.keep(conn, instruction.begun(known, terms, now))
            tx.note("standing.resumed", id, {"party": i.party_id, "version": i.version})
    if refusal is not None:
        raise refusal
    return get(conn, id)


def delete(conn: Conn, id: str, actor: str, setting: Setting, now: datetime) -> Instruction:
    """Wipe its settings, for good, and take back what it asked for and no payment has begun. Again changes nothing.

    Its record and the withdrawals that it made stay.
    """
    with act(conn, actor, now) as tx:
        i = _lock(tx, id)
        if i.status is not Status.DELETED:
            for made in store.open_withdrawals(conn, id):
                withdrawals.cancel_if_free(tx, made, f"its standing withdrawal was deleted by {actor}", setting)
            _wipe(tx, replace(i, draft=None, draft_until=None), "deleted")
    return get(conn, id)


def _wipe(tx: Tx, i: Instruction, reason: str) -> None:
    store.wipe(tx.conn, i.id)
    store.keep(tx.conn, replace(instruction.stopped(i, Status.DELETED, reason, tx.now), due_at=None))
    tx.note("standing.deleted", i.id, {"party": i.party_id, "reason": reason})


def alarmed(tx: Tx, party_id: str) -> int:
    """Something happened to the account (news from `parties`): every instruction that did not know of it pauses."""
    parties.lock(tx.conn, [party_id])
    now_known = _alarms(tx.conn, party_id)
    behind = [i for i in store.of_party(tx.conn, party_id) if i.status is Status.ACTIVE and i.alarms != now_known]
    for i in behind:
        _pause(tx, i, "security_event")
    return len(behind)


def _alarms(conn: Conn, party_id: str) -> int:
    return parties.alarms(conn, party_id, instruction.SECURITY_EVENTS, sorted(BLOCKING))


def _pause(tx: Tx, i: Instruction, reason: str) -> Instruction:
    """Stop it; a run that is due just now is skipped, and its record says so."""
    if i.due_at is not None and i.due_at <= tx.now:
        i = replace(_skipped(tx, i, "paused", reason), due_at=None)
    paused = instruction.stopped(i, Status.PAUSED, reason, tx.now)
    store.keep(tx.conn, paused)
    tx.note("standing.paused", i.id, {"party": i.party_id, "reason": reason})
    return paused


def _locked(tx: Tx, id: str) -> Instruction:
    """As `_lock`, for what somebody asks for. Raises Conflict `standing_deleted`."""
    i = _lock(tx, id)
    if i.status is Status.DELETED:
        raise Conflict("standing_deleted", f"{id} was deleted; set up a new one.")
    return i


def _lock(tx: Tx, id: str) -> Instruction:
    """One instruction under the locks of its customer and its row. If the account was touched since its last code,
    it pauses here and now. Raises NotFound."""
    parties.lock(tx.conn, [get(tx.conn, id).party_id])
    i = store.lock(tx.conn, id)
    assert i is not None  # rows are never deleted
    if i.status is Status.ACTIVE and i.alarms != _alarms(tx.conn, i.party_id):
        return _pause(tx, i, "security_event")
    return i


# --- run ---------------------------------------------------------------------------------------------------------


def run(conn: Conn, id: str, setting: Setting, now: datetime) -> Run | None:
    """Look at one instruction, and make its run where one is due: the withdrawal, its confirmation by the terms, and
    the line that says so, in one transaction. None where nothing was due, or another worker has its turn.

    The alarms are counted under the party's lock, which whoever records one needs too: no run begins after one.
    """
    with act(conn, "worker", now) as tx:
        if not store.claim(conn, id):
            return None
        i = _lock(tx, id)
        if i.status is not Status.ACTIVE or i.next_at is None or i.next_at > now:
            return None
        numbers = setting.policy.standing
        terms = _terms_confirmed(tx, i)
        if terms is None:
            _pause(tx, i, "changed")
            tx.note("standing.tampered", id, {"party": i.party_id, "version": i.version})
            return None
        asset = setting.assets[i.asset_id]
        seen = _see(tx, i, terms, asset, setting)
        due = instruction.look(i, terms, seen, numbers, now)
        if isinstance(due, Idle):
            store.keep(conn, instruction.idled(i, terms, seen, numbers, now))
            return None
        if isinstance(due, Wait):
            return _wait(tx, i, terms, due, setting)
        if isinstance(due, Skip):
            if due.reason == "no_price":
                return _blind(tx, i, setting)
            return _end(tx, i, terms, setting, reason=due.reason, detail=due.detail)
        return _go(tx, i, terms, asset, due, setting)


def _terms_confirmed(tx: Tx, i: Instruction) -> Terms | None:
    """The terms in force, where they are to the letter what the newest code was entered for; else None."""
    row = store.terms(tx.conn, [(i.id, i.version)]).get((i.id, i.version))
    if row is None:
        return None
    hash = rules.hash_of(i.id, i.party_id, row.version, row.body)
    return rules.from_body(row.body) if store.confirmed_hash(tx.conn, i.id) == hash else None


def _see(tx: Tx, i: Instruction, terms: Terms, asset: Asset, setting: Setting) -> Seen:
    ledger_store.ensure(tx.conn, [i.party_id], [asset.id])
    (account,) = ledger_store.lock(tx.conn, [i.party_id], [asset.id])
    price = None
    if isinstance(terms.trigger, Crossing):
        known = market.prices(tx.conn, asset, tx.now, setting.policy)
        price = instruction.most_doubtful(terms.trigger, known)
    return Seen(account.posted - account.held, setting.policy.fee_units(asset), price)


def _wait(tx: Tx, i: Instruction, terms: Terms, due: Wait, setting: Setting, detail: str = "") -> Run | None:
    waiting = instruction.waits(i, terms, due.reason, setting.policy.standing, tx.now)
    if waiting is None:
        return _end(tx, i, terms, setting, reason=due.reason, detail=detail)
    store.keep(tx.conn, waiting)
    if i.waiting_for != due.reason:
        tx.note("standing.waits", i.id, {"party": i.party_id, "for": due.reason, "until": waiting.wait_until})
    return None


def _blind(tx: Tx, i: Instruction, setting: Setting) -> Run:
    said = _line(tx, i, "no_price")
    store.add_run(tx.conn, said)
    blind = instruction.went_blind(i, setting.policy.standing, tx.now)
    store.keep(tx.conn, blind)
    _note_skip(tx, blind, said)
    return said


def _end(
    tx: Tx,
    i: Instruction,
    terms: Terms,
    setting: Setting,
    *,
    reason: str,
    detail: str = "",
    moved_on: bool = False,
    **of_run: Any,
) -> Run:
    """A run that was due is skipped."""
    said = _line(tx, i, reason, detail, **of_run)
    store.add_run(tx.conn, said)
    after = instruction.ran(i, terms, setting.policy.standing, tx.now, made=False, moved_on=moved_on, own=False)
    store.keep(tx.conn, after)
    _note_skip(tx, after, said)
    return said


def _go(tx: Tx, i: Instruction, terms: Terms, asset: Asset, due: Go, setting: Setting) -> Run | None:
    """Ask for the withdrawal through the same door as everybody, under a key that is this run's for life."""
    found = _where(tx, i, terms, setting)
    if isinstance(found, Skip):
        return _end(tx, i, terms, setting, reason=found.reason, detail=found.detail, moved_on=True)
    entry, index = found
    at: dict[str, Any] = {"address": entry.address, "address_index": index}
    number = i.runs + 1
    ask = Ask(
        party_id=i.party_id,
        actor=i.created_by,
        asset=asset.symbol,
        network=asset.network,
        amount=to_text(due.units, asset.decimals),
        address_id=entry.id,
        memo=entry.memo or None,
        fee_ceiling=to_text(due.ceiling_units, asset.decimals),
        scope=SCOPE,
        key=f"{i.id}:{number}",
        request=digest([i.id, number, i.version]),
    )
    try:
        (said,) = withdrawals.request(tx.conn, [ask], setting, tx.now)
    except Refusal as refusal:  # concerns everybody: a list that was never imported
        return _wait(tx, i, terms, Wait("not_decided"), setting, refusal.code)
    if isinstance(said, Refusal):
        reason = _meaning(said.code)
        moved_on = reason == "address_refused"
        return _end(tx, i, terms, setting, reason=reason, detail=said.code, moved_on=moved_on, **at)
    id, declined, detail = _read(said)
    if declined is not None:
        more: dict[str, Any] = {"withdrawal_id": id, "moved_on": declined == "address_refused", **at}
        return _end(tx, i, terms, setting, reason=declined, detail=detail, **more)
    line = replace(_line(tx, i, None), withdrawal_id=id, address=entry.address, address_index=index)
    store.add_run(tx.conn, line)
    status = withdrawals.confirm_by_terms(tx, id, setting)
    own = status is not WithdrawalStatus.AWAITING_CONFIRMATION
    after = instruction.ran(i, terms, setting.policy.standing, tx.now, made=True, moved_on=True, own=own)
    store.keep(tx.conn, after)
    body = {"party": i.party_id, "number": number, "due_at": line.due_at, "withdrawal": id, "version": i.version}
    tx.note("standing.ran", i.id, {**body, "confirmed_by": "terms" if own else "customer"})
    return line


_REFUSED = {
    "withdrawals_blocked": "blocked",
    "factor_missing": "factor_missing",
    "no_price": "no_price",
    "address_unknown": "address_removed",
    "fee_above_ceiling": "fee_above_ceiling",
    "amount_not_above_fee": "not_enough",
}
"""What a refused request means for a run."""


def _meaning(code: str) -> str:
    """Why the run is skipped: the request's own code is in the detail. What says nothing here was not decided."""
    return _REFUSED.get(code) or ("address_refused" if code.startswith("address_") else "not_decided")


def _where(tx: Tx, i: Instruction, terms: Terms, setting: Setting) -> tuple[screening.SavedAddress, int | None] | Skip:
    """The destination whose turn it is, as the book has it now."""
    if terms.xpub is None:
        place = terms.places[i.place % len(terms.places)]
        entry = screening.entries_by_id(tx.conn, [(i.party_id, place.id)]).get((i.party_id, place.id))
        if entry is None or entry.booked_at is None or (entry.address, entry.memo) != (place.address, place.memo):
            return Skip("address_removed", place.id)
        return entry, None
    try:
        text = rules.account(terms).address(i.place)
        address = destination(terms.network, text, "", setting.by_name, setting.ours)
    except Malformed as refusal:
        return Skip("address_refused", refusal.code)
    assert i.approved_at is not None  # the schema says so
    return screening.book_since(tx, i.party_id, terms.network, address, "standing withdrawal", i.approved_at), i.place


def _read(said: Answer) -> tuple[str, str | None, str]:
    """The withdrawal's id, and why it was declined at once, with the findings; None where it stands."""
    body = json.loads(said.body)
    if body["status"] != WithdrawalStatus.DECLINED:
        return body["id"], None, ""
    hard = [f["code"] for f in body["decision"]["findings"] if f["outcome"] in ("decline", "freeze")]
    if any(code.startswith("address_") for code in hard):
        reason = "address_refused"
    else:
        reason = "over_limit" if all(code.startswith("over_") for code in hard) else "declined"
    return body["id"], reason, ", ".join(hard)


def _line(tx: Tx, i: Instruction, reason: str | None, detail: str = "", **of_run: Any) -> Run:
    blank: dict[str, Any] = {"withdrawal_id": None, "address": None, "address_index": None}
    return Run(
        standing_id=i.id,
        number=i.runs + 1,
        due_at=i.due_at or tx.now,
        at=tx.now,
        version=i.version,
        reason=reason,
        detail=detail,
        **{**blank, **of_run},
    )


def _skipped(tx: Tx, i: Instruction, reason: str, detail: str = "") -> Instruction:
    """Write a skipped run's line for an instruction that is not running; it after that."""
    said = _line(tx, i, reason, detail)
    store.add_run(tx.conn, said)
    after = replace(i, runs=i.runs + 1, skips=i.skips + 1, last_at=tx.now)
    _note_skip(tx, after, said)
    return after


def _note_skip(tx: Tx, i: Instruction, said: Run) -> None:
    body = {"party": i.party_id, "number": said.number, "due_at": said.due_at, "reason": said.reason}
    tx.note("standing.skipped", i.id, {**body, "detail": said.detail, "withdrawal": said.withdrawal_id})
    if i.skips == instruction.SKIPS_THAT_NOTIFY:
        tx.note("standing.skipping", i.id, {"party": i.party_id, "in_a_row": i.skips, "reason": said.reason})


def set_aside(conn: Conn, id: str, fault: str, now: datetime) -> None:
    """A turn ended in a fault of ours: the others go on, and this one is tried again later and later."""
    with act(conn, "worker", now) as tx:
        i = _lock(tx, id)
        if i.status is Status.ACTIVE:
            again = now + timedelta(minutes=min(60, 2 ** min(i.failures, 6)))
            store.keep(conn, replace(i, failures=i.failures + 1, next_at=again))
            tx.note("standing.failed", id, {"party": i.party_id, "fault": fault[:500], "again_at": again})


# --- read --------------------------------------------------------------------------------------------------------


def get(conn: Conn, id: str, party_id: str | None = None) -> Instruction:
    """One instruction; for a customer's credential only their own. Raises NotFound."""
    found = store.get(conn, id)
    if found is None or (party_id is not None and found.party_id != party_id):
        raise NotFound("standing_unknown", f"There is no standing withdrawal {id}.")
    return found


def views(conn: Conn, found: Sequence[Instruction], assets: Mapping[int, Asset]) -> list[dict[str, Any]]:
    """Instructions as the API says them."""
    pairs = [(i.id, version) for i in found for version in (i.version, i.draft) if version]
    rows = store.terms(conn, pairs)

    def of(i: Instruction, version: int | None) -> Terms | None:
        row = rows.get((i.id, version or 0))
        return None if row is None else rules.from_body(row.body)

    return [answer.as_json(i, assets[i.asset_id], of(i, i.version), of(i, i.draft)) for i in found]


def _terms_row(conn: Conn, id: str, version: int) -> store.TermsRow:
    found = store.terms(conn, [(id, version)])
    if not found:
        raise Conflict("payload_changed", f"{id} is not what the customer saw any more; nothing is confirmed.")
    return found[id, version]
