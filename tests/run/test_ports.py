"""Two runs that start at once choose the same port for their nodes; the later one takes another."""

from __future__ import annotations

import socket
from pathlib import Path

from chain_kit import free_port

from tidegate.demo.run import House, _node_port, _start_node
from tidegate.integrations.anvil import Anvil, Miner


def test_a_node_whose_port_was_taken_meanwhile_starts_on_another(tmp_path: Path) -> None:
    (tmp_path / "node.port").write_text(str(free_port()))
    chosen = _node_port(tmp_path)
    anvil = Anvil(tmp_path / "chain" / "state.json", chosen)
    house = House(tmp_path, None, anvil, Miner(anvil.url), [])
    with socket.create_server(("127.0.0.1", chosen)):
        address = _start_node(house)
        try:
            assert address == house.anvil.url != anvil.url
            assert (tmp_path / "node.port").read_text() in address
            house.miner.start()
        finally:
            house.stop()
