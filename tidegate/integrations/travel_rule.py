"""Travel-rule messages over HTTP: each counterparty's endpoint from our directory, each body signed with our key.

`Tidegate-Signature` is the Ed25519 signature of the body, hex; `Tidegate-Key` the public key. The message's own id is
its idempotency key: sent again, it is the same message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tidegate.base.outside import Message, Refused, Reply, Silent
from tidegate.integrations.posting import TIMEOUT, Posting

STATUSES = ("accepted", "rejected", "pending")


class HttpTravelRule:
    """The counterparties of a directory. May be used by several threads."""

    def __init__(self, endpoints: Mapping[str, str], key: Ed25519PrivateKey, timeout: float = TIMEOUT) -> None:
        self._endpoints, self._key, self._posting = dict(endpoints), key, Posting(timeout)
        self._public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def send(self, message: Message) -> Reply:
        """Send it, once more or for the first time. Raises Silent, Refused."""
        url = self._endpoints.get(message.vasp_id)
        if url is None:
            raise Refused(f"no endpoint is known of {message.vasp_id}")
        body = self._posting.post(
            url,
            message.body,
            {
                "Idempotency-Key": message.id,
                "Tidegate-Key": self._public,
                "Tidegate-Signature": self._key.sign(message.body.encode()).hex(),
            },
        )
        return _reply(message.id, body)


def _reply(id: str, body: bytes) -> Reply:
    try:
        said = json.loads(body)
        status, reason = said["status"], said.get("reason") or ""
        if said["id"] != id or status not in STATUSES or not isinstance(reason, str):
            raise ValueError("another message, an unknown status, or a reason that is no text")
        return Reply(status, "".join(letter if letter.isprintable() else " " for letter in reason[:300]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise Silent(f"not an answer: {type(fault).__name__} {fault}"[:200]) from fault
