"""The server's patience: how large a request's head may be, and how long a request may take to come in.

uvicorn reads a head of any length and waits for ever for the rest of a request. Both are open to callers without a
key: 100 MB of headers were 100 MB of memory, and 300 requests that never ended were 300 open files until the
process stopped.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 64 * 1024
"""Line and headers of one request. A megabyte of pieces that arrive at once may still be looked at, never kept."""

SECONDS_TO_COME_IN = 20.0
"""From the first byte, or from the connection, to the last byte of a request."""


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, which ends what is too large or too slow instead of waiting for it."""

    most_head_bytes = MOST_HEAD_BYTES
    seconds_to_come_in = SECONDS_TO_COME_IN

    _head_bytes: int | None = 0  # read of the head under way; None = it is complete
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._hurry()

    def connection_lost(self, exc: Exception | None) -> None:
        self._relax()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_bytes is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes is not None and self._head_bytes > self.most_head_bytes:
            if not self.transport.is_closing():
                self.send_400_response(f"The head of a request may have at most {self.most_head_bytes} bytes.")
            self.transport.abort()  # not close: its end would be read to the last byte first

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self._hurry()

    def on_headers_complete(self) -> None:
        self._head_bytes = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._relax()
        super().on_message_complete()
        self._head_bytes = 0

    def _hurry(self) -> None:
        self._relax()
        self._deadline = self.loop.call_later(self.seconds_to_come_in, self.transport.abort)

    def _relax(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
