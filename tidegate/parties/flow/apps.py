"""An authenticator app that is being set up: it counts once it has shown a code.

Until then its secret stands nowhere but in the form that shows it, sealed for whoever sets it up: a page that was
closed too early leaves nobody with an app that they do not have.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

import pyotp

from tidegate.base import sealing
from tidegate.base.refusals import Malformed
from tidegate.parties import totp


@dataclass(frozen=True, slots=True)
class App:
    """An authenticator app that is not in use yet: `kept` comes back with the form that shows a code of it."""

    secret: str
    otpauth_uri: str
    kept: str


def offer(about: str, account: str, data_key: bytes, issuer: str, kept: str = "") -> App:
    """A new secret, or the one that a form of the same `about` brought back: it may have been scanned already."""
    try:
        secret = _unsealed(data_key, kept, about) if kept else pyotp.random_base32()
    except Malformed:
        secret = pyotp.random_base32()
    sealed = sealing.seal(data_key, os.urandom(sealing.NONCE_BYTES), secret.encode(), about)
    return App(secret, totp.uri(secret, account, issuer), urlsafe_b64encode(sealed).decode())


def shown(about: str, kept: str, code: str, data_key: bytes, now: datetime) -> tuple[str, int]:
    """The secret of the app that has shown this code, and the time step that is spent with it.

    Raises Malformed `app_unknown`, `app_code_wrong`.
    """
    secret = _unsealed(data_key, kept, about)
    step = totp.accept(secret, code.strip(), 0, now)
    if step is None:
        raise Malformed(
            "app_code_wrong", "This is not the code that the app shows now; scan it and try again.", field="code"
        )
    return secret, step


def _unsealed(data_key: bytes, kept: str, about: str) -> str:
    try:
        return sealing.unseal(data_key, urlsafe_b64decode(kept.encode()), about).decode()
    except (ValueError, sealing.NotSealedHere) as bad:
        raise Malformed(
            "app_unknown", "This form's app is not one of yours; open the page again.", field="code"
        ) from bad
