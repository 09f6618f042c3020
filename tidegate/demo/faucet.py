"""The local chain's unlocked account: deploys the test USDT and pays deposits, by ordinary JSON-RPC."""

from __future__ import annotations

import time
from typing import cast

from tidegate.codec.evm_address import checksum, parse
from tidegate.codec.evm_transaction import transfer_data
from tidegate.contracts.build import compiled
from tidegate.integrations.anvil import FAUCET
from tidegate.integrations.json_rpc import JsonRpc

SUPPLY = 1_000_000_000 * 10**6


class Faucet:
    """Sends, and waits until it is mined."""

    def __init__(self, rpc: str) -> None:
        self._rpc = JsonRpc(rpc, timeout=10)

    def __enter__(self) -> Faucet:
        return self

    def __exit__(self, *_: object) -> None:
        self._rpc.close()

    def has_code(self, address: str) -> bool:
        """Whether a contract is there."""
        return str(self._rpc.ask("eth_getCode", address, "latest")) not in ("0x", "0x0")

    def deploy_usdt(self) -> str:
        """Deploy the test USDT; its address. The faucet owns the whole supply."""
        data = compiled("TestUSDT").bytecode + SUPPLY.to_bytes(32, "big")
        receipt = self._send({"from": FAUCET, "data": "0x" + data.hex()})
        return checksum(parse(str(receipt["contractAddress"])))

    def send_coins(self, to: str, wei: int) -> str:
        """Pay native coins; the transaction's hash."""
        return str(self._send({"from": FAUCET, "to": to, "value": hex(wei)})["transactionHash"])

    def send_tokens(self, contract: str, to: str, units: int) -> str:
        """Pay tokens; the transaction's hash."""
        data = "0x" + transfer_data(parse(to), units).hex()
        return str(self._send({"from": FAUCET, "to": contract, "data": data})["transactionHash"])

    def _send(self, transaction: dict[str, str]) -> dict[str, object]:
        tx = self._rpc.ask("eth_sendTransaction", transaction)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            receipt = self._rpc.ask("eth_getTransactionReceipt", tx)
            if receipt is not None:
                said = cast(dict[str, object], receipt)
                if said["status"] != "0x1":
                    raise RuntimeError(f"the faucet's transaction {tx} failed")
                return said
            time.sleep(0.1)
        raise TimeoutError(f"the faucet's transaction {tx} was not mined within 30 seconds")
