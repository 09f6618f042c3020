"""One question to a server that may be slow, broken or hostile: bytes of bounded size within a deadline, or nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping

import httpx2

from tidegate.base.outside import Refused, Silent

TIMEOUT = 10.0
"""Seconds for the whole exchange (rulebook section 4, outside vendors)."""

LARGEST_ANSWER = 64 * 1024
_ASK_AGAIN = frozenset({408, 425, 429})


class Posting:
    """Posts JSON to addresses of our own settings. May be used by several threads."""

    def __init__(self, timeout: float = TIMEOUT, largest: int = LARGEST_ANSWER) -> None:
        self._timeout, self._largest = timeout, largest
        # The environment's proxy settings must not decide through whose hands our customers' names go, and a redirect
        # would take them to a server that nobody has chosen.
        self._client = httpx2.Client(timeout=timeout, trust_env=False, follow_redirects=False)

    def close(self) -> None:
        self._client.close()

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> bytes:
        """The body of a 200. Raises Silent where nobody knows whether they took it, Refused for their clear "no"."""
        watch = _Watch(self._timeout)
        answer = bytearray()
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", **headers}
        try:
            with (
                watch,
                self._client.stream(
                    "POST", url, content=body.encode(), headers=headers, extensions={"trace": watch.trace}
                ) as response,
            ):
                if 400 <= response.status_code < 500 and response.status_code not in _ASK_AGAIN:
                    raise Refused(f"HTTP status {response.status_code}")
                if response.status_code != 200:
                    raise Silent(f"HTTP status {response.status_code}")
                for piece in response.iter_raw():
                    answer += piece
                    if len(answer) > self._largest:
                        raise Silent(f"an answer longer than {self._largest} bytes")
        except httpx2.HTTPError as fault:
            late = watch.is_over or isinstance(fault, httpx2.TimeoutException)
            raise Silent(f"no answer within {self._timeout:g} s" if late else f"{type(fault).__name__}") from fault
        if watch.is_over:
            raise Silent(f"no answer within {self._timeout:g} s")
        return bytes(answer)


class _Watch:
    """Ends a connection when its time is over. A timeout of the client is for each piece: a server that sends a byte
    of a header now and then would keep us for days."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Watch:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None

    def trace(self, event: str, info: Mapping[str, object]) -> None:
        """Called by the client; tells us the connection when it is opened."""
        stream = info.get("return_value")
        if event == "connection.connect_tcp.complete" and stream is not None:
            with self._lock:
                self._socket = stream.get_extra_info("socket")  # type: ignore[attr-defined]
            if time.monotonic() >= self._ends:
                self._end()

    def _end(self) -> None:
        with self._lock:
            self.is_over = True
            if self._socket is not None:
                try:
                    self._socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    self._socket = None  # it is closed already
