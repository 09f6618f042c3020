"""Places, a directory and a real counterparty on loopback for tests of the travel rule."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from house import House
from http_kit import listening

from tidegate.screening import travel_rule
from tidegate.screening.travel_rule import Counterparty, Receiver, Sender, Statement

SINCE = {"since": "2025-01-01", "source": "made up"}
US = travel_rule.provider("Tidegate Exchange", "DE", "506700T7Z685VUOZL877")
VASPS = {"bob": travel_rule.provider("Bob VASP", "AT")}
BEN = {"name": "Clark", "given_names": "Lawrence", "kind": "natural"}
BOB = {"vasp_id": "bob", "name": "Bob VASP", "country": "AT"}
WHOLE = {"beneficiary": BEN, "counterparty": BOB}


def usd(ask: str, amount: str, **more: Any) -> dict[str, Any]:
    return {**SINCE, "ask": ask, "amount": amount, "currency": "USD", **more}


def of_places(*rules: dict[str, Any]) -> dict[str, Any]:
    said = {"standing": "allowed", "since": "2020-01-01", "source": "made up"}
    return {"DE": {**said, "rules": [{**SINCE, **rule} for rule in rules]}}


LAW = of_places(
    usd("travel_rule", "100", over="at_least", fields="basic"),
    usd("travel_rule", "1000", over="at_least", fields="extended"),
    usd("ownership_proof", "500", over="at_least"),
)


def under_law(house: House, *rules: dict[str, Any], **sections: Any) -> House:
    house.agree(places=of_places(*rules) if rules else LAW, operator="DE", **sections)
    return house


@dataclass
class Heard:
    """What a counterpart was sent."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Answering:
    """What a counterpart says: an HTTP status and bytes, or anything done to the connection."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    rude: Callable[[BaseHTTPRequestHandler], None] | None = None


@contextmanager
def counterpart(
    say: Callable[[Heard], Answering], *, keep: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[Heard]]]:
    """A server on loopback; its URL, and what it heard. `keep`: it lets a connection be used again."""
    heard: list[Heard] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1" if keep else "HTTP/1.0"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(Heard(self.path, {k.lower(): v for k, v in self.headers.items()}, raw))
            answer = say(heard[-1])
            try:
                if answer.rude is not None:
                    answer.rude(self)
                    return
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the caller's patience ended, which is what some tests are about

        def log_message(self, *_: object) -> None: ...

    with listening(Handler, tls) as url:
        yield url, heard


def said(**body: Any) -> Answering:
    return Answering(200, json.dumps(body).encode())


def letter(to: str, receiver: Receiver | None = None, **change: object) -> dict[str, Any]:
    """A message as a counterparty of ours writes it, about coins on their way to an address."""
    stated = Statement(receiver or Receiver("Clark", "Lawrence"), Counterparty("us", "Tidegate Exchange", "DE"))
    sender = Sender("their-customer-1", "Ada Lovelace", "GB", None)
    payload = travel_rule.build("basic", sender, stated, to, VASPS["bob"], US)
    return {
        "id": "trm_1",
        "asset": "USDT",
        "network": "evm-local",
        "address": to,
        "memo": None,
        "amount": "99.9",
        "ivms101": payload,
        **change,
    }
