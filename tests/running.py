"""The whole product as a stranger starts it: `tidegate run` as a process, and a customer who uses it over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pyotp
from chain_kit import free_port, fresh_address

from tidegate.demo.faucet import Faucet

COIN = 10**6
COMMAND = (sys.executable, "-m", "tidegate", "run")


class Running:
    """One `tidegate run` with a data folder and a port of its own."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20, trust_env=False)

    def start(self) -> None:
        (self.home / "run.json").unlink(missing_ok=True)
        if not (self.home / "node.port").exists():
            self.home.mkdir(parents=True, exist_ok=True)
            (self.home / "node.port").write_text(str(free_port()))
        with open(self.home / "run.log", "ab") as said:
            self.process = subprocess.Popen(
                [*COMMAND, "--data-dir", str(self.home), "--port", str(self.port), "--empty"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={k: v for k, v in os.environ.items() if k != "TIDEGATE_DATABASE_URL"},
            )
        self.until("it runs", lambda: (self.home / "run.json").exists(), 90)

    def end(self, number: int = signal.SIGINT) -> int:
        """Send the signal and wait; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.end()
        self._http.close()

    @property
    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads((self.home / "run.json").read_text())
        return said

    @property
    def usdt(self) -> str:
        return str(self.said["assets"][0]["contract"])

    def until(self, what: str, done: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"it ended: {self.log()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} seconds: {what}. {self.log()}")
            time.sleep(0.1)

    def log(self) -> str:
        parts = [self.home / "run.log", *sorted((self.home / "logs").glob("*.log"))]
        return "\n".join(f"--- {p.name}\n{p.read_text()[-1500:]}" for p in parts if p.exists())

    def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        role: str = "integrator",
        key: str | None = None,
    ) -> httpx.Response:
        """One call; while a part is down it is tried again, as clients do."""
        headers = {"Authorization": f"Bearer {self.said['keys'][role]}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        deadline = time.monotonic() + 40
        while True:
            try:
                answer = self._http.request(method, path, json=body, headers=headers)
                if answer.status_code != 503 or time.monotonic() > deadline:
                    return answer
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    def ok(self, method: str, path: str, body: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        answer = self.call(method, path, body, **more)
        assert answer.status_code < 300, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def customer(self, name: str, coins: int) -> tuple[str, pyotp.TOTP]:
        """A verified customer with an authenticator app and a deposit on its way."""
        body = {"external_id": name, "country": "DE", "name": name, "email": f"{name}@example.com"}
        id = self.ok("POST", "/v1/customers", body, key=f"c-{name}")["id"]
        self.ok("PUT", f"/v1/customers/{id}/identity", {"level": 2})
        secret = self.ok("POST", f"/v1/customers/{id}/factors", {"type": "totp"})["secret"]
        wanted = {"asset": "USDT", "network": "evm-local"}
        address = self.ok("POST", f"/v1/customers/{id}/deposit-addresses", wanted)["address"]
        with Faucet(self.said["evm_rpc"]) as faucet:
            faucet.send_tokens(self.usdt, address, coins * COIN)
        self.until("the deposit is credited", lambda: self.available(id) == str(coins))
        return id, pyotp.TOTP(secret)

    def available(self, id: str) -> str:
        found = self.ok("GET", f"/v1/customers/{id}/balances")["balances"]
        return next((str(b["available"]) for b in found), "0")

    def withdraw(self, id: str, totp: pyotp.TOTP, amount: str, address: str, key: str) -> str:
        """Ask and confirm; the withdrawal's id."""
        body = {"customer": id, "asset": "USDT", "network": "evm-local", "address": address, "amount": amount}
        made = self.ok("POST", "/v1/withdrawals", body, key=key)
        self.confirm(made["id"], totp)
        return str(made["id"])

    def confirm(self, id: str, totp: pyotp.TOTP) -> None:
        """Confirm with the next code that was not used yet. An answer that got lost is asked for, not guessed."""

        def confirmed() -> bool:
            code = totp.at(datetime.now(UTC))
            answer = self.call(
                "POST", f"/v1/withdrawals/{id}/confirm", {"factor": "totp", "code": code}, key=f"{id}{code}"
            )
            if answer.status_code == 403 and answer.json()["code"] == "code_wrong":
                time.sleep(5)  # that code was used; the app shows a new one within 30 seconds
                return False
            assert answer.status_code in (200, 409), answer.text
            return True

        self.until("a new code", confirmed, 40)

    def status(self, id: str) -> str:
        return str(self.ok("GET", f"/v1/withdrawals/{id}")["status"])

    def tokens(self, address: str) -> int:
        data = "0x70a08231" + address[2:].lower().rjust(64, "0")
        call = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{"to": self.usdt, "data": data}, "latest"]}
        answer = httpx.post(self.said["evm_rpc"], json=call, timeout=10, trust_env=False).json()
        return int(answer["result"], 16)


@contextmanager
def running(home: Path) -> Iterator[Running]:
    home.mkdir(parents=True, exist_ok=True)
    for folder in (home, *home.parents):
        if str(folder).startswith(("/tmp/", "/var/tmp/")) and folder.owner() == home.owner():
            folder.chmod(folder.stat().st_mode | 0o711)  # private to us, not to the database's account
    it = Running(home)
    try:
        it.start()
        yield it
    finally:
        it.close()


def pids_of(home: Path) -> list[int]:
    """Every process whose command line names the data folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(home) in said and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def pid_of_part(home: Path, part: str) -> int:
    """The process of one part: work, sign, serve, anvil or postgres."""
    if part == "postgres":
        return int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    for pid in pids_of(home):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        if part == "anvil" and words[0].endswith("anvil"):
            return pid
        if words[1:4] == ["-m", "tidegate", part]:
            return pid
    raise AssertionError(f"{part} does not run")


def unused_address(seed: str) -> str:
    return fresh_address(f"{seed} {time.time_ns()}")
