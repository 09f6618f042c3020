"""A real local chain for tests: one node for the whole run, each test put back to where it found it.

Bring the fixtures into a test file with `from chain_kit import anvil_url as anvil_url, node as node`.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import pytest
from eth_abi.abi import decode, encode

from tidegate.codec.evm_address import checksum, keccak256, parse
from tidegate.contracts.build import Abi, compiled
from tidegate.integrations.anvil import FAUCET, Anvil
from tidegate.integrations.json_rpc import JsonRpc


@dataclass(frozen=True, slots=True)
class Contract:
    address: str
    abi: Abi


class Node:
    """What a test does to a chain. Everything is sent by the faucet unless said otherwise; nothing mines by itself."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._rpc = JsonRpc(url, timeout=10)

    def close(self) -> None:
        self._rpc.close()

    def ask(self, method: str, *params: object) -> object:
        return self._rpc.ask(method, *params)

    def mine(self, n: int = 1) -> int:
        """Mine so many blocks; the number of the last."""
        for _ in range(n):
            self.ask("evm_mine")
        return int(str(self.ask("eth_blockNumber")), 16)

    def deploy(self, name: str, *args: object) -> Contract:
        """Deploy and mine `contracts/<name>.vy`."""
        made = compiled(name)
        data = made.bytecode + encode(_types(made.abi, "constructor", None), args)
        tx = self.send({"from": FAUCET, "data": "0x" + data.hex()})
        self.mine()
        receipt = cast(dict[str, str], self.ask("eth_getTransactionReceipt", tx))
        assert receipt["status"] == "0x1", f"{name} was not deployed"
        return Contract(checksum(parse(receipt["contractAddress"])), made.abi)

    def send_from_faucet(self, to: str, value: int) -> str:
        """Hand native coins to the pool; the transaction's hash."""
        return self.send({"from": FAUCET, "to": to, "value": hex(value)})

    def transact(
        self,
        contract: Contract,
        function: str,
        *args: object,
        value: int = 0,
        sender: str = FAUCET,
        gas: int = 2_000_000,
    ) -> str:
        """Hand a call to the pool, whether it will succeed or not; the transaction's hash."""
        data = _calldata(contract, function, args)
        call = {"from": sender, "to": contract.address, "data": data, "value": hex(value), "gas": hex(gas)}
        return self.send(call)

    def call(self, contract: Contract, function: str, *args: object) -> object:
        """What a view function returns now."""
        call = {"to": contract.address, "data": _calldata(contract, function, args)}
        answer = bytes.fromhex(str(self.ask("eth_call", call, "latest"))[2:])
        values: tuple[object, ...] = decode(_types(contract.abi, "function", function, "outputs"), answer)
        return values[0] if len(values) == 1 else values

    def send(self, transaction: dict[str, str]) -> str:
        return str(self.ask("eth_sendTransaction", transaction))

    def snapshot(self) -> str:
        return str(self.ask("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Go back to the snapshot: blocks since then are gone, as by a reorganisation; so is the pool."""
        self.ask("anvil_dropAllTransactions")
        assert self.ask("evm_revert", snapshot) is True


@pytest.fixture(scope="session")
def anvil_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A node for the whole run of this test process, which mines only when told."""
    # Reverting to a snapshot does not give the states back that were pruned since: enough for a whole run.
    anvil = Anvil(tmp_path_factory.mktemp("chain") / "state.json", free_port(), states_kept=5000)
    yield anvil.start()
    anvil.stop()


@pytest.fixture
def node(anvil_url: str) -> Iterator[Node]:
    """The node, to which nothing that this test does will have happened."""
    node = Node(anvil_url)
    before = node.snapshot()
    yield node
    try:
        node.revert(before)
    finally:
        node.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fresh_address(seed: str) -> str:
    """An address that nobody has used, the same for the same seed."""
    return checksum(keccak256(seed.encode())[-20:])


def _calldata(contract: Contract, function: str, args: tuple[object, ...]) -> str:
    types = _types(contract.abi, "function", function)
    selector = keccak256(f"{function}({','.join(types)})".encode())[:4]
    return "0x" + (selector + encode(types, args)).hex()


def _types(abi: Abi, kind: str, name: str | None, side: str = "inputs") -> list[str]:
    for entry in abi:
        if entry["type"] == kind and entry.get("name") == name:
            return [value["type"] for value in cast(list[dict[str, str]], entry[side])]
    assert kind == "constructor", f"there is no {kind} {name}"
    return []
