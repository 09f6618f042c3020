"""The customer confirms what they saw: with a code, a passkey, a mailed link, or terms confirmed before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from tidegate.base.findings import Outcome
from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict, Forbidden, Malformed, Refusal, TooMany
from tidegate.base.times import hours, rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.notifications import flow as notifications
from tidegate.parties import flow as parties
from tidegate.parties.passkey import Relying
from tidegate.policy.factor_numbers import MAIL
from tidegate.policy.pack import Policy
from tidegate.withdrawals import factors, store
from tidegate.withdrawals.factors import STANDING
from tidegate.withdrawals.flow.deciding import decide, keep_decision
from tidegate.withdrawals.flow.following import end, follow
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import Looked, look
from tidegate.withdrawals.flow.reading import got
from tidegate.withdrawals.review import blocked, review
from tidegate.withdrawals.standing import store as standing_store
from tidegate.withdrawals.standing import terms as standing_terms
from tidegate.withdrawals.withdrawal import Status, Withdrawal, payload_of


def confirm(
    conn: Conn, id: str, factor: str, code: str, data_key: bytes, actor: str, setting: Setting, now: datetime
) -> Withdrawal:
    """The customer confirms what they saw, with a code of their app. Once all that is asked for was used, it is
    reviewed again.

    A wrong code is counted and refused (`code_wrong`); the last allowed one declines the withdrawal
    (`code_tries_used_up`), and so many in a row, whichever withdrawals they were for, pause the factor
    (`codes_paused`). Raises NotFound, Conflict (`withdrawal_not_confirmable`, `confirmation_expired`,
    `factor_not_asked`, `factor_used`, `payload_changed`), Forbidden (`withdrawals_blocked`).
    """
    refusal: Refusal | None = None
    with act(conn, actor, now) as tx:
        looked = look(tx, id, setting)
        withdrawal = looked.withdrawal
        confirmable(withdrawal, looked, factor, now)
        if factor != "totp":
            raise Malformed("factor_without_code", f"{factor} is not confirmed by a code.", field="factor")
        policy = setting.policy
        # As long as after a change of factor: whoever types wrong codes may be about to become its owner.
        pause = hours(policy.credential_hold_hours("mfa_changed"))
        if not parties.check_totp(tx, withdrawal.party_id, code, data_key, policy.confirmation_tries, pause):
            # Counted, not rolled back: the refusal is raised once this act has committed.
            refusal = _wrong_code(tx, withdrawal, policy)
        else:
            used(tx, looked, factor, setting)
    if refusal is not None:
        raise refusal
    return got(conn, id)


def challenge(conn: Conn, id: str, relying: Relying, actor: str, setting: Setting, now: datetime) -> dict[str, Any]:
    """What the customer's browser is asked to sign. The challenge is bound to the payload, and good for one answer.

    Raises as `confirm` does, and Conflict `factor_missing` where the customer has no passkey.
    """
    with act(conn, actor, now) as tx:
        looked = look(tx, id, setting)
        withdrawal = looked.withdrawal
        confirmable(withdrawal, looked, "passkey", now)
        minutes = setting.policy.factors.challenge_minutes
        return parties.challenge_passkey(
            tx, withdrawal.party_id, withdrawal.id, withdrawal.payload_hash, relying, minutes
        )


def confirm_with_passkey(
    conn: Conn,
    id: str,
    credential: Mapping[str, Any],
    relying: Relying,
    actor: str,
    setting: Setting,
    now: datetime,
) -> Withdrawal:
    """The customer confirms what they saw, with a passkey that has signed a challenge bound to it.

    A wrong answer counts like a wrong code and uses its challenge up (`passkey_refused`, `passkey_copied`). Raises as
    `confirm` does, and Conflict `challenge_unknown`, `challenge_used`, `challenge_expired`.
    """
    refusal: Refusal | None = None
    with act(conn, actor, now) as tx:
        looked = look(tx, id, setting)
        withdrawal = looked.withdrawal
        confirmable(withdrawal, looked, "passkey", now)
        found = parties.check_passkey(
            tx, withdrawal.party_id, withdrawal.id, withdrawal.payload_hash, credential, relying
        )
        if isinstance(found, Refusal):
            used_up = _wrong_code(tx, withdrawal, setting.policy)
            refusal = used_up if isinstance(used_up, TooMany) else found
        else:
            used(tx, looked, "passkey", setting, found.id)
    if refusal is not None:
        raise refusal
    return got(conn, id)


def confirm_by_link(conn: Conn, token: str, setting: Setting, now: datetime) -> Withdrawal:
    """The customer confirms what they saw, with the link of a mail: once, and only what the mail was sent for.

    Raises NotFound `link_unknown`, Conflict `link_confirms_nothing`, `link_expired`, `link_used`, and as `confirm`.
    """
    link = notifications.opened(conn, token)
    with act(conn, link.party_id, now) as tx:
        if link.subject is not None:  # its party and its row first: the order of all locks
            looked = look(tx, link.subject, setting)
        notifications.use(tx, token)
        assert link.subject is not None  # `use` has refused it otherwise
        confirmable(looked.withdrawal, looked, MAIL, now)
        if link.payload != looked.withdrawal.payload_hash:
            raise Conflict("payload_changed", f"{link.subject} is not what the mail was sent for; nothing is sent.")
        used(tx, looked, MAIL, setting, link.mail_id)
    return got(conn, link.subject)


def confirm_by_terms(tx: Tx, id: str, setting: Setting) -> Status:
    """A run of a standing withdrawal: what the customer confirmed once confirms it, where that covers it.

    Only while nothing asks for more than `allow`: whatever else is found, the customer's own code is waited for, as
    with any other withdrawal. Raises Conflict, Forbidden as `confirm`; Conflict `terms_do_not_cover`.
    """
    looked = look(tx, id, setting)
    withdrawal = looked.withdrawal
    confirmable(withdrawal, looked, STANDING, tx.now)
    terms = terms_of(tx, withdrawal, looked.asset)
    if terms is None:
        raise Conflict("terms_do_not_cover", f"{id} is not what its standing withdrawal allows; nothing is sent.")
    if review(looked.facts, setting.policy).outcome is not Outcome.ALLOW:
        return withdrawal.status
    store.factor_used(tx.conn, id, STANDING, tx.now)
    tx.note("factor.used", id, {"factor": STANDING, "payload": withdrawal.payload_hash, "terms": terms})
    looked = replace(looked, withdrawal=replace(withdrawal, used_factors=[*withdrawal.used_factors, STANDING]))
    decision_id, verdict = decide(tx, looked, "confirm", setting)
    return follow(tx, looked, decision_id, verdict, setting)


def used(tx: Tx, looked: Looked, factor: str, setting: Setting, which: str | None = None) -> None:
    """A factor was used for the payload. When it was the last one that is asked for, the withdrawal goes on.

    It is reviewed first: what is known by now may ask for more, and then the withdrawal stays where it is.
    """
    withdrawal, policy = looked.withdrawal, setting.policy
    store.factor_used(tx.conn, withdrawal.id, factor, tx.now)
    said = {"factor": factor, "payload": withdrawal.payload_hash}
    tx.note("factor.used", withdrawal.id, said if which is None else {**said, "which": which})
    verdict = review(looked.facts, policy)
    needed, used = looked.needed(verdict, policy), [*withdrawal.used_factors, factor]
    if list(needed) != withdrawal.required_factors:
        until = factors.until(needed, policy, tx.now)
        store.ask_factors(tx.conn, withdrawal.id, needed, max(until, withdrawal.expires_at or until))
        tx.note("withdrawal.factors_raised", withdrawal.id, {"factors": needed, "party": withdrawal.party_id})
    if factors.met(needed, used) or verdict.outcome.severity >= Outcome.DECLINE.severity:
        withdrawal = replace(withdrawal, required_factors=list(needed), used_factors=used)
        decision_id = keep_decision(tx, looked, "confirm", verdict, setting)
        follow(tx, replace(looked, withdrawal=withdrawal), decision_id, verdict, setting)


def terms_of(tx: Tx, withdrawal: Withdrawal, asset: Asset) -> str | None:
    """The hash of the terms that allow this withdrawal; None where none do.

    The terms must be the text that the journal says a code was entered for, and the withdrawal's own asset,
    destination and amount must be among what that text allows: a changed row of either pays nothing.
    """
    made = standing_store.run_of(tx.conn, withdrawal.id)
    if made is None:
        return None
    row = standing_store.terms(tx.conn, [(made.standing_id, made.version)]).get((made.standing_id, made.version))
    if row is None:
        return None
    hash = standing_terms.hash_of(made.standing_id, withdrawal.party_id, row.version, row.body)
    if not standing_store.was_confirmed(tx.conn, made.standing_id, hash):
        return None
    terms = standing_terms.from_body(row.body)
    place = (withdrawal.address, withdrawal.memo, withdrawal.units, made.address_index)
    return hash if standing_terms.covers(terms, asset.name, *place) else None


def confirmable(withdrawal: Withdrawal, looked: Looked, factor: str, now: datetime) -> None:
    if withdrawal.status is not Status.AWAITING_CONFIRMATION:
        raise Conflict("withdrawal_not_confirmable", f"{withdrawal.id} is {withdrawal.status}; it waits for no code.")
    if withdrawal.expires_at is not None and withdrawal.expires_at <= now:
        raise Conflict("confirmation_expired", f"The time to confirm ended at {rfc3339(withdrawal.expires_at)}.")
    if not factors.helps(factor, withdrawal.required_factors, withdrawal.used_factors):
        left = factors.missing(withdrawal.required_factors, withdrawal.used_factors)
        if factor in withdrawal.used_factors:
            raise Conflict("factor_used", f"{factor} was used already; {withdrawal.id} still asks for {left[0]}.")
        raise Conflict("factor_not_asked", f"This withdrawal asks for {' and '.join(left)}, not {factor!r}.")
    if payload_of(withdrawal, looked.asset.name) != withdrawal.payload_hash:
        raise Conflict("payload_changed", f"{withdrawal.id} is not what the customer saw any more; nothing is sent.")
    stopped = blocked(looked.facts)
    if stopped is not None:
        raise Forbidden("withdrawals_blocked", f"Withdrawals of this customer are stopped by a {stopped}.")


def _wrong_code(tx: Tx, withdrawal: Withdrawal, policy: Policy) -> Refusal:
    tries = store.wrong_code(tx.conn, withdrawal.id)
    tx.note("factor.refused", withdrawal.id, {"tries": tries})
    if tries >= policy.confirmation_tries:
        end(tx, withdrawal, Status.DECLINED, why="too many wrong codes")
        return TooMany("code_tries_used_up", f"{tries} wrong codes: the withdrawal is declined; ask again.")
    return Forbidden(
        "code_wrong",
        f"The code is wrong, used already or expired; tries left: {policy.confirmation_tries - tries}.",
        field="code",
    )
