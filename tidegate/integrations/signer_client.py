"""Talking to the signer. An answer that is not one means nothing: Unreachable, and the same order is asked again."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.base.chain import Unreachable
from tidegate.base.signing import Order, Signed, SignerRefused
from tidegate.codec.evm_transaction import hash_of
from tidegate.codec.signer_wire import MOST_BYTES, line, write_order


@dataclass(frozen=True, slots=True)
class Described:
    """What a signer says of itself."""

    hot_address: str
    deposit_xpub: str


class SignerClient:
    """One line to the signer, opened when needed. Not shared between threads."""

    def __init__(self, path: Path, timeout: float = 5.0) -> None:
        self._path, self._timeout = path, timeout
        self._line: socket.socket | None = None

    def sign(self, order: Order) -> Signed:
        """The signed bytes of an order. Raises SignerRefused, or Unreachable: then nobody knows."""
        said = self._ask(write_order(order))
        try:
            signed = Signed(bytes.fromhex(said["raw"]), str(said["hash"]))
        except (KeyError, TypeError, ValueError) as fault:
            raise Unreachable(f"the signer's answer cannot be read: {fault}") from fault
        if hash_of(signed.raw) != signed.hash:
            raise Unreachable("the signer's hash is not the hash of its bytes")
        return signed

    def describe(self, network: str) -> Described:
        """Which wallet it pays from. Raises as `sign` does."""
        said = self._ask(line({"do": "describe", "network": network}))
        try:
            return Described(str(said["hot_address"]), str(said["deposit_xpub"]))
        except (KeyError, TypeError) as fault:
            raise Unreachable(f"the signer's answer cannot be read: {fault}") from fault

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _ask(self, request: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(self._exchange(request))
            if "refused" in answer:
                raise SignerRefused(str(answer["refused"]["code"]), str(answer["refused"]["message"]))
            said: dict[str, Any] = answer["ok"]
            return said
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as fault:
            self.close()
            raise Unreachable(f"the signer gave no usable answer: {type(fault).__name__} {fault}") from fault

    def _exchange(self, request: bytes) -> bytes:
        """Send a line and read one. A line that was hung up since the last call is opened once more."""
        for fresh in (False, True):
            if self._line is None:
                self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self._line.settimeout(self._timeout)
                self._line.connect(str(self._path))
                fresh = True
            try:
                self._line.sendall(request)
                answer = self._read()
            except OSError:
                self.close()
                if fresh:
                    raise
                continue
            if answer:
                return answer
            self.close()
            if fresh:
                break
        raise ConnectionError("the signer hung up")

    def _read(self) -> bytes:
        assert self._line is not None
        parts: list[bytes] = []
        while not parts or not parts[-1].endswith(b"\n"):
            part = self._line.recv(65536)
            if not part:
                return b""
            parts.append(part)
            if sum(map(len, parts)) > MOST_BYTES:
                raise ValueError("the answer is too long")
        return b"".join(parts)
