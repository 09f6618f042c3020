"""`tidegate run`: database, local chain, signer, worker, API and console on 127.0.0.1, watched until Ctrl-C.

The second start finds what the first one left. Nothing here is for production: there the parts run alone, with
a database, a node and a signer of your own (docs/concepts.md).
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2 as httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tidegate import setup
from tidegate.base.clock import utcnow
from tidegate.base.money import Asset
from tidegate.base.refusals import Refusal
from tidegate.codec.evm_address import checksum, keccak256
from tidegate.custody import flow as custody
from tidegate.db import Conn, connect
from tidegate.db.migrate import migrate
from tidegate.db.server import EmbeddedServer, ServerFault
from tidegate.demo import seed as demo
from tidegate.demo.desk.past import flow as past
from tidegate.demo.desk.simulate import simulate
from tidegate.demo.faucet import Faucet
from tidegate.demo.links import shown_links, staff_links
from tidegate.demo.parts import Part
from tidegate.integrations.anvil import CHAIN_ID, FAUCET, Anvil, AnvilFault, Miner, PortTaken
from tidegate.integrations.evm import EvmChain
from tidegate.integrations.signer_client import SignerClient
from tidegate.ledger import accounts
from tidegate.ledger import store as ledger_store
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.settings import MailSettings, NetworkSettings, PasskeySettings, Settings, load, save, write_private
from tidegate.signer.program import setup as setup_signer
from tidegate.signer.settings import AssetRule, NetworkRule, SignerSettings

NETWORK = "evm-local"
FINALITY = 6
"""Blocks, one a second: more than the local node can lose when it is killed, less than anybody minds waiting."""

ROLES = ("integrator", "analyst", "compliance", "treasury", "support", "auditor", "admin")
LISTED = checksum(keccak256(b"tidegate demo: a made-up sanctioned address")[-20:])
"""On the demo's own list. Nobody has its key."""

_EVERYONE_MAY_PASS = 0o711


class CannotRun(Exception):
    """Something this machine lacks; the message says what to do."""


@dataclass(slots=True)
class House:
    """What was started, in the order in which it is stopped backwards."""

    home: Path
    server: EmbeddedServer | None
    anvil: Anvil
    miner: Miner
    parts: list[Part]

    def stop(self) -> None:
        for part in reversed(self.parts):
            part.stop()
        self.miner.stop()
        self.anvil.stop()
        if self.server is not None:
            self.server.stop()


def run(data_dir: Path, port: int, seed: bool = True) -> int:
    """Start everything, say where it is, keep it running; the exit code once it was told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    home = data_dir.absolute()
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(_EVERYONE_MAY_PASS)  # the database's account passes through; every secret is a file of its own, 0600
    lock = _only_one(home)  # before anything is touched: a refused start must leave the running one as it is
    _require_free(port)
    (home / "run.json").unlink(missing_ok=True)
    house = _open(home)
    try:
        said = _start(house, port, stop)
        if stop.is_set():
            return 0
        if seed and not (home / "seeded").exists():
            _say("Seeding the demo with real transfers on the local chain; this takes about half a minute.")
            if demo.seed(said, stop, home / "secrets" / "customer.json"):
                (home / "seeded").touch()
        if seed and not stop.is_set():
            _plant(house, said)
        write_private(home / "run.json", json.dumps(said, indent=2))
        _say(_greeting(said, home) + _ways_in(home))
        _tend(house, stop)
        return 0
    finally:
        (home / "run.json").unlink(missing_ok=True)
        _say("Stopping…")
        house.stop()
        _socket_of(home).parent.rmdir()
        os.close(lock)


def _only_one(home: Path) -> int:
    """One run per folder; the kernel drops the lock with its owner, however that died."""
    handle = os.open(home / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        os.close(handle)
        raise CannotRun(f"{home} is in use by another `tidegate run`; stop that one first.") from fault
    return handle


def _open(home: Path) -> House:
    own = os.environ.get("TIDEGATE_DATABASE_URL")
    node_port = _node_port(home)
    anvil = Anvil(home / "chain" / "state.json", node_port)
    return House(home, None if own else EmbeddedServer(home), anvil, Miner(anvil.url), [])


def _node_port(home: Path) -> int:
    """The node's port: the one of last time or 8545 where it is free, else any; the settings are written anew."""
    path = home / "node.port"
    wanted = int(path.read_text()) if path.exists() else 8545
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    write_private(path, str(port))
    return port


def _start_node(house: House) -> str:
    """Start the local chain; its address. Another run may have taken the port while our database was starting."""
    try:
        return house.anvil.start()
    except PortTaken:
        house.anvil = Anvil(house.home / "chain" / "state.json", _node_port(house.home))
        house.miner = Miner(house.anvil.url)
        return house.anvil.start()


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as fault:
            raise CannotRun(f"Port {port} is in use; stop what uses it or choose another one with --port.") from fault


def _start(house: House, port: int, stop: threading.Event) -> dict[str, Any]:
    home = house.home
    url = os.environ.get("TIDEGATE_DATABASE_URL") or (house.server.start() if house.server else "")
    with resources.as_file(resources.files("tidegate.db").joinpath("migrations")) as folder:
        migrate(url, folder)
    rpc = _start_node(house)
    if house.anvil.recovered:
        _say(f"The local chain was repaired: {house.anvil.recovered}")
    house.miner.start()
    settings = Settings(
        database_url=url,
        networks={NETWORK: NetworkSettings(rpc, trace=True)},
        signer_socket=_socket_of(home),
        data_key_file=home / "secrets" / "data.key",
        authoriser_key_file=home / "secrets" / "authoriser.key",
        public_url=f"http://localhost:{port}",  # passkeys belong to a name, and a number is none
        passkeys=PasskeySettings("localhost", (f"http://localhost:{port}",)),
        mail=MailSettings("Tidegate demo <no-reply@tidegate.example>", folder=home / "mails"),
        webhook_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")),
        demo=True,
    )
    authoriser = _secrets(home)
    assets = _assets(home, rpc)
    _signer_home(home, settings.signer_socket, authoriser, assets)
    save(settings, home / "settings.json")
    signer = _part(house, "sign", "sign", "--home", str(home / "signer"))
    signer.start()
    _furnish(settings, assets, stop)
    for name, args in (("work", []), ("serve", ["--port", str(port)])):
        _part(house, name, name, "--settings", str(home / "settings.json"), *args).start()
    keys = _keys(home, settings.database_url)
    address = f"http://127.0.0.1:{port}"
    _await_ready(house, address, stop)
    return {
        "api": address,
        "console": f"http://localhost:{port}/console",
        "evm_rpc": rpc,
        "keys": keys,
        "assets": [
            {"asset": a.symbol, "network": a.network, "decimals": a.decimals, "contract": a.contract} for a in assets
        ],
        "faucet": FAUCET,
        "demo": {"listed_address": LISTED},
        "mails": str(home / "mails"),
    }


def _plant(house: House, said: Mapping[str, Any]) -> None:
    """A simulated desk's past, once; and the operator's coins for what everybody on it owns."""
    now = utcnow()
    data_key = bytes.fromhex((house.home / "secrets" / "data.key").read_text())
    with connect(load(house.home / "settings.json").database_url) as conn:
        asset = next(one for one in ledger_store.assets(conn) if one.symbol == "USDT")
        if not past.is_there(conn):
            _say("Making up a desk of a hundred merchants and its orders of some months; this takes seconds.")
            where = past.House(asset, said["demo"]["listed_address"], data_key, policies.active(conn, now))
            past.plant(conn, simulate(past.of_two_months(now)), where, now)
        # What was given away comes out of the operator's funds: they follow, also where the last start died before.
        missing = -ledger_store.posted(conn, accounts.EQUITY, asset.id)
        hot = custody.wallets(conn, NETWORK)[0].address
    if missing > 0 and asset.contract is not None:
        with Faucet(said["evm_rpc"]) as faucet:
            faucet.send_tokens(asset.contract, hot, missing)


def _part(house: House, name: str, *args: str) -> Part:
    part = Part(name, args, house.home / "logs" / f"{name}.log")
    house.parts.append(part)
    return part


def _socket_of(home: Path) -> Path:
    """A short private path: a socket's name may have 107 bytes, and a data folder lies where people like."""
    digest = keccak256(str(home).encode()).hex()[:12]
    folder = Path("/tmp") / f"tidegate-signer-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    about = folder.lstat()
    if about.st_uid != os.getuid() or folder.is_symlink():
        raise CannotRun(f"{folder} belongs to somebody else; remove it.")
    folder.chmod(0o700)
    return folder / "signer.sock"


def _secrets(home: Path) -> bytes:
    """Make the keys of the API and the worker once; the authoriser's public key."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    for name in ("data.key", "authoriser.key"):
        if not (folder / name).exists():
            write_private(folder / name, secrets.token_hex(32))
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex((folder / "authoriser.key").read_text()))
    return key.public_key().public_bytes_raw()


def _assets(home: Path, rpc: str) -> list[Asset]:
    """The native coin, and a test USDT that is deployed where the chain does not have it yet."""
    path = home / "usdt.contract"
    contract = path.read_text().strip() if path.exists() else None
    with Faucet(rpc) as faucet:
        if contract is None or not faucet.has_code(contract):
            contract = faucet.deploy_usdt()
            write_private(path, contract)
    return [Asset(1, "USDT", NETWORK, 6, contract), Asset(2, "ETH", NETWORK, 18, None)]


def _signer_home(home: Path, socket_path: Path, authoriser: bytes, assets: list[Asset]) -> None:
    folder = home / "signer"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not (folder / "password").exists():
        write_private(folder / "password", secrets.token_urlsafe(32))
    limits = {"USDT": (1_000_000 * 10**6, 5_000_000 * 10**6), "ETH": (100 * 10**18, 500 * 10**18)}
    setup_signer(
        folder,
        SignerSettings(
            socket=socket_path,
            keystore=folder / "keystore.json",
            ledger=folder / "ledger.sqlite",
            password_file=folder / "password",
            authoriser=authoriser,
            networks={
                NETWORK: NetworkRule(
                    chain_id=CHAIN_ID,
                    fee_ceiling=10**16,
                    gas_top_up=10**16,
                    assets={a.name: AssetRule(a.contract, *limits[a.symbol]) for a in assets},
                )
            },
        ),
    )


def _furnish(settings: Settings, assets: list[Asset], stop: threading.Event) -> None:
    """Assets, the network with its wallet, the demo's policy and list: what is there stays."""
    described = _describe(settings.signer_socket, stop)
    chain = EvmChain(settings.networks[NETWORK].rpc, NETWORK, trace=True)
    head = chain.head()
    now = utcnow()
    with connect(settings.database_url) as conn:
        known = {asset.name: asset for asset in ledger_store.assets(conn)}
        if known and known["USDT@evm-local"].contract != assets[0].contract:
            raise CannotRun(
                f"The database knows USDT as {known['USDT@evm-local'].contract}, but the local chain was lost and "
                "begins anew. Start with an empty --data-dir."
            )
        first = not custody.wallets(conn, NETWORK)
        plan = setup.Plan(
            {NETWORK: setup.NetworkPlan(CHAIN_ID, FINALITY)},
            [setup.AssetPlan(a.symbol, a.network, a.decimals, a.contract) for a in assets],
        )
        setup.install(conn, plan, {NETWORK: setup.Seen(head, described)}, now)
        _policy(conn, now)
        screening.import_list(conn, "sanctions", _list(), "setup", now, max_age_hours=24 * 366)
    if first:
        with Faucet(settings.networks[NETWORK].rpc) as faucet:
            faucet.send_coins(described.hot_address, 50 * 10**18)
            faucet.send_tokens(assets[0].contract or "", described.hot_address, 1_000_000 * 10**6)


def _describe(path: Path, stop: threading.Event) -> Any:
    client = SignerClient(path)
    last: Exception | None = None
    for _ in range(150):
        try:
            return client.describe(NETWORK)
        except Exception as fault:  # not up yet; the last one is told below
            last = fault
            if stop.wait(0.1):
                break
    raise CannotRun(f"The signer did not start: {last}. See logs/sign.log.")


def _policy(conn: Conn, now: datetime) -> None:
    try:
        policies.active(conn, now)
    except Refusal:
        made = policies.propose(conn, policies.shipped("demo"), "setup", now)
        policies.approve(conn, made.version, "setup, second person", now)
        policies.activate(conn, made.version, "setup", now)


def _list() -> str:
    return f"asset,address,entry\nETH,{LISTED},Made-up entry of the demo\n"


def _keys(home: Path, url: str) -> dict[str, str]:
    """One key per role, made once and kept where only their owner reads."""
    path = home / "secrets" / "keys.json"
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    with connect(url) as conn:
        keys = {role: parties.create_key(conn, role, f"demo {role}", "setup", utcnow()).secret for role in ROLES}
    write_private(path, json.dumps(keys, indent=2))
    return keys


def _await_ready(house: House, address: str, stop: threading.Event) -> None:
    deadline = time.monotonic() + 60
    said = "no answer"
    while not stop.is_set():
        for part in house.parts:
            part.tend()
        try:
            answer = httpx.get(f"{address}/ready", timeout=2, trust_env=False)
            if answer.status_code == 200:
                return
            said = answer.text[:300]
        except httpx.HTTPError as fault:
            said = f"{type(fault).__name__}"
        if time.monotonic() > deadline:
            raise CannotRun(f"The parts did not get ready within a minute: {said}. See {house.home / 'logs'}.")
        stop.wait(0.2)


def _tend(house: House, stop: threading.Event) -> None:
    """Watch the parts, and start again what has died, until told to stop."""
    while not stop.wait(0.3):
        try:
            if house.server is not None and not house.server.is_running():
                _say("The database died; starting it again.")
                house.server.start()
            if house.anvil.pid is None:
                _say("The local chain died; starting it again.")
                house.anvil.start()
        except (ServerFault, AnvilFault) as fault:
            _say(f"That failed, and is tried again: {fault}")
            stop.wait(3)
        for part in house.parts:
            if part.tend():
                _say(f"{part.name} died; starting it again (see {part.log_file}).")


def _greeting(said: Mapping[str, Any], home: Path) -> str:
    keys = "\n".join(f"    {role:<11} {key}" for role, key in said["keys"].items())
    return f"""
Tidegate is running.

    API         {said["api"]}/v1      (reference: {said["api"]}/openapi.json)
    Status      {said["api"]}/status       (what everybody sees)
    Console     {said["console"]}     (by a link below, or with a key)
    EVM node    {said["evm_rpc"]}     (chain id {CHAIN_ID}; {said["faucet"]} is an unlocked faucet)
    Test USDT   {said["assets"][0]["contract"]}
    Mails       {said["mails"]}     (to customers, one file each)
    Listed      {said["demo"]["listed_address"]}     (on the demo's sanctions list)

One key per role:
{keys}

All of it is in {home / "run.json"}. docs/start.md is a tour with curl. Ctrl-C stops everything.
"""


def _ways_in(home: Path) -> str:
    """Links of one use: they stand in no file."""
    kept = home / "secrets" / "customer.json"
    known = json.loads(kept.read_text()) if kept.exists() else {}
    settings = load(home / "settings.json")
    with connect(settings.database_url) as conn:
        console = staff_links(conn, settings, utcnow())
        portal = shown_links(conn, settings, known.get("id"), utcnow())
    said = "".join(f"    {who:<11} {link}\n" for who, link in [*console.items(), *portal.items()])
    app = f"    Authenticator app of the customer: {known['authenticator']}\n" if "customer" in portal else ""
    return f"\nOr by a link, once each, within 15 minutes (`tidegate link WHO` makes another):\n{said}{app}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
