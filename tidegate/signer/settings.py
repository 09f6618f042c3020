"""What a signer is told: its own table of networks, assets and ceilings, which nobody else can change."""

from __future__ import annotations

import grp
import json
import os
import pwd
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class SettingsFault(Exception):
    """`signer.json` cannot be used; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class AssetRule:
    """What may leave in one asset, in its units."""

    contract: str | None  # checksum spelling; None = the native coin
    limit_per_payout: int
    limit_24h: int


@dataclass(frozen=True, slots=True)
class NetworkRule:
    """What may be signed for one network."""

    chain_id: int
    fee_ceiling: int  # wei: most gas * max_fee of one transaction, whatever an authorisation allows
    gas_top_up: int  # wei: most native coin for one of our deposit addresses at a time
    assets: Mapping[str, AssetRule]  # "USDT@evm-local"
    fees_24h: int | None = None  # wei: most fees of all transactions in 24 hours; None = DAILY of the highest ones
    gas_24h: int | None = None  # wei: most gas for deposit addresses in 24 hours; None = DAILY top-ups

    @property
    def most_fees_24h(self) -> int:
        return DAILY * self.fee_ceiling if self.fees_24h is None else self.fees_24h

    @property
    def most_gas_24h(self) -> int:
        return DAILY * self.gas_top_up if self.gas_24h is None else self.gas_24h


DAILY = 100
"""So many transactions at the highest fee, and so many top-ups, are the limits of a day where the file names none."""


@dataclass(frozen=True, slots=True)
class SignerSettings:
    """One signer's home, read."""

    socket: Path
    keystore: Path
    ledger: Path
    password_file: Path | None  # None: TIDEGATE_SIGNER_PASSWORD
    authoriser: bytes  # Ed25519 public key: whose authorisations count
    networks: Mapping[str, NetworkRule]
    callers: Sequence[str] = ()  # accounts that may give orders, by name or number; none = our own alone
    group: str | None = None  # whose members the socket lets through; None = our own account alone

    def callers_uids(self) -> frozenset[int]:
        """The numbers of the accounts that may give orders. Raises SettingsFault."""
        return frozenset(_account(name) for name in self.callers) or frozenset({os.getuid()})

    def group_gid(self) -> int | None:
        """The number of the socket's group. Raises SettingsFault."""
        if self.group is None or self.group.isdecimal():
            return None if self.group is None else int(self.group)
        try:
            return grp.getgrnam(self.group).gr_gid
        except KeyError as fault:
            raise SettingsFault(f"There is no group {self.group!r} on this machine.") from fault

    def password(self) -> str:
        """The key store's password. Raises SettingsFault where nobody gives it."""
        said = os.environ.get("TIDEGATE_SIGNER_PASSWORD")
        if said is None and self.password_file is not None and self.password_file.exists():
            said = self.password_file.read_text().strip()
        if not said:
            raise SettingsFault("The key store's password is needed: TIDEGATE_SIGNER_PASSWORD or a password file.")
        return said


def load(home: Path) -> SignerSettings:
    """Read `home`/signer.json. Raises SettingsFault."""
    path = home / "signer.json"
    try:
        said = json.loads(path.read_text())
        return SignerSettings(
            socket=Path(said["socket"]),
            keystore=home / said["keystore"],
            ledger=home / said["ledger"],
            password_file=home / said["password_file"] if said.get("password_file") else None,
            authoriser=bytes.fromhex(said["authoriser"]),
            networks={
                name: NetworkRule(
                    chain_id=int(network["chain_id"]),
                    fee_ceiling=int(network["fee_ceiling"]),
                    gas_top_up=int(network["gas_top_up"]),
                    assets={
                        asset: AssetRule(rule["contract"], int(rule["limit_per_payout"]), int(rule["limit_24h"]))
                        for asset, rule in network["assets"].items()
                    },
                    fees_24h=_daily(network, "fees_24h"),
                    gas_24h=_daily(network, "gas_24h"),
                )
                for name, network in said["networks"].items()
            },
            callers=_texts(said.get("callers", [])),
            group=None if said.get("group") is None else str(said["group"]),
        )
    except FileNotFoundError as fault:
        raise SettingsFault(f"There is no {path}; a signer's home has one.") from fault
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise SettingsFault(f"{path} cannot be read: {type(fault).__name__} {fault}.") from fault


def _daily(network: Mapping[str, str], name: str) -> int | None:
    return None if network.get(name) is None else int(network[name])


def _texts(said: object) -> tuple[str, ...]:
    if not isinstance(said, list):  # a text would be read letter by letter
        raise ValueError('callers is a list of accounts, like ["tidegate-work"]')
    return tuple(str(name) for name in said)


def _account(name: str) -> int:
    if name.isdecimal():
        return int(name)
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError as fault:
        raise SettingsFault(
            f"There is no account {name!r} on this machine; callers names those that may ask."
        ) from fault


def save(home: Path, settings: SignerSettings) -> None:
    """Write `home`/signer.json so that `load` reads it; limits as text, because they pass 2**53."""
    text = json.dumps(
        {
            "socket": str(settings.socket),
            "keystore": settings.keystore.name,
            "ledger": settings.ledger.name,
            "password_file": settings.password_file.name if settings.password_file else None,
            "authoriser": settings.authoriser.hex(),
            **({"callers": list(settings.callers)} if settings.callers else {}),
            **({"group": settings.group} if settings.group is not None else {}),
            "networks": {
                name: {
                    "chain_id": network.chain_id,
                    "fee_ceiling": str(network.fee_ceiling),
                    "gas_top_up": str(network.gas_top_up),
                    **({} if network.fees_24h is None else {"fees_24h": str(network.fees_24h)}),
                    **({} if network.gas_24h is None else {"gas_24h": str(network.gas_24h)}),
                    "assets": {
                        asset: {
                            "contract": rule.contract,
                            "limit_per_payout": str(rule.limit_per_payout),
                            "limit_24h": str(rule.limit_24h),
                        }
                        for asset, rule in network.assets.items()
                    },
                }
                for name, network in settings.networks.items()
            },
        },
        indent=2,
    )
    write_private(home / "signer.json", text)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    part = path.with_suffix(path.suffix + ".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name too: a seed that a power cut takes away is coins that nobody can move
    finally:
        os.close(folder)
