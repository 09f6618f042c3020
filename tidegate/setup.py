"""`tidegate setup FILE`: what a deployment stands on, from one file. What is there stays; what differs is refused.

The file names networks with their chain id and finality, and the assets on them. The wallet and the deposit key are
asked of the signer, the block from which deposits count of the node. Policies, lists and further keys come over the
API, from people who answer for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tidegate.base.chain import Block
from tidegate.base.money import Asset
from tidegate.codec import evm_address
from tidegate.custody import flow as custody
from tidegate.custody.chain import Chain, Described, Signer
from tidegate.db import Conn, act
from tidegate.integrations.evm import EvmChain
from tidegate.integrations.signer_client import SignerClient
from tidegate.ledger import store as ledger
from tidegate.parties import flow as parties
from tidegate.settings import Settings

ACTOR = "setup"


class SetupFault(Exception):
    """File, node, signer and database do not agree; the message says about what. Nothing was written."""


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    chain_id: int
    finality: int  # blocks, its own counted, after which nothing is undone


@dataclass(frozen=True, slots=True)
class AssetPlan:
    symbol: str
    network: str
    decimals: int
    contract: str | None  # None = the native coin

    @property
    def name(self) -> str:
        return f"{self.symbol}@{self.network}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall be there."""

    networks: Mapping[str, NetworkPlan]
    assets: Sequence[AssetPlan]
    admin: str | None = None  # whose the first admin's key is; None = no key is made


@dataclass(frozen=True, slots=True)
class Seen:
    """A network as its node and its signer show it."""

    head: Block
    signer: Described


def read(path: Path) -> Plan:
    """The file. Raises SetupFault naming what cannot be right."""
    try:
        said = json.loads(path.read_text())
        plan = Plan(
            {name: NetworkPlan(_whole(n["chain_id"]), _whole(n["finality"])) for name, n in said["networks"].items()},
            [AssetPlan(a["asset"], a["network"], _whole(a["decimals"], 0), a.get("contract")) for a in said["assets"]],
            said.get("admin"),
        )
        return Plan(plan.networks, [_spelled(asset, plan) for asset in plan.assets], plan.admin)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise SetupFault(f"{path} is no setup file: {type(fault).__name__} {fault}.") from fault


def _whole(said: object, least: int = 1) -> int:
    if type(said) is not int or said < least:
        raise ValueError(f"{said!r} is no whole number from {least} on")
    return said


def _spelled(asset: AssetPlan, plan: Plan) -> AssetPlan:
    if asset.network not in plan.networks:
        raise ValueError(f"{asset.name} is on a network that the file does not name")
    natives = [a.symbol for a in plan.assets if a.network == asset.network and a.contract is None]
    if len(natives) != 1:
        raise ValueError(f"{asset.network} needs exactly one native coin, an asset without contract; it has {natives}")
    if [a.name for a in plan.assets].count(asset.name) > 1:
        raise ValueError(f"{asset.name} is there twice")
    if asset.decimals > 36:
        raise ValueError(f"{asset.name} has {asset.decimals} decimals; no coin has more than 36")
    if asset.contract is None:
        return asset
    return AssetPlan(
        asset.symbol, asset.network, asset.decimals, evm_address.checksum(evm_address.parse(asset.contract))
    )


def look(plan: Plan, name: str, chain: Chain, signer: Signer) -> Seen:
    """Ask the node and the signer about a network. Raises SetupFault, Unreachable, SignerRefused."""
    said = chain.chain_id()
    if said != plan.networks[name].chain_id:
        raise SetupFault(f"{name} has chain id {plan.networks[name].chain_id} in the file, its node says {said}.")
    return Seen(chain.head(), signer.describe(name))


def install(conn: Conn, plan: Plan, seen: Mapping[str, Seen], now: datetime) -> str | None:
    """Assets, networks and the first admin's key, in one transaction; the key, where one was made.

    Raises SetupFault where something is there already and is not what the file says.
    """
    with act(conn, ACTOR, now):
        known = {asset.name: asset for asset in ledger.assets(conn)}
        free = max((asset.id for asset in known.values()), default=0) + 1
        for asset in plan.assets:
            before = known.get(asset.name)
            if before is None:
                ledger.add_asset(conn, Asset(free, asset.symbol, asset.network, asset.decimals, asset.contract))
                free += 1
            elif (before.decimals, before.contract) != (asset.decimals, asset.contract):
                raise SetupFault(
                    f"{asset.name} is known with {before.decimals} decimals at {before.contract}; the file says "
                    f"{asset.decimals} at {asset.contract}. An asset never changes: give another one another name."
                )
        for name, network in plan.networks.items():
            _network(conn, name, network, seen[name], now)
        if plan.admin is None or any(key.role == "admin" for key in parties.keys(conn)):
            return None
        return parties.create_key(conn, "admin", plan.admin, ACTOR, now).secret


def _network(conn: Conn, name: str, plan: NetworkPlan, seen: Seen, now: datetime) -> None:
    wanted = custody.Network(name, plan.chain_id, plan.finality, seen.signer.deposit_xpub)
    before = {network.id: network for network in custody.networks(conn)}.get(name, wanted)
    hot = [wallet.address for wallet in custody.wallets(conn, name) if wallet.kind == "hot"]
    if before != wanted or hot not in ([], [seen.signer.hot_address]):
        raise SetupFault(
            f"{name} is known with chain id {before.chain_id}, finality {before.finality} and the wallet {hot}; file, "
            f"node and signer say {plan.chain_id}, {plan.finality} and {seen.signer.hot_address}."
        )
    custody.register_network(conn, wanted, seen.signer.hot_address, seen.head.number, seen.head.hash, ACTOR, now)


def set_up(conn: Conn, settings: Settings, path: Path, now: datetime) -> dict[str, Any]:
    """Do what the file says; what there is now, for the person who ran it."""
    plan = read(path)
    missing = sorted(set(plan.networks) - set(settings.networks))
    if missing:
        raise SetupFault(f"The settings have no node for {missing[0]}.")
    signer = SignerClient(settings.signer_socket)
    chains = {name: EvmChain(settings.networks[name].rpc, name) for name in plan.networks}
    try:
        seen = {name: look(plan, name, chain, signer) for name, chain in chains.items()}
    finally:
        signer.close()
        for chain in chains.values():
            chain.close()
    key = install(conn, plan, seen, now)
    return {
        "networks": {
            network.id: {"hot_address": wallet.address, "finality": network.finality}
            for network in custody.networks(conn)
            for wallet in custody.wallets(conn, network.id)
            if wallet.kind == "hot"
        },
        "assets": [asset.name for asset in ledger.assets(conn)],
        "admin_key": key,
    }
