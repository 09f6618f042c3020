"""An outside vendor that judges withdrawals, behind one endpoint of our own settings.

Whatever is not a whole answer to our own question is silence: a check that did not take place must never look like one
that found nothing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tidegate.base.findings import Outcome
from tidegate.base.outside import Opinion, Refused, Silent
from tidegate.integrations.posting import TIMEOUT, Posting

OUTCOMES = {o.value: o for o in (Outcome.ALLOW, Outcome.STEP_UP, Outcome.DELAY, Outcome.REVIEW, Outcome.DECLINE)}
"""What a vendor may ask for. To freeze a customer is not theirs to ask."""


class HttpVendor:
    """One vendor. May be used by several threads."""

    def __init__(self, url: str, key: str | None = None, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._posting = Posting(timeout)

    def ask(self, id: str, question: str) -> Opinion:
        """Its opinion. Raises Silent."""
        try:
            body = self._posting.post(self._url, question, {**self._headers, "Idempotency-Key": id})
        except Refused as refused:
            raise Silent(str(refused)) from refused
        return _opinion(id, body)


def _opinion(id: str, body: bytes) -> Opinion:
    try:
        said = json.loads(body)
        if said["id"] != id:
            raise ValueError("it answers another question")
        outcome, detail, until = OUTCOMES[said["outcome"]], said.get("detail", ""), said.get("until")
        if not isinstance(detail, str):
            raise TypeError("detail is no text")
        ends_at = None if until is None else datetime.fromisoformat(until)
        if (ends_at is None) == (outcome is Outcome.DELAY) or (ends_at is not None and ends_at.tzinfo is None):
            raise ValueError("a delay, and nothing else, says until when, with a time zone")
        # Somebody else's text on its way to a page and a database: printable, and not endless.
        words = "".join(letter if letter.isprintable() else " " for letter in detail[:500])
        return Opinion(outcome, words, None if ends_at is None else ends_at.astimezone(UTC))
    except (ValueError, KeyError, TypeError, OverflowError, AttributeError, RecursionError) as fault:
        raise Silent(f"not an answer: {type(fault).__name__} {fault}"[:200]) from fault
