"""Where a deployment's parts are: one file for all of them, each reads what it needs.

Secrets are named by file, not held here: the API reads the data key, the worker that one and the authoriser's key, the
signer its own home. Nobody reads another's.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from tidegate.base.network import Network

_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_ASSET = re.compile(r"[A-Za-z0-9.]{1,20}@[a-z0-9][a-z0-9-]{0,40}")

_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


class SettingsFault(Exception):
    """The settings file cannot be used; the message says what is missing and how it would look right."""


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    rpc: str  # JSON-RPC address of the node
    trace: bool  # whether the node answers debug_traceBlockByNumber (needed to see internal transfers)


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How mails leave: over a mail server, or into a folder (exactly one of `host` and `folder`)."""

    sender: str  # "Tidegate <no-reply@example.com>"
    host: str | None = None
    port: int = 587
    security: str = "starttls"  # "tls", "starttls"; "none" only to this very machine
    user: str | None = None
    password_file: Path | None = None
    folder: Path | None = None

    def password(self) -> str | None:
        if self.password_file is None:
            return None
        try:
            return self.password_file.read_text().strip()
        except OSError as fault:
            raise SettingsFault(f"The password file {self.password_file} cannot be read: {fault}.") from fault


@dataclass(frozen=True, slots=True)
class PasskeySettings:
    """Who we are to authenticators. Changing `rp_id` makes every passkey useless: they are bound to it."""

    rp_id: str = "localhost"  # a domain, without scheme and port
    origins: tuple[str, ...] = ("http://localhost:8800",)  # of the pages on which customers confirm


@dataclass(frozen=True, slots=True)
class VendorSettings:
    url: str
    key_file: Path | None = None  # its key for us, as text

    def key(self) -> str | None:
        return None if self.key_file is None else self.key_file.read_text().strip()


@dataclass(frozen=True, slots=True)
class NamesSettings:
    """A yente server of our own, which knows sanctioned names."""

    url: str
    dataset: str = "sanctions"
    key_file: Path | None = None  # its key for us, as text

    def key(self) -> str | None:
        return None if self.key_file is None else self.key_file.read_text().strip()


@dataclass(frozen=True, slots=True)
class CounterpartySettings:
    name: str
    country: str
    url: str  # from here alone, never from a request
    public_key: bytes | None = None  # Ed25519: its messages to us are signed with it; None = it sends us none


@dataclass(frozen=True, slots=True)
class TravelRuleSettings:
    name: str  # our firm's
    country: str
    lei: str | None
    key_file: Path  # Ed25519 private key, hex: signs messages to counterparties
    counterparties: Mapping[str, CounterpartySettings]

    def key(self) -> bytes:
        return _key(self.key_file)


@dataclass(frozen=True, slots=True)
class PriceSettings:
    """One exchange that the worker asks for prices, through ccxt."""

    venue: str  # as ccxt spells it: "kraken"
    markets: Mapping[str, str]  # our asset -> its symbol there: "ETH@ethereum" -> "ETH/USD"
    urls: Mapping[str, str] = field(default_factory=dict)  # other addresses of its interfaces: "public" -> "https://…"


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """Who in front of `serve` is believed when they say where a caller comes from."""

    addresses: tuple[str, ...] = ("127.0.0.1",)  # addresses and networks of proxies
    country_header: str | None = None  # in which they say a country; None = they do not


@dataclass(frozen=True, slots=True)
class Settings:
    database_url: str
    networks: Mapping[str, NetworkSettings]
    signer_socket: Path
    data_key_file: Path  # 32 bytes, hex: seals TOTP secrets and those of webhooks
    authoriser_key_file: Path  # Ed25519 private key, hex: signs authorisations; the worker's alone
    platform: str = "Tidegate"  # what customers call it
    vendors: Mapping[str, VendorSettings] = field(default_factory=dict)  # check of the policy -> who answers it
    travel_rule: TravelRuleSettings | None = None  # None = counterparties cannot be told anything
    names: NamesSettings | None = None  # who answers the check `names`; None = nobody: it times out, and a person looks
    public_url: str = "http://localhost:8800"  # where the links of mails lead
    passkeys: PasskeySettings = PasskeySettings()
    mail: MailSettings | None = None  # None = nothing is written to customers
    prices: Mapping[str, PriceSettings] = field(default_factory=dict)  # source -> where it comes from
    webhook_networks: tuple[Network, ...] = ()  # beside public addresses, webhooks may go to these, unencrypted too
    proxy: ProxySettings = ProxySettings()
    demo: bool = False  # links that sign somebody in count; `tidegate run` alone says so

    def data_key(self) -> bytes:
        return _key(self.data_key_file)

    def counterparty_keys(self) -> dict[str, bytes]:
        """Who may send us travel-rule messages, and the keys that they sign with."""
        known = {} if self.travel_rule is None else self.travel_rule.counterparties
        return {id: c.public_key for id, c in known.items() if c.public_key is not None}

    def authoriser_key(self) -> bytes:
        return _key(self.authoriser_key_file)


def load(path: Path) -> Settings:
    """Read the settings; `TIDEGATE_DATABASE_URL` in the environment wins over the file. Raises SettingsFault."""
    try:
        said = json.loads(path.read_text())
        return Settings(
            database_url=_url(os.environ.get("TIDEGATE_DATABASE_URL") or said["database_url"]),
            networks={
                name: NetworkSettings(rpc=network["rpc"], trace=network["trace"])
                for name, network in said["networks"].items()
            },
            signer_socket=Path(said["signer_socket"]),
            data_key_file=Path(said["data_key_file"]),
            authoriser_key_file=Path(said["authoriser_key_file"]),
            platform=said.get("platform", "Tidegate"),
            vendors={
                check: VendorSettings(_web(v["url"]), Path(v["key_file"]) if "key_file" in v else None)
                for check, v in said.get("vendors", {}).items()
            },
            travel_rule=_travel_rule(said["travel_rule"]) if "travel_rule" in said else None,
            names=_names(said["names"]) if "names" in said else None,
            public_url=_public(said.get("public_url", "http://localhost:8800")),
            passkeys=_passkeys(said.get("passkeys")),
            mail=_mail(said.get("mail")),
            prices={source: _prices(source, p) for source, p in said.get("prices", {}).items()},
            webhook_networks=tuple(ip_network(text) for text in said.get("webhook_networks", ())),
            proxy=_proxy(said["proxy"]) if "proxy" in said else ProxySettings(),
            demo=said.get("demo", False) is True,
        )
    except FileNotFoundError as fault:
        raise SettingsFault(f"There is no settings file {path}; `tidegate run` writes one.") from fault
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise SettingsFault(f"{path} is not a settings file: {type(fault).__name__} {fault}.") from fault


def _travel_rule(said: Mapping[str, Any]) -> TravelRuleSettings:
    return TravelRuleSettings(
        name=said["name"],
        country=said["country"],
        lei=said.get("lei"),
        key_file=Path(said["key_file"]),
        counterparties={
            id: CounterpartySettings(c["name"], c["country"], _web(c["url"]), _public_key(id, c.get("public_key")))
            for id, c in said["counterparties"].items()
        },
    )


def _public_key(id: str, said: str | None) -> bytes | None:
    key = None if said is None else bytes.fromhex(said)
    if key is not None and len(key) != 32:
        raise SettingsFault(f"The public_key of {id} has {len(key)} bytes; an Ed25519 key has 32, in hex.")
    return key


def _prices(source: str, said: Mapping[str, Any]) -> PriceSettings:
    if not _SOURCE.fullmatch(source):
        raise SettingsFault(f'{source[:60]!r} is no name of a source of prices; write one like "kraken".')
    unknown = sorted(set(said) - {"venue", "markets", "urls"})
    if unknown:
        raise SettingsFault(f"prices.{source} has {unknown[0]!r}; it may have venue, markets and urls.")
    for name in said["markets"]:
        if not _ASSET.fullmatch(name):
            raise SettingsFault(f'prices.{source}.markets has {name!r}; write an asset like "ETH@ethereum".')
    urls = {interface: _web(url) for interface, url in said.get("urls", {}).items()}
    return PriceSettings(said.get("venue", source), dict(said["markets"]), urls)


def _names(said: Mapping[str, Any]) -> NamesSettings:
    key_file = Path(said["key_file"]) if "key_file" in said else None
    return NamesSettings(_web(said["url"]), said.get("dataset", "sanctions"), key_file)


def _web(url: str) -> str:
    """An address to ask or to post to: https, or a process on this machine."""
    parts = urlsplit(url)
    if not (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"))
    ):
        raise SettingsFault(f"{url[:200]!r} is no https address; people's names go there.")
    return url


def _url(said: str) -> str:
    """The database's URL, where it can be one. It may hold a password, so it is not repeated."""
    try:
        conninfo_to_dict(said)
    except ProgrammingError as fault:
        raise SettingsFault("The database URL cannot be read; write it like postgresql://user@host/name.") from fault
    return said


def _public(said: object) -> str:
    if not isinstance(said, str) or not _ORIGIN.fullmatch(said):
        raise SettingsFault(f'public_url is {said!r}; write it like "https://withdrawals.example.com", without a path.')
    return said


def _passkeys(said: Any) -> PasskeySettings:
    if said is None:
        return PasskeySettings()
    made = PasskeySettings(said["rp_id"], tuple(said["origins"]))
    if not made.origins or not all(_ORIGIN.fullmatch(origin) for origin in made.origins):
        raise SettingsFault(f'passkeys.origins are {list(made.origins)!r}; write them like "https://app.example.com".')
    return made


def _proxy(said: Mapping[str, Any]) -> ProxySettings:
    """Raises SettingsFault where anybody could say where they come from."""
    unknown = sorted(set(said) - {"addresses", "country_header"})
    if unknown:
        raise SettingsFault(f"proxy has {unknown[0]!r}; it may have addresses and country_header.")
    made = ProxySettings(tuple(said.get("addresses", ProxySettings().addresses)), said.get("country_header"))
    for address in made.addresses:
        if ip_network(address).prefixlen == 0:
            raise SettingsFault(f"proxy.addresses has {address}, which is everybody; name the proxies alone.")
    header = made.country_header
    if header is not None and (not _HEADER.fullmatch(header) or header.lower().startswith("x-forwarded-")):
        raise SettingsFault(f'proxy.country_header is {header!r}; write the name of a header like "CF-IPCountry".')
    return made


def _mail(said: Any) -> MailSettings | None:
    """Raises SettingsFault where mails could not leave, or would leave readable by everybody on the way."""
    if said is None:
        return None
    files = {name: Path(said[name]) for name in ("password_file", "folder") if said.get(name) is not None}
    made = MailSettings(**{**said, **files})
    if (made.host is None) == (made.folder is None):
        raise SettingsFault("mail needs exactly one of host (a mail server) and folder.")
    if made.security not in ("tls", "starttls", "none"):
        raise SettingsFault(f"mail.security is {made.security!r}; use tls, starttls or none.")
    if made.security == "none" and made.host not in (None, "127.0.0.1", "::1", "localhost"):
        raise SettingsFault(f'mail.security "none" would send links readable to {made.host}; use tls or starttls.')
    if (made.user is None) != (made.password_file is None):
        raise SettingsFault("mail.user and mail.password_file go together.")
    if "@" not in made.sender:
        raise SettingsFault(f'mail.sender is {made.sender!r}; write it like "Tidegate <no-reply@example.com>".')
    return made


def save(settings: Settings, path: Path) -> None:
    """Write the settings so that `load` reads them; only their owner may read the file."""
    more: dict[str, Any] = {}
    if settings.platform != "Tidegate":
        more["platform"] = settings.platform
    if settings.demo:
        more["demo"] = True
    if settings.vendors:
        more["vendors"] = {
            check: {"url": v.url} | ({} if v.key_file is None else {"key_file": str(v.key_file)})
            for check, v in settings.vendors.items()
        }
    if settings.travel_rule is not None:
        t = settings.travel_rule
        more["travel_rule"] = {
            "name": t.name,
            "country": t.country,
            **({} if t.lei is None else {"lei": t.lei}),
            "key_file": str(t.key_file),
            "counterparties": {
                id: {"name": c.name, "country": c.country, "url": c.url}
                | ({} if c.public_key is None else {"public_key": c.public_key.hex()})
                for id, c in t.counterparties.items()
            },
        }
    if settings.prices:
        more["prices"] = {
            source: {"venue": p.venue, "markets": dict(p.markets)} | ({"urls": dict(p.urls)} if p.urls else {})
            for source, p in settings.prices.items()
        }
    if settings.names is not None:
        n = settings.names
        more["names"] = {"url": n.url, "dataset": n.dataset} | (
            {} if n.key_file is None else {"key_file": str(n.key_file)}
        )
    if settings.proxy != ProxySettings():
        more["proxy"] = {"addresses": list(settings.proxy.addresses), "country_header": settings.proxy.country_header}
    if settings.webhook_networks:
        more["webhook_networks"] = [str(network) for network in settings.webhook_networks]
    text = json.dumps(
        {
            "database_url": settings.database_url,
            "networks": {name: {"rpc": n.rpc, "trace": n.trace} for name, n in settings.networks.items()},
            "signer_socket": str(settings.signer_socket),
            "data_key_file": str(settings.data_key_file),
            "authoriser_key_file": str(settings.authoriser_key_file),
            "public_url": settings.public_url,
            "passkeys": {"rp_id": settings.passkeys.rp_id, "origins": list(settings.passkeys.origins)},
            "mail": None if settings.mail is None else _plain(settings.mail),
            **more,
        },
        indent=2,
    )
    write_private(path, text)


def _plain(mail: MailSettings) -> dict[str, Any]:
    said = {f.name: getattr(mail, f.name) for f in fields(mail)}
    return {name: str(value) if isinstance(value, Path) else value for name, value in said.items()}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    part = path.with_suffix(path.suffix + ".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as fault:
        raise SettingsFault(f"The key file {path} cannot be read: {fault}.") from fault
    if len(key) != 32:
        raise SettingsFault(f"The key file {path} holds {len(key)} bytes; it must hold 32, in hex.")
    return key
