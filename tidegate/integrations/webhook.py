"""Webhooks over HTTP: to addresses that are somebody else's word, so to public ones only and those of our settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ssl import SSLContext

from tidegate.base.network import Network, may_be_called
from tidegate.base.outside import Silent
from tidegate.integrations.exchange import Exchange, Unanswered

TIMEOUT = 10.0
"""Seconds for the whole delivery: a receiver should take it, and work later."""

LARGEST_ANSWER = 16 * 1024
"""Nothing in an answer is read but its status; more than this is no answer but an attack."""


class HttpReceiver:
    """Every endpoint. May be used by several threads."""

    def __init__(
        self, private: Collection[Network] = (), timeout: float = TIMEOUT, tls: SSLContext | None = None
    ) -> None:
        """`tls`: whose certificates are believed; None = the system's."""
        allowed = tuple(private)
        guard = lambda address: may_be_called(address, allowed)  # noqa: E731
        self._exchange = Exchange(timeout, LARGEST_ANSWER, guard=guard, tls=tls)

    def close(self) -> None:
        self._exchange.close()

    def deliver(self, url: str, body: str, headers: Mapping[str, str]) -> int:
        """The status of their answer: a redirect is one, and is not followed. Raises Silent."""
        try:
            return self._exchange.post(url, body.encode(), headers).status
        except Unanswered as fault:
            raise Silent(str(fault)) from fault
