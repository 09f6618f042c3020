"""One exchange with a server that may be slow, broken or hostile: a bounded answer within a deadline, or none.

Everything of ours that speaks HTTP goes through here. A redirect is an answer like any other and is never followed, the
environment's proxy settings decide nothing, and where a guard is set the connection goes to an address that it allowed:
the name is resolved once, judged, and not resolved again.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from ssl import SSLContext
from typing import Any

import httpcore2

import tidegate

Guard = Callable[[str], bool]
"""Whether this IP address may be connected to."""


class Unanswered(Exception):
    """There is no whole answer, and nobody knows what the server did. The message says why."""


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    body: bytes


class Exchange:
    """Posts and reads answers. May be used by several threads, each with a deadline of its own."""

    def __init__(
        self,
        timeout: float,
        largest: int,
        *,
        piece: float | None = None,
        keep: bool = False,
        guard: Guard | None = None,
        tls: SSLContext | None = None,
    ) -> None:
        """`timeout`: seconds for the whole of it; `piece`: for connecting and for each read (None = no bound of its
        own); `largest`: bytes of an answer. `keep`: keep connections for the next question. A stale one that fails
        after a question went out is a question asked twice, so only where asking twice is harmless."""
        self._timeout, self._largest = timeout, largest
        self._patience = threading.local()
        wire = _Wire(self._patience, timeout if piece is None else piece, guard)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls or httpcore2.default_ssl_context(),
            max_connections=None,
            max_keepalive_connections=10 if keep else 0,
            keepalive_expiry=5.0,
            network_backend=wire,
        )

    def close(self) -> None:
        self._pool.close()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Post JSON. Raises Unanswered; whatever status came is an answer."""
        self._patience.until = time.monotonic() + self._timeout
        sent = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",  # a few bytes can unpack to gigabytes
            "User-Agent": f"Tidegate/{tidegate.__version__}",
            **headers,
        }
        answer = bytearray()
        try:
            with self._pool.stream("POST", url, headers=list(sent.items()), content=body) as response:
                for piece in response.iter_stream():
                    answer += piece
                    if len(answer) > self._largest:
                        raise Unanswered(f"the answer is longer than {self._largest} bytes")
                return Answered(response.status, bytes(answer))
        except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as fault:
            # Over is over, however it shows: a connection that we end ourselves fails in many ways.
            if isinstance(fault, httpcore2.TimeoutException) or time.monotonic() >= self._patience.until:
                raise Unanswered(f"the answer did not end within {self._timeout:g} s") from fault
            raise Unanswered(f"{type(fault).__name__} {fault}".strip()) from fault


class _Wire(httpcore2.NetworkBackend):
    """Opens connections whose every read and write ends with the deadline of the thread that waits for it. A timeout
    of a client is for each piece: a server that sends a byte of a header now and then would keep us for days."""

    def __init__(self, patience: threading.local, piece: float, guard: Guard | None) -> None:
        self._patience, self._piece, self._guard = patience, piece, guard
        self._plain = httpcore2.SyncBackend()

    def left(self) -> float:
        """Seconds that the next piece may take."""
        rest: float = self._patience.until - time.monotonic()
        if rest <= 0:
            raise httpcore2.ReadTimeout
        return min(rest, self._piece)

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore2.NetworkStream:
        *first, last = self._addresses(host, port)
        for address in first:
            with contextlib.suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):  # the next one may be there
                return _Stream(self._plain.connect_tcp(address, port, self.left()), self)
        return _Stream(self._plain.connect_tcp(last, port, self.left()), self)

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        """Where to connect to, at least one. All that the name stands for must be allowed: which one is tried first is
        up to whoever answers for the name."""
        found = self._resolved(host, port)
        refused = [address for address in found if self._guard is not None and not self._guard(address)]
        if refused or not found:
            where = refused[0] if refused else "nowhere"
            raise httpcore2.ConnectError(f"{host[:100]} is at {where}, which is no public address")
        return found

    def _resolved(self, host: str, port: int) -> list[str]:
        """What the name stands for. The system's resolver knows no deadline, so a thread waits for it, which ends when
        the resolver does and keeps nobody, not even the end of the process."""
        said: SimpleQueue[list[str] | Exception] = SimpleQueue()

        def ask() -> None:
            try:
                said.put([str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
            except (OSError, UnicodeError) as fault:
                said.put(fault)

        threading.Thread(target=ask, name="resolver", daemon=True).start()
        try:
            answer = said.get(timeout=self.left())
        except Empty:
            raise httpcore2.ConnectTimeout(f"{host[:100]} was not resolved in time") from None
        if isinstance(answer, Exception):
            raise httpcore2.ConnectError(f"{host[:100]} cannot be resolved: {answer}") from answer
        return list(dict.fromkeys(answer))


class _Stream(httpcore2.NetworkStream):
    """A connection, with the wire's patience instead of any timeout."""

    def __init__(self, inner: httpcore2.NetworkStream, wire: _Wire) -> None:
        self._inner, self._wire = inner, wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._wire.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._wire.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._wire.left()), self._wire)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
