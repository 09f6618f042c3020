"""Time-based codes (RFC 6238): six digits, 30 seconds, one step early or late, each step once."""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta

import pyotp

STEP_SECONDS = 30
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


def accept(secret: str, code: str, last_step: int, now: datetime) -> int | None:
    """The time step whose code this is, or None. A step up to `last_step` was used and never counts again.

    Where two steps share a code by chance the later one counts, so that the code is spent for both.
    """
    if not _CODE.fullmatch(code):
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(current - 1, current + 2):
        if hmac.compare_digest(code_at(secret, step), code) and step > last_step:
            found = step
    return found


def paused_until(wrong: int, newest: datetime | None, tries: int, pause: timedelta, now: datetime) -> datetime | None:
    """When codes count again after `tries` wrong ones in a row; None where they count now.

    Five tries in each of a million withdrawals would be a guess: so they are counted for the factor, not for what
    it confirms.
    """
    if newest is None or wrong < tries or newest + pause <= now:
        return None
    return newest + pause


def code_at(secret: str, step: int) -> str:
    """The code of one time step."""
    return pyotp.HOTP(secret).at(step)


def uri(secret: str, account: str, issuer: str) -> str:
    """What the customer's authenticator app scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)
