"""An endpoint: what may be one, how a delivery is signed, when it is tried again and when it is over."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from tidegate.base.network import Network, may_be_called
from tidegate.base.refusals import Malformed
from tidegate.notifications.webhooks.events import EVERY, TYPES

LONGEST_URL = 500
MOST = 50
"""Endpoints of one platform. Each event is stored for each of them."""

SECRET_BYTES = 32
_PREFIX = "whsec_"

TOLERANCE = timedelta(minutes=5)
"""How far a receiver's clock may be from the signed time: what comes later is a copy of somebody else's."""

OVERLAP_HOURS = range(7 * 24 + 1)
"""How long the secret before may go on signing after a new one was made."""

RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24),
)
"""How long a delivery waits after each failure, at least: ten attempts in three days, then it is dead."""

MOST_DEATHS = 5
"""Senders may die with a delivery so often; who kills them is not sent again."""

DISABLED_AFTER = timedelta(days=5)
"""An endpoint that has answered nothing well for so long is switched off, and people are told."""

LONGEST_REST = timedelta(minutes=10)
KEPT = timedelta(days=30)
"""How long deliveries can be seen and sent again."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as stored."""

    id: str  # "whk_…"
    url: str
    label: str
    types: list[str]
    status: str  # "active", "disabled", "removed"
    created_by: str
    created_at: datetime
    last_sequence: int
    failing_since: datetime | None  # None = it works
    failures: int  # in a row
    rests_until: datetime
    ended_at: datetime | None
    why: str | None  # disabled: in words


def check_url(url: str, private: Collection[Network]) -> None:
    """Raises Malformed `url_invalid`, `url_not_https`, `url_private`.

    A name is judged when it is connected to: what it stands for today says nothing about tomorrow.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as fault:
        raise Malformed("url_invalid", f"{url[:100]!r} is no address of a server: {fault}.", field="url") from fault
    whole = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not (whole and 1 <= len(url) <= LONGEST_URL and parts.scheme in ("https", "http") and host):
        example = "write it like https://hooks.example.com/tidegate"
        raise Malformed("url_invalid", f"{url[:100]!r} is no address of a server; {example}.", field="url")
    if parts.username is not None or parts.password is not None or parts.fragment or port == 0:
        raise Malformed("url_invalid", "Leave user, password, fragment and port 0 out of the address.", field="url")
    literal = _literal(host)
    if literal is not None and not may_be_called(literal, private):
        raise Malformed("url_private", f"{host[:100]} is no public address.", field="url")
    if parts.scheme == "http" and not (literal is not None and _is_named(literal, private)):
        raise Malformed("url_not_https", f"{url[:100]!r} is not encrypted; use https.", field="url")


def _literal(host: str) -> str | None:
    """The IP address that a host is; None = it is a name. "localhost" is not left to whoever answers for names."""
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _is_named(address: str, private: Collection[Network]) -> bool:
    """Whether the settings name a network that holds this address."""
    return any(ip_address(address) in network for network in private)


def check_types(types: Sequence[str]) -> list[str]:
    """The types in order, each once. Raises Malformed `types_invalid` naming what is no type of ours."""
    wrong = sorted(set(types) - TYPES - {EVERY})
    if wrong or not types:
        what = f"{', '.join(wrong)[:200]} is no type of event" if wrong else "no type of event is named"
        raise Malformed("types_invalid", f"{what}; docs/reference.md lists them, * is every one.", field="types")
    return [EVERY] if EVERY in types else sorted(set(types))


def check_label(label: str) -> None:
    """Raises Malformed `label_invalid`."""
    if not 1 <= len(label) <= 100 or not label.isprintable() or label != label.strip():
        raise Malformed("label_invalid", "Say in 1 to 100 printable characters whose endpoint it is.", field="label")


# --- signatures --------------------------------------------------------------------------------------------------


def as_text(secret: bytes) -> str:
    """A secret as its owner keeps it."""
    return _PREFIX + base64.b64encode(secret).decode()


def from_text(text: str) -> bytes:
    """Raises ValueError for a text that is no secret."""
    if not text.startswith(_PREFIX):
        raise ValueError("a secret begins with whsec_")
    try:
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error as fault:
        raise ValueError(f"a secret is base64 after whsec_: {fault}") from fault


def signed(id: str, at: datetime, body: str, secrets: Sequence[bytes]) -> dict[str, str]:
    """The three headers of Standard Webhooks: one signature per secret, so that a receiver may still have the old one.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    seconds = int(at.timestamp())
    text = f"{id}.{seconds}.{body}".encode()
    signatures = [base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode() for secret in secrets]
    return {
        "webhook-id": id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def verify(headers: Mapping[str, str], body: str, secret: bytes, now: datetime) -> bool:
    """What a receiver does: whether the body is ours and fresh. Header names in small letters."""
    id, stated = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (stated.isascii() and stated.isdigit() and len(stated) <= 12):
        return False
    if abs(now.timestamp() - int(stated)) > TOLERANCE.total_seconds():
        return False
    ours = hmac.new(secret, f"{id}.{stated}.{body}".encode(), hashlib.sha256).digest()
    expected = f"v1,{base64.b64encode(ours).decode()}"
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in given)


# --- what comes of an attempt ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt makes of a delivery."""

    status: str  # "delivered", "queued", "dead"
    next_at: datetime


def after(failures: int, now: datetime) -> Outcome:
    """Of a delivery that has failed so often in this round."""
    if failures > len(RETRIES):
        return Outcome("dead", now)
    return Outcome("queued", now + RETRIES[failures - 1])


def rest(failures: int) -> timedelta:
    """How long an endpoint rests after so many failures in a row: one alone says nothing about the next delivery."""
    if failures <= 1:
        return timedelta(0)
    return min(LONGEST_REST, timedelta(seconds=5 << min(failures - 2, 10)))


def is_success(status: int) -> bool:
    return 200 <= status < 300


GONE = 410
"""The answer of a receiver that wants no more: the endpoint is switched off at once."""


def ends(answer: int | None, failing_since: datetime | None, now: datetime) -> str | None:
    """Why a failed attempt switches the endpoint off, in words; None = it does not."""
    if answer == GONE:
        return "it answered 410: it wants no more deliveries"
    if failing_since is not None and now - failing_since >= DISABLED_AFTER:
        return f"nothing was taken for {DISABLED_AFTER.days} days"
    return None
