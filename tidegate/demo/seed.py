"""The demo's customers and what they did, through the public API and with real transfers on the chain."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pyotp

from tidegate.codec.evm_address import checksum, keccak256
from tidegate.demo.faucet import Faucet
from tidegate.settings import write_private


class Api:
    """The API as the platform's backend calls it; every thing is made once, however often the seed is run."""

    def __init__(self, said: dict[str, Any]) -> None:
        self._http = httpx.Client(base_url=said["api"], timeout=20, trust_env=False)
        self._key = said["keys"]["integrator"]

    def post(self, path: str, body: dict[str, Any], once: str | None = None) -> dict[str, Any]:
        return self._call("POST", path, body, once)

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("PUT", path, body, None)

    def get(self, path: str) -> dict[str, Any]:
        return self._call("GET", path, None, None)

    def _call(self, method: str, path: str, body: dict[str, Any] | None, once: str | None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}"}
        if once is not None:
            headers["Idempotency-Key"] = f"demo-{once}"
        answer = self._http.request(method, path, json=body, headers=headers)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        said: dict[str, Any] = answer.json()
        return said


def seed(said: dict[str, Any], stop: threading.Event, keep: Path) -> bool:
    """Six customers, each with a story; whether it was finished before `stop`. Who the portal is shown as, with the
    secret of their app, is kept in a file of its own."""
    api, faucet = Api(said), Faucet(said["evm_rpc"])
    contract = str(said["assets"][0]["contract"])
    stories: list[tuple[str, str, int, str, str | None]] = [
        # name, country, coins, amount asked, whom to pay (None = a fresh address)
        ("Ada Lindqvist", "SE", 500, "120", None),
        ("陈思远", "SG", 900, "250.5", None),
        ("Bo Jensen", "DK", 5_000, "1800", None),
        ("Chiara Moretti", "IT", 40_000, "12500", None),
        ("Dmitri Example", "CY", 300, "75", said["demo"]["listed_address"]),
        ("Emeka Obi", "NG", 60, "25", None),
    ]
    people = [_register(api, i, name, country) for i, (name, country, *_) in enumerate(stories)]
    write_private(keep, json.dumps({"id": people[0][0], "authenticator": people[0][1]}))
    for (id, _), (_, _, coins, _, _) in zip(people, stories, strict=True):
        address = api.post(f"/v1/customers/{id}/deposit-addresses", {"asset": "USDT", "network": "evm-local"})
        faucet.send_tokens(contract, address["address"], coins * 10**6)
        if stop.is_set():
            return False
    for (id, secret), (name, _, _, amount, receiver) in zip(people, stories, strict=True):
        if not _wait(partial(_has_coins, api, id), stop):
            return False
        made = api.post(
            "/v1/withdrawals",
            {
                "customer": id,
                "asset": "USDT",
                "network": "evm-local",
                "address": receiver or checksum(keccak256(f"demo receiver of {name}".encode())[-20:]),
                "amount": amount,
            },
            once=f"withdrawal-{id}",
        )
        if made["status"] == "awaiting_confirmation" and name != "Emeka Obi":  # one is left to be confirmed
            code = pyotp.TOTP(secret).at(datetime.now(UTC))
            api.post(f"/v1/withdrawals/{made['id']}/confirm", {"factor": "totp", "code": code})
    return not stop.is_set()


def _register(api: Api, number: int, name: str, country: str) -> tuple[str, str]:
    """A customer with a level and an authenticator app; id and secret. A seed that was interrupted starts over with
    customers of other names."""
    external = f"demo-{number}-{int(time.time())}"
    id = api.post(
        "/v1/customers",
        {"external_id": external, "country": country, "name": name, "email": f"demo{number}@example.com"},
    )["id"]
    api.put(f"/v1/customers/{id}/identity", {"level": 2, "provider": "demo-kyc", "verified_name": name})
    factor = api.post(f"/v1/customers/{id}/factors", {"type": "totp"})
    return id, factor["secret"]


def _has_coins(api: Api, id: str) -> bool:
    """Whether a deposit of the customer was credited."""
    return any(b["available"] != "0" for b in api.get(f"/v1/customers/{id}/balances")["balances"])


def _wait(until: Callable[[], bool], stop: threading.Event, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not stop.is_set():
        if until():
            return True
        if time.monotonic() > deadline:
            raise TimeoutError("the demo's deposits did not arrive within a minute; see the worker's log")
        stop.wait(0.3)
    return False
