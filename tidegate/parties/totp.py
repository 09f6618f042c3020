"""Time-based codes (RFC 6238): six digits, 30 seconds, one step early or late, each step once."""

from __future__ import annotations

import hmac
import re
from datetime import datetime

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


def code_at(secret: str, step: int) -> str:
    """The code of one time step."""
    return pyotp.HOTP(secret).at(step)


def uri(secret: str, account: str, issuer: str) -> str:
    """What the customer's authenticator app scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)
