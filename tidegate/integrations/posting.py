"""Questions to servers of our own settings: the body of a 200, their clear "no", or silence."""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.base.outside import Refused, Silent
from tidegate.integrations.exchange import Exchange, Unanswered

TIMEOUT = 10.0
"""Seconds for the whole exchange (rulebook section 4, outside vendors)."""

LARGEST_ANSWER = 64 * 1024
_ASK_AGAIN = frozenset({408, 425, 429})


class Posting:
    """Posts JSON to addresses of our own settings. May be used by several threads."""

    def __init__(self, timeout: float = TIMEOUT, largest: int = LARGEST_ANSWER) -> None:
        self._exchange = Exchange(timeout, largest)

    def close(self) -> None:
        self._exchange.close()

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> bytes:
        """The body of a 200. Raises Silent where nobody knows whether they took it, Refused for their clear "no"."""
        try:
            answer = self._exchange.post(url, body.encode(), headers)
        except Unanswered as fault:
            raise Silent(str(fault)) from fault
        if 400 <= answer.status < 500 and answer.status not in _ASK_AGAIN:
            raise Refused(f"HTTP status {answer.status}")
        if answer.status != 200:
            raise Silent(f"HTTP status {answer.status}")
        return answer.body
