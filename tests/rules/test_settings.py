"""The settings file: mail and passkeys are read as they were written, and what would leak or never work is refused."""

from __future__ import annotations

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tidegate.settings import (
    MailSettings,
    NamesSettings,
    PasskeySettings,
    PriceSettings,
    ProxySettings,
    Settings,
    SettingsFault,
    load,
    save,
)

SENDER = "Example <no-reply@example.com>"


def written(folder: Path, **more: Any) -> Path:
    """A settings file, but with these keys."""
    path = folder / "settings.json"
    save(Settings("postgresql://nobody@127.0.0.1/none", {}, folder / "s", folder / "d", folder / "a"), path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **more}))
    return path


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    settings = Settings(
        "postgresql://nobody@127.0.0.1/none",
        {},
        tmp_path / "s",
        tmp_path / "d",
        tmp_path / "a",
        public_url="https://withdrawals.example.com",
        passkeys=PasskeySettings("example.com", ("https://app.example.com", "https://example.com:8443")),
        mail=MailSettings(SENDER, "smtp.example.com", 465, "tls", "tidegate", tmp_path / "password"),
        prices={
            "kraken": PriceSettings("kraken", {"ETH@ethereum": "ETH/USD"}),
            "gateway": PriceSettings("coinbase", {}, {"rest": "https://prices.internal"}),
        },
        names=NamesSettings("https://yente.example", "eu_fsf", tmp_path / "key"),
        webhook_networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
        proxy=ProxySettings(("10.0.0.2", "fd00::/64"), "CF-IPCountry"),
    )
    save(settings, tmp_path / "settings.json")
    assert load(tmp_path / "settings.json") == settings


def test_a_file_of_before_has_no_mail(tmp_path: Path) -> None:
    path = written(tmp_path)
    said = json.loads(path.read_text())
    path.write_text(json.dumps({name: said[name] for name in said if name not in ("mail", "passkeys", "public_url")}))
    assert load(path).mail is None
    assert load(path).passkeys == PasskeySettings()


@pytest.mark.parametrize(
    "more",
    [
        {"mail": {"sender": SENDER}},
        {"mail": {"sender": SENDER, "host": "smtp.example.com", "folder": "mails"}},
        {"mail": {"sender": SENDER, "host": "smtp.example.com", "security": "none"}},
        {"mail": {"sender": SENDER, "host": "smtp.example.com", "security": "ssl"}},
        {"mail": {"sender": SENDER, "host": "smtp.example.com", "user": "tidegate"}},
        {"mail": {"sender": "nobody", "folder": "mails"}},
        {"mail": {"sender": SENDER, "folder": "mails", "more": 1}},
        {"public_url": "withdrawals.example.com"},
        {"names": {"url": "http://yente.example"}},
        {"names": {"dataset": "sanctions"}},
        {"webhook_networks": ["10.0.0.1/8"]},
        {"webhook_networks": ["everywhere"]},
        {"public_url": "https://example.com/path"},
        {"proxy": {"addresses": ["*"]}},
        {"proxy": {"addresses": ["0.0.0.0/0"]}},
        {"proxy": {"addresses": ["::/0"]}},
        {"proxy": {"addresses": ["the proxy"]}},
        {"proxy": {"country_header": "X-Forwarded-For"}},
        {"proxy": {"country_header": "CF IPCountry"}},
        {"proxy": {"header": "CF-IPCountry"}},
        {"passkeys": {"rp_id": "example.com", "origins": []}},
        {"passkeys": {"rp_id": "example.com", "origins": ["example.com"]}},
        {"passkeys": {"rp_id": "example.com"}},
        {"prices": {"Kraken!": {"markets": {}}}},
        {"prices": {"kraken": {}}},
        {"prices": {"kraken": {"markets": {"ETH": "ETH/USD"}}}},
        {"prices": {"kraken": {"markets": {}, "market": 1}}},
        {"prices": {"kraken": {"markets": {}, "urls": {"public": "http://prices.example.com"}}}},
    ],
    ids=str,
)
def test_what_would_leak_or_never_work_is_refused(tmp_path: Path, more: dict[str, Any]) -> None:
    with pytest.raises(SettingsFault):
        load(written(tmp_path, **more))


def test_unencrypted_mail_goes_to_this_machine_only(tmp_path: Path) -> None:
    mail = {"sender": SENDER, "host": "127.0.0.1", "port": 25, "security": "none"}
    assert load(written(tmp_path, mail=mail)).mail == MailSettings(SENDER, "127.0.0.1", 25, "none")
