"""A factor proves that it is the customer: a code, or a passkey's signature over what it confirms."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog

from tidegate.base import sealing
from tidegate.base.refusals import Conflict, Forbidden, Refusal, TooMany
from tidegate.base.times import rfc3339
from tidegate.db import Tx
from tidegate.parties import passkey, store, totp
from tidegate.parties.passkey import NotRight, Relying
from tidegate.parties.store import Enrolled as InUse

log = structlog.get_logger("parties")


def challenge_passkey(
    tx: Tx, party_id: str, subject: str, bound_to: str, relying: Relying, minutes: int
) -> dict[str, Any]:
    """What the customer's browser is asked to sign for `subject`; the challenge is bound to `bound_to`.

    The caller holds the party's lock. Raises Conflict `factor_missing` where they have no passkey.
    """
    keys = [found.credential for found in store.factors(tx.conn, party_id) if found.credential is not None]
    if not keys:
        raise Conflict("factor_missing", f"Customer {party_id} has no passkey; enrol one first.")
    nonce = os.urandom(passkey.NONCE_BYTES)
    asked = passkey.challenge(bound_to, nonce)
    until = tx.now + timedelta(minutes=minutes)
    store.add_challenge(tx.conn, store.Challenge(asked, party_id, subject, nonce, "", tx.now, until, None))
    return passkey.request_options(relying, asked, keys, minutes)


def check_passkey(
    tx: Tx, party_id: str, subject: str, bound_to: str, credential: Mapping[str, Any], relying: Relying
) -> InUse | Refusal:
    """The passkey that has signed for `subject` and what it is bound to, or why it did not.

    The challenge is used up either way, with the caller's transaction. A counter that ran backwards is an alarm
    (`passkey_copied`): the key exists twice. Raises Conflict: `challenge_unknown`, `challenge_used`,
    `challenge_expired`.
    """
    try:
        asked = open_challenge(tx, passkey.signed_challenge(credential))
        if (asked.subject, asked.party_id) != (subject, party_id):
            raise Conflict("challenge_unknown", "The authenticator signed a challenge for something else.")
        if passkey.challenge(bound_to, asked.nonce) != asked.challenge:
            raise NotRight("the challenge is not bound to what is confirmed")
        found = store.passkey(tx.conn, party_id, passkey.used_credential(credential))
        if found is None or found.public_key is None:
            raise NotRight("no such passkey of this customer is in use")
        count = passkey.count_after(relying, credential, asked.challenge, found.public_key)
    except NotRight as wrong:
        return Forbidden("passkey_refused", f"The passkey's answer is not right: {wrong}.", field="credential")
    if passkey.ran_backwards(found.sign_count, count):
        tx.note("factor.copied", party_id, {"factor": found.id, "count": count, "count_before": found.sign_count})
        log.error("a passkey's counter ran backwards", party=party_id, factor=found.id)
        return Forbidden(
            "passkey_copied",
            f"The counter of {found.id} went from {found.sign_count} to {count}: somebody has a copy of it. Nothing is "
            "confirmed with it; remove it and enrol a new one.",
            field="credential",
        )
    store.counted(tx.conn, found.id, count)
    return found


def open_challenge(tx: Tx, challenge: bytes) -> store.Challenge:
    """The challenge, used up with the caller's transaction. Raises Conflict."""
    asked = store.challenge(tx.conn, challenge)
    if asked is None:
        raise Conflict("challenge_unknown", "Nobody here has asked for this signature; ask for a challenge first.")
    if asked.used_at is not None:
        raise Conflict("challenge_used", "This challenge was answered already; ask for a new one.")
    if asked.expires_at <= tx.now:
        raise Conflict(
            "challenge_expired", f"The time to answer ended at {rfc3339(asked.expires_at)}; ask for a new challenge."
        )
    store.use_challenge(tx.conn, challenge, tx.now)
    return asked


def check_totp(tx: Tx, party_id: str, code: str, data_key: bytes, tries: int, pause: timedelta) -> bool:
    """Whether the code is the customer's and unused; it is then spent with the caller's transaction.

    A wrong code is False, and counted with the caller's transaction: after `tries` in a row, whatever they were for,
    the factor takes no code until `pause` is over. Raises Conflict `factor_missing`, TooMany `codes_paused`.
    """
    factor = store.factor(tx.conn, party_id)
    if factor is None:
        raise Conflict("factor_missing", f"Customer {party_id} has no authenticator app; enrol one first.")
    until = totp.paused_until(factor.wrong_codes, factor.wrong_at, tries, pause, tx.now)
    if until is not None:
        raise TooMany(
            "codes_paused",
            f"{factor.wrong_codes} wrong codes in a row: no code counts before {rfc3339(until)}. A new factor may be "
            "enrolled at once.",
            field="code",
            until=until,
        )
    secret = sealing.unseal(data_key, factor.sealed, about_factor(factor.id, party_id)).decode()
    step = totp.accept(secret, code, factor.last_step, tx.now)
    if step is None:
        before = factor.wrong_codes if factor.wrong_codes < tries else 0  # a pause that is over gives all tries back
        store.wrong_code(tx.conn, factor.id, before + 1, tx.now)
        return False
    store.spend_step(tx.conn, factor.id, step)
    return True


def about_factor(factor_id: str, party_id: str) -> str:
    return f"{factor_id} of {party_id}"
