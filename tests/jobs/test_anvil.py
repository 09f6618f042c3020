"""The local chain outlives kills and torn files, and mines exactly while there is something to mine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chain_kit import Node, free_port, fresh_address

from tidegate.integrations.anvil import CONFIRMING_BLOCKS, Anvil, AnvilFault, AnvilMissing, Miner, binary
from tidegate.integrations.evm import EvmChain

ADA = fresh_address("ada")


@pytest.fixture
def anvil(tmp_path: Path) -> Iterator[Anvil]:
    anvil = Anvil(tmp_path / "state.json", free_port())
    anvil.start()
    yield anvil
    anvil.stop()


@pytest.fixture
def node(anvil: Anvil) -> Iterator[Node]:
    node = Node(anvil.url)
    yield node
    node.close()


def eventually(what: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def kill(anvil: Anvil) -> None:
    assert anvil.pid is not None
    os.kill(anvil.pid, signal.SIGKILL)
    eventually(lambda: anvil.pid is None)


def test_a_stopped_chain_continues_where_it_was(anvil: Anvil, node: Node) -> None:
    tx = node.send_from_faucet(ADA, 5)
    number = node.mine()
    first = anvil.pid
    anvil.stop()
    anvil.stop()
    assert anvil.pid is None
    anvil.start()
    assert anvil.start() == anvil.url
    assert anvil.pid not in (None, first)
    assert anvil.recovered is None
    chain = EvmChain(anvil.url, "local", trace=True)
    receipt = chain.receipt(tx)
    assert receipt is not None
    assert [t.units for t in receipt.transfers] == [5], "a block from before the restart can still be traced"
    assert (chain.balance(ADA, None, number - 1), chain.balance(ADA, None, number)) == (0, 5)
    chain.close()


def test_a_killed_chain_with_a_torn_state_continues_from_its_good_copy(
    anvil: Anvil, node: Node, tmp_path: Path
) -> None:
    number = node.mine(3)
    good = tmp_path / "state.json.good"
    eventually(lambda: good.exists() and b'"best_block_number":3,' in good.read_bytes())
    kill(anvil)
    state = tmp_path / "state.json"
    state.write_bytes(state.read_bytes()[:-20])
    anvil.start()
    assert anvil.recovered is not None
    assert "good copy" in anvil.recovered
    assert node.mine() == number + 1


def test_a_state_torn_before_the_first_good_copy_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_bytes(b'{"block":')
    anvil = Anvil(tmp_path / "state.json", free_port())
    anvil.start()
    assert anvil.recovered is not None
    assert "anew" in anvil.recovered
    anvil.stop()


def test_a_node_whose_owner_was_killed_is_ended_by_the_next_owner(tmp_path: Path) -> None:
    port = free_port()
    program = (
        "import os, sys; from pathlib import Path; from tidegate.integrations.anvil import Anvil\n"
        "anvil = Anvil(Path(sys.argv[1]), int(sys.argv[2])); anvil.start(); print(anvil.pid, flush=True); os._exit(9)"
    )
    state = tmp_path / "state.json"
    said = subprocess.run([sys.executable, "-c", program, str(state), str(port)], capture_output=True, check=False)
    orphan = int(said.stdout)
    os.kill(orphan, 0)  # it lives
    anvil = Anvil(state, port)
    anvil.start()
    assert anvil.pid not in (None, orphan)
    anvil.stop()


def test_a_chain_has_one_owner_and_a_port_of_its_own(anvil: Anvil, tmp_path: Path) -> None:
    with pytest.raises(AnvilFault, match="in use by another process"):
        Anvil(tmp_path / "state.json", free_port()).start()
    with pytest.raises(AnvilFault, match="cannot be used"):
        Anvil(tmp_path / "other.json", int(anvil.url.rpartition(":")[2])).start()


def test_a_missing_program_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(AnvilMissing, match="make setup"):
        binary(tmp_path)


def test_the_miner_mines_a_waiting_transaction_and_what_makes_it_final_and_then_rests(node: Node) -> None:
    miner = Miner(node.url, seconds=0.05)
    miner.start()

    def head() -> int:
        return int(str(node.ask("eth_blockNumber")), 16)

    eventually(lambda: head() == CONFIRMING_BLOCKS)
    time.sleep(0.5)
    assert head() == CONFIRMING_BLOCKS
    node.send_from_faucet(ADA, 5)
    eventually(lambda: head() == 2 * CONFIRMING_BLOCKS + 1)
    time.sleep(0.5)
    assert head() == 2 * CONFIRMING_BLOCKS + 1
    miner.stop()
    miner.stop()


def test_the_miner_goes_on_when_the_chain_comes_back(anvil: Anvil, node: Node) -> None:
    miner = Miner(node.url, seconds=0.05)
    miner.start()
    kill(anvil)
    time.sleep(0.3)
    anvil.start()
    node.send_from_faucet(ADA, 5)
    eventually(lambda: node.ask("eth_getBalance", ADA, "latest") == "0x5")
    miner.stop()
